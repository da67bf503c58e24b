//! A CSV file returned: the same records with two columns added, in UTF-8 with the mark that spreadsheets want.

use std::collections::BTreeMap;

use super::Unmarkable;
use super::marks::Marks;
use super::places::{in_rows, key};
use crate::form::{ERRORS_HEADING, ERRORS_PLACE_HEADING, Form};
use crate::read::text::decode;

/// Records that tell the separator and the headings.
const NEAR: usize = 40;

/// Marks a CSV file.
pub fn mark(bytes: &[u8], marks: &Marks, forms: &[&'static Form]) -> Result<Vec<u8>, Unmarkable> {
    let text = decode(bytes).ok_or(Unmarkable)?;
    let separator = separator(&text);
    let near: Vec<(u32, BTreeMap<u32, String>)> = (1u32..)
        .zip(records(&text).take(NEAR))
        .map(|(row, record)| {
            let cells = (0u32..).zip(fields(record, separator).into_iter().map(plain));
            (row, cells.filter(|(_, cell)| !cell.trim().is_empty()).collect())
        })
        .filter(|(_, cells): &(u32, BTreeMap<u32, String>)| !cells.is_empty())
        .collect();
    let places = in_rows(&near, None, forms, &marks.columns(None));
    let header = near.iter().find(|(row, _)| Some(*row) == places.header).map(|(_, cells)| cells);
    let earlier: Vec<usize> = header
        .into_iter()
        .flatten()
        .filter(|(_, heading)| [ERRORS_HEADING, ERRORS_PLACE_HEADING].contains(&key(heading).as_str()))
        .map(|(column, _)| *column as usize)
        .collect();
    let kept = |record| -> Vec<&str> {
        let fields = fields(record, separator).into_iter().enumerate();
        fields.filter(|(at, _)| !earlier.contains(at)).map(|(_, field)| field).collect()
    };
    // All records get the width of the widest of the first ones, so that the added columns stand below each other.
    let width = records(&text).take(NEAR).map(|record| kept(record).len()).max().unwrap_or_default();
    let rows = marks.rows(None);
    let joined = char::from(separator).to_string();
    let mut out = String::with_capacity(text.len() + text.len() / 4 + 64);
    out.push('\u{feff}');
    for (row, record) in (1u32..).zip(records(&text)) {
        let fields = kept(record);
        let found = rows.and_then(|rows| rows.get(&row)).map(Vec::as_slice).unwrap_or_default();
        let added = if Some(row) == places.header || (places.header.is_none() && row == 1) {
            Some([ERRORS_PLACE_HEADING.to_owned(), ERRORS_HEADING.to_owned()])
        } else if found.is_empty() {
            None
        } else {
            let mut columns: Vec<&str> = Vec::new();
            for column in found.iter().filter_map(|mark| marks.column(mark)) {
                if !columns.contains(&column) {
                    columns.push(column);
                }
            }
            Some([columns.join("、"), marks.told(found, " ")])
        };
        if let Some(added) = added {
            out.push_str(&fields.join(&joined));
            for _ in fields.len()..width {
                out.push_str(&joined);
            }
            for cell in added {
                out.push_str(&joined);
                out.push_str(&quoted(&super::marks::guarded(&cell), separator));
            }
        } else {
            out.push_str(&fields.join(&joined));
        }
        out.push_str("\r\n");
    }
    Ok(out.into_bytes())
}

/// The separator that the first records hold most.
fn separator(text: &str) -> u8 {
    let most = |one: &u8| records(text).take(NEAR).map(|record| fields(record, *one).len()).max().unwrap_or_default();
    [b'\t', b';', b','].into_iter().max_by_key(most).unwrap_or(b',')
}

/// The records as they are written, blank ones among them: their places are the rows that a spreadsheet shows.
fn records(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let mut quoted = false;
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'"' => quoted = !quoted,
                b'\r' | b'\n' if !quoted => {
                    let next = at + if bytes[at..].starts_with(b"\r\n") { 2 } else { 1 };
                    rest = text.get(next..).filter(|text| !text.is_empty());
                    return Some(&text[..at]);
                }
                _ => {}
            }
        }
        rest = None;
        Some(text)
    })
}

/// The fields of a record as they are written.
fn fields(record: &str, separator: u8) -> Vec<&str> {
    let (mut fields, mut from, mut quoted) = (Vec::new(), 0, false);
    for (at, byte) in record.bytes().enumerate() {
        if byte == b'"' {
            quoted = !quoted;
        } else if byte == separator && !quoted {
            fields.push(&record[from..at]);
            from = at + 1;
        }
    }
    fields.push(&record[from..]);
    fields
}

/// A field's text.
fn plain(field: &str) -> String {
    let field = field.trim();
    match field.strip_prefix('"').and_then(|field| field.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => field.to_owned(),
    }
}

/// A text as a field.
fn quoted(text: &str, separator: u8) -> String {
    let special = |letter: char| letter == '"' || letter == '\n' || letter == '\r' || letter == char::from(separator);
    if text.contains(special) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
