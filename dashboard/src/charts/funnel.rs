//! The funnel: a dot a school, its share over its number of people, within the limits that chance alone would keep it in.

use super::canvas::{
    Ink, QUIET, STRONG, Side, Spot, dashed_path, dashes, dot, fitted, line, path, ring, sheet, text, ticks, width,
    with_spots,
};
use super::{Screen, Words};
use crate::format;

/// One school.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// Its name.
    pub name: String,
    /// How many people its share rests on.
    pub people: f64,
    /// The share.
    pub value: f64,
    /// Whether it lies outside of the outer limits: then it is named.
    pub is_outside: bool,
}

/// What the schools are held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// The share of all together, with its label.
    pub overall: (f64, String),
    /// What is added to the variance where the schools differ more than chance explains.
    pub spread: f64,
    /// What the limits are called, the inner one first.
    pub labels: [String; 2],
    /// What the scale of people is called.
    pub people: String,
}

/// The inner and the outer limit, in standard deviations: 95 % and 99.8 %.
const Z: [f64; 2] = [1.959_963_984_540_054, 3.090_232_306_167_813];

impl Limits {
    /// The limits for so many people: lower and upper.
    fn at(&self, people: f64, z: f64) -> (f64, f64) {
        let p = self.overall.0;
        let reach = z * (p * (1.0 - p) / people.max(1.0) + self.spread).sqrt();
        ((p - reach).max(0.0), (p + reach).min(1.0))
    }
}

