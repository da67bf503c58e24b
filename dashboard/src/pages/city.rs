//! The city's overview: where it stands, how it got there, how the districts differ, and what was found.

mod given;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use maud::{Markup, PreEscaped, html};

use crate::catalog::Unit;
use crate::charts::Words;
use crate::charts::bars::{Against, Bar, bars};
use crate::charts::rollout::Day;
use crate::charts::tiles::{Tile, tiles};
use crate::error::Result;
use crate::figures::{self, Figure, Status, of_month};
use crate::format;
use crate::pages::curve::{self, rollout_figure};
use crate::pages::fault::Fault;
use crate::pages::given::{Giver, Wanted, chart_links, links, page_or_file};
use crate::pages::heat::{heat_cell, heat_legend, proof_link, severity_badge};
use crate::pages::layout::{Frame, page};
use crate::pages::official;
use crate::pages::parts::{self, Choice, Months};
use crate::pages::printed;
use crate::pages::since;
use crate::pages::slices::State as SliceState;
use crate::report::ask::CITY;
use crate::routes;
use crate::scope::{Scope, Scoped};
use crate::since::Told;
use crate::visit::{App, Asked, Reader};

/// What the overview shows.
struct CityPage {
    frame: Frame,
    official: Markup,
    months: Months,
    city: Vec<Figure>,
    districts: Vec<District>,
    indicator: String,
    days: Vec<Day>,
    deadline: Option<NaiveDate>,
    found: Vec<Found>,
    since: Told,
}

/// A district with its figures.
struct District {
    code: String,
    name: String,
    column: i64,
    row: i64,
    figures: Vec<Figure>,
    slices: Vec<(SliceState, i64)>,
}

/// Open findings of one rule in one district.
struct Found {
    rule: String,
    severity: String,
    district: String,
    times: i64,
    fen: i128,
}

/// `/city`
pub async fn show(
    State(app): State<Arc<App>>,
    reader: Reader,
    Asked(choice): Asked<Choice>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Fault> {
    let scoped = &reader.scoped;
    if scoped.scope != Scope::City {
        return Err(Fault::NotHere);
    }
    let city = figures::of_unit(scoped, "city", "city").await?;
    let months = Months::of(&city, &choice, scoped);
    let districts = districts(scoped, &months.chosen, &reader.frame).await?;
    let codes = figures::indicators(districts.iter().flat_map(|district| &district.figures));
    let indicator = parts::indicator_of(&choice, &codes).to_owned();
    let days = curve::days(scoped, "").await?;
    let deadline = curve::deadline(scoped).await?;
    let found = found(scoped).await?;
    let since = app.since.of(&app.releases, scoped.edition.number, &app.pages, &scoped.scope);
    let official = official::banner(&reader, &months.chosen);
    let giver = Giver::of(&reader);
    let frame = reader.frame;
    let shown = CityPage { frame, official, months, city, districts, indicator, days, deadline, found, since };
    page_or_file(&giver, &wanted, |table| shown.grid(table), || shown.template()).await
}

async fn districts(scoped: &Scoped, month: &str, frame: &Frame) -> Result<Vec<District>> {
    let places = scoped.query("select district_code, tile_col, tile_row from marts.district", &[]).await?;
    let all = figures::of_districts(scoped, month).await?;
    let states = "select district_code, state, count(*) as times from marts.slice where period = $1 group by district_code, state";
    let states = scoped.query(states, &[month]).await?;
    let names = parts::district_names(scoped, frame.lang).await?;
    Ok(names
        .into_iter()
        .map(|(code, name)| {
            let place =
                |column| places.iter().find(|row| row.text("district_code") == code).map_or(0, |row| row.count(column));
            let slices = states.iter().filter(|row| row.text("district_code") == code);
            District {
                column: place("tile_col"),
                row: place("tile_row"),
                figures: all.iter().filter(|figure| figure.unit_id == code).cloned().collect(),
                slices: slices.map(|row| (SliceState::read(row.text("state")), row.count("times"))).collect(),
                code,
                name,
            }
        })
        .collect())
}

async fn found(scoped: &Scoped) -> Result<Vec<Found>> {
    let sql = "select rule, severity, district_code, count(*) as times, coalesce(sum(amount), cast(0 as decimal(18,2))) as amount
        from marts.finding where ended is null group by rule, severity, district_code order by rule, district_code";
    let rows = scoped.query(sql, &[]).await?;
    let read = |row: crate::rows::Row<'_>| Found {
        rule: row.text("rule").to_owned(),
        severity: row.text("severity").to_owned(),
        district: row.text("district_code").to_owned(),
        times: row.count("times"),
        fen: row.fen("amount").unwrap_or(0),
    };
    Ok(rows.iter().map(read).collect())
}

