//! Tables of text become slices that are accepted, or rejected with every fault at its place. Pure: no warehouse, no clock.

mod batch;
mod checks;
mod coded;
pub mod keys;
pub mod part;
mod slices;
mod totals;
mod typed;

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use datafusion::arrow::record_batch::RecordBatch;
use warehouse::erasure::Erasure;

use crate::forget::is_closed;
use crate::form::{Form, SentBy};
use crate::issue::{Issue, Issues};
use crate::judge::part::{Gathering, Part};
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
    /// Which persons' rows were erased: nothing is taken in of the periods that are closed by that.
    pub erasure: Option<Erasure>,
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
    /// The sheet and row where its school stands: on the cover, or the first of its rows.
    pub named_at: (Option<String>, u32),
    /// The number of a row that says that there is nothing to report.
    pub zero_row: Option<u32>,
    /// What was found in it.
    pub issues: Issues,
}

impl World {
    /// Whether the register knows a slice's school; a slice of the register makes it known.
    fn knows(&self, slice: &JudgedSlice) -> bool {
        slice.form.is_register() || self.register.contains_key(&slice.school_id)
    }

    /// Whether a slice is sound as far as its own rows and the register tell.
    pub(crate) fn lets_in(&self, slice: &JudgedSlice) -> bool {
        !slice.issues.rejects()
            && slice.zero_row.is_none()
            && self.knows(slice)
            && self.other_sender(slice).is_none()
            && !self.is_others_form(slice)
            && !self.is_closed(slice)
    }

    /// Whether its period is closed, because rows that its figures rest on were erased.
    fn is_closed(&self, slice: &JudgedSlice) -> bool {
        is_closed(self.erasure, slice.form, &slice.period)
    }

    /// Whether a school sends a form that its district or a finance office sends: nobody registers, inspects or pays itself.
    fn is_others_form(&self, slice: &JudgedSlice) -> bool {
        slice.form.sent_by != SentBy::School && self.sender.as_ref().is_some_and(|sender| *sender == slice.school_id)
    }

    /// The sender, where the slice's school is not of it.
    fn other_sender(&self, slice: &JudgedSlice) -> Option<&str> {
        let sender = self.sender.as_deref()?;
        let is_own = |district: &str| district.is_empty() || sender == district || sender == slice.school_id;
        // A line of the register says itself whose the school is: nobody takes another district's school over by one.
        let owner = self.register.get(&slice.school_id).map(|entry| entry.district_code.as_str());
        let own = is_own(&slice.district_code) && owner.is_none_or(is_own);
        (!own).then_some(sender)
    }
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

fn judge_table(table: TextTable, world: &World, whole: &mut Issues) -> JudgedTable {
    let form = table.form;
    let mut gathering = Gathering::new(form, table.issues.clone());
    let mut part = Part::judge(table, world);
    gathering.add(part.take_findings());
    let (slices, issues) = gathering.settle(world);
    whole.absorb(issues);
    let rows = part.rows(world, |slice| slices[slice].state == SliceState::Accepted, &slices);
    JudgedTable { form, rows, slices }
}
