//! `kehou query`: a release answers SQL.

use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::{Result, bail};
use datafusion::arrow::util::pretty::pretty_format_batches_with_schema;
use datafusion::arrow::{csv, json};
use datafusion::execution::context::SQLOptions;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::prelude::DataFrame;
use futures::StreamExt;
use transform::project::{Project, Stored, tables_of};
use transform::views::register_views;
use warehouse::Warehouse;
use warehouse::release::Release;
use warehouse::session::Limits;
use warehouse::table::TableName;

use crate::args::figures::{Query, QueryFormat};
use crate::commands::{project, releases};

/// Answers one query from one release. Large answers stream, but for the table, which needs all widths.
pub async fn run(args: Query) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let release = releases::choose(&warehouse, &args.which).await?;
    let project = project::of_release(&warehouse, &release, &args.own).await?;
    let frame = frame(&warehouse, &release, &project, &args.sql).await?;
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

/// A query over a release, planned.
pub async fn frame(warehouse: &Warehouse, release: &Release, project: &Project, sql: &str) -> Result<DataFrame> {
    let context = warehouse.release_session(release, &Limits::default()).await?;
    check_stored(project, release, sql)?;
    register_views(&context, project, release, sql).await?;
    // A query reads: nothing that writes is even planned.
    let reading = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    Ok(context.sql_with_options(sql, reading).await?)
}

/// What a release lost, or a table that only a run writes, can't be had from a release that was made without it.
fn check_stored(project: &Project, release: &Release, sql: &str) -> Result<()> {
    let mut waiting: Vec<TableName> = tables_of(sql).unwrap_or_default().into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if release.lost.contains(&name) {
            bail!(
                "第 {} 期数据的 {name} 含个人明细，已按规定销毁；数字仍在 marts 各表 / {name} of release {0} held rows of persons, which were erased; its figures stand in marts",
                release.release
            );
        }
        let Some(model) = project.model(&name) else { continue };
        if release.tables.contains_key(&name) || !seen.insert(name.clone()) {
            continue;
        }
        if model.stored == Stored::Table {
            bail!(
                "第 {} 期数据里没有 {name}，它要由 kehou transform 计算 / release {0} has no {name}: a stored table is computed by kehou transform",
                release.release
            );
        }
        waiting.extend(model.reads.iter().cloned());
    }
    Ok(())
}
