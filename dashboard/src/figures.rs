//! Indicator values as the pages show them: read from the mart, and the one that stands for a chosen month.

use crate::catalog::Unit;
use crate::error::Result;
use crate::format;
use crate::period;
use crate::rows::Row;
use crate::scope::Scoped;
use crate::words::Lang;

/// One value of the mart `indicator_value`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct Figure {
    /// The indicator's code.
    pub indicator: String,
    /// The school's id, the district's code, or `city`.
    pub unit_id: String,
    /// The district that the unit is or lies in.
    pub district_code: String,
    /// `month`, `term`, `year` …
    pub period_type: String,
    /// The canonical period.
    pub period: String,
    /// The number above.
    pub numerator: Option<f64>,
    /// The number below.
    pub denominator: Option<f64>,
    /// The value; none where there is nothing to divide by.
    pub value: Option<f64>,
    /// The interval's lower end.
    pub lower: Option<f64>,
    /// The interval's upper end.
    pub upper: Option<f64>,
    /// What is aimed at.
    pub target: Option<f64>,
    /// How the value stands to it.
    pub status: Status,
    /// On how many schools' slices it rests.
    pub reported: Option<i64>,
    /// How many owed one.
    pub expected: Option<i64>,
}

/// How a value stands to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Reached.
    Met,
    /// Almost.
    Near,
    /// Not reached.
    Missed,
    /// There is no target, or no value.
    #[serde(rename = "none")]
    Open,
}

/// How far a value is from its target, in the steps that tiles and tables colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heat {
    /// Reached.
    Met,
    /// Almost.
    Near,
    /// Missed by less than a tenth of it.
    Missed,
    /// By less than a quarter.
    Low,
    /// By more.
    Lowest,
    /// Nothing to judge.
    None,
}

/// The order in which indicators are presented: what the notice asks first comes first.
pub const ORDER: [&str; 31] = [
    "C01", "C02", "C03", "C04", "C05", "C06", "C07", "C08", "C09", "C10", "S01", "S02", "S03", "S04", "F01", "F02",
    "F03", "F04", "F05", "F06", "F07", "F08", "F09", "F10", "K01", "K02", "K03", "K04", "K05", "E01", "",
];

/// The columns that a figure is read from.
pub const COLUMNS: &str = "indicator, unit_id, district_code, period_type, period, numerator, denominator, value, lower, upper, \
    target, status, reported, expected";

/// The headline values of one unit in all periods.
pub async fn of_unit(scoped: &Scoped, level: &str, unit: &str) -> Result<Vec<Figure>> {
    let sql = format!(
        "select {COLUMNS} from marts.indicator_value where level = $1 and unit_id = $2 and dimension = '' order by period"
    );
    Ok(scoped.query(&sql, &[level, unit]).await?.iter().map(read).collect())
}

/// The headline values of all districts in sight, in the periods around a month.
pub async fn of_districts(scoped: &Scoped, month: &str) -> Result<Vec<Figure>> {
    let sql = format!(
        "select {COLUMNS} from marts.indicator_value where level = 'district' and dimension = '' and {} order by unit_id, period",
        near(month)
    );
    Ok(scoped.query(&sql, &[]).await?.iter().map(read).collect())
}

/// The headline values of a district's schools in the periods around a month.
pub async fn of_schools(scoped: &Scoped, district: &str, month: &str) -> Result<Vec<Figure>> {
    let sql = format!(
        "select {COLUMNS} from marts.indicator_value where level = 'school' and district_code = $1 and dimension = '' and {}
         order by unit_id, period",
        near(month)
    );
    Ok(scoped.query(&sql, &[district]).await?.iter().map(read).collect())
}

/// One indicator's values of all districts in sight and of the city, in all periods.
pub async fn of_indicator(scoped: &Scoped, indicator: &str) -> Result<Vec<Figure>> {
    let sql = format!(
        "select {COLUMNS} from marts.indicator_value where level in ('city', 'district') and indicator = $1 and dimension = ''
         order by unit_id, period"
    );
    Ok(scoped.query(&sql, &[indicator]).await?.iter().map(read).collect())
}

/// The value of an indicator that stands for a month: the month's own, else its term's, its year's, the last before.
///
/// `figures` are of one unit.
pub fn of_month<'a>(figures: impl IntoIterator<Item = &'a Figure>, indicator: &str, month: &str) -> Option<&'a Figure> {
    let own: Vec<&Figure> = figures.into_iter().filter(|figure| figure.indicator == indicator).collect();
    let around = period::around(month);
    let nearest = |wanted: &dyn Fn(&Figure) -> bool| {
        around.iter().find_map(|period| own.iter().copied().find(|figure| figure.period == *period && wanted(figure)))
    };
    let earlier = || {
        own.iter()
            .copied()
            .filter(|figure| figure.value.is_some() && figure.period.as_str() <= month)
            .max_by_key(|figure| &figure.period)
    };
    nearest(&|figure| figure.value.is_some()).or_else(earlier).or_else(|| nearest(&|_| true))
}

/// The indicators that occur, in the order of presentation.
pub fn indicators<'a>(figures: impl IntoIterator<Item = &'a Figure>) -> Vec<&'a str> {
    let mut codes: Vec<&str> = figures.into_iter().map(|figure| figure.indicator.as_str()).collect();
    codes.sort_by_key(|code| (ORDER.iter().position(|one| one == code).unwrap_or(ORDER.len()), *code));
    codes.dedup();
    codes
}

