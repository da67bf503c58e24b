//! `kehou demo`: the sample city end to end.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use ::ingest::accept::{Options as IngestOptions, Received};
use ::sample::Options as SampleOptions;
use ::transform::run::Options as TransformOptions;
use anyhow::{Result, ensure};
use chrono::NaiveDate;
use dashboard::accounts::{Accounts, Role};
use dashboard::{Config, Runner, serve};
use warehouse::session::Limits;

use crate::args::OwnSql;
use crate::args::people::Demo;
use crate::commands::{ingest, init, project, sample, transform, user};

/// The day that the sample city is looked at.
const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2020, 3, 1).expect("a day of the calendar");

/// Writes the sample city, ingests it, computes and serves.
pub async fn run(args: Demo) -> Result<ExitCode> {
    ensure!(args.listen.ip().is_loopback(), "the demo listens on the loopback interface alone");
    let started = Instant::now();
    let step = |text: &str| eprintln!("{:6.1} s  {text}", started.elapsed().as_secs_f64());
    let kept = args.folder.clone();
    let temporary = tempfile::Builder::new().prefix("kehou-demo-").tempdir()?;
    let folder: PathBuf = kept.unwrap_or_else(|| temporary.path().to_owned());
    let city = folder.join("city");

    step("writing the files of a made-up city");
    let options = SampleOptions { scale: args.scale, ..SampleOptions::default() };
    sample::write(&city, &options)?;
    step("making a warehouse");
    let location = folder.join("warehouse").display().to_string();
    let warehouse = init::make(&location, &city.join("reference")).await?;
    step("reading what its schools sent");
    let options = IngestOptions { received: Received::Folder, ..IngestOptions::default() };
    let report = ingest::ingest(&warehouse, &[city.join("inbox")], &options).await?;
    ensure!(report.all_accepted(), "the sample city has a fault; please report it");
    step("computing figures and findings");
    let options = TransformOptions { today: TODAY, full: false, select: Vec::new(), limits: Limits::default() };
    let project = project::standing(&warehouse, &OwnSql::default()).await?;
    transform::transform(&warehouse, &project, &options).await?;

    let accounts_file = user::file(&location)?;
    let log_ins = log_ins(&warehouse, &Accounts::open(&accounts_file)?).await?;
    let config = Config {
        listen: args.listen,
        accounts: accounts_file,
        made_up_city: true,
        secure_cookies: false,
        keys: init::folder_of_keys(&warehouse),
        today: Some(TODAY),
        api: dashboard::api::limit::Limits::default(),
        runner: Runner::of_this_kehou(&location)?,
    };
    serve(warehouse, config, |address| {
        step("serving; stop with Ctrl-C");
        println!("\n  http://{address}/\n\nLog-ins of this demo (they exist nowhere else; the city and its figures are made up):");
        for [name, password, what] in &log_ins {
            println!("  {name:<12} {password:<20} {what}");
        }
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Accounts for the city, one district and one school, each with a password of its own.
async fn log_ins(warehouse: &warehouse::Warehouse, accounts: &Accounts) -> Result<Vec<[String; 3]>> {
    let release = warehouse.latest_release().await?.expect("it was just published");
    let context = warehouse.release_session(&release, &Limits::default()).await?;
    let sql = "select school.district_code, district.name_zh, school.school_id, school.school_name \
               from marts.school as school join marts.district as district \
               on district.district_code = school.district_code \
               where district.kind = 'district' and school.is_primary and school.started_on is not null \
               order by school.district_code, school.school_id limit 1";
    let rows = context.sql(sql).await?.collect().await?;
    let cell = |column: usize| -> Result<String> {
        let batch = rows.iter().find(|batch| batch.num_rows() > 0);
        let batch = batch.ok_or_else(|| anyhow::anyhow!("the sample city has no school"))?;
        Ok(datafusion::arrow::util::display::array_value_to_string(batch.column(column), 0)?)
    };
    let wanted = [
        ("city", Role::City, String::new(), "市局 the city bureau".to_owned()),
        ("district", Role::District, cell(0)?, cell(1)?),
        ("inspector", Role::Inspector, cell(0)?, format!("督导 inspector, {}", cell(1)?)),
        ("school", Role::School, cell(2)?, cell(3)?),
    ];
    let mut made = Vec::new();
    for (name, role, unit, what) in wanted {
        let password = random_password();
        match accounts.add(name, role, &unit, &password) {
            Ok(()) => {}
            // A kept folder: the demo ran here before.
            Err(_) => accounts.set_password(name, &password)?,
        }
        made.push([name.to_owned(), password, what]);
    }
    Ok(made)
}

/// Sixteen hex digits, new at each start.
fn random_password() -> String {
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
