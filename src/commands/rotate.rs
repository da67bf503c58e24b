//! `kehou rotate-key`: a new key for persons' numbers.

use std::process::ExitCode;

use anyhow::Result;
use ingest::keys::SealKey;
use ingest::rotate::rotate;
use ingest::unseal::whoever;
use warehouse::Warehouse;

use crate::args::intake::RotateKey;
use crate::commands::init::folder_of_keys;
use crate::show;

/// Hashes everything that counts anew.
pub async fn run(args: RotateKey) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let folder = folder_of_keys(&warehouse);
    let path = args.seal_key.unwrap_or_else(|| SealKey::path(&folder));
    let seal = SealKey::open(&path, &warehouse)?;
    let bar = show::bar(0, show::Unit::Steps);
    let done = rotate(&warehouse, &folder, &seal, &whoever(args.by.as_deref()), &|done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    })
    .await;
    bar.finish_and_clear();
    let done = done?;
    println!(
        "A new person.key is in force: {} slices with {} rows were hashed anew from {} originals.",
        done.slices, done.rows, done.originals
    );
    if !done.checked {
        println!("The key before was not there, so persons were matched by the rows of their originals alone.");
    }
    println!("Run `kehou transform` now: findings on pupils get new ids.");
    Ok(ExitCode::SUCCESS)
}
