//! Whether a report's release is the official one of its period, and whether the unit's figures were revised since.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use warehouse::Warehouse;
use warehouse::official::{Official, of_period};
use warehouse::session::{Limits, PLAIN, register, session};
use warehouse::table::TableName;

use crate::error::Result;
use crate::format;
use crate::report::ask::Subject;
use crate::rows::Rows;
use crate::scope::ask;
use crate::words::Lang;

/// How a release stands to what the city declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was declared for the period.
    Undeclared,
    /// The release itself is the official one.
    Official {
        /// Declared when.
        on: NaiveDate,
        /// A newer release, and how many of the unit's figures of the period differ in it; none where there is no newer one, or
        /// where it could not be read.
        newer: Option<(u64, usize)>,
    },
    /// Another release is.
    Other {
        /// Which.
        release: u64,
        /// Declared when.
        on: NaiveDate,
        /// How many of the unit's figures of the period differ from it.
        differ: Option<usize>,
    },
}

impl Standing {
    /// In a sentence.
    pub fn said(&self, release: u64, period: &str, lang: Lang) -> String {
        let period = format::period(period, lang);
        let day = |on: &NaiveDate| format::date(*on, lang);
        let count = |number: usize| format::whole(i64::try_from(number).unwrap_or(i64::MAX));
        match self {
            Standing::Undeclared => lang.with("printed.standing.none", &[&period, &release.to_string()]),
            Standing::Official { on, newer } => {
                let own = lang.with("printed.standing.official", &[&period, &day(on)]);
                let since = match newer {
                    None => String::new(),
                    Some((newer, 0)) => lang.with("printed.standing.unrevised", &[&newer.to_string()]),
                    Some((newer, differ)) => {
                        lang.with("printed.standing.revised", &[&newer.to_string(), &count(*differ)])
                    }
                };
                own + &since
            }
            Standing::Other { release, on, differ } => {
                let other = lang.with("printed.standing.other", &[&period, &release.to_string(), &day(on)]);
                let against = match differ {
                    None => String::new(),
                    Some(0) => lang.say("printed.standing.same").to_owned(),
                    Some(differ) => lang.with("printed.standing.differs", &[&count(*differ)]),
                };
                other + &against
            }
        }
    }
}

/// Looks up what was declared for a period, and compares the unit's figures with it, or with the newest release where the
/// report's own is the official one.
pub async fn standing(
    warehouse: Option<&Warehouse>,
    officials: &[Official],
    release: u64,
    subject: &Subject,
    period: &str,
) -> Result<Standing> {
    let Some(official) = of_period(officials, period) else { return Ok(Standing::Undeclared) };
    let (is_own, on) = (official.release == release, official.on);
    let Some(warehouse) = warehouse else {
        return Ok(match is_own {
            true => Standing::Official { on, newer: None },
            false => Standing::Other { release: official.release, on, differ: None },
        });
    };
    if !is_own {
        let differ = Some(differ(warehouse, official.release, release, subject, period).await?);
        return Ok(Standing::Other { release: official.release, on, differ });
    }
    let newest = warehouse.latest_release().await?.map_or(release, |newest| newest.release);
    let newer = match newest > release {
        true => Some((newest, differ(warehouse, release, newest, subject, period).await?)),
        false => None,
    };
    Ok(Standing::Official { on, newer })
}

/// How many of a unit's figures of a period differ between two releases.
async fn differ(warehouse: &Warehouse, from: u64, to: u64, subject: &Subject, period: &str) -> Result<usize> {
    let one = values(warehouse, from, subject, period).await?;
    let other = values(warehouse, to, subject, period).await?;
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    Ok(keys.into_iter().filter(|key| moved(one.get(*key), other.get(*key))).count())
}

type Values = BTreeMap<(String, String), Option<f64>>;

/// A unit's values of a period in a release, those of parts too; only the table that has them is opened.
async fn values(warehouse: &Warehouse, release: u64, subject: &Subject, period: &str) -> Result<Values> {
    let release = warehouse.release(release).await?;
    let name = TableName::new("marts", "indicator_value");
    let Some(version) = release.tables.get(&name) else { return Ok(Values::new()) };
    let context = session(&Limits::default())?;
    warehouse.attach(&context);
    let snapshot = warehouse.snapshot(&name, Some(*version)).await?;
    register(&context, &TableName::new(PLAIN, &name.table), warehouse.provider(snapshot))?;
    let sql =
        "select indicator, dimension, value from indicator_value where level = $1 and unit_id = $2 and period = $3";
    let rows: Rows = ask(&context, sql, &[subject.level.code(), &subject.id, period]).await?;
    Ok(rows
        .iter()
        .map(|row| ((row.text("indicator").to_owned(), row.text("dimension").to_owned()), row.real("value")))
        .collect())
}

/// Whether a value is another one.
fn moved(one: Option<&Option<f64>>, other: Option<&Option<f64>>) -> bool {
    match (one.copied().flatten(), other.copied().flatten()) {
        (Some(one), Some(other)) => (one - other).abs() > 1e-9,
        (one, other) => one.is_some() != other.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_came_or_went_has_moved() {
        assert!(moved(Some(&Some(0.5)), Some(&Some(0.51))) && moved(Some(&None), Some(&Some(0.0))));
        assert!(moved(None, Some(&Some(1.0))) && !moved(None, Some(&None)));
        assert!(!moved(Some(&Some(0.1 + 0.2)), Some(&Some(0.3))));
    }
}
