//! Compound files (OLE): the containers of old workbooks and of workbooks with a password.

/// A compound file opens with these bytes.
pub const MAGIC: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

const END: u32 = 0xFFFF_FFFE;
const HEADER: usize = 512;
const ENTRY: usize = 128;
/// Streams smaller than this lie in the small stream.
const SMALL: usize = 4096;
const SMALL_SECTOR: usize = 64;

/// The streams of a compound file.
pub struct Ole<'a> {
    bytes: &'a [u8],
    sector: usize,
    fat: Vec<u32>,
    small_fat: Vec<u32>,
    small: Vec<u8>,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    kind: u8,
    start: u32,
    size: usize,
}

pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

impl<'a> Ole<'a> {
    /// Opens a compound file; nothing where it is none, or cut off.
    pub fn open(bytes: &'a [u8]) -> Option<Ole<'a>> {
        bytes.strip_prefix(MAGIC)?;
        let sector = match u16_at(bytes, 30)? {
            9 => 512,
            12 => 4096,
            _ => return None,
        };
        let mut ole =
            Ole { bytes, sector, fat: Vec::new(), small_fat: Vec::new(), small: Vec::new(), entries: Vec::new() };
        ole.read_fat()?;
        let directory = ole.chain(u32_at(bytes, 48)?)?;
        ole.entries = directory.chunks_exact(ENTRY).filter_map(entry).collect();
        let numbers = ole.chain(u32_at(bytes, 60)?)?;
        ole.small_fat = numbers.chunks_exact(4).filter_map(|number| u32_at(number, 0)).collect();
        if let Some(root) = ole.entries.iter().find(|entry| entry.kind == 5) {
            ole.small = ole.chain(root.start)?;
        }
        Some(ole)
    }

    /// Where each sector continues: the table is itself spread over sectors, whose list starts in the header.
    fn read_fat(&mut self) -> Option<()> {
        let numbers = |bytes: &[u8]| bytes.chunks_exact(4).filter_map(|number| u32_at(number, 0)).collect::<Vec<_>>();
        let mut list = numbers(self.bytes.get(76..HEADER)?);
        let mut next = u32_at(self.bytes, 68)?;
        for _ in 0..=self.bytes.len() / self.sector {
            let Some(sector) = self.sector_at(next) else { break };
            let mut more = numbers(sector);
            next = more.pop()?;
            list.extend(more);
        }
        let most = self.bytes.len() / self.sector + 1;
        for number in list.into_iter().take(most) {
            if let Some(sector) = self.sector_at(number) {
                self.fat.extend(numbers(sector));
            }
        }
        Some(())
    }

    fn sector_at(&self, number: u32) -> Option<&'a [u8]> {
        let from = (number as usize).checked_add(1)?.checked_mul(self.sector)?;
        // The last sector of a file may be cut where nothing of it is used.
        let to = from.checked_add(self.sector)?.min(self.bytes.len());
        self.bytes.get(from..to).filter(|sector| !sector.is_empty())
    }

    /// The bytes of the sectors from this one on.
    fn chain(&self, start: u32) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut next = start;
        for _ in 0..=self.bytes.len() / self.sector {
            if next >= END {
                return Some(out);
            }
            out.extend_from_slice(self.sector_at(next)?);
            next = *self.fat.get(next as usize)?;
        }
        // It runs in a circle.
        None
    }

    /// Whether there is a stream or folder of this name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }

    /// The bytes of a stream; nothing where it is not there, or cut off.
    pub fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.entries.iter().find(|entry| entry.kind == 2 && entry.name.eq_ignore_ascii_case(name))?;
        if entry.size >= SMALL {
            let mut out = self.chain(entry.start)?;
            out.truncate(entry.size);
            return (out.len() == entry.size).then_some(out);
        }
        let mut out = Vec::with_capacity(SMALL);
        let mut next = entry.start;
        while out.len() < entry.size {
            let from = (next as usize).checked_mul(SMALL_SECTOR)?;
            out.extend_from_slice(self.small.get(from..from.checked_add(SMALL_SECTOR)?)?);
            next = *self.small_fat.get(next as usize)?;
        }
        out.truncate(entry.size);
        Some(out)
    }
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let length = usize::from(u16_at(bytes, 64)?).clamp(2, 64) - 2;
    let name: Vec<u16> = bytes.get(..length)?.chunks_exact(2).filter_map(|unit| u16_at(unit, 0)).collect();
    let kind = *bytes.get(66)?;
    let size = usize::try_from(u32_at(bytes, 120)?).ok()?;
    (kind != 0)
        .then(|| Some(Entry { name: String::from_utf16_lossy(&name), kind, start: u32_at(bytes, 116)?, size }))?
}
