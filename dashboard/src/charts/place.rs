//! A school's place among similar ones: a line from the lowest of them to the highest, their middle, and the school's own dot.

use super::Words;
use super::canvas::{Ink, Spot, dot, line, sheet, with_spots};

const WIDE: i32 = 180;
const HIGH: i32 = 22;

/// Where a value stands; `others` are the lowest, the middle and the highest of the similar schools' values.
pub fn place(value: f64, others: [f64; 3], told: &str, words: &Words) -> String {
    let [lowest, middle, highest] = others;
    let (low, high) = (lowest.min(value), highest.max(value));
    // Where all are one there is no scale, and all stand in the middle.
    let x = |value: f64| match high - low {
        span if span <= f64::EPSILON => WIDE / 2,
        span => 8 + ((value - low) / span * f64::from(WIDE - 16)).round() as i32,
    };
    let level = HIGH / 2;
    let svg = sheet((WIDE as u32, HIGH as u32), "trend", words, |area| {
        line(area, (x(lowest), level), (x(highest), level), Ink::Void, 2);
        for end in [lowest, highest] {
            line(area, (x(end), level - 4), (x(end), level + 4), Ink::Void, 1);
        }
        line(area, (x(middle), level - 7), (x(middle), level + 7), Ink::Text, 2);
        dot(area, (x(value), level), 5, Ink::Accent);
    });
    with_spots(&svg, &[Spot { corner: (0, 0), size: (WIDE, HIGH), words: told.to_owned() }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::canvas::tests::check_well_formed;

    #[test]
    fn the_own_dot_stands_between_the_others() {
        let words = Words { title: "位置".to_owned(), description: String::new() };
        let at = |value: f64| -> i32 {
            let svg = place(value, [0.5, 0.7, 0.9], "第 2 位", &words);
            check_well_formed(&svg);
            let circle = svg.split("<circle cx=\"").nth(1).expect("a dot");
            circle.split('"').next().and_then(|x| x.parse().ok()).expect("a number")
        };
        assert_eq!([at(0.5), at(0.7), at(0.9)], [8, 90, 172]);
        assert!(at(0.95) == 172, "beyond the others it is the end");
        assert!(place(1.0, [1.0; 3], "", &words).contains("cx=\"90\""));
    }
}
