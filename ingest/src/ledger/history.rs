//! What became of a slice: every attempt with its receipt, how it ended, what was said of it, and what it changed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{Date32Type, Int64Type};
use serde::Serialize;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;

use super::rows::quoted;
use super::{SliceKey, State, issue_table, ledger_table, read};
use crate::correction::{Changes, changes};
use crate::form::form;
use crate::receipt::Receipt;

/// One attempt at a slice.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    /// The number that a clerk can quote.
    pub receipt: String,
    /// How it ended.
    pub state: &'static str,
    /// What became of it since.
    pub fate: Fate,
    /// The receipt of the attempt that replaced it, or took it back.
    pub by: Option<String>,
    /// The day of receipt.
    pub received_on: NaiveDate,
    /// The file's name.
    pub file_name: String,
    /// The sheet in a workbook.
    pub sheet: Option<String>,
    /// Rows of data.
    pub rows: u64,
    /// Errors found.
    pub errors: u64,
    /// Warnings found.
    pub warnings: u64,
    /// What was said of it; not all of it where there was much.
    pub issues: Vec<Said>,
    /// What it changed against the version before.
    pub changes: Option<Changes>,
    #[serde(skip)]
    submission_id: String,
    #[serde(skip)]
    replaces: Option<String>,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is the one that counts.
    Counts,
    /// A later one counts instead.
    Replaced,
    /// It was taken back.
    TakenBack,
    /// It was sent back.
    Rejected,
    /// It is itself the taking back of another.
    Withdrawal,
}

/// A stored issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// `error` or `warning`.
    pub severity: String,
    /// What kind, for programs.
    pub code: String,
    /// The row.
    pub row: Option<i64>,
    /// The heading.
    pub column: Option<String>,
    /// In Chinese.
    pub message_zh: String,
    /// In English.
    pub message_en: String,
}

/// Every attempt at a slice, in the order of their acceptance.
pub async fn history(warehouse: &Warehouse, slice: &SliceKey) -> Result<Vec<Attempt>, WarehouseError> {
    let SliceKey { form: name, school_id, period } = slice;
    let sql = format!(
        "select submission_id, state, file_name, sheet, replaces, received_on, rows, errors, warnings \
         from facts.submission where form = {} and school_id = {} and period = {} \
         order by received_at, submission_id",
        quoted(name),
        quoted(school_id),
        quoted(period)
    );
    let mut attempts: Vec<Attempt> = Vec::new();
    for batch in read(warehouse, &[ledger_table()], &sql).await? {
        let text = |column: usize, row: usize| {
            let texts = batch.column(column).as_string::<i32>();
            texts.is_valid(row).then(|| texts.value(row).to_owned())
        };
        let whole = |column: usize, row: usize| {
            u64::try_from(batch.column(column).as_primitive::<Int64Type>().value(row)).unwrap_or_default()
        };
        for row in 0..batch.num_rows() {
            let (Some(submission_id), Some(state)) = (text(0, row), text(1, row).as_deref().and_then(State::of)) else {
                continue;
            };
            let days = batch.column(5).as_primitive::<Date32Type>().value(row);
            attempts.push(Attempt {
                receipt: Receipt::of(&submission_id).to_string(),
                state: state.code(),
                fate: Fate::Rejected,
                by: None,
                received_on: NaiveDate::default() + chrono::TimeDelta::days(days.into()),
                file_name: text(2, row).unwrap_or_default(),
                sheet: text(3, row),
                rows: whole(6, row),
                errors: whole(7, row),
                warnings: whole(8, row),
                issues: Vec::new(),
                changes: None,
                replaces: text(4, row).filter(|_| state != State::Withdrawn),
                submission_id,
            });
        }
    }
    settle(&mut attempts);
    let mut said = said_of(warehouse, &attempts).await?;
    for attempt in &mut attempts {
        attempt.issues = said.remove(&attempt.submission_id).unwrap_or_default();
        if let (Some(form), Some(replaces)) = (form(name), &attempt.replaces) {
            attempt.changes = Some(changes(warehouse, form, &attempt.submission_id, replaces).await?);
        }
    }
    Ok(attempts)
}

