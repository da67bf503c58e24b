//! Which slices are compared with which: those that a call brings, with those that count beside them.

use std::collections::HashMap;

use crate::form::{Check, Form, PeriodKind, forms};
use crate::ledger::{Ledger, Line, SliceKey, State};

/// How many pairs are looked at in one query: what is counted of their other slices is held in memory, some 40 KiB a pair.
const AT_ONCE: usize = 2_000;

/// One declared check with slices that it is to be run on, as many as one query may hold.
#[derive(Debug)]
pub(super) struct Comparison {
    /// The form that declares the check.
    pub form: &'static Form,
    /// The check.
    pub check: &'static Check,
    /// The form of the other slices.
    pub other: &'static Form,
    /// The slices.
    pub pairs: Vec<Pair>,
}

/// A slice that is judged, and the one that it is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    /// The slice of the form that declares the check.
    pub subject: Side,
    /// The other one.
    pub other: Side,
}

/// One of two slices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Side {
    /// Which slice.
    pub key: SliceKey,
    /// The attempt that counts.
    pub id: String,
    /// The place of its line, where it comes with this call.
    pub line: Option<usize>,
    state: State,
}

/// All comparisons in which a slice of this call takes part, a check's many pairs in several; what can't matter is left out at once.
pub(super) fn find(ledger: &Ledger, lines: &[Line]) -> Vec<Comparison> {
    let arrived: HashMap<&str, usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| ledger.current(&line.slice) == Some(line.submission_id.as_str()))
        .map(|(place, line)| (line.submission_id.as_str(), place))
        .collect();
    let side = |key: SliceKey| {
        let standing = ledger.standing(&key)?;
        let id = standing.submission_id.clone();
        let line = arrived.get(id.as_str()).copied();
        Some(Side { key, id, line, state: standing.state })
    };
    let mut places: Vec<usize> = arrived.values().copied().collect();
    places.sort_unstable();
    let mut found = Vec::new();
    for form in forms() {
        for check in &form.checks {
            let Some(other) = other_form(form, check) else { continue };
            let mut pairs = Vec::new();
            for line in places.iter().map(|place| &lines[*place]) {
                let slice = &line.slice;
                let at = |form: &Form, period: String| {
                    side(SliceKey { form: form.name.clone(), school_id: slice.school_id.clone(), period })
                };
                if slice.form == form.name {
                    let subject = at(form, slice.period.clone());
                    let other = period_of(check, form, &slice.period, Step::Back).and_then(|period| at(other, period));
                    pairs.extend(pair(check, subject, other));
                }
                // The other way round only where the judged slice was there before: else it is judged as such.
                if slice.form == other.name {
                    let subject =
                        period_of(check, form, &slice.period, Step::Forth).and_then(|period| at(form, period));
                    let subject = subject.filter(|subject| subject.line.is_none());
                    pairs.extend(pair(check, subject, at(other, slice.period.clone())));
                }
            }
            // A query reads what lies between its first id and its last: parts in their order read little in common.
            if pairs.len() > AT_ONCE {
                pairs.sort_by(|one, two| one.other.id.cmp(&two.other.id));
            }
            let part = |pairs: &[Pair]| Comparison { form, check, other, pairs: pairs.to_vec() };
            found.extend(pairs.chunks(AT_ONCE).map(part));
        }
    }
    found
}

/// The form whose slices a check reads beside its own; none for checks within a slice.
fn other_form(form: &'static Form, check: &Check) -> Option<&'static Form> {
    match check {
        Check::SteadySum { .. } => Some(form),
        _ => check.other_form().and_then(crate::form::form),
    }
}

/// Two slices that can be compared. Rows are looked up in accepted slices alone: what was reported as nothing lists no
/// class. A sum over nothing is 0, so that a ledger without fees beside charges is told, and so is a month of no charges
/// after one of many; but 0 is no measure for a change, so nothing is said after a month of nothing.
fn pair(check: &Check, subject: Option<Side>, other: Option<Side>) -> Option<Pair> {
    let (subject, other) = (subject?, other?);
    let fits = match check {
        Check::SumEqualsNet { .. } => true,
        Check::SteadySum { .. } => other.state == State::Accepted,
        _ => subject.state == State::Accepted && other.state == State::Accepted,
    };
    fits.then_some(Pair { subject, other })
}

/// A step in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Back,
    Forth,
}

/// The period of the slice beside one of `period`: the same, but for checks against the period before.
fn period_of(check: &Check, form: &Form, period: &str, step: Step) -> Option<String> {
    match check {
        Check::SteadySum { .. } => neighbour(form.period, period, step),
        _ => Some(period.to_owned()),
    }
}

