//! One finding: its sentence, clause and amount, and the very rows that prove it, with file, sheet and row.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::Path;
use chrono::NaiveDate;
use ingest::form::{Column, Form, Kind};
use maud::{Markup, html};

use crate::error::Result;
use crate::format;
use crate::pages::casework::Casework;
use crate::pages::fault::Fault;
use crate::pages::heat::severity_badge;
use crate::pages::layout::{Frame, page};
use crate::pages::parts::{self, Part};
use crate::pages::slices::form_title;
use crate::routes;
use crate::rows::{Row, Rows, Value};
use crate::scope::{Scope, Scoped};
use crate::visit::{Asked, Reader};
use crate::words::Lang;

/// What the page shows.
struct FindingPage {
    frame: Frame,
    scope: Scope,
    finding: Arc<Rows>,
    district: String,
    proofs: Vec<Proof>,
    part: Part,
    standards: Option<Arc<Rows>>,
    casework: Casework,
}

/// Rows of one file's sheet that prove the finding.
struct Proof {
    form: &'static Form,
    file_name: String,
    sheet: String,
    received_on: Option<NaiveDate>,
    columns: Vec<&'static Column>,
    rows: Vec<(i64, Option<Vec<String>>)>,
}

/// Which part of a long proof is asked for.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Long {
    part: String,
}

/// Rows of proof on a page.
const PART: i64 = 100;

/// `/finding/{id}`
pub async fn show(reader: Reader, Path(id): Path<String>, Asked(asked): Asked<Long>) -> Result<Markup, Fault> {
    let scoped = &reader.scoped;
    let lang = reader.frame.lang;
    let sql = "select finding_id, rule, severity, finding.school_id, school_name, finding.district_code, period, subject, amount, message_zh,
            message_en, clause, cast(first_seen as date) as first_seen, cast(ended as date) as ended
        from marts.finding as finding left join marts.school as school on finding.school_id = school.school_id where finding_id = $1";
    let finding = scoped.query(sql, &[&id]).await?;
    let Some(row) = finding.first() else { return Err(Fault::NotHere) };
    let names = parts::district_names(scoped, lang).await?;
    let district = names
        .into_iter()
        .find(|(code, _)| code == row.text("district_code"))
        .map_or_else(String::new, |(_, name)| name);
    let counted = scoped
        .query(
            "select count(*) as times from marts.finding_evidence where finding_id = $1 and row_no is not null",
            &[&id],
        )
        .await?;
    let proof_rows = counted.first().map_or(0, |row| row.count("times"));
    let part = Part::read(&asked.part, PART, proof_rows);
    let is_standard = scoped
        .query(
            "select 1 as one from marts.finding_evidence where finding_id = $1 and form = 'reference' limit 1",
            &[&id],
        )
        .await?;
    let standards = match is_standard.is_empty() {
        true => None,
        false => {
            let sql =
                "select urban_rural, valid_from, valid_to, yuan_per_session, yuan_per_month_cap, doc_no, approved_by
                from reference.fee_standard where district_code = $1 order by valid_from, urban_rural";
            Some(scoped.query(sql, &[row.text("district_code")]).await?)
        }
    };
    Ok(FindingPage {
        scope: scoped.scope.clone(),
        district,
        proofs: proofs(scoped, &id, part, lang).await?,
        part,
        standards,
        casework: Casework::of(scoped, &id).await?,
        finding: finding.clone(),
        frame: reader.frame,
    }
    .template())
}

/// The evidence with the stored rows beside it, by form and file.
async fn proofs(scoped: &Scoped, id: &str, part: Part, lang: Lang) -> Result<Vec<Proof>> {
    let sql = format!(
        "select evidence.form, evidence.submission_id, evidence.row_no, max(sent.school_id) as school_id, max(sent.file_name) as file_name,
            max(sent.sheet) as sheet, max(sent.received_on) as received_on
         from marts.finding_evidence as evidence left join facts.submission as sent on evidence.submission_id = sent.submission_id
         where evidence.finding_id = $1 and evidence.row_no is not null
         group by evidence.form, evidence.submission_id, evidence.row_no
         order by evidence.form, file_name, evidence.submission_id, evidence.row_no {}",
        part.limit()
    );
    let evidence = scoped.query(&sql, &[id]).await?;
    let mut proofs: Vec<Proof> = Vec::new();
    for form in ingest::form::forms() {
        let own: Vec<Row<'_>> = evidence.iter().filter(|row| row.text("form") == form.name).collect();
        let stored = stored(scoped, form, &own).await?;
        let mut last = "";
        for row in own {
            let (submission, row_no) = (row.text("submission_id"), row.count("row_no"));
            if last != submission || proofs.last().is_none_or(|proof| proof.form.name != form.name) {
                last = submission;
                proofs.push(Proof {
                    form,
                    file_name: row.text("file_name").to_owned(),
                    sheet: row.text("sheet").to_owned(),
                    received_on: row.date("received_on"),
                    columns: stored.as_ref().map(|(columns, _)| columns.clone()).unwrap_or_default(),
                    rows: Vec::new(),
                });
            }
            let cells = stored.as_ref().and_then(|(columns, cells)| {
                let found = cells.get(&(submission.to_owned(), row_no))?;
                Some(columns.iter().zip(found).map(|(column, value)| written(column, value, lang)).collect())
            });
            proofs.last_mut().expect("one was pushed").rows.push((row_no, cells));
        }
    }
    Ok(proofs)
}

