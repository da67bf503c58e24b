//! `kehou status`: what the warehouse holds, and what is still owed.

use std::process::ExitCode;

use anyhow::Result;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::SessionContext;
use warehouse::Warehouse;
use warehouse::session::Limits;

use crate::args::Status;

/// Prints the newest release, submissions by state, and slices that are owed by form and period.
pub async fn run(args: Status) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    println!("Warehouse {} at {}", warehouse.marker().id, warehouse.url());
    let Some(release) = warehouse.latest_release().await? else {
        println!("No release yet; make one with: kehou transform --warehouse {}", args.at.warehouse);
        return Ok(ExitCode::SUCCESS);
    };
    println!(
        "Release {} of {}, as of {}, {} tables",
        release.release,
        release.made_at,
        release.today,
        release.tables.len()
    );
    let context = warehouse.release_session(&release, &Limits::default()).await?;
    let district = match &args.district {
        Some(code) => format!("district_code = '{}'", code.replace('\'', "''")),
        None => "true".to_owned(),
    };
    let submissions = format!(
        "select form, state, count(*) as slices, sum(rows) as rows, sum(warnings) as warnings \
         from facts.submission where {district} group by form, state order by form, state"
    );
    println!("\nSubmissions (every attempt)\n{}", table(&context, &submissions).await?);
    let owed = format!(
        "select form, period, count(*) filter (where state = 'missing') as missing, \
         count(*) filter (where state = 'rejected') as rejected, min(due_on) as due_on, \
         count(distinct school_id) as schools \
         from marts.slice where state in ('missing', 'rejected') and {district} \
         group by form, period order by due_on nulls last, form, period"
    );
    println!("Still owed\n{}", table(&context, &owed).await?);
    Ok(ExitCode::SUCCESS)
}

async fn table(context: &SessionContext, sql: &str) -> Result<String> {
    let batches = context.sql(sql).await?.collect().await?;
    if batches.iter().all(|batch| batch.num_rows() == 0) {
        return Ok("nothing\n".to_owned());
    }
    Ok(format!("{}\n", pretty_format_batches(&batches)?))
}
