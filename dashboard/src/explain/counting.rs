//! What an indicator counts that counts findings (K01) or their cases (K02).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Result;
use crate::explain::Explainer;
use crate::explain::figure::UnitTold;
use crate::explain::parts::PartTold;
use crate::explain::tables::quoted;
use crate::figures::Figure;
use crate::rows::Row;

/// What an indicator counts that counts findings (K01) or their cases (K02).
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Counting {
    /// `findings` or `cases`
    pub of: &'static str,
    /// How many.
    pub total: i64,
    /// How many of the cases were put right.
    pub rectified: Option<i64>,
    /// By rule.
    pub by_rule: BTreeMap<String, i64>,
    /// The first of them.
    pub listed: Vec<CountedFinding>,
    /// The district's own, which are no school's.
    #[serde(skip)]
    no_school: (i64, i64),
}

/// A finding that was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CountedFinding {
    /// Its id.
    pub finding_id: String,
    /// The rule.
    pub rule: String,
    /// The school; empty where it is a whole district's.
    pub school_id: String,
    /// Its period.
    pub period: String,
    /// The sentence in Chinese.
    pub message_zh: String,
    /// The sentence in English.
    pub message_en: String,
    /// The case's last step that tells.
    pub step: Option<String>,
}

/// Findings that are listed in the explanation of an indicator.
const LISTED: usize = 50;

impl Explainer<'_> {
    /// What K01 or K02 counted of a unit; none for other indicators.
    pub(crate) async fn counting(
        &self,
        code: &str,
        unit: &UnitTold,
        figure: &Figure,
        dimension: &str,
    ) -> Result<Option<Counting>> {
        if !self.tables.has("staging", "period_within") {
            return Ok(None);
        }
        let columns = "finding.finding_id, finding.rule, finding.school_id, finding.period, finding.message_zh, finding.message_en";
        let (of, from) = match code {
            "K01" => (
                "findings",
                format!("select {columns}, '' as step from marts.finding as finding where finding.ended is null"),
            ),
            "K02" => ("cases", format!("select {columns}, standing.step {CASES}")),
            _ => return Ok(None),
        };
        let mut conditions = vec![lies_in(figure)];
        match unit.level {
            "school" => conditions.push(format!("finding.school_id = {}", quoted(&unit.unit_id))),
            "district" => conditions.push(format!("finding.district_code = {}", quoted(&unit.unit_id))),
            _ => {}
        }
        if let Some(area) = dimension.strip_prefix("urban_rural=") {
            conditions.push(format!(
                "finding.school_id in (select school_id from marts.school where urban_rural = {})",
                quoted(area)
            ));
        }
        let sql = format!(
            "{from} and {} order by finding.rule, finding.school_id, finding.period, finding.finding_id",
            conditions.join(" and ")
        );
        let rows = self.tables.query(&sql, &[]).await?;
        let rectified = |row: &Row<'_>| row.text("step") == "rectified";
        let own = || rows.iter().filter(|row| row.text("school_id").is_empty());
        let mut by_rule = BTreeMap::new();
        for row in rows.iter() {
            *by_rule.entry(row.text("rule").to_owned()).or_default() += 1;
        }
        let listed = rows.iter().take(LISTED).map(|row| CountedFinding {
            finding_id: row.text("finding_id").to_owned(),
            rule: row.text("rule").to_owned(),
            school_id: row.text("school_id").to_owned(),
            period: row.text("period").to_owned(),
            message_zh: row.text("message_zh").to_owned(),
            message_en: row.text("message_en").to_owned(),
            step: (of == "cases").then(|| row.text("step").to_owned()),
        });
        Ok(Some(Counting {
            of,
            total: rows.iter().len() as i64,
            rectified: (of == "cases").then(|| rows.iter().filter(rectified).count() as i64),
            by_rule,
            listed: listed.collect(),
            no_school: (own().count() as i64, own().filter(rectified).count() as i64),
        }))
    }
}

/// A case stands where its latest notice, rectification or dismissal puts it, as the mart of K02 has it.
const CASES: &str = "from (
        select finding_id, step, row_number() over (
            partition by finding_id
            order by \"at\" desc nulls last, step asc nulls last
        ) as place
        from facts.case_event
        where step in ('notified', 'rectified', 'dismissed')
    ) as standing
    inner join marts.finding as finding on finding.finding_id = standing.finding_id
    where standing.place = 1 and standing.step <> 'dismissed'";

impl Counting {
    /// The part of a district that no school has; none where there is none.
    pub(crate) fn of_no_school(&self, unit: &UnitTold) -> Option<PartTold> {
        let (count, rectified) = self.no_school;
        let (numerator, denominator) = match self.of {
            "findings" => (count as f64 * 10_000.0, None),
            _ => (rectified as f64, Some(count as f64)),
        };
        (count > 0).then(|| PartTold {
            unit_id: unit.unit_id.clone(),
            name_zh: format!("{}（不属任何学校）", unit.name_zh),
            name_en: format!("{} (no school's)", unit.name_en),
            district_code: unit.district_code.clone(),
            numerator: Some(numerator),
            denominator,
            value: None,
            reported: None,
            expected: None,
        })
    }
}

/// A condition that findings lie in a period.
fn lies_in(figure: &Figure) -> String {
    format!(
        "finding.period in (select period from staging.period_within where in_type = {} and in_period = {})",
        quoted(&figure.period_type),
        quoted(&figure.period)
    )
}
