//! The slices of a school that something rests on: in which state each is, in which file it came, and which rows of it count.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use ingest::form::forms;
use ingest::receipt::Receipt;
use serde::Serialize;

use crate::error::Result;
use crate::explain::Explainer;
use crate::explain::needs::of_school;
use crate::explain::tables::list;
use crate::rows::Row;

/// One slice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SliceTold {
    /// The form's code name.
    pub form: String,
    /// The period.
    pub period: String,
    /// `reported`, `zero`, `rejected`, `missing` or `not_due`; empty for one that is no slice of the list.
    pub state: String,
    /// Its last day.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<NaiveDate>,
    /// Whether it came, or is missing, after that day.
    pub is_late: bool,
    /// The number that a clerk can quote, of the attempt that counts or was sent back.
    pub receipt: Option<String>,
    /// That attempt's id.
    pub submission_id: Option<String>,
    /// Its file.
    pub file_name: String,
    /// The sheet within a workbook.
    pub sheet: String,
    /// The day of receipt.
    #[schema(value_type = Option<String>, format = Date)]
    pub received_on: Option<NaiveDate>,
    /// Which accepted version of the slice it is, from 1.
    pub version: usize,
    /// The receipt of the version that it replaced.
    pub replaces: Option<String>,
    /// How often the slice was sent, those that were sent back too.
    pub attempts: usize,
    /// Rows of data in it.
    pub rows: i64,
    /// What of it counts; none where its rows were not asked for.
    pub counted: Option<Counted>,
}

/// The rows of a slice that count.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Counted {
    /// How many; 1 where the slice itself is counted.
    pub rows: i64,
    /// The first one's number.
    pub first_row: Option<i64>,
    /// The last one's number.
    pub last_row: Option<i64>,
    /// What they add to the number above the line.
    pub numerator: Option<f64>,
    /// What they add to the number below the line.
    pub denominator: Option<f64>,
}

/// A line of the ledger.
struct Line {
    submission_id: String,
    form: String,
    period: String,
    state: String,
    file_name: String,
    sheet: String,
    received_on: Option<NaiveDate>,
    replaces: String,
    rows: i64,
}

impl Explainer<'_> {
    /// The slices of a school that a condition on `marts.slice` names, and those that `counted` counts rows of, by (form, period,
    /// id). A period that is not known is told by the id.
    pub(crate) async fn slices(
        &self,
        school: &str,
        condition: &str,
        counted: &[((String, String, String), Counted)],
    ) -> Result<Vec<SliceTold>> {
        let mut found: BTreeMap<(usize, String), SliceTold> = BTreeMap::new();
        if self.tables.has("marts", "slice") {
            let sql = format!(
                "select form, period, state, due_on, is_late, submission_id from marts.slice where {} and {condition}",
                of_school(school)
            );
            for row in self.tables.query(&sql, &[]).await?.iter() {
                let slice = read(row);
                found.insert((place(&slice.form), slice.period.clone()), slice);
            }
        }
        let ids = list(counted.iter().map(|((_, _, id), _)| id.as_str()));
        let forms =
            list(found.values().map(|slice| slice.form.as_str()).chain(counted.iter().map(|one| one.0.0.as_str())));
        let lines = self.lines(school, &forms, &ids).await?;
        for ((form, period, id), counted) in counted {
            let line = lines.iter().find(|line| line.submission_id == *id);
            let period = if period.is_empty() {
                line.map(|line| line.period.clone()).unwrap_or_default()
            } else {
                period.clone()
            };
            let slice = found.entry((place(form), period.clone())).or_insert_with(|| SliceTold {
                form: form.clone(),
                period,
                state: line.map(|line| stands(&line.state).to_owned()).unwrap_or_default(),
                submission_id: (!id.is_empty()).then(|| id.clone()),
                ..SliceTold::default()
            });
            slice.counted = Some(counted.clone());
        }
        let mut slices: Vec<SliceTold> = found.into_values().collect();
        for slice in &mut slices {
            fill(slice, &lines);
        }
        Ok(slices)
    }

    async fn lines(&self, school: &str, forms: &str, ids: &str) -> Result<Vec<Line>> {
        let sql = format!(
            "select submission_id, form, period, state, file_name, sheet, received_on, replaces, rows from facts.submission
             where {} and (form in ({forms}) or submission_id in ({ids})) order by received_at, submission_id",
            of_school(school)
        );
        let rows = self.tables.query(&sql, &[]).await?;
        let line = |row: Row<'_>| Line {
            submission_id: row.text("submission_id").to_owned(),
            form: row.text("form").to_owned(),
            period: row.text("period").to_owned(),
            state: row.text("state").to_owned(),
            file_name: row.text("file_name").to_owned(),
            sheet: row.text("sheet").to_owned(),
            received_on: row.date("received_on"),
            replaces: row.text("replaces").to_owned(),
            rows: row.count("rows"),
        };
        Ok(rows.iter().map(line).collect())
    }
}

/// A slice as the mart has it.
pub(crate) fn read(row: Row<'_>) -> SliceTold {
    let id = row.text("submission_id");
    SliceTold {
        form: row.text("form").to_owned(),
        period: row.text("period").to_owned(),
        state: row.text("state").to_owned(),
        due_on: row.date("due_on"),
        is_late: row.yes("is_late"),
        receipt: (!id.is_empty()).then(|| Receipt::of(id).to_string()),
        submission_id: (!id.is_empty()).then(|| id.to_owned()),
        ..SliceTold::default()
    }
}

/// What the ledger says of the attempt that stands for a slice.
fn fill(slice: &mut SliceTold, lines: &[Line]) {
    let own = || lines.iter().filter(|line| line.form == slice.form && line.period == slice.period);
    let Some(id) = &slice.submission_id else { return };
    let Some(line) = lines.iter().find(|line| line.submission_id == *id) else { return };
    let accepted = |line: &&Line| matches!(line.state.as_str(), "accepted" | "zero");
    let version = own().filter(accepted).position(|one| one.submission_id == *id).map_or(0, |before| before + 1);
    let attempts = own().filter(|line| line.state != "withdrawn").count();
    slice.receipt = Some(Receipt::of(id).to_string());
    slice.replaces = (!line.replaces.is_empty()).then(|| Receipt::of(&line.replaces).to_string());
    (slice.file_name, slice.sheet) = (line.file_name.clone(), line.sheet.clone());
    (slice.received_on, slice.rows) = (line.received_on, line.rows);
    (slice.version, slice.attempts) = (version, attempts);
}

fn stands(state: &str) -> &str {
    if state == "accepted" { "reported" } else { state }
}

fn place(form: &str) -> usize {
    forms().iter().position(|one| one.name == form).unwrap_or(forms().len())
}
