//! JSON rows: `{"form": "charge", "rows": [{"school_id": …, "period": …, …}]}`, or a row a line.

mod gathered;

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use self::gathered::Gathered;
use super::Document;
use super::frame::{MOST_COLUMNS, too_large};
use super::text::decode;
use crate::form::Form;
use crate::issue::Issue;
use crate::value::meant;

/// Bytes of a file: its rows are gathered while it is read, but the text itself is held whole.
const MOST_BYTES: usize = 256 << 20;
/// Up to here every whole number is a double of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// Letters of a name that a message repeats.
const SHOWN: usize = 40;

/// Reads a JSON document.
pub fn read(bytes: &[u8], given: Option<&'static Form>) -> Result<Document, Issue> {
    let text = text(bytes)?;
    let mut gathered = Gathered::default();
    let mut json = serde_json::Deserializer::from_str(&text);
    let found = Top(&mut gathered).deserialize(&mut json).and_then(|rows| json.end().map(|()| rows));
    match found {
        Ok(Rows::Given) => gathered.document(given),
        Ok(Rows::Absent) => Err(broken("没有 rows", "there is no key rows")),
        Err(_) if gathered.full => Err(too_large()),
        Err(error) => Err(broken_at(&error, error.line())),
    }
}

/// Reads JSON of a row a line. The first line may name the form and nothing else.
pub fn read_lines(bytes: &[u8], given: Option<&'static Form>) -> Result<Document, Issue> {
    let text = text(bytes)?;
    let mut gathered = Gathered::default();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = u32::try_from(at + 1).map_err(|_| too_large())?;
        let mut json = serde_json::Deserializer::from_str(line);
        let read = Row { gathered: &mut gathered, number }.deserialize(&mut json).and_then(|()| json.end());
        match read {
            Ok(()) => {}
            Err(_) if gathered.full => return Err(too_large()),
            Err(error) => gathered.issues.push(broken_at(&error, at + 1).in_row(number)),
        }
    }
    gathered.document(given)
}

/// The text, of a file that is small enough to be held whole.
fn text(bytes: &[u8]) -> Result<Cow<'_, str>, Issue> {
    if bytes.len() > MOST_BYTES {
        return Err(too_large());
    }
    // What is UTF-8 is taken for it whatever its letters: JSON has no other encoding (RFC 8259, 8.1), and where names stand for
    // headings a lone "×" would pass for a pair of GB18030.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.starts_with('\u{feff}') && !text.contains(['\u{fffd}', '\0']) => Some(Cow::Borrowed(text)),
        _ => decode(bytes),
    };
    text.ok_or_else(|| {
        Issue::error(
            "encoding",
            "文件编码无法识别。请存为 UTF-8。",
            "the encoding can't be read; save the file as UTF-8",
        )
    })
}

fn broken(zh: &str, en: &str) -> Issue {
    Issue::error(
        "broken-json",
        format!("JSON 无法读取：{zh}。应为 {{\"form\": …, \"rows\": [{{…}}]}}，或每行一个 {{…}}。"),
        format!("the JSON can't be read: {en}; {{\"form\": …, \"rows\": [{{…}}]}} is expected, or a {{…}} a line"),
    )
}

fn broken_at(error: &serde_json::Error, line: usize) -> Issue {
    let column = error.column();
    // What the library says of syntax has no values in it; what it says of data has.
    let why = match error.classify() {
        serde_json::error::Category::Data => "a row must be {…}, form a text, rows a list".to_owned(),
        _ => error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
    };
    broken(&format!("第 {line} 行第 {column} 列，{why}"), &format!("line {line}, column {column}: {why}"))
}

enum Rows {
    Given,
    Absent,
}

/// The document.
struct Top<'a>(&'a mut Gathered);

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = Rows;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Rows, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = Rows;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("{\"form\": …, \"rows\": […]}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rows, A::Error> {
        let mut found = Rows::Absent;
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            match key.as_ref() {
                "form" if self.0.form.is_none() => self.0.form = Some(map.next_value()?),
                "rows" if matches!(found, Rows::Absent) => {
                    map.next_value_seed(List(self.0))?;
                    found = Rows::Given;
                }
                "form" | "rows" => {
                    map.next_value::<IgnoredAny>()?;
                    self.0.issues.push(twice(&key));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Rows, A::Error> {
        List(self.0).visit_seq(list)?;
        Ok(Rows::Given)
    }
}

/// A list of rows.
struct List<'a>(&'a mut Gathered);

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut number = 1;
        while list.next_element_seed(Row { gathered: &mut *self.0, number })?.is_some() {
            number += 1;
        }
        Ok(())
    }
}

