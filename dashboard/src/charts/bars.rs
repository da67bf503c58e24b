//! Units side by side: a dot for each value with its interval, against the target.

use super::canvas::{
    Ink, PLAIN, QUIET, STRONG, Side, Spot, Type, dashes, dot, fitted, line, ring, sheet, text, width, with_spots,
};
use super::{Screen, Words};
use crate::figures::Status;

/// One unit's line.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// The unit.
    pub name: String,
    /// Its value; none leaves the line empty, which is not 0.
    pub value: Option<f64>,
    /// The interval that chance allows.
    pub interval: Option<(f64, f64)>,
    /// How it stands to the target.
    pub status: Status,
    /// The value as it is written.
    pub label: String,
    /// What stands small beside it: on how many reports it rests.
    pub note: String,
}

/// What the lines are measured against.
#[derive(Debug, Clone, PartialEq)]
pub struct Against {
    /// The value aimed at, with its label.
    pub target: Option<(f64, String)>,
    /// The value of all together, with its label.
    pub whole: Option<(f64, String)>,
    /// The ends of the scale, with their labels.
    pub scale: [(f64, String); 2],
}

/// The lines in the order given.
pub fn bars(bars: &[Bar], against: &Against, screen: Screen, words: &Words) -> Option<String> {
    if bars.is_empty() {
        return None;
    }
    let (full, row) = match screen {
        Screen::Wide => (680, 32),
        Screen::Narrow => (350, 40),
    };
    let head = if against.target.is_some() && against.whole.is_some() { 42 } else { 26 };
    let height = head + row * bars.len() as i32 + 26;
    let widest =
        |words: &mut dyn Iterator<Item = &str>, size: f64| words.map(|one| width(one, size)).max().unwrap_or(0);
    let values = widest(&mut bars.iter().map(|bar| bar.label.as_str()), 13.0) + 14;
    let notes = match screen {
        Screen::Wide => widest(&mut bars.iter().map(|bar| bar.note.as_str()), 12.0) + 16,
        Screen::Narrow => 0,
    };
    let names = widest(&mut bars.iter().map(|bar| bar.name.as_str()), 13.0).min(full / 3) + 14;
    let (left, right) = (names, full - values - notes - 8);
    let [(low, low_label), (high, high_label)] = &against.scale;
    let x = |value: f64| {
        left + (((value - low) / (high - low).max(f64::EPSILON)).clamp(0.0, 1.0) * f64::from(right - left)).round()
            as i32
    };

    let svg = sheet((full as u32, height as u32), screen.class(), words, |area| {
        let bottom = height - 24;
        for (at, (value, label)) in [(0, (low, low_label)), (1, (high, high_label))] {
            line(area, (x(*value), head - 4), (x(*value), bottom), Ink::Rule, 1);
            text(area, (x(*value), bottom + 12), if at == 0 { Side::Start } else { Side::End }, QUIET, label);
        }
        let mut above = 10;
        for (value, label, ink) in [(&against.whole, Ink::Muted), (&against.target, Ink::Text)]
            .into_iter()
            .filter_map(|(one, ink)| one.as_ref().map(|(value, label)| (*value, label, ink)))
        {
            dashes(area, (x(value), above + 8), (x(value), bottom), ink);
            let room = width(label, 12.0);
            let side = match x(value) {
                at if at + room / 2 > full => Side::End,
                at if at < room / 2 => Side::Start,
                _ => Side::Middle,
            };
            text(area, (x(value), above), side, Type { ink, ..QUIET }, label);
            above += 16;
        }
        for (at, bar) in bars.iter().enumerate() {
            let y = head + row * at as i32 + row / 2;
            line(area, (0, y + row / 2), (full, y + row / 2), Ink::Rule, 1);
            text(area, (0, y), Side::Start, PLAIN, &fitted(&bar.name, 13.0, names - 8));
            if let Some((lower, upper)) = bar.interval {
                line(area, (x(lower), y), (x(upper), y), ink_of(bar.status), 2);
            }
            match bar.value {
                Some(value) if bar.status == Status::Missed => ring(area, (x(value), y), 5, Ink::Missed),
                Some(value) => dot(area, (x(value), y), 5, ink_of(bar.status)),
                None => {}
            }
            let kind = if bar.value.is_some() { STRONG } else { QUIET };
            text(area, (right + values, y), Side::End, kind, &bar.label);
            if screen == Screen::Wide {
                text(area, (full, y), Side::End, QUIET, &bar.note);
            }
        }
    });
    let spot = |(at, bar): (usize, &Bar)| Spot {
        corner: (0, head + row * at as i32),
        size: (full, row),
        words: format!("{} {} {}", bar.name, bar.label, bar.note).trim_end().to_owned(),
    };
    // Nobody points at a phone's picture.
    let spots: Vec<Spot> = bars.iter().enumerate().filter(|_| screen == Screen::Wide).map(spot).collect();
    Some(with_spots(&svg, &spots))
}

/// The colour of a status.
pub fn ink_of(status: Status) -> Ink {
    match status {
        Status::Met => Ink::Met,
        Status::Near => Ink::Near,
        Status::Missed => Ink::Missed,
        Status::Open => Ink::Accent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::canvas::tests::check_well_formed;

    #[test]
    fn each_unit_has_its_label() {
        let bar = |name: &str, value: Option<f64>, status| Bar {
            name: name.to_owned(),
            value,
            interval: value.map(|value| (value - 0.02, value + 0.01)),
            status,
            label: value.map_or("无数据".to_owned(), |value| format!("{:.1}%", value * 100.0)),
            note: "48/50".to_owned(),
        };
        let lines = [
            bar("市中区", Some(0.98), Status::Near),
            bar("峄城区", Some(0.7), Status::Missed),
            bar("枣庄高新区", None, Status::Open),
        ];
        let against = Against {
            target: Some((1.0, "目标 100%".to_owned())),
            whole: Some((0.91, "全市 91.0%".to_owned())),
            scale: [(0.6, "60%".to_owned()), (1.0, "100%".to_owned())],
        };
        let words = Words { title: "需求满足率".to_owned(), description: String::new() };
        for screen in [Screen::Wide, Screen::Narrow] {
            let svg = bars(&lines, &against, screen, &words).expect("three lines");
            check_well_formed(&svg);
            for label in ["市中区", "枣庄高新区", "98.0%", "无数据", "目标 100%", "全市 91.0%"] {
                assert!(svg.contains(label), "{label} in {svg}");
            }
        }
        assert_eq!(bars(&[], &against, Screen::Wide, &words), None);
    }
}
