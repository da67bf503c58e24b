//! Log-ins that were looked up a moment ago, so that a reader's next page needs no look into the accounts' file.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::Method;
use sha2::{Digest, Sha256};

use crate::accounts::{Accounts, Session};
use crate::error::Result;

/// So long a log-in is taken as it was found: what the command does to an account beside the server works this much later.
const FRESH: Duration = Duration::from_secs(1);
/// More are not remembered; they are all looked up again.
const MOST: usize = 4096;

/// The log-ins of the last moment, by the hash of their token: the token itself is kept nowhere.
#[derive(Default)]
pub struct Sessions {
    known: Mutex<HashMap<[u8; 32], (Instant, Session)>>,
    /// How often all were forgotten: what was looked up before is not remembered after.
    forgotten: AtomicU64,
}

impl Sessions {
    /// The log-in of a token, for a request of this method. Whatever may change something looks it up, and so does everybody
    /// after it: a log-out, a new password or a disabled account works at once.
    pub async fn of(&self, accounts: &Accounts, token: String, method: &Method) -> Result<Option<Session>> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if method.is_safe()
            && let Some((asked, session)) = self.lock().get(&digest)
            && asked.elapsed() < FRESH
        {
            return Ok(Some(session.clone()));
        }
        let (accounts, before) = (accounts.clone(), self.forgotten.load(Ordering::Acquire));
        let found = tokio::task::spawn_blocking(move || accounts.session(&token)).await??;
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        match &found {
            Some(session) if method.is_safe() && self.forgotten.load(Ordering::Acquire) == before => {
                drop(known.insert(digest, (Instant::now(), session.clone())))
            }
            _ => drop(known.remove(&digest)),
        }
        Ok(found)
    }

    /// Forgets all: a request has passed that may have changed an account or ended a log-in.
    pub fn forget(&self) {
        let mut known = self.lock();
        self.forgotten.fetch_add(1, Ordering::Release);
        known.clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], (Instant, Session)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
