//! The roll-out curve: how many schools had started, day by day, against the deadline.

use chrono::{Datelike, Days, NaiveDate};
use plotters::prelude::{AreaSeries, ChartBuilder, LineSeries};

use super::canvas::{
    DRAWN, Ink, PLAIN, QUIET, STRONG, Side, Spot, dashes, diamond, dot, line, ring, sheet, text, ticks, width,
    with_spots,
};
use super::{Screen, Words};
use crate::format;
use crate::words::Lang;

/// One day of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub day: NaiveDate,
    /// Schools that had started.
    pub started: i64,
    /// Schools that were open.
    pub schools: i64,
}

/// Days whose pace tells where the curve is heading.
const PACE: u64 = 14;

/// Before the deadline: how many schools will have started by then at the pace of the last two weeks. Nothing where the deadline
/// has passed, or too few days are known.
pub fn heading(days: &[Day], deadline: Option<NaiveDate>) -> Option<(NaiveDate, i64)> {
    let (last, deadline) = (days.last()?, deadline?);
    let left = (deadline - last.day).num_days();
    let from = last.day.checked_sub_days(Days::new(PACE))?;
    let before = days.iter().rfind(|one| one.day <= from)?;
    if left <= 0 {
        return None;
    }
    let pace = (last.started - before.started) as f64 / (last.day - before.day).num_days().max(1) as f64;
    let coming = (last.started as f64 + pace * left as f64).round() as i64;
    Some((deadline, coming.clamp(0, last.schools.max(last.started))))
}

