//! One case in one workbook: the finding with its clause and sentence, every row that proves it with file, sheet and row number,
//! what the school answered, and the steps. It holds what the finding's page shows to whoever asks, and nothing else.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::body::Body;
use axum::response::Response;
use warehouse::session::days;

use crate::error::{DashboardError, Result};
use crate::explain::Explainer;
use crate::explain::finding::{FindingExplained, StepTold};
use crate::explain::proof::{Proof, form_title};
use crate::export::book::{Book, Sheet};
use crate::export::cell::Cell;
use crate::export::grid::{Grid, Kind};
use crate::export::{Column, ExportError};
use crate::format;
use crate::pages::casework::state;
use crate::pages::download::download;
use crate::pages::fault::Fault;
use crate::pages::given::{Chosen, Giver, Wanted};
use crate::rows::Value;
use crate::words::Lang;

/// Rows of proof that are read at once.
const AT_ONCE: i64 = 500;

/// The workbook of a finding.
pub(super) async fn give(
    giver: &Giver,
    explainer: &Explainer<'_>,
    finding: &FindingExplained,
    title: &str,
    lang: Lang,
) -> Result<Response, Fault> {
    let rows = explainer.evidence_count(&finding.finding_id).await?;
    let chosen = Chosen {
        title: format!("{} {} {title}", lang.say("pack.title"), finding.rule.code),
        filters: vec![(lang.say("given.finding_id").to_owned(), finding.finding_id.clone())],
        rows: rows.unsigned_abs(),
    };
    let about = giver.about(&chosen)?;
    giver.record("evidence", "xlsx", &chosen).await?;
    let mut book = Book::default();
    book.facts(lang.say("pack.finding"), &facts(finding, title, lang)).map_err(DashboardError::from)?;
    evidence(&mut book, explainer, finding, rows, lang).await?;
    let answers: Vec<&StepTold> = finding.steps.iter().filter(|step| step.step == "answered").collect();
    let all: Vec<&StepTold> = finding.steps.iter().collect();
    for (name, own) in [("pack.answers", answers), ("pack.steps", all)] {
        put(&mut book, lang.say(name), &steps(&own, lang)).map_err(DashboardError::from)?;
    }
    book.facts(lang.say("about.sheet"), &about.lines(chosen.rows)).map_err(DashboardError::from)?;
    let bytes = tokio::task::spawn_blocking(move || book.finish(Vec::new())).await.map_err(DashboardError::from)?;
    let name = format!("{}_{}.xlsx", about.stem(None), finding.finding_id.chars().take(8).collect::<String>());
    Ok(download(&name, Body::from(bytes.map_err(DashboardError::from)?)))
}

/// The finding, line by line.
fn facts(finding: &FindingExplained, title: &str, lang: Lang) -> Vec<(String, String)> {
    let t = |key: &str| lang.say(key).to_owned();
    let zh = lang == Lang::Zh;
    let district = if zh || finding.district_en.is_empty() { &finding.district_zh } else { &finding.district_en };
    let school = match (finding.school_id.as_str(), finding.school_name.as_str()) {
        ("", _) => t("finding.whole_district"),
        (id, "") => id.to_owned(),
        (id, name) => format!("{name} {id}"),
    };
    let mut lines = vec![
        (t("given.finding_id"), finding.finding_id.clone()),
        (t("rule"), format!("{} {title}", finding.rule.code)),
        (t("severity"), lang.say(&format!("severity.{}", finding.severity)).to_owned()),
        (t("finding.sentence"), if zh { &finding.message_zh } else { &finding.message_en }.clone()),
        (t("finding.clause"), lang.with("finding.clause.cited", &[&finding.clause])),
    ];
    lines.extend(finding.clauses.iter().map(|clause| (clause.clause.clone(), clause.text.clone())));
    lines.extend([
        (t("district"), district.clone()),
        (t("school"), school),
        (t("period"), format::period(&finding.period.period, lang)),
        (t("finding.subject"), finding.subject.clone()),
        (t("amount"), finding.amount.map(|yuan| format!("{yuan:.2}")).unwrap_or_default()),
        (t("finding.first_seen"), finding.first_seen.map(|day| day.to_string()).unwrap_or_default()),
        (
            t("findings.state"),
            finding
                .ended
                .map_or_else(|| t("findings.open"), |day| lang.with("finding.ended_on", &[&format::date(day, lang)])),
        ),
    ]);
    let made = finding.rule.get(if zh { "amount_zh" } else { "amount" });
    lines.push((t("explain.amount"), made.to_owned()));
    lines.extend(finding.policy.iter().map(|number| (number.key.clone(), number.value.clone())));
    if finding.proofs.is_empty() && finding.standards.is_empty() {
        lines.push((t("finding.proof"), t("finding.absence")));
    }
    lines.retain(|(_, text)| !text.is_empty());
    lines
}

