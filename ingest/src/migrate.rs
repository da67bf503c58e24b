//! A warehouse of an earlier kehou gets the tables and columns of this one, then checksums, and last of all its format number.
//!
//! A form that got a column needs nothing but this: old rows have no value in it. A column that got another name says so in the
//! form's file (`was = ["earlier"]`), one that got another kind is cast; either writes its table anew, in one commit.

use std::collections::HashMap;

use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::migrate::Reshaped;
use warehouse::table::TableName;

use crate::audit::{Event, record};
use crate::form::forms;
use crate::ledger::ensure_facts;

/// What a migration did.
#[derive(Debug, Default)]
pub struct Migrated {
    /// The formats before and after.
    pub formats: (u32, u32),
    /// Tables that got columns, or were written anew.
    pub tables: Vec<(TableName, Reshaped)>,
    /// Objects whose checksums were taken down.
    pub summed: usize,
}

/// Migrates the warehouse at a location; one of this format only gets the columns that its forms lack. After a kill the same
/// call goes on. `by_whom` goes into the audit.
pub async fn migrate(
    location: &str,
    by_whom: &str,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Migrated, WarehouseError> {
    let warehouse = Warehouse::open_any(location).await?;
    let before = warehouse.format();
    let lock = warehouse.lock("transform").await?;
    let mut done = Migrated { formats: (before, before), ..Migrated::default() };
    ensure_facts(&warehouse).await?;
    for form in forms() {
        let table = TableName::new("facts", form.table());
        let names: HashMap<String, Vec<String>> =
            form.columns.iter().map(|column| (column.name.clone(), column.was.clone())).collect();
        let reshaped = warehouse.reshape(&table, &form.schema(), &names).await?;
        if reshaped != Reshaped::AsItWas {
            done.tables.push((table, reshaped));
        }
    }
    warehouse::step::reached("migrate.reshaped");
    if before < warehouse::FORMAT {
        let event = Event {
            by_whom: by_whom.to_owned(),
            action: "migrate",
            subject: format!("format {before}"),
            reason: format!("format {}", warehouse::FORMAT),
        };
        record(&warehouse, &event).await?;
        done.summed = warehouse.sum_up(progress).await?;
        warehouse::step::reached("migrate.summed");
        let settled = warehouse.settle_format(location).await?;
        done.formats.1 = settled.format();
    }
    lock.let_go().await;
    Ok(done)
}
