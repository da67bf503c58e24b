//! Tables of valid rows: what each cell is written as, and what must be read from it.

use chrono::{Datelike, NaiveDate};
use ingest::form::{Column, Form, Kind, normal};
use ingest::person::PersonHasher;
use proptest::prelude::*;

pub const SCHOOL: &str = "3799020001";
pub const PERIOD: &str = "2019-10";

/// A cell.
#[derive(Debug, Clone)]
pub struct Cell {
    /// As it is written.
    pub text: String,
    /// As it must be read; a person's number in place of its hash.
    pub value: String,
    /// As a spreadsheet holds it, where not as text.
    pub native: Native,
}

/// How a spreadsheet holds a value.
#[derive(Debug, Clone)]
pub enum Native {
    Text,
    Number(f64),
    Day(NaiveDate),
    Truth(bool),
}

/// Rows of a form, a cell a column.
#[derive(Debug, Clone)]
pub struct Table {
    pub form: &'static Form,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// What must be read, where the first row has this number.
    pub fn expected(&self, hasher: &PersonHasher, first_row: usize) -> Vec<Vec<String>> {
        let row = |(at, cells): (usize, &Vec<Cell>)| {
            let cell = |(column, cell): (&Column, &Cell)| {
                let value = match column.kind {
                    Kind::Person(kind) => hasher.hash(SCHOOL, kind, &cell.value),
                    _ => cell.value.clone(),
                };
                format!("{}={value}", column.name)
            };
            let mut values = vec![format!("school_id={SCHOOL}"), format!("period={PERIOD}")];
            values.extend(self.form.columns.iter().zip(cells).map(cell));
            values.push(format!("row_no={}", first_row + at));
            values
        };
        self.rows.iter().enumerate().map(row).collect()
    }
}

/// Tables of one to six rows.
pub fn tables(form: &'static Form) -> impl Strategy<Value = Table> {
    prop::collection::vec(row(form), 1..7).prop_map(move |mut rows| {
        // What makes a row's key is its own in each row.
        for (at, cells) in rows.iter_mut().enumerate() {
            for (column, cell) in form.columns.iter().zip(cells) {
                let own = match column.kind {
                    Kind::Text if column.key => format!("{}{at}", cell.value),
                    Kind::Person(_) if column.key => format!("{}{at}", cell.value),
                    _ => continue,
                };
                *cell = Cell { text: own.clone(), value: own, native: Native::Text };
            }
        }
        Table { form, rows }
    })
}

fn row(form: &'static Form) -> BoxedStrategy<Vec<Cell>> {
    let cells: Vec<BoxedStrategy<Cell>> = form.columns.iter().map(|column| cell(form, column)).collect();
    cells
        .prop_map(move |mut cells| {
            // A category belongs to its direction.
            let at = |name: &str| form.columns.iter().position(|column| column.name == name);
            if let (Some(direction), Some(category)) = (at("direction"), at("category")) {
                let income = ["service_fee", "subsidy", "donation"].contains(&cells[category].value.as_str());
                let (label, code) = if income { ("收入", "income") } else { ("支出", "expense") };
                cells[direction] = text(label, code);
            }
            cells
        })
        .boxed()
}

fn text(text: &str, value: &str) -> Cell {
    Cell { text: text.to_owned(), value: value.to_owned(), native: Native::Text }
}

