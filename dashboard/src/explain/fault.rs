//! Why a question has no answer: what was asked for isn't there, and what there is instead; or the system is broken.

use transform::error::TransformError;
use warehouse::error::WarehouseError;

use crate::error::DashboardError;

/// A question without an answer.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// There is no such thing; both sentences say what there is.
    #[error("{zh} / {en}")]
    Unknown {
        /// In Chinese.
        zh: String,
        /// In English.
        en: String,
    },
    /// The tables can't be read.
    #[error(transparent)]
    Dashboard(#[from] DashboardError),
    /// A query that takes a figure apart can't be planned.
    #[error(transparent)]
    Transform(#[from] TransformError),
    /// The warehouse can't be read.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

/// The result of a question.
pub type Result<T, E = ExplainError> = std::result::Result<T, E>;

impl ExplainError {
    /// Nothing of that name, in both languages.
    pub fn unknown(zh: impl Into<String>, en: impl Into<String>) -> ExplainError {
        ExplainError::Unknown { zh: zh.into(), en: en.into() }
    }
}

/// How many names are offered in place of one that isn't there.
const OFFERED: usize = 5;

/// The names that look most like the one that was given.
pub fn nearest<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let given = given.to_lowercase();
    let mut all: Vec<(usize, &str)> =
        names.into_iter().map(|name| (strsim::damerau_levenshtein(&given, &name.to_lowercase()), name)).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().take(OFFERED).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_comes_first() {
        let names = ["370402", "370403", "370481", "city"];
        assert_eq!(nearest("370420", names)[0], "370402");
        assert_eq!(nearest("CITY ", names)[0], "city");
        assert_eq!(nearest("c3", ["C03", "C04", "F03"])[0], "C03");
    }
}
