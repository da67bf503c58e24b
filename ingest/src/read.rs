//! A file's bytes become tables of text: which form each is, where its heading row is, which rows are data.
//!
//! Reading never fails: what can't be read is an issue, and everything else is read all the same.

pub mod blocks;
pub(crate) mod csv;
mod frame;
mod json;
mod table;
mod xlsx;

use polars::prelude::StringChunked;

use crate::form::Form;
use crate::issue::Issue;

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
    let kind = file_name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    let result = match kind.as_str() {
        _ if bytes.is_empty() => Err(Issue::error("empty-file", "文件是空的。", "the file is empty")),
        "xlsx" | "xlsm" => xlsx::read(bytes, form),
        "json" => json::read(bytes, form),
        "csv" | "txt" | "tsv" => csv::read(bytes, form),
        _ if bytes.starts_with(b"PK\x03\x04") => xlsx::read(bytes, form),
        _ => Err(Issue::error(
            "unknown-kind",
            "不认识的文件类型。请报送 xlsx 工作簿、CSV 或 JSON。",
            "this kind of file is not known; send an xlsx workbook, CSV or JSON",
        )),
    };
    match result {
        Ok(document) => document,
        Err(issue) => Document { tables: Vec::new(), issues: vec![issue], readable: false },
    }
}
