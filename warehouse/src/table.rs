//! Delta tables: created, appended to, overwritten, and read at a version.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, BooleanArray};
use datafusion::arrow::compute::{BatchCoalescer, cast, filter_record_batch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use deltalake::kernel::engine::arrow_conversion::{TryIntoArrow, TryIntoKernel};
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference, TransactionError};
use deltalake::kernel::{Action, Add, LogicalFileView, MetadataExt, StructType, Transaction};
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::writer::{DeltaWriter, RecordBatchWriter};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use futures::TryStreamExt;
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use crate::Warehouse;
use crate::error::{Result, WarehouseError};
use crate::place::Place;
use crate::session::{Limits, session};
use crate::summing::Sums;

/// A file is closed and the next begun when it has this many bytes.
pub(crate) const FILE_BYTES: u64 = 128 << 20;
/// Rows of a row group: small enough to skip by school, large enough to compress.
const ROW_GROUP_ROWS: usize = 256 * 1024;

/// `schema.table`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TableName {
    /// The layer: facts, reference, staging, indicators, rules, marts.
    pub schema: String,
    /// The table within it.
    pub table: String,
}

impl TableName {
    /// The name of `schema.table`.
    pub fn new(schema: impl Into<String>, table: impl Into<String>) -> TableName {
        TableName { schema: schema.into(), table: table.into() }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.schema, self.table)
    }
}

impl From<TableName> for String {
    fn from(name: TableName) -> String {
        name.to_string()
    }
}

impl TryFrom<String> for TableName {
    type Error = String;
    fn try_from(text: String) -> Result<TableName, String> {
        match text.split_once('.') {
            Some((schema, table)) if !schema.is_empty() && !table.is_empty() => Ok(TableName::new(schema, table)),
            _ => Err(format!("'{text}' is no schema.table")),
        }
    }
}

/// Rows that were written to files of a table but are not committed: nobody sees them, and a crash leaves them so.
#[derive(Debug, Default)]
pub struct Staged {
    pub(crate) adds: Vec<Add>,
    rows: u64,
}

impl Staged {
    /// How many rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// In how many files.
    pub fn files(&self) -> usize {
        self.adds.len()
    }

    /// Both, for one commit.
    pub fn join(mut self, other: Staged) -> Staged {
        self.adds.extend(other.adds);
        self.rows += other.rows;
        self
    }
}

/// Rows that are handed to the file's encoder at once: a few cost it as much as thousands.
const GATHERED: usize = 8192;

/// The tag of a file in Delta's log that holds the SHA-256 of its bytes.
pub(crate) const SUM_TAG: &str = "kehou.sha256";

/// Streams batches into new files of one table.
pub struct Writer {
    table: TableName,
    folder: Path,
    sums: Sums,
    inner: RecordBatchWriter,
    gathered: Option<BatchCoalescer>,
    rows: u64,
}

impl Writer {
    /// Writes one batch; its columns are those of the table, by name.
    pub async fn write(&mut self, batch: RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        if self.gathered.as_ref().is_some_and(|gathered| gathered.schema() != batch.schema()) {
            self.pass_on(true).await?;
            self.gathered = None;
        }
        let gathered = self.gathered.get_or_insert_with(|| {
            BatchCoalescer::new(batch.schema(), GATHERED).with_biggest_coalesce_batch_size(Some(GATHERED / 2))
        });
        gathered.push_batch(batch).map_err(DeltaTableError::from).map_err(fault(&self.table))?;
        self.pass_on(false).await
    }

    /// Hands what was gathered to the encoder: batches that are full, or all.
    async fn pass_on(&mut self, all: bool) -> Result<()> {
        let Some(gathered) = &mut self.gathered else { return Ok(()) };
        if all {
            gathered.finish_buffered_batch().map_err(DeltaTableError::from).map_err(fault(&self.table))?;
        }
        while let Some(batch) = gathered.next_completed_batch() {
            self.inner.write(batch).await.map_err(fault(&self.table))?;
        }
        Ok(())
    }

