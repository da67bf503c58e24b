//! What a school sent: every attempt with its receipt, what was said of it, and what a correction changed.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use ingest::correction::{Changes, Total, number, relation, sql, summed};
use ingest::form::form;
use ingest::receipt::Receipt;
use maud::{Markup, html};

use crate::error::Result;
use crate::explain::proof::form_title;
use crate::format;
use crate::rows::Rows;
use crate::scope::Scoped;
use crate::words::Lang;

/// One line of the ledger.
pub struct Submission {
    id: String,
    form: String,
    period: String,
    state: String,
    file_name: String,
    sheet: String,
    received_on: Option<NaiveDate>,
    rows: i64,
    errors: i64,
    warnings: i64,
    issues: Vec<Issue>,
    /// What it changed against the version before, where it is a correction whose rows the reader may see.
    changes: Option<Changes>,
}

/// What was said of a submission.
struct Issue {
    is_error: bool,
    row: Option<i64>,
    heading: String,
    message: String,
}

/// Submissions shown; the newest come first.
const SHOWN: usize = 60;
/// So many are in sight, the others a click away.
const AT_ONCE: usize = 12;
/// Issues shown of one submission; the school has all of them in its report.
const ISSUES: usize = 20;

/// The newest submissions of a school, with what was said of each and what each changed.
pub async fn of_school(scoped: &Scoped, school: &str, lang: Lang) -> Result<Vec<Submission>> {
    let ledger = format!(
        "select submission_id, form, period, state, file_name, sheet, received_on, rows, errors, warnings, replaces from facts.submission
         where school_id = $1 order by received_at desc, submission_id desc limit {SHOWN}"
    );
    let ledger = scoped.query(&ledger, &[school]).await?;
    let said =
        "select issue.submission_id, issue.severity, issue.row_no, issue.heading, issue.message_zh, issue.message_en
        from facts.submission_issue as issue join facts.submission as sent on issue.submission_id = sent.submission_id
        where sent.school_id = $1 order by issue.severity, issue.row_no";
    let said = scoped.query(said, &[school]).await?;
    let message = match lang {
        Lang::Zh => "message_zh",
        Lang::En => "message_en",
    };
    let mut changes = changes(scoped, &ledger).await?;
    let mut read = |row: crate::rows::Row<'_>| Submission {
        changes: changes.remove(row.text("submission_id")),
        id: row.text("submission_id").to_owned(),
        form: row.text("form").to_owned(),
        period: row.text("period").to_owned(),
        state: row.text("state").to_owned(),
        file_name: row.text("file_name").to_owned(),
        sheet: row.text("sheet").to_owned(),
        received_on: row.date("received_on"),
        rows: row.count("rows"),
        errors: row.count("errors"),
        warnings: row.count("warnings"),
        issues: said
            .iter()
            .filter(|issue| issue.text("submission_id") == row.text("submission_id"))
            .take(ISSUES)
            .map(|issue| Issue {
                is_error: issue.text("severity") == "error",
                row: issue.whole("row_no"),
                heading: issue.text("heading").to_owned(),
                message: issue.text(message).to_owned(),
            })
            .collect(),
    };
    Ok(ledger.iter().map(&mut read).collect())
}

/// What the corrections among these lines changed, by their ids. The rows of both versions are in the release; where the
/// reader may not see every column of them, nothing is told.
async fn changes(scoped: &Scoped, ledger: &Rows) -> Result<HashMap<String, Changes>> {
    let mut by_form: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for row in ledger.iter().filter(|row| !row.text("replaces").is_empty() && row.text("state") != "withdrawn") {
        by_form.entry(row.text("form")).or_default().push((row.text("submission_id"), row.text("replaces")));
    }
    let mut found = HashMap::new();
    for (name, corrections) in by_form {
        let Some(form) = form(name) else { continue };
        let seen = scoped.columns_of(&form.table()).await?;
        if !form.columns.iter().all(|column| seen.contains(&column.name)) {
            continue;
        }
        // Ids grow with time: their bounds leave most of a large table aside.
        let ids = corrections.iter().flat_map(|(id, replaces)| [*id, *replaces]);
        let (first, last) = (ids.clone().min().unwrap_or_default(), ids.max().unwrap_or_default());
        let rows = format!("(select * from facts.{} where submission_id >= $1 and submission_id <= $2)", form.table());
        let told = scoped.query(&sql(form, &rows, &relation(&corrections)), &[first, last]).await?;
        let told: HashMap<&str, crate::rows::Row<'_>> = told.iter().map(|row| (row.text("id"), row)).collect();
        for (id, replaces) in corrections {
            let row = told.get(id);
            let count = |name: &str| row.map_or(0, |row| row.count(name)).try_into().unwrap_or_default();
            let sum = |name: String| row.and_then(|row| row.fen(&name)).unwrap_or_default();
            let totals = summed(form).map(|column| Total {
                column: column.name.clone(),
                heading: column.heading.clone(),
                before: number(column, sum(format!("before_{}", column.name))),
                after: number(column, sum(format!("after_{}", column.name))),
            });
            let changes = Changes {
                replaces: Receipt::of(replaces).to_string(),
                added: count("added"),
                removed: count("removed"),
                changed: count("changed"),
                totals: totals.collect(),
            };
            found.insert(id.to_owned(), changes);
        }
    }
    Ok(found)
}

