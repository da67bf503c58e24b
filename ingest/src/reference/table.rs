//! What each reference table holds, and how a CSV becomes its typed rows.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;

use super::ReferenceError;
use crate::form::normal;

/// A reference table: its columns, and those that tell a row from all others.
pub(super) struct Spec {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Cells, Need)],
    pub key: &'static [&'static str],
}

/// What the cells of a column are.
#[derive(Clone, Copy)]
pub(super) enum Cells {
    Text,
    /// Text that is quoted as it stands, with the punctuation that it has.
    Verbatim,
    District,
    Choice(&'static [&'static str]),
    Date,
    YesNo,
    Whole,
    Decimal(i8),
    Term,
    SchoolYear,
}

/// Whether a cell may be empty.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Need {
    Required,
    Optional,
}

use Need::{Optional, Required};

pub(super) const SPECS: &[Spec] = &[
    Spec {
        name: "district",
        columns: &[
            ("district_code", Cells::District, Required),
            ("name_zh", Cells::Text, Required),
            ("name_en", Cells::Text, Required),
            ("kind", Cells::Choice(&["district", "county_city", "zone", "municipal"]), Required),
            ("tile_col", Cells::Whole, Required),
            ("tile_row", Cells::Whole, Required),
        ],
        key: &["district_code"],
    },
    Spec {
        name: "calendar",
        columns: &[
            ("date", Cells::Date, Required),
            ("is_school_day", Cells::YesNo, Required),
            ("term", Cells::Term, Required),
            ("school_year", Cells::SchoolYear, Required),
        ],
        key: &["date"],
    },
    Spec {
        name: "fee_standard",
        columns: &[
            ("district_code", Cells::District, Required),
            ("urban_rural", Cells::Choice(&["urban", "town", "rural", "*"]), Required),
            ("valid_from", Cells::Date, Required),
            ("valid_to", Cells::Date, Optional),
            ("yuan_per_session", Cells::Decimal(2), Required),
            ("yuan_per_month_cap", Cells::Decimal(2), Optional),
            ("doc_no", Cells::Text, Optional),
            ("approved_by", Cells::Text, Optional),
        ],
        key: &["district_code", "urban_rural", "valid_from"],
    },
    Spec {
        name: "policy",
        columns: &[
            ("key", Cells::Text, Required),
            ("value", Cells::Text, Required),
            ("valid_from", Cells::Date, Required),
            ("clause", Cells::Text, Optional),
        ],
        key: &["key", "valid_from"],
    },
    Spec {
        name: "weight",
        columns: &[
            ("indicator", Cells::Text, Required),
            ("weight", Cells::Decimal(6), Required),
            ("floor", Cells::Decimal(6), Required),
            ("target", Cells::Decimal(6), Required),
        ],
        key: &["indicator"],
    },
    Spec {
        name: "clause",
        columns: &[("clause", Cells::Text, Required), ("text", Cells::Verbatim, Required)],
        key: &["clause"],
    },
];

/// Tables that a city may leave out: nothing is computed from them.
pub(super) const OPTIONAL: [&str; 1] = ["clause"];

/// A cell as read; one with a fault is `Empty`, and the fault is in the list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Date(NaiveDate),
    YesNo(bool),
    Whole(i64),
    Decimal(i128),
}

/// A file's rows with their lines, in the order of the spec's columns.
pub(super) struct Table {
    pub spec: &'static Spec,
    pub rows: Vec<Row>,
}

pub(super) struct Row {
    pub line: u64,
    pub cells: Vec<Cell>,
}

impl Spec {
    pub(super) fn schema(&self) -> SchemaRef {
        let field = |(name, cells, _): &(&str, Cells, Need)| Field::new(*name, cells.data_type(), true);
        Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()).into()
    }

    fn place(&self, column: &str) -> usize {
        let place = self.columns.iter().position(|(name, ..)| *name == column);
        place.expect("only columns of the spec are asked for")
    }
}

