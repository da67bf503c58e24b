//! Objects that carry the checksum of their own bytes: a release, a declaration, a list of checksums.
//!
//! The checksum is the last field of the JSON text and covers every byte before it, so that the text stays plain JSON.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// What stands between the text and its checksum.
const FIELD: &str = ",\n  \"digest\": \"";
/// What ends the text after it.
const END: &str = "\"\n}";

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A struct of at least one field as JSON that ends with the checksum of itself.
pub(crate) fn signed(value: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_string_pretty(value).expect("it is plain data");
    text.truncate(text.strip_suffix("\n}").expect("a struct with fields is written so").len());
    let digest = sha256(text.as_bytes());
    text.push_str(FIELD);
    text.push_str(&digest);
    text.push_str(END);
    text.into_bytes()
}

/// Whether the bytes are those that were written; `None` where they carry no checksum, as before format 2.
pub(crate) fn is_whole(bytes: &[u8]) -> Option<bool> {
    let field = FIELD.as_bytes();
    let found = bytes.windows(field.len()).rposition(|window| window == field);
    let Some(at) = found else {
        // A flipped byte may have hit the field itself: the name alone tells that it was there.
        return String::from_utf8_lossy(bytes).contains("\"digest\"").then_some(false);
    };
    let told = &bytes[at + field.len()..];
    Some(told == format!("{}{END}", sha256(&bytes[..at])).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Told {
        number: u64,
        words: Vec<&'static str>,
    }

    #[test]
    fn any_flipped_byte_shows() {
        let text = signed(&Told { number: 7, words: vec!["一", "two"] });
        assert_eq!(is_whole(&text), Some(true));
        let read: serde_json::Value = serde_json::from_slice(&text).expect("it stays JSON");
        assert_eq!(read["number"], 7);
        for at in 0..text.len() {
            let mut spoilt = text.clone();
            spoilt[at] ^= 1;
            assert_ne!(is_whole(&spoilt), Some(true), "byte {at}");
        }
        assert_eq!(is_whole(b"{\n  \"number\": 7\n}"), None);
        assert_eq!(is_whole(&text[..text.len() - 3]), Some(false));
    }
}
