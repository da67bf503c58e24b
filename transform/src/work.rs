//! The computing of a run: each model as soon as what it reads is there, as far as what it reads came out changed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use warehouse::Warehouse;
use warehouse::release::Release;
use warehouse::session::{Limits, PLAIN};
use warehouse::step;
use warehouse::table::TableName;

use crate::change::{Change, ledger};
use crate::error::{Result, TransformError};
use crate::plan::{Plan, Step, change};
use crate::project::{Model, Stored};
use crate::ranges;
use crate::run::{Progress, run_table};
use crate::stage::{Came, Stage};
use crate::views::previous_table;

/// Bytes of memory that a model needs to itself, so that others may be computed beside it.
const MEMORY: usize = 1 << 30;

/// So few rows of all inputs together are not divided among processors: with a hundred models that costs more than it gains, and
/// models are computed beside each other anyway.
const FEW_ROWS: u64 = 1_000_000;

/// A run at work.
pub(crate) struct Work<'a> {
    stage: Stage<'a>,
    /// How many models are computed at once.
    at_once: usize,
    tables: BTreeMap<TableName, u64>,
    written: BTreeSet<TableName>,
    /// How much of each table changed, as far as the run has come: what was computed may have come out as it was.
    changes: BTreeMap<TableName, Change>,
    /// The periods of the rows that changed, of each table of which they are known.
    periods: BTreeMap<TableName, BTreeSet<String>>,
}

/// A stored model whose turn has come.
struct Task<'a> {
    step: &'a Step<'a>,
    change: Change,
    /// The periods that are to be computed, where some are.
    periods: BTreeSet<String>,
    /// The version that the last release has.
    base: Option<u64>,
}

/// What came of it.
struct Done<'a> {
    model: &'a Model,
    /// Its version now, and what came of it.
    version: u64,
    came: Came,
    took: Duration,
}

impl<'a> Work<'a> {
    /// A run of `plan` in a session that both warehouses are attached to: the first holds facts, reference tables and the
    /// last release; what is computed goes to the second, usually the same. `replaced` are tables of the second in place of
    /// inputs.
    pub(crate) async fn new(
        warehouses: [&'a Warehouse; 2],
        replaced: &BTreeSet<TableName>,
        (context, limits): (SessionContext, &Limits),
        plan: &'a Plan<'a>,
        last: Option<&'a Release>,
        today: NaiveDate,
    ) -> Result<Work<'a>> {
        let at_once = (limits.memory / MEMORY).clamp(1, limits.threads);
        let memory = limits.memory / at_once;
        let mut stage = Stage::new(warehouses, context, memory, plan, last);
        let mut inputs = Vec::new();
        // The most rows that an input with the key has. One that is not read itself lies below tables that are, and stayed as they were.
        let mut most = 0;
        let mut rows = 0;
        let is_whole = |step: &Step<'_>| step.model.key().is_some() && step.change == Change::Everything;
        let any_whole = plan.steps.iter().any(is_whole);
        for (name, version) in &plan.inputs.versions {
            let is_needed = stage.is_needed(name);
            if !is_needed && !any_whole {
                continue;
            }
            let place = if replaced.contains(name) { stage.target } else { stage.warehouse };
            let snapshot = place.snapshot(name, Some(*version)).await?;
            let key = plan.key.filter(|key| snapshot.schema.column_with_name(key).is_some());
            if key.is_some() && any_whole {
                most = snapshot.rows().max(most);
            }
            if is_needed {
                rows += snapshot.rows();
                inputs.push((name, place, snapshot, key));
            }
        }
        // What is divided has twice the sorts and groups, which share the memory evenly.
        if rows < FEW_ROWS || memory < MEMORY / 4 {
            stage.divide_nothing();
        }
        let ranges = ranges::needed(most, memory);
        if ranges > 1
            && let (Some(key), Some(version)) = (plan.key, plan.inputs.versions.get(&ledger()))
        {
            let ledger = stage.warehouse.snapshot(&ledger(), Some(*version)).await?;
            let keys = ranges::keys(stage.warehouse, &stage.whole, ledger, key).await?;
            stage.by_ranges(ranges::cut(&keys, ranges));
        }
        stage.show_everywhere(&TableName::new(PLAIN, "run"), run_table(today), None)?;
        for (name, place, snapshot, key) in inputs {
            stage.show(name, place.provider(snapshot), key)?;
        }
        let (tables, changes) = (plan.inputs.versions.clone(), plan.inputs.changes.clone());
        Ok(Work { stage, at_once, tables, written: BTreeSet::new(), changes, periods: BTreeMap::new() })
    }

