//! A file's bytes become tables of text: which form each is, where its heading row is, which rows are data.
//!
//! Reading never fails: what can't be read is an issue, and everything else is read all the same.

pub mod archive;
pub mod blocks;
mod cell;
mod csv;
mod frame;
mod heading;
mod json;
mod ole;
pub(crate) mod parts;
pub mod sniff;
mod table;
pub(crate) mod text;
mod xls;
mod xlsx;

use polars::prelude::StringChunked;

use crate::form::Form;
use crate::issue::Issue;

pub use sniff::{Kind, sniff};

/// What a file holds.
#[derive(Debug)]
pub struct Document {
    /// Its tables, in their order.
    pub tables: Vec<TextTable>,
    /// What is wrong with the file as a whole, and notes.
    pub issues: Vec<Issue>,
    /// Whether the file could be read at all.
    pub readable: bool,
}

/// A sheet, a CSV file or a JSON document, every cell as text.
#[derive(Debug)]
pub struct TextTable {
    /// The form that it is.
    pub form: &'static Form,
    /// The sheet's name in a workbook.
    pub sheet: Option<String>,
    /// The workbook's cover.
    pub cover: Option<Cover>,
    /// The known columns; `school_id` and `period` where the rows carry them.
    pub columns: Vec<TextColumn>,
    /// The number of each data row, as a spreadsheet shows it.
    pub rows: Vec<u32>,
    /// Rows that say that there is nothing to report.
    pub zeros: Vec<ZeroRow>,
    /// Rows of sums, to be compared and not counted.
    pub totals: Vec<TotalRow>,
    /// Faults of single cells, by the number of their row.
    pub faults: Vec<(u32, Issue)>,
    /// Faults that reject every slice of the table, and warnings.
    pub issues: Vec<Issue>,
}

impl TextTable {
    /// Whether it has neither rows nor zero reports.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.zeros.is_empty()
    }
}

/// One column of text.
#[derive(Debug)]
pub struct TextColumn {
    /// The code name.
    pub name: String,
    /// The heading as the form's file writes it.
    pub heading: String,
    /// A text or nothing a row.
    pub texts: StringChunked,
}

/// What a workbook's cover says for all its sheets.
#[derive(Debug, Clone, Default)]
pub struct Cover {
    /// The sheet's name.
    pub sheet: String,
    /// 学校标识码 and its row.
    pub school_id: Option<(String, u32)>,
    /// 统计期 and its row.
    pub period: Option<(String, u32)>,
}

/// A row that says 零报告.
#[derive(Debug, Clone)]
pub struct ZeroRow {
    /// Its number.
    pub row: u32,
    /// Its own school.
    pub school_id: Option<String>,
    /// Its own period.
    pub period: Option<String>,
    /// The heading of a value that stands in the same row, which then says two things.
    pub beside: Option<String>,
}

/// A row of sums: 合计, 总计, 小计.
#[derive(Debug, Clone)]
pub struct TotalRow {
    /// Its number.
    pub row: u32,
    /// How many data rows stand above it.
    pub above: usize,
    /// The column's place in `columns` and the text given there.
    pub cells: Vec<(usize, String)>,
}

/// That there is nothing in a file.
pub fn nothing() -> Issue {
    Issue::error("empty-file", "文件里没有内容。", "there is nothing in the file")
}

/// That a file holds headings alone.
pub fn no_rows() -> Issue {
    Issue::error(
        "no-rows",
        "只有表头，没有数据。如本期没有情况，请在第一个数据单元格填“零报告”。",
        "there are headings alone and no data; where there is nothing to report, write 零报告 into the first data cell",
    )
}

/// Reads a file. `form` is the form of tables that don't say it themselves.
pub fn read(file_name: &str, bytes: &[u8], form: Option<&'static Form>) -> Document {
    document(match sniff(file_name, bytes) {
        Kind::Workbook => xlsx::read(bytes, form),
        Kind::OldWorkbook => xls::read(bytes, form),
        Kind::Csv => csv::read(bytes, form),
        Kind::Json => json::read(bytes, form),
        Kind::JsonLines => json::read_lines(bytes, form),
        // Archives are unpacked before their files are read; one that comes here was packed in another, or is broken.
        Kind::Archive => Err(archive::unpack(bytes).err().unwrap_or_else(|| {
            Issue::error(
                "nested-archive",
                "压缩包在这里不能解压，请直接报送其中的文件。",
                "an archive is not unpacked here; send its files themselves",
            )
        })),
        other => Err(other.refusal()),
    })
}

/// Reads a workbook whose parts were unpacked before.
pub(crate) fn read_workbook(bytes: &[u8], parts: &parts::Parts, form: Option<&'static Form>) -> Document {
    document(xlsx::read_unpacked(bytes, parts, form))
}

fn document(read: Result<Document, Issue>) -> Document {
    read.unwrap_or_else(|issue| Document { tables: Vec::new(), issues: vec![issue], readable: false })
}
