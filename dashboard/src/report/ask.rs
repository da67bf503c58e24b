//! What a report is asked for: of which unit and which period; and whether somebody may have it.

use std::collections::BTreeMap;
use std::sync::Arc;

use transform::kept::project_of;
use warehouse::Warehouse;
use warehouse::official::Official;
use warehouse::release::Release;
use warehouse::session::Limits;

use crate::catalog::Catalogue;
use crate::error::{DashboardError, Result};
use crate::pages::parts::district_names;
use crate::release::{Edition, Pinned};
use crate::report::Report;
use crate::report::compose::compose;
use crate::report::standing::standing;
use crate::scope::{Scope, Scoped};
use crate::words::Lang;

/// The unit that is the whole city.
pub const CITY: &str = "city";

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The release has no such unit.
    #[error("release {release} has no unit '{unit}'; give city, a district's code or a school's id")]
    Unit {
        /// What was asked for.
        unit: String,
        /// The release.
        release: u64,
    },
    /// The unit has no figures of that period.
    #[error("release {release} has no figures of '{unit}' for {period}; it has: {known}")]
    Period {
        /// The unit.
        unit: String,
        /// The release.
        release: u64,
        /// What was asked for.
        period: String,
        /// The periods that it has.
        known: String,
    },
    /// The system is broken.
    #[error(transparent)]
    Dashboard(#[from] DashboardError),
}

/// A kind of unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The city.
    City,
    /// A district.
    District,
    /// A school.
    School,
}

/// The unit that a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its kind.
    pub level: Level,
    /// `city`, a district's code or a school's id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// How a report is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The period; none for the one that the evaluation score rests on most.
    pub period: Option<String>,
    /// Whether the city is made up.
    pub made_up: bool,
}

impl Level {
    /// Its name in tables.
    pub fn code(self) -> &'static str {
        match self {
            Level::City => "city",
            Level::District => "district",
            Level::School => "school",
        }
    }
}

impl Subject {
    /// The unit of this code, if whoever asks may have its report: the city any, a district its own and its schools', a school its
    /// own.
    pub async fn find(scoped: &Scoped, unit: &str, lang: Lang) -> Result<Option<Subject>> {
        let of = |level, name: String| Some(Subject { level, id: unit.to_owned(), name });
        if unit == CITY {
            return Ok(match scoped.scope {
                Scope::City => of(Level::City, lang.say("city").to_owned()),
                _ => None,
            });
        }
        if scoped.scope.sees_district(unit) {
            let names = district_names(scoped, lang).await?;
            if let Some((_, name)) = names.into_iter().find(|(code, _)| code == unit) {
                return Ok(of(Level::District, name));
            }
        }
        if !scoped.scope.sees_figures() {
            return Ok(None);
        }
        let school = scoped.query("select school_name from marts.school where school_id = $1", &[unit]).await?;
        Ok(school.first().and_then(|row| of(Level::School, row.text("school_name").to_owned())))
    }

    /// Whose eyes the report is composed for: the unit's own.
    pub fn scope(&self) -> Scope {
        match self.level {
            Level::City => Scope::City,
            Level::District => Scope::District(self.id.clone()),
            Level::School => Scope::School(self.id.clone()),
        }
    }
}

/// The report of a unit from a release of a warehouse, for whoever holds the warehouse.
pub async fn of_release(
    warehouse: &Warehouse,
    release: &Release,
    unit: &str,
    wish: &Wish,
    lang: Lang,
) -> Result<Report, AskError> {
    let whole = warehouse.release_session(release, &Limits::default()).await.map_err(DashboardError::from)?;
    let catalogue = Catalogue::of(&project_of(warehouse, release).await.map_err(DashboardError::from)?);
    let pinned = Pinned::load(Edition::of(release), whole, BTreeMap::new(), None).await?;
    let officials = warehouse.officials().await.map_err(DashboardError::from)?;
    let all = pinned.scoped(&Scope::City).await?;
    let unknown = || AskError::Unit { unit: unit.to_owned(), release: release.release };
    let subject = Subject::find(&all, unit, lang).await?.ok_or_else(unknown)?;
    of_pinned(&pinned, &catalogue, Some(warehouse), &officials, &subject, wish, lang).await
}

/// The report of a unit from a release that is loaded; who asks was looked at by [`Subject::find`].
pub(crate) async fn of_pinned(
    pinned: &Pinned,
    catalogue: &Catalogue,
    warehouse: Option<&Warehouse>,
    officials: &[Official],
    subject: &Subject,
    wish: &Wish,
    lang: Lang,
) -> Result<Report, AskError> {
    let scope = subject.scope();
    let scoped = match scope {
        // Not kept with the release: a city may print the reports of thousands of schools.
        Scope::School(_) => Arc::new(Scoped::new(pinned, &scope).await?),
        _ => pinned.scoped(&scope).await?,
    };
    let known = periods(&scoped, subject).await?;
    let period = match &wish.period {
        Some(period) if known.contains(period) => period.clone(),
        Some(period) => {
            return Err(AskError::Period {
                unit: subject.id.clone(),
                release: scoped.edition.number,
                period: period.clone(),
                known: known.join(", "),
            });
        }
        None => fullest(&scoped, subject).await?.or(known.last().cloned()).ok_or_else(|| AskError::Period {
            unit: subject.id.clone(),
            release: scoped.edition.number,
            period: "any period".to_owned(),
            known: "none".to_owned(),
        })?,
    };
    let standing = standing(warehouse, officials, scoped.edition.number, subject, &period).await?;
    Ok(compose(&scoped, catalogue, subject, &period, &standing, wish.made_up, lang).await?)
}

/// The periods of which a unit has figures: months, terms and years, each in their order.
pub(crate) async fn periods(scoped: &Scoped, subject: &Subject) -> Result<Vec<String>> {
    let sql = "select distinct period_type, period from marts.indicator_value where level = $1 and unit_id = $2 and dimension = ''
        and period_type in ('month', 'term', 'year', 'school_year') order by period_type, period";
    let rows = scoped.query(sql, &[subject.level.code(), &subject.id]).await?;
    Ok(rows.iter().map(|row| row.text("period").to_owned()).collect())
}

/// The period whose evaluation score rests on the most indicators; of these the newest.
async fn fullest(scoped: &Scoped, subject: &Subject) -> Result<Option<String>> {
    let sql = "select period, count(distinct indicator) as parts from marts.score
        where level = $1 and unit_id = $2 and points is not null group by period";
    let rows = scoped.query(sql, &[subject.level.code(), &subject.id]).await?;
    let fullest = rows.iter().max_by_key(|row| (row.count("parts"), row.text("period").to_owned()));
    Ok(fullest.map(|row| row.text("period").to_owned()))
}
