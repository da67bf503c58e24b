//! On whose reports a figure of a district or the city rests: the schools that reported, and those that did not, with the slices
//! that are lacking.

use std::collections::BTreeMap;

use serde::Serialize;
use transform::project::Model;

use crate::error::Result;
use crate::explain::Explainer;
use crate::explain::needs::PeriodTold;
use crate::explain::parts::PartTold;
use crate::explain::slices::{SliceTold, read};
use crate::explain::tables::list;

/// Who reported, of those who were expected to.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Coverage {
    /// What was reported: schools, or over a term or year their months.
    pub reported: i64,
    /// What was expected.
    pub expected: i64,
    /// The schools that the figure rests on.
    pub reporting: Vec<SchoolTold>,
    /// The schools of which something expected is lacking.
    pub lacking: Vec<SchoolTold>,
}

/// A school, and what is lacking of it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SchoolTold {
    /// Its code.
    pub school_id: String,
    /// Its name.
    pub school_name: String,
    /// Its district.
    pub district_code: String,
    /// How many of its slices are in the figure.
    pub reported: i64,
    /// How many were expected.
    pub expected: i64,
    /// The slices that are not there.
    pub slices: Vec<SliceTold>,
}

impl Explainer<'_> {
    /// Parts the schools of a figure by whether they reported. None where the figure takes whatever came.
    pub(crate) async fn coverage(
        &self,
        model: &Model,
        period: &PeriodTold,
        schools: &[PartTold],
    ) -> Result<Option<Coverage>> {
        let told: Vec<SchoolTold> = schools
            .iter()
            .filter_map(|part| {
                Some(SchoolTold {
                    school_id: part.unit_id.clone(),
                    school_name: part.name_zh.clone(),
                    district_code: part.district_code.clone(),
                    reported: part.reported?,
                    expected: part.expected?,
                    slices: Vec::new(),
                })
            })
            .collect();
        if told.is_empty() {
            return Ok(None);
        }
        let sum = |value: fn(&SchoolTold) -> i64| told.iter().map(value).sum();
        let (reported, expected) = (sum(|one| one.reported), sum(|one| one.expected));
        let (mut lacking, rest): (Vec<_>, Vec<_>) = told.into_iter().partition(|one| one.reported < one.expected);
        let mut slices = self.lacking_slices(model, period, &lacking).await?;
        for one in &mut lacking {
            one.slices = slices.remove(&one.school_id).unwrap_or_default();
        }
        let reporting = rest.into_iter().filter(|one| one.reported > 0).collect();
        Ok(Some(Coverage { reported, expected, reporting, lacking }))
    }

    /// The slices that these schools did not report, by school.
    async fn lacking_slices(
        &self,
        model: &Model,
        period: &PeriodTold,
        schools: &[SchoolTold],
    ) -> Result<BTreeMap<String, Vec<SliceTold>>> {
        let mut found: BTreeMap<String, Vec<SliceTold>> = BTreeMap::new();
        if schools.is_empty() || !self.tables.has("marts", "slice") {
            return Ok(found);
        }
        let needs = self.needs(model, period).await?;
        let sql = format!(
            "select school_id, form, period, state, due_on, is_late, submission_id from marts.slice
             where state not in ('reported', 'zero') and {} and school_id in ({}) order by school_id, form, period",
            needs.condition,
            list(schools.iter().map(|one| one.school_id.as_str()))
        );
        for row in self.tables.query(&sql, &[]).await?.iter() {
            found.entry(row.text("school_id").to_owned()).or_default().push(read(row));
        }
        Ok(found)
    }
}
