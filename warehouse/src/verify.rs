//! Everything that a warehouse names is there and has its checksum: releases, declarations, models, logs, data files, originals.
//!
//! Delta's log is read here as the JSON that it is, and what `deltalake` makes of it is compared with that; so a damaged
//! checkpoint shows too. What has no checksum (data files and originals of a kehou that kept none, before they were migrated) is
//! counted, and read as far as it can be.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use datafusion::arrow::array::RecordBatchReader;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStoreExt;

use crate::Warehouse;
use crate::damage::{Damage, Found};
use crate::digest::is_whole;
use crate::error::{Result, WarehouseError};
use crate::log::{Fault, Log};
use crate::objects::{Objects, tables};
use crate::official::Official;
use crate::place::Place;
use crate::release::Release;
use crate::sums::Sum;
use crate::table::TableName;

/// Files that are read at once.
const AT_ONCE: usize = 4;
/// Tables whose logs are read at once.
const TABLES_AT_ONCE: usize = 2;
/// A file without a checksum is read whole into memory up to so many bytes; of a larger one the checksum alone would tell.
const DECODED: u64 = 256 << 20;

/// How closely files are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Whether they are there in their full length.
    Quick,
    /// Every byte.
    Whole,
}

/// What a look at a warehouse found.
#[derive(Debug, Default)]
pub struct Verified {
    /// How many releases.
    pub releases: usize,
    /// How many data files.
    pub files: usize,
    /// How many originals.
    pub originals: usize,
    /// Bytes of files and originals.
    pub bytes: u64,
    /// How many files and originals have no checksum, so that it can't be told whether their bytes are what was written.
    pub unsummed: usize,
    /// What is wrong, in the order of places.
    pub found: Vec<Found>,
    /// The checksum of the newest release: whoever noted it elsewhere can tell that it is still the same.
    pub newest: Option<(u64, String)>,
}

/// A file that must be there.
#[derive(Debug, Clone)]
struct Needed {
    place: String,
    size: Option<u64>,
    sha256: Option<String>,
    rows: Option<u64>,
    named_by: String,
}

/// What a warehouse's tables are looked at with.
struct Scene<'a> {
    objects: &'a Objects,
    releases: &'a BTreeMap<u64, Release>,
    retired: &'a BTreeSet<u64>,
    sums: &'a HashMap<String, Sum>,
}

