//! A workbook that is written row by row: what a sheet has been given lies in a temporary file, not in memory.

use std::collections::HashMap;
use std::io::Write;

use datafusion::arrow::array::RecordBatch;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet};

use crate::export::cell::{Cell, Cells};
use crate::export::{Column, ExportError, Result};

/// Rows of a sheet, headings included; what is more goes on in the next sheet.
pub const ROWS: u32 = 1_048_576;
/// Columns of a sheet.
const COLUMNS: usize = 16_384;
/// Letters of a cell, in UTF-16.
const LETTERS: usize = 32_767;
/// Digits that a number of a workbook keeps.
const DIGITS: u128 = 1_000_000_000_000_000;
/// What a day of 1970-01-01 is for a workbook, which counts from 1900.
const EPOCH: f64 = 25_569.0;
/// Days before this one are counted otherwise by programs that take 1900 for a leap year.
const FIRST: f64 = 61.0;

/// A workbook that is being written.
pub struct Book {
    workbook: Workbook,
    formats: Formats,
    rows: u32,
    /// Cells that were longer than a workbook's may be.
    pub cut: u64,
    names: HashMap<String, u32>,
}

/// A sheet of rows, that goes on in further sheets where it must.
pub struct Sheet {
    name: String,
    columns: Vec<Column>,
    at: usize,
    row: u32,
    sheets: u32,
    /// How many rows it has.
    pub rows: u64,
}

struct Formats {
    head: Format,
    label: Format,
    wrapped: Format,
    date: Format,
    moment: Format,
    /// By how many places numbers have.
    exact: HashMap<u8, Format>,
}

impl Formats {
    fn new() -> Formats {
        Formats {
            head: Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top).set_background_color("#E8EEF3"),
            label: Format::new().set_bold().set_align(FormatAlign::Top),
            wrapped: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            exact: HashMap::new(),
        }
    }
}

impl Default for Book {
    fn default() -> Book {
        Book::with_rows(ROWS)
    }
}

impl Book {
    /// A workbook whose sheets end after so many rows.
    pub fn with_rows(rows: u32) -> Book {
        Book { workbook: Workbook::new(), formats: Formats::new(), rows, cut: 0, names: HashMap::new() }
    }

    /// Begins a sheet of rows.
    pub fn sheet(&mut self, name: &str, columns: &[Column]) -> Result<Sheet> {
        if columns.len() > COLUMNS {
            return Err(ExportError::Wide { columns: columns.len(), most: COLUMNS });
        }
        let mut sheet = Sheet { name: self.name(name), columns: columns.to_vec(), at: 0, row: 0, sheets: 0, rows: 0 };
        self.begin(&mut sheet)?;
        Ok(sheet)
    }

    /// Adds rows to a sheet.
    pub fn write(&mut self, sheet: &mut Sheet, batch: &RecordBatch) -> Result<()> {
        let columns = batch.columns().iter().map(Cells::of).collect::<Result<Vec<_>>>()?;
        for row in 0..batch.num_rows() {
            self.row(sheet, columns.iter().map(|column| column.at(row)))?;
        }
        Ok(())
    }

