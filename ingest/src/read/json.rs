//! JSON rows: `{"form": "charge", "rows": [{"school_id": …, "period": …, …}]}`.

use polars::prelude::{NewChunkedArray, PlSmallStr, StringChunked};
use serde_json::{Map, Value};

use super::{Document, TextColumn, TextTable, ZeroRow};
use crate::form::{Form, by_heading};
use crate::issue::Issue;
use crate::value::cell;

/// Reads a JSON document.
pub fn read(bytes: &[u8], given: Option<&'static Form>) -> Result<Document, Issue> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let broken = |why: String| {
        Issue::error(
            "broken-json",
            format!("JSON 无法读取：{why}。应为 {{\"form\": …, \"rows\": [{{…}}]}}。"),
            format!("the JSON can't be read: {why}; {{\"form\": …, \"rows\": [{{…}}]}} is expected"),
        )
    };
    let document: Value = serde_json::from_slice(bytes).map_err(|error| broken(error.to_string()))?;
    let rows = document.get("rows").and_then(Value::as_array).ok_or_else(|| broken("rows".to_owned()))?;
    let rows: Vec<&Map<String, Value>> = rows
        .iter()
        .map(|row| row.as_object().ok_or_else(|| broken("rows: {…}".to_owned())))
        .collect::<Result<_, _>>()?;
    let named = document.get("form").and_then(Value::as_str);
    let form = given.or_else(|| named.and_then(by_heading)).ok_or_else(|| {
        Issue::error(
            "unknown-form",
            format!("没有名为“{}”的报表。", named.unwrap_or_default()),
            format!("there is no form '{}'; `kehou catalog forms` lists them", named.unwrap_or_default()),
        )
    })?;
    let mut table = TextTable {
        form,
        sheet: None,
        cover: None,
        columns: Vec::new(),
        rows: Vec::new(),
        zeros: Vec::new(),
        totals: Vec::new(),
        faults: Vec::new(),
        issues: Vec::new(),
    };
    unknown_keys(form, &rows, &mut table.issues);
    let mut data = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let number = u32::try_from(at + 1).expect("a document has fewer rows");
        if row.get("zero").and_then(Value::as_bool) == Some(true) {
            let own = |name: &str| row.get(name).and_then(text).as_deref().and_then(cell);
            table.zeros.push(ZeroRow { row: number, school_id: own("school_id"), period: own("period") });
        } else {
            table.rows.push(number);
            data.push(*row);
        }
    }
    let slice = form.slice_columns().into_iter().map(|(name, heading)| (name.to_owned(), heading.to_owned()));
    let own = form.columns.iter().filter(|column| column.name != "school_id");
    for (name, heading) in slice.chain(own.map(|column| (column.name.clone(), column.heading.clone()))) {
        let cells = data.iter().map(|row| row.get(&name).and_then(text));
        let texts = StringChunked::from_iter_options(PlSmallStr::EMPTY, cells);
        table.columns.push(TextColumn { name, heading, texts });
    }
    if rows.is_empty() {
        table.issues.push(Issue::error(
            "no-rows",
            "没有数据行。如本期没有情况，请报 \"zero\": true。",
            "there are no rows; where there is nothing to report, send \"zero\": true",
        ));
    }
    Ok(Document { tables: vec![table], issues: Vec::new(), readable: true })
}

fn unknown_keys(form: &Form, rows: &[&Map<String, Value>], issues: &mut Vec<Issue>) {
    let mut named = std::collections::BTreeSet::new();
    for (at, row) in rows.iter().enumerate() {
        for key in row.keys() {
            let known = form.column(key).is_some() || ["school_id", "period", "zero"].contains(&key.as_str());
            if !known && named.insert(key.clone()) {
                let issue = Issue::warning(
                    "unknown-column",
                    format!("“{}”没有“{key}”这一项，未读取。", form.heading),
                    format!("{} has no column {key}; it was not read", form.name),
                );
                issues.push(issue.at(at as u32 + 1, key));
            }
        }
    }
}

/// A value as text; null is nothing.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(true) => Some("是".to_owned()),
        Value::Bool(false) => Some("否".to_owned()),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
