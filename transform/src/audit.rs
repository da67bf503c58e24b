//! Data tests: queries for rows that must not be.

use std::time::Instant;

use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::SessionContext;

use crate::error::{Result, TransformError};
use crate::project::Model;
use crate::run::Progress;

/// How many offending rows a message shows.
const SHOWN: usize = 5;

/// Runs each test in the session that holds what it reads. Gives the findings of those that only warn; fails with those of
/// all others together.
pub(crate) async fn audit(
    tests: &[(&Model, SessionContext)],
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let mut failed = Vec::new();
    for (test, context) in tests {
        let started = Instant::now();
        let fault = |source| TransformError::Run { path: test.path.clone(), source: Box::new(source) };
        let rows = context.sql(&test.sql).await.map_err(fault)?.collect().await.map_err(fault)?;
        let count: usize = rows.iter().map(datafusion::arrow::array::RecordBatch::num_rows).sum();
        if count > 0 {
            let mut left = SHOWN;
            let first: Vec<_> = rows
                .iter()
                .map(|batch| {
                    let shown = batch.slice(0, left.min(batch.num_rows()));
                    left -= shown.num_rows();
                    shown
                })
                .filter(|batch| batch.num_rows() > 0)
                .collect();
            let table = pretty_format_batches(&first).map_err(|error| fault(error.into()))?;
            let text = format!("{}: {} {count} rows, the first:\n{table}", test.path, test.sentence);
            if test.get("warns") == Some("true") { warnings.push(text) } else { failed.push(text) }
        }
        progress(Progress::Done { model: test, rows: Some(count as u64), took: started.elapsed() });
    }
    if failed.is_empty() { Ok(warnings) } else { Err(TransformError::Tests { tests: tests.len(), failed }) }
}
