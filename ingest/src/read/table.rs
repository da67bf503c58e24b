//! A frame becomes a table of a form: its heading row, its columns, its data, zero and total rows.

use std::collections::HashSet;

use polars::prelude::{ChunkTake, IdxCa, NewChunkedArray, PlSmallStr};

use super::frame::Frame;
use super::{Cover, TextColumn, TextTable, TotalRow, ZeroRow};
use crate::form::{
    ERRORS_HEADING, ERRORS_PLACE_HEADING, Form, PERIOD_HEADING, SCHOOL_HEADING, ZERO_REPORT, by_heading, forms, normal,
};
use crate::issue::Issue;
use crate::value::cell;

/// The heading row is among the first so many rows.
const HEADER_WITHIN: usize = 20;

/// What a frame turned out to be.
pub enum Found {
    /// A table of a form.
    Table(Box<TextTable>),
    /// Nothing but blank cells, or headings alone in a workbook's sheet.
    Empty,
    /// No form.
    Unknown(Issue),
}

/// Finds form, headings and rows of a frame.
pub fn find(frame: &Frame, given: Option<&'static Form>, sheet: Option<&str>, cover: Option<&Cover>) -> Found {
    let near = frame.rows.len().min(HEADER_WITHIN);
    let headings: Vec<Vec<String>> =
        (0..near).map(|row| frame.row(row).map(|cell| cell.map(heading).unwrap_or_default()).collect()).collect();
    if frame.faults.is_empty() && (0..frame.rows.len()).all(|row| frame.row(row).all(|cell| cell.is_none())) {
        return Found::Empty;
    }
    let form = given.or_else(|| sheet.and_then(by_heading));
    let form = match form.map_or_else(|| guess(&headings), Ok) {
        Ok(form) => form,
        Err(issue) => return Found::Unknown(issue.in_sheet(sheet)),
    };
    let wanted: Vec<String> = form.telling_headings().iter().map(|text| heading(text)).collect();
    let holds = |row: &Vec<String>| wanted.iter().filter(|want| row.contains(want)).count();
    let all = headings.iter().position(|row| holds(row) == wanted.len());
    let best =
        all.unwrap_or_else(|| (0..near).rev().max_by_key(|row| holds(&headings[*row])).expect("the frame has a row"));
    let mut issues = Vec::new();
    let columns = columns(form, frame, &headings[best], best, &mut issues);
    if holds(&headings[best]) == 0 {
        let issue = Issue::error(
            "no-headings",
            format!(
                "前 {HEADER_WITHIN} 行里没有找到“{}”的表头，应有：{}。",
                form.heading,
                form.telling_headings().join("、")
            ),
            format!(
                "no heading row of {} was found in the first {HEADER_WITHIN} rows; expected: {}",
                form.name,
                form.telling_headings().join(", ")
            ),
        );
        return Found::Unknown(issue.in_sheet(sheet));
    }
    missing_columns(form, &columns, frame.rows[best], &mut issues);
    let mut table = TextTable {
        form,
        sheet: sheet.map(str::to_owned),
        cover: cover.cloned(),
        columns: Vec::new(),
        rows: Vec::new(),
        zeros: Vec::new(),
        totals: Vec::new(),
        faults: Vec::new(),
        issues,
    };
    for (row, at, issue) in frame.faults.iter().filter(|(row, _, _)| *row > frame.rows[best]) {
        // What stands in a column that the form doesn't know is not read.
        if let Some((_, known, _)) = columns.iter().find(|(_, _, place)| place == at) {
            table.faults.push((*row, issue.clone().in_sheet(sheet).at(*row, known)));
        }
    }
    let kept = sort_rows(frame, best, &columns, &mut table);
    if kept.is_empty() && table.zeros.is_empty() {
        if sheet.is_some() {
            return Found::Empty;
        }
        let issue = Issue::error(
            "no-rows",
            "只有表头，没有数据。如本期没有情况，请在第一个数据单元格填“零报告”。",
            "there are headings alone and no data; where there is nothing to report, write 零报告 into the first data cell",
        );
        table.issues.push(issue);
    }
    table.rows = kept.iter().map(|row| frame.rows[*row as usize]).collect();
    let take = IdxCa::from_slice(PlSmallStr::EMPTY, &kept);
    table.columns = columns
        .into_iter()
        .map(|(name, heading, at)| {
            let texts = frame.columns[at].take(&take).expect("the rows are the frame's own");
            TextColumn { name, heading, texts }
        })
        .collect();
    for issue in &mut table.issues {
        issue.sheet = table.sheet.clone();
    }
    Found::Table(Box::new(table))
}

/// A heading as it is compared: NFKC, without white space.
fn heading(text: &str) -> String {
    normal(text).chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// Whether this is the heading of a column that a returned file got: it comes back mended with it.
fn is_told(heading: &str) -> bool {
    [ERRORS_HEADING, ERRORS_PLACE_HEADING].contains(&heading)
}

/// The one form whose telling headings all stand in one of the rows.
fn guess(rows: &[Vec<String>]) -> Result<&'static Form, Issue> {
    let fits = |form: &&'static Form| {
        let wanted: Vec<String> = form.telling_headings().iter().map(|text| heading(text)).collect();
        rows.iter().any(|row| wanted.iter().all(|want| row.contains(want)))
    };
    let found: Vec<&'static Form> = forms().iter().filter(fits).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(Issue::error(
            "unknown-form",
            "认不出是哪张报表：没有一行包含某张报表的全部必填表头。请使用模板，或在表单名称中写明报表名。",
            "no form is recognised: no row holds all required headings of one; use a template, or name the form with --form",
        )),
        several => {
            let names: Vec<&str> = several.iter().map(|form| form.heading.as_str()).collect();
            Err(Issue::error(
                "ambiguous-form",
                format!("表头同时符合多张报表：{}。请用报表名作工作表名称。", names.join("、")),
                format!(
                    "the headings fit several forms: {}; name the sheet by its form, or use --form",
                    names.join(", ")
                ),
            ))
        }
    }
}

