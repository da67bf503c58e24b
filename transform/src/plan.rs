//! What a run would compute, and why: a model is computed anew where its SQL or something that it reads changed, and only for
//! the keys or periods that changed where that is enough.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::NaiveDate;
use warehouse::release::Release;
use warehouse::session::PLAIN;
use warehouse::table::TableName;

use crate::change::{Change, Inputs};
use crate::project::{Model, Project, Stored};

/// Why a model is computed anew.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Everything was asked for.
    Asked,
    /// The last release has no such table.
    New,
    /// Its text changed, or that of a model that it reads: the file.
    Sql(String),
    /// A fact or reference table changed.
    Table(TableName),
    /// The run's date changed.
    Date,
}

impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Asked => write!(out, "asked for"),
            Cause::New => write!(out, "not in the last release"),
            Cause::Sql(path) => write!(out, "sql/{path} changed"),
            Cause::Table(name) => write!(out, "{name} changed"),
            Cause::Date => write!(out, "another date"),
        }
    }
}

/// What a run does with a model.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    /// The model or data test.
    pub model: &'a Model,
    /// How much of it is computed, unless what it reads comes out as it was.
    pub change: Change,
    /// How much of that is due to itself, whatever it reads.
    pub own: Change,
    /// Why, as far as anything is.
    pub causes: BTreeSet<Cause>,
}

impl Step<'_> {
    /// Whether it will be known in which periods its rows change. What has a key and is computed whole has too many rows to
    /// compare.
    fn tells_periods(&self) -> bool {
        let is_table = self.model.stored == Stored::Table;
        let compared = match self.change {
            Change::Nothing | Change::Periods => true,
            Change::Keys => is_table,
            Change::Everything => is_table && self.model.key().is_none(),
        };
        self.model.periods().is_some() && self.own < Change::Everything && compared
    }
}

/// What a run does.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Every model and data test, each after what it reads.
    pub steps: Vec<Step<'a>>,
    /// The facts and reference tables, and what changed in them.
    pub inputs: Inputs,
    /// The column that the project's models have as their key.
    pub key: Option<&'a str>,
}

impl<'a> Plan<'a> {
    /// The plan of a run on `inputs` after the release `last`. With `asked`, everything is computed.
    pub fn new(
        project: &'a Project,
        mut inputs: Inputs,
        last: Option<&Release>,
        today: NaiveDate,
        asked: bool,
    ) -> Plan<'a> {
        let run = TableName::new(PLAIN, "run");
        if last.is_none_or(|last| last.today != today) {
            inputs.changes.insert(run.clone(), Change::Everything);
        }
        let cause = |name: &TableName| if *name == run { Cause::Date } else { Cause::Table(name.clone()) };
        let mut causes: BTreeMap<TableName, BTreeSet<Cause>> =
            inputs.changes.keys().map(|name| (name.clone(), BTreeSet::from([cause(name)]))).collect();
        let mut changes = inputs.changes.clone();
        let mut steps = Vec::new();
        for model in project.models() {
            let (own, mut why) = match last {
                _ if asked => (Change::Everything, BTreeSet::from([Cause::Asked])),
                None => (Change::Everything, BTreeSet::from([Cause::New])),
                Some(last) => own_change(model, last),
            };
            let before = |read: &TableName| steps.iter().find(|step: &&Step<'_>| step.model.name == *read);
            let change = change(model, own, &changes, |read| before(read).is_some_and(Step::tells_periods));
            if !asked {
                let changed = |read: &&TableName| changes.get(*read).is_some_and(|change| *change > Change::Nothing);
                why.extend(model.reads.iter().filter(changed).flat_map(|read| causes[read].iter().cloned()));
            }
            changes.insert(model.name.clone(), change);
            causes.insert(model.name.clone(), why.clone());
            steps.push(Step { model, change, own, causes: why });
        }
        Plan { steps, inputs, key: project.key() }
    }

    /// Whether nothing is to be computed.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.change == Change::Nothing)
    }

    /// How many models are stored and data tests run.
    pub fn work(&self) -> usize {
        let works = |step: &&Step| {
            step.change > Change::Nothing && (step.model.stored == Stored::Table || step.model.is_test())
        };
        self.steps.iter().filter(works).count()
    }
}

/// How much of a model changes where itself and what it reads change so much. Rows of a few keys, or of a few periods, change all
/// of a model that has no key, or no periods; of which tables the periods that changed are known says `known`. What was
/// carried over is a model's own rows, and asks for nothing.
pub(crate) fn change(
    model: &Model,
    own: Change,
    changes: &BTreeMap<TableName, Change>,
    known: impl Fn(&TableName) -> bool,
) -> Change {
    let changed = || {
        let of_reads = model.reads.iter().filter_map(|read| Some((read, *changes.get(read)?)));
        of_reads.filter(|(_, change)| *change > Change::Nothing)
    };
    let by_periods = model.key().is_none() && model.periods().is_some() && changed().all(|(read, _)| known(read));
    let felt = match (changed().map(|(_, change)| change).max(), model.key()) {
        (None, _) => Change::Nothing,
        (Some(Change::Keys), Some(_)) => Change::Keys,
        _ if by_periods => Change::Periods,
        _ => Change::Everything,
    };
    own.max(felt)
}

/// What of a model changed by itself since a release: its text, and whether its table is there.
fn own_change(model: &Model, last: &Release) -> (Change, BTreeSet<Cause>) {
    match last.fingerprints.get(&model.path) {
        None => (Change::Everything, BTreeSet::from([Cause::New])),
        Some(before) if *before != model.fingerprint() => {
            // A union changes where a model came or went; that one's file is told, or it is gone.
            (Change::Everything, BTreeSet::from([Cause::Sql(model.path.clone())]))
        }
        Some(_) if model.stored == Stored::Table && !last.tables.contains_key(&model.name) => {
            (Change::Everything, BTreeSet::from([Cause::New]))
        }
        Some(_) => (Change::Nothing, BTreeSet::new()),
    }
}
