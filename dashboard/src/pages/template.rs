//! Workbooks to begin from: which a school still needs, and each with what is known of the school.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use ingest::form::{Form, PeriodKind, SentBy, form};
use ingest::template::known::of_warehouse;
use ingest::template::{Prefill, is_period, owed_forms, template};
use maud::{Markup, html};
use serde::Deserialize;

use crate::accounts::Role;
use crate::explain::proof::form_title;
use crate::format;
use crate::pages::download::download;
use crate::pages::fault::Fault;
use crate::pages::upload::sender;
use crate::routes;
use crate::scope::{Scope, Scoped};
use crate::visit::{App, Asked, Visitor};
use crate::words::Lang;

/// A period for which something is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    period: String,
    forms: Vec<String>,
    due_on: Option<NaiveDate>,
}

/// What a school still owes, by period, what is due first at the top. A district and the city have a page of their own for it.
pub async fn owed(scoped: &Scoped) -> Result<Vec<Owed>, Fault> {
    let Scope::School(id) = &scoped.scope else { return Ok(Vec::new()) };
    let sql = "select period, form, due_on from marts.slice
        where school_id = $1 and state in ('missing', 'rejected', 'not_due') and due_on is not null order by due_on, period, form";
    let mut found: Vec<Owed> = Vec::new();
    for row in scoped.query(sql, &[id]).await?.iter() {
        let form = row.text("form").to_owned();
        if ingest::form::form(&form).is_none_or(|form| form.sent_by != SentBy::School) {
            continue;
        }
        match found.iter_mut().find(|one| one.period == row.text("period")) {
            Some(one) => one.forms.push(form),
            None => found.push(Owed {
                period: row.text("period").to_owned(),
                forms: vec![form],
                due_on: row.date("due_on"),
            }),
        }
    }
    Ok(found)
}

/// What a template is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    period: String,
    form: String,
}

/// `GET /template`: a workbook to fill in, with what is known of the school.
pub async fn template_of(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Fault> {
    let account = sender(&visitor)?;
    let refused = |why: String| Fault::Refused { why, back: routes::UPLOAD.to_owned() };
    let period = wanted.period.trim().to_owned();
    let forms = match form(&wanted.form) {
        Some(form) => vec![form],
        None => owed_forms(&period).map_err(|_| refused(visitor.lang.say("template.no_period").to_owned()))?,
    };
    if let Some(why) = forms.iter().find_map(|form| other_period(form, &period, visitor.lang)) {
        return Err(refused(why));
    }
    let school = (account.role == Role::School).then(|| account.unit.clone());
    let known = match &school {
        Some(id) => of_warehouse(&app.desk.warehouse, id).await?,
        None => ingest::template::known::Known::default(),
    };
    let name = match (&school, forms.as_slice()) {
        (Some(id), [one]) => format!("{}_{id}_{period}.xlsx", one.heading),
        (Some(id), _) => format!("课后服务报送表_{id}_{period}.xlsx"),
        (None, [one]) => format!("{}_{period}.xlsx", one.heading),
        (None, _) => format!("课后服务报送表_{period}.xlsx"),
    };
    let prefill = Prefill { school_id: school, period: (!period.is_empty()).then_some(period), known };
    let made = tokio::task::spawn_blocking(move || template(&forms, &prefill)).await?;
    let bytes = made.map_err(|_| refused(visitor.lang.say("template.no_period").to_owned()))?;
    Ok(download(&name, bytes))
}

/// Why a form can't be of a period, if it is sent for another kind of periods.
fn other_period(form: &Form, period: &str, lang: Lang) -> Option<String> {
    let is_of_another = !period.is_empty() && owed_forms(period).is_ok() && !is_period(form.period, period);
    let kind = match form.period {
        PeriodKind::Month => "template.month",
        PeriodKind::Term => "template.term",
        PeriodKind::Year => "template.year",
    };
    is_of_another.then(|| lang.with("template.other_period", &[form_title(&form.name, lang), lang.say(kind), period]))
}

/// What a school still owes with a workbook for it, and a chooser of any.
pub fn templates(lang: Lang, role: Role, owed: &[Owed]) -> Markup {
    let t = |key| lang.say(key);
    html! {
        section #templates {
            h2 { (t("template.title")) }
            @if role == Role::School {
                p.dek { (t("template.dek")) }
                @if owed.is_empty() { p.empty { (t("template.none")) } } @else {
                    div.scroll tabindex="0" {
                        table {
                            thead { tr { th { (t("period")) } th { (t("template.owed")) } th.number { (t("duties.due")) } th { (t("template.file")) } } }
                            tbody {
                                @for one in owed {
                                    tr {
                                        th.nowrap scope="row" { (format::period(&one.period, lang)) }
                                        td { (one.forms.iter().map(|form| form_title(form, lang)).collect::<Vec<_>>().join(t("list.comma"))) }
                                        td.number { @if let Some(day) = one.due_on { (day) } }
                                        td.nowrap {
                                            a href=(routes::with(routes::TEMPLATE, &[("period", &one.period)])) download {
                                                (t("template.get"))
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            } @else { p.dek { (t("template.dek.many")) } }
            form.chooser method="get" action=(routes::TEMPLATE) {
                label for="period" { (t("period")) }
                input #period name="period" required placeholder="2019-10" size="12";
                label for="form" { (t("form")) }
                select #form name="form" {
                    option value="" { (t("template.all_owed")) }
                    @for form in ingest::form::forms().iter().filter(|form| role != Role::School || form.sent_by == SentBy::School) {
                        option value=(form.name) { (form_title(&form.name, lang)) }
                    }
                }
                button type="submit" { (t("template.get")) }
            }
        }
    }
}
