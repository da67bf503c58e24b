//! How numbers, money, days and periods are written.

use chrono::{Datelike, NaiveDate};
use serde::Serializer;

use crate::words::Lang;

/// `1,234`
pub fn whole(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::from(if number < 0 { "−" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `98.6%`; 100 % stands only where nothing is missing to it.
pub fn share(value: f64) -> String {
    let percent = value * 100.0;
    let rounded = if percent < 100.0 && percent > 99.9 { 99.9 } else { percent };
    if rounded == 100.0 { "100%".to_owned() } else { format!("{rounded:.1}%") }
}

/// `¥1,234.50`, of fen.
pub fn yuan(fen: i128) -> String {
    let whole_yuan = i64::try_from(fen.abs() / 100).unwrap_or(i64::MAX);
    format!("{}¥{}.{:02}", if fen < 0 { "−" } else { "" }, whole(whole_yuan), fen.abs() % 100)
}

/// Yuan in JSON: text with two places, so that no reader takes it for a float.
pub fn yuan_and_fen<S: Serializer>(yuan: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{yuan:.2}"))
}

/// The same where there may be none.
pub fn money<S: Serializer>(yuan: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match yuan {
        Some(yuan) => yuan_and_fen(yuan, serializer),
        None => serializer.serialize_none(),
    }
}

/// Two places, with thousands apart.
pub fn number(value: f64) -> String {
    let hundredths = (value.abs() * 100.0).round() as i64;
    let sign = if value < 0.0 && hundredths > 0 { "−" } else { "" };
    match hundredths % 100 {
        0 => format!("{sign}{}", whole(hundredths / 100)),
        rest => format!("{sign}{}.{rest:02}", whole(hundredths / 100)),
    }
}

/// `2019年9月30日`, `30 Sep 2019`
pub fn date(day: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        Lang::En => day.format("%-d %b %Y").to_string(),
    }
}

/// `9月30日`, `30 Sep`
pub fn day_and_month(day: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}月{}日", day.month(), day.day()),
        Lang::En => day.format("%-d %b").to_string(),
    }
}

/// `9月`, `Sep`
pub fn month_name(day: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}月", day.month()),
        Lang::En => day.format("%b").to_string(),
    }
}

/// A canonical period as it is read: `2019-09`, `2019-2020-1`, `2019-2020`, `2019`, `2019-Q4`.
pub fn period(period: &str, lang: Lang) -> String {
    let parts: Vec<&str> = period.split('-').collect();
    match (parts.as_slice(), lang) {
        ([year, month], Lang::Zh) if month.len() == 2 => match month.parse::<u32>() {
            Ok(month) => format!("{year}年{month}月"),
            Err(_) => format!("{year}年第{}季度", month.trim_start_matches('Q')),
        },
        ([year, month], Lang::En) if month.len() == 2 => {
            let first = NaiveDate::parse_from_str(&format!("{period}-01"), "%Y-%m-%d");
            first.map_or_else(|_| format!("{month} {year}"), |day| day.format("%b %Y").to_string())
        }
        ([from, to], Lang::Zh) => format!("{from}–{to}学年"),
        ([from, to], Lang::En) => format!("School year {from}–{to}"),
        ([from, to, "1"], Lang::Zh) => format!("{from}–{to}学年第一学期"),
        ([from, to, _], Lang::Zh) => format!("{from}–{to}学年第二学期"),
        ([from, to, "1"], Lang::En) => format!("Autumn term {from}–{to}"),
        ([from, to, _], Lang::En) => format!("Spring term {from}–{to}"),
        ([year], Lang::Zh) if !year.is_empty() => format!("{year}年"),
        _ => period.to_owned(),
    }
}

/// A short form of a person's hash.
pub fn shortened(hash: &str) -> String {
    match hash.char_indices().nth(8) {
        Some((at, _)) if is_hash(hash) => format!("{}…", &hash[..at]),
        _ => hash.to_owned(),
    }
}

/// Whether a text is a keyed hash as ingest stores persons.
pub fn is_hash(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0, 12, 123, 1234, 20_000_000, -5400].map(whole),
            ["0", "12", "123", "1,234", "20,000,000", "−5,400"]
        );
        assert_eq!([1250, 5, -123_456_789, 0].map(yuan), ["¥12.50", "¥0.05", "−¥1,234,567.89", "¥0.00"]);
        assert_eq!([4.6, 3.0, 1234.567, -0.001].map(number), ["4.60", "3", "1,234.57", "0"]);
    }

    #[test]
    fn nearly_all_is_not_all() {
        assert_eq!([1.0, 0.9996, 0.986, 0.0, 1.25].map(share), ["100%", "99.9%", "98.6%", "0.0%", "125.0%"]);
    }

    #[test]
    fn periods_are_words() {
        let check = |given: &str, zh: &str, en: &str| {
            assert_eq!((period(given, Lang::Zh).as_str(), period(given, Lang::En).as_str()), (zh, en))
        };
        check("2019-09", "2019年9月", "Sep 2019");
        check("2019-Q4", "2019年第4季度", "Q4 2019");
        check("2019-2020-1", "2019–2020学年第一学期", "Autumn term 2019–2020");
        check("2019-2020-2", "2019–2020学年第二学期", "Spring term 2019–2020");
        check("2019-2020", "2019–2020学年", "School year 2019–2020");
        check("2019", "2019年", "2019");
    }

    #[test]
    fn hashes_are_short() {
        assert_eq!(shortened("0123456789abcdef0123456789abcdef"), "01234567…");
        assert_eq!(shortened("三(1)班"), "三(1)班");
    }
}
