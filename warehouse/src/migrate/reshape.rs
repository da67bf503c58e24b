//! A table gets other columns and keeps its rows, in one commit.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::parquet::arrow::ArrowWriter;
use deltalake::DeltaTableError;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::{Action, Add, MetadataExt, StructType};
use deltalake::protocol::SaveMode;
use futures::TryStreamExt;
use object_store::ObjectStoreExt;

use crate::Warehouse;
use crate::error::{Result, WarehouseError};
use crate::place::Place;
use crate::session::{Limits, session};
use crate::table::{FILE_BYTES, SUM_TAG, Snapshot, TableName, commit, fault, kernel_fault, properties};

/// What became of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reshaped {
    /// It has these columns already.
    AsItWas,
    /// It got columns in which its rows have no value.
    Wider,
    /// Its rows were written anew.
    Rewritten,
}

impl Warehouse {
    /// Gives a table the columns of a schema. `earlier` tells the names that a column had before. A column that would be lost, or
    /// a value that can't be cast, is an error, and nothing is changed.
    pub async fn reshape(
        &self,
        name: &TableName,
        schema: &SchemaRef,
        earlier: &HashMap<String, Vec<String>>,
    ) -> Result<Reshaped> {
        let table = self.load(name, None).await?;
        let state = table.snapshot().map_err(fault(name))?;
        let wanted: StructType = schema.as_ref().try_into_kernel().map_err(|error| kernel_fault(name, &error))?;
        if &wanted == state.schema().as_ref() {
            return Ok(Reshaped::AsItWas);
        }
        let snapshot = self.snapshot(name, None).await?;
        let sources = sources(name, &snapshot.schema, schema, earlier)?;
        let is_kept = |(field, source): (&Arc<datafusion::arrow::datatypes::Field>, &Option<String>)| {
            source.as_ref().is_none_or(|source| {
                let kept = snapshot.schema.field_with_name(source).map(|before| before.data_type());
                source == field.name() && kept.is_ok_and(|kept| kept == field.data_type())
            })
        };
        let is_wider = schema.fields().iter().zip(&sources).all(is_kept);
        let metadata = state.metadata().clone().with_schema(&wanted).map_err(|error| kernel_fault(name, &error))?;
        let mut actions = vec![Action::Metadata(metadata)];
        if !is_wider {
            actions.extend(state.log_data().iter().map(|file| Action::Remove(file.remove_action(true))));
            actions.extend(self.cast_rows(name, snapshot, schema, &sources).await?.into_iter().map(Action::Add));
        }
        commit(&table, name, actions, SaveMode::Overwrite).await?;
        Ok(if is_wider { Reshaped::Wider } else { Reshaped::Rewritten })
    }

    /// The rows of a snapshot with other columns, in files that nobody sees yet.
    async fn cast_rows(
        &self,
        name: &TableName,
        snapshot: Snapshot,
        schema: &SchemaRef,
        sources: &[Option<String>],
    ) -> Result<Vec<Add>> {
        let context = session(&Limits::default())?;
        self.attach(&context);
        let mut batches = context.read_table(self.provider(snapshot))?.execute_stream().await?;
        let (mut adds, mut open): (Vec<Add>, Option<Open>) = (Vec::new(), None);
        while let Some(batch) = batches.try_next().await? {
            let batch = shaped(name, &batch, schema, sources)?;
            let mut file = match open.take() {
                Some(file) => file,
                None => Open::new(name, schema)?,
            };
            file.rows += batch.num_rows();
            file.writer.write(&batch).map_err(DeltaTableError::from).map_err(fault(name))?;
            if (file.writer.bytes_written() as u64) < FILE_BYTES {
                open = Some(file);
            } else {
                adds.push(self.close(name, file).await?);
            }
        }
        if let Some(file) = open {
            adds.push(self.close(name, file).await?);
        }
        Ok(adds)
    }

    async fn close(&self, name: &TableName, file: Open) -> Result<Add> {
        let bytes = file.writer.into_inner().map_err(DeltaTableError::from).map_err(fault(name))?;
        let path = format!("part-00000-{}-c000.zstd.parquet", uuid::Uuid::new_v4());
        let sum = crate::sums::Sum::of(&bytes);
        let place = self.storage().path(&Place::Table(name.clone())).join(path.as_str());
        self.storage().root.put(&place, Bytes::from(bytes).into()).await?;
        Ok(Add {
            path,
            size: i64::try_from(sum.size).expect("a file's size"),
            modification_time: chrono::Utc::now().timestamp_millis(),
            data_change: true,
            stats: Some(format!("{{\"numRecords\":{}}}", file.rows)),
            tags: Some(HashMap::from([(SUM_TAG.to_owned(), Some(sum.sha256))])),
            ..Add::default()
        })
    }
}

/// A file that rows are written to.
struct Open {
    writer: ArrowWriter<Vec<u8>>,
    rows: usize,
}

impl Open {
    fn new(name: &TableName, schema: &SchemaRef) -> Result<Open> {
        let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties()));
        Ok(Open { writer: writer.map_err(DeltaTableError::from).map_err(fault(name))?, rows: 0 })
    }
}

