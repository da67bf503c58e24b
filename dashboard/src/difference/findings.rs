//! The findings that opened, ended or changed.

use serde::Serialize;
use warehouse::table::TableName;

use super::Causes;
use super::sides::Sides;
use crate::error::Result;
use crate::rows::{Row, Rows};

/// How a finding differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It is open and never was before.
    Opened,
    /// It had ended and is open again.
    Reopened,
    /// It was open and is no more.
    Ended,
    /// It is open as before, with another amount or severity.
    Changed,
}

/// A finding that differs.
#[derive(Debug, Clone, Serialize)]
pub struct FindingChange {
    /// How.
    pub kind: Turn,
    /// Its id.
    pub finding_id: String,
    /// The rule.
    pub rule: String,
    /// `high`, `medium`, `low`
    pub severity: String,
    /// The school, empty for a district's.
    pub school_id: String,
    /// The district.
    pub district_code: String,
    /// The period.
    pub period: String,
    /// What it is about.
    pub subject: String,
    /// The amount before, in yuan.
    pub amount_before: Option<f64>,
    /// The amount after, in yuan.
    pub amount_after: Option<f64>,
    /// Its sentence.
    pub message_zh: String,
    /// Its sentence in English.
    pub message_en: String,
    /// What may have caused it.
    pub causes: Causes,
}

const SQL: &str = "select
        coalesce(now.finding_id, was.finding_id) as finding_id,
        coalesce(now.rule, was.rule) as rule,
        coalesce(now.severity, was.severity) as severity,
        coalesce(now.school_id, was.school_id) as school_id,
        coalesce(now.district_code, was.district_code) as district_code,
        coalesce(now.period, was.period) as period,
        coalesce(now.subject, was.subject) as subject,
        coalesce(now.message_zh, was.message_zh) as message_zh,
        coalesce(now.message_en, was.message_en) as message_en,
        was.finding_id is not null as was_there,
        was.finding_id is not null and was.ended is null as was_open,
        now.finding_id is not null and now.ended is null as is_open,
        was.amount as was_amount,
        now.amount as now_amount
    from earlier.finding as was
    full outer join later.finding as now on now.finding_id = was.finding_id
    where (was.finding_id is not null and was.ended is null) <> (now.finding_id is not null and now.ended is null)
        or (was.ended is null and now.ended is null and ((was.amount is distinct from now.amount) or was.severity <> now.severity))
    order by rule, district_code, school_id, period, subject, finding_id";

/// The findings that are open in one release alone, or open in both with another amount or severity.
pub async fn changed(sides: &Sides<'_>) -> Result<Vec<FindingChange>> {
    if !sides.register(&TableName::new("marts", "finding")).await? {
        return Ok(Vec::new());
    }
    let rows: Rows = sides.query(SQL).await?;
    let mut all: Vec<FindingChange> = rows.iter().map(read).collect();
    all.sort_by_key(|finding| finding.kind);
    Ok(all)
}

fn read(row: Row<'_>) -> FindingChange {
    let text = |name: &str| row.text(name).to_owned();
    FindingChange {
        kind: match (row.yes("was_open"), row.yes("is_open")) {
            (true, true) => Turn::Changed,
            (true, false) => Turn::Ended,
            _ if row.yes("was_there") => Turn::Reopened,
            _ => Turn::Opened,
        },
        finding_id: text("finding_id"),
        rule: text("rule"),
        severity: text("severity"),
        school_id: text("school_id"),
        district_code: text("district_code"),
        period: text("period"),
        subject: text("subject"),
        amount_before: row.yes("was_there").then(|| row.real("was_amount")).flatten(),
        amount_after: row.real("now_amount"),
        message_zh: text("message_zh"),
        message_en: text("message_en"),
        causes: Causes::default(),
    }
}
