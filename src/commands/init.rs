//! `kehou init`: a new warehouse, or changed reference tables for the one that is there.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use ingest::keys::{Keys, keys_folder};
use ingest::reference::ReferenceError;
use warehouse::Warehouse;

use crate::args::intake::Init;

/// Makes the warehouse, its keys and tables, and loads the reference folder.
pub async fn run(args: Init) -> Result<ExitCode> {
    let found = Warehouse::open(&args.at.warehouse).await;
    let Some(reference) = args.reference else {
        if found.is_ok() {
            println!("The warehouse is there. Name the folder of changed reference tables by --reference DIR.");
            return Ok(ExitCode::SUCCESS);
        }
        bail!(
            "a new warehouse needs the city's reference tables: add --reference DIR with district.csv, calendar.csv, \
             fee_standard.csv, policy.csv and weight.csv (`kehou sample OUT` writes an example to OUT/reference)"
        );
    };
    let warehouse = make(&args.at.warehouse, &reference).await?;
    println!("{}", warehouse.url());
    Ok(ExitCode::SUCCESS)
}

/// All faults of reference tables, each in both languages.
pub fn unsound(faults: &[ReferenceError]) -> anyhow::Error {
    let lines: Vec<String> = faults.iter().map(|fault| format!("  {fault}\n  {}", fault.message_zh)).collect();
    anyhow::anyhow!("{}", lines.join("\n"))
}

/// Makes or opens the warehouse and loads the reference tables; a folder with a fault changes nothing.
pub async fn make(location: &str, reference: &Path) -> Result<Warehouse> {
    let reference = ingest::reference::read_reference(reference)
        .map_err(|faults| unsound(&faults).context("the reference folder was not loaded, nothing changed"))?;
    let folder = (!location.contains("://") || location.starts_with("file://"))
        .then(|| std::path::absolute(location.trim_start_matches("file://")))
        .transpose()?;
    let mut keys = None;
    let warehouse = Warehouse::create(location, |id| {
        let folder = keys_folder(folder.as_deref(), &id.to_string());
        let made = Keys::make(&folder);
        let seal_to = made.as_ref().cloned().unwrap_or_default();
        keys = Some((folder, made));
        seal_to
    })
    .await?;
    if let Some((folder, made)) = keys {
        made.context("the keys could not be made")?;
        println!(
            "Keys are in {}: keep person.key with the warehouse's operator, and seal.key, which opens the originals, \
             with whoever may read them; neither belongs into the warehouse.",
            folder.display()
        );
    }
    let changed = ingest::city::load(&warehouse, &reference).await?;
    match changed.as_slice() {
        [] => println!("The reference tables are unchanged."),
        names => println!("Loaded reference tables: {}.", names.join(", ")),
    }
    Ok(warehouse)
}

/// The keys in force of an open warehouse.
pub async fn keys(warehouse: &Warehouse) -> Result<Keys> {
    Ok(Keys::in_force(warehouse, &folder_of_keys(warehouse)).await?)
}

/// The folder of an open warehouse's keys.
pub fn folder_of_keys(warehouse: &Warehouse) -> PathBuf {
    keys_folder(warehouse.folder().as_deref(), &warehouse.marker().id.to_string())
}
