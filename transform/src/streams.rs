//! Rows on their way: queries that run by themselves, ahead of whoever takes what they give.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::col;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{SendableRecordBatchStream, execute_stream};
use datafusion::prelude::{DataFrame, SessionContext};
use futures::future::ready;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt, TryStreamExt};

use crate::batches::conform;

/// The rows of queries, each by key: while those of one are taken, the next is already planned.
pub(crate) fn computed(
    queries: Vec<(SessionContext, String)>,
    key: Option<&str>,
) -> BoxStream<'static, datafusion::error::Result<SendableRecordBatchStream>> {
    let key = key.map(str::to_owned);
    let plan = move |(context, sql): (SessionContext, String)| {
        let key = key.clone();
        spawned(async move {
            let plan = in_order(context.sql(&sql).await?, key.as_deref())?.create_physical_plan().await?;
            Ok((plan, context.task_ctx()))
        })
    };
    let plans = stream::iter(queries).map(plan).buffered(2);
    plans.and_then(|(plan, tasks)| ready(execute_stream(plan, tasks).map(ahead))).boxed()
}

/// Rows that a task of their own computes, a few batches ahead of whoever takes them.
pub(crate) fn ahead(mut rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let mut ahead = RecordBatchReceiverStream::builder(rows.schema(), 2);
    let taker = ahead.tx();
    ahead.spawn(async move {
        while let Some(batch) = rows.next().await {
            if taker.send(batch).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    ahead.build()
}

/// What a task of its own gives, so that whoever waits for it may see to others.
pub(crate) fn spawned<T: Send + 'static>(
    work: impl Future<Output = datafusion::error::Result<T>> + Send + 'static,
) -> impl Future<Output = datafusion::error::Result<T>> {
    let task = SpawnedTask::spawn(work);
    async { task.join_unwind().await.map_err(|failed| DataFusionError::ExecutionJoin(Box::new(failed)))? }
}

/// By key, where there is one.
pub(crate) fn in_order(frame: DataFrame, key: Option<&str>) -> datafusion::error::Result<DataFrame> {
    match key {
        Some(key) => frame.sort(vec![col(key).sort(true, true)]),
        None => Ok(frame),
    }
}

/// All rows of a frame in the columns of a stored table. Only for what is known to be little.
pub(crate) async fn collected(frame: DataFrame, schema: &SchemaRef) -> datafusion::error::Result<RecordBatch> {
    let batches = spawned(frame.collect()).await?;
    let batches = batches.iter().map(|batch| conform(batch, schema)).collect::<Result<Vec<_>, _>>()?;
    Ok(concat_batches(schema, &batches)?)
}

/// The first batches of a stream: all of one with at most `few` rows, or a few more. And how many rows they have.
pub(crate) async fn begun(
    stream: &mut (impl Stream<Item = datafusion::error::Result<RecordBatch>> + Unpin),
    schema: &SchemaRef,
    few: usize,
) -> datafusion::error::Result<(Vec<RecordBatch>, usize)> {
    let (mut first, mut count) = (Vec::new(), 0);
    while count <= few
        && let Some(batch) = stream.next().await
    {
        let batch = conform(&batch?, schema)?;
        count += batch.num_rows();
        first.push(batch);
    }
    Ok((first, count))
}
