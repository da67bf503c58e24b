//! `kehou unseal`: one sealed original for whoever holds the private key.

use std::process::ExitCode;

use anyhow::Result;
use ingest::keys::SealKey;
use ingest::unseal::{unseal, whoever};
use warehouse::Warehouse;

use crate::args::intake::Unseal;
use crate::commands::init::folder_of_keys;

/// Records the event, then writes the file.
pub async fn run(args: Unseal) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let path = args.key.unwrap_or_else(|| SealKey::path(&folder_of_keys(&warehouse)));
    let key = SealKey::open(&path, &warehouse)?;
    let by_whom = whoever(args.by.as_deref());
    let done = unseal(&warehouse, &key, &args.what, &args.output, &by_whom, &args.reason).await?;
    println!("{}: the original {}, {} bytes.", args.output.display(), done.sha256, done.bytes);
    println!("Audit event {}, hash {}.", done.event.number, done.event.hash);
    Ok(ExitCode::SUCCESS)
}
