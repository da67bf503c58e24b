//! A cell's text becomes a value, or a fault that says what was expected. Never a guess.

use chrono::{Datelike, NaiveDate, NaiveTime};

use crate::form::{Column, Kind, PeriodKind, normal};

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
        Kind::Text => Ok(Value::Text(text.to_owned())),
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
        Kind::Money => parse_money(text).map(Value::Number),
        Kind::Whole { min, max } => parse_whole(text, *min, *max).map(Value::Number),
        Kind::Grade => parse_grade(text).map(Value::Number),
        Kind::Scale => parse_whole(text, 1, 5).map(Value::Number),
        Kind::YesNo => match text {
            "是" => Ok(Value::Flag(true)),
            "否" => Ok(Value::Flag(false)),
            _ => fault("应填 是 或 否", "是 (yes) or 否 (no)"),
        },
        Kind::Date => parse_date(text).map(|day| Value::Day(days(day))),
        Kind::Month => parse_period(text, PeriodKind::Month).map(Value::Text),
        Kind::Time => parse_time(text).map(Value::Text),
        Kind::Weekdays => parse_weekdays(text).map(Value::Text),
        Kind::Person(_) => Ok(Value::Text(text.to_owned())),
    }
}

/// Days since 1970-01-01.
pub fn days(date: NaiveDate) -> i32 {
    warehouse::session::days(date)
}

fn digits(text: &str, length: usize, zh: &str, en: &str) -> Result<Value, Fault> {
    match text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(Value::Text(text.to_owned())),
        false => fault(format!("应为{zh}"), format!("{en} is expected")),
    }
}

/// Money in fen: at least 0, at most two places; thousands' commas, ￥ and 元 may stand.
fn parse_money(text: &str) -> Result<i64, Fault> {
    let expected = || {
        fault(
            "应为不小于 0、至多两位小数的金额（元）",
            "an amount in yuan is expected, at least 0, with at most two places",
        )
    };
    let Some(plain) = plain_number(text.trim_start_matches(['¥', '￥']).trim_end_matches('元').trim()) else {
        return expected();
    };
    let (whole, places) = plain.split_once('.').unwrap_or((&plain, ""));
    let places = places.trim_end_matches('0');
    if places.len() > 2 || whole.len() > 13 {
        return expected();
    }
    match (whole.parse::<i64>(), format!("{places:0<2}").parse::<i64>()) {
        (Ok(yuan), Ok(fen)) => Ok(yuan * 100 + fen),
        _ => expected(),
    }
}

/// A whole number within bounds, both included.
fn parse_whole(text: &str, min: i64, max: i64) -> Result<i64, Fault> {
    let number = plain_number(text).and_then(|plain| {
        let (whole, places) = plain.split_once('.').unwrap_or((&plain, ""));
        places.bytes().all(|byte| byte == b'0').then(|| whole.parse::<i64>().ok()).flatten()
    });
    match number {
        Some(number) if (min..=max).contains(&number) => Ok(number),
        _ if max >= 999_999_999 => {
            fault(format!("应为不小于 {min} 的整数"), format!("a whole number of at least {min} is expected"))
        }
        _ => fault(format!("应为 {min} 到 {max} 的整数"), format!("a whole number from {min} to {max} is expected")),
    }
}

/// The digits of a number without its thousands' commas, which must stand where they belong; no sign, no exponent.
fn plain_number(text: &str) -> Option<String> {
    let (whole, places) = match text.split_once('.') {
        Some((whole, places)) => (whole, Some(places)),
        None => (text, None),
    };
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped = groups.len() == 1
        || (!groups[0].is_empty() && groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = groups.concat();
    if !grouped || !number(&whole) || !places.is_none_or(number) {
        return None;
    }
    Some(places.map_or(whole.clone(), |places| format!("{whole}.{places}")))
}

fn parse_grade(text: &str) -> Result<i64, Fault> {
    let name = text.trim_end_matches("年级").trim();
    let numerals = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];
    if let Some(place) = numerals.iter().position(|numeral| *numeral == name) {
        return Ok(place as i64 + 1);
    }
    parse_whole(name, 1, 9).or_else(|_| fault("应为 1 到 9，或如 三年级", "1 to 9, or like 三年级, is expected"))
}

/// A day: `2019-09-02`, `2019/9/2`, `2019.9.2`, `2019年9月2日`, `20190902`; a midnight behind it may stand.
pub fn parse_date(text: &str) -> Result<NaiveDate, Fault> {
    let text = text.trim_end_matches("00:00:00.000").trim_end_matches("00:00:00").trim_end_matches(['T', ' ']);
    let parts = date_parts(text);
    let date = parts.and_then(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day));
    match date {
        Some(date) if (1900..=2199).contains(&date.year()) => Ok(date),
        _ => fault("应为日期，如 2019-09-02", "a date like 2019-09-02 is expected"),
    }
}

fn date_parts(text: &str) -> Option<(i32, u32, u32)> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?));
    }
    let (year, rest) = text.split_once(['-', '/', '.', '年'])?;
    let (month, day) = rest.split_once(['-', '/', '.', '月'])?;
    let day = day.trim_end_matches('日');
    let short = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || !short(month) || !short(day) {
        return None;
    }
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}