/// Columns of a form as they were asked for, and their values by submission and row.
type Stored = (Vec<&'static Column>, BTreeMap<(String, i64), Vec<Value>>);

/// The stored rows of this evidence. The ids come from the mart, so they are safe to name; they are checked all the same.
async fn stored(scoped: &Scoped, form: &'static Form, evidence: &[Row<'_>]) -> Result<Option<Stored>> {
    let safe = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !text.is_empty();
    let list = |column: &str| {
        let mut texts: Vec<&str> = evidence.iter().map(|row| row.text(column)).filter(|text| safe(text)).collect();
        texts.sort_unstable();
        texts.dedup();
        texts.iter().map(|text| format!("'{text}'")).collect::<Vec<_>>().join(", ")
    };
    let (submissions, schools) = (list("submission_id"), list("school_id"));
    if submissions.is_empty() || schools.is_empty() {
        return Ok(None);
    }
    let columns = scoped.columns_of(&form.table()).await?;
    let columns: Vec<&'static Column> =
        form.columns.iter().filter(|column| column.name != "school_id" && columns.contains(&column.name)).collect();
    let numbers: Vec<String> = evidence.iter().map(|row| row.count("row_no").to_string()).collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let sql = format!(
        "select submission_id, row_no, {} from facts.{} where school_id in ({schools}) and submission_id in ({submissions}) and row_no in ({})",
        names.join(", "),
        form.table(),
        numbers.join(", ")
    );
    let rows = scoped.query(&sql, &[]).await?;
    let cells = rows.iter().map(|row| {
        let values = names.iter().map(|name| row.value(name).clone()).collect();
        ((row.text("submission_id").to_owned(), row.count("row_no")), values)
    });
    Ok(Some((columns, cells.collect())))
}

fn is_number(column: &Column) -> bool {
    matches!(column.kind, Kind::Money | Kind::Whole { .. } | Kind::Grade | Kind::Scale)
}

/// A stored value as a reader of the form knows it.
fn written(column: &Column, value: &Value, lang: Lang) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) if format::is_hash(text) => format::shortened(text),
        Value::Text(text) => match (column.choice(text), lang) {
            (Some(choice), Lang::Zh) => choice.label.clone(),
            (Some(choice), Lang::En) => choice.title_en.clone(),
            (None, _) => text.clone(),
        },
        Value::Whole(number) => number.to_string(),
        Value::Real(number) => format::number(*number),
        Value::Hundredths(fen) => format::yuan(*fen),
        Value::Date(day) => day.to_string(),
        Value::Moment(moment) => moment.to_string(),
        Value::YesNo(yes) => lang.say(if *yes { "yes" } else { "no" }).to_owned(),
    }
}

