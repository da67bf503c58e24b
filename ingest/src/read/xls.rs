//! Workbooks of Excel 97 to 2003, record by record. The library for newer ones takes an old workbook's word for its size,
//! so these are read here, within bounds.

mod text;

use std::collections::HashMap;

use calamine::ExcelDateTimeType::{DateTime, TimeDelta};
use calamine::{CellErrorType, DataRef, ExcelDateTime, ExcelDateTimeType};

use self::text::Text;
use super::Document;
use super::frame::too_large;
use super::heading::Merge;
use super::ole::{Ole, u16_at, u32_at};
use super::xlsx::{MOST_MERGES, Rows, Sheet, broken, document, protected};
use crate::form::Form;
use crate::issue::Issue;

/// Bytes of a file.
const MOST_BYTES: usize = 32 << 20;
/// Sheets times the stream's size: what reading them all may cost when many sheets share one place.
const MOST_READ: usize = 1 << 30;

const BOF: u16 = 0x0809;
const EOF: u16 = 0x000A;
const CONTINUE: u16 = 0x003C;

/// Reads an old workbook: its cover, and every other sheet, hidden ones too.
pub fn read(bytes: &[u8], given: Option<&'static Form>) -> Result<Document, Issue> {
    if bytes.len() > MOST_BYTES {
        return Err(too_large());
    }
    let ole = Ole::open(bytes).ok_or_else(|| broken("OLE"))?;
    if !ole.has("Workbook") && ole.has("Book") {
        return Err(broken("Excel 5.0/95"));
    }
    let stream = ole.stream("Workbook").ok_or_else(|| broken("Workbook"))?;
    let book = globals(&stream)?;
    let names: Vec<String> = book.sheets.iter().map(|(name, _)| name.clone()).collect();
    if names.len().saturating_mul(stream.len()) > MOST_READ {
        return Err(too_large());
    }
    document(&names, given, |name| {
        let place = book.sheets.iter().find(|(known, _)| known == name).map(|(_, place)| *place);
        let cut = || broken("record");
        sheet(stream.get(place.unwrap_or(usize::MAX)..).ok_or_else(cut)?, &book, name)?.ok_or_else(cut)
    })
}

/// What holds for all sheets.
#[derive(Default)]
struct Book {
    sheets: Vec<(String, usize)>,
    texts: Vec<String>,
    /// What the number format of each style shows, where that is a moment.
    styles: Vec<Option<ExcelDateTimeType>>,
    from_1904: bool,
}

/// A record: its kind, and its bytes in one piece or, where it was continued, several.
struct Record<'a> {
    kind: u16,
    pieces: Vec<&'a [u8]>,
}

/// The records of a stream; it ends early where one is cut off.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let (kind, data) = self.one()?;
        let mut record = Record { kind, pieces: vec![data] };
        while u16_at(self.0, 0) == Some(CONTINUE) {
            record.pieces.push(self.one()?.1);
        }
        Some(record)
    }
}

impl<'a> Records<'a> {
    fn one(&mut self) -> Option<(u16, &'a [u8])> {
        let (kind, length) = (u16_at(self.0, 0)?, usize::from(u16_at(self.0, 2)?));
        let data = self.0.get(4..4 + length)?;
        self.0 = &self.0[4 + length..];
        Some((kind, data))
    }
}

fn globals(stream: &[u8]) -> Result<Book, Issue> {
    let mut book = Book::default();
    let mut formats: HashMap<u16, Option<ExcelDateTimeType>> = HashMap::new();
    let mut styles = Vec::new();
    let mut ended = false;
    for record in Records(stream) {
        let data = record.pieces[0];
        match record.kind {
            BOF if u16_at(data, 0) != Some(0x0600) => return Err(broken("Excel 5.0/95")),
            0x002F => return Err(protected()),
            0x0022 => book.from_1904 = u16_at(data, 0) == Some(1),
            0x0085 => {
                let place = u32_at(data, 0).map(|place| place as usize);
                let name = Text::new(&record.pieces, 6).and_then(|mut text| text.short());
                // The kind 0 is a sheet of cells; others are charts and macros.
                if let (Some(place), Some(name), Some(0)) = (place, name, data.get(5)) {
                    book.sheets.push((name, place));
                }
            }
            0x041E => {
                let format = Text::new(&record.pieces, 2).and_then(|mut text| text.long());
                if let (Some(id), Some(format)) = (u16_at(data, 0), format) {
                    formats.insert(id, shows(&format));
                }
            }
            0x00E0 => styles.push(u16_at(data, 2).unwrap_or_default()),
            0x00FC => book.texts = texts(&record.pieces),
            EOF => {
                ended = true;
                break;
            }
            _ => {}
        }
    }
    if !ended {
        return Err(broken("record"));
    }
    book.styles = styles.into_iter().map(|id| formats.get(&id).copied().unwrap_or_else(|| built_in(id))).collect();
    Ok(book)
}