    /// How many rows were written.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Closes the files.
    pub async fn finish(mut self) -> Result<Staged> {
        self.pass_on(true).await?;
        let mut adds = self.inner.flush().await.map_err(fault(&self.table))?;
        for add in &mut adds {
            let path = within(&self.folder, &Path::from(add.path.as_str()));
            if let Some(sha256) = self.sums.take(&path) {
                add.tags.get_or_insert_default().insert(SUM_TAG.to_owned(), Some(sha256));
            }
        }
        Ok(Staged { adds, rows: self.rows })
    }
}

/// A table as it stood at one version.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The table.
    pub name: TableName,
    /// The version.
    pub version: u64,
    /// Its columns.
    pub schema: SchemaRef,
    /// The columns that stand in the files' names instead of in the files.
    pub partition_by: Vec<String>,
    /// Its files.
    pub files: Vec<DataFile>,
}

impl Snapshot {
    /// How many rows it has.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }
}

/// One Parquet file of a snapshot.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// Its path from the store's root.
    pub path: Path,
    /// Bytes.
    pub size: u64,
    /// Rows.
    pub rows: u64,
    /// The values of the partition columns, as Delta's log writes them.
    pub partition: HashMap<String, Option<String>>,
    /// What Delta's log says of its columns.
    statistics: Option<String>,
}

impl DataFile {
    /// The least and the greatest value of a column of text, where the log tells them.
    pub fn bounds(&self, column: &str) -> Option<(String, String)> {
        let statistics: serde_json::Value = serde_json::from_str(self.statistics.as_deref()?).ok()?;
        let bound = |which: &str| Some(statistics.get(which)?.get(column)?.as_str()?.to_owned());
        Some((bound("minValues")?, bound("maxValues")?))
    }
}

/// A number that a commit sets for good, under a name: Delta's `txn`. The latest commit that sets it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The name.
    pub name: &'static str,
    /// The number.
    pub value: i64,
}

/// Which rows an overwrite replaces.
#[derive(Debug, Clone)]
pub enum Replace {
    /// All.
    All,
    /// Those of the files whose partition column has one of the values.
    Where {
        /// A partition column.
        column: String,
        /// Its values, as Delta's log writes them.
        values: Vec<String>,
    },
}

impl Warehouse {
    /// Makes the table where it is missing; the one that is there is left as it is.
    pub async fn ensure_table(&self, name: &TableName, schema: &SchemaRef, partition_by: &[&str]) -> Result<()> {
        let table = self.delta(name)?;
        if table.verify_deltatable_existence().await.map_err(fault(name))? {
            return Ok(());
        }
        let columns: StructType = schema.as_ref().try_into_kernel().map_err(|error| kernel_fault(name, &error))?;
        let created = CreateBuilder::new()
            .with_log_store(table.log_store())
            .with_table_name(name.to_string())
            .with_columns(columns.fields().cloned())
            .with_partition_columns(partition_by.iter().copied())
            .with_save_mode(SaveMode::Ignore)
            // A release names versions for ever, so the log that tells them must stay.
            .with_configuration_property(deltalake::TableProperty::EnableExpiredLogCleanup, Some("false"))
            .await;
        match created {
            Ok(_) => Ok(()),
            Err(error) => match self.delta(name)?.verify_deltatable_existence().await {
                Ok(true) => Ok(()),
                _ => Err(fault(name)(error)),
            },
        }
    }

    /// Makes the table, or gives the one that is there these columns, which empties it: only for tables that a release
    /// pins by version, so that nobody sees the empty one.
    pub async fn shape_table(&self, name: &TableName, schema: &SchemaRef) -> Result<()> {
        self.ensure_table(name, schema, &[]).await?;
        let table = self.load(name, None).await?;
        let state = table.snapshot().map_err(fault(name))?;
        let columns: StructType = schema.as_ref().try_into_kernel().map_err(|error| kernel_fault(name, &error))?;
        if &columns == state.schema().as_ref() {
            return Ok(());
        }
        let metadata = state.metadata().clone().with_schema(&columns).map_err(|error| kernel_fault(name, &error))?;
        let removed = state.log_data().iter().map(|file| Action::Remove(file.remove_action(true))).collect::<Vec<_>>();
        let actions = std::iter::once(Action::Metadata(metadata)).chain(removed).collect();
        commit(&table, name, actions, SaveMode::Overwrite).await.map(|_| ())
    }