impl FindingPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let row = self.finding.first().expect("the handler checked it");
        let rule = row.text("rule");
        let entry = self.frame.catalogue.rule(rule);
        let message = if lang == Lang::Zh { row.text("message_zh") } else { row.text("message_en") };
        page(
            &self.frame,
            self.frame.catalogue.rule_title(rule, lang),
            html! {
                header.head {
                    p.crumb {
                        a href=(routes::with(routes::FINDINGS, &[("rule", rule)])) {
                            (rule)
                            " "
                            (self.frame.catalogue.rule_title(rule, lang))
                        }
                        " · "
                        (severity_badge(row.text("severity"), lang))
                    }
                    h1.sentence { (message) }
                }
                dl.case {
                    @if let Some(fen) = row.fen("amount") {
                        div.amount { dt { (t("amount")) } dd { (format::yuan(fen)) } }
                    }
                    div { dt { (t("school")) } dd { (self.school(row)) } }
                    div { dt { (t("district")) } dd { (self.district) } }
                    div { dt { (t("period")) } dd { (format::period(row.text("period"), lang)) } }
                    @if !row.text("subject").is_empty() {
                        div {
                            dt { (t("finding.subject")) }
                            dd {
                                (format::shortened(row.text("subject")))
                                @if format::is_hash(row.text("subject")) { " " span.small { (t("finding.hash")) } }
                            }
                        }
                    }
                    div {
                        dt { (t("finding.clause")) }
                        dd { (lang.with("finding.clause.cited", &[row.text("clause")])) }
                    }
                    @if let Some(day) = row.date("first_seen") {
                        div { dt { (t("finding.first_seen")) } dd { (format::date(day, lang)) } }
                    }
                    div {
                        dt { (t("findings.state")) }
                        dd {
                            @match row.date("ended") {
                                Some(day) => (lang.with("finding.ended_on", &[&format::date(day, lang)])), None => (t("findings.open"))
                            }
                        }
                    }
                }
                (self.casework.template(lang))
                section {
                    h2 { (t("finding.proof")) }
                    @if self.proofs.is_empty() && self.standards.is_none() { p.empty { (t("finding.absence")) } }
                    @if self.part.all > 0 {
                        p.dek { (lang.with("finding.proof.dek", &[&format::whole(self.part.all)])) }
                    }
                    @if let Some(standards) = &self.standards { (standards_table(standards, lang)) }
                    @for proof in &self.proofs { (proof.template(lang)) }
                    (self.part.pager(|number| routes::with(&routes::finding(row.text("finding_id")), &[("part", number)]), lang))
                }
                @if let Some(entry) = entry {
                    section.about {
                        h2 { (t("finding.rule")) }
                        @if lang == Lang::En { p { (entry.sentence) } }
                        @if !entry.said("note", lang).is_empty() { p { (entry.said("note", lang)) } }
                        @if !entry.said("blind", lang).is_empty() {
                            p { strong { (t("rule.blind")) } " " (entry.said("blind", lang)) }
                        }
                        p { a href={ (routes::CATALOGUE) "#" (rule) } { (t("catalogue.see")) } }
                    }
                }
            },
        )
    }

    fn school(&self, row: Row<'_>) -> Markup {
        let lang = self.frame.lang;
        let (id, name) = (row.text("school_id"), row.text("school_name"));
        html! {
            @if id.is_empty() { (lang.say("finding.whole_district")) }
            @else if self.scope.sees_figures() {
                a href=(routes::school(id)) { (if name.is_empty() { id } else { name }) }
            }
            @else { (if name.is_empty() { id } else { name }) }
        }
    }
}

impl Proof {
    fn template(&self, lang: Lang) -> Markup {
        html! {
            div.scroll tabindex="0" {
                table.proof {
                    caption {
                        strong { (form_title(&self.form.name, lang)) } " "
                        span.file { (self.file_name) }
                        @if !self.sheet.is_empty() { " · " (lang.with("proof.sheet", &[&self.sheet])) }
                        @if let Some(day) = self.received_on {
                            " · "
                            (lang.with("slice.received", &[&format::date(day, lang)]))
                        }
                    }
                    thead {
                        tr {
                            th.number { (lang.say("proof.row")) }
                            @for column in &self.columns {
                                th { (if lang == Lang::Zh { &column.heading } else { &column.title_en }) }
                            }
                        }
                    }
                    tbody { @for (number, cells) in &self.rows { tr {
                        th.number scope="row" { (number) }
                        @match cells {
                            Some(cells) => @for (cell, column) in cells.iter().zip(&self.columns) { td class=[is_number(column).then_some("number")] { (cell) } },
                            None => td colspan=(self.columns.len().max(1)) { (lang.say("proof.not_stored")) },
                        }
                    } } }
                }
            }
        }
    }
}

fn standards_table(rows: &Rows, lang: Lang) -> Markup {
    let t = |key| lang.say(key);
    html! {
        div.scroll tabindex="0" {
            table.proof {
                caption { strong { (t("standard.title")) } }
                thead {
                    tr {
                        th { (t("standard.area")) }
                        th { (t("standard.from")) }
                        th { (t("standard.to")) }
                        th.number { (t("standard.session")) }
                        th.number { (t("standard.cap")) }
                        th { (t("standard.doc")) }
                        th { (t("standard.by")) }
                    }
                }
                tbody { @for row in rows.iter() { tr {
                    td { (crate::pages::district::register_label("urban_rural", row.text("urban_rural"), lang)) }
                    td { @if let Some(day) = row.date("valid_from") { (day) } }
                    td { @match row.date("valid_to") { Some(day) => (day), None => (t("standard.open")) } }
                    td.number { (row.fen("yuan_per_session").map(format::yuan).unwrap_or_default()) }
                    td.number { (row.fen("yuan_per_month_cap").map(format::yuan).unwrap_or_default()) }
                    td { (row.text("doc_no")) }
                    td { (row.text("approved_by")) }
                } } }
            }
        }
    }
}
