//! Where a listing goes on: a release and the key of the last entry, marked so that it fits the listing that it came from.

use sha2::{Digest, Sha256};

use crate::api::parameter::Asked;
use crate::scope::Scope;

/// Hex digits of the mark.
const MARK: usize = 16;
/// Parts a key's parts.
const PART: char = '\u{1f}';

/// Where a listing goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The release that all its pages are of.
    pub release: u64,
    /// The key of the last entry that was given.
    pub after: Vec<String>,
}

/// A listing: what was asked for, by whose eyes.
pub struct Listing<'a> {
    /// The address without the query.
    pub address: &'a str,
    /// What was asked for.
    pub asked: &'a Asked,
    /// Whose eyes.
    pub scope: &'a Scope,
}

impl Cursor {
    /// As it stands in an address. The secret is the server's own, so that nobody can make one.
    pub fn write(&self, listing: &Listing<'_>, secret: &[u8; 32]) -> String {
        let mut text = self.release.to_string();
        for part in &self.after {
            text.push(PART);
            text += part;
        }
        mark(&text, listing, secret) + &hex::encode(text)
    }

    /// What stands in an address; none where it belongs to another listing.
    pub fn read(given: &str, listing: &Listing<'_>, secret: &[u8; 32]) -> Option<Cursor> {
        let (marked, rest) = given.split_at_checked(MARK)?;
        let text = String::from_utf8(hex::decode(rest).ok()?).ok()?;
        if !crate::password::same(marked, &mark(&text, listing, secret)) {
            return None;
        }
        let mut parts = text.split(PART);
        let release = parts.next()?.parse().ok()?;
        Some(Cursor { release, after: parts.map(str::to_owned).collect() })
    }
}

fn mark(text: &str, listing: &Listing<'_>, secret: &[u8; 32]) -> String {
    let mut digest = Sha256::new();
    digest.update(secret);
    let mut add = |part: &str| {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    };
    add(text);
    add(listing.address);
    add(&format!("{:?}", listing.scope));
    // The page's size may change from page to page.
    for (name, value) in listing.asked.iter().filter(|(name, _)| !["cursor", "limit"].contains(name)) {
        add(name);
        add(value);
    }
    hex::encode(digest.finalize())[..MARK].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_fits_its_own_listing_alone() {
        let cursor = Cursor { release: 7, after: vec!["C03".to_owned(), "学校".to_owned(), String::new()] };
        let (secret, asked) = ([1; 32], Asked::default());
        let listing = Listing { address: "/a", asked: &asked, scope: &Scope::City };
        let written = cursor.write(&listing, &secret);
        assert_eq!(Cursor::read(&written, &listing, &secret), Some(cursor));
        let other = Scope::District("370402".to_owned());
        for listing in [
            Listing { address: "/b", asked: &asked, scope: &Scope::City },
            Listing { address: "/a", asked: &asked, scope: &other },
        ] {
            assert_eq!(Cursor::read(&written, &listing, &secret), None);
        }
        assert_eq!(Cursor::read(&written, &listing, &[2; 32]), None);
        for broken in ["", "0123", &written[1..], &written[..written.len() - 2], "中".repeat(30).as_str()] {
            assert_eq!(Cursor::read(broken, &listing, &secret), None, "{broken}");
        }
    }
}
