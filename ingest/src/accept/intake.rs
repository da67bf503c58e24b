//! What a call takes in: originals, rows and lines are gathered, and committed together, the ledger last of all.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::UInt32Type;
use uuid::Uuid;
use warehouse::Warehouse;
use warehouse::session::days;
use warehouse::step;
use warehouse::table::{Staged, TableName, Writer};

use super::files::Found;
use super::keeping::Keeping;
use super::large::LargeFile;
use super::{IngestError, JudgedFile, Known, Options, Purpose};
use crate::commit::commit_lines;
use crate::compare::compare;
use crate::correction::changes_of;
use crate::form::{Form, Severity};
use crate::issue::{Issue, Issues};
use crate::judge::{JudgedSlice, SliceState};
use crate::keys::Keys;
use crate::ledger::{Ledger, Line, SliceKey, State, issue_batch, issue_table};
use crate::receipt::Receipt;
use crate::report::{FileReport, Report, SliceOutcome, SliceReport};
use crate::withdraw::was_withdrawn;

/// What a call gathered and has not committed yet.
pub struct Intake<'a> {
    warehouse: &'a Warehouse,
    keys: &'a Keys,
    options: &'a Options,
    originals: Keeping,
    writers: BTreeMap<String, Writer>,
    /// Rows of large files, staged already.
    staged: BTreeMap<String, Staged>,
    lines: Vec<Line>,
    issues: Vec<RecordBatch>,
    report: Report,
    /// Where in the report the slice stands that counts so far.
    latest: BTreeMap<SliceKey, (usize, usize)>,
    /// Where in the report the slice of a line stands.
    places: BTreeMap<String, (usize, usize)>,
}

