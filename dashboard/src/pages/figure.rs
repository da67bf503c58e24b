//! One figure of one unit and period: what it means, its numbers, who reported, what it is the sum of, and the SQL and files
//! behind it. Every figure on every page leads here.

mod given;

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};

use crate::catalog::Unit;
use crate::explain::Explainer;
use crate::explain::figure::{FigureExplained, Question};
use crate::explain::parts::PartTold;
use crate::explain::proof::form_title;
use crate::format;
use crate::pages::entry;
use crate::pages::explained;
use crate::pages::fault::Fault;
use crate::pages::given::{Giver, Wanted, chart_links, links, page_or_file};
use crate::pages::layout::{Frame, page};
use crate::pages::official;
use crate::pages::parts;
use crate::routes;
use crate::scope::Scope;
use crate::visit::{Asked, Reader};
use crate::words::Lang;

/// What the page shows.
struct FigurePage {
    frame: Frame,
    scope: Scope,
    told: FigureExplained,
    /// What is official of the period, and what was revised since.
    official: Markup,
    lineage: Markup,
    /// The title of that picture, where there is one.
    drawn: Option<String>,
}

/// Which part of the figure is asked for.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Of {
    dimension: String,
}

/// `/figure/{code}/{unit}/{period}`
pub async fn show(
    reader: Reader,
    Path((code, unit, period)): Path<(String, String, String)>,
    Asked(of): Asked<Of>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Fault> {
    let scoped = &reader.scoped;
    if !scoped.scope.sees_figures() {
        return Err(Fault::NotHere);
    }
    let question = Question { indicator: code, unit, period, dimension: of.dimension };
    let lang = reader.frame.lang;
    let mut told = Explainer::scoped(scoped, &reader.project, lang).figure(&question).await?;
    // The command helps with what was typed nearly right; an address is exact.
    if told.unit.unit_id != question.unit || told.period.period != question.period {
        return Err(Fault::NotHere);
    }
    told.leave_to(&scoped.scope);
    let model = reader.project.models().find(|model| model.code() == Some(&told.indicator.code));
    let lineage = model.map(|model| entry::lineage_of(&reader.project, model, lang)).unwrap_or_default();
    let drawn = model.filter(|_| lineage.0.contains("<svg ")).map(|model| entry::lineage_title(model, lang));
    let giver = Giver::of(&reader);
    let official = official::banner(&reader, &told.period.period);
    let scoped = reader.scoped.clone();
    let shown = FigurePage { scope: scoped.scope.clone(), frame: reader.frame, told, official, lineage, drawn };
    if let Some(form) = wanted.table.strip_prefix("rows-") {
        return shown.give_rows(&giver, &scoped, &reader.project, form, &wanted).await;
    }
    page_or_file(&giver, &wanted, |table| shown.grid(table), || shown.template()).await
}

impl FigurePage {
    fn unit(&self) -> Unit {
        self.frame.catalogue.unit(&self.told.indicator.code)
    }

    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let told = &self.told;
        let code = told.indicator.code.as_str();
        let title = self.frame.catalogue.indicator_title(code, lang);
        let name = unit_name(&told.unit.name_zh, &told.unit.name_en, lang);
        page(
            &self.frame,
            title,
            html! {
                header.head {
                    p.crumb {
                        a href=(routes::indicator(code)) { (code) " " (title) }
                        @if let Some(address) = self.unit_address() { " · " a href=(address) { (name) } }
                    }
                    h1 { (lang.with("figure.title", &[name, &format::period(&told.period.period, lang), title])) }
                    @if !told.dimension.is_empty() { p.dek { (dimension(&told.dimension, lang)) } }
                }
                (self.official)
                (self.facts())
                (explained::erased(&told.period, lang))
                @if !told.clauses.is_empty() {
                    section {
                        h2 { (t("finding.clause")) }
                        @for clause in &told.clauses { blockquote { strong { (clause.clause) } " " (clause.text) } }
                    }
                }
                (self.score())
                (self.parts())
                (self.counting())
                @if let Some(coverage) = &told.coverage {
                    section { h2 { (t("coverage.head")) } (explained::coverage(coverage, lang)) }
                }
                @if !told.slices.is_empty() {
                    section { h2 { (t("figure.slices")) } (explained::slices(&told.slices, lang)) }
                }
                (self.rows())
                (self.dimensions())
                section {
                    h2 { (t("figure.made_by")) }
                    (self.lineage)
                    @if let Some(title) = &self.drawn { (chart_links(&self.frame, title)) }
                    (explained::policy(&told.policy, lang))
                    (explained::sql(&told.sql, lang))
                }
            },
        )
    }

    /// The unit's own page, where the reader may open it.
    fn unit_address(&self) -> Option<String> {
        let unit = &self.told.unit;
        match unit.level {
            "city" => (self.scope == Scope::City).then(|| routes::CITY.to_owned()),
            "district" => self.scope.sees_district(&unit.unit_id).then(|| routes::district(&unit.unit_id)),
            _ => Some(routes::school(&unit.unit_id)),
        }
    }

    fn facts(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let (figure, unit) = (&self.told.figure, self.unit());
        let said = |key: &str| {
            let entry = self.frame.catalogue.indicator(&self.told.indicator.code);
            entry.map(|entry| entry.said(key, lang).to_owned()).unwrap_or_default()
        };
        html! {
            dl.case {
                div.amount {
                    dt { (t("value")) }
                    dd {
                        (figure.label(unit, lang))
                        @if unit == Unit::Part && figure.value.is_some_and(|value| value > 1.0) {
                            p.small.missed { (t("figure.above_one")) }
                        }
                    }
                }
                div {
                    dt { (t("numerator")) " / " (t("denominator")) }
                    dd {
                        (figure.numerator.map_or_else(|| "–".to_owned(), format::number))
                        " / "
                        (figure.denominator.map_or_else(|| "–".to_owned(), format::number))
                    }
                }
                @if let (Some(lower), Some(upper)) = (figure.lower, figure.upper) {
                    div { dt { (t("interval")) } dd { (unit.write(lower)) " – " (unit.write(upper)) } }
                }
                @if let Some(target) = figure.target {
                    div { dt { (t("target.head")) } dd { (unit.write(target)) " " (parts::status(figure.status, lang)) } }
                }
                @if let Some(coverage) = figure.coverage() { div { dt { (t("coverage.head")) } dd { (coverage) } } }
                @if !said("formula").is_empty() { div { dt { (t("indicator.formula")) } dd { (said("formula")) } } }
                @if !self.told.indicator.get("clause").is_empty() {
                    div {
                        dt { (t("finding.clause")) }
                        dd { (lang.with("finding.clause.cited", &[self.told.indicator.get("clause")])) }
                    }
                }
                @if !said("note").is_empty() { div { dt { (t("indicator.note")) } dd { (said("note")) } } }
            }
        }
    }

    /// What a score is made of.
    fn score(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let write = |value: Option<f64>| value.map(format::number).unwrap_or_default();
        let told = &self.told;
        html! {
            @if !told.score.is_empty() {
                section {
                    h2 { (t("figure.score")) }
                    div.scroll tabindex="0" { table {
                        thead {
                            tr {
                                th { (t("indicator")) }
                                th.number { (t("value")) }
                                th.number { (t("score.floor")) }
                                th.number { (t("target.head")) }
                                th.number { (t("score.given_weight")) }
                                th.number { (t("score.weight")) }
                                th.number { (t("score.points")) }
                            }
                        }
                        tbody { @for part in &told.score {
                            @let unit = self.frame.catalogue.unit(&part.indicator);
                            tr {
                                th scope="row" { (self.frame.catalogue.indicator_title(&part.indicator, lang)) }
                                td.number {
                                    @match part.value {
                                        Some(value) => a href=(routes::figure(&part.indicator, &told.unit.unit_id, &told.period.period)) { (unit.write(value)) },
                                        None => (t("figure.none"))
                                    }
                                }
                                td.number { (part.floor.map(|value| unit.write(value)).unwrap_or_default()) }
                                td.number { (part.target.map(|value| unit.write(value)).unwrap_or_default()) }
                                td.number { (write(part.given_weight)) }
                                td.number { (write(part.weight)) }
                                td.number { strong { (write(part.points)) } }
                            }
                        } }
                    } }
                    (links(&self.frame, "score"))
                }
            }
        }
    }

    /// The districts or schools that it is made of.
    fn parts(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let told = &self.told;
        let unit = self.unit();
        let is_city = told.unit.level == "city";
        html! {
            @if !told.parts.is_empty() {
                section {
                    h2 { (t(if is_city { "figure.districts" } else { "figure.schools" })) }
                    div.scroll tabindex="0" { table {
                        thead {
                            tr {
                                th { (t(if is_city { "district" } else { "school" })) }
                                th.number { (t("numerator")) }
                                th.number { (t("denominator")) }
                                th.number { (t("value")) }
                                th.number { (t("coverage.head")) }
                            }
                        }
                        tbody { @for part in &told.parts { tr {
                            th scope="row" { (unit_name(&part.name_zh, &part.name_en, lang)) }
                            td.number { (part.numerator.map(format::number).unwrap_or_default()) }
                            td.number { (part.denominator.map(format::number).unwrap_or_default()) }
                            td.number { (self.part_value(part, unit)) }
                            td.number {
                                @if let (Some(reported), Some(expected)) = (part.reported, part.expected) {
                                    (format::whole(reported)) "/" (format::whole(expected))
                                }
                            }
                        } } }
                        @if let Some(sum) = &told.parts_sum {
                            tfoot { tr {
                                th scope="row" { (t("total")) }
                                td.number { (sum.numerator.map(format::number).unwrap_or_default()) }
                                td.number { (sum.denominator.map(format::number).unwrap_or_default()) }
                                td colspan="2" {
                                    @if sum.numerator_fits && sum.denominator_fits { (t("figure.sum_fits")) }
                                    @else { (t("figure.sum_differs")) }
                                }
                            } }
                        }
                    } }
                    (links(&self.frame, "parts"))
                }
            }
        }
    }

    fn part_value(&self, part: &PartTold, unit: Unit) -> Markup {
        let lang = self.frame.lang;
        let told = &self.told;
        html! {
            @match part.value {
                Some(value) if !part.unit_id.is_empty() => a href=(routes::with(&routes::figure(&told.indicator.code, &part.unit_id, &told.period.period), &[("dimension", &told.dimension)])) {
                    (unit.write(value))
                },
                Some(value) => (unit.write(value)),
                None => (lang.say("figure.none"))
            }
        }
    }

    /// The findings or cases that were counted.
    fn counting(&self) -> Markup {
        let lang = self.frame.lang;
        let Some(counting) = &self.told.counting else { return html! {} };
        html! {
            section {
                h2 { (lang.with("figure.counted", &[&format::whole(counting.total)])) }
                ul.plain { @for (rule, times) in &counting.by_rule { li {
                    a href=(routes::with(routes::FINDINGS, &[("rule", rule)])) {
                        (rule) " " (self.frame.catalogue.rule_title(rule, lang))
                    }
                    " " (format::whole(*times))
                } } }
                @if !counting.listed.is_empty() {
                    details {
                        summary { (lang.with("figure.counted.first", &[&counting.listed.len().to_string()])) }
                        ul.plain { @for one in &counting.listed { li {
                            a href=(routes::finding(&one.finding_id)) { (one.rule) }
                            " "
                            (if lang == Lang::Zh { &one.message_zh } else { &one.message_en })
                        } } }
                    }
                }
            }
        }
    }

    /// The rows of a school.
    fn rows(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let told = &self.told;
        html! {
            @if let Some(rows) = &told.rows {
                section {
                    h2 { (t("figure.rows")) }
                    @for of_form in &rows.forms {
                        @let (all, shown) = (format::whole(of_form.rows), of_form.shown.to_string());
                        p.dek {
                            @if let Some(form) = &of_form.form { (form_title(form, lang)) " " }
                            (lang.with("figure.rows.shown", &[&all, &shown]))
                        }
                        (links(&self.frame, &format!("rows-{}", of_form.form.as_deref().unwrap_or("slices"))))
                    }
                    @for proof in &told.proofs { (explained::proof(proof, lang)) }
                }
            } @else {
                @for proof in &told.proofs { (explained::proof(proof, lang)) }
            }
        }
    }

    /// The figure's other cuts.
    fn dimensions(&self) -> Markup {
        let lang = self.frame.lang;
        let told = &self.told;
        let address = routes::figure(&told.indicator.code, &told.unit.unit_id, &told.period.period);
        html! {
            @if !told.dimensions.is_empty() {
                section {
                    h2 { (lang.say("figure.dimensions")) }
                    ul.plain { @for one in &told.dimensions { li {
                        a href=(routes::with(&address, &[("dimension", one)])) {
                            @if one.is_empty() { (lang.say("figure.headline")) } @else { (dimension(one, lang)) }
                        }
                    } } }
                }
            }
        }
    }
}

fn unit_name<'a>(zh: &'a str, en: &'a str, lang: Lang) -> &'a str {
    if lang == Lang::En && !en.is_empty() { en } else { zh }
}

/// `urban_rural=rural` in words: the label that the forms give to the choice.
pub fn dimension(text: &str, lang: Lang) -> String {
    if text == "stage=junior" {
        return lang.say("dimension.junior").to_owned();
    }
    let Some((name, value)) = text.split_once('=') else { return text.to_owned() };
    let columns = ingest::form::forms().iter().flat_map(|form| form.column(name));
    let choice = columns.filter_map(|column| Some((column, column.choice(value)?))).next();
    match (choice, lang) {
        (Some((column, choice)), Lang::Zh) => format!("{}：{}", column.heading, choice.label),
        (Some((column, choice)), Lang::En) => format!("{}: {}", column.title_en, choice.title_en),
        (None, _) => text.to_owned(),
    }
}