    /// Whether the table exists.
    pub async fn has_table(&self, name: &TableName) -> Result<bool> {
        self.delta(name)?.verify_deltatable_existence().await.map_err(fault(name))
    }

    /// A writer of new files for the table as it is now.
    pub async fn writer(&self, name: &TableName) -> Result<Writer> {
        self.writer_at(name, None).await
    }

    /// A writer of new files for the table as it stood at a version, or as it is now.
    pub async fn writer_at(&self, name: &TableName, version: Option<u64>) -> Result<Writer> {
        let table = self.load(name, version).await?;
        let inner = RecordBatchWriter::for_table(&table)
            .map_err(fault(name))?
            .with_writer_properties(properties())
            .with_target_file_size(FILE_BYTES);
        let (folder, sums) = (self.storage().path(&Place::Table(name.clone())), self.storage().sums.clone());
        Ok(Writer { table: name.clone(), folder, sums, inner, gathered: None, rows: 0 })
    }

    /// Staged rows without those whose `column` holds one of `values`: they are read back and written anew.
    pub async fn without(
        &self,
        name: &TableName,
        staged: Staged,
        column: &str,
        values: &HashSet<String>,
    ) -> Result<Staged> {
        let context = session(&Limits::default())?;
        self.attach(&context);
        let schema = self.snapshot(name, None).await?.schema;
        let pinned = self.staged_snapshot(name, schema.clone(), &staged);
        let mut batches = context.read_table(self.provider(pinned))?.execute_stream().await?;
        let mut writer = self.writer(name).await?;
        while let Some(batch) = batches.try_next().await? {
            // The engine reads text as views; files hold it plain.
            let plain = schema.fields().iter().map(|field| {
                let column = batch.column_by_name(field.name()).expect("the table's own columns were read");
                cast(column, field.data_type())
            });
            let plain = plain.collect::<Result<_, _>>().map_err(DataFusionError::from)?;
            let batch = RecordBatch::try_new(schema.clone(), plain).map_err(DataFusionError::from)?;
            let texts = batch.column_by_name(column).expect("callers name a column of the table").as_string::<i32>();
            let kept = texts.iter().map(|text| Some(!text.is_some_and(|text| values.contains(text))));
            let kept = filter_record_batch(&batch, &kept.collect::<BooleanArray>()).map_err(DataFusionError::from)?;
            if kept.num_rows() > 0 {
                writer.write(kept).await?;
            }
        }
        writer.finish().await
    }

    /// Adds the staged rows to the table in one commit, after any commits that others made meanwhile. Gives the version.
    pub async fn append(&self, name: &TableName, staged: Staged) -> Result<u64> {
        let table = self.load(name, None).await?;
        let actions = staged.adds.into_iter().map(Action::Add).collect();
        commit(&table, name, actions, SaveMode::Append).await
    }

    /// Adds the staged rows (and a mark) to the table in one commit right after `version`, which is what they were made
    /// from; [`WarehouseError::Moved`] where anybody committed since. So what depends on all earlier rows has one order.
    pub async fn append_at(&self, name: &TableName, version: u64, staged: Staged, mark: Option<Mark>) -> Result<u64> {
        let table = self.load(name, Some(version)).await?;
        let state = table.snapshot().map_err(fault(name))?;
        let actions = staged.adds.into_iter().map(Action::Add).collect();
        // Without retries a commit is refused where the version isn't the newest.
        let mut properties = CommitProperties::default().with_cleanup_expired_logs(Some(false)).with_max_retries(0);
        if let Some(mark) = mark {
            properties = properties.with_application_transaction(Transaction::new(mark.name, mark.value));
        }
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        let done = CommitBuilder::from(properties)
            .with_actions(actions)
            .build(Some(state as &dyn TableReference), table.log_store(), operation)
            .await;
        match done {
            Ok(done) => Ok(done.version()),
            Err(
                DeltaTableError::VersionAlreadyExists(_)
                | DeltaTableError::Transaction { source: TransactionError::MaxCommitAttempts(_) },
            ) => Err(WarehouseError::Moved { table: name.clone() }),
            Err(error) => Err(fault(name)(error)),
        }
    }

