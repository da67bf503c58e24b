//! `kehou template`: a workbook for schools to fill in.

use std::process::ExitCode;

use anyhow::{Context, Result};
use ingest::form::{by_heading, form};
use ingest::template::known::{Known, of_file, of_warehouse};
use ingest::template::{Prefill, owed_forms, template};
use warehouse::Warehouse;

use crate::args::intake::Template;

/// Writes the workbook.
pub async fn run(args: Template) -> Result<ExitCode> {
    let forms = match (args.form.as_slice(), args.period.as_deref()) {
        ([], Some(period)) => owed_forms(period)?,
        (named, _) => named
            .iter()
            .map(|name| {
                let found = form(name).or_else(|| by_heading(name));
                found.with_context(|| format!("there is no form '{name}'; `kehou catalog forms` lists them"))
            })
            .collect::<Result<Vec<_>>>()?,
    };
    let mut known = Known::default();
    if let (Some(location), Some(school)) = (&args.warehouse, &args.school) {
        known = of_warehouse(&Warehouse::open(location).await?, school).await?;
    }
    if let Some(path) = &args.like {
        let bytes = std::fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
        let earlier = of_file(&path.to_string_lossy(), &bytes, args.school.as_deref());
        anyhow::ensure!(
            !earlier.rows.is_empty(),
            "{} holds no classes, staff or providers: name a workbook or CSV that the school sent earlier",
            path.display()
        );
        known = known.or_rather(earlier);
    }
    let bytes = template(&forms, &Prefill { school_id: args.school, period: args.period, known })?;
    std::fs::write(&args.output, bytes).with_context(|| format!("{} can't be written", args.output.display()))?;
    println!("{}", args.output.display());
    Ok(ExitCode::SUCCESS)
}
