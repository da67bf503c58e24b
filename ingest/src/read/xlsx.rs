//! Workbooks, read cell by cell within bounds.

use std::io::Cursor;

use calamine::{DataRef, Reader, SheetType, Xlsx, XlsxError};

use super::cell::{fault, place, text};
use super::frame::{Frame, FrameBuilder, MOST_COLUMNS, too_large};
use super::heading::Merge;
use super::parts::{Parts, unpack};
use super::table::{Found, cover, find_merged};
use super::{Cover, Document};
use crate::form::{COVER, Form, NOTES, SUMMARY, normal};
use crate::issue::Issue;

/// Sheets times the greatest part: what reading them all may cost when many sheets share one part.
const MOST_READ: u64 = 2 << 30;
/// Merged areas of a sheet that are looked at.
pub const MOST_MERGES: usize = 20_000;
/// Rows and columns of a sheet.
const GRID: (u32, u32) = (1_048_576, 16_384);

/// A sheet as it stands.
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Its cells.
    pub frame: Frame,
    /// Its merged cells.
    pub merges: Vec<Merge>,
    /// What holds for the sheet as a whole.
    pub issues: Vec<Issue>,
}

/// Reads a workbook: its cover, and every other sheet, hidden ones too.
pub fn read(bytes: &[u8], given: Option<&'static Form>) -> Result<Document, Issue> {
    read_unpacked(bytes, &unpack(bytes)?, given)
}

/// Reads a workbook whose parts were unpacked before.
pub fn read_unpacked(bytes: &[u8], parts: &Parts, given: Option<&'static Form>) -> Result<Document, Issue> {
    let plain = parts.plain.as_deref().unwrap_or(bytes);
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(plain)).map_err(|error| broken(&error.to_string()))?;
    // Charts have sheets of their own, without cells.
    let cells = workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<String> = cells.map(|sheet| sheet.name.clone()).collect();
    if names.len() as u64 * parts.greatest > MOST_READ {
        return Err(too_large());
    }
    document(&names, given, |name| {
        let merges = if parts.merged { merges(&mut workbook, name) } else { Vec::new() };
        let (frame, issues) = frame(&mut workbook, name)?;
        Ok(Sheet { name: name.to_owned(), frame, merges, issues })
    })
}

/// A workbook's cover and its other sheets, whatever the file's format.
pub fn document(
    names: &[String],
    given: Option<&'static Form>,
    mut sheet: impl FnMut(&str) -> Result<Sheet, Issue>,
) -> Result<Document, Issue> {
    let mut document = Document { tables: Vec::new(), issues: Vec::new(), readable: true };
    let mut front = None;
    if let Some(name) = names.iter().find(|name| normal(name) == COVER) {
        let found = sheet(name)?;
        let faults = found.frame.faults.iter();
        document.issues.extend(faults.map(|(row, _, issue)| issue.clone().in_sheet(Some(name)).in_row(*row)));
        front = Some(cover(&found.frame, name));
    }
    for name in names.iter().filter(|name| ![COVER, NOTES, SUMMARY].contains(&normal(name).as_str())) {
        let found = sheet(name)?;
        add(&mut document, found, given, front.as_ref());
    }
    if document.tables.is_empty() && document.issues.iter().all(|issue| !issue.is_error()) {
        document.issues.push(Issue::error("no-rows", "工作簿里没有数据。", "there is no data in the workbook"));
    }
    Ok(document)
}

fn add(document: &mut Document, sheet: Sheet, given: Option<&'static Form>, front: Option<&Cover>) {
    let Sheet { name, frame, merges, issues } = sheet;
    let name = Some(name.as_str());
    document.issues.extend(issues.into_iter().map(|issue| issue.in_sheet(name)));
    match find_merged(&frame, &merges, given, name, front) {
        Found::Table(table) => document.tables.push(*table),
        Found::Unknown(issue) => {
            document.issues.push(issue);
            let faults = frame.faults.iter();
            document.issues.extend(faults.map(|(row, _, issue)| issue.clone().in_sheet(name).in_row(*row)));
        }
        Found::Empty => document.issues.push(
            Issue::warning("empty-sheet", "工作表没有数据，已跳过。", "the sheet has no data and was skipped")
                .in_sheet(name),
        ),
    }
}

