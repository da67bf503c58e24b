//! A school: its figures over the months, what it sent and owes, and what was found.

mod given;

use axum::extract::Path;
use axum::response::Response;
use chrono::NaiveDate;
use maud::{Markup, PreEscaped, html};

use crate::charts::Words;
use crate::charts::place::place as place_chart;
use crate::charts::trend::trend;
use crate::error::Result;
use crate::figures::{self, Figure};
use crate::format;
use crate::pages::district::register_label;
use crate::pages::fault::Fault;
use crate::pages::findings::{Columns, Line, lines, list};
use crate::pages::given::{Giver, Wanted, links, page_or_file};
use crate::pages::heat::{heat_cell, heat_legend};
use crate::pages::layout::{Frame, page};
use crate::pages::official;
use crate::pages::owing::{Owing, Whose, owing};
use crate::pages::parts::{self, Choice, Months};
use crate::pages::printed;
use crate::pages::sent::{self, Submission};
use crate::pages::slices::{self, Slice};
use crate::routes;
use crate::scope::{Scope, Scoped};
use crate::visit::{Asked, Reader};
use crate::words::Lang;

/// What the page shows.
struct SchoolPage {
    frame: Frame,
    official: Markup,
    owing: Owing,
    scope: Scope,
    id: String,
    name: String,
    kind: String,
    urban_rural: String,
    district: Option<(String, String)>,
    pupils: Option<i64>,
    enrolled: Option<i64>,
    started_on: Option<NaiveDate>,
    months: Months,
    figures: Vec<Figure>,
    slices: Vec<Slice>,
    sent: Vec<Submission>,
    findings: Vec<Line>,
    places: Vec<Place>,
}

/// The school's place among similar ones, by an indicator.
pub struct Place {
    /// The indicator.
    pub indicator: String,
    /// The period.
    pub period: String,
    /// The school's own value.
    pub value: f64,
    /// How many others there are.
    pub schools: i64,
    /// Its place among all.
    pub place: i64,
    /// The lowest, the middle and the highest value of the others.
    pub others: [f64; 3],
}

impl Place {
    /// The place in words; none is the first where all are the same.
    pub fn said(&self, lang: Lang) -> String {
        let [lowest, _, highest] = self.others;
        if lowest == highest && self.value == lowest {
            return lang.say("similar.level").to_owned();
        }
        lang.with("similar.said", &[&self.place.to_string(), &(self.schools + 1).to_string()])
    }
}

/// `/school/{id}`
pub async fn show(
    reader: Reader,
    Path(id): Path<String>,
    Asked(choice): Asked<Choice>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Fault> {
    let scoped = &reader.scoped;
    if !scoped.scope.sees_figures() {
        return Err(Fault::NotHere);
    }
    let sql = "select school_id, school_name, district_code, school_kind, urban_rural, pupils, enrolled, started_on from marts.school where school_id = $1";
    let register = scoped.query(sql, &[&id]).await?;
    let Some(row) = register.first() else { return Err(Fault::NotHere) };
    let district = parts::district_names(scoped, reader.frame.lang)
        .await?
        .into_iter()
        .find(|(code, _)| code == row.text("district_code"));
    let figures = figures::of_unit(scoped, "school", &id).await?;
    let months = Months::of(&figures, &choice, scoped);
    let giver = Giver::of(&reader);
    let shown = SchoolPage {
        places: places(scoped, &id, &crate::period::around(&months.chosen)).await?,
        official: official::banner(&reader, &months.chosen),
        owing: owing(scoped, Whose::School(&id)).await?,
        scope: scoped.scope.clone(),
        name: row.text("school_name").to_owned(),
        kind: row.text("school_kind").to_owned(),
        urban_rural: row.text("urban_rural").to_owned(),
        district,
        pupils: row.whole("pupils"),
        enrolled: row.whole("enrolled"),
        started_on: row.date("started_on"),
        months,
        figures,
        slices: slices::of_school(scoped, &id).await?,
        sent: sent::of_school(scoped, &id, reader.frame.lang).await?,
        findings: lines(&reader, "school_id = $1 and ended is null", &[&id], "limit 50").await?,
        frame: reader.frame,
        id,
    };
    page_or_file(&giver, &wanted, |table| shown.grid(table), || shown.template()).await
}

/// The school's places in the first three of these periods; similar schools are counted and not named.
pub async fn places(scoped: &Scoped, school: &str, periods: &[String]) -> Result<Vec<Place>> {
    let sql = "select indicator, period, value, schools, place, lowest, median, highest from marts.similar_place
        where school_id = $1 and period in ($2, $3, $4) order by indicator, period";
    let near = |at: usize| periods.get(at).map_or("", String::as_str);
    let rows = scoped.query(sql, &[school, near(0), near(1), near(2)]).await?;
    let read = |row: crate::rows::Row<'_>| {
        Some(Place {
            indicator: row.text("indicator").to_owned(),
            period: row.text("period").to_owned(),
            value: row.real("value")?,
            schools: row.count("schools"),
            place: row.count("place"),
            others: [row.real("lowest")?, row.real("median")?, row.real("highest")?],
        })
    };
    let mut places: Vec<Place> = rows.iter().filter_map(read).collect();
    // Of each indicator the nearest period: the month's own, else its term's, else its year's.
    let nearness = |period: &str| periods.iter().position(|one| one == period).unwrap_or(periods.len());
    let order = |code: &str| figures::ORDER.iter().position(|one| *one == code).unwrap_or(figures::ORDER.len());
    places.sort_by_key(|place| (order(&place.indicator), place.indicator.clone(), nearness(&place.period)));
    places.dedup_by(|later, earlier| later.indicator == earlier.indicator);
    Ok(places)
}