/// The curve of `days`, in order; without days there is none.
pub fn rollout(days: &[Day], deadline: Option<NaiveDate>, lang: Lang, screen: Screen, words: &Words) -> Option<String> {
    let (first, last) = (days.first()?, days.last()?);
    let (full, narrow) = match screen {
        Screen::Wide => ((680, 300), false),
        Screen::Narrow => ((350, 270), true),
    };
    let most = days.iter().map(|day| day.schools).max().unwrap_or(0).max(1);
    let scale = ticks(most);
    let last_tick = scale.last().copied().unwrap_or(most);
    let top = last_tick as f64;
    let (left, right, head, foot) =
        (width(&format::whole(last_tick), 12.0) + 10, if narrow { 16 } else { 120 }, 46, 30);
    let number = |day: NaiveDate| day.num_days_from_ce();
    let heading = heading(days, deadline);
    let today = number(last.day).max(number(first.day) + 1);
    let end = heading.map_or(today, |(day, _)| number(day));

    let mut spots = Vec::new();
    let svg = sheet(full, screen.class(), words, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_left(left)
            .margin_right(right)
            .margin_top(head)
            .margin_bottom(foot)
            .build_cartesian_2d(number(first.day)..end, 0.0..top)
            .expect(DRAWN);
        let place = |day: i32, schools: f64| chart.backend_coord(&(day, schools));
        let (bottom_left, bottom_right) = (place(number(first.day), 0.0), place(end, 0.0));
        for tick in &scale {
            let y = place(end, *tick as f64).1;
            line(area, (bottom_left.0, y), (bottom_right.0, y), Ink::Rule, 1);
            text(area, (bottom_left.0 - 6, y), Side::End, QUIET, &format::whole(*tick));
        }
        for month in months(first.day, heading.map_or(last.day, |(day, _)| day)) {
            let x = place(number(month), 0.0).0;
            line(area, (x, bottom_left.1), (x, bottom_left.1 + 5), Ink::Muted, 1);
            let label = format::month_name(month, lang);
            if x + width(&label, 12.0) <= full.0 as i32 {
                text(area, (x + 2, bottom_left.1 + 16), Side::Start, QUIET, &label);
            }
        }
        let (end_point, all) = (place(today, last.started as f64), place(end, last.schools as f64));
        let deadline_at = deadline.filter(|day| (first.day..=last.day).contains(day)).map(|day| {
            let then = days.iter().rfind(|one| one.day <= day).unwrap_or(first);
            (day, then, place(number(day), then.started as f64), place(number(day), top).1)
        });

        spots = stairs(days)
            .map(|(from, to)| {
                let (left, right) = (place(number(from.day), top), place(to.map_or(today, |to| number(to.day)), 0.0));
                let started = [from.started, from.schools].map(format::whole);
                let words = lang.with("rollout.from", &[&format::date(from.day, lang), &started[0], &started[1]]);
                Spot { corner: left, size: ((right.0 - left.0).max(1), right.1 - left.1), words }
            })
            .collect();
        let coming = heading.map(|(_, started)| (started, place(end, started as f64)));
        let steps = steps(days, number, today);
        chart.draw_series(AreaSeries::new(steps.iter().copied(), 0.0, Ink::Wash.colour())).expect(DRAWN);
        chart.draw_series(LineSeries::new(steps, Ink::Accent.stroke(2))).expect(DRAWN);

        dashes(area, (bottom_left.0, all.1), (all.0, all.1), Ink::Muted);
        let total = lang.with("rollout.all", &[&format::whole(last.schools)]);
        if narrow {
            text(area, (all.0 - 2, all.1 - 9), Side::End, QUIET, &total);
        } else {
            text(area, (all.0 + 8, all.1 - if end_point.1 - all.1 < 34 { 10 } else { 0 }), Side::Start, QUIET, &total);
        }
        dot(area, end_point, 4, Ink::Accent);
        if let (Some((day, _)), Some((started, point))) = (heading, coming) {
            dashes(area, end_point, point, Ink::Accent);
            ring(area, point, 4, Ink::Accent);
            let (one, two) = (
                lang.with("rollout.deadline", &[&format::day_and_month(day, lang)]),
                lang.with("rollout.heading", &[&format::whole(started)]),
            );
            text(area, (point.0, 11), Side::End, STRONG, &one);
            text(area, (point.0, 28), Side::End, QUIET, &two);
            line(area, (point.0, 40), (point.0, bottom_left.1), Ink::Text, 1);
        }
        let (so_far, share) = (
            lang.with("rollout.started", &[&format::whole(last.started)]),
            format::share(last.started as f64 / last.schools.max(1) as f64),
        );
        if heading.is_some() {
            // Below the line that goes on, where nothing else is drawn.
            let y = (end_point.1 + 18).min(bottom_left.1 - 10);
            let beside = end_point.0 + 8;
            let (side, x) = if beside + width(&so_far, 13.0) <= all.0 - 4 {
                (Side::Start, beside)
            } else {
                (Side::End, end_point.0)
            };
            text(area, (x, y), side, STRONG, &so_far);
        } else if narrow {
            let y = (end_point.1 + 18).min(bottom_left.1 - 10);
            text(area, (end_point.0 - 2, y), Side::End, STRONG, &format!("{so_far} · {share}"));
        } else {
            let y = end_point.1.max(all.1 + 8);
            text(area, (end_point.0 + 8, y), Side::Start, STRONG, &so_far);
            text(area, (end_point.0 + 8, y + 17), Side::Start, PLAIN, &share);
        }
        if let Some((day, then, point, top)) = deadline_at {
            line(area, (point.0, top - 8), (point.0, bottom_left.1), Ink::Text, 1);
            diamond(area, point, 5, Ink::Text);
            let (one, two) = (
                lang.with("rollout.deadline", &[&format::day_and_month(day, lang)]),
                lang.with("rollout.by_then", &[&format::whole(then.started), &format::whole(then.schools)]),
            );
            let room = width(&one, 13.0).max(width(&two, 12.0));
            let side = if point.0 + room / 2 > full.0 as i32 {
                Side::End
            } else if point.0 - room / 2 < 0 {
                Side::Start
            } else {
                Side::Middle
            };
            text(area, (point.0, 11), side, STRONG, &one);
            text(area, (point.0, 28), side, QUIET, &two);
        }
    });
    Some(with_spots(&svg, &spots))
}

