//! A workbook as the zip of parts that it is: unpacked once, within bounds, by what really comes out.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::frame::too_large;
use super::xlsx::{broken, protected};
use crate::issue::Issue;

/// Bytes that all parts of a workbook may have unpacked.
const MOST_BYTES: u64 = 192 << 20;
/// Parts of a workbook.
const MOST_PARTS: usize = 10_000;
/// Bytes of a part that are looked at again with what comes after them.
const OVERLAP: usize = 256;
/// Bytes that are unpacked at once.
const CHUNK: usize = 1 << 14;
/// Unpacked parts of so many bytes are kept, so that they needn't be unpacked again to be read.
const KEPT: usize = 4 << 20;

/// What was seen while the parts were unpacked.
#[derive(Debug)]
pub struct Parts {
    /// The size of the greatest.
    pub greatest: u64,
    /// Whether some sheet has merged cells.
    pub merged: bool,
    /// A zip of the parts that tell of cells, not packed; none where they are many bytes.
    pub plain: Option<Vec<u8>>,
}

/// Whether a part may tell of cells, or of where they stand: looks, pictures and macros don't.
pub fn tells_of_cells(name: &str) -> bool {
    const OTHERS: [&str; 5] = ["/theme/theme", "docProps/", "/media/", "/printerSettings/", "/vbaProject.bin"];
    !OTHERS.iter().any(|other| name.contains(other))
}

/// Unpacks every part, counting what comes out before anybody keeps it.
pub fn unpack(bytes: &[u8]) -> Result<Parts, Issue> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error.to_string()))?;
    if archive.len() > MOST_PARTS {
        return Err(too_large());
    }
    let mut parts = Parts { greatest: 0, merged: false, plain: None };
    let mut keeping = Keeping::new();
    let mut left = MOST_BYTES;
    let mut chunk = vec![0; CHUNK];
    for at in 0..archive.len() {
        if archive.by_index_raw(at).is_ok_and(|part| part.encrypted()) {
            return Err(protected());
        }
        let mut part = archive.by_index(at).map_err(|error| broken(&error.to_string()))?;
        let keep = part.name().is_ok_and(|name| keeping.begin(&name));
        let (mut size, mut strings, mut tail) = (0, None, 0);
        loop {
            // What was at the end of the last chunk stands before this one, so that no word is cut.
            let read = part.read(&mut chunk[tail..]).map_err(|error| broken(&error.to_string()))?;
            if read == 0 {
                break;
            }
            left = left.checked_sub(read as u64).ok_or_else(too_large)?;
            let seen = &chunk[..tail + read];
            parts.merged |= holds(seen, b"mergeCell ");
            strings = strings.max(unique_count(seen));
            if keep {
                keeping.add(&seen[tail..]);
            }
            size += read as u64;
            tail = seen.len().min(OVERLAP);
            let end = seen.len();
            chunk.copy_within(end - tail..end, 0);
        }
        parts.greatest = parts.greatest.max(size);
        // The library makes room for as many texts as the part claims; each takes some bytes.
        if strings.is_some_and(|claimed| claimed > size) {
            return Err(broken("sharedStrings uniqueCount"));
        }
    }
    parts.plain = keeping.finish();
    Ok(parts)
}

/// Lays parts side by side in a zip in which nothing is packed; gives up where they are many bytes, or named twice.
struct Keeping(Option<ZipWriter<Cursor<Vec<u8>>>>, usize);

impl Keeping {
    fn new() -> Keeping {
        Keeping(Some(ZipWriter::new(Cursor::new(Vec::new()))), 0)
    }

    /// Begins a part; tells whether its bytes are wanted.
    fn begin(&mut self, name: &str) -> bool {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let Some(zip) = self.0.as_mut().filter(|_| tells_of_cells(name)) else { return false };
        if zip.start_file(name, options).is_err() {
            self.0 = None;
        }
        self.0.is_some()
    }

    fn add(&mut self, bytes: &[u8]) {
        self.1 += bytes.len();
        let written = self.0.as_mut().is_some_and(|zip| zip.write_all(bytes).is_ok());
        if !written || self.1 > KEPT {
            self.0 = None;
        }
    }

    fn finish(self) -> Option<Vec<u8>> {
        Some(self.0?.finish().ok()?.into_inner())
    }
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(bytes, word).is_some()
}

/// The number of texts that a part of shared texts claims to have. What is cut at the end is seen again with what follows.
fn unique_count(bytes: &[u8]) -> Option<u64> {
    let rest = &bytes[memchr::memmem::find(bytes, b"uniqueCount")? + b"uniqueCount".len()..];
    let value = rest.split(|byte| matches!(byte, b'"' | b'\'')).nth(1);
    let closed = rest.iter().filter(|byte| matches!(byte, b'"' | b'\'')).nth(1).is_some();
    match value.filter(|_| closed) {
        Some(value) => {
            let digits: String =
                value.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte)).collect();
            if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(u64::MAX)) }
        }
        None if rest.len() < OVERLAP / 2 => None,
        // Nobody writes an attribute like this but to hide its value.
        None => Some(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_of_shared_texts() {
        assert_eq!(unique_count(b"<sst count=\"3\" uniqueCount=\"12\"><si>"), Some(12));
        assert_eq!(unique_count(b"<sst uniqueCount='99999999999999999999999'>"), Some(u64::MAX));
        assert_eq!(unique_count(b"<sst uniqueCount=\"\">12"), None);
        assert_eq!(unique_count(b"<sst count=\"3\">"), None);
    }

    #[test]
    fn parts_that_tell_of_cells_are_kept_as_long_as_they_are_small() {
        let book = |text: usize| {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            for (name, size) in [("xl/worksheets/sheet1.xml", text), ("xl/theme/theme1.xml", 100)] {
                zip.start_file(name, SimpleFileOptions::default()).expect("a part");
                zip.write_all(&vec![b'x'; size]).expect("written");
            }
            unpack(&zip.finish().expect("a zip").into_inner()).expect("parts")
        };
        let small = book(CHUNK * 3 + 1);
        let mut plain = ZipArchive::new(Cursor::new(small.plain.expect("kept"))).expect("a zip");
        assert_eq!((plain.len(), small.greatest), (1, CHUNK as u64 * 3 + 1));
        let mut text = Vec::new();
        plain.by_name("xl/worksheets/sheet1.xml").expect("there").read_to_end(&mut text).expect("read");
        assert_eq!(text, vec![b'x'; CHUNK * 3 + 1]);
        assert!(book(KEPT + 1).plain.is_none());
    }
}
