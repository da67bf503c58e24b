//! `kehou releases`: what was published when; and which release the words of a command mean.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Days, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use dashboard::difference::Kind;
use dashboard::editions::{Edition, Since, editions};
use datafusion::arrow::util::display::array_value_to_string;
use ingest::audit::{Event, record};
use ingest::unseal::whoever;
use warehouse::Warehouse;
use warehouse::official::Official;
use warehouse::release::Release;
use warehouse::session::Limits;

use crate::args::figures::Releases;
use crate::args::{Language, StatusFormat, Which};
use crate::show;

/// Lists the releases, oldest first.
pub async fn run(args: Releases) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    if let (Some(release), Some(period)) = (args.official, &args.period) {
        declare(&warehouse, release, period, &args).await?;
    }
    let (all, left_out) = editions(&warehouse, args.limit).await?;
    match args.format {
        StatusFormat::Json => println!("{}", serde_json::to_string_pretty(&all)?),
        StatusFormat::Csv => csv(&all, args.lang)?,
        StatusFormat::Table => {
            let zh = args.lang == Language::Zh;
            if all.is_empty() {
                println!(
                    "{}",
                    if zh {
                        "尚未发布数据，请运行：kehou transform"
                    } else {
                        "No release yet; make one with: kehou transform"
                    }
                );
            } else {
                print!("{}", table(&all, args.lang));
            }
            if left_out > 0 {
                println!(
                    "{}",
                    if zh {
                        format!("另有更早的 {left_out} 期未列出")
                    } else {
                        format!("{left_out} older ones are not listed")
                    }
                );
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Declares a release official for a period that it has figures of.
async fn declare(warehouse: &Warehouse, number: u64, period: &str, args: &Releases) -> Result<()> {
    let release = warehouse.release(number).await?;
    let context = warehouse.release_session(&release, &Limits::default()).await?;
    let known =
        context.sql("select distinct period from marts.indicator_value order by period").await?.collect().await?;
    let mut periods = Vec::new();
    for batch in &known {
        for row in 0..batch.num_rows() {
            periods.push(array_value_to_string(batch.column(0), row)?);
        }
    }
    if !periods.iter().any(|one| one == period) {
        let periods = periods.join(", ");
        bail!(
            "第 {number} 期没有 {period} 的数据；有：{periods} / release {number} has no figures of {period}; it has: {periods}"
        );
    }
    let by_whom = whoever(args.by.as_deref());
    let official = Official {
        release: number,
        period: period.to_owned(),
        note: args.note.trim().to_owned(),
        by_whom: by_whom.clone(),
        on: Local::now().date_naive(),
        at: Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    };
    let event = Event { by_whom, action: "official", subject: number.to_string(), reason: period.to_owned() };
    record(warehouse, &event).await?;
    warehouse.declare(&official).await?;
    Ok(())
}

fn table(all: &[Edition], lang: Language) -> String {
    let headings = match lang {
        Language::Zh => ["期", "计算于", "截至", "正式", "已报学校", "未消除问题", "与上一期相比", "说明"],
        Language::En => {
            ["release", "made at", "as of", "official", "schools reported", "findings open", "what changed", "note"]
        }
    };
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    rows.extend(all.iter().map(|one| {
        let number = |number: Option<i64>| number.map_or_else(|| "–".to_owned(), |number| number.to_string());
        let official = match (one.official, lang) {
            (false, _) => "",
            (true, Language::Zh) => "正式",
            (true, Language::En) => "official",
        };
        vec![
            one.release.to_string(),
            local(&one.made_at),
            one.today.to_string(),
            official.to_owned(),
            format!("{}/{}", number(one.schools_reported), number(one.schools)),
            number(one.findings_open),
            since(one.since.as_ref(), one, lang),
            one.note.clone(),
        ]
    }));
    show::columns(&rows)
}

fn csv(all: &[Edition], lang: Language) -> Result<()> {
    let mut out = csv::Writer::from_writer(std::io::stdout());
    out.write_record([
        "release",
        "made_at",
        "today",
        "official",
        "note",
        "schools_reported",
        "schools",
        "findings_open",
        "submissions",
        "case_steps",
        "sql",
        "reference",
        "what_changed",
    ])?;
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    for one in all {
        let known = one.since.clone().unwrap_or_default();
        let files: Vec<&str> = known.sql.iter().map(|(path, _)| path.as_str()).collect();
        out.write_record([
            one.release.to_string(),
            one.made_at.clone(),
            one.today.to_string(),
            one.official.to_string(),
            one.note.clone(),
            number(one.schools_reported),
            number(one.schools),
            number(one.findings_open),
            known.submissions.to_string(),
            known.case_steps.to_string(),
            files.join(" "),
            known.reference.join(" "),
            since(one.since.as_ref(), one, lang),
        ])?;
    }
    Ok(out.flush()?)
}

/// How many SQL files are named before they are counted.
const NAMED: usize = 3;

/// What made a release differ from the one before, in a line.
fn since(since: Option<&Since>, edition: &Edition, lang: Language) -> String {
    let zh = lang == Language::Zh;
    let Some(since) = since else {
        return match (edition.release, zh) {
            (1, true) => "第一期",
            (1, false) => "the first",
            (_, true) => "上一期已不再保留",
            (_, false) => "the one before was let go",
        }
        .to_owned();
    };
    let mut parts = Vec::new();
    if since.submissions > 0 {
        parts.push(if zh {
            format!("收到报送 {} 份", since.submissions)
        } else {
            format!("{} submissions", since.submissions)
        });
    }
    if since.case_steps > 0 {
        parts.push(if zh {
            format!("案件进展 {} 步", since.case_steps)
        } else {
            format!("{} steps of cases", since.case_steps)
        });
    }
    if !since.sql.is_empty() {
        let mut files: Vec<String> =
            since.sql.iter().take(NAMED).map(|(path, kind)| format!("{}{path}", sign(*kind))).collect();
        if since.sql.len() > NAMED {
            files.push(if zh {
                format!("等 {} 个", since.sql.len())
            } else {
                format!("… {} in all", since.sql.len())
            });
        }
        parts.push(format!("SQL {}", files.join(" ")));
    }
    if !since.reference.is_empty() {
        parts.push(format!("{} {}", if zh { "参照表" } else { "reference tables" }, since.reference.join(" ")));
    }
    if let Some(before) = since.today {
        parts.push(if zh {
            format!("日期 {before} → {}", edition.today)
        } else {
            format!("date {before} → {}", edition.today)
        });
    }
    if parts.is_empty() {
        parts.push((if zh { "无变化，重新计算" } else { "nothing; computed anew" }).to_owned());
    }
    let all = parts.join(if zh { "；" } else { "; " });
    match (since.release + 1 == edition.release, zh) {
        (true, _) => all,
        // Those between were let go.
        (false, true) => format!("与第 {} 期相比：{all}", since.release),
        (false, false) => format!("since {}: {all}", since.release),
    }
}

/// `+` for what came, `−` for what went, `~` for what changed.
pub fn sign(kind: Kind) -> &'static str {
    match kind {
        Kind::Added => "+",
        Kind::Removed => "−",
        Kind::Changed => "~",
    }
}

/// A time in UTC as this machine's zone has it.
fn local(made_at: &str) -> String {
    match made_at.parse::<DateTime<Utc>>() {
        Ok(moment) => moment.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => made_at.to_owned(),
    }
}

/// The release of a number, the one that stood at a time, or the newest.
pub async fn choose(warehouse: &Warehouse, which: &Which) -> Result<Release> {
    if let Some(number) = which.release {
        return Ok(warehouse.release(number).await?);
    }
    let Some(as_of) = which.as_of.as_deref() else {
        let newest = warehouse.latest_release().await?;
        return newest.context("there is no release yet; make one with: kehou transform --warehouse …");
    };
    let moment = moment(as_of)?;
    let releases = warehouse.releases().await?;
    let made = |release: &Release| release.made_at.parse::<DateTime<Utc>>().ok();
    let stood = releases.iter().rev().find(|release| made(release).is_some_and(|made| made <= moment));
    match (stood, releases.first()) {
        (Some(release), _) => Ok(release.clone()),
        (None, Some(first)) => bail!(
            "{as_of} 时还没有数据；第 {} 期计算于 {} / no release had been made by {as_of}; the first, release {0}, was made at {1}",
            first.release,
            local(&first.made_at),
        ),
        (None, None) => bail!("there is no release yet; make one with: kehou transform --warehouse …"),
    }
}

/// The moment that `--as-of` names: the end of a day, or a time, of this machine's zone where it names none.
fn moment(text: &str) -> Result<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(&text.replacen(' ', "T", 1)) {
        return Ok(moment.to_utc());
    }
    let plain = text.replacen('T', " ", 1);
    let time = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(&plain, form).ok());
    let day_end = || {
        let next = text.parse::<NaiveDate>().ok()?.checked_add_days(Days::new(1))?;
        Some(next.and_time(NaiveTime::MIN) - TimeDelta::nanoseconds(1))
    };
    let moment = time.or_else(day_end).and_then(|time| Local.from_local_datetime(&time).latest());
    moment.map(|moment| moment.to_utc()).with_context(|| {
        format!(
            "--as-of 应为日期（2020-03-01）或时间（2020-03-01T08:00、2020-03-01T08:00:00Z），不能是“{text}” / \
             --as-of takes a day or a time, not '{text}'"
        )
    })
}
