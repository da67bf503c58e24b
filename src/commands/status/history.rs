//! What became of a submission, found by its receipt or by its slice.

use std::process::ExitCode;

use anyhow::{Result, bail};
use ingest::form::form;
use ingest::ledger::SliceKey;
use ingest::ledger::history::{Attempt, Fate, by_receipt, history};
use ingest::receipt::Receipt;
use serde::Serialize;
use warehouse::Warehouse;

use super::named;
use crate::args::intake::Status;
use crate::args::{Language, StatusFormat};
use crate::show;

/// How many issues of an attempt the terminal shows.
const SHOWN: usize = 10;

/// A slice with all that was sent for it.
#[derive(Debug, Serialize)]
struct History {
    form: String,
    school_id: String,
    period: String,
    attempts: Vec<Attempt>,
}

/// Prints the attempts at each slice that the words name.
pub async fn run(warehouse: &Warehouse, args: &Status) -> Result<ExitCode> {
    let asked = args.receipt.as_deref().map(str::parse::<Receipt>).transpose()?;
    let mut histories = Vec::new();
    for slice in slices(warehouse, args, asked.as_ref()).await? {
        let attempts = history(warehouse, &slice).await?;
        if attempts.is_empty() {
            let SliceKey { form, school_id, period } = slice;
            bail!("{form} {school_id} {period}: 尚未收到报送 / nothing has been sent");
        }
        let SliceKey { form, school_id, period } = slice;
        histories.push(History { form, school_id, period, attempts });
    }
    match args.format {
        StatusFormat::Json => println!("{}", serde_json::to_string_pretty(&histories)?),
        StatusFormat::Table => {
            for one in &histories {
                print!("{}", told(one, asked.as_ref(), args.lang));
            }
        }
        StatusFormat::Csv => {
            let mut out = csv::Writer::from_writer(std::io::stdout());
            out.write_record([
                "form",
                "school_id",
                "period",
                "receipt",
                "state",
                "fate",
                "by",
                "received_on",
                "file_name",
                "sheet",
                "rows",
                "errors",
                "warnings",
            ])?;
            for one in &histories {
                for attempt in &one.attempts {
                    out.write_record([
                        &*one.form,
                        &*one.school_id,
                        &*one.period,
                        &*attempt.receipt,
                        attempt.state,
                        fate_code(attempt.fate),
                        attempt.by.as_deref().unwrap_or_default(),
                        &*attempt.received_on.to_string(),
                        &*attempt.file_name,
                        attempt.sheet.as_deref().unwrap_or_default(),
                        &*attempt.rows.to_string(),
                        &*attempt.errors.to_string(),
                        &*attempt.warnings.to_string(),
                    ])?;
                }
            }
            out.flush()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The slices that the words name.
async fn slices(warehouse: &Warehouse, args: &Status, asked: Option<&Receipt>) -> Result<Vec<SliceKey>> {
    if let Some(receipt) = asked {
        let mut slices: Vec<SliceKey> =
            by_receipt(warehouse, receipt).await?.into_iter().map(|found| found.slice).collect();
        slices.dedup();
        if slices.is_empty() {
            bail!("没有回执号为 {receipt} 的报送 / there is no submission with the receipt {receipt}");
        }
        return Ok(slices);
    }
    let (Some(form), Some(school_id), Some(period)) = (&args.form, &args.school, &args.period) else {
        bail!("--slice needs --form, --school and --period");
    };
    let form = named(form)?;
    let period = ingest::value::parse_period(period, form.period)
        .map_err(|fault| anyhow::anyhow!("--period: {} / {}", fault.zh, fault.en))?;
    Ok(vec![SliceKey { form: form.name.clone(), school_id: school_id.clone(), period }])
}

/// A slice's history for people; the attempt that was asked for is marked.
fn told(history: &History, asked: Option<&Receipt>, lang: Language) -> String {
    let History { form: name, school_id, period, attempts } = history;
    let zh = lang == Language::Zh;
    let title = form(name).map_or(name.as_str(), |form| if zh { &form.heading } else { &form.title_en });
    let mut text = format!("{title}  {school_id}  {period}\n");
    let headings = match lang {
        Language::Zh => ["", "回执", "收到", "结果", "后来", "文件", "行数", "错误", "提示"],
        Language::En => ["", "receipt", "received", "result", "since then", "file", "rows", "errors", "warnings"],
    };
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    rows.extend(attempts.iter().map(|attempt| {
        let sheet = attempt.sheet.as_deref().map(|sheet| format!(" · {sheet}")).unwrap_or_default();
        let is_asked = asked.is_some_and(|receipt| receipt.to_string() == attempt.receipt);
        vec![
            (if is_asked { "→" } else { "" }).to_owned(),
            attempt.receipt.clone(),
            attempt.received_on.to_string(),
            state(attempt.state, lang).to_owned(),
            fate(attempt, lang),
            format!("{}{sheet}", attempt.file_name),
            attempt.rows.to_string(),
            attempt.errors.to_string(),
            attempt.warnings.to_string(),
        ]
    }));
    text.push_str(&show::columns(&rows));
    for attempt in attempts {
        let changes = attempt.changes.iter().map(|changes| changes.sentence(!zh));
        let issues = attempt.issues.iter().take(SHOWN).map(|issue| {
            let row = match (issue.row, zh) {
                (Some(row), true) => format!("第 {row} 行 "),
                (Some(row), false) => format!("row {row} "),
                (None, _) => String::new(),
            };
            let column = issue.column.as_deref().map(|column| format!("{column} ")).unwrap_or_default();
            format!("{row}{column}{}", if zh { &issue.message_zh } else { &issue.message_en })
        });
        let more = attempt.issues.len().saturating_sub(SHOWN);
        let more =
            (more > 0).then(|| if zh { format!("…… 另有 {more} 条") } else { format!("… and {more} more") });
        for line in changes.chain(issues).chain(more) {
            text.push_str(&format!("  {}  {line}\n", attempt.receipt));
        }
    }
    text
}

fn state(code: &str, lang: Language) -> &str {
    match (code, lang) {
        ("accepted", Language::Zh) => "接收",
        ("zero", Language::Zh) => "零报告",
        ("rejected", Language::Zh) => "退回",
        ("withdrawn", Language::Zh) => "撤回",
        (code, _) => code,
    }
}

fn fate_code(fate: Fate) -> &'static str {
    match fate {
        Fate::Counts => "counts",
        Fate::Replaced => "replaced",
        Fate::TakenBack => "taken_back",
        Fate::Rejected => "rejected",
        Fate::Withdrawal => "withdrawal",
    }
}

fn fate(attempt: &Attempt, lang: Language) -> String {
    let by = attempt.by.as_deref().unwrap_or_default();
    match (attempt.fate, lang) {
        (Fate::Counts, Language::Zh) => "现行有效".to_owned(),
        (Fate::Counts, Language::En) => "counts".to_owned(),
        (Fate::Replaced, Language::Zh) => format!("被 {by} 替换"),
        (Fate::Replaced, Language::En) => format!("replaced by {by}"),
        (Fate::TakenBack, Language::Zh) => format!("由 {by} 撤回"),
        (Fate::TakenBack, Language::En) => format!("withdrawn by {by}"),
        (Fate::Rejected, Language::Zh) => "需更正重报".to_owned(),
        (Fate::Rejected, Language::En) => "to be mended and sent again".to_owned(),
        (Fate::Withdrawal, _) => String::new(),
    }
}
