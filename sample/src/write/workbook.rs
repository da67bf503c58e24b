//! A school's workbook: the cover and a sheet a form.

use ingest::form::{COVER, PERIOD_HEADING, SCHOOL_HEADING, ZERO_REPORT};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::bulk::written;
use super::rows::{Cell, Sheet};
use crate::city::School;

/// The file's bytes: the same for the same sheets.
pub fn bytes(school: &School, period: &str, sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_ymd(2019, 9, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let cover = workbook.add_worksheet().set_name(COVER)?;
    let filled = [
        (SCHOOL_HEADING, school.id.as_str()),
        (PERIOD_HEADING, period),
        ("填报人", "示例（虚构）"),
        ("联系电话", "000-0000000"),
    ];
    for (row, (label, value)) in (0..).zip(filled) {
        cover.write_string(row, 0, label)?.write_string(row, 1, value)?;
    }
    for sheet in sheets {
        fill(workbook.add_worksheet().set_name(&sheet.form.heading)?, sheet)?;
    }
    workbook.save_to_buffer()
}

fn fill(page: &mut Worksheet, sheet: &Sheet) -> Result<(), XlsxError> {
    let (days, money) = (Format::new().set_num_format("yyyy-mm-dd"), Format::new().set_num_format("0.00"));
    for (at, column) in (0..).zip(&sheet.form.columns) {
        page.write_string(0, at, &column.heading)?;
    }
    if sheet.rows.is_empty() {
        page.write_string(1, 0, ZERO_REPORT)?;
    }
    for (line, row) in (1..).zip(&sheet.rows) {
        for ((at, column), cell) in (0..).zip(&sheet.form.columns).zip(row) {
            match cell {
                Cell::Empty => {}
                Cell::Whole(number) => {
                    page.write_number(line, at, *number as f64)?;
                }
                // Two places of a number below 2^53 fen come back as they went.
                Cell::Money(fen) => {
                    page.write_number_with_format(line, at, *fen as f64 / 100.0, &money)?;
                }
                Cell::Day(day) => {
                    page.write_datetime_with_format(line, at, ExcelDateTime::parse_from_str(&day.to_string())?, &days)?;
                }
                Cell::Text(_) | Cell::Code(_) | Cell::Yes(_) => {
                    page.write_string(line, at, written(cell, column))?;
                }
            }
        }
    }
    Ok(())
}
