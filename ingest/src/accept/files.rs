//! Which files a call takes, in the order of their paths, and on which day each was received.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use super::source::Source;
use super::{IngestError, Order, Received, not_read};
use crate::form::Form;
use crate::issue::Issue;
use crate::read::parts::Parts;
use crate::read::{Document, archive, read, read_workbook};

/// A file that was named or found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its path.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// The day of receipt.
    pub received_on: NaiveDate,
    /// Where its bytes are.
    pub source: Source,
    /// Its parts, if it is a small workbook that was looked into before.
    pub parts: Option<Arc<Parts>>,
    /// Why it can't even be looked at, such as a link that leads nowhere.
    pub fault: Option<Issue>,
}

impl Found {
    /// Its name, without its folders.
    pub fn name(&self) -> String {
        file_name(&self.path)
    }

    /// All its bytes.
    pub fn read(&self) -> io::Result<Cow<'_, [u8]>> {
        match &self.source {
            Source::Held(bytes) => Ok(Cow::Borrowed(bytes)),
            Source::Path | Source::Laid(_) => {
                let mut bytes = Vec::with_capacity(usize::try_from(self.bytes).unwrap_or_default());
                self.open()?.read_to_end(&mut bytes)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// Reads it. `form` is the form of tables that don't say it themselves.
    pub fn document(&self, bytes: &[u8], form: Option<&'static Form>) -> Document {
        match &self.parts {
            Some(parts) => read_workbook(bytes, parts, form),
            None => read(&self.name(), bytes, form),
        }
    }

    /// Its bytes from the first on.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        self.source.open(&self.path)
    }
}

/// The files with those of archives in place of the archives. What an archive refuses is a file too, with its fault.
pub fn unpacked(files: Vec<Found>, large: u64) -> Vec<Found> {
    let mut room = MOST_HELD;
    files.into_iter().flat_map(|file| members(file, large, &mut room)).collect()
}

/// Bytes of archives' files that a call holds in memory.
const MOST_HELD: u64 = 256 << 20;

fn members(file: Found, large: u64, room: &mut u64) -> Vec<Found> {
    let named = file.path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
    let Some(bytes) = (named && file.fault.is_none()).then(|| file.read().ok()).flatten() else { return vec![file] };
    // What is no archive after all, or can't be unpacked, is told of the file itself when it is read.
    let Ok(unpacked) = archive::unpack(&bytes) else { return vec![file] };
    let member = |name: &str, bytes: u64, source: Source, fault: Option<Issue>| Found {
        path: file.path.join(name),
        bytes,
        received_on: file.received_on,
        source,
        parts: None,
        fault,
    };
    let taken = unpacked.members.into_iter().map(|one| {
        let size = one.bytes.len() as u64;
        let fits = size < large && size <= *room;
        let source = if fits { Ok(Source::Held(one.bytes.into())) } else { Source::lay(&one.bytes) };
        match source {
            Ok(source) => {
                *room -= if fits { size } else { 0 };
                member(&one.name, size, source, None)
            }
            Err(fault) => member(&one.name, size, Source::Path, Some(not_read(&fault.to_string()))),
        }
    });
    let mut members: Vec<Found> = taken.collect();
    members.extend(unpacked.refused.into_iter().map(|(name, issue)| member(&name, 0, Source::Path, Some(issue))));
    members.sort_by(|one, other| one.path.cmp(&other.path));
    members
}

/// A path's last part.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The files of all paths, in their order; hidden files and the lock files of spreadsheets are passed over.
pub fn find(paths: &[PathBuf], received: Received, order: Order) -> Result<Vec<Found>, IngestError> {
    let mut all: Vec<(PathBuf, (u64, Option<Issue>))> = Vec::new();
    for path in paths {
        let mut found = BTreeMap::new();
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
                        source: error.into_io_error().unwrap_or_else(|| io::Error::other("the folder contains itself")),
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
        all.extend(found);
    }
    if order == Order::Path {
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all.dedup_by(|one, other| one.0 == other.0);
    }
    if all.is_empty() {
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
        Found { path, bytes, received_on: day.unwrap_or(today), source: Source::Path, parts: None, fault }
    };
    Ok(all.into_iter().map(dated).collect())
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
