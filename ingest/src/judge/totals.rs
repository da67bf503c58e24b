//! Rows of sums: what they give must be the sum of the rows of data above them.

use super::typed::Typed;
use crate::form::{Column, Kind};
use crate::issue::Issue;
use crate::read::TextTable;
use crate::value::Value;

/// The sums of a part's columns, and what its rows of sums give.
#[derive(Debug, Default)]
pub struct Totals {
    sheet: Option<String>,
    /// Each column of numbers over the part, in the form's order.
    sums: Vec<(&'static Column, Sum)>,
    given: Vec<Given>,
}

/// The sum of a column's cells; unknown where one of them can't be read, which is an error at that cell.
type Sum = Option<i128>;

/// A number that a row of sums gives.
#[derive(Debug)]
struct Given {
    row: u32,
    column: &'static Column,
    text: String,
    /// The sum of the rows of the part that stand above.
    above: Sum,
}

impl Totals {
    /// Those of a part of a table.
    pub fn of(table: &TextTable, typed: &[Typed]) -> Totals {
        let mut totals = Totals { sheet: table.sheet.clone(), ..Totals::default() };
        for column in typed.iter().filter(|column| is_number(&column.column.kind)) {
            totals.sums.push((column.column, sum(column, column.codes.len())));
            let Some(place) = table.columns.iter().position(|found| found.name == column.name) else { continue };
            for total in &table.totals {
                let Some((_, text)) = total.cells.iter().find(|(at, _)| *at == place) else { continue };
                let above = sum(column, total.above);
                totals.given.push(Given { row: total.row, column: column.column, text: text.clone(), above });
            }
        }
        totals
    }
}

fn is_number(kind: &Kind) -> bool {
    matches!(kind, Kind::Money | Kind::Whole { .. } | Kind::Scale | Kind::Grade)
}

/// The sum of the first rows of a column.
fn sum(column: &Typed, rows: usize) -> Sum {
    let mut sum = 0;
    for code in column.codes[..rows].iter().filter(|code| **code > 0) {
        match &column.values[*code as usize - 1] {
            Some(Value::Number(number)) => sum += i128::from(*number),
            _ => return None,
        }
    }
    Some(sum)
}

/// The sums that differ from those of all rows above them, over a table's parts in their order.
pub fn compare(parts: &[Totals]) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        for given in &part.given {
            let before = parts[..place].iter().flat_map(|part| &part.sums);
            let before = before.filter(|(column, _)| column.name == given.column.name).map(|(_, sum)| *sum);
            let Some(sum) = before.chain([given.above]).sum::<Option<i128>>() else { continue };
            if is_sum(&given.text, sum, given.column).unwrap_or(true) {
                continue;
            }
            let right = shown(sum, given.column);
            let issue = Issue::error(
                "total",
                format!("合计行“{}”应为上面各行之和 {right}。请更正合计或数据。", given.column.heading),
                format!("the rows above sum to {right} in {}; correct the total or the rows", given.column.name),
            );
            let issue = issue.in_sheet(part.sheet.as_deref()).at(given.row, &given.column.heading);
            issues.push(issue.with_value(&given.text));
        }
    }
    issues.sort_by_key(|issue| issue.row);
    issues
}

/// Whether a text is just this sum, whatever its sign and places; none where it is no number.
fn is_sum(text: &str, sum: i128, column: &Column) -> Option<bool> {
    let text = text.trim_start_matches(['¥', '￥']).trim_end_matches('元').trim().replace(',', "");
    let (sign, digits) = text.strip_prefix('-').map_or((1, text.as_str()), |digits| (-1, digits));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let places = places.trim_end_matches('0');
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !number(whole) || !number(places) {
        return None;
    }
    if whole.len() + places.len() > 30 || places.len() > 6 {
        return Some(false);
    }
    let given: i128 = sign * format!("{whole}{places}").parse::<i128>().ok()?;
    let own_places = if column.kind == Kind::Money { 2 } else { 0 };
    let scale = |places: usize| 10i128.pow(u32::try_from(places).expect("a few places"));
    Some(given * scale(own_places) == sum * scale(places.len()))
}

fn shown(sum: i128, column: &Column) -> String {
    match column.kind {
        Kind::Money => format!("{}.{:02}", sum / 100, sum % 100),
        _ => sum.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::form;

    #[test]
    fn a_total_is_compared_exactly() {
        let money = form("charge").and_then(|form| form.column("amount")).expect("a column");
        let check = |text: &str, fen: i128, same: Option<bool>| assert_eq!(is_sum(text, fen, money), same, "{text}");
        check("60", 6000, Some(true));
        check("¥1,260.50元", 126_050, Some(true));
        check("60.000", 6000, Some(true));
        check("60.005", 6000, Some(false));
        check("-60.00", 6000, Some(false));
        check("60.01", 6000, Some(false));
        check("—", 6000, None);
        let count = form("survey").and_then(|form| form.column("overall")).expect("a column");
        assert_eq!(is_sum("12.5", 12, count), Some(false));
        assert_eq!(is_sum("12.0", 12, count), Some(true));
    }
}
