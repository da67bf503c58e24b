//! `kehou case`: the cases of findings, worked step by step.

use std::process::ExitCode;

use anyhow::Result;
use chrono::NaiveDate;
use ingest::audit::{Event, Journal};
use ingest::casework::{Case, State, Step, Taking, cases, find, take};
use ingest::unseal::whoever;
use serde::Serialize;
use warehouse::Warehouse;

use crate::args::people::{Case as Args, CaseAction, CaseList, CaseShow, CaseState, CaseStep};
use crate::args::{Language, StatusFormat};
use crate::show;

/// Takes a step, lists or shows; a step that can't be taken changes nothing and ends with 1.
pub async fn run(args: Args) -> Result<ExitCode> {
    match args.action {
        CaseAction::Notify(step) => take_step(State::Notified, step).await,
        CaseAction::Answer(step) => take_step(State::Answered, step).await,
        CaseAction::Rectify(step) => take_step(State::Rectified, step).await,
        CaseAction::Dismiss(step) => take_step(State::Dismissed, step).await,
        CaseAction::Close(step) => take_step(State::Closed, step).await,
        CaseAction::List(list) => show_list(list).await,
        CaseAction::Show(one) => show_one(one).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn take_step(state: State, args: CaseStep) -> Result<()> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let by_whom = if args.by.trim().is_empty() { String::new() } else { whoever(Some(&args.by)) };
    let taking =
        Taking { state, on: args.on.unwrap_or_else(today), by_whom, due_on: args.due, note: args.note.clone() };
    let english = args.lang == Language::En;
    let cases = take(&warehouse, &args.finding, &taking).await?;
    let event = |case: &Case| Event {
        by_whom: taking.by_whom.clone(),
        action: "case_step",
        subject: case.finding.finding_id.clone(),
        reason: state.code().to_owned(),
    };
    Journal::open(&warehouse).record(&cases.iter().map(event).collect::<Vec<_>>()).await?;
    for case in &cases {
        println!("{}", sentence(case, english));
    }
    match english {
        false => println!("已记录。指标和页面自下一次 kehou transform 起计入。"),
        true => println!("Kept. The figures and the pages count it from the next `kehou transform` on."),
    }
    Ok(())
}

fn today() -> NaiveDate {
    chrono::Local::now().date_naive()
}

/// Which case, and how it stands.
fn sentence(case: &Case, english: bool) -> String {
    let finding = &case.finding;
    let whose = if finding.school_id.is_empty() { &finding.district_code } else { &finding.school_id };
    let due = case.due_on().filter(|_| case.state() == State::Notified);
    let (state, due) = match english {
        false => (case.state().zh(), due.map(|day| format!("，限期 {day}"))),
        true => (case.state().code(), due.map(|day| format!(", by {day}"))),
    };
    format!("{} {} {whose} {}：{state}{}", finding.finding_id, finding.rule, finding.period, due.unwrap_or_default())
}

/// A case in a list.
#[derive(Debug, Serialize)]
struct Listed {
    finding_id: String,
    rule: String,
    district_code: String,
    school_id: String,
    period: String,
    state: &'static str,
    since: Option<NaiveDate>,
    by_whom: Option<String>,
    due_on: Option<NaiveDate>,
    is_overdue: bool,
    note: Option<String>,
    times_returned: i64,
    decided_before: Option<&'static str>,
    decided_note: Option<String>,
}

impl Listed {
    const COLUMNS: [&'static str; 14] = [
        "finding_id",
        "rule",
        "district_code",
        "school_id",
        "period",
        "state",
        "since",
        "by_whom",
        "due_on",
        "is_overdue",
        "note",
        "times_returned",
        "decided_before",
        "decided_note",
    ];

    fn of(case: &Case, today: NaiveDate) -> Listed {
        let (finding, last, before) = (&case.finding, case.last(), case.decided_before());
        Listed {
            finding_id: finding.finding_id.clone(),
            rule: finding.rule.clone(),
            district_code: finding.district_code.clone(),
            school_id: finding.school_id.clone(),
            period: finding.period.clone(),
            state: case.state().code(),
            since: last.map_or(finding.first_seen, |step| step.on),
            by_whom: last.map(|step| step.by_whom.clone()),
            due_on: case.due_on(),
            is_overdue: case.is_overdue(today),
            note: last.and_then(|step| step.note.clone()),
            times_returned: finding.occurrence - 1,
            decided_before: before.map(|step| step.state.code()),
            decided_note: before.and_then(|step| step.note.clone()),
        }
    }
}

async fn show_list(args: CaseList) -> Result<()> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let today = args.today.unwrap_or_else(today);
    let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
    let wanted = |case: &Case| {
        let (finding, state) = (&case.finding, case.state());
        (finding.ended.is_none() || case.last().is_some())
            && args.state.is_none_or(|wanted| state == of(wanted))
            && (!args.overdue || case.is_overdue(today))
            && is(&args.rule, &finding.rule)
            && is(&args.district, &finding.district_code)
            && is(&args.school, &finding.school_id)
    };
    let found = cases(&warehouse).await?;
    let mut listed: Vec<Listed> =
        found.iter().filter(|case| wanted(case)).map(|case| Listed::of(case, today)).collect();
    listed.sort_by_cached_key(|one| {
        (!one.is_overdue, one.due_on.is_none(), one.due_on, one.rule.clone(), one.finding_id.clone())
    });
    match args.format {
        StatusFormat::Table => print!("{}", table(&listed, args.lang)),
        StatusFormat::Csv => {
            let mut out = csv::Writer::from_writer(std::io::stdout());
            if listed.is_empty() {
                out.write_record(Listed::COLUMNS)?;
            }
            for one in &listed {
                out.serialize(one)?;
            }
            out.flush()?;
        }
        StatusFormat::Json => println!("{}", serde_json::to_string_pretty(&listed)?),
    }
    Ok(())
}

