//! One run: pin the facts, compute the models beside what readers see, test them, publish.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use datafusion::arrow::array::{Date32Array, RecordBatch};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use futures::stream::{self, StreamExt, TryStreamExt};
use warehouse::Warehouse;
use warehouse::erasure::Erasure;
use warehouse::lock::Lock;
use warehouse::release::Release;
use warehouse::session::{Limits, days, session};
use warehouse::step;
use warehouse::table::TableName;

use crate::audit::audit;
use crate::change::{Inputs, ledger};
use crate::check;
use crate::error::{Result, TransformError};
use crate::kept::keep;
use crate::plan::Plan;
use crate::project::{Model, Project};
use crate::work::Work;

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The date that lateness is judged against.
    pub today: NaiveDate,
    /// Run even where nothing changed since the last release.
    pub full: bool,
    /// Only these models (and what they read), without publishing; empty: all, and publish.
    pub select: Vec<String>,
    /// Memory and threads.
    pub limits: Limits,
}

/// What a run tells while it works.
#[derive(Debug)]
pub enum Progress<'a> {
    /// How many models and data tests it will run.
    Planned {
        /// Their number.
        steps: usize,
    },
    /// One is done.
    Done {
        /// Which.
        model: &'a Model,
        /// Its rows, where they were counted.
        rows: Option<u64>,
        /// Its time.
        took: Duration,
    },
}

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// Facts, models and date are those of the last release.
    Unchanged(Release),
    /// A new release stands.
    Published {
        /// The release.
        release: Release,
        /// The data tests that only warn and found rows.
        warnings: Vec<String>,
    },
    /// The selected models ran; nothing was published.
    Selected {
        /// Rows of each stored model.
        rows: Vec<(TableName, u64)>,
    },
}

/// Runs the project on the warehouse's facts and publishes a release when all data tests hold.
pub async fn transform(
    warehouse: &Warehouse,
    project: &Project,
    options: &Options,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Outcome> {
    let lock = warehouse.lock("transform").await?;
    let outcome = run(warehouse, &lock, project, options, progress).await;
    lock.let_go().await;
    outcome
}

/// What a run would compute now, and why. Nothing is written, and no lock is needed.
pub async fn plan<'a>(warehouse: &Warehouse, project: &'a Project, options: &Options) -> Result<Plan<'a>> {
    let context = session(&options.limits)?;
    warehouse.attach(&context);
    let last = warehouse.latest_release().await?;
    prepare(warehouse, &context, project, options, last.as_ref()).await
}

async fn prepare<'a>(
    warehouse: &Warehouse,
    context: &SessionContext,
    project: &'a Project,
    options: &Options,
    last: Option<&Release>,
) -> Result<Plan<'a>> {
    let asked = options.full || !options.select.is_empty();
    let inputs = Inputs::since(warehouse, context, last, pin(warehouse).await?, project.key()).await?;
    let mut plan = Plan::new(project, inputs, last, options.today, asked);
    if !options.select.is_empty() {
        let chosen: BTreeSet<&TableName> = choose(project, &options.select)?.iter().map(|model| &model.name).collect();
        plan.steps.retain(|step| chosen.contains(&step.model.name));
    }
    Ok(plan)
}

async fn run(
    warehouse: &Warehouse,
    lock: &Lock,
    project: &Project,
    options: &Options,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Outcome> {
    let last = warehouse.latest_release().await?;
    if let Some(last) = &last
        && options.today < last.today
    {
        return Err(TransformError::Backdated { today: options.today, last: last.today, release: last.release });
    }
    let context = session(&options.limits)?;
    warehouse.attach(&context);
    let plan = prepare(warehouse, &context, project, options, last.as_ref()).await?;
    let fingerprints: BTreeMap<String, String> =
        project.models().map(|model| (model.path.clone(), model.fingerprint())).collect();
    if let Some(last) = &last
        && plan.is_empty()
        && last.fingerprints == fingerprints
    {
        return Ok(Outcome::Unchanged(last.clone()));
    }
    check::plans(warehouse, project, &plan.inputs.versions).await?;
    progress(Progress::Planned { steps: plan.work() });

    let mut work =
        Work::new([warehouse; 2], &BTreeSet::new(), (context, &options.limits), &plan, last.as_ref(), options.today)
            .await?;
    let rows = work.run(progress).await?;
    if !options.select.is_empty() {
        return Ok(Outcome::Selected { rows });
    }
    step::reached("transform.models_written");

    let warnings = audit(&work.tests().await?, progress).await?;
    step::reached("transform.tested");

    lock.check()?;
    let release = Release {
        release: last.as_ref().map_or(1, |last| last.release + 1),
        made_at: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        today: options.today,
        official: false,
        note: String::new(),
        tables: work.into_tables().0,
        fingerprints,
        models: Some(keep(warehouse, project).await?),
        logs: BTreeMap::new(),
        erased_before: plan.inputs.erasure.map(Erasure::before),
        lost: BTreeSet::new(),
    };
    warehouse.publish(&release).await?;
    step::reached("transform.published");
    Ok(Outcome::Published { release, warnings })
}

/// Tables whose newest versions are asked for at once.
const AT_ONCE: usize = 8;

/// The versions of facts and reference tables that this run sees.
pub(crate) async fn pin(warehouse: &Warehouse) -> Result<BTreeMap<TableName, u64>> {
    // The ledger first: rows are committed before their line in it, so every line that it holds finds its rows.
    let version = |name: TableName| async move { warehouse.version(&name).await.map(|version| (name, version)) };
    let mut names = warehouse.tables().await?;
    names.retain(|name| name.schema == "facts" || name.schema == "reference");
    let (first, others): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| *name == ledger());
    let mut tables: BTreeMap<TableName, u64> = stream::iter(first).then(version).try_collect().await?;
    let others: Vec<_> = stream::iter(others).map(version).buffer_unordered(AT_ONCE).try_collect().await?;
    tables.extend(others);
    Ok(tables)
}

fn choose<'a>(project: &'a Project, select: &[String]) -> Result<Vec<&'a Model>> {
    if select.is_empty() {
        return Ok(project.models().collect());
    }
    let mut names = Vec::new();
    for text in select {
        let name = TableName::try_from(text.clone()).ok().filter(|name| project.model(name).is_some());
        names.push(name.ok_or_else(|| TransformError::NoModel(text.clone()))?);
    }
    Ok(project.upstream(names))
}

/// The table `run`: one row, the date.
pub(crate) fn run_table(today: NaiveDate) -> Arc<MemTable> {
    let column = Arc::new(Date32Array::from(vec![days(today)]));
    let batch = RecordBatch::try_from_iter([("today", column as _)]).expect("one column of one row");
    Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]]).expect("the batch has its own schema"))
}