/// The stairs of the curve: each with the day that it begins on, and the next one.
fn stairs(days: &[Day]) -> impl Iterator<Item = (&Day, Option<&Day>)> {
    let mut firsts: Vec<&Day> = days.iter().collect();
    firsts.dedup_by_key(|day| (day.started, day.schools));
    let nexts: Vec<Option<&Day>> = firsts.iter().copied().skip(1).map(Some).chain([None]).collect();
    firsts.into_iter().zip(nexts)
}

/// The corners of the stairs: a school counts from its day on.
fn steps(days: &[Day], number: impl Fn(NaiveDate) -> i32, end: i32) -> Vec<(i32, f64)> {
    let mut corners: Vec<(i32, f64)> = Vec::new();
    for day in days {
        let (at, started) = (number(day.day), day.started as f64);
        match corners.last().copied() {
            Some((_, before)) if before == started => {}
            Some((_, before)) => corners.extend([(at, before), (at, started)]),
            None => corners.push((at, started)),
        }
    }
    corners.extend(corners.last().map(|(_, started)| (end, *started)));
    corners
}

/// The first days of the months between two days.
fn months(from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    std::iter::successors(Some(from), |day| day.checked_add_days(Days::new(1)))
        .take_while(move |day| *day <= to)
        .filter(|day| day.day() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::canvas::tests::check_well_formed;

    #[test]
    fn before_the_deadline_the_curve_says_where_it_is_heading() {
        let start = NaiveDate::from_ymd_opt(2019, 8, 3).expect("a day");
        let days: Vec<_> =
            (0..30u64).map(|at| Day { day: start + Days::new(at), started: at as i64, schools: 50 }).collect();
        let on = |text: &str| Some(text.parse().expect("a day"));
        assert_eq!(heading(&days, on("2019-09-11")), Some((on("2019-09-11").expect("a day"), 39)), "one a day goes on");
        assert_eq!(heading(&days, on("2019-12-30")).map(|(_, started)| started), Some(50), "no more than there are");
        assert_eq!(heading(&days, on("2019-09-01")), None, "the deadline is today");
        assert_eq!(heading(&days[..10], on("2019-09-30")), None, "ten days tell no pace");
        let words = Words { title: "开办进度".to_owned(), description: String::new() };
        for screen in [Screen::Wide, Screen::Narrow] {
            let svg = rollout(&days, on("2019-09-11"), Lang::Zh, screen, &words).expect("there are days");
            check_well_formed(&svg);
            assert!(svg.contains("9月11日") && svg.contains("39") && svg.contains("29"), "{svg}");
        }
    }

    #[test]
    fn the_curve_names_deadline_and_end() {
        let start = NaiveDate::from_ymd_opt(2019, 8, 3).expect("a day");
        let days: Vec<_> = (0..150u64)
            .map(|at| Day { day: start + Days::new(at), started: (at as i64 * 2).min(48), schools: 50 })
            .collect();
        let words = Words { title: "开办进度".to_owned(), description: "逐日".to_owned() };
        for screen in [Screen::Wide, Screen::Narrow] {
            let svg =
                rollout(&days, NaiveDate::from_ymd_opt(2019, 9, 30), Lang::Zh, screen, &words).expect("there are days");
            check_well_formed(&svg);
            for label in ["9月30日", "50", "96.0%", "开办进度"] {
                assert!(svg.contains(label), "{label} in {svg}");
            }
            assert!(svg.contains("<title>2019年8月5日起 4 / 50 所</title>"), "a stair tells its schools: {svg}");
            assert!(svg.len() < 12_000, "{} bytes", svg.len());
        }
        assert_eq!(rollout(&[], None, Lang::Zh, Screen::Wide, &words), None);
    }
}