/// Where the values of each wanted column come from; none for a new one.
fn sources(
    name: &TableName,
    before: &Schema,
    wanted: &Schema,
    earlier: &HashMap<String, Vec<String>>,
) -> Result<Vec<Option<String>>> {
    let has = |column: &str| before.column_with_name(column).is_some();
    let source = |field: &Arc<datafusion::arrow::datatypes::Field>| {
        let names = earlier.get(field.name()).map(Vec::as_slice).unwrap_or_default();
        std::iter::once(field.name()).chain(names).find(|column| has(column)).cloned()
    };
    let sources: Vec<Option<String>> = wanted.fields().iter().map(source).collect();
    let lost = before.fields().iter().find(|field| !sources.iter().flatten().any(|source| source == field.name()));
    match lost {
        None => Ok(sources),
        Some(lost) => {
            let why = format!("its column {} is none of this kehou's, and no column says that it was it", lost.name());
            Err(WarehouseError::Damaged { place: Place::Table(name.clone()).to_string(), why })
        }
    }
}

fn shaped(
    name: &TableName,
    batch: &RecordBatch,
    schema: &SchemaRef,
    sources: &[Option<String>],
) -> Result<RecordBatch> {
    // A value that doesn't fit stops it; it is named by its column alone.
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let mut columns = Vec::with_capacity(sources.len());
    for (field, source) in schema.fields().iter().zip(sources) {
        let column = match source {
            None => datafusion::arrow::array::new_null_array(field.data_type(), batch.num_rows()),
            Some(source) => {
                let found = batch.column_by_name(source).expect("the source was found in the table");
                cast_with_options(found, field.data_type(), &strict).map_err(|_| WarehouseError::Damaged {
                    place: Place::Table(name.clone()).to_string(),
                    why: format!(
                        "a value of its column {source} does not fit {}; nothing was changed",
                        field.data_type()
                    ),
                })?
            }
        };
        columns.push(column);
    }
    Ok(RecordBatch::try_new(schema.clone(), columns).map_err(DataFusionError::from)?)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Array, AsArray, Int64Array, StringArray};
    use datafusion::arrow::datatypes::{DataType, Field, Int64Type};

    use super::*;

    fn schema(columns: &[(&str, DataType)]) -> SchemaRef {
        Arc::new(Schema::new(
            columns.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true)).collect::<Vec<_>>(),
        ))
    }

    async fn rows(warehouse: &Warehouse, name: &TableName) -> RecordBatch {
        let context = session(&Limits::default()).expect("a session");
        warehouse.attach(&context);
        let snapshot = warehouse.snapshot(name, None).await.expect("read");
        let frame = context.read_table(warehouse.provider(snapshot)).expect("a table");
        let batches = frame.collect().await.expect("rows");
        datafusion::arrow::compute::concat_batches(&batches[0].schema(), &batches).expect("one schema")
    }

    #[tokio::test]
    async fn a_table_gets_columns_names_and_kinds_and_keeps_its_rows() {
        let warehouse = Warehouse::create("memory:///reshape", |_| String::new()).await.expect("made");
        let name = TableName::new("facts", "raw_x");
        let first = schema(&[("class", DataType::Utf8), ("pupils", DataType::Utf8)]);
        warehouse.ensure_table(&name, &first, &[]).await.expect("made");
        let batch = RecordBatch::try_new(
            first.clone(),
            vec![Arc::new(StringArray::from(vec!["一班", "二班"])), Arc::new(StringArray::from(vec!["31", "29"]))],
        )
        .expect("a batch");
        let mut writer = warehouse.writer(&name).await.expect("a writer");
        writer.write(batch).await.expect("written");
        warehouse.append(&name, writer.finish().await.expect("staged")).await.expect("appended");

        let none = HashMap::new();
        assert_eq!(warehouse.reshape(&name, &first, &none).await.expect("looked"), Reshaped::AsItWas);
        let wider = schema(&[("class", DataType::Utf8), ("note", DataType::Utf8), ("pupils", DataType::Utf8)]);
        assert_eq!(warehouse.reshape(&name, &wider, &none).await.expect("widened"), Reshaped::Wider);
        let found = rows(&warehouse, &name).await;
        assert_eq!((found.num_rows(), found.column(1).null_count()), (2, 2), "old rows have no value in a new column");

        let renamed = schema(&[("class_id", DataType::Utf8), ("note", DataType::Utf8), ("pupils", DataType::Int64)]);
        assert!(warehouse.reshape(&name, &renamed, &none).await.is_err(), "no column says that it was `class`");
        let earlier = HashMap::from([("class_id".to_owned(), vec!["class".to_owned()])]);
        assert_eq!(warehouse.reshape(&name, &renamed, &earlier).await.expect("rewritten"), Reshaped::Rewritten);
        let found = rows(&warehouse, &name).await;
        assert_eq!(
            found.column_by_name("pupils").expect("it is there").as_primitive::<Int64Type>(),
            &Int64Array::from(vec![31, 29])
        );
        assert!(found.column_by_name("class_id").is_some() && found.column_by_name("class").is_none());

        let unfit = schema(&[("class_id", DataType::Int64), ("note", DataType::Utf8), ("pupils", DataType::Int64)]);
        let version = warehouse.version(&name).await.expect("told");
        let refused = warehouse.reshape(&name, &unfit, &earlier).await.expect_err("一班 is no number").to_string();
        assert!(refused.contains("class_id") && !refused.contains("一班"), "{refused}");
        assert_eq!(warehouse.version(&name).await.expect("told"), version, "nothing was changed");
    }
}
