//! Which slices a figure or a finding needs: the forms whose rows it counts, in the periods that its own is made of.

use chrono::{Datelike, Days, NaiveDate};
use ingest::form::{Form, PeriodKind};
use serde::Serialize;
use transform::project::Model;
use warehouse::erasure::Erasure;

use crate::error::Result;
use crate::explain::Explainer;
use crate::explain::model::{forms_of, is_year_to_date};
use crate::explain::tables::{list, quoted};

/// A period with its bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PeriodTold {
    /// `month`, `quarter`, `term`, `year`
    pub kind: String,
    /// The canonical period.
    pub period: String,
    /// Its first day.
    #[schema(value_type = String, format = Date)]
    pub first_day: NaiveDate,
    /// Its last day.
    #[schema(value_type = String, format = Date)]
    pub last_day: NaiveDate,
    /// The day before which rows of persons were erased, where the period is closed by that: its figures stay, its rows may be gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub erased_before: Option<NaiveDate>,
}

/// The slices that something needs.
#[derive(Debug, Clone)]
pub struct Needs {
    /// The forms.
    pub forms: Vec<&'static Form>,
    /// A condition on `form`, `period` and `due_on` of `marts.slice`.
    pub condition: String,
}

/// The bounds of a month, quarter or year; a term's stand in the calendar alone.
fn bounds(period: &str) -> Option<(&'static str, NaiveDate, NaiveDate)> {
    let span = |kind, year: i32, month: u32, months: u32| {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        let next = NaiveDate::from_ymd_opt(year + i32::from(month + months > 12), (month + months - 1) % 12 + 1, 1)?;
        Some((kind, first, next - Days::new(1)))
    };
    match period.split('-').collect::<Vec<_>>()[..] {
        [year] => span("year", year.parse().ok()?, 1, 12),
        [year, month] => match month.strip_prefix('Q') {
            Some(quarter) => span("quarter", year.parse().ok()?, quarter.parse::<u32>().ok()? * 3 - 2, 3),
            None => span("month", year.parse().ok()?, month.parse().ok()?, 1),
        },
        _ => None,
    }
}

/// The months from a day to another.
fn months(first: NaiveDate, last: NaiveDate) -> Vec<String> {
    let mut found: Vec<String> = first.iter_days().take_while(|day| *day <= last).map(month_of).collect();
    found.dedup();
    found
}

fn month_of(day: NaiveDate) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

impl Explainer<'_> {
    /// A period's kind and bounds.
    pub(crate) async fn period(&self, period: &str) -> Result<PeriodTold> {
        let erased_before = self.erasure.filter(|erasure| erasure.closes(period)).map(Erasure::before);
        if let Some((kind, first_day, last_day)) = bounds(period) {
            let (kind, period) = (kind.to_owned(), period.to_owned());
            return Ok(PeriodTold { kind, period, first_day, last_day, erased_before });
        }
        let mut told = PeriodTold {
            kind: "term".to_owned(),
            period: period.to_owned(),
            first_day: self.release.today,
            last_day: self.release.today,
            erased_before,
        };
        if self.tables.has("staging", "period") {
            let sql = "select period_type, first_day, last_day from staging.period where period = $1";
            if let Some(row) = self.tables.query(sql, &[period]).await?.first()
                && let (Some(first), Some(last)) = (row.date("first_day"), row.date("last_day"))
            {
                (told.kind, told.first_day, told.last_day) = (row.text("period_type").to_owned(), first, last);
            }
        }
        Ok(told)
    }

    /// The slices that a model's rows of a period rest on.
    pub(crate) async fn needs(&self, model: &Model, period: &PeriodTold) -> Result<Needs> {
        let forms = forms_of(self.project, model);
        let names = list(forms.iter().map(|form| form.name.as_str()));
        // Whoever counts slices of all forms counts them by their last day.
        if forms.len() == ingest::form::forms().len() {
            let (first, last) = (period.first_day, period.last_day);
            let today = self.release.today;
            let condition = format!(
                "due_on >= date '{first}' and due_on <= date '{last}' and due_on < date '{today}' and form in ({names})"
            );
            return Ok(Needs { forms, condition });
        }
        let has = |kind: PeriodKind| forms.iter().any(|form| form.period == kind);
        let mut periods = vec![period.period.clone()];
        if has(PeriodKind::Month) {
            let first = if is_year_to_date(model) {
                NaiveDate::from_ymd_opt(period.last_day.year(), 1, 1).unwrap_or(period.first_day)
            } else {
                period.first_day
            };
            periods.extend(months(first, period.last_day));
        }
        // A plan counts from its term on, whatever the period that is asked about.
        if has(PeriodKind::Term) && period.kind != "term" && self.tables.has("staging", "period") {
            let sql = "select period from staging.period where period_type = 'term' and first_day <= cast($1 as date)";
            let rows = self.tables.query(sql, &[&period.last_day.to_string()]).await?;
            periods.extend(rows.iter().map(|row| row.text("period").to_owned()));
        }
        let periods = list(periods.iter().map(String::as_str));
        Ok(Needs { forms, condition: format!("form in ({names}) and period in ({periods})") })
    }
}

/// A condition on a school.
pub fn of_school(school: &str) -> String {
    format!("school_id = {}", quoted(school))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_have_bounds() {
        let check = |period: &str, kind: &str, first: &str, last: &str| {
            let (found, from, to) = bounds(period).expect("a period");
            assert_eq!((found, from.to_string().as_str(), to.to_string().as_str()), (kind, first, last));
        };
        check("2019-12", "month", "2019-12-01", "2019-12-31");
        check("2020-02", "month", "2020-02-01", "2020-02-29");
        check("2019-Q4", "quarter", "2019-10-01", "2019-12-31");
        check("2019", "year", "2019-01-01", "2019-12-31");
        for period in ["2019-2020-1", "2019-13", "2019-Q5", "", "x"] {
            assert_eq!(bounds(period), None, "{period}");
        }
        let day = |text: &str| text.parse().expect("a day");
        assert_eq!(months(day("2019-11-30"), day("2020-01-01")), ["2019-11", "2019-12", "2020-01"]);
    }
}