impl<'a> Intake<'a> {
    /// Of a call on this warehouse.
    pub fn new(warehouse: &'a Warehouse, keys: &'a Keys, options: &'a Options) -> Intake<'a> {
        Intake {
            warehouse,
            keys,
            options,
            originals: Keeping::default(),
            writers: BTreeMap::new(),
            staged: BTreeMap::new(),
            lines: Vec::new(),
            issues: Vec::new(),
            report: Report::default(),
            latest: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }

    /// Takes a judged file in: its original, its rows, its lines (which are held back until all rows are committed).
    pub async fn take(&mut self, file: JudgedFile, ledger: &mut Ledger) -> Result<(), IngestError> {
        let mut taking = Taking::new(file.found, file.sha256);
        let unchanged = unchanged(ledger, &taking.sha256, self.options);
        let mut fresh = false;
        for table in file.judged.tables {
            let mut ids: Vec<Option<String>> = Vec::with_capacity(table.slices.len());
            for slice in table.slices {
                let id = (!unchanged.contains(&key_of(&slice))).then(|| Uuid::now_v7().to_string());
                fresh |= id.is_some();
                ids.push(id.clone().filter(|_| slice.state == SliceState::Accepted));
                self.take_slice(&mut taking, slice, id, ledger);
            }
            if self.options.purpose == Purpose::Accept {
                self.write(table.form, &table.rows, &ids).await?;
            }
        }
        if let Some(sealed) = file.sealed.filter(|_| fresh) {
            self.originals.keep(self.warehouse, &taking.sha256, sealed).await?;
        }
        self.report(taking, file.judged.readable, file.judged.issues);
        Ok(())
    }

    /// Takes in a file that was read in blocks: its rows are staged and its original is kept already.
    pub async fn take_large(&mut self, file: LargeFile, ledger: &mut Ledger) -> Result<(), IngestError> {
        let mut taking = Taking::new(file.found, file.sha256);
        for (slice, id) in file.slices.into_iter().zip(file.ids) {
            self.take_slice(&mut taking, slice, id, ledger);
        }
        if let Some((table, staged)) = file.staged {
            let earlier = self.staged.remove(&table).unwrap_or_default();
            self.staged.insert(table, earlier.join(staged));
        }
        self.report(taking, file.readable, file.issues);
        Ok(())
    }

    /// Takes a slice in; without an id it is one that these bytes gave before, and nothing changes.
    fn take_slice(&mut self, taking: &mut Taking, mut slice: JudgedSlice, id: Option<String>, ledger: &mut Ledger) {
        let Some(id) = id else {
            // What stands was judged when it came, and is not judged again.
            slice.issues = Issues::default();
            slice.issues.extend(was_withdrawn(ledger, &key_of(&slice)));
            taking.slices.push(slice_report(slice, SliceOutcome::Unchanged));
            return;
        };
        let key = key_of(&slice);
        let (state, outcome) = match slice.state {
            SliceState::Accepted => (State::Accepted, SliceOutcome::Accepted),
            SliceState::Zero => (State::Zero, SliceOutcome::Zero),
            SliceState::Rejected => (State::Rejected, SliceOutcome::Rejected),
        };
        let place = self.report.files.len();
        if state != State::Rejected
            && let Some((file, earlier)) = self.latest.insert(key.clone(), (place, taking.slices.len()))
        {
            let replaced = if file == place { &mut taking.slices } else { &mut self.report.files[file].slices };
            replace(&mut replaced[earlier], &taking.found.name());
        }
        let line = line(&id, key, &slice, state, &taking.found, &taking.sha256, self.options, ledger);
        ledger.note(&line.slice, state, &taking.sha256, &id, i64::MAX);
        let mut told = slice_report(slice, outcome);
        told.receipt = (self.options.purpose == Purpose::Accept).then(|| Receipt::of(&id).to_string());
        self.issues.extend(issue_batch(&id, &told.issues));
        self.places.insert(id, (place, taking.slices.len()));
        self.lines.push(line);
        taking.slices.push(told);
    }

    fn report(&mut self, taking: Taking, readable: bool, issues: Vec<Issue>) {
        let name = taking.found.path.display().to_string();
        self.report.files.push(FileReport::new(name, taking.sha256, readable, issues, taking.slices));
    }

    /// Writes the accepted rows of a table to files that nobody sees yet.
    async fn write(
        &mut self,
        form: &'static Form,
        rows: &RecordBatch,
        ids: &[Option<String>],
    ) -> Result<(), IngestError> {
        let batch = with_ids(form, rows, ids);
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let writer = match self.writers.entry(form.table()) {
            Entry::Occupied(writer) => writer.into_mut(),
            Entry::Vacant(place) => {
                let writer = self.warehouse.writer(&TableName::new("facts", form.table())).await?;
                place.insert(writer)
            }
        };
        Ok(writer.write(batch).await?)
    }

    /// Commits: rows first, one commit a table; then what was found; and last the ledger, which makes it all count at once.
    pub async fn finish(mut self, ledger: &Ledger) -> Result<Report, IngestError> {
        if self.options.purpose == Purpose::Check || self.lines.is_empty() {
            return Ok(self.report);
        }
        self.originals.arrived(self.warehouse).await?;
        step::reached("ingest.originals_kept");
        let mut staged = std::mem::take(&mut self.staged);
        for (table, writer) in std::mem::take(&mut self.writers) {
            let written = writer.finish().await?;
            let large = staged.remove(&table).unwrap_or_default();
            staged.insert(table, large.join(written));
        }
        step::reached("ingest.rows_staged");
        self.look_across(ledger, &staged).await?;
        for (table, staged) in staged {
            self.warehouse.append(&TableName::new("facts", table.clone()), staged).await?;
            step::reached(&format!("ingest.rows_committed.{table}"));
        }
        if !self.issues.is_empty() {
            let mut writer = self.warehouse.writer(&issue_table()).await?;
            for batch in self.issues {
                writer.write(batch).await?;
            }
            self.warehouse.append(&issue_table(), writer.finish().await?).await?;
        }
        step::reached("ingest.rows_committed");
        // Within a call the order of acceptance is that of the files' paths.
        let overtaken = commit_lines(self.warehouse, Some(self.keys), &self.lines, self.options.known).await?;
        for (file, slice) in overtaken.iter().filter_map(|id| self.places.get(id)) {
            self.report.files[*file].slices[*slice].state = SliceOutcome::Unchanged;
        }
        step::reached("ingest.ledger_committed");
        Ok(self.report)
    }
}

/// A file that is being taken in.
struct Taking {
    found: Found,
    sha256: String,
    slices: Vec<SliceReport>,
}

impl Taking {
    fn new(found: Found, sha256: String) -> Taking {
        Taking { found, sha256, slices: Vec::new() }
    }
}

/// The slices that these bytes gave before, where that is to be respected.
pub fn unchanged(ledger: &Ledger, sha256: &str, options: &Options) -> BTreeSet<SliceKey> {
    match options.known {
        Known::Skip => ledger.file(sha256).map(|file| file.accepted.clone()).unwrap_or_default(),
        Known::Again => BTreeSet::new(),
    }
}

/// The slice that was judged.
pub fn key_of(slice: &JudgedSlice) -> SliceKey {
    SliceKey { form: slice.form.name.clone(), school_id: slice.school_id.clone(), period: slice.period.clone() }
}

/// Judged rows as rows of the form's table: those of the slices that have an id.
pub fn with_ids(form: &Form, rows: &RecordBatch, ids: &[Option<String>]) -> RecordBatch {
    let slices = rows.column_by_name("slice").expect("judged rows name their slice").as_primitive::<UInt32Type>();
    let id = |slice: u32| ids[slice as usize].as_deref();
    let submission: StringArray = slices.values().iter().map(|slice| id(*slice)).collect();
    let schema = form.schema();
    let columns = schema.fields().iter().map(|field| -> ArrayRef {
        match field.name().as_str() {
            "submission_id" => Arc::new(submission.clone()),
            name => rows.column_by_name(name).expect("judged rows have the form's columns").clone(),
        }
    });
    let batch = RecordBatch::try_new(schema.clone(), columns.collect()).expect("the columns are the table's");
    if submission.null_count() == 0 {
        return batch;
    }
    let keep: BooleanArray = slices.values().iter().map(|slice| Some(id(*slice).is_some())).collect();
    filter_record_batch(&batch, &keep).expect("the mask has a value a row")
}

impl Intake<'_> {
    /// Tells what only several slices together can tell: their warnings, and what corrections changed.
    async fn look_across(&mut self, ledger: &Ledger, staged: &BTreeMap<String, Staged>) -> Result<(), IngestError> {
        let doubts = compare(self.warehouse, ledger, &self.lines, staged).await?;
        let changes = changes_of(self.warehouse, ledger, &self.lines, staged).await?;
        for (place, found) in doubts {
            let line = &mut self.lines[place];
            line.warnings += found.count;
            self.issues.extend(issue_batch(&line.submission_id, &found.issues));
            let (file, slice) = self.latest[&line.slice];
            self.report.files[file].slices[slice].issues.extend(found.issues);
        }
        for (place, changed) in changes {
            let (file, slice) = self.latest[&self.lines[place].slice];
            self.report.files[file].slices[slice].changes = Some(changed);
        }
        Ok(())
    }
}

#[expect(clippy::too_many_arguments, reason = "a line of the ledger is told by as many things")]
fn line(
    id: &str,
    key: SliceKey,
    slice: &JudgedSlice,
    state: State,
    found: &Found,
    sha256: &str,
    options: &Options,
    ledger: &Ledger,
) -> Line {
    Line {
        submission_id: id.to_owned(),
        district_code: slice.district_code.clone(),
        state,
        file_name: found.name(),
        file_sha256: sha256.to_owned(),
        sheet: slice.sheet.clone(),
        sender: options.sender.clone().or_else(|| slice.sheet.is_some().then(|| slice.school_id.clone())),
        received_on: days(found.received_on),
        received_at: 0,
        rows: slice.rows,
        errors: slice.issues.count(Severity::Error),
        warnings: slice.issues.count(Severity::Warning),
        replaces: ledger.current(&key).filter(|_| state != State::Rejected).map(str::to_owned),
        slice: key,
    }
}

fn slice_report(slice: JudgedSlice, state: SliceOutcome) -> SliceReport {
    SliceReport {
        form: slice.form.name.clone(),
        school_id: slice.school_id,
        period: slice.period,
        state,
        rows: slice.rows,
        issues: slice.issues.into_vec(),
        receipt: None,
        changes: None,
    }
}

/// Tells in the report that a later file of the same call counts instead.
fn replace(slice: &mut SliceReport, by: &str) {
    slice.state = SliceOutcome::Replaced;
    let SliceReport { form, period, .. } = &*slice;
    let form = crate::form::form(form).map_or(form.as_str(), |form| form.heading.as_str());
    slice.issues.push(Issue::warning(
        "replaced",
        format!("{form} {period} 以同一次接收中后面的文件 {by} 为准。"),
        format!("of {form} {period} the later file {by} of the same call counts"),
    ));
}
