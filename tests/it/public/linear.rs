//! Linear equations over the rationals, exactly: which sums follow from those that are known.

use std::collections::BTreeMap;

/// A sum of unknowns: how often each counts.
pub type Sum = BTreeMap<usize, i128>;

/// A fraction in lowest terms; the denominator is above nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fraction(i128, i128);

/// Equations in echelon form: each by its first unknown, which no later one has.
#[derive(Default)]
pub struct Known {
    rows: BTreeMap<usize, BTreeMap<usize, Fraction>>,
}

impl Known {
    /// What remains of a sum when all is taken out that is known.
    fn reduced(&self, sum: &Sum) -> BTreeMap<usize, Fraction> {
        let mut rest: BTreeMap<usize, Fraction> =
            sum.iter().filter(|(_, times)| **times != 0).map(|(at, times)| (*at, Fraction(*times, 1))).collect();
        let mut from = 0;
        while let Some((&at, &times)) = rest.range(from..).next() {
            if let Some(row) = self.rows.get(&at) {
                for (other, weight) in row {
                    let value = rest.get(other).copied().unwrap_or(Fraction(0, 1)).minus(times.by(*weight));
                    if value.0 == 0 {
                        rest.remove(other)
                    } else {
                        rest.insert(*other, value)
                    };
                }
            }
            from = at + 1;
        }
        rest
    }

    /// Learns a sum's value.
    pub fn learn(&mut self, sum: &Sum) {
        let rest = self.reduced(sum);
        if let Some((&first, &weight)) = rest.iter().next() {
            let row = rest.into_iter().map(|(at, times)| (at, times.over(weight))).collect();
            self.rows.insert(first, row);
        }
    }

    /// Whether the value of a sum follows from what is known.
    pub fn tells(&self, sum: &Sum) -> bool {
        self.reduced(sum).is_empty()
    }
}

impl Fraction {
    fn new(over: i128, under: i128) -> Fraction {
        let sign = if under < 0 { -1 } else { 1 };
        let shared = common(over.abs(), under.abs()).max(1) * sign;
        Fraction(over / shared, under / shared)
    }

    fn by(self, other: Fraction) -> Fraction {
        let over = self.0.checked_mul(other.0).expect("sums of schools stay small");
        Fraction::new(over, self.1.checked_mul(other.1).expect("sums of schools stay small"))
    }

    fn over(self, other: Fraction) -> Fraction {
        self.by(Fraction::new(other.1, other.0))
    }

    fn minus(self, other: Fraction) -> Fraction {
        let [one, two] = [self.0.checked_mul(other.1), other.0.checked_mul(self.1)]
            .map(|part| part.expect("sums of schools stay small"));
        Fraction::new(one - two, self.1.checked_mul(other.1).expect("sums of schools stay small"))
    }
}

fn common(one: i128, other: i128) -> i128 {
    if other == 0 { one } else { common(other, one % other) }
}

#[test]
fn what_follows_is_told_and_nothing_else() {
    let sum = |parts: &[(usize, i128)]| parts.iter().copied().collect::<Sum>();
    let mut known = Known::default();
    known.learn(&sum(&[(0, 1), (1, 1), (2, 1)]));
    known.learn(&sum(&[(1, 1), (2, 1)]));
    assert!(known.tells(&sum(&[(0, 1)])) && !known.tells(&sum(&[(1, 1)])) && !known.tells(&sum(&[(0, 1), (3, 1)])));
    // a + b, b + c and a + b + c tell all three; so do 2b + 3c and b + c.
    known.learn(&sum(&[(1, 2), (2, 3)]));
    assert!((0..3).all(|at| known.tells(&sum(&[(at, 1)]))) && !known.tells(&sum(&[(3, 1)])));
}
