//! The comment at a SQL file's top: one sentence, then `key: value` lines.

use std::collections::BTreeMap;

/// The keys that a header may have, besides its sentence.
pub const KEYS: [&str; 22] = [
    "stored",
    "key",
    "periods",
    "collects",
    "carries",
    "warns",
    "code",
    "rule",
    "title_zh",
    "title_en",
    "formula",
    "unit",
    "clause",
    "better",
    "severity",
    "blind",
    "blind_zh",
    "formula_zh",
    "note_zh",
    "note_en",
    "amount",
    "amount_zh",
];

/// A header as it was read.
#[derive(Debug, Default)]
pub struct Header {
    /// What one row of the table is.
    pub sentence: String,
    /// Its values by key.
    pub values: BTreeMap<String, String>,
}

/// The line of a header's key, from 1.
pub fn line_of(sql: &str, key: &str) -> Option<usize> {
    let is_key = |line: &str| line.strip_prefix("--").and_then(|line| key_of(line)).is_some_and(|(one, _)| one == key);
    sql.lines().position(is_key).map(|at| at + 1)
}

fn key_of(line: &str) -> Option<(&str, &str)> {
    line.trim_start().split_once(':').filter(|(key, _)| KEYS.contains(key))
}

/// Reads the comment at a file's top. A value that goes on is indented by three spaces. A fault comes with its line.
pub fn read(sql: &str) -> Result<Header, (usize, String)> {
    let mut header = Header::default();
    let mut last: Option<String> = None;
    for (at, line) in sql.lines().map_while(|line| line.strip_prefix("--")).enumerate() {
        match (key_of(line), &last) {
            (Some((key, value)), _) => {
                if header.values.insert(key.to_owned(), value.trim().to_owned()).is_some() {
                    return Err((at + 1, format!("the header gives '{key}' twice")));
                }
                last = Some(key.to_owned());
            }
            (None, Some(_)) if line.trim().is_empty() => {}
            (None, Some(key)) if line.starts_with("   ") => {
                let value = header.values.get_mut(key).expect("the last key was inserted");
                value.push(' ');
                value.push_str(line.trim());
            }
            (None, Some(_)) => {
                let why = format!(
                    "the header's line '{}' has an unknown key; known are {}; a value goes on in lines indented by three spaces",
                    line.trim(),
                    KEYS.join(", ")
                );
                return Err((at + 1, why));
            }
            (None, None) => {
                header.sentence.push_str(if header.sentence.is_empty() { "" } else { " " });
                header.sentence.push_str(line.trim());
            }
        }
    }
    if header.sentence.is_empty() {
        return Err((1, "the first line must be a comment of one sentence: what one row of the table is".to_owned()));
    }
    Ok(header)
}
