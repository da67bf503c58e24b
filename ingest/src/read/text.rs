//! The bytes of a text file as text, in the encodings that spreadsheets and other systems write.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_16BE, UTF_16LE};

/// The text: by its mark, else strict UTF-8, else GB18030; never with letters replaced, by us or by who wrote it. Nothing
/// where the bytes are no such text.
pub fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let strict =
        |encoding: &'static Encoding, bytes| encoding.decode_without_bom_handling_and_without_replacement(bytes);
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => std::str::from_utf8(rest).ok().map(Cow::Borrowed),
        [0xFF, 0xFE, rest @ ..] => strict(UTF_16LE, rest),
        [0xFE, 0xFF, rest @ ..] => strict(UTF_16BE, rest),
        _ => match std::str::from_utf8(bytes) {
            // Some pairs of GB18030 look like UTF-8 of two bytes, but Chinese in UTF-8 has three.
            Ok(text) if text.is_ascii() || text.chars().any(|letter| letter > '\u{07ff}') => Some(Cow::Borrowed(text)),
            _ => strict(GB18030, bytes),
        },
    };
    text.filter(|text| !text.contains(['\u{fffd}', '\0']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_strict() {
        let (national, _, _) = GB18030.encode("学校");
        assert_eq!(decode(&national).as_deref(), Some("学校"));
        assert_eq!(decode("\u{feff}学校".as_bytes()).as_deref(), Some("学校"));
        assert_eq!(decode(&[0xFF, 0xFE, 0x66, 0x5B]).as_deref(), Some("学"));
        assert_eq!(decode(&[0x81, 0x20, 0xFF, 0xFF]), None);
        assert_eq!(decode("学\u{fffd}".as_bytes()), None, "a letter was lost before the file came");
    }
}
