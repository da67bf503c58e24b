//! The numbers of the notice and of the bureau, each in force from a day on.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Date32Type;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;

use super::calendar::{as_schema, day_of};
use super::table;

/// The keys that the figures read. A `target_…` may be missing: its indicator then has no target.
pub(super) const REQUIRED: &[(&str, Number)] = &[
    ("rollout_deadline", Number::Date),
    ("session_minutes", Number::Whole),
    ("max_sessions_per_day", Number::Whole),
    ("staff_pay_min_share", Number::Decimal),
    ("report_deadline", Number::MonthDay),
    ("remit_within_days", Number::Whole),
    ("refund_within_days", Number::Whole),
    ("disclose_within_days", Number::Whole),
    ("due_days_month", Number::Whole),
    ("due_days_term", Number::Whole),
    ("due_days_year", Number::Whole),
    ("due_days_plan", Number::Whole),
    ("voluntary_min_share", Number::Decimal),
    ("voluntary_min_responses", Number::Whole),
    ("change_warn_share", Number::Decimal),
    ("near_share", Number::Decimal),
    ("min_cell", Number::Whole),
];

/// How many years rows of persons are kept after their school year's end. Without it they are kept for good.
pub const KEEP_PERSONS_YEARS: &str = "keep_persons_years";
/// Keys that may be missing.
const OPTIONAL: &[(&str, Number)] = &[(KEEP_PERSONS_YEARS, Number::Whole)];

/// How a key's value is written.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Date,
    MonthDay,
    Whole,
    Decimal,
}

/// How this key's value is written; none for a key of the bureau's own.
pub(super) fn number_of(key: &str) -> Option<Number> {
    let known = REQUIRED.iter().chain(OPTIONAL).find(|(known, _)| *known == key).map(|(_, number)| *number);
    known.or_else(|| key.starts_with("target_").then_some(Number::Decimal))
}

impl Number {
    pub(super) fn fits(self, value: &str) -> bool {
        match self {
            // SQL compares these as they are written, so only the canonical form will do.
            Number::Date => value.len() == 10 && !value.contains('/') && table::date(value).is_some(),
            Number::MonthDay => {
                value.len() == 5 && table::date(&format!("2019-{value}")).is_some() && value.as_bytes()[2] == b'-'
            }
            Number::Whole => value.len() <= 9 && value.bytes().all(|byte| byte.is_ascii_digit()),
            Number::Decimal => table::decimal(value, 6).is_some(),
        }
    }
}

/// The values of every key over time.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    values: HashMap<String, BTreeMap<NaiveDate, String>>,
}

impl Policy {
    /// From the rows of the table `policy`, as read from the folder or back from the warehouse.
    pub fn from_batches(batches: &[RecordBatch]) -> Result<Policy, ArrowError> {
        let mut values: HashMap<String, BTreeMap<NaiveDate, String>> = HashMap::new();
        for batch in batches {
            let batch = as_schema("policy", batch)?;
            let (keys, texts) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
            let from = batch.column(2).as_primitive::<Date32Type>();
            for row in 0..batch.num_rows() {
                let line = values.entry(keys.value(row).to_owned()).or_default();
                line.insert(day_of(from.value(row)), texts.value(row).to_owned());
            }
        }
        Ok(Policy { values })
    }

    /// The value in force on a day; before the first one the first.
    pub fn value(&self, key: &str, on: NaiveDate) -> Option<&str> {
        let values = self.values.get(key)?;
        values.range(..=on).next_back().or_else(|| values.first_key_value()).map(|(_, value)| value.as_str())
    }
}
