//! Files of many schools: CSV and JSON rows.

use ingest::form::{Column, ZERO_REPORT, form};
use serde_json::{Value, json};

use super::rows::{Cell, sheet};
use super::{Kept, yuan};

/// The line of headings.
pub fn headings(name: &str) -> String {
    let form = form(name).expect("a form");
    form.bulk_headings().join(",") + "\n"
}

/// A school's lines.
pub fn csv(name: &str, period: &str, kept: Kept<'_>) -> String {
    let sheet = sheet(name, period, kept);
    let columns: Vec<(usize, &Column)> =
        sheet.form.columns.iter().enumerate().filter(|(_, column)| column.name != "school_id").collect();
    let mut text = String::new();
    for row in &sheet.rows {
        let own = columns.iter().map(|(place, column)| quoted(written(&row[*place], column)));
        let cells: Vec<String> = [kept.0.id.clone(), period.to_owned()].into_iter().chain(own).collect();
        text += &cells.join(",");
        text += "\n";
    }
    if sheet.rows.is_empty() {
        text += &format!("{},{period},{ZERO_REPORT}{}\n", kept.0.id, ",".repeat(columns.len() - 1));
    }
    text
}

/// A file's JSON.
pub fn json(name: &str, period: &str, schools: &[Kept<'_>]) -> String {
    let mut rows = Vec::new();
    for kept in schools {
        let sheet = sheet(name, period, *kept);
        for row in &sheet.rows {
            let mut object = serde_json::Map::new();
            object.insert("school_id".to_owned(), json!(kept.0.id));
            object.insert("period".to_owned(), json!(period));
            for (column, cell) in sheet.form.columns.iter().zip(row) {
                object.insert(column.name.clone(), value(cell));
            }
            rows.push(Value::Object(object));
        }
    }
    format!("{:#}\n", json!({ "form": name, "rows": rows }))
}

/// A value as a person would write it.
pub fn written(cell: &Cell, column: &Column) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Code(code) => column.choice(code).expect("a code of the form").label.clone(),
        Cell::Whole(number) => number.to_string(),
        Cell::Money(fen) => yuan(*fen),
        Cell::Day(day) => day.to_string(),
        Cell::Yes(yes) => (if *yes { "是" } else { "否" }).to_owned(),
    }
}

fn quoted(text: String) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) => json!(text),
        Cell::Code(code) => json!(code),
        Cell::Whole(number) => json!(number),
        Cell::Money(fen) => json!(yuan(*fen)),
        Cell::Day(day) => json!(day.to_string()),
        Cell::Yes(yes) => json!(yes),
    }
}
