//! A copy of a warehouse at one moment, in a local folder, and a warehouse made from it again.
//!
//! Everything in a warehouse is written once, so a copy needs no standstill: what it holds is chosen first (versions of tables,
//! releases, originals), and what others write meanwhile is left out. Files that are there with their checksum are not copied
//! again. `backup.json` names every file with its checksum and is written last; a folder without it is no backup yet. The files of
//! an earlier `backup.json` stay until the next one stands, so an interrupted copy spoils nothing.

mod copy;
mod restore;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path as FilePath, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Warehouse;
use crate::digest::{is_whole, signed};
use crate::error::{Result, WarehouseError};
use crate::objects::tables;
use crate::place::Place;
use crate::sums::Sum;
use crate::table::TableName;

pub use restore::restore;

/// The list of what a backup holds.
const MANIFEST: &str = "backup.json";
/// What stands in the folder while a backup is being made.
const UNFINISHED: &str = "backup.unfinished";
/// The folder of the warehouse's objects.
const OBJECTS: &str = "warehouse";

/// What of a warehouse is copied.
#[derive(Debug, Clone, Default)]
pub struct Cut {
    /// The newest release that is; those before come with it.
    pub release: Option<u64>,
    /// The version of each table of facts and reference tables up to which it is.
    pub tables: BTreeMap<TableName, u64>,
    /// The originals, by their SHA-256.
    pub originals: Vec<String>,
}

/// What a backup holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// The warehouse's id.
    pub id: uuid::Uuid,
    /// When its moment was, RFC 3339 in UTC.
    pub made_at: String,
    /// The newest release in it.
    pub release: Option<u64>,
    /// The warehouse's objects, by their places.
    pub files: BTreeMap<String, Sum>,
    /// Files beside the warehouse, by their names in the folder: the accounts.
    pub beside: BTreeMap<String, Sum>,
}

/// What making a backup did.
#[derive(Debug, Default)]
pub struct Copied {
    /// Files that were copied.
    pub copied: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there already with the same bytes.
    pub there: usize,
    /// The newest release in it.
    pub release: Option<u64>,
}

/// A folder in which a backup is being made.
#[derive(Debug)]
pub struct Backup {
    folder: PathBuf,
    before: Option<Manifest>,
    manifest: Manifest,
    copied: Copied,
}

impl Backup {
    /// Begins a backup in a folder, which is made where it is missing; an earlier backup of another warehouse is refused.
    pub fn begin(warehouse: &Warehouse, folder: &FilePath) -> Result<Backup> {
        fs::create_dir_all(folder).map_err(io(folder))?;
        let before = read_manifest(folder)?;
        let id = warehouse.marker().id;
        let refused = |why: &str| WarehouseError::Backup { folder: folder.display().to_string(), why: why.to_owned() };
        let inside = |root: PathBuf| {
            folder.canonicalize().is_ok_and(|folder| root.canonicalize().is_ok_and(|root| folder.starts_with(root)))
        };
        if warehouse.folder().is_some_and(inside) {
            drop(fs::remove_dir(folder));
            return Err(refused(
                "备份不能放在数据仓库里面，最好在另一块磁盘上 / a backup can't lie within the warehouse; name a folder on another disk",
            ));
        }
        match &before {
            Some(before) if before.id != id => {
                return Err(refused(
                    "里面是另一个数据仓库的备份，请换一个文件夹 / it holds the backup of another warehouse; name another folder",
                ));
            }
            None if !folder.join(UNFINISHED).exists() && !is_empty(folder)? => {
                return Err(refused(
                    "文件夹不是空的，也不是备份 / the folder is not empty and holds no backup; name another one",
                ));
            }
            _ => {}
        }
        let unfinished = folder.join(UNFINISHED);
        fs::write(&unfinished, id.to_string()).map_err(io(&unfinished))?;
        let made_at = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let manifest = Manifest { id, made_at, release: None, files: BTreeMap::new(), beside: BTreeMap::new() };
        Ok(Backup { folder: folder.to_owned(), before, manifest, copied: Copied::default() })
    }

    /// Where a file beside the warehouse is to be written; it is known by its bytes once it is [`Backup::keep`]t.
    pub fn place_beside(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.part"))
    }

    /// Takes a file in that was written to [`Backup::place_beside`]; an earlier backup's file of that name stays until the end.
    pub fn keep(&mut self, name: &str) -> Result<()> {
        let part = self.place_beside(name);
        let sum = Sum::of(&fs::read(&part).map_err(io(&part))?);
        let name = format!("{name}.{}", &sum.sha256[..16]);
        copy::settle(&part, &self.folder.join(&name))?;
        self.manifest.beside.insert(name, sum);
        Ok(())
    }

