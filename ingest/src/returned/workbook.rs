//! A workbook marked: its parts are copied, and those edited that must be.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Cursor, Read, Write};

use calamine::{Data, Reader, SheetType, Xls, Xlsx};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::book::{Book, content_types};
use super::comments::{Wanted, rewrite};
use super::marks::Marks;
use super::package::{MOST_UNPACKED, Package, Relations, relations_of};
use super::places::{Places, places};
use super::sheet::{Plan, edit};
use super::styles::Styles;
use super::summary::Summary;
use super::xml::place;
use super::{Unmarkable, forms};
use crate::form::{COVER, PERIOD_HEADING, SCHOOL_HEADING, SUMMARY, Severity, normal};
use crate::issue::Issue;
use crate::report::FileReport;

/// Comments in a workbook. Further cells are filled, and their rows say what is wrong.
const COMMENTS: usize = 2000;
/// Rows of an xls.
const ROWS: usize = 1 << 16;

const CONTENT_TYPES: &str = "[Content_Types].xml";

/// Marks a workbook.
pub fn mark(bytes: &[u8], report: &FileReport) -> Result<Vec<u8>, Unmarkable> {
    let marks = Marks::of(report);
    let mut package = Package::open(bytes)?;
    let book = Book::read(&mut package)?;
    let places = all_places(bytes, &book, &marks, report)?;
    let (comments, left) = comments(&marks, &places);
    let mut notes = Vec::new();
    if left > 0 {
        notes.push(format!(
            "问题较多：前 {COMMENTS} 个单元格加了批注，另有 {left} 个只加底色，问题见各行的“错误说明”。"
        ));
    }
    let leads = |issue: &Issue| lead(issue, &places);
    let summary = Summary::of(&[report], &leads, &notes);
    write(package, book, &marks, &places, comments, &summary)
}

/// A workbook with nothing but a summary.
pub fn alone(summary: &Summary) -> Result<Vec<u8>, Unmarkable> {
    let mut workbook = Workbook::new();
    let named = workbook.add_worksheet().set_name(SUMMARY).map(|_| ());
    let bytes = named.and_then(|()| workbook.save_to_buffer()).map_err(|_| Unmarkable)?;
    let mut package = Package::open(&bytes)?;
    let book = Book::read(&mut package)?;
    write(package, book, &Marks::default(), &BTreeMap::new(), BTreeMap::new(), summary)
}

/// The cells of an xls as a workbook of today.
pub fn of_xls(bytes: &[u8]) -> Result<Vec<u8>, Unmarkable> {
    let mut old: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|_| Unmarkable)?;
    let mut new = Workbook::new();
    let [day, moment, time] =
        ["yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm"].map(|format| Format::new().set_num_format(format));
    for name in old.sheet_names() {
        let range = old.worksheet_range(&name).map_err(|_| Unmarkable)?;
        let (top, left) = range.start().unwrap_or_default();
        let sheet = new.add_worksheet();
        sheet.set_name(&name).map_err(|_| Unmarkable)?;
        for (row, column, value) in range.used_cells() {
            if row >= ROWS {
                return Err(Unmarkable);
            }
            let (row, column) = (top + row as u32, u16::try_from(left as usize + column).map_err(|_| Unmarkable)?);
            let written = match value {
                Data::Empty => Ok(&mut *sheet),
                Data::Int(number) => sheet.write_number(row, column, *number as f64),
                Data::Float(number) => sheet.write_number(row, column, *number),
                Data::Bool(flag) => sheet.write_boolean(row, column, *flag),
                Data::DateTime(at) => {
                    let look = match at.as_f64() {
                        serial if serial < 1.0 => &time,
                        serial if serial.fract() == 0.0 => &day,
                        _ => &moment,
                    };
                    let (year, month, date, hour, minute, second, _) = at.to_ymd_hms_milli();
                    let written = if at.as_f64() < 1.0 {
                        ExcelDateTime::from_hms(u16::from(hour), minute, f64::from(second))
                    } else {
                        let date = ExcelDateTime::from_ymd(year, month, date);
                        date.and_then(|date| date.and_hms(u16::from(hour), minute, f64::from(second)))
                    };
                    written.and_then(|written| sheet.write_datetime_with_format(row, column, written, look))
                }
                other => sheet.write_string(row, column, other.to_string()),
            };
            written.map(|_| ()).map_err(|_| Unmarkable)?;
        }
    }
    new.save_to_buffer().map_err(|_| Unmarkable)
}

