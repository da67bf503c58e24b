//! The ledger `facts.submission`: one line a slice and attempt. A line is the commit point: rows without one do not exist.

pub mod history;
pub(crate) mod rows;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef, TimeUnit};
use datafusion::prelude::SessionContext;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::session::{Limits, register, session};
use warehouse::table::{Snapshot, TableName};

use crate::form::{Severity, forms};
use crate::issue::Issue;
use crate::judge::SchoolEntry;

/// The ledger's table.
pub fn ledger_table() -> TableName {
    TableName::new("facts", "submission")
}

/// The table of what was found in submissions.
pub fn issue_table() -> TableName {
    TableName::new("facts", "submission_issue")
}

/// How a slice's attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its rows count.
    Accepted,
    /// Nothing to report.
    Zero,
    /// Its rows do not count.
    Rejected,
    /// Taken back: the slice is missing again.
    Withdrawn,
}

impl State {
    /// The code that the ledger holds.
    pub fn code(self) -> &'static str {
        match self {
            State::Accepted => "accepted",
            State::Zero => "zero",
            State::Rejected => "rejected",
            State::Withdrawn => "withdrawn",
        }
    }

    /// The state of a code.
    pub fn of(code: &str) -> Option<State> {
        [State::Accepted, State::Zero, State::Rejected, State::Withdrawn].into_iter().find(|state| state.code() == code)
    }
}

/// What a slice is: one form, one school, one period.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SliceKey {
    /// The form's code name.
    pub form: String,
    /// The school's ten digits.
    pub school_id: String,
    /// The period.
    pub period: String,
}

/// One line of the ledger.
#[derive(Debug, Clone)]
pub struct Line {
    /// A fresh UUIDv7.
    pub submission_id: String,
    /// The slice.
    pub slice: SliceKey,
    /// The school's district, empty where the register doesn't know the school.
    pub district_code: String,
    /// How the attempt ended.
    pub state: State,
    /// The file's name, without its folders.
    pub file_name: String,
    /// SHA-256 of the file's bytes, in hex.
    pub file_sha256: String,
    /// The sheet within a workbook.
    pub sheet: Option<String>,
    /// Whose file it is: the `--sender`, else the school on the cover.
    pub sender: Option<String>,
    /// The day of receipt, in days since 1970-01-01.
    pub received_on: i32,
    /// When the line was written, microseconds since 1970 in UTC: the order of acceptance.
    pub received_at: i64,
    /// Rows of data in the slice.
    pub rows: u64,
    /// Errors found.
    pub errors: u64,
    /// Warnings found.
    pub warnings: u64,
    /// The attempt that this one replaces.
    pub replaces: Option<String>,
}

/// What the ledger said when it was read.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The version of the table that was read.
    pub version: u64,
    /// The latest `received_at` in it, microseconds since 1970 in UTC.
    pub last_at: i64,
    ids: HashSet<String>,
    current: HashMap<SliceKey, Standing>,
    files: HashMap<String, FileHistory>,
}

/// The attempt that counts for a slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub submission_id: String,
    /// Accepted, or reported as nothing.
    pub state: State,
    /// When its line was written, microseconds since 1970 in UTC.
    pub received_at: i64,
}

/// What became of a file's bytes before.
#[derive(Debug, Default, Clone)]
pub struct FileHistory {
    /// Slices that were accepted from these bytes, or reported as nothing, even if they were withdrawn since: bytes that
    /// were accepted before change nothing, whatever came between, or a folder that is read again would undo a withdrawal.
    pub accepted: BTreeSet<SliceKey>,
    /// Slices that were rejected and not accepted from these bytes later.
    pub rejected: BTreeSet<SliceKey>,
}

impl Ledger {
    /// Reads the ledger.
    pub async fn open(warehouse: &Warehouse) -> Result<Ledger, WarehouseError> {
        let sql = "select submission_id, form, school_id, period, state, file_sha256, received_at \
                   from facts.submission order by received_at, submission_id";
        let snapshot = warehouse.snapshot(&ledger_table(), None).await?;
        let mut ledger = Ledger { version: snapshot.version, ..Ledger::default() };
        for batch in query(warehouse, vec![snapshot], sql).await? {
            let text = |column: usize| batch.column(column).as_string::<i32>();
            let [id, form, school, period, state, sha256] = [0, 1, 2, 3, 4, 5].map(text);
            let at = batch.column(6).as_primitive::<datafusion::arrow::datatypes::TimestampMicrosecondType>();
            for row in 0..batch.num_rows() {
                let slice = SliceKey {
                    form: form.value(row).to_owned(),
                    school_id: school.value(row).to_owned(),
                    period: period.value(row).to_owned(),
                };
                ledger.ids.insert(id.value(row).to_owned());
                ledger.last_at = ledger.last_at.max(at.value(row));
                if let Some(state) = State::of(state.value(row)) {
                    ledger.note(&slice, state, sha256.value(row), id.value(row), at.value(row));
                }
            }
        }
        Ok(ledger)
    }