/// What a number format of this number shows; 27 to 36 and 50 to 58 are dates and times in Chinese.
fn built_in(id: u16) -> Option<ExcelDateTimeType> {
    match id {
        14..=22 | 27..=36 | 45 | 47 | 50..=58 => Some(DateTime),
        46 => Some(TimeDelta),
        _ => None,
    }
}

/// What a number format shows: a moment where it has a letter of one outside of quotation marks and brackets.
fn shows(format: &str) -> Option<ExcelDateTimeType> {
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                letters.find(|letter| *letter == '"')?;
            }
            '\\' | '_' | '*' => {
                letters.next()?;
            }
            '[' => {
                let inner: String = letters.by_ref().take_while(|letter| *letter != ']').collect();
                let unit = inner.chars().next()?.to_ascii_lowercase();
                if "hms".contains(unit) && inner.chars().all(|letter| letter.to_ascii_lowercase() == unit) {
                    return Some(TimeDelta);
                }
            }
            ';' => return None,
            'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' => return Some(DateTime),
            _ => {}
        }
    }
    None
}

/// The texts that cells share. A text may go on in the next piece, there with a byte of its own for the width of letters.
fn texts(pieces: &[&[u8]]) -> Vec<String> {
    let mut texts = Vec::new();
    let Some(mut text) = Text::new(pieces, 8) else { return texts };
    while let Some(found) = text.rich() {
        texts.push(found);
    }
    texts
}

struct Cell<'a> {
    row: u16,
    column: u16,
    value: DataRef<'a>,
}

/// A sheet's cells; nothing where a record is not what it must be.
fn sheet(stream: &[u8], book: &Book, name: &str) -> Result<Option<Sheet>, Issue> {
    let mut cells: Vec<Cell<'_>> = Vec::new();
    let mut merges = Vec::new();
    let mut depth = 0;
    let mut ended = false;
    for record in Records(stream) {
        match record.kind {
            BOF => depth += 1,
            EOF => {
                depth -= 1;
                if depth <= 0 {
                    ended = true;
                    break;
                }
            }
            // Charts within the sheet have records of the same kinds.
            _ if depth != 1 => {}
            _ => {
                if add(&record, book, &mut cells, &mut merges).is_none() {
                    return Ok(None);
                }
            }
        }
    }
    if !ended {
        return Ok(None);
    }
    cells.sort_by_key(|cell| (cell.row, cell.column));
    let mut rows = Rows::default();
    for cell in &cells {
        rows.add(u32::from(cell.row), u32::from(cell.column), &cell.value, false)?;
    }
    let (frame, issues) = rows.finish()?;
    Ok(Some(Sheet { name: name.to_owned(), frame, merges, issues }))
}

