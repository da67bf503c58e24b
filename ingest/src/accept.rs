//! Judged slices become facts: originals sealed, rows appended, and last of all their lines in the ledger.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::UInt32Type;
use futures::StreamExt;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::place::Place;
use warehouse::session::days;
use warehouse::step;
use warehouse::table::{TableName, Writer};

use crate::city::read_reference_table;
use crate::commit::{commit_lines, fence};
use crate::form::{Form, Severity};
use crate::issue::Issue;
use crate::judge::{Judged, JudgedSlice, SchoolEntry, SliceState, World, judge};
use crate::keys::{KeyError, Keys, seal};
use crate::ledger::{Ledger, Line, SliceKey, State, issue_batch, issue_table, read_register};
use crate::person::PersonHasher;
use crate::read::read;
use crate::reference::calendar::Calendar;
use crate::report::{FileReport, Report, SliceOutcome, SliceReport};

/// How to ingest.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The form of files that don't say it themselves.
    pub form: Option<&'static Form>,
    /// The district whose files these are.
    pub sender: Option<String>,
    /// The day of receipt.
    pub received: Received,
    /// What to do with bytes that were accepted before.
    pub known: Known,
    /// Whether to accept.
    pub purpose: Purpose,
    /// Which of several files comes first.
    pub order: Order,
}

/// Which of several files comes first: of two for one slice the later one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By their paths.
    #[default]
    Path,
    /// As they are named.
    Given,
}

/// The day of receipt.
#[derive(Debug, Clone, Copy, Default)]
pub enum Received {
    /// The current date.
    #[default]
    Today,
    /// This day.
    On(NaiveDate),
    /// The date that each file's own folder is named by.
    Folder,
}

/// What to do with bytes whose slices were accepted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Known {
    /// They change nothing.
    #[default]
    Skip,
    /// They are taken again.
    Again,
}

/// Whether a call accepts what it finds good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// Good slices become facts.
    #[default]
    Accept,
    /// Nothing changes.
    Check,
}

/// What a call tells while it works.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// The bytes of all files together.
    Found {
        /// Files.
        files: usize,
        /// Their bytes.
        bytes: u64,
    },
    /// A file was judged.
    Judged {
        /// Which.
        file: &'a Path,
        /// Its bytes.
        bytes: u64,
    },
    /// The rows are being committed.
    Committing,
}

/// What keeps a call from running at all. Bad files never do.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// A path that was named is not there.
    #[error("{path}: {source}")]
    Path {
        /// The path.
        path: PathBuf,
        /// The fault below.
        #[source]
        source: std::io::Error,
    },
    /// `--received folder` met a folder that no date names.
    #[error(
        "{path}: with `--received folder` the file's own folder must be named by the day of receipt, like 2019-10-08"
    )]
    FolderDate {
        /// The file.
        path: PathBuf,
    },
    /// There are no files.
    #[error("there are no files in {0}")]
    NoFiles(String),
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// The keys failed.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The calendar in the warehouse can't be read.
    #[error("the calendar in the warehouse: {0}")]
    Calendar(String),
}

