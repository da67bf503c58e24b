//! Whether a warehouse holds what it names, as far as the facts know it: originals, the ledger's order and rows, the audit's chain.

use std::collections::HashSet;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use warehouse::Warehouse;
use warehouse::damage::{Damage, Found};
use warehouse::error::WarehouseError;
use warehouse::table::TableName;
use warehouse::verify::{Depth, Verified};

use crate::audit::{Chain, audit_table, check_chain};
use crate::forget::{in_force, originals};
use crate::form::{Form, forms};
use crate::ledger::{ledger_table, query, read};

/// Looks at everything: the warehouse's files, then what stands in them.
pub async fn verify(
    warehouse: &Warehouse,
    depth: Depth,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<(Verified, Chain), WarehouseError> {
    let version = warehouse.version(&ledger_table()).await;
    let (originals, mut found) = match version {
        Ok(version) => match originals_at(warehouse, version).await {
            Ok(originals) => {
                (originals, ledger_order(warehouse, version).await.unwrap_or_else(unreadable(&ledger_table())))
            }
            Err(error) => (Vec::new(), unreadable(&ledger_table())(error)),
        },
        Err(error) => (Vec::new(), unreadable(&ledger_table())(error)),
    };
    let mut verified = warehouse.verify(depth, &originals, progress).await?;
    if depth == Depth::Whole {
        for form in forms() {
            let table = TableName::new("facts", form.table());
            // A form of a later kehou than the warehouse has no table yet.
            if warehouse.has_table(&table).await? {
                found.extend(rows(warehouse, form, &table).await.unwrap_or_else(unreadable(&table)));
            }
        }
    }
    let chain = match check_chain(warehouse).await {
        Ok(chain) => chain,
        Err(error) => {
            found.extend(unreadable(&audit_table())(error));
            Chain::default()
        }
    };
    if chain.faults.is_empty() && chain.events > 0 {
        found.extend(unfinished_erasure(warehouse).await?);
    }
    let of_chain = |fault: &String| {
        let damage = Damage::Record { zh: "审计链不完整".to_owned(), en: fault.clone() };
        Found::new(place(&audit_table()), damage, audit_table().to_string())
    };
    found.extend(chain.faults.iter().map(of_chain));
    // A file that is known to be damaged explains why its table can't be read.
    let explained = |one: &Found| {
        matches!(one.damage, Damage::Unreadable { .. })
            && verified.found.iter().any(|other| other.place.starts_with(&format!("{}/", one.place)))
    };
    found.retain(|one| !explained(one));
    verified.found.extend(found);
    Ok((verified, chain))
}

/// The originals that a version of the ledger names and that were not erased since, in order.
pub async fn originals_at(warehouse: &Warehouse, version: u64) -> Result<Vec<String>, WarehouseError> {
    Ok(originals(warehouse, version, in_force(warehouse).await?).await?.kept)
}

/// An erasure that the audit tells to have begun and not to have ended.
async fn unfinished_erasure(warehouse: &Warehouse) -> Result<Option<Found>, WarehouseError> {
    let sql =
        "select action from facts.audit_event where action in ('forget', 'forgotten') order by number desc limit 1";
    let last = read(warehouse, &[audit_table()], sql).await?;
    let begun =
        last.iter().any(|batch| batch.num_rows() > 0 && batch.column(0).as_string::<i32>().value(0) == "forget");
    let zh = "销毁个人明细中断，尚未完成；再次运行 kehou forget".to_owned();
    let en = "the erasure of persons' rows was interrupted; run `kehou forget` again".to_owned();
    Ok(begun.then(|| Found::new(place(&audit_table()), Damage::Record { zh, en }, audit_table().to_string())))
}

/// Lines stand in one order: each has an id and a moment of its own, and replaces an earlier one.
async fn ledger_order(warehouse: &Warehouse, version: u64) -> Result<Vec<Found>, WarehouseError> {
    let sql = "select submission_id, received_at, replaces from facts.submission order by received_at, submission_id";
    let snapshot = warehouse.snapshot(&ledger_table(), Some(version)).await?;
    let (mut ids, mut last, mut found) = (HashSet::new(), None, Vec::new());
    for batch in query(warehouse, vec![snapshot], sql).await? {
        let [id, replaces] = [0, 2].map(|column| batch.column(column).as_string::<i32>());
        let at = batch.column(1).as_primitive::<TimestampMicrosecondType>();
        for row in 0..batch.num_rows() {
            let id = id.value(row);
            if last == Some(at.value(row)) {
                found.push(record(id, "与另一行时刻相同", "it has the moment of another line"));
            }
            if replaces.is_valid(row) && !ids.contains(replaces.value(row)) {
                found.push(record(
                    id,
                    "所替换的报送不在其前",
                    "it replaces a submission that does not stand before it",
                ));
            }
            if !ids.insert(id.to_owned()) {
                found.push(record(id, "出现两次", "it stands twice"));
            }
            last = Some(at.value(row));
        }
    }
    Ok(found)
}

/// Every accepted line of a form has as many rows as it says, or none where they were erased.
async fn rows(warehouse: &Warehouse, form: &Form, table: &TableName) -> Result<Vec<Found>, WarehouseError> {
    let sql = format!(
        "with entry as (select submission_id, count(*) as rows from {table} group by submission_id) \
         select line.submission_id, line.period, line.rows, coalesce(entry.rows, 0) from facts.submission as line \
         left join entry on entry.submission_id = line.submission_id \
         where line.form = '{form}' and line.state = 'accepted' order by line.submission_id",
        form = form.name
    );
    let erasure = in_force(warehouse).await?.filter(|_| form.persons().next().is_some());
    let mut found = Vec::new();
    // The ledger first: rows are committed before their line.
    for batch in read(warehouse, &[ledger_table(), table.clone()], &sql).await? {
        let [id, period] = [0, 1].map(|column| batch.column(column).as_string::<i32>());
        let [told, rows] = [2, 3].map(|column| batch.column(column).as_primitive::<Int64Type>());
        for row in 0..batch.num_rows() {
            let is_erased = erasure.is_some_and(|erasure| erasure.takes(period.value(row)));
            let expected = if is_erased { 0 } else { told.value(row).unsigned_abs() };
            let rows = rows.value(row).unsigned_abs();
            if rows != expected {
                let damage = Damage::Rows { found: rows, expected };
                found.push(Found::new(place(table), damage, format!("facts.submission {}", id.value(row))));
            }
        }
    }
    Ok(found)
}

fn record(id: &str, zh: &str, en: &str) -> Found {
    let damage = Damage::Record { zh: zh.to_owned(), en: en.to_owned() };
    Found::new(place(&ledger_table()), damage, format!("facts.submission {id}"))
}

fn place(table: &TableName) -> String {
    format!("tables/{}/{}", table.schema, table.table)
}

fn unreadable(table: &TableName) -> impl Fn(WarehouseError) -> Vec<Found> + '_ {
    |error| vec![Found::new(place(table), Damage::Unreadable { why: error.to_string() }, table.to_string())]
}
