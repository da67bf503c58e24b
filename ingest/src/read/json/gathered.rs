//! Rows of JSON become a table of a form.

use std::collections::HashMap;

use polars::prelude::{ChunkFullNull, ChunkTake, IdxCa, NewChunkedArray, PlSmallStr, StringChunked};

use super::SHOWN;
use crate::form::{Form, by_heading, forms};
use crate::issue::Issue;
use crate::read::frame::FrameBuilder;
use crate::read::heading::ambiguous;
use crate::read::table::too_long;
use crate::read::{Document, TextColumn, TextTable, ZeroRow};
use crate::value::cell;

/// Rows as they come, by key.
#[derive(Default)]
pub struct Gathered {
    pub form: Option<String>,
    /// Each key's place.
    pub places: HashMap<String, usize>,
    /// The keys in the order in which they first occur, each with the row.
    pub keys: Vec<(String, u32)>,
    pub rows: FrameBuilder,
    /// The places of rows that report nothing.
    pub zeros: Vec<usize>,
    pub issues: Vec<Issue>,
    pub faults: Vec<(u32, usize, Issue)>,
    /// Whether more came than is held.
    pub full: bool,
}

impl Gathered {
    /// Notes the form that a row names.
    pub fn name(&mut self, form: String, row: u32) {
        match &self.form {
            None => self.form = Some(form),
            Some(known) if *known == form => {}
            Some(_) => {
                let issue = Issue::error(
                    "several-forms",
                    "一个文件里写了不同的报表名（form）；请每张报表一个文件。",
                    "the file names several forms; send a file for each",
                );
                self.issues.push(issue.in_row(row));
            }
        }
    }

    /// The form that is given or named, else the one whose required keys are all there.
    fn form(&self, given: Option<&'static Form>) -> Result<&'static Form, Issue> {
        if let Some(form) = given.or_else(|| self.form.as_deref().and_then(by_heading)) {
            return Ok(form);
        }
        let unknown = |name: Option<&String>| {
            let name: String = name.map(|name| name.chars().take(SHOWN).collect()).unwrap_or_default();
            Issue::error(
                "unknown-form",
                format!("没有名为“{name}”的报表，各行的键也认不出是哪张报表。请写明 \"form\"。"),
                format!("there is no form '{name}', and the rows' keys tell none; `kehou catalog forms` lists them"),
            )
        };
        if self.form.is_some() {
            return Err(unknown(self.form.as_ref()));
        }
        let fits = |form: &&'static Form| {
            let required = form.columns.iter().filter(|column| column.required);
            let all = if form.columns.iter().any(|column| column.required) {
                required.collect()
            } else {
                Vec::from_iter(&form.columns)
            };
            all.iter().all(|column| self.places.contains_key(&column.name))
        };
        match forms().iter().filter(fits).collect::<Vec<_>>().as_slice() {
            [one] => Ok(one),
            [] => Err(unknown(None)),
            several => Err(ambiguous(several)),
        }
    }

    pub fn document(self, given: Option<&'static Form>) -> Result<Document, Issue> {
        // Where no row could be read, what is wrong with them is all that can be told.
        if self.rows.len() == 0 && !self.issues.is_empty() {
            return Ok(Document { tables: Vec::new(), issues: self.issues, readable: false });
        }
        let form = self.form(given)?;
        Ok(Document { tables: vec![self.table(form)], issues: Vec::new(), readable: true })
    }

    fn table(self, form: &'static Form) -> TextTable {
        let Gathered { places, keys, rows, zeros, mut issues, faults, .. } = self;
        let slice = form.slice_columns().map(|(name, heading)| (name.to_owned(), heading.to_owned()));
        let own = form.columns.iter().filter(|column| column.name != "school_id");
        let known: Vec<(String, String)> =
            slice.into_iter().chain(own.map(|column| (column.name.clone(), column.heading.clone()))).collect();
        for (key, row) in keys.iter().filter(|(key, _)| !known.iter().any(|(name, _)| name == key)) {
            let key: String = key.chars().take(SHOWN).collect();
            let issue = Issue::warning(
                "unknown-column",
                format!("“{}”没有“{key}”这一项，未读取。", form.heading),
                format!("{} has no column {key}; it was not read", form.name),
            );
            issues.push(issue.at(*row, &key));
        }
        let frame = rows.finish();
        let text = |row: usize, name: &str| places.get(name).and_then(|at| frame.cell(row, *at)).and_then(cell);
        let mut zero_rows = Vec::new();
        for row in &zeros {
            let number = frame.rows[*row];
            let values = |(name, _): &&(String, String)| !["school_id", "period"].contains(&name.as_str());
            let beside = known.iter().filter(values).find(|(name, _)| text(*row, name).is_some());
            zero_rows.push(ZeroRow {
                row: number,
                school_id: text(*row, "school_id"),
                period: text(*row, "period"),
                beside: beside.map(|(_, heading)| heading.clone()),
            });
        }
        if frame.rows.is_empty() {
            issues.push(Issue::error(
                "no-rows",
                "没有数据行。如本期没有情况，请报 \"zero\": true。",
                "there are no rows; where there is nothing to report, send \"zero\": true",
            ));
        }
        let kept: Vec<u32> = (0..frame.rows.len())
            .filter(|row| zeros.binary_search(row).is_err())
            .map(|row| u32::try_from(row).expect("a document has fewer rows"))
            .collect();
        let take = IdxCa::from_slice(PlSmallStr::EMPTY, &kept);
        let columns = known.into_iter().map(|(name, heading)| {
            let texts = match places.get(&name).and_then(|at| frame.columns.get(*at)) {
                Some(column) => column.take(&take).expect("the rows are the frame's own"),
                None => StringChunked::full_null(PlSmallStr::EMPTY, kept.len()),
            };
            TextColumn { name, heading, texts }
        });
        let columns: Vec<TextColumn> = columns.collect();
        let faults = faults.into_iter().filter_map(|(row, at, issue)| {
            let heading = &columns.iter().find(|column| column.name == keys[at].0)?.heading;
            Some((row, issue.at(row, heading)))
        });
        let faults = faults.collect();
        let mut table = TextTable {
            form,
            sheet: None,
            cover: None,
            columns,
            rows: kept.iter().map(|row| frame.rows[*row as usize]).collect(),
            zeros: zero_rows,
            totals: Vec::new(),
            faults,
            issues,
        };
        too_long(&mut table);
        table
    }
}
