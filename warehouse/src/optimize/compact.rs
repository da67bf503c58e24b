//! Files of a table of facts are written anew: small ones become few large ones in the order in which rows are looked for, and rows
//! that are no longer kept are left out.

use std::collections::HashSet;

use datafusion::arrow::array::{AsArray, BooleanArray};
use datafusion::arrow::compute::{cast, filter_record_batch};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::prelude::col;
use deltalake::DeltaTableError;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference, TransactionError};
use deltalake::kernel::{Action, LogicalFileView};
use deltalake::protocol::DeltaOperation;
use futures::TryStreamExt;

use crate::Warehouse;
use crate::error::{Result, WarehouseError};
use crate::place::Place;
use crate::session::{Limits, session};
use crate::table::{DataFile, FILE_BYTES, Snapshot, Staged, TableName, fault, within};

/// A file is small that has fewer bytes.
const SMALL: u64 = FILE_BYTES / 4;
/// Fewer small files than this are left as they are.
const FEWEST: usize = 4;

/// How a table is compacted.
pub struct Compaction<'a> {
    /// The table.
    pub table: TableName,
    /// The columns by which its rows are sorted.
    pub order: Vec<&'a str>,
    /// Rows that are left out, because nobody sees them.
    pub abandoned: Option<Omitted<'a>>,
}

/// Which rows are left out.
#[derive(Clone, Copy)]
pub struct Omitted<'a> {
    /// A column of text.
    pub column: &'a str,
    /// Whether rows with this value in it are.
    pub is: &'a (dyn Fn(&str) -> bool + Sync),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compacted {
    /// The table.
    pub table: TableName,
    /// How many files became how many.
    pub files: (usize, usize),
    /// Their rows.
    pub rows: u64,
    /// Rows that were left out.
    pub abandoned: u64,
}

impl Warehouse {
    /// The small files that would become large ones, and their bytes; none where they are too few to be worth it.
    pub async fn small_files(&self, name: &TableName) -> Result<Option<(usize, u64)>> {
        let small = small(&self.snapshot(name, None).await?);
        Ok((small.len() >= FEWEST).then(|| (small.len(), small.iter().map(|file| file.size).sum())))
    }

    /// Writes the small files of a table anew. Others may append meanwhile: what they add is not touched.
    pub async fn compact(&self, how: &Compaction<'_>, limits: &Limits) -> Result<Option<Compacted>> {
        let name = &how.table;
        let snapshot = self.snapshot(name, None).await?;
        let small = small(&snapshot);
        if small.len() < FEWEST {
            return Ok(None);
        }
        let (staged, abandoned) = self.rewritten(how, Snapshot { files: small.clone(), ..snapshot }, limits).await?;
        crate::step::reached("optimize.compacted");
        let (rows, files) = (staged.rows(), (small.len(), staged.files()));
        let optimized = DeltaOperation::Optimize { predicate: None, target_size: FILE_BYTES as i64 };
        self.swap(name, &small, staged, optimized).await?;
        crate::step::reached("optimize.swapped");
        Ok(Some(Compacted { table: name.clone(), files, rows, abandoned }))
    }

    /// Writes the files of a table that may hold rows to be erased anew without them; none where no file may.
    pub async fn erase_rows(
        &self,
        name: &TableName,
        order: Vec<&str>,
        erased: Omitted<'_>,
        limits: &Limits,
    ) -> Result<Option<Compacted>> {
        let snapshot = self.snapshot(name, None).await?;
        // Files without bounds may hold anything.
        let may_hold = |file: &&DataFile| file.bounds(erased.column).is_none_or(|(least, _)| (erased.is)(&least));
        let files: Vec<DataFile> = snapshot.files.iter().filter(may_hold).cloned().collect();
        if files.is_empty() {
            return Ok(None);
        }
        let how = Compaction { table: name.clone(), order, abandoned: Some(erased) };
        let (staged, abandoned) = self.rewritten(&how, Snapshot { files: files.clone(), ..snapshot }, limits).await?;
        crate::step::reached("erase.rewritten");
        let (rows, counts) = (staged.rows(), (files.len(), staged.files()));
        self.swap(name, &files, staged, DeltaOperation::Delete { predicate: None }).await?;
        crate::step::reached("erase.swapped");
        Ok(Some(Compacted { table: name.clone(), files: counts, rows, abandoned }))
    }

