//! The evaluation score: its parts, and how sure the order is.

use crate::error::Result;
use crate::figures::Heat;
use crate::format;
use crate::pages::evaluation::{Part, Score, place, ranks, scores, sureness, swings, written};
use crate::report::ask::Level;
use crate::report::ground::{Ground, tone};
use crate::report::{Block, Cell, Column, Line, Table, drawn};

/// Columns of points that a page is wide enough for.
const ABREAST: usize = 9;

/// The score of the unit; for the city those of its districts beside it.
pub async fn section(ground: &Ground<'_>) -> Result<Vec<Block>> {
    let lang = ground.lang;
    let subject = ground.subject;
    let own_name = [(subject.id.clone(), subject.name.clone())];
    let own = scores(ground.scoped, subject.level.code(), ground.period, &own_name).await?;
    let Some(unit) = own.first() else { return Ok(vec![Block::note(lang.say("evaluation.none"))]) };
    let mut blocks = vec![Block::text(own_score(ground, unit))];
    if ground.is_city() {
        let districts = scores(ground.scoped, "district", ground.period, &ground.districts).await?;
        blocks.push(Block::text(sureness(&districts, lang)));
        blocks.extend(drawn::of_scores(ground, &districts).map(Block::Chart));
        blocks.push(Block::Table(ranking(ground, &districts)));
        blocks.extend(parts_of_districts(ground, &districts).into_iter().map(Block::Table));
        blocks.push(Block::note(lang.say("evaluation.parts.dek")));
        blocks.extend(moved(ground).await?);
    } else {
        blocks.push(Block::Table(parts(ground, unit)));
    }
    Ok(blocks)
}

fn own_score(ground: &Ground<'_>, unit: &Score) -> String {
    let lang = ground.lang;
    let said = written(unit.total, lang);
    // The city is alone in its level.
    let place = match (ground.subject.level, unit.rank) {
        (Level::City, _) | (_, None) => String::new(),
        (Level::District, _) => lang.with("printed.score.rank.districts", &[&ranks(unit, lang)]),
        (Level::School, _) => lang.with("printed.score.rank.schools", &[&ranks(unit, lang)]),
    };
    let range = unit.totals.map_or_else(String::new, |(low, high)| {
        lang.with("printed.score.range", &[&written(Some(low), lang), &written(Some(high), lang)])
    });
    lang.with("printed.score.own", &[&ground.read(ground.period), &said]) + &place + &range
}

fn ranking(ground: &Ground<'_>, districts: &[Score]) -> Table {
    let lang = ground.lang;
    let columns = vec![
        Column::words(lang.say("district"), 4),
        Column::numbers(lang.say("evaluation.total"), 2),
        Column::numbers(lang.say("evaluation.totals"), 3),
        Column::numbers(lang.say("evaluation.ranks"), 3),
    ];
    let row = |one: &Score| {
        let range = one.totals.map_or_else(String::new, |(low, high)| {
            format!("{}–{}", written(Some(low), lang), written(Some(high), lang))
        });
        Line::of(vec![
            Cell::of(&one.name),
            Cell::of(written(one.total, lang)).toned("strong"),
            Cell::of(range),
            Cell::of(ranks(one, lang)),
        ])
    };
    Table { caption: lang.say("evaluation.ranking").to_owned(), columns, rows: districts.iter().map(row).collect() }
}

/// Districts × indicators: points of the weight; of many indicators several tables.
fn parts_of_districts(ground: &Ground<'_>, districts: &[Score]) -> Vec<Table> {
    let lang = ground.lang;
    let mut codes: Vec<&String> = districts.iter().flat_map(|one| one.parts.keys()).collect();
    codes.sort_by_key(|code| place(code));
    codes.dedup();
    let given = |code: &str| districts.iter().find_map(|one| one.parts.get(code)).map_or(0.0, |part| part.given_weight);
    let table = |codes: &[&String]| {
        let title = |code: &&String| format!("{} ({})", ground.title(code), format::number(given(code)));
        let mut columns = vec![Column::words(lang.say("district"), 3)];
        columns.extend(codes.iter().map(|code| Column::numbers(title(code), 2)));
        columns.push(Column::numbers(lang.say("evaluation.total"), 2));
        let row = |one: &Score| {
            let points = codes.iter().map(|code| points(one.parts.get(*code)));
            let total = Cell::of(written(one.total, lang)).toned("strong");
            Line::of([Cell::of(&one.name)].into_iter().chain(points).chain([total]).collect())
        };
        Table { caption: lang.say("evaluation.parts").to_owned(), columns, rows: districts.iter().map(row).collect() }
    };
    codes.chunks(ABREAST).map(table).collect()
}