    /// Adds one row to a sheet.
    pub fn row<'a>(&mut self, sheet: &mut Sheet, cells: impl Iterator<Item = Cell<'a>>) -> Result<()> {
        if sheet.row >= self.rows {
            self.begin(sheet)?;
        }
        let Book { workbook, formats, cut, .. } = self;
        let worksheet = workbook.worksheet_from_index(sheet.at)?;
        for (column, cell) in (0u16..).zip(cells) {
            put(worksheet, (sheet.row, column), cell, formats, cut)?;
        }
        sheet.row += 1;
        sheet.rows += 1;
        Ok(())
    }

    /// A sheet of labels with what each says.
    pub fn facts(&mut self, name: &str, lines: &[(String, String)]) -> Result<()> {
        let name = self.name(name);
        let Book { workbook, formats, cut, .. } = self;
        let worksheet = workbook.add_worksheet_with_constant_memory()?;
        worksheet.set_name(name)?;
        worksheet.set_column_width(0, 18)?;
        worksheet.set_column_width(1, 90)?;
        for (row, (label, text)) in (0u32..).zip(lines) {
            worksheet.write_string_with_format(row, 0, label, &formats.label)?;
            worksheet.write_string_with_format(row, 1, fitted(text, cut), &formats.wrapped)?;
        }
        Ok(())
    }

    /// Ends the workbook.
    pub fn finish<W: Write + Send>(mut self, mut out: W) -> Result<W> {
        self.workbook.save_to_writer(&mut out)?;
        out.flush()?;
        Ok(out)
    }

    fn begin(&mut self, sheet: &mut Sheet) -> Result<()> {
        sheet.sheets += 1;
        let name = match sheet.sheets {
            1 => sheet.name.clone(),
            number => {
                let end = format!(" {number}");
                self.name(&format!("{}{end}", sheet.name.chars().take(31 - end.len()).collect::<String>()))
            }
        };
        let worksheet = self.workbook.add_worksheet_with_constant_memory()?;
        worksheet.set_name(name)?;
        worksheet.set_freeze_panes(1, 0)?;
        for (at, column) in (0u16..).zip(&sheet.columns) {
            // A Chinese letter is two cells wide; dates need eleven.
            let wide: u32 = column.heading.chars().map(|letter| if letter > '\u{2e7f}' { 2 } else { 1 }).sum();
            worksheet.set_column_width(at, (wide + 2).clamp(12, 40))?;
            worksheet.write_string_with_format(0, at, &column.heading, &self.formats.head)?;
        }
        sheet.at = self.workbook.worksheets().len() - 1;
        sheet.row = 1;
        Ok(())
    }

    /// A name that a sheet may have and none has yet.
    fn name(&mut self, wanted: &str) -> String {
        let plain: String =
            wanted.chars().map(|letter| if "[]:*?/\\'".contains(letter) { ' ' } else { letter }).take(31).collect();
        let plain = if plain.trim().is_empty() { "Sheet".to_owned() } else { plain.trim().to_owned() };
        let times = self.names.entry(plain.to_lowercase()).or_default();
        *times += 1;
        match *times {
            1 => plain,
            number => {
                let end = format!("~{number}");
                format!("{}{end}", plain.chars().take(31 - end.len()).collect::<String>())
            }
        }
    }
}

fn put(
    worksheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: Cell<'_>,
    formats: &mut Formats,
    cut: &mut u64,
) -> Result<()> {
    match cell {
        Cell::Empty => {}
        // A text is a text whatever it begins with: no reader takes it for a formula, and ids stay as they are.
        Cell::Text(text) => {
            worksheet.write_string(row, column, fitted(text, cut))?;
        }
        Cell::Whole(number) if u128::from(number.unsigned_abs()) < DIGITS => {
            worksheet.write_number(row, column, number as f64)?;
        }
        Cell::Real(number) if number.is_finite() => {
            worksheet.write_number(row, column, number)?;
        }
        Cell::Exact(digits, places) if digits.unsigned_abs() < DIGITS => {
            let format = formats.exact.entry(places).or_insert_with(|| {
                let zeros = "0".repeat(usize::from(places));
                Format::new().set_num_format(if places == 0 { "0".to_owned() } else { format!("#,##0.{zeros}") })
            });
            worksheet.write_number_with_format(row, column, digits as f64 / 10f64.powi(i32::from(places)), format)?;
        }
        Cell::Date(days) if f64::from(days) + EPOCH >= FIRST => {
            worksheet.write_number_with_format(row, column, f64::from(days) + EPOCH, &formats.date)?;
        }
        Cell::Moment(micros) if micros as f64 / 86_400e6 + EPOCH >= FIRST => {
            worksheet.write_number_with_format(row, column, micros as f64 / 86_400e6 + EPOCH, &formats.moment)?;
        }
        Cell::YesNo(yes) => {
            worksheet.write_boolean(row, column, yes)?;
        }
        // What a workbook's number can't hold is written out.
        Cell::Whole(_) | Cell::Real(_) | Cell::Exact(..) | Cell::Date(_) | Cell::Moment(_) => {
            worksheet.write_string(row, column, cell.written())?;
        }
    }
    Ok(())
}

/// Text that fits into a cell; one that does not ends with three dots and is counted.
fn fitted(text: &str, cut: &mut u64) -> String {
    if text.len() <= LETTERS || text.encode_utf16().count() <= LETTERS {
        return text.to_owned();
    }
    *cut += 1;
    let mut left = LETTERS - 1;
    let kept = text.chars().take_while(|letter| match left.checked_sub(letter.len_utf16()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    });
    kept.chain(['…']).collect()
}
