//! `kehou verify`: everything that releases and ledger name is there.

use std::process::ExitCode;

use anyhow::Result;
use warehouse::Warehouse;

use crate::args::Verify;

/// Checks every release's files and every submission's original.
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
    for (at, release) in releases.iter().enumerate() {
        if release.release != at as u64 + 1 {
            faults.push(format!("release {} is missing", at + 1));
            break;
        }
    }
    let (originals, missing) = ingest::ledger::missing_originals(&warehouse).await?;
    faults.extend(missing.into_iter().map(|sha256| format!("the sealed original {sha256} is missing")));
    for fault in &faults {
        println!("{fault}");
    }
    println!(
        "Checked {} releases with {files} files and {originals} originals: {}.",
        releases.len(),
        if faults.is_empty() { "all there".to_owned() } else { format!("{} faults", faults.len()) }
    );
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
