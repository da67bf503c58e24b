//! Texts within the records of an old workbook.

use crate::read::ole::{u16_at, u32_at};

/// Reads texts from the pieces of a record.
pub struct Text<'a> {
    pieces: &'a [&'a [u8]],
    piece: usize,
    at: usize,
}

impl<'a> Text<'a> {
    /// From this place of the first piece on.
    pub fn new(pieces: &'a [&'a [u8]], at: usize) -> Option<Text<'a>> {
        (pieces.first()?.len() >= at).then_some(Text { pieces, piece: 0, at })
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        if self.at == self.pieces.get(self.piece)?.len() {
            self.piece += 1;
            self.at = 0;
        }
        let found = self.pieces.get(self.piece)?.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(found)
    }

    fn skip(&mut self, mut length: usize) -> Option<()> {
        while length > 0 {
            let left = self.pieces.get(self.piece)?.len() - self.at;
            if left == 0 {
                self.piece += 1;
                self.at = 0;
                continue;
            }
            let step = left.min(length);
            self.at += step;
            length -= step;
        }
        Some(())
    }

    /// A text after a length of one byte.
    pub fn short(&mut self) -> Option<String> {
        let length = usize::from(*self.take(1)?.first()?);
        let flags = *self.take(1)?.first()?;
        self.letters(length, flags & 1 == 1)
    }

    /// A text after a length of two bytes.
    pub fn long(&mut self) -> Option<String> {
        let length = usize::from(u16_at(self.take(2)?, 0)?);
        let flags = *self.take(1)?.first()?;
        self.letters(length, flags & 1 == 1)
    }

    /// A text with fonts and phonetic marks behind it.
    pub fn rich(&mut self) -> Option<String> {
        let length = usize::from(u16_at(self.take(2)?, 0)?);
        let flags = *self.take(1)?.first()?;
        let runs = if flags & 8 == 8 { usize::from(u16_at(self.take(2)?, 0)?) * 4 } else { 0 };
        let marks = if flags & 4 == 4 { u32_at(self.take(4)?, 0)? as usize } else { 0 };
        let text = self.letters(length, flags & 1 == 1)?;
        self.skip(runs.checked_add(marks)?)?;
        Some(text)
    }

    fn letters(&mut self, length: usize, mut wide: bool) -> Option<String> {
        let mut units: Vec<u16> = Vec::with_capacity(length);
        while units.len() < length {
            let piece = self.pieces.get(self.piece)?;
            let width = if wide { 2 } else { 1 };
            let count = ((piece.len() - self.at) / width).min(length - units.len());
            let bytes = piece.get(self.at..self.at + count * width)?;
            self.at += count * width;
            match wide {
                true => units.extend(bytes.chunks_exact(2).filter_map(|unit| u16_at(unit, 0))),
                false => units.extend(bytes.iter().map(|byte| u16::from(*byte))),
            }
            if units.len() < length {
                self.piece += 1;
                wide = self.pieces.get(self.piece)?.first()? & 1 == 1;
                self.at = 1;
            }
        }
        Some(String::from_utf16_lossy(&units))
    }
}
