//! `kehou export`: a release leaves as files.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use dashboard::export::about::About;
use dashboard::export::{Table, file, folder, heading};
use dashboard::words::Lang;
use transform::kept::project_of;
use transform::project::Project;
use warehouse::Warehouse;
use warehouse::release::Release;

use crate::args::Language;
use crate::args::export::Export;
use crate::commands::{query, releases};

/// How often a line of progress is written.
const PACE: Duration = Duration::from_secs(2);

/// Writes one table or query as a file, or all of a release as a folder.
pub async fn run(args: Export) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let release = releases::choose(&warehouse, &args.which).await?;
    let project = project_of(&warehouse, &release).await?;
    let lang = Lang::from(args.lang);
    let about = About {
        title: String::new(),
        lang,
        release: release.release,
        made_at: release.made_at.clone(),
        today: release.today,
        official: release.official,
        filters: Vec::new(),
        source: warehouse.url().to_string(),
        written_at: About::now(),
    };
    match args.all {
        true => all(&args, &warehouse, &release, &project, about).await,
        false => one(&args, &warehouse, &release, &project, about).await,
    }
}

async fn one(
    args: &Export,
    warehouse: &Warehouse,
    release: &Release,
    project: &Project,
    about: About,
) -> Result<ExitCode> {
    file::format_of(&args.output)?;
    let named = args.table.as_deref().map(|table| file::named(table, project, release)).transpose()?;
    let sql = args.sql.clone().unwrap_or_else(|| named.iter().map(|name| format!("select * from {name}")).collect());
    let frame = query::frame(warehouse, release, project, &sql).await?;
    let rows = frame.execute_stream().await?;
    let columns = heading::columns(&rows.schema(), named.as_ref(), project, about.lang);
    let about = about.of(named.as_ref(), &sql, project);
    let mut last = Instant::now();
    let written = file::write(Table { columns, rows }, &args.output, about, |rows| {
        if last.elapsed() >= PACE {
            last = Instant::now();
            eprintln!("{rows} …");
        }
    })
    .await?;
    eprintln!("{}: {}", args.output.display(), written.rows);
    if let Some(beside) = written.beside {
        eprintln!("{}", beside.display());
    }
    Ok(ExitCode::SUCCESS)
}

async fn all(
    args: &Export,
    warehouse: &Warehouse,
    release: &Release,
    project: &Project,
    about: About,
) -> Result<ExitCode> {
    let about = About { title: about.lang.say("dictionary.title").to_owned(), ..about };
    let mut last = Instant::now();
    let entries = folder::write(warehouse, release, project, &args.output, &about, |name, rows, is_all| {
        if is_all {
            eprintln!("{name}: {rows}");
        } else if last.elapsed() >= PACE {
            last = Instant::now();
            eprintln!("{name}: {rows} …");
        }
    })
    .await?;
    let rows: u64 = entries.iter().map(|entry| entry.rows).sum();
    let tables = entries.len();
    match args.lang {
        Language::Zh => eprintln!("{}：{tables} 张表，{rows} 行", args.output.display()),
        Language::En => eprintln!("{}: {tables} tables, {rows} rows", args.output.display()),
    }
    Ok(ExitCode::SUCCESS)
}
