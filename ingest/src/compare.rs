//! The warnings that compare slices with each other: a call's slices with one another and with those that count already.
//!
//! They are declared in the forms' files and run here, after a call's rows are written to files and before anything is
//! committed, so that they stand in the report, in the ledger's counts and among the stored issues like all others. A
//! warning is told in the slice that declares the check, at its row; where that slice was accepted before and its
//! counterpart comes now, it is told in the counterpart's report and names the slice. What a call that runs at the same
//! moment brings is not seen: the figures judge it all again.

mod look;
mod pairs;
mod say;

use std::collections::BTreeMap;

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::table::Staged;

use crate::city::read_reference_table;
use crate::form::Check;
use crate::issue::Issue;
use crate::ledger::rows::RowsView;
use crate::ledger::{Ledger, Line};
use crate::reference::calendar::Calendar;
use crate::reference::policy::Policy;
use pairs::{Comparison, Pair};

/// How many warnings of one check are listed one by one in a slice; further ones are counted.
const LISTED: usize = 1000;

/// What comparisons found in a slice.
#[derive(Debug, Default)]
pub struct Doubts {
    /// The warnings to list.
    pub issues: Vec<Issue>,
    /// How many there are, listed or not.
    pub count: u64,
}

impl Doubts {
    fn add(&mut self, issues: Vec<Issue>, count: u64) {
        self.issues.extend(issues);
        self.count += count;
    }
}

/// A row in which a check is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Breach {
    row: i64,
    /// What stands there; none where it is a person.
    value: Option<String>,
    /// What the other slice says, where that is a number.
    expected: i64,
}

/// Runs the comparisons that the lines of a call take part in. `ledger` knows these lines already. Gives what was found,
/// by the place of the line.
pub async fn compare(
    warehouse: &Warehouse,
    ledger: &Ledger,
    lines: &[Line],
    staged: &BTreeMap<String, Staged>,
) -> Result<BTreeMap<usize, Doubts>, WarehouseError> {
    let mut found: BTreeMap<usize, Doubts> = BTreeMap::new();
    let comparisons = pairs::find(ledger, lines);
    if comparisons.is_empty() {
        return Ok(found);
    }
    let mut view = RowsView::new(warehouse, staged)?.joining_as_written();
    let mut policy = None;
    for comparison in &comparisons {
        let mut tell = |pair: &Pair, breaches: &[Breach], count: u64| {
            let (place, issues, count) = match (pair.subject.line, pair.other.line) {
                (Some(place), _) => {
                    (place, say::of_rows(comparison, lines[place].sheet.as_deref(), breaches, count), count)
                }
                (None, Some(place)) => (
                    place,
                    vec![say::of_other_rows(comparison, pair, lines[place].sheet.as_deref(), breaches, count)],
                    1,
                ),
                (None, None) => unreachable!("one of two slices comes with the call"),
            };
            found.entry(place).or_default().add(issues, count);
        };
        match comparison.check {
            Check::ListedIn { .. } | Check::AtMostRows { .. } | Check::EqualsSum { .. } => {
                let mut breaches = look::breaches(&mut view, comparison).await?;
                for pair in &comparison.pairs {
                    if let Some((rows, count)) = breaches.remove(&pair.subject.id) {
                        tell(pair, &rows, count);
                    }
                }
            }
            Check::SumEqualsNet { .. } => {
                let sums = look::sums(&mut view, comparison).await?;
                for (pair, (ours, theirs)) in comparison.pairs.iter().zip(sums) {
                    if ours != theirs {
                        let told = say::of_net(comparison, pair, lines, ours, theirs);
                        tell_sum(&mut found, pair, told);
                    }
                }
            }
            Check::SteadySum { .. } => {
                let rules = match &policy {
                    Some(rules) => rules,
                    None => policy.insert(Rules::read(warehouse).await?),
                };
                let sums = look::sums(&mut view, comparison).await?;
                for (pair, (now, before)) in comparison.pairs.iter().zip(sums) {
                    if let Some(share) = rules.change_warn_share(comparison, pair)
                        && share.is_exceeded(now, before)
                    {
                        let told = say::of_change(comparison, pair, lines, now, before, &share.percent());
                        tell_sum(&mut found, pair, told);
                    }
                }
            }
            _ => unreachable!("only checks with another slice are compared"),
        }
    }
    Ok(found)
}

/// A warning of a whole slice goes where a row's would.
fn tell_sum(found: &mut BTreeMap<usize, Doubts>, pair: &Pair, issue: Issue) {
    let place = pair.subject.line.or(pair.other.line).expect("one of two slices comes with the call");
    found.entry(place).or_default().add(vec![issue], 1);
}

/// What the reference tables say of how much a sum may change.
struct Rules {
    policy: Policy,
    calendar: Calendar,
}

impl Rules {
    async fn read(warehouse: &Warehouse) -> Result<Rules, WarehouseError> {
        let bad = |error: ArrowError| WarehouseError::from(DataFusionError::from(error));
        let policy = Policy::from_batches(&[read_reference_table(warehouse, "policy").await?]).map_err(bad)?;
        let calendar = Calendar::from_batches(&[read_reference_table(warehouse, "calendar").await?]).map_err(bad)?;
        Ok(Rules { policy, calendar })
    }

    /// The share in force on the last day of the judged period; none where the city has none.
    fn change_warn_share(&self, comparison: &Comparison, pair: &Pair) -> Option<Share> {
        let (_, last) = self.calendar.bounds(comparison.form.period, &pair.subject.key.period)?;
        Share::read(self.policy.value("change_warn_share", last)?)
    }
}

/// A share as an exact decimal number: a sum that changed by exactly as much has not changed by more.
#[derive(Debug, PartialEq, Eq)]
struct Share {
    millionths: i128,
}

impl Share {
    fn read(text: &str) -> Option<Share> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction:0<6}");
        let fits = fraction.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let millionths = fits.then(|| digits.parse().ok()).flatten()?;
        Some(Share { millionths })
    }

    /// As people read it: `50%`, `12.5%`.
    fn percent(&self) -> String {
        let (whole, rest) = (self.millionths / 10_000, self.millionths % 10_000);
        let rest = format!("{rest:04}");
        let rest = rest.trim_end_matches('0');
        if rest.is_empty() { format!("{whole}%") } else { format!("{whole}.{rest}%") }
    }

    /// Whether a sum differs by more than this share of the one before. Nothing is no measure: 0 before tells nothing.
    fn is_exceeded(&self, now: i128, before: i128) -> bool {
        before > 0 && (now - before).abs() * 1_000_000 > self.millionths * before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_by_exactly_the_share_is_none_by_more() {
        let half = Share::read("0.5").expect("a number");
        for (now, before, more) in [
            (15_000, 10_000, false),
            (15_001, 10_000, true),
            (5_000, 10_000, false),
            (4_999, 10_000, true),
            (0, 10_000, true),
            (10_000, 10_000, false),
            (10_000, 0, false),
            (0, 0, false),
        ] {
            assert_eq!(half.is_exceeded(now, before), more, "{before} → {now}");
        }
        let third = Share::read("0.333333").expect("a number");
        assert!(!third.is_exceeded(1_333_333, 1_000_000) && third.is_exceeded(1_333_334, 1_000_000));
        assert_eq!(Share::read("1").map(|share| share.millionths), Some(1_000_000));
        assert_eq!(Share::read("a half"), None);
        assert_eq!([half.percent(), third.percent()], ["50%", "33.3333%"]);
    }
}
