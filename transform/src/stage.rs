//! Where models are computed: sessions over whole tables, over the changed keys, over changed periods and over ranges of keys; and
//! the rows of a model written beside what readers see.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, col, lit, not};
use datafusion::prelude::SessionContext;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt, TryStreamExt};
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::release::Release;
use warehouse::session::{apart, register};
use warehouse::table::{Replace, Snapshot, Staged, TableName, Writer};

use crate::batches::{by_name, by_period, conform, differing, storable};
use crate::change::Change;
use crate::closed::Closed;
use crate::error::{Result, TransformError};
use crate::plan::Plan;
use crate::project::{Model, Stored, is_generated};
use crate::ranges::Range;
use crate::streams::{ahead, begun, collected, computed, in_order, spawned};
use crate::views::plan_view;

/// A model with at most so many rows is compared with what it was before it is written.
const FEW_ROWS: usize = 100_000;
/// A table with periods that has more rows than this has files of one period each: what a few periods touch is little.
const FILE_OF_PERIODS_ROWS: u64 = 1 << 15;
/// A keyed table's rows stand in the order of their keys, in files of about so many: what a few keys touch is little.
const FILE_ROWS: u64 = 1 << 18;

/// The sessions of a run, and the warehouses that it reads and writes.
pub(crate) struct Stage<'a> {
    pub(crate) warehouse: &'a Warehouse,
    /// Where what is computed is written.
    pub(crate) target: &'a Warehouse,
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) last: Option<&'a Release>,
    /// Where everything stands as a whole.
    pub(crate) whole: SessionContext,
    /// Where tables that have the key hold the rows of the changed keys alone.
    pub(crate) keyed: SessionContext,
    /// Where they hold the rows of one range of keys each, which together are the whole; none where one range would do.
    ranges: Vec<(Range, SessionContext)>,
    /// Bytes of memory that a model has to itself.
    memory: usize,
    needed: Needed<'a>,
}

/// What the queries of each session name.
#[derive(Default)]
struct Needed<'a> {
    whole: BTreeSet<&'a TableName>,
    keyed: BTreeSet<&'a TableName>,
}

/// What came of a model's table.
#[derive(Default)]
pub(crate) struct Came {
    /// The version that was written, unless the rows are those that were there.
    pub(crate) version: Option<u64>,
    /// How many rows were computed, where any were.
    pub(crate) rows: Option<u64>,
    /// The periods of the rows that changed, where they are known.
    pub(crate) periods: Option<BTreeSet<String>>,
}

impl<'a> Needed<'a> {
    fn by(plan: &Plan<'a>) -> Needed<'a> {
        let mut needed = Needed::default();
        for step in plan.steps.iter().rev() {
            let (name, reads) = (&step.model.name, &step.model.reads);
            let runs = step.model.stored == Stored::Table || step.model.is_test();
            if !runs && step.own > Change::Nothing {
                // A view that is new must be sound, whoever reads it.
                needed.whole.insert(name);
            }
            if (runs && step.change >= Change::Periods) || (!runs && needed.whole.contains(name)) {
                needed.whole.extend(reads);
            }
            // What is planned as a whole for what it reads may come down to the keys when that comes out as it was.
            let by_keys = step.change == Change::Keys || (step.own < step.change && step.model.key().is_some());
            if (runs && by_keys) || (!runs && needed.keyed.contains(name)) {
                needed.keyed.extend(reads);
            }
        }
        needed
    }
}

impl<'a> Stage<'a> {
    /// Two sessions without tables: `whole`, which both warehouses are attached to, and one like it.
    pub(crate) fn new(
        [warehouse, target]: [&'a Warehouse; 2],
        whole: SessionContext,
        memory: usize,
        plan: &'a Plan<'a>,
        last: Option<&'a Release>,
    ) -> Stage<'a> {
        let keyed = like(&whole);
        Stage { warehouse, target, plan, last, whole, keyed, ranges: Vec::new(), memory, needed: Needed::by(plan) }
    }

    /// Computes every model in one piece, on one processor; from before there are ranges.
    pub(crate) fn divide_nothing(&self) {
        for context in [&self.whole, &self.keyed] {
            context.state_ref().write().config_mut().options_mut().execution.target_partitions = 1;
        }
    }