/// A row with its number.
struct Row<'a> {
    gathered: &'a mut Gathered,
    number: u32,
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a row {…}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Row { gathered, number } = self;
        let mut cells: Vec<Option<String>> = Vec::new();
        let mut seen: Vec<usize> = Vec::new();
        let mut zero = false;
        let mut form = None;
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if key == "zero" {
                zero = matches!(map.next_value_seed(Cell)?, Found::Text(text) if text == TRUE);
                continue;
            }
            if key == "form" {
                form = Some(map.next_value::<String>()?);
                continue;
            }
            let place = match gathered.places.get(key.as_ref()) {
                Some(place) => *place,
                None if gathered.keys.len() == MOST_COLUMNS => {
                    gathered.full = true;
                    return Err(A::Error::custom("too many keys"));
                }
                None => {
                    gathered.keys.push((key.to_string(), number));
                    gathered.places.insert(key.to_string(), gathered.keys.len() - 1);
                    gathered.keys.len() - 1
                }
            };
            let found = map.next_value_seed(Cell)?;
            if seen.contains(&place) {
                let issue = twice(&key);
                gathered.faults.push((number, place, issue));
                cells[place] = None;
                continue;
            }
            seen.push(place);
            if cells.len() <= place {
                cells.resize(place + 1, None);
            }
            match found {
                Found::Nothing => {}
                Found::Text(text) => cells[place] = Some(text),
                Found::Fault(issue) => gathered.faults.push((number, place, issue)),
            }
        }
        if let Some(form) = form {
            gathered.name(form, number);
            // A line that names the form alone is none of data.
            if seen.is_empty() && !zero {
                return Ok(());
            }
        }
        if zero {
            gathered.zeros.push(gathered.rows.len());
        }
        gathered.rows.push(number, &cells).map_err(|_| {
            gathered.full = true;
            A::Error::custom("too large")
        })
    }
}

/// How true and false are told in a workbook.
const TRUE: &str = "是";
const FALSE: &str = "否";

/// A value of a row.
struct Cell;

enum Found {
    Nothing,
    Text(String),
    Fault(Issue),
}

impl<'de> DeserializeSeed<'de> for Cell {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Found, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cell {
    type Value = Found;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Found, E> {
        Ok(Found::Nothing)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Found, E> {
        Ok(Found::Text(if value { TRUE } else { FALSE }.to_owned()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Found, E> {
        Ok(Found::Text(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Found, E> {
        Ok(Found::Text(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Found, E> {
        if value.abs() < EXACT {
            return Ok(Found::Text(meant(value)));
        }
        Ok(Found::Fault(Issue::error(
            "long-number",
            "数字过长，后面的数字会丢失。请把编号写成带引号的文本。",
            "the number is so long that its last digits are lost; write it as text, in quotation marks",
        )))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Found, E> {
        Ok(Found::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Found::Fault(nested()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Found::Fault(nested()))
    }
}

fn nested() -> Issue {
    Issue::error(
        "nested-value",
        "这里是列表或对象，应为一个值（文本、数字、true、false 或 null）。",
        "there is a list or an object; one value is expected: a text, a number, true, false or null",
    )
}

fn twice(key: &str) -> Issue {
    let key: String = key.chars().take(SHOWN).collect();
    Issue::error(
        "key-twice",
        format!("同一个键“{key}”出现了两次，不知道以哪个为准；请删去一个。"),
        format!("the key {key} stands twice, and nobody can tell which one counts; remove one"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_utf8_is_read_as_utf8() {
        let said = "{\"assessed\":\"×\"}";
        assert_eq!(text(said.as_bytes()).expect("read"), said);
        let (national, _, _) = encoding_rs::GB18030.encode("{\"form\":\"学生考勤\"}");
        assert_eq!(text(&national).expect("read"), "{\"form\":\"学生考勤\"}");
        assert!(text("{\"a\":\"\u{fffd}\"}".as_bytes()).is_err(), "a letter was lost before the file came");
    }
}
