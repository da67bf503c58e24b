//! The checks that a form's file declares, as comparisons of whole columns, and keys given twice.

use std::collections::HashSet;

use chrono::NaiveDate;
use polars::prelude::{
    BooleanChunked, ChunkCompareIneq, Column as Series, DataFrame, Int32Chunked, Int64Chunked, IntoColumn,
    NewChunkedArray, PlSmallStr, UInt32Chunked,
};

use super::World;
use super::slices::{NOWHERE, Sliced};
use super::typed::Typed;
use crate::form::{Check, Column, Form, Kind, Severity};
use crate::issue::Issue;
use crate::read::TextTable;
use crate::value::{Value, days};

/// Runs the form's checks within each slice. The warnings that compare slices with each other are another step's.
pub fn run(table: &TextTable, typed: &[Typed], sliced: &mut Sliced, world: &World) {
    let column = |name: &str| typed.iter().find(|column| column.name == name);
    for check in &table.form.checks {
        match check {
            Check::AtMost { severity, left, right } => {
                if let (Some(left), Some(right)) = (column(left), column(right)) {
                    let more = numbers(left).gt(&numbers(right));
                    report(table, sliced, &more, left, *severity, "more-than", |row| {
                        let of = |column: &Typed| shown(column, row);
                        (
                            format!(
                                "“{}”（{}）不能大于“{}”（{}）。",
                                left.column.heading,
                                of(left),
                                right.column.heading,
                                of(right)
                            ),
                            format!("{} ({}) can't be more than {} ({})", left.name, of(left), right.name, of(right)),
                        )
                    });
                }
            }
            Check::Positive { severity, columns } => {
                for found in columns.iter().filter_map(|name| column(name)) {
                    report(table, sliced, &numbers(found).lt_eq(0i64), found, *severity, "not-positive", |_| {
                        (format!("“{}”应大于 0。", found.column.heading), format!("{} must be above 0", found.name))
                    });
                }
            }
            Check::InPeriod { severity, column: name } => {
                if let Some(found) = column(name) {
                    in_period(table, sliced, found, *severity, world);
                }
            }
            Check::SchoolDay { severity, column: name } => {
                if let Some(found) = column(name) {
                    let off = by_value(found, |value| matches!(value, Value::Day(day) if is_off_day(*day, world)));
                    report(table, sliced, &off, found, *severity, "no-school-day", |_| {
                        let zh = "这一天不是上学日，请核对日期。".to_owned();
                        (zh, "the day is no school day; check the date".to_owned())
                    });
                }
            }
            Check::CategoryOf { severity, column: name, by, allowed } => {
                if let (Some(found), Some(by)) = (column(name), column(by)) {
                    let wrong = (0..table.rows.len()).map(|row| match (by.value(row), found.value(row)) {
                        (Some(Value::Text(by)), Some(Value::Text(code))) => {
                            Some(allowed.get(&by).is_some_and(|codes| !codes.contains(&code)))
                        }
                        _ => Some(false),
                    });
                    let wrong = BooleanChunked::from_iter_options(PlSmallStr::EMPTY, wrong);
                    report(table, sliced, &wrong, found, *severity, "other-direction", |row| {
                        (
                            format!("“{}”{}不属于“{}”。", found.column.heading, label(found, row), label(by, row)),
                            format!("{} {} does not go with {}", found.name, shown(found, row), shown(by, row)),
                        )
                    });
                }
            }
            // These compare this slice with others; they are judged where the others are known.
            Check::ListedIn { .. }
            | Check::AtMostRows { .. }
            | Check::EqualsSum { .. }
            | Check::SumEqualsNet { .. }
            | Check::SteadySum { .. } => {}
        }
    }
}

/// Keys given twice within a slice; where a slice has one row, a second one. Gives the rows that repeat an earlier one.
pub fn twice(table: &TextTable, typed: &[Typed], sliced: &mut Sliced) -> HashSet<usize> {
    let mut again = HashSet::new();
    let keys: Vec<&Typed> = typed.iter().filter(|column| column.column.key).collect();
    let codes: Vec<Vec<u32>> = keys.iter().map(|key| key.canonical()).collect();
    let slice = UInt32Chunked::from_slice(PlSmallStr::from_static("slice"), &sliced.of_row);
    let mut columns: Vec<Series> = vec![slice.into_column()];
    for (at, codes) in codes.iter().enumerate() {
        columns.push(UInt32Chunked::from_slice(PlSmallStr::from_string(format!("k{at}")), codes).into_column());
    }
    let frame = DataFrame::new(table.rows.len(), columns).expect("all columns have a code a row");
    let repeated = frame.is_duplicated().expect("numbers can be grouped");
    let mut seen = HashSet::new();
    for (row, more) in repeated.iter().enumerate() {
        let blank = codes.iter().any(|codes| codes[row] == 0);
        if more != Some(true) || blank || sliced.of_row[row] == NOWHERE {
            continue;
        }
        let key: Vec<u32> = std::iter::once(sliced.of_row[row]).chain(codes.iter().map(|codes| codes[row])).collect();
        if !seen.insert(key) {
            again.insert(row);
            sliced.add(row, given_twice(table.form, table.sheet.as_deref(), table.rows[row]));
        }
    }
    again
}

