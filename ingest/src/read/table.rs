//! A frame becomes a table of a form: its heading rows, its columns, its data, zero and total rows.

use std::collections::HashSet;

use polars::prelude::{ChunkTake, IdxCa, NewChunkedArray, PlSmallStr};

use super::frame::Frame;
use super::heading::{self, Headed, Known, Merge};
use super::{Cover, TextColumn, TextTable, TotalRow, ZeroRow, no_rows};
use crate::form::{Form, PERIOD_HEADING, SCHOOL_HEADING, ZERO_REPORT, by_heading, normal};
use crate::issue::Issue;
use crate::value::cell;

/// Letters that a cell of a spreadsheet can hold.
const MOST_LETTERS: usize = 32_767;
/// Merged cells that are told one by one.
const MOST_MERGED: usize = 10_000;
/// Cells of merged areas that are looked at: areas may lie over each other.
const MOST_LOOKED_AT: usize = 20_000_000;

/// What a frame turned out to be.
pub enum Found {
    /// A table of a form.
    Table(Box<TextTable>),
    /// Nothing but blank cells, or headings alone in a workbook's sheet.
    Empty,
    /// No form.
    Unknown(Issue),
}

/// Finds form, headings and rows of a frame without merged cells.
pub fn find(frame: &Frame, given: Option<&'static Form>, sheet: Option<&str>, cover: Option<&Cover>) -> Found {
    find_merged(frame, &[], given, sheet, cover)
}

/// Finds form, headings and rows of a frame.
pub fn find_merged(
    frame: &Frame,
    merges: &[Merge],
    given: Option<&'static Form>,
    sheet: Option<&str>,
    cover: Option<&Cover>,
) -> Found {
    let headed = match locate(frame, merges, given, sheet, cover) {
        Ok(headed) => headed,
        Err(found) => return found,
    };
    let mut table = rows(frame, merges, &headed, headed.last + 1, sheet, cover);
    table.issues.splice(0..0, headed.issues);
    if table.is_empty() {
        if sheet.is_some() {
            return Found::Empty;
        }
        table.issues.push(no_rows());
    }
    for issue in &mut table.issues {
        issue.sheet = table.sheet.clone();
    }
    Found::Table(Box::new(table))
}

/// Finds form and headings in the first rows of a frame.
pub fn locate(
    frame: &Frame,
    merges: &[Merge],
    given: Option<&'static Form>,
    sheet: Option<&str>,
    cover: Option<&Cover>,
) -> Result<Headed, Found> {
    if frame.faults.is_empty() && (0..frame.rows.len()).all(|row| frame.row(row).all(|cell| cell.is_none())) {
        return Err(Found::Empty);
    }
    let form = given.or_else(|| sheet.and_then(by_heading));
    let mut headed = heading::find(frame, merges, form).map_err(|issue| Found::Unknown(issue.in_sheet(sheet)))?;
    slice_unsaid(frame, &mut headed, sheet, cover);
    Ok(headed)
}

/// Names school and period where neither the cover says them nor a column does: once, and not in every row.
fn slice_unsaid(frame: &Frame, headed: &mut Headed, sheet: Option<&str>, cover: Option<&Cover>) {
    let form = headed.form;
    for (name, heading) in form.slice_columns() {
        let said = match name {
            "school_id" => !form.is_register() && cover.is_some_and(|cover| cover.school_id.is_some()),
            _ => cover.is_some_and(|cover| cover.period.is_some()),
        };
        if said || headed.columns.iter().any(|column| column.name == name) {
            continue;
        }
        let issue = match sheet {
            Some(_) if !(form.is_register() && name == "school_id") => Issue::error(
                "slice-unsaid",
                format!("封面没有填“{heading}”，表里也没有这一列；请在封面填写。"),
                format!("the cover does not say {heading}, and the sheet has no such column; write it on the cover"),
            ),
            _ => Issue::error(
                "column-missing",
                format!("缺少必填的列“{heading}”，请补上该列。"),
                format!("the required column {heading} is missing; add it"),
            ),
        };
        headed.issues.push(issue.at(frame.rows[headed.last], heading));
    }
}

