//! A file's report laid out by place: for each sheet and row what is wrong where.

use std::collections::{BTreeMap, HashMap};

use crate::form::Severity;
use crate::issue::Issue;
use crate::report::FileReport;
use crate::report::cause::Cause;

/// What is wrong, by sheet (none in a CSV) and row.
#[derive(Debug, Default)]
pub struct Marks {
    sheets: BTreeMap<Option<String>, BTreeMap<u32, Vec<Mark>>>,
    words: Words,
}

/// One thing that is wrong in a row. A hundred thousand of them share a few texts.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    /// Whether it rejects.
    pub severity: Severity,
    /// The heading; none where it is the whole row's.
    column: Option<u32>,
    message: u32,
}

/// Texts, each kept once.
#[derive(Debug, Default)]
struct Words {
    texts: Vec<String>,
    known: HashMap<String, u32>,
}

impl Words {
    fn keep(&mut self, text: &str) -> u32 {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let place = u32::try_from(self.texts.len()).expect("there are fewer issues");
        self.texts.push(text.to_owned());
        self.known.insert(text.to_owned(), place);
        place
    }
}

impl Marks {
    /// The marks of a file.
    pub fn of(report: &FileReport) -> Marks {
        let mut marks = Marks::default();
        for cause in report.causes() {
            for issue in &cause.listed {
                marks.add(issue, issue.row.as_slice(), &issue.message_zh);
            }
            let said = said(&cause);
            for issue in &cause.more {
                let rows = issue.more.as_ref().map(|more| more.rows.as_slice()).unwrap_or_default();
                marks.add(issue, rows, &said);
            }
        }
        for mark in marks.sheets.values_mut().flat_map(|rows| rows.values_mut()) {
            mark.sort_by_key(|mark| mark.severity);
        }
        marks
    }

    fn add(&mut self, issue: &Issue, rows: &[u32], message: &str) {
        if rows.is_empty() {
            return;
        }
        let column = issue.column.as_deref().map(|column| self.words.keep(column));
        let message = self.words.keep(message);
        let sheet = self.sheets.entry(issue.sheet.clone()).or_default();
        for row in rows {
            let marks = sheet.entry(*row).or_default();
            // A key of two columns that is given twice is one thing to say.
            if !marks.iter().any(|known| known.column == column && known.message == message) {
                marks.push(Mark { severity: issue.severity, column, message });
            }
        }
    }

    /// The rows of a sheet.
    pub fn rows(&self, sheet: Option<&str>) -> Option<&BTreeMap<u32, Vec<Mark>>> {
        self.sheets.get(&sheet.map(str::to_owned))
    }

    /// The sheets with marks.
    pub fn sheets(&self) -> impl Iterator<Item = Option<&str>> {
        self.sheets.keys().map(Option::as_deref)
    }

    /// The headings that a sheet's marks name.
    pub fn columns(&self, sheet: Option<&str>) -> Vec<&str> {
        let marks = self.rows(sheet).into_iter().flat_map(|rows| rows.values()).flatten();
        let mut columns: Vec<u32> = marks.filter_map(|mark| mark.column).collect();
        columns.sort_unstable();
        columns.dedup();
        columns.into_iter().map(|column| self.words.texts[column as usize].as_str()).collect()
    }

    /// The heading of a mark.
    pub fn column(&self, mark: &Mark) -> Option<&str> {
        mark.column.map(|column| self.words.texts[column as usize].as_str())
    }

    /// What a mark says.
    pub fn message(&self, mark: &Mark) -> &str {
        &self.words.texts[mark.message as usize]
    }

    /// All that is said of a row, numbered where there is more than one thing to say.
    pub fn told(&self, marks: &[Mark], between: &str) -> String {
        let said = |mark: &Mark| {
            let message = self.message(mark);
            let message = match self.column(mark) {
                Some(column) if !message.contains(column) => format!("{column}：{message}"),
                _ => message.to_owned(),
            };
            if mark.severity == Severity::Warning { format!("（提醒）{message}") } else { message }
        };
        match marks {
            [one] => said(one),
            several => {
                let lines = several.iter().enumerate().map(|(at, mark)| format!("{}. {}", at + 1, said(mark)));
                lines.collect::<Vec<_>>().join(between)
            }
        }
    }
}

/// What is said of those of a cause that are not listed one by one.
fn said(cause: &Cause<'_>) -> String {
    match cause.column {
        Some(column) => format!("“{column}”{}：{}。", cause.title_zh, cause.mend_zh),
        None => format!("{}：{}。", cause.title_zh, cause.mend_zh),
    }
}

/// Text that a spreadsheet would take for a formula, kept from being one.
pub fn guarded(text: &str) -> String {
    let text = text.trim();
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
