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
use crate::issue::{Issue, Issues};
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
    pub issues: Issues,
}

/// Judges a file.
pub fn judge(document: Document, world: &World) -> Judged {
    let mut whole = Issues::default();
    whole.extend(document.issues);
    let mut tables: Vec<JudgedTable> =
        document.tables.into_iter().map(|table| judge_table(table, world, &mut whole)).collect();
    only_once(&mut tables);
    Judged { tables, issues: whole.into_vec(), readable: document.readable }
}

/// A slice that two sheets of a workbook give is none of the two: nobody can tell which one is meant.
fn only_once(tables: &mut [JudgedTable]) {
    let mut sheets: HashMap<(&str, String, String), Vec<Option<String>>> = HashMap::new();
    for slice in tables.iter().flat_map(|table| &table.slices) {
        let key = (slice.form.name.as_str(), slice.school_id.clone(), slice.period.clone());
        sheets.entry(key).or_default().push(slice.sheet.clone());
    }
    sheets.retain(|_, sheets| sheets.len() > 1);
    for slice in tables.iter_mut().flat_map(|table| &mut table.slices) {
        let key = (slice.form.name.as_str(), slice.school_id.clone(), slice.period.clone());
        let Some(names) = sheets.get(&key) else { continue };
        let names: Vec<&str> = names.iter().flatten().map(String::as_str).collect();
        let issue = Issue::error(
            "slice-twice",
            format!("同一报送单元在多张工作表里出现（{}），请合并或删去其一。", names.join("、")),
            format!("several sheets give this slice ({}); merge them, or remove all but one", names.join(", ")),
        );
        slice.issues.push(issue.in_sheet(slice.sheet.as_deref()));
        slice.state = SliceState::Rejected;
    }
}

fn judge_table(mut table: TextTable, world: &World, whole: &mut Issues) -> JudgedTable {
    let mut sliced = slices::slice(&table, world, whole);
    for (row, fault) in std::mem::take(&mut table.faults) {
        if let Ok(row) = table.rows.binary_search(&row) {
            sliced.blame(row, fault);
        }
    }
    let typed = typed::read(&mut table, &mut sliced, world);
    checks::run(&table, &typed, &mut sliced, world);
    checks::totals(&mut table, &typed);
    slices::finish(&mut sliced, &table, &typed, world);
    // A fault of the table rejects all its slices, and each tells why; what only warns, or has no slice, is the file's.
    let (faults, notes): (Vec<Issue>, Vec<Issue>) = table.issues.drain(..).partition(Issue::is_error);
    if !faults.is_empty() {
        for slice in &mut sliced.slices {
            slice.issues.extend(faults.iter().cloned());
            slice.state = SliceState::Rejected;
        }
    }
    if sliced.slices.is_empty() {
        whole.extend(faults);
    }
    whole.extend(notes);
    whole.extend(sliced.nowhere.drain(..));
    let rows = batch::accepted(&table, &typed, &sliced, world);
    JudgedTable { form: table.form, rows, slices: sliced.slices }
}
