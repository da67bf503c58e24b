//! The units side by side: the city's districts, a district's schools, a school among similar ones that are not named.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::figures::{self, COLUMNS, Figure};
use crate::format;
use crate::pages::district::{InFunnel, verdict_key};
use crate::pages::parts::{GROUPS, group_of};
use crate::pages::school::places;
use crate::report::ask::Level;
use crate::report::ground::Ground;
use crate::report::{Block, Cell, Column, Line, Table, drawn};

/// Indicators of a table of schools, as far as they have values.
const OF_SCHOOLS: [&str; 7] = ["C03", "C04", "C05", "S01", "F01", "F03", "K04"];
/// Indicators by which districts are drawn side by side.
const DRAWN: [&str; 2] = ["C03", "S01"];
/// Columns of indicators that a page is wide enough for.
const ABREAST: usize = 8;

/// The comparison.
pub async fn section(ground: &Ground<'_>) -> Result<Vec<Block>> {
    match ground.subject.level {
        Level::City => districts(ground).await,
        Level::District => schools(ground).await,
        Level::School => similar(ground).await,
    }
}

/// The headline figures of all districts.
async fn of_districts(ground: &Ground<'_>) -> Result<Vec<Figure>> {
    let sql = format!(
        "select {COLUMNS} from marts.indicator_value where level = 'district' and dimension = '' order by unit_id, period"
    );
    Ok(ground.scoped.query(&sql, &[]).await?.iter().map(figures::read).collect())
}

/// An indicator's figures of all schools of the city or of a district, those that stand for the period.
pub async fn of_all_schools(ground: &Ground<'_>, codes: &[&str]) -> Result<Vec<Figure>> {
    let list: Vec<String> = codes.iter().map(|code| format!("'{code}'")).collect();
    let sql = format!(
        "select {COLUMNS} from marts.indicator_value where level = 'school' and dimension = '' and indicator in ({}) order by unit_id, period",
        list.join(", ")
    );
    let rows = ground.scoped.query(&sql, &[]).await?;
    let all: Vec<Figure> = rows.iter().map(figures::read).collect();
    let mut chosen = Vec::new();
    for own in all.chunk_by(|one, other| one.unit_id == other.unit_id) {
        chosen.extend(codes.iter().filter_map(|code| ground.pick(own.iter(), code)).cloned());
    }
    Ok(chosen)
}

async fn districts(ground: &Ground<'_>) -> Result<Vec<Block>> {
    let lang = ground.lang;
    let all = of_districts(ground).await?;
    let of = |district: &str, code: &str| ground.pick(all.iter().filter(|figure| figure.unit_id == district), code);
    let mut blocks = vec![Block::text(lang.say("printed.districts.dek"))];
    for code in DRAWN {
        let units: Vec<(String, Option<&Figure>)> =
            ground.districts.iter().map(|(district, name)| (name.clone(), of(district, code))).collect();
        blocks.extend(drawn::of_units(ground, code, &units).map(Block::Chart));
    }
    let codes = ground.codes();
    for (initial, key) in GROUPS {
        let own: Vec<&str> = codes.iter().map(String::as_str).filter(|code| group_of(code) == initial).collect();
        let own: Vec<&str> = own
            .into_iter()
            .filter(|code| {
                *code != "E01" && all.iter().any(|figure| figure.indicator == *code && figure.value.is_some())
            })
            .collect();
        // Of ten indicators two tables of five are better to read than one of eight and one of two.
        for part in own.chunks(own.len().div_ceil(own.len().div_ceil(ABREAST).max(1)).max(1)) {
            let mut columns = vec![Column::words(lang.say("district"), 3)];
            columns.extend(ground.columns(part));
            let mut rows: Vec<Line> = ground
                .districts
                .iter()
                .map(|(district, name)| {
                    let values = part.iter().map(|code| ground.heat(of(district, code), code));
                    Line::of([Cell::of(name)].into_iter().chain(values).collect())
                })
                .collect();
            let values = part.iter().map(|code| ground.heat(ground.figure(code), code));
            rows.push(Line::total([Cell::of(lang.say("city"))].into_iter().chain(values).collect()));
            blocks.push(Block::Table(Table { caption: lang.say(key).to_owned(), columns, rows }));
        }
    }
    blocks.push(Block::note(lang.say("printed.heat.note")));
    blocks.extend(drawn::of_rollout(ground).await?.map(Block::Chart));
    blocks.extend(funnel(ground).await?);
    Ok(blocks)
}

