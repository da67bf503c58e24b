//! Rows of values as an arrow batch: the one place where ingest's columns become the tables' columns.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray, StringBuilder,
    UInt32Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use polars::prelude::PlHashMap;

use super::typed::Typed;
use super::{JudgedSlice, World};
use crate::form::{Kind, PersonKind};
use crate::read::TextTable;
use crate::value::Value;

/// The rows of the slices that are wanted, with the form's columns but `submission_id`, and `slice`.
pub fn rows(
    table: &TextTable,
    typed: &[Typed],
    of_row: &[u32],
    wanted: impl Fn(usize) -> bool,
    slices: &[JudgedSlice],
    world: &World,
) -> RecordBatch {
    let good: Vec<bool> = (0..slices.len()).map(wanted).collect();
    let kept = |row: &usize| good.get(of_row[*row] as usize) == Some(&true);
    let rows: Vec<usize> = (0..table.rows.len()).filter(kept).collect();
    let of_slice = |pick: fn(&JudgedSlice) -> &str| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(pick(&slices[of_row[*row] as usize]))).collect::<StringArray>())
    };
    let mut columns: Vec<(Field, ArrayRef)> = Vec::new();
    let mut add = |name: &str, kind: DataType, array: ArrayRef| columns.push((Field::new(name, kind, true), array));
    add("school_id", DataType::Utf8, of_slice(|slice| &slice.school_id));
    add("period", DataType::Utf8, of_slice(|slice| &slice.period));
    for column in typed {
        let array = match column.column.kind {
            Kind::Person(kind) => persons(column, kind, &rows, of_row, slices, world),
            _ => values(column, &rows),
        };
        add(&column.name, column.column.kind.data_type(), array);
    }
    let numbers: Int64Array = rows.iter().map(|row| Some(i64::from(table.rows[*row]))).collect();
    add("row_no", DataType::Int64, Arc::new(numbers));
    let slices: UInt32Array = rows.iter().map(|row| Some(of_row[*row])).collect();
    add("slice", DataType::UInt32, Arc::new(slices));
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("each array was made for its field")
}

fn values(column: &Typed, rows: &[usize]) -> ArrayRef {
    let value = |row: &usize| column.codes[*row].checked_sub(1).and_then(|at| column.values[at as usize].as_ref());
    let number = |row: &usize| match value(row) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    };
    match column.column.kind.data_type() {
        DataType::Int64 => Arc::new(rows.iter().map(number).collect::<Int64Array>()),
        DataType::Decimal128(precision, scale) => {
            // Money is read in fen, which are hundredths: the decimal's own unit.
            let fen: Decimal128Array = rows.iter().map(|row| number(row).map(i128::from)).collect();
            Arc::new(fen.with_precision_and_scale(precision, scale).expect("fen fit the table's decimal"))
        }
        DataType::Date32 => {
            let day = |row: &usize| match value(row) {
                Some(Value::Day(day)) => Some(*day),
                _ => None,
            };
            Arc::new(rows.iter().map(day).collect::<Date32Array>())
        }
        DataType::Boolean => {
            let flag = |row: &usize| match value(row) {
                Some(Value::Flag(flag)) => Some(*flag),
                _ => None,
            };
            Arc::new(rows.iter().map(flag).collect::<BooleanArray>())
        }
        _ => {
            let text = |row: &usize| match value(row) {
                Some(Value::Text(text)) => Some(text.as_str()),
                _ => None,
            };
            Arc::new(rows.iter().map(text).collect::<StringArray>())
        }
    }
}

/// Persons' numbers as keyed hashes, each person of a slice's school hashed once.
fn persons(
    column: &Typed,
    kind: PersonKind,
    rows: &[usize],
    of_row: &[u32],
    slices: &[JudgedSlice],
    world: &World,
) -> ArrayRef {
    let mut hashes: PlHashMap<(u32, u32), String> = PlHashMap::default();
    let mut out = StringBuilder::with_capacity(rows.len(), rows.len() * 32);
    for row in rows {
        let (slice, code) = (of_row[*row], column.codes[*row]);
        let Some(Some(Value::Text(number))) = code.checked_sub(1).map(|at| &column.values[at as usize]) else {
            out.append_null();
            continue;
        };
        let hash = hashes
            .entry((slice, code))
            .or_insert_with(|| world.hasher.hash(&slices[slice as usize].school_id, kind, number));
        out.append_value(hash);
    }
    Arc::new(out.finish())
}