/// The places of each sheet that has marks, or may have those of an earlier return, and of the cover.
fn all_places(
    bytes: &[u8],
    book: &Book,
    marks: &Marks,
    report: &FileReport,
) -> Result<BTreeMap<String, Places>, Unmarkable> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| Unmarkable)?;
    let sheets: BTreeSet<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .collect();
    let returned_before = book.earlier().is_some();
    let forms = forms(report);
    let mut found = BTreeMap::new();
    for sheet in &book.sheets {
        let wanted = marks.rows(Some(&sheet.name)).is_some() || returned_before || normal(&sheet.name) == COVER;
        if wanted && sheets.contains(&sheet.name) && normal(&sheet.name) != SUMMARY {
            let columns = marks.columns(Some(&sheet.name));
            let mut places = places(&mut workbook, &sheet.name, &forms, &columns)?;
            if marks.rows(Some(&sheet.name)).is_none() && places.header.is_none() {
                places.errors = None;
            }
            found.insert(sheet.name.clone(), places);
        }
    }
    Ok(found)
}

/// The comments of each sheet, and how many cells are left without one.
fn comments(marks: &Marks, places: &BTreeMap<String, Places>) -> (BTreeMap<String, Wanted>, usize) {
    let mut found: BTreeMap<String, Wanted> = BTreeMap::new();
    let (mut count, mut left) = (0, 0);
    // Errors first: where there are too many, it is warnings that go without.
    for severity in [Severity::Error, Severity::Warning] {
        for (sheet, places) in places {
            for (row, of_row) in marks.rows(Some(sheet)).into_iter().flatten() {
                let mut cells: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
                for mark in of_row.iter().filter(|mark| mark.severity == severity) {
                    let column = marks.column(mark).and_then(|heading| places.column(*row, heading));
                    if let Some(column) = column {
                        cells.entry(column).or_default().push(marks.message(mark));
                    }
                }
                for (column, said) in cells {
                    let wanted = found.entry(sheet.clone()).or_default();
                    match wanted.get_mut(&(*row, column)) {
                        Some(text) => *text = format!("{text}\n{}", said.join("\n")),
                        None if count < COMMENTS => {
                            count += 1;
                            wanted.insert((*row, column), said.join("\n"));
                        }
                        None => left += 1,
                    }
                }
            }
        }
    }
    (found, left)
}

/// Where an issue's cell is.
fn lead(issue: &Issue, places: &BTreeMap<String, Places>) -> Option<String> {
    let sheet = issue.sheet.as_deref()?;
    let of = places.get(sheet);
    let own = issue.row.zip(issue.column.as_deref()).and_then(|(row, heading)| Some((row, of?.column(row, heading)?)));
    // What the cover says for all sheets is mended on the cover.
    let on_cover = || {
        let heading = issue.column.as_deref().filter(|heading| [SCHOOL_HEADING, PERIOD_HEADING].contains(heading))?;
        let (name, cover) = places.iter().find(|(name, _)| normal(name) == COVER)?;
        let row = if heading == SCHOOL_HEADING { 1 } else { 2 };
        Some((name.as_str(), row, cover.column(row, heading)?))
    };
    let (sheet, row, column) = match (own, on_cover()) {
        (Some((row, column)), _) => (sheet, row, column),
        (None, Some(cover)) => cover,
        (None, None) => (sheet, issue.row.unwrap_or(1), 0),
    };
    Some(format!("'{}'!{}", sheet.replace('\'', "''"), place(row, column)))
}

/// A sheet to be edited.
struct Task {
    name: String,
    part: String,
    relations: Option<Relations>,
    comments: Option<(String, String)>,
    drawing: Option<(String, String)>,
    legacy: Option<String>,
}

