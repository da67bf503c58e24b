//! One form's sheet: its headings, each with a note, and below them formatted columns that take only what can be read.

use std::collections::BTreeMap;

use rust_xlsxwriter::{ExcelDateTime, Format, Note, ProtectionOptions, Worksheet, XlsxError};

use super::{Looks, Prefill, validation};
use crate::form::{Column, Form, Kind, PERIOD_HEADING, SCHOOL_HEADING, SentBy};

/// The last row of a sheet.
const LAST_ROW: u32 = 1_048_575;
/// The last column of a sheet.
const LAST_COLUMN: u16 = 16_383;

/// What stands in a sheet's column: the slice's own two, or one of the form's.
enum Place<'a> {
    Slice(&'static str, &'static str),
    Own(&'a Column),
}

/// Writes the form's sheet. A form that is sent for many schools gets the slice's columns too, unless the school is known.
pub(super) fn write(sheet: &mut Worksheet, form: &Form, prefill: &Prefill, looks: &Looks) -> Result<(), XlsxError> {
    sheet.set_name(&form.heading)?.set_freeze_panes(1, 0)?.set_row_height(0, 24)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    sheet.protect_with_options(&freedoms());
    let mut places: Vec<Place> = form.columns.iter().map(Place::Own).collect();
    if form.sent_by != SentBy::School && !form.is_register() && prefill.school_id.is_none() {
        let slice = [
            Place::Slice(SCHOOL_HEADING, "每行所属学校的标识码，10 位数字。"),
            Place::Slice(PERIOD_HEADING, "可不填，不填时以封面的统计期为准。"),
        ];
        places.splice(0..0, slice);
    }
    let first_own = places.iter().position(|place| matches!(place, Place::Own(_)));
    for (at, place) in (0u16..).zip(&places) {
        match place {
            Place::Slice(heading, note) => {
                head(sheet, at, heading, note, &looks.required)?;
                sheet.set_column_format(at, &looks.text)?;
            }
            Place::Own(column) => {
                let look = if column.required { &looks.required } else { &looks.heading };
                head(sheet, at, &column.heading, &note(column), look)?;
                sheet.set_column_format(at, &format(column, looks))?;
                let takes_zero = form.zero_report && first_own == Some(at.into());
                limit(sheet, at, form, column, prefill, takes_zero)?;
            }
        }
    }
    // A row can only be removed from a protected sheet where every one of its cells is free.
    if let Some(after) = u16::try_from(places.len()).ok().filter(|after| *after <= LAST_COLUMN) {
        sheet.set_column_range_format(after, LAST_COLUMN, &looks.free)?;
    }
    let rows = prefill.known.rows.get(&form.name).map(Vec::as_slice).unwrap_or_default();
    for (row, cells) in (1u32..).zip(rows) {
        fill(sheet, row, &places, cells)?;
    }
    Ok(())
}

/// What a protected sheet leaves free: all but the headings. There is no password.
pub(super) fn freedoms() -> ProtectionOptions {
    ProtectionOptions {
        format_cells: true,
        format_columns: true,
        format_rows: true,
        insert_columns: true,
        insert_rows: true,
        insert_links: true,
        delete_columns: true,
        delete_rows: true,
        sort: true,
        use_autofilter: true,
        ..ProtectionOptions::new()
    }
}

/// Fills a row with what is known beforehand.
fn fill(sheet: &mut Worksheet, row: u32, places: &[Place], cells: &BTreeMap<String, String>) -> Result<(), XlsxError> {
    for (at, place) in (0u16..).zip(places) {
        let Place::Own(column) = place else { continue };
        let Some(text) = cells.get(&column.name) else { continue };
        // Without a format of its own the cell takes its column's.
        let number = text.parse::<f64>().ok();
        match (&column.kind, number) {
            (Kind::Whole { .. } | Kind::Scale | Kind::Grade | Kind::Money, Some(number)) => {
                sheet.write_number(row, at, number)?;
            }
            (Kind::Date, _) => {
                sheet.write_datetime(row, at, ExcelDateTime::parse_from_str(text)?)?;
            }
            _ => {
                sheet.write_string(row, at, text)?;
            }
        }
    }
    Ok(())
}

fn head(sheet: &mut Worksheet, at: u16, heading: &str, note: &str, look: &Format) -> Result<(), XlsxError> {
    sheet.write_string_with_format(0, at, heading, look)?;
    sheet.set_column_width(at, (width(heading) + 4).max(12))?;
    let note = Note::new(note).add_author_prefix(false).set_author("kehou").set_width(260).set_height(120);
    sheet.insert_note(0, at, &note)?;
    Ok(())
}

/// Limits the cells below the heading. The first cell of all stays free where `零报告` may stand in it.
fn limit(
    sheet: &mut Worksheet,
    at: u16,
    form: &Form,
    column: &Column,
    prefill: &Prefill,
    takes_zero: bool,
) -> Result<(), XlsxError> {
    if takes_zero {
        let hint = validation::hint(&column.heading, "本期没有内容要报的，在此单元格填“零报告”。")?;
        sheet.add_data_validation(1, at, 1, at, &hint)?;
    }
    let (first, last) = (if takes_zero { 2 } else { 1 }, if form.single_row { 1 } else { LAST_ROW });
    match validation::of(form, column, prefill.period.as_deref())? {
        Some(rule) if first <= last => sheet.add_data_validation(first, at, last, at, &rule).map(|_| ()),
        _ => Ok(()),
    }
}

fn note(column: &Column) -> String {
    let required = match &column.required_when {
        _ if column.required => "必填。",
        Some(_) => "视情况必填。",
        None => "选填。",
    };
    format!("{required}{}\n示例：{}", column.note_zh, column.example)
}

/// Numbers that are names, and what a spreadsheet would take for something else, are text.
fn format(column: &Column, looks: &Looks) -> Format {
    let format = match column.kind {
        Kind::Date => Format::new().set_num_format("yyyy-mm-dd"),
        Kind::Time => Format::new().set_num_format("hh:mm"),
        Kind::Money => Format::new().set_num_format("0.00"),
        Kind::Whole { .. } | Kind::Scale => Format::new().set_num_format("0"),
        Kind::Text | Kind::SchoolId | Kind::District | Kind::Month | Kind::Weekdays | Kind::Person(_) => {
            looks.text.clone()
        }
        Kind::Choice(_) | Kind::YesNo | Kind::Grade => Format::new(),
    };
    format.set_unlocked()
}

/// The width of a text in columns: a Chinese character takes two.
pub(super) fn width(text: &str) -> u32 {
    text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum()
}
