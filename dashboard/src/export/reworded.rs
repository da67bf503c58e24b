//! Rows with words in place of codes.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;

/// The rows, with each text replaced by what `word` makes of it, if anything; it is given the column's name and the text.
pub fn reworded(
    rows: SendableRecordBatchStream,
    word: impl Fn(&str, &str) -> Option<String> + Send + 'static,
) -> SendableRecordBatchStream {
    let plain = |kind: &DataType| match kind {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        kind => kind.clone(),
    };
    let schema = rows.schema();
    let fields = schema.fields().iter().map(|field| Field::new(field.name(), plain(field.data_type()), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let own = schema.clone();
    let told = rows.map(move |batch| {
        let batch = batch?;
        let columns = batch.columns().iter().zip(own.fields()).map(|(column, field)| {
            let column = cast(column, field.data_type())?;
            if *field.data_type() != DataType::Utf8 {
                return Ok(column);
            }
            let texts = column.as_string::<i32>();
            let said = |at: usize| {
                let text = texts.is_valid(at).then(|| texts.value(at))?;
                Some(word(field.name(), text).unwrap_or_else(|| text.to_owned()))
            };
            Ok(Arc::new((0..texts.len()).map(said).collect::<StringArray>()) as ArrayRef)
        });
        let columns = columns.collect::<datafusion::error::Result<Vec<_>>>()?;
        Ok(RecordBatch::try_new(own.clone(), columns)?)
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, told))
}
