//! Stored rows as a reader of the file knows them: by form, file and sheet, with the row's number and its cells.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use ingest::form::{Column, Form, Kind, form};
use ingest::receipt::Receipt;
use serde::Serialize;

use crate::error::Result;
use crate::explain::tables::{Tables, list};
use crate::format;
use crate::rows::Value;
use crate::words::Lang;

/// Rows of one file's sheet.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Proof {
    /// The form's code name.
    pub form: String,
    /// The file's name.
    pub file_name: String,
    /// The sheet within a workbook.
    pub sheet: String,
    /// The day of receipt.
    #[schema(value_type = Option<String>, format = Date)]
    pub received_on: Option<NaiveDate>,
    /// The number that a clerk can quote.
    pub receipt: String,
    /// The submission's id.
    pub submission_id: String,
    /// What stands in the cells.
    pub columns: Vec<ColumnTold>,
    /// The rows.
    pub rows: Vec<ProofRow>,
}

/// A column of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ColumnTold {
    /// The code name.
    pub name: String,
    /// What a school sees above it.
    pub heading: String,
    /// The heading in English.
    pub title_en: String,
    /// Whether it holds numbers.
    #[serde(skip)]
    pub is_number: bool,
}

/// One row of a file.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ProofRow {
    /// The number that a spreadsheet shows.
    pub row_no: i64,
    /// What it adds to the number above the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<f64>,
    /// What it adds to the number below the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<f64>,
    /// Its cells; none where the reader may not see the row, or it is not stored.
    pub cells: Option<Vec<String>>,
    /// What stands in these cells, for those who need numbers as numbers.
    #[serde(skip)]
    pub values: Vec<Value>,
}

/// A row that is to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The form's code name.
    pub form: String,
    /// The submission's id.
    pub submission_id: String,
    /// The row.
    pub row_no: i64,
    /// What it adds to the number above the line.
    pub numerator: Option<f64>,
    /// What it adds to the number below the line.
    pub denominator: Option<f64>,
}

/// The rows with their cells, by form and file; within both in the order in which they are wanted.
pub async fn proofs(tables: &Tables<'_>, wanted: &[Wanted], lang: Lang) -> Result<Vec<Proof>> {
    let ledger = ledger(tables, wanted).await?;
    let mut proofs: Vec<Proof> = Vec::new();
    for form in ingest::form::forms() {
        let own: Vec<&Wanted> = wanted.iter().filter(|row| row.form == form.name).collect();
        let schools: Vec<&str> =
            own.iter().filter_map(|row| ledger.get(&row.submission_id)).map(|sent| sent.school_id.as_str()).collect();
        let stored = stored(tables, form, &own, &schools).await?;
        for row in own {
            let is_next = |proof: &Proof| proof.submission_id == row.submission_id && proof.form == form.name;
            if !proofs.last().is_some_and(is_next) {
                proofs.push(head(form, &row.submission_id, ledger.get(&row.submission_id), stored.as_ref()));
            }
            let found = stored
                .as_ref()
                .and_then(|(columns, cells)| Some((columns, cells.get(&(row.submission_id.clone(), row.row_no))?)));
            let cells = found.map(|(columns, found)| {
                columns.iter().zip(found).map(|(column, value)| written(column, value, lang)).collect()
            });
            let last = proofs.last_mut().expect("one was pushed");
            last.rows.push(ProofRow {
                row_no: row.row_no,
                numerator: row.numerator,
                denominator: row.denominator,
                cells,
                values: found.map(|(_, found)| found.clone()).unwrap_or_default(),
            });
        }
    }
    Ok(proofs)
}

/// What the ledger says of a file's sheet.
struct Sent {
    school_id: String,
    file_name: String,
    sheet: String,
    received_on: Option<NaiveDate>,
}

