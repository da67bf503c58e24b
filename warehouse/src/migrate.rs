//! A warehouse of an earlier format becomes one of this build's. Each step may be repeated; the marker changes last.
//!
//! Format 2 keeps checksums: of each data file in Delta's log, of logs in releases, of releases and declarations in themselves, of
//! originals in lists. What was written before gets one list of the checksums that it has now: damage from before can't be
//! told, damage from now on can.

mod reshape;

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectStoreExt, PutPayload};
use sha2::{Digest, Sha256};

pub use reshape::Reshaped;

use crate::error::{Result, WarehouseError};
use crate::place::Place;
use crate::sums::Sum;
use crate::{FORMAT, Marker, Warehouse};

/// Files that are read at once.
const AT_ONCE: usize = 4;

impl Warehouse {
    /// The format that the warehouse had when it was opened.
    pub fn format(&self) -> u32 {
        self.marker.format
    }

    /// Gives every object that carries no checksum one: what is there now is taken for good.
    pub async fn sum_up(&self, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<usize> {
        let objects = self.objects().await?;
        let (known, _) = self.sums().await?;
        let kinds = ["tables/", "releases/", "officials/", "models/", "originals/"];
        // What points to the newest checkpoint is the one object that changes.
        let wanted: Vec<(String, u64)> = objects
            .into_iter()
            .filter(|(place, _)| kinds.iter().any(|kind| place.starts_with(kind)) && !known.contains_key(place))
            .filter(|(place, _)| !place.ends_with("_last_checkpoint"))
            .map(|(place, object)| (place, object.size))
            .collect();
        let (all, mut done) = (wanted.iter().map(|(_, size)| size).sum(), 0);
        let mut under_way = stream::iter(wanted)
            .map(|(place, _)| async move {
                let mut bytes = self.storage().root.get(&self.at(&place)).await?.into_stream();
                let (mut digest, mut size) = (Sha256::new(), 0);
                while let Some(piece) = bytes.try_next().await? {
                    digest.update(&piece);
                    size += piece.len() as u64;
                }
                Ok::<_, WarehouseError>((place, Sum { size, sha256: hex::encode(digest.finalize()) }))
            })
            .buffer_unordered(AT_ONCE);
        let mut sums = BTreeMap::new();
        while let Some((place, sum)) = under_way.try_next().await? {
            done += sum.size;
            progress(done, all);
            sums.insert(place, sum);
        }
        let count = sums.len();
        self.keep_sums(sums).await?;
        Ok(count)
    }

    /// Lets the warehouse have this build's format: from now on earlier builds refuse it.
    pub async fn settle_format(self, location: &str) -> Result<Warehouse> {
        let marker = Marker { format: FORMAT, ..Marker::clone(&self.marker) };
        let text = serde_json::to_vec_pretty(&marker).expect("a marker is plain data");
        self.storage().root.put(&self.storage().path(&Place::Marker), PutPayload::from(text)).await?;
        Warehouse::open(location).await
    }
}
