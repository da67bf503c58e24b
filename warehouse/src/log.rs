//! Delta's log read as the plain JSON that it is: which files each commit named, with size and checksum.
//!
//! It is a second opinion beside `deltalake`'s own reading, for looking after files: verifying, copying, tidying.

use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStoreExt;
use object_store::path::Path;
use serde_json::Value;

use crate::Warehouse;
use crate::digest::sha256;
use crate::error::{Result, WarehouseError};
use crate::place::Place;
use crate::table::{SUM_TAG, TableName};

/// Entries that are read at once.
const AT_ONCE: usize = 8;

/// A file that a commit named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Added {
    /// Its place within the warehouse.
    pub(crate) place: String,
    pub(crate) size: u64,
    pub(crate) rows: Option<u64>,
    pub(crate) sha256: Option<String>,
}

/// One commit.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) version: u64,
    pub(crate) sha256: String,
    pub(crate) added: Vec<Added>,
    /// The places that it took out, and when, in milliseconds since 1970.
    pub(crate) removed: Vec<(String, i64)>,
}

/// A table's log from its beginning.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) name: TableName,
    /// In their order, each as far as it can be read.
    pub(crate) entries: Vec<Entry>,
    /// What can't be read.
    pub(crate) faults: Vec<(String, Fault)>,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Missing,
    Unreadable(String),
}

impl Log {
    /// The newest version.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.entries.last().map(|entry| entry.version)
    }

    /// The files of a version, by place.
    pub(crate) fn files(&self, version: u64) -> BTreeMap<&str, &Added> {
        let mut files = BTreeMap::new();
        for entry in self.entries.iter().take_while(|entry| entry.version <= version) {
            for (place, _) in &entry.removed {
                files.remove(place.as_str());
            }
            files.extend(entry.added.iter().map(|file| (file.place.as_str(), file)));
        }
        files
    }

    /// What was told of each file when it was named first: later commits that name it again may leave things out.
    pub(crate) fn first_told(&self) -> HashMap<&str, &Added> {
        let mut told: HashMap<&str, &Added> = HashMap::new();
        for file in self.entries.iter().flat_map(|entry| &entry.added) {
            let known = told.entry(&file.place).or_insert(file);
            if known.sha256.is_none() && file.sha256.is_some() {
                *known = file;
            }
        }
        told
    }

    /// The checksum over all entries up to a version: each covers the one before.
    pub(crate) fn digest(&self, version: u64) -> Option<String> {
        let mut digest = String::new();
        for entry in &self.entries {
            digest = follow(&digest, &entry.sha256);
            if entry.version == version {
                return Some(digest);
            }
        }
        None
    }
}

fn follow(before: &str, entry: &str) -> String {
    sha256(format!("{before}{entry}").as_bytes())
}

/// The place of an entry within the warehouse.
pub(crate) fn entry_place(name: &TableName, version: u64) -> String {
    format!("{}/_delta_log/{version:020}.json", Place::Table(name.clone()))
}

impl Warehouse {
    /// A table's log up to a version, or as far as it goes. `versions` are those that a list of the store's objects has.
    pub(crate) async fn log(&self, name: &TableName, versions: &[u64]) -> Result<Log> {
        let mut log = Log { name: name.clone(), entries: Vec::new(), faults: Vec::new() };
        let newest = versions.iter().max().map_or(0, |newest| newest + 1);
        let read = |version: u64| async move {
            let place = entry_place(name, version);
            let bytes = match self.storage().root.get(&self.at(&place)).await {
                Ok(object) => Some(object.bytes().await?),
                Err(object_store::Error::NotFound { .. }) => None,
                Err(error) => return Err(WarehouseError::from(error)),
            };
            Ok((version, place, bytes))
        };
        let mut entries = stream::iter(0..newest).map(read).buffered(AT_ONCE);
        while let Some((version, place, bytes)) = entries.try_next().await? {
            let Some(bytes) = bytes else {
                log.faults.push((place, Fault::Missing));
                continue;
            };
            let mut entry = Entry { version, sha256: sha256(&bytes), added: Vec::new(), removed: Vec::new() };
            if let Err(why) = read_entry(name, &bytes, &mut entry) {
                log.faults.push((place, Fault::Unreadable(why)));
            }
            log.entries.push(entry);
        }
        Ok(log)
    }

    /// Goes on with the checksum of a table's log from a version that it is known of.
    pub(crate) async fn log_digest(
        &self,
        name: &TableName,
        known: Option<(u64, String)>,
        version: u64,
    ) -> Result<String> {
        let (first, mut digest) = known.map_or((0, String::new()), |(version, digest)| (version + 1, digest));
        for version in first..=version {
            let bytes = self.storage().root.get(&self.at(&entry_place(name, version))).await?.bytes().await?;
            digest = follow(&digest, &sha256(&bytes));
        }
        Ok(digest)
    }

    /// The path from the store's root of a place that is told as text.
    pub(crate) fn at(&self, place: &str) -> Path {
        let root = Path::from_url_path(self.storage().base.path()).expect("the base was made from a URL");
        place.split('/').fold(root, |path, part| path.join(part))
    }
}

fn read_entry(name: &TableName, bytes: &[u8], entry: &mut Entry) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let folder = Place::Table(name.clone()).to_string();
    let place = |action: &Value| -> Result<String, String> {
        let path = action["path"].as_str().ok_or("a file without a path")?;
        let path = Path::from_url_path(path).map_err(|error| error.to_string())?;
        Ok(format!("{folder}/{path}"))
    };
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let action: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if let Some(add) = action.get("add") {
            let statistics: Option<Value> = add["stats"].as_str().and_then(|text| serde_json::from_str(text).ok());
            entry.added.push(Added {
                place: place(add)?,
                size: add["size"].as_u64().ok_or("a file without a size")?,
                rows: statistics.and_then(|statistics| statistics["numRecords"].as_u64()),
                sha256: add["tags"][SUM_TAG].as_str().map(str::to_owned),
            });
        }
        if let Some(remove) = action.get("remove") {
            entry.removed.push((place(remove)?, remove["deletionTimestamp"].as_i64().unwrap_or_default()));
        }
    }
    Ok(())
}
