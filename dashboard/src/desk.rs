//! The writing side: what people do in the dashboard changes facts in the warehouse, is recorded in the audit, and leads to
//! the next release. Pages read through `scope` alone; they write through here.

pub mod audit;
pub mod publisher;
pub mod runner;
pub mod uploads;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::{DateTime, NaiveDate};
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
use crate::release::{Edition, Releases};

/// Differences of releases that are kept; each takes seconds to compute and never changes.
const DIFFERENCES: usize = 8;
/// Figures and findings of all that are kept, beyond which the oldest go: a new policy moves every figure there is.
const LINES: usize = 300_000;

/// No run takes longer: a step that is older than the release by so much is known to it.
const LONGEST_RUN: Duration = Duration::from_secs(60 * 60);

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
            publisher: Publisher::start(warehouse.clone(), releases.clone(), config.runner.clone(), config.today),
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

    /// The relation of where cases have come to (`finding_id`, `state`, `due_on`, `is_overdue`), as SQL: the release's
    /// `marts.case_now`, and of cases with a step that the release doesn't know yet, how they stand after it.
    pub fn case_now(&self, edition: &Edition) -> String {
        let made_at = DateTime::parse_from_rfc3339(&edition.made_at).map(|at| at.timestamp_micros());
        let since = made_at.map_or(0, |at| at - LONGEST_RUN.as_micros() as i64);
        let live: Vec<String> = self
            .cases()
            .values()
            .filter(|case| case.last().is_some_and(|step| step.at >= since))
            .map(|case| as_values(case, edition.today))
            .collect();
        if live.is_empty() {
            return "marts.case_now".to_owned();
        }
        format!(
            "(select now.finding_id, coalesce(live.state, now.state) as state,
                case when live.state is null then now.due_on else live.due_on end as due_on,
                coalesce(live.is_overdue, now.is_overdue) as is_overdue
              from marts.case_now as now
              left join (
                select said.* from (values {}) as said (finding_id, steps, state, due_on, is_overdue)
                left join (select finding_id, count(*) as steps from facts.case_event group by finding_id) as known
                    on known.finding_id = said.finding_id
                where said.steps > coalesce(known.steps, 0)
              ) as live on live.finding_id = now.finding_id)",
            live.join(", ")
        )
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

/// A case as a row of SQL's `values`: its finding, how many steps it has, and how it stands.
fn as_values(case: &Case, today: NaiveDate) -> String {
    let due_on = case.due_on().map_or("cast(null as date)".to_owned(), |day| format!("date '{day}'"));
    let id = case.finding.finding_id.replace('\'', "''");
    format!("('{id}', {}, '{}', {due_on}, {})", case.steps.len(), case.state().code(), case.is_overdue(today))
}

/// The date that was given, or the clock's.
pub(crate) fn today(given: Option<NaiveDate>) -> NaiveDate {
    given.unwrap_or_else(|| chrono::Local::now().date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::runner::Runner;

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
            runner: Runner::Here,
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