impl Figure {
    /// The value as it is written, or that there is none.
    pub fn label(&self, unit: Unit, lang: Lang) -> String {
        self.value.map_or_else(|| lang.say("figure.none").to_owned(), |value| unit.write(value))
    }

    /// On how many reports it rests, of how many owed: `48/50`. Empty where the indicator takes whatever came.
    pub fn coverage(&self) -> Option<String> {
        let (reported, expected) = (self.reported?, self.expected?);
        Some(format!("{}/{}", format::whole(reported), format::whole(expected)))
    }

    /// Whether so few reported that the figure isn't the unit's.
    pub fn is_thin(&self) -> bool {
        matches!((self.reported, self.expected), (Some(reported), Some(expected)) if reported * 10 < expected * 9)
    }

    /// The step by which its cell is coloured.
    pub fn heat(&self) -> Heat {
        match (self.status, self.value, self.target) {
            (Status::Met, ..) => Heat::Met,
            (Status::Near, ..) => Heat::Near,
            (Status::Missed, Some(value), Some(target)) if target > 0.0 => match value / target {
                part if part >= 0.9 => Heat::Missed,
                part if part >= 0.75 => Heat::Low,
                _ => Heat::Lowest,
            },
            (Status::Missed, ..) => Heat::Low,
            (Status::Open, ..) => Heat::None,
        }
    }
}

impl Status {
    /// The key of its word, and its class.
    pub fn key(self) -> &'static str {
        match self {
            Status::Met => "met",
            Status::Near => "near",
            Status::Missed => "missed",
            Status::Open => "open",
        }
    }

    /// A sign that tells it without colour.
    pub fn sign(self) -> &'static str {
        match self {
            Status::Met => "●",
            Status::Near => "◐",
            Status::Missed => "○",
            Status::Open => "",
        }
    }
}

impl Heat {
    /// The class of a cell.
    pub fn class(self) -> &'static str {
        match self {
            Heat::Met => "g-met",
            Heat::Near => "g-near",
            Heat::Missed => "g-missed",
            Heat::Low => "g-low",
            Heat::Lowest => "g-lowest",
            Heat::None => "g-none",
        }
    }
}

/// A row of these columns as a figure.
pub fn read(row: Row<'_>) -> Figure {
    Figure {
        indicator: row.text("indicator").to_owned(),
        unit_id: row.text("unit_id").to_owned(),
        district_code: row.text("district_code").to_owned(),
        period_type: row.text("period_type").to_owned(),
        period: row.text("period").to_owned(),
        numerator: row.real("numerator"),
        denominator: row.real("denominator"),
        value: row.real("value"),
        lower: row.real("lower"),
        upper: row.real("upper"),
        target: row.real("target"),
        status: match row.text("status") {
            "met" => Status::Met,
            "near" => Status::Near,
            "missed" => Status::Missed,
            _ => Status::Open,
        },
        reported: row.whole("reported"),
        expected: row.whole("expected"),
    }
}

/// The condition that a period stands near a month. C02 has the deadline's month alone, so it is always near.
fn near(month: &str) -> String {
    let periods: Vec<_> =
        period::around(month).iter().filter(|period| is_plain(period)).map(|period| format!("'{period}'")).collect();
    format!("(indicator = 'C02' or period in ({}))", periods.join(", "))
}

fn is_plain(period: &str) -> bool {
    !period.is_empty() && period.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(indicator: &str, period: &str, value: Option<f64>) -> Figure {
        Figure {
            indicator: indicator.to_owned(),
            unit_id: "city".to_owned(),
            district_code: String::new(),
            period_type: String::new(),
            period: period.to_owned(),
            numerator: None,
            denominator: None,
            value,
            lower: None,
            upper: None,
            target: Some(1.0),
            status: Status::Missed,
            reported: Some(44),
            expected: Some(50),
        }
    }

    #[test]
    fn a_month_finds_its_figure() {
        let all = [
            figure("C02", "2019-09", Some(0.9)),
            figure("C03", "2019-10", Some(0.8)),
            figure("C03", "2019-11", Some(0.85)),
            figure("S01", "2019-2020-1", Some(0.92)),
            figure("K03", "2019", Some(0.7)),
            figure("K03", "2020", None),
        ];
        let check = |indicator: &str, month: &str, period: Option<&str>| {
            assert_eq!(
                of_month(&all, indicator, month).map(|figure| figure.period.as_str()),
                period,
                "{indicator} {month}"
            );
        };
        check("C02", "2019-11", Some("2019-09"));
        check("C03", "2019-10", Some("2019-10"));
        check("C03", "2019-12", Some("2019-11"));
        check("S01", "2020-01", Some("2019-2020-1"));
        check("K03", "2020-01", Some("2019"));
        check("E01", "2020-01", None);
        assert_eq!(indicators(&all), ["C02", "C03", "S01", "K03"]);
    }

    #[test]
    fn heat_goes_by_the_distance_to_the_target() {
        let heat = |value| figure("C03", "2019-10", Some(value)).heat();
        assert_eq!([0.93, 0.8, 0.3].map(heat), [Heat::Missed, Heat::Low, Heat::Lowest]);
        assert!(figure("C03", "2019-10", None).is_thin(), "44 of 50 is below nine tenths");
    }
}