/// The rows of a frame from a place on, as a table whose headings were found before: in this frame, or in an earlier part
/// of the same file.
pub fn rows(
    frame: &Frame,
    merges: &[Merge],
    headed: &Headed,
    from: usize,
    sheet: Option<&str>,
    cover: Option<&Cover>,
) -> TextTable {
    let mut table = TextTable {
        form: headed.form,
        sheet: sheet.map(str::to_owned),
        cover: cover.cloned(),
        columns: Vec::new(),
        rows: Vec::new(),
        zeros: Vec::new(),
        totals: Vec::new(),
        faults: Vec::new(),
        issues: Vec::new(),
    };
    let first = frame.rows.get(from).copied().unwrap_or(u32::MAX);
    for (row, at, issue) in frame.faults.iter().filter(|(row, _, _)| *row >= first) {
        // What stands in a column that the form doesn't know is not read.
        if let Some(column) = headed.columns.iter().find(|column| column.at == *at) {
            table.faults.push((*row, issue.clone().in_sheet(sheet).at(*row, &column.heading)));
        }
    }
    let kept = sort_rows(frame, from, headed, &mut table);
    without_heading(frame, merges, &headed.headless, &kept, &mut table);
    merged_cells(frame, merges, from, &headed.columns, &mut table);
    table.rows = kept.iter().map(|row| frame.rows[*row as usize]).collect();
    // Nearly always the rows stand together, and a slice copies nothing.
    let together = kept.first().zip(kept.last()).is_none_or(|(first, last)| (last - first) as usize + 1 == kept.len());
    let start = kept.first().map_or(0, |first| i64::from(*first));
    let take = IdxCa::from_slice(PlSmallStr::EMPTY, if together { &[] } else { &kept });
    table.columns = headed
        .columns
        .iter()
        .map(|Known { name, heading, at }| {
            let texts = match together {
                true => frame.columns[*at].slice(start, kept.len()),
                false => frame.columns[*at].take(&take).expect("the rows are the frame's own"),
            };
            TextColumn { name: name.clone(), heading: heading.clone(), texts }
        })
        .collect();
    too_long(&mut table);
    table
}

/// Tells data rows (whose places it gives) from blank, zero and total rows.
fn sort_rows(frame: &Frame, from: usize, headed: &Headed, table: &mut TextTable) -> Vec<u32> {
    let columns = &headed.columns;
    let place = |wanted: &str| columns.iter().find(|column| column.name == wanted).map(|column| column.at);
    let (school, period) = (place("school_id"), place("period"));
    // The first data cell is the first known column that doesn't name the slice.
    let first_data =
        columns.iter().map(|column| column.at).filter(|at| Some(*at) != school && Some(*at) != period).min();
    let mut kept = Vec::with_capacity(frame.rows.len());
    let faulty: HashSet<u32> = table.faults.iter().map(|(row, _)| *row).collect();
    for row in from..frame.rows.len() {
        // What an earlier return wrote beside a row doesn't make it one of data.
        let blank = frame.row(row).enumerate().all(|(at, cell)| cell.is_none() || headed.told.contains(&at));
        if blank && !faulty.contains(&frame.rows[row]) {
            continue;
        }
        let first = frame.cell(row, 0).unwrap_or_default();
        if first.ends_with('计') && ["合计", "总计", "小计"].contains(&normal(first).as_str()) {
            let cells = columns.iter().enumerate().filter(|(_, column)| column.at != 0);
            let cells = cells.filter_map(|(index, column)| Some((index, cell(frame.cell(row, column.at)?)?))).collect();
            table.totals.push(TotalRow { row: frame.rows[row], above: kept.len(), cells });
            continue;
        }
        if let Some(at) = zero_report(frame, row, first_data, [school, period]) {
            let own = |at: Option<usize>| at.and_then(|at| frame.cell(row, at)).and_then(cell);
            let others = columns.iter().filter(|column| ![school, period, Some(at)].contains(&Some(column.at)));
            let beside = others.map(|column| (column, frame.cell(row, column.at))).find(|(_, cell)| cell.is_some());
            table.zeros.push(ZeroRow {
                row: frame.rows[row],
                school_id: own(school),
                period: own(period),
                beside: beside.map(|(column, _)| column.heading.clone()),
            });
            continue;
        }
        kept.push(u32::try_from(row).expect("a sheet has fewer rows"));
    }
    kept
}

/// The place of 零报告 in a row: in the first column of data, or in the first cell that is filled in (a column that the form
/// doesn't know, such as a serial number, may stand in front).
fn zero_report(frame: &Frame, row: usize, first: Option<usize>, slice: [Option<usize>; 2]) -> Option<usize> {
    let says = |at: &usize| {
        let text = frame.cell(row, *at).unwrap_or_default();
        text.starts_with(['零', '\u{f9b2}']) && normal(text) == ZERO_REPORT
    };
    let filled = || {
        let mut places = (0..frame.columns.len()).filter(|at| !slice.contains(&Some(*at)));
        places.find(|at| frame.cell(row, *at).is_some())
    };
    first.filter(says).or_else(|| filled().filter(says))
}