/// Every row that proves the finding: a sheet a form.
async fn evidence(
    book: &mut Book,
    explainer: &Explainer<'_>,
    finding: &FindingExplained,
    rows: i64,
    lang: Lang,
) -> Result<(), Fault> {
    let mut sheets: BTreeMap<String, Sheet> = BTreeMap::new();
    for skip in (0..rows).step_by(AT_ONCE as usize) {
        for proof in explainer.evidence_proofs(&finding.finding_id, skip, AT_ONCE).await? {
            let sheet = match sheets.entry(proof.form.clone()) {
                Entry::Occupied(open) => open.into_mut(),
                Entry::Vacant(new) => {
                    let name = lang.with("pack.evidence", &[form_title(&proof.form, lang)]);
                    new.insert(book.sheet(&name, &columns(&proof, lang)).map_err(DashboardError::from)?)
                }
            };
            add(book, sheet, &proof, lang).map_err(DashboardError::from)?;
        }
    }
    if !finding.standards.is_empty() {
        put(book, lang.say("standard.title"), &standards(finding, lang)).map_err(DashboardError::from)?;
    }
    Ok(())
}

/// File, sheet and row, then what stands in the row.
fn columns(proof: &Proof, lang: Lang) -> Vec<Column> {
    let own = ["pack.file", "pack.sheet", "pack.row", "pack.received", "pack.receipt"];
    let own = own.map(|key| Column { name: key.to_owned(), heading: lang.say(key).to_owned() });
    let cells = proof.columns.iter().map(|column| Column {
        name: column.name.clone(),
        heading: if lang == Lang::Zh { &column.heading } else { &column.title_en }.clone(),
    });
    own.into_iter().chain(cells).collect()
}

fn add(book: &mut Book, sheet: &mut Sheet, proof: &Proof, lang: Lang) -> Result<(), ExportError> {
    let received = proof.received_on.map(|day| day.to_string()).unwrap_or_default();
    for row in &proof.rows {
        let head = [
            Cell::Text(&proof.file_name),
            Cell::Text(&proof.sheet),
            Cell::Whole(row.row_no),
            Cell::Text(&received),
            Cell::Text(&proof.receipt),
        ];
        let cells: Vec<Cell<'_>> = match &row.cells {
            Some(cells) => cells.iter().zip(&row.values).map(|(cell, value)| typed(cell, value)).collect(),
            None => vec![Cell::Text(lang.say("proof.not_stored"))],
        };
        book.row(sheet, head.into_iter().chain(cells))?;
    }
    Ok(())
}

/// Numbers, money and days as such; all else as the page writes it.
fn typed<'a>(cell: &'a str, value: &Value) -> Cell<'a> {
    match value {
        Value::Null => Cell::Empty,
        Value::Whole(number) => Cell::Whole(*number),
        Value::Real(number) => Cell::Real(*number),
        Value::Hundredths(fen) => Cell::Exact(*fen, 2),
        Value::Date(day) => Cell::Date(days(*day)),
        Value::Text(_) | Value::Moment(_) | Value::YesNo(_) => Cell::Text(cell),
    }
}

fn steps(steps: &[&StepTold], lang: Lang) -> Grid {
    let mut grid = Grid::new("")
        .column("on", Kind::Date, lang.say("case.day"))
        .column("step", Kind::Text, lang.say("case.step"))
        .column("by_whom", Kind::Text, lang.say("case.by"))
        .column("due_on", Kind::Date, lang.say("given.due_on"))
        .column("note", Kind::Text, lang.say("case.note"));
    for step in steps {
        grid.row([
            step.at.map(|at| at.date()).into(),
            state(&step.step, lang).into(),
            step.by_whom.as_str().into(),
            step.due_on.into(),
            step.note.as_str().into(),
        ]);
    }
    grid
}

fn standards(finding: &FindingExplained, lang: Lang) -> Grid {
    let mut grid = Grid::new("")
        .column("urban_rural", Kind::Text, lang.say("standard.area"))
        .column("valid_from", Kind::Date, lang.say("standard.from"))
        .column("valid_to", Kind::Date, lang.say("standard.to"))
        .column("yuan_per_session", Kind::Real, lang.say("standard.session"))
        .column("yuan_per_month_cap", Kind::Real, lang.say("standard.cap"))
        .column("doc_no", Kind::Text, lang.say("standard.doc"))
        .column("approved_by", Kind::Text, lang.say("standard.by"));
    for one in &finding.standards {
        grid.row([
            crate::pages::district::register_label("urban_rural", &one.urban_rural, lang).into(),
            one.valid_from.into(),
            one.valid_to.into(),
            one.yuan_per_session.into(),
            one.yuan_per_month_cap.into(),
            one.doc_no.as_str().into(),
            one.approved_by.as_str().into(),
        ]);
    }
    grid
}

/// A table in hand as a sheet; one without rows has its headings.
fn put(book: &mut Book, name: &str, grid: &Grid) -> Result<(), ExportError> {
    let mut sheet = book.sheet(name, &grid.columns())?;
    book.write(&mut sheet, &grid.batch()?)
}

/// Whether the pack is asked for.
pub(super) fn is_wanted(wanted: &Wanted) -> bool {
    wanted.table == "evidence" && wanted.form == "xlsx"
}