fn cell(form: &Form, column: &Column) -> BoxedStrategy<Cell> {
    let strategy = match &column.kind {
        Kind::Text => words(),
        Kind::Person(_) => prop_oneof![
            (1_000_000u32..9_999_999).prop_map(|number| Cell {
                native: Native::Number(f64::from(number)),
                ..text(&number.to_string(), &number.to_string())
            }),
            "0[0-9]{4}".prop_map(|number| text(&number, &number)),
            "G[0-9]{18}".prop_map(|number| text(&number, &number)),
        ]
        .boxed(),
        Kind::Choice(choices) => {
            let both =
                choices.iter().flat_map(|choice| [text(&choice.label, &choice.code), text(&choice.code, &choice.code)]);
            // Third parties need a provider, which is a column of its own.
            prop::sample::select(both.filter(|cell| cell.value != "third_party").collect::<Vec<_>>()).boxed()
        }
        Kind::Money => (0i64..5_000_000, 0..5).prop_map(|(fen, way)| money(fen, way)).boxed(),
        Kind::Whole { .. } => whole(form, column),
        Kind::Grade => (1usize..=9, any::<bool>())
            .prop_map(|(grade, name)| {
                let numerals = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];
                match name {
                    true => text(&format!("{}年级", numerals[grade - 1]), &grade.to_string()),
                    false => {
                        Cell { native: Native::Number(grade as f64), ..text(&grade.to_string(), &grade.to_string()) }
                    }
                }
            })
            .boxed(),
        Kind::YesNo => (any::<bool>(), 0usize..4)
            .prop_map(|(yes, way)| {
                let words = if yes { ["是", "√", "有", "1"] } else { ["否", "×", "无", "0"] };
                Cell { native: Native::Truth(yes), ..text(words[way], if yes { "true" } else { "false" }) }
            })
            .boxed(),
        Kind::Date => (1u32..=31, 0..6).prop_map(|(day, way)| date(day, way)).boxed(),
        Kind::Month => (1u32..=12, any::<bool>())
            .prop_map(|(month, chinese)| {
                let value = format!("2019-{month:02}");
                text(&if chinese { format!("2019年{month}月") } else { value.clone() }, &value)
            })
            .boxed(),
        Kind::Time => (0u32..24, 0u32..60)
            .prop_map(|(hour, minute)| {
                let value = format!("{hour:02}:{minute:02}");
                text(&value, &value)
            })
            .boxed(),
        other => unreachable!("none of these forms has a column of {other:?}"),
    };
    if column.required { strategy } else { prop_oneof![1 => Just(text("", "")), 3 => strategy].boxed() }
}

/// Words with everything in them that a separator or quotation mark can spoil.
fn words() -> BoxedStrategy<Cell> {
    "[一-龥A-Za-z0-9,;\"'、()（）。Ⅳ①ａ😀\\t\\n -]{0,12}[一-龥]"
        .prop_map(|written| {
            let value = normal(&written);
            text(&written, &value)
        })
        .boxed()
}

fn whole(form: &Form, column: &Column) -> BoxedStrategy<Cell> {
    // Counts that are at most others.
    let range = match (form.name.as_str(), column.name.as_str()) {
        ("class_roster", "pupils") => 300..2000,
        ("class_roster", "poor_pupils" | "poor_wanting" | "poor_enrolled") => 0..20,
        ("class_roster", _) => 20..300,
        _ => 1..2000,
    };
    (range, any::<bool>())
        .prop_map(|(number, grouped): (i32, bool)| {
            let value = number.to_string();
            let written = match grouped && number >= 1000 {
                true => format!("{},{:03}", number / 1000, number % 1000),
                false => value.clone(),
            };
            Cell { native: Native::Number(f64::from(number)), ..text(&written, &value) }
        })
        .boxed()
}

fn money(fen: i64, way: i32) -> Cell {
    let value = format!("{}.{:02}", fen / 100, fen % 100);
    let written = match way {
        0 => value.clone(),
        1 => format!("￥{value}"),
        2 => format!("{value}元"),
        3 if fen % 100 == 0 => (fen / 100).to_string(),
        4 if fen >= 100_000 => format!("{},{:03}.{:02}", fen / 100_000, fen / 100 % 1000, fen % 100),
        _ => value.chars().map(|letter| char::from_u32(letter as u32 + 0xFEE0).expect("a full-width letter")).collect(),
    };
    Cell { native: Native::Number(fen as f64 / 100.0), ..text(&written, &value) }
}

fn date(day: u32, way: i32) -> Cell {
    let date = NaiveDate::from_ymd_opt(2019, 10, day).expect("October has 31 days");
    let (year, month, day) = (date.year(), date.month(), date.day());
    let written = match way {
        0 => format!("{year}-{month:02}-{day:02}"),
        1 => format!("{year}/{month}/{day}"),
        2 => format!("{year}.{month}.{day}"),
        3 => format!("{year}年{month}月{day}日"),
        4 => format!("{year}{month:02}{day:02}"),
        _ => format!("{year}-{month:02}-{day:02} 00:00:00"),
    };
    Cell { native: Native::Day(date), ..text(&written, &date.to_string()) }
}