/// What a workbook is refused with that can't be opened.
pub fn broken(why: &str) -> Issue {
    Issue::error(
        "broken-workbook",
        format!("工作簿无法打开（{why}）。请用表格软件另存为 xlsx 后再报送。"),
        format!("the workbook can't be opened ({why}); save it as xlsx again and send that"),
    )
}

/// What a workbook is refused with that a password protects.
pub fn protected() -> Issue {
    Issue::error(
        "password",
        "工作簿有打开密码，无法读取。请去掉密码（文件—信息—保护工作簿—用密码进行加密，清空密码）后再报送。",
        "the workbook is protected by a password and can't be read; remove the password, save it and send it again",
    )
}

fn merges(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Vec<Merge> {
    let found = workbook.merge_cells_by_sheet_name(name).unwrap_or_default();
    let merge = |area: calamine::Dimensions| Merge {
        rows: (area.start.0.saturating_add(1), area.end.0.saturating_add(1)),
        columns: (area.start.1 as usize, area.end.1 as usize),
    };
    found.into_iter().take(MOST_MERGES).map(merge).collect()
}

/// A sheet's cells as text; formulas without a stored value and cells that show an error are faults.
fn frame(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<(Frame, Vec<Issue>), Issue> {
    let failed = |error: XlsxError| broken(&error.to_string());
    let mut cells = workbook.worksheet_cells_reader(name).map_err(failed)?;
    let mut rows = Rows::default();
    // The formulas' own texts are not asked for: the library would make room for as many as a cell claims.
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(failed)? {
        let (row, column) = cell.pos;
        rows.add(row, column, &cell.value, cell.formula.is_some())?;
    }
    rows.finish()
}

/// Gathers a sheet's cells, which come row by row.
#[derive(Default)]
pub struct Rows {
    builder: FrameBuilder,
    row: Option<u32>,
    cells: Vec<Option<String>>,
    beyond: bool,
}

impl Rows {
    /// Adds a cell.
    pub fn add(&mut self, row: u32, column: u32, value: &DataRef<'_>, is_formula: bool) -> Result<(), Issue> {
        if row >= GRID.0 || column >= GRID.1 {
            return Err(broken("cell outside of the grid"));
        }
        let fault = fault(value, is_formula, || place(row, column));
        let text = if fault.is_some() { None } else { text(value) };
        if text.is_none() && fault.is_none() {
            return Ok(());
        }
        let at = column as usize;
        if at >= MOST_COLUMNS {
            self.beyond = true;
            return Ok(());
        }
        match self.row {
            Some(last) if last > row => return Err(broken("rows out of order")),
            Some(last) if last < row => self.flush()?,
            _ => {}
        }
        self.row = Some(row);
        if self.cells.len() <= at {
            self.cells.resize(at + 1, None);
        }
        self.cells[at] = text;
        self.builder.faults.extend(fault.map(|issue| (row + 1, at, issue)));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Issue> {
        if let Some(row) = self.row.take() {
            self.builder.push(row + 1, &self.cells).map_err(|_| too_large())?;
            self.cells.clear();
        }
        Ok(())
    }

    /// The frame, and what holds for the sheet as a whole.
    pub fn finish(mut self) -> Result<(Frame, Vec<Issue>), Issue> {
        self.flush()?;
        let mut issues = Vec::new();
        if self.beyond {
            issues.push(Issue::warning(
                "too-many-columns",
                format!("第 {MOST_COLUMNS} 列以后的内容未读取。"),
                format!("what stands behind column {MOST_COLUMNS} was not read"),
            ));
        }
        Ok((self.builder.finish(), issues))
    }
}
