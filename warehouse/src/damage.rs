//! What a look at a warehouse's files finds wrong, and what to do about it.

use std::fmt;

/// What is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// It is not there.
    Missing,
    /// It has another length.
    Size {
        /// Bytes that it has.
        found: u64,
        /// Bytes that it should have.
        expected: u64,
    },
    /// Its bytes are not those that were written.
    Bytes,
    /// It can't be read as what it should be.
    Unreadable {
        /// Why not.
        why: String,
    },
    /// It has other rows than it should.
    Rows {
        /// Rows that it has.
        found: u64,
        /// Rows that it should have.
        expected: u64,
    },
    /// What is recorded in it contradicts itself.
    Record {
        /// How, in Chinese.
        zh: String,
        /// How, in English.
        en: String,
    },
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The object's place within the warehouse, or the table.
    pub place: String,
    /// What is wrong with it.
    pub damage: Damage,
    /// Who needs it.
    pub named_by: String,
}

impl Found {
    /// Puts it together.
    pub fn new(place: impl Into<String>, damage: Damage, named_by: impl Into<String>) -> Found {
        Found { place: place.into(), damage, named_by: named_by.into() }
    }

    /// What to do, in both languages.
    pub fn advice(&self) -> &'static str {
        let is = |prefix: &str| self.place.starts_with(prefix);
        match &self.damage {
            Damage::Record { .. } => {
                "请勿再写入，保留现场，从备份恢复到新位置后比较（kehou restore） / \
                 stop writing, keep it as it is, and compare it with a restored backup (kehou restore)"
            }
            _ if is("tables/facts/")
                || is("tables/reference/")
                || is("originals/")
                || self.place.contains("_delta_log") =>
            {
                "无法重算：从备份中取回同一路径的文件；没有备份则须请学校重新报送 / \
                 it can't be computed again: put the file of this path back from a backup; without one, its senders must send it again"
            }
            _ if is("tables/") => {
                "从备份中取回同一路径的文件；最新一期也可用 kehou transform --full 重算 / \
                 put the file of this path back from a backup; what is newest can be computed again by `kehou transform --full`"
            }
            _ => "从备份中取回同一路径的文件 / put the file of this path back from a backup",
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Missing => write!(out, "缺失 / missing"),
            Damage::Size { found, expected } => {
                write!(out, "长度应为 {expected} 字节，实为 {found} / has {found} of {expected} bytes")
            }
            Damage::Bytes => write!(out, "内容与写入时不符 / its bytes are not those that were written"),
            Damage::Unreadable { why } => write!(out, "无法读取 / can't be read: {why}"),
            Damage::Rows { found, expected } => {
                write!(out, "应有 {expected} 行，实有 {found} / has {found} of {expected} rows")
            }
            Damage::Record { zh, en } => write!(out, "{zh} / {en}"),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {} ({})\n    {}", self.place, self.damage, self.named_by, self.advice())
    }
}
