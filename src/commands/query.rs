//! `kehou query`: a release answers SQL.

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use datafusion::arrow::util::pretty::pretty_format_batches_with_schema;
use datafusion::arrow::{csv, json};
use datafusion::execution::context::SQLOptions;
use datafusion::parquet::arrow::ArrowWriter;
use futures::StreamExt;
use transform::project::Project;
use transform::views::register_views;
use warehouse::Warehouse;
use warehouse::release::Release;
use warehouse::session::Limits;

use crate::args::{Query, QueryFormat};

/// Answers one query from one release. Large answers stream, but for the table, which needs all widths.
pub async fn run(args: Query) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let release = choose(&warehouse, args.release, args.as_of.as_deref()).await?;
    let context = warehouse.release_session(&release, &Limits::default()).await?;
    register_views(&context, &Project::built_in()?, &release, &args.sql).await?;
    // A query reads: nothing that writes is even planned.
    let reading = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let frame = context.sql_with_options(&args.sql, reading).await?;
    let schema = frame.schema().as_arrow().clone();
    let out = BufWriter::new(std::io::stdout());
    match args.format {
        QueryFormat::Table => {
            let mut out = out;
            let batches = frame.collect().await?;
            writeln!(out, "{}", pretty_format_batches_with_schema(schema.into(), &batches)?)?;
        }
        QueryFormat::Csv => {
            let mut rows = frame.execute_stream().await?;
            let mut headings = csv::WriterBuilder::new().with_header(true).build(out);
            headings.write(&datafusion::arrow::record_batch::RecordBatch::new_empty(schema.into()))?;
            while let Some(batch) = rows.next().await {
                headings.write(&batch?)?;
            }
        }
        QueryFormat::Json => {
            let mut rows = frame.execute_stream().await?;
            let mut writer =
                json::WriterBuilder::new().with_explicit_nulls(true).build::<_, json::writer::JsonArray>(out);
            while let Some(batch) = rows.next().await {
                writer.write(&batch?)?;
            }
            writer.finish()?;
            writeln!(writer.into_inner())?;
        }
        QueryFormat::Parquet => {
            let mut rows = frame.execute_stream().await?;
            let mut writer = ArrowWriter::try_new(out, rows.schema(), None)?;
            while let Some(batch) = rows.next().await {
                writer.write(&batch?)?;
            }
            writer.close()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The release of a number, the one that stood at a time, or the newest.
pub async fn choose(warehouse: &Warehouse, number: Option<u64>, as_of: Option<&str>) -> Result<Release> {
    if let Some(number) = number {
        return Ok(warehouse.release(number).await?);
    }
    let Some(as_of) = as_of else {
        let newest = warehouse.latest_release().await?;
        return newest.context("there is no release yet; make one with: kehou transform --warehouse …");
    };
    let moment = match (as_of.parse::<DateTime<Utc>>(), as_of.parse::<NaiveDate>()) {
        (Ok(moment), _) => moment,
        (_, Ok(day)) => day.and_time(NaiveTime::MIN).and_utc() + chrono::Days::new(1),
        _ => bail!("--as-of takes a day (2020-03-01) or a time (2020-03-01T08:00:00Z), not '{as_of}'"),
    };
    let stood = |release: &Release| release.made_at.parse::<DateTime<Utc>>().is_ok_and(|made| made <= moment);
    let found = warehouse.releases().await?.into_iter().rev().find(stood);
    found.with_context(|| format!("no release had been made by {as_of}"))
}
