//! A part of a table is judged by itself; the parts' findings, in their order, make the table's slices. A file that is
//! held as a whole is one part.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use datafusion::arrow::record_batch::RecordBatch;

use super::slices::{self, NOWHERE, Sliced};
use super::totals::{self, Totals};
use super::typed::{self, Typed};
use super::{JudgedSlice, SliceState, World, batch, checks};
use crate::form::Form;
use crate::issue::{Issue, Issues};
use crate::read::TextTable;
use crate::value::Value;

/// A judged part of a table: its rows as values.
#[derive(Debug)]
pub struct Part {
    table: TextTable,
    typed: Vec<Typed>,
    sliced: Sliced,
    totals: Totals,
    /// Each row's key as a number; none for rows without a whole key, or of no slice.
    keys: Vec<(usize, u64)>,
    /// Rows that repeat the key of an earlier row of the part.
    repeats: HashSet<usize>,
}

/// What was found in a part, without its rows.
#[derive(Debug)]
pub struct Findings {
    /// Its slices, in the order in which they first occur.
    pub slices: Vec<JudgedSlice>,
    nowhere: Issues,
    faults: Vec<Issue>,
    totals: Totals,
}

impl Part {
    /// Judges rows, each by itself and against the others of the part.
    pub fn judge(mut table: TextTable, world: &World) -> Part {
        let mut sliced = slices::slice(&table, world);
        for (row, fault) in std::mem::take(&mut table.faults) {
            match table.rows.binary_search(&row) {
                Ok(row) => sliced.blame(row, fault),
                // A row of sums or a zero report: of no slice's rows, and still not to be guessed.
                Err(_) => sliced.faults.push(fault),
            }
        }
        let typed = typed::read(&mut table, &mut sliced, world);
        let keys = keys(&typed, &sliced);
        // Keys whose numbers all differ all differ, and need no closer look.
        let repeats = if all_differ(&keys) { HashSet::new() } else { checks::twice(&table, &typed, &mut sliced) };
        checks::run(&table, &typed, &mut sliced, world);
        if table.form.is_register() {
            name_districts(&mut sliced, &typed);
        }
        let totals = Totals::of(&table, &typed);
        Part { table, typed, sliced, totals, keys, repeats }
    }

    /// Takes out what was found; the rows stay.
    pub fn take_findings(&mut self) -> Findings {
        Findings {
            slices: std::mem::take(&mut self.sliced.slices),
            nowhere: std::mem::take(&mut self.sliced.nowhere),
            faults: std::mem::take(&mut self.sliced.faults),
            totals: std::mem::take(&mut self.totals),
        }
    }

    /// The slices, as far as this part alone can tell.
    pub fn slices(&self) -> &[JudgedSlice] {
        &self.sliced.slices
    }

    /// The rows of the slices that are wanted: the form's columns without `submission_id`, and `slice`, the slice's place.
    pub fn rows(&self, world: &World, wanted: impl Fn(usize) -> bool, slices: &[JudgedSlice]) -> RecordBatch {
        batch::rows(&self.table, &self.typed, &self.sliced.of_row, wanted, slices, world)
    }

    /// The keys of rows as numbers, each with its row's place. Rows without a whole key, and those that repeat an earlier row
    /// of this part, have none.
    pub fn keys(&self) -> impl Iterator<Item = (usize, u64)> {
        self.keys.iter().copied().filter(|(row, _)| !self.repeats.contains(row))
    }

    /// A row's key so that no two keys share one: 128 bits of BLAKE3 over slice and values, each after its length.
    pub fn fingerprint(&self, row: usize) -> u128 {
        let slice = &self.sliced.slices[self.sliced.of_row[row] as usize];
        let mut hasher = blake3::Hasher::new();
        let values =
            self.typed.iter().filter(|column| column.column.key).map(|column| format!("{:?}", column.value(row)));
        for part in [slice.school_id.clone(), slice.period.clone()].into_iter().chain(values) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        u128::from_le_bytes(hasher.finalize().as_bytes()[..16].try_into().expect("16 bytes"))
    }

    /// The slice of a row, and that the row repeats the key of an earlier one.
    pub fn given_twice(&self, row: usize) -> (&JudgedSlice, Issue) {
        let slice = &self.sliced.slices[self.sliced.of_row[row] as usize];
        (slice, checks::given_twice(self.table.form, self.table.sheet.as_deref(), self.table.rows[row]))
    }
}

