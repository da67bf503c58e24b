//! The stored rows of attempts for queries, whether they are committed or only staged by the call at work.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::session::{Limits, register, session};
use warehouse::table::{Staged, TableName};

use crate::form::Form;
use crate::ledger::collect;

/// What joins and groups may hold before they spill: a call that takes a month of a city in has other things in memory too.
const MEMORY: usize = 512 << 20;

/// A session that reads rows of attempts.
pub(crate) struct RowsView<'a> {
    warehouse: &'a Warehouse,
    /// The rows that are not committed yet, by table.
    staged: &'a BTreeMap<String, Staged>,
    context: SessionContext,
    known: HashSet<TableName>,
}

impl<'a> RowsView<'a> {
    /// A session over what is committed and these staged rows.
    pub(crate) fn new(
        warehouse: &'a Warehouse,
        staged: &'a BTreeMap<String, Staged>,
    ) -> Result<RowsView<'a>, WarehouseError> {
        let context = session(&Limits { memory: MEMORY, ..Limits::default() })?;
        warehouse.attach(&context);
        Ok(RowsView { warehouse, staged, context, known: HashSet::new() })
    }

    /// Joins as they are written: the engine holds the left side. Left to itself it swaps sides by what it believes of their
    /// sizes, and it knows nothing of what a group leaves over.
    pub(crate) fn joining_as_written(self) -> RowsView<'a> {
        self.context.state_ref().write().config_mut().options_mut().optimizer.join_reordering = false;
        self
    }

    /// A relation that holds the rows of these attempts of a form, and maybe of others: the caller joins it by id.
    ///
    /// Only what can hold them is read. Ids grow with time, so that their bounds leave most of a large table aside.
    pub(crate) async fn relation(
        &mut self,
        form: &Form,
        fresh: &BTreeSet<&str>,
        committed: &BTreeSet<&str>,
    ) -> Result<String, WarehouseError> {
        let table = form.table();
        let mut parts = Vec::new();
        let select = |name: &TableName, first: &str, last: &str| {
            let (first, last) = (quoted(first), quoted(last));
            format!("select * from {name} where submission_id >= {first} and submission_id <= {last}")
        };
        if let (Some(staged), Some(first), Some(last)) = (self.staged.get(&table), fresh.first(), fresh.last()) {
            let name = TableName::new("staged", &table);
            if self.known.insert(name.clone()) {
                let facts = TableName::new("facts", &table);
                let snapshot = self.warehouse.staged_snapshot(&facts, form.schema(), staged);
                register(&self.context, &name, self.warehouse.provider(snapshot))?;
            }
            parts.push(select(&name, first, last));
        }
        if let (Some(first), Some(last)) = (committed.first(), committed.last()) {
            let name = TableName::new("facts", &table);
            if self.known.insert(name.clone()) {
                let snapshot = self.warehouse.snapshot(&name, None).await?;
                register(&self.context, &name, self.warehouse.provider(snapshot))?;
            }
            parts.push(select(&name, first, last));
        }
        if parts.is_empty() {
            // Slices reported as nothing have no rows at all.
            let name = TableName::new("empty", &table);
            if self.known.insert(name.clone()) {
                let none = MemTable::try_new(form.schema(), vec![vec![]])?;
                register(&self.context, &name, Arc::new(none))?;
            }
            parts.push(format!("select * from {name}"));
        }
        Ok(format!("({})", parts.join(" union all ")))
    }

    /// Registers a table of texts under a bare name, in place of the one that has the name.
    pub(crate) fn give(&self, name: &str, columns: &[(&str, Vec<&str>)]) -> Result<(), WarehouseError> {
        let columns = columns.iter().map(|(name, texts)| {
            let texts: ArrayRef = Arc::new(StringArray::from(texts.clone()));
            (*name, texts)
        });
        let batch = RecordBatch::try_from_iter(columns).map_err(DataFusionError::from)?;
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
        register(&self.context, &TableName::new(warehouse::session::PLAIN, name), Arc::new(table))
    }

    /// Runs a query; text comes as plain strings.
    pub(crate) async fn ask(&self, sql: &str) -> Result<Vec<RecordBatch>, WarehouseError> {
        collect(&self.context, sql).await
    }
}

/// Text as SQL writes it.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
