//! What is told of a comparison, in both languages: what was expected and how to mend it, but no cell.

use super::pairs::{Comparison, Pair};
use super::{Breach, LISTED};
use crate::correction::number;
use crate::form::{Check, Column, Form, Only, Severity};
use crate::issue::Issue;
use crate::ledger::Line;
use crate::receipt::Receipt;

/// How many rows of another slice are named.
const NAMED: usize = 5;

/// The warnings of a slice that comes with the call, each at its row.
pub(super) fn of_rows(comparison: &Comparison, sheet: Option<&str>, breaches: &[Breach], count: u64) -> Vec<Issue> {
    let form = comparison.form;
    let (code, column) = (code(comparison.check), column(form, judged(comparison.check)));
    let issue = |breach: &Breach| {
        let (zh, en) = match comparison.check {
            Check::ListedIn { .. } => (
                format!("本月“{}”中没有这个{}；请核对写法，或更正该表。", comparison.other.heading, column.heading),
                format!(
                    "{} of the month does not list this {}; check it, or correct that form",
                    comparison.other.name, column.name
                ),
            ),
            Check::AtMostRows { by, .. } => {
                let (by_zh, by_en) = (headings(form, by), by.join(", "));
                (
                    format!(
                        "“{}”多于“{}”中{by_zh}相同的行数（{}）；请核对。",
                        column.heading, comparison.other.heading, breach.expected
                    ),
                    format!(
                        "{} is more than {} has rows of the same {by_en} ({}); check both",
                        column.name, comparison.other.name, breach.expected
                    ),
                )
            }
            Check::EqualsSum { by, form_column, .. } => {
                let summed = self::column(comparison.other, form_column);
                let (by_zh, by_en) = (headings(form, by), by.join(", "));
                (
                    format!(
                        "“{}”与“{}”中{by_zh}相同各行的“{}”合计（{}）不一致；请核对。",
                        column.heading, comparison.other.heading, summed.heading, breach.expected
                    ),
                    format!(
                        "{} is not the sum of {}.{} over the same {by_en} ({}); check both",
                        column.name, comparison.other.name, summed.name, breach.expected
                    ),
                )
            }
            _ => unreachable!("only checks of rows have rows that break them"),
        };
        let issue = Issue::warning(code, zh, en).in_sheet(sheet);
        let issue = match u32::try_from(breach.row) {
            Ok(row) => issue.at(row, &column.heading),
            Err(_) => issue,
        };
        match &breach.value {
            Some(value) => issue.with_value(value),
            None => issue,
        }
    };
    let mut issues: Vec<Issue> = breaches.iter().map(issue).collect();
    let left = count.saturating_sub(LISTED as u64);
    if left > 0 {
        let zh = format!("还有 {left} 处同样的问题，未逐一列出；更正后请重新报送。");
        let en = format!("{left} more of the same are not listed; send the file again when they are mended");
        let more = Issue::warning("more-of-the-same", zh, en);
        issues.push(Issue { column: Some(column.heading.clone()), ..more }.in_sheet(sheet));
    }
    issues
}

/// The warning of a slice that comes with the call, about rows of one that was accepted before.
pub(super) fn of_other_rows(
    comparison: &Comparison,
    pair: &Pair,
    sheet: Option<&str>,
    breaches: &[Breach],
    count: u64,
) -> Issue {
    let form = comparison.form;
    let judged = column(form, judged(comparison.check));
    let rows: Vec<String> = breaches.iter().take(NAMED).map(|breach| breach.row.to_string()).collect();
    let (zh_more, en_more) = if count > NAMED as u64 { ("等", ", …") } else { ("", "") };
    let (zh, en) = match comparison.check {
        Check::ListedIn { .. } => {
            (format!("“{}”不在本表中", judged.heading), format!("a {} that is not listed here", judged.name))
        }
        Check::AtMostRows { .. } => {
            (format!("“{}”多于本表相应的行数", judged.heading), format!("more {} than rows here", judged.name))
        }
        _ => (format!("“{}”与本表的合计不一致", judged.heading), format!("{} other than the sums here", judged.name)),
    };
    let (named_zh, named_en) = named(form, pair);
    Issue {
        column: other_column(comparison).map(|column| column.heading.clone()),
        ..Issue::warning(
            code(comparison.check),
            format!("已接收的{named_zh}有 {count} 行{zh}（第 {} 行{zh_more}）；请核对两表。", rows.join("、")),
            format!(
                "{named_en}, accepted before, has {count} rows with {en} (row {}{en_more}); check both",
                rows.join(", ")
            ),
        )
        .in_sheet(sheet)
    }
}

