//! A school's own file returned: its formatting kept, bad cells filled and commented, what is wrong said beside each row,
//! and a summary in front. Bytes in, bytes out; what comes out goes once to the sender and is kept nowhere.
//!
//! A workbook is edited as the zip of parts that it is: what is not touched is copied as it stands, and sheets stream by,
//! so that a large workbook takes no more than its bytes and its marks.

mod book;
mod comments;
mod csv;
mod marks;
mod package;
mod places;
mod sheet;
mod styles;
mod summary;
#[cfg(test)]
mod tests;
mod workbook;
mod xml;

use crate::form::{Form, form};
use crate::report::{FileReport, Report, Verdict};

use marks::Marks;

/// A file to be sent back.
#[derive(Debug)]
pub struct Returned {
    /// Its name: that of the file that came in, with `_退回`.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A file that can't be marked where it is wrong; its summary alone goes back.
#[derive(Debug)]
struct Unmarkable;

/// The file with everything marked that its report found, or, where it can't be marked, a workbook with the summary alone.
/// None for JSON: programs read the report itself.
pub fn returned(file_name: &str, bytes: &[u8], report: &FileReport) -> Option<Returned> {
    let base = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let (stem, extension) = base.rsplit_once('.').unwrap_or((base, ""));
    let kind = extension.to_ascii_lowercase();
    let named = |extension: &str, bytes| Some(Returned { name: format!("{stem}_退回.{extension}"), bytes });
    let readable = report.verdict != Verdict::Unreadable;
    let marked = match kind.as_str() {
        "json" | "ndjson" => return None,
        _ if !readable => Err(Unmarkable),
        "csv" | "tsv" | "txt" => csv::mark(bytes, &Marks::of(report), &forms(report)),
        "xls" => workbook::of_xls(bytes).and_then(|bytes| workbook::mark(&bytes, report)),
        _ => workbook::mark(bytes, report),
    };
    match (marked, kind.as_str()) {
        (Ok(bytes), "csv" | "tsv" | "txt") => named(extension, bytes),
        // A workbook with macros is one only under its own name.
        (Ok(bytes), "xlsm") => named("xlsm", bytes),
        (Ok(bytes), _) => named("xlsx", bytes),
        (Err(Unmarkable), _) => named("xlsx", summary(&[report])),
    }
}

/// A workbook with the summaries of all files of a report in which something was found.
pub fn summary_of(report: &Report) -> Vec<u8> {
    let found = |file: &&FileReport| file.verdict != Verdict::Accepted || file.has_issues();
    let mut files: Vec<&FileReport> = report.files.iter().filter(found).collect();
    if files.is_empty() {
        files = report.files.iter().collect();
    }
    summary(&files)
}

fn summary(files: &[&FileReport]) -> Vec<u8> {
    let summary = summary::Summary::of(files, &|_| None, &[]);
    workbook::alone(&summary).unwrap_or_else(|Unmarkable| unreachable!("a workbook of our own can be opened"))
}

/// The forms that a file holds.
fn forms(report: &FileReport) -> Vec<&'static Form> {
    let mut found: Vec<&'static Form> = Vec::new();
    for form in report.slices.iter().filter_map(|slice| form(&slice.form)) {
        if !found.iter().any(|known| std::ptr::eq(*known, form)) {
            found.push(form);
        }
    }
    found
}
