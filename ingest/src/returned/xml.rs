//! Small words on XML that the parts of a workbook share.

use quick_xml::events::BytesStart;
use quick_xml::events::attributes::Attribute;

/// An element's name without its prefix.
pub fn local(element: &BytesStart<'_>) -> String {
    element.local_name().into_inner().to_owned()
}

/// The prefix of an element's name with its colon; empty without one.
pub fn prefix(element: &BytesStart<'_>) -> String {
    let name = element.name().into_inner();
    name.split_once(':').map(|(prefix, _)| format!("{prefix}:")).unwrap_or_default()
}

/// An attribute's value, by its name without prefix; the name with a prefix is another one.
pub fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().with_checks(false).flatten().find(|one| one.key.as_ref() == name)?;
    quick_xml::escape::unescape(&found.value).ok().map(|value| value.into_owned())
}

/// The attribute that names a relation: `r:id` under whatever prefix.
pub fn relation(element: &BytesStart<'_>) -> Option<String> {
    let found = element.attributes().with_checks(false).flatten().find(|one| one.key.as_ref().ends_with(":id"))?;
    quick_xml::escape::unescape(&found.value).ok().map(|value| value.into_owned())
}

/// The element with these attributes set, and those of them without a value taken away.
pub fn with(element: &BytesStart<'_>, set: &[(&str, Option<&str>)]) -> BytesStart<'static> {
    let mut changed = BytesStart::new(element.name().into_inner().to_owned());
    let mut others = element.attributes();
    for one in others.with_checks(false).flatten().filter(|one| !set.iter().any(|(name, _)| one.key.as_ref() == *name))
    {
        changed.push_attribute(Attribute { key: one.key, value: one.value });
    }
    for (name, value) in set {
        if let Some(value) = value {
            changed.push_attribute((*name, *value));
        }
    }
    changed
}

/// Text as it stands in XML; characters that XML can't hold are left out.
pub fn text(raw: &str) -> String {
    let holds = |letter: &char| !matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    quick_xml::escape::escape(raw.chars().filter(holds).collect::<String>()).into_owned()
}

/// A cell of text. It is typed as text, so that nothing in it is ever taken for a formula.
pub fn text_cell(prefix: &str, place: &str, style: u32, raw: &str) -> String {
    /// What a cell holds at most.
    const LONGEST: usize = 32_000;
    let cut: String = raw.chars().take(LONGEST).collect();
    let body = text(&cut);
    format!(
        r#"<{prefix}c r="{place}" s="{style}" t="inlineStr"><{prefix}is><{prefix}t xml:space="preserve">{body}</{prefix}t></{prefix}is></{prefix}c>"#
    )
}

/// The letters of a column, from 0.
pub fn letters(column: u32) -> String {
    let mut letters = String::new();
    let mut left = column + 1;
    while left > 0 {
        letters.insert(0, char::from(b'A' + u8::try_from((left - 1) % 26).expect("a letter")));
        left = (left - 1) / 26;
    }
    letters
}

/// A cell's place, `D5`: the row from 1, the column from 0.
pub fn place(row: u32, column: u32) -> String {
    format!("{}{row}", letters(column))
}

/// The row, from 1, and the column, from 0, of a place like `D5` or `$D$5`.
pub fn parse_place(text: &str) -> Option<(u32, u32)> {
    let text = text.replace('$', "");
    let digits = text.find(|letter: char| letter.is_ascii_digit())?;
    let column = text[..digits].bytes().try_fold(0u32, |column, letter| {
        let letter = letter.to_ascii_uppercase();
        letter.is_ascii_uppercase().then(|| column.checked_mul(26)?.checked_add(u32::from(letter - b'A') + 1)).flatten()
    })?;
    let row = text[digits..].parse().ok().filter(|row| *row > 0)?;
    Some((row, column.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_there_and_back() {
        for (row, column, written) in [(1, 0, "A1"), (5, 3, "D5"), (10, 25, "Z10"), (7, 26, "AA7"), (1, 16383, "XFD1")]
        {
            assert_eq!(place(row, column), written);
            assert_eq!(parse_place(written), Some((row, column)));
        }
        assert_eq!(parse_place("$B$2"), Some((2, 1)));
        assert_eq!(parse_place("12"), None);
        assert_eq!(parse_place("A"), None);
        assert_eq!(parse_place("A0"), None);
    }

    #[test]
    fn text_that_xml_can_not_hold_is_left_out() {
        assert_eq!(text("a\0<b>\u{1}&"), "a&lt;b&gt;&amp;");
    }
}
