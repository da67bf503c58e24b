//! One run: pin the facts, compute the models beside what readers see, test them, publish.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use datafusion::arrow::array::{Date32Array, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::datasource::MemTable;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use warehouse::Warehouse;
use warehouse::lock::Lock;
use warehouse::release::Release;
use warehouse::session::{Limits, PLAIN, days, register, session};
use warehouse::step;
use warehouse::table::{Replace, TableName};

use crate::audit::audit;
use crate::error::{Result, TransformError};
use crate::project::{Model, Project, Stored};
use crate::views::{plan_view, previous_table};

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
    let inputs = pin(warehouse).await?;
    let fingerprints: BTreeMap<String, String> =
        project.models().map(|model| (model.path.clone(), model.fingerprint())).collect();
    if let Some(last) = &last
        && !options.full
        && options.select.is_empty()
        && unchanged(last, &inputs, &fingerprints, options.today)
    {
        return Ok(Outcome::Unchanged(last.clone()));
    }
    let chosen = choose(project, &options.select)?;
    progress(Progress::Planned { steps: chosen.len() });

    let context = session(&options.limits)?;
    warehouse.attach(&context);
    for (name, version) in &inputs {
        let snapshot = warehouse.snapshot(name, Some(*version)).await?;
        register(&context, name, warehouse.provider(snapshot))?;
    }
    register(&context, &TableName::new(PLAIN, "run"), run_table(options.today))?;
    let known: BTreeSet<&TableName> = project.models().map(|model| &model.name).collect();

    let mut tables = inputs;
    let mut rows = Vec::new();
    for model in chosen.iter().filter(|model| !model.is_test()) {
        let started = Instant::now();
        require(model, &known, &tables)?;
        if let Some(previous) = previous_table(warehouse, model, last.as_ref()).await? {
            register(&context, &TableName::new("previous", &model.name.table), previous)?;
        }
        let count = match model.stored {
            Stored::View => {
                register(&context, &model.name, plan_view(&context, model).await?)?;
                None
            }
            Stored::Table => {
                let (version, count) = store(warehouse, &context, model).await?;
                let snapshot = warehouse.snapshot(&model.name, Some(version)).await?;
                register(&context, &model.name, warehouse.provider(snapshot))?;
                tables.insert(model.name.clone(), version);
                rows.push((model.name.clone(), count));
                Some(count)
            }
        };
        progress(Progress::Done { model, rows: count, took: started.elapsed() });
    }
    if !options.select.is_empty() {
        return Ok(Outcome::Selected { rows });
    }
    step::reached("transform.models_written");

    let tests: Vec<&Model> = chosen.iter().copied().filter(|model| model.is_test()).collect();
    let warnings = audit(&context, &tests, progress).await?;
    step::reached("transform.tested");

    lock.check()?;
    let release = Release {
        release: last.map_or(1, |last| last.release + 1),
        made_at: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        today: options.today,
        official: false,
        note: String::new(),
        tables,
        fingerprints,
    };
    warehouse.publish(&release).await?;
    step::reached("transform.published");
    Ok(Outcome::Published { release, warnings })
}

/// The versions of facts and reference tables that this run sees.
pub(crate) async fn pin(warehouse: &Warehouse) -> Result<BTreeMap<TableName, u64>> {
    let mut tables = BTreeMap::new();
    // The ledger first: rows are committed before their line in it, so every line that it holds finds its rows.
    let ledger = TableName::new("facts", "submission");
    let mut names = warehouse.tables().await?;
    names.sort_by_key(|name| (*name != ledger, name.clone()));
    for name in names.into_iter().filter(|name| name.schema == "facts" || name.schema == "reference") {
        let version = warehouse.snapshot(&name, None).await?.version;
        tables.insert(name, version);
    }
    Ok(tables)
}

fn unchanged(
    last: &Release,
    inputs: &BTreeMap<TableName, u64>,
    fingerprints: &BTreeMap<String, String>,
    today: NaiveDate,
) -> bool {
    let before = last.tables.iter().filter(|(name, _)| name.schema == "facts" || name.schema == "reference");
    last.today == today && last.fingerprints == *fingerprints && before.eq(inputs.iter())
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

/// Everything that a model reads must be there, else the engine's message would not say what to do.
fn require(model: &Model, known: &BTreeSet<&TableName>, tables: &BTreeMap<TableName, u64>) -> Result<()> {
    let missing = model.reads.iter().find(|read| {
        !(known.contains(read)
            || tables.contains_key(*read)
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

/// Computes a model and writes its table. Gives the version and the number of rows.
async fn store(warehouse: &Warehouse, context: &SessionContext, model: &Model) -> Result<(u64, u64)> {
    let fault = |source| TransformError::Run { path: model.path.clone(), source: Box::new(source) };
    let frame = context.sql(&model.sql).await.map_err(fault)?;
    let schema = storable(frame.schema().as_arrow());
    warehouse.shape_table(&model.name, &schema).await?;
    let mut writer = warehouse.writer(&model.name).await?;
    let mut stream: SendableRecordBatchStream = frame.execute_stream().await.map_err(fault)?;
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(fault)?;
        if batch.num_rows() > 0 {
            writer.write(conform(&batch, &schema).map_err(fault)?).await?;
        }
    }
    let staged = writer.finish().await?;
    let rows = staged.rows();
    let version = warehouse.overwrite(&model.name, &Replace::All, staged).await?;
    step::reached(&format!("transform.stored.{}", model.name));
    Ok((version, rows))
}

/// The schema that a model's rows are stored in: what every reader of Delta knows.
pub(crate) fn storable(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let kind = match field.data_type() {
            DataType::Utf8View | DataType::LargeUtf8 | DataType::Null => DataType::Utf8,
            DataType::UInt64 | DataType::UInt32 | DataType::Int32 | DataType::Int16 | DataType::Int8 => DataType::Int64,
            DataType::Timestamp(_, _) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            other => other.clone(),
        };
        Field::new(field.name(), kind, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn conform(batch: &RecordBatch, schema: &SchemaRef) -> datafusion::error::Result<RecordBatch> {
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| cast(column, field.data_type()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}

/// The table `run`: one row, the date.
pub(crate) fn run_table(today: NaiveDate) -> Arc<MemTable> {
    let column = Arc::new(Date32Array::from(vec![days(today)]));
    let batch = RecordBatch::try_from_iter([("today", column as _)]).expect("one column of one row");
    Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]]).expect("the batch has its own schema"))
}
