//! What a run carries over of closed periods: their figures and findings stand as the last release has them, because rows that they
//! rest on were erased. It is the unions of rules and indicators that carry; all that is made of these follows.

use std::collections::BTreeSet;

use datafusion::arrow::array::{AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::{and, filter_record_batch, not};
use datafusion::error::Result;
use warehouse::erasure::Erasure;
use warehouse::release::Release;
use warehouse::table::TableName;

use crate::plan::Plan;
use crate::project::{Model, UNIONS, is_generated};

/// The column that tells to which period a row belongs.
const PERIOD: &str = "period";

/// The closed periods of a union.
#[derive(Debug, Clone)]
pub(crate) struct Closed {
    erasure: Erasure,
    /// The column that tells of which rule or indicator a row is, and those that the union is made of now: what is gone or lies in
    /// another union is not carried over.
    code: &'static str,
    codes: BTreeSet<String>,
    /// The last release's tables that have their rows, with their versions.
    pub(crate) tables: Vec<(TableName, u64)>,
}

impl Closed {
    /// What is closed of a model; nothing where it is no union, or where no period is closed.
    pub(crate) fn of(model: &Model, plan: &Plan<'_>, last: Option<&Release>) -> Option<Closed> {
        let (erasure, last) = (plan.inputs.erasure?, last?);
        if !is_generated(&model.path) {
            return None;
        }
        let schema = &model.name.schema;
        let members = plan.steps.iter().filter(|step| model.reads.contains(&step.model.name));
        let tables = UNIONS.iter().filter_map(|union| {
            let name = TableName::new(schema.as_str(), *union);
            last.tables.get(&name).map(|version| (name.clone(), *version))
        });
        Some(Closed {
            erasure,
            code: if schema == "rules" { "rule" } else { "indicator" },
            codes: members.filter_map(|step| step.model.code()).map(str::to_owned).collect(),
            tables: tables.collect(),
        })
    }

    /// The rows of a batch that are of open periods.
    pub(crate) fn open(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        Ok(filter_record_batch(batch, &not(&self.is_closed(batch))?)?)
    }

    /// The rows of a batch of the last release that are carried over.
    pub(crate) fn carried(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let is_known: BooleanArray = match batch.column_by_name(self.code) {
            Some(codes) => {
                let codes = codes.as_string::<i32>().iter();
                codes.map(|code| Some(code.is_some_and(|code| self.codes.contains(code)))).collect()
            }
            None => BooleanArray::from(vec![false; batch.num_rows()]),
        };
        Ok(filter_record_batch(batch, &and(&self.is_closed(batch), &is_known)?)?)
    }

    fn is_closed(&self, batch: &RecordBatch) -> BooleanArray {
        let Some(periods) = batch.column_by_name(PERIOD) else {
            return BooleanArray::from(vec![false; batch.num_rows()]);
        };
        let periods = periods.as_string::<i32>().iter();
        periods.map(|period| Some(period.is_some_and(|period| self.erasure.closes(period)))).collect()
    }
}
