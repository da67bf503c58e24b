//! The writing side: what people do in the dashboard changes facts in the warehouse, is recorded in the audit, and leads to
//! the next release. Pages read through `scope` alone; they write through here.

pub mod audit;
pub mod publisher;
pub mod uploads;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::NaiveDate;
use ingest::casework::Case;
use ingest::keys::Keys;
use warehouse::Warehouse;
use warehouse::official::Official;

use crate::Config;
use crate::desk::audit::Auditor;
use crate::desk::publisher::Publisher;
use crate::desk::uploads::Uploads;
use crate::difference::{Causes, Difference, Filter, difference};
use crate::error::Result;
use crate::metrics::Metrics;
use crate::release::Releases;

/// Differences of releases that are kept; each takes seconds to compute and never changes.
const DIFFERENCES: usize = 8;
/// Figures and findings of all that are kept, beyond which the oldest go: a new policy moves every figure there is.
const LINES: usize = 300_000;

/// After this a comparison that failed may be tried again.
pub const TRY_AGAIN: Duration = if cfg!(test) { Duration::from_millis(20) } else { Duration::from_secs(60) };

/// Everything that writes.
pub struct Desk {
    /// Where it is written.
    pub warehouse: Warehouse,
    /// Who did what.
    pub audit: Auditor,
    /// What schools are sending.
    pub uploads: Uploads,
    /// Makes the next release.
    pub publisher: Publisher,
    /// What is counted for those who run the server.
    pub metrics: Metrics,
    releases: Arc<Releases>,
    keys: PathBuf,
    today: Option<NaiveDate>,
    revision: AtomicU64,
    cases: Mutex<HashMap<String, Case>>,
    differences: Mutex<Vec<((u64, u64), Looked)>>,
}

/// Where the look for a difference stands.
#[derive(Debug, Clone)]
pub enum Looked {
    /// Somebody computes it.
    Working,
    /// It is known.
    Found(Arc<Difference>),
    /// It could not be computed.
    Failed,
}

impl Looked {
    fn lines(&self) -> usize {
        match self {
            Looked::Found(found) => found.figures.len() + found.findings.len(),
            Looked::Working | Looked::Failed => 0,
        }
    }
}

impl Desk {
    /// The writing side of a server; its workers end with it.
    pub fn new(warehouse: Warehouse, releases: Arc<Releases>, config: &Config) -> Desk {
        Desk {
            audit: Auditor::start(warehouse.clone()),
            uploads: Uploads::default(),
            publisher: Publisher::start(warehouse.clone(), releases.clone(), config.today),
            metrics: Metrics::default(),
            warehouse,
            releases,
            keys: config.keys.clone(),
            today: config.today,
            revision: AtomicU64::new(0),
            cases: Mutex::default(),
            differences: Mutex::default(),
        }
    }

    /// The date of today, as the server was told or as the clock has it.
    pub fn today(&self) -> NaiveDate {
        today(self.today)
    }

    /// Grows with everything that pages tell before a release does: steps, declarations, differences that were found. A page
    /// that is kept is kept for one release and one revision.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }

    /// The keys in force, as the command has them.
    pub async fn keys(&self) -> Result<Keys> {
        Ok(Keys::in_force(&self.warehouse, &self.keys).await.map_err(ingest::accept::IngestError::from)?)
    }

    /// Notes how cases stand after a step, for pages that are read before the next release knows it.
    pub fn remember(&self, cases: Vec<Case>) {
        let mut known = self.cases();
        // A release takes the steps over; what it has by then need not be kept for ever.
        if known.len() > 10_000 {
            known.clear();
        }
        self.revision.fetch_add(1, Ordering::Relaxed);
        known.extend(cases.into_iter().map(|case| (case.finding.finding_id.clone(), case)));
    }

    /// How a case stands after the latest step that was taken here; none where none was since the server started.
    pub fn case(&self, finding_id: &str) -> Option<Case> {
        self.cases().get(finding_id).cloned()
    }

    /// Declares a release official.
    pub async fn declare(&self, official: &Official) -> Result<()> {
        self.warehouse.declare(official).await?;
        self.releases.refresh().await?;
        self.revision.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// What differs between two releases. The first who asks has it computed and comes back for it.
    pub fn difference(self: &Arc<Self>, before: u64, after: u64) -> Looked {
        let mut known = self.differences.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, looked)) = known.iter().find(|(pair, _)| *pair == (before, after)) {
            return looked.clone();
        }
        if known.len() >= DIFFERENCES {
            known.remove(0);
        }
        known.push(((before, after), Looked::Working));
        let desk = self.clone();
        tokio::spawn(async move {
            let found = match desk.compute(before, after).await {
                Ok(mut found) => {
                    // Pages tell what went in otherwise as a whole; kept for each figure it would take most of the room.
                    found.figures.iter_mut().for_each(|figure| figure.causes = Causes::default());
                    Looked::Found(Arc::new(found))
                }
                Err(error) => {
                    tracing::error!(%error, before, after, "two releases can't be compared");
                    Looked::Failed
                }
            };
            let has_failed = matches!(found, Looked::Failed);
            desk.found(before, after, found);
            if has_failed {
                // Whoever asks after a while has it tried again.
                tokio::time::sleep(TRY_AGAIN).await;
                let mut known = desk.differences.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                known.retain(|(pair, looked)| *pair != (before, after) || !matches!(looked, Looked::Failed));
                drop(known);
                desk.revision.fetch_add(1, Ordering::Relaxed);
            }
        });
        Looked::Working
    }

    /// Keeps what came of a look, within bounded room.
    fn found(&self, before: u64, after: u64, found: Looked) {
        let mut known = self.differences.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, looked)) = known.iter_mut().find(|(pair, _)| *pair == (before, after)) {
            *looked = found;
        }
        while known.len() > 1 && known.iter().map(|(_, looked)| looked.lines()).sum::<usize>() > LINES {
            known.remove(0);
        }
        drop(known);
        self.revision.fetch_add(1, Ordering::Relaxed);
    }

    async fn compute(&self, before: u64, after: u64) -> Result<Difference> {
        let (before, after) = (self.warehouse.release(before).await?, self.warehouse.release(after).await?);
        difference(&self.warehouse, &before, &after, &Filter::default()).await
    }

    fn cases(&self) -> MutexGuard<'_, HashMap<String, Case>> {
        self.cases.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The date that was given, or the clock's.
pub(crate) fn today(given: Option<NaiveDate>) -> NaiveDate {
    given.unwrap_or_else(|| chrono::Local::now().date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_comparison_that_failed_is_tried_again() {
        let warehouse = Warehouse::create("memory:///", |_| String::new()).await.expect("memory is always there");
        let config = Config {
            listen: "127.0.0.1:0".parse().expect("an address"),
            accounts: PathBuf::new(),
            made_up_city: true,
            secure_cookies: false,
            keys: PathBuf::new(),
            today: None,
            api: Default::default(),
        };
        let desk = Arc::new(Desk::new(warehouse.clone(), Releases::new(warehouse), &config));
        let mut seen = Vec::new();
        for _ in 0..200 {
            // There are no such releases.
            let looked = match desk.difference(1, 2) {
                Looked::Working => "working",
                Looked::Failed => "failed",
                Looked::Found(_) => "found",
            };
            if seen.last() != Some(&looked) {
                seen.push(looked);
            }
            if seen.len() == 4 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(seen, ["working", "failed", "working", "failed"]);
    }
}
