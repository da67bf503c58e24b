//! The findings: by rule with clause and amount, what of them ended or was put right; no person and no row is named.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::format;
use crate::report::ask::Level;
use crate::report::ground::Ground;
use crate::report::{Block, Cell, Column, Line, Table};

/// Findings that are alike, counted.
struct Found {
    rule: String,
    severity: String,
    district: String,
    period: String,
    is_open: bool,
    case: String,
    times: i64,
    fen: i128,
}

/// Numbers of some findings.
#[derive(Default, Clone, Copy)]
struct Sum {
    all: i64,
    of_period: i64,
    open: i64,
    fen: i128,
    working: i64,
    rectified: i64,
}

/// The findings of the unit, as a sentence for the summary and as a section.
pub struct Findings {
    /// The sentence.
    pub said: String,
    /// The section.
    pub blocks: Vec<Block>,
}

const SEVERITIES: [(&str, &str, &str); 3] =
    [("high", "severity.high", "missed"), ("medium", "severity.medium", "near"), ("low", "severity.low", "")];

/// Counts and tells them.
pub async fn findings(ground: &Ground<'_>) -> Result<Findings> {
    let lang = ground.lang;
    let all = found(ground).await?;
    let whole = sum(ground, all.iter());
    let of = |severity: &str| {
        let open = all.iter().filter(|one| one.severity == severity && one.is_open).map(|one| one.times).sum::<i64>();
        format::whole(open)
    };
    let parts = [format::whole(whole.open), of("high"), of("medium"), of("low"), format::yuan(whole.fen)];
    let said = lang.with("printed.sum.found", &parts.each_ref().map(String::as_str));
    let mut blocks = vec![Block::text(&said)];
    if all.is_empty() {
        return Ok(Findings { said, blocks: vec![Block::text(lang.say("findings.none"))] });
    }
    blocks.push(Block::Table(by_rule(ground, &all)));
    blocks.push(Block::note(lang.say("printed.found.note")));
    match ground.subject.level {
        Level::City => blocks.push(Block::Table(by_district(ground, &all))),
        Level::School => blocks.push(Block::Table(by_period(ground, &all))),
        Level::District => blocks.extend(by_school(ground).await?.map(Block::Table)),
    }
    Ok(Findings { said, blocks })
}

async fn found(ground: &Ground<'_>) -> Result<Vec<Found>> {
    let sql = "select finding.rule, severity, finding.district_code, finding.period, ended is null as is_open,
            coalesce(work.state, 'open') as case_state, count(*) as times,
            coalesce(sum(amount), cast(0 as decimal(18,2))) as amount
        from marts.finding as finding left join marts.case_now as work on finding.finding_id = work.finding_id
        group by finding.rule, severity, finding.district_code, finding.period, ended is null, coalesce(work.state, 'open')
        order by finding.rule, finding.district_code, finding.period";
    let rows = ground.scoped.query(sql, &[]).await?;
    let read = |row: crate::rows::Row<'_>| Found {
        rule: row.text("rule").to_owned(),
        severity: row.text("severity").to_owned(),
        district: row.text("district_code").to_owned(),
        period: row.text("period").to_owned(),
        is_open: row.yes("is_open"),
        case: row.text("case_state").to_owned(),
        times: row.count("times"),
        fen: row.fen("amount").unwrap_or(0),
    };
    Ok(rows.iter().map(read).collect())
}

fn sum<'f>(ground: &Ground<'_>, all: impl Iterator<Item = &'f Found>) -> Sum {
    all.fold(Sum::default(), |mut sum, one| {
        sum.all += one.times;
        if ground.calendar.ends_within(&one.period, ground.period) {
            sum.of_period += one.times;
        }
        if one.is_open {
            sum.open += one.times;
            sum.fen += one.fen;
        }
        match one.case.as_str() {
            "notified" | "answered" => sum.working += one.times,
            "rectified" | "closed" => sum.rectified += one.times,
            _ => {}
        }
        sum
    })
}

/// The columns of numbers that all tables of findings share.
fn numbers(ground: &Ground<'_>) -> Vec<Column> {
    let keys =
        ["printed.found.all", "printed.found.period", "findings.ended", "findings.open", "printed.found.open_amount"];
    let cases = ["printed.found.working", "printed.found.rectified"];
    keys.iter().chain(&cases).map(|key| Column::number(ground.say(key))).collect()
}

fn cells(sum: Sum) -> Vec<Cell> {
    let number = |number: i64| Cell::of(if number == 0 { String::new() } else { format::whole(number) });
    vec![
        Cell::of(format::whole(sum.all)),
        number(sum.of_period),
        number(sum.all - sum.open),
        number(sum.open).toned("strong"),
        Cell::of(if sum.fen == 0 { String::new() } else { format::yuan(sum.fen) }),
        number(sum.working),
        number(sum.rectified),
    ]
}

fn severity(ground: &Ground<'_>, severity: &str) -> Cell {
    let known = SEVERITIES.iter().find(|(code, ..)| *code == severity);
    known.map_or_else(|| Cell::of(severity), |(_, key, tone)| Cell::of(ground.say(key)).toned(tone))
}

