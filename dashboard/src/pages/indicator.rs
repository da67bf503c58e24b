//! One indicator: what it means, its numbers above and below the line in each district and period, and on what the visitor's own
//! figure rests.

mod given;

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};

use crate::explain::Explainer;
use crate::explain::figure::{FigureExplained, Question};
use crate::figures::{self, Figure, of_month};
use crate::format;
use crate::pages::explained;
use crate::pages::fault::Fault;
use crate::pages::given::{Giver, Wanted, links, page_or_file};
use crate::pages::heat::{heat_cell, proof_link};
use crate::pages::layout::{Frame, page};
use crate::pages::parts::{self, Choice, Months};
use crate::routes;
use crate::scope::Scope;
use crate::visit::{Asked, Reader};

/// What the page shows.
struct IndicatorPage {
    frame: Frame,
    code: String,
    months: Months,
    units: Vec<Unit>,
    own: Option<FigureExplained>,
}

/// A district, the visitor's school, or the city, with all values of the indicator.
struct Unit {
    name: String,
    address: Option<String>,
    figures: Vec<Figure>,
}

/// `/indicator/{code}`
pub async fn show(
    reader: Reader,
    Path(code): Path<String>,
    Asked(choice): Asked<Choice>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Fault> {
    let scoped = &reader.scoped;
    if !scoped.scope.sees_figures() {
        return Err(Fault::NotHere);
    }
    let lang = reader.frame.lang;
    let mut all = figures::of_indicator(scoped, &code).await?;
    if let Scope::School(id) = &scoped.scope {
        all.extend(figures::of_unit(scoped, "school", id).await?.into_iter().filter(|figure| figure.indicator == code));
    }
    let is_known = reader.project.models().any(|model| model.name.schema != "rules" && model.code() == Some(&code));
    if all.is_empty() && reader.frame.catalogue.indicator(&code).is_none() && !is_known {
        return Err(Fault::NotHere);
    }
    // Any monthly figure tells which months there are, so the chooser is the same as on the page before.
    let months = Months::of(&all, &choice, scoped);
    let own = |unit: &str| all.iter().filter(|figure| figure.unit_id == unit).cloned().collect::<Vec<_>>();
    let mut units: Vec<Unit> = parts::district_names(scoped, lang)
        .await?
        .into_iter()
        .map(|(code, name)| Unit {
            name,
            address: scoped.scope.sees_district(&code).then(|| routes::district(&code)),
            figures: own(&code),
        })
        .collect();
    if let Scope::School(id) = &scoped.scope {
        let name = scoped.query("select school_name from marts.school where school_id = $1", &[id]).await?;
        let name = name.first().map_or_else(|| id.clone(), |row| row.text("school_name").to_owned());
        units.push(Unit { name, address: Some(routes::school(id)), figures: own(id) });
    }
    units.push(Unit {
        name: lang.say("city").to_owned(),
        address: (scoped.scope == Scope::City).then(|| routes::CITY.to_owned()),
        figures: own("city"),
    });
    units.retain(|unit| !unit.figures.is_empty());
    let own_unit = match &scoped.scope {
        Scope::School(id) => id.as_str(),
        Scope::District(code) => code.as_str(),
        _ => "city",
    };
    let of_own = all.iter().filter(|figure| figure.unit_id == own_unit);
    let own = match of_month(of_own, &code, &months.chosen) {
        Some(figure) if is_known => {
            let question = Question {
                indicator: code.clone(),
                unit: own_unit.to_owned(),
                period: figure.period.clone(),
                dimension: String::new(),
            };
            Some(Explainer::scoped(scoped, &reader.project, lang).figure(&question).await?)
        }
        _ => None,
    };
    let giver = Giver::of(&reader);
    let shown = IndicatorPage { frame: reader.frame, code, months, units, own };
    page_or_file(&giver, &wanted, |table| shown.grid(table), || shown.template()).await
}

impl IndicatorPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let catalogue = &self.frame.catalogue;
        let title = catalogue.indicator_title(&self.code, lang);
        page(
            &self.frame,
            title,
            html! {
                header.head {
                    p.crumb { a href={ (routes::CATALOGUE) "#" (self.code) } { (t("indicator")) " " (self.code) } }
                    h1 { (title) }
                    @if let Some(entry) = catalogue.indicator(&self.code) {
                        dl.case {
                            div { dt { (t("indicator.formula")) } dd { (entry.said("formula", lang)) } }
                            @if !entry.get("clause").is_empty() {
                                div {
                                    dt { (t("finding.clause")) }
                                    dd { (lang.with("finding.clause.cited", &[entry.get("clause")])) }
                                }
                            }
                            @if !entry.said("note", lang).is_empty() {
                                div { dt { (t("indicator.note")) } dd { (entry.said("note", lang)) } }
                            }
                        }
                        @if !entry.sentence.is_empty() && lang == crate::words::Lang::En {
                            p.small { (entry.sentence) }
                        }
                    }
                    @if self.months.all.len() > 1 { (self.months.chooser(&routes::indicator(&self.code), &[], lang)) }
                }
                @if self.units.is_empty() {
                    p.empty { (t("indicator.none")) }
                } @else { (self.parts()) (self.periods()) }
                @if let Some(own) = &self.own { (self.explained(own)) }
            },
        )
    }

    /// The month's numbers above and below the line.
    fn parts(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let unit = self.frame.catalogue.unit(&self.code);
        html! {
            section {
                h2 { (t("indicator.parts")) }
                div.scroll tabindex="0" { table {
                    thead {
                        tr {
                            th { (t("unit")) }
                            th { (t("period")) }
                            th.number { (t("numerator")) }
                            th.number { (t("denominator")) }
                            th.number { (t("value")) }
                            th { (t("interval")) }
                            th.number { (t("target.head")) }
                            th { (t("status")) }
                            th.number { (t("coverage.head")) }
                        }
                    }
                    tbody { @for one in &self.units { @if let Some(figure) = of_month(&one.figures, &self.code, &self.months.chosen) { tr {
                        th scope="row" {
                            @match &one.address {
                                Some(address) => a href=(routes::with(address, &[("month", &self.months.chosen), ("indicator", &self.code)])) {
                                    (one.name)
                                }
                                , None => (one.name)
                            }
                        }
                        td.nowrap { (format::period(&figure.period, lang)) }
                        td.number { (figure.numerator.map(format::number).unwrap_or_default()) }
                        td.number { (figure.denominator.map(format::number).unwrap_or_default()) }
                        td.number {
                            strong {
                                @if figure.value.is_some() { (proof_link(figure, unit, lang)) } @else { (figure.label(unit, lang)) }
                            }
                        }
                        td.nowrap {
                            @if let (Some(lower), Some(upper)) = (figure.lower, figure.upper) {
                                (unit.write(lower))
                                " – "
                                (unit.write(upper))
                            }
                        }
                        td.number { (figure.target.map(|target| unit.write(target)).unwrap_or_default()) }
                        td { (parts::status(figure.status, lang)) }
                        td.number { (figure.coverage().unwrap_or_default()) }
                    } } } }
                } }
                p.small { (t("coverage.title")) }
                (links(&self.frame, "parts"))
            }
        }
    }

    /// On what the visitor's own figure rests.
    fn explained(&self, own: &FigureExplained) -> Markup {
        let lang = self.frame.lang;
        let unit = if lang == crate::words::Lang::En && !own.unit.name_en.is_empty() {
            &own.unit.name_en
        } else {
            &own.unit.name_zh
        };
        html! {
            section {
                h2 { (lang.with("explain.title", &[unit, &format::period(&own.period.period, lang)])) }
                @if let Some(coverage) = &own.coverage { (explained::coverage(coverage, lang)) }
                (explained::slices(&own.slices, lang))
                @for proof in &own.proofs { (explained::proof(proof, lang)) }
                (explained::policy(&own.policy, lang))
                (explained::sql(&own.sql, lang))
            }
        }
    }

    /// Units × periods.
    fn periods(&self) -> Markup {
        let lang = self.frame.lang;
        let unit = self.frame.catalogue.unit(&self.code);
        html! {
            section {
                h2 { (lang.say("indicator.periods")) }
                @for kind in ["month", "term", "year"] {
                    @let periods = self.periods_of(kind);
                    @if !periods.is_empty() {
                        div.scroll tabindex="0" { table.heat {
                            thead {
                                tr {
                                    th { (lang.say("unit")) }
                                    @for period in &periods { th.number scope="col" { (format::period(period, lang)) } }
                                }
                            }
                            tbody { @for one in &self.units { tr {
                                th scope="row" { (one.name) }
                                @for period in &periods {
                                    (heat_cell(one.figures.iter().find(|figure| figure.period == *period), unit, lang))
                                }
                            } } }
                        } }
                    }
                }
                (links(&self.frame, "periods"))
            }
        }
    }

    fn periods_of(&self, kind: &str) -> BTreeSet<&str> {
        let figures = self.units.iter().flat_map(|one| &one.figures);
        figures.filter(|figure| figure.period_type == kind).map(|figure| figure.period.as_str()).collect()
    }
}