    /// The number that was set under a name by the latest commit up to `version` that set one.
    pub async fn mark(&self, name: &TableName, version: u64, mark: &'static str) -> Result<Option<i64>> {
        let table = self.load(name, Some(version)).await?;
        let state = table.snapshot().map_err(fault(name))?;
        state.transaction_version(table.log_store().as_ref(), mark).await.map_err(fault(name))
    }

    /// Replaces rows of the table by the staged ones in one commit. Gives the version.
    ///
    /// The caller is the table's only writer (transform holds its lock); the commit fails where it is not so.
    pub async fn overwrite(&self, name: &TableName, replace: &Replace, staged: Staged) -> Result<u64> {
        let table = self.load(name, None).await?;
        let state = table.snapshot().map_err(fault(name))?;
        let mut actions = Vec::new();
        for file in state.log_data().iter() {
            let gone = match replace {
                Replace::All => true,
                Replace::Where { column, values } => {
                    let value = file.partition_values_map().remove(column).flatten();
                    value.is_some_and(|value| values.contains(&value))
                }
            };
            if gone {
                actions.push(Action::Remove(file.remove_action(true)));
            }
        }
        actions.extend(staged.adds.into_iter().map(Action::Add));
        commit(&table, name, actions, SaveMode::Overwrite).await
    }

    /// Makes the table what it was at version `base`, without the files `gone` and with the staged rows, in one commit: what
    /// others wrote since `base` and no release names is left behind. Gives the version.
    ///
    /// The caller is the table's only writer (transform holds its lock); the commit fails where it is not so.
    pub async fn replace(&self, name: &TableName, base: u64, gone: &[Path], staged: Staged) -> Result<u64> {
        let table = self.load(name, None).await?;
        let now = table.snapshot().map_err(fault(name))?;
        let base = self.load(name, Some(base)).await?;
        let base = base.snapshot().map_err(fault(name))?;
        let folder = self.storage().path(&Place::Table(name.clone()));
        let is_gone = |file: &LogicalFileView| gone.contains(&within(&folder, &file.object_store_path()));
        let (now_files, base_files) = (now.log_data(), base.log_data());
        let kept: Vec<_> = base_files.iter().filter(|file| !is_gone(file)).collect();
        let kept_paths: HashSet<String> = kept.iter().map(|file| file.path().into_owned()).collect();
        let held: HashSet<String> = now_files.iter().map(|file| file.path().into_owned()).collect();
        let mut actions = Vec::new();
        if now.metadata() != base.metadata() {
            actions.push(Action::Metadata(base.metadata().clone()));
        }
        let removed = now_files.iter().filter(|file| !kept_paths.contains(file.path().as_ref()));
        actions.extend(removed.map(|file| Action::Remove(file.remove_action(true))));
        let again = kept.iter().filter(|file| !held.contains(file.path().as_ref()));
        actions.extend(again.map(|file| {
            Action::Add(Add {
                path: file.path().into_owned(),
                partition_values: file.partition_values_map(),
                size: file.size(),
                modification_time: file.modification_time(),
                data_change: true,
                stats: file.stats(),
                ..Add::default()
            })
        }));
        actions.extend(staged.adds.into_iter().map(Action::Add));
        commit(&table, name, actions, SaveMode::Overwrite).await
    }

    /// The number of the table's newest version; what is in it is not looked at.
    pub async fn version(&self, name: &TableName) -> Result<u64> {
        self.delta(name)?.get_latest_version().await.map_err(fault(name))
    }

