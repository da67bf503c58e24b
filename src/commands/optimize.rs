//! `kehou optimize`: fewer and larger files, and none that nothing needs.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use chrono::{TimeDelta, Utc};
use warehouse::Warehouse;
use warehouse::lock::Lock;
use warehouse::optimize::{Keep, Tidy};
use warehouse::session::Limits;

use crate::args::upkeep::Optimize;

/// Compacts, lets releases go, and removes what is left over; with `--plan` only tells.
pub async fn run(args: Optimize) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let age = Duration::from_secs(u64::from(args.grace_hours) * 3600);
    let since = args.keep_days.map(|days| Utc::now() - TimeDelta::days(i64::from(days)));
    let keep = Keep { releases: args.keep_releases, since };
    if args.plan {
        for (table, files, bytes) in ingest::optimize::candidates(&warehouse).await? {
            println!("{table}: {files} 个小文件（{} KiB）将合并 / {files} small files would become few", bytes >> 10);
        }
        tell(&warehouse.look_for_tidy(keep, age).await?, true);
        return Ok(ExitCode::SUCCESS);
    }
    let upkeep = warehouse.lock("upkeep").await?;
    let limits = Limits { memory: args.memory, ..Limits::default() };
    ingest::optimize::compact(&warehouse, age, &limits, &|done| {
        println!(
            "{}：{} 个文件合并为 {}，{} 行 / {1} files became {2}, {3} rows",
            done.table, done.files.0, done.files.1, done.rows
        );
        if done.abandoned > 0 {
            println!(
                "  未完成的接收留下的 {0} 行已去除 / {0} rows of attempts that never came to an end were left out",
                done.abandoned
            );
        }
    })
    .await?;
    remove(&warehouse, keep, age, &upkeep).await?;
    upkeep.let_go().await;
    Ok(ExitCode::SUCCESS)
}

/// Lets releases go and removes what nothing that is kept names.
pub async fn remove(warehouse: &Warehouse, keep: Keep, age: Duration, upkeep: &Lock) -> Result<()> {
    let running = warehouse.lock("transform").await?;
    warehouse.lay_back().await?;
    let tidy = warehouse.look_for_tidy(keep, age).await?;
    upkeep.check()?;
    running.check()?;
    warehouse.tidy(&tidy).await?;
    running.let_go().await;
    tell(&tidy, false);
    Ok(())
}

fn tell(tidy: &Tidy, is_plan: bool) {
    let [would_zh, would_en] = if is_plan { ["将", "would be "] } else { ["已", ""] };
    if !tidy.retire.is_empty() {
        let numbers = tidy.retire.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        println!("第 {numbers} 期{would_zh}不再保留 / releases {numbers} {would_en}let go");
    }
    let bytes = |files: &[(String, u64)]| files.iter().map(|(_, size)| size).sum::<u64>() >> 10;
    if is_plan {
        tidy.files.iter().for_each(|(place, size)| println!("  {place} ({} KiB)", size >> 10));
    }
    println!(
        "{would_zh}删除 {0} 个文件（{1} KiB） / {0} files ({1} KiB) {would_en}removed",
        tidy.files.len() + tidy.leftovers.len(),
        bytes(&tidy.files)
    );
    if !tidy.waiting.is_empty() {
        println!(
            "另有 {0} 个文件（{1} KiB）待宽限期过后由下一次 optimize 删除 / {0} more ({1} KiB) wait for --grace-hours and go at the next optimize",
            tidy.waiting.len(),
            bytes(&tidy.waiting)
        );
    }
}