    /// Computes every model of the plan as far as it says, each when what it reads is there, as many at once as there are
    /// processors and memory for: while one is planned or written, another computes. Gives the rows of those that were
    /// computed.
    pub(crate) async fn run(&mut self, progress: &(dyn Fn(Progress<'_>) + Sync)) -> Result<Vec<(TableName, u64)>> {
        let steps = &self.stage.plan.steps;
        let mut waiting: Vec<&Step<'a>> = steps.iter().filter(|step| !step.model.is_test()).collect();
        // What is still to come, or under way.
        let mut open: BTreeSet<&TableName> = waiting.iter().map(|step| &step.model.name).collect();
        let mut running = FuturesUnordered::new();
        let mut rows = Vec::new();
        loop {
            let ready = |step: &&Step<'_>| !step.model.reads.iter().any(|read| open.contains(read));
            if running.len() < self.at_once
                && let Some(at) = waiting.iter().position(ready)
            {
                let step = waiting.remove(at);
                match begin(&self.stage, &self.tables, (&mut self.changes, &mut self.periods), step).await? {
                    Some(task) => running.push(compute(&self.stage, task)),
                    None => drop(open.remove(&step.model.name)),
                }
                continue;
            }
            let Some(done) = running.next().await else { break };
            let done = done?;
            open.remove(&done.model.name);
            if let Some(count) = done.came.rows {
                step::reached(&format!("transform.stored.{}", done.model.name));
                rows.push((done.model.name.clone(), count));
                progress(Progress::Done { model: done.model, rows: Some(count), took: done.took });
            }
            match done.came.version.is_some() {
                true => drop(self.written.insert(done.model.name.clone())),
                false => drop(self.changes.insert(done.model.name.clone(), Change::Nothing)),
            }
            if let Some(periods) = done.came.periods {
                self.periods.insert(done.model.name.clone(), periods);
            }
            self.tables.insert(done.model.name.clone(), done.version);
        }
        Ok(rows)
    }

    /// The data tests that are to run, each with the session that has what it reads.
    pub(crate) async fn tests(&self) -> Result<Vec<(&'a Model, SessionContext)>> {
        let mut tests = Vec::new();
        for step in self.stage.plan.steps.iter().filter(|step| step.model.is_test()) {
            let known = |read: &TableName| self.periods.contains_key(read);
            let context = match change(step.model, step.own, &self.changes, known) {
                Change::Nothing => continue,
                Change::Keys => self.stage.keyed.clone(),
                Change::Periods => self.stage.of_periods(step.model, &periods(step.model, &self.periods)).await?,
                Change::Everything => self.stage.whole.clone(),
            };
            tests.push((step.model, context));
        }
        Ok(tests)
    }

    /// The versions of all tables that belong together now, and which of them this run wrote.
    pub(crate) fn into_tables(self) -> (BTreeMap<TableName, u64>, BTreeSet<TableName>) {
        (self.tables, self.written)
    }
}

/// The periods that changed in what a model reads.
fn periods(model: &Model, known: &BTreeMap<TableName, BTreeSet<String>>) -> BTreeSet<String> {
    model.reads.iter().filter_map(|read| known.get(read)).flatten().cloned().collect()
}

/// Sees how much of a model is to be computed now that what it reads is known. A view is done with that.
async fn begin<'a>(
    stage: &Stage<'a>,
    tables: &BTreeMap<TableName, u64>,
    (changes, known): (&mut BTreeMap<TableName, Change>, &mut BTreeMap<TableName, BTreeSet<String>>),
    step: &'a Step<'a>,
) -> Result<Option<Task<'a>>> {
    let model = step.model;
    require(stage.plan, tables, model)?;
    let change = change(model, step.own, changes, |read| known.contains_key(read));
    changes.insert(model.name.clone(), change);
    let periods = periods(model, known);
    if model.stored == Stored::View {
        if change == Change::Periods {
            known.insert(model.name.clone(), periods);
        }
        stage.show_view(model).await?;
        return Ok(None);
    }
    if change > Change::Nothing
        && let Some(previous) = previous_table(stage.warehouse, model, stage.last).await?
    {
        let name = TableName::new("previous", &model.name.table);
        stage.show_everywhere(&name, previous, model.key())?;
    }
    let base = stage.last.and_then(|last| last.tables.get(&model.name)).copied();
    Ok(Some(Task { step, change, periods, base }))
}

/// Computes a stored model, and shows it to those that read it.
async fn compute<'a>(stage: &Stage<'a>, task: Task<'a>) -> Result<Done<'a>> {
    let Task { step, change, periods, base } = task;
    let (model, started) = (step.model, Instant::now());
    let came = match (change, base) {
        (Change::Nothing, Some(_)) => Came::default(),
        (Change::Keys, Some(base)) => stage.store_keys(model, base).await?,
        (Change::Periods, Some(base)) => stage.store_periods(model, base, &periods).await?,
        // What was asked for, or has another text, is written whatever was there.
        _ => stage.store(model, base.filter(|_| step.own < Change::Everything)).await?,
    };
    let version = came.version.or(base).expect("what the last release lacks is computed and written");
    if stage.is_needed(&model.name) {
        let place = if came.version.is_some() { stage.target } else { stage.warehouse };
        let snapshot = place.snapshot(&model.name, Some(version)).await?;
        stage.show(&model.name, place.provider(snapshot), model.key())?;
    }
    Ok(Done { model, version, came, took: started.elapsed() })
}

/// Everything that a model reads must be there, else the engine's message would not say what to do.
fn require(plan: &Plan<'_>, tables: &BTreeMap<TableName, u64>, model: &Model) -> Result<()> {
    let missing = model.reads.iter().find(|read| {
        !(tables.contains_key(*read)
            || plan.steps.iter().any(|step| step.model.name == **read)
            || (read.schema == PLAIN && read.table == "run")
            || (read.schema == "previous" && read.table == model.name.table))
    });
    let Some(missing) = missing else { return Ok(()) };
    let hint = match missing.schema.as_str() {
        "facts" | "reference" => "; `kehou init --warehouse … --reference DIR` makes it",
        "previous" => "; a model reads its own previous rows alone",
        _ => "",
    };
    Err(TransformError::Unknown { path: model.path.clone(), table: missing.to_string(), hint: hint.to_owned() })
}