impl SchoolPage {
    /// Whether the reader sends this school's files.
    fn sends(&self) -> bool {
        matches!(self.scope, Scope::School(_))
    }

    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        page(
            &self.frame,
            &self.name,
            html! {
                header.head {
                    @if let Some((code, name)) = &self.district {
                        p.crumb {
                            @if self.scope == Scope::City || self.scope == Scope::District(code.clone()) {
                                a href=(routes::with(&routes::district(code), &[("month", &self.months.chosen)])) {
                                    (name)
                                }
                            } @else { (name) }
                        }
                    }
                    h1 { (self.name) }
                    dl.facts-line {
                        div { dt { (t("school.id")) } dd { (self.id) } }
                        div {
                            dt { (t("school.kind")) }
                            dd {
                                (register_label("school_kind", &self.kind, lang))
                                " · "
                                (register_label("urban_rural", &self.urban_rural, lang))
                            }
                        }
                        div {
                            dt { (t("school.pupils")) }
                            dd { (self.pupils.map_or_else(|| "–".to_owned(), format::whole)) }
                        }
                        div {
                            dt { (t("school.enrolled")) }
                            dd { (self.enrolled.map_or_else(|| "–".to_owned(), format::whole)) }
                        }
                        div {
                            dt { (t("school.started_on")) }
                            dd {
                                @match self.started_on {
                                    Some(day) => (format::date(day, lang)), None => span.missed {
                                        (t("school.not_offering"))
                                    }
                                }
                            }
                        }
                    }
                    (self.months.chooser(&routes::school(&self.id), &[], lang))
                    (self.owing.template(self.sends().then_some((routes::UPLOAD, t("nav.upload"))), lang))
                    (printed::links(&self.id, lang))
                    (self.official)
                }
                section {
                    h2 { (lang.with("school.figures", &[&format::period(&self.months.chosen, lang)])) }
                    @if self.figures.is_empty() { p.empty { (t("school.no_figures")) } }
                    (parts::tiles(&self.figures, &self.months, &self.frame.catalogue, lang))
                    (self.over_months())
                    @if !self.figures.is_empty() { (links(&self.frame, "figures")) }
                }
                (self.similar())
                section #reports {
                    h2 { (t("school.reports")) }
                    @if self.slices.is_empty() {
                        p.empty { (t("school.no_slices")) }
                    } @else { (slices::legend(lang)) (slices::matrix(&self.slices, lang)) (links(&self.frame, "slices")) }
                }
                section #findings {
                    h2 { (t("school.open_findings")) }
                    @if self.findings.is_empty() {
                        p.empty { (t("findings.none")) }
                    } @else { (list(&self.findings, &self.frame.catalogue, Columns::OneSchool, &self.frame, &self.scope)) }
                    p {
                        a href=(routes::with(routes::FINDINGS, &[("school", &self.id), ("state", "all")])) {
                            (t("findings.with_ended"))
                        }
                        " · "
                        a href=(routes::with(routes::FINDINGS, &[("school", &self.id), ("table", "findings"), ("as", "xlsx")])) download rel="nofollow" {
                            (t("given.open_findings"))
                        }
                    }
                }
                section { h2 { (t("school.sent")) } (sent::list(&self.sent, lang)) }
            },
        )
    }

    /// The school among similar ones, which are not named.
    fn similar(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let catalogue = &self.frame.catalogue;
        if self.places.is_empty() {
            return html! {};
        }
        html! {
            section #similar {
                h2 { (t("similar.title")) }
                p.dek { (t("similar.dek")) }
                div.scroll tabindex="0" {
                    table.similar {
                        thead {
                            tr {
                                th { (t("indicator")) }
                                th.aside { (t("period")) }
                                th.number { (t("similar.own")) }
                                th { (t("similar.among")) }
                                th.number { (t("similar.place")) }
                                th.number { (t("similar.median")) }
                                th.number { (t("similar.range")) }
                            }
                        }
                        tbody { @for place in &self.places {
                            @let unit = catalogue.unit(&place.indicator);
                            @let title = catalogue.indicator_title(&place.indicator, lang);
                            @let [lowest, median, highest] = place.others;
                            @let said = place.said(lang);
                            tr {
                                th scope="row" { a href=(routes::indicator(&place.indicator)) { (title) } }
                                td.nowrap.aside { (format::period(&place.period, lang)) }
                                td.number {
                                    a.proof-link href=(routes::figure(&place.indicator, &self.id, &place.period)) { (unit.write(place.value)) }
                                }
                                td { (PreEscaped(place_chart(place.value, place.others, &said, &Words { title: format!("{title}：{said}"), description: String::new() }))) }
                                td.number { (said) }
                                td.number { (unit.write(median)) }
                                td.number { (unit.write(lowest)) " – " (unit.write(highest)) }
                            }
                        } }
                    }
                }
                (links(&self.frame, "similar"))
            }
        }
    }

    /// Monthly indicators × months.
    fn over_months(&self) -> Markup {
        let lang = self.frame.lang;
        let catalogue = &self.frame.catalogue;
        let monthly: Vec<Figure> =
            self.figures.iter().filter(|figure| figure.period_type == "month").cloned().collect();
        let codes = figures::indicators(&monthly);
        if codes.is_empty() {
            return html! {};
        }
        html! {
            details.more {
                summary { (lang.say("school.over_months")) }
                div.scroll tabindex="0" {
                    table.heat {
                        thead {
                            tr {
                                th { (lang.say("indicator")) }
                                @for month in &self.months.all {
                                    th.number scope="col" { (format::period(month, lang)) }
                                }
                                th { (lang.say("trend")) }
                            }
                        }
                        tbody { @for code in &codes { tr {
                            th scope="row" {
                                a href=(routes::indicator(code)) { (catalogue.indicator_title(code, lang)) }
                            }
                            @for month in &self.months.all {
                                (heat_cell(monthly.iter().find(|figure| figure.indicator == *code && figure.period == *month), catalogue.unit(code), lang))
                            }
                            td { (self.line(&monthly, code)) }
                        } } }
                    }
                }
                (heat_legend(lang))
            }
        }
    }

    fn line(&self, monthly: &[Figure], code: &str) -> Markup {
        let lang = self.frame.lang;
        let title = lang.with("trend.title", &[self.frame.catalogue.indicator_title(code, lang)]);
        let values: Vec<_> = self.months.all.iter().map(|month| parts::value_in(monthly, code, month)).collect();
        let target = monthly.iter().find(|figure| figure.indicator == code).and_then(|figure| figure.target);
        let shown = self.months.all.iter().position(|month| *month == self.months.chosen);
        html! { @if let Some(drawn) = trend(&values, &[], shown, target, &Words { title, description: String::new() }) { (PreEscaped(drawn)) } }
    }
}