    /// Computes whole models that have the key range by range, from before any table is shown.
    pub(crate) fn by_ranges(&mut self, ranges: Vec<Range>) {
        self.ranges = ranges.into_iter().map(|range| (range, like(&self.whole))).collect();
    }

    /// A session's tables, with the memory that a model has to itself.
    fn apart(&self, context: &SessionContext) -> Result<SessionContext> {
        Ok(apart(context, self.memory)?)
    }

    /// Plans a view where it is needed.
    pub(crate) async fn show_view(&self, model: &Model) -> Result<()> {
        let whole = [&self.whole].into_iter().chain(self.ranges.iter().map(|(_, context)| context));
        let whole = whole.map(|context| (context, &self.needed.whole));
        for (context, names) in whole.chain([(&self.keyed, &self.needed.keyed)]) {
            if names.contains(&model.name) {
                register(context, &model.name, plan_view(context, model).await?)?;
            }
        }
        Ok(())
    }

    /// Whether a query names it.
    pub(crate) fn is_needed(&self, name: &TableName) -> bool {
        self.needed.whole.contains(name) || self.needed.keyed.contains(name)
    }

    /// Registers a table where it is needed; by its key, if it has one, where not all keys are looked at.
    pub(crate) fn show(&self, name: &TableName, table: Arc<dyn TableProvider>, key: Option<&str>) -> Result<()> {
        if self.needed.keyed.contains(name) {
            self.show_changed(name, table.clone(), key)?;
        }
        if self.needed.whole.contains(name) {
            self.show_whole(name, table, key)?;
        }
        Ok(())
    }

    /// Registers a table in all sessions, whether or not it is needed there.
    pub(crate) fn show_everywhere(
        &self,
        name: &TableName,
        table: Arc<dyn TableProvider>,
        key: Option<&str>,
    ) -> Result<()> {
        self.show_changed(name, table.clone(), key)?;
        self.show_whole(name, table, key)
    }

    fn show_changed(&self, name: &TableName, table: Arc<dyn TableProvider>, key: Option<&str>) -> Result<()> {
        Ok(register(&self.keyed, name, narrowed(&self.keyed, table, key.map(|key| self.changed(key)))?)?)
    }

    fn show_whole(&self, name: &TableName, table: Arc<dyn TableProvider>, key: Option<&str>) -> Result<()> {
        for (range, context) in &self.ranges {
            register(context, name, narrowed(context, table.clone(), key.map(|key| range.holds(key)))?)?;
        }
        Ok(register(&self.whole, name, table)?)
    }

    /// Whether a row's key is one of those that changed.
    fn changed(&self, key: &str) -> Expr {
        one_of(key, &self.plan.inputs.keys)
    }

    /// A session that has what a model reads, of what has periods only the rows of these.
    pub(crate) async fn of_periods(&self, model: &Model, periods: &BTreeSet<String>) -> Result<SessionContext> {
        let context = like(&self.whole);
        for read in &model.reads {
            let table = TableReference::partial(read.schema.clone(), read.table.clone());
            let table = self.whole.table_provider(table).await.map_err(fault(model))?;
            let step = self.plan.steps.iter().find(|step| step.model.name == *read);
            let of_periods = step.and_then(|step| step.model.periods()).map(|column| one_of(column, periods));
            register(&context, read, narrowed(&context, table, of_periods)?)?;
        }
        self.apart(&context)
    }

