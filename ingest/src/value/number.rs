//! Whole numbers and money.

use super::{Fault, fault};

/// Whether a text is one or more ASCII digits and nothing else.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is how a spreadsheet shows a number that is too long for its cell: `3.70402E+17`.
pub fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once("E+").or_else(|| text.split_once("e+")) else { return false };
    let (whole, places) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    is_digits(exponent) && is_digits(whole) && is_digits(places)
}

/// A stored double as it was meant: 372.67 is stored as 372.67000000000002.
pub fn meant(number: f64) -> String {
    let shortest = number.to_string();
    let rounded = format!("{number:.10}");
    let rounded = rounded.trim_end_matches('0').trim_end_matches('.').to_owned();
    if rounded.len() < shortest.len() { rounded } else { shortest }
}

/// Money in fen: at least 0, at most two places; thousands' commas, ￥ and 元 may stand.
pub fn parse_money(text: &str) -> Result<i64, Fault> {
    let expected = || {
        fault(
            "应为不小于 0、至多两位小数的金额（元）",
            "an amount in yuan is expected, at least 0, with at most two places",
        )
    };
    if text.ends_with("万元") || text.ends_with('万') {
        return fault(
            "不能以“万元”为单位，请换算成元",
            "amounts in 万元 (ten thousand yuan) are not read; write them in yuan",
        );
    }
    let text = text.strip_prefix(['¥', '￥']).unwrap_or(text);
    let text = text.strip_suffix('元').unwrap_or(text).trim();
    let Some(plain) = plain_number(text)? else { return expected() };
    // A double written in full has some 17 digits; what was meant has two places.
    let plain = match plain.bytes().filter(u8::is_ascii_digit).count() > 15 {
        true => plain.parse().map_or(plain, meant),
        false => plain,
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
pub fn parse_whole(text: &str, min: i64, max: i64) -> Result<i64, Fault> {
    let number = plain_number(text)?.and_then(|plain| {
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
fn plain_number(text: &str) -> Result<Option<String>, Fault> {
    let (whole, places) = match text.split_once('.') {
        Some((whole, places)) => (whole, Some(places)),
        None => (text, None),
    };
    if let Some(places) = places
        && (1..=3).contains(&whole.len())
        && !whole.starts_with('0')
        && places.len() == 3
        && is_digits(whole)
        && is_digits(places)
    {
        return fault(
            "点号后有三位数字，有两种读法：小数点，或千位分隔；小数至多写两位，千位分隔请用逗号或不写",
            "a point with three digits behind it can be read as a decimal point or as a thousands' separator; write at most \
             two places, and thousands with a comma or without anything",
        );
    }
    let groups: Vec<&str> = whole.split(',').collect();
    if let ([head, tail], None) = (&groups[..], places)
        && is_digits(head)
        && is_digits(tail)
        && tail.len() != 3
    {
        return fault(
            "逗号后不是三位数字，有两种读法：小数点，或千位分隔；小数请用点号，千位分隔后应有三位数字",
            "a comma without three digits behind it can be read as a decimal point or as a thousands' separator; write a \
             point for decimals, and three digits behind each comma",
        );
    }
    let grouped = groups.len() == 1
        || (!groups[0].is_empty() && groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    let whole = groups.concat();
    if !grouped || !is_digits(&whole) || !places.is_none_or(is_digits) {
        return Ok(None);
    }
    Ok(Some(places.map_or(whole.clone(), |places| format!("{whole}.{places}"))))
}
