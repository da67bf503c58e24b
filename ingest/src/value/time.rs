//! Times of day.

use super::number::is_digits;
use super::{Fault, fault};

/// What a word before the hour says.
#[derive(Clone, Copy, PartialEq)]
enum Half {
    Morning,
    Noon,
    Afternoon,
}

/// A time of day: `16:30`, `16:30:00`, `下午4:30`, `4:30 PM`, `16时30分`, `16点半`.
pub fn parse_time(text: &str) -> Result<String, Fault> {
    let expected = || fault("应为时间，如 16:30", "a time like 16:30 is expected");
    let compact: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let (half, clock) = half_of(&compact);
    let Some((hour_text, minute)) = clock_parts(clock) else { return expected() };
    let Ok(hour) = hour_text.parse::<u32>() else { return expected() };
    let hour = match (half, hour) {
        (None, 1..=6) if hour_text.len() == 1 => {
            return fault(
                "没有写明上午还是下午，有两种读法：凌晨，或下午；请用 24 小时制，如 16:30",
                "it can be read as a time before dawn or in the afternoon; write it on the 24-hour clock, like 16:30",
            );
        }
        (None, 0..=23) | (Some(Half::Morning), 0..=11) | (Some(Half::Noon), 10..=14) => hour,
        (Some(Half::Noon), 1..=2) | (Some(Half::Afternoon), 1..=11) => hour + 12,
        (Some(Half::Afternoon), 12..=23) => hour,
        _ => return expected(),
    };
    Ok(format!("{hour:02}:{minute:02}"))
}

fn half_of(text: &str) -> (Option<Half>, &str) {
    let words = [("上午", Half::Morning), ("早上", Half::Morning), ("中午", Half::Noon), ("下午", Half::Afternoon)];
    if let Some(found) = words.iter().find_map(|(word, half)| Some((Some(*half), text.strip_prefix(word)?))) {
        return found;
    }
    let marks = [("AM", Half::Morning), ("am", Half::Morning), ("PM", Half::Afternoon), ("pm", Half::Afternoon)];
    marks.iter().find_map(|(mark, half)| Some((Some(*half), text.strip_suffix(mark)?))).unwrap_or((None, text))
}

/// The hour as it is written, and the minute.
fn clock_parts(text: &str) -> Option<(&str, u32)> {
    let part = |text: &str| (is_digits(text) && text.len() <= 2).then(|| text.parse::<u32>().ok()).flatten();
    let (hour, rest) = text.split_once([':', '时', '点'])?;
    part(hour)?;
    let words = !text[hour.len()..].starts_with(':');
    let minute = match rest {
        "" | "整" if words => 0,
        "半" if words => 30,
        _ if words => part(rest.strip_suffix('分').unwrap_or(rest))?,
        _ => match rest.split_once(':') {
            // Fractions of a second come from programs that print them; the second itself is not kept.
            Some((minute, second)) => {
                let second = second.split_once('.').map_or(second, |(second, _)| second);
                part(second).filter(|second| *second < 60)?;
                part(minute).filter(|_| minute.len() == 2)?
            }
            None => part(rest).filter(|_| rest.len() == 2)?,
        },
    };
    (minute < 60).then_some((hour, minute))
}
