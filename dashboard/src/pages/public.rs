//! What anybody may see without a log-in: figures of the city and its districts with withheld cells, and what each school has to
//! make public. Everything here is read as the public reads it, whoever is logged in.

pub mod district;
pub mod files;
pub mod overview;
pub mod school;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::NaiveDate;
use maud::{Markup, html};

use crate::catalog::Unit;
use crate::error::Result;
use crate::figures::{self, COLUMNS, Figure, ORDER, Status};
use crate::format;
use crate::pages::fault::Fault;
use crate::pages::layout::Frame;
use crate::pages::parts;
use crate::routes;
use crate::rows::Row;
use crate::scope::{Scope, Scoped};
use crate::visit::{App, Visitor};
use crate::words::Lang;

/// Anybody, with what the public sees of the current release.
pub struct PublicReader {
    /// The page around the answer.
    pub frame: Frame,
    /// The public's tables.
    pub scoped: Arc<Scoped>,
}

impl FromRequestParts<Arc<App>> for PublicReader {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Fault> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let pinned = app.releases.current().await?.ok_or(Fault::NoRelease)?;
        let scoped = pinned.scoped(&Scope::Public).await?;
        let mut frame = visitor.frame(app).of(&pinned);
        if let Some(edition) = &mut frame.edition {
            edition.official |= app.releases.officials().iter().any(|official| official.release == edition.number);
        }
        Ok(PublicReader { frame, scoped })
    }
}

/// What the address chooses.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// The period, `2019-10`.
    pub period: String,
    /// The unit of a file: a district's code or `city`; none for all.
    pub unit: String,
    /// The part of a long list.
    pub page: String,
}

/// A figure, or that it is withheld.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The figure; without any number where it is withheld.
    pub figure: Figure,
    /// The district's names, empty for the city.
    pub names: [String; 2],
    /// Whether it is not shown because it is on too few people.
    pub is_withheld: bool,
    /// The day on which it was made public.
    pub published_on: Option<NaiveDate>,
}

impl Shown {
    /// The unit's name.
    pub fn name(&self, lang: Lang) -> &str {
        match self.names[lang as usize].as_str() {
            "" => lang.say("city"),
            name => name,
        }
    }
}

/// The public figures under a condition on `$1` and `$2`, units in the order of their codes and the city last.
async fn figures_where(scoped: &Scoped, condition: &str, texts: &[&str]) -> Result<Vec<Shown>> {
    let sql = format!(
        "select {COLUMNS}, name_zh, name_en, is_withheld, published_on from (select *, unit_id as district_code from marts.public_figure)
         where {condition} order by period, unit_id, indicator"
    );
    let mut all: Vec<Shown> = scoped.query(&sql, texts).await?.iter().map(read).collect();
    let order = |code: &str| ORDER.iter().position(|one| *one == code).unwrap_or(ORDER.len());
    all.sort_by_key(|shown| order(&shown.figure.indicator));
    Ok(all)
}

fn read(row: Row<'_>) -> Shown {
    Shown {
        figure: figures::read(row),
        names: ["name_zh", "name_en"].map(|name| row.text(name).to_owned()),
        is_withheld: row.yes("is_withheld"),
        published_on: row.date("published_on"),
    }
}

/// The periods of which there are public figures, and the one that is shown.
struct Periods {
    all: Vec<String>,
    chosen: String,
}

impl Periods {
    /// The one asked for, or the newest month whose rosters are public, or the newest of all.
    async fn of(scoped: &Scoped, asked: &str) -> Result<Periods> {
        let sql = "select period_type, period, max(case when indicator = 'C04' then 1 else 0 end) as rosters
            from marts.public_figure group by period_type, period
            order by case period_type when 'month' then 1 when 'term' then 2 else 3 end, period";
        let rows = scoped.query(sql, &[]).await?;
        let all: Vec<String> = rows.iter().map(|row| row.text("period").to_owned()).collect();
        let is_usual = |row: &Row<'_>| row.text("period_type") == "month" && row.count("rosters") == 1;
        let usual = rows.iter().filter(is_usual).last().map(|row| row.text("period").to_owned());
        let chosen = all.iter().find(|period| *period == asked).cloned().or(usual).or(all.last().cloned());
        Ok(Periods { all, chosen: chosen.unwrap_or_default() })
    }

