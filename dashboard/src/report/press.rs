//! Where a server sets its reports: one at a time beside the pages, and what was set is given out again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::error::{DashboardError, Result};
use crate::report::Report;
use crate::report::fonts::Fonts;
use crate::report::pdf::{PdfError, pdf};

/// Reports that are set at once: each takes a core and some tens of MiB.
const AT_ONCE: usize = 1;
/// Bytes of all kept documents together.
const ROOM: usize = 32 << 20;

/// Sets reports.
pub struct Press {
    hands: Semaphore,
    /// Found by the first report: looking through a system's fonts takes a moment.
    fonts: Arc<OnceLock<Fonts>>,
    /// By the hash of what a report says, the newest last: another release, period or declaration says something else.
    kept: Mutex<VecDeque<Kept>>,
}

/// A document with the hash of what it says.
struct Kept {
    key: [u8; 32],
    bytes: Vec<u8>,
}

impl Default for Press {
    fn default() -> Press {
        Press { hands: Semaphore::new(AT_ONCE), fonts: Arc::default(), kept: Mutex::default() }
    }
}

impl Press {
    /// The report as PDF.
    pub async fn set(&self, report: Report) -> Result<std::result::Result<Vec<u8>, PdfError>> {
        let said = serde_json::to_vec(&report).map_err(|error| DashboardError::Server(error.into()))?;
        let key: [u8; 32] = Sha256::digest(&said).into();
        if let Some(known) = self.known(&key) {
            return Ok(Ok(known));
        }
        let _turn = self.hands.acquire().await.map_err(|error| DashboardError::Server(std::io::Error::other(error)))?;
        // Who waited may have waited for the very same.
        if let Some(known) = self.known(&key) {
            return Ok(Ok(known));
        }
        let fonts = self.fonts.clone();
        let made = tokio::task::spawn_blocking(move || pdf(&report, fonts.get_or_init(Fonts::system))).await?;
        if let Ok(bytes) = &made {
            self.keep(Kept { key, bytes: bytes.clone() });
        }
        Ok(made)
    }

    fn known(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|one| one.key == *key).map(|one| one.bytes.clone())
    }

    fn keep(&self, document: Kept) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(document);
        while kept.iter().map(|one| one.bytes.len()).sum::<usize>() > ROOM {
            kept.pop_front();
        }
    }
}
