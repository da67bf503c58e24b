//! A cell's text becomes a value, or a fault that says what was expected. Never a guess: what can be read in two ways is a
//! fault that names both.
//!
//! A fault tells the readings by their kind and never repeats the cell: messages are stored, and a column that slipped would
//! put persons' numbers into them.

mod date;
mod number;
#[cfg(test)]
mod tests;
mod time;

use chrono::NaiveDate;

use crate::form::{Column, Kind, PeriodKind, normal};

pub use date::{parse_date, parse_period};
pub use number::meant;

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Text, codes, times, months, weekdays, persons' numbers.
    Text(String),
    /// Whole numbers, grades, marks; money in fen.
    Number(i64),
    /// Days since 1970-01-01.
    Day(i32),
    /// 是 or 否.
    Flag(bool),
}

/// Why a text is no value: what was expected, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What was expected.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

fn fault<T>(zh: impl Into<String>, en: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { zh: zh.into(), en: en.into() })
}

/// Reads a text (already normalised, not empty) as a value of the column.
pub fn parse(column: &Column, text: &str) -> Result<Value, Fault> {
    match &column.kind {
        Kind::Text => whole_text(text).map(|text| Value::Text(text.to_owned())),
        Kind::SchoolId => digits(text, 10, "10 位学校标识码", "a school's code of 10 digits"),
        Kind::District => digits(text, 6, "6 位区划代码", "a district's code of 6 digits"),
        Kind::Choice(choices) => match column.choice(text) {
            Some(choice) => Ok(Value::Text(choice.code.clone())),
            None => {
                let labels = |join: &str, of: fn(&crate::form::Choice) -> &str| {
                    choices.iter().map(of).collect::<Vec<_>>().join(join)
                };
                fault(
                    format!("可填：{}", labels("、", |choice| &choice.label)),
                    format!("one of: {}", labels(", ", |choice| &choice.code)),
                )
            }
        },
        Kind::Money => number::parse_money(text).map(Value::Number),
        Kind::Whole { min, max } => number::parse_whole(text, *min, *max).map(Value::Number),
        Kind::Grade => parse_grade(text).map(Value::Number),
        Kind::Scale => number::parse_whole(text, 1, 5).map(Value::Number),
        Kind::YesNo => parse_yes_no(text).map(Value::Flag),
        Kind::Date => parse_date(text).map(|day| Value::Day(days(day))),
        Kind::Month => parse_period(text, PeriodKind::Month).map(Value::Text),
        Kind::Time => time::parse_time(text).map(Value::Text),
        Kind::Weekdays => parse_weekdays(text).map(Value::Text),
        Kind::Person(_) => parse_person(text).map(Value::Text),
    }
}

/// Days since 1970-01-01.
pub fn days(date: NaiveDate) -> i32 {
    warehouse::session::days(date)
}

/// A cell's text, normalised; nothing where it is blank.
pub fn cell(text: &str) -> Option<String> {
    let text = normal(text);
    (!text.is_empty()).then_some(text)
}

fn digits(text: &str, length: usize, zh: &str, en: &str) -> Result<Value, Fault> {
    match text.len() == length && number::is_digits(text) {
        true => Ok(Value::Text(text.to_owned())),
        false => fault(format!("应为{zh}"), format!("{en} is expected")),
    }
}

/// Text, but not a long number of which a spreadsheet kept the first digits alone: 3.70402E+17 stands for many numbers.
fn whole_text(text: &str) -> Result<&str, Fault> {
    match number::is_scientific(text) {
        true => fault(
            "这是科学计数法，表格软件丢掉了后面的数字，可能是多个不同的编号；请把该列设为“文本”格式后重新填写完整的编号",
            "this is scientific notation, in which a spreadsheet drops the last digits, so that it may be any of several \
             numbers; format the column as text and write the whole number",
        ),
        false => Ok(text),
    }
}

/// A person's number as text: 2019001 is the same person whether the cell was a number or text. Leading zeros stay.
fn parse_person(text: &str) -> Result<String, Fault> {
    let text = whole_text(text)?;
    let plain = match text.split_once('.') {
        Some((whole, places))
            if number::is_digits(whole) && !places.is_empty() && places.bytes().all(|b| b == b'0') =>
        {
            whole
        }
        _ => text,
    };
    Ok(plain.to_owned())
}

