//! A pinned snapshot as a table of the query engine: its files are scanned as plain Parquet.
//!
//! Delta's own scan costs a third more on large tables and can't be sent to another machine; a pinned list of files can.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, ScalarValue, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

use crate::table::{DataFile, Snapshot};

/// A snapshot for the query engine.
#[derive(Debug)]
pub struct SnapshotTable {
    store: ObjectStoreUrl,
    schema: TableSchema,
    files: Vec<DataFile>,
}

impl SnapshotTable {
    /// The files of `snapshot`, which lie in the store registered as `store`.
    pub fn new(store: ObjectStoreUrl, snapshot: Snapshot) -> SnapshotTable {
        let (partition, inside): (Vec<FieldRef>, Vec<FieldRef>) = snapshot
            .schema
            .fields()
            .iter()
            .map(|field| Arc::new(as_view(field)))
            .partition(|field| snapshot.partition_by.contains(field.name()));
        let schema = TableSchema::builder(Arc::new(Schema::new(inside))).with_table_partition_cols(partition).build();
        SnapshotTable { store, schema, files: snapshot.files }
    }

    fn file(&self, file: &DataFile) -> Result<PartitionedFile> {
        let values = self.schema.table_partition_cols().iter().map(|field| {
            match file.partition.get(field.name()).and_then(Option::as_ref) {
                Some(text) => ScalarValue::try_from_string(text.clone(), field.data_type()),
                None => ScalarValue::try_from(field.data_type()),
            }
        });
        let mut part = PartitionedFile::new(file.path.to_string(), file.size);
        part.partition_values = values.collect::<Result<_>>()?;
        let mut statistics = Statistics::new_unknown(self.schema.file_schema());
        statistics.num_rows = Precision::Exact(usize::try_from(file.rows).expect("rows fit in memory's words"));
        statistics.total_byte_size =
            Precision::Inexact(usize::try_from(file.size).expect("a file fits in memory's words"));
        Ok(part.with_statistics(Arc::new(statistics)))
    }
}

#[async_trait]
impl TableProvider for SnapshotTable {
    fn schema(&self) -> SchemaRef {
        self.schema.table_schema().clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // Row groups are skipped by their statistics; the rows that stay are filtered above.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.schema();
        if self.files.is_empty() {
            let projected = datafusion::physical_plan::project_schema(&schema, projection)?;
            return Ok(Arc::new(EmptyExec::new(projected)));
        }
        let mut source =
            ParquetSource::new(self.schema.clone()).with_table_parquet_options(state.table_options().parquet.clone());
        if let Some(filter) = conjunction(filters.to_vec()) {
            let columns = DFSchema::try_from(schema.as_ref().clone())?;
            source = source.with_predicate(state.create_physical_expr(filter, &columns)?);
        }
        let files = self.files.iter().map(|file| self.file(file)).collect::<Result<Vec<_>>>()?;
        let mut statistics = Statistics::new_unknown(&schema);
        let rows: u64 = self.files.iter().map(|file| file.rows).sum();
        statistics.num_rows = Precision::Exact(usize::try_from(rows).expect("rows fit in memory's words"));
        let config = FileScanConfigBuilder::new(self.store.clone(), Arc::new(source))
            .with_file_groups(FileGroup::new(files).split_files(state.config().target_partitions()))
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

/// Text is read as views: they point into the page instead of copying it.
fn as_view(field: &Field) -> Field {
    match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => field.clone().with_data_type(DataType::Utf8View),
        _ => field.clone(),
    }
}
