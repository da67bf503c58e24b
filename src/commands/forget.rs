//! `kehou forget`: rows of persons that are no longer to be kept.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use ingest::forget::{self, Due};
use ingest::unseal::whoever;
use transform::run::Options;
use warehouse::Warehouse;
use warehouse::erasure::Erasure;
use warehouse::optimize::Keep;
use warehouse::session::Limits;

use crate::args::upkeep::Forget;
use crate::commands::{optimize, project};

/// Closes the periods, erases the rows, and publishes the release that carries the figures over.
pub async fn run(args: Forget) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let today = args.today.unwrap_or_else(|| chrono::Local::now().date_naive());
    let (erasure, reason) = match args.before {
        Some(year) => (Erasure::before_school_year(year), format!("kehou forget --before {year}-09")),
        None => match forget::by_policy(&warehouse, today).await? {
            Some(erasure) => (erasure, "the policy's keep_persons_years".to_owned()),
            None => bail!(
                "参数表（policy.csv）没有 keep_persons_years，也没有给出 --before：个人明细一直保留 / neither policy.csv has \
                 keep_persons_years nor is --before given: rows of persons are kept for good"
            ),
        },
    };
    let standing = forget::in_force(&warehouse).await?;
    if let Some(standing) = standing.filter(|standing| *standing > erasure) {
        bail!(
            "{} 之前的个人明细早已销毁，不能只销毁更早的 / rows of persons before {0} were erased already; an earlier day changes nothing",
            standing.before()
        );
    }
    if erasure.closed_until() >= today {
        bail!(
            "{} 之前的明细涉及尚未结束的 {} 年，还不能销毁 / figures of {1}, which has not ended, rest on rows before {0}: they can't be erased yet",
            erasure.before(),
            erasure.closed_until().format("%Y")
        );
    }
    let mut due = forget::due(&warehouse, erasure).await?;
    if args.plan || (standing != Some(erasure) && due.is_empty()) {
        tell(erasure, &due, true);
        return Ok(ExitCode::SUCCESS);
    }
    let upkeep = warehouse.lock("upkeep").await?;
    let rotating = warehouse.lock("rotate-key").await?;
    let limits = Limits { memory: args.memory, ..Limits::default() };
    let options = |full| Options { today, full, select: Vec::new(), limits: limits.clone() };
    let by_whom = whoever(args.by.as_deref());
    if standing != Some(erasure) {
        loop {
            // What no release has yet would never come into the figures of a closed period.
            let project = project::standing(&warehouse, &args.own).await?;
            crate::commands::transform::transform(&warehouse, &project, &options(false)).await?;
            let Some(release) = warehouse.latest_release().await? else { bail!("no release stands") };
            let Some(version) = release.tables.get(&ingest::ledger::ledger_table()) else { bail!("no ledger stands") };
            if forget::close(&warehouse, erasure, *version, &by_whom, &reason).await? {
                break;
            }
        }
        // With what came until the periods were closed.
        due = forget::due(&warehouse, erasure).await?;
    }
    forget::erase(&warehouse, erasure, &due, &limits, &|table| eprintln!("{table}: 已销毁 / erased")).await?;
    if !due.is_empty() || !warehouse.has_lost_tables(erasure).await? {
        let project = project::standing(&warehouse, &args.own).await?;
        crate::commands::transform::transform(&warehouse, &project, &options(true)).await?;
        lose(&warehouse, erasure).await?;
        forget::finished(&warehouse, erasure, &by_whom, &reason).await?;
    }
    tell(erasure, &due, false);
    let age = Duration::from_secs(u64::from(args.grace_hours) * 3600);
    optimize::remove(&warehouse, Keep::default(), age, &upkeep).await?;
    rotating.let_go().await;
    upkeep.let_go().await;
    Ok(ExitCode::SUCCESS)
}

/// Earlier releases no longer name the tables that hold persons.
async fn lose(warehouse: &Warehouse, erasure: Erasure) -> Result<()> {
    let mut releases = warehouse.releases().await?;
    releases.pop();
    let Some(newest) = releases.last().map(|release| release.release) else { return Ok(()) };
    let tables: BTreeMap<_, _> = releases.into_iter().flat_map(|release| release.tables).collect();
    let of_persons = forget::tables_of_persons(warehouse, &tables).await?;
    warehouse.lose_tables(newest, erasure, of_persons).await?;
    Ok(())
}

fn tell(erasure: Erasure, due: &Due, is_plan: bool) {
    let before = erasure.before();
    if due.is_empty() {
        println!("{before} 之前没有可销毁的个人明细 / there are no rows of persons before {before} left to erase");
        return;
    }
    let [zh, en] = if is_plan { ["将销毁", "would be erased"] } else { ["已销毁", "were erased"] };
    println!(
        "{before} 之前的个人明细{zh}：{} 行、{} 份密封原件 / rows of persons before {before} that {en}: {0}, with {1} sealed originals",
        due.rows.values().sum::<u64>(),
        due.originals.len()
    );
    if is_plan {
        due.rows.iter().for_each(|(table, rows)| println!("  {table}: {rows}"));
    }
    if due.mixed > 0 {
        println!(
            "另有 {0} 份原件还含其后的明细，届时再销毁 / {0} more originals hold later rows too and go with those",
            due.mixed
        );
    }
    let until = erasure.closed_until();
    println!(
        "截至 {until} 的统计期{}：数字、问题和案件保持不变，不再接收报送；此前的备份请另行处理 / periods up to {until} {}: their figures, findings and cases \
         stay, and nothing of them is taken in any more; backups made before hold the rows still",
        if is_plan { "将结账" } else { "已结账" },
        if is_plan { "would be closed" } else { "are closed" },
    );
}
