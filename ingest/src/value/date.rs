//! Days and periods.

use chrono::{Datelike, NaiveDate, Weekday};

use super::number::is_digits;
use super::{Fault, fault};
use crate::form::PeriodKind;

/// A day: `2019-09-02`, `2019/9/2`, `2019.9.2`, `2019年9月2日`, `20190902`; a midnight or its own weekday may stand behind it.
pub fn parse_date(text: &str) -> Result<NaiveDate, Fault> {
    let text = without_midnight(text);
    let (text, weekday) = without_weekday(text);
    // Blanks may stand around 年, 月 and 日, and nowhere else.
    let compact: String;
    let text = match text.contains('年') && text.contains(char::is_whitespace) {
        true => {
            compact = text.chars().filter(|letter| !letter.is_whitespace()).collect();
            compact.as_str()
        }
        false => text,
    };
    let date = date_parts(text).and_then(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day));
    match date.filter(|date| (1900..=2199).contains(&date.year())) {
        Some(date) if weekday.is_some_and(|weekday| weekday != date.weekday()) => fault(
            "日期与其后的星期不符，请核对后只写日期，如 2019-09-02",
            "the weekday is not that of the date; write the date alone",
        ),
        Some(date) => Ok(date),
        None => no_date(text),
    }
}

/// Why a text is no day.
fn no_date(text: &str) -> Result<NaiveDate, Fault> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    match parts[..] {
        [first, second, year] if year.len() == 4 && [first, second, year].iter().all(|part| is_digits(part)) => fault(
            "年份在最后，有两种读法：月/日/年，或日/月/年；请写成 年-月-日，如 2019-09-02",
            "with the year last it can be read as month/day/year or day/month/year; write it like 2019-09-02",
        ),
        [first, second, third] if [first, second, third].iter().all(|part| is_digits(part) && part.len() <= 2) => {
            fault(
                "年份只有两位，有多种读法：年/月/日，月/日/年，或日/月/年；请写四位年份，如 2019-09-02",
                "with a year of two digits it can be read as year/month/day, month/day/year or day/month/year; write it like \
             2019-09-02",
            )
        }
        [serial] if is_digits(serial) && (4..=5).contains(&serial.len()) => fault(
            "这是一个数字，有两种读法：1900 日期系统的序号，或 1904 日期系统的序号（相差四年）；请把单元格设为日期格式，\
             或写成 2019-09-02",
            "a bare number can be read as a serial day of the 1900 or of the 1904 date system, four years apart; format the \
             cell as a date, or write it like 2019-09-02",
        ),
        _ if text.contains([':', '时', '点']) => fault(
            "日期后有钟点，请只写日期，如 2019-09-02",
            "there is a time of day behind the date; write the date alone, like 2019-09-02",
        ),
        _ => fault("应为日期，如 2019-09-02", "a date like 2019-09-02 is expected"),
    }
}

/// The text without a midnight behind it, with which spreadsheets and data bases write days.
fn without_midnight(text: &str) -> &str {
    let Some((day, time)) = text.rsplit_once([' ', 'T']) else { return text };
    let zeros = |part: &str| matches!(part, "0" | "00");
    let time = time.strip_suffix('Z').unwrap_or(time);
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let parts: Vec<&str> = clock.split(':').collect();
    let midnight = (2..=3).contains(&parts.len())
        && parts.iter().all(|part| zeros(part))
        && fraction.bytes().all(|byte| byte == b'0');
    if midnight { day.trim_end() } else { text }
}

/// The text without the weekday that spreadsheets' long format has behind the day, and the weekday.
fn without_weekday(text: &str) -> (&str, Option<Weekday>) {
    let Some((at, word)) = ["星期", "周"].iter().find_map(|word| Some((text.find(word)?, *word))) else {
        return (text, None);
    };
    let days = ["一", "二", "三", "四", "五", "六", "日"];
    let name = &text[at + word.len()..];
    match days.iter().position(|day| *day == name).and_then(|day| Weekday::try_from(day as u8).ok()) {
        Some(weekday) => (text[..at].trim_end(), Some(weekday)),
        None => (text, None),
    }
}

fn date_parts(text: &str) -> Option<(i32, u32, u32)> {
    if text.len() == 8 && is_digits(text) {
        return Some((text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?));
    }
    let between = |separator: char| {
        let (year, rest) = text.split_once(separator)?;
        let (month, day) = rest.split_once(separator)?;
        Some((year, month, day))
    };
    let chinese = || {
        let (year, rest) = text.split_once('年')?;
        let (month, day) = rest.split_once('月')?;
        Some((year, month, day.strip_suffix(['日', '号']).unwrap_or(day)))
    };
    let (year, month, day) = ['-', '/', '.'].into_iter().find_map(between).or_else(chinese)?;
    let short = |part: &str| (1..=2).contains(&part.len()) && is_digits(part);
    if year.len() != 4 || !is_digits(year) || !short(month) || !short(day) {
        return None;
    }
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}

/// A period of the kind, canonical: `2019-09`, `2019-2020-1`, `2019`. A month may be `2019年9月` or a date of its first day.
pub fn parse_period(text: &str, kind: PeriodKind) -> Result<String, Fault> {
    let found = match kind {
        PeriodKind::Year => {
            let year = ["年度", "年"].iter().find_map(|word| text.strip_suffix(word)).unwrap_or(text).trim();
            (year.len() == 4 && is_digits(year)).then(|| year.to_owned())
        }
        PeriodKind::Term => term(text),
        PeriodKind::Month => month(text)?,
    };
    let (label, example) = (kind.label_zh(), kind.example());
    found
        .map_or_else(|| fault(format!("应为{label}，如 {example}"), format!("a period like {example} is expected")), Ok)
}

/// `2019-2020-1`, `2019-2020学年第一学期`.
fn term(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let (years, term) = match text.split_once("学年第") {
        Some((years, term)) => (years, term.strip_suffix("学期")?),
        None => text.rsplit_once('-')?,
    };
    let term = match term {
        "1" | "一" => 1,
        "2" | "二" => 2,
        _ => return None,
    };
    let (from, to) = years.split_once('-')?;
    let year = |part: &str| (part.len() == 4 && is_digits(part)).then(|| part.parse::<i32>().ok()).flatten();
    (year(from)? + 1 == year(to)?).then(|| format!("{from}-{to}-{term}"))
}

fn month(text: &str) -> Result<Option<String>, Fault> {
    if let Ok(day) = parse_date(text) {
        return Ok((day.day() == 1).then(|| format!("{:04}-{:02}", day.year(), day.month())));
    }
    let compact: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let parts = match compact.split_once('年') {
        Some((year, month)) => {
            ["月份", "月"].iter().find_map(|word| month.strip_suffix(word)).map(|month| (year, month))
        }
        None => text.split_once(['-', '/', '.']),
    };
    let Some((year, month)) = parts.filter(|(year, month)| year.len() == 4 && is_digits(year) && is_digits(month))
    else {
        return Ok(None);
    };
    if text.contains('.') && month == "1" {
        return fault(
            "点号后只有一个 1，有两种读法：一月，或丢了末尾 0 的十月；应为月，如 2019-09",
            "a point with a 1 behind it can be read as January or as October that lost its zero; a period like 2019-09 is \
             expected",
        );
    }
    let number: u32 = month.parse().ok().filter(|_| month.len() <= 2).unwrap_or_default();
    Ok((1..=12).contains(&number).then(|| format!("{year}-{number:02}")))
}
