//! One value of a row, whatever Arrow type its column has.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, TimeDelta};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};

use crate::export::Result;

/// The values of a column.
pub enum Cells {
    /// Text.
    Text(StringArray),
    /// Whole numbers.
    Whole(Int64Array),
    /// Numbers with a fraction.
    Real(Float64Array),
    /// Exact numbers with so many places.
    Exact(Decimal128Array, u8),
    /// Days.
    Date(Date32Array),
    /// Moments in UTC.
    Moment(TimestampMicrosecondArray),
    /// Yes or no.
    YesNo(BooleanArray),
    /// No value at all.
    Nothing,
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// None.
    Empty,
    /// Text.
    Text(&'a str),
    /// A whole number.
    Whole(i64),
    /// A number with a fraction.
    Real(f64),
    /// An exact number: its digits, and how many of them are places.
    Exact(i128, u8),
    /// A day, counted from 1970-01-01.
    Date(i32),
    /// A moment in microseconds from 1970-01-01T00:00:00Z.
    Moment(i64),
    /// Yes or no.
    YesNo(bool),
}

/// The type that a column's values are read as.
fn plain(kind: &DataType) -> DataType {
    match kind {
        DataType::Null | DataType::Boolean => kind.clone(),
        DataType::Date32 | DataType::Date64 => DataType::Date32,
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            let scale = match kind {
                DataType::Decimal32(_, scale)
                | DataType::Decimal64(_, scale)
                | DataType::Decimal128(_, scale)
                | DataType::Decimal256(_, scale) => *scale,
                _ => 0,
            };
            DataType::Decimal128(38, scale.max(0))
        }
        DataType::Float16 | DataType::Float32 | DataType::Float64 => DataType::Float64,
        DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::UInt64 => DataType::Decimal128(38, 0),
        kind if kind.is_integer() => DataType::Int64,
        _ => DataType::Utf8,
    }
}

/// A column's type as "CSV on the Web" names it.
pub fn csvw(kind: &DataType) -> &'static str {
    match plain(kind) {
        DataType::Boolean => "boolean",
        DataType::Date32 => "date",
        DataType::Decimal128(..) => "decimal",
        DataType::Float64 => "double",
        DataType::Timestamp(..) => "dateTime",
        DataType::Int64 => "integer",
        _ => "string",
    }
}

impl Cells {
    /// The values of an array.
    pub fn of(array: &ArrayRef) -> Result<Cells> {
        let kind = plain(array.data_type());
        let array = if *array.data_type() == kind { array.clone() } else { cast(array, &kind)? };
        Ok(match kind {
            DataType::Null => Cells::Nothing,
            DataType::Boolean => Cells::YesNo(array.as_boolean().clone()),
            DataType::Date32 => Cells::Date(array.as_primitive::<Date32Type>().clone()),
            DataType::Decimal128(_, scale) => {
                Cells::Exact(array.as_primitive::<Decimal128Type>().clone(), scale.unsigned_abs())
            }
            DataType::Float64 => Cells::Real(array.as_primitive::<Float64Type>().clone()),
            DataType::Timestamp(..) => Cells::Moment(array.as_primitive::<TimestampMicrosecondType>().clone()),
            DataType::Int64 => Cells::Whole(array.as_primitive::<Int64Type>().clone()),
            _ => Cells::Text(array.as_string::<i32>().clone()),
        })
    }

    /// The value of a row.
    pub fn at(&self, row: usize) -> Cell<'_> {
        match self {
            Cells::Text(values) if values.is_valid(row) => Cell::Text(values.value(row)),
            Cells::Whole(values) if values.is_valid(row) => Cell::Whole(values.value(row)),
            Cells::Real(values) if values.is_valid(row) => Cell::Real(values.value(row)),
            Cells::Exact(values, places) if values.is_valid(row) => Cell::Exact(values.value(row), *places),
            Cells::Date(values) if values.is_valid(row) => Cell::Date(values.value(row)),
            Cells::Moment(values) if values.is_valid(row) => Cell::Moment(values.value(row)),
            Cells::YesNo(values) if values.is_valid(row) => Cell::YesNo(values.value(row)),
            _ => Cell::Empty,
        }
    }
}

impl<'a> Cell<'a> {
    /// The value as text that a program reads back.
    pub fn written(self) -> Cow<'a, str> {
        match self {
            Cell::Empty => Cow::Borrowed(""),
            Cell::Text(text) => Cow::Borrowed(text),
            Cell::Whole(number) => Cow::Owned(number.to_string()),
            Cell::Real(number) => Cow::Owned(number.to_string()),
            Cell::Exact(digits, places) => Cow::Owned(exact(digits, places)),
            Cell::Date(days) => Cow::Owned(day(days).map_or_else(|| days.to_string(), |day| day.to_string())),
            Cell::Moment(micros) => Cow::Owned(
                DateTime::from_timestamp_micros(micros)
                    .map_or_else(|| micros.to_string(), |at| at.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string()),
            ),
            Cell::YesNo(yes) => Cow::Borrowed(if yes { "true" } else { "false" }),
        }
    }
}

/// An exact number with all its places: money has two even where they are noughts.
fn exact(digits: i128, places: u8) -> String {
    let size = digits.unsigned_abs().to_string();
    let places = usize::from(places);
    let size = format!("{size:0>width$}", width = places + 1);
    let (whole, rest) = size.split_at(size.len() - places);
    let sign = if digits < 0 { "-" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

fn day(days: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(TimeDelta::try_days(i64::from(days))?)
}
