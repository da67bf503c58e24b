//! `kehou diff`: what differs between two releases, and what caused it.

mod inputs;
mod text;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use dashboard::difference::{Difference, Filter, difference, unknown};
use warehouse::Warehouse;
use warehouse::release::Release;

use crate::args::figures::{Diff, DiffFormat, Shown};

/// Compares two releases.
pub async fn run(args: Diff) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let (before, after) = choose(&warehouse, &args).await?;
    let filter = filter(&args.shown);
    let unknown = unknown(&warehouse, &before, &after, &filter).await?;
    if !unknown.is_empty() {
        let names = unknown.join(", ");
        bail!(
            "两期数据里都没有 {names} / neither release knows {names}; `kehou catalog indicators` and `rules` list the codes"
        );
    }
    let difference = difference(&warehouse, &before, &after, &filter).await?;
    print(&difference, &args.shown)?;
    Ok(ExitCode::SUCCESS)
}

/// What of a difference is asked for.
pub fn filter(shown: &Shown) -> Filter {
    Filter { code: shown.indicator.clone(), unit: shown.unit.clone(), period: shown.period.clone() }
}

/// Prints a difference as it is asked for.
pub fn print(difference: &Difference, shown: &Shown) -> Result<()> {
    match shown.format {
        DiffFormat::Json => println!("{}", serde_json::to_string_pretty(difference)?),
        DiffFormat::Text => print!("{}", text::Told { difference, limit: shown.limit, lang: shown.lang }),
    }
    Ok(())
}

/// The two releases: those of the numbers, else a release and the one before it.
async fn choose(warehouse: &Warehouse, args: &Diff) -> Result<(Release, Release)> {
    let after = match (args.before, args.after) {
        (_, Some(number)) | (Some(number), None) => warehouse.release(number).await?,
        (None, None) => {
            let newest = warehouse.latest_release().await?;
            newest.context("there is no release yet; make one with: kehou transform --warehouse …")?
        }
    };
    let before = match (args.before, args.after) {
        (Some(number), Some(_)) => number,
        _ => after.release - 1,
    };
    if before == 0 {
        bail!("第 1 期之前没有数据可比 / there is nothing before release 1 to compare it with");
    }
    if before > after.release {
        bail!("先写较早的一期 / name the earlier release first: kehou diff {} {before}", after.release);
    }
    Ok((warehouse.release(before).await?, after))
}
