//! What casework rests on: the findings of the newest release, and the steps that were taken until now.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Date32Type, Int64Type, TimestampMicrosecondType};
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::table::TableName;

use super::{CaseError, Finding, State, Step, case_table};
use crate::ledger::query;

/// The steps of every finding, each finding's in their order.
#[derive(Debug, Default)]
pub struct Steps {
    /// By finding.
    pub by_finding: HashMap<String, Vec<Step>>,
    /// The latest moment at which one was recorded: microseconds since 1970 in UTC.
    pub last_at: i64,
}

/// The findings of the newest release, open or ended, in the order of their ids.
pub async fn findings(warehouse: &Warehouse) -> Result<Vec<Finding>, CaseError> {
    let release = warehouse.latest_release().await?.ok_or(CaseError::NoRelease)?;
    let mut snapshots = Vec::new();
    for table in ["finding", "finding_event"] {
        let name = TableName::new("marts", table);
        let version = release.tables.get(&name).ok_or(CaseError::NoRelease)?;
        snapshots.push(warehouse.snapshot(&name, Some(*version)).await?);
    }
    let sql = "with began as ( \
                   select finding_id, sum(case when event = 'ended' then 0 else 1 end) as times \
                   from marts.finding_event group by finding_id \
               ) \
               select finding.finding_id, finding.rule, finding.severity, finding.school_id, finding.district_code, \
                   finding.period, finding.message_zh, finding.message_en, finding.first_seen, finding.ended, \
                   cast(coalesce(began.times, 1) as bigint) as times \
               from marts.finding as finding left join began on began.finding_id = finding.finding_id \
               order by finding.finding_id";
    let mut findings = Vec::new();
    for batch in query(warehouse, snapshots, sql).await? {
        let times = batch.column(10).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let given = |column: usize| text(&batch, column, row).unwrap_or_default();
            findings.push(Finding {
                finding_id: given(0),
                rule: given(1),
                severity: given(2),
                school_id: given(3),
                district_code: given(4),
                period: given(5),
                message_zh: given(6),
                message_en: given(7),
                first_seen: date(&batch, 8, row),
                ended: date(&batch, 9, row),
                occurrence: times.value(row),
            });
        }
    }
    Ok(findings)
}

/// The version of the table of steps, and what stands in it.
pub async fn steps(warehouse: &Warehouse) -> Result<(u64, Steps), WarehouseError> {
    let snapshot = warehouse.snapshot(&case_table(), None).await?;
    let version = snapshot.version;
    let sql = "select finding_id, step, by_whom, note, \"at\", on_date, due_on, coalesce(occurrence, 1) as occurrence \
               from facts.case_event order by \"at\", finding_id";
    let mut steps = Steps::default();
    for batch in query(warehouse, vec![snapshot], sql).await? {
        let at = batch.column(4).as_primitive::<TimestampMicrosecondType>();
        let occurrence = batch.column(7).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let given = |column: usize| text(&batch, column, row).unwrap_or_default();
            steps.last_at = steps.last_at.max(at.value(row));
            // What a later kehou may add to the states is none of ours.
            let Some(state) = State::of(&given(1)) else { continue };
            let step = Step {
                finding_id: given(0),
                occurrence: occurrence.value(row),
                state,
                at: at.value(row),
                on: date(&batch, 5, row),
                by_whom: given(2),
                due_on: date(&batch, 6, row),
                note: text(&batch, 3, row),
            };
            steps.by_finding.entry(step.finding_id.clone()).or_default().push(step);
        }
    }
    Ok((version, steps))
}

fn text(batch: &RecordBatch, column: usize, row: usize) -> Option<String> {
    let texts = batch.column(column).as_string::<i32>();
    texts.is_valid(row).then(|| texts.value(row).to_owned())
}

fn date(batch: &RecordBatch, column: usize, row: usize) -> Option<NaiveDate> {
    let days = batch.column(column).as_primitive::<Date32Type>();
    days.is_valid(row).then(|| NaiveDate::default() + TimeDelta::days(days.value(row).into()))
}
