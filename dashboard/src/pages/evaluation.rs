//! The evaluation: the score by district with its parts, how sure the ranking is, and what each district lacks to its targets.

mod given;

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use maud::{Markup, html};

use crate::catalog::Unit;
use crate::charts::Words;
use crate::charts::bars::{Against, Bar, bars};
use crate::error::Result;
use crate::figures::{Heat, ORDER, Status};
use crate::format;
use crate::pages::fault::Fault;
use crate::pages::given::{Giver, Wanted, links, page_or_file};
use crate::pages::layout::{Frame, page};
use crate::pages::parts;
use crate::routes;
use crate::rows::Row;
use crate::scope::{Scope, Scoped};
use crate::visit::{Asked, Reader};
use crate::words::Lang;

/// What the page shows.
struct EvaluationPage {
    frame: Frame,
    periods: Vec<(String, String)>,
    period: String,
    districts: Vec<Score>,
    swings: Vec<Swing>,
    gaps: Vec<Gap>,
    names: Vec<(String, String)>,
}

/// A unit's score.
pub struct Score {
    /// The unit's code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The score.
    pub total: Option<f64>,
    /// Its place among its like.
    pub rank: Option<i64>,
    /// The best and the worst place as one weight after the other moves by a fifth.
    pub ranks: Option<(i64, i64)>,
    /// The lowest and the highest score likewise.
    pub totals: Option<(f64, f64)>,
    /// What each indicator adds.
    pub parts: BTreeMap<String, Part>,
}

/// What an indicator adds to a score.
pub struct Part {
    /// The indicator's value.
    pub value: Option<f64>,
    /// Its weight as the table gives it.
    pub given_weight: f64,
    /// Its weight with those of indicators without a value shared out.
    pub weight: f64,
    /// How far it is on the way from floor to target.
    pub fulfilled: Option<f64>,
    /// What it adds.
    pub points: Option<f64>,
}

/// How many districts change their rank as one weight moves by a fifth.
pub struct Swing {
    /// The indicator whose weight it is.
    pub indicator: String,
    /// With a fifth more.
    pub up: usize,
    /// With a fifth less.
    pub down: usize,
}

/// What a unit lacks to a target.
struct Gap {
    unit: String,
    indicator: String,
    gap: Option<f64>,
    fen: Option<i128>,
    counted_in: String,
    status: String,
}

/// Which period the address asks for.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Of {
    period: String,
}

/// `/evaluation`
pub async fn show(reader: Reader, Asked(of): Asked<Of>, Asked(wanted): Asked<Wanted>) -> Result<Response, Fault> {
    let scoped = &reader.scoped;
    if !matches!(scoped.scope, Scope::City | Scope::District(_)) {
        return Err(Fault::NotHere);
    }
    let known = "select period_type, period, count(distinct indicator) as parts from marts.score
        where level = 'district' and points is not null group by period_type, period order by period_type, period";
    let known = scoped.query(known, &[]).await?;
    let periods: Vec<(String, String)> =
        known.iter().map(|row| (row.text("period_type").to_owned(), row.text("period").to_owned())).collect();
    let asked = periods.iter().find(|(_, period)| *period == of.period).map(|(_, period)| period.clone());
    // The period that rests on the most indicators tells most; of these the newest.
    let fullest = || {
        let most = known.iter().map(|row| row.count("parts")).max()?;
        known.iter().filter(|row| row.count("parts") == most).map(|row| row.text("period").to_owned()).max()
    };
    let period = asked.or_else(fullest).unwrap_or_default();
    let names = parts::district_names(scoped, reader.frame.lang).await?;
    let districts = scores(scoped, "district", &period, &names).await?;
    let swings = swings(scoped, &period).await?;
    let gaps = gaps(scoped, &period).await?;
    let giver = Giver::of(&reader);
    let shown = EvaluationPage { frame: reader.frame, periods, period, districts, swings, gaps, names };
    page_or_file(&giver, &wanted, |table| shown.grid(table), || shown.template()).await
}

