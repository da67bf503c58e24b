//! What a cell of a template takes, so that most faults are caught while they are typed.

use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, DataValidationRule, ExcelDateTime, Formula, XlsxError,
};

use crate::form::{Check, Column, Form, Kind};

const GRADES: [&str; 9] = ["一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级", "八年级", "九年级"];

/// The limits of a column's cells; none where any text will do.
pub(super) fn of(form: &Form, column: &Column, period: Option<&str>) -> Result<Option<DataValidation>, XlsxError> {
    let rule = DataValidation::new();
    let (rule, says) = match &column.kind {
        Kind::Choice(choices) => {
            let labels: Vec<&str> = choices.iter().map(|choice| choice.label.as_str()).collect();
            (rule.allow_list_strings(&labels)?, "请从下拉列表中选择。".to_owned())
        }
        Kind::YesNo => (rule.allow_list_strings(&["是", "否"])?, "请填“是”或“否”。".to_owned()),
        // 3 is as good as 三年级, so another word only warns.
        Kind::Grade => {
            let rule = rule.allow_list_strings(&GRADES)?.set_error_style(DataValidationErrorStyle::Warning);
            (rule, "年级填 1 至 9，或写作“三年级”。".to_owned())
        }
        Kind::Scale => (rule.allow_whole_number(DataValidationRule::Between(1, 5)), "请填 1 至 5 的整数。".to_owned()),
        Kind::Whole { min, max } => whole(rule, form, column, *min, *max),
        Kind::Money => (
            rule.allow_decimal_number(DataValidationRule::GreaterThanOrEqualTo(0.0)),
            "请填不小于 0 的金额，单位元，最多两位小数。".to_owned(),
        ),
        Kind::Date => date(rule, form, column, period)?,
        Kind::Time => {
            let (from, to) = (ExcelDateTime::from_hms(0, 0, 0)?, ExcelDateTime::from_hms(23, 59, 59)?);
            (rule.allow_time(DataValidationRule::Between(from, to)), "请填 24 小时制的时刻，如 16:30。".to_owned())
        }
        Kind::SchoolId => (digits(rule, 10), "请填 10 位数字的学校标识码。".to_owned()),
        Kind::District => (digits(rule, 6), "请填 6 位数字的区划代码。".to_owned()),
        Kind::Text | Kind::Month | Kind::Weekdays | Kind::Person(_) => return Ok(None),
    };
    Ok(Some(rule.set_error_title("请检查填写内容")?.set_error_message(says)?))
}

/// No limit, but words beside the cell.
pub(super) fn hint(title: &str, words: &str) -> Result<DataValidation, XlsxError> {
    DataValidation::new().allow_any_value().set_input_title(title)?.set_input_message(words)
}

fn digits(rule: DataValidation, count: u32) -> DataValidation {
    rule.allow_text_length(DataValidationRule::EqualTo(count))
}

fn whole(rule: DataValidation, form: &Form, column: &Column, min: i64, max: i64) -> (DataValidation, String) {
    let positive = form
        .checks
        .iter()
        .any(|check| matches!(check, Check::Positive { columns, .. } if columns.contains(&column.name)));
    let min = if positive { min.max(1) } else { min };
    let rule = rule.allow_whole_number_formula(DataValidationRule::Between(
        Formula::new(min.to_string()),
        Formula::new(max.to_string()),
    ));
    (rule, format!("请填不小于 {min} 的整数。"))
}

/// A day, within the month where the form asks for it and the month is known.
fn date(
    rule: DataValidation,
    form: &Form,
    column: &Column,
    period: Option<&str>,
) -> Result<(DataValidation, String), XlsxError> {
    let inside =
        form.checks.iter().any(|check| matches!(check, Check::InPeriod { column: name, .. } if *name == column.name));
    let month = period.filter(|_| inside).and_then(|period| period.split_once('-'));
    let month = month.and_then(|(year, month)| Some((year.parse::<u16>().ok()?, month.parse::<u8>().ok()?)));
    let (from, to, says) = match month {
        Some((year, month)) => {
            let last = (28..=31).rev().find_map(|day| ExcelDateTime::from_ymd(year, month, day).ok());
            let first = ExcelDateTime::from_ymd(year, month, 1)?;
            let last = last.map_or_else(|| ExcelDateTime::from_ymd(year, month, 28), Ok)?;
            (first, last, format!("请填 {year} 年 {month} 月内的日期，如 {year}-{month:02}-01。"))
        }
        None => {
            let (from, to) = (ExcelDateTime::from_ymd(1900, 1, 1)?, ExcelDateTime::from_ymd(2100, 12, 31)?);
            (from, to, "请填日期，如 2019-09-01。".to_owned())
        }
    };
    Ok((rule.allow_date(DataValidationRule::Between(from, to)), says))
}
