//! One original is opened for whoever holds the private key, and the audit says so before a byte of it is out.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use datafusion::arrow::array::AsArray;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;

use crate::audit::{Event, Recorded, record};
use crate::keys::{KeyError, SealKey};
use crate::ledger::{ledger_table, query};
use crate::receipt::Receipt;

/// What keeps an original from being opened.
#[derive(Debug, thiserror::Error)]
pub enum UnsealError {
    /// Nothing of this name was received.
    #[error(
        "'{0}' is no original of this warehouse: name it by the SHA-256 of the file, a receipt or a submission_id \
         (`kehou query \"select * from submission\"` lists them)"
    )]
    Unknown(String),
    /// The name fits several originals.
    #[error("'{0}' names several originals; use the SHA-256 of the file or a submission_id")]
    Several(String),
    /// The file to write is there already.
    #[error("{0} is there already and is not overwritten; choose another file")]
    Exists(PathBuf),
    /// The file to write lies in the warehouse.
    #[error("{0} lies in the warehouse, where no raw number may stand; choose a file elsewhere")]
    Inside(PathBuf),
    /// There is no reason.
    #[error("an original is opened for a reason: say it with --reason TEXT (it is kept; name no person in it)")]
    NoReason,
    /// The file can't be written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The fault below.
        #[source]
        source: std::io::Error,
    },
    /// The keys failed.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

/// An original that was opened.
#[derive(Debug)]
pub struct Unsealed {
    /// The SHA-256 of its bytes.
    pub sha256: String,
    /// How many bytes.
    pub bytes: usize,
    /// The event that tells of it.
    pub event: Recorded,
}

/// Opens the original that `what` names (the file's SHA-256 or a submission_id) into the new file `output`.
///
/// It is opened in memory first: a wrong key changes nothing. Then the event is committed, and only then the file is written.
pub async fn unseal(
    warehouse: &Warehouse,
    key: &SealKey,
    what: &str,
    output: &Path,
    by_whom: &str,
    reason: &str,
) -> Result<Unsealed, UnsealError> {
    if reason.trim().is_empty() {
        return Err(UnsealError::NoReason);
    }
    check_output(warehouse, output)?;
    let sha256 = find(warehouse, what).await?;
    let bytes = key.unseal(warehouse, &sha256).await?;
    let event = Event {
        by_whom: by_whom.to_owned(),
        action: "unseal",
        subject: sha256.clone(),
        reason: reason.trim().to_owned(),
    };
    let event = record(warehouse, &event).await?;
    warehouse::step::reached("unseal.recorded");
    write(output, &bytes)?;
    Ok(Unsealed { sha256, bytes: bytes.len(), event })
}

fn check_output(warehouse: &Warehouse, output: &Path) -> Result<(), UnsealError> {
    let fault = |source| UnsealError::Io { path: output.to_owned(), source };
    // A link that leads nowhere is there too: writing would follow it.
    if output.symlink_metadata().is_ok() {
        return Err(UnsealError::Exists(output.to_owned()));
    }
    let absolute = std::path::absolute(output).map_err(fault)?;
    let folder = absolute.parent().unwrap_or(&absolute).canonicalize().map_err(fault)?;
    let inside =
        warehouse.folder().and_then(|root| root.canonicalize().ok()).is_some_and(|root| folder.starts_with(root));
    if inside { Err(UnsealError::Inside(output.to_owned())) } else { Ok(()) }
}

/// Only its owner may read it, and it is never written over another file.
fn write(output: &Path, bytes: &[u8]) -> Result<(), UnsealError> {
    let fault = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AlreadyExists => UnsealError::Exists(output.to_owned()),
        _ => UnsealError::Io { path: output.to_owned(), source },
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(output).map_err(fault)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fault)
}

/// The SHA-256 of the original that a name means.
async fn find(warehouse: &Warehouse, what: &str) -> Result<String, UnsealError> {
    let what = what.trim();
    let snapshot = warehouse.snapshot(&ledger_table(), None).await?;
    let sql = "select submission_id, file_sha256 from facts.submission";
    let mut found = BTreeSet::new();
    for batch in query(warehouse, vec![snapshot], sql).await? {
        let [ids, files] = [0, 1].map(|column| batch.column(column).as_string::<i32>());
        let receipt = Receipt::from_str(what).ok();
        let named = |id: &str| id == what || receipt.as_ref().is_some_and(|receipt| *receipt == Receipt::of(id));
        let fits = |(id, file): &(Option<&str>, Option<&str>)| id.is_some_and(named) || *file == Some(what);
        found.extend(ids.iter().zip(files).filter(fits).filter_map(|(_, file)| file.map(str::to_owned)));
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(UnsealError::Unknown(what.to_owned())),
        _ => Err(UnsealError::Several(what.to_owned())),
    }
}

/// Who runs this process, as far as the system tells: the name given by `--by`, and the account.
pub fn whoever(by: Option<&str>) -> String {
    let account = ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    let account = account.unwrap_or_else(account_number);
    match by.map(str::trim).filter(|by| !by.is_empty()) {
        Some(by) => format!("{by} ({account})"),
        None => account,
    }
}

#[cfg(unix)]
fn account_number() -> String {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").map_or_else(|_| "unknown".to_owned(), |about| format!("uid {}", about.uid()))
}

#[cfg(not(unix))]
fn account_number() -> String {
    "unknown".to_owned()
}