    /// Takes a line into account.
    pub fn note(&mut self, slice: &SliceKey, state: State, sha256: &str, id: &str, received_at: i64) {
        let file = self.files.entry(sha256.to_owned()).or_default();
        match state {
            State::Rejected => {
                if !file.accepted.contains(slice) {
                    file.rejected.insert(slice.clone());
                }
            }
            State::Accepted | State::Zero => {
                file.rejected.remove(slice);
                file.accepted.insert(slice.clone());
                self.current.insert(slice.clone(), Standing { submission_id: id.to_owned(), state, received_at });
            }
            State::Withdrawn => {
                self.current.remove(slice);
            }
        }
    }

    /// The attempt that counts for a slice now.
    pub fn current(&self, slice: &SliceKey) -> Option<&str> {
        self.current.get(slice).map(|standing| standing.submission_id.as_str())
    }

    /// The attempt that counts for a slice now, with its state; none where nothing was accepted, or it was withdrawn.
    pub fn standing(&self, slice: &SliceKey) -> Option<&Standing> {
        self.current.get(slice)
    }

    /// Whether a line of this id was in the ledger when it was read.
    pub fn holds(&self, submission_id: &str) -> bool {
        self.ids.contains(submission_id)
    }

    /// What became of these bytes before.
    pub fn file(&self, sha256: &str) -> Option<&FileHistory> {
        self.files.get(sha256)
    }
}

/// The schema of the ledger.
pub fn ledger_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let whole = |name: &str| Field::new(name, DataType::Int64, true);
    Arc::new(Schema::new(vec![
        text("submission_id"),
        text("form"),
        text("school_id"),
        text("district_code"),
        text("period"),
        text("state"),
        text("file_name"),
        text("file_sha256"),
        text("sheet"),
        text("sender"),
        Field::new("received_on", DataType::Date32, true),
        Field::new("received_at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        whole("rows"),
        whole("errors"),
        whole("warnings"),
        text("replaces"),
    ]))
}

/// The lines as rows of the ledger.
pub fn ledger_batch(lines: &[Line]) -> RecordBatch {
    fn text<'a>(lines: &'a [Line], value: impl Fn(&'a Line) -> Option<&'a str>) -> ArrayRef {
        Arc::new(lines.iter().map(value).collect::<StringArray>())
    }
    let whole = |value: fn(&Line) -> u64| -> ArrayRef {
        Arc::new(lines.iter().map(|line| Some(value(line) as i64)).collect::<Int64Array>())
    };
    let received_at: TimestampMicrosecondArray = lines.iter().map(|line| Some(line.received_at)).collect();
    let columns: Vec<ArrayRef> = vec![
        text(lines, |line| Some(&line.submission_id)),
        text(lines, |line| Some(&line.slice.form)),
        text(lines, |line| Some(&line.slice.school_id)),
        text(lines, |line| Some(&line.district_code)),
        text(lines, |line| Some(&line.slice.period)),
        text(lines, |line| Some(line.state.code())),
        text(lines, |line| Some(&line.file_name)),
        text(lines, |line| Some(&line.file_sha256)),
        text(lines, |line| line.sheet.as_deref()),
        text(lines, |line| line.sender.as_deref()),
        Arc::new(lines.iter().map(|line| Some(line.received_on)).collect::<Date32Array>()),
        Arc::new(received_at.with_timezone("UTC")),
        whole(|line| line.rows),
        whole(|line| line.errors),
        whole(|line| line.warnings),
        text(lines, |line| line.replaces.as_deref()),
    ];
    RecordBatch::try_new(ledger_schema(), columns).expect("the columns are those of the schema")
}

/// The schema of the table of issues. It holds no values: those stand in the report to the sender alone.
pub fn issue_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        text("submission_id"),
        text("severity"),
        text("code"),
        text("sheet"),
        Field::new("row_no", DataType::Int64, true),
        text("heading"),
        text("message_zh"),
        text("message_en"),
    ]))
}

/// What was found in a submission as rows of the table of issues; nothing where nothing was found.
pub fn issue_batch(submission_id: &str, issues: &[Issue]) -> Option<RecordBatch> {
    if issues.is_empty() {
        return None;
    }
    fn text<'a>(issues: &'a [Issue], value: impl Fn(&'a Issue) -> Option<&'a str>) -> ArrayRef {
        Arc::new(issues.iter().map(value).collect::<StringArray>())
    }
    let severity = |issue: &Issue| match issue.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let columns: Vec<ArrayRef> = vec![
        text(issues, |_| Some(submission_id)),
        Arc::new(issues.iter().map(|issue| Some(severity(issue))).collect::<StringArray>()),
        text(issues, |issue| Some(issue.code)),
        text(issues, |issue| issue.sheet.as_deref()),
        Arc::new(issues.iter().map(|issue| issue.row.map(i64::from)).collect::<Int64Array>()),
        text(issues, |issue| issue.column.as_deref()),
        text(issues, |issue| Some(&issue.message_zh)),
        text(issues, |issue| Some(&issue.message_en)),
    ];
    Some(RecordBatch::try_new(issue_schema(), columns).expect("the columns are those of the schema"))
}

