//! `kehou verify`: everything that releases and ledger name is there.

use std::process::ExitCode;

use anyhow::Result;
use warehouse::Warehouse;

use crate::args::upkeep::Verify;

/// Checks every release's files, every submission's original, and the chain of audit events.
pub async fn run(args: Verify) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let mut faults = Vec::new();
    let releases = warehouse.releases().await?;
    let mut files = 0;
    for release in &releases {
        for (name, version) in &release.tables {
            let checked = warehouse.check_files(name, *version).await?;
            files += checked.files;
            let place = |fault: String| format!("release {}, {name} version {version}: {fault}", release.release);
            faults.extend(checked.faults.into_iter().map(place));
        }
    }
    for release in &releases {
        if let Err(error) = warehouse.kept_models(release).await {
            faults.push(format!("release {}: {error}", release.release));
        }
    }
    for (at, release) in releases.iter().enumerate() {
        if release.release != at as u64 + 1 {
            faults.push(format!("release {} is missing", at + 1));
            break;
        }
    }
    for official in warehouse.officials().await? {
        if !releases.iter().any(|release| release.release == official.release) {
            faults.push(format!(
                "release {} was declared official for {} and is missing",
                official.release, official.period
            ));
        }
    }
    let (originals, missing) = ingest::ledger::missing_originals(&warehouse).await?;
    faults.extend(missing.into_iter().map(|sha256| format!("the sealed original {sha256} is missing")));
    let chain = ingest::audit::check_chain(&warehouse).await?;
    faults.extend(chain.faults);
    for fault in &faults {
        println!("{fault}");
    }
    println!(
        "Checked {} releases with {files} files, {originals} originals and {} audit events: {}.",
        releases.len(),
        chain.events,
        if faults.is_empty() { "all there".to_owned() } else { format!("{} faults", faults.len()) }
    );
    if let Some(last) = chain.last {
        println!("The last audit event's hash is {last}.");
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
