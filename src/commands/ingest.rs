//! `kehou ingest`: what schools sent, judged and accepted.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use ingest::accept::{Known, Options, Order, Progress, Purpose, Received};
use ingest::form::{by_heading, form};
use ingest::report::Report;
use warehouse::Warehouse;

use crate::args::{Ingest, Language};
use crate::commands::init::keys;
use crate::commands::watch;
use crate::show;

/// Judges and accepts; exit code 2 where anything was rejected.
pub async fn run(args: Ingest) -> Result<ExitCode> {
    let named =
        |name: String| form(&name).or_else(|| by_heading(&name)).with_context(|| format!("there is no form '{name}'"));
    let received = match args.received.as_deref() {
        None => Received::Today,
        Some("folder") => Received::Folder,
        Some(day) => Received::On(day.parse().context("--received takes a day like 2019-10-08, or `folder`")?),
    };
    let options = Options {
        form: args.form.map(named).transpose()?,
        sender: args.sender,
        received,
        known: if args.again { Known::Again } else { Known::Skip },
        purpose: if args.check { Purpose::Check } else { Purpose::Accept },
        order: Order::Path,
    };
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    if args.watch {
        return watch::run(&warehouse, &args.path, &options, args.settle).await;
    }
    let report = ingest(&warehouse, &args.path, &options).await?;
    if let Some(file) = &args.report {
        let text = serde_json::to_vec_pretty(&report)?;
        std::fs::write(file, text).with_context(|| format!("{} can't be written", file.display()))?;
    }
    print!("{}", report.render(args.lang == Language::En));
    Ok(if report.all_accepted() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Ingests with a bar.
pub async fn ingest(warehouse: &Warehouse, paths: &[PathBuf], options: &Options) -> Result<Report> {
    let keys = keys(warehouse).await?;
    let bar = show::bar(0, show::Unit::Bytes);
    let report = ingest::accept::ingest(warehouse, &keys, paths, options, &|progress| match progress {
        Progress::Found { bytes, .. } => bar.set_length(bytes),
        Progress::Judged { file, bytes } => {
            bar.set_message(file.file_name().unwrap_or_default().to_string_lossy().into_owned());
            bar.inc(bytes);
        }
        Progress::Committing => bar.set_message("committing"),
    })
    .await;
    bar.finish_and_clear();
    Ok(report?)
}