    /// The rows of a snapshot, sorted, in new files that nobody sees; and how many were left out.
    async fn rewritten(&self, how: &Compaction<'_>, snapshot: Snapshot, limits: &Limits) -> Result<(Staged, u64)> {
        let before = snapshot.rows();
        let context = session(limits)?;
        self.attach(&context);
        let (schema, version) = (snapshot.schema.clone(), snapshot.version);
        let has = |column: &&str| schema.column_with_name(column).is_some();
        let order = how.order.iter().copied().filter(has).map(|column| col(column).sort(true, true)).collect();
        let mut batches = context.read_table(self.provider(snapshot))?.sort(order)?.execute_stream().await?;
        let mut writer = self.writer_at(&how.table, Some(version)).await?;
        let mut abandoned = 0;
        while let Some(batch) = batches.try_next().await? {
            // The engine reads text as views; files hold it plain.
            let plain = schema.fields().iter().map(|field| {
                let column = batch.column_by_name(field.name()).expect("the table's own columns were read");
                cast(column, field.data_type())
            });
            let plain = plain.collect::<Result<_, _>>().map_err(DataFusionError::from)?;
            let mut batch = RecordBatch::try_new(schema.clone(), plain).map_err(DataFusionError::from)?;
            if let Some(Omitted { column, is }) = how.abandoned {
                let texts =
                    batch.column_by_name(column).expect("callers name a column of the table").as_string::<i32>();
                let kept: BooleanArray = texts.iter().map(|text| Some(!text.is_some_and(is))).collect();
                abandoned += (kept.len() - kept.true_count()) as u64;
                batch = filter_record_batch(&batch, &kept).map_err(DataFusionError::from)?;
            }
            if batch.num_rows() > 0 {
                writer.write(batch).await?;
            }
        }
        let staged = writer.finish().await?;
        if staged.rows() + abandoned != before {
            let read = staged.rows() + abandoned;
            let why = format!("{before} rows were to be laid out anew and {read} were read; nothing was changed");
            return Err(WarehouseError::Damaged { place: Place::Table(how.table.clone()).to_string(), why });
        }
        Ok((staged, abandoned))
    }

    /// Puts the staged files in the place of others, in one commit that says whether a row changed.
    async fn swap(&self, name: &TableName, gone: &[DataFile], staged: Staged, operation: DeltaOperation) -> Result<()> {
        let changes = matches!(operation, DeltaOperation::Delete { .. });
        let folder = self.storage().path(&Place::Table(name.clone()));
        let gone: HashSet<_> = gone.iter().map(|file| &file.path).collect();
        loop {
            let table = self.load(name, None).await?;
            let state = table.snapshot().map_err(fault(name))?;
            let is_gone = |file: &LogicalFileView| gone.contains(&within(&folder, &file.object_store_path()));
            let removed: Vec<Action> = state
                .log_data()
                .iter()
                .filter(is_gone)
                .map(|file| Action::Remove(file.remove_action(changes)))
                .collect();
            if removed.len() != gone.len() {
                // Somebody else compacted it.
                return Err(WarehouseError::Moved { table: name.clone() });
            }
            let added = staged.adds.iter().cloned().map(|mut add| {
                add.data_change = changes;
                Action::Add(add)
            });
            let properties = CommitProperties::default().with_cleanup_expired_logs(Some(false)).with_max_retries(0);
            let done = CommitBuilder::from(properties)
                .with_actions(removed.into_iter().chain(added).collect())
                .build(Some(state as &dyn TableReference), table.log_store(), operation.clone())
                .await;
            match done {
                Ok(_) => return Ok(()),
                // An append came first: it added files, and these are still there.
                Err(
                    DeltaTableError::VersionAlreadyExists(_)
                    | DeltaTableError::Transaction { source: TransactionError::MaxCommitAttempts(_) },
                ) => {}
                Err(error) => return Err(fault(name)(error)),
            }
        }
    }
}

fn small(snapshot: &Snapshot) -> Vec<DataFile> {
    snapshot.files.iter().filter(|file| file.size < SMALL).cloned().collect()
}
