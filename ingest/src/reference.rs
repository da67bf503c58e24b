//! The reference folder of a city: districts, calendar, fee standards, policy numbers and weights, and where the city gives it the text
//! of the clauses, read into typed tables.
//!
//! A folder with a fault is not loaded; every fault in it is named at once, with its place and how to mend it.

pub mod calendar;
mod check;
pub mod policy;
pub mod settings;
mod table;
#[cfg(test)]
mod tests;

use std::fmt::{self, Display, Formatter};
use std::io::ErrorKind;
use std::path::Path;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;

use table::{OPTIONAL, SPECS, Table};

/// A city's reference tables, each under its name, in the order of [`names`].
#[derive(Debug, Clone)]
pub struct Reference {
    /// Name and rows of each table.
    pub tables: Vec<(&'static str, RecordBatch)>,
}

/// A fault of the reference folder, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceError {
    /// The file's name in the folder.
    pub file: String,
    /// The line, counted as an editor does.
    pub line: Option<u64>,
    /// The column's heading.
    pub column: Option<String>,
    /// What is wrong and how to mend it.
    pub message_zh: String,
    /// The same in English.
    pub message_en: String,
}

impl Display for ReferenceError {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(out, ", line {line}")?;
        }
        if let Some(column) = &self.column {
            write!(out, ", column {column}")?;
        }
        write!(out, ": {}", self.message_en)
    }
}

impl std::error::Error for ReferenceError {}

/// The names of the tables; each is read from `<name>.csv`.
pub fn names() -> impl Iterator<Item = &'static str> {
    SPECS.iter().map(|spec| spec.name)
}

/// The schema of a reference table.
pub fn schema(name: &str) -> Option<SchemaRef> {
    SPECS.iter().find(|spec| spec.name == name).map(|spec| spec.schema())
}

/// Reads a reference folder, or names all that is wrong with it.
pub fn read_reference(dir: &Path) -> Result<Reference, Vec<ReferenceError>> {
    let mut faults = Vec::new();
    let mut files = Vec::new();
    for name in names() {
        let file = format!("{name}.csv");
        match std::fs::read(dir.join(&file)) {
            Ok(bytes) => files.push((name, bytes)),
            Err(fault) if fault.kind() == ErrorKind::NotFound && OPTIONAL.contains(&name) => {}
            Err(fault) if fault.kind() == ErrorKind::NotFound => faults.push(ReferenceError::of_file(
                name,
                format!("缺少文件；请把 {file} 放入目录 {}", dir.display()),
                format!("the file is missing; put it into {}", dir.display()),
            )),
            Err(fault) => faults.push(ReferenceError::of_file(
                name,
                format!("无法读取：{fault}"),
                format!("it can't be read: {fault}"),
            )),
        }
    }
    parse(&files, faults)
}

/// The tables of the files' bytes; `faults` are those found before.
fn parse(files: &[(&'static str, Vec<u8>)], mut faults: Vec<ReferenceError>) -> Result<Reference, Vec<ReferenceError>> {
    let mut tables = Vec::new();
    for spec in SPECS {
        if let Some((_, bytes)) = files.iter().find(|(name, _)| *name == spec.name) {
            tables.extend(Table::read(spec, bytes, &mut faults));
        }
    }
    check::all(&tables, &mut faults);
    if !faults.is_empty() {
        let place = |file: &str| names().position(|name| file.strip_suffix(".csv") == Some(name));
        faults.sort_by_key(|fault| (place(&fault.file), fault.line));
        return Err(faults);
    }
    Ok(Reference { tables: tables.iter().map(|table| (table.spec.name, table.batch())).collect() })
}

impl Reference {
    /// The rows of a table.
    pub fn table(&self, name: &str) -> Option<&RecordBatch> {
        self.tables.iter().find(|(known, _)| *known == name).map(|(_, batch)| batch)
    }
}

impl ReferenceError {
    fn of_file(table: &str, message_zh: String, message_en: String) -> ReferenceError {
        ReferenceError { file: format!("{table}.csv"), line: None, column: None, message_zh, message_en }
    }

    fn of_row(table: &str, line: u64, message_zh: String, message_en: String) -> ReferenceError {
        ReferenceError { line: Some(line), ..ReferenceError::of_file(table, message_zh, message_en) }
    }

    fn of_cell(table: &str, line: u64, column: &str, message_zh: String, message_en: String) -> ReferenceError {
        ReferenceError {
            column: Some(column.to_owned()),
            ..ReferenceError::of_row(table, line, message_zh, message_en)
        }
    }
}
