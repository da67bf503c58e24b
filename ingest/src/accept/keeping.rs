//! Sealed originals on their way into the warehouse, several at once: a call doesn't wait for each of them.

use tokio::task::JoinSet;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::place::Place;

/// Originals that may be under way at once.
const MOST: usize = 8;
/// Bytes of them.
const MOST_BYTES: usize = 64 << 20;

/// Originals under way.
#[derive(Default)]
pub struct Keeping {
    under_way: JoinSet<(usize, Result<bool, WarehouseError>)>,
    bytes: usize,
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
        self.under_way.spawn(async move { (size, warehouse.put_once(&place, sealed.into()).await) });
        Ok(())
    }

    /// Waits until all have arrived; fails where one didn't.
    pub async fn arrived(&mut self) -> Result<(), WarehouseError> {
        while !self.under_way.is_empty() {
            self.one().await?;
        }
        Ok(())
    }

    async fn one(&mut self) -> Result<(), WarehouseError> {
        if let Some(done) = self.under_way.join_next().await {
            let (size, kept) = done.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()));
            self.bytes -= size;
            kept?;
        }
        Ok(())
    }
}