    /// Copies the warehouse's objects. `progress` is told how many bytes of how many are done.
    pub async fn copy(&mut self, warehouse: &Warehouse, cut: &Cut, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<()> {
        let wanted = warehouse.wanted(cut).await?;
        self.manifest.release = cut.release;
        let objects = self.folder.join(OBJECTS);
        let done = copy::fetch_all(warehouse, &wanted, &objects, progress).await?;
        for (place, sum, was_there) in done {
            if was_there {
                self.copied.there += 1;
            } else {
                self.copied.copied += 1;
                self.copied.bytes += sum.size;
            }
            self.manifest.files.insert(place, sum);
        }
        Ok(())
    }

    /// Lets the backup stand, and removes what only the one before needed.
    pub fn finish(mut self) -> Result<Copied> {
        crate::step::reached("backup.copied");
        let part = self.folder.join(format!("{MANIFEST}.part"));
        fs::write(&part, signed(&self.manifest)).map_err(io(&part))?;
        copy::settle(&part, &self.folder.join(MANIFEST))?;
        crate::step::reached("backup.listed");
        if let Some(before) = &self.before {
            let gone = before.files.keys().filter(|place| !self.manifest.files.contains_key(*place));
            let beside = before.beside.keys().filter(|name| !self.manifest.beside.contains_key(*name));
            let paths = gone
                .map(|place| self.folder.join(OBJECTS).join(place))
                .chain(beside.map(|name| self.folder.join(name)));
            for path in paths {
                remove(&path)?;
            }
        }
        remove(&self.folder.join(UNFINISHED))?;
        self.copied.release = self.manifest.release;
        Ok(self.copied)
    }
}

/// The list of what a folder's backup holds; none where there is no complete one.
pub fn read_manifest(folder: &FilePath) -> Result<Option<Manifest>> {
    let path = folder.join(MANIFEST);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(&path)(error)),
    };
    let damaged = |why: String| WarehouseError::Backup { folder: path.display().to_string(), why };
    if is_whole(&bytes) != Some(true) {
        return Err(damaged("清单已损坏，请用另一份备份 / the list is damaged: use another backup".to_owned()));
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|error| damaged(error.to_string()))
}

/// Whether a backup in the folder was begun and not finished.
pub fn is_unfinished(folder: &FilePath) -> bool {
    folder.join(UNFINISHED).exists()
}

/// An object to be copied, with its checksum where it is known.
#[derive(Debug, Clone)]
struct Wanted {
    place: String,
    size: u64,
    sha256: Option<String>,
}

impl Warehouse {
    /// The objects that a copy must have, the marker last.
    async fn wanted(&self, cut: &Cut) -> Result<Vec<Wanted>> {
        let objects = self.objects().await?;
        let (sums, _) = self.sums().await?;
        let mut places: BTreeMap<String, Option<String>> = BTreeMap::new();
        let mut versions: BTreeMap<TableName, BTreeSet<u64>> = BTreeMap::new();
        for (name, version) in &cut.tables {
            versions.entry(name.clone()).or_default().insert(*version);
        }
        let retired = self.retired().await?;
        let newest = cut.release.unwrap_or_default();
        for number in self.release_numbers().await?.into_iter().filter(|number| *number <= newest) {
            places.insert(Place::Release(number).to_string(), None);
            let release = self.read_release(number).await?;
            if let Some(models) = &release.models {
                places.insert(Place::Models(models.clone()).to_string(), Some(models.clone()));
            }
            if retired.contains(&number) {
                places.insert(Place::Retired(number).to_string(), None);
                // Its log is kept, its files are not.
                continue;
            }
            for (name, version) in release.tables {
                versions.entry(name).or_default().insert(version);
            }
        }
        places.extend(self.losses().await?.into_iter().map(|number| (Place::Erasure(number).to_string(), None)));
        for number in self.official_numbers().await? {
            let place = Place::Official(number);
            let Some(bytes) = self.get(&place).await? else { continue };
            let official: Result<crate::official::Official, _> = serde_json::from_slice(&bytes);
            if official.is_ok_and(|official| official.release <= newest) {
                places.insert(place.to_string(), None);
            }
        }
        let all = tables(&objects);
        for (name, versions) in versions {
            let newest = versions.last().copied().unwrap_or_default();
            let log = self.log(&name, all.get(&name).map_or(&[][..], Vec::as_slice)).await?;
            let told = log.first_told();
            for version in versions {
                for place in log.files(version).into_keys() {
                    let sha256 = told.get(place).and_then(|told| told.sha256.clone());
                    places.insert(place.to_owned(), sha256);
                }
            }
            let folder = format!("{}/_delta_log/", Place::Table(name));
            for place in objects.keys().filter(|place| place.starts_with(&folder)) {
                // `…0012.json`, `…0012.checkpoint.parquet`; what only points to a checkpoint is made again.
                let digits = place[folder.len()..].split('.').next().unwrap_or_default();
                if digits.parse::<u64>().is_ok_and(|version| version <= newest) {
                    places.insert(place.clone(), None);
                }
            }
        }
        places.extend(cut.originals.iter().map(|sha256| (Place::Original(sha256.clone()).to_string(), None)));
        let lists = format!("{}/", Place::AllSums);
        places.extend(objects.keys().filter(|place| place.starts_with(&lists)).map(|place| (place.clone(), None)));
        let mut wanted = Vec::with_capacity(places.len() + 1);
        for (place, sha256) in places {
            let Some(object) = objects.get(&place) else {
                // It was written after the list was made, or it is missing.
                if let Ok(object) = object_store::ObjectStoreExt::head(&self.storage().root, &self.at(&place)).await {
                    wanted.push(Wanted { place, size: object.size, sha256 });
                    continue;
                }
                let why = "缺失，无法备份；先运行 kehou verify / it is missing; run `kehou verify` first".to_owned();
                return Err(WarehouseError::Damaged { place, why });
            };
            let sha256 = sha256.or_else(|| sums.get(&place).map(|sum| sum.sha256.clone()));
            wanted.push(Wanted { place, size: object.size, sha256 });
        }
        let marker = Place::Marker.to_string();
        wanted.push(Wanted { size: objects.get(&marker).map_or(0, |object| object.size), place: marker, sha256: None });
        Ok(wanted)
    }
}

fn is_empty(folder: &FilePath) -> Result<bool> {
    Ok(fs::read_dir(folder).map_err(io(folder))?.next().is_none())
}

fn remove(path: &FilePath) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(path)(error)),
        _ => Ok(()),
    }
}

fn io(path: &FilePath) -> impl Fn(std::io::Error) -> WarehouseError + '_ {
    |source| WarehouseError::Io { path: path.display().to_string(), source }
}