impl Warehouse {
    /// Looks at everything. `originals` are those that the ledger names, by their SHA-256; `progress` is told how many bytes of how
    /// many were read.
    pub async fn verify(
        &self,
        depth: Depth,
        originals: &[String],
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Verified> {
        let objects = self.objects().await?;
        let (sums, unsound) = self.sums().await?;
        let mut verified = Verified::default();
        for fault in unsound {
            let WarehouseError::Damaged { place, .. } = fault else { return Err(fault) };
            verified.found.push(Found::new(place, Damage::Bytes, "checksums"));
        }
        let releases = self.look_at_releases(&objects, &sums, &mut verified).await?;
        self.look_at_officials(&objects, (&releases, &sums), &mut verified).await?;
        let retired = self.retired().await?;
        let scene = Scene { objects: &objects, releases: &releases, retired: &retired, sums: &sums };
        let mut needed = self.look_at_tables(&scene, depth, &mut verified).await?;
        verified.files = needed.len();
        verified.originals = originals.len();
        needed.extend(originals.iter().map(|sha256| Needed {
            place: Place::Original(sha256.clone()).to_string(),
            size: None,
            sha256: None,
            rows: None,
            named_by: "facts.submission".to_owned(),
        }));
        let mut there = Vec::with_capacity(needed.len());
        for mut file in needed {
            if let Some(sum) = sums.get(&file.place) {
                file.size.get_or_insert(sum.size);
                file.sha256.get_or_insert_with(|| sum.sha256.clone());
            }
            match objects.get(&file.place) {
                None => verified.found.push(Found::new(file.place, Damage::Missing, file.named_by)),
                Some(object) if file.size.is_some_and(|size| size != object.size) => {
                    let damage = Damage::Size { found: object.size, expected: file.size.unwrap_or_default() };
                    verified.found.push(Found::new(file.place, damage, file.named_by));
                }
                Some(object) => {
                    verified.bytes += object.size;
                    verified.unsummed += usize::from(file.sha256.is_none());
                    file.size = Some(object.size);
                    there.push(file);
                }
            }
        }
        if depth == Depth::Whole {
            let (all, mut done) = (verified.bytes, 0);
            let mut reading = stream::iter(there)
                .map(|file| async move { self.read_through(&file).await.map(|damage| (file, damage)) })
                .buffer_unordered(AT_ONCE);
            while let Some((file, damage)) = reading.try_next().await? {
                done += file.size.unwrap_or_default();
                progress(done, all);
                verified.found.extend(damage.map(|damage| Found::new(file.place, damage, file.named_by)));
            }
        }
        verified.found.sort_by(|one, other| one.place.cmp(&other.place));
        Ok(verified)
    }

    /// The releases that can be read, by number.
    async fn look_at_releases(
        &self,
        objects: &Objects,
        sums: &HashMap<String, Sum>,
        verified: &mut Verified,
    ) -> Result<BTreeMap<u64, Release>> {
        let numbers = numbers(objects, &Place::Releases);
        let mut releases = BTreeMap::new();
        for number in 1..=numbers.last().copied().unwrap_or_default() {
            let place = Place::Release(number).to_string();
            let mut told = |damage| verified.found.push(Found::new(place.clone(), damage, "releases"));
            let Some(bytes) = self.get(&Place::Release(number)).await? else {
                told(Damage::Missing);
                continue;
            };
            if is_spoilt(&bytes, sums.get(&place)) {
                told(Damage::Bytes);
                continue;
            }
            match serde_json::from_slice::<Release>(&bytes) {
                Ok(release) if release.release == number => {
                    verified.newest = Some((number, Sum::of(&bytes).sha256));
                    match self.without_lost(release).await {
                        Ok(release) => drop(releases.insert(number, release)),
                        Err(WarehouseError::Damaged { place, why }) => {
                            verified.found.push(Found::new(place, Damage::Unreadable { why }, "releases"));
                        }
                        Err(error) => return Err(error),
                    }
                }
                Ok(_) => told(Damage::Bytes),
                Err(error) => told(Damage::Unreadable { why: error.to_string() }),
            }
        }
        verified.releases = releases.len();
        for (number, release) in &releases {
            let named_by = format!("release {number}");
            let Some(name) = &release.models else { continue };
            let place = Place::Models(name.clone());
            let damage = match self.get(&place).await? {
                None => Some(Damage::Missing),
                Some(bytes) => (Sum::of(&bytes).sha256 != *name).then_some(Damage::Bytes),
            };
            verified.found.extend(damage.map(|damage| Found::new(place.to_string(), damage, named_by)));
        }
        Ok(releases)
    }

    async fn look_at_officials(
        &self,
        objects: &Objects,
        (releases, sums): (&BTreeMap<u64, Release>, &HashMap<String, Sum>),
        verified: &mut Verified,
    ) -> Result<()> {
        let numbers = numbers(objects, &Place::Officials);
        for number in 1..=numbers.last().copied().unwrap_or_default() {
            let place = Place::Official(number).to_string();
            let mut told = |damage| verified.found.push(Found::new(place.clone(), damage, "officials"));
            let Some(bytes) = self.get(&Place::Official(number)).await? else {
                told(Damage::Missing);
                continue;
            };
            if is_spoilt(&bytes, sums.get(&place)) {
                told(Damage::Bytes);
                continue;
            }
            match serde_json::from_slice::<Official>(&bytes) {
                Ok(official) if !releases.contains_key(&official.release) => {
                    let named_by = format!("{place}, {}", official.period);
                    let missing = Place::Release(official.release).to_string();
                    if !verified.found.iter().any(|found| found.place == missing) {
                        verified.found.push(Found::new(missing, Damage::Missing, named_by));
                    }
                }
                Ok(_) => {}
                Err(error) => told(Damage::Unreadable { why: error.to_string() }),
            }
        }
        Ok(())
    }

    /// The data files that must be there: of each version that a release names, and of what is newest in facts and reference tables.
    async fn look_at_tables(&self, scene: &Scene<'_>, depth: Depth, verified: &mut Verified) -> Result<Vec<Needed>> {
        let mut tables = tables(scene.objects);
        // A table that a release names and that has no log at all.
        scene.releases.values().flat_map(|release| release.tables.keys()).for_each(|name| {
            tables.entry(name.clone()).or_default();
        });
        let mut logs = stream::iter(tables)
            .map(|(name, versions)| async move { self.log(&name, &versions).await })
            .buffered(TABLES_AT_ONCE);
        let mut needed: BTreeMap<String, Needed> = BTreeMap::new();
        while let Some(log) = logs.try_next().await? {
            for (place, fault) in &log.faults {
                let damage = match fault {
                    Fault::Missing => Damage::Missing,
                    Fault::Unreadable(why) => Damage::Unreadable { why: why.clone() },
                };
                verified.found.push(Found::new(place.clone(), damage, log.name.to_string()));
            }
            spoilt_entries(&log, scene, verified);
            let mut versions = named(&log, scene);
            if let Some(newest) = log.newest().filter(|_| ["facts", "reference"].contains(&log.name.schema.as_str())) {
                versions.entry(newest).or_insert_with(|| log.name.to_string());
            }
            let told = log.first_told();
            for (version, named_by) in versions {
                if log.newest().is_none_or(|newest| version > newest) {
                    let place = crate::log::entry_place(&log.name, version);
                    verified.found.push(Found::new(place, Damage::Missing, named_by));
                    continue;
                }
                let files = log.files(version);
                if depth == Depth::Whole && log.faults.is_empty() {
                    self.compare_readings(&log.name, version, files.keys().copied().collect(), &named_by, verified)
                        .await;
                }
                for (place, file) in files {
                    needed.entry(place.to_owned()).or_insert_with(|| Needed {
                        place: place.to_owned(),
                        size: Some(file.size),
                        sha256: told.get(place).and_then(|told| told.sha256.clone()),
                        rows: file.rows,
                        named_by: named_by.clone(),
                    });
                }
            }
        }
        Ok(needed.into_values().collect())
    }

    /// Whether `deltalake` reads the same files out of log and checkpoints.
    async fn compare_readings(
        &self,
        name: &TableName,
        version: u64,
        files: BTreeSet<&str>,
        named_by: &str,
        verified: &mut Verified,
    ) {
        let log = format!("{}/_delta_log", Place::Table(name.clone()));
        let damage = match self.snapshot(name, Some(version)).await {
            Err(error) => Some(Damage::Unreadable { why: error.to_string() }),
            Ok(snapshot) => {
                let same = snapshot.files.iter().map(|file| &file.path).eq(files
                    .iter()
                    .map(|place| self.at(place))
                    .collect::<Vec<_>>()
                    .iter());
                (!same)
                    .then(|| Damage::Unreadable { why: format!("version {version} has other files by its checkpoint") })
            }
        };
        verified.found.extend(damage.map(|damage| Found::new(log, damage, named_by.to_owned())));
    }

    /// Reads a file to its end and compares its checksum; without one it is decoded.
    async fn read_through(&self, file: &Needed) -> Result<Option<Damage>> {
        let object = match self.storage().root.get(&self.at(&file.place)).await {
            Ok(object) => object,
            Err(object_store::Error::NotFound { .. }) => return Ok(Some(Damage::Missing)),
            Err(error) => return Err(error.into()),
        };
        if let Some(expected) = &file.sha256 {
            return Ok((Sum::read(object).await?.sha256 != *expected).then_some(Damage::Bytes));
        }
        if file.size.is_some_and(|size| size > DECODED) || !file.place.ends_with(".parquet") {
            return Ok(None);
        }
        let (bytes, rows) = (object.bytes().await?, file.rows);
        let decoded = tokio::task::spawn_blocking(move || decode(bytes, rows)).await;
        // A decoder that panics met something that is no Parquet.
        Ok(decoded.unwrap_or_else(|_| Some(Damage::Unreadable { why: "it is no Parquet".to_owned() })))
    }
}

/// Reads all rows of a Parquet file.
fn decode(bytes: bytes::Bytes, expected: Option<u64>) -> Option<Damage> {
    let unreadable = |why: String| Some(Damage::Unreadable { why });
    let reader = match ParquetRecordBatchReaderBuilder::try_new(bytes).and_then(|builder| builder.build()) {
        Ok(reader) => reader,
        Err(error) => return unreadable(error.to_string()),
    };
    let (_schema, mut found) = (reader.schema(), 0);
    for batch in reader {
        match batch {
            Ok(batch) => found += batch.num_rows() as u64,
            Err(error) => return unreadable(error.to_string()),
        }
    }
    let expected = expected.filter(|expected| *expected != found)?;
    Some(Damage::Rows { found, expected })
}

/// Which of a log's versions releases name, each with the first that does.
fn named(log: &Log, scene: &Scene<'_>) -> BTreeMap<u64, String> {
    let mut versions = BTreeMap::new();
    for (number, release) in scene.releases.iter().filter(|(number, _)| !scene.retired.contains(number)) {
        if let Some(version) = release.tables.get(&log.name) {
            versions.entry(*version).or_insert_with(|| format!("release {number}, {} version {version}", log.name));
        }
    }
    versions
}

/// Compares the log's entries with what releases and lists say of their bytes.
fn spoilt_entries(log: &Log, scene: &Scene<'_>, verified: &mut Verified) {
    let known = |place: &str| verified.found.iter().any(|found| found.place == place);
    let mut spoilt = Vec::new();
    for entry in &log.entries {
        let place = crate::log::entry_place(&log.name, entry.version);
        if let Some(sum) = scene.sums.get(&place)
            && sum.sha256 != entry.sha256
            && !known(&place)
        {
            spoilt.push(Found::new(place, Damage::Bytes, log.name.to_string()));
        }
    }
    // Each digest covers all entries before: the first that differs tells between which two releases something was changed.
    let mut last_good = None;
    for (number, release) in scene.releases {
        let (Some(version), Some(digest)) = (release.tables.get(&log.name), release.logs.get(&log.name)) else {
            continue;
        };
        match log.digest(*version) {
            Some(found) if found == *digest => last_good = Some(*version),
            Some(_) if spoilt.is_empty() && log.faults.is_empty() => {
                let first = last_good.map_or(0, |version: u64| version + 1);
                let place = crate::log::entry_place(&log.name, *version);
                let named_by = format!("release {number}, {} versions {first} to {version}", log.name);
                spoilt.push(Found::new(place, Damage::Bytes, named_by));
                break;
            }
            _ => break,
        }
    }
    verified.found.extend(spoilt);
}

/// Whether an object is not what was written, by its own checksum or, where it carries none, by that which was taken down of it.
fn is_spoilt(bytes: &[u8], sum: Option<&Sum>) -> bool {
    match is_whole(bytes) {
        Some(is_whole) => !is_whole,
        None => sum.is_some_and(|sum| *sum != Sum::of(bytes)),
    }
}

/// The numbers of numbered objects in a folder, in order.
fn numbers(objects: &Objects, folder: &Place) -> Vec<u64> {
    let prefix = format!("{folder}/");
    let names = objects.keys().filter_map(|place| place.strip_prefix(&prefix)?.strip_suffix(".json"));
    names.filter_map(|name| name.parse().ok()).collect()
}
