//! CSV: UTF-8 with the mark by which Excel knows it, a line of headings, and rows. Nothing else stands in it, so that every reader
//! of CSV reads it as it is.

use std::borrow::Cow;
use std::io::Write;

use datafusion::arrow::array::RecordBatch;

use crate::export::cell::{Cell, Cells};
use crate::export::{Column, Result};

/// The mark by which spreadsheets know UTF-8.
pub const MARK: &[u8] = b"\xef\xbb\xbf";

/// Text that a spreadsheet would take for a formula begins with one of these. It takes the wide forms too.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A CSV file that is being written.
pub struct Delimited<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> Delimited<W> {
    /// Begins with the mark and the headings.
    pub fn new(columns: &[Column], mut out: W) -> Result<Delimited<W>> {
        out.write_all(MARK)?;
        let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        out.write_record(columns.iter().map(|column| plain(&column.heading).into_owned()))?;
        Ok(Delimited { out })
    }

    /// Adds rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = batch.columns().iter().map(Cells::of).collect::<Result<Vec<_>>>()?;
        for row in 0..batch.num_rows() {
            for column in &columns {
                match column.at(row) {
                    Cell::Text(text) => self.out.write_field(plain(text).as_bytes())?,
                    // A number is no text: its minus is none that begins a formula.
                    cell => self.out.write_field(cell.written().as_bytes())?,
                }
            }
            self.out.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    /// Hands over what was written so far.
    pub fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }

    /// Ends the file.
    pub fn finish(self) -> Result<W> {
        self.out.into_inner().map_err(|error| error.into_error().into())
    }
}

/// Text that no spreadsheet takes for a formula.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}
