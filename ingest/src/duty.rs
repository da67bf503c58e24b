//! What a district says of a slice of one of its schools: that there is more time for it, that it need not come, or that what
//! was accepted is confirmed. Appended to `facts.slice_event` and never edited; the latest word holds.
//!
//! It is casework on who owes what and changes no figure: what is done late stays late, and figures don't wait for a
//! confirmation. `sql/marts/slice_mark.sql` tells what holds.

use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::session::days;
use warehouse::table::TableName;

use crate::form::normal;
use crate::ledger::{Ledger, SliceKey};

/// The table of what was said.
pub fn duty_table() -> TableName {
    TableName::new("facts", "slice_event")
}

/// Letters that a reason may have.
pub const LONGEST_REASON: usize = 500;

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// There is time until this day.
    Extended(NaiveDate),
    /// It need not come.
    Excused,
    /// What was said of more time or an excuse no longer holds.
    Revoked,
    /// What was accepted is confirmed; a correction is to be confirmed anew.
    Confirmed,
}

impl Word {
    /// The code that the table holds.
    pub fn code(&self) -> &'static str {
        match self {
            Word::Extended(_) => "extended",
            Word::Excused => "excused",
            Word::Revoked => "revoked",
            Word::Confirmed => "confirmed",
        }
    }
}

/// Something to be said of slices.
#[derive(Debug, Clone)]
pub struct Saying {
    /// What.
    pub word: Word,
    /// Why: more time and an excuse need a reason.
    pub reason: String,
    /// The day.
    pub on: NaiveDate,
    /// Who says it.
    pub by_whom: String,
}

/// Why nothing was said. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum DutyError {
    /// No slice is named.
    #[error("没有选择报送单元 / no slice is named")]
    NoSlice,
    /// More time or an excuse without a reason.
    #[error("延期或免报须写明理由 / more time or an excuse needs a reason")]
    NoReason,
    /// Too long a reason.
    #[error("理由超过 {LONGEST_REASON} 字 / the reason has more than {LONGEST_REASON} letters")]
    LongReason,
    /// A day that has passed already.
    #[error("延期至 {until}，早于今天 {on} / more time until {until} is before today, {on}")]
    Past {
        /// Until when.
        until: NaiveDate,
        /// Today.
        on: NaiveDate,
    },
    /// Slices that count can't be excused, those that don't can't be confirmed.
    #[error("{} 个报送单元的状态已经变化 / {} slices have changed meanwhile", .0.len(), .0.len())]
    Changed(Vec<SliceKey>),
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

/// Makes the table where it is missing: in a warehouse of an earlier kehou, whose models don't read it.
pub async fn ensure(warehouse: &Warehouse) -> Result<(), WarehouseError> {
    warehouse.ensure_table(&duty_table(), &duty_schema(), &[]).await
}

/// Says something of slices (each with its school's district), of all or of none.
pub async fn say(warehouse: &Warehouse, slices: &[(SliceKey, String)], saying: &Saying) -> Result<(), DutyError> {
    let reason = normal(&saying.reason);
    if slices.is_empty() {
        return Err(DutyError::NoSlice);
    }
    if reason.is_empty() && matches!(saying.word, Word::Extended(_) | Word::Excused) {
        return Err(DutyError::NoReason);
    }
    if reason.chars().count() > LONGEST_REASON {
        return Err(DutyError::LongReason);
    }
    if let Word::Extended(until) = saying.word
        && until < saying.on
    {
        return Err(DutyError::Past { until, on: saying.on });
    }
    let ledger = Ledger::open(warehouse).await?;
    let counts = |slice: &SliceKey| ledger.current(slice).is_some();
    let changed = |slice: &&(SliceKey, String)| match saying.word {
        Word::Confirmed => !counts(&slice.0),
        Word::Extended(_) | Word::Excused => counts(&slice.0),
        Word::Revoked => false,
    };
    let changed: Vec<SliceKey> = slices.iter().filter(changed).map(|(slice, _)| slice.clone()).collect();
    if !changed.is_empty() {
        return Err(DutyError::Changed(changed));
    }
    ensure(warehouse).await?;
    let mut writer = warehouse.writer(&duty_table()).await?;
    writer.write(batch(slices, saying, &reason, &ledger)).await?;
    warehouse.append(&duty_table(), writer.finish().await?).await?;
    Ok(())
}

fn batch(slices: &[(SliceKey, String)], saying: &Saying, reason: &str, ledger: &Ledger) -> RecordBatch {
    let text = |value: &dyn Fn(&(SliceKey, String)) -> Option<String>| -> ArrayRef {
        Arc::new(slices.iter().map(value).collect::<StringArray>())
    };
    let until = if let Word::Extended(until) = saying.word { Some(days(until)) } else { None };
    let confirmed = |slice: &SliceKey| (saying.word == Word::Confirmed).then(|| ledger.current(slice)).flatten();
    let now = chrono::Utc::now().timestamp_micros();
    let at = TimestampMicrosecondArray::from_iter_values(slices.iter().map(|_| now)).with_timezone("UTC");
    let columns: Vec<ArrayRef> = vec![
        text(&|(slice, _)| Some(slice.form.clone())),
        text(&|(slice, _)| Some(slice.school_id.clone())),
        text(&|(_, district)| Some(district.clone())),
        text(&|(slice, _)| Some(slice.period.clone())),
        text(&|_| Some(saying.word.code().to_owned())),
        Arc::new(slices.iter().map(|_| until).collect::<Date32Array>()),
        text(&|_| (!reason.is_empty()).then(|| reason.to_owned())),
        text(&|(slice, _)| confirmed(slice).map(str::to_owned)),
        text(&|_| Some(saying.by_whom.clone())),
        Arc::new(slices.iter().map(|_| Some(days(saying.on))).collect::<Date32Array>()),
        Arc::new(at),
    ];
    RecordBatch::try_new(duty_schema(), columns).expect("the columns are those of the schema")
}

/// The schema of the table. The submission that was confirmed has a name of its own: rows of other facts exist by the ledger's
/// line of their `submission_id`, these by themselves.
pub fn duty_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        text("form"),
        text("school_id"),
        text("district_code"),
        text("period"),
        text("event"),
        Field::new("until_on", DataType::Date32, true),
        text("reason"),
        text("confirmed_submission"),
        text("by_whom"),
        Field::new("on_date", DataType::Date32, true),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
    ]))
}
