//! Which files a call takes, in the order of their paths, and on which day each was received.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::{IngestError, Received, not_read};
use crate::issue::Issue;

/// A file that was named or found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its path.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// The day of receipt.
    pub received_on: NaiveDate,
    /// Why it can't even be looked at, such as a link that leads nowhere.
    pub fault: Option<Issue>,
}

impl Found {
    /// Its name, without its folders.
    pub fn name(&self) -> String {
        file_name(&self.path)
    }
}

/// A path's last part.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The files of all paths, in the order of their paths; hidden files and the lock files of spreadsheets are passed over.
pub fn find(paths: &[PathBuf], received: Received) -> Result<Vec<Found>, IngestError> {
    let mut found = BTreeMap::new();
    for path in paths {
        for entry in walkdir::WalkDir::new(path).follow_links(true) {
            let entry = match entry {
                Ok(entry) => entry,
                // Of a folder's files one that can't be looked at is a file's fault; a path that was named must be there.
                Err(error) if error.depth() > 0 && error.path().is_some() => {
                    let path = error.path().expect("asked above").to_owned();
                    found.insert(path, (0, Some(not_read(&error.to_string()))));
                    continue;
                }
                Err(error) => {
                    return Err(IngestError::Path {
                        path: error.path().unwrap_or(path).to_owned(),
                        source: error
                            .into_io_error()
                            .unwrap_or_else(|| std::io::Error::other("the folder contains itself")),
                    });
                }
            };
            let name = entry.file_name().to_string_lossy();
            if entry.file_type().is_file() && (entry.depth() == 0 || !(name.starts_with('.') || name.starts_with("~$")))
            {
                let bytes = entry.metadata().map_or(0, |about| about.len());
                found.insert(entry.into_path(), (bytes, None));
            }
        }
    }
    if found.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(IngestError::NoFiles(names.join(", ")));
    }
    let today = chrono::Local::now().date_naive();
    let dated = |(path, (bytes, fault)): (PathBuf, (u64, Option<Issue>))| {
        let day = match received {
            Received::Today => Some(today),
            Received::On(day) => Some(day),
            Received::Folder => folder_date(&path),
        };
        let fault = fault.or_else(|| day.is_none().then(undated));
        Found { path, bytes, received_on: day.unwrap_or(today), fault }
    };
    Ok(found.into_iter().map(dated).collect())
}

fn undated() -> Issue {
    Issue::error(
        "folder-date",
        "按文件夹日期接收时，文件所在的文件夹应以接收日期命名，如 2019-10-08。",
        "with `--received folder` the file's own folder must be named by the day of receipt, like 2019-10-08",
    )
}

fn folder_date(path: &Path) -> Option<NaiveDate> {
    let absolute = std::path::absolute(path).ok()?;
    let name = absolute.parent()?.file_name()?.to_str()?;
    // Exactly like 2019-10-08: a folder that is named otherwise is not meant as a date.
    (name.len() == 10).then(|| NaiveDate::parse_from_str(name, "%Y-%m-%d").ok()).flatten()
}