/// Adds what a record says.
fn add<'a>(record: &Record<'_>, book: &'a Book, cells: &mut Vec<Cell<'a>>, merges: &mut Vec<Merge>) -> Option<()> {
    let data = record.pieces[0];
    let number = |style: u16, number: f64| match book.styles.get(usize::from(style)).copied().flatten() {
        Some(kind) => DataRef::DateTime(ExcelDateTime::new(number, kind, book.from_1904)),
        None => DataRef::Float(number),
    };
    let mut push = |row: u16, column: u16, value: DataRef<'a>| cells.push(Cell { row, column, value });
    let at = || Some((u16_at(data, 0)?, u16_at(data, 2)?, u16_at(data, 4)?));
    let double = |at: usize| Some(f64::from_le_bytes(data.get(at..at + 8)?.try_into().ok()?));
    match record.kind {
        0x0203 => {
            let (row, column, style) = at()?;
            push(row, column, number(style, double(6)?));
        }
        0x027E => {
            let (row, column, style) = at()?;
            push(row, column, number(style, packed(u32_at(data, 6)?)));
        }
        0x00BD => {
            let (row, first) = (u16_at(data, 0)?, u16_at(data, 2)?);
            for (place, pair) in data.get(4..data.len().checked_sub(2)?)?.chunks_exact(6).enumerate() {
                let column = first.checked_add(u16::try_from(place).ok()?)?;
                push(row, column, number(u16_at(pair, 0)?, packed(u32_at(pair, 2)?)));
            }
        }
        0x00FD => {
            let (row, column, _) = at()?;
            push(row, column, DataRef::SharedString(book.texts.get(u32_at(data, 6)? as usize)?));
        }
        0x0204 | 0x00D6 => {
            let (row, column, _) = at()?;
            push(row, column, DataRef::String(Text::new(&record.pieces, 6)?.long()?));
        }
        0x0205 => {
            let (row, column, _) = at()?;
            push(row, column, truth_or_error(*data.get(6)?, *data.get(7)? == 1));
        }
        0x0006 => {
            let (row, column, style) = at()?;
            let value = match (u16_at(data, 12)?, data.get(6)?) {
                (0xFFFF, 1) => truth_or_error(*data.get(8)?, false),
                (0xFFFF, 2) => truth_or_error(*data.get(8)?, true),
                // A text comes in a record of its own.
                (0xFFFF, _) => DataRef::String(String::new()),
                _ => number(style, double(6)?),
            };
            push(row, column, value);
        }
        0x0207 => {
            if let Some(last) = cells.last_mut() {
                last.value = DataRef::String(Text::new(&record.pieces, 0)?.long()?);
            }
        }
        0x00E5 => {
            for area in data.get(2..)?.chunks_exact(8).take(MOST_MERGES.saturating_sub(merges.len())) {
                let unit = |at: usize| u16_at(area, at);
                merges.push(Merge {
                    rows: (u32::from(unit(0)?) + 1, u32::from(unit(2)?) + 1),
                    columns: (usize::from(unit(4)?), usize::from(unit(6)?)),
                });
            }
        }
        _ => {}
    }
    Some(())
}

/// A number in four bytes: a whole one, or the upper half of a double; times a hundred or not.
fn packed(bits: u32) -> f64 {
    let number = match bits & 2 {
        2 => f64::from(bits.cast_signed() >> 2),
        _ => f64::from_bits(u64::from(bits & !3) << 32),
    };
    if bits & 1 == 1 { number / 100.0 } else { number }
}

fn truth_or_error<'a>(byte: u8, is_error: bool) -> DataRef<'a> {
    match (is_error, byte) {
        (false, byte) => DataRef::Bool(byte != 0),
        (true, 0x00) => DataRef::Error(CellErrorType::Null),
        (true, 0x07) => DataRef::Error(CellErrorType::Div0),
        (true, 0x17) => DataRef::Error(CellErrorType::Ref),
        (true, 0x1D) => DataRef::Error(CellErrorType::Name),
        (true, 0x24) => DataRef::Error(CellErrorType::Num),
        (true, 0x2A) => DataRef::Error(CellErrorType::NA),
        (true, _) => DataRef::Error(CellErrorType::Value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_four_bytes() {
        assert_eq!(packed((42 << 2) | 2), 42.0);
        assert_eq!(packed((4250 << 2) | 3), 42.5);
        assert_eq!(packed((-3i32 << 2).cast_unsigned() | 2), -3.0);
        assert_eq!(packed((1.5f64.to_bits() >> 32) as u32), 1.5);
    }

    #[test]
    fn number_formats_that_show_moments() {
        for (format, expected) in [
            ("yyyy-mm-dd", Some(DateTime)),
            ("[$-804]yyyy\"年\"m\"月\"d\"日\"", Some(DateTime)),
            ("h:mm", Some(DateTime)),
            ("[h]:mm", Some(TimeDelta)),
            ("[Red]0.00", None),
            ("0\"day\"", None),
            ("#,##0_);d", None),
            ("General", None),
            ("@", None),
            ("\\d0", None),
        ] {
            assert_eq!(shows(format), expected, "{format}");
        }
        assert_eq!(built_in(31), Some(DateTime));
        assert_eq!(built_in(57), Some(DateTime));
        assert_eq!(built_in(2), None);
    }
}
