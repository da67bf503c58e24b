//! Where a district's schools stand: a dot a school along the scale, equal ones stacked.

use std::collections::BTreeMap;

use super::bars::ink_of;
use super::canvas::{Ink, QUIET, STRONG, Side, dashes, dot, line, sheet, text, width};
use super::{Screen, Words};
use crate::figures::Status;

/// The dots of `schools` on a scale from 0 or from the least value to the greatest, with the whole's value and the target.
pub fn strip(
    schools: &[(f64, Status)],
    whole: Option<(f64, String)>,
    target: Option<(f64, String)>,
    label: impl Fn(f64) -> String,
    screen: Screen,
    words: &Words,
) -> Option<String> {
    let values = || schools.iter().map(|(value, _)| *value);
    let ends = || values().chain(whole.iter().map(|one| one.0)).chain(target.iter().map(|one| one.0));
    if schools.is_empty() {
        return None;
    }
    let (least, most) = (ends().fold(f64::MAX, f64::min), ends().fold(f64::MIN, f64::max));
    // From 0 where the values reach down towards it: a cut scale then would make much of little.
    let low = if least >= 0.0 && least < most / 2.0 { 0.0 } else { least };
    let span = most - low;
    let full = match screen {
        Screen::Wide => 680,
        Screen::Narrow => 350,
    };
    let (left, right) = (14, full - 14);
    // Where all values are one there is no scale, and they stand in the middle.
    let flat = span <= f64::EPSILON;
    let x = |value: f64| match flat {
        true => full / 2,
        false => left + ((value - low) / span * f64::from(right - left)).round() as i32,
    };
    let mut stacks: BTreeMap<i32, Vec<Status>> = BTreeMap::new();
    for (value, status) in schools {
        stacks.entry(x(*value) / 10).or_default().push(*status);
    }
    let tallest = stacks.values().map(Vec::len).max().unwrap_or(1) as i32;
    // A tall stack gets closer, never taller than this: hundreds of equal schools are a bar.
    let step = (180.0 / f64::from(tallest)).min(10.0);
    let height = |level: usize| (step * level as f64).round() as i32;
    let head = 48;
    let ground = head + height(tallest as usize) + 8;
    Some(sheet((full as u32, (ground + 28) as u32), screen.class(), words, |area| {
        line(area, (0, ground), (full, ground), Ink::Muted, 1);
        if flat {
            text(area, (full / 2, ground + 14), Side::Middle, QUIET, &label(most));
        } else {
            text(area, (left - 8, ground + 14), Side::Start, QUIET, &label(low));
            text(area, (right + 8, ground + 14), Side::End, QUIET, &label(most));
        }
        for (y, kind, one) in [(14, STRONG, &whole), (32, QUIET, &target)] {
            let Some((value, label)) = one else { continue };
            let room = width(label, kind.size) / 2;
            // The line begins below the lower label where it would run through it.
            let lower = |(other, label): &(f64, String)| (x(*other) - x(*value)).abs() <= width(label, QUIET.size);
            let from = if target.as_ref().is_some_and(lower) { 42 } else { y + 10 };
            dashes(area, (x(*value), from), (x(*value), ground), kind.ink);
            let side = if x(*value) + room > full {
                Side::End
            } else if x(*value) < room {
                Side::Start
            } else {
                Side::Middle
            };
            text(area, (x(*value), y), side, kind, label);
        }
        for (at, stack) in &mut stacks {
            stack.sort_by_key(|status| *status as u8);
            for (level, status) in stack.iter().enumerate() {
                let radius = if step < 8.0 { 3 } else { 4 };
                dot(area, (at * 10 + 5, ground - 6 - height(level)), radius, ink_of(*status));
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::canvas::tests::check_well_formed;

    #[test]
    fn every_school_is_a_dot() {
        let schools: Vec<_> = (0..40).map(|at| (0.8 + f64::from(at % 10) * 0.02, Status::Near)).collect();
        let words = Words { title: "学校分布".to_owned(), description: String::new() };
        let svg = strip(
            &schools,
            Some((0.9, "全区 90.0%".to_owned())),
            Some((1.0, "目标".to_owned())),
            |one| format!("{one:.2}"),
            Screen::Wide,
            &words,
        )
        .expect("forty schools");
        check_well_formed(&svg);
        assert_eq!(svg.matches("<circle").count(), 40);
        assert!(svg.contains("全区 90.0%") && svg.contains("1.00"), "{svg}");
    }

    #[test]
    fn thousands_of_equal_schools_stay_in_the_picture() {
        let words = Words { title: "学校分布".to_owned(), description: String::new() };
        let schools = vec![(1.0, Status::Met); 2500];
        let svg = strip(&schools, None, None, |one| format!("{one:.2}"), Screen::Wide, &words).expect("schools");
        let height = svg.split(" height=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("it has one");
        assert!(height.parse::<i32>().expect("a number") < 300, "{height}");
    }

    #[test]
    fn schools_of_one_value_stand_in_the_middle_with_one_label() {
        let words = Words { title: "学校分布".to_owned(), description: String::new() };
        let label = |one: f64| format!("{one:.2}");
        let svg = strip(&[(1.0, Status::Met), (1.0, Status::Met)], None, None, label, Screen::Wide, &words);
        let svg = svg.expect("two schools");
        check_well_formed(&svg);
        assert_eq!((svg.matches("<circle").count(), svg.matches("1.00").count()), (2, 1), "{svg}");
    }
}
