//! What was owed for the period and who did not report. Nothing and missing are never the same thing.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::explain::proof::form_title;
use crate::format;
use crate::pages::slices::State;
use crate::report::ask::Level;
use crate::report::ground::Ground;
use crate::report::{Block, Cell, Column, Line, Table};

/// What was owed, as a sentence for the summary and as a section.
pub struct Owed {
    /// The sentence; empty where nothing was owed.
    pub said: String,
    /// The section.
    pub blocks: Vec<Block>,
}

/// Slices by state, in the order of `State::ALL`, and how many came or are missing after their day.
#[derive(Default, Clone, Copy)]
struct Count {
    states: [i64; 5],
    late: i64,
}

impl Count {
    fn add(&mut self, state: State, times: i64, late: i64) {
        self.states[state as usize] += times;
        self.late += late;
    }

    fn of(&self, state: State) -> i64 {
        self.states[state as usize]
    }

    /// Those whose day has come.
    fn due(&self) -> i64 {
        self.states.iter().sum::<i64>() - self.of(State::NotDue)
    }
}

/// Schools of a district that the city's report names; how many more there are is always said, and the district's own report has all.
const NAMED: usize = 30;

/// Counts and names them.
pub async fn owed(ground: &Ground<'_>) -> Result<Owed> {
    let lang = ground.lang;
    let periods = periods(ground).await?;
    let list = periods.iter().map(|period| format!("'{period}'")).collect::<Vec<_>>().join(", ");
    if periods.is_empty() {
        return Ok(Owed { said: String::new(), blocks: vec![Block::note(lang.say("school.no_slices"))] });
    }
    let sql = format!(
        "select district_code, form, state, count(*) as times, sum(case when is_late then 1 else 0 end) as late
        from marts.slice where period in ({list}) group by district_code, form, state"
    );
    let rows = ground.scoped.query(&sql, &[]).await?;
    let (mut whole, mut forms, mut districts) = (Count::default(), BTreeMap::new(), BTreeMap::new());
    for row in rows.iter() {
        let (state, times, late) = (State::read(row.text("state")), row.count("times"), row.count("late"));
        whole.add(state, times, late);
        forms.entry(row.text("form")).or_insert_with(Count::default).add(state, times, late);
        districts.entry(row.text("district_code")).or_insert_with(Count::default).add(state, times, late);
    }
    let parts = [
        whole.due(),
        whole.of(State::Reported) + whole.of(State::Zero),
        whole.of(State::Zero),
        whole.of(State::Rejected),
        whole.of(State::Missing),
    ]
    .map(format::whole);
    let said = lang.with("printed.sum.owed", &parts.each_ref().map(String::as_str));
    let mut blocks = vec![Block::text(&said), Block::note(lang.say("city.reports.dek"))];
    let named: Vec<(String, Count)> = ingest::form::forms()
        .iter()
        .filter_map(|form| Some((form_title(&form.name, lang).to_owned(), *forms.get(form.name.as_str())?)))
        .collect();
    blocks.push(Block::Table(table(ground, lang.say("form"), lang.say("printed.owed.by_form"), &named, whole)));
    if ground.is_city() {
        let own = |(code, name): &(String, String)| Some((name.clone(), *districts.get(code.as_str())?));
        let named: Vec<(String, Count)> = ground.districts.iter().filter_map(own).collect();
        blocks.push(Block::Table(table(
            ground,
            lang.say("district"),
            lang.say("printed.owed.by_district"),
            &named,
            whole,
        )));
    }
    blocks.extend(missing(ground, &list).await?);
    Ok(Owed { said, blocks })
}

/// The periods of slices that end within the report's.
async fn periods(ground: &Ground<'_>) -> Result<Vec<String>> {
    let rows = ground.scoped.query("select distinct period from marts.slice order by period", &[]).await?;
    let is_plain = |period: &str| period.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let all = rows.iter().map(|row| row.text("period").to_owned());
    Ok(all.filter(|period| is_plain(period) && ground.calendar.ends_within(period, ground.period)).collect())
}

fn table(ground: &Ground<'_>, what: &str, caption: &str, named: &[(String, Count)], whole: Count) -> Table {
    let lang = ground.lang;
    let states = [State::Reported, State::Zero, State::Rejected, State::Missing];
    let mut columns = vec![Column::words(what, 5), Column::numbers(lang.say("printed.owed.due"), 2)];
    columns.extend(states.iter().map(|state| Column::numbers(state.word(lang), 2)));
    columns.push(Column::numbers(lang.say("slice.late"), 2));
    columns.push(Column::numbers(lang.say("state.not_due"), 2));
    let number = |number: i64| Cell::of(if number == 0 { String::new() } else { format::whole(number) });
    let cells = |name: &str, count: &Count| {
        let mut cells = vec![Cell::of(name), Cell::of(format::whole(count.due()))];
        cells.extend(states.iter().map(|state| {
            let tone = if matches!(state, State::Missing | State::Rejected) { "missed" } else { "" };
            number(count.of(*state)).toned(tone)
        }));
        cells.extend([number(count.late), number(count.of(State::NotDue)).toned("quiet")]);
        cells
    };
    let mut rows: Vec<Line> = named.iter().map(|(name, count)| Line::of(cells(name, count))).collect();
    rows.push(Line::total(cells(lang.say("total"), &whole)));
    Table { caption: caption.to_owned(), columns, rows }
}

