//! Persons' rows that are no longer kept: which they are, which periods are closed with them, and which tables releases lost.
//!
//! A mark in the ledger's log says before which day rows of persons are erased, a first of September. From that commit on the
//! periods whose figures rest on such rows are closed: nothing of them is taken in any more, and each release carries their
//! figures and findings over from the one before. Releases that were made before keep their figures, and no longer name the tables
//! that hold persons (`erasures/N.json`, written once, for releases up to N), so `optimize` removes the files.

use std::collections::BTreeSet;

use bytes::Bytes;
use chrono::{Datelike, NaiveDate};
use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize};

use crate::Warehouse;
use crate::digest::signed;
use crate::error::Result;
use crate::place::Place;
use crate::release::Release;
use crate::table::{Mark, TableName};

/// The mark's name.
const MARK: &str = "kehou.erased-before";
/// The month in which a school year begins.
const SEPTEMBER: u32 = 9;

/// That rows of persons before a first of September are erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Erasure {
    year: i32,
}

impl Erasure {
    /// Of the rows before the school year that begins in `year`.
    pub fn before_school_year(year: i32) -> Erasure {
        Erasure { year }
    }

    /// Of the school years that ended `years` years ago or more.
    pub fn after_years(years: u32, today: NaiveDate) -> Option<Erasure> {
        let running = Erasure::before_day(today).year;
        Some(Erasure { year: running.checked_sub_unsigned(years)? })
    }

    /// Of the rows before the school year in which this day lies.
    pub fn before_day(day: NaiveDate) -> Erasure {
        Erasure { year: if day.month() >= SEPTEMBER { day.year() } else { day.year() - 1 } }
    }

    /// The first day whose rows are kept.
    pub fn before(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, SEPTEMBER, 1).unwrap_or(NaiveDate::MIN)
    }

    /// The last day of the closed periods: the calendar year's of the last rows that are erased, as its figures rest on them.
    pub fn closed_until(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, 12, 31).unwrap_or(NaiveDate::MIN)
    }

    /// Whether rows of persons in slices of this period are erased.
    pub fn takes(self, period: &str) -> bool {
        last_month(period).is_some_and(|month| month < (self.year, SEPTEMBER))
    }

    /// Whether the figures and findings of this period are closed. A finding of no period is not.
    pub fn closes(self, period: &str) -> bool {
        last_month(period).is_some_and(|month| month <= (self.year, 12))
    }

    /// The mark that a commit to the ledger sets.
    pub fn mark(self) -> Mark {
        Mark { name: MARK, value: i64::from(self.year) }
    }
}

/// The last month of a month (`2019-09`), a quarter (`2019-Q3`), a term (`2019-2020-1`, whose school year's last counts) or a calendar
/// year.
fn last_month(period: &str) -> Option<(i32, u32)> {
    let number = |text: &str, digits: usize| (text.len() == digits).then(|| text.parse().ok()).flatten();
    let parts: Vec<&str> = period.split('-').collect();
    match parts[..] {
        [year] => Some((number(year, 4)?, 12)),
        [year, quarter] if quarter.starts_with('Q') => {
            let (year, quarter) = (number(year, 4)?, number(&quarter[1..], 1)?);
            (1..=4).contains(&quarter).then_some((year, 3 * u32::try_from(quarter).ok()?))
        }
        [year, month] => {
            let (year, month) = (number(year, 4)?, number(month, 2)?);
            (1..=12).contains(&month).then_some((year, u32::try_from(month).ok()?))
        }
        [from, to, term] => (number(to, 4)? == number(from, 4)? + 1 && number(term, 1).is_some())
            .then(|| Some((number(to, 4)?, SEPTEMBER - 1)))
            .flatten(),
        _ => None,
    }
}

/// What is said of the releases up to one.
#[derive(Debug, Serialize, Deserialize)]
struct Lost {
    release: u64,
    before: NaiveDate,
    tables: BTreeSet<TableName>,
    at: String,
}