fn by_rule(ground: &Ground<'_>, all: &[Found]) -> Table {
    let lang = ground.lang;
    let mut columns = vec![
        Column::words(lang.say("rule"), 5),
        Column::words(lang.say("finding.clause"), 0),
        Column::words(lang.say("severity"), 0),
    ];
    columns.extend(numbers(ground));
    let mut rows = Vec::new();
    // The severest first, and in them the rules in their order.
    for (wanted, ..) in SEVERITIES {
        for own in all.chunk_by(|one, other| one.rule == other.rule) {
            let graded: Vec<&Found> = own.iter().filter(|one| one.severity == wanted).collect();
            let Some(first) = graded.first() else { continue };
            let title = format!("{} {}", first.rule, ground.catalogue.rule_title(&first.rule, lang));
            let clause = ground.catalogue.rule(&first.rule).map_or("", |entry| entry.get("clause"));
            let row = [Cell::of(title), Cell::of(clause), severity(ground, wanted)];
            rows.push(Line::of(row.into_iter().chain(cells(sum(ground, graded.into_iter()))).collect()));
        }
    }
    let total = [Cell::of(lang.say("total")), Cell::default(), Cell::default()];
    rows.push(Line::total(total.into_iter().chain(cells(sum(ground, all.iter()))).collect()));
    Table { caption: lang.say("printed.found.by_rule").to_owned(), columns, rows }
}

fn by_district(ground: &Ground<'_>, all: &[Found]) -> Table {
    let lang = ground.lang;
    let mut columns = vec![Column::words(lang.say("district"), 5)];
    columns.extend(numbers(ground));
    let row = |(code, name): &(String, String)| {
        let own = sum(ground, all.iter().filter(|one| one.district == *code));
        Line::of([Cell::of(name)].into_iter().chain(cells(own)).collect())
    };
    let rows = ground.districts.iter().map(row).collect();
    Table { caption: lang.say("printed.found.by_district").to_owned(), columns, rows }
}

/// A school's findings by rule and period.
fn by_period(ground: &Ground<'_>, all: &[Found]) -> Table {
    let lang = ground.lang;
    let mut columns = vec![Column::words(lang.say("rule"), 5), Column::words(lang.say("period"), 3)];
    columns.extend(numbers(ground));
    let mut groups: BTreeMap<(&str, &str), Vec<&Found>> = BTreeMap::new();
    for one in all {
        groups.entry((one.rule.as_str(), one.period.as_str())).or_default().push(one);
    }
    let row = |((rule, period), own): ((&str, &str), Vec<&Found>)| {
        let title = format!("{rule} {}", ground.catalogue.rule_title(rule, lang));
        let names = [Cell::of(title), Cell::of(ground.read(period))];
        Line::of(names.into_iter().chain(cells(sum(ground, own.into_iter()))).collect())
    };
    let rows = groups.into_iter().map(row).collect();
    Table { caption: lang.say("printed.found.by_period").to_owned(), columns, rows }
}

/// A district's schools that have open findings.
async fn by_school(ground: &Ground<'_>) -> Result<Option<Table>> {
    let lang = ground.lang;
    let sql =
        "select school_name, severity, count(*) as times, coalesce(sum(amount), cast(0 as decimal(18,2))) as amount
        from marts.finding as finding inner join marts.school as school on finding.school_id = school.school_id
        where ended is null group by finding.school_id, school_name, severity order by finding.school_id";
    let rows = ground.scoped.query(sql, &[]).await?;
    let mut schools: Vec<(String, [i64; 3], i128)> = Vec::new();
    for row in rows.iter() {
        let name = row.text("school_name");
        if schools.last().is_none_or(|(last, ..)| last != name) {
            schools.push((name.to_owned(), [0; 3], 0));
        }
        let at = SEVERITIES.iter().position(|(code, ..)| *code == row.text("severity")).unwrap_or(2);
        if let Some((_, times, fen)) = schools.last_mut() {
            times[at] += row.count("times");
            *fen += row.fen("amount").unwrap_or(0);
        }
    }
    if schools.is_empty() {
        return Ok(None);
    }
    schools.sort_by_key(|(_, times, fen)| (std::cmp::Reverse(*times), std::cmp::Reverse(*fen)));
    let mut columns = vec![Column::words(lang.say("school"), 5)];
    columns.extend(SEVERITIES.iter().map(|(_, key, _)| Column::numbers(lang.say(key), 2)));
    columns.push(Column::numbers(lang.say("total"), 2));
    columns.push(Column::numbers(lang.say("amount"), 3));
    let row = |(name, times, fen): (String, [i64; 3], i128)| {
        let number = |number: i64| Cell::of(if number == 0 { String::new() } else { format::whole(number) });
        let mut cells = vec![Cell::of(name)];
        cells.extend(times.iter().map(|times| number(*times)));
        cells.push(number(times.iter().sum()).toned("strong"));
        cells.push(Cell::of(if fen == 0 { String::new() } else { format::yuan(fen) }));
        Line::of(cells)
    };
    let rows = schools.into_iter().map(row).collect();
    Ok(Some(Table { caption: lang.say("printed.found.by_school").to_owned(), columns, rows }))
}
