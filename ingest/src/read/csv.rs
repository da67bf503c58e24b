//! CSV in the encodings and with the separators that spreadsheets write.

use std::borrow::Cow;
use std::io::Cursor;
use std::sync::Arc;

use polars::prelude::{CsvReadOptions, DataType, Field, PlSmallStr, Schema, SerReader};

use super::frame::{Frame, MOST_COLUMNS};
use super::table::{Found, find};
use super::text::decode;
use super::{Document, nothing};
use crate::form::Form;
use crate::issue::Issue;

/// How many records tell the separator.
const FIRST_RECORDS: usize = 20;

/// Reads a CSV file that is small enough to be held as a whole.
pub fn read(bytes: &[u8], form: Option<&'static Form>) -> Result<Document, Issue> {
    let text = decode(bytes).ok_or_else(unreadable)?;
    let text = if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { text };
    let frame = frame(&text, Shape::of(&text)?, 1)?;
    Ok(match find(&frame, form, None, None) {
        Found::Table(table) => Document { tables: vec![*table], issues: Vec::new(), readable: true },
        Found::Unknown(issue) => Document { tables: Vec::new(), issues: vec![issue], readable: true },
        Found::Empty => Document { tables: Vec::new(), issues: vec![nothing()], readable: true },
    })
}

/// That the bytes are no text.
pub(super) fn unreadable() -> Issue {
    Issue::error(
        "encoding",
        "文件编码无法识别。请另存为 UTF-8 或 GB18030（ANSI）编码的 CSV，或直接报送工作簿。",
        "the encoding is neither UTF-8, UTF-16 nor GB18030; save the file as CSV UTF-8, or send the workbook",
    )
}

/// How a file's records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    separator: u8,
    width: usize,
}

impl Shape {
    /// The separator, and the width of the widest record of this text.
    pub(super) fn of(text: &str) -> Result<Shape, Issue> {
        let separator = separator(text);
        Ok(Shape { separator, width: width(text, separator)? })
    }
}

/// All records, headings and titles among them, as polars reads them: text alone. The first record is that of row `first`.
/// A last column without a heading takes what stands beyond the width, so that nothing is cut unseen.
pub(super) fn frame(text: &str, shape: Shape, first: u32) -> Result<Frame, Issue> {
    let name = |at: usize| PlSmallStr::from_string(format!("c{at}"));
    let schema: Schema = (0..=shape.width).map(|at| Field::new(name(at), DataType::String)).collect();
    let read = CsvReadOptions::default()
        .with_has_header(false)
        .with_infer_schema_length(Some(0))
        .with_schema(Some(Arc::new(schema)))
        .with_raise_if_empty(false)
        .with_rechunk(true)
        .map_parse_options(|options| {
            options.with_separator(shape.separator).with_truncate_ragged_lines(true).with_missing_is_null(true)
        })
        .into_reader_with_file_handle(Cursor::new(text.as_bytes()))
        .finish();
    let read = read.map_err(|error| broken(&error.to_string()))?;
    let columns = read.columns().iter().map(|column| column.str().expect("the schema says text").clone()).collect();
    // Blank lines are records too, so that a record's place is the row that a spreadsheet shows.
    let count = u32::try_from(read.height()).ok().and_then(|height| first.checked_add(height));
    let rows = (first..count.ok_or_else(|| broken("too many rows"))?).collect();
    Ok(Frame { columns, rows, faults: Vec::new() })
}

/// That the records can't be told apart.
pub(super) fn broken(why: &str) -> Issue {
    Issue::error(
        "broken-csv",
        format!("CSV 无法读取（{why}）。请检查引号是否成对，或直接报送工作簿。"),
        format!("the CSV can't be read ({why}); check that quotation marks come in pairs, or send the workbook"),
    )
}

/// Of the separators the one that the first records hold most.
fn separator(text: &str) -> u8 {
    const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
    let (mut counts, mut widest) = ([0usize; 3], [0usize; 3]);
    let (mut records, mut quoted) = (0, false);
    for byte in text.bytes().chain([b'\n']) {
        if byte == b'"' {
            quoted = !quoted;
        } else if byte == b'\n' && !quoted {
            widest = std::array::from_fn(|which| widest[which].max(counts[which]));
            counts = [0; 3];
            records += 1;
        } else if !quoted && let Some(which) = SEPARATORS.iter().position(|one| *one == byte) {
            counts[which] += 1;
        }
        if records == FIRST_RECORDS {
            break;
        }
    }
    let which = (0..3).rev().max_by_key(|which| widest[*which]).expect("there are three");
    SEPARATORS[which]
}

/// The number of columns of the widest record: a record with more cells than there are headings is never cut.
fn width(text: &str, separator: u8) -> Result<usize, Issue> {
    let (mut count, mut widest, mut record, mut quoted) = (0, 0, 1, false);
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                count = 0;
                record += 1;
            }
            _ if byte == separator && !quoted => count += 1,
            _ => {}
        }
        widest = widest.max(count);
        if widest >= MOST_COLUMNS {
            let issue = Issue::error(
                "too-many-columns",
                format!("这一行的列数超过 {MOST_COLUMNS}。请检查引号是否成对，或删去多余的列。"),
                format!("the row has more than {MOST_COLUMNS} columns; check that quotation marks come in pairs"),
            );
            return Err(issue.in_row(record));
        }
    }
    Ok(widest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<(u32, Vec<Option<String>>)> {
        let frame = frame(text, Shape::of(text).expect("narrow"), 1).expect("readable");
        (0..frame.rows.len())
            .map(|row| {
                let cells = frame.row(row).take(frame.columns.len() - 1);
                (frame.rows[row], cells.map(|cell| cell.map(str::to_owned)).collect())
            })
            .collect()
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_does() {
        let read = cells("标题\n\na,b\n\"1\n2\",3\n\n,\n4,5\n");
        let numbers: Vec<u32> = read.iter().map(|(row, _)| *row).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(read[3].1, [Some("1\n2".to_owned()), Some("3".to_owned())]);
        assert_eq!(read[0].1, [Some("标题".to_owned()), None]);
        assert_eq!(read[6].1, [Some("4".to_owned()), Some("5".to_owned())]);
    }

    #[test]
    fn separators_are_told_from_the_first_records() {
        for text in ["a;b;c\n1;2,5;3\n", "a\tb\tc\n1\t2,5\t3\n"] {
            assert_eq!(cells(text)[1].1[1].as_deref(), Some("2,5"));
        }
        assert_eq!(cells("a,b\n\"x;y;z\",2")[1].1[0].as_deref(), Some("x;y;z"));
    }
}