/// The submissions as a table.
pub fn list(sent: &[Submission], lang: Lang) -> Markup {
    let t = |key| lang.say(key);
    if sent.is_empty() {
        return html! { p.empty { (t("school.nothing_sent")) } };
    }
    let (newest, earlier) = sent.split_at(sent.len().min(AT_ONCE));
    html! {
        p.dek { (lang.with("school.sent.dek", &[&format::whole(sent.len() as i64)])) }
        (table(newest, lang))
        @if !earlier.is_empty() {
            details {
                summary { (lang.with("sent.earlier", &[&format::whole(earlier.len() as i64)])) }
                (table(earlier, lang))
            }
        }
    }
}

fn table(sent: &[Submission], lang: Lang) -> Markup {
    let t = |key| lang.say(key);
    html! {
        div.scroll tabindex="0" {
            table.cards {
                thead {
                    tr {
                        th { (t("form")) }
                        th { (t("period")) }
                        th { (t("sent.state")) }
                        th { (t("sent.file")) }
                        th { (t("sent.receipt")) }
                        th.number { (t("sent.received")) }
                        th.number { (t("sent.rows")) }
                        th.number { (t("sent.errors")) }
                        th.number { (t("sent.warnings")) }
                    }
                }
                tbody {
                    @for one in sent {
                        tr {
                            th scope="row" { (form_title(&one.form, lang)) }
                            td.nowrap { (format::period(&one.period, lang)) }
                            td.nowrap { (state_badge(&one.state, lang)) }
                            td.file { (one.file_name) @if !one.sheet.is_empty() { " · " (one.sheet) } }
                            td.nowrap data-label=(t("sent.receipt")) { (Receipt::of(&one.id)) }
                            td.number data-label=(t("sent.received")) { @if let Some(day) = one.received_on { (day) } }
                            td.number data-label=(t("sent.rows")) { (format::whole(one.rows)) }
                            td.number data-label=(t("sent.errors")) { (format::whole(one.errors)) }
                            td.number data-label=(t("sent.warnings")) { (format::whole(one.warnings)) }
                        }
                        @if let Some(changes) = &one.changes {
                            tr.issues { td colspan="9" { (changes.sentence(lang == Lang::En)) } }
                        }
                        @if !one.issues.is_empty() { tr.issues { td colspan="9" { (issues(one, lang)) } } }
                    }
                }
            }
        }
    }
}

fn issues(sent: &Submission, lang: Lang) -> Markup {
    html! {
        details open[sent.errors > 0] {
            summary { (lang.with("sent.issues", &[&format::whole(sent.errors + sent.warnings)])) }
            ul {
                @for issue in &sent.issues {
                    li {
                        span class=(if issue.is_error { "missed" } else { "near" }) {
                            (lang.say(if issue.is_error { "issue.error" } else { "issue.warning" }))
                        }
                        " "
                        @if let Some(row) = issue.row { (lang.with("row_no", &[&row.to_string()])) " " }
                        @if !issue.heading.is_empty() { strong { (issue.heading) } " " }
                        (issue.message)
                    }
                }
            }
            @if (sent.issues.len() as i64) < sent.errors + sent.warnings { p.small { (lang.say("sent.issues.more")) } }
        }
    }
}

fn state_badge(state: &str, lang: Lang) -> Markup {
    let (class, key, sign) = match state {
        "accepted" => ("reported", "sent.accepted", "●"),
        "zero" => ("zero", "sent.zero", "○"),
        "rejected" => ("rejected", "sent.rejected", "✕"),
        _ => ("missing", "sent.withdrawn", "↩"),
    };
    html! { span class={ "slice " (class) } aria-hidden="true" { (sign) } " " (lang.say(key)) }
}
