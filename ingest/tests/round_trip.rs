//! Any table of valid rows is read back the same from every kind of file that it can be written as.

#[path = "round_trip/table.rs"]
mod table;
#[path = "common/world.rs"]
mod world;
#[path = "round_trip/write.rs"]
mod write;

use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use ingest::form::{Form, form};
use ingest::judge::{World, judge};
use ingest::read::read;
use proptest::prelude::*;

use crate::table::{PERIOD, SCHOOL, Table};
use crate::world::world;

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
    let world = world(&[SCHOOL]);
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
    assert!(world(&[SCHOOL]).calendar.months("2019-2020-1").contains(&PERIOD.to_owned()));
}