    /// Computes a whole model and writes its table, unless its rows are few and those of version `base`.
    pub(crate) async fn store(&self, model: &Model, base: Option<u64>) -> Result<Came> {
        let fault = fault(model);
        let mut parts = computed(self.queries(model)?, model.key());
        let rows = parts.next().await.expect("a model has a query").map_err(&fault)?;
        let schema = storable(&rows.schema());
        let stream = rows.chain(parts.try_flatten());
        let mut stream = match Closed::of(model, self.plan, self.last) {
            Some(closed) => {
                let carried = self.carried(&closed, model, &schema).await?;
                let schema = schema.clone();
                stream.map(move |batch| closed.open(&conform(&batch?, &schema)?)).chain(carried).boxed().fuse()
            }
            None => stream.boxed().fuse(),
        };
        let (first, count) = begun(&mut stream, &schema, FEW_ROWS).await.map_err(&fault)?;
        let mut periods = None;
        if let Some(base) = base
            && count <= FEW_ROWS
            && let Some(differing) = self.differing(model, base, &schema, &first).await?
        {
            if differing.num_rows() == 0 {
                return Ok(Came { rows: Some(count as u64), ..Came::default() });
            }
            periods = self.periods_of(model, &differing).map_err(&fault)?;
        }
        self.target.shape_table(&model.name, &schema).await?;
        let rows = stream::iter(first.into_iter().map(Ok)).chain(stream);
        let staged = self.write(model, rows, &schema, None, count as u64).await?;
        let rows = Some(staged.rows());
        Ok(Came { version: Some(self.target.overwrite(&model.name, &Replace::All, staged).await?), rows, periods })
    }

    /// The rows of closed periods that a union carries over from the last release.
    async fn carried(
        &self,
        closed: &Closed,
        model: &Model,
        schema: &SchemaRef,
    ) -> Result<BoxStream<'static, datafusion::error::Result<RecordBatch>>> {
        let fault = fault(model);
        let mut streams = Vec::new();
        for (name, version) in &closed.tables {
            let before = self.warehouse.snapshot(name, Some(*version)).await?;
            let frame = self.whole.read_table(self.warehouse.provider(before)).map_err(&fault)?;
            let frame = in_order(frame, model.key()).map_err(&fault)?;
            let rows = frame.execute_stream().await.map_err(&fault)?;
            let (closed, schema) = (closed.clone(), schema.clone());
            streams.push(rows.map(move |batch| closed.carried(&by_name(&batch?, &schema)?)));
        }
        Ok(stream::iter(streams).flatten().boxed())
    }

    /// The queries whose rows are a whole model's, each with the session that it is for. A generated union is computed part by
    /// part, so that memory holds one at a time.
    fn queries(&self, model: &Model) -> Result<Vec<(SessionContext, String)>> {
        let texts = match is_generated(&model.path) {
            true => model.reads.iter().map(|part| format!("select * from {part}")).collect(),
            false => vec![model.sql.clone()],
        };
        let contexts: Vec<&SessionContext> = match (model.key(), self.ranges.is_empty()) {
            (Some(_), false) => self.ranges.iter().map(|(_, context)| context).collect(),
            _ => vec![&self.whole],
        };
        let mut queries = Vec::new();
        for context in contexts {
            let context = self.apart(context)?;
            queries.extend(texts.iter().map(|text| (context.clone(), text.clone())));
        }
        Ok(queries)
    }

    /// The rows that only a version of a model's table has, or only these, which are few; `None` where it has other columns or many
    /// rows, and where nobody asks in which periods they differ and their number does.
    async fn differing(
        &self,
        model: &Model,
        base: u64,
        schema: &SchemaRef,
        rows: &[RecordBatch],
    ) -> Result<Option<RecordBatch>> {
        let before = self.warehouse.snapshot(&model.name, Some(base)).await?;
        let count: usize = rows.iter().map(RecordBatch::num_rows).sum();
        let is_other = model.periods().is_none() && before.rows() != count as u64;
        if before.schema.fields() != schema.fields() || is_other || before.rows() > FEW_ROWS as u64 {
            return Ok(None);
        }
        let fault = fault(model);
        let frame = self.whole.read_table(self.warehouse.provider(before)).map_err(&fault)?;
        let before = collected(frame, schema).await.map_err(&fault)?;
        let rows = concat_batches(schema, rows).map_err(DataFusionError::from).map_err(&fault)?;
        differing(&rows, &before).map(Some).map_err(&fault)
    }

