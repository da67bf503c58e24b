//! `kehou ingest --watch`: whatever is dropped into a folder.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ingest::accept::Options;
use ingest::report::Verdict;
use ingest::watch::{Inbox, News, watch};
use tokio::sync::watch as channel;
use warehouse::Warehouse;

use crate::commands::init::{folder_of_keys, keys};

/// Watches until SIGINT or SIGTERM.
pub async fn run(warehouse: &Warehouse, paths: &[PathBuf], options: &Options, settle: f64) -> Result<ExitCode> {
    let [path] = paths else { bail!("--watch takes one folder or s3://bucket/prefix, not {} paths", paths.len()) };
    let settle = Duration::try_from_secs_f64(settle).context("--settle takes seconds, like 10 or 0.5")?;
    // What keeps every file from being taken is said at once; later failures are tried again.
    keys(warehouse).await?;
    let location = path.to_str().context("the folder's name is no text")?;
    let inbox = Inbox::open(location, warehouse)?;
    let (stop, stopped) = channel::channel(false);
    tokio::spawn(async move {
        if signal().await.is_ok() {
            eprintln!("Ending after the files at hand; once more ends at once.");
            stop.send_replace(true);
            drop(signal().await);
            std::process::exit(130);
        }
    });
    println!("Watching {location}; stop with Ctrl-C.");
    watch(warehouse, &folder_of_keys(warehouse), &inbox, options, settle, stopped, &tell).await?;
    println!("Ended.");
    Ok(ExitCode::SUCCESS)
}

fn tell(news: News<'_>) {
    let now = chrono::Local::now().format("%F %T");
    match news {
        News::PutAway { name, verdict, to } => {
            let verdict = match verdict {
                Verdict::Accepted => "accepted",
                Verdict::Partly => "partly accepted",
                Verdict::Rejected => "rejected",
                Verdict::Unreadable => "unreadable",
            };
            println!("{now} {name}: {verdict}, now {to}");
        }
        News::Changed { name } => println!("{now} {name}: changed or gone while it was read"),
        News::Failed { why } => eprintln!("{now} failed, to be tried again: {why}"),
    }
}

/// Waits for SIGINT or SIGTERM.
async fn signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut end = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            done = tokio::signal::ctrl_c() => done,
            _ = end.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