/// Judges files and folders and accepts what is good, in the order of their paths. One commit a table for the whole call;
/// a kill at any moment leaves what was accepted before.
pub async fn ingest(
    warehouse: &Warehouse,
    keys: &Keys,
    paths: &[PathBuf],
    options: &Options,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Report, IngestError> {
    let files = find(paths, options.received, options.order)?;
    progress(Progress::Found { files: files.len(), bytes: files.iter().map(|file| file.bytes).sum() });
    let mut ledger = Ledger::open(warehouse).await?;
    fence(warehouse, keys, ledger.version).await?;
    let world = Arc::new(world(warehouse, keys, &files, options).await?);

    let width = std::thread::available_parallelism().map_or(2, usize::from);
    let seal_to: Arc<str> = warehouse.marker().seal_to.as_str().into();
    let purpose = options.purpose;
    let work = files.into_iter().map(|file| {
        let (world, seal_to, form) = (world.clone(), seal_to.clone(), options.form);
        // What the ledger says of these bytes is only known when their turn comes, so every file is judged.
        tokio::task::spawn_blocking(move || judge_file(file, form, &world, &seal_to, purpose))
    });
    let mut judged = futures::stream::iter(work).buffered(width);
    let mut intake = Intake::new(warehouse, keys, options);
    while let Some(file) = judged.next().await {
        let file = file.expect("judging does not panic")?;
        progress(Progress::Judged { file: &file.found.path, bytes: file.found.bytes });
        intake.take(file, &mut ledger).await?;
    }
    progress(Progress::Committing);
    intake.finish().await
}

/// A file that was named or found.
#[derive(Debug, Clone)]
struct Found {
    path: PathBuf,
    bytes: u64,
    received_on: NaiveDate,
}

/// A file's bytes with everything that can be told of them without the ledger.
struct JudgedFile {
    found: Found,
    sha256: String,
    sealed: Option<Vec<u8>>,
    judged: Judged,
}

/// The files of all paths, in their order; hidden files and the lock files of spreadsheets are passed over.
fn find(paths: &[PathBuf], received: Received, order: Order) -> Result<Vec<Found>, IngestError> {
    let mut all: Vec<(PathBuf, u64)> = Vec::new();
    for path in paths {
        let mut found = BTreeMap::new();
        for entry in walkdir::WalkDir::new(path).follow_links(true) {
            let entry = entry.map_err(|error| IngestError::Path {
                path: error.path().unwrap_or(path).to_owned(),
                source: error.into_io_error().unwrap_or_else(|| std::io::Error::other("the folder contains itself")),
            })?;
            let name = entry.file_name().to_string_lossy();
            if entry.file_type().is_file() && (entry.depth() == 0 || !(name.starts_with('.') || name.starts_with("~$")))
            {
                let bytes = entry.metadata().map_or(0, |about| about.len());
                found.insert(entry.into_path(), bytes);
            }
        }
        all.extend(found);
    }
    if order == Order::Path {
        all.sort();
        all.dedup_by(|one, other| one.0 == other.0);
    }
    if all.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(IngestError::NoFiles(names.join(", ")));
    }
    let dated = |(path, bytes): (PathBuf, u64)| {
        let received_on = match received {
            Received::Today => chrono::Local::now().date_naive(),
            Received::On(day) => day,
            Received::Folder => folder_date(&path).ok_or_else(|| IngestError::FolderDate { path: path.clone() })?,
        };
        Ok(Found { path, bytes, received_on })
    };
    all.into_iter().map(dated).collect()
}

fn folder_date(path: &Path) -> Option<NaiveDate> {
    let absolute = std::path::absolute(path).ok()?;
    let name = absolute.parent()?.file_name()?.to_str()?;
    // Exactly like 2019-10-08: a folder that is named otherwise is not meant as a date.
    (name.len() == 10).then(|| NaiveDate::parse_from_str(name, "%Y-%m-%d").ok()).flatten()
}

/// What files are judged against: the register (with what this call's own register files add), the calendar, the districts.
async fn world(warehouse: &Warehouse, keys: &Keys, files: &[Found], options: &Options) -> Result<World, IngestError> {
    let bad = |error: datafusion::arrow::error::ArrowError| IngestError::Calendar(error.to_string());
    let calendar = Calendar::from_batches(&[read_reference_table(warehouse, "calendar").await?]).map_err(bad)?;
    let districts = read_reference_table(warehouse, "district").await?;
    let codes = districts.column_by_name("district_code").expect("the table has its schema").as_string::<i32>();
    let mut world = World {
        register: read_register(warehouse).await?,
        calendar,
        districts: codes.iter().flatten().map(str::to_owned).collect(),
        sender: options.sender.clone(),
        hasher: PersonHasher::new(keys.person),
    };
    // The register first: other files of the same call name its schools.
    for file in files {
        let Ok(bytes) = std::fs::read(&file.path) else { continue };
        if may_hold_register(&file.path, &bytes, options.form) {
            let document = read(&file_name(&file.path), &bytes, options.form);
            if document.tables.iter().any(|table| table.form.is_register()) {
                let judged = judge(document, &world);
                add_to_register(&mut world, &judged);
            }
        }
    }
    Ok(world)
}

