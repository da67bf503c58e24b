//! Rows in memory: brought into the columns of a stored table, compared, divided by period.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch, UInt32Array, new_null_array};
use datafusion::arrow::compute::{cast, concat_batches, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::row::{Row, RowConverter, Rows, SortField};

/// The schema that a model's rows are stored in: what every reader of Delta knows.
pub(crate) fn storable(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let kind = match field.data_type() {
            DataType::Utf8View | DataType::LargeUtf8 | DataType::Null => DataType::Utf8,
            DataType::UInt64 | DataType::UInt32 | DataType::Int32 | DataType::Int16 | DataType::Int8 => DataType::Int64,
            DataType::Timestamp(_, _) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            other => other.clone(),
        };
        Field::new(field.name(), kind, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// A batch of an earlier release in the columns of now; what it lacks is null.
pub(crate) fn by_name(batch: &RecordBatch, schema: &SchemaRef) -> datafusion::error::Result<RecordBatch> {
    let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
        Some(column) => cast(column, field.data_type()),
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    });
    Ok(RecordBatch::try_new(schema.clone(), columns.collect::<Result<Vec<_>, _>>()?)?)
}

pub(crate) fn conform(batch: &RecordBatch, schema: &SchemaRef) -> datafusion::error::Result<RecordBatch> {
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| cast(column, field.data_type()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}

/// The rows that only one of two batches of one schema has, in whatever order they stand there.
pub(crate) fn differing(one: &RecordBatch, other: &RecordBatch) -> datafusion::error::Result<RecordBatch> {
    let fields = one.schema().fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
    let converter = RowConverter::new(fields)?;
    let (ours, theirs) = (converter.convert_columns(one.columns())?, converter.convert_columns(other.columns())?);
    let (ours, theirs) = (in_their_order(&ours), in_their_order(&theirs));
    let (mut left, mut right) = (ours.iter().peekable(), theirs.iter().peekable());
    let (mut only_left, mut only_right) = (Vec::new(), Vec::new());
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some((ours, _)), Some((theirs, _))) => ours.cmp(theirs),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => break,
        };
        let (ours, theirs) = (left.next_if(|_| order.is_le()), right.next_if(|_| order.is_ge()));
        if order.is_ne() {
            only_left.extend(ours.map(|(_, place)| *place));
            only_right.extend(theirs.map(|(_, place)| *place));
        }
    }
    let (one, other) = (taken(one, only_left)?, taken(other, only_right)?);
    Ok(concat_batches(&one.schema(), [&one, &other])?)
}

/// Rows with their places, the least first.
fn in_their_order(rows: &Rows) -> Vec<(Row<'_>, u32)> {
    let mut rows: Vec<_> = rows.iter().zip(0..).collect();
    rows.sort_unstable();
    rows
}

/// A batch's rows of some places.
fn taken(batch: &RecordBatch, places: Vec<u32>) -> datafusion::error::Result<RecordBatch> {
    Ok(take_record_batch(batch, &UInt32Array::from(places))?)
}

/// A batch's rows by their period.
pub(crate) fn by_period(
    batch: &RecordBatch,
    column: &str,
) -> datafusion::error::Result<BTreeMap<Option<String>, RecordBatch>> {
    let periods = cast(batch.column(batch.schema().index_of(column)?), &DataType::Utf8)?;
    let mut places: BTreeMap<Option<&str>, Vec<u32>> = BTreeMap::new();
    for (period, place) in periods.as_string::<i32>().iter().zip(0..) {
        places.entry(period).or_default().push(place);
    }
    let part = |(period, places): (Option<&str>, _)| Ok((period.map(str::to_owned), taken(batch, places)?));
    places.into_iter().map(part).collect()
}
