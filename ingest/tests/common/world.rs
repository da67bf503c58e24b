//! What files are judged against in tests.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use datafusion::arrow::array::{ArrayRef, BooleanArray, Date32Array, RecordBatch, StringArray};
use ingest::judge::{SchoolEntry, World};
use ingest::person::PersonHasher;
use ingest::reference::calendar::Calendar;

/// A key for persons' hashes.
const KEY: [u8; 32] = [7; 32];

/// These schools, and the days of one autumn.
pub fn world(schools: &[&str]) -> World {
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
        register: schools.iter().map(|school| ((*school).to_owned(), entry.clone())).collect(),
        calendar: Calendar::from_batches(&[calendar]).expect("a calendar"),
        districts: HashSet::from(["379902".to_owned()]),
        sender: None,
        hasher: PersonHasher::new(KEY),
        erasure: None,
    }
}
