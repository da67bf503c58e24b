//! A sheet as it stands: cells of text by place, each row with its number.

use polars::prelude::{NewChunkedArray, PlSmallStr, StringChunked};

use crate::issue::Issue;

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
    /// A frame of rows of cells, each with its number.
    pub fn of_rows(rows: Vec<(u32, Vec<Option<String>>)>) -> Frame {
        let width = rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or_default();
        let column = |at: usize| {
            let cells = rows.iter().map(|(_, cells)| cells.get(at).and_then(Option::as_deref));
            StringChunked::from_iter_options(PlSmallStr::EMPTY, cells)
        };
        let columns = (0..width).map(column).collect();
        Frame { columns, rows: rows.into_iter().map(|(row, _)| row).collect(), faults: Vec::new() }
    }

    /// A cell, trimmed; nothing where it is blank.
    pub fn cell(&self, row: usize, column: usize) -> Option<&str> {
        self.columns[column].get(row).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The cells of a row.
    pub fn row(&self, row: usize) -> impl Iterator<Item = Option<&str>> {
        (0..self.columns.len()).map(move |column| self.cell(row, column))
    }
}
