//! A CSV file of any size as blocks of whole records: decoded, counted, in memory that its size does not change.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use sha2::{Digest, Sha256};

use super::csv::{Shape, broken, frame, unreadable};
use super::heading::Headed;
use super::table::{Found, locate, rows};
use super::{TextTable, nothing};
use crate::form::Form;
use crate::issue::Issue;

/// Bytes that are read at once while a file is surveyed.
const PIECE: usize = 1 << 20;
/// Bytes of a block that still has no end of a record: beyond that a quotation mark was never closed.
const LONGEST_RECORD: usize = 16 << 20;

/// What one look at all bytes of a file tells.
#[derive(Debug, Clone)]
pub struct Survey {
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    encoding: &'static Encoding,
    /// Bytes of the mark in front.
    mark: usize,
}

/// Reads a file from its first to its last byte: its hash, and its encoding by its mark, else strict UTF-8, else GB18030.
pub fn survey(mut file: impl Read) -> io::Result<Survey> {
    let mut hasher = Sha256::new();
    let mut piece = vec![0; PIECE];
    let mut head: Option<(&'static Encoding, usize)> = None;
    // Some pairs of GB18030 look like UTF-8 of two bytes, but Chinese in UTF-8 has three.
    let (mut valid, mut ascii, mut chinese) = (true, true, false);
    let (mut rest, mut ended) = (0, false);
    while !ended {
        // What a character of the piece before left unfinished stands in front.
        let filled = rest + fill(&mut file, &mut piece[rest..])?;
        ended = filled < piece.len();
        hasher.update(&piece[rest..filled]);
        let bytes = &piece[..filled];
        head.get_or_insert(match bytes {
            [0xEF, 0xBB, 0xBF, ..] => (UTF_8, 3),
            [0xFF, 0xFE, ..] => (UTF_16LE, 2),
            [0xFE, 0xFF, ..] => (UTF_16BE, 2),
            _ => (UTF_8, 0),
        });
        let done = match std::str::from_utf8(bytes) {
            Ok(_) => filled,
            Err(fault) if fault.error_len().is_none() && !ended => fault.valid_up_to(),
            Err(_) => {
                valid = false;
                filled
            }
        };
        if valid && !chinese {
            ascii &= bytes[..done].is_ascii();
            chinese = bytes[..done].iter().any(|byte| *byte >= 0xE0);
        }
        rest = filled - done;
        piece.copy_within(done..filled, 0);
    }
    let (marked, mark) = head.unwrap_or((UTF_8, 0));
    let encoding = if mark == 0 && !(valid && (ascii || chinese)) { GB18030 } else { marked };
    Ok(Survey { sha256: hex::encode(hasher.finalize()), encoding, mark })
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(filled)
}

/// Whole records of a file.
#[derive(Debug)]
pub struct Block {
    /// Its place among the blocks.
    pub place: usize,
    text: String,
    /// The number of its first record, as a spreadsheet shows it.
    first_row: u32,
    records: u32,
}

/// The blocks of a file, in their order.
pub struct Blocks<R> {
    file: R,
    decoder: Decoder,
    size: usize,
    bytes: Vec<u8>,
    /// Decoded text that no block holds yet; it begins with a record.
    text: String,
    /// A carriage return at the end of what was read, whose line feed may follow.
    carriage: bool,
    /// Whether the file has ended.
    ended: bool,
    place: usize,
    next_row: u32,
}

impl<R: Read> Blocks<R> {
    /// The blocks of a surveyed file, each of about `size` bytes.
    pub fn new(mut file: R, survey: &Survey, size: usize) -> io::Result<Blocks<R>> {
        let mut mark = [0; 3];
        file.read_exact(&mut mark[..survey.mark])?;
        Ok(Blocks {
            file,
            decoder: survey.encoding.new_decoder_without_bom_handling(),
            size,
            bytes: vec![0; size],
            text: String::new(),
            carriage: false,
            ended: false,
            place: 0,
            next_row: 1,
        })
    }

    /// The next block, nothing at the end, or what is wrong with the file from here on.
    pub fn advance(&mut self) -> io::Result<Option<Result<Block, Issue>>> {
        loop {
            if !self.ended
                && let Err(issue) = self.fill()?
            {
                return Ok(Some(Err(issue)));
            }
            let Some((end, records)) = records(&self.text, self.ended) else {
                if self.ended {
                    return Ok(None);
                }
                if self.text.len() > LONGEST_RECORD.max(self.size) {
                    return Ok(Some(Err(broken("引号没有成对 a quotation mark is never closed"))));
                }
                continue;
            };
            let rest = self.text.split_off(end);
            let text = std::mem::replace(&mut self.text, rest);
            let block = Block { place: self.place, text, first_row: self.next_row, records };
            let Some(next) = self.next_row.checked_add(records) else {
                return Ok(Some(Err(broken("行数过多 too many rows"))));
            };
            (self.place, self.next_row) = (self.place + 1, next);
            return Ok(Some(Ok(block)));
        }
    }

    /// Reads and decodes more text; lines end with a line feed alone.
    fn fill(&mut self) -> io::Result<Result<(), Issue>> {
        let filled = fill(&mut self.file, &mut self.bytes)?;
        self.ended = filled < self.bytes.len();
        let start = self.text.len();
        if std::mem::take(&mut self.carriage) {
            self.text.push('\r');
        }
        let most = self.decoder.max_utf8_buffer_length_without_replacement(filled).unwrap_or(filled * 4);
        self.text.reserve(most);
        let (result, _) =
            self.decoder.decode_to_string_without_replacement(&self.bytes[..filled], &mut self.text, self.ended);
        if !matches!(result, DecoderResult::InputEmpty) || self.text[start..].contains(['\u{fffd}', '\0']) {
            return Ok(Err(unreadable()));
        }
        if self.text[start..].contains('\r') {
            if !self.ended && self.text.ends_with('\r') {
                self.text.pop();
                self.carriage = true;
            }
            let plain = self.text[start..].replace("\r\n", "\n").replace('\r', "\n");
            self.text.truncate(start);
            self.text.push_str(&plain);
        }
        Ok(Ok(()))
    }
}

/// Where the last whole record ends, and how many there are; at the end of a file what is left is a record too.
fn records(text: &str, ended: bool) -> Option<(usize, u32)> {
    let (mut end, mut count) = (0, 0u32);
    if text.contains('"') {
        let mut quoted = false;
        for (at, byte) in text.bytes().enumerate() {
            quoted ^= byte == b'"';
            if byte == b'\n' && !quoted {
                (end, count) = (at + 1, count + 1);
            }
        }
    } else if let Some(last) = text.rfind('\n') {
        end = last + 1;
        count = text.as_bytes()[..end].iter().map(|byte| u32::from(*byte == b'\n')).sum();
    }
    if ended && end < text.len() {
        (end, count) = (text.len(), count + 1);
    }
    (end > 0).then_some((end, count))
}

/// How a file's blocks become tables: separator, width, form and headings, told from its first block.
#[derive(Debug, Clone)]
pub struct Layout {
    shape: Shape,
    headed: Headed,
}

/// Why a file has no layout.
#[derive(Debug)]
pub enum NoLayout {
    /// Its records can't be told apart.
    Unreadable(Issue),
    /// They are those of no form.
    Unknown(Issue),
}

impl Layout {
    /// The layout that the first block tells.
    pub fn of(first: &Block, given: Option<&'static Form>) -> Result<Layout, NoLayout> {
        let shape = Shape::of(&first.text).map_err(NoLayout::Unreadable)?;
        let frame = frame(&first.text, shape, first.first_row).map_err(NoLayout::Unreadable)?;
        match locate(&frame, &[], given, None, None) {
            Ok(headed) => Ok(Layout { shape, headed }),
            Err(Found::Unknown(issue)) => Err(NoLayout::Unknown(issue)),
            Err(_) => Err(NoLayout::Unknown(nothing())),
        }
    }

    /// The form.
    pub fn form(&self) -> &'static Form {
        self.headed.form
    }

    /// What is wrong with the headings, and notes.
    pub fn issues(&self) -> &[Issue] {
        &self.headed.issues
    }

    /// A block's rows.
    pub fn table(&self, block: &Block) -> Result<TextTable, Issue> {
        let frame = frame(&block.text, self.shape, block.first_row)?;
        // A reader that saw other records than those that were counted would number the rows wrongly.
        if frame.rows.len() != block.records as usize {
            return Err(broken("引号位置不对 a quotation mark stands where none may"));
        }
        let from = if block.place == 0 { self.headed.last + 1 } else { 0 };
        Ok(rows(&frame, &[], &self.headed, from, None, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(bytes: &[u8], size: usize) -> Vec<(u32, u32, String)> {
        let survey = survey(bytes).expect("memory can be read");
        let mut blocks = Blocks::new(bytes, &survey, size).expect("memory can be read");
        let mut all = Vec::new();
        while let Some(block) = blocks.advance().expect("memory can be read") {
            let block = block.expect("sound");
            all.push((block.first_row, block.records, block.text));
        }
        all
    }

    #[test]
    fn blocks_are_whole_records_and_together_the_file() {
        let text = "标题\r\n\r\n班级,人数\r\n\"一\r\n二\",3\r\n\n三,4";
        let plain = text.replace("\r\n", "\n");
        for size in 1..40 {
            let parts = blocks(text.as_bytes(), size);
            assert_eq!(parts.iter().map(|(_, _, text)| text.as_str()).collect::<String>(), plain, "size {size}");
            assert_eq!(parts.iter().map(|(_, records, _)| records).sum::<u32>(), 6, "size {size}");
            for pair in parts.windows(2) {
                assert_eq!(pair[0].0 + pair[0].1, pair[1].0, "size {size}");
            }
        }
    }

    #[test]
    fn encodings_are_told_across_pieces() {
        let text = "班级,人数\n".repeat(PIECE / 10);
        let (national, _, _) = GB18030.encode(&text);
        for bytes in [text.as_bytes(), &national] {
            let joined: String = blocks(bytes, 70_001).into_iter().map(|(_, _, text)| text).collect();
            assert!(joined == text);
        }
        let marked: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain("班级\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(blocks(&marked, 4), [(1, 1, "班级\n".to_owned())]);
    }

    #[test]
    fn a_hash_is_that_of_the_bytes() {
        // From FIPS 180-2, appendix B.1.
        let sha256 = survey(&b"abc"[..]).expect("memory can be read").sha256;
        assert_eq!(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