fn write(
    mut package: Package<'_>,
    mut book: Book,
    marks: &Marks,
    places: &BTreeMap<String, Places>,
    mut wanted: BTreeMap<String, Wanted>,
    summary: &Summary,
) -> Result<Vec<u8>, Unmarkable> {
    let earlier = book.earlier().map(|at| book.sheets[at].part.clone());
    let styles_part = book.relations.of_kind("styles").ok_or(Unmarkable)?;
    let mut styles = Styles::read(package.text(&styles_part)?)?;
    let folder = book.part.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
    let taken: BTreeSet<String> = package.archive.file_names().flatten().map(|name| name.into_owned()).collect();
    let mut fresh = taken.clone();
    let mut name = |pattern: &dyn Fn(usize) -> String| {
        let name = (1..).map(pattern).find(|name| fresh.insert(name.clone()));
        name.expect("numbers do not end")
    };
    let summary_part = name(&|at| format!("{folder}worksheets/kehou_summary{at}.xml"));

    let mut tasks = Vec::new();
    for sheet in book.sheets.iter().filter(|sheet| places.contains_key(&sheet.name)) {
        let mut relations = package.relations(&sheet.part)?;
        let (old_comments, old_drawing) = (relations.of_kind("comments"), relations.of_kind("vmlDrawing"));
        let new = wanted.remove(&sheet.name).unwrap_or_default();
        let mut task = Task {
            name: sheet.name.clone(),
            part: sheet.part.clone(),
            relations: None,
            comments: None,
            drawing: None,
            legacy: None,
        };
        if !new.is_empty() || old_comments.is_some() {
            let comments = old_comments.as_deref().map(|part| package.text(part)).transpose()?;
            let drawing = old_drawing.as_deref().map(|part| package.text(part)).transpose()?;
            let written = rewrite(comments.as_deref(), drawing.as_deref(), &new)?;
            let beside = sheet.part.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
            let comments_part =
                old_comments.clone().unwrap_or_else(|| name(&|at| format!("{beside}kehou_comments{at}.xml")));
            let drawing_part =
                old_drawing.clone().unwrap_or_else(|| name(&|at| format!("{beside}kehou_notes{at}.vml")));
            if old_comments.is_none() {
                relations.add("comments", &comments_part);
            }
            if old_drawing.is_none() {
                task.legacy = Some(relations.add("vmlDrawing", &drawing_part));
            }
            task.comments = Some((comments_part, written.comments));
            task.drawing = Some((drawing_part, written.drawing));
            task.relations = Some(relations);
        }
        tasks.push(task);
    }

    let comments: Vec<String> = tasks.iter().filter_map(|task| Some(task.comments.as_ref()?.0.clone())).collect();
    let types = content_types(&package.text(CONTENT_TYPES)?, &summary_part, &comments, earlier.as_deref())?;
    let shown: Vec<&str> = marks.sheets().flatten().collect();
    let list = book.with_summary(&summary_part, &shown)?;

    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut rewritten: BTreeMap<String, String> = BTreeMap::from([
        (CONTENT_TYPES.to_owned(), types),
        (book.part.clone(), list),
        (book.relations.part.clone(), book.relations.xml()),
    ]);
    let mut sheets: BTreeMap<String, Task> = BTreeMap::new();
    for mut task in tasks {
        let parts = [task.comments.take(), task.drawing.take()].into_iter().flatten();
        rewritten.extend(parts.chain(task.relations.take().map(|relations| (relations.part.clone(), relations.xml()))));
        sheets.insert(task.part.clone(), task);
    }
    let gone = |part: &str| earlier.as_deref().is_some_and(|earlier| part == earlier || part == relations_of(earlier));
    // The kinds of parts first: programs tell a workbook from other zips by it.
    put(&mut out, options, CONTENT_TYPES, rewritten.remove(CONTENT_TYPES).unwrap_or_default().as_bytes())?;
    for at in 0..package.archive.len() {
        let part =
            package.archive.by_index_raw(at).map_err(|_| Unmarkable)?.name().map_err(|_| Unmarkable)?.into_owned();
        if part == CONTENT_TYPES || part == styles_part || gone(&part) {
            continue;
        }
        if let Some(text) = rewritten.remove(&part) {
            put(&mut out, options, &part, text.as_bytes())?;
        } else if let Some(task) = sheets.remove(&part) {
            out.start_file(part.as_str(), options).map_err(|_| Unmarkable)?;
            let rows = marks.rows(Some(&task.name));
            let plan = Plan { marks, rows, places: &places[&task.name], drawing: task.legacy };
            // A part may hold more than the archive says of it.
            let from = package.archive.by_index(at).map_err(|_| Unmarkable)?.take(MOST_UNPACKED);
            let from = BufReader::new(from);
            edit(from, &mut out, &plan, &mut styles)?;
        } else {
            let file = package.archive.by_index_raw(at).map_err(|_| Unmarkable)?;
            out.raw_copy_file(file).map_err(|_| Unmarkable)?;
        }
    }
    for (part, text) in rewritten {
        put(&mut out, options, &part, text.as_bytes())?;
    }
    let summary = summary.xml(&mut styles);
    put(&mut out, options, &summary_part, summary.as_bytes())?;
    // The styles last: only now is known which are needed.
    put(&mut out, options, &styles_part, styles.xml().as_bytes())?;
    Ok(out.finish().map_err(|_| Unmarkable)?.into_inner())
}

fn put(
    out: &mut ZipWriter<Cursor<Vec<u8>>>,
    options: SimpleFileOptions,
    part: &str,
    bytes: &[u8],
) -> Result<(), Unmarkable> {
    out.start_file(part, options).map_err(|_| Unmarkable)?;
    out.write_all(bytes).map_err(|_| Unmarkable)
}
