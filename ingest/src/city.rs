//! What a warehouse knows of its city before any school sends something: the reference tables, and the tables of facts.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::compute::{cast, concat_batches};
use datafusion::arrow::record_batch::RecordBatch;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::release::Release;
use warehouse::table::{Replace, TableName};

use crate::ledger::{ensure_facts, query};
use crate::reference::{Reference, names, schema};

/// Makes the tables of facts that are missing and loads the reference tables. Gives the names of those that changed.
pub async fn load(warehouse: &Warehouse, reference: &Reference) -> Result<Vec<&'static str>, WarehouseError> {
    ensure_facts(warehouse).await?;
    let mut changed = Vec::new();
    for (name, rows) in &reference.tables {
        if warehouse.has_table(&table(name)).await? && &read_reference_table(warehouse, name).await? == rows {
            continue;
        }
        write(warehouse, name, rows).await?;
        changed.push(*name);
    }
    Ok(changed)
}

/// Writes those of the tables that differ from a release's to another warehouse, for a look at what would be. Gives their names.
pub async fn lay_beside(
    beside: &Warehouse,
    of_release: &Reference,
    reference: &Reference,
) -> Result<BTreeSet<TableName>, WarehouseError> {
    let mut written = BTreeSet::new();
    for (name, rows) in &reference.tables {
        if of_release.table(name) != Some(rows) {
            write(beside, name, rows).await?;
            written.insert(table(name));
        }
    }
    Ok(written)
}

async fn write(warehouse: &Warehouse, name: &str, rows: &RecordBatch) -> Result<(), WarehouseError> {
    let table = table(name);
    warehouse.shape_table(&table, &rows.schema()).await?;
    let mut writer = warehouse.writer(&table).await?;
    writer.write(rows.clone()).await?;
    warehouse.overwrite(&table, &Replace::All, writer.finish().await?).await.map(|_| ())
}

/// The reference tables that a release was made with.
pub async fn reference_of(warehouse: &Warehouse, release: &Release) -> Result<Reference, WarehouseError> {
    let mut tables = Vec::new();
    for name in names() {
        // Not every city has every table.
        if let Some(version) = release.tables.get(&table(name)) {
            tables.push((name, read_at(warehouse, name, Some(*version)).await?));
        }
    }
    Ok(Reference { tables })
}

/// A reference table's rows as they are in the warehouse, in the order of its file.
pub async fn read_reference_table(warehouse: &Warehouse, name: &str) -> Result<RecordBatch, WarehouseError> {
    read_at(warehouse, name, None).await
}

async fn read_at(warehouse: &Warehouse, name: &str, version: Option<u64>) -> Result<RecordBatch, WarehouseError> {
    let table = table(name);
    let snapshot = warehouse.snapshot(&table, version).await?;
    let batches = query(warehouse, vec![snapshot], &format!("select * from {table}")).await?;
    let schema = schema(name).expect("callers name reference tables");
    let plain: Vec<RecordBatch> = batches
        .iter()
        .map(|batch| {
            let columns = schema.fields().iter().map(|field| {
                let column = batch.column_by_name(field.name()).expect("the table was written with this schema");
                cast(column, field.data_type()).expect("the table was written with this schema")
            });
            RecordBatch::try_new(Arc::clone(&schema), columns.collect()).expect("the columns are those of the schema")
        })
        .collect();
    Ok(concat_batches(&schema, &plain).expect("all have one schema"))
}

fn table(name: &str) -> TableName {
    TableName::new("reference", name)
}
