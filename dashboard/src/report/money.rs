//! The funds: what came in, what was spent on what, and the staff's share.

use ingest::form::{Check, form};

use crate::error::Result;
use crate::figures::{COLUMNS, Figure, read};
use crate::format;
use crate::report::ask::Level;
use crate::report::compare::of_all_schools;
use crate::report::ground::Ground;
use crate::report::headline::sentence;
use crate::report::{Block, Cell, Column, Line, Table, drawn};
use crate::words::Lang;

/// Which share of fees and subsidies went to staff.
const STAFF: &str = "F01";
/// Each category's share.
const STRUCTURE: &str = "F10";
/// The form that the funds are reported by, and its column of categories.
const LEDGER: (&str, &str) = ("fund_ledger", "category");

/// The funds of the unit.
pub async fn section(ground: &Ground<'_>) -> Result<Vec<Block>> {
    let lang = ground.lang;
    let mut blocks = Vec::new();
    let said: Vec<String> = [STAFF, "F02", "F09", "F08"]
        .iter()
        .filter_map(|code| ground.figure(code).filter(|figure| figure.value.is_some()))
        .map(|figure| sentence(ground, figure))
        .collect();
    if !said.is_empty() {
        blocks.push(Block::List { items: said });
    }
    blocks.push(match structure(ground).await? {
        Some(table) => Block::Table(table),
        None => Block::note(lang.say("printed.money.none")),
    });
    let sql = format!(
        "select {COLUMNS} from marts.indicator_value where level = 'district' and indicator = '{STAFF}' and dimension = '' order by unit_id, period"
    );
    if ground.is_city() {
        let rows = ground.scoped.query(&sql, &[]).await?;
        let all: Vec<Figure> = rows.iter().map(read).collect();
        let own = |(code, name): &(String, String)| {
            (name.clone(), ground.pick(all.iter().filter(|figure| figure.unit_id == *code), STAFF))
        };
        let units: Vec<(String, Option<&Figure>)> = ground.districts.iter().map(own).collect();
        blocks.extend(drawn::of_units(ground, STAFF, &units).map(Block::Chart));
    }
    if ground.subject.level != Level::School {
        let all = of_all_schools(ground, &[STAFF]).await?;
        let figures: Vec<&Figure> = all.iter().collect();
        let below =
            figures.iter().filter(|one| one.value.zip(one.target).is_some_and(|(value, target)| value < target));
        let below = below.count();
        blocks.extend(drawn::of_schools(ground, STAFF, &figures, figures.len()).map(Block::Chart));
        let with_value = figures.iter().filter(|figure| figure.value.is_some()).count();
        if with_value > 0 {
            let numbers = [with_value, below].map(|number| format::whole(i64::try_from(number).unwrap_or(i64::MAX)));
            blocks.push(Block::text(lang.with("printed.money.below", &numbers.each_ref().map(String::as_str))));
        }
    }
    Ok(blocks)
}

/// Income and spending by category; the amounts are the numerators of the shares.
async fn structure(ground: &Ground<'_>) -> Result<Option<Table>> {
    let lang = ground.lang;
    let sql = "select period, dimension, numerator, denominator, value from marts.indicator_value
        where indicator = $1 and level = $2 and unit_id = $3 and dimension like 'category=%' order by period, dimension";
    let rows = ground.scoped.query(sql, &[STRUCTURE, ground.subject.level.code(), &ground.subject.id]).await?;
    let periods = rows.iter().map(|row| row.text("period"));
    let Some(period) = ground.calendar.stands_for(periods, ground.period) else { return Ok(None) };
    let shares: Vec<(&str, f64, f64, Option<f64>)> = rows
        .iter()
        .filter(|row| row.text("period") == period)
        .filter_map(|row| {
            let category = row.text("dimension").strip_prefix("category=")?;
            Some((category, row.real("numerator")?, row.real("denominator")?, row.real("value")))
        })
        .collect();
    if shares.iter().all(|(_, amount, ..)| *amount == 0.0) {
        return Ok(None);
    }
    let money = |amount: f64| format::yuan((amount * 100.0).round() as i128);
    let mut lines = Vec::new();
    for (key, direction) in [("printed.money.income", "income"), ("printed.money.expense", "expense")] {
        let mut own: Vec<_> = shares.iter().filter(|(category, ..)| direction_of(category) == direction).collect();
        own.sort_by(|(one, amount, ..), (other, larger, ..)| larger.total_cmp(amount).then_with(|| one.cmp(other)));
        let Some((_, _, total, _)) = own.first() else { continue };
        lines.push(Line::group(lang.say(key)));
        lines.extend(own.iter().map(|(category, amount, _, share)| {
            Line::of(vec![
                Cell::of(category_label(category, lang)),
                Cell::of(money(*amount)),
                Cell::of(share.map_or_else(|| "–".to_owned(), format::share)),
            ])
        }));
        lines.push(Line::total(vec![
            Cell::of(lang.say("total")),
            Cell::of(money(*total)),
            Cell::of(if *total > 0.0 { "100%" } else { "–" }),
        ]));
    }
    let columns = vec![
        Column::words(lang.say("printed.money.category"), 4),
        Column::numbers(lang.say("printed.money.amount"), 3),
        Column::numbers(lang.say("printed.money.share"), 2),
    ];
    let caption = lang.with("printed.money.table", &[&ground.read(period)]);
    Ok(Some(Table { caption, columns, rows: lines }))
}

/// Whether a category is income or expense, as the form's own check has it.
fn direction_of(category: &str) -> &'static str {
    let (ledger, _) = LEDGER;
    let checks = form(ledger).map(|form| form.checks.as_slice()).unwrap_or_default();
    let is_income = checks.iter().any(|check| match check {
        Check::CategoryOf { allowed, .. } => {
            allowed.get("income").is_some_and(|income| income.iter().any(|one| one == category))
        }
        _ => false,
    });
    if is_income { "income" } else { "expense" }
}

fn category_label(code: &str, lang: Lang) -> String {
    let (ledger, column) = LEDGER;
    let choice = form(ledger).and_then(|form| form.column(column)).and_then(|column| column.choice(code));
    choice.map_or_else(
        || code.to_owned(),
        |choice| if lang == Lang::Zh { choice.label.clone() } else { choice.title_en.clone() },
    )
}
