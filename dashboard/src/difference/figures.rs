//! The figures that differ.

use serde::Serialize;
use warehouse::table::TableName;

use super::sides::Sides;
use super::{Causes, Kind};
use crate::error::Result;
use crate::figures::ORDER;
use crate::rows::Row;

/// A figure that differs.
#[derive(Debug, Clone, Serialize)]
pub struct FigureChange {
    /// How.
    pub kind: Kind,
    /// The indicator.
    pub indicator: String,
    /// `city`, `district` or `school`.
    pub level: String,
    /// The unit.
    pub unit_id: String,
    /// Its name, empty for the city.
    pub unit_name: String,
    /// The district that it is or lies in.
    pub district_code: String,
    /// `month`, `term` or `year`.
    pub period_type: String,
    /// The period.
    pub period: String,
    /// Empty for the headline, else `name=value`.
    pub dimension: String,
    /// What it was.
    pub before: Option<Numbers>,
    /// What it is.
    pub after: Option<Numbers>,
    /// By how much the value grew.
    pub value_by: Option<f64>,
    /// What may have caused it.
    pub causes: Causes,
}

/// A figure's numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Numbers {
    /// Above the line.
    pub numerator: Option<f64>,
    /// Below it.
    pub denominator: Option<f64>,
    /// The value.
    pub value: Option<f64>,
    /// What is aimed at.
    pub target: Option<f64>,
    /// How the value stands to it.
    pub status: String,
    /// How many schools it rests on.
    pub reported: Option<i64>,
    /// How many owed a report.
    pub expected: Option<i64>,
}

const KEYS: [&str; 6] = ["indicator", "level", "unit_id", "period_type", "period", "dimension"];
const EXACT: [&str; 5] = ["numerator", "denominator", "status", "reported", "expected"];
/// Compared to nine places: a sum of doubles may differ in its last digit by the order in which it was added up.
const DOUBLE: [&str; 2] = ["value", "target"];

/// The figures that are in one release alone, or whose numbers differ.
pub async fn changed(sides: &Sides<'_>) -> Result<Vec<FigureChange>> {
    if !sides.register(&TableName::new("marts", "indicator_value")).await? {
        return Ok(Vec::new());
    }
    let rows = sides.query(&sql()).await?;
    let mut all: Vec<FigureChange> = rows.iter().map(read).collect();
    let place = |level: &str| ["city", "district", "school"].iter().position(|one| *one == level);
    let order = |code: &str| ORDER.iter().position(|one| *one == code).unwrap_or(ORDER.len());
    all.sort_by(|left, right| {
        let key = |one: &FigureChange| (place(&one.level), one.unit_id.clone(), order(&one.indicator));
        let rest = |one: &FigureChange| (one.indicator.clone(), one.period.clone(), one.dimension.clone());
        key(left).cmp(&key(right)).then_with(|| rest(left).cmp(&rest(right)))
    });
    Ok(all)
}

fn sql() -> String {
    let named = |column: &str| format!("coalesce(now.{column}, was.{column}) as {column}");
    let mut columns: Vec<String> = KEYS.iter().chain(&["unit_name", "district_code"]).map(|key| named(key)).collect();
    columns.push("was.indicator is not null as was_there, now.indicator is not null as is_there".to_owned());
    columns.extend(EXACT.iter().chain(&DOUBLE).map(|one| format!("was.{one} as was_{one}, now.{one} as now_{one}")));
    let on: Vec<String> = KEYS.iter().map(|key| format!("now.{key} = was.{key}")).collect();
    let exact = EXACT.iter().map(|one| format!("(was.{one} is distinct from now.{one})"));
    let double = DOUBLE
        .iter()
        .map(|one| format!("((was.{one} is null) <> (now.{one} is null) or abs(was.{one} - now.{one}) > 1e-9)"));
    let differs: Vec<String> = exact.chain(double).collect();
    format!(
        "select {} from earlier.indicator_value as was full outer join later.indicator_value as now on {}
         where was.indicator is null or now.indicator is null or {}",
        columns.join(", "),
        on.join(" and "),
        differs.join(" or ")
    )
}

fn read(row: Row<'_>) -> FigureChange {
    let text = |name: &str| row.text(name).to_owned();
    let side = |side: &str| Numbers {
        numerator: row.real(&format!("{side}_numerator")),
        denominator: row.real(&format!("{side}_denominator")),
        value: row.real(&format!("{side}_value")),
        target: row.real(&format!("{side}_target")),
        status: text(&format!("{side}_status")),
        reported: row.whole(&format!("{side}_reported")),
        expected: row.whole(&format!("{side}_expected")),
    };
    let before = row.yes("was_there").then(|| side("was"));
    let after = row.yes("is_there").then(|| side("now"));
    let value = |numbers: &Option<Numbers>| numbers.as_ref().and_then(|numbers| numbers.value);
    FigureChange {
        kind: match (&before, &after) {
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            _ => Kind::Changed,
        },
        indicator: text("indicator"),
        level: text("level"),
        unit_id: text("unit_id"),
        unit_name: text("unit_name"),
        district_code: text("district_code"),
        period_type: text("period_type"),
        period: text("period"),
        dimension: text("dimension"),
        value_by: value(&after).zip(value(&before)).map(|(after, before)| after - before),
        before,
        after,
        causes: Causes::default(),
    }
}
