//! Ranges of keys: a model with a key that rests on more rows than its memory is for is computed range by range. Its rows
//! rest on rows of their own key alone, so the ranges together are the whole.

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, col, lit};
use datafusion::prelude::SessionContext;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::table::Snapshot;

use crate::error::Result;

/// Bytes that the joins and groups of a model hold for a row of the largest table below it: measured with a city's 20 million
/// rows of attendance, which need a little less than a GiB.
const BYTES_PER_ROW: u64 = 45;

/// Keys from one on, up to another and without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    from: Option<String>,
    to: Option<String>,
}

impl Range {
    /// Whether a row's key lies in it; rows without a key lie in the first.
    pub(crate) fn holds(&self, key: &str) -> Expr {
        let from = self.from.as_ref().map(|from| col(key).gt_eq(lit(from)));
        let to = self.to.as_ref().map(|to| match from {
            Some(_) => col(key).lt(lit(to)),
            None => col(key).lt(lit(to)).or(col(key).is_null()),
        });
        from.into_iter().chain(to).reduce(Expr::and).unwrap_or_else(|| lit(true))
    }
}

/// How many ranges it takes that a model stays within its memory, where so many rows are the most that a table below it has.
pub(crate) fn needed(rows: u64, memory: usize) -> usize {
    usize::try_from((rows * BYTES_PER_ROW).div_ceil(memory.max(1) as u64)).unwrap_or(usize::MAX).max(1)
}

/// Cuts keys, which are in order, into as many ranges of as many keys each, or fewer where there are few keys.
pub(crate) fn cut(keys: &[String], ranges: usize) -> Vec<Range> {
    let ranges = ranges.clamp(1, keys.len().max(1));
    let bound = |range: usize| (0 < range && range < ranges).then(|| keys[range * keys.len() / ranges].clone());
    (0..ranges).map(|range| Range { from: bound(range), to: bound(range + 1) }).collect()
}

/// The keys that a table has, in their order.
pub(crate) async fn keys(
    warehouse: &Warehouse,
    context: &SessionContext,
    table: Snapshot,
    key: &str,
) -> Result<Vec<String>> {
    let frame = context
        .read_table(warehouse.provider(table))
        .and_then(|frame| frame.filter(col(key).is_not_null()))
        .and_then(|frame| frame.select(vec![col(key)]))
        .and_then(|frame| frame.distinct())
        .and_then(|frame| frame.sort(vec![col(key).sort(true, true)]))
        .map_err(WarehouseError::from)?;
    let mut keys = Vec::new();
    for batch in frame.collect().await.map_err(WarehouseError::from)? {
        let texts =
            cast(batch.column(0), &DataType::Utf8).map_err(DataFusionError::from).map_err(WarehouseError::from)?;
        keys.extend(texts.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};

    use super::*;

    #[test]
    fn a_city_is_one_range_and_five_cities_are_five() {
        assert_eq!(needed(20_000_000, 1 << 30), 1);
        assert_eq!(needed(100_000_000, 1 << 30), 5);
        assert_eq!(needed(0, 1 << 30), 1);
    }

    #[tokio::test]
    async fn every_key_lies_in_one_range_and_so_does_none() {
        let keys: Vec<String> = (0..7).map(|key| format!("{key}")).collect();
        for ranges in [1, 2, 3, 7, 20] {
            let cut = cut(&keys, ranges);
            assert_eq!(cut.len(), ranges.min(keys.len()));
            // A key that came after the keys were asked for lies somewhere too.
            let column: StringArray =
                keys.iter().map(|key| Some(key.as_str())).chain([None, Some(""), Some("99")]).collect();
            let batch = RecordBatch::try_from_iter([("school_id", Arc::new(column) as ArrayRef)]).expect("a column");
            let context = SessionContext::new();
            let mut found = Vec::new();
            for range in &cut {
                let frame = context.read_batch(batch.clone()).expect("rows").filter(range.holds("school_id"));
                for rows in frame.expect("a column").collect().await.expect("rows in memory") {
                    found.extend(rows.column(0).as_string::<i32>().iter().map(|key| key.map(str::to_owned)));
                }
            }
            found.sort();
            let mut all: Vec<Option<String>> = keys.iter().cloned().map(Some).collect();
            all.extend([None, Some(String::new()), Some("99".to_owned())]);
            all.sort();
            assert_eq!(found, all, "{ranges} ranges");
        }
        assert_eq!(cut(&[], 4), [Range { from: None, to: None }]);
    }
}
