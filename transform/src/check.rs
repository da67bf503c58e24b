//! The engine's own look at models of one's own before anything runs: each is planned over tables without rows, and so is
//! each model that reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use warehouse::Warehouse;
use warehouse::session::{Limits, PLAIN, register, session};
use warehouse::table::TableName;

use crate::batches::storable;
use crate::error::{Fault, Result, TransformError};
use crate::lint;
use crate::project::{Model, Project, is_generated};
use crate::run::run_table;
use crate::views::carried;

/// Fails with all that the engine, or the tables that are there, hold against models of one's own. Does nothing without any.
pub async fn plans(warehouse: &Warehouse, project: &Project, inputs: &BTreeMap<TableName, u64>) -> Result<()> {
    let touched = touched(project);
    if touched.is_empty() {
        return Ok(());
    }
    let context = empty_session(warehouse, inputs).await?;
    let mut faults = Vec::new();
    let mut schemas: BTreeMap<TableName, SchemaRef> = BTreeMap::new();
    let mut failed: BTreeSet<&TableName> = BTreeSet::new();
    let wanted = touched.iter().cloned().chain(patterns(project));
    for model in project.upstream(wanted) {
        // What reads a model that failed would only say that it is missing.
        if model.reads.iter().any(|read| failed.contains(read)) {
            failed.insert(&model.name);
            continue;
        }
        let found = unknown_inputs(model, inputs);
        let planned =
            if found.is_empty() { plan(&context, model, touched.contains(&model.name)).await } else { Err(found) };
        match planned {
            Ok(schema) => {
                put(&context, &model.name, schema.clone())?;
                schemas.insert(model.name.clone(), schema);
            }
            Err(found) => {
                failed.insert(&model.name);
                let reads_own = |fault: Fault| Fault {
                    why: format!(
                        "它所读的自有模型与它不合 / it reads a model of your own that does not fit it: {}",
                        fault.why
                    ),
                    ..fault
                };
                match is_own(project, model) {
                    true => faults.extend(found),
                    false => faults.extend(found.into_iter().map(reads_own)),
                }
            }
        }
    }
    faults.extend(other_types(project, &schemas));
    if faults.is_empty() { Ok(()) } else { Err(TransformError::Own { faults: project.own().placed(faults) }) }
}

/// The models that are one's own, and all that read them.
fn touched(project: &Project) -> BTreeSet<TableName> {
    let mut touched = BTreeSet::new();
    for model in project.models() {
        if is_own(project, model) || model.reads.iter().any(|read| touched.contains(read)) {
            touched.insert(model.name.clone());
        }
    }
    touched
}

fn is_own(project: &Project, model: &Model) -> bool {
    project.own().files.contains_key(&model.path)
}

/// Of each collected schema the model whose columns the others must have.
fn patterns(project: &Project) -> Vec<TableName> {
    let schemas = project.models().filter_map(|model| model.get("collects")?.strip_suffix(".*"));
    schemas.filter_map(|schema| pattern(project, schema)).map(|model| model.name.clone()).collect()
}

fn pattern<'a>(project: &'a Project, schema: &str) -> Option<&'a Model> {
    project.models().find(|model| model.name.schema == schema && !is_generated(&model.path) && !is_own(project, model))
}

/// A session that has all inputs with their columns and no rows.
async fn empty_session(warehouse: &Warehouse, inputs: &BTreeMap<TableName, u64>) -> Result<SessionContext> {
    let context = session(&Limits::default())?;
    // So that the engine's messages know their line.
    context
        .sql("set datafusion.sql_parser.collect_spans = true")
        .await
        .map_err(warehouse::error::WarehouseError::from)?;
    for (name, version) in inputs {
        let snapshot = warehouse.snapshot(name, Some(*version)).await?;
        put(&context, name, warehouse.provider(snapshot).schema())?;
    }
    register(&context, &TableName::new(PLAIN, "run"), run_table(chrono::NaiveDate::default()))?;
    Ok(context)
}