    /// The periods of a model's rows; `None` where it has none, or where what reads it is computed beside what was there.
    fn periods_of(&self, model: &Model, rows: &RecordBatch) -> datafusion::error::Result<Option<BTreeSet<String>>> {
        let Some(column) = model.periods().filter(|_| std::ptr::eq(self.warehouse, self.target)) else {
            return Ok(None);
        };
        let parts = by_period(rows, column)?;
        // Rows without a period are found by none.
        Ok(parts.into_keys().collect())
    }

    /// Computes the rows of the changed keys and writes them in place of those that version `base` has of these keys: only
    /// the files in which such rows may lie are written anew, and none where the rows are the same.
    pub(crate) async fn store_keys(&self, model: &Model, base: u64) -> Result<Came> {
        let fault = fault(model);
        let key = model.key().expect("the plan computes by keys only what has one");
        let before = touched(self.warehouse.snapshot(&model.name, Some(base)).await?, key, &self.plan.inputs.keys);
        let schema = before.schema.clone();
        let gone: Vec<_> = before.files.iter().map(|file| file.path.clone()).collect();
        let held = self.whole.read_table(self.warehouse.provider(before)).map_err(&fault)?;

        let (keyed, sql) = (self.apart(&self.keyed)?, model.sql.clone());
        let fresh = spawned(async move { keyed.sql(&sql).await }).await.map_err(&fault)?;
        let fresh = collected(fresh, &schema).await.map_err(&fault)?;
        let stale = held.clone().filter(self.changed(key)).map_err(&fault)?;
        let stale = collected(stale, &schema).await.map_err(&fault)?;
        let fresh = match Closed::of(model, self.plan, self.last) {
            Some(closed) => {
                let parts = [closed.open(&fresh).map_err(&fault)?, closed.carried(&stale).map_err(&fault)?];
                concat_batches(&schema, &parts).map_err(DataFusionError::from).map_err(&fault)?
            }
            None => fresh,
        };
        let rows = Some(fresh.num_rows() as u64);
        let differing = differing(&fresh, &stale).map_err(&fault)?;
        if differing.num_rows() == 0 {
            return Ok(Came { rows, ..Came::default() });
        }
        let periods = self.periods_of(model, &differing).map_err(&fault)?;
        let kept = held.filter(col(key).is_null().or(not(self.changed(key)))).map_err(&fault)?;
        let fresh = self.whole.read_batch(fresh).map_err(&fault)?;
        let frame = kept.union(fresh).and_then(|frame| in_order(frame, Some(key))).map_err(&fault)?;
        let stream = frame.execute_stream().await.map_err(&fault)?;
        let staged = self.write(model, stream, &schema, Some(base), 0).await?;
        let version = Some(self.target.replace(&model.name, base, &gone, staged).await?);
        Ok(Came { version, rows, periods })
    }

    /// Computes the rows of some periods and writes them in place of those that version `base` has of these periods: only the
    /// files in which such rows may lie are written anew, and none where the rows are few and the same.
    pub(crate) async fn store_periods(&self, model: &Model, base: u64, periods: &BTreeSet<String>) -> Result<Came> {
        let fault = fault(model);
        let column = model.periods().expect("the plan computes by periods only what has them");
        let before = self.warehouse.snapshot(&model.name, Some(base)).await?;
        let rows_of_all = before.rows();
        let before = touched(before, column, periods);
        let rows_before = before.rows();
        let schema = before.schema.clone();
        let gone: Vec<_> = before.files.iter().map(|file| file.path.clone()).collect();
        let held = self.whole.read_table(self.warehouse.provider(before)).map_err(&fault)?;

        let (context, sql) = (self.of_periods(model, periods).await?, model.sql.clone());
        let of_periods = one_of(column, periods);
        let wanted = of_periods.clone();
        let fresh = spawned(async move { context.sql(&sql).await?.filter(wanted)?.execute_stream().await });
        let mut fresh = ahead(fresh.await.map_err(&fault)?).fuse();
        let (first, count) = begun(&mut fresh, &schema, FEW_ROWS).await.map_err(&fault)?;
        let mut periods = periods.clone();
        if rows_before.max(count as u64) <= FEW_ROWS as u64 {
            let stale = held.clone().filter(of_periods.clone()).map_err(&fault)?;
            let stale = collected(stale, &schema).await.map_err(&fault)?;
            let rows = concat_batches(&schema, &first).map_err(DataFusionError::from).map_err(&fault)?;
            let differing = differing(&rows, &stale).map_err(&fault)?;
            if differing.num_rows() == 0 {
                return Ok(Came { rows: Some(count as u64), ..Came::default() });
            }
            periods = self.periods_of(model, &differing).map_err(&fault)?.unwrap_or(periods);
        }
        let kept = held.filter(col(column).is_null().or(not(of_periods))).map_err(&fault)?;
        let kept = kept.execute_stream().await.map_err(&fault)?;
        let mut more = 0;
        let fresh = fresh.inspect_ok(|batch| more += batch.num_rows());
        let rows = stream::iter(first.into_iter().map(Ok)).chain(fresh).chain(kept);
        let staged = self.write(model, rows.boxed(), &schema, Some(base), rows_of_all.max(count as u64)).await?;
        let version = Some(self.target.replace(&model.name, base, &gone, staged).await?);
        Ok(Came { version, rows: Some((count + more) as u64), periods: Some(periods) })
    }

