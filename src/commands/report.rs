//! `kehou report`: the evaluation report as a PDF.

use std::process::ExitCode;

use anyhow::{Context, Result};
use dashboard::report::Report as Composed;
use dashboard::report::ask::{Wish, of_release};
use warehouse::Warehouse;

use crate::args::paper::Report;
use crate::commands::releases::choose;

/// Writes the report of a unit.
pub async fn run(args: Report) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let release = choose(&warehouse, &args.which).await?;
    let wish = Wish { period: args.period.clone(), made_up: false };
    let report = of_release(&warehouse, &release, &args.unit, &wish, args.lang.into()).await?;
    let bytes = set(&report, &args)?;
    std::fs::write(&args.output, &bytes).with_context(|| format!("{} can't be written", args.output.display()))?;
    let told = [report.unit.as_str(), &report.period_said, &format!("release {}", report.release)].join(" · ");
    println!("{told} → {} ({} KiB)", args.output.display(), bytes.len().div_ceil(1024));
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "pdf")]
fn set(report: &Composed, args: &Report) -> Result<Vec<u8>> {
    use dashboard::report::fonts::Fonts;

    let fonts = match &args.font {
        Some(place) => Fonts::at(place)?,
        None => Fonts::system(),
    };
    Ok(dashboard::report::pdf::pdf(report, &fonts)?)
}

#[cfg(not(feature = "pdf"))]
fn set(_report: &Composed, _args: &Report) -> Result<Vec<u8>> {
    anyhow::bail!("this build makes no PDF; build it with: cargo build --features pdf")
}