/// The scores of these units of a level, by rank.
pub async fn scores(scoped: &Scoped, level: &str, period: &str, names: &[(String, String)]) -> Result<Vec<Score>> {
    let scores =
        "select unit_id, indicator, value, given_weight, weight, fulfilled, points, total, rank from marts.score
        where level = $1 and period = $2 order by unit_id, indicator";
    let scores = scoped.query(scores, &[level, period]).await?;
    let ranges = "select unit_id, best_rank, worst_rank, lowest_total, highest_total from marts.score_range
        where level = $1 and period = $2";
    let ranges = scoped.query(ranges, &[level, period]).await?;
    let mut found: Vec<Score> = names
        .iter()
        .filter_map(|(code, name)| {
            let own: Vec<Row<'_>> = scores.iter().filter(|row| row.text("unit_id") == code).collect();
            let first = own.first()?;
            let range = ranges.iter().find(|row| row.text("unit_id") == code);
            let part = |row: &Row<'_>| Part {
                value: row.real("value"),
                given_weight: row.real("given_weight").unwrap_or(0.0),
                weight: row.real("weight").unwrap_or(0.0),
                fulfilled: row.real("fulfilled"),
                points: row.real("points"),
            };
            Some(Score {
                code: code.clone(),
                name: name.clone(),
                total: first.real("total"),
                rank: first.whole("rank"),
                ranks: range.and_then(|row| row.whole("best_rank").zip(row.whole("worst_rank"))),
                totals: range.and_then(|row| row.real("lowest_total").zip(row.real("highest_total"))),
                parts: own.iter().map(|row| (row.text("indicator").to_owned(), part(row))).collect(),
            })
        })
        .collect();
    found.sort_by_key(|unit| (unit.rank.unwrap_or(i64::MAX), unit.code.clone()));
    Ok(found)
}

/// Which weights move the order of the districts.
pub async fn swings(scoped: &Scoped, period: &str) -> Result<Vec<Swing>> {
    let sql = "select indicator, direction, unit_id, rank, rank_base from marts.score_sensitivity
        where level = 'district' and period = $1 and rank <> rank_base order by indicator";
    let moved = scoped.query(sql, &[period]).await?;
    let all = "select distinct indicator from marts.score_sensitivity where level = 'district' and period = $1";
    let all = scoped.query(all, &[period]).await?;
    let count = |indicator: &str, direction: &str| {
        moved.iter().filter(|row| row.text("indicator") == indicator && row.text("direction") == direction).count()
    };
    let mut swings: Vec<Swing> = all
        .iter()
        .map(|row| row.text("indicator"))
        .map(|code| Swing { indicator: code.to_owned(), up: count(code, "up"), down: count(code, "down") })
        .collect();
    swings.sort_by_key(|swing| place(&swing.indicator));
    Ok(swings)
}

async fn gaps(scoped: &Scoped, period: &str) -> Result<Vec<Gap>> {
    let sql = "select unit_id, indicator, gap, gap_unit, status from marts.target_gap
        where level in ('city', 'district') and dimension = '' and period = $1 order by indicator, unit_id";
    let rows = scoped.query(sql, &[period]).await?;
    Ok(rows
        .iter()
        .map(|row| Gap {
            unit: row.text("unit_id").to_owned(),
            indicator: row.text("indicator").to_owned(),
            gap: row.real("gap"),
            fen: row.fen("gap"),
            counted_in: row.text("gap_unit").to_owned(),
            status: row.text("status").to_owned(),
        })
        .collect())
}

/// Where an indicator stands in the order of presentation.
pub fn place(code: &str) -> (usize, String) {
    (ORDER.iter().position(|one| *one == code).unwrap_or(ORDER.len()), code.to_owned())
}