/// Names what stands in columns without a heading. In a CSV it means that the row slipped or was cut in two: a comma too many.
fn without_heading(frame: &Frame, merges: &[Merge], headless: &[usize], kept: &[u32], table: &mut TextTable) {
    let mut told = HashSet::new();
    for at in headless {
        let used = |row: &&u32| frame.cell(**row as usize, *at).is_some();
        if table.sheet.is_some() {
            if let Some(row) = kept.iter().find(used) {
                let number = frame.rows[*row as usize];
                let place = super::cell::place(number - 1, u32::try_from(*at).expect("columns are few"));
                let issue = Issue::warning(
                    "no-heading",
                    format!("{place} 所在的列没有表头，未读取。"),
                    format!("the column of {place} has no heading and was not read"),
                );
                let merged = merges.iter().any(|merge| (merge.columns.0..=merge.columns.1).contains(at));
                table.issues.extend((!merged).then(|| issue.in_row(number)));
            }
            continue;
        }
        for row in kept.iter().filter(used) {
            let number = frame.rows[*row as usize];
            if !told.insert(number) {
                continue;
            }
            let issue = Issue::error(
                "too-many-cells",
                "这一行的单元格比表头多，可能多了一个分隔符，或文字里有逗号而没有加引号；请更正这一行。",
                "the row has more cells than there are headings: a separator too many, or a comma in a text without \
                 quotation marks; correct the row",
            );
            table.faults.push((number, issue.in_row(number)));
        }
    }
}

/// Of merged cells the first alone has a value; whether it holds for the others nobody can tell.
fn merged_cells(frame: &Frame, merges: &[Merge], first: usize, columns: &[Known], table: &mut TextTable) {
    let mut faults = Vec::new();
    let mut looked_at = 0;
    for merge in merges {
        let from = frame.rows.partition_point(|row| *row < merge.rows.0).max(first);
        let rows = frame.rows.iter().enumerate().skip(from).take_while(|(_, row)| **row <= merge.rows.1);
        for (place, row) in rows {
            for column in columns.iter().filter(|column| (merge.columns.0..=merge.columns.1).contains(&column.at)) {
                looked_at += 1;
                let top_left = *row == merge.rows.0 && column.at == merge.columns.0;
                if looked_at < MOST_LOOKED_AT && (top_left || frame.cell(place, column.at).is_some()) {
                    continue;
                }
                if faults.len() == MOST_MERGED || looked_at == MOST_LOOKED_AT {
                    let issue = Issue::error(
                        "merged-cells",
                        "合并的单元格过多，请全部取消合并，并在每个单元格填写各自的值。",
                        "too many cells are merged; unmerge them all and fill in each one",
                    );
                    table.issues.push(issue.at(*row, &column.heading));
                    table.faults.extend(faults);
                    return;
                }
                let issue = Issue::error(
                    "merged-cell",
                    format!("“{}”的单元格已合并，只有左上角有值；请取消合并，并在每一行填写。", column.heading),
                    format!("the cell of {} is merged into another one; unmerge it and fill in each row", column.name),
                );
                faults.push((*row, issue.in_sheet(table.sheet.as_deref()).at(*row, &column.heading)));
            }
        }
    }
    table.faults.extend(faults);
}

/// Texts that no spreadsheet can hold are faults, so that no cell of a megabyte is stored or shown.
pub fn too_long(table: &mut TextTable) {
    for column in &table.columns {
        for (place, text) in column.texts.iter().enumerate() {
            if text.is_some_and(|text| text.len() > MOST_LETTERS && text.chars().count() > MOST_LETTERS) {
                let row = table.rows[place];
                let issue = Issue::error(
                    "cell-too-long",
                    format!("“{}”的内容超过 {MOST_LETTERS} 个字，请缩短。", column.heading),
                    format!("{} holds more than {MOST_LETTERS} letters; shorten it", column.name),
                );
                table.faults.push((row, issue.in_sheet(table.sheet.as_deref()).at(row, &column.heading)));
            }
        }
    }
    let long: HashSet<(u32, String)> = table
        .faults
        .iter()
        .filter(|(_, issue)| issue.code == "cell-too-long")
        .map(|(row, issue)| (*row, issue.column.clone().unwrap_or_default()))
        .collect();
    if long.is_empty() {
        return;
    }
    for column in &mut table.columns {
        let cells = column.texts.iter().zip(&table.rows);
        let cells = cells.map(|(text, row)| text.filter(|_| !long.contains(&(*row, column.heading.clone()))));
        column.texts = polars::prelude::StringChunked::from_iter_options(PlSmallStr::EMPTY, cells);
    }
}

/// The text of the cover's labels.
pub fn cover(frame: &Frame, sheet: &str) -> Cover {
    let mut cover = Cover { sheet: sheet.to_owned(), ..Cover::default() };
    for row in 0..frame.rows.len() {
        let mut cells = frame.row(row).flatten();
        let Some(label) = cells.next().map(heading::plain) else { continue };
        let label = label.trim_end_matches(':');
        let value = cells.next().and_then(cell).map(|value| (value, frame.rows[row]));
        if label == heading::plain(SCHOOL_HEADING) {
            cover.school_id = value;
        } else if label == heading::plain(PERIOD_HEADING) {
            cover.period = value;
        }
    }
    cover
}
