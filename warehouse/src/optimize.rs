//! Fewer and smaller: small files of a table become large ones, and what nothing that is kept names is removed.
//!
//! No row changes. A release that is kept keeps every file; one that is let go is marked first (`retired/N.json`, written once), and
//! readers refuse it from then on; its files go only when the mark is as old as everything that is removed must be, so whoever
//! reads it at that moment reads to the end. Files that no commit names may belong to a writer at work, and wait as long.

mod compact;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path as FilePath, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize};

pub use compact::{Compacted, Compaction, Omitted};

use crate::Warehouse;
use crate::digest::signed;
use crate::error::{Result, WarehouseError};
use crate::objects::tables;
use crate::place::Place;
use crate::table::TableName;

/// Which releases are kept: official ones and the newest always, and those that any of these says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keep {
    /// So many of the newest.
    pub releases: Option<usize>,
    /// Those that were made since.
    pub since: Option<DateTime<Utc>>,
}

impl Keep {
    fn is_all(self) -> bool {
        self.releases.is_none() && self.since.is_none()
    }
}

/// What would be removed.
#[derive(Debug, Default)]
pub struct Tidy {
    /// Releases that would be let go now.
    pub retire: Vec<u64>,
    /// Files that nothing kept names, with their sizes.
    pub files: Vec<(String, u64)>,
    /// Files that will be, once they are old enough.
    pub waiting: Vec<(String, u64)>,
    /// What interrupted writes left on a local disk.
    pub leftovers: Vec<PathBuf>,
}

/// What is said of a release that was let go.
#[derive(Debug, Serialize, Deserialize)]
struct Retired {
    release: u64,
    at: String,
}

impl Warehouse {
    /// The releases that were let go.
    pub async fn retired(&self) -> Result<BTreeSet<u64>> {
        Ok(self.numbers(&Place::AllRetired).await?.into_iter().collect())
    }

    /// Sees what is to be removed. `age` is how old a file must be for it, and how long ago nothing may have named it any more.
    pub async fn look_for_tidy(&self, keep: Keep, age: Duration) -> Result<Tidy> {
        let objects = self.objects().await?;
        let now = Utc::now().timestamp_millis();
        let age_millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let is_old = |moment: i64| now.saturating_sub(moment) >= age_millis;
        let gone_before = self.retired().await?;
        let mut tidy = Tidy { retire: self.to_retire(keep, &gone_before).await?, ..Tidy::default() };
        // What was let go just now, or a moment ago, may still be read.
        let is_readable = |number: &u64| {
            !gone_before.contains(number)
                || objects.get(&Place::Retired(*number).to_string()).is_none_or(|object| !is_old(object.modified))
        };
        let mut versions: BTreeMap<TableName, BTreeSet<u64>> = BTreeMap::new();
        let mut coming: BTreeMap<TableName, BTreeSet<u64>> = BTreeMap::new();
        for number in self.release_numbers().await? {
            let release = self.read_release(number).await?;
            let (is_let_go, readable) =
                (gone_before.contains(&number) || tidy.retire.contains(&number), is_readable(&number));
            for (name, version) in release.tables {
                if readable {
                    versions.entry(name.clone()).or_default().insert(version);
                }
                if !is_let_go {
                    coming.entry(name).or_default().insert(version);
                }
            }
        }
        for (name, known) in tables(&objects) {
            let log = self.log(&name, &known).await?;
            if let Some((place, _)) = log.faults.first() {
                let why = "无法读取，未清理任何文件；先运行 kehou verify / it can't be read; nothing was removed, run `kehou verify` first";
                return Err(WarehouseError::Damaged { place: place.clone(), why: why.to_owned() });
            }
            let is_fact = ["facts", "reference"].contains(&name.schema.as_str());
            let newest = log.newest().filter(|_| is_fact);
            let all = |versions: Option<&BTreeSet<u64>>| -> HashSet<String> {
                let versions = versions.into_iter().flatten().copied().chain(newest);
                versions
                    .flat_map(|version| log.files(version).into_keys().map(str::to_owned).collect::<Vec<_>>())
                    .collect()
            };
            let (needed, needed_then) = (all(versions.get(&name)), all(coming.get(&name)));
            // A reader of facts as they are now may have begun before the commit that took a file out.
            let removed: BTreeMap<&str, i64> =
                log.entries.iter().flat_map(|entry| &entry.removed).map(|(place, at)| (place.as_str(), *at)).collect();
            let folder = format!("{}/", Place::Table(name));
            let data = |place: &str| place.ends_with(".parquet") && !place.contains("/_delta_log/");
            for (place, object) in objects.range(folder.clone()..).take_while(|(place, _)| place.starts_with(&folder)) {
                if !data(place) || needed_then.contains(place) {
                    continue;
                }
                let moment = removed.get(place.as_str()).map_or(object.modified, |at| object.modified.max(*at));
                let now = !needed.contains(place) && is_old(moment);
                if now { &mut tidy.files } else { &mut tidy.waiting }.push((place.clone(), object.size));
            }
        }
        if let Some(folder) = self.folder() {
            leftovers(&folder, age, &mut tidy.leftovers)?;
        }
        Ok(tidy)
    }

