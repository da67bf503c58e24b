//! What changed since the release before: told once a release, aside from the requests, and shown to the city.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use warehouse::Warehouse;

use crate::cache::PageCache;
use crate::desk::TRY_AGAIN;
use crate::difference::{Causes, Effect, Filter, Turn, difference};
use crate::error::Result;
use crate::figures::ORDER;
use crate::release::Releases;
use crate::scope::Scope;

/// The last comparison that was made or begun.
#[derive(Default)]
pub struct Since {
    known: Arc<Mutex<Option<(u64, Told)>>>,
}

/// What is known of a comparison.
#[derive(Debug, Clone)]
pub enum Told {
    /// There is nothing to compare with, or not for this reader.
    Nothing,
    /// The releases are being compared.
    Soon,
    /// It could not be told; the log says why.
    Failed,
    /// What changed.
    Changed(Arc<Changed>),
}

/// What changed from a release to the current one.
#[derive(Debug, Clone, Default)]
pub struct Changed {
    /// The earlier release.
    pub before: u64,
    /// Whether the city had declared it official.
    pub before_is_official: bool,
    /// The date that lateness was judged against then, where it is another one now.
    pub before_today: Option<NaiveDate>,
    /// The city's headline figures that had a value before and have another one now.
    pub figures: Vec<Moved>,
    /// How many more differ than are listed.
    pub figures_more: usize,
    /// How many have a value for the first time.
    pub figures_new: usize,
    /// Findings that opened, reopened, ended, and changed otherwise.
    pub findings: [usize; 4],
    /// Slices that are new, corrected, withdrawn, and sent back.
    pub slices: [usize; 4],
    /// SQL files that differ in more than comments.
    pub sql: Vec<String>,
    /// Reference tables that differ.
    pub reference: Vec<String>,
    /// Steps of cases.
    pub case_steps: u64,
}

/// A figure that differs.
#[derive(Debug, Clone)]
pub struct Moved {
    /// The indicator.
    pub indicator: String,
    /// The period.
    pub period: String,
    /// Its value before.
    pub before: Option<f64>,
    /// Its value now.
    pub after: Option<f64>,
    /// What may have moved it.
    pub causes: Causes,
}

/// Figures that are listed.
const LISTED: usize = 24;

impl Since {
    /// What changed up to a release. Whoever asks first sets the comparison off; nobody waits for it.
    pub fn of(&self, releases: &Releases, release: u64, pages: &Arc<PageCache>, scope: &Scope) -> Told {
        let Some(warehouse) = releases.warehouse().filter(|_| *scope == Scope::City) else { return Told::Nothing };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, told)) = known.as_ref().filter(|(of, _)| *of == release) {
            return told.clone();
        }
        *known = Some((release, Told::Soon));
        let (place, warehouse, pages) = (self.known.clone(), warehouse.clone(), pages.clone());
        tokio::spawn(async move {
            let told = match compare(&warehouse, release).await {
                Ok(Some(changed)) => Told::Changed(Arc::new(changed)),
                Ok(None) => Told::Nothing,
                Err(error) => {
                    tracing::warn!(%error, release, "the release can't be compared with the one before");
                    Told::Failed
                }
            };
            let has_failed = matches!(told, Told::Failed);
            let is_asked = |known: &Option<(u64, Told)>| known.as_ref().is_some_and(|(of, _)| *of == release);
            let lock = || place.lock().unwrap_or_else(PoisonError::into_inner);
            if is_asked(&lock()) {
                *lock() = Some((release, told));
            }
            // Pages that were kept meanwhile say that it comes soon.
            pages.outdate();
            if has_failed {
                // Whoever asks after a while has it tried again.
                tokio::time::sleep(TRY_AGAIN).await;
                if is_asked(&lock()) {
                    *lock() = None;
                }
                pages.outdate();
            }
        });
        Told::Soon
    }
}

/// Compares a release with the last official one before it, or with the one before where none was official.
async fn compare(warehouse: &Warehouse, number: u64) -> Result<Option<Changed>> {
    let releases = warehouse.releases().await?;
    let Some(at) = releases.iter().position(|one| one.release == number) else { return Ok(None) };
    let earlier = &releases[..at];
    let Some(before) = earlier.iter().rfind(|one| one.official).or(earlier.last()) else { return Ok(None) };
    let filter = Filter { unit: Some("city".to_owned()), ..Filter::default() };
    let difference = difference(warehouse, before, &releases[at], &filter).await?;
    let place = |code: &str| ORDER.iter().position(|one| *one == code).unwrap_or(ORDER.len());
    let mut figures: Vec<Moved> = difference
        .figures
        .into_iter()
        .filter(|figure| figure.dimension.is_empty())
        .map(|figure| Moved {
            indicator: figure.indicator,
            period: figure.period,
            before: figure.before.and_then(|numbers| numbers.value),
            after: figure.after.and_then(|numbers| numbers.value),
            causes: figure.causes,
        })
        .filter(|moved| moved.before != moved.after)
        .collect();
    let all = figures.len();
    figures.retain(|moved| moved.before.is_some());
    let figures_new = all - figures.len();
    // The newest periods first, and in them the indicators in their order.
    figures.sort_by(|left, right| {
        right
            .period
            .cmp(&left.period)
            .then_with(|| (place(&left.indicator), &left.indicator).cmp(&(place(&right.indicator), &right.indicator)))
    });
    let figures_more = figures.len().saturating_sub(LISTED);
    figures.truncate(LISTED);
    let findings = [Turn::Opened, Turn::Reopened, Turn::Ended, Turn::Changed]
        .map(|turn| difference.findings.iter().filter(|one| one.kind == turn).count());
    let slices = [Effect::New, Effect::Corrected, Effect::Withdrawn, Effect::Rejected]
        .map(|effect| difference.changes.slices.iter().filter(|one| one.effect == effect).count());
    Ok(Some(Changed {
        before: before.release,
        before_is_official: before.official,
        before_today: difference.changes.today.map(|[before, _]| before),
        figures,
        figures_more,
        figures_new,
        findings,
        slices,
        sql: difference.changes.sql.into_iter().filter(|file| !file.only_comments).map(|file| file.path).collect(),
        reference: difference.changes.reference.into_iter().map(|one| one.table).collect(),
        case_steps: difference.changes.case_steps,
    }))
}