impl Table {
    /// Reads a file; none where its heading row is not whole, because then no row can be judged.
    pub(super) fn read(spec: &'static Spec, bytes: &[u8], faults: &mut Vec<ReferenceError>) -> Option<Table> {
        let text = match std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)) {
            Ok(text) => text,
            Err(fault) => {
                let line = 1 + bytes[..fault.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() as u64;
                let (zh, en) =
                    ("不是 UTF-8 文本；请另存为“CSV UTF-8”", "the text is not UTF-8; save the file as \"CSV UTF-8\"");
                faults.push(ReferenceError::of_row(spec.name, line, zh.to_owned(), en.to_owned()));
                return None;
            }
        };
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut lines = reader.records().map(|record| record.expect("text in memory is UTF-8 and rows may be uneven"));
        let headings: Vec<String> = lines.next().iter().flatten().map(normal).collect();
        let places = places(spec, &headings, faults)?;
        let mut rows = Vec::new();
        for record in lines {
            let line = record.position().map_or(0, |position| position.line());
            let values: Vec<String> = record.iter().map(normal).collect();
            if values.iter().all(String::is_empty) {
                continue;
            }
            if values.len() != headings.len() {
                let (has, wants) = (values.len(), headings.len());
                let zh = format!("本行有 {has} 个值，表头有 {wants} 列；含逗号的值请加英文引号");
                let en =
                    format!("the line has {has} values, the heading row {wants}; put a value with a comma into quotes");
                faults.push(ReferenceError::of_row(spec.name, line, zh, en));
                continue;
            }
            let cell = |(at, (column, cells, need)): (&usize, &(&str, Cells, Need))| {
                let verbatim = matches!(cells, Cells::Verbatim);
                let value = if verbatim { record[*at].trim() } else { &values[*at] };
                cells.read(value, *need).unwrap_or_else(|(zh, en)| {
                    faults.push(ReferenceError::of_cell(spec.name, line, column, zh, en));
                    Cell::Empty
                })
            };
            rows.push(Row { line, cells: places.iter().zip(spec.columns).map(cell).collect() });
        }
        let table = Table { spec, rows };
        if table.rows.is_empty() {
            faults.push(ReferenceError::of_file(spec.name, "没有数据行".to_owned(), "it has no rows".to_owned()));
        }
        table.keys_once(faults);
        Some(table)
    }

    /// The cells of a column, with their lines.
    pub(super) fn column(&self, name: &str) -> impl Iterator<Item = (u64, &Cell)> {
        let place = self.spec.place(name);
        self.rows.iter().map(move |row| (row.line, &row.cells[place]))
    }

    /// A row's cell.
    pub(super) fn cell<'a>(&self, row: &'a Row, name: &str) -> &'a Cell {
        &row.cells[self.spec.place(name)]
    }

    /// The rows as a batch of the table's schema.
    pub(super) fn batch(&self) -> RecordBatch {
        let arrays =
            self.spec.columns.iter().map(|(name, cells, _)| cells.array(self.column(name).map(|(_, cell)| cell)));
        RecordBatch::try_new(self.spec.schema(), arrays.collect()).expect("the arrays are built by the schema")
    }

    fn keys_once(&self, faults: &mut Vec<ReferenceError>) {
        let mut seen: HashMap<Vec<&Cell>, u64> = HashMap::new();
        for row in &self.rows {
            let key: Vec<&Cell> = self.spec.key.iter().map(|name| self.cell(row, name)).collect();
            if key.contains(&&Cell::Empty) {
                continue;
            }
            if let Some(first) = seen.get(&key) {
                let names = self.spec.key.join(", ");
                let zh = format!("与第 {first} 行的 {names} 相同；请只保留一行");
                let en = format!("the same {names} as in line {first}; keep one of the two");
                faults.push(ReferenceError::of_row(self.spec.name, row.line, zh, en));
            } else {
                seen.insert(key, row.line);
            }
        }
    }
}

/// Where each column of the spec stands in the file; columns of the bureau's own are passed over.
fn places(spec: &Spec, headings: &[String], faults: &mut Vec<ReferenceError>) -> Option<Vec<usize>> {
    let before = faults.len();
    let mut places = Vec::new();
    for (name, ..) in spec.columns {
        let found: Vec<usize> = (0..headings.len()).filter(|at| headings[*at] == *name).collect();
        match found[..] {
            [at] => places.push(at),
            [] => {
                let (zh, en) = ("缺少此列；请在表头补上", "the column is missing; add it to the heading row");
                faults.push(ReferenceError::of_cell(spec.name, 1, name, zh.to_owned(), en.to_owned()));
            }
            _ => {
                let (zh, en) =
                    ("表头中此列出现两次；请删去一列", "the heading stands twice; remove one of the columns");
                faults.push(ReferenceError::of_cell(spec.name, 1, name, zh.to_owned(), en.to_owned()));
            }
        }
    }
    (faults.len() == before).then_some(places)
}

impl Cells {
    fn data_type(self) -> DataType {
        match self {
            Cells::Text | Cells::Verbatim | Cells::District | Cells::Choice(_) | Cells::Term | Cells::SchoolYear => {
                DataType::Utf8
            }
            Cells::Date => DataType::Date32,
            Cells::YesNo => DataType::Boolean,
            Cells::Whole => DataType::Int64,
            Cells::Decimal(scale) => DataType::Decimal128(18, scale),
        }
    }