/// A score as it is written.
pub fn written(score: Option<f64>, lang: Lang) -> String {
    score.map_or_else(|| lang.say("figure.none").to_owned(), |one| format!("{one:.1}"))
}

/// A unit's rank, with the best and the worst that other weights would give it.
pub fn ranks(unit: &Score, lang: Lang) -> String {
    match (unit.rank, unit.ranks) {
        (Some(rank), Some((best, worst))) if best != worst => {
            lang.with("evaluation.rank.range", &[&rank.to_string(), &best.to_string(), &worst.to_string()])
        }
        (Some(rank), _) => lang.with("evaluation.rank", &[&rank.to_string()]),
        _ => String::new(),
    }
}

/// How far the order of the districts may be believed, in a sentence.
pub fn sureness(districts: &[Score], lang: Lang) -> String {
    let sure = districts.iter().filter(|one| one.ranks.is_some_and(|(best, worst)| best == worst)).count();
    lang.with("evaluation.sure", &[&sure.to_string(), &districts.len().to_string()])
}

/// What the chart of the scores is drawn from.
pub struct Ranking {
    /// What it is called and says.
    pub words: Words,
    /// The units.
    pub lines: Vec<Bar>,
    /// Their scale.
    pub against: Against,
}

/// The chart of scores with their ranges.
pub fn ranking(units: &[Score], period: &str, lang: Lang) -> Ranking {
    let lines = units
        .iter()
        .map(|unit| Bar {
            name: unit.name.clone(),
            value: unit.total,
            interval: unit.totals,
            status: Status::Open,
            label: written(unit.total, lang),
            note: ranks(unit, lang),
        })
        .collect();
    let ends = units.iter().flat_map(|one| [one.total, one.totals.map(|ends| ends.0)]).flatten();
    let low = (ends.fold(100.0, f64::min) / 10.0).floor().max(0.0) * 10.0;
    let against =
        Against { target: None, whole: None, scale: [low.min(90.0), 100.0].map(|end| (end, format!("{end:.0}"))) };
    let described: Vec<String> = units.iter().map(|one| format!("{} {}", one.name, written(one.total, lang))).collect();
    let words = Words {
        title: lang.with("evaluation.chart", &[&format::period(period, lang)]),
        description: described.join(", "),
    };
    Ranking { words, lines, against }
}

/// In what a gap is counted.
pub fn counted_in(unit: &str, lang: Lang) -> &'static str {
    lang.say(match unit {
        "pupils" => "gap.pupils",
        "pupil_months" => "gap.pupil_months",
        "pupil_days" => "gap.pupil_days",
        "schools" => "gap.schools",
        "sessions" => "gap.sessions",
        "kinds" => "gap.kinds",
        "plans" => "gap.plans",
        "responses" => "gap.responses",
        "points" => "gap.points",
        "yuan" => "gap.yuan",
        "requests" => "gap.requests",
        "lines" => "gap.lines",
        "reports" => "gap.reports",
        "slices" => "gap.slices",
        "cases" => "gap.cases",
        "findings_per_10000" => "gap.findings",
        _ => "gap.other",
    })
}

