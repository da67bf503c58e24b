//! Passwords and tokens: how they are made, hashed and compared.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use sha2::{Digest, Sha256};

use crate::error::{DashboardError, Result};

/// The fewest characters of a password.
pub const LEAST: usize = 8;
/// The most characters of a password; more would only make hashing slow.
pub const MOST: usize = 128;

/// The argon2id hash of a password that is fit to be one.
pub fn hash(password: &str) -> Result<String> {
    if !(LEAST..=MOST).contains(&password.chars().count()) {
        return Err(DashboardError::Password { least: LEAST, most: MOST });
    }
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)?;
    let salt = SaltString::encode_b64(&salt).map_err(DashboardError::Hash)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt).map_err(DashboardError::Hash)?;
    Ok(hash.to_string())
}

/// Whether the password is the hash's. Without a hash it never is, after as much work.
pub fn fits(hash_of: Option<&str>, password: &str) -> Result<bool> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let nobody = match NOBODY.get() {
        Some(hash) => hash,
        None => {
            let made = hash("a password that nobody has")?;
            NOBODY.get_or_init(|| made)
        }
    };
    let stored = PasswordHash::new(hash_of.unwrap_or(nobody)).map_err(DashboardError::Hash)?;
    let short: String = password.chars().take(MOST + 1).collect();
    let same = Argon2::default().verify_password(short.as_bytes(), &stored).is_ok();
    Ok(same && hash_of.is_some())
}

/// A first password that can be read out on the phone: twelve letters and digits without those that are taken for others.
pub fn first() -> Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes)?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    Ok(letters.chunks(4).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// 256 random bits in hex.
pub fn token() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// What is stored of a token. It is random enough to need no salt and no slow hash.
pub fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Whether two tokens are the same, in a time that doesn't tell where they differ.
pub fn same(one: &str, other: &str) -> bool {
    let (one, other) = (Sha256::digest(one), Sha256::digest(other));
    one.iter().zip(other).fold(0, |differs, (left, right)| differs | (left ^ right)) == 0
}