/// The warning that a slice's sum is not another one's net.
pub(super) fn of_net(comparison: &Comparison, pair: &Pair, lines: &[Line], ours: i128, theirs: i128) -> Issue {
    let Check::SumEqualsNet { column: summed, only, plus, minus, form_column, .. } = comparison.check else {
        unreachable!("the check compares a sum with a net")
    };
    let (form, other) = (comparison.form, comparison.other);
    let (summed, net) = (column(form, summed), column(other, form_column));
    let (only_zh, only_en) = label(form, only);
    let ((plus_zh, _), (minus_zh, _)) = (label(other, plus), label(other, minus));
    let (ours, theirs) = (number(summed, ours), number(net, theirs));
    let (form_zh, form_en, other_zh, other_en) = match pair.subject.line {
        Some(_) => ("本表".to_owned(), "this slice's".to_owned(), format!("“{}”", other.heading), other.name.clone()),
        None => {
            let (zh, en) = named(form, pair);
            (
                format!("已接收的{zh}"),
                format!("{en}, accepted before, has a"),
                "本表".to_owned(),
                "this slice's".to_owned(),
            )
        }
    };
    let at = if pair.subject.line.is_some() { summed } else { net };
    whole(
        comparison,
        pair,
        lines,
        at,
        format!(
            "{form_zh}“{only_zh}”合计 {ours}，{other_zh}“{plus_zh}”减“{minus_zh}”为 {theirs}，两者不一致；请核对。"
        ),
        format!(
            "{form_en} {only_en} of {ours} is not {other_en} {} less {} of {theirs}; check both",
            plus.code, minus.code
        ),
    )
}

/// The warning that a sum changed by more than a share.
pub(super) fn of_change(
    comparison: &Comparison,
    pair: &Pair,
    lines: &[Line],
    now: i128,
    before: i128,
    share: &str,
) -> Issue {
    let Check::SteadySum { column: summed, only, .. } = comparison.check else {
        unreachable!("the check compares a sum with the one before")
    };
    let form = comparison.form;
    let summed = column(form, summed);
    let (what_zh, what_en) = match only {
        Some(only) => label(form, only),
        None => (&*summed.heading, &*summed.name),
    };
    let (period, last) = (&pair.subject.key.period, &pair.other.key.period);
    let (now, before) = (number(summed, now), number(summed, before));
    let after = pair.subject.line.is_none();
    let (zh, en) = if after {
        (
            format!("{period} 已接收的“{what_zh}”合计 {now}，与本期的 {before} 相差超过 {share}；请核对。"),
            format!(
                "{what_en} of {period}, accepted before, is {now} and differs from this {before} by more than {share}; check both"
            ),
        )
    } else {
        (
            format!("“{what_zh}”合计 {now}，与 {last} 的 {before} 相差超过 {share}；请核对。"),
            format!("{what_en} of {now} differs from the {before} of {last} by more than {share}; check it"),
        )
    };
    whole(comparison, pair, lines, summed, zh, en)
}

/// A warning of a whole slice, at the column that was summed.
fn whole(comparison: &Comparison, pair: &Pair, lines: &[Line], at: &Column, zh: String, en: String) -> Issue {
    let place = pair.subject.line.or(pair.other.line).expect("one of two slices comes with the call");
    let issue = Issue::warning(code(comparison.check), zh, en).in_sheet(lines[place].sheet.as_deref());
    Issue { severity: Severity::Warning, column: Some(at.heading.clone()), ..issue }
}

/// What kind of warning a check gives, for programs.
fn code(check: &Check) -> &'static str {
    match check {
        Check::ListedIn { .. } => "not-listed",
        Check::AtMostRows { .. } => "more-than-rows",
        Check::EqualsSum { .. } => "not-the-sum",
        Check::SumEqualsNet { .. } => "not-the-net",
        Check::SteadySum { .. } => "changed-much",
        _ => unreachable!("only checks with another slice are compared"),
    }
}

/// The column that a check judges.
fn judged(check: &Check) -> &str {
    match check {
        Check::ListedIn { column, .. }
        | Check::AtMostRows { column, .. }
        | Check::EqualsSum { column, .. }
        | Check::SumEqualsNet { column, .. }
        | Check::SteadySum { column, .. } => column,
        _ => unreachable!("only checks with another slice are compared"),
    }
}

/// The column of the other form that a check reads.
fn other_column(comparison: &Comparison) -> Option<&'static Column> {
    match comparison.check {
        Check::ListedIn { form_column, .. } | Check::EqualsSum { form_column, .. } => {
            Some(column(comparison.other, form_column))
        }
        _ => None,
    }
}

fn column<'a>(form: &'a Form, name: &str) -> &'a Column {
    form.column(name).expect("a declared check names columns of its forms")
}

fn headings(form: &Form, names: &[String]) -> String {
    names.iter().map(|name| column(form, name).heading.as_str()).collect::<Vec<_>>().join("、")
}

/// What a code is called, in both languages.
fn label<'a>(form: &'a Form, only: &'a Only) -> (&'a str, &'a str) {
    let choices = column(form, &only.column).choices();
    let label = choices.iter().find(|choice| choice.code == only.code);
    (label.map_or(only.code.as_str(), |choice| choice.label.as_str()), only.code.as_str())
}

/// The judged slice by form, period and receipt: what a clerk can ask for.
fn named(form: &Form, pair: &Pair) -> (String, String) {
    let (period, receipt) = (&pair.subject.key.period, Receipt::of(&pair.subject.id));
    (
        format!("“{}”（{period}，回执 {receipt}）", form.heading),
        format!("{} of {period} (receipt {receipt})", form.name),
    )
}