fn of(state: CaseState) -> State {
    match state {
        CaseState::Open => State::Open,
        CaseState::Notified => State::Notified,
        CaseState::Answered => State::Answered,
        CaseState::Rectified => State::Rectified,
        CaseState::Dismissed => State::Dismissed,
        CaseState::Closed => State::Closed,
    }
}

fn said(code: &str, lang: Language) -> &str {
    match (lang, State::of(code)) {
        (Language::Zh, Some(state)) => state.zh(),
        _ => code,
    }
}

fn table(listed: &[Listed], lang: Language) -> String {
    let overdue = listed.iter().filter(|one| one.is_overdue).count();
    let (headings, mark, count) = match lang {
        Language::Zh => (
            ["问题线索", "规则", "区（市）", "学校", "统计期", "状态", "自", "整改期限", "以前的结论"],
            "（逾期）",
            format!("{} 件案件，其中逾期 {overdue} 件", listed.len()),
        ),
        Language::En => (
            ["finding", "rule", "district", "school", "period", "state", "since", "due", "decided before"],
            " (overdue)",
            format!("{} cases, {overdue} of them overdue", listed.len()),
        ),
    };
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    let date = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    rows.extend(listed.iter().map(|one| {
        vec![
            one.finding_id.clone(),
            one.rule.clone(),
            one.district_code.clone(),
            one.school_id.clone(),
            one.period.clone(),
            said(one.state, lang).to_owned(),
            date(one.since),
            date(one.due_on) + if one.is_overdue { mark } else { "" },
            one.decided_before.map_or_else(String::new, |state| said(state, lang).to_owned()),
        ]
    }));
    let body = if listed.is_empty() { String::new() } else { format!("\n{}", show::columns(&rows)) };
    format!("{count}\n{body}")
}

async fn show_one(args: CaseShow) -> Result<()> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let case = find(&warehouse, &args.finding).await?;
    let english = args.lang == Language::En;
    let finding = &case.finding;
    println!("{}", sentence(&case, english));
    println!("{}", if english { &finding.message_en } else { &finding.message_zh });
    if let Some(day) = finding.ended {
        println!(
            "{}",
            if english { format!("The finding ended on {day}.") } else { format!("该线索已于 {day} 消除。") }
        );
    }
    if let Some(before) = case.decided_before() {
        let words = if english {
            "It came back. Decided before: "
        } else {
            "该线索消除后再次出现，以前的结论："
        };
        println!("{words}{}", line(before, english));
    }
    for step in &case.steps {
        println!("  {}", line(step, english));
    }
    Ok(())
}

/// A step in one line.
fn line(step: &Step, english: bool) -> String {
    let day = step.on.map(|day| day.to_string()).unwrap_or_default();
    let (state, due) = match english {
        false => (step.state.zh(), step.due_on.map(|day| format!("，限期 {day}"))),
        true => (step.state.code(), step.due_on.map(|day| format!(", by {day}"))),
    };
    let note = step.note.as_deref().map(|note| if english { format!(": {note}") } else { format!("：{note}") });
    format!("{day} {state} {}{}{}", step.by_whom, due.unwrap_or_default(), note.unwrap_or_default())
}
