//! `kehou explain`: where a figure or a finding comes from, for reading or for programs.

mod figure;
mod finding;
mod told;

use std::process::ExitCode;

use anyhow::Result;
use dashboard::explain::Explainer;
use dashboard::explain::figure::Question;
use serde::Serialize;
use transform::kept::project_of;
use warehouse::Warehouse;

use crate::args::figures::{Explain, ExplainFormat, ExplainHow, ExplainWhat};
use crate::commands::releases::choose;

/// Rows of a finding's proof that are shown; the query that gives all stands beside them.
const PROOF_ROWS: i64 = 50;

/// Explains a figure or a finding of one release.
pub async fn run(args: Explain) -> Result<ExitCode> {
    let how = match &args.what {
        ExplainWhat::Indicator(args) => &args.how,
        ExplainWhat::Finding(args) => &args.how,
    };
    let warehouse = Warehouse::open(&how.at.warehouse).await?;
    let release = choose(&warehouse, &how.which).await?;
    let project = project_of(&warehouse, &release).await?;
    let lang = how.lang.into();
    let explainer = Explainer::whole(&warehouse, &release, &project, lang).await?;
    match &args.what {
        ExplainWhat::Indicator(args) => {
            let question = Question {
                indicator: args.code.clone(),
                unit: args.unit.clone(),
                period: args.period.clone(),
                dimension: args.dimension.clone(),
            };
            let explained = explainer.figure(&question).await?;
            print(how, &explained, || figure::text(&explained, &project, &how.at.warehouse, lang))?;
        }
        ExplainWhat::Finding(args) => {
            let explained = explainer.finding(&args.id, 0, PROOF_ROWS).await?;
            print(how, &explained, || finding::text(&explained, &how.at.warehouse, lang))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(how: &ExplainHow, explained: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
    match how.format {
        ExplainFormat::Json => println!("{}", serde_json::to_string_pretty(explained)?),
        ExplainFormat::Text => print!("{}", text()),
    }
    Ok(())
}
