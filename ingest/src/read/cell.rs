//! A workbook's cell as text, or why its value can't be known.

use calamine::{DataRef, ExcelDateTime};

use crate::issue::Issue;
use crate::value::meant;

/// Up to here a spreadsheet keeps every digit of a whole number.
const EXACT: f64 = 1e15;

/// A cell's text, nothing where it is blank: whole numbers without a point, dates as `2019-09-02`, times as `16:30`.
pub fn text(value: &DataRef<'_>) -> Option<String> {
    match value {
        DataRef::Empty | DataRef::Error(_) => None,
        DataRef::Int(number) => Some(number.to_string()),
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < EXACT => Some((*number as i64).to_string()),
        DataRef::Float(number) if number.fract() == 0.0 => Some(format!("{number:.0}")),
        DataRef::Float(number) => Some(meant(*number)),
        DataRef::String(text) => Some(text.clone()),
        DataRef::SharedString(text) => Some((*text).to_owned()),
        DataRef::Bool(true) => Some("是".to_owned()),
        DataRef::Bool(false) => Some("否".to_owned()),
        DataRef::DateTime(moment) => Some(moment_text(moment)),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Some(text.clone()),
    }
}

fn moment_text(moment: &ExcelDateTime) -> String {
    let number = moment.as_f64();
    // What is no day and no time stays a number, and is told as one.
    if !(0.0..3_000_000.0).contains(&number) {
        return meant(number);
    }
    if moment.is_duration() {
        let minutes = (number * 24.0 * 60.0).round();
        return format!("{:02.0}:{:02.0}", (minutes / 60.0).floor(), minutes % 60.0);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    match (number < 1.0, hour, minute, second) {
        (true, hour, minute, _) => format!("{hour:02}:{minute:02}"),
        (false, 0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        (false, hour, minute, second) => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    }
}

/// What keeps a cell's value from being known.
pub fn fault(value: &DataRef<'_>, is_formula: bool, place: impl FnOnce() -> String) -> Option<Issue> {
    match value {
        DataRef::Empty if is_formula => {
            let place = place();
            Some(Issue::error(
                "formula-without-value",
                format!("{place} 是公式，文件里没有保存它的结果。请用表格软件打开并保存一次，或改为填写数值。"),
                format!(
                    "{place} is a formula without a stored result; open and save the workbook once, or write the value"
                ),
            ))
        }
        DataRef::Error(error) => {
            let place = place();
            let issue = Issue::error(
                "cell-error",
                format!("{place} 显示的是错误值，请更正公式，或改为填写数值。"),
                format!("{place} shows an error; correct its formula, or write the value"),
            );
            Some(issue.with_value(&error.to_string()))
        }
        DataRef::Float(number) if !number.is_finite() || number.abs() >= EXACT => Some(long_number(&place())),
        DataRef::DateTime(moment) if !moment.as_f64().is_finite() || moment.as_f64().abs() >= EXACT => {
            Some(long_number(&place()))
        }
        DataRef::Int(number) if number.unsigned_abs() >= EXACT as u64 => Some(long_number(&place())),
        _ => None,
    }
}

/// A number of which the last digits were lost: two pupils' numbers may have become one.
pub fn long_number(place: &str) -> Issue {
    Issue::error(
        "long-number",
        format!(
            "{place} 的数字超过 15 位，表格软件已经丢掉了后面的数字。请先把该列设为“文本”格式，再重新填写完整的编号。"
        ),
        format!(
            "{place} holds a number of more than 15 digits, of which spreadsheets drop the last ones; format the column as \
             text and write the whole number again"
        ),
    )
}

/// A cell's place as a spreadsheet names it.
pub fn place(row: u32, column: u32) -> String {
    let mut letters = String::new();
    let mut left = column + 1;
    while left > 0 {
        letters.insert(0, char::from(b'A' + u8::try_from((left - 1) % 26).expect("a letter")));
        left = (left - 1) / 26;
    }
    format!("{letters}{}", row + 1)
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn cells_as_text() {
        let check = |value: DataRef<'_>, expected: &str| assert_eq!(text(&value).as_deref(), Some(expected));
        check(DataRef::Float(2_019_001.0), "2019001");
        check(DataRef::Float(372.67), "372.67");
        check(DataRef::Float(1.5), "1.5");
        let date = |number, is_1904| DataRef::DateTime(ExcelDateTime::new(number, DateTime, is_1904));
        check(date(43710.0, false), "2019-09-02");
        check(date(42248.0, true), "2019-09-02");
        check(date(0.6875, false), "16:30");
        check(date(43710.6875, false), "2019-09-02 16:30:00");
        check(date(-1.0, false), "-1");
        check(date(1e300, false), &meant(1e300));
        check(DataRef::DateTime(ExcelDateTime::new(0.6875, TimeDelta, false)), "16:30");
        check(DataRef::DateTime(ExcelDateTime::new(1.5, TimeDelta, false)), "36:00");
    }

    #[test]
    fn digits_that_a_spreadsheet_lost_are_told() {
        let code = |number: f64| fault(&DataRef::Float(number), false, || place(1, 27)).map(|issue| issue.message_en);
        assert_eq!(code(999_999_999_999_999.0), None);
        assert!(code(370_402_201_901_011_200.0).is_some_and(|message| message.starts_with("AB2 ")));
        assert!(code(f64::INFINITY).is_some() && code(f64::NAN).is_some());
    }
}
