//! Casework: what is done about a finding, step by step, by whom and when; appended to `facts.case_event` and never edited.
//!
//! A case goes open → notified (with a date by which to put it right) → answered → rectified | dismissed with a reason →
//! closed. A finding that ended and came back begins a new occurrence with an open case; what was decided of an earlier
//! occurrence stays and is told. `sql/marts/case_now.sql` tells the same in SQL. Each step is committed right after the
//! version of the table that it was judged by: of two persons who take a step from one state at once, one is refused.

mod cases;
mod step;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::{
    ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::session::days;
use warehouse::table::TableName;

use self::cases::{findings, steps};
pub use self::step::{Refusal, State};
use crate::form::normal;
use crate::ledger::case_schema;

/// The table of steps.
pub fn case_table() -> TableName {
    TableName::new("facts", "case_event")
}

/// Letters that a note may have.
pub const LONGEST_NOTE: usize = 2000;

/// A finding of the newest release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its id.
    pub finding_id: String,
    /// Its rule.
    pub rule: String,
    /// high, medium or low.
    pub severity: String,
    /// Its school; empty where it is a district's.
    pub school_id: String,
    /// Its district.
    pub district_code: String,
    /// Its period.
    pub period: String,
    /// What was found.
    pub message_zh: String,
    /// The same in English.
    pub message_en: String,
    /// When it was seen for the first time.
    pub first_seen: Option<NaiveDate>,
    /// When it ended; none while it stands.
    pub ended: Option<NaiveDate>,
    /// How many times it has begun: 1, and once more for each time that it came back.
    pub occurrence: i64,
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The finding.
    pub finding_id: String,
    /// Which occurrence of it.
    pub occurrence: i64,
    /// The state that the step led to.
    pub state: State,
    /// When it was recorded: microseconds since 1970 in UTC.
    pub at: i64,
    /// The day of the step.
    pub on: Option<NaiveDate>,
    /// Who took it.
    pub by_whom: String,
    /// By when it is to be put right, of a notice.
    pub due_on: Option<NaiveDate>,
    /// What was said: of a dismissal the reason.
    pub note: Option<String>,
}

/// A finding with the steps of all its occurrences, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The finding.
    pub finding: Finding,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Case {
    /// The latest step since the finding last began.
    pub fn last(&self) -> Option<&Step> {
        self.own().next_back()
    }

    /// Where the case stands.
    pub fn state(&self) -> State {
        self.last().map_or(State::Open, |step| step.state)
    }

    /// By when it is to be put right, by the latest notice.
    pub fn due_on(&self) -> Option<NaiveDate> {
        self.own().rev().find_map(|step| step.due_on)
    }

    /// Whether that day has passed and nothing was decided.
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        let waiting = matches!(self.state(), State::Notified | State::Answered);
        waiting && self.finding.ended.is_none() && self.due_on().is_some_and(|due| due < today)
    }

    /// What was decided last of an earlier occurrence.
    pub fn decided_before(&self) -> Option<&Step> {
        let mut earlier = self.steps.iter().filter(|step| step.occurrence < self.finding.occurrence);
        earlier.rfind(|step| matches!(step.state, State::Rectified | State::Dismissed))
    }

    fn own(&self) -> impl DoubleEndedIterator<Item = &Step> {
        self.steps.iter().filter(|step| step.occurrence == self.finding.occurrence)
    }
}

/// A step to take.
#[derive(Debug, Clone)]
pub struct Taking {
    /// The state to go to.
    pub state: State,
    /// The day of the step.
    pub on: NaiveDate,
    /// Who takes it.
    pub by_whom: String,
    /// By when it is to be put right: a notice has such a day, and nothing else.
    pub due_on: Option<NaiveDate>,
    /// What is said: a dismissal gives its reason.
    pub note: Option<String>,
}

