//! What is found in a file: a value, never an `Err`.

use serde::Serialize;

use crate::form::Severity;

/// One fault or doubt, at its place, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// Whether the slice is rejected for it.
    pub severity: Severity,
    /// What kind it is, for programs.
    pub code: &'static str,
    /// The sheet; none but in workbooks.
    pub sheet: Option<String>,
    /// The row as a spreadsheet shows it; in JSON the place in `rows`, from 1.
    pub row: Option<u32>,
    /// The heading of the column.
    pub column: Option<String>,
    /// What stands there. It goes back to the sender and is never stored.
    pub value: Option<String>,
    /// What was found, what was expected, how to mend it.
    pub message_zh: String,
    /// The same in English.
    pub message_en: String,
}

impl Issue {
    /// An error of a whole file or sheet.
    pub fn error(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Issue {
        Issue {
            severity: Severity::Error,
            code,
            sheet: None,
            row: None,
            column: None,
            value: None,
            message_zh: zh.into(),
            message_en: en.into(),
        }
    }

    /// A doubt of a whole file or sheet.
    pub fn warning(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Issue {
        Issue { severity: Severity::Warning, ..Issue::error(code, zh, en) }
    }

    /// In this sheet.
    pub fn in_sheet(self, sheet: Option<&str>) -> Issue {
        Issue { sheet: sheet.map(str::to_owned), ..self }
    }

    /// At this row and heading.
    pub fn at(self, row: u32, column: &str) -> Issue {
        Issue { row: Some(row), column: Some(column.to_owned()), ..self }
    }

    /// In this row.
    pub fn in_row(self, row: u32) -> Issue {
        Issue { row: Some(row), ..self }
    }

    /// With what stands there.
    pub fn with_value(self, value: &str) -> Issue {
        Issue { value: Some(value.to_owned()), ..self }
    }

    /// Whether it rejects.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
