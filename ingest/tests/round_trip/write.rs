//! A table as every kind of file.

use encoding_rs::GB18030;
use ingest::form::Form;
use rust_xlsxwriter::{Format, Workbook};
use serde_json::{Map, Value, json};

use crate::table::{Cell, Native, PERIOD, SCHOOL, Table};

/// A file with the table in it.
pub struct File {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    /// The form, where the file can't say it.
    pub given: Option<&'static Form>,
    /// The number of its first row of data.
    pub first_row: usize,
}

/// The table in every format, encoding and with every separator.
pub fn all(table: &Table) -> Vec<File> {
    let file = |name, bytes, first_row| File { name, bytes, given: None, first_row };
    let commas = csv(table, ',');
    let mut files = vec![
        file("text.xlsx", workbook(table, Cells::Text), 2),
        file("native.xlsx", workbook(table, Cells::Native), 4),
        file("utf8.csv", commas.clone().into_bytes(), 2),
        file("marked.csv", format!("\u{feff}{commas}").into_bytes(), 2),
        file("semicolons.csv", csv(table, ';').into_bytes(), 2),
        file("tabs.tsv", csv(table, '\t').into_bytes(), 2),
        file("windows.csv", commas.replace('\n', "\r\n").into_bytes(), 2),
        file("gb18030.csv", GB18030.encode(&commas).0.into_owned(), 2),
        file("little.csv", wide(&commas, u16::to_le_bytes), 2),
        file("big.csv", wide(&csv(table, '\t'), u16::to_be_bytes), 2),
        file(
            "named.json",
            json!({ "form": table.form.name, "rows": rows(table, Cells::Text) }).to_string().into_bytes(),
            1,
        ),
        file("list.json", Value::from(rows(table, Cells::Native)).to_string().into_bytes(), 1),
        file("lines.ndjson", lines(table).into_bytes(), 1),
    ];
    // A list of rows tells its form by its keys; where these fit several forms, it is said.
    for one in files.iter_mut().filter(|one| ["list.json", "lines.ndjson"].contains(&one.name)) {
        one.given = Some(table.form);
    }
    files
}

/// How cells are held.
#[derive(Clone, Copy, PartialEq)]
enum Cells {
    /// As people wrote them.
    Text,
    /// As a spreadsheet or a program holds them.
    Native,
}

fn headings(table: &Table) -> Vec<&str> {
    let own = table.form.columns.iter().map(|column| column.heading.as_str());
    ["学校标识码", "统计期"].into_iter().chain(own).collect()
}

fn csv(table: &Table, separator: char) -> String {
    let quoted = |cell: &str| match cell.contains([',', ';', '\t', '"', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    };
    let line = |cells: Vec<&str>| cells.into_iter().map(quoted).collect::<Vec<_>>().join(&separator.to_string()) + "\n";
    let row = |cells: &Vec<Cell>| {
        line([SCHOOL, PERIOD].into_iter().chain(cells.iter().map(|cell| cell.text.as_str())).collect())
    };
    line(headings(table)) + &table.rows.iter().map(row).collect::<String>()
}

fn wide(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
}

/// A sheet that the form's title names; native cells below a title and a blank row.
fn workbook(table: &Table, cells: Cells) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(&table.form.heading).expect("a sheet");
    let days = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
    let top = if cells == Cells::Native { 2 } else { 0 };
    if cells == Cells::Native {
        sheet.write(0, 0, "青禾市").expect("a title");
    }
    for (at, heading) in headings(table).into_iter().enumerate() {
        sheet.write(top, at as u16, heading).expect("a heading");
    }
    for (row, values) in table.rows.iter().enumerate() {
        let row = top + 1 + row as u32;
        sheet.write(row, 0, SCHOOL).expect("a cell");
        sheet.write(row, 1, PERIOD).expect("a cell");
        for (at, cell) in values.iter().enumerate().filter(|(_, cell)| !cell.text.is_empty()) {
            let column = at as u16 + 2;
            match (cells, &cell.native) {
                (Cells::Native, Native::Number(number)) => sheet.write(row, column, *number),
                (Cells::Native, Native::Day(day)) => {
                    let serial = (*day - chrono::NaiveDate::from_ymd_opt(1899, 12, 30).expect("a day")).num_days();
                    sheet.write_with_format(row, column, serial as f64, &days)
                }
                (Cells::Native, Native::Truth(truth)) => sheet.write(row, column, *truth),
                _ => sheet.write(row, column, &cell.text),
            }
            .expect("a cell");
        }
    }
    book.save_to_buffer().expect("a workbook")
}

fn rows(table: &Table, cells: Cells) -> Vec<Value> {
    let value = |cell: &Cell| match (cells, &cell.native) {
        _ if cell.text.is_empty() => Value::Null,
        (Cells::Native, Native::Number(number)) => json!(number),
        (Cells::Native, Native::Truth(truth)) => json!(truth),
        _ => json!(cell.text),
    };
    let row = |values: &Vec<Cell>| {
        let own = table.form.columns.iter().zip(values).map(|(column, cell)| (column.name.clone(), value(cell)));
        let slice = [("school_id", SCHOOL), ("period", PERIOD)].map(|(name, text)| (name.to_owned(), json!(text)));
        Value::from(slice.into_iter().chain(own).collect::<Map<String, Value>>())
    };
    table.rows.iter().map(row).collect()
}

fn lines(table: &Table) -> String {
    rows(table, Cells::Text).iter().map(|row| format!("{row}\n")).collect()
}
