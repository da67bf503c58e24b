//! The rows that a query returned, as plain values that pages can read by column name.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use datafusion::arrow::error::ArrowError;

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number with a fraction.
    Real(f64),
    /// An exact amount in hundredths: yuan as fen.
    Hundredths(i128),
    /// A day.
    Date(NaiveDate),
    /// A moment in UTC.
    Moment(NaiveDateTime),
    /// Yes or no.
    YesNo(bool),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Whole(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Real(number)
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Value {
        Value::Date(day)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Value {
        Value::YesNo(yes)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// The result of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    names: Arc<[String]>,
    rows: Vec<Vec<Value>>,
}

/// One row of a result.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    names: &'a [String],
    values: &'a [Value],
}

impl Rows {
    /// Reads the batches of one query; they share a schema.
    pub fn read(batches: &[RecordBatch]) -> Result<Rows, ArrowError> {
        let names = batches
            .first()
            .map_or_else(Vec::new, |batch| batch.schema().fields().iter().map(|field| field.name().clone()).collect());
        let mut rows = Vec::new();
        for batch in batches {
            let columns = batch.columns().iter().map(read_column).collect::<Result<Vec<_>, _>>()?;
            let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
            rows.extend((0..batch.num_rows()).map(|_| {
                columns
                    .iter_mut()
                    .map(|column| column.next().expect("columns are as long as their batch"))
                    .collect::<Vec<_>>()
            }));
        }
        Ok(Rows { names: names.into(), rows })
    }

    /// The rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.rows.iter().map(|values| Row { names: &self.names, values })
    }

    /// The first row.
    pub fn first(&self) -> Option<Row<'_>> {
        self.iter().next()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<'a> Row<'a> {
    /// The value of a column that the query selected; another name is a mistake of the page's author.
    pub fn value(&self, name: &str) -> &'a Value {
        let at = self
            .names
            .iter()
            .position(|one| one == name)
            .unwrap_or_else(|| panic!("the query selects no column '{name}'"));
        &self.values[at]
    }

    /// Text, empty where there is none.
    pub fn text(&self, name: &str) -> &'a str {
        match self.value(name) {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// A whole number.
    pub fn whole(&self, name: &str) -> Option<i64> {
        match *self.value(name) {
            Value::Whole(number) => Some(number),
            _ => None,
        }
    }

    /// A count: a whole number, 0 where there is none.
    pub fn count(&self, name: &str) -> i64 {
        self.whole(name).unwrap_or(0)
    }

    /// A number of any kind.
    pub fn real(&self, name: &str) -> Option<f64> {
        match *self.value(name) {
            Value::Real(number) => Some(number),
            Value::Whole(number) => Some(number as f64),
            Value::Hundredths(number) => Some(number as f64 / 100.0),
            _ => None,
        }
    }

    /// An amount in fen.
    pub fn fen(&self, name: &str) -> Option<i128> {
        match *self.value(name) {
            Value::Hundredths(number) => Some(number),
            Value::Whole(number) => Some(i128::from(number) * 100),
            _ => None,
        }
    }

    /// A day.
    pub fn date(&self, name: &str) -> Option<NaiveDate> {
        match *self.value(name) {
            Value::Date(date) => Some(date),
            _ => None,
        }
    }

    /// Yes or no; no where there is no value.
    pub fn yes(&self, name: &str) -> bool {
        *self.value(name) == Value::YesNo(true)
    }
}

fn read_column(array: &ArrayRef) -> Result<Vec<Value>, ArrowError> {
    let plain = match array.data_type() {
        DataType::Boolean => DataType::Boolean,
        DataType::Date32 => DataType::Date32,
        DataType::Decimal128(_, scale) => DataType::Decimal128(38, 2.max(*scale)),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => DataType::Float64,
        DataType::Timestamp(_, _) => DataType::Timestamp(TimeUnit::Microsecond, None),
        kind if kind.is_integer() => DataType::Int64,
        DataType::Null => return Ok(vec![Value::Null; array.len()]),
        _ => DataType::Utf8,
    };
    let array = cast(array, &plain)?;
    let read = |at: usize| match &plain {
        _ if array.is_null(at) => Value::Null,
        DataType::Boolean => Value::YesNo(array.as_boolean().value(at)),
        DataType::Date32 => array.as_primitive::<Date32Type>().value_as_date(at).map_or(Value::Null, Value::Date),
        DataType::Decimal128(_, 2) => Value::Hundredths(array.as_primitive::<Decimal128Type>().value(at)),
        DataType::Decimal128(_, scale) => {
            Value::Real(array.as_primitive::<Decimal128Type>().value(at) as f64 / 10f64.powi(i32::from(*scale)))
        }
        DataType::Float64 => Value::Real(array.as_primitive::<Float64Type>().value(at)),
        DataType::Timestamp(_, _) => {
            array.as_primitive::<TimestampMicrosecondType>().value_as_datetime(at).map_or(Value::Null, Value::Moment)
        }
        DataType::Int64 => Value::Whole(array.as_primitive::<Int64Type>().value(at)),
        _ => Value::Text(array.as_string::<i32>().value(at).to_owned()),
    };
    Ok((0..array.len()).map(read).collect())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Date32Array, Decimal128Array, Int64Array, StringViewArray};

    use super::*;

    #[test]
    fn values_keep_their_kind() {
        let money = Decimal128Array::from(vec![Some(1250), None]).with_precision_and_scale(18, 2).expect("fits");
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("name", Arc::new(StringViewArray::from(vec![Some("甲"), None]))),
            ("rows", Arc::new(Int64Array::from(vec![3, 4]))),
            ("amount", Arc::new(money)),
            ("day", Arc::new(Date32Array::from(vec![Some(0), None]))),
        ];
        let rows = Rows::read(&[RecordBatch::try_from_iter(columns).expect("columns fit")]).expect("readable");
        let [first, second] = [0, 1].map(|at| rows.iter().nth(at).expect("two rows"));
        assert_eq!((first.text("name"), first.count("rows"), first.fen("amount")), ("甲", 3, Some(1250)));
        assert_eq!(first.date("day"), NaiveDate::from_ymd_opt(1970, 1, 1));
        assert_eq!((second.text("name"), second.fen("amount"), second.date("day")), ("", None, None));
    }
}