fn put(context: &SessionContext, name: &TableName, schema: SchemaRef) -> Result<()> {
    let empty = MemTable::try_new(schema, vec![vec![]]).expect("no rows fit every schema");
    Ok(register(context, name, Arc::new(empty))?)
}

/// Tables of the warehouse that a model reads and nobody made.
fn unknown_inputs(model: &Model, inputs: &BTreeMap<TableName, u64>) -> Vec<Fault> {
    let is_input = |schema: &str| schema == "facts" || schema == "reference";
    let unknown = model.reads.iter().filter(|read| is_input(&read.schema) && !inputs.contains_key(*read));
    unknown
        .map(|read| {
            let near: Vec<&str> =
                inputs.keys().filter(|name| name.schema == read.schema).map(|name| name.table.as_str()).collect();
            let why = format!(
                "没有 {read} 这张表 / there is no table {read}; in {} there are {}",
                read.schema,
                near.join(", ")
            );
            model.fault(lint::line_of(&model.sql, &read.to_string()), why)
        })
        .collect()
}

/// The columns that the model's rows are stored with, or what the engine says against it.
async fn plan(context: &SessionContext, model: &Model, whole: bool) -> Result<SchemaRef, Vec<Fault>> {
    let one = |line, why| vec![model.fault(line, why)];
    if let Some(carries) = model.get("carries") {
        let schema = carried(carries).map_err(|why| one(crate::header::line_of(&model.sql, "carries"), why))?;
        put(context, &TableName::new("previous", &model.name.table), Arc::new(schema))
            .map_err(|error| one(None, error.to_string()))?;
    }
    let fault = |error: datafusion::error::DataFusionError| {
        let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
        one(span.map(|span| span.start.line as usize), error.find_root().strip_backtrace())
    };
    let frame = context.sql(&model.sql).await.map_err(fault)?;
    let schema = storable(frame.schema().as_arrow());
    if whole {
        // Types are checked where the plan is analysed.
        frame.into_optimized_plan().map_err(fault)?;
    }
    if let Some(key) = model.key().filter(|key| schema.column_with_name(key).is_none()) {
        let line = crate::header::line_of(&model.sql, "key");
        return Err(one(line, format!("没有 key 所说的列 {key} / the key's column {key} is not among its columns")));
    }
    let lacks = |column: &&str| schema.column_with_name(column).is_none();
    // A data test's rows are whatever it shows.
    if let Some(periods) = model.periods().filter(|_| !model.is_test()).filter(lacks) {
        let line = crate::header::line_of(&model.sql, "periods");
        let why =
            format!("没有 periods 所说的列 {periods} / the column {periods} of its periods is not among its columns");
        return Err(one(line, why));
    }
    Ok(schema)
}

/// Columns of one's own models whose type is another one than in the models that they are laid upon.
fn other_types(project: &Project, schemas: &BTreeMap<TableName, SchemaRef>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for model in project.models().filter(|model| is_own(project, model)) {
        let pattern = patterns(project).into_iter().find(|pattern| pattern.schema == model.name.schema);
        let (Some(own), Some(wanted)) = (schemas.get(&model.name), pattern.and_then(|name| schemas.get(&name))) else {
            continue;
        };
        for (column, wanted) in own.fields().iter().zip(wanted.fields()) {
            let (found, wanted) = (sql_type(column.data_type()), sql_type(wanted.data_type()));
            if found != wanted {
                let name = column.name();
                let why = format!(
                    "列 {name} 应为 {wanted}，而不是 {found} / the column {name} is {found}, it must be {wanted}: write cast(… as {wanted}) as {name}"
                );
                faults.push(model.fault(lint::last_line_of(&model.sql, &format!("as {name}")), why));
            }
        }
    }
    faults
}

fn sql_type(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 => "varchar".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        other => other.to_string(),
    }
}
