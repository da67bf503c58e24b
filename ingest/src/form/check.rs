//! The checks that a form's file declares, beyond what the kind of each column already says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a breach does to the slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The slice is rejected.
    Error,
    /// The slice is accepted, and both sides are shown the doubt.
    Warning,
}

/// A narrowing to the rows in which a column holds a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// The choice column.
    pub column: String,
    /// The code that it must hold.
    pub code: String,
}

/// One declared check. A null on either side of a comparison breaks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "check", rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// In each row `left` ≤ `right`.
    AtMost {
        /// What a breach does.
        severity: Severity,
        /// The smaller one.
        left: String,
        /// The greater one.
        right: String,
    },
    /// In each row each of these is above 0.
    Positive {
        /// What a breach does.
        severity: Severity,
        /// The columns.
        columns: Vec<String>,
    },
    /// The date lies in the slice's month, and the calendar knows it.
    InPeriod {
        /// What a breach does.
        severity: Severity,
        /// The date.
        column: String,
    },
    /// The date is a school day.
    SchoolDay {
        /// What a breach does.
        severity: Severity,
        /// The date.
        column: String,
    },
    /// The category belongs to the code that `by` holds in its row.
    CategoryOf {
        /// What a breach does.
        severity: Severity,
        /// The category.
        column: String,
        /// The column that says which categories are allowed.
        by: String,
        /// For each code of `by`, the codes that `column` may hold.
        allowed: BTreeMap<String, Vec<String>>,
    },
    /// The value occurs in a column of another form's slice of the same school and period, where that one is accepted.
    ListedIn {
        /// What a breach does.
        severity: Severity,
        /// The column looked up.
        column: String,
        /// The other form.
        form: String,
        /// Its column.
        form_column: String,
    },
    /// The number is at most the count of rows of another form's slice that agree in `by`, where that one is accepted.
    AtMostRows {
        /// What a breach does.
        severity: Severity,
        /// The number.
        column: String,
        /// The other form.
        form: String,
        /// The columns that must agree, of the same name in both.
        by: Vec<String>,
    },
    /// The number equals the sum of another form's column over the rows of the same person, where that slice is accepted.
    EqualsSum {
        /// What a breach does.
        severity: Severity,
        /// The number.
        column: String,
        /// The other form.
        form: String,
        /// Its column that is summed.
        form_column: String,
        /// The columns that must agree, of the same name in both.
        by: Vec<String>,
    },
    /// The slice's sum equals the other slice's sum of `plus` less that of `minus`, where that one is accepted.
    SumEqualsNet {
        /// What a breach does.
        severity: Severity,
        /// The column summed here.
        column: String,
        /// The rows summed here.
        only: Only,
        /// The other form.
        form: String,
        /// Its column that is summed.
        form_column: String,
        /// Its rows that count up.
        plus: Only,
        /// Its rows that count down.
        minus: Only,
    },
    /// The slice's sum differs from that of the period before by no more than the policy's `change_warn_share`.
    SteadySum {
        /// What a breach does.
        severity: Severity,
        /// The column summed.
        column: String,
        /// The rows summed, all where none is named.
        #[serde(default)]
        only: Option<Only>,
    },
}

impl Check {
    /// What a breach of it does to the slice.
    pub fn severity(&self) -> Severity {
        match self {
            Check::AtMost { severity, .. }
            | Check::Positive { severity, .. }
            | Check::InPeriod { severity, .. }
            | Check::SchoolDay { severity, .. }
            | Check::CategoryOf { severity, .. }
            | Check::ListedIn { severity, .. }
            | Check::AtMostRows { severity, .. }
            | Check::EqualsSum { severity, .. }
            | Check::SumEqualsNet { severity, .. }
            | Check::SteadySum { severity, .. } => *severity,
        }
    }

    /// The other form that it reads, if any.
    pub fn other_form(&self) -> Option<&str> {
        match self {
            Check::ListedIn { form, .. }
            | Check::AtMostRows { form, .. }
            | Check::EqualsSum { form, .. }
            | Check::SumEqualsNet { form, .. } => Some(form),
            _ => None,
        }
    }
}
