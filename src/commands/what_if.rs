//! `kehou what-if`: what would differ with other numbers, reference tables or SQL.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use dashboard::difference::difference_if;
use ingest::city::{lay_beside, reference_of};
use ingest::reference::read_reference;
use transform::kept::project_of;
use warehouse::Warehouse;
use warehouse::session::Limits;

use crate::args::figures::WhatIf;
use crate::args::{Language, Which};
use crate::commands::init::unsound;
use crate::commands::transform::tell;
use crate::commands::{diff, project, releases};
use crate::show;

/// Computes beside the warehouse and tells the difference.
pub async fn run(args: WhatIf) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let base = releases::choose(&warehouse, &Which { release: args.release, as_of: None }).await?;
    let other_sql = args.own.sql.is_some() || args.own.no_sql;
    if args.settings.is_empty() && args.reference.is_none() && !other_sql {
        bail!(
            "没有说明改什么 / nothing is set otherwise: name cells (kehou what-if policy.staff_pay_min_share=0.85 …), \
             a folder of reference tables (--reference DIR) or models (--sql DIR)"
        );
    }
    let project = match other_sql {
        true => project::without_warehouse(&args.own)?,
        false => project_of(&warehouse, &base).await?,
    };
    let as_it_was = reference_of(&warehouse, &base).await?;
    let reference = match &args.reference {
        Some(folder) => read_reference(folder).map_err(|faults| unsound(&faults))?,
        None => as_it_was.clone(),
    };
    let reference = reference.set(&args.settings).map_err(|faults| unsound(&faults))?;

    let folder = tempfile::tempdir().context("no folder for temporary files could be made")?;
    let location = folder.path().to_str().context("the folder for temporary files has a name that is no text")?;
    let beside = Warehouse::create(location, |_| String::new()).await?;
    let replaced = lay_beside(&beside, &as_it_was, &reference).await?;
    let bar = show::bar(0, show::Unit::Steps);
    let limits = Limits { memory: args.memory, ..Limits::default() };
    let made = transform::what_if::what_if(&warehouse, &beside, &replaced, &project, &base, &limits, &|progress| {
        tell(&bar, &progress);
    })
    .await;
    bar.finish_and_clear();
    let made = made?;
    for warning in &made.warnings {
        eprintln!("warning: {warning}");
    }
    let difference = difference_if(&warehouse, &base, (&beside, &made), project, &diff::filter(&args.shown)).await?;
    let told = match args.shown.lang {
        Language::Zh => format!("若按所设改动，第 {} 期会有以下不同；没有发布任何数据。", base.release),
        Language::En => {
            format!("With these changes release {} would differ as follows; nothing was published.", base.release)
        }
    };
    eprintln!("{told}");
    diff::print(&difference, &args.shown)?;
    Ok(ExitCode::SUCCESS)
}
