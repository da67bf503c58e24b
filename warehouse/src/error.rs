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
    /// The warehouse was written by an earlier kehou.
    #[error(
        "{location} 的数据仓库是旧格式 {found}，本版 kehou 用格式 {expected}：先备份（kehou backup），再运行 kehou migrate --warehouse {location} / \
         the warehouse at {location} has the older format {found}, this kehou works with {expected}: back it up (kehou backup), then run \
         `kehou migrate --warehouse {location}`"
    )]
    Older {
        /// The location that was opened.
        location: String,
        /// The format that its marker names.
        found: u32,
        /// The format of this build.
        expected: u32,
    },
    /// The warehouse was written by a later kehou.
    #[error(
        "{location} 的数据仓库是较新的格式 {found}，本版 kehou 只认识到格式 {expected}：请换用更新的 kehou，本次未读写任何内容 / \
         the warehouse at {location} has the newer format {found}, this kehou knows formats up to {expected}: use a newer kehou; nothing was \
         touched"
    )]
    Newer {
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
    /// The files of a release were let go by retention.
    #[error(
        "第 {release} 期数据已按保留规则清理，不能再查询；仍保留的各期见 kehou releases / release {release} was let go by retention and \
         can't be asked any more; `kehou releases` lists those that are kept"
    )]
    Retired {
        /// The number.
        release: u64,
    },
    /// A release lost its rows of persons, and can't be had as it was.
    #[error(
        "第 {release} 期数据的个人明细已按规定销毁，不能再恢复成当时的样子；不加 --release 即备份最新一期 / rows of persons in release {release} were \
         erased, so it can't be had as it was; without --release the newest is backed up"
    )]
    Lost {
        /// The number.
        release: u64,
    },
    /// A backup can't be used, or not be made there.
    #[error("{folder}: {why}")]
    Backup {
        /// Its folder.
        folder: String,
        /// Why not, and what to do.
        why: String,
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

/// Whether an error comes from a disk (or a quota) that is full, however deep it lies.
pub fn is_disk_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut below = Some(error);
    while let Some(error) = below {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            use std::io::ErrorKind::{QuotaExceeded, StorageFull};
            if matches!(io.kind(), StorageFull | QuotaExceeded) {
                return true;
            }
            // What an I/O error wraps is none of its sources.
            if io.get_ref().is_some_and(|inner| is_disk_full(inner)) {
                return true;
            }
        }
        below = error.source();
    }
    // Some layers keep the text alone; the system's words of these two are fixed.
    let text = error.to_string();
    ["No space left on device", "Disk quota exceeded", "database or disk is full"]
        .iter()
        .any(|words| text.contains(words))
}

/// What to say of a full disk, in both languages.
pub const DISK_FULL: &str = "磁盘已满：已接收的报送和已发布的数据都完好。请腾出空间（数据仓库所在磁盘，或临时文件夹），然后再次运行同一命令 / \
    the disk is full: nothing that was accepted or published is lost. Free space on the disk of the warehouse or of temporary files, then run \
    the same command again";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_known_however_deep_it_lies() {
        let full = || std::io::Error::from_raw_os_error(28);
        let wrapped = std::io::Error::other(std::io::Error::other(full()));
        let store = object_store::Error::Generic { store: "local", source: Box::new(full()) };
        assert!(is_disk_full(&full()) && is_disk_full(&wrapped) && is_disk_full(&WarehouseError::from(store)));
        let quota = WarehouseError::Io { path: "x".to_owned(), source: std::io::Error::from_raw_os_error(122) };
        assert!(is_disk_full(&quota));
        assert!(!is_disk_full(&std::io::Error::from_raw_os_error(13)));
        assert!(!is_disk_full(&WarehouseError::NoRelease { release: 1, newest: None }));
    }
}