    /// The releases to be let go that were not before.
    async fn to_retire(&self, keep: Keep, gone: &BTreeSet<u64>) -> Result<Vec<u64>> {
        if keep.is_all() {
            return Ok(Vec::new());
        }
        let officials: BTreeSet<u64> = self.officials().await?.into_iter().map(|official| official.release).collect();
        let numbers = self.release_numbers().await?;
        let mut retire = Vec::new();
        for (after, number) in numbers.iter().rev().enumerate() {
            let is_new = after == 0 || keep.releases.is_some_and(|releases| after < releases);
            if is_new || officials.contains(number) || gone.contains(number) {
                continue;
            }
            let made_at = self.read_release(*number).await?.made_at;
            let made_at = DateTime::parse_from_rfc3339(&made_at).map(|moment| moment.to_utc());
            // A moment that can't be read keeps its release.
            let is_late = keep.since.is_some_and(|since| made_at.map_or(true, |moment| moment >= since));
            if !is_late {
                retire.push(*number);
            }
        }
        retire.reverse();
        Ok(retire)
    }

    /// Removes what a look found. The caller holds the lock of `transform`, so that no run writes what no release names yet.
    pub async fn tidy(&self, tidy: &Tidy) -> Result<()> {
        for release in &tidy.retire {
            let at = Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            let text = signed(&Retired { release: *release, at });
            self.put_once(&Place::Retired(*release), Bytes::from(text)).await?;
        }
        crate::step::reached("optimize.retired");
        for (place, _) in &tidy.files {
            match self.storage().root.delete(&self.at(place)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            crate::step::reached("optimize.file_removed");
        }
        for path in &tidy.leftovers {
            match std::fs::remove_file(path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(WarehouseError::Io { path: path.display().to_string(), source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes the tables that are computed stand as the newest release names them: other programs, which read the newest version of a
    /// table, then never look for files of a run that published nothing. The caller holds the lock of `transform`.
    pub async fn lay_back(&self) -> Result<usize> {
        let Some(release) = self.latest_release().await? else { return Ok(0) };
        let mut count = 0;
        for (name, version) in release.tables {
            if ["facts", "reference"].contains(&name.schema.as_str()) || self.version(&name).await? == version {
                continue;
            }
            let (now, then) = (self.snapshot(&name, None).await?, self.snapshot(&name, Some(version)).await?);
            let paths =
                |files: &[crate::table::DataFile]| files.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
            if paths(&now.files) != paths(&then.files) || now.schema != then.schema {
                self.replace(&name, version, &[], crate::table::Staged::default()).await?;
                count += 1;
            }
        }
        Ok(count)
    }
}

/// Temporary names of writes that were interrupted: `name#1`. Stores hide them, and only a local disk keeps them.
fn leftovers(folder: &FilePath, age: Duration, found: &mut Vec<PathBuf>) -> Result<()> {
    let fault = |source| WarehouseError::Io { path: folder.display().to_string(), source };
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(fault)?);
        if kind.is_dir() {
            leftovers(&path, age, found)?;
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_temporary = name
            .rsplit_once('#')
            .is_some_and(|(_, digits)| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()));
        // It may be gone again by now.
        let modified = entry.metadata().and_then(|about| about.modified()).ok();
        if is_temporary && modified.and_then(|moment| moment.elapsed().ok()).is_some_and(|past| past >= age) {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}
