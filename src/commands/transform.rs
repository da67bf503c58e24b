//! `kehou transform`: figures and findings from the accepted facts.

use std::process::ExitCode;

use anyhow::Result;
use transform::project::Project;
use transform::run::{Options, Outcome, Progress};
use warehouse::Warehouse;
use warehouse::session::Limits;

use crate::args::Transform;
use crate::show;

/// Runs the built-in models on the warehouse.
pub async fn run(args: Transform) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let options = Options {
        today: args.today.unwrap_or_else(|| chrono::Local::now().date_naive()),
        full: args.full,
        select: args.select,
        limits: Limits { memory: args.memory, ..Limits::default() },
    };
    match transform(&warehouse, &options).await? {
        Outcome::Unchanged(release) => {
            println!("Nothing changed since release {} ({}): it stands.", release.release, release.today);
        }
        Outcome::Published { release, warnings } => {
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            println!(
                "Published release {}: {} tables, as of {}.",
                release.release,
                release.tables.len(),
                release.today
            );
        }
        Outcome::Selected { rows } => {
            for (table, rows) in rows {
                println!("{table}: {rows} rows");
            }
            println!("Nothing was published: only selected models ran.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the models with a bar; each model's time goes to the log.
pub async fn transform(warehouse: &Warehouse, options: &Options) -> Result<Outcome> {
    let project = Project::built_in()?;
    let bar = show::bar(0, show::Unit::Steps);
    let outcome = transform::run::transform(warehouse, &project, options, &|progress| match progress {
        Progress::Planned { steps } => bar.set_length(steps as u64),
        Progress::Done { model, rows, took } => {
            tracing::info!(model = %model.name, rows, seconds = took.as_secs_f64(), "done");
            bar.set_message(model.name.to_string());
            bar.inc(1);
        }
    })
    .await;
    bar.finish_and_clear();
    Ok(outcome?)
}