type Placed = (String, String, usize);

/// The known columns with their places; headings given twice and unknown ones are issues.
fn columns(form: &'static Form, frame: &Frame, row: &[String], header: usize, issues: &mut Vec<Issue>) -> Vec<Placed> {
    let number = frame.rows[header];
    let mut found: Vec<Placed> = Vec::new();
    for (at, text) in row.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
        let slice = form.slice_columns().into_iter().find(|(_, known)| heading(known) == *text);
        let known = slice.map(|(name, known)| (name.to_owned(), known.to_owned())).or_else(|| {
            let column = form.columns.iter().find(|column| {
                std::iter::once(&column.heading).chain(&column.aliases).any(|known| heading(known) == *text)
            })?;
            Some((column.name.clone(), column.heading.clone()))
        });
        match known {
            Some((name, known)) if found.iter().any(|(other, _, _)| *other == name) => {
                let issue = Issue::error(
                    "heading-twice",
                    format!("表头“{known}”出现了两次，请删去一列。"),
                    format!("the heading {known} stands twice; remove one column"),
                );
                issues.push(issue.at(number, &known));
            }
            Some((name, known)) => found.push((name, known, at)),
            None if is_told(text) => {}
            None => {
                let used = (header + 1..frame.rows.len()).any(|row| frame.cell(row, at).is_some());
                if used {
                    let issue = Issue::warning(
                        "unknown-column",
                        format!("“{}”没有“{text}”这一列，未读取。", form.heading),
                        format!("{} has no column {text}; it was not read", form.name),
                    );
                    issues.push(issue.at(number, text));
                }
            }
        }
    }
    found
}

fn missing_columns(form: &'static Form, found: &[Placed], number: u32, issues: &mut Vec<Issue>) {
    for column in form
        .columns
        .iter()
        .filter(|column| column.required && !form.slice_columns().iter().any(|(name, _)| *name == column.name))
    {
        if !found.iter().any(|(name, _, _)| *name == column.name) {
            let issue = Issue::error(
                "column-missing",
                format!("缺少必填的列“{}”，请补上该列。", column.heading),
                format!("the required column {} is missing; add it", column.heading),
            );
            issues.push(issue.at(number, &column.heading));
        }
    }
}

/// Tells data rows (whose places it gives) from blank, zero and total rows.
fn sort_rows(frame: &Frame, header: usize, columns: &[Placed], table: &mut TextTable) -> Vec<u32> {
    let place = |wanted: &str| columns.iter().find(|(name, _, _)| name == wanted).map(|(_, _, at)| *at);
    let (school, period) = (place("school_id"), place("period"));
    // The first data cell is the first known column that doesn't name the slice.
    let first_data = columns.iter().map(|(_, _, at)| *at).filter(|at| Some(*at) != school && Some(*at) != period).min();
    let mut kept = Vec::with_capacity(frame.rows.len());
    let faulty: HashSet<u32> = table.faults.iter().map(|(row, _)| *row).collect();
    // What an earlier return wrote beside a row doesn't make it one of data.
    let told = |cell: Option<&str>| cell.is_some_and(|text| is_told(&heading(text)));
    let told: Vec<bool> = frame.row(header).map(told).collect();
    for row in header + 1..frame.rows.len() {
        if frame.row(row).zip(&told).all(|(cell, told)| cell.is_none() || *told) && !faulty.contains(&frame.rows[row]) {
            continue;
        }
        let first = frame.cell(row, 0).unwrap_or_default();
        if first.ends_with('计') && ["合计", "总计", "小计"].contains(&normal(first).as_str()) {
            let cells = columns.iter().enumerate().filter(|(_, (_, _, at))| *at != 0);
            let cells = cells.filter_map(|(index, (_, _, at))| Some((index, cell(frame.cell(row, *at)?)?))).collect();
            table.totals.push(TotalRow { row: frame.rows[row], above: kept.len(), cells });
            continue;
        }
        let text = first_data.and_then(|at| frame.cell(row, at)).unwrap_or_default();
        if text.starts_with(['零', '\u{f9b2}']) && normal(text) == ZERO_REPORT {
            let own = |at: Option<usize>| at.and_then(|at| frame.cell(row, at)).and_then(cell);
            table.zeros.push(ZeroRow { row: frame.rows[row], school_id: own(school), period: own(period) });
            continue;
        }
        kept.push(u32::try_from(row).expect("a sheet has fewer rows"));
    }
    kept
}

/// The text of the cover's labels.
pub fn cover(frame: &Frame, sheet: &str) -> Cover {
    let mut cover = Cover { sheet: sheet.to_owned(), ..Cover::default() };
    for row in 0..frame.rows.len() {
        let mut cells = frame.row(row).flatten();
        let Some(label) = cells.next().map(heading) else { continue };
        let label = label.trim_end_matches([':', '：']).to_owned();
        let value = cells.next().and_then(cell).map(|value| (value, frame.rows[row]));
        if label == heading(SCHOOL_HEADING) {
            cover.school_id = value;
        } else if label == heading(PERIOD_HEADING) {
            cover.period = value;
        }
    }
    cover
}