/// Yes or no, in words, marks or digits. An `x` is a cross to some and a tick to others.
fn parse_yes_no(text: &str) -> Result<bool, Fault> {
    match text {
        "是" | "有" | "√" | "✓" | "✔" | "☑" | "1" | "TRUE" | "true" | "True" => Ok(true),
        "否" | "无" | "×" | "✗" | "✘" | "☒" | "0" | "FALSE" | "false" | "False" => Ok(false),
        "x" | "X" => fault(
            "字母 x 有两种读法：打了叉（否），或作了标记（是）；应填 是 或 否",
            "the letter x can be read as a cross (否, no) or as a mark (是, yes); write 是 or 否",
        ),
        "☐" | "□" => fault(
            "空方框有两种读法：没有勾选（否），或没有填写；应填 是 或 否",
            "an empty box can be read as not ticked (否, no) or as not filled in; write 是 or 否",
        ),
        _ => fault("应填 是 或 否", "是 (yes) or 否 (no)"),
    }
}

const NUMERALS: [&str; 9] = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];

fn numeral(text: &str) -> Option<i64> {
    NUMERALS.iter().position(|numeral| *numeral == text).map(|place| place as i64 + 1)
}

fn parse_grade(text: &str) -> Result<i64, Fault> {
    if text.starts_with('初') {
        return fault(
            "“初几”有两种读法：五四制的初一是六年级，六三制的初一是七年级；应为 1 到 9，或如 七年级",
            "初一 is grade 6 where primary school has five years and grade 7 where it has six; write 1 to 9, or like 七年级",
        );
    }
    let name = text.strip_suffix("年级").unwrap_or(text).trim();
    numeral(name)
        .map_or_else(|| number::parse_whole(name, 1, 9), Ok)
        .or_else(|_| fault("应为 1 到 9，或如 三年级", "1 to 9, or like 三年级, is expected"))
}

/// Days of the week: `1,2,3`, `1、2、3`, `135`, `周一、周三`, `周一至周五`.
fn parse_weekdays(text: &str) -> Result<String, Fault> {
    let expected = || fault("应为星期几的数字，如 1,2,3,4,5", "days of the week like 1,2,3,4,5 are expected");
    let mut days: Vec<u32> = Vec::new();
    let mut parts: Vec<&str> = text.split([',', '、', ';', ' ', '和']).filter(|part| !part.is_empty()).collect();
    if let [one] = parts[..]
        && one.len() > 1
        && number::is_digits(one)
    {
        // Digits without anything between them, each a day.
        parts = (0..one.len()).map(|at| &one[at..=at]).collect();
    }
    for part in parts {
        let bare = part.split_once('-').filter(|(from, to)| number::is_digits(from) && number::is_digits(to));
        if bare.is_some() {
            return fault(
                "两个数字之间的横线有两种读法：从几到几，或只有这两天；请逐个写出，如 1,2,3,4,5",
                "two digits with a dash can be read as from … to … or as these two days alone; write each day, like 1,2,3,4,5",
            );
        }
        let (from, to) = part.split_once(['至', '到', '~', '-', '—']).unwrap_or((part, part));
        let (Some(from), Some(to)) = (weekday(from), weekday(to)) else { return expected() };
        if from > to || (from..=to).any(|day| days.contains(&day)) {
            return expected();
        }
        days.extend(from..=to);
    }
    days.sort_unstable();
    match days.is_empty() {
        true => expected(),
        false => Ok(days.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
    }
}

fn weekday(text: &str) -> Option<u32> {
    let text = text.trim();
    let name = ["星期", "礼拜", "周"].iter().find_map(|word| text.strip_prefix(word));
    match name.unwrap_or(text) {
        // Only behind a word for the week: 日 alone is any day.
        "日" | "天" if name.is_some() => Some(7),
        day => match numeral(day).or_else(|| day.parse().ok().filter(|_| number::is_digits(day))) {
            Some(day @ 1..=7) => u32::try_from(day).ok(),
            _ => None,
        },
    }
}
