//! Log-ins that were refused, for the audit: by name where there is such an account. Of other names, which may well be passwords
//! that were typed in the wrong place, only the number is kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::visit::App;

/// Attempts under names of nobody are told together, so often at most.
const TOGETHER: Duration = Duration::from_secs(60);

/// Attempts under names of nobody: when they were told last, and how many came since.
#[derive(Debug, Clone, Default)]
pub struct Refusals {
    strangers: Arc<Mutex<(Option<Instant>, u64)>>,
}

impl Refusals {
    /// Records an attempt, aside from its answer: how long that takes must not tell whether there is such an account.
    pub fn note(&self, app: &App, name: &str) {
        let (own, accounts, desk) = (self.clone(), app.accounts.clone(), app.desk.clone());
        let name = name.trim().to_lowercase();
        tokio::spawn(async move {
            let wanted = name.clone();
            let listed = tokio::task::spawn_blocking(move || accounts.list()).await;
            let is_known = matches!(listed, Ok(Ok(all)) if all.iter().any(|account| account.name == wanted));
            let recorded = match (is_known, if is_known { None } else { own.stranger() }) {
                (true, _) => desk.audit.record(&name, "log_in_refused", &name, "").await,
                (false, Some(times)) => {
                    desk.audit.record("", "log_in_refused", "", &format!("names of nobody: {times}")).await
                }
                (false, None) => Ok(()),
            };
            if let Err(error) = recorded {
                tracing::error!(%error, "a refused log-in can't be recorded");
            }
        });
    }

    /// Counts an attempt; gives how many there were where it is time to tell it.
    fn stranger(&self) -> Option<u64> {
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.1 += 1;
        if strangers.0.is_some_and(|told| told.elapsed() < TOGETHER) {
            return None;
        }
        strangers.0 = Some(Instant::now());
        Some(std::mem::take(&mut strangers.1))
    }
}