impl CityPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        page(
            &self.frame,
            t("nav.city"),
            html! {
                header.head {
                    h1 { (t("nav.city")) }
                    p.dek { (self.summary()) " " a href=(routes::FINDINGS) { (t("findings.see")) } }
                    (self.months.chooser(routes::CITY, &[("indicator", &self.indicator)], lang))
                    (printed::links(CITY, lang))
                    (self.official)
                }
                section {
                    h2 { (lang.with("city.figures", &[&format::period(&self.months.chosen, lang)])) }
                    @if self.city.is_empty() { p.empty { (t("city.no_figures")) } }
                    (parts::tiles(&self.city, &self.months, &self.frame.catalogue, lang))
                }
                div.pair {
                    section { h2 { (t("rollout.title")) } (rollout_figure(&self.days, self.deadline, &self.frame)) }
                    section {
                        h2 { (lang.with("city.reports", &[&format::period(&self.months.chosen, lang)])) }
                        p.dek { (t("city.reports.months")) " " (t("city.reports.dek")) }
                        (self.reports())
                    }
                }
                section #compare { h2 { (t("city.compare")) } (self.compare()) }
                section { h2 { (t("city.heat")) } p.dek { (t("city.heat.dek")) } (self.heat()) }
                section { h2 { (t("city.findings")) } (self.findings()) }
                (since::section(&self.since, &self.frame))
            },
        )
    }

    /// The page in one sentence.
    fn summary(&self) -> String {
        let lang = self.frame.lang;
        let started = match self.days.last() {
            Some(day) => lang.with("city.summary.started", &[&format::whole(day.started), &format::whole(day.schools)]),
            None => String::new(),
        };
        let (times, fen) = self.found.iter().fold((0, 0), |(times, fen), found| (times + found.times, fen + found.fen));
        let found = lang.with("city.summary.found", &[&format::whole(times), &format::yuan(fen)]);
        format!("{started}{found}")
    }

    fn compare(&self) -> Markup {
        let lang = self.frame.lang;
        let catalogue = &self.frame.catalogue;
        let (unit, title) = (catalogue.unit(&self.indicator), catalogue.indicator_title(&self.indicator, lang));
        let figure_of =
            |district: &District| of_month(&district.figures, &self.indicator, &self.months.chosen).cloned();
        let mut shown: Vec<(&District, Option<Figure>)> =
            self.districts.iter().map(|district| (district, figure_of(district))).collect();
        shown.sort_by(|(_, one), (_, other)| {
            let value = |figure: &Option<Figure>| figure.as_ref().and_then(|figure| figure.value).unwrap_or(f64::MIN);
            value(other).total_cmp(&value(one))
        });
        let whole = of_month(&self.city, &self.indicator, &self.months.chosen);
        let target = shown.iter().find_map(|(_, figure)| figure.as_ref()?.target);
        let label = |figure: &Option<Figure>| {
            figure.as_ref().map_or_else(|| lang.say("figure.none").to_owned(), |figure| figure.label(unit, lang))
        };
        let values = shown
            .iter()
            .filter_map(|(_, figure)| figure.as_ref())
            .flat_map(|figure| [figure.value, figure.lower, figure.upper])
            .flatten();
        let ends = parts::scale(values.chain(target).chain(whole.and_then(|figure| figure.value)), unit.is_share());
        let lines: Vec<Bar> = shown
            .iter()
            .map(|(district, figure)| Bar {
                name: district.name.clone(),
                value: figure.as_ref().and_then(|figure| figure.value),
                interval: figure.as_ref().and_then(|figure| figure.lower.zip(figure.upper)),
                status: figure.as_ref().map_or(Status::Open, |figure| figure.status),
                label: label(figure),
                note: figure
                    .as_ref()
                    .and_then(Figure::coverage)
                    .map_or_else(String::new, |coverage| lang.with("coverage", &[&coverage])),
            })
            .collect();
        let against = Against {
            target: target.map(|target| (target, lang.with("target", &[&unit.write(target)]))),
            whole: whole
                .and_then(|figure| Some((figure.value?, lang.with("whole.city", &[&figure.label(unit, lang)])))),
            scale: [ends.0, ends.1].map(|end| (end, unit.write(end))),
        };
        let words = Words {
            title: lang.with("compare.title", &[title]),
            description: shown
                .iter()
                .map(|(district, figure)| format!("{} {}", district.name, label(figure)))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let map: Vec<Tile> = self
            .districts
            .iter()
            .map(|district| (district, figure_of(district)))
            .map(|(district, figure)| Tile {
                column: district.column,
                row: district.row,
                name: district.name.clone(),
                label: figure
                    .as_ref()
                    .and_then(|figure| figure.value)
                    .map_or_else(|| "–".to_owned(), |value| unit.write(value)),
                heat: figure.map_or(figures::Heat::None, |figure| figure.heat()),
            })
            .collect();
        let of_map = Words { title: format!("{} {title}", lang.say("map.title")), ..words.clone() };
        let codes = figures::indicators(self.districts.iter().flat_map(|district| &district.figures));
        let period = whole.map_or_else(String::new, |figure| format::period(&figure.period, lang));
        html! {
            (parts::indicator_chooser(&format!("{}#compare", routes::CITY), &codes, &self.indicator, &self.months.chosen, catalogue, lang))
            div.beside {
                figure.narrow-figure {
                    figcaption { strong { (lang.say("map.title")) } span { (lang.say("map.note")) } }
                    @if let Some(drawn) = tiles(&map, &of_map) {
                        (PreEscaped(drawn))
                    } @else { p.empty { (lang.say("chart.empty")) } }
                    (heat_legend(lang))
                    (chart_links(&self.frame, &of_map.title))
                }
                (parts::given_chart(&self.frame, "compare", &words.title, &format!("{period} · {}", lang.say("compare.note")), |screen| bars(&lines, &against, screen, &words), html! {
                    table {
                        thead {
                            tr {
                                th { (lang.say("district")) }
                                th.number { (title) }
                                th { (lang.say("interval")) }
                                th.number { (lang.say("numerator")) }
                                th.number { (lang.say("denominator")) }
                                th.number { (lang.say("coverage.head")) }
                            }
                        }
                        tbody { @for (district, figure) in &shown { tr {
                            th scope="row" {
                                a href=(routes::with(&routes::district(&district.code), &[("month", &self.months.chosen), ("indicator", &self.indicator)])) {
                                    (district.name)
                                }
                            }
                            td.number {
                                @match figure {
                                    Some(figure) if figure.value.is_some() => (proof_link(figure, unit, lang)),
                                    _ => (label(figure))
                                }
                            }
                            @let figure = figure.as_ref();
                            td.nowrap { (interval(figure, unit)) }
                            td.number {
                                (figure.and_then(|figure| figure.numerator).map(format::number).unwrap_or_default())
                            }
                            td.number {
                                (figure.and_then(|figure| figure.denominator).map(format::number).unwrap_or_default())
                            }
                            td.number { (figure.and_then(Figure::coverage).unwrap_or_default()) }
                        } } }
                    }
                }))
            }
        }
    }

    fn heat(&self) -> Markup {
        let lang = self.frame.lang;
        let catalogue = &self.frame.catalogue;
        let codes = figures::indicators(self.districts.iter().flat_map(|district| &district.figures));
        html! {
            div.scroll tabindex="0" {
                table.heat {
                    thead {
                        tr {
                            th { (lang.say("indicator")) }
                            @for district in &self.districts {
                                th.number scope="col" {
                                    a href=(routes::with(&routes::district(&district.code), &[("month", &self.months.chosen)])) {
                                        (district.name)
                                    }
                                }
                            }
                            th.number { (lang.say("city")) }
                        }
                    }
                    tbody {
                        @for code in &codes {
                            tr {
                                th scope="row" {
                                    a href=(routes::with(&routes::indicator(code), &[("month", &self.months.chosen)])) {
                                        (catalogue.indicator_title(code, lang))
                                    }
                                }
                                @for district in &self.districts {
                                    (heat_cell(of_month(&district.figures, code, &self.months.chosen), catalogue.unit(code), lang))
                                }
                                (heat_cell(of_month(&self.city, code, &self.months.chosen), catalogue.unit(code), lang))
                            }
                        }
                    }
                }
            }
            (heat_legend(lang))
            (links(&self.frame, "indicators"))
        }
    }

    fn reports(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            div.scroll tabindex="0" {
                table {
                    thead {
                        tr {
                            th { (lang.say("district")) }
                            @for state in SliceState::ALL {
                                th.number {
                                    span class={ "slice " (state.code()) } aria-hidden="true" { (state.sign()) }
                                    " "
                                    (state.word(lang))
                                }
                            }
                        }
                    }
                    tbody { @for district in &self.districts { tr {
                        th scope="row" {
                            a href=(routes::with(&routes::reports(&district.code), &[("month", &self.months.chosen)])) {
                                (district.name)
                            }
                        }
                        @for state in SliceState::ALL {
                            @let times: i64 = district.slices.iter().filter(|(one, _)| *one == state).map(|(_, times)| times).sum();
                            td.number {
                                @if times > 0 {
                                    a href=(routes::with(&routes::reports(&district.code), &[("month", &self.months.chosen), ("state", state.code())])) {
                                        (format::whole(times))
                                    }
                                } @else { (format::whole(times)) }
                            }
                        }
                    } } }
                }
            }
            (links(&self.frame, "reports"))
        }
    }

    fn findings(&self) -> Markup {
        let lang = self.frame.lang;
        if self.found.is_empty() {
            return html! { p.empty { (lang.say("findings.none")) } };
        }
        let mut rules: Vec<(&str, &str)> =
            self.found.iter().map(|found| (found.rule.as_str(), found.severity.as_str())).collect();
        rules.dedup_by_key(|(rule, _)| *rule);
        let most = self.found.iter().map(|found| found.times).max().unwrap_or(1);
        let sum = |wanted: &dyn Fn(&Found) -> bool| {
            self.found
                .iter()
                .filter(|found| wanted(found))
                .fold((0, 0), |(times, fen), found| (times + found.times, fen + found.fen))
        };
        html! {
            div.scroll tabindex="0" {
                table.heat {
                    thead { tr {
                        th { (lang.say("rule")) } th { (lang.say("severity")) }
                        @for district in &self.districts { th.number scope="col" { (district.name) } }
                        th.number { (lang.say("total")) } th.number { (lang.say("amount")) }
                    } }
                    tbody {
                        @for (rule, severity) in &rules {
                            @let (times, fen) = sum(&|found| found.rule == *rule);
                            tr {
                                th scope="row" {
                                    a href=(routes::with(routes::FINDINGS, &[("rule", rule)])) {
                                        (rule)
                                        " "
                                        (self.frame.catalogue.rule_title(rule, lang))
                                    }
                                }
                                td { (severity_badge(severity, lang)) }
                                @for district in &self.districts {
                                    @let here = sum(&|found| found.rule == *rule && found.district == district.code).0;
                                    td class={ "number " (shade(here, most)) } {
                                        @if here > 0 {
                                            a href=(routes::with(routes::FINDINGS, &[("rule", rule), ("district", &district.code)])) {
                                                (format::whole(here))
                                            }
                                        }
                                    }
                                }
                                td.number {
                                    a href=(routes::with(routes::FINDINGS, &[("rule", rule)])) { strong { (format::whole(times)) } }
                                }
                                td.number { @if fen != 0 { (format::yuan(fen)) } }
                            }
                        }
                    }
                    tfoot { tr {
                        th scope="row" colspan="2" { a href=(routes::FINDINGS) { (lang.say("findings.all")) } }
                        @for district in &self.districts {
                            td.number {
                                a href=(routes::with(routes::FINDINGS, &[("district", &district.code)])) {
                                    (format::whole(sum(&|found| found.district == district.code).0))
                                }
                            }
                        }
                        @let (times, fen) = sum(&|_| true);
                        td.number { a href=(routes::FINDINGS) { strong { (format::whole(times)) } } }
                        td.number { (format::yuan(fen)) }
                    } }
                }
            }
            (links(&self.frame, "findings"))
        }
    }
}

fn interval(figure: Option<&Figure>, unit: Unit) -> String {
    figure
        .and_then(|figure| Some(format!("{} – {}", unit.write(figure.lower?), unit.write(figure.upper?))))
        .unwrap_or_default()
}

/// How strongly a count is shaded, against the largest.
fn shade(times: i64, most: i64) -> &'static str {
    match times * 4 / most.max(1) {
        _ if times == 0 => "",
        0 => "n1",
        1 => "n2",
        2 => "n3",
        _ => "n4",
    }
}
