//! The evaluation scores that differ, with the parts that moved them.

use std::collections::BTreeMap;

use serde::Serialize;
use warehouse::table::TableName;

use super::sides::Sides;
use crate::error::Result;

/// A unit's score of a period that differs, in total or in rank.
#[derive(Debug, Clone, Serialize)]
pub struct ScoreChange {
    /// The code of the score as an indicator.
    pub indicator: String,
    /// `city`, `district` or `school`.
    pub level: String,
    /// The unit.
    pub unit_id: String,
    /// Its name.
    pub unit_name: String,
    /// `month`, `term` or `year`.
    pub period_type: String,
    /// The period.
    pub period: String,
    /// The total before.
    pub total_before: Option<f64>,
    /// The total after.
    pub total_after: Option<f64>,
    /// The rank before.
    pub rank_before: Option<i64>,
    /// The rank after.
    pub rank_after: Option<i64>,
    /// The indicators whose weight or points differ; none where only others moved past.
    pub parts: Vec<PartChange>,
}

/// What an indicator adds to a score, before and after.
#[derive(Debug, Clone, Serialize)]
pub struct PartChange {
    /// The indicator.
    pub indicator: String,
    /// Its weight before.
    pub weight_before: Option<f64>,
    /// Its weight after.
    pub weight_after: Option<f64>,
    /// Its points before.
    pub points_before: Option<f64>,
    /// Its points after.
    pub points_after: Option<f64>,
}

const DIFFERS: &str = "((was.{c} is null) <> (now.{c} is null) or abs(was.{c} - now.{c}) > 1e-9)";

/// The scores that are in one release alone, or differ in total, rank, weight or points.
pub async fn changed(sides: &Sides<'_>) -> Result<Vec<ScoreChange>> {
    if !sides.register(&TableName::new("marts", "score")).await? {
        return Ok(Vec::new());
    }
    let differs =
        |columns: &[&str]| columns.iter().map(|column| DIFFERS.replace("{c}", column)).collect::<Vec<_>>().join(" or ");
    let sql = format!(
        "select
            coalesce(now.level, was.level) as level,
            coalesce(now.unit_id, was.unit_id) as unit_id,
            coalesce(now.unit_name, was.unit_name) as unit_name,
            coalesce(now.period_type, was.period_type) as period_type,
            coalesce(now.period, was.period) as period,
            coalesce(now.indicator, was.indicator) as indicator,
            was.total as was_total, now.total as now_total, was.rank as was_rank, now.rank as now_rank,
            was.weight as was_weight, now.weight as now_weight, was.points as was_points, now.points as now_points,
            was.level is null or now.level is null or {} as has_moved
        from earlier.score as was
        full outer join later.score as now
            on now.level = was.level and now.unit_id = was.unit_id and now.period_type = was.period_type
            and now.period = was.period and now.indicator = was.indicator
        where was.level is null or now.level is null or {}
        order by indicator",
        differs(&["weight", "points"]),
        differs(&["total", "rank", "weight", "points"]),
    );
    let mut scores: BTreeMap<(usize, String, String), ScoreChange> = BTreeMap::new();
    for row in sides.query(&sql).await?.iter() {
        let text = |name: &str| row.text(name).to_owned();
        let place = ["city", "district", "school"].iter().position(|level| *level == row.text("level")).unwrap_or(3);
        let score = scores.entry((place, text("unit_id"), text("period"))).or_insert_with(|| ScoreChange {
            indicator: "E01".to_owned(),
            level: text("level"),
            unit_id: text("unit_id"),
            unit_name: text("unit_name"),
            period_type: text("period_type"),
            period: text("period"),
            total_before: None,
            total_after: None,
            rank_before: None,
            rank_after: None,
            parts: Vec::new(),
        });
        // A part that one release lacks has no total on that side; the others have it.
        score.total_before = score.total_before.or(row.real("was_total"));
        score.total_after = score.total_after.or(row.real("now_total"));
        score.rank_before = score.rank_before.or(row.whole("was_rank"));
        score.rank_after = score.rank_after.or(row.whole("now_rank"));
        if row.yes("has_moved") {
            score.parts.push(PartChange {
                indicator: text("indicator"),
                weight_before: row.real("was_weight"),
                weight_after: row.real("now_weight"),
                points_before: row.real("was_points"),
                points_after: row.real("now_points"),
            });
        }
    }
    Ok(scores.into_values().collect())
}