/// The funnel of `schools`; without schools there is none.
pub fn funnel(schools: &[Dot], limits: &Limits, screen: Screen, words: &Words) -> Option<String> {
    let most = schools.iter().map(|school| school.people).fold(f64::MIN, f64::max);
    if schools.is_empty() || most <= 0.0 {
        return None;
    }
    let (full, narrow) = match screen {
        Screen::Wide => ((680, 380), false),
        Screen::Narrow => ((350, 330), true),
    };
    let scale = ticks(most.ceil() as i64);
    let right_end = scale.last().copied().unwrap_or(1) as f64;
    // The limits are in sight at least where the largest schools are.
    let (lowest_limit, highest_limit) = limits.at(right_end, Z[1]);
    let least = schools.iter().map(|school| school.value).fold(limits.overall.0.min(lowest_limit), f64::min);
    let greatest = schools.iter().map(|school| school.value).fold(limits.overall.0.max(highest_limit), f64::max);
    // Whole tenths around what there is, so that the dots have room.
    let low = ((least - 0.03) * 10.0).floor().max(0.0) / 10.0;
    let high = ((greatest + 0.03) * 10.0).ceil().min(10.0) / 10.0;
    let (low, high) = if high - low < 0.1 { ((high - 0.1).max(0.0), high) } else { (low, high) };
    // Beside the limits stand their names and the overall share.
    let beside = if narrow { 14 } else { (width(&limits.overall.1, 13.0) + 16).clamp(60, 200) };
    let (left, right, head, foot) = (width("100%", 12.0) + 12, full.0 - beside, 26, full.1 - 44);
    let x = |people: f64| left + (people / right_end * f64::from(right - left)).round() as i32;
    let y = |value: f64| foot - ((value.clamp(low, high) - low) / (high - low) * f64::from(foot - head)).round() as i32;

    let svg = sheet((full.0 as u32, full.1 as u32), screen.class(), words, |area| {
        let step = if high - low > 0.5 { 2 } else { 1 };
        for tenth in ((low * 10.0).round() as i32..=(high * 10.0).round() as i32).step_by(step) {
            let value = f64::from(tenth) / 10.0;
            line(area, (left, y(value)), (right, y(value)), Ink::Rule, 1);
            text(area, (left - 6, y(value)), Side::End, QUIET, &format!("{}%", tenth * 10));
        }
        line(area, (left, foot), (right, foot), Ink::Muted, 1);
        for tick in &scale {
            let side = if *tick as f64 >= right_end { Side::End } else { Side::Middle };
            text(area, (x(*tick as f64), foot + 13), side, QUIET, &format::whole(*tick));
        }
        text(area, ((left + right) / 2, foot + 32), Side::Middle, QUIET, &limits.people);
        for (z, at) in Z.iter().zip([0, 1]) {
            let along = |pick: &dyn Fn((f64, f64)) -> f64| -> Vec<(i32, i32)> {
                (1..=60)
                    .map(|step| right_end * f64::from(step) / 60.0)
                    .map(|people| (people, pick(limits.at(people, *z))))
                    // Beyond the scale there is no line: along its edge it would be a false one.
                    .filter(|(_, limit)| (low..=high).contains(limit))
                    .map(|(people, limit)| (x(people), y(limit)))
                    .collect()
            };
            let both = [along(&|ends| ends.0), along(&|ends| ends.1)];
            for points in both.into_iter().filter(|points| points.len() > 1) {
                if at == 0 { dashed_path(area, points, Ink::Muted) } else { path(area, points, Ink::Muted, 1) }
            }
        }
        let overall = y(limits.overall.0);
        dashes(area, (left, overall), (right, overall), Ink::Accent);
        if narrow {
            // At that end of its line, above or below, where no dot stands.
            let room = width(&limits.overall.1, 13.0);
            let is_free = |from: i32, level: i32| {
                !schools.iter().any(|school| {
                    let (at, high) = (x(school.people), y(school.value));
                    at + 5 > from && at - 5 < from + room && (high - level).abs() < 13
                })
            };
            let places = [(right - room, -9), (right - room, 10), (left + 4, -9), (left + 4, 10)];
            let free = places.into_iter().find(|(from, off)| is_free(*from, overall + off));
            let (from, off) = free.unwrap_or(places[0]);
            text(area, (from, overall + off), Side::Start, STRONG, &limits.overall.1);
            let mut taken = vec![overall + off];
            for (label, z) in limits.labels.iter().zip(Z) {
                let at = y(limits.at(right_end, z).0) + 10;
                if at < foot - 6 && taken.iter().all(|one| (one - at).abs() >= 14) {
                    text(area, (right, at), Side::End, QUIET, label);
                    taken.push(at);
                }
            }
        } else {
            text(area, (right + 8, overall), Side::Start, STRONG, &fitted(&limits.overall.1, 13.0, full.0 - right - 8));
            let mut taken = vec![overall];
            for (label, z) in limits.labels.iter().zip(Z) {
                let at = y(limits.at(right_end, z).0);
                if let Some(free) =
                    (0..6).map(|step| at + step * 16).find(|at| taken.iter().all(|one| (one - at).abs() >= 16))
                {
                    text(area, (right + 8, free), Side::Start, QUIET, label);
                    taken.push(free);
                }
            }
        }
        for school in schools.iter().filter(|school| !school.is_outside) {
            dot(area, (x(school.people), y(school.value)), 3, Ink::Accent);
        }
        // The names of those outside, each where none stands yet; the table has them all.
        let mut taken: Vec<(i32, i32, i32)> = Vec::new();
        let outside = schools.iter().filter(|school| school.is_outside);
        for school in outside {
            let (at, level) = (x(school.people), y(school.value));
            ring(area, (at, level), 5, Ink::Missed);
            let name = fitted(&school.name, 12.0, if narrow { 110 } else { 170 });
            let room = width(&name, 12.0);
            let (side, from) =
                if at + 10 + room <= right { (Side::Start, at + 10) } else { (Side::End, at - 10 - room) };
            let fits = |level: i32| {
                from >= left
                    && level > head - 8
                    && level < foot - 6
                    && taken
                        .iter()
                        .all(|(start, end, y)| from > *end || from + room < *start || (level - y).abs() >= 15)
            };
            if let Some(level) = [level, level - 14, level + 14].into_iter().find(|level| fits(*level)) {
                let anchor = if side == Side::Start { at + 10 } else { at - 10 };
                text(area, (anchor, level), side, super::canvas::Type { ink: Ink::Text, ..QUIET }, &name);
                taken.push((from, from + room, level));
            }
        }
    });
    // Nobody points at a phone's picture.
    let spots: Vec<Spot> = schools
        .iter()
        .filter(|_| !narrow)
        .map(|school| Spot {
            corner: (x(school.people) - 5, y(school.value) - 5),
            size: (10, 10),
            words: format!(
                "{} {} · {}",
                school.name,
                format::share(school.value),
                format::number(school.people.round())
            ),
        })
        .collect();
    Some(with_spots(&svg, &spots))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::canvas::tests::check_well_formed;

    fn limits(spread: f64) -> Limits {
        Limits {
            overall: (0.9, "全区 90.0%".to_owned()),
            spread,
            labels: ["95%".to_owned(), "99.8%".to_owned()],
            people: "人数".to_owned(),
        }
    }

    #[test]
    fn schools_outside_are_named_and_all_tell_their_value() {
        let school = |name: &str, people, value, is_outside| Dot { name: name.to_owned(), people, value, is_outside };
        let mut schools: Vec<Dot> =
            (1..30).map(|at| school(&format!("第{at}小学"), f64::from(at) * 30.0, 0.88, false)).collect();
        schools.push(school("云门小学", 500.0, 0.61, true));
        let words = Words { title: "漏斗图".to_owned(), description: String::new() };
        for screen in [Screen::Wide, Screen::Narrow] {
            let svg = funnel(&schools, &limits(0.0), screen, &words).expect("thirty schools");
            check_well_formed(&svg);
            let labels: Vec<&str> = svg.split("<text").skip(1).filter(|label| label.contains("小学")).collect();
            assert!(labels.len() == 1 && labels[0].contains("云门小学"), "{labels:?}");
            assert!(svg.contains("全区 90.0%") && svg.contains("1,000"), "{svg}");
        }
        let wide = funnel(&schools, &limits(0.0), Screen::Wide, &words).expect("thirty schools");
        assert_eq!(wide.matches("<rect x=").count(), 30);
        assert!(wide.contains("<title>云门小学 61.0% · 500</title>"), "{wide}");
        assert_eq!(funnel(&[], &limits(0.0), Screen::Wide, &words), None);
    }

    #[test]
    fn no_limit_is_drawn_along_the_edge_of_the_scale() {
        // Wide limits and small schools: at few people the limits lie beyond what is shown.
        let schools = [10.0, 400.0].map(|people| Dot { name: "甲".to_owned(), people, value: 0.6, is_outside: false });
        let limits = Limits { overall: (0.6, "全区 60.0%".to_owned()), ..limits(0.0) };
        let words = Words { title: "漏斗图".to_owned(), description: String::new() };
        let svg = funnel(&schools, &limits, Screen::Wide, &words).expect("two schools");
        let lines = svg.split("<polyline").skip(1).map(|line| line.split("points=\"").nth(1).expect("points"));
        let lines: Vec<Vec<&str>> =
            lines.map(|line| line[..line.find('"').expect("an end")].split_whitespace().collect()).collect();
        let limits: Vec<&Vec<&str>> = lines.iter().filter(|points| points.len() > 2).collect();
        assert_eq!(limits.len(), 4, "{svg}");
        for points in limits {
            let heights: Vec<&str> = points.iter().map(|point| point.split(',').nth(1).expect("a height")).collect();
            assert_ne!(heights[0], heights[2], "a limit falls towards the middle from where it begins: {points:?}");
        }
    }

    #[test]
    fn limits_narrow_with_people_and_widen_with_spread() {
        let reach = |spread, people| {
            let (lower, upper) = limits(spread).at(people, Z[1]);
            upper - lower
        };
        assert!(reach(0.0, 50.0) > reach(0.0, 500.0) && reach(0.01, 500.0) > reach(0.0, 500.0));
        assert_eq!(limits(0.5).at(10.0, Z[1]), (0.0, 1.0));
    }
}