/// The schema of the table of casework: the day of a step as it was there, and which occurrence of the finding it is of.
pub fn case_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        text("finding_id"),
        text("step"),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        text("by_whom"),
        Field::new("due_on", DataType::Date32, true),
        text("note"),
        Field::new("on_date", DataType::Date32, true),
        Field::new("occurrence", DataType::Int64, true),
    ]))
}

/// Makes every table of facts that is missing.
pub async fn ensure_facts(warehouse: &Warehouse) -> Result<(), WarehouseError> {
    for form in forms() {
        warehouse.ensure_table(&TableName::new("facts", form.table()), &form.schema(), &[]).await?;
    }
    warehouse.ensure_table(&issue_table(), &issue_schema(), &[]).await?;
    let cases = TableName::new("facts", "case_event");
    warehouse.ensure_table(&cases, &case_schema(), &[]).await?;
    // Warehouses that were made before a step could be taken have fewer columns, and no rows.
    if warehouse.snapshot(&cases, None).await?.rows() == 0 {
        warehouse.shape_table(&cases, &case_schema()).await?;
    }
    crate::duty::ensure(warehouse).await?;
    warehouse.ensure_table(&ledger_table(), &ledger_schema(), &[]).await
}

/// The register in force: each school's latest accepted line, whatever its year.
pub async fn read_register(warehouse: &Warehouse) -> Result<HashMap<String, SchoolEntry>, WarehouseError> {
    let sql = "with line as ( \
                   select submission_id, state, received_at from facts.submission \
                   where form = 'school' and state <> 'rejected' \
                   qualify row_number() over ( \
                       partition by school_id, period order by received_at desc nulls last, submission_id desc nulls last \
                   ) = 1 \
               ) \
               select entry.school_id, entry.district_code, entry.school_kind, entry.urban_rural, entry.opened_on, \
                   entry.closed_on \
               from facts.raw_school as entry join line on line.submission_id = entry.submission_id \
               where line.state = 'accepted' order by line.received_at, line.submission_id";
    let tables = [TableName::new("facts", "raw_school"), ledger_table()];
    let mut register = HashMap::new();
    for batch in read(warehouse, &tables, sql).await? {
        let text = |column: usize| batch.column(column).as_string::<i32>();
        let [school, district, kind, urban_rural] = [0, 1, 2, 3].map(text);
        let days = |column: usize, row: usize| {
            let column = batch.column(column).as_primitive::<Date32Type>();
            column.is_valid(row).then(|| NaiveDate::default() + TimeDelta::days(i64::from(column.value(row))))
        };
        for row in 0..batch.num_rows() {
            let entry = SchoolEntry {
                district_code: district.value(row).to_owned(),
                school_kind: kind.value(row).to_owned(),
                urban_rural: urban_rural.value(row).to_owned(),
                opened_on: days(4, row),
                closed_on: days(5, row),
            };
            register.insert(school.value(row).to_owned(), entry);
        }
    }
    Ok(register)
}

/// Runs a query on tables as they are now; text comes as plain strings.
pub(crate) async fn read(
    warehouse: &Warehouse,
    tables: &[TableName],
    sql: &str,
) -> Result<Vec<RecordBatch>, WarehouseError> {
    let mut snapshots = Vec::with_capacity(tables.len());
    for name in tables {
        snapshots.push(warehouse.snapshot(name, None).await?);
    }
    query(warehouse, snapshots, sql).await
}

/// Runs a query on tables as they were at their snapshots; text comes as plain strings.
pub(crate) async fn query(
    warehouse: &Warehouse,
    snapshots: Vec<Snapshot>,
    sql: &str,
) -> Result<Vec<RecordBatch>, WarehouseError> {
    let context: SessionContext = session(&Limits::default())?;
    warehouse.attach(&context);
    for snapshot in snapshots {
        let name = snapshot.name.clone();
        register(&context, &name, warehouse.provider(snapshot))?;
    }
    collect(&context, sql).await
}

/// Runs a query; text comes as plain strings.
pub(crate) async fn collect(context: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>, WarehouseError> {
    let batches = context.sql(sql).await?.collect().await?;
    let plain = |batch: RecordBatch| -> RecordBatch {
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
            let column = match column.data_type() {
                DataType::Utf8View => cast(column, &DataType::Utf8).expect("views are text"),
                _ => column.clone(),
            };
            (field.name().clone(), column)
        });
        RecordBatch::try_from_iter(columns).expect("the columns were one batch")
    };
    Ok(batches.into_iter().map(plain).collect())
}
