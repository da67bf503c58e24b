//! Any table of valid rows is read back the same from every kind of file that it can be written as.

#[path = "round_trip/table.rs"]
mod table;
#[path = "round_trip/write.rs"]
mod write;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use datafusion::arrow::array::{ArrayRef, BooleanArray, Date32Array, RecordBatch, StringArray};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use ingest::form::{Form, form};
use ingest::judge::{SchoolEntry, World, judge};
use ingest::person::PersonHasher;
use ingest::read::read;
use ingest::reference::calendar::Calendar;
use proptest::prelude::*;

use crate::table::{PERIOD, SCHOOL, Table};

/// A key for persons' hashes.
const KEY: [u8; 32] = [7; 32];

/// One school, and the days of one autumn.
fn world() -> World {
    let first = NaiveDate::from_ymd_opt(2019, 9, 1).expect("a day");
    let days: Vec<NaiveDate> = (0..150).map(|after| first + Days::new(after)).collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("date", Arc::new(days.iter().map(|day| Some(ingest::value::days(*day))).collect::<Date32Array>())),
        ("is_school_day", Arc::new(BooleanArray::from(vec![true; days.len()]))),
        ("term", Arc::new(StringArray::from(vec!["2019-2020-1"; days.len()]))),
        ("school_year", Arc::new(StringArray::from(vec!["2019-2020"; days.len()]))),
    ];
    let calendar = RecordBatch::try_from_iter(columns).expect("a calendar");
    let entry = SchoolEntry {
        district_code: "379902".to_owned(),
        school_kind: "primary".to_owned(),
        urban_rural: "urban".to_owned(),
        opened_on: None,
        closed_on: None,
    };
    World {
        register: HashMap::from([(SCHOOL.to_owned(), entry)]),
        calendar: Calendar::from_batches(&[calendar]).expect("a calendar"),
        districts: HashSet::from(["379902".to_owned()]),
        sender: None,
        hasher: PersonHasher::new(KEY),
    }
}

/// The accepted rows of a file, each value as text after its column's name, and the errors.
fn taken(world: &World, name: &str, bytes: &[u8], given: Option<&'static Form>) -> (Vec<Vec<String>>, Vec<String>) {
    let judged = judge(read(name, bytes, given), world);
    let mut errors: Vec<String> =
        judged.issues.iter().filter(|issue| issue.is_error()).map(|issue| format!("{issue:?}")).collect();
    let mut rows = Vec::new();
    for table in judged.tables {
        let options = FormatOptions::default().with_null("");
        let schema = table.rows.schema();
        let columns: Vec<(String, ArrayFormatter<'_>)> = table
            .rows
            .columns()
            .iter()
            .zip(schema.fields())
            .filter(|(_, field)| field.name() != "slice")
            .map(|(array, field)| {
                (field.name().clone(), ArrayFormatter::try_new(array, &options).expect("a type that is shown"))
            })
            .collect();
        rows.extend((0..table.rows.num_rows()).map(|row| {
            columns.iter().map(|(name, column)| format!("{name}={}", column.value(row))).collect::<Vec<_>>()
        }));
        for slice in table.slices {
            errors.extend(
                slice.issues.into_vec().iter().filter(|issue| issue.is_error()).map(|issue| format!("{issue:?}")),
            );
        }
    }
    (rows, errors)
}

/// Writes the table as every kind of file and reads each.
fn check(table: &Table) -> Result<(), TestCaseError> {
    let world = world();
    for file in write::all(table) {
        let (rows, errors) = taken(&world, file.name, &file.bytes, file.given);
        prop_assert!(errors.is_empty(), "{}: {errors:?}", file.name);
        let expected: Vec<Vec<String>> = table.expected(&world.hasher, file.first_row);
        prop_assert_eq!(&rows, &expected, "{}", file.name);
    }
    Ok(())
}

fn every(name: &'static str) {
    let form = form(name).expect("a form");
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(table in table::tables(form))| {
        check(&table)?;
    });
}

#[test]
fn rosters() {
    every("class_roster");
}

#[test]
fn charges() {
    every("charge");
}

#[test]
fn attendance() {
    every("attendance");
}

#[test]
fn ledgers() {
    every("fund_ledger");
}

#[test]
fn group_sessions() {
    every("group_session");
}

#[test]
fn work_of_staff() {
    every("staff_work");
}

#[test]
fn the_period_is_a_month_of_the_calendar() {
    assert!(world().calendar.months("2019-2020-1").contains(&PERIOD.to_owned()));
}
