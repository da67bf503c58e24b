//! Names, schemas, commits and snapshots of kehou's tables: the only crate that knows Delta and storage URLs.
//!
//! A warehouse is a folder (or a bucket's prefix) with a marker, Delta tables, releases and sealed originals. Appends
//! rely on Delta's optimistic commits, so several writers may work at once; a release is one object, written if absent.

pub mod backup;
pub mod bucket;
pub mod damage;
pub mod digest;
pub mod erasure;
pub mod error;
pub mod fault;
pub mod lock;
mod log;
pub mod migrate;
mod objects;
pub mod official;
pub mod optimize;
pub mod place;
pub mod release;
pub mod scan;
pub mod session;
pub mod step;
mod storage;
mod summing;
pub mod sums;
pub mod table;
pub mod upload;
pub mod verify;

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::{Result, WarehouseError};
use crate::place::Place;
use crate::storage::Storage;

/// The format of the warehouse's layout that this build reads and writes.
pub const FORMAT: u32 = 2;

/// What makes a folder a warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The layout's version.
    pub format: u32,
    /// The warehouse's own id, by which keys outside of it are found again.
    pub id: uuid::Uuid,
    /// The public key to which originals are sealed.
    pub seal_to: String,
    /// When it was made, RFC 3339 in UTC.
    pub made_at: String,
}

/// An open warehouse. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Warehouse {
    storage: Storage,
    marker: Arc<Marker>,
}

impl Warehouse {
    /// Makes a warehouse at `location` (a path, `file://`, `s3://` or `memory://`), or opens the one that is there.
    ///
    /// `seal_to` gives the public key for originals; it is asked only where a warehouse is made. A warehouse in memory
    /// lives as long as its handles.
    pub async fn create(location: &str, seal_to: impl FnOnce(uuid::Uuid) -> String) -> Result<Warehouse> {
        let storage = storage::open(location)?;
        let id = uuid::Uuid::now_v7();
        if let Some(marker) = read_marker(&storage, location).await? {
            return Warehouse { storage, marker: Arc::new(marker) }.of_this_format(location);
        }
        let made_at = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let marker = Marker { format: FORMAT, id, seal_to: seal_to(id), made_at };
        let text = serde_json::to_vec_pretty(&marker).expect("a marker is plain data");
        let path = storage.path(&Place::Marker);
        match storage.root.put_opts(&path, text.into(), PutOptions::from(PutMode::Create)).await {
            Ok(_) => Ok(Warehouse { storage, marker: Arc::new(marker) }),
            // Somebody else made it in the same moment: theirs counts.
            Err(object_store::Error::AlreadyExists { .. }) => Self::open(location).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the warehouse at `location`, which must have this build's format.
    pub async fn open(location: &str) -> Result<Warehouse> {
        Self::open_any(location).await?.of_this_format(location)
    }

    /// Opens a warehouse of this or an earlier format: to look at it, to copy it, to migrate it.
    pub async fn open_any(location: &str) -> Result<Warehouse> {
        let storage = storage::open(location)?;
        match read_marker(&storage, location).await? {
            Some(marker) => Ok(Warehouse { storage, marker: Arc::new(marker) }),
            None => Err(WarehouseError::Missing { location: location.to_owned() }),
        }
    }

    fn of_this_format(self, location: &str) -> Result<Warehouse> {
        match self.marker.format {
            FORMAT => Ok(self),
            found => Err(WarehouseError::Older { location: location.to_owned(), found, expected: FORMAT }),
        }
    }

    /// The marker.
    pub fn marker(&self) -> &Marker {
        &self.marker
    }

    /// The root as a URL.
    pub fn url(&self) -> &Url {
        &self.storage.base
    }

    /// The root as a local folder, where the warehouse lies on a file system.
    pub fn folder(&self) -> Option<std::path::PathBuf> {
        (self.storage.base.scheme() == "file").then(|| self.storage.base.to_file_path().ok()).flatten()
    }

    /// Writes an object once; `false` where it was there already. The same place never gets other bytes.
    pub async fn put_once(&self, place: &Place, bytes: Bytes) -> Result<bool> {
        let path = self.storage.path(place);
        match self.storage.root.put_opts(&path, bytes.into(), PutOptions::from(PutMode::Create)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads an object; `None` where there is none.
    pub async fn get(&self, place: &Place) -> Result<Option<Bytes>> {
        self.storage.get(place).await
    }

    /// Reads an object that carries its own checksum; `None` where there is none.
    async fn find_signed<T: DeserializeOwned>(&self, place: &Place) -> Result<Option<T>> {
        let damaged = |why: String| WarehouseError::Damaged { place: place.to_string(), why };
        let Some(bytes) = self.get(place).await? else { return Ok(None) };
        if digest::is_whole(&bytes) == Some(false) {
            return Err(damaged("its bytes are not those that were written; `kehou verify` tells more".to_owned()));
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|error| damaged(error.to_string()))
    }

    /// The same of one that must be there.
    async fn read_signed<T: DeserializeOwned>(&self, place: &Place) -> Result<T> {
        let missing = || WarehouseError::Damaged { place: place.to_string(), why: "it is missing".to_owned() };
        self.find_signed(place).await?.ok_or_else(missing)
    }

    /// The numbers of a folder's numbered objects, in order.
    async fn numbers(&self, folder: &Place) -> Result<Vec<u64>> {
        let names = self.list(folder).await?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(".json")?.parse().ok()).collect())
    }

    /// The names of the objects below a place, in order.
    pub async fn list(&self, place: &Place) -> Result<Vec<String>> {
        use futures::TryStreamExt;
        let mut names: Vec<String> = self
            .storage
            .root
            .list(Some(&self.storage.path(place)))
            .map_ok(|object| object.location.filename().unwrap_or_default().to_owned())
            .try_collect()
            .await?;
        names.sort();
        Ok(names)
    }

    /// The names of all tables, in order.
    pub async fn tables(&self) -> Result<Vec<table::TableName>> {
        let mut names = Vec::new();
        let root = self.storage.path(&Place::Tables);
        for schema in self.storage.root.list_with_delimiter(Some(&root)).await?.common_prefixes {
            for table in self.storage.root.list_with_delimiter(Some(&schema)).await?.common_prefixes {
                let part = |path: &Path| path.filename().unwrap_or_default().to_owned();
                names.push(table::TableName::new(part(&schema), part(&table)));
            }
        }
        names.sort();
        Ok(names)
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }
}

impl Storage {
    /// The path of a place from the store's root.
    pub(crate) fn path(&self, place: &Place) -> Path {
        let prefix = Path::from_url_path(self.base.path()).expect("the base was made from a URL");
        place.to_string().split('/').fold(prefix, |path, part| path.join(part))
    }

    /// The URL of a place.
    pub(crate) fn url(&self, place: &Place) -> Url {
        self.base.join(&format!("{place}/")).expect("places are plain path segments")
    }

    /// Reads an object; `None` where there is none.
    pub(crate) async fn get(&self, place: &Place) -> Result<Option<Bytes>> {
        match self.root.get(&self.path(place)).await {
            Ok(object) => Ok(Some(object.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

async fn read_marker(storage: &Storage, location: &str) -> Result<Option<Marker>> {
    let Some(bytes) = storage.get(&Place::Marker).await? else { return Ok(None) };
    let damaged = |why: String| WarehouseError::Damaged { place: Place::Marker.to_string(), why };
    let marker: Marker = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if marker.format > FORMAT {
        return Err(WarehouseError::Newer { location: location.to_owned(), found: marker.format, expected: FORMAT });
    }
    Ok(Some(marker))
}
