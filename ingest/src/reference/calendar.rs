//! The school calendar: which days are school days, and which days and months a term has.

use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate, TimeDelta};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::Date32Type;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;

use crate::form::PeriodKind;

/// The days that the bureau's calendar knows.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    days: BTreeMap<NaiveDate, Day>,
    terms: BTreeMap<String, Term>,
}

/// A day of a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Whether there are lessons.
    pub is_school_day: bool,
    /// `2019-2020-1`
    pub term: String,
    /// `2019-2020`
    pub school_year: String,
}

/// A term from its first to its last row, holidays included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// `2019-2020`
    pub school_year: String,
    /// The first day.
    pub first: NaiveDate,
    /// The last day, included.
    pub last: NaiveDate,
}

impl Calendar {
    /// From the rows of the table `calendar`, as read from the folder or back from the warehouse.
    pub fn from_batches(batches: &[RecordBatch]) -> Result<Calendar, ArrowError> {
        let mut calendar = Calendar::default();
        for batch in batches {
            let batch = as_schema("calendar", batch)?;
            let (dates, is_school_day) = (batch.column(0).as_primitive::<Date32Type>(), batch.column(1).as_boolean());
            let (terms, years) = (batch.column(2).as_string::<i32>(), batch.column(3).as_string::<i32>());
            for row in 0..batch.num_rows() {
                let (date, school_year) = (day_of(dates.value(row)), years.value(row).to_owned());
                let term = terms.value(row).to_owned();
                let known = Term { school_year: school_year.clone(), first: date, last: date };
                let known = calendar.terms.entry(term.clone()).or_insert(known);
                (known.first, known.last) = (known.first.min(date), known.last.max(date));
                calendar.days.insert(date, Day { is_school_day: is_school_day.value(row), term, school_year });
            }
        }
        Ok(calendar)
    }

    /// What the calendar knows of a day.
    pub fn day(&self, date: NaiveDate) -> Option<&Day> {
        self.days.get(&date)
    }

    /// Whether there are lessons on the day; a day that the calendar doesn't know is none.
    pub fn is_school_day(&self, date: NaiveDate) -> bool {
        self.day(date).is_some_and(|day| day.is_school_day)
    }

    /// The term of this name.
    pub fn term(&self, name: &str) -> Option<&Term> {
        self.terms.get(name)
    }

    /// All terms by name, the earlier first.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &Term)> {
        self.terms.iter().map(|(name, term)| (name.as_str(), term))
    }

    /// The months of a term that have a day of it, as `2019-09`.
    pub fn months(&self, term: &str) -> Vec<String> {
        let Some(term) = self.term(term) else { return Vec::new() };
        let first = term.first.with_day(1).expect("every month has a first day");
        let months = std::iter::successors(Some(first), |month| month.checked_add_months(Months::new(1)));
        months.take_while(|month| *month <= term.last).map(|month| month.format("%Y-%m").to_string()).collect()
    }

    /// The school days from one day to another, both included.
    pub fn school_days(&self, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let days = if from <= to { Some(self.days.range(from..=to)) } else { None };
        days.into_iter().flatten().filter(|(_, day)| day.is_school_day).map(|(date, _)| *date)
    }

    /// The first and last day of a canonical period; a term's are known only from the calendar.
    pub fn bounds(&self, kind: PeriodKind, period: &str) -> Option<(NaiveDate, NaiveDate)> {
        match kind {
            PeriodKind::Term => self.term(period).map(|term| (term.first, term.last)),
            PeriodKind::Month => {
                let (year, month) = period.split_once('-')?;
                let first = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)?;
                Some((first, first.checked_add_months(Months::new(1))?.pred_opt()?))
            }
            PeriodKind::Year => {
                let year = period.parse().ok()?;
                Some((NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year, 12, 31)?))
            }
        }
    }
}

/// The batch with the columns and types of that reference table, whatever text and list types its source prefers.
pub(super) fn as_schema(name: &str, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = super::schema(name).expect("only reference tables are asked for");
    let column = |field: &datafusion::arrow::datatypes::FieldRef| {
        let column = batch.column(batch.schema().index_of(field.name())?);
        cast(column, field.data_type())
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(schema, columns)
}

/// The day of a `Date32`.
pub(super) fn day_of(days: i32) -> NaiveDate {
    NaiveDate::default() + TimeDelta::days(days.into())
}
