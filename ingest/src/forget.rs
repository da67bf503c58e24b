//! Rows of pupils and staff are erased when the policy no longer lets them be kept; the figures that rest on them stay.
//!
//! One commit to the ledger sets the mark that closes the periods ([`Erasure`]): from then on nothing of them is taken in, and every
//! release carries their figures over. It follows the version of the ledger that the newest release saw, so that no accepted slice
//! is left out of the figures for good. Then the rows are left out of the tables of facts, and the sealed originals that hold
//! no newer ones are removed. Each step finds what is left to be done by itself, so an interrupted erasure is completed by the
//! next call, and [`crate::verify`] tells of it until then.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Date32Type, Int64Type};
use warehouse::Warehouse;
use warehouse::erasure::Erasure;
use warehouse::error::WarehouseError;
use warehouse::optimize::Omitted;
use warehouse::session::{Limits, days};
use warehouse::step;
use warehouse::table::TableName;

use crate::audit::{Event, record};
use crate::city::read_reference_table;
use crate::commit::commit_at;
use crate::form::{Form, form, forms};
use crate::ledger::{ledger_schema, ledger_table, query, read};
use crate::optimize::order;
use crate::reference::policy::{KEEP_PERSONS_YEARS, Policy};

/// The forms whose rows are of persons.
fn of_persons() -> impl Iterator<Item = &'static Form> {
    forms().iter().filter(|form| form.persons().next().is_some())
}

/// The erasure that is in force.
pub async fn in_force(warehouse: &Warehouse) -> Result<Option<Erasure>, WarehouseError> {
    let version = warehouse.version(&ledger_table()).await?;
    warehouse.erasure(&ledger_table(), version).await
}

/// Whether a slice is of a closed period. The register is never closed: it says what schools are, and not what they did.
pub fn is_closed(erasure: Option<Erasure>, form: &Form, period: &str) -> bool {
    erasure.is_some_and(|erasure| erasure.closes(period)) && !form.is_register()
}

/// What an erasure would take, or has left to take.
#[derive(Debug, Default)]
pub struct Due {
    /// The rows of each table.
    pub rows: BTreeMap<TableName, u64>,
    /// The originals that hold nothing newer, by their SHA-256.
    pub originals: BTreeSet<String>,
    /// How many originals with such rows stay, because they hold rows of later periods too.
    pub mixed: usize,
}

impl Due {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.originals.is_empty()
    }
}

/// Sees what there is to erase.
pub async fn due(warehouse: &Warehouse, erasure: Erasure) -> Result<Due, WarehouseError> {
    let mut due = Due::default();
    for form in of_persons() {
        let table = TableName::new("facts", form.table());
        if !warehouse.has_table(&table).await? {
            continue;
        }
        let sql = format!("select period, count(*) from {table} group by period");
        for batch in read(warehouse, std::slice::from_ref(&table), &sql).await? {
            let (periods, counts) = (batch.column(0).as_string::<i32>(), batch.column(1).as_primitive::<Int64Type>());
            let erased = periods.iter().zip(counts.values()).filter(|(period, _)| is_taken(erasure, *period));
            let rows = erased.map(|(_, rows)| rows.unsigned_abs()).sum::<u64>();
            if rows > 0 {
                *due.rows.entry(table.clone()).or_default() += rows;
            }
        }
    }
    let version = warehouse.version(&ledger_table()).await?;
    let there = warehouse.kept_originals().await?;
    let of_ledger = originals(warehouse, version, Some(erasure)).await?;
    due.originals = of_ledger.erased.intersection(&there).cloned().collect();
    due.mixed = of_ledger.mixed;
    Ok(due)
}

fn is_taken(erasure: Erasure, period: Option<&str>) -> bool {
    period.is_some_and(|period| erasure.takes(period))
}

/// The originals that a version of the ledger names.
#[derive(Debug, Default)]
pub(crate) struct Originals {
    /// Those that are kept, in order.
    pub(crate) kept: Vec<String>,
    /// Those that the erasure took or takes.
    pub(crate) erased: BTreeSet<String>,
    /// How many of the kept ones hold rows that are erased otherwise.
    mixed: usize,
}