/// That a row repeats the key of an earlier one.
pub fn given_twice(form: &Form, sheet: Option<&str>, row: u32) -> Issue {
    let keys: Vec<&Column> = form.key().filter(|column| column.name != "school_id").collect();
    let issue = if keys.is_empty() {
        Issue::error(
            "second-row",
            "本表每校每期只有一行，请删去多余的行。",
            "a slice of this form has one row; remove the others",
        )
    } else {
        let join = |of: fn(&Column) -> &str, by: &str| keys.iter().map(|key| of(key)).collect::<Vec<_>>().join(by);
        Issue::error(
            "key-twice",
            format!("与前面某行重复（{}相同），请删去或更正。", join(|key| &key.heading, "、")),
            format!("an earlier row has the same {}; remove or correct one", join(|key| &key.name, ", ")),
        )
    };
    let heading = keys.first().map_or(crate::form::SCHOOL_HEADING, |key| key.heading.as_str());
    issue.in_sheet(sheet).at(row, heading)
}

/// The date lies in the slice's period, and the calendar knows it.
fn in_period(table: &TextTable, sliced: &mut Sliced, found: &Typed, severity: Severity, world: &World) {
    let bounds: Vec<(i32, i32)> = sliced
        .slices
        .iter()
        .map(|slice| {
            let bounds = world.calendar.bounds(table.form.period, &slice.period);
            bounds.map_or((i32::MIN, i32::MAX), |(from, to)| (days(from), days(to)))
        })
        .collect();
    let bound = |pick: fn(&(i32, i32)) -> i32| {
        let of = |slice: &u32| bounds.get(*slice as usize).map(pick);
        Int32Chunked::from_iter_options(PlSmallStr::EMPTY, sliced.of_row.iter().map(of))
    };
    let day = |code: &u32| match code.checked_sub(1).and_then(|at| found.values[at as usize].as_ref()) {
        Some(Value::Day(day)) => Some(*day),
        _ => None,
    };
    let dates = Int32Chunked::from_iter_options(PlSmallStr::EMPTY, found.codes.iter().map(day));
    let outside = dates.lt(&bound(|bounds| bounds.0)) | dates.gt(&bound(|bounds| bounds.1));
    let periods: Vec<String> = sliced.slices.iter().map(|slice| slice.period.clone()).collect();
    let of_row = sliced.of_row.clone();
    report(table, sliced, &outside, found, severity, "outside-period", |row| {
        // The date itself is not repeated: a pupil's number in a wrong column may well read as one.
        let period = periods.get(of_row[row] as usize).cloned().unwrap_or_default();
        (
            format!("日期不在统计期 {period} 内，请更正日期，或报送到所属的统计期。"),
            format!("the date is not in {period}; correct it, or send the row for the period that it lies in"),
        )
    });
    let unknown = by_value(found, |value| matches!(value, Value::Day(day) if world.calendar.day(date(*day)).is_none()));
    let unknown = unknown & !outside;
    report(table, sliced, &unknown, found, severity, "unknown-day", |_| {
        ("校历里没有这一天，请核对日期。".to_owned(), "the calendar doesn't know the day; check the date".to_owned())
    });
}

fn is_off_day(day: i32, world: &World) -> bool {
    world.calendar.day(date(day)).is_some_and(|day| !day.is_school_day)
}

fn date(day: i32) -> NaiveDate {
    NaiveDate::default() + chrono::TimeDelta::days(i64::from(day))
}

/// A column's numbers; money in fen.
fn numbers(column: &Typed) -> Int64Chunked {
    let number = |code: &u32| match code.checked_sub(1).and_then(|at| column.values[at as usize].as_ref()) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    };
    Int64Chunked::from_iter_options(PlSmallStr::EMPTY, column.codes.iter().map(number))
}

/// The rows whose value is wanted.
fn by_value(column: &Typed, wanted: impl Fn(&Value) -> bool) -> BooleanChunked {
    let wanted: Vec<bool> =
        std::iter::once(false).chain(column.values.iter().map(|value| value.as_ref().is_some_and(&wanted))).collect();
    BooleanChunked::from_iter_options(PlSmallStr::EMPTY, column.codes.iter().map(|code| Some(wanted[*code as usize])))
}

fn report(
    table: &TextTable,
    sliced: &mut Sliced,
    wrong: &BooleanChunked,
    column: &Typed,
    severity: Severity,
    code: &'static str,
    message: impl Fn(usize) -> (String, String),
) {
    if wrong.sum().unwrap_or_default() == 0 {
        return;
    }
    for row in wrong.iter().enumerate().filter(|(_, wrong)| *wrong == Some(true)).map(|(row, _)| row) {
        let (zh, en) = message(row);
        let issue = Issue { severity, ..Issue::error(code, zh, en) };
        let issue = issue.in_sheet(table.sheet.as_deref()).at(table.rows[row], &column.column.heading);
        sliced.add(row, issue.with_value(&shown(column, row)));
    }
}

/// A value as a person reads it.
fn shown(column: &Typed, row: usize) -> String {
    match column.value(row) {
        Some(Value::Text(text)) => text,
        Some(Value::Number(number)) => amount(column.column, number),
        Some(Value::Day(day)) => date(day).to_string(),
        Some(Value::Flag(flag)) => if flag { "是" } else { "否" }.to_owned(),
        None => String::new(),
    }
}

fn label(column: &Typed, row: usize) -> String {
    let code = shown(column, row);
    column.column.choice(&code).map_or(code, |choice| choice.label.clone())
}

fn amount(column: &Column, number: i64) -> String {
    match column.kind {
        Kind::Money => format!("{}.{:02}", number / 100, number % 100),
        _ => number.to_string(),
    }
}
