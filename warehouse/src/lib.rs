//! Names, schemas, commits and snapshots of kehou's tables
