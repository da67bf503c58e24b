//! The summary in sentences, the table of all figures, and what is missing to the targets.

use std::collections::BTreeMap;

use crate::catalog::Unit;
use crate::error::Result;
use crate::figures::{Figure, Status};
use crate::format;
use crate::pages::evaluation::counted_in;
use crate::pages::parts::GROUPS;
use crate::report::ground::{Ground, ink, tone};
use crate::report::{Block, Cell, Column, Line, Table};

/// The figures that the summary tells, where there are any.
const TOLD: [&str; 7] = ["C01", "C03", "C05", "S01", "S04", "F01", "F03"];

/// A sentence for each figure that matters most, and how many targets are met.
pub fn sentences(ground: &Ground<'_>) -> Vec<String> {
    let mut said: Vec<String> =
        TOLD.iter().filter_map(|code| ground.figure(code)).map(|figure| sentence(ground, figure)).collect();
    let codes = ground.codes();
    let aimed: Vec<&Figure> =
        codes.iter().filter_map(|code| ground.figure(code)).filter(|figure| figure.target.is_some()).collect();
    if !aimed.is_empty() {
        let count = |wanted: Status| whole(aimed.iter().filter(|figure| figure.status == wanted).count());
        let parts =
            [whole(aimed.len()), count(Status::Met), count(Status::Near), count(Status::Missed), count(Status::Open)];
        said.push(ground.lang.with("printed.sum.targets", &parts.each_ref().map(String::as_str)));
    }
    said
}

/// `需求满足率 91.0%（95% 区间 86.5%–94.1%；目标 100%，未达标；报送 16/40，不足九成，仅供参考）。`
pub fn sentence(ground: &Ground<'_>, figure: &Figure) -> String {
    let lang = ground.lang;
    let (unit, title) = (ground.unit(&figure.indicator), ground.title(&figure.indicator));
    if figure.value.is_none() {
        return lang.with("printed.sum.none", &[title]);
    }
    let mut details = Vec::new();
    let other = ground.other_period(figure);
    details.extend((!other.is_empty()).then_some(other));
    if let (true, Some(above), Some(below)) = (counts_schools(&figure.indicator), figure.numerator, figure.denominator)
    {
        details.push(lang.with("printed.sum.schools", &[&format::number(above), &format::number(below)]));
    }
    let interval = interval(figure, unit);
    details.extend((!interval.is_empty()).then(|| format!("{} {interval}", lang.say("interval"))));
    if let Some(target) = figure.target {
        let status = lang.say(&format!("status.{}", figure.status.key()));
        details.push(lang.with("printed.sum.target", &[&unit.write(target), status]));
    }
    if let Some(coverage) = figure.coverage() {
        let thin = if figure.is_thin() { "printed.sum.thin" } else { "printed.sum.coverage" };
        details.push(lang.with(thin, &[&coverage]));
    }
    let details = details.join(lang.say("printed.semicolon"));
    let key = if details.is_empty() { "printed.sum.bare" } else { "printed.sum.figure" };
    lang.with(key, &[title, &figure.label(unit, lang), &details])
}

/// Whether an indicator is a share of the schools that should offer the service.
fn counts_schools(code: &str) -> bool {
    ["C01", "C02"].contains(&code)
}

/// The ends of a figure's interval; empty where it has none.
pub fn interval(figure: &Figure, unit: Unit) -> String {
    let ends = figure.lower.zip(figure.upper);
    ends.map_or_else(String::new, |(lower, upper)| format!("{}–{}", unit.write(lower), unit.write(upper)))
}

/// All figures of the unit, by group.
pub fn figures(ground: &Ground<'_>) -> Vec<Block> {
    let lang = ground.lang;
    let codes = ground.codes();
    if codes.is_empty() {
        return vec![Block::note(lang.say("printed.none"))];
    }
    let columns = vec![
        Column::words(lang.say("indicator"), 5),
        Column::number(lang.say("value")),
        Column::number(lang.say("interval")),
        Column::number(lang.say("target.head")),
        Column::words(lang.say("status"), 0),
        Column::number(lang.say("printed.change")),
        Column::number(lang.say("coverage.head")),
        Column::number(lang.say("printed.parts")),
    ];
    let mut rows = Vec::new();
    for (initial, key) in GROUPS {
        let own: Vec<&Figure> = codes
            .iter()
            .filter(|code| crate::pages::parts::group_of(code) == initial)
            .filter_map(|code| ground.figure(code))
            .collect();
        if !own.is_empty() {
            rows.push(Line::group(lang.say(key)));
            rows.extend(own.into_iter().map(|figure| row(ground, figure)));
        }
    }
    let caption = lang.with("printed.figures", &[&ground.subject.name, &ground.read(ground.period)]);
    vec![Block::Table(Table { caption, columns, rows }), Block::note(lang.say("printed.figures.note"))]
}