/// Why no step was taken. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// There are no findings yet.
    #[error(
        "还没有发布数据，没有问题线索，请先运行 kehou transform / there is no release yet, so no finding; run kehou transform first"
    )]
    NoRelease,
    /// Nobody takes it.
    #[error("请写明经办人（--by）/ say who takes the step, by --by")]
    NoName,
    /// A notice without a day.
    #[error("通知须写明整改期限（--due 日期）/ a notice needs the day by which to put it right: --due DATE")]
    NoDue,
    /// A day that has passed already.
    #[error(
        "整改期限 {due} 早于通知日期 {on} / the day {due}, by which to put it right, is before the day of the notice, {on}"
    )]
    DueBefore {
        /// By when.
        due: NaiveDate,
        /// The day of the notice.
        on: NaiveDate,
    },
    /// A day to put it right by, of something else than a notice.
    #[error("只有通知（notify）才有整改期限 / only a notice (notify) has a day by which to put it right")]
    NeedlessDue,
    /// A dismissal without a reason.
    #[error("撤销须写明理由（--note）/ a dismissal needs a reason: --note TEXT")]
    NoReason,
    /// Too long a note.
    #[error("说明超过 {LONGEST_NOTE} 字 / the note has more than {LONGEST_NOTE} letters")]
    LongNote,
    /// Some of the findings can't take the step.
    #[error("不能办理，未作任何更改 / refused, and nothing changed:\n{}", lines(.0))]
    Refused(Vec<Refusal>),
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

fn lines(refusals: &[Refusal]) -> String {
    refusals.iter().map(|refusal| format!("  {refusal}")).collect::<Vec<_>>().join("\n")
}

/// The cases of all findings of the newest release, with every step that was taken until now, in the order of their ids.
pub async fn cases(warehouse: &Warehouse) -> Result<Vec<Case>, CaseError> {
    let findings = findings(warehouse).await?;
    let (_, mut steps) = steps(warehouse).await?;
    Ok(findings.into_iter().map(|finding| case(finding, &mut steps)).collect())
}

/// The case of one finding, named by its id or the first letters of it.
pub async fn find(warehouse: &Warehouse, named: &str) -> Result<Case, CaseError> {
    let findings = chosen(findings(warehouse).await?, &[named.to_owned()])?;
    let (_, mut steps) = steps(warehouse).await?;
    let found = findings.into_iter().next().expect("one name chooses one finding, or none and fails");
    Ok(case(found, &mut steps))
}

fn case(finding: Finding, steps: &mut cases::Steps) -> Case {
    let steps = steps.by_finding.remove(&finding.finding_id).unwrap_or_default();
    Case { finding, steps }
}

/// Takes a step for all of the findings, or for none. They are named by their ids, or by the first letters of them where
/// these are those of one finding alone. Gives the cases as they stand afterwards.
pub async fn take(warehouse: &Warehouse, named: &[String], taking: &Taking) -> Result<Vec<Case>, CaseError> {
    let taking = checked(taking)?;
    warehouse.ensure_table(&case_table(), &case_schema(), &[]).await?;
    let findings = chosen(findings(warehouse).await?, named)?;
    let mut tried: Option<Vec<Step>> = None;
    loop {
        let (version, mut known) = steps(warehouse).await?;
        let last_at = known.last_at;
        let mut cases: Vec<Case> = findings.iter().map(|finding| case(finding.clone(), &mut known)).collect();
        // A commit whose answer was lost looks like another one's; it is known by its steps.
        if let Some(tried) = tried.take()
            && tried.iter().all(|step| cases.iter().any(|case| case.steps.contains(step)))
        {
            return Ok(cases);
        }
        let refused: Vec<Refusal> = cases.iter().filter_map(|case| Refusal::of(case, &taking)).collect();
        if !refused.is_empty() {
            return Err(CaseError::Refused(refused));
        }
        // Where a clock was ahead, steps still stand in their order.
        let at = chrono::Utc::now().timestamp_micros().max(last_at + 1);
        let fresh: Vec<Step> = cases.iter().map(|case| step(case, &taking, at)).collect();
        let mut writer = warehouse.writer(&case_table()).await?;
        writer.write(batch(&fresh)).await?;
        match warehouse.append_at(&case_table(), version, writer.finish().await?, None).await {
            Ok(_) => {
                cases.iter_mut().zip(fresh).for_each(|(case, step)| case.steps.push(step));
                return Ok(cases);
            }
            Err(WarehouseError::Moved { .. }) => tried = Some(fresh),
            Err(error) => return Err(error.into()),
        }
    }
}

