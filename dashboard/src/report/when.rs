//! Which figure stands for a report's period where its indicator has another kind of period.

use std::collections::BTreeMap;

use chrono::{Days, Months, NaiveDate};

use crate::error::Result;
use crate::scope::Scoped;

/// First and last days of periods.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    known: BTreeMap<String, (NaiveDate, NaiveDate)>,
}

impl Calendar {
    /// As the release's calendar has them.
    pub async fn of(scoped: &Scoped) -> Result<Calendar> {
        let rows = scoped.query("select period, first_day, last_day from staging.period", &[]).await?;
        let read = |row: crate::rows::Row<'_>| {
            Some((row.text("period").to_owned(), (row.date("first_day")?, row.date("last_day")?)))
        };
        Ok(Calendar { known: rows.iter().filter_map(read).collect() })
    }

    /// The first and the last day; none for what is no period.
    pub fn days(&self, period: &str) -> Option<(NaiveDate, NaiveDate)> {
        self.known.get(period).copied().or_else(|| told(period))
    }

    /// Whether a period ends within another one, or is it.
    pub fn ends_within(&self, period: &str, whole: &str) -> bool {
        let (Some((_, last)), Some((from, to))) = (self.days(period), self.days(whole)) else { return period == whole };
        (from..=to).contains(&last)
    }

    /// Of these periods the one that stands for the wanted one: itself; else the longest and latest that ends within it, else the
    /// shortest and latest that has days in common with it.
    pub fn stands_for<'a>(&self, periods: impl Iterator<Item = &'a str>, wanted: &str) -> Option<&'a str> {
        let (from, to) = self.days(wanted)?;
        let all: Vec<(&str, NaiveDate, NaiveDate)> = periods
            .filter_map(|period| self.days(period).map(|(first, last)| (period, first, last)))
            .filter(|(_, first, last)| *first <= to && *last >= from)
            .collect();
        // Months differ by days and are all as long as each other.
        let length = |first: NaiveDate, last: NaiveDate| (last - first).num_days() / 32;
        let exact = all.iter().find(|(period, ..)| *period == wanted);
        let within = || {
            let ended = all.iter().filter(|(_, _, last)| (from..=to).contains(last));
            ended.max_by_key(|(_, first, last)| (length(*first, *last), *last))
        };
        let around = || all.iter().min_by_key(|(_, first, last)| (length(*first, *last), std::cmp::Reverse(*last)));
        exact.or_else(within).or_else(around).map(|(period, ..)| *period)
    }
}

/// The period of the same kind before.
pub fn before(period: &str) -> Option<String> {
    let parts: Vec<&str> = period.split('-').collect();
    let year = |text: &str| text.parse::<i32>().ok();
    match parts.as_slice() {
        [one] => Some((year(one)? - 1).to_string()),
        [_, month] if month.len() == 2 => {
            let first: NaiveDate = format!("{period}-01").parse().ok()?;
            Some(first.checked_sub_months(Months::new(1))?.format("%Y-%m").to_string())
        }
        [from, to] if to.len() == 4 => Some(format!("{}-{}", year(from)? - 1, year(to)? - 1)),
        [from, to, "1"] => Some(format!("{}-{}-2", year(from)? - 1, year(to)? - 1)),
        [from, to, "2"] => Some(format!("{from}-{to}-1")),
        _ => None,
    }
}

/// Days that the text itself tells: of a month, a quarter or a year.
fn told(period: &str) -> Option<(NaiveDate, NaiveDate)> {
    let ends = |year: i32, month: u32, months: u32| {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        Some((first, first.checked_add_months(Months::new(months))?.checked_sub_days(Days::new(1))?))
    };
    match period.split('-').collect::<Vec<_>>().as_slice() {
        [year] if year.len() == 4 => ends(year.parse().ok()?, 1, 12),
        [year, quarter] if quarter.starts_with('Q') => {
            let number: u32 = quarter[1..].parse().ok().filter(|number| (1..=4).contains(number))?;
            ends(year.parse().ok()?, number * 3 - 2, 3)
        }
        [year, month] if month.len() == 2 => ends(year.parse().ok()?, month.parse().ok()?, 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        let day = |text: &str| text.parse().expect("a day");
        let term = |from: &str, to: &str| (day(from), day(to));
        Calendar {
            known: BTreeMap::from([
                ("2019-2020-1".to_owned(), term("2019-09-01", "2020-01-31")),
                ("2019-2020-2".to_owned(), term("2020-02-01", "2020-07-31")),
            ]),
        }
    }

    #[test]
    fn a_term_takes_the_year_that_ends_in_it_and_a_month_the_term_around_it() {
        let calendar = calendar();
        let check = |periods: &[&'static str], wanted: &str, stands: Option<&str>| {
            assert_eq!(calendar.stands_for(periods.iter().copied(), wanted), stands, "{periods:?} for {wanted}");
        };
        check(&["2019-09", "2019-2020-1", "2019"], "2019-2020-1", Some("2019-2020-1"));
        check(&["2019-09", "2019-12", "2020-01", "2019", "2020"], "2019-2020-1", Some("2019"));
        check(&["2020-02", "2020-03", "2020"], "2019-2020-2", Some("2020-03"));
        check(&["2019-2020-1", "2019-2020-2"], "2019-10", Some("2019-2020-1"));
        check(&["2019-2020-1", "2019-2020-2"], "2019", Some("2019-2020-1"));
        check(&["2018", "2018-12"], "2019-2020-1", None);
        check(&["2019-Q4"], "2019-2020-1", Some("2019-Q4"));
        check(&["2019-10", "2019-11"], "2019-2020-1", Some("2019-11"));
    }

    #[test]
    fn periods_have_one_before() {
        for (period, earlier) in [
            ("2020-01", "2019-12"),
            ("2019", "2018"),
            ("2019-2020-1", "2018-2019-2"),
            ("2019-2020-2", "2019-2020-1"),
            ("2019-2020", "2018-2019"),
        ] {
            assert_eq!(before(period).as_deref(), Some(earlier));
        }
        assert_eq!(before("x-y-z"), None);
    }

    #[test]
    fn periods_lie_within_each_other() {
        let calendar = calendar();
        for (period, within) in [
            ("2019-10", true),
            ("2019-Q4", true),
            ("2019", true),
            ("2020", false),
            ("2019-2020-1", true),
            ("2020-02", false),
        ] {
            assert_eq!(calendar.ends_within(period, "2019-2020-1"), within, "{period}");
        }
    }
}
