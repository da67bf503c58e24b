//! The small trend beside a figure: months as a line, with a gap where nothing was reported.

use plotters::prelude::PathElement;

use super::Words;
use super::canvas::{DRAWN, Ink, Spot, dashes, dot, sheet, with_spots};

const WIDE: i32 = 132;
const HIGH: i32 = 34;

/// The line of `values`, in the order of their months, and the target as a dashed line. A month without a value is a gap:
/// it is not 0. `said` is what each month tells who points at it, nothing where values stand beside. The month `shown`, whose value
/// stands beside it, has a dot. With less than two values there is no trend.
pub fn trend(
    values: &[Option<f64>],
    said: &[String],
    shown: Option<usize>,
    target: Option<f64>,
    words: &Words,
) -> Option<String> {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    if known.len() < 2 {
        return None;
    }
    let ends = known.iter().copied().chain(target);
    let (low, high) = ends.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    // A swing of a few thousandths should look like one.
    let room = (high - low).max(0.05 * high.abs()).max(1e-9);
    let middle = (high + low) / 2.0;
    let x = |at: usize| 5 + (at as i32 * (WIDE - 10)) / (values.len() as i32 - 1).max(1);
    let y = |value: f64| HIGH / 2 - (((value - middle) / room) * f64::from(HIGH - 12)).round() as i32;
    let drawn = sheet((WIDE as u32, HIGH as u32), "trend", words, |area| {
        if let Some(target) = target {
            dashes(area, (0, y(target)), (WIDE, y(target)), Ink::Muted);
        }
        for run in runs(values) {
            let points: Vec<_> = run.iter().map(|(at, value)| (x(*at), y(*value))).collect();
            match points.as_slice() {
                [alone] => dot(area, *alone, 2, Ink::Accent),
                _ => area.draw(&PathElement::new(points, Ink::Accent.stroke(2))).expect(DRAWN),
            }
        }
        if let Some((at, value)) = shown.and_then(|at| Some((at, (*values.get(at)?)?))) {
            dot(area, (x(at), y(value)), 4, Ink::Accent);
        }
    });
    let step = x(1) - x(0);
    let spots: Vec<Spot> = said
        .iter()
        .enumerate()
        .map(|(at, said)| Spot { corner: (x(at) - step / 2, 0), size: (step, HIGH), words: said.clone() })
        .collect();
    Some(with_spots(&drawn, &spots))
}

/// The stretches without a gap.
fn runs(values: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs = vec![Vec::new()];
    for (at, value) in values.iter().enumerate() {
        match value {
            Some(value) => runs.last_mut().expect("there is always one").push((at, *value)),
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::canvas::tests::check_well_formed;

    #[test]
    fn a_gap_is_no_zero() {
        let words = Words { title: "走势".to_owned(), description: String::new() };
        let said = ["一", "二", "三：无数据", "四", "五"].map(str::to_owned);
        let values = [Some(0.9), Some(0.95), None, Some(0.97), Some(0.99)];
        let svg = trend(&values, &said, Some(1), Some(1.0), &words).expect("a trend");
        check_well_formed(&svg);
        assert!(
            said.iter().all(|said| svg.contains(&format!("<title>{said}</title>"))),
            "each month tells its value: {svg}"
        );
        assert_eq!(svg.matches("stroke-width=\"2\" points").count(), 2, "{svg}");
        assert_eq!(trend(&[Some(1.0), None], &[], None, None, &words), None);
        // The dot is the shown month's, and a month without a value has none.
        let dots = |shown| {
            let svg = trend(&values, &[], shown, None, &words).expect("a trend");
            svg.split("<circle ")
                .skip(1)
                .map(|dot| dot[..dot.find(" r=").expect("a radius")].to_owned())
                .collect::<Vec<_>>()
        };
        assert!(dots(Some(1)).len() == 1 && dots(Some(1)) != dots(Some(4)), "{:?}", dots(Some(1)));
        assert!(dots(Some(2)).is_empty() && dots(None).is_empty());
    }
}
