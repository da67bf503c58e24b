//! Every path inside a warehouse, formatted in one match.

use std::fmt;

use crate::table::TableName;

/// A place in a warehouse, relative to its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// What makes a folder a warehouse.
    Marker,
    /// The folder of all tables.
    Tables,
    /// A Delta table's folder.
    Table(TableName),
    /// The folder of all releases.
    Releases,
    /// One release.
    Release(u64),
    /// The folder of what was said of releases that were let go.
    AllRetired,
    /// That one release was let go.
    Retired(u64),
    /// The folder of what was said of releases that lost the tables with persons.
    AllErasures,
    /// Which tables releases up to one lost.
    Erasure(u64),
    /// The folder of what was declared official.
    Officials,
    /// One declaration.
    Official(u64),
    /// The models that a release was made with, by the SHA-256 of the object's bytes in hex.
    Models(String),
    /// The folder of all sealed originals.
    Originals,
    /// The sealed original of a submitted file, by the SHA-256 of its bytes in hex.
    Original(String),
    /// The folder of all lists of checksums.
    AllSums,
    /// A list of checksums.
    Sums(String),
    /// The lock of a kind of work.
    Lock(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Marker => write!(out, "kehou.json"),
            Place::Tables => write!(out, "tables"),
            Place::Table(name) => write!(out, "tables/{}/{}", name.schema, name.table),
            Place::Releases => write!(out, "releases"),
            Place::Release(number) => write!(out, "releases/{number:08}.json"),
            Place::AllRetired => write!(out, "retired"),
            Place::Retired(number) => write!(out, "retired/{number:08}.json"),
            Place::AllErasures => write!(out, "erasures"),
            Place::Erasure(number) => write!(out, "erasures/{number:08}.json"),
            Place::Officials => write!(out, "officials"),
            Place::Official(number) => write!(out, "officials/{number:08}.json"),
            Place::Models(sha256) => write!(out, "models/{sha256}.json"),
            Place::Originals => write!(out, "originals"),
            Place::Original(sha256) => {
                let (shelf, _) = sha256.split_at(sha256.len().min(2));
                write!(out, "originals/{shelf}/{sha256}.age")
            }
            Place::AllSums => write!(out, "checksums"),
            Place::Sums(id) => write!(out, "checksums/{id}.json"),
            Place::Lock(what) => write!(out, "locks/{what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_its_path() {
        let check = |place: Place, path: &str| assert_eq!(place.to_string(), path);
        check(Place::Marker, "kehou.json");
        check(Place::Table(TableName::new("marts", "finding")), "tables/marts/finding");
        check(Place::Release(12), "releases/00000012.json");
        check(Place::Erasure(4), "erasures/00000004.json");
        check(Place::Official(3), "officials/00000003.json");
        check(Place::Models("ab34".into()), "models/ab34.json");
        check(Place::Original("ab34".into()), "originals/ab/ab34.age");
        check(Place::Sums("ab34".into()), "checksums/ab34.json");
        check(Place::Lock("transform"), "locks/transform");
    }
}
