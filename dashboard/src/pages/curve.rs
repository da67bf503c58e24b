//! The roll-out curve with its rows, caption and table, for the city and for a district.

use chrono::NaiveDate;
use maud::{Markup, html};

use crate::charts::rollout::{Day, heading, rollout};
use crate::charts::{Screen, Words};
use crate::error::Result;
use crate::export::grid::{Grid, Kind};
use crate::format;
use crate::pages::layout::Frame;
use crate::pages::parts;
use crate::scope::Scoped;
use crate::words::Lang;

/// The days of the roll-out curve of a district, or of the city for an empty code.
pub async fn days(scoped: &Scoped, district: &str) -> Result<Vec<Day>> {
    let sql = "select day, started, schools from marts.rollout where coalesce(district_code, '') = $1 order by day";
    let rows = scoped.query(sql, &[district]).await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            Some(Day { day: row.date("day")?, started: row.count("started"), schools: row.count("schools") })
        })
        .collect())
}

/// The date by which all should have started.
pub async fn deadline(scoped: &Scoped) -> Result<Option<NaiveDate>> {
    let rows = scoped.query("select value from marts.policy_now where key = 'rollout_deadline'", &[]).await?;
    Ok(rows.first().and_then(|row| row.text("value").parse().ok()))
}

/// The roll-out curve with its caption and table.
pub fn rollout_figure(days: &[Day], deadline: Option<NaiveDate>, frame: &Frame) -> Markup {
    let lang = frame.lang;
    let words = Words {
        title: lang.say("rollout.chart").to_owned(),
        description: days.last().map_or_else(String::new, |day| {
            lang.with("city.summary.started", &[&format::whole(day.started), &format::whole(day.schools)])
        }),
    };
    let heading = heading(days, deadline);
    let note = match heading {
        Some((_, started)) => lang.with(
            "rollout.heading.note",
            &[&format::whole(started), &format::whole(days.last().map_or(0, |day| day.schools))],
        ),
        None => lang.say("rollout.note").to_owned(),
    };
    // The table gives the days on which something changed.
    let mut changed: Vec<&Day> = days.iter().collect();
    changed.dedup_by_key(|day| (day.started, day.schools));
    parts::given_chart(
        frame,
        "rollout",
        &words.title,
        &note,
        |screen: Screen| rollout(days, deadline, lang, screen, &words),
        html! {
            table {
                thead {
                    tr {
                        th { (lang.say("day")) }
                        th.number { (lang.say("rollout.column.started")) }
                        th.number { (lang.say("rollout.column.schools")) }
                    }
                }
                tbody {
                    @for day in changed {
                        tr {
                            td { (format::date(day.day, lang)) }
                            td.number { (format::whole(day.started)) }
                            td.number { (format::whole(day.schools)) }
                        }
                    }
                }
            }
        },
    )
}

/// The days of the curve as the rows of a file.
pub fn grid(days: &[Day], unit: &str, lang: Lang) -> Grid {
    let mut grid = Grid::new(lang.say("rollout.title"))
        .chosen(lang.say("unit"), unit)
        .column("day", Kind::Date, lang.say("day"))
        .column("started", Kind::Whole, lang.say("rollout.column.started"))
        .column("schools", Kind::Whole, lang.say("rollout.column.schools"));
    for day in days {
        grid.row([day.day.into(), day.started.into(), day.schools.into()]);
    }
    grid
}
