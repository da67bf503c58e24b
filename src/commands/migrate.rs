//! `kehou migrate`: a warehouse of an earlier kehou becomes one of this.

use std::process::ExitCode;

use anyhow::Result;
use ingest::unseal::whoever;
use warehouse::migrate::Reshaped;

use crate::args::upkeep::Migrate;
use crate::commands::user;
use crate::show;

/// Migrates tables, checksums and accounts.
pub async fn run(args: Migrate) -> Result<ExitCode> {
    let bar = show::bar(0, show::Unit::Bytes);
    let done = ingest::migrate::migrate(&args.at.warehouse, &whoever(args.by.as_deref()), &|done, of| {
        bar.set_length(of);
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    let done = done?;
    for (table, reshaped) in &done.tables {
        match reshaped {
            Reshaped::Rewritten => {
                println!("{table}：已按新的列重写 / written anew with its columns' new names and kinds")
            }
            _ => println!("{table}：已增加新列，原有行在新列为空 / got new columns, in which its rows have no value"),
        }
    }
    if let Some(accounts) = user::file(&args.at.warehouse).ok().filter(|accounts| accounts.exists()) {
        dashboard::accounts::Accounts::open(&accounts)?;
    }
    let (before, after) = done.formats;
    match before == after {
        true => println!("数据仓库已是格式 {after} / the warehouse has format {after} already"),
        false => println!(
            "数据仓库由格式 {before} 升级为 {after}，登记了 {} 个文件的校验和 / the warehouse has format {after} now (it had {before}); the checksums of \
             {0} files were taken down",
            done.summed
        ),
    }
    Ok(ExitCode::SUCCESS)
}
