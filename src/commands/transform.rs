//! `kehou transform`: figures and findings from the accepted facts.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Result;
use indicatif::ProgressBar;
use transform::change::Change;
use transform::error::{OTHERS_AT_WORK, TransformError};
use transform::kept::gone;
use transform::plan::Plan;
use transform::project::{Project, Stored, is_built_in};
use transform::run::{Options, Outcome, Progress};
use warehouse::Warehouse;
use warehouse::session::Limits;

use crate::args::figures::Transform;
use crate::commands::project;
use crate::show;

/// How many changed keys a plan names, and how many causes of a step.
const KEYS_SHOWN: usize = 10;
const CAUSES_SHOWN: usize = 4;

/// Runs the built-in models, and those of one's own, on the warehouse.
pub async fn run(args: Transform) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let options = Options {
        today: args.today.unwrap_or_else(|| chrono::Local::now().date_naive()),
        full: args.full,
        select: args.select,
        limits: Limits { memory: args.memory, ..Limits::default() },
    };
    ingest::duty::ensure(&warehouse).await?;
    let project = project::standing(&warehouse, &args.own).await?;
    tell_own(&warehouse, &project).await?;
    if args.plan {
        print!("{}", told(&transform::run::plan(&warehouse, &project, &options).await?));
        return Ok(ExitCode::SUCCESS);
    }
    let outcome = match transform(&warehouse, &project, &options).await {
        Err(error) if error.downcast_ref().is_some_and(TransformError::is_others_work) => {
            eprintln!("kehou: {error:#}");
            return Ok(ExitCode::from(OTHERS_AT_WORK));
        }
        outcome => outcome?,
    };
    match outcome {
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

/// A line for each model that would be stored and each data test that would run: how much of it, and why.
fn told(plan: &Plan<'_>) -> String {
    if plan.is_empty() {
        return "Nothing changed since the last release: nothing would run.\n".to_owned();
    }
    let keys = &plan.inputs.keys;
    let mut text = String::new();
    for step in &plan.steps {
        if step.model.stored == Stored::View && !step.model.is_test() {
            continue;
        }
        let part = match step.change {
            Change::Nothing => continue,
            Change::Keys => "changed keys",
            Change::Periods => "changed periods",
            Change::Everything => "all",
        };
        let mut causes: Vec<String> = step.causes.iter().take(CAUSES_SHOWN).map(ToString::to_string).collect();
        if step.causes.len() > CAUSES_SHOWN {
            causes.push(format!("{} more", step.causes.len() - CAUSES_SHOWN));
        }
        writeln!(text, "{:<32} {part:<15} {}", step.model.name.to_string(), causes.join("; "))
            .expect("text takes text");
    }
    let of_all = plan.steps.iter().filter(|step| step.model.stored == Stored::Table || step.model.is_test()).count();
    write!(text, "{} of {of_all} would run", plan.work()).expect("text takes text");
    if let Some(key) = plan.key.filter(|_| !keys.is_empty()) {
        let shown: Vec<&str> = keys.iter().take(KEYS_SHOWN).map(String::as_str).collect();
        let more =
            if keys.len() > KEYS_SHOWN { format!(" and {} more", keys.len() - KEYS_SHOWN) } else { String::new() };
        write!(text, "; changed: {key} {}{more}", shown.join(", ")).expect("text takes text");
    }
    text + ".\n"
}

/// Says which models are one's own, and which ones of the last release are gone: nobody loses a rule without being told.
async fn tell_own(warehouse: &Warehouse, project: &Project) -> Result<()> {
    let own: Vec<String> = project
        .own()
        .files
        .keys()
        .map(|path| match is_built_in(path) {
            true => format!("{path}（替换内置 in place of the built-in one）"),
            false => path.clone(),
        })
        .collect();
    if !own.is_empty() {
        eprintln!(
            "自有模型 / your own models: {} ({})",
            own.join(", "),
            project.own().place.trim_end_matches([':', ' '])
        );
    }
    let Some(last) = warehouse.latest_release().await? else { return Ok(()) };
    let gone = gone(&last, project);
    if !gone.is_empty() {
        eprintln!(
            "第 {} 期用过而本次没有的模型，其问题将就此消除 / models of release {0} that this run lacks, whose findings end with it: {}",
            last.release,
            gone.join(", ")
        );
    }
    Ok(())
}

/// Runs the models with a bar.
pub async fn transform(warehouse: &Warehouse, project: &Project, options: &Options) -> Result<Outcome> {
    let bar = show::bar(0, show::Unit::Steps);
    let outcome = transform::run::transform(warehouse, project, options, &|progress| tell(&bar, &progress)).await;
    bar.finish_and_clear();
    Ok(outcome?)
}

/// Moves the bar; each model's time goes to the log.
pub fn tell(bar: &ProgressBar, progress: &Progress<'_>) {
    match progress {
        Progress::Planned { steps } => bar.set_length(*steps as u64),
        Progress::Done { model, rows, took } => {
            tracing::info!(model = %model.name, rows, seconds = took.as_secs_f64(), "done");
            bar.set_message(model.name.to_string());
            bar.inc(1);
        }
    }
}