    /// Writes rows to files that nobody sees yet; of a table with periods that has so many rows, each period to its own.
    async fn write(
        &self,
        model: &Model,
        mut stream: impl Stream<Item = datafusion::error::Result<RecordBatch>> + Unpin,
        schema: &SchemaRef,
        base: Option<u64>,
        rows: u64,
    ) -> Result<Staged> {
        let fault = fault(model);
        let mut staged = Staged::default();
        if let Some(column) = model.periods().filter(|_| model.key().is_none() && rows > FILE_OF_PERIODS_ROWS) {
            let mut writers: BTreeMap<Option<String>, Writer> = BTreeMap::new();
            while let Some(batch) = stream.next().await {
                let batch = batch.and_then(|batch| conform(&batch, schema)).map_err(&fault)?;
                for (period, rows) in by_period(&batch, column).map_err(&fault)? {
                    let writer = match writers.entry(period) {
                        Entry::Occupied(writer) => writer.into_mut(),
                        Entry::Vacant(place) => place.insert(self.target.writer_at(&model.name, base).await?),
                    };
                    writer.write(rows).await?;
                }
            }
            for (_, writer) in writers {
                staged = staged.join(writer.finish().await?);
            }
            return Ok(staged);
        }
        let mut writer = self.target.writer_at(&model.name, base).await?;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(&fault)?;
            if batch.num_rows() > 0 {
                writer.write(conform(&batch, schema).map_err(&fault)?).await?;
            }
            if model.key().is_some() && writer.rows() >= FILE_ROWS {
                staged = staged.join(writer.finish().await?);
                writer = self.target.writer_at(&model.name, base).await?;
            }
        }
        Ok(staged.join(writer.finish().await?))
    }
}

/// A session of the same settings and memory, without tables.
fn like(context: &SessionContext) -> SessionContext {
    SessionContext::new_with_config_rt(context.copied_config(), context.runtime_env())
}

/// A table's files in which a column may have one of these values.
fn touched(mut table: Snapshot, column: &str, values: &BTreeSet<String>) -> Snapshot {
    let may_have = |(least, greatest)| values.range::<String, _>(least..=greatest).next().is_some();
    table.files.retain(|file| file.bounds(column).is_none_or(may_have));
    table
}

/// Whether a column has one of these values.
fn one_of(column: &str, values: &BTreeSet<String>) -> Expr {
    col(column).in_list(values.iter().map(lit).collect(), false)
}

/// The rows of a table that a condition on its key holds for; all of one without the key.
fn narrowed(
    context: &SessionContext,
    table: Arc<dyn TableProvider>,
    condition: Option<Expr>,
) -> Result<Arc<dyn TableProvider>> {
    let Some(condition) = condition else { return Ok(table) };
    let frame = context.read_table(table).and_then(|frame| frame.filter(condition));
    Ok(frame.map_err(WarehouseError::from)?.into_view())
}

fn fault(model: &Model) -> impl Fn(DataFusionError) -> TransformError + '_ {
    |source| TransformError::Run { path: model.path.clone(), source: Box::new(source) }
}
