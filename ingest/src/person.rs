//! Persons' numbers are hashed at the door.

use crate::form::PersonKind;

/// Hashes persons' numbers with the warehouse's key.
#[derive(Clone)]
pub struct PersonHasher {
    key: [u8; 32],
}

impl std::fmt::Debug for PersonHasher {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("PersonHasher(secret)")
    }
}

impl PersonHasher {
    /// With this BLAKE3 key.
    pub fn new(key: [u8; 32]) -> PersonHasher {
        PersonHasher { key }
    }

    /// The person of a school: 128 bits in hex of the keyed hash over school, kind and number, each after its length, so
    /// that no two persons share one text. `number` is normalised text.
    pub fn hash(&self, school_id: &str, kind: PersonKind, number: &str) -> String {
        let kind = match kind {
            PersonKind::Pupil => "pupil",
            PersonKind::Staff => "staff",
        };
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in [school_id, kind, number] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hex::encode(&hasher.finalize().as_bytes()[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_school_kind_and_number() {
        let hasher = PersonHasher::new([7; 32]);
        let pupil = hasher.hash("3704020001", PersonKind::Pupil, "2019001");
        assert_eq!((pupil.len(), pupil.bytes().all(|byte| byte.is_ascii_hexdigit())), (32, true));
        assert_eq!(pupil, hasher.hash("3704020001", PersonKind::Pupil, "2019001"));
        for other in [
            hasher.hash("3704020002", PersonKind::Pupil, "2019001"),
            hasher.hash("3704020001", PersonKind::Staff, "2019001"),
            hasher.hash("3704020001", PersonKind::Pupil, "2019002"),
            PersonHasher::new([8; 32]).hash("3704020001", PersonKind::Pupil, "2019001"),
        ] {
            assert_ne!(pupil, other);
        }
    }
}
