//! Checksums of objects that carry none: sealed originals, and all that stood in a warehouse before it kept checksums.
//!
//! Each `checksums/<id>.json` is written once and never edited: one by each call that keeps originals, before the ledger names
//! them, and one by the migration of an older warehouse. Data files have theirs in Delta's log, beside their names.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{GetResult, ObjectStoreExt};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Warehouse;
use crate::digest::{is_whole, sha256, signed};
use crate::error::{Result, WarehouseError};
use crate::place::Place;

/// What an object's bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// How many.
    pub size: u64,
    /// Their SHA-256 in hex.
    pub sha256: String,
}

impl Sum {
    /// Of bytes.
    pub fn of(bytes: &[u8]) -> Sum {
        Sum { size: bytes.len() as u64, sha256: sha256(bytes) }
    }

    /// Of an object, read piece by piece to its end.
    pub(crate) async fn read(object: GetResult) -> Result<Sum> {
        let (mut bytes, mut digest, mut size) = (object.into_stream(), Sha256::new(), 0);
        while let Some(piece) = bytes.try_next().await? {
            digest.update(&piece);
            size += piece.len() as u64;
        }
        Ok(Sum { size, sha256: hex::encode(digest.finalize()) })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    made_at: String,
    files: BTreeMap<String, Sum>,
}

impl Warehouse {
    /// The checksum of an object as it is, read piece by piece; none where there is none.
    pub async fn sum_of(&self, place: &Place) -> Result<Option<Sum>> {
        match self.storage().root.get(&self.storage().path(place)).await {
            Ok(object) => Sum::read(object).await.map(Some),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps checksums of objects, by their places. Nothing is written where there are none.
    pub async fn keep_sums(&self, files: BTreeMap<String, Sum>) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let made_at = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let place = Place::Sums(uuid::Uuid::now_v7().to_string());
        self.put_once(&place, Bytes::from(signed(&Kept { made_at, files }))).await.map(drop)
    }

    /// All checksums that were kept, the first of each place, and the lists that can't be trusted.
    pub(crate) async fn sums(&self) -> Result<(HashMap<String, Sum>, Vec<WarehouseError>)> {
        let (mut sums, mut faults) = (HashMap::new(), Vec::new());
        // Their names grow with time.
        for name in self.list(&Place::AllSums).await? {
            let Some(id) = name.strip_suffix(".json") else { continue };
            let place = Place::Sums(id.to_owned());
            let damaged = |why: String| WarehouseError::Damaged { place: place.to_string(), why };
            let Some(bytes) = self.get(&place).await? else { continue };
            if is_whole(&bytes) != Some(true) {
                faults.push(damaged("its bytes are not those that were written".to_owned()));
                continue;
            }
            match serde_json::from_slice::<Kept>(&bytes) {
                Ok(kept) => {
                    for (place, sum) in kept.files {
                        sums.entry(place).or_insert(sum);
                    }
                }
                Err(error) => faults.push(damaged(error.to_string())),
            }
        }
        Ok((sums, faults))
    }
}