/// Whether a look at the whole file is worth it: the register's telling heading or name stands in it, or it is a workbook.
fn may_hold_register(path: &Path, bytes: &[u8], given: Option<&'static Form>) -> bool {
    let register = crate::form::forms().iter().find(|form| form.is_register()).expect("one form is the register");
    if let Some(given) = given {
        return std::ptr::eq(given, register);
    }
    let text =
        path.extension().is_some_and(|extension| ["csv", "tsv", "txt", "json"].iter().any(|one| extension == *one));
    if !text {
        return true;
    }
    let start = &bytes[..bytes.len().min(64 * 1024)];
    let heading = &register.column("school_name").expect("the register names its schools").heading;
    let (national, _, _) = encoding_rs::GB18030.encode(heading);
    let quoted = format!("\"{}\"", register.name);
    [heading.as_bytes(), &national, quoted.as_bytes()]
        .iter()
        .any(|needle| start.windows(needle.len()).any(|window| window == *needle))
}

fn add_to_register(world: &mut World, judged: &Judged) {
    for table in judged.tables.iter().filter(|table| table.form.is_register()) {
        let text = |name: &str| table.rows.column_by_name(name).expect("the register's columns").as_string::<i32>();
        let date = |name: &str, row: usize| {
            let column = table.rows.column_by_name(name).expect("the register's columns");
            let column = column.as_primitive::<datafusion::arrow::datatypes::Date32Type>();
            datafusion::arrow::array::Array::is_valid(column, row)
                .then(|| NaiveDate::default() + chrono::Days::new(u64::try_from(column.value(row)).unwrap_or_default()))
        };
        for row in 0..table.rows.num_rows() {
            let entry = SchoolEntry {
                district_code: text("district_code").value(row).to_owned(),
                school_kind: text("school_kind").value(row).to_owned(),
                urban_rural: text("urban_rural").value(row).to_owned(),
                opened_on: date("opened_on", row),
                closed_on: date("closed_on", row),
            };
            world.register.insert(text("school_id").value(row).to_owned(), entry);
        }
    }
}

fn judge_file(
    found: Found,
    given: Option<&'static Form>,
    world: &World,
    seal_to: &str,
    purpose: Purpose,
) -> Result<JudgedFile, IngestError> {
    let bytes = std::fs::read(&found.path).map_err(|source| IngestError::Path { path: found.path.clone(), source })?;
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let judged = judge(read(&file_name(&found.path), &bytes, given), world);
    let sealed = (purpose == Purpose::Accept).then(|| seal(seal_to, &bytes)).transpose()?;
    Ok(JudgedFile { found, sha256, sealed, judged })
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What a call gathered and has not committed yet.
struct Intake<'a> {
    warehouse: &'a Warehouse,
    keys: &'a Keys,
    options: &'a Options,
    writers: BTreeMap<String, Writer>,
    lines: Vec<Line>,
    issues: Vec<RecordBatch>,
    report: Report,
    /// Where in the report the slice stands that counts so far.
    latest: BTreeMap<SliceKey, (usize, usize)>,
    /// Where in the report the slice of a line stands.
    places: BTreeMap<String, (usize, usize)>,
}