/// The funnel, and who is outside of it.
async fn funnel(ground: &Ground<'_>) -> Result<Vec<Block>> {
    let lang = ground.lang;
    let Some((chart, own, code)) = drawn::of_funnel(ground).await? else { return Ok(Vec::new()) };
    let mut blocks = vec![Block::Chart(chart)];
    let outside: Vec<&InFunnel> = own.schools.iter().filter(|school| school.dot.is_outside).collect();
    if outside.is_empty() {
        blocks.push(Block::note(lang.say("printed.funnel.nobody")));
        return Ok(blocks);
    }
    if ground.is_city() {
        blocks.push(Block::Table(outside_by_district(ground, &outside)));
        return Ok(blocks);
    }
    let columns = vec![
        Column::words(lang.say("school"), 4),
        Column::number(lang.say("funnel.n")),
        Column::number(ground.title(&code)),
        Column::number(format!("{} 99.8%", lang.say("funnel.limits"))),
        Column::words(lang.say("funnel.verdict"), 3),
    ];
    let row = |school: &&InFunnel| {
        let [_, (lower, upper)] = school.limits;
        Line::of(vec![
            Cell::of(&school.dot.name),
            Cell::of(format::number(school.dot.people)),
            Cell::of(format::share(school.dot.value)).toned("strong"),
            Cell::of(format!("{}–{}", format::share(lower), format::share(upper))),
            Cell::of(lang.say(verdict_key(&school.verdict))),
        ])
    };
    let rows = outside.iter().map(row).collect();
    blocks.push(Block::Table(Table { caption: lang.say("printed.funnel.outside").to_owned(), columns, rows }));
    Ok(blocks)
}

/// The city's outliers, a line a district: there may be many.
fn outside_by_district(ground: &Ground<'_>, outside: &[&InFunnel]) -> Table {
    let lang = ground.lang;
    let columns = vec![
        Column::words(lang.say("district"), 2),
        Column::words(lang.say("funnel.verdict"), 2),
        Column::number(lang.say("printed.owed.schools")),
        Column::words(lang.say("school"), 9),
    ];
    let mut rows = Vec::new();
    for (code, name) in &ground.districts {
        for verdict in ["low", "high"] {
            let own = outside.iter().filter(|school| school.district == *code && school.verdict == verdict);
            let names: Vec<String> =
                own.map(|school| format!("{} {}", school.dot.name, format::share(school.dot.value))).collect();
            if !names.is_empty() {
                rows.push(Line::of(vec![
                    Cell::of(name),
                    Cell::of(lang.say(verdict_key(verdict))),
                    Cell::of(format::whole(i64::try_from(names.len()).unwrap_or(i64::MAX))),
                    Cell::of(names.join(lang.say("list.comma"))),
                ]));
            }
        }
    }
    Table { caption: lang.say("printed.funnel.outside").to_owned(), columns, rows }
}

async fn schools(ground: &Ground<'_>) -> Result<Vec<Block>> {
    let lang = ground.lang;
    let register = "select school_id, school_name, pupils, started_on from marts.school where district_code = $1 order by school_id";
    let register = ground.scoped.query(register, &[&ground.subject.id]).await?;
    let all = of_all_schools(ground, &OF_SCHOOLS).await?;
    let mut figures: BTreeMap<(&str, &str), &Figure> = BTreeMap::new();
    for figure in &all {
        figures.insert((figure.unit_id.as_str(), figure.indicator.as_str()), figure);
    }
    let findings = "select school_id, count(*) as times from marts.finding where ended is null group by school_id";
    let findings = ground.scoped.query(findings, &[]).await?;
    let findings: BTreeMap<&str, i64> =
        findings.iter().map(|row| (row.text("school_id"), row.count("times"))).collect();
    let codes: Vec<&str> = OF_SCHOOLS
        .into_iter()
        .filter(|code| all.iter().any(|figure| figure.indicator == *code && figure.value.is_some()))
        .collect();
    let mut blocks = vec![Block::text(lang.say("printed.schools.dek"))];
    blocks.extend(drawn::of_rollout(ground).await?.map(Block::Chart));
    blocks.extend(funnel(ground).await?);
    let strip: Vec<&Figure> = all.iter().filter(|figure| figure.indicator == "C04").collect();
    blocks.extend(drawn::of_schools(ground, "C04", &strip, register.iter().count()).map(Block::Chart));
    let mut columns = vec![
        Column::words(lang.say("school"), 6),
        Column::numbers(lang.say("school.pupils"), 2),
        Column::numbers(lang.say("school.started_on"), 3),
    ];
    columns.extend(ground.columns(&codes));
    columns.push(Column::numbers(lang.say("school.findings"), 2));
    let row = |row: crate::rows::Row<'_>| {
        let id = row.text("school_id");
        let started = match row.date("started_on") {
            Some(day) => Cell::of(day.to_string()),
            None => Cell::of(lang.say("school.not_offering")).toned("missed"),
        };
        let mut cells = vec![
            Cell::of(row.text("school_name")),
            Cell::of(row.whole("pupils").map_or_else(|| "–".to_owned(), format::whole)),
            started,
        ];
        cells.extend(codes.iter().map(|code| ground.heat(figures.get(&(id, *code)).copied(), code)));
        cells.push(Cell::of(format::whole(findings.get(id).copied().unwrap_or(0))));
        Line::of(cells)
    };
    let mut rows: Vec<Line> = register.iter().map(row).collect();
    let pupils = register.iter().filter_map(|row| row.whole("pupils")).sum();
    let mut whole = vec![Cell::of(&ground.subject.name), Cell::of(format::whole(pupils)), Cell::default()];
    whole.extend(codes.iter().map(|code| ground.heat(ground.figure(code), code)));
    whole.push(Cell::of(format::whole(findings.values().sum())));
    rows.push(Line::total(whole));
    let caption = lang.with("printed.schools.table", &[&ground.read(ground.period)]);
    blocks.push(Block::Table(Table { caption, columns, rows }));
    blocks.push(Block::note(lang.say("printed.heat.note")));
    Ok(blocks)
}

