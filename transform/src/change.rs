//! What differs between the facts and reference tables of two runs, and for which keys.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use warehouse::Warehouse;
use warehouse::erasure::Erasure;
use warehouse::error::WarehouseError;
use warehouse::release::Release;
use warehouse::session::{PLAIN, register};
use warehouse::table::{Snapshot, TableName};

use crate::error::Result;

/// The ledger: rows of other facts exist for models once a line of it names their submission.
pub(crate) fn ledger() -> TableName {
    TableName::new("facts", "submission")
}

/// The column that ties a fact to its line in the ledger.
const SUBMISSION: &str = "submission_id";
/// More keys than this are computed as fast all together.
const MOST_KEYS: usize = 100;

/// How much of a table differs from what the last release holds. The greater one wins where several meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Nothing.
    Nothing,
    /// Rows of the run's changed keys.
    Keys,
    /// Rows of some periods, which are known once what it reads is.
    Periods,
    /// Perhaps everything.
    Everything,
}

/// The facts and reference tables of a run beside those of the last release.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The version of each that this run sees.
    pub versions: BTreeMap<TableName, u64>,
    /// Those that changed.
    pub changes: BTreeMap<TableName, Change>,
    /// The keys whose rows changed.
    pub keys: BTreeSet<String>,
    /// Which persons' rows are erased, with periods that are closed by that.
    pub erasure: Option<Erasure>,
}

impl Inputs {
    /// How much an input changed.
    pub fn change(&self, name: &TableName) -> Change {
        self.changes.get(name).copied().unwrap_or(Change::Nothing)
    }

    /// Compares what this run sees with what `last` saw. `key` is the column that the project's models have as their key.
    pub(crate) async fn since(
        warehouse: &Warehouse,
        context: &SessionContext,
        last: Option<&Release>,
        versions: BTreeMap<TableName, u64>,
        key: Option<&str>,
    ) -> Result<Inputs> {
        let mut inputs = Inputs { versions, ..Inputs::default() };
        if let Some(version) = inputs.versions.get(&ledger()) {
            inputs.erasure = warehouse.erasure(&ledger(), *version).await?;
        }
        let Some(last) = last else {
            inputs.changes = inputs.versions.keys().map(|name| (name.clone(), Change::Everything)).collect();
            return Ok(inputs);
        };
        let ledger = ledger();
        let moved: Vec<(TableName, u64)> = inputs
            .versions
            .iter()
            .filter(|(name, version)| last.tables.get(*name) != Some(*version))
            .map(|(name, version)| (name.clone(), *version))
            .collect();
        let mut followers = Vec::new();
        for (name, version) in moved {
            let now = warehouse.snapshot(&name, Some(version)).await?;
            let has = |column: &str| now.schema.column_with_name(column).is_some();
            if name.schema == ledger.schema && name != ledger && has(SUBMISSION) {
                followers.push(name);
                continue;
            }
            let before = match last.tables.get(&name) {
                Some(before) => Some(warehouse.snapshot(&name, Some(*before)).await?),
                None => None,
            };
            let change = match (before.filter(|before| before.schema == now.schema), key.filter(|key| has(key))) {
                (Some(before), Some(key)) => {
                    let keys = changed_keys(warehouse, context, &before, &now, key).await?;
                    let change = if keys.is_empty() { Change::Nothing } else { Change::Keys };
                    inputs.keys.extend(keys);
                    change
                }
                (Some(before), None) if has_same_rows(warehouse, context, &before, &now).await? => Change::Nothing,
                _ => Change::Everything,
            };
            inputs.changes.insert(name, change);
        }
        // Rows without a line in the ledger don't exist, so what became of them stands there.
        let of_ledger = inputs.change(&ledger);
        inputs.changes.extend(followers.into_iter().map(|name| (name, of_ledger)));
        // Rows were erased that have their lines.
        if last.erased_before != inputs.erasure.map(Erasure::before) {
            let facts = inputs.versions.keys().filter(|name| name.schema == "facts");
            inputs.changes.extend(facts.map(|name| (name.clone(), Change::Everything)));
        }
        if inputs.keys.len() > MOST_KEYS {
            let keyed = inputs.changes.values_mut().filter(|change| **change == Change::Keys);
            keyed.for_each(|change| *change = Change::Everything);
            inputs.keys.clear();
        }
        Ok(inputs)
    }
}

/// The keys of rows that only one of two snapshots has. Files that both have are not read.
async fn changed_keys(
    warehouse: &Warehouse,
    context: &SessionContext,
    before: &Snapshot,
    now: &Snapshot,
    key: &str,
) -> Result<BTreeSet<String>> {
    let appended = show_differing(warehouse, context, before, now)?;
    let sql = if appended {
        format!("select distinct {key} from added")
    } else {
        // Files that were only laid out anew have the same rows.
        format!(
            "select distinct {key} from (select * from added except all select * from removed) \
             union select distinct {key} from (select * from removed except all select * from added)"
        )
    };
    let mut keys = BTreeSet::new();
    for batch in collect(context, &sql).await.map_err(WarehouseError::from)? {
        let texts =
            cast(batch.column(0), &DataType::Utf8).map_err(DataFusionError::from).map_err(WarehouseError::from)?;
        keys.extend(texts.as_string::<i32>().iter().map(|text| text.unwrap_or_default().to_owned()));
    }
    Ok(keys)
}

/// Whether two snapshots have the same rows though their files differ: only files that were laid out anew are looked into.
async fn has_same_rows(
    warehouse: &Warehouse,
    context: &SessionContext,
    before: &Snapshot,
    now: &Snapshot,
) -> Result<bool> {
    if before.rows() != now.rows() {
        return Ok(false);
    }
    show_differing(warehouse, context, before, now)?;
    let sql = "select count(*) from (select * from added except all select * from removed)";
    let rows = collect(context, sql).await.map_err(WarehouseError::from)?;
    Ok(rows.iter().all(|batch| batch.column(0).as_primitive::<Int64Type>().values().iter().all(|count| *count == 0)))
}

/// Registers the rows of files that only one of two snapshots has, as `added` and `removed`. Whether nothing was removed.
fn show_differing(warehouse: &Warehouse, context: &SessionContext, before: &Snapshot, now: &Snapshot) -> Result<bool> {
    let only = |one: &Snapshot, other: &Snapshot| {
        let held: HashSet<_> = other.files.iter().map(|file| &file.path).collect();
        let files = one.files.iter().filter(|file| !held.contains(&file.path)).cloned().collect();
        Snapshot { files, ..one.clone() }
    };
    let (added, removed) = (only(now, before), only(before, now));
    let appended = removed.files.is_empty();
    let (added_name, removed_name) = (TableName::new(PLAIN, "added"), TableName::new(PLAIN, "removed"));
    register(context, &added_name, warehouse.provider(added))?;
    register(context, &removed_name, warehouse.provider(removed))?;
    Ok(appended)
}

async fn collect(context: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>, DataFusionError> {
    context.sql(sql).await?.collect().await
}
