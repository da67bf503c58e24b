//! What a warehouse knows of its city before any school sends something: the reference tables, and the tables of facts.

use std::sync::Arc;

use datafusion::arrow::compute::{cast, concat_batches};
use datafusion::arrow::record_batch::RecordBatch;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::table::{Replace, TableName};

use crate::ledger::{ensure_facts, read};
use crate::reference::{Reference, schema};

/// Makes the tables of facts that are missing and loads the reference tables. Gives the names of those that changed.
pub async fn load(warehouse: &Warehouse, reference: &Reference) -> Result<Vec<&'static str>, WarehouseError> {
    ensure_facts(warehouse).await?;
    let mut changed = Vec::new();
    for (name, rows) in &reference.tables {
        let table = table(name);
        if warehouse.has_table(&table).await? && &read_reference_table(warehouse, name).await? == rows {
            continue;
        }
        warehouse.shape_table(&table, &rows.schema()).await?;
        let mut writer = warehouse.writer(&table).await?;
        writer.write(rows.clone()).await?;
        let staged = writer.finish().await?;
        warehouse.overwrite(&table, &Replace::All, staged).await?;
        changed.push(*name);
    }
    Ok(changed)
}

/// A reference table's rows as they are in the warehouse, in the order of its file.
pub async fn read_reference_table(warehouse: &Warehouse, name: &str) -> Result<RecordBatch, WarehouseError> {
    let table = table(name);
    let batches = read(warehouse, std::slice::from_ref(&table), &format!("select * from {table}")).await?;
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