/// A period of the kind, canonical: `2019-09`, `2019-2020-1`, `2019`. A month may be `2019年9月` or a date of its first day.
pub fn parse_period(text: &str, kind: PeriodKind) -> Result<String, Fault> {
    let number = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let found = match kind {
        PeriodKind::Year => {
            let year = text.trim_end_matches("年度").trim_end_matches('年');
            number(year, 4).then(|| year.to_owned())
        }
        PeriodKind::Term => {
            let parts: Vec<&str> = text.split('-').collect();
            match parts.as_slice() {
                [from, to, term] if number(from, 4) && number(to, 4) && ["1", "2"].contains(term) => {
                    let follows = from.parse::<i32>().ok().map(|from| from + 1) == to.parse().ok();
                    follows.then(|| text.to_owned())
                }
                _ => None,
            }
        }
        PeriodKind::Month => month(text),
    };
    let (label, example) = (kind.label_zh(), kind.example());
    found
        .map_or_else(|| fault(format!("应为{label}，如 {example}"), format!("a period like {example} is expected")), Ok)
}

fn month(text: &str) -> Option<String> {
    if let Ok(day) = parse_date(text) {
        return (day.day() == 1).then(|| format!("{:04}-{:02}", day.year(), day.month()));
    }
    let (year, month) = text.split_once(['-', '/', '.', '年'])?;
    let month = month.trim_end_matches('月');
    let month: u32 = month.parse().ok().filter(|_| month.len() <= 2)?;
    let year: i32 = year.parse().ok().filter(|_| year.len() == 4)?;
    (1..=12).contains(&month).then(|| format!("{year:04}-{month:02}"))
}

fn parse_time(text: &str) -> Result<String, Fault> {
    let time = ["%H:%M", "%H:%M:%S"].iter().find_map(|format| NaiveTime::parse_from_str(text, format).ok());
    match time {
        Some(time) => Ok(time.format("%H:%M").to_string()),
        None => fault("应为时间，如 16:30", "a time like 16:30 is expected"),
    }
}

fn parse_weekdays(text: &str) -> Result<String, Fault> {
    let mut days: Vec<u32> = Vec::new();
    for part in text.split([',', '、', ';', ' ']).map(str::trim).filter(|part| !part.is_empty()) {
        match part.parse::<u32>() {
            Ok(day @ 1..=7) if !days.contains(&day) => days.push(day),
            _ => return fault("应为星期几的数字，如 1,2,3,4,5", "days of the week like 1,2,3,4,5 are expected"),
        }
    }
    days.sort_unstable();
    match days.is_empty() {
        true => fault("应为星期几的数字，如 1,2,3,4,5", "days of the week like 1,2,3,4,5 are expected"),
        false => Ok(days.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
    }
}

/// A cell's text, normalised; nothing where it is blank.
pub fn cell(text: &str) -> Option<String> {
    let text = normal(text);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_people_write_them() {
        let check = |text: &str, date: Option<(i32, u32, u32)>| {
            let expected = date.and_then(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day));
            assert_eq!(parse_date(text).ok(), expected, "{text}");
        };
        for text in ["2019-09-02", "2019/9/2", "2019.9.2", "2019年9月2日", "20190902", "2019-09-02 00:00:00"] {
            check(text, Some((2019, 9, 2)));
        }
        for text in ["2019-02-30", "02/09/2019", "9月2日", "2019-9", "43710", "昨天", "2019-09-02 08:30:00"] {
            check(text, None);
        }
    }

    #[test]
    fn money_in_fen() {
        let check = |text: &str, fen: Option<i64>| assert_eq!(parse_money(text).ok(), fen, "{text}");
        check("580", Some(58000));
        check("580.5", Some(58050));
        check("1,234.50", Some(123_450));
        check("¥12.00", Some(1200));
        check("12.30元", Some(1230));
        check("0.010", Some(1));
        check("0.001", None);
        check("-1", None);
        check("1,23", None);
        check("1e3", None);
        check("", None);
    }

    #[test]
    fn whole_numbers_and_grades() {
        assert_eq!(parse_whole("2.0", 0, 10).ok(), Some(2));
        assert_eq!(parse_whole("2.5", 0, 10).ok(), None);
        assert_eq!(parse_whole("11", 0, 10).ok(), None);
        assert_eq!(parse_grade("三年级").ok(), Some(3));
        assert_eq!(parse_grade("9").ok(), Some(9));
        assert_eq!(parse_grade("十二年级").ok(), None);
    }

    #[test]
    fn periods_are_canonical() {
        let check = |text: &str, kind, period: Option<&str>| {
            assert_eq!(parse_period(text, kind).ok().as_deref(), period, "{text}");
        };
        for text in ["2019-09", "2019年9月", "2019年09月", "2019-09-01", "2019/9", "2019-9"] {
            check(text, PeriodKind::Month, Some("2019-09"));
        }
        check("2019-13", PeriodKind::Month, None);
        check("2019-09-02", PeriodKind::Month, None);
        check("2019-2020-1", PeriodKind::Month, None);
        check("2019-2020-1", PeriodKind::Term, Some("2019-2020-1"));
        check("2019-2021-1", PeriodKind::Term, None);
        check("2019-2020-3", PeriodKind::Term, None);
        check("2019", PeriodKind::Year, Some("2019"));
        check("2019-09", PeriodKind::Year, None);
    }

    #[test]
    fn times_and_weekdays() {
        assert_eq!(parse_time("16:30").ok().as_deref(), Some("16:30"));
        assert_eq!(parse_time("9:05:00").ok().as_deref(), Some("09:05"));
        assert!(parse_time("25:00").is_err());
        assert_eq!(parse_weekdays("1,3,2").ok().as_deref(), Some("1,2,3"));
        assert!(parse_weekdays("1,8").is_err());
    }
}