/// Which originals an erasure leaves. One goes when all that was told of it is of erased periods and some of it is of persons; a
/// file of which nothing could be told may be, and goes by the day of its receipt.
pub(crate) async fn originals(
    warehouse: &Warehouse,
    version: u64,
    erasure: Option<Erasure>,
) -> Result<Originals, WarehouseError> {
    #[derive(Default)]
    struct Told {
        persons: bool,
        old: bool,
        new: bool,
    }
    let sql = "select distinct file_sha256, form, period, received_on from facts.submission where file_sha256 <> ''";
    let snapshot = warehouse.snapshot(&ledger_table(), Some(version)).await?;
    let before = erasure.map_or(i32::MIN, |erasure| days(erasure.before()));
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    for batch in query(warehouse, vec![snapshot], sql).await? {
        let [sha256, forms, periods] = [0, 1, 2].map(|column| batch.column(column).as_string::<i32>());
        let received = batch.column(3).as_primitive::<Date32Type>();
        for row in 0..batch.num_rows() {
            let one = told.entry(sha256.value(row).to_owned()).or_default();
            let of_form = forms.is_valid(row).then(|| form(forms.value(row))).flatten();
            let period = Some(periods.value(row)).filter(|period| periods.is_valid(row) && !period.is_empty());
            let is_old = match (erasure, period) {
                (Some(erasure), Some(period)) => erasure.takes(period),
                _ => received.is_valid(row) && received.value(row) < before,
            };
            one.persons |= of_form.is_none_or(|form| form.persons().next().is_some());
            one.old |= is_old;
            one.new |= !is_old;
        }
    }
    let mut originals = Originals::default();
    for (sha256, told) in told {
        if told.persons && told.old && !told.new {
            originals.erased.insert(sha256);
        } else {
            originals.mixed += usize::from(told.persons && told.old);
            originals.kept.push(sha256);
        }
    }
    Ok(originals)
}

/// Closes the periods, right after the version of the ledger that the newest release saw; `false` where something was accepted
/// since, which no release has yet.
pub async fn close(
    warehouse: &Warehouse,
    erasure: Erasure,
    ledger_version: u64,
    by_whom: &str,
    reason: &str,
) -> Result<bool, WarehouseError> {
    let nothing = RecordBatch::new_empty(ledger_schema());
    let done = commit_at(warehouse, ledger_version, nothing, Some(erasure.mark())).await?
        // A commit whose answer was lost is known by what it set.
        || in_force(warehouse).await? == Some(erasure);
    if done {
        tell(warehouse, "forget", erasure, by_whom, reason).await?;
        step::reached("forget.closed");
    }
    Ok(done)
}

/// Erases the rows and originals that are due. `progress` is told what is done.
pub async fn erase(
    warehouse: &Warehouse,
    erasure: Erasure,
    due: &Due,
    limits: &Limits,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), WarehouseError> {
    let is = |period: &str| erasure.takes(period);
    for form in of_persons() {
        let table = TableName::new("facts", form.table());
        if due.rows.contains_key(&table) {
            warehouse.erase_rows(&table, order(form), Omitted { column: "period", is: &is }, limits).await?;
            progress(&table.to_string());
            step::reached("forget.rows_erased");
        }
    }
    for sha256 in &due.originals {
        warehouse.remove_original(sha256).await?;
        step::reached("forget.original_removed");
    }
    Ok(())
}

/// Says in the audit that everything is done.
pub async fn finished(
    warehouse: &Warehouse,
    erasure: Erasure,
    by_whom: &str,
    reason: &str,
) -> Result<(), WarehouseError> {
    tell(warehouse, "forgotten", erasure, by_whom, reason).await
}

async fn tell(
    warehouse: &Warehouse,
    action: &'static str,
    erasure: Erasure,
    by_whom: &str,
    reason: &str,
) -> Result<(), WarehouseError> {
    let event = Event {
        by_whom: by_whom.to_owned(),
        action,
        subject: format!("persons' rows before {}", erasure.before()),
        reason: reason.to_owned(),
    };
    record(warehouse, &event).await.map(drop)
}

/// The tables of releases that hold persons: those of facts, and models with a column of persons' numbers.
pub async fn tables_of_persons(
    warehouse: &Warehouse,
    tables: &BTreeMap<TableName, u64>,
) -> Result<BTreeSet<TableName>, WarehouseError> {
    let columns: BTreeSet<&str> = of_persons().flat_map(|form| form.persons().map(|(name, _)| name)).collect();
    let mut found = BTreeSet::new();
    for (name, version) in tables {
        let snapshot = warehouse.snapshot(name, Some(*version)).await?;
        if columns.iter().any(|column| snapshot.schema.column_with_name(column).is_some()) {
            found.insert(name.clone());
        }
    }
    Ok(found)
}

/// The erasure that the policy asks for on a day, by the bureau's own number; none where it sets none.
pub async fn by_policy(warehouse: &Warehouse, today: NaiveDate) -> Result<Option<Erasure>, WarehouseError> {
    let rows = read_reference_table(warehouse, "policy").await?;
    let policy = Policy::from_batches(&[rows]).map_err(|error| WarehouseError::Engine(error.into()))?;
    let years = policy.value(KEEP_PERSONS_YEARS, today).and_then(|years| years.parse().ok());
    Ok(years.and_then(|years| Erasure::after_years(years, today)))
}
