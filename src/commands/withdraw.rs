//! `kehou withdraw`: an accepted slice is taken back.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use ingest::ledger::SliceKey;
use ingest::receipt::Receipt;
use ingest::withdraw::{Which, withdraw};
use warehouse::Warehouse;

use crate::args::Language;
use crate::args::intake::Withdraw;
use crate::commands::status::named;

/// Takes the slice back; what is not there to be taken back changes nothing and ends with 1.
pub async fn run(args: Withdraw) -> Result<ExitCode> {
    let which = match (args.receipt, args.form, args.school, args.period) {
        (Some(receipt), ..) => Which::Receipt(receipt.parse::<Receipt>()?),
        (None, Some(form), Some(school_id), Some(period)) => {
            let form = named(&form)?;
            let period = ingest::value::parse_period(&period, form.period)
                .map_err(|fault| anyhow::anyhow!("--period: {} / {}", fault.zh, fault.en))?;
            Which::Slice(SliceKey { form: form.name.clone(), school_id, period })
        }
        _ => bail!("name the slice by --form, --school and --period, or by --receipt"),
    };
    let warehouse = Warehouse::open(&args.at.warehouse).await.context("nothing changed")?;
    let done = withdraw(&warehouse, &which, &args.reason, chrono::Local::now().date_naive()).await?;
    let SliceKey { school_id, period, .. } = &done.slice;
    match args.lang {
        Language::Zh => println!(
            "已撤回“{}” {school_id} {period}（回执 {}），该报送单元现为缺报，直至重新报送。撤回的回执号：{}。",
            done.form.heading, done.taken_back, done.receipt
        ),
        Language::En => println!(
            "Withdrew {} {school_id} {period} (receipt {}): it is missing until it is sent again. Receipt of the withdrawal: {}.",
            done.form.name, done.taken_back, done.receipt
        ),
    }
    Ok(ExitCode::SUCCESS)
}
