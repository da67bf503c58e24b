//! What can go wrong between kehou and its tables: every variant names the fault and its subject.

use crate::table::TableName;

/// An error of the warehouse. Bad data never is one: it is a value of the crate that read it.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// The location is no URL or path that kehou can store tables at.
    #[error("'{location}' is no place for a warehouse: {why}; use a path, file://, s3://bucket/prefix or memory://")]
    Location {
        /// What was given.
        location: String,
        /// Why it can't be used.
        why: String,
    },
    /// There is no warehouse at the location.
    #[error("there is no warehouse at {location}; make one with: kehou init --warehouse {location} --reference DIR")]
    Missing {
        /// The location that was opened.
        location: String,
    },
    /// The warehouse was written by another version of kehou.
    #[error("the warehouse at {location} has format {found}, this kehou reads {expected}")]
    Format {
        /// The location that was opened.
        location: String,
        /// The format that its marker names.
        found: u32,
        /// The format of this build.
        expected: u32,
    },
    /// A file of the warehouse can't be read as what it should be.
    #[error("{place} of the warehouse is damaged: {why}")]
    Damaged {
        /// The object's path within the warehouse.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is no release of a number.
    #[error("there is no release {release}; {}", match newest {
        Some(newest) => format!("they are 1 to {newest}, and `kehou releases` lists them"),
        None => "there is none at all yet, `kehou transform` makes one".to_owned(),
    })]
    NoRelease {
        /// The number asked for.
        release: u64,
        /// The newest one's.
        newest: Option<u64>,
    },
    /// Somebody else holds the lock.
    #[error("another {what} is running on this warehouse ({who}); wait for it to end, then run the command again")]
    Locked {
        /// The locked work.
        what: String,
        /// Who holds it, as far as it is known.
        who: String,
    },
    /// The lock ran out or was taken over while its holder worked.
    #[error("the lock of {what} was lost to another process; nothing was published, run the command again")]
    LockLost {
        /// The locked work.
        what: String,
    },
    /// Somebody published the same release number first.
    #[error("release {release} was published by another process meanwhile; run the command again")]
    ReleaseTaken {
        /// The number.
        release: u64,
    },
    /// Somebody else committed to the table after it was read, and what was to be committed depends on what was read.
    #[error("table {table} was changed by another process meanwhile; run the command again")]
    Moved {
        /// The table.
        table: TableName,
    },
    /// A table's operation failed.
    #[error("table {table}: {source}")]
    Table {
        /// The table.
        table: TableName,
        /// The fault below.
        #[source]
        source: Box<deltalake::DeltaTableError>,
    },
    /// A table uses a feature that kehou's scan would read wrongly.
    #[error("table {table} uses {feature}, which kehou does not read; it was changed by another program")]
    Unsupported {
        /// The table.
        table: TableName,
        /// The Delta feature.
        feature: &'static str,
    },
    /// The object store failed.
    #[error("storage: {0}")]
    Store(#[from] object_store::Error),
    /// The query engine failed.
    #[error(transparent)]
    Engine(#[from] datafusion::error::DataFusionError),
    /// A local file failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The fault below.
        #[source]
        source: std::io::Error,
    },
}

/// The result of every operation of the warehouse.
pub type Result<T, E = WarehouseError> = std::result::Result<T, E>;