/// Tells what became of each attempt from those that came after it.
fn settle(attempts: &mut [Attempt]) {
    let mut standing: Option<usize> = None;
    for place in 0..attempts.len() {
        let (state, receipt) = (attempts[place].state, attempts[place].receipt.clone());
        if state == State::Rejected.code() {
            continue;
        }
        let withdrawn = state == State::Withdrawn.code();
        if let Some(earlier) = standing.take() {
            attempts[earlier].fate = if withdrawn { Fate::TakenBack } else { Fate::Replaced };
            attempts[earlier].by = Some(receipt);
        }
        if withdrawn {
            attempts[place].fate = Fate::Withdrawal;
        } else {
            attempts[place].fate = Fate::Counts;
            standing = Some(place);
        }
    }
}

/// What was said of attempts, by their ids.
async fn said_of(warehouse: &Warehouse, attempts: &[Attempt]) -> Result<BTreeMap<String, Vec<Said>>, WarehouseError> {
    let mut said: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    if attempts.is_empty() {
        return Ok(said);
    }
    let ids: Vec<String> = attempts.iter().map(|attempt| quoted(&attempt.submission_id)).collect();
    let sql = format!(
        "select submission_id, severity, code, heading, message_zh, message_en, row_no from facts.submission_issue \
         where submission_id in ({}) order by submission_id, severity, row_no nulls first, message_en",
        ids.join(", ")
    );
    for batch in read(warehouse, &[issue_table()], &sql).await? {
        let text = |column: usize, row: usize| {
            let texts = batch.column(column).as_string::<i32>();
            texts.is_valid(row).then(|| texts.value(row).to_owned())
        };
        let given = |column: usize, row: usize| text(column, row).unwrap_or_default();
        let rows = batch.column(6).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            said.entry(given(0, row)).or_default().push(Said {
                severity: given(1, row),
                code: given(2, row),
                row: rows.is_valid(row).then(|| rows.value(row)),
                column: text(3, row),
                message_zh: given(4, row),
                message_en: given(5, row),
            });
        }
    }
    Ok(said)
}

/// An attempt that a receipt leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub submission_id: String,
    /// Its slice.
    pub slice: SliceKey,
    /// How it ended.
    pub state: State,
}

/// Every attempt that has the receipt, in the order of acceptance; more than one only by a rare chance.
pub async fn by_receipt(warehouse: &Warehouse, receipt: &Receipt) -> Result<Vec<Found>, WarehouseError> {
    let sql = "select submission_id, form, school_id, period, state from facts.submission \
               order by received_at, submission_id";
    let mut found = Vec::new();
    for batch in read(warehouse, &[ledger_table()], sql).await? {
        let text = |column: usize, row: usize| batch.column(column).as_string::<i32>().value(row);
        for row in (0..batch.num_rows()).filter(|row| Receipt::of(text(0, *row)) == *receipt) {
            let [form, school_id, period] = [1, 2, 3].map(|column| text(column, row).to_owned());
            if let Some(state) = State::of(text(4, row)) {
                let slice = SliceKey { form, school_id, period };
                found.push(Found { submission_id: text(0, row).to_owned(), slice, state });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(receipt: &str, state: State) -> Attempt {
        Attempt {
            receipt: receipt.to_owned(),
            state: state.code(),
            fate: Fate::Rejected,
            by: None,
            received_on: NaiveDate::default(),
            file_name: String::new(),
            sheet: None,
            rows: 0,
            errors: 0,
            warnings: 0,
            issues: Vec::new(),
            changes: None,
            submission_id: receipt.to_owned(),
            replaces: None,
        }
    }

    #[test]
    fn what_became_of_each_attempt() {
        let mut attempts = [
            attempt("A", State::Rejected),
            attempt("B", State::Accepted),
            attempt("C", State::Zero),
            attempt("D", State::Rejected),
            attempt("E", State::Withdrawn),
            attempt("F", State::Accepted),
        ];
        settle(&mut attempts);
        let told: Vec<_> = attempts.iter().map(|one| (one.fate, one.by.as_deref())).collect();
        assert_eq!(
            told,
            [
                (Fate::Rejected, None),
                (Fate::Replaced, Some("C")),
                (Fate::TakenBack, Some("E")),
                (Fate::Rejected, None),
                (Fate::Withdrawal, None),
                (Fate::Counts, None),
            ]
        );
    }
}