    /// The table at a version, or as it is now.
    pub async fn snapshot(&self, name: &TableName, version: Option<u64>) -> Result<Snapshot> {
        let table = self.load(name, version).await?;
        let state = table.snapshot().map_err(fault(name))?;
        let schema: datafusion::arrow::datatypes::Schema =
            state.schema().as_ref().try_into_arrow().map_err(|error| kernel_fault(name, &error))?;
        let folder = self.storage().path(&Place::Table(name.clone()));
        let mut files = Vec::new();
        for file in state.log_data().iter() {
            if file.deletion_vector_descriptor().is_some() {
                return Err(WarehouseError::Unsupported { table: name.clone(), feature: "deletion vectors" });
            }
            files.push(DataFile {
                path: within(&folder, &file.object_store_path()),
                size: u64::try_from(file.size()).expect("a file's size is not negative"),
                rows: file.num_records().unwrap_or_default() as u64,
                partition: file.partition_values_map(),
                statistics: file.stats(),
            });
        }
        // The log gives files newest first and in no promised order; readers want the same order each time.
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(Snapshot {
            name: name.clone(),
            version: state.version() as u64,
            schema: Arc::new(schema),
            partition_by: state.metadata().partition_columns().to_vec(),
            files,
        })
    }

    /// Staged rows of a table without partitions as a snapshot that nobody else sees: they can be looked at before they
    /// are committed.
    pub fn staged_snapshot(&self, name: &TableName, schema: SchemaRef, staged: &Staged) -> Snapshot {
        let folder = self.storage().path(&Place::Table(name.clone()));
        let file = |add: &Add| DataFile {
            path: within(&folder, &Path::from(add.path.as_str())),
            size: u64::try_from(add.size).expect("a file's size is not negative"),
            rows: add.get_stats().ok().flatten().map_or(0, |stats| stats.num_records as u64),
            partition: add.partition_values.clone(),
            statistics: add.stats.clone(),
        };
        let files = staged.adds.iter().map(file).collect();
        Snapshot { name: name.clone(), version: 0, schema, partition_by: Vec::new(), files }
    }

    fn delta(&self, name: &TableName) -> Result<DeltaTable> {
        let url = self.storage().url(&Place::Table(name.clone()));
        DeltaTableBuilder::from_url(url.clone())
            .and_then(|builder| builder.with_storage_backend(self.storage().root.clone(), url).build())
            .map_err(fault(name))
    }

    pub(crate) async fn load(&self, name: &TableName, version: Option<u64>) -> Result<DeltaTable> {
        let mut table = self.delta(name)?;
        match version {
            Some(version) => table.load_version(version as _).await,
            None => table.load().await,
        }
        .map_err(fault(name))?;
        Ok(table)
    }
}

/// A path of a table's log as a path from the store's root.
pub(crate) fn within(folder: &Path, path: &Path) -> Path {
    path.parts().fold(folder.clone(), |folder, part| folder.join(part))
}

pub(crate) async fn commit(table: &DeltaTable, name: &TableName, actions: Vec<Action>, mode: SaveMode) -> Result<u64> {
    let state = table.snapshot().map_err(fault(name))?;
    let operation = DeltaOperation::Write { mode, partition_by: None, predicate: None };
    let properties = CommitProperties::default().with_cleanup_expired_logs(Some(false)).with_max_retries(100);
    let done = CommitBuilder::from(properties)
        .with_actions(actions)
        .build(Some(state as &dyn TableReference), table.log_store(), operation)
        .await
        .map_err(fault(name))?;
    Ok(done.version() as u64)
}

pub(crate) fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .build()
}

pub(crate) fn fault(name: &TableName) -> impl Fn(DeltaTableError) -> WarehouseError + '_ {
    |source| WarehouseError::Table { table: name.clone(), source: Box::new(source) }
}

pub(crate) fn kernel_fault(name: &TableName, error: &impl fmt::Display) -> WarehouseError {
    fault(name)(DeltaTableError::Generic(error.to_string()))
}
