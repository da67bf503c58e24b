//! Tables of text become slices that are accepted, or rejected with every fault at its place. Pure: no warehouse, no clock.

mod batch;
mod checks;
mod coded;
mod slices;
mod typed;

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use datafusion::arrow::record_batch::RecordBatch;

use crate::form::Form;
use crate::issue::Issue;
use crate::person::PersonHasher;
use crate::read::{Document, TextTable};
use crate::reference::calendar::Calendar;

/// What files are judged against.
#[derive(Debug)]
pub struct World {
    /// The register in force, by school.
    pub register: HashMap<String, SchoolEntry>,
    /// The calendar.
    pub calendar: Calendar,
    /// The districts' codes.
    pub districts: HashSet<String>,
    /// Whose files these are: a district's or a school's code; none: anybody's.
    pub sender: Option<String>,
    /// Hashes persons' numbers.
    pub hasher: PersonHasher,
}

/// A school as the register has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolEntry {
    /// Its district.
    pub district_code: String,
    /// Its kind, by code.
    pub school_kind: String,
    /// Where it lies, by code.
    pub urban_rural: String,
    /// The first day; none: no bound.
    pub opened_on: Option<NaiveDate>,
    /// The day from which on it is closed; none: no bound.
    pub closed_on: Option<NaiveDate>,
}

/// A judged file.
#[derive(Debug)]
pub struct Judged {
    /// Its tables.
    pub tables: Vec<JudgedTable>,
    /// What is wrong with the file as a whole, or with rows that belong to no slice.
    pub issues: Vec<Issue>,
    /// Whether the file could be read at all.
    pub readable: bool,
}

/// A judged table.
#[derive(Debug)]
pub struct JudgedTable {
    /// Its form.
    pub form: &'static Form,
    /// The rows of accepted slices: the form's columns without `submission_id`, and `slice`, the place in `slices`.
    pub rows: RecordBatch,
    /// Its slices, in the order in which they first occur.
    pub slices: Vec<JudgedSlice>,
}

/// How a slice was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SliceState {
    /// Its rows are sound.
    Accepted,
    /// It says that there is nothing to report.
    Zero,
    /// It has an error.
    Rejected,
}

/// A judged slice.
#[derive(Debug)]
pub struct JudgedSlice {
    /// Its form.
    pub form: &'static Form,
    /// Its school.
    pub school_id: String,
    /// Its period.
    pub period: String,
    /// The school's district, empty where the register doesn't know the school.
    pub district_code: String,
    /// The sheet in a workbook.
    pub sheet: Option<String>,
    /// How it was judged.
    pub state: SliceState,
    /// Rows of data.
    pub rows: u64,
    /// What was found in it.
    pub issues: Vec<Issue>,
}

/// Judges a file.
pub fn judge(document: Document, world: &World) -> Judged {
    let mut judged = Judged { tables: Vec::new(), issues: document.issues, readable: document.readable };
    for table in document.tables {
        let table = judge_table(table, world, &mut judged.issues);
        judged.tables.push(table);
    }
    judged
}

fn judge_table(mut table: TextTable, world: &World, whole: &mut Vec<Issue>) -> JudgedTable {
    let mut sliced = slices::slice(&table, world, whole);
    let typed = typed::read(&mut table, &mut sliced, world);
    checks::run(&table, &typed, &mut sliced, world);
    checks::totals(&mut table, &typed);
    slices::finish(&mut sliced, &table, &typed, world);
    if table.issues.iter().any(Issue::is_error) {
        for slice in &mut sliced.slices {
            slice.state = SliceState::Rejected;
        }
    }
    whole.append(&mut table.issues);
    let rows = batch::accepted(&table, &typed, &sliced, world);
    JudgedTable { form: table.form, rows, slices: sliced.slices }
}