/// What can be told of a step without any case.
fn checked(taking: &Taking) -> Result<Taking, CaseError> {
    let note = taking.note.as_deref().map(normal).filter(|note| !note.is_empty());
    let by_whom = normal(&taking.by_whom);
    if by_whom.is_empty() {
        return Err(CaseError::NoName);
    }
    match (taking.state, taking.due_on) {
        (State::Notified, None) => return Err(CaseError::NoDue),
        (State::Notified, Some(due)) if due < taking.on => return Err(CaseError::DueBefore { due, on: taking.on }),
        (State::Notified, Some(_)) | (_, None) => {}
        (_, Some(_)) => return Err(CaseError::NeedlessDue),
    }
    if taking.state == State::Dismissed && note.is_none() {
        return Err(CaseError::NoReason);
    }
    if note.as_ref().is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
        return Err(CaseError::LongNote);
    }
    Ok(Taking { note, by_whom, ..taking.clone() })
}

/// The findings that are named, each once.
fn chosen(all: Vec<Finding>, named: &[String]) -> Result<Vec<Finding>, CaseError> {
    let mut refused = Vec::new();
    let mut places = BTreeSet::new();
    for name in named {
        let fits = |finding: &&(usize, &Finding)| !name.is_empty() && finding.1.finding_id.starts_with(name.as_str());
        let found: Vec<(usize, &Finding)> = all.iter().enumerate().filter(|one| fits(&one)).take(2).collect();
        match found.as_slice() {
            [(place, _)] => drop(places.insert(*place)),
            [] => refused.push(Refusal::Unknown(name.clone())),
            _ => refused.push(Refusal::Several(name.clone())),
        }
    }
    if !refused.is_empty() {
        return Err(CaseError::Refused(refused));
    }
    Ok(all.into_iter().enumerate().filter(|(place, _)| places.contains(place)).map(|(_, finding)| finding).collect())
}

fn step(case: &Case, taking: &Taking, at: i64) -> Step {
    Step {
        finding_id: case.finding.finding_id.clone(),
        occurrence: case.finding.occurrence,
        state: taking.state,
        at,
        on: Some(taking.on),
        by_whom: taking.by_whom.clone(),
        due_on: taking.due_on,
        note: taking.note.clone(),
    }
}

fn batch(steps: &[Step]) -> RecordBatch {
    fn text<'a>(steps: &'a [Step], value: fn(&'a Step) -> Option<&'a str>) -> ArrayRef {
        Arc::new(steps.iter().map(value).collect::<StringArray>())
    }
    let date = |value: fn(&Step) -> Option<NaiveDate>| -> ArrayRef {
        Arc::new(steps.iter().map(|step| value(step).map(days)).collect::<Date32Array>())
    };
    let at = TimestampMicrosecondArray::from_iter_values(steps.iter().map(|step| step.at)).with_timezone("UTC");
    let columns: Vec<ArrayRef> = vec![
        text(steps, |step| Some(&step.finding_id)),
        text(steps, |step| Some(step.state.code())),
        Arc::new(at),
        text(steps, |step| Some(&step.by_whom)),
        date(|step| step.due_on),
        text(steps, |step| step.note.as_deref()),
        date(|step| step.on),
        Arc::new(Int64Array::from_iter_values(steps.iter().map(|step| step.occurrence))),
    ];
    RecordBatch::try_new(case_schema(), columns).expect("the columns are those of the schema")
}