fn points(part: Option<&Part>) -> Cell {
    match part.and_then(|part| Some((part, part.points?))) {
        Some((part, points)) => Cell::of(format!("{points:.1}/{:.1}", part.weight)).toned(tone(fulfilled(part))),
        None => Cell::of("–").toned("g-void"),
    }
}

fn fulfilled(part: &Part) -> Heat {
    match part.fulfilled {
        None => Heat::None,
        Some(share) if share >= 1.0 => Heat::Met,
        Some(share) if share >= 0.95 => Heat::Near,
        Some(share) if share >= 0.75 => Heat::Missed,
        Some(share) if share >= 0.5 => Heat::Low,
        Some(_) => Heat::Lowest,
    }
}

/// What one unit's score is made of.
fn parts(ground: &Ground<'_>, unit: &Score) -> Table {
    let lang = ground.lang;
    let columns = vec![
        Column::words(lang.say("indicator"), 4),
        Column::numbers(lang.say("value"), 2),
        Column::numbers(lang.say("score.given_weight"), 2),
        Column::numbers(lang.say("score.weight"), 2),
        Column::numbers(lang.say("score.points"), 2),
    ];
    let mut codes: Vec<&String> = unit.parts.keys().collect();
    codes.sort_by_key(|code| place(code));
    let mut rows: Vec<Line> = codes
        .into_iter()
        .map(|code| {
            let part = &unit.parts[code];
            let value =
                part.value.map_or_else(|| lang.say("figure.none").to_owned(), |value| ground.unit(code).write(value));
            let points = match part.points {
                Some(points) => Cell::of(format!("{points:.1}")).toned(tone(fulfilled(part))),
                None => Cell::of("–").toned("g-void"),
            };
            Line::of(vec![
                Cell::of(ground.title(code)),
                Cell::of(value),
                Cell::of(format::number(part.given_weight)),
                Cell::of(format!("{:.1}", part.weight)),
                points,
            ])
        })
        .collect();
    let total = [Cell::of(lang.say("evaluation.total")), Cell::default(), Cell::default(), Cell::default()];
    rows.push(Line::total(total.into_iter().chain([Cell::of(written(unit.total, lang))]).collect()));
    Table { caption: lang.say("evaluation.parts").to_owned(), columns, rows }
}

/// Which weights move the order of the districts.
async fn moved(ground: &Ground<'_>) -> Result<Option<Block>> {
    let lang = ground.lang;
    let swings = swings(ground.scoped, ground.period).await?;
    let moving: Vec<_> = swings.iter().filter(|swing| swing.up + swing.down > 0).collect();
    if swings.is_empty() {
        return Ok(None);
    }
    if moving.is_empty() {
        return Ok(Some(Block::text(lang.say("printed.swings.none"))));
    }
    let columns = vec![
        Column::words(lang.say("printed.swings"), 4),
        Column::numbers(lang.say("evaluation.swing.up"), 2),
        Column::numbers(lang.say("evaluation.swing.down"), 2),
    ];
    let times = |times: usize| match times {
        0 => lang.say("evaluation.swing.none").to_owned(),
        times => lang.with("evaluation.swing.times", &[&times.to_string()]),
    };
    let row = |swing: &&crate::pages::evaluation::Swing| {
        Line::of(vec![Cell::of(ground.title(&swing.indicator)), Cell::of(times(swing.up)), Cell::of(times(swing.down))])
    };
    let caption = lang.say("evaluation.swings.dek").to_owned();
    Ok(Some(Block::Table(Table { caption, columns, rows: moving.iter().map(row).collect() })))
}