async fn similar(ground: &Ground<'_>) -> Result<Vec<Block>> {
    let lang = ground.lang;
    let mut blocks = Vec::new();
    let places = places(ground.scoped, &ground.subject.id, &[ground.period.to_owned()]).await?;
    if places.is_empty() {
        blocks.push(Block::note(lang.say("printed.similar.none")));
    } else {
        let columns = vec![
            Column::words(lang.say("indicator"), 4),
            Column::number(lang.say("similar.own")),
            Column::number(lang.say("similar.place")),
            Column::number(lang.say("similar.median")),
            Column::number(lang.say("similar.range")),
        ];
        let row = |place: &crate::pages::school::Place| {
            let unit = ground.unit(&place.indicator);
            let [lowest, median, highest] = place.others;
            Line::of(vec![
                Cell::of(ground.title(&place.indicator)),
                Cell::of(unit.write(place.value)).toned("strong"),
                Cell::of(place.said(lang)),
                Cell::of(unit.write(median)),
                Cell::of(format!("{}–{}", unit.write(lowest), unit.write(highest))),
            ])
        };
        let rows = places.iter().map(row).collect();
        blocks.push(Block::text(lang.say("printed.similar.dek")));
        blocks.push(Block::Table(Table { caption: lang.say("similar.title").to_owned(), columns, rows }));
    }
    blocks.extend(own_funnels(ground).await?);
    blocks.extend(months(ground));
    Ok(blocks)
}

/// The school within the limits of its district, by each indicator: it alone, for a funnel would show the others.
async fn own_funnels(ground: &Ground<'_>) -> Result<Option<Block>> {
    let lang = ground.lang;
    let sql = "select indicator, n, value, overall, lower_998, upper_998, verdict from marts.funnel
        where school_id = $1 and group_level = 'district' and period = $2 order by indicator";
    let rows = ground.scoped.query(sql, &[&ground.subject.id, ground.period]).await?;
    let read = |row: crate::rows::Row<'_>| {
        let real = |name| row.real(name).unwrap_or(0.0);
        Line::of(vec![
            Cell::of(ground.title(row.text("indicator"))),
            Cell::of(format::number(real("n"))),
            Cell::of(format::share(real("value"))).toned("strong"),
            Cell::of(format::share(real("overall"))),
            Cell::of(format!("{}–{}", format::share(real("lower_998")), format::share(real("upper_998")))),
            Cell::of(lang.say(verdict_key(row.text("verdict")))),
        ])
    };
    let rows: Vec<Line> = rows.iter().map(read).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let columns = vec![
        Column::words(lang.say("indicator"), 4),
        Column::number(lang.say("funnel.n")),
        Column::number(lang.say("similar.own")),
        Column::number(lang.say("district")),
        Column::number(format!("{} 99.8%", lang.say("funnel.limits"))),
        Column::words(lang.say("funnel.verdict"), 3),
    ];
    Ok(Some(Block::Table(Table { caption: lang.say("printed.funnel.own").to_owned(), columns, rows })))
}

/// A school's months within the period: indicators × months.
fn months(ground: &Ground<'_>) -> Option<Block> {
    let lang = ground.lang;
    let within = |figure: &&Figure| {
        figure.period_type == "month"
            && ground.calendar.ends_within(&figure.period, ground.period)
            && figure.value.is_some()
    };
    let own: Vec<&Figure> = ground.figures.iter().filter(within).collect();
    let mut months: Vec<&str> = own.iter().map(|figure| figure.period.as_str()).collect();
    months.sort_unstable();
    months.dedup();
    // A year has twelve, which still fit.
    if months.len() < 2 {
        return None;
    }
    let mut columns = vec![Column::words(lang.say("indicator"), 4)];
    columns.extend(months.iter().map(|month| Column::numbers(ground.read(month), 2)));
    let codes = figures::indicators(own.iter().copied());
    let row = |code: &&str| {
        let value = |month: &&str| {
            let figure = own.iter().find(|figure| figure.indicator == **code && figure.period == **month).copied();
            ground.heat(figure, code)
        };
        Line::of([Cell::of(ground.title(code))].into_iter().chain(months.iter().map(value)).collect())
    };
    let rows = codes.iter().map(row).collect();
    Some(Block::Table(Table { caption: lang.say("school.over_months").to_owned(), columns, rows }))
}
