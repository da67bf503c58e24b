//! Workbooks, read cell by cell within bounds.

use std::io::Cursor;

use calamine::{DataRef, Reader, SheetType, Xlsx};

use super::frame::Frame;
use super::table::{Found, cover, find};
use super::{Cover, Document};
use crate::form::{COVER, Form, NOTES, SUMMARY, normal};
use crate::issue::Issue;

/// Bytes that all parts of a workbook may have unpacked.
const MOST_BYTES: u64 = 1 << 30;
/// Cells that a sheet may hold.
const MOST_CELLS: usize = 20_000_000;
/// Columns that are looked at.
const MOST_COLUMNS: u32 = 512;

/// Reads a workbook: its cover, and every other sheet, hidden ones too.
pub fn read(bytes: &[u8], given: Option<&'static Form>) -> Result<Document, Issue> {
    let broken = |why: String| {
        Issue::error(
            "broken-workbook",
            format!("工作簿无法打开（{why}）。请用表格软件另存为 xlsx 后再报送。"),
            format!("the workbook can't be opened ({why}); save it as xlsx again and send that"),
        )
    };
    if unpacked(bytes) > MOST_BYTES {
        return Err(broken("解压后过大 too large when unpacked".to_owned()));
    }
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(error.to_string()))?;
    // Charts have sheets of their own, without cells.
    let cells = workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<String> = cells.map(|sheet| sheet.name.clone()).collect();
    let mut document = Document { tables: Vec::new(), issues: Vec::new(), readable: true };
    let mut front = None;
    if let Some(name) = names.iter().find(|name| normal(name) == COVER) {
        let frame = frame(&mut workbook, name).map_err(|error| broken(error.to_string()))?;
        document
            .issues
            .extend(frame.faults.iter().map(|(row, _, issue)| issue.clone().in_sheet(Some(name)).in_row(*row)));
        front = Some(cover(&frame, name));
    }
    for name in names.iter().filter(|name| ![COVER, NOTES, SUMMARY].contains(&normal(name).as_str())) {
        let frame = frame(&mut workbook, name).map_err(|error| broken(error.to_string()))?;
        sheet(&mut document, &frame, given, name, front.as_ref());
    }
    if document.tables.is_empty() && document.issues.iter().all(|issue| !issue.is_error()) {
        document.issues.push(Issue::error("no-rows", "工作簿里没有数据。", "there is no data in the workbook"));
    }
    Ok(document)
}

fn sheet(document: &mut Document, frame: &Frame, given: Option<&'static Form>, name: &str, front: Option<&Cover>) {
    match find(frame, given, Some(name), front) {
        Found::Table(table) => document.tables.push(*table),
        Found::Unknown(issue) => {
            document.issues.push(issue);
            let faults = frame.faults.iter();
            document.issues.extend(faults.map(|(row, _, issue)| issue.clone().in_sheet(Some(name)).in_row(*row)));
        }
        Found::Empty => document.issues.push(
            Issue::warning("empty-sheet", "工作表没有数据，已跳过。", "the sheet has no data and was skipped")
                .in_sheet(Some(name)),
        ),
    }
}

/// A sheet's cells as text; formulas without a stored value and cells that show an error are faults.
fn frame(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Frame, calamine::XlsxError> {
    let mut cells = workbook.worksheet_cells_reader(name)?;
    let mut rows: Vec<(u32, Vec<Option<String>>)> = Vec::new();
    let mut faults = Vec::new();
    let mut held = 0;
    while let Some(cell) = cells.next_cell_with_formula()? {
        let (row, column) = cell.pos;
        let fault = fault(&cell.value, cell.formula.is_some(), &place(row, column));
        let text = if fault.is_some() { None } else { text(&cell.value) };
        if (text.is_none() && fault.is_none()) || column >= MOST_COLUMNS {
            continue;
        }
        if rows.last().is_none_or(|(last, _)| *last != row + 1) {
            rows.push((row + 1, Vec::new()));
        }
        let cells = &mut rows.last_mut().expect("it was just pushed").1;
        let width = (column as usize + 1).max(cells.len());
        held += width - cells.len();
        if held > MOST_CELLS {
            let issue = Issue::error("too-large", "工作表过大，请改报 CSV。", "the sheet is too large; send CSV");
            faults = vec![(row + 1, column as usize, issue)];
            rows.clear();
            break;
        }
        cells.resize(width, None);
        cells[column as usize] = text;
        faults.extend(fault.map(|issue| (row + 1, column as usize, issue)));
    }
    Ok(Frame { faults, ..Frame::of_rows(rows) })
}

/// What keeps a cell's value from being known.
fn fault(value: &DataRef<'_>, is_formula: bool, place: &str) -> Option<Issue> {
    match value {
        DataRef::Empty if is_formula => Some(Issue::error(
            "formula-without-value",
            format!("{place} 是公式，文件里没有保存它的结果。请用表格软件打开并保存一次，或改为填写数值。"),
            format!(
                "{place} is a formula without a stored result; open and save the workbook once, or write the value"
            ),
        )),
        DataRef::Error(error) => Some(
            Issue::error(
                "cell-error",
                format!("{place} 显示的是错误值，请更正公式，或改为填写数值。"),
                format!("{place} shows an error; correct its formula, or write the value"),
            )
            .with_value(&error.to_string()),
        ),
        _ => None,
    }
}

/// A cell's text; whole numbers without a point, dates as `2019-09-02`, times as `16:30`.
fn text(value: &DataRef<'_>) -> Option<String> {
    match value {
        DataRef::Empty | DataRef::Error(_) => None,
        DataRef::Int(number) => Some(number.to_string()),
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(format!("{number:.0}")),
        DataRef::Float(number) => Some(decimal(*number)),
        DataRef::String(text) => Some(text.clone()),
        DataRef::SharedString(text) => Some((*text).to_owned()),
        DataRef::Bool(true) => Some("是".to_owned()),
        DataRef::Bool(false) => Some("否".to_owned()),
        DataRef::DateTime(moment) => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            Some(match (moment.as_f64() < 1.0, hour, minute, second) {
                (true, hour, minute, _) => format!("{hour:02}:{minute:02}"),
                (false, 0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                (false, hour, minute, second) => {
                    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
                }
            })
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Some(text.clone()),
    }
}

/// A stored double as it was meant: 372.67 is stored as 372.67000000000002.
fn decimal(number: f64) -> String {
    let shortest = number.to_string();
    let rounded = format!("{number:.10}");
    let rounded = rounded.trim_end_matches('0').trim_end_matches('.').to_owned();
    if rounded.len() < shortest.len() { rounded } else { shortest }
}

/// A cell's place as a spreadsheet names it.
fn place(row: u32, column: u32) -> String {
    let mut letters = String::new();
    let mut left = column + 1;
    while left > 0 {
        letters.insert(0, char::from(b'A' + u8::try_from((left - 1) % 26).expect("a letter")));
        left = (left - 1) / 26;
    }
    format!("{letters}{}", row + 1)
}

/// The bytes of all parts unpacked, as the archive's directory says; a lie is met by calamine's own bounds.
fn unpacked(bytes: &[u8]) -> u64 {
    const ENTRY: &[u8] = b"PK\x01\x02";
    let mut sum = 0;
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(4).position(|window| window == ENTRY) {
        at += found;
        if let Some(size) = bytes.get(at + 24..at + 28) {
            sum += u64::from(u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
        }
        at += 4;
    }
    sum
}
