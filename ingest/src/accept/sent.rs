//! The bytes of files that a report speaks of, looked up once more: on the disk, or in the archive that they came in.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::read::archive::{Unpacked, unpack};
use crate::report::FileReport;

/// Looks up files as they were sent. An archive is unpacked once for all of its files that follow one another.
#[derive(Debug, Default)]
pub struct Sent {
    archive: Option<(PathBuf, Unpacked)>,
}

impl Sent {
    /// The bytes that the report is of; none where they are no longer there.
    pub fn bytes(&mut self, file: &FileReport) -> Option<Cow<'_, [u8]>> {
        let path = Path::new(&file.file);
        if path.is_file() {
            return std::fs::read(path).ok().map(Cow::Owned);
        }
        let outer = path.ancestors().skip(1).find(|outer| outer.is_file())?;
        let name = path.strip_prefix(outer).ok()?;
        if self.archive.as_ref().is_none_or(|(known, _)| known != outer) {
            self.archive = Some((outer.to_owned(), unpack(&std::fs::read(outer).ok()?).ok()?));
        }
        let (_, unpacked) = self.archive.as_ref()?;
        // An archive may hold two files of one name; the hash tells which one is meant.
        let same = |bytes: &[u8]| file.sha256.is_empty() || hex::encode(Sha256::digest(bytes)) == file.sha256;
        let mut named = unpacked.members.iter().filter(|member| Path::new(&member.name) == name);
        named.find(|member| same(&member.bytes)).map(|member| Cow::Borrowed(member.bytes.as_slice()))
    }
}
