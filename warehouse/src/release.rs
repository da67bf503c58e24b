//! Releases: one object each names the versions of all tables that belong together. Readers pin one.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::NaiveDate;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::Warehouse;
use crate::digest::{sha256, signed};
use crate::error::{Result, WarehouseError};
use crate::official::marked;
use crate::place::Place;
use crate::table::TableName;

/// A set of table versions that were made and tested together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Counts from 1 without a gap.
    pub release: u64,
    /// When it was published, RFC 3339 in UTC.
    pub made_at: String,
    /// The date that lateness was judged against.
    pub today: NaiveDate,
    /// Whether the city declared it official; told from the declarations (`official`), not from the release's own object.
    #[serde(default)]
    pub official: bool,
    /// What the city says of it.
    #[serde(default)]
    pub note: String,
    /// The version of every table in it: facts, reference and marts.
    pub tables: BTreeMap<TableName, u64>,
    /// What it was computed by: the SHA-256 of each model's SQL.
    #[serde(default)]
    pub fingerprints: BTreeMap<String, String>,
    /// The object that holds the SQL itself, named by its SHA-256; none in releases of a kehou that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<String>,
    /// The checksum over the log of each table up to its version; none in releases of a kehou that kept none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub logs: BTreeMap<TableName, String>,
    /// The day before which persons' rows were erased when it was made, if any were: what was closed with them it carried over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_before: Option<NaiveDate>,
    /// The tables that it held, and lost because rows of persons in them were erased; told from what was said of it since.
    #[serde(skip)]
    pub lost: BTreeSet<TableName>,
}

/// Tables whose logs are read at once.
const AT_ONCE: usize = 8;

impl Warehouse {
    /// Publishes a release: from the moment that this returns, readers see it, and before they see nothing of it.
    pub async fn publish(&self, release: &Release) -> Result<()> {
        let release = &Release { logs: self.digests(release).await?, ..release.clone() };
        if self.put_once(&Place::Release(release.release), Bytes::from(signed(release))).await? {
            Ok(())
        } else {
            Err(WarehouseError::ReleaseTaken { release: release.release })
        }
    }

    /// The checksums of the tables' logs, from those of the release before on.
    async fn digests(&self, release: &Release) -> Result<BTreeMap<TableName, String>> {
        let before = match release.release.checked_sub(1).filter(|number| *number > 0) {
            Some(number) => Some(self.read_release(number).await?),
            None => None,
        };
        let known = |name: &TableName| {
            let before = before.as_ref()?;
            Some((*before.tables.get(name)?, before.logs.get(name)?.clone()))
        };
        // A version that lies before the known one is told from the beginning.
        let tables: Vec<_> = release
            .tables
            .iter()
            .map(|(name, version)| (name.clone(), known(name).filter(|(known, _)| known <= version), *version))
            .collect();
        let digests = stream::iter(tables).map(|(name, known, version)| async move {
            self.log_digest(&name, known, version).await.map(|digest| (name, digest))
        });
        digests.buffer_unordered(AT_ONCE).try_collect().await
    }

    /// All releases that are kept, oldest first.
    pub async fn releases(&self) -> Result<Vec<Release>> {
        let (officials, retired) = (self.officials().await?, self.retired().await?);
        let mut releases = Vec::new();
        for number in self.release_numbers().await?.into_iter().filter(|number| !retired.contains(number)) {
            releases.push(marked(self.read_release(number).await?, &officials));
        }
        Ok(releases)
    }

    /// The newest release, if there is one yet.
    pub async fn latest_release(&self) -> Result<Option<Release>> {
        match self.release_numbers().await?.last() {
            Some(number) => self.release(*number).await.map(Some),
            None => Ok(None),
        }
    }

    /// The release of a number, with what was declared of it.
    pub async fn release(&self, number: u64) -> Result<Release> {
        if self.get(&Place::Retired(number)).await?.is_some() {
            return Err(WarehouseError::Retired { release: number });
        }
        Ok(marked(self.read_release(number).await?, &self.officials().await?))
    }

    /// A release as it was written, without the tables that it lost since.
    pub(crate) async fn read_release(&self, number: u64) -> Result<Release> {
        let Some(release) = self.find_signed(&Place::Release(number)).await? else {
            let newest = self.release_numbers().await?.last().copied();
            return Err(WarehouseError::NoRelease { release: number, newest });
        };
        self.without_lost(release).await
    }

    /// Keeps the models that a release is made with; the same ones are kept once. Gives the name for [`Release::models`].
    pub async fn keep_models(&self, text: Vec<u8>) -> Result<String> {
        let name = sha256(&text);
        self.put_once(&Place::Models(name.clone()), Bytes::from(text)).await?;
        Ok(name)
    }

    /// The models that a release was made with, as they were kept; none where it kept none.
    pub async fn kept_models(&self, release: &Release) -> Result<Option<Bytes>> {
        let Some(name) = &release.models else { return Ok(None) };
        let place = Place::Models(name.clone());
        let damaged = |why: &str| WarehouseError::Damaged { place: place.to_string(), why: why.to_owned() };
        let bytes = self.get(&place).await?.ok_or_else(|| damaged("it is missing"))?;
        if sha256(&bytes) == *name {
            Ok(Some(bytes))
        } else {
            Err(damaged("its bytes are not those that its name tells"))
        }
    }

    pub(crate) async fn release_numbers(&self) -> Result<Vec<u64>> {
        self.numbers(&Place::Releases).await
    }
}
