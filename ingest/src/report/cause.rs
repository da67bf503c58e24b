//! What was found, gathered by cause: every count exact, whatever the bound on what is listed.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::FileReport;
use super::words::words;
use crate::form::Severity;
use crate::issue::Issue;

/// One cause in a file: a code at a heading.
#[derive(Debug, Serialize)]
pub struct Cause<'a> {
    /// Whether it rejects.
    pub severity: Severity,
    /// The code.
    pub code: &'static str,
    /// The heading; none where it is no column's.
    pub column: Option<&'a str>,
    /// How many there are, listed or not.
    pub count: u64,
    /// What it is called.
    pub title_zh: &'static str,
    /// How it is mended.
    pub mend_zh: &'static str,
    /// What it is called, in English.
    pub title_en: &'static str,
    /// How it is mended, in English.
    pub mend_en: &'static str,
    /// Those that are listed one by one.
    #[serde(skip)]
    pub listed: Vec<&'a Issue>,
    /// The lines that stand for further ones.
    #[serde(skip)]
    pub more: Vec<&'a Issue>,
}

/// The causes in a file, errors first, then the most frequent first.
pub fn causes(file: &FileReport) -> Vec<Cause<'_>> {
    let mut found: BTreeMap<(Severity, &'static str, Option<&str>), Cause<'_>> = BTreeMap::new();
    // A fault of a table stands in each of its slices, and is said once.
    let mut said: HashSet<&Issue> = HashSet::new();
    for part in std::iter::once(&file.issues).chain(file.slices.iter().map(|slice| &slice.issues)) {
        let mut fresh = HashSet::new();
        for issue in part {
            let code = issue.more.as_ref().map_or(issue.code, |more| more.of);
            let key = (issue.severity, code, issue.column.as_deref());
            let place = (key, issue.sheet.as_deref());
            // The line for further ones comes after those that are listed, and is as new or as old as they are.
            if issue.more.is_none() && said.insert(issue) {
                fresh.insert(place);
            } else if issue.more.is_none() || !fresh.contains(&place) {
                continue;
            }
            let cause = found.entry(key).or_insert_with(|| Cause::new(issue, code));
            match &issue.more {
                Some(more) => {
                    cause.count += more.count as u64;
                    cause.more.push(issue);
                }
                None => {
                    cause.count += 1;
                    cause.listed.push(issue);
                }
            }
        }
    }
    let mut causes: Vec<Cause<'_>> = found.into_values().collect();
    causes.sort_by_key(|cause| (cause.severity, std::cmp::Reverse(cause.count)));
    causes
}

impl<'a> Cause<'a> {
    fn new(issue: &'a Issue, code: &'static str) -> Cause<'a> {
        let words = words(code);
        Cause {
            severity: issue.severity,
            code,
            column: issue.column.as_deref(),
            count: 0,
            title_zh: words.title_zh,
            mend_zh: words.mend_zh,
            title_en: words.title_en,
            mend_en: words.mend_en,
            listed: Vec::new(),
            more: Vec::new(),
        }
    }
}

/// How many there are of a severity.
pub fn count(causes: &[Cause<'_>], severity: Severity) -> u64 {
    causes.iter().filter(|cause| cause.severity == severity).map(|cause| cause.count).sum()
}
