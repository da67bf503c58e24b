//! What is found in a file: a value, never an `Err`.

use std::collections::HashMap;
use std::fmt::Write;

use serde::{Serialize, Serializer};

use crate::form::Severity;

/// One fault or doubt, at its place, in both languages.
///
/// The messages say what is expected and how to mend it, but never repeat a cell: they are stored, and a column that slipped
/// would put persons' numbers into them. What stands in the cell is in `value`, which goes back to the sender alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
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
    /// What was expected, how to mend it.
    pub message_zh: String,
    /// The same in English.
    pub message_en: String,
    /// What this line stands for, where it counts further issues of a cause instead of being one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<More>,
}

/// Further issues of one cause, which are not listed one by one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct More {
    /// The code of the cause.
    pub of: &'static str,
    /// How many.
    pub count: usize,
    /// The rows that they stand in, ascending; in JSON as ranges like `1002-2000,2004`.
    #[serde(serialize_with = "as_ranges")]
    pub rows: Vec<u32>,
}

fn as_ranges<S: Serializer>(rows: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = String::new();
    for run in rows.chunk_by(|row, next| row.checked_add(1) == Some(*next)) {
        let (first, last) = (run[0], run[run.len() - 1]);
        let comma = if text.is_empty() { "" } else { "," };
        let written =
            if first == last { write!(text, "{comma}{first}") } else { write!(text, "{comma}{first}-{last}") };
        written.expect("text grows");
    }
    serializer.serialize_str(&text)
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
            more: None,
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

/// How many issues of one cause are listed one by one; of further ones the rows are kept.
pub const LISTED: usize = 1000;

/// How many rows of further issues are kept: a sheet has no more. Beyond them there is the count alone.
const ROWS_KEPT: usize = 1 << 20;

/// Issues, of which only so many of a cause are listed that a report stays readable and memory bounded.
#[derive(Debug, Default)]
pub struct Issues {
    listed: Vec<Issue>,
    causes: HashMap<Key, Cause>,
}

/// What is one cause: the code, the sheet, the heading.
type Key = (&'static str, Option<String>, Option<String>);

#[derive(Debug)]
struct Cause {
    severity: Severity,
    count: usize,
    rows: Vec<u32>,
}

impl Issues {
    /// Adds one.
    pub fn push(&mut self, issue: Issue) {
        let cause = self
            .causes
            .entry((issue.code, issue.sheet.clone(), issue.column.clone()))
            .or_insert_with(|| Cause { severity: issue.severity, count: 0, rows: Vec::new() });
        cause.count += 1;
        if cause.count <= LISTED {
            self.listed.push(issue);
        } else if cause.rows.len() < ROWS_KEPT {
            cause.rows.extend(issue.row);
        }
    }

    /// Adds all of another collection, those that are only counted there too.
    pub fn absorb(&mut self, other: Issues) {
        for issue in other.listed {
            self.push(issue);
        }
        for (key, cause) in other.causes.into_iter().filter(|(_, cause)| cause.count > LISTED) {
            // As many as may be were listed above, so the cause is known here.
            if let Some(known) = self.causes.get_mut(&key) {
                known.count += cause.count - LISTED;
                let room = ROWS_KEPT.saturating_sub(known.rows.len());
                known.rows.extend(cause.rows.into_iter().take(room));
            }
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }

    /// Whether one of them rejects.
    pub fn rejects(&self) -> bool {
        self.listed.iter().any(Issue::is_error)
    }

    /// How many there are of a severity, listed or not.
    pub fn count(&self, severity: Severity) -> u64 {
        self.causes.values().filter(|cause| cause.severity == severity).map(|cause| cause.count as u64).sum()
    }

    /// Those that are listed, in the order of their rows, and a line for each cause of which there are more.
    pub fn into_vec(mut self) -> Vec<Issue> {
        self.listed.sort_by_key(|issue| issue.row);
        let mut more: Vec<_> = self.causes.into_iter().filter(|(_, cause)| cause.count > LISTED).collect();
        more.sort_by(|(one, _), (other, _)| one.cmp(other));
        for ((of, sheet, column), Cause { severity, count, mut rows }) in more {
            let left = count - LISTED;
            let zh = format!("还有 {left} 处同样的问题，未逐一列出；更正后请重新报送。");
            let en = format!("{left} more of the same are not listed; send the file again when they are mended");
            rows.sort_unstable();
            let more = Some(More { of, count: left, rows });
            self.listed.push(Issue { severity, sheet, column, more, ..Issue::error("more-of-the-same", zh, en) });
        }
        self.listed
    }
}

impl Extend<Issue> for Issues {
    fn extend<I: IntoIterator<Item = Issue>>(&mut self, issues: I) {
        for issue in issues {
            self.push(issue);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_listed_a_thousand_times_and_then_counted() {
        let mut issues = Issues::default();
        issues.push(Issue::warning("no-school-day", "", "").at(3, "日期"));
        issues.extend((1..=2500).map(|row| Issue::error("value", "", "").at(row, "金额")));
        assert_eq!((issues.count(Severity::Error), issues.count(Severity::Warning)), (2500, 1));
        let listed = issues.into_vec();
        assert_eq!(listed.len(), 1002);
        let last = listed.last().expect("there is a last one");
        assert_eq!((last.code, last.column.as_deref()), ("more-of-the-same", Some("金额")));
        assert!(last.message_en.starts_with("1500 more"));
        let json = serde_json::to_value(last).expect("it is JSON");
        assert_eq!(json["more"], serde_json::json!({ "of": "value", "count": 1500, "rows": "1001-2500" }));
        assert!(serde_json::to_value(&listed[0]).expect("it is JSON").get("more").is_none());
    }

    #[test]
    fn parts_that_are_put_together_are_as_if_they_had_been_one() {
        let of = |rows: std::ops::RangeInclusive<u32>| {
            let mut issues = Issues::default();
            issues.extend(rows.map(|row| Issue::error("value", "", "").at(row, "金额")));
            issues
        };
        let mut parts = of(1..=700);
        parts.absorb(of(701..=3000));
        parts.absorb(of(3001..=3001));
        assert_eq!(parts.count(Severity::Error), 3001);
        assert_eq!(parts.into_vec(), of(1..=3001).into_vec());
    }
}