    fn chooser(&self, address: &str, lang: Lang) -> Markup {
        html! {
            nav.months aria-label=(lang.say("period")) {
                @for period in &self.all {
                    a href=(routes::with(address, &[("period", period)])) aria-current=[(*period == self.chosen).then_some("true")] {
                        (format::period(period, lang))
                    }
                }
            }
        }
    }
}

/// A figure's cell, or that it is withheld.
fn cell(shown: Option<&Shown>, unit: Unit, lang: Lang) -> Markup {
    html! {
        @match shown {
            Some(shown) if shown.is_withheld => td.withheld { (withheld(lang)) },
            Some(Shown { figure, .. }) if figure.value.is_some() => {
                td class={ "number " (figure.heat().class()) } {
                    (figure.label(unit, lang))
                    @if figure.status == Status::Missed { span.sign aria-hidden="true" { (figure.status.sign()) } }
                }
            },
            _ => td.number.g-void { "–" },
        }
    }
}

/// `不公开（人数过少）`
fn withheld(lang: Lang) -> Markup {
    html! { (lang.say("public.withheld")) small { (lang.say("public.withheld.why")) } }
}

/// A unit's figures of one period, with all that they are made of.
fn table(figures: &[Shown], frame: &Frame) -> Markup {
    let lang = frame.lang;
    let t = |key| lang.say(key);
    html! {
        div.scroll tabindex="0" { table.heat.public {
            thead {
                tr {
                    th { (t("indicator")) }
                    th.number { (t("value")) }
                    th.number { (t("numerator")) }
                    th.number { (t("denominator")) }
                    th.number { (t("interval")) }
                    th.number { (t("target.head")) }
                    th { (t("status")) }
                    th.number { (t("coverage.head")) }
                    th.number { (t("public.as_of")) }
                }
            }
            tbody { @for shown in figures { (line(shown, frame)) } }
        } }
        p.small { (t("coverage.title")) }
    }
}

fn line(shown: &Shown, frame: &Frame) -> Markup {
    let (lang, figure) = (frame.lang, &shown.figure);
    let unit = frame.catalogue.unit(&figure.indicator);
    let formula = frame.catalogue.indicator(&figure.indicator).map_or("", |entry| entry.said("formula", lang));
    html! {
        tr {
            th scope="row" {
                (frame.catalogue.indicator_title(&figure.indicator, lang))
                @if !formula.is_empty() { small.formula { (formula) } }
            }
            (cell(Some(shown), unit, lang))
            td.number { (figure.numerator.map(format::number).unwrap_or_default()) }
            td.number { (figure.denominator.map(format::number).unwrap_or_default()) }
            td.number {
                @if let (Some(lower), Some(upper)) = (figure.lower, figure.upper) { (unit.write(lower)) " – " (unit.write(upper)) }
            }
            td.number { (figure.target.map(|target| unit.write(target)).unwrap_or_default()) }
            td { (parts::status(figure.status, lang)) }
            td.number { (figure.coverage().unwrap_or_default()) }
            td.number { @if let Some(day) = shown.published_on { (day) } }
        }
    }
}

/// What is withheld, why, and what of a figure may change.
fn explanation(lang: Lang) -> Markup {
    html! {
        section #withheld {
            h2 { (lang.say("public.about")) }
            div.about {
                p { (lang.say("public.about.withheld")) }
                p { (lang.say("public.about.editions")) }
                p { (lang.say("public.about.rest")) }
            }
        }
    }
}

/// The label of a form's choice.
fn label(form: &str, column: &str, code: &str, lang: Lang) -> String {
    let choice = ingest::form::form(form).and_then(|form| form.column(column)).and_then(|column| column.choice(code));
    choice.map_or_else(
        || code.to_owned(),
        |choice| if lang == Lang::Zh { choice.label.clone() } else { choice.title_en.clone() },
    )
}
