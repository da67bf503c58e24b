//! Where in a sheet the columns of a form stand, and where the added column goes.

use std::collections::{BTreeMap, HashMap};
use std::io::Cursor;

use calamine::{DataRef, Xlsx};

use super::Unmarkable;
use crate::form::{COVER, ERRORS_HEADING, Form, by_heading, normal};

/// Rows among which the headings are looked for.
const NEAR: usize = 40;
/// Columns that a sheet has at most.
const COLUMNS: u32 = 16_384;

/// The places of a sheet.
#[derive(Debug, Default)]
pub struct Places {
    /// The heading row.
    pub header: Option<u32>,
    /// The column of each heading, by the heading that issues name.
    columns: HashMap<String, u32>,
    /// The column of what is wrong.
    pub errors: Option<u32>,
    /// In a cover: the column of the value of each row.
    values: BTreeMap<u32, u32>,
}

impl Places {
    /// The column of the cell that an issue is at.
    pub fn column(&self, row: u32, heading: &str) -> Option<u32> {
        self.columns.get(heading).or_else(|| self.values.get(&row)).copied()
    }
}

/// Finds the places of a sheet of a workbook. `forms` are those that the file holds, `wanted` the headings of its issues.
pub fn places(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    forms: &[&'static Form],
    wanted: &[&str],
) -> Result<Places, Unmarkable> {
    let mut cells = workbook.worksheet_cells_reader(sheet).map_err(|_| Unmarkable)?;
    let mut near: BTreeMap<u32, BTreeMap<u32, String>> = BTreeMap::new();
    let mut widest = 0;
    while let Some(cell) = cells.next_cell().map_err(|_| Unmarkable)? {
        let (row, column) = cell.get_position();
        let text = match cell.get_value() {
            DataRef::Empty => continue,
            DataRef::String(text) => text.as_str(),
            DataRef::SharedString(text) => text,
            _ => "1",
        };
        if text.trim().is_empty() {
            continue;
        }
        widest = widest.max(column + 1);
        if near.len() < NEAR || near.contains_key(&(row + 1)) {
            near.entry(row + 1).or_default().insert(column, text.to_owned());
        }
    }
    if normal(sheet) == COVER {
        let value = |(row, cells): (&u32, &BTreeMap<u32, String>)| {
            let mut columns = cells.keys().copied();
            let label = columns.next()?;
            Some((*row, columns.next().unwrap_or(label + 1)))
        };
        return Ok(Places { values: near.iter().filter_map(value).collect(), ..Places::default() });
    }
    let rows: Vec<(u32, BTreeMap<u32, String>)> = near.into_iter().collect();
    let mut places = in_rows(&rows, Some(sheet), forms, wanted);
    places.errors = places.errors.or(Some(widest)).filter(|column| *column < COLUMNS);
    Ok(places)
}

/// Finds headings among the first rows, each with its number and its cells by column.
pub fn in_rows(
    rows: &[(u32, BTreeMap<u32, String>)],
    sheet: Option<&str>,
    forms: &[&'static Form],
    wanted: &[&str],
) -> Places {
    let forms: Vec<&'static Form> = match sheet.and_then(by_heading) {
        Some(form) => vec![form],
        None => forms.to_vec(),
    };
    // What issues call a column, and what may stand above it.
    let mut names: Vec<(String, String)> = Vec::new();
    for form in &forms {
        for (_, heading) in form.slice_columns() {
            names.push((heading.to_owned(), key(heading)));
        }
        for column in &form.columns {
            let written = std::iter::once(&column.heading).chain(&column.aliases);
            names.extend(written.map(|written| (column.heading.clone(), key(written))));
        }
    }
    names.extend(wanted.iter().map(|heading| ((*heading).to_owned(), key(heading))));
    let matched = |cells: &BTreeMap<u32, String>| {
        let mut found: HashMap<String, u32> = HashMap::new();
        for (column, text) in cells {
            let (exact, plain) = (key(text), bare(&key(text)));
            let of = names
                .iter()
                .find(|(_, name)| *name == exact)
                .or_else(|| names.iter().find(|(_, name)| bare(name) == plain));
            if let Some((heading, _)) = of {
                found.entry(heading.clone()).or_insert(*column);
            }
        }
        found
    };
    let best =
        rows.iter().map(|(row, cells)| (*row, cells, matched(cells))).rev().max_by_key(|(_, _, found)| found.len());
    match best {
        Some((row, cells, columns)) if !columns.is_empty() => {
            let errors = cells.iter().find(|(_, text)| key(text) == ERRORS_HEADING).map(|(column, _)| *column);
            Places { header: Some(row), columns, errors, values: BTreeMap::new() }
        }
        _ => Places::default(),
    }
}

/// A heading as it is compared: NFKC, without white space.
pub fn key(text: &str) -> String {
    normal(text).chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// A heading without what stands in brackets, such as a unit.
fn bare(key: &str) -> String {
    let mut depth = 0usize;
    let mut out = String::new();
    for letter in key.chars() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(letter),
            _ => {}
        }
    }
    if out.is_empty() { key.to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::form;

    #[test]
    fn headings_are_found_below_titles_and_with_units() {
        let row = |cells: &[&str]| (0u32..).zip(cells).map(|(at, text)| (at, (*text).to_owned())).collect();
        let rows = vec![
            (1, row(&["某校 2019 年 9 月教职工参与情况"])),
            (3, row(&["序号", "人员 编号", "人员类别", "学时数", "绩效金额（元）", "错误说明"])),
            (4, row(&["1", "1001", "教师", "2", "3"])),
        ];
        let places = in_rows(&rows, None, &[form("staff_work").expect("a form")], &[]);
        assert_eq!(places.header, Some(3));
        assert_eq!(places.column(4, "人员编号"), Some(1));
        assert_eq!(places.column(4, "绩效金额"), Some(4));
        assert_eq!(places.column(4, "纳入考核"), None);
        assert_eq!(places.errors, Some(5));
    }

    #[test]
    fn rows_without_any_heading_have_none() {
        let rows = vec![(1, BTreeMap::from([(0, "随便".to_owned())]))];
        let places = in_rows(&rows, None, &[form("staff_work").expect("a form")], &[]);
        assert_eq!((places.header, places.errors), (None, None));
    }
}
