//! A table that a page has in hand: few rows, of which each value is known. A large one is a stream and never this.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use warehouse::session::days;

use crate::export::{Column, Result, Table};
use crate::rows::Value;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, and whatever is an id.
    Text,
    /// Whole numbers.
    Whole,
    /// Numbers with a fraction.
    Real,
    /// Money, in fen.
    Money,
    /// Days.
    Date,
    /// Yes or no.
    YesNo,
}

/// A table in memory.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// What its rows are.
    pub title: String,
    /// By what they were chosen.
    pub filters: Vec<(String, String)>,
    columns: Vec<(Column, Kind)>,
    rows: Vec<Vec<Value>>,
}

impl Grid {
    /// An empty table.
    pub fn new(title: impl Into<String>) -> Grid {
        Grid { title: title.into(), ..Grid::default() }
    }

    /// Says by what its rows were chosen; nothing where that is empty.
    pub fn chosen(mut self, label: &str, value: &str) -> Grid {
        if !value.is_empty() {
            self.filters.push((label.to_owned(), value.to_owned()));
        }
        self
    }

    /// Adds a column.
    pub fn column(mut self, name: impl Into<String>, kind: Kind, heading: impl Into<String>) -> Grid {
        self.columns.push((Column { name: name.into(), heading: heading.into() }, kind));
        self
    }

    /// Adds a row with a value for each column.
    pub fn row(&mut self, values: impl IntoIterator<Item = Value>) {
        let row: Vec<Value> = values.into_iter().collect();
        assert_eq!(row.len(), self.columns.len(), "a row has a value for each column");
        self.rows.push(row);
    }

    /// Its rows one by one.
    pub fn rows(&self) -> &[Vec<Value>] {
        &self.rows
    }

    /// Its columns.
    pub fn columns(&self) -> Vec<Column> {
        self.columns.iter().map(|(column, _)| column.clone()).collect()
    }

    /// The rows as a batch.
    pub fn batch(&self) -> Result<RecordBatch> {
        let fields = self.columns.iter().map(|(column, kind)| Field::new(&column.name, kind.data_type(), true));
        let arrays = self.columns.iter().enumerate().map(|(at, (_, kind))| self.array(at, *kind));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Ok(RecordBatch::try_new(schema, arrays.collect::<Result<Vec<_>>>()?)?)
    }

    /// The rows as what becomes a file.
    pub fn table(&self) -> Result<Table> {
        let batch = self.batch()?;
        let rows = RecordBatchStreamAdapter::new(batch.schema(), futures::stream::iter([Ok(batch)]));
        Ok(Table { columns: self.columns(), rows: Box::pin(rows) })
    }

    fn array(&self, at: usize, kind: Kind) -> Result<ArrayRef> {
        let values = self.rows.iter().map(|row| &row[at]);
        Ok(match kind {
            Kind::Text => Arc::new(
                values
                    .map(|value| if let Value::Text(text) = value { Some(text.as_str()) } else { None })
                    .collect::<StringArray>(),
            ),
            Kind::Whole => Arc::new(
                values
                    .map(|value| if let Value::Whole(number) = value { Some(*number) } else { None })
                    .collect::<Int64Array>(),
            ),
            Kind::Real => Arc::new(
                values
                    .map(|value| match value {
                        Value::Real(number) => Some(*number),
                        Value::Whole(number) => Some(*number as f64),
                        Value::Hundredths(fen) => Some(*fen as f64 / 100.0),
                        _ => None,
                    })
                    .collect::<Float64Array>(),
            ),
            Kind::Money => {
                let fen = values.map(|value| if let Value::Hundredths(fen) = value { Some(*fen) } else { None });
                Arc::new(fen.collect::<Decimal128Array>().with_precision_and_scale(18, 2)?)
            }
            Kind::Date => Arc::new(
                values
                    .map(|value| if let Value::Date(day) = value { Some(days(*day)) } else { None })
                    .collect::<Date32Array>(),
            ),
            Kind::YesNo => Arc::new(
                values
                    .map(|value| if let Value::YesNo(yes) = value { Some(*yes) } else { None })
                    .collect::<BooleanArray>(),
            ),
        })
    }
}

impl Kind {
    /// The type that its values are kept in.
    pub fn data_type(self) -> DataType {
        match self {
            Kind::Text => DataType::Utf8,
            Kind::Whole => DataType::Int64,
            Kind::Real => DataType::Float64,
            Kind::Money => DataType::Decimal128(18, 2),
            Kind::Date => DataType::Date32,
            Kind::YesNo => DataType::Boolean,
        }
    }
}
