//! `kehou backup`: the warehouse at one moment, and the accounts, in a folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use dashboard::accounts::Accounts;
use ingest::audit::{Event, record};
use ingest::keys::copy_keys;
use ingest::unseal::whoever;
use warehouse::Warehouse;
use warehouse::backup::Backup as Copying;

use crate::args::upkeep::Backup;
use crate::commands::init::folder_of_keys;
use crate::commands::user;
use crate::show;

/// The accounts' name within a backup.
pub const ACCOUNTS: &str = "accounts.sqlite";

/// Makes or goes on with a backup.
pub async fn run(args: Backup) -> Result<ExitCode> {
    let warehouse = Warehouse::open_any(&args.at.warehouse).await?;
    // Files must not be removed meanwhile, nor the key be changed.
    let locks = [warehouse.lock("upkeep").await?, warehouse.lock("rotate-key").await?];
    let mut backup = Copying::begin(&warehouse, &args.output)?;
    if args.with_keys {
        let to = keys_of(&args.output);
        let event = Event {
            by_whom: whoever(None),
            action: "backup-keys",
            subject: to.display().to_string(),
            reason: "kehou backup --with-keys".to_owned(),
        };
        record(&warehouse, &event).await?;
        let names = copy_keys(&folder_of_keys(&warehouse), &to)?;
        eprintln!(
            "密钥已备份到 {0}（{1}）：谁同时有它和备份，谁就能读出每个学生的编号，请移到别处单独保管 / keys are in {0} ({1}): who has them and the \
             backup can read every pupil's number; move them elsewhere and keep them apart",
            to.display(),
            names.join(", ")
        );
    }
    let cut = ingest::backup::cut(&warehouse, args.release).await?;
    let bar = show::bar(0, show::Unit::Bytes);
    let copied = backup
        .copy(&warehouse, &cut, &|done, of| {
            bar.set_length(of);
            bar.set_position(done);
        })
        .await;
    bar.finish_and_clear();
    copied?;
    let accounts = match user::file(&args.at.warehouse) {
        Ok(accounts) => {
            let part = backup.place_beside(ACCOUNTS);
            drop(std::fs::remove_file(&part));
            let copied = Accounts::copy(&accounts, &part)?;
            if copied {
                backup.keep(ACCOUNTS)?;
            }
            copied
        }
        Err(_) => false,
    };
    let done = backup.finish().with_context(|| args.output.display().to_string())?;
    for lock in locks {
        lock.let_go().await;
    }
    let release = done.release.map_or_else(|| "–".to_owned(), |release| release.to_string());
    println!(
        "备份完成（截至第 {release} 期）：新复制 {} 个文件 {} MiB，{} 个已在 / backup of release {release} is whole: {0} files copied, {2} were there",
        done.copied,
        done.bytes >> 20,
        done.there
    );
    if !accounts {
        println!(
            "没有账号文件可备份（s3:// 数据仓库须以 KEHOU_ACCOUNTS 指明） / no accounts were found to copy (beside s3://, name their file by KEHOU_ACCOUNTS)"
        );
    }
    if !args.with_keys {
        println!(
            "不含密钥：请另行保管 person.key 与 seal.key / without the keys: keep copies of person.key and seal.key elsewhere"
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the keys of a backup lie: beside its folder.
pub fn keys_of(backup: &Path) -> PathBuf {
    let folder = std::path::absolute(backup).unwrap_or_else(|_| backup.to_owned());
    let mut name: OsString = folder.file_name().unwrap_or_default().to_owned();
    name.push(".keys");
    folder.with_file_name(name)
}
