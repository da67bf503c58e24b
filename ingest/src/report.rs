//! The report of a call: what became of each file and slice, for programs and for people.

pub mod cause;
mod terminal;
#[cfg(test)]
mod tests;
pub mod words;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::correction::Changes;
use crate::issue::Issue;
use crate::report::cause::Cause;

/// A language of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

/// What became of every file of a call.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The files, in the order of their paths.
    pub files: Vec<FileReport>,
}

/// What became of a file.
#[derive(Debug)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
    pub fn render(&self, language: Language) -> String {
        terminal::render(self, language)
    }
}

impl FileReport {
    /// What was found, by cause, worst first.
    pub fn causes(&self) -> Vec<Cause<'_>> {
        cause::causes(self)
    }

    /// Whether something was found in it.
    pub fn has_issues(&self) -> bool {
        !self.issues.is_empty() || self.slices.iter().any(|slice| !slice.issues.is_empty())
    }
}

/// The file with, besides its fields, the counts by cause.
impl Serialize for FileReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut file = serializer.serialize_struct("FileReport", 6)?;
        file.serialize_field("file", &self.file)?;
        file.serialize_field("sha256", &self.sha256)?;
        file.serialize_field("verdict", &self.verdict)?;
        file.serialize_field("causes", &self.causes())?;
        file.serialize_field("issues", &self.issues)?;
        file.serialize_field("slices", &self.slices)?;
        file.end()
    }
}

impl Verdict {
    /// The verdict on the screen.
    pub fn label(self, language: Language) -> &'static str {
        match (self, language) {
            (Verdict::Accepted, Language::En) => "accepted",
            (Verdict::Partly, Language::En) => "partly accepted",
            (Verdict::Rejected, Language::En) => "rejected",
            (Verdict::Unreadable, Language::En) => "unreadable",
            (Verdict::Accepted, Language::Zh) => "已接收",
            (Verdict::Partly, Language::Zh) => "部分接收",
            (Verdict::Rejected, Language::Zh) => "已退回",
            (Verdict::Unreadable, Language::Zh) => "无法读取",
        }
    }
}

/// How much of a cell's value is repeated.
const VALUE: usize = 80;

/// A value as it is repeated to its sender: in one line, and not without end.
pub fn short(value: &str) -> String {
    let mut letters = value.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut text: String = letters.by_ref().take(VALUE).collect();
    if letters.next().is_some() {
        text.push('…');
    }
    text
}