fn keys(typed: &[Typed], sliced: &Sliced) -> Vec<(usize, u64)> {
    let keys: Vec<(&Typed, Vec<u64>)> = typed
        .iter()
        .filter(|column| column.column.key)
        .map(|column| (column, column.values.iter().map(|value| value.as_ref().map_or(0, hash)).collect()))
        .collect();
    let slices: Vec<u64> = sliced.slices.iter().map(|slice| hash(&(&slice.school_id, &slice.period))).collect();
    let mut numbers = Vec::with_capacity(sliced.of_row.len());
    'rows: for (row, slice) in sliced.of_row.iter().enumerate().filter(|(_, slice)| **slice != NOWHERE) {
        let mut number = slices[*slice as usize];
        for (column, hashes) in &keys {
            let code = column.codes[row] as usize;
            if code == 0 || column.values[code - 1].is_none() {
                continue 'rows;
            }
            number = mix(number, hashes[code - 1]);
        }
        numbers.push((row, number));
    }
    numbers
}

fn all_differ(keys: &[(usize, u64)]) -> bool {
    let mut numbers: Vec<u64> = keys.iter().map(|(_, number)| *number).collect();
    numbers.sort_unstable();
    numbers.windows(2).all(|pair| pair[0] != pair[1])
}

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Two numbers as one, their order counting.
fn mix(left: u64, right: u64) -> u64 {
    let product = u128::from(left ^ 0x9E37_79B9_7F4A_7C15) * u128::from(right ^ 0xD1B5_4A32_D192_ED03);
    left.rotate_left(29) ^ (product as u64) ^ ((product >> 64) as u64)
}

/// In the register a slice's district is what its row says.
fn name_districts(sliced: &mut Sliced, typed: &[Typed]) {
    let Some(districts) = typed.iter().find(|column| column.name == "district_code") else { return };
    for (row, slice) in sliced.of_row.iter().enumerate().rev() {
        if let (Some(slice), Some(Value::Text(code))) = (sliced.slices.get_mut(*slice as usize), districts.value(row)) {
            slice.district_code = code;
        }
    }
}

/// The findings of a table's parts as they come in.
#[derive(Debug)]
pub struct Gathering {
    form: &'static Form,
    /// What is wrong with the headings or the table as a whole, and notes.
    whole: Vec<Issue>,
    slices: Vec<JudgedSlice>,
    places: HashMap<(String, String), usize>,
    nowhere: Issues,
    totals: Vec<Totals>,
}

impl Gathering {
    /// Of a table whose headings have these issues.
    pub fn new(form: &'static Form, headings: Vec<Issue>) -> Gathering {
        Gathering {
            form,
            whole: headings,
            slices: Vec::new(),
            places: HashMap::new(),
            nowhere: Issues::default(),
            totals: Vec::new(),
        }
    }

    /// Adds the next part.
    pub fn add(&mut self, part: Findings) {
        for slice in part.slices {
            let key = (slice.school_id.clone(), slice.period.clone());
            match self.places.get(&key) {
                Some(place) => {
                    let known = &mut self.slices[*place];
                    known.rows += slice.rows;
                    known.zero_row = known.zero_row.or(slice.zero_row);
                    known.issues.absorb(slice.issues);
                }
                None => {
                    self.places.insert(key, self.slices.len());
                    self.slices.push(slice);
                }
            }
        }
        self.nowhere.absorb(part.nowhere);
        self.whole.extend(part.faults);
        self.totals.push(part.totals);
    }

    /// Adds what is wrong with the table as a whole.
    pub fn fault(&mut self, issue: Issue) {
        self.whole.push(issue);
    }

    /// Adds an issue to a slice that was gathered.
    pub fn blame(&mut self, slice: &JudgedSlice, issue: Issue) {
        let place = self.places[&(slice.school_id.clone(), slice.period.clone())];
        self.slices[place].issues.push(issue);
    }

    /// Whether nothing came but headings.
    pub fn is_empty(&self) -> bool {
        self.slices.is_empty() && self.nowhere.is_empty() && !self.whole.iter().any(Issue::is_error)
    }

    /// The slices as they are judged in the end, and what belongs to the file as a whole. A fault of the table rejects all
    /// its slices, and each tells why; what only warns, or has no slice, is the file's.
    pub fn settle(mut self, world: &World) -> (Vec<JudgedSlice>, Issues) {
        slices::settle(&mut self.slices, world);
        debug_assert!(self.slices.iter().all(|slice| std::ptr::eq(slice.form, self.form)));
        let mut whole = Issues::default();
        let all = self.whole.into_iter().chain(totals::compare(&self.totals));
        let (faults, notes): (Vec<Issue>, Vec<Issue>) = all.partition(Issue::is_error);
        if !faults.is_empty() {
            for slice in &mut self.slices {
                slice.issues.extend(faults.iter().cloned());
                slice.state = SliceState::Rejected;
            }
        }
        if self.slices.is_empty() {
            whole.extend(faults);
        }
        whole.extend(notes);
        whole.absorb(self.nowhere);
        (self.slices, whole)
    }
}
