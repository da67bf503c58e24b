//! `kehou ingest`: what schools sent, judged and accepted.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use ingest::accept::{Known, Options, Progress, Purpose, Received, Sent};
use ingest::form::{by_heading, form};
use ingest::report::{Report, Verdict};
use ingest::returned::{returned, summary_of};
use warehouse::Warehouse;

use crate::args::Language;
use crate::args::intake::Ingest;
use crate::commands::init::keys;
use crate::commands::watch;
use crate::show;

/// Judges and accepts; exit code 2 where anything was rejected.
pub async fn run(args: Ingest) -> Result<ExitCode> {
    let named =
        |name: String| form(&name).or_else(|| by_heading(&name)).with_context(|| format!("there is no form '{name}'"));
    let received = match args.received.as_deref() {
        None => Received::Today,
        Some("folder") => Received::Folder,
        Some(day) => Received::On(day.parse().context("--received takes a day like 2019-10-08, or `folder`")?),
    };
    let options = Options {
        form: args.form.map(named).transpose()?,
        sender: args.sender,
        received,
        known: if args.again { Known::Again } else { Known::Skip },
        purpose: if args.check { Purpose::Check } else { Purpose::Accept },
        ..Options::default()
    };
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    if args.watch {
        return watch::run(&warehouse, &args.path, &options, args.settle).await;
    }
    let report = ingest(&warehouse, &args.path, &options).await?;
    if let Some(file) = &args.report {
        let bytes = match file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx")) {
            true => workbook(&report),
            false => serde_json::to_vec_pretty(&report)?,
        };
        std::fs::write(file, bytes).with_context(|| format!("{} can't be written", file.display()))?;
    }
    print!("{}", report.render(args.lang.into()));
    if let Some(folder) = &args.return_to {
        return_to(&report, folder, args.lang)?;
    }
    print!("{}", ingest::receipt::render(&report, args.lang == Language::En));
    Ok(if report.all_accepted() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// The report as a workbook: of one file that file itself, marked; of several the summary of all.
fn workbook(report: &Report) -> Vec<u8> {
    let marked = match report.files.as_slice() {
        [one] => Sent::default().bytes(one).and_then(|bytes| returned(&one.file, &bytes, one)),
        _ => None,
    };
    // A CSV file comes back as CSV (`--return`); its report as a workbook is the summary.
    let marked = marked.filter(|marked| marked.name.ends_with(".xlsx"));
    marked.map_or_else(|| summary_of(report), |marked| marked.bytes)
}

/// Writes every file that was not wholly accepted, marked, into a folder. What lies there already is not overwritten.
fn return_to(report: &Report, folder: &Path, language: Language) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let mut sent = Sent::default();
    for file in report.files.iter().filter(|file| file.verdict != Verdict::Accepted) {
        let marked = sent.bytes(file).and_then(|bytes| returned(&file.file, &bytes, file));
        let line = match (marked, language) {
            (Some(marked), _) => {
                let path = write_beside(folder, &marked.name, &marked.bytes)?;
                match language {
                    Language::Zh => format!("退回文件：{}", path.display()),
                    Language::En => format!("returned: {}", path.display()),
                }
            }
            (None, Language::Zh) => format!("没有退回文件：{}（问题见 --report FILE.json）", file.file),
            (None, Language::En) => format!("not returned: {} (--report FILE.json has what was found)", file.file),
        };
        println!("{line}");
    }
    Ok(())
}

/// Writes a file under this name or, where there is one already, under the next that is free.
fn write_beside(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    for number in 1.. {
        let name = if number == 1 { name.to_owned() } else { format!("{stem}_{number}.{extension}") };
        let path = folder.join(name);
        match std::fs::OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(bytes).with_context(|| format!("{} can't be written", path.display()))?;
                return Ok(path);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("{} can't be written", path.display())),
        }
    }
    unreachable!("numbers do not end")
}

/// Ingests with a bar.
pub async fn ingest(warehouse: &Warehouse, paths: &[PathBuf], options: &Options) -> Result<Report> {
    let keys = keys(warehouse).await?;
    let bar = show::bar(0, show::Unit::Bytes);
    let report = ingest::accept::ingest(warehouse, &keys, paths, options, &|progress| match progress {
        Progress::Found { bytes, .. } => bar.set_length(bytes),
        Progress::Judged { file, bytes } => {
            bar.set_message(file.file_name().unwrap_or_default().to_string_lossy().into_owned());
            bar.inc(bytes);
        }
        Progress::Committing => bar.set_message("committing"),
    })
    .await;
    bar.finish_and_clear();
    Ok(report?)
}