/// The period before or after one.
fn neighbour(kind: PeriodKind, period: &str, step: Step) -> Option<String> {
    let (year, part) = match kind {
        PeriodKind::Month => period.split_once('-')?,
        PeriodKind::Term => period.rsplit_once('-')?,
        PeriodKind::Year => (period, "1"),
    };
    let year: i32 = year.split('-').next()?.parse().ok()?;
    let parts = match kind {
        PeriodKind::Month => 12,
        PeriodKind::Term => 2,
        PeriodKind::Year => 1,
    };
    let part: i32 = part.parse().ok()?;
    let place = year * parts + part - 1 + if step == Step::Forth { 1 } else { -1 };
    let (year, part) = (place.div_euclid(parts), place.rem_euclid(parts) + 1);
    Some(match kind {
        PeriodKind::Month => format!("{year}-{part:02}"),
        PeriodKind::Term => format!("{year}-{}-{part}", year + 1),
        PeriodKind::Year => year.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_before_and_after() {
        let check = |kind, earlier: &str, later: &str| {
            assert_eq!(neighbour(kind, later, Step::Back).as_deref(), Some(earlier));
            assert_eq!(neighbour(kind, earlier, Step::Forth).as_deref(), Some(later));
        };
        check(PeriodKind::Month, "2019-09", "2019-10");
        check(PeriodKind::Month, "2019-12", "2020-01");
        check(PeriodKind::Term, "2019-2020-1", "2019-2020-2");
        check(PeriodKind::Term, "2018-2019-2", "2019-2020-1");
        check(PeriodKind::Year, "2019", "2020");
    }

    fn key(form: &str, period: &str) -> SliceKey {
        SliceKey { form: form.to_owned(), school_id: "3799001000".to_owned(), period: period.to_owned() }
    }

    fn line(id: &str, form: &str, period: &str, state: State) -> Line {
        Line {
            submission_id: id.to_owned(),
            slice: key(form, period),
            district_code: String::new(),
            state,
            file_name: String::new(),
            file_sha256: id.to_owned(),
            sheet: None,
            sender: None,
            received_on: 0,
            received_at: 0,
            rows: 0,
            errors: 0,
            warnings: 0,
            replaces: None,
        }
    }

    /// The pairs, as `subject-other`, of a call that brings `lines` after `before` was taken in.
    fn pairs(before: &[Line], lines: &[Line]) -> Vec<String> {
        let mut ledger = Ledger::default();
        for line in before.iter().chain(lines) {
            ledger.note(&line.slice, line.state, &line.file_sha256, &line.submission_id, 0);
        }
        let found = find(&ledger, lines);
        found.iter().flat_map(|one| &one.pairs).map(|pair| format!("{}-{}", pair.subject.id, pair.other.id)).collect()
    }

    #[test]
    fn a_lone_slice_is_compared_with_nothing() {
        assert_eq!(pairs(&[], &[line("a", "attendance", "2019-10", State::Accepted)]), Vec::<String>::new());
    }

    #[test]
    fn either_side_may_come_first_and_both_at_once_are_compared_once() {
        let (a, r) = (
            line("a", "attendance", "2019-10", State::Accepted),
            line("r", "class_roster", "2019-10", State::Accepted),
        );
        assert_eq!(pairs(std::slice::from_ref(&a), std::slice::from_ref(&r)), ["a-r"]);
        assert_eq!(pairs(std::slice::from_ref(&r), std::slice::from_ref(&a)), ["a-r"]);
        assert_eq!(pairs(&[], &[a, r]), ["a-r"]);
    }

    #[test]
    fn what_was_withdrawn_or_reported_as_nothing_lists_no_class() {
        let a = [line("a", "attendance", "2019-10", State::Accepted)];
        let group = |state| line("g", "group_session", "2019-10", state);
        assert_eq!(pairs(&[group(State::Accepted)], &a), ["g-a"]);
        assert_eq!(pairs(&[group(State::Zero)], &a), Vec::<String>::new());
        assert_eq!(pairs(&[group(State::Accepted), group(State::Withdrawn)], &a), Vec::<String>::new());
        assert_eq!(pairs(&[group(State::Rejected)], &a), Vec::<String>::new());
    }

    #[test]
    fn the_month_before_and_the_month_after_are_looked_at_and_no_other() {
        let october = line("o", "charge", "2019-10", State::Accepted);
        let of = |id: &str, period: &str, state| line(id, "charge", period, state);
        let call = [october.clone()];
        assert_eq!(pairs(&[of("s", "2019-09", State::Accepted)], &call), ["o-s"]);
        assert_eq!(pairs(&[of("n", "2019-11", State::Accepted)], &call), ["n-o"]);
        assert_eq!(pairs(&[of("d", "2019-12", State::Accepted)], &call), Vec::<String>::new());
        // Nothing is no measure; but nothing after something is.
        assert_eq!(pairs(&[of("s", "2019-09", State::Zero)], &call), Vec::<String>::new());
        assert_eq!(pairs(&[of("n", "2019-11", State::Zero)], &call), ["n-o"]);
    }

    #[test]
    fn the_pairs_of_many_schools_are_looked_at_in_parts() {
        let lines = |form: &'static str| {
            (0..AT_ONCE + 1).map(move |school| {
                let mut line = line(&format!("{form}{school:05}"), form, "2019-10", State::Accepted);
                line.slice.school_id = format!("{:010}", AT_ONCE - school);
                line
            })
        };
        let lines: Vec<Line> = lines("attendance").chain(lines("class_roster")).collect();
        let mut ledger = Ledger::default();
        for line in &lines {
            ledger.note(&line.slice, line.state, &line.file_sha256, &line.submission_id, 0);
        }
        let found = find(&ledger, &lines);
        let sizes: Vec<usize> = found.iter().map(|one| one.pairs.len()).collect();
        assert_eq!(sizes, [AT_ONCE, 1]);
        let last = |part: usize| found[part].pairs.iter().map(|pair| pair.other.id.clone()).max();
        assert!(last(0) < last(1), "each part reads ids after those of the one before");
        let all: std::collections::HashSet<&str> =
            found.iter().flat_map(|one| &one.pairs).map(|pair| pair.subject.id.as_str()).collect();
        assert_eq!(all.len(), AT_ONCE + 1, "no pair is lost");
    }

    #[test]
    fn of_two_attempts_in_one_call_the_later_counts() {
        let early = line("e", "attendance", "2019-10", State::Accepted);
        let late = line("l", "attendance", "2019-10", State::Accepted);
        let roster = line("r", "class_roster", "2019-10", State::Accepted);
        assert_eq!(pairs(&[], &[early, late, roster]), ["l-r"]);
    }
}