async fn ledger(tables: &Tables<'_>, wanted: &[Wanted]) -> Result<HashMap<String, Sent>> {
    let ids = list(wanted.iter().map(|row| row.submission_id.as_str()));
    let sql = format!(
        "select submission_id, school_id, file_name, sheet, received_on from facts.submission where submission_id in ({ids})"
    );
    let rows = tables.query(&sql, &[]).await?;
    let sent = rows.iter().map(|row| {
        let sent = Sent {
            school_id: row.text("school_id").to_owned(),
            file_name: row.text("file_name").to_owned(),
            sheet: row.text("sheet").to_owned(),
            received_on: row.date("received_on"),
        };
        (row.text("submission_id").to_owned(), sent)
    });
    Ok(sent.collect())
}

fn head(form: &'static Form, submission_id: &str, sent: Option<&Sent>, stored: Option<&Stored>) -> Proof {
    let columns = stored.map(|(columns, _)| columns.as_slice()).unwrap_or_default();
    Proof {
        form: form.name.clone(),
        file_name: sent.map(|sent| sent.file_name.clone()).unwrap_or_default(),
        sheet: sent.map(|sent| sent.sheet.clone()).unwrap_or_default(),
        received_on: sent.and_then(|sent| sent.received_on),
        receipt: Receipt::of(submission_id).to_string(),
        submission_id: submission_id.to_owned(),
        columns: columns.iter().map(|column| told(column)).collect(),
        rows: Vec::new(),
    }
}

fn told(column: &Column) -> ColumnTold {
    ColumnTold {
        name: column.name.clone(),
        heading: column.heading.clone(),
        title_en: column.title_en.clone(),
        is_number: matches!(column.kind, Kind::Money | Kind::Whole { .. } | Kind::Grade | Kind::Scale),
    }
}

/// Columns of a form as they were asked for, and their values by submission and row.
type Stored = (Vec<&'static Column>, BTreeMap<(String, i64), Vec<Value>>);

/// The stored rows that are wanted.
async fn stored(
    tables: &Tables<'_>,
    form: &'static Form,
    wanted: &[&Wanted],
    schools: &[&str],
) -> Result<Option<Stored>> {
    if wanted.is_empty() || schools.is_empty() {
        return Ok(None);
    }
    let known = tables.columns_of(&form.table()).await?;
    if known.is_empty() {
        return Ok(None);
    }
    let columns: Vec<&'static Column> =
        form.columns.iter().filter(|column| column.name != "school_id" && known.contains(&column.name)).collect();
    let mut numbers: Vec<i64> = wanted.iter().map(|row| row.row_no).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let sql = format!(
        "select {} from facts.{} where school_id in ({}) and submission_id in ({}) and row_no in ({})",
        [&["submission_id", "row_no"], names.as_slice()].concat().join(", "),
        form.table(),
        list(schools.iter().copied()),
        list(wanted.iter().map(|row| row.submission_id.as_str())),
        numbers.join(", ")
    );
    let rows = tables.query(&sql, &[]).await?;
    let cells = rows.iter().map(|row| {
        let values = names.iter().map(|name| row.value(name).clone()).collect();
        ((row.text("submission_id").to_owned(), row.count("row_no")), values)
    });
    Ok(Some((columns, cells.collect())))
}

/// A stored value as a reader of the form knows it; a person's hash is shortened.
fn written(column: &Column, value: &Value, lang: Lang) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) if format::is_hash(text) => format::shortened(text),
        Value::Text(text) => match (column.choice(text), lang) {
            (Some(choice), Lang::Zh) => choice.label.clone(),
            (Some(choice), Lang::En) => choice.title_en.clone(),
            (None, _) => text.clone(),
        },
        Value::Whole(number) => number.to_string(),
        Value::Real(number) => format::number(*number),
        Value::Hundredths(fen) => format::yuan(*fen),
        Value::Date(day) => day.to_string(),
        Value::Moment(moment) => moment.to_string(),
        Value::YesNo(yes) => lang.say(if *yes { "yes" } else { "no" }).to_owned(),
    }
}

/// A form's title in a language, its code name where there is no such form.
pub fn form_title(name: &str, lang: Lang) -> &str {
    match (form(name), lang) {
        (Some(Form { heading, .. }), Lang::Zh) => heading,
        (Some(Form { title_en, .. }), Lang::En) => title_en,
        (None, _) => name,
    }
}