impl Warehouse {
    /// What is erased as of a version of the ledger.
    pub async fn erasure(&self, ledger: &TableName, version: u64) -> Result<Option<Erasure>> {
        let year = self.mark(ledger, version, MARK).await?;
        Ok(year.and_then(|year| i32::try_from(year).ok()).map(|year| Erasure { year }))
    }

    /// Says that releases up to `release` no longer have tables. They are removed by [`Warehouse::tidy`].
    pub async fn lose_tables(&self, release: u64, erasure: Erasure, tables: BTreeSet<TableName>) -> Result<()> {
        let at = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let text = signed(&Lost { release, before: erasure.before(), tables, at });
        self.put_once(&Place::Erasure(release), Bytes::from(text)).await?;
        Ok(())
    }

    /// Whether earlier releases lost their tables for this erasure.
    pub async fn has_lost_tables(&self, erasure: Erasure) -> Result<bool> {
        for number in self.losses().await? {
            if self.lost(number).await?.before == erasure.before() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The numbers of what was said of releases that lost tables.
    pub(crate) async fn losses(&self) -> Result<Vec<u64>> {
        self.numbers(&Place::AllErasures).await
    }

    /// The sealed originals that are there, by their SHA-256.
    pub async fn kept_originals(&self) -> Result<BTreeSet<String>> {
        let folder = format!("{}/", Place::Originals);
        let objects = self.objects().await?;
        let sha256 = |place: &String| Some(place.rsplit_once('/')?.1.strip_suffix(".age")?.to_owned());
        Ok(objects.keys().filter(|place| place.starts_with(&folder)).filter_map(sha256).collect())
    }

    /// Removes a sealed original.
    pub async fn remove_original(&self, sha256: &str) -> Result<()> {
        let place = Place::Original(sha256.to_owned()).to_string();
        match self.storage().root.delete(&self.at(&place)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// A release without the tables that it lost.
    pub(crate) async fn without_lost(&self, mut release: Release) -> Result<Release> {
        for number in self.losses().await?.into_iter().filter(|number| *number >= release.release) {
            let lost = self.lost(number).await?;
            let gone = release.tables.extract_if(.., |name, _| lost.tables.contains(name)).map(|(name, _)| name);
            release.lost.extend(gone);
        }
        Ok(release)
    }

    async fn lost(&self, number: u64) -> Result<Lost> {
        self.read_signed(&Place::Erasure(number)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_school_year_goes_and_its_calendar_year_is_closed() {
        let erasure = Erasure::before_school_year(2021);
        assert_eq!((erasure.before(), erasure.closed_until()), (day(2021, 9, 1), day(2021, 12, 31)));
        for period in ["2021-08", "2019-09", "2020-2021-1", "2020-2021-2", "2020", "2021-Q2"] {
            assert!(erasure.takes(period) && erasure.closes(period), "{period}");
        }
        for period in ["2021-09", "2021-12", "2021", "2021-Q3", "2021-Q4"] {
            assert!(!erasure.takes(period) && erasure.closes(period), "{period}");
        }
        for period in
            ["2021-2022-1", "2022-01", "2022", "2022-Q1", "2021-Q5", "", "3704000001", "2021-13", "2020-2022-1"]
        {
            assert!(!erasure.takes(period) && !erasure.closes(period), "{period}");
        }
    }

    #[test]
    fn years_count_from_the_end_of_a_school_year() {
        let of = |years, today| Erasure::after_years(years, today).map(Erasure::before);
        assert_eq!(of(3, day(2026, 11, 25)), Some(day(2023, 9, 1)));
        assert_eq!(of(3, day(2026, 8, 31)), Some(day(2022, 9, 1)), "the year 2025/26 has not ended");
        assert_eq!(of(0, day(2026, 9, 1)), Some(day(2026, 9, 1)));
    }

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a day")
    }
}