impl EvaluationPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        page(
            &self.frame,
            t("nav.evaluation"),
            html! {
                header.head {
                    h1 { (t("nav.evaluation")) }
                    p.dek { (t("evaluation.dek")) }
                    nav.months aria-label=(t("evaluation.period")) {
                        @for (_, period) in &self.periods {
                            a href=(routes::with(routes::EVALUATION, &[("period", period)]))
                                aria-current=[(*period == self.period).then_some("true")] { (format::period(period, lang)) }
                        }
                    }
                }
                @if self.districts.is_empty() { p.empty { (t("evaluation.none")) } }
                @else {
                    section { h2 { (t("evaluation.ranking")) } p.dek { (sureness(&self.districts, lang)) } (self.ranking()) }
                    section #parts { h2 { (t("evaluation.parts")) } p.dek { (t("evaluation.parts.dek")) } (self.parts()) }
                    @if self.districts.len() > 1 {
                        section { h2 { (t("evaluation.swings")) } p.dek { (t("evaluation.swings.dek")) } (self.swings()) }
                    }
                }
                section #gaps { h2 { (t("evaluation.gaps")) } p.dek { (t("evaluation.gaps.dek")) } (self.gaps()) }
            },
        )
    }

    fn ranking(&self) -> Markup {
        let lang = self.frame.lang;
        let chart = ranking(&self.districts, &self.period, lang);
        parts::given_chart(
            &self.frame,
            "scores",
            &chart.words.title,
            lang.say("evaluation.chart.note"),
            |screen| bars(&chart.lines, &chart.against, screen, &chart.words),
            html! {
                table {
                    thead {
                        tr {
                            th { (lang.say("district")) }
                            th.number { (lang.say("evaluation.total")) }
                            th.number { (lang.say("evaluation.totals")) }
                            th.number { (lang.say("evaluation.ranks")) }
                        }
                    }
                    tbody { @for district in &self.districts { tr {
                        th scope="row" { a href=(routes::district(&district.code)) { (district.name) } }
                        td.number {
                            @if district.total.is_some() {
                                a.proof-link.total href=(routes::figure("E01", &district.code, &self.period)) { (written(district.total, lang)) }
                            } @else { (written(None, lang)) }
                        }
                        td.number {
                            @if let Some((low, high)) = district.totals { (written(Some(low), lang)) " – " (written(Some(high), lang)) }
                        }
                        td.number { (ranks(district, lang)) }
                    } } }
                }
            },
        )
    }

    /// Districts × indicators: points of the weight.
    fn parts(&self) -> Markup {
        let lang = self.frame.lang;
        let catalogue = &self.frame.catalogue;
        let codes: BTreeSet<(usize, String)> =
            self.districts.iter().flat_map(|one| one.parts.keys()).map(|code| place(code)).collect();
        html! {
            div.scroll tabindex="0" {
                table.heat {
                    thead {
                        tr {
                            th { (lang.say("indicator")) }
                            th.number { (lang.say("score.given_weight")) }
                            @for district in &self.districts { th.number scope="col" { (district.name) } }
                        }
                    }
                    tbody { @for (_, code) in &codes { tr {
                        th scope="row" { a href=(routes::indicator(code)) { (catalogue.indicator_title(code, lang)) } }
                        td.number {
                            (self.districts.iter().find_map(|one| one.parts.get(code)).map(|part| format::number(part.given_weight)).unwrap_or_default())
                        }
                        @for district in &self.districts { (self.part(district, code)) }
                    } } }
                    tfoot { tr {
                        th scope="row" { (lang.say("evaluation.total")) }
                        td {}
                        @for district in &self.districts {
                            td.number { strong { (district.total.map(|total| format!("{total:.1}")).unwrap_or_default()) } }
                        }
                    } }
                }
            }
            ul.legend {
                @for (class, key) in [("g-met", "score.full"), ("g-near", "score.95"), ("g-missed", "score.75"), ("g-low", "score.50"), ("g-lowest", "score.less"), ("g-void", "score.void")] {
                    li { span class={ "swatch " (class) } aria-hidden="true" {} " " (lang.say(key)) }
                }
            }
            (links(&self.frame, "points"))
        }
    }

    fn part(&self, district: &Score, code: &str) -> Markup {
        let Some(part) = district.parts.get(code) else { return html! { td.number.g-void { "–" } } };
        let heat = match part.fulfilled {
            None => Heat::None,
            Some(share) if share >= 1.0 => Heat::Met,
            Some(share) if share >= 0.95 => Heat::Near,
            Some(share) if share >= 0.75 => Heat::Missed,
            Some(share) if share >= 0.5 => Heat::Low,
            Some(_) => Heat::Lowest,
        };
        html! {
            @match part.points {
                Some(points) => td class={ "number " (heat.class()) } {
                    a.proof-link.points href=(routes::figure(code, &district.code, &self.period)) { (format!("{points:.1}")) }
                    span.of { "/" (format!("{:.1}", part.weight)) }
                },
                None => td.number.g-void { "–" }
            }
        }
    }

    /// What a fifth more or less of one weight does to the order.
    fn swings(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            div.scroll tabindex="0" { table {
                thead {
                    tr {
                        th { (lang.say("indicator")) }
                        th.number { (lang.say("evaluation.swing.up")) }
                        th.number { (lang.say("evaluation.swing.down")) }
                    }
                }
                tbody { @for swing in &self.swings { tr {
                    th scope="row" { (self.frame.catalogue.indicator_title(&swing.indicator, lang)) }
                    @for times in [swing.up, swing.down] {
                        td.number { @if times == 0 { (lang.say("evaluation.swing.none")) } @else { (lang.with("evaluation.swing.times", &[&times.to_string()])) } }
                    }
                } } }
            } }
            (links(&self.frame, "swings"))
        }
    }

    /// Indicators × districts: what would meet the target.
    fn gaps(&self) -> Markup {
        let lang = self.frame.lang;
        let mut codes: Vec<&str> = self.gaps.iter().map(|gap| gap.indicator.as_str()).collect();
        codes.sort_by_key(|code| place(code));
        codes.dedup();
        if codes.is_empty() {
            return html! { p.empty { (lang.say("evaluation.gaps.none")) } };
        }
        let of_city = self.gaps.iter().any(|gap| gap.unit == "city");
        html! {
            div.scroll tabindex="0" { table.heat {
                thead {
                    tr {
                        th { (lang.say("indicator")) }
                        th { (lang.say("evaluation.gap.unit")) }
                        @for (_, name) in &self.names { th.number scope="col" { (name) } }
                        @if of_city { th.number scope="col" { (lang.say("city")) } }
                    }
                }
                tbody { @for code in codes { tr {
                    th scope="row" { (self.frame.catalogue.indicator_title(code, lang)) }
                    td.nowrap { (self.counted_in(code)) }
                    @for (unit, _) in &self.names { (self.gap(unit, code)) }
                    @if of_city { (self.gap("city", code)) }
                } } }
            } }
            (links(&self.frame, "gaps"))
        }
    }

    fn counted_in(&self, code: &str) -> &'static str {
        let unit = self.gaps.iter().find(|gap| gap.indicator == code).map_or("", |gap| gap.counted_in.as_str());
        counted_in(unit, self.frame.lang)
    }

    fn gap(&self, unit: &str, code: &str) -> Markup {
        let Some(gap) = self.gaps.iter().find(|gap| gap.unit == unit && gap.indicator == code) else {
            return html! { td.number { "–" } };
        };
        let label = match gap.counted_in.as_str() {
            "yuan" => gap.fen.map(format::yuan),
            _ => gap.gap.map(|value| Unit::Number.write(value)),
        };
        let class = if gap.status == "near" { Heat::Near } else { Heat::Missed }.class();
        html! {
            td class={ "number " (class) } {
                a.proof-link.gap href=(routes::figure(code, unit, &self.period)) { (label.unwrap_or_else(|| "–".to_owned())) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_unit_of_a_gap_has_a_word() {
        let sql = transform::project::Project::built_in().expect("the SQL is sound");
        let model = sql.models().find(|model| model.name.to_string() == "marts.target_gap").expect("it is there");
        let source = include_str!("evaluation.rs");
        let before = model.sql.split(" as gap_unit").filter(|before| before.ends_with('\''));
        for unit in before.filter_map(|before| before.rsplit('\'').nth(1)) {
            assert!(source.contains(&format!("\"{unit}\" => \"gap.")), "{unit} has no word");
        }
    }
}
