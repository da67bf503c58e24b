//! Query sessions over a warehouse: bounded in memory, allowed to spill, pinned to versions.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray};
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider, TableProvider};
use datafusion::datasource::MemTable;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::Warehouse;
use crate::error::Result;
use crate::release::Release;
use crate::scan::SnapshotTable;
use crate::table::{Snapshot, TableName};

/// The schema of names without a schema: `run`, and in a release's session every table under its bare name too.
pub const PLAIN: &str = "public";

/// What a session may use.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes that joins, sorts and groups may hold before they spill.
    pub memory: usize,
    /// Parallel streams.
    pub threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { memory: 2 << 30, threads: std::thread::available_parallelism().map_or(2, usize::from) }
    }
}

/// A session's settings without those by which a query's rows depend on chance.
///
/// Joins hand what they have read so far down to scans as filters. Below a union that gives one column two names (a month's
/// quarter as a period), such a filter now and then drops rows of the other branch.
pub fn exact(mut config: SessionConfig) -> SessionConfig {
    let optimizer = &mut config.options_mut().optimizer;
    optimizer.enable_dynamic_filter_pushdown = false;
    optimizer.enable_join_dynamic_filter_pushdown = false;
    optimizer.enable_topk_dynamic_filter_pushdown = false;
    optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    config
}

/// A session without tables, within `limits`.
pub fn session(limits: &Limits) -> Result<SessionContext> {
    let mut config = exact(SessionConfig::new())
        .with_target_partitions(limits.threads)
        .with_information_schema(true)
        .with_default_catalog_and_schema("kehou", PLAIN)
        .with_create_default_catalog_and_schema(true);
    let options = config.options_mut();
    options.execution.sort_spill_reservation_bytes = kept_for_merging(limits.memory);
    // Models are written for two engines: names are lower case in both, and statistics come from Delta's log.
    options.execution.collect_statistics = false;
    options.sql_parser.enable_ident_normalization = true;
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(pool(limits.memory))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::OsTmpDirectory))
        .build_arc()?;
    let state = SessionStateBuilder::new_with_default_features().with_config(config).with_runtime_env(runtime).build();
    Ok(SessionContext::new_with_state(state))
}

/// The tables and settings of a session with memory of its own: queries of several such sessions don't take it from each other.
pub fn apart(context: &SessionContext, memory: usize) -> Result<SessionContext> {
    let runtime =
        RuntimeEnvBuilder::from_runtime_env(&context.runtime_env()).with_memory_pool(pool(memory)).build_arc()?;
    let mut state = SessionStateBuilder::new_from_existing(context.state()).with_runtime_env(runtime).build();
    state.config_mut().options_mut().execution.sort_spill_reservation_bytes = kept_for_merging(memory);
    Ok(SessionContext::new_with_state(state))
}

/// What each sort keeps for merging what it spilt. A model has dozens of sorts at once, and what they keep so can't be spilt.
fn kept_for_merging(memory: usize) -> usize {
    (memory / 200).clamp(64 << 10, 10 << 20)
}

/// Memory that the parts of queries share evenly, and spill beyond.
fn pool(memory: usize) -> Arc<dyn MemoryPool> {
    Arc::new(TrackConsumersPool::new(
        FairSpillPool::new(memory),
        std::num::NonZeroUsize::new(3).expect("three is not zero"),
    ))
}

/// Registers a table as `schema.table`, making the schema where it is missing.
pub fn register(context: &SessionContext, name: &TableName, table: Arc<dyn TableProvider>) -> Result<()> {
    let catalog = context.catalog("kehou").expect("every session is made with this catalog");
    let schema = match catalog.schema(&name.schema) {
        Some(schema) => schema,
        None => {
            let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
            catalog.register_schema(&name.schema, schema.clone())?;
            schema
        }
    };
    schema.deregister_table(&name.table)?;
    schema.register_table(name.table.clone(), table)?;
    Ok(())
}

impl Warehouse {
    /// Lets `context` read this warehouse's files.
    pub fn attach(&self, context: &SessionContext) {
        context.register_object_store(self.object_store_url().as_ref(), self.storage().root.clone());
    }

    /// A snapshot as a table of a session that [`Warehouse::attach`] was called on.
    pub fn provider(&self, snapshot: Snapshot) -> Arc<dyn TableProvider> {
        Arc::new(SnapshotTable::new(self.object_store_url(), snapshot))
    }

    /// A session in which every table of the release stands as it was: as `schema.table`, under its bare name, and
    /// the table `release`.
    pub async fn release_session(&self, release: &Release, limits: &Limits) -> Result<SessionContext> {
        let context = session(limits)?;
        self.attach(&context);
        for (name, version) in &release.tables {
            let table = self.provider(self.snapshot(name, Some(*version)).await?);
            register(&context, &TableName::new(PLAIN, &name.table), table.clone())?;
            register(&context, name, table)?;
        }
        let all = self.releases().await?;
        register(&context, &TableName::new(PLAIN, "release"), release_table(&all)?)?;
        Ok(context)
    }

    fn object_store_url(&self) -> ObjectStoreUrl {
        let url = self.url();
        let root = match url.host_str() {
            Some(host) => format!("{}://{host}", url.scheme()),
            None => format!("{}://", url.scheme()),
        };
        ObjectStoreUrl::parse(root).expect("scheme and host of a URL are one")
    }
}

/// The releases as the table `release` (release, made_at, today, official, note).
fn release_table(releases: &[Release]) -> Result<Arc<dyn TableProvider>> {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("release", Arc::new(releases.iter().map(|one| Some(one.release as i64)).collect::<Int64Array>())),
        ("made_at", Arc::new(releases.iter().map(|one| Some(one.made_at.as_str())).collect::<StringArray>())),
        ("today", Arc::new(releases.iter().map(|one| Some(days(one.today))).collect::<Date32Array>())),
        ("official", Arc::new(releases.iter().map(|one| Some(one.official)).collect::<BooleanArray>())),
        ("note", Arc::new(releases.iter().map(|one| Some(one.note.as_str())).collect::<StringArray>())),
    ];
    let batch = RecordBatch::try_from_iter(columns).map_err(datafusion::error::DataFusionError::from)?;
    Ok(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?))
}

/// Days since 1970-01-01, as arrow's Date32 counts them.
pub fn days(date: chrono::NaiveDate) -> i32 {
    (date - chrono::NaiveDate::default()).num_days().try_into().expect("a calendar date")
}