/// Who did not report: a school's forms, a district's schools by form, the city's schools that lack most.
async fn missing(ground: &Ground<'_>, list: &str) -> Result<Vec<Block>> {
    let lang = ground.lang;
    let sql = format!(
        "select form, slice.period, slice.district_code, slice.school_id, coalesce(school_name, slice.school_id) as school_name, state, due_on
        from marts.slice as slice left join marts.school as school on slice.school_id = school.school_id
        where slice.period in ({list}) and state in ('missing', 'rejected')
        order by form, slice.period, slice.district_code, slice.school_id"
    );
    let rows = ground.scoped.query(&sql, &[]).await?;
    if rows.is_empty() {
        return Ok(vec![Block::text(lang.say("district.all_reported"))]);
    }
    let title = |form: &str, period: &str| format!("{} {}", form_title(form, lang), ground.read(period));
    match ground.subject.level {
        Level::School => {
            let columns = vec![
                Column::words(lang.say("form"), 4),
                Column::words(lang.say("period"), 4),
                Column::words(lang.say("duties.state"), 2),
                Column::numbers(lang.say("duties.due"), 3),
            ];
            let row = |row: crate::rows::Row<'_>| {
                Line::of(vec![
                    Cell::of(form_title(row.text("form"), lang)),
                    Cell::of(ground.read(row.text("period"))),
                    Cell::of(State::read(row.text("state")).word(lang)).toned("missed"),
                    Cell::of(row.date("due_on").map(|day| day.to_string()).unwrap_or_default()),
                ])
            };
            let caption = lang.say("printed.owed.missing").to_owned();
            Ok(vec![Block::Table(Table { caption, columns, rows: rows.iter().map(row).collect() })])
        }
        Level::District => {
            let mut groups: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
            for row in rows.iter() {
                groups
                    .entry((row.text("form"), row.text("period")))
                    .or_default()
                    .push(row.text("school_name").to_owned());
            }
            let columns = vec![
                Column::words(lang.say("form"), 3),
                Column::number(lang.say("printed.owed.schools")),
                Column::words(lang.say("printed.owed.who"), 8),
            ];
            let row = |((form, period), names): ((&str, &str), Vec<String>)| {
                let count = i64::try_from(names.len()).unwrap_or(i64::MAX);
                Line::of(vec![
                    Cell::of(title(form, period)),
                    Cell::of(format::whole(count)),
                    Cell::of(names.join(lang.say("list.comma"))),
                ])
            };
            let caption = lang.say("printed.owed.missing").to_owned();
            let rows = groups.into_iter().map(row).collect();
            Ok(vec![Block::Table(Table { caption, columns, rows })])
        }
        Level::City => {
            let mut lacking: BTreeMap<(&str, &str), (i64, &str)> = BTreeMap::new();
            for row in rows.iter() {
                let key = (row.text("district_code"), row.text("school_id"));
                lacking.entry(key).or_insert((0, row.text("school_name"))).0 += 1;
            }
            let columns = vec![
                Column::words(lang.say("district"), 2),
                Column::number(lang.say("printed.owed.schools")),
                Column::words(lang.say("printed.owed.most"), 8),
            ];
            let row = |(code, name): &(String, String)| {
                let own = lacking.iter().filter(|((district, _), _)| district == code);
                let mut own: Vec<(i64, &str)> = own.map(|(_, one)| *one).collect();
                own.sort_by_key(|(times, _)| std::cmp::Reverse(*times));
                let names: Vec<String> =
                    own.iter().map(|(times, name)| format!("{name} {}", format::whole(*times))).collect();
                let count = i64::try_from(own.len()).unwrap_or(i64::MAX);
                Line::of(vec![Cell::of(name), Cell::of(format::whole(count)), Cell::of(shortened(&names, ground))])
            };
            let rows = ground.districts.iter().map(row).collect();
            let schools: BTreeSet<&str> = lacking.keys().map(|(_, school)| *school).collect();
            let count = format::whole(i64::try_from(schools.len()).unwrap_or(i64::MAX));
            let caption = lang.with("printed.owed.lacking", &[&count]);
            Ok(vec![Block::Table(Table { caption, columns, rows }), Block::note(lang.say("printed.owed.note"))])
        }
    }
}

/// The first names, and how many more there are.
fn shortened(names: &[String], ground: &Ground<'_>) -> String {
    let comma = ground.say("list.comma");
    // One more takes no more room than the words that would stand for it.
    if names.len() <= NAMED + 1 {
        return names.join(comma);
    }
    let count = format::whole(i64::try_from(names.len()).unwrap_or(i64::MAX));
    ground.lang.with("printed.and_more", &[&names[..NAMED].join(comma), &count])
}
