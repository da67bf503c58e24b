//! The columns of a table as values, and the faults of cells.

use super::World;
use super::coded::{Coded, canonical};
use super::slices::Sliced;
use crate::form::{Column, Kind};
use crate::issue::Issue;
use crate::read::TextTable;
use crate::value::{Value, parse};

/// A column of a form as values.
#[derive(Debug)]
pub struct Typed {
    /// The code name.
    pub name: String,
    /// The column.
    pub column: &'static Column,
    /// A code a row; 0 is blank.
    pub codes: Vec<u32>,
    /// The value of each code from 1 on, at its place less one; none where the text is no value.
    pub values: Vec<Option<Value>>,
}

impl Typed {
    /// The value of a row.
    pub fn value(&self, row: usize) -> Option<Value> {
        let code = self.codes[row] as usize;
        (code > 0).then(|| self.values[code - 1].clone()).flatten()
    }

    /// Codes a row under which equal values are one.
    pub fn canonical(&self) -> Vec<u32> {
        let codes = canonical(&self.values);
        self.codes.iter().map(|code| codes[*code as usize]).collect()
    }
}

/// Reads every column but the register's own `school_id`. A text that is no value, and a cell that is blank where a value
/// is required, are issues of their rows. The texts are given up: codes and values are all that is needed from here on.
pub fn read(table: &mut TextTable, sliced: &mut Sliced, world: &World) -> Vec<Typed> {
    let mut typed = Vec::new();
    for column in table.form.columns.iter().filter(|column| column.name != "school_id") {
        let place = table.columns.iter().position(|found| found.name == column.name);
        let coded = match place {
            Some(place) => {
                let texts = std::mem::take(&mut table.columns[place].texts);
                Coded::of(&texts)
            }
            None => Coded::blank(table.rows.len()),
        };
        let (values, faults) = values(column, &coded, world);
        for (row, fault) in coded
            .rows_where(&faults.iter().map(Option::is_some).collect::<Vec<_>>())
            .into_iter()
            .map(|row| (row, &faults[coded.codes[row] as usize]))
        {
            let (zh, en) = fault.as_ref().expect("the row was chosen for its fault");
            let text = coded.text(row).unwrap_or_default();
            let issue = Issue::error(
                "value",
                format!("“{}”无法识别；{zh}。", column.heading),
                format!("{} can't be read; {en}", column.name),
            );
            sliced
                .add(row, issue.in_sheet(table.sheet.as_deref()).at(table.rows[row], &column.heading).with_value(text));
        }
        // A column that is missing is one fault of the table, not one a row.
        if column.required && place.is_some() {
            let mut blank = vec![false; coded.texts.len() + 1];
            blank[0] = true;
            for row in coded.rows_where(&blank) {
                if !sliced.is_blamed(row, &column.heading) {
                    sliced.add(row, missing(table, row, column, ""));
                }
            }
        }
        typed.push(Typed { name: column.name.clone(), column, codes: coded.codes, values });
    }
    for (at, column) in typed.iter().enumerate() {
        let Some((by, code)) = &column.column.required_when else { continue };
        let Some(by) = typed.iter().find(|other| other.name == *by) else { continue };
        let holds: Vec<bool> = std::iter::once(false)
            .chain(by.values.iter().map(|value| matches!(value, Some(Value::Text(text)) if text == code)))
            .collect();
        for row in 0..table.rows.len() {
            if holds[by.codes[row] as usize] && typed[at].codes[row] == 0 {
                let label = by.column.choice(code).map(|choice| choice.label.clone()).unwrap_or_default();
                sliced.add(
                    row,
                    missing(table, row, column.column, &format!("（{}为“{label}”时必填）", by.column.heading)),
                );
            }
        }
    }
    typed
}

type Faults = Vec<Option<(String, String)>>;

/// The value of each code, and what is wrong with the code at its own place (a blank at 0).
fn values(column: &Column, coded: &Coded, world: &World) -> (Vec<Option<Value>>, Faults) {
    let mut values = Vec::with_capacity(coded.texts.len());
    let mut faults: Faults = vec![None];
    for text in &coded.texts {
        match parse(column, text) {
            Ok(Value::Text(code)) if column.kind == Kind::District && !world.districts.contains(&code) => {
                faults.push(Some((
                    "区划代码不在参考表里".to_owned(),
                    "the district is not in the reference table".to_owned(),
                )));
                values.push(None);
            }
            Ok(value) => {
                faults.push(None);
                values.push(Some(value));
            }
            Err(fault) => {
                faults.push(Some((fault.zh, fault.en)));
                values.push(None);
            }
        }
    }
    (values, faults)
}

fn missing(table: &TextTable, row: usize, column: &Column, when: &str) -> Issue {
    let issue = Issue::error(
        "missing",
        format!("“{}”没有填写{when}。", column.heading),
        format!("{} is required and blank", column.name),
    );
    issue.in_sheet(table.sheet.as_deref()).at(table.rows[row], &column.heading)
}
