//! The report of a call: what became of each file and slice, for programs and for people.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use serde::Serialize;

use crate::correction::Changes;
use crate::form::Severity;
use crate::issue::Issue;

/// How many rows of one cause the terminal shows.
const SHOWN: usize = 5;

/// What became of every file of a call.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The files, in the order of their paths.
    pub files: Vec<FileReport>,
}

/// What became of a file.
#[derive(Debug, Serialize)]
pub struct FileReport {
    /// Its path, as it was named or found.
    pub file: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// In one word.
    pub verdict: Verdict,
    /// What is wrong with the file as a whole, or with rows that belong to no slice.
    pub issues: Vec<Issue>,
    /// Its slices.
    pub slices: Vec<SliceReport>,
}

/// What became of a file, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every slice.
    Accepted,
    /// Some slices.
    Partly,
    /// No slice.
    Rejected,
    /// Nothing could be read.
    Unreadable,
}

/// What became of a slice.
#[derive(Debug, Serialize)]
pub struct SliceReport {
    /// The form's code name.
    pub form: String,
    /// The school's ten digits.
    pub school_id: String,
    /// The period.
    pub period: String,
    /// What became of it.
    pub state: SliceOutcome,
    /// Rows of data.
    pub rows: u64,
    /// What was found in it.
    pub issues: Vec<Issue>,
    /// The number of the attempt that a clerk can quote; none where nothing was written to the ledger.
    pub receipt: Option<String>,
    /// What a correction changed against the version before.
    pub changes: Option<Changes>,
}

/// What became of a slice, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SliceOutcome {
    /// Its rows count.
    Accepted,
    /// Nothing to report.
    Zero,
    /// It has an error; what was accepted before stands.
    Rejected,
    /// A later file of the same call replaced it.
    Replaced,
    /// The same bytes were accepted before.
    Unchanged,
}

impl FileReport {
    /// The report of a file, its verdict told from its slices and issues.
    pub fn new(
        file: String,
        sha256: String,
        readable: bool,
        issues: Vec<Issue>,
        slices: Vec<SliceReport>,
    ) -> FileReport {
        let rejected = slices.iter().filter(|slice| slice.state == SliceOutcome::Rejected).count();
        let faulty = rejected > 0 || issues.iter().any(Issue::is_error);
        let verdict = match (readable, faulty, slices.len() > rejected) {
            (false, _, _) => Verdict::Unreadable,
            (true, false, _) => Verdict::Accepted,
            (true, true, true) => Verdict::Partly,
            (true, true, false) => Verdict::Rejected,
        };
        FileReport { file, sha256, verdict, issues, slices }
    }
}

impl Report {
    /// Whether nothing was rejected or unreadable.
    pub fn all_accepted(&self) -> bool {
        self.files.iter().all(|file| file.verdict == Verdict::Accepted)
    }

    /// For people: a line of sums, then what was found by cause, worst first, with the first rows of each.
    pub fn render(&self, english: bool) -> String {
        let mut out = String::new();
        let count = |wanted: SliceOutcome| {
            self.files.iter().flat_map(|file| &file.slices).filter(|slice| slice.state == wanted).count()
        };
        let [accepted, zero, rejected, replaced, unchanged] = [
            SliceOutcome::Accepted,
            SliceOutcome::Zero,
            SliceOutcome::Rejected,
            SliceOutcome::Replaced,
            SliceOutcome::Unchanged,
        ]
        .map(count);
        let unreadable = self.files.iter().filter(|file| file.verdict == Verdict::Unreadable).count();
        let line = if english {
            format!(
                "{} files: {accepted} slices accepted, {zero} reported as nothing, {rejected} rejected, {replaced} replaced by a \
                 later file, {unchanged} unchanged; {unreadable} files unreadable.",
                self.files.len()
            )
        } else {
            format!(
                "共 {} 个文件：接收 {accepted} 个报送单元，零报告 {zero} 个，退回 {rejected} 个，被后一文件替换 {replaced} 个，\
                 未变 {unchanged} 个；无法读取的文件 {unreadable} 个。",
                self.files.len()
            )
        };
        out.push_str(&line);
        out.push('\n');
        for file in self.files.iter().filter(|file| file.verdict != Verdict::Accepted || file.has_issues()) {
            file.render(english, &mut out);
        }
        out
    }
}

impl FileReport {
    fn has_issues(&self) -> bool {
        !self.issues.is_empty() || self.slices.iter().any(|slice| !slice.issues.is_empty())
    }

    fn render(&self, english: bool, out: &mut String) {
        let verdict = match (self.verdict, english) {
            (Verdict::Accepted, true) => "accepted",
            (Verdict::Partly, true) => "partly accepted",
            (Verdict::Rejected, true) => "rejected",
            (Verdict::Unreadable, true) => "unreadable",
            (Verdict::Accepted, false) => "已接收",
            (Verdict::Partly, false) => "部分接收",
            (Verdict::Rejected, false) => "已退回",
            (Verdict::Unreadable, false) => "无法读取",
        };
        writeln!(out, "\n{}  [{verdict}]", self.file).expect("text grows");
        let mut causes: BTreeMap<(Severity, &str, Option<&str>), Vec<&Issue>> = BTreeMap::new();
        // A fault of a table stands in each of its slices, and is said once.
        let mut said = HashSet::new();
        let all = self.issues.iter().chain(self.slices.iter().flat_map(|slice| &slice.issues));
        for issue in all.filter(|issue| said.insert(*issue)) {
            causes.entry((issue.severity, issue.code, issue.column.as_deref())).or_default().push(issue);
        }
        let mut causes: Vec<_> = causes.into_iter().collect();
        causes.sort_by_key(|((severity, _, _), issues)| (*severity, std::cmp::Reverse(issues.len())));
        for ((severity, code, _), issues) in causes {
            let word = match (severity, english) {
                (Severity::Error, true) => "error",
                (Severity::Warning, true) => "warning",
                (Severity::Error, false) => "错误",
                (Severity::Warning, false) => "提醒",
            };
            writeln!(out, "  {word} × {}  ({code})", issues.len()).expect("text grows");
            for issue in issues.iter().take(SHOWN) {
                let mut place = issue.sheet.clone().unwrap_or_default();
                if let Some(row) = issue.row {
                    let row = if english { format!(" row {row}") } else { format!(" 第 {row} 行") };
                    place.push_str(&row);
                }
                if let Some(column) = &issue.column {
                    place.push_str(&format!(" {column}"));
                }
                let place = match &issue.value {
                    Some(value) if place.is_empty() => format!("“{value}”"),
                    Some(value) => format!("{}“{value}”", place.trim_end()),
                    None => place,
                };
                let message = if english { &issue.message_en } else { &issue.message_zh };
                let place = if place.is_empty() { place } else { format!("{}: ", place.trim()) };
                writeln!(out, "    {place}{message}").expect("text grows");
            }
            if issues.len() > SHOWN {
                let more = issues.len() - SHOWN;
                let line = if english {
                    format!("    … and {more} more (--report FILE.json has all)")
                } else {
                    format!("    …… 另有 {more} 处（--report FILE.json 列出全部）")
                };
                writeln!(out, "{line}").expect("text grows");
            }
        }
    }
}
