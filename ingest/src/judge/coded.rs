//! A column of text, each distinct text read once: codes a row, values a code.

use std::hash::Hash;

use polars::prelude::{PlHashMap, StringChunked};

/// A column as codes into its distinct texts. Code 0 is a blank cell.
#[derive(Debug, Default)]
pub struct Coded {
    /// A code a row.
    pub codes: Vec<u32>,
    /// The normalised text of each code from 1 on, at its place less one.
    pub texts: Vec<String>,
}

impl Coded {
    /// Codes of a column; different spellings of one normalised text have one code.
    pub fn of(column: &StringChunked) -> Coded {
        let mut spellings: PlHashMap<&str, u32> = PlHashMap::default();
        let mut known: PlHashMap<String, u32> = PlHashMap::default();
        let mut texts: Vec<String> = Vec::new();
        let mut codes = Vec::with_capacity(column.len());
        let mut last: (&str, u32) = ("", 0);
        for text in column.iter() {
            let text = text.unwrap_or_default();
            if text != last.0 {
                let code = *spellings.entry(text).or_insert_with(|| {
                    let Some(plain) = crate::value::cell(text) else { return 0 };
                    let next = texts.len() as u32 + 1;
                    *known.entry(plain).or_insert_with_key(|plain| {
                        texts.push(plain.clone());
                        next
                    })
                });
                last = (text, code);
            }
            codes.push(last.1);
        }
        Coded { codes, texts }
    }

    /// A column of blank cells.
    pub fn blank(rows: usize) -> Coded {
        Coded { codes: vec![0; rows], texts: Vec::new() }
    }

    /// The text of a row.
    pub fn text(&self, row: usize) -> Option<&str> {
        self.text_of(self.codes[row])
    }

    /// The text of a code.
    pub fn text_of(&self, code: u32) -> Option<&str> {
        (code > 0).then(|| self.texts[code as usize - 1].as_str())
    }

    /// The rows of the codes for which `wanted` holds; the place of code c is c, of a blank 0.
    pub fn rows_where(&self, wanted: &[bool]) -> Vec<usize> {
        if !wanted.iter().any(|one| *one) {
            return Vec::new();
        }
        (0..self.codes.len()).filter(|row| wanted[self.codes[*row] as usize]).collect()
    }
}

/// Codes under which equal values have one code, whatever their texts: 2019/9/2 and 2019-09-02 are one day.
pub fn canonical<V: Eq + Hash + Clone>(values: &[Option<V>]) -> Vec<u32> {
    let mut known: PlHashMap<V, u32> = PlHashMap::default();
    let mut codes = vec![0; values.len() + 1];
    for (at, value) in values.iter().enumerate() {
        if let Some(value) = value {
            let next = known.len() as u32 + 1;
            codes[at + 1] = *known.entry(value.clone()).or_insert(next);
        }
    }
    codes
}
