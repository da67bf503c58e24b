//! `kehou template`: a workbook for schools to fill in.

use std::process::ExitCode;

use anyhow::{Context, Result};
use ingest::form::{by_heading, form};
use ingest::template::{Prefill, template};

use crate::args::Template;

/// Writes the workbook.
pub fn run(args: Template) -> Result<ExitCode> {
    let forms = args
        .form
        .iter()
        .map(|name| {
            let found = form(name).or_else(|| by_heading(name));
            found.with_context(|| format!("there is no form '{name}'; `kehou catalog forms` lists them"))
        })
        .collect::<Result<Vec<_>>>()?;
    let bytes = template(&forms, &Prefill { school_id: args.school, period: args.period })?;
    std::fs::write(&args.output, bytes).with_context(|| format!("{} can't be written", args.output.display()))?;
    println!("{}", args.output.display());
    Ok(ExitCode::SUCCESS)
}
