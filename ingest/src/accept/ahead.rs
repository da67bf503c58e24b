//! How many files are judged ahead of their turn: enough that every processor has work, and few large ones at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Small files that are judged ahead, for each processor. A file that is not small takes the place of as many.
const SMALL_ONES: u32 = 4;
/// A file of fewer bytes is small.
const SMALL: u64 = 256 * 1024;

/// The room for files that were begun and not taken in yet, and the hands that judge them: one a processor.
#[derive(Clone)]
pub struct Ahead {
    room: Arc<Semaphore>,
    hands: Arc<Semaphore>,
}

/// What one file takes up, until it is dropped.
pub type Room = OwnedSemaphorePermit;

impl Ahead {
    /// Room for as many files as [`Ahead::most`] says.
    pub fn new() -> Ahead {
        Ahead { room: Arc::new(Semaphore::new(Ahead::most())), hands: Arc::new(Semaphore::new(processors())) }
    }

    /// The most files that may be begun at once.
    pub fn most() -> usize {
        processors() * SMALL_ONES as usize
    }

    /// Waits for room, then for a hand. Files get them in the order in which they ask, which is that of their turns: none
    /// waits for one whose turn comes later.
    pub async fn begin(&self, bytes: u64) -> (Room, OwnedSemaphorePermit) {
        let places = if bytes < SMALL { 1 } else { SMALL_ONES };
        let room = self.room.clone().acquire_many_owned(places).await.expect("it is never closed");
        (room, self.hands.clone().acquire_owned().await.expect("it is never closed"))
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}
