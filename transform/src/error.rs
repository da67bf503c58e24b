//! What can go wrong while models run: every variant names the file.

use warehouse::error::WarehouseError;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub path: String,
    /// The line, from 1, where one is to blame.
    pub line: Option<usize>,
    /// What is wrong and what is expected.
    pub why: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", self.file(), self.why)
    }
}

impl Fault {
    /// `file:line`
    fn file(&self) -> String {
        self.line.map_or_else(|| self.path.clone(), |line| format!("{}:{line}", self.path))
    }
}

impl From<Fault> for TransformError {
    fn from(fault: Fault) -> TransformError {
        TransformError::Model { path: fault.file(), why: fault.why }
    }
}

/// An error of transform. A failing data test is one too: it keeps the release from being published.
#[derive(Debug, thiserror::Error)]
pub enum TransformError {
    /// A model's header or SQL can't be read.
    #[error("{path}: {why}")]
    Model {
        /// The file, below `sql/`, and the line where one is to blame: `file:line`.
        path: String,
        /// What is wrong and what is expected.
        why: String,
    },
    /// Models of one's own that can't be used: nothing ran.
    #[error("自有模型有 {} 处错误，没有计算任何数据，最近一期数据不变 / {0} faults in your own models: nothing ran, the last release stands\n{}", faults.len(), lines(faults))]
    Own {
        /// All that is wrong.
        faults: Vec<Fault>,
    },
    /// The models that a release was made with can't be read.
    #[error("the models of release {release} can't be read: {why}")]
    Kept {
        /// The release.
        release: u64,
        /// Why.
        why: String,
    },
    /// Models read each other in a circle.
    #[error("these models read each other in a circle: {}", path.join(" → "))]
    Cycle {
        /// The circle, its first model again at its end.
        path: Vec<String>,
    },
    /// A model reads a table that nobody makes.
    #[error("{path} reads {table}, which is neither a model nor a table of the warehouse{hint}")]
    Unknown {
        /// The file that reads it.
        path: String,
        /// The table that it names.
        table: String,
        /// What may help.
        hint: String,
    },
    /// The engine could not plan or run a model.
    #[error("{path}: {source}")]
    Run {
        /// The file.
        path: String,
        /// The fault below.
        #[source]
        source: Box<datafusion::error::DataFusionError>,
    },
    /// Data tests found rows that must not be: nothing was published.
    #[error("{} of {tests} data tests failed, nothing was published; the last good release stands\n{}", failed.len(), failed.join("\n"))]
    Tests {
        /// How many tests ran.
        tests: usize,
        /// One text a failed test, with its first offending rows.
        failed: Vec<String>,
    },
    /// The run's date lies before the last release's.
    #[error(
        "the run's date {today} is before {last}, the date of release {release}: nothing was published (history only grows)"
    )]
    Backdated {
        /// The run's date.
        today: chrono::NaiveDate,
        /// The last release's date.
        last: chrono::NaiveDate,
        /// The last release.
        release: u64,
    },
    /// `--select` names no model.
    #[error("there is no model '{0}'; `kehou catalog models` lists them")]
    NoModel(String),
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

/// The exit code of `kehou transform` where another process is at work on the warehouse.
pub const OTHERS_AT_WORK: u8 = 3;

impl TransformError {
    /// Whether another process was at work on the warehouse: nothing is wrong, and the same run can be tried again.
    pub fn is_others_work(&self) -> bool {
        use WarehouseError::{LockLost, Locked, ReleaseTaken};
        matches!(self, TransformError::Warehouse(Locked { .. } | LockLost { .. } | ReleaseTaken { .. }))
    }
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The result of every operation of transform.
pub type Result<T, E = TransformError> = std::result::Result<T, E>;