fn row(ground: &Ground<'_>, figure: &Figure) -> Line {
    let lang = ground.lang;
    let unit = ground.unit(&figure.indicator);
    let change = match (figure.value, ground.before(figure).and_then(|before| before.value)) {
        (Some(value), Some(before)) => unit.difference(value - before, lang),
        _ => "–".to_owned(),
    };
    let parts = match (figure.numerator, figure.denominator) {
        (Some(above), Some(below)) => format!("{} / {}", format::number(above), format::number(below)),
        _ => String::new(),
    };
    let status = match figure.status {
        Status::Open => Cell::default(),
        status => Cell::of(lang.say(&format!("status.{}", status.key()))).toned(ink(status)),
    };
    let thin = if figure.is_thin() { "thin" } else { "" };
    Line::of(vec![
        Cell::of(ground.title(&figure.indicator)).with_note(ground.other_period(figure)),
        Cell::of(figure.label(unit, lang)).toned(if figure.value.is_some() { "strong" } else { "quiet" }),
        Cell::of(interval(figure, unit)),
        Cell::of(figure.target.map(|target| unit.write(target)).unwrap_or_default()),
        status,
        Cell::of(change),
        Cell::of(figure.coverage().unwrap_or_default()).toned(thin),
        Cell::of(parts).toned("quiet"),
    ])
}

/// What would meet each target that is missed; for the city, where it is missing.
pub async fn gaps(ground: &Ground<'_>) -> Result<Vec<Block>> {
    let lang = ground.lang;
    let sql = "select unit_id, indicator, period, gap, gap_unit, status from marts.target_gap
        where dimension = '' and (level = $1 and unit_id = $2 or level = 'district') order by indicator, unit_id";
    let rows = ground.scoped.query(sql, &[ground.subject.level.code(), &ground.subject.id]).await?;
    let mut found: BTreeMap<(&str, &str, &str), (String, &str, &str)> = BTreeMap::new();
    for row in rows.iter() {
        let amount = match row.text("gap_unit") {
            "yuan" => row.fen("gap").map(format::yuan),
            _ => row.real("gap").map(|value| Unit::Number.write(value)),
        };
        let key = (row.text("unit_id"), row.text("indicator"), row.text("period"));
        found.insert(key, (amount.unwrap_or_else(|| "–".to_owned()), row.text("gap_unit"), row.text("status")));
    }
    let codes = ground.codes();
    let mut lines = Vec::new();
    for figure in codes.iter().filter_map(|code| ground.figure(code)) {
        let (code, period) = (figure.indicator.as_str(), figure.period.as_str());
        let own = found.get(&(ground.subject.id.as_str(), code, period));
        let Some((amount, counted, status)) = own else { continue };
        let status = if *status == "near" { Status::Near } else { Status::Missed };
        let unit = ground.unit(code);
        let mut cells = vec![
            Cell::of(ground.title(code)).with_note(ground.other_period(figure)),
            Cell::of(figure.label(unit, lang)).toned(tone(figure.heat())),
            Cell::of(figure.target.map(|target| unit.write(target)).unwrap_or_default()),
            Cell::of(lang.say(&format!("status.{}", status.key()))).toned(ink(status)),
            Cell::of(amount).toned("strong"),
            Cell::of(counted_in(counted, lang)),
        ];
        if ground.is_city() {
            let of = |(unit, name): &(String, String)| {
                let (amount, ..) = found.get(&(unit.as_str(), code, period))?;
                Some(format!("{name} {amount}"))
            };
            let places: Vec<String> = ground.districts.iter().filter_map(of).collect();
            cells.push(Cell::of(places.join(lang.say("list.comma"))));
        }
        lines.push(Line::of(cells));
    }
    if lines.is_empty() {
        return Ok(vec![Block::text(lang.say("evaluation.gaps.none"))]);
    }
    let mut columns = vec![
        Column::words(lang.say("indicator"), 3),
        Column::number(lang.say("value")),
        Column::number(lang.say("target.head")),
        Column::words(lang.say("status"), 0),
        Column::number(lang.say("printed.gap")),
        Column::words(lang.say("evaluation.gap.unit"), 0),
    ];
    if ground.is_city() {
        columns.push(Column::words(lang.say("printed.gap.where"), 5));
    }
    let caption = lang.say("evaluation.gaps").to_owned();
    let note = if ground.is_city() { "printed.gap.note" } else { "evaluation.gaps.dek" };
    Ok(vec![Block::Table(Table { caption, columns, rows: lines }), Block::note(lang.say(note))])
}

fn whole(number: usize) -> String {
    format::whole(i64::try_from(number).unwrap_or(i64::MAX))
}
