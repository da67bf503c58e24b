//! Tables as files: CSV, workbooks and Parquet, written row by row in bounded memory. Whoever has a stream of Arrow batches can
//! write it here; nothing in this module knows a page or a scope.

pub mod about;
pub mod book;
pub mod cell;
pub mod delimited;
pub mod dictionary;
pub mod file;
pub mod folder;
pub mod grid;
pub mod heading;
pub mod reworded;
pub mod sink;
pub mod stream;

use std::path::PathBuf;

use datafusion::execution::SendableRecordBatchStream;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// UTF-8 with the mark by which Excel knows it.
    Csv,
    /// A workbook.
    Xlsx,
    /// For programs.
    Parquet,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 3] = [Format::Csv, Format::Xlsx, Format::Parquet];

    /// The ending of a file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::Parquet => "parquet",
        }
    }

    /// The form that an ending tells.
    pub fn of(ending: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.ending().eq_ignore_ascii_case(ending))
    }
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The code name, by which Parquet has it.
    pub name: String,
    /// What stands above it in CSV and workbooks.
    pub heading: String,
}

/// Rows that become a file.
pub struct Table {
    /// Its columns, as many as the stream's.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: SendableRecordBatchStream,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The rows can't be read.
    #[error("the rows can't be read: {0}")]
    Rows(#[from] datafusion::error::DataFusionError),
    /// A value has a type that a file can't hold.
    #[error("a value can't be written: {0}")]
    Value(#[from] datafusion::arrow::error::ArrowError),
    /// The workbook can't be written.
    #[error("the workbook can't be written: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The Parquet file can't be written.
    #[error("the Parquet file can't be written: {0}")]
    Parquet(#[from] datafusion::parquet::errors::ParquetError),
    /// The CSV file can't be written.
    #[error("the CSV file can't be written: {0}")]
    Csv(#[from] csv::Error),
    /// Bytes can't be written where nobody named a file.
    #[error("the file can't be written: {0}")]
    Output(#[from] std::io::Error),
    /// A file can't be written or named.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A form of file that there is not.
    #[error("“{path}”的扩展名应为 .csv、.xlsx 或 .parquet / the name of '{path}' must end in .csv, .xlsx or .parquet")]
    Ending {
        /// The name.
        path: PathBuf,
    },
    /// There is no such table.
    #[error("该期数据没有表“{given}”；相近的有：{near} / the release has no table '{given}'; nearest: {near}")]
    Table {
        /// What was given.
        given: String,
        /// What there is.
        near: String,
    },
    /// The folder is there.
    #[error(
        "“{path}”已存在，请换一个名称或先删除 / '{path}' is there already: choose another name, or remove it first"
    )]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// Somebody else writes it.
    #[error("另一个导出正在写“{path}” / another export is writing '{path}'")]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// Too many columns for a workbook.
    #[error(
        "工作表最多 {most} 列，该表有 {columns} 列，请用 CSV 或 Parquet / a worksheet holds {most} columns and the table has {columns}: use CSV or Parquet"
    )]
    Wide {
        /// How many there are.
        columns: usize,
        /// How many may be.
        most: usize,
    },
    /// A model can't be planned.
    #[error(transparent)]
    Transform(#[from] transform::error::TransformError),
    /// The warehouse can't be read.
    #[error(transparent)]
    Warehouse(#[from] warehouse::error::WarehouseError),
}

/// The result of an export.
pub type Result<T, E = ExportError> = std::result::Result<T, E>;

#[cfg(test)]
mod tests;
