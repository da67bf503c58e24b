//! A chart in plain colours, for where there is no style sheet: the light ones of the pages.

use std::collections::BTreeMap;

/// The light colours of the style sheet by their variables' names.
pub fn inks() -> BTreeMap<&'static str, &'static str> {
    let sheet = include_str!("../../assets/style.css");
    let light = sheet.split_once(":root {").and_then(|(_, rest)| rest.split_once('}')).map_or("", |(block, _)| block);
    light
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.trim_end_matches(';').split_once(": "))
        .filter(|(_, value)| value.starts_with('#'))
        .collect()
}

/// The chart with its variables filled in.
pub fn painted(svg: &str) -> String {
    let mut plain = svg.to_owned();
    for (name, colour) in inks() {
        plain = plain.replace(&format!("var(--{name})"), colour);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::Words;
    use crate::charts::canvas::{Ink, dot, sheet};

    #[test]
    fn no_variable_stays() {
        let words = Words { title: "甲".to_owned(), description: String::new() };
        let all = [Ink::Text, Ink::Muted, Ink::Rule, Ink::Paper, Ink::Accent, Ink::Wash, Ink::Met, Ink::LowestGround];
        let svg = sheet((90, 20), "wide", &words, |area| {
            for (at, ink) in all.into_iter().enumerate() {
                dot(area, (at as i32 * 10, 5), 3, ink);
            }
        });
        assert_eq!(svg.matches("var(--").count(), all.len());
        let plain = painted(&svg);
        assert!(!plain.contains("var(") && plain.contains("fill=\"#1c2126\""), "{plain}");
    }
}