impl<'a> Intake<'a> {
    fn new(warehouse: &'a Warehouse, keys: &'a Keys, options: &'a Options) -> Intake<'a> {
        Intake {
            warehouse,
            keys,
            options,
            writers: BTreeMap::new(),
            lines: Vec::new(),
            issues: Vec::new(),
            report: Report::default(),
            latest: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }

    /// Takes a judged file in: its original, its rows, its lines (which are held back until all rows are committed).
    async fn take(&mut self, file: JudgedFile, ledger: &mut Ledger) -> Result<(), IngestError> {
        let file_found = file.found;
        let known = ledger.file(&file.sha256).cloned().unwrap_or_default();
        let unchanged = |slice: &SliceKey| self.options.known == Known::Skip && known.accepted.contains(slice);
        let place = self.report.files.len();
        let mut slices = Vec::new();
        let mut fresh = false;
        for table in file.judged.tables {
            let mut ids: Vec<Option<String>> = Vec::with_capacity(table.slices.len());
            for slice in table.slices {
                let key = SliceKey {
                    form: slice.form.name.clone(),
                    school_id: slice.school_id.clone(),
                    period: slice.period.clone(),
                };
                if unchanged(&key) {
                    ids.push(None);
                    slices.push(slice_report(slice, SliceOutcome::Unchanged));
                    continue;
                }
                fresh = true;
                let (state, outcome) = match slice.state {
                    SliceState::Accepted => (State::Accepted, SliceOutcome::Accepted),
                    SliceState::Zero => (State::Zero, SliceOutcome::Zero),
                    SliceState::Rejected => (State::Rejected, SliceOutcome::Rejected),
                };
                if state != State::Rejected
                    && let Some((file, earlier)) = self.latest.insert(key.clone(), (place, slices.len()))
                {
                    let replaced = if file == place { &mut slices } else { &mut self.report.files[file].slices };
                    replace(&mut replaced[earlier], &file_name(&file_found.path));
                }
                let id = Uuid::now_v7().to_string();
                let line = line(&id, key, &slice, state, &file_found, &file.sha256, self.options, ledger);
                ledger.note(&line.slice, state, &file.sha256, &id, i64::MAX);
                let told = slice_report(slice, outcome);
                self.issues.extend(issue_batch(&id, &told.issues));
                self.places.insert(id.clone(), (place, slices.len()));
                self.lines.push(line);
                ids.push((state == State::Accepted).then_some(id));
                slices.push(told);
            }
            if self.options.purpose == Purpose::Accept {
                self.write(table.form, &table.rows, &ids).await?;
            }
        }
        if let Some(sealed) = file.sealed.filter(|_| fresh) {
            self.warehouse.put_once(&Place::Original(file.sha256.clone()), sealed.into()).await?;
        }
        let name = file_found.path.display().to_string();
        self.report.files.push(FileReport::new(name, file.sha256, file.judged.readable, file.judged.issues, slices));
        Ok(())
    }

    /// Writes the accepted rows of a table to files that nobody sees yet.
    async fn write(
        &mut self,
        form: &'static Form,
        rows: &RecordBatch,
        ids: &[Option<String>],
    ) -> Result<(), IngestError> {
        let slices = rows.column_by_name("slice").expect("judged rows name their slice").as_primitive::<UInt32Type>();
        let id = |slice: u32| ids[slice as usize].as_deref();
        let keep: BooleanArray = slices.values().iter().map(|slice| Some(id(*slice).is_some())).collect();
        if keep.true_count() == 0 {
            return Ok(());
        }
        let submission: StringArray = slices.values().iter().map(|slice| id(*slice)).collect();
        let schema = form.schema();
        let columns = schema.fields().iter().map(|field| -> ArrayRef {
            match field.name().as_str() {
                "submission_id" => Arc::new(submission.clone()),
                name => rows.column_by_name(name).expect("judged rows have the form's columns").clone(),
            }
        });
        let batch = RecordBatch::try_new(schema.clone(), columns.collect()).expect("the columns are the table's");
        let batch = filter_record_batch(&batch, &keep).expect("the mask has a value a row");
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
    async fn finish(mut self) -> Result<Report, IngestError> {
        if self.options.purpose == Purpose::Check || self.lines.is_empty() {
            return Ok(self.report);
        }
        step::reached("ingest.originals_kept");
        let mut staged = Vec::new();
        for (table, writer) in self.writers {
            staged.push((table, writer.finish().await?));
        }
        step::reached("ingest.rows_staged");
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
        file_name: file_name(&found.path),
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
