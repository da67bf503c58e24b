//! Sealed originals on their way into the warehouse, several at once: a call doesn't wait for each of them.

use std::collections::BTreeMap;

use tokio::task::JoinSet;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::place::Place;
use warehouse::sums::Sum;

/// Originals that may be under way at once.
const MOST: usize = 8;
/// Bytes of them.
const MOST_BYTES: usize = 64 << 20;

/// One that arrived: its place and its checksum.
type Kept = Result<(String, Option<Sum>), WarehouseError>;

/// Originals under way.
#[derive(Default)]
pub struct Keeping {
    under_way: JoinSet<(usize, Kept)>,
    bytes: usize,
    /// The checksums of those that arrived.
    sums: BTreeMap<String, Sum>,
}

impl Keeping {
    /// Sends one on its way, after as many others arrived that the bounds hold.
    pub async fn keep(&mut self, warehouse: &Warehouse, sha256: &str, sealed: Vec<u8>) -> Result<(), WarehouseError> {
        let size = sealed.len();
        while self.under_way.len() >= MOST || self.bytes > 0 && self.bytes + size > MOST_BYTES {
            self.one().await?;
        }
        self.bytes += size;
        let (warehouse, place) = (warehouse.clone(), Place::Original(sha256.to_owned()));
        self.under_way.spawn(async move { (size, kept(&warehouse, &place, sealed).await) });
        Ok(())
    }

    /// Waits until all have arrived and their checksums are kept; fails where one didn't.
    pub async fn arrived(&mut self, warehouse: &Warehouse) -> Result<(), WarehouseError> {
        while !self.under_way.is_empty() {
            self.one().await?;
        }
        warehouse.keep_sums(std::mem::take(&mut self.sums)).await
    }

    async fn one(&mut self) -> Result<(), WarehouseError> {
        if let Some(done) = self.under_way.join_next().await {
            let (size, kept) = done.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()));
            self.bytes -= size;
            if let (place, Some(sum)) = kept? {
                self.sums.insert(place, sum);
            }
        }
        Ok(())
    }
}

/// Keeps one and tells its checksum. One that is there already was sealed anew by an earlier attempt, and has other bytes.
async fn kept(warehouse: &Warehouse, place: &Place, sealed: Vec<u8>) -> Kept {
    let sum = Sum::of(&sealed);
    let sum = match warehouse.put_once(place, sealed.into()).await? {
        true => Some(sum),
        false => warehouse.sum_of(place).await?,
    };
    Ok((place.to_string(), sum))
}

/// Keeps the checksum of an original that is there already: the attempt that kept it may have been killed before it said so.
pub async fn sum_up(warehouse: &Warehouse, place: &Place) -> Result<(), WarehouseError> {
    match warehouse.sum_of(place).await? {
        Some(sum) => warehouse.keep_sums(BTreeMap::from([(place.to_string(), sum)])).await,
        None => Ok(()),
    }
}
