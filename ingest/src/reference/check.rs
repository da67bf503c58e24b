//! What must hold between the rows and between the tables of a reference folder.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::ReferenceError;
use super::policy::{Number, REQUIRED, number_of};
use super::table::{Cell, Row, Table};

/// Adds every fault of the tables that could be read.
pub(super) fn all(tables: &[Table], faults: &mut Vec<ReferenceError>) {
    let table = |name: &str| tables.iter().find(|table| table.spec.name == name);
    if let Some(calendar) = table("calendar") {
        terms(calendar, faults);
    }
    if let Some(standards) = table("fee_standard") {
        in_force_once(standards, faults);
        if let Some(districts) = table("district") {
            known_districts(districts, standards, faults);
        }
    }
    if let Some(policy) = table("policy") {
        policy_keys(policy, faults);
    }
    if let Some(weights) = table("weight") {
        spans(weights, faults);
    }
}

/// A term lies in the school year that its name begins with, and has every day from its first to its last.
fn terms(calendar: &Table, faults: &mut Vec<ReferenceError>) {
    let mut days: BTreeMap<&str, BTreeMap<NaiveDate, u64>> = BTreeMap::new();
    for row in &calendar.rows {
        let (date, term) = (calendar.cell(row, "date").date(), calendar.cell(row, "term").text());
        let (Some(date), Some(term)) = (date, term) else { continue };
        days.entry(term).or_default().insert(date, row.line);
        let year = calendar.cell(row, "school_year").text();
        if let Some(year) = year.filter(|year| !term.starts_with(&format!("{year}-"))) {
            let zh = format!("学年 {year} 与学期 {term} 不符；请改正其一");
            let en = format!("the school year {year} is not that of the term {term}; correct one of them");
            faults.push(ReferenceError::of_cell("calendar", row.line, "school_year", zh, en));
        }
    }
    for (term, days) in &days {
        for ((before, _), (after, line)) in days.iter().zip(days.iter().skip(1)) {
            let (first, last) = (*before + Days::new(1), *after - Days::new(1));
            if first > last {
                continue;
            }
            let (hole_zh, hole) = if first == last {
                (first.to_string(), first.to_string())
            } else {
                (format!("{first} 至 {last}"), format!("{first} to {last}"))
            };
            let zh = format!("学期 {term} 缺少 {hole_zh}；学期内每一天（含假日）都要有一行");
            let en = format!("the term {term} lacks {hole}; each of its days needs a row, holidays too");
            faults.push(ReferenceError::of_cell("calendar", *line, "date", zh, en));
        }
    }
}

/// For one district, kind of place and day at most one standard is in force.
fn in_force_once(standards: &Table, faults: &mut Vec<ReferenceError>) {
    let span = |row: &Row| -> Option<(NaiveDate, NaiveDate)> {
        let from = standards.cell(row, "valid_from").date()?;
        Some((from, standards.cell(row, "valid_to").date().unwrap_or(NaiveDate::MAX)))
    };
    let place = |row: &Row| {
        Some((
            standards.cell(row, "district_code").text()?.to_owned(),
            standards.cell(row, "urban_rural").text()?.to_owned(),
        ))
    };
    for (at, row) in standards.rows.iter().enumerate() {
        let (Some(here), Some((from, to))) = (place(row), span(row)) else { continue };
        if to < from {
            let zh = format!("失效日期 {to} 早于生效日期 {from}；请改正其一");
            let en = format!("{to} is before valid_from {from}; correct one of them");
            faults.push(ReferenceError::of_cell("fee_standard", row.line, "valid_to", zh, en));
            continue;
        }
        for earlier in &standards.rows[..at] {
            let (Some(there), Some((start, end))) = (place(earlier), span(earlier)) else { continue };
            // The same first day is already named as a key given twice.
            if here != there || start == from || start > end || from.max(start) > to.min(end) {
                continue;
            }
            let day = from.max(start);
            let (district, kind, other) = (&here.0, &here.1, earlier.line);
            let zh = format!("{district} {kind} 自 {day} 起与第 {other} 行同时有效；请填写或改正 valid_to");
            let en = format!(
                "{district} {kind}: from {day} on this row and that of line {other} are both in force; end one with valid_to"
            );
            faults.push(ReferenceError::of_row("fee_standard", row.line, zh, en));
        }
    }
}

fn known_districts(districts: &Table, standards: &Table, faults: &mut Vec<ReferenceError>) {
    let known: Vec<&str> = districts.column("district_code").filter_map(|(_, cell)| cell.text()).collect();
    for (line, cell) in standards.column("district_code") {
        if let Some(code) = cell.text().filter(|code| !known.contains(code)) {
            let zh = format!("district.csv 中没有区划代码 {code}；请改正代码或补充该区（市）");
            let en = format!("district.csv has no {code}; correct the code or add the district");
            faults.push(ReferenceError::of_cell("fee_standard", line, "district_code", zh, en));
        }
    }
}

/// Every number that the figures read is there, and is a number of its kind.
fn policy_keys(policy: &Table, faults: &mut Vec<ReferenceError>) {
    for (key, _) in REQUIRED {
        if !policy.column("key").any(|(_, cell)| cell.text() == Some(key)) {
            let zh = format!("缺少参数 {key}；请补一行");
            let en = format!("the key {key} is missing; add a row");
            faults.push(ReferenceError { column: Some("key".to_owned()), ..ReferenceError::of_file("policy", zh, en) });
        }
    }
    for row in &policy.rows {
        let (Some(key), Some(value)) = (policy.cell(row, "key").text(), policy.cell(row, "value").text()) else {
            continue;
        };
        let Some(number) = number_of(key) else { continue };
        if !number.fits(value) {
            let (wants_zh, wants) = number.wants();
            let zh = format!("“{value}”：参数 {key} 应为{wants_zh}");
            let en = format!("`{value}` can't be read; {key} is {wants}");
            faults.push(ReferenceError::of_cell("policy", row.line, "value", zh, en));
        }
    }
}

/// Between floor and target lies what is scored, so they differ.
fn spans(weights: &Table, faults: &mut Vec<ReferenceError>) {
    for row in &weights.rows {
        let (floor, target) = (weights.cell(row, "floor"), weights.cell(row, "target"));
        if floor == target && *floor != Cell::Empty {
            let (zh, en) = (
                "起评值与目标值相同，无法评分；请改正其一",
                "floor and target are the same, so nothing can be scored; correct one of them",
            );
            faults.push(ReferenceError::of_cell("weight", row.line, "target", zh.to_owned(), en.to_owned()));
        }
    }
    if weights.column("weight").all(|(_, cell)| *cell == Cell::Decimal(0)) && !weights.rows.is_empty() {
        let (zh, en) = ("权重全为 0；请至少填一个大于 0 的权重", "all weights are 0; give at least one above 0");
        faults.push(ReferenceError {
            column: Some("weight".to_owned()),
            ..ReferenceError::of_file("weight", zh.to_owned(), en.to_owned())
        });
    }
}

impl Number {
    fn wants(self) -> (&'static str, &'static str) {
        match self {
            Number::Date => ("日期，如 2019-09-30", "a date like 2019-09-30"),
            Number::MonthDay => ("月日，如 01-31", "a month and day like 01-31"),
            Number::Whole => ("不小于 0 的整数", "a whole number, 0 or more"),
            Number::Decimal => ("不小于 0 的数", "a number, 0 or more"),
        }
    }
}
