//! A sheet as it stands: cells of text by place, each row with its number.

use polars::prelude::{PlSmallStr, StringChunked, StringChunkedBuilder};

use crate::issue::Issue;

/// Columns that are looked at.
pub const MOST_COLUMNS: usize = 512;
/// Cells, blanks among them, that a table may have: what keeps memory bounded whatever a file holds.
const MOST_CELLS: usize = 12_000_000;

/// Rows of cells, by column.
#[derive(Debug)]
pub struct Frame {
    /// The columns, all of one length.
    pub columns: Vec<StringChunked>,
    /// The number of each row, as a spreadsheet shows it.
    pub rows: Vec<u32>,
    /// Cells whose value can't be known: the row's number, the column, what is wrong. They read as blank.
    pub faults: Vec<(u32, usize, Issue)>,
}

impl Frame {
    /// A cell, trimmed; nothing where it is blank.
    pub fn cell(&self, row: usize, column: usize) -> Option<&str> {
        self.columns[column].get(row).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The cells of a row.
    pub fn row(&self, row: usize) -> impl Iterator<Item = Option<&str>> {
        (0..self.columns.len()).map(move |column| self.cell(row, column))
    }
}

/// Gathers rows of cells into columns.
#[derive(Default)]
pub struct FrameBuilder {
    columns: Vec<StringChunkedBuilder>,
    rows: Vec<u32>,
    /// Cells whose value can't be known.
    pub faults: Vec<(u32, usize, Issue)>,
}

/// A table that is larger than [`FrameBuilder`] takes.
pub struct TooLarge;

impl FrameBuilder {
    /// Adds a row with its number.
    pub fn push(&mut self, row: u32, cells: &[Option<String>]) -> Result<(), TooLarge> {
        let width = self.columns.len().max(cells.len());
        if width * (self.rows.len() + 1) > MOST_CELLS {
            return Err(TooLarge);
        }
        while self.columns.len() < width {
            let mut column = StringChunkedBuilder::new(PlSmallStr::EMPTY, 0);
            (0..self.rows.len()).for_each(|_| column.append_null());
            self.columns.push(column);
        }
        for (at, column) in self.columns.iter_mut().enumerate() {
            column.append_option(cells.get(at).and_then(Option::as_deref));
        }
        self.rows.push(row);
        Ok(())
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The frame.
    pub fn finish(self) -> Frame {
        let columns = self.columns.into_iter().map(StringChunkedBuilder::finish).collect();
        Frame { columns, rows: self.rows, faults: self.faults }
    }
}

/// What a table is refused with that is too large.
pub fn too_large() -> Issue {
    Issue::error(
        "too-large",
        "表格过大，无法整表读取。请按学校或月份拆分，或改报 CSV。",
        "the table is too large to be read whole; split it by school or month, or send CSV",
    )
}