    /// A value, or what is wrong with it in both languages.
    fn read(self, text: &str, need: Need) -> Result<Cell, (String, String)> {
        if text.is_empty() {
            let fault = || ("不能为空；请填写".to_owned(), "it is empty; fill it in".to_owned());
            return if need == Optional { Ok(Cell::Empty) } else { Err(fault()) };
        }
        let own = |holds: bool| holds.then(|| Cell::Text(text.to_owned()));
        let (cell, zh, en) = match self {
            Cells::Text | Cells::Verbatim => (own(true), String::new(), String::new()),
            Cells::District => {
                let digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
                (own(digits), "应为 6 位数字".to_owned(), "write six digits".to_owned())
            }
            Cells::Choice(choices) => {
                let list = choices.join(", ");
                (own(choices.contains(&text)), format!("应为 {list} 之一"), format!("write one of {list}"))
            }
            Cells::Date => (
                date(text).map(Cell::Date),
                "应为日期，如 2019-09-01".to_owned(),
                "write a date like 2019-09-01".to_owned(),
            ),
            Cells::YesNo => {
                let value =
                    ["false", "true"].iter().position(|word| text.eq_ignore_ascii_case(word)).map(|place| place == 1);
                (value.map(Cell::YesNo), "应为 true 或 false".to_owned(), "write true or false".to_owned())
            }
            Cells::Whole => {
                let value = text.parse::<i64>().ok().filter(|value| *value >= 0);
                (value.map(Cell::Whole), "应为不小于 0 的整数".to_owned(), "write a whole number, 0 or more".to_owned())
            }
            Cells::Decimal(scale) => (
                decimal(text, scale).map(Cell::Decimal),
                format!("应为不小于 0 的数，最多 {scale} 位小数"),
                format!("write a number, 0 or more, with at most {scale} places"),
            ),
            Cells::Term => {
                (own(is_term(text)), "应为学期，如 2019-2020-1".to_owned(), "write a term like 2019-2020-1".to_owned())
            }
            Cells::SchoolYear => (
                own(is_school_year(text)),
                "应为学年，如 2019-2020".to_owned(),
                "write a school year like 2019-2020".to_owned(),
            ),
        };
        cell.ok_or_else(|| (format!("“{text}”：{zh}"), format!("`{text}` can't be read; {en}")))
    }

    fn array<'a>(self, cells: impl Iterator<Item = &'a Cell>) -> ArrayRef {
        let whole = |cell: &Cell| if let Cell::Whole(value) = cell { Some(*value) } else { None };
        let yes_no = |cell: &Cell| if let Cell::YesNo(value) = cell { Some(*value) } else { None };
        let decimal = |cell: &Cell| if let Cell::Decimal(value) = cell { Some(*value) } else { None };
        let days = |cell: &Cell| {
            if let Cell::Date(day) = cell { Some((*day - NaiveDate::default()).num_days() as i32) } else { None }
        };
        match self.data_type() {
            DataType::Date32 => Arc::new(cells.map(days).collect::<Date32Array>()),
            DataType::Boolean => Arc::new(cells.map(yes_no).collect::<BooleanArray>()),
            DataType::Int64 => Arc::new(cells.map(whole).collect::<Int64Array>()),
            DataType::Decimal128(precision, scale) => {
                let array = cells.map(decimal).collect::<Decimal128Array>().with_precision_and_scale(precision, scale);
                Arc::new(array.expect("reading bounds the digits"))
            }
            _ => Arc::new(cells.map(Cell::text).collect::<StringArray>()),
        }
    }
}

impl Cell {
    pub(super) fn text(&self) -> Option<&str> {
        if let Cell::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn date(&self) -> Option<NaiveDate> {
        if let Cell::Date(day) = self { Some(*day) } else { None }
    }
}

/// `2019-09-01`, or `2019/9/1` as a spreadsheet program saves it.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split(['-', '/']);
    let mut digits = |most: usize| {
        let part = parts.next()?;
        (part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    let (year, month, day) = (digits(4)?, digits(2)?, digits(2)?);
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    (parts.next().is_none() && year >= 1900).then_some(day)
}

/// A number of at most 12 digits before the point and `scale` after it, as a whole number of the smallest unit.
pub(super) fn decimal(text: &str, scale: i8) -> Option<i128> {
    let scale = usize::try_from(scale).ok()?;
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let part = if part.len() > 1 { part.trim_end_matches('0') } else { part };
    let part = if part.is_empty() { "0" } else { part };
    if !digits(whole) || !digits(part) || part.len() > scale || whole.len() > 12 {
        return None;
    }
    format!("{whole}{part:0<scale$}").parse().ok()
}

/// `2019-2020-1`
fn is_term(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(year, half)| is_school_year(year) && ["1", "2"].contains(&half))
}

/// `2019-2020`
fn is_school_year(text: &str) -> bool {
    let year = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() == 4);
    text.split_once('-').and_then(|(from, to)| year(from).zip(year(to))).is_some_and(|(from, to)| to == from + 1)
}
