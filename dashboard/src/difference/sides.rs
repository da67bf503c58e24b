//! The two releases as one session: each table stands in it twice, as `earlier.<table>` and as `later.<table>`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use warehouse::Warehouse;
use warehouse::release::Release;
use warehouse::session::{Limits, register, session};
use warehouse::table::{Snapshot, TableName};

use crate::error::{DashboardError, Result};
use crate::rows::Rows;

/// Two releases of one warehouse.
pub struct Sides<'a> {
    /// The earlier one.
    pub before: &'a Release,
    /// The later one.
    pub after: &'a Release,
    warehouse: &'a Warehouse,
    /// Where some tables of the later one lie, where it is none that was published.
    beside: Option<(&'a Warehouse, &'a BTreeSet<TableName>)>,
    context: SessionContext,
}

/// Where a version of a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    number: u64,
    is_beside: bool,
}

impl<'a> Sides<'a> {
    /// A session over both.
    pub fn new(warehouse: &'a Warehouse, before: &'a Release, after: &'a Release) -> Result<Sides<'a>> {
        let context = session(&Limits::default())?;
        warehouse.attach(&context);
        Ok(Sides { before, after, warehouse, beside: None, context })
    }

    /// A session over a release and what it would be: `beside` has the tables `written` of the latter.
    pub fn with_beside(mut self, beside: &'a Warehouse, written: &'a BTreeSet<TableName>) -> Sides<'a> {
        beside.attach(&self.context);
        self.beside = Some((beside, written));
        self
    }

    /// The versions of a table, the earlier first.
    pub fn versions(&self, name: &TableName) -> [Option<Version>; 2] {
        let version = |release: &Release, is_beside| {
            release.tables.get(name).map(|number| Version { number: *number, is_beside })
        };
        let is_beside = self.beside.is_some_and(|(_, written)| written.contains(name));
        [version(self.before, false), version(self.after, is_beside)]
    }

    /// A table at a version.
    pub async fn snapshot(&self, name: &TableName, version: Version) -> Result<Snapshot> {
        let place = self.beside.filter(|_| version.is_beside).map_or(self.warehouse, |(beside, _)| beside);
        Ok(place.snapshot(name, Some(version.number)).await?)
    }

    /// Registers a table of both; a side that lacks it has it without rows. `false` where both have the same one, or neither has
    /// any.
    pub async fn register(&self, name: &TableName) -> Result<bool> {
        let versions = self.versions(name);
        if versions[0] == versions[1] {
            return Ok(false);
        }
        self.register_always(name).await?;
        Ok(true)
    }

    async fn register_always(&self, name: &TableName) -> Result<()> {
        let mut tables: Vec<Option<Arc<dyn TableProvider>>> = Vec::new();
        for version in self.versions(name) {
            tables.push(match version {
                Some(version) => Some(self.warehouse.provider(self.snapshot(name, version).await?)),
                None => None,
            });
        }
        let schema: SchemaRef = tables
            .iter()
            .flatten()
            .next()
            .map(|table| table.schema())
            .ok_or_else(|| DashboardError::Lacking { release: self.after.release, table: name.to_string() })?;
        for (side, table) in ["earlier", "later"].into_iter().zip(tables) {
            let empty = || Arc::new(MemTable::try_new(schema.clone(), vec![vec![]]).expect("no rows fit every schema"));
            register(&self.context, &TableName::new(side, &name.table), table.unwrap_or_else(|| empty()))?;
        }
        Ok(())
    }

    /// Registers the newest version of a table that either side has, under its bare name.
    pub async fn register_newest(&self, name: &TableName) -> Result<()> {
        let version = self.versions(name)[1].or(self.versions(name)[0]);
        let lacking = || DashboardError::Lacking { release: self.after.release, table: name.to_string() };
        let snapshot = self.snapshot(name, version.ok_or_else(lacking)?).await?;
        let bare = TableName::new(warehouse::session::PLAIN, &name.table);
        Ok(register(&self.context, &bare, self.warehouse.provider(snapshot))?)
    }

    /// The rows of a query.
    pub async fn query(&self, sql: &str) -> Result<Rows> {
        let batches = self.context.sql(sql).await?.collect().await?;
        Ok(Rows::read(&batches).map_err(datafusion::error::DataFusionError::from)?)
    }

    /// The batches of one side's table, as text without their order.
    pub async fn rows_of(&self, name: &TableName, side: &str) -> Result<Vec<datafusion::arrow::array::RecordBatch>> {
        Ok(self.context.sql(&format!("select * from {side}.{}", name.table)).await?.collect().await?)
    }

    /// The first and last day of each term, as the calendar has it; the later release's where they differ.
    pub async fn terms(&self) -> Result<BTreeMap<String, (NaiveDate, NaiveDate)>> {
        let calendar = TableName::new("reference", "calendar");
        if self.versions(&calendar) == [None, None] {
            return Ok(BTreeMap::new());
        }
        self.register_always(&calendar).await?;
        let sql = "select term, min(date) as first_day, max(date) as last_day from (
                select term, date from earlier.calendar union all select term, date from later.calendar
            ) as day group by term";
        let rows = self.query(sql).await?;
        let term = |row: crate::rows::Row<'_>| {
            Some((row.text("term").to_owned(), (row.date("first_day")?, row.date("last_day")?)))
        };
        Ok(rows.iter().filter_map(term).collect())
    }

    /// Whether either has a figure of the unit.
    pub async fn knows_unit(&self, unit: &str) -> Result<bool> {
        use datafusion::prelude::{col, lit};
        let name = TableName::new("marts", "indicator_value");
        self.register_always(&name).await?;
        for side in ["earlier", "later"] {
            let table =
                self.context.table(datafusion::common::TableReference::partial(side, name.table.as_str())).await?;
            if table.filter(col("unit_id").eq(lit(unit)))?.limit(0, Some(1))?.count().await? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
