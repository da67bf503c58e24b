//! Files as other programs write them, and as nobody should.

use std::io::{Cursor, Write};

use rust_xlsxwriter::{Workbook, Worksheet};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The headings of a bulk roster.
pub const ROSTER: [&str; 13] = [
    "学校标识码",
    "统计期",
    "班级",
    "年级",
    "在籍人数",
    "有需求人数",
    "家长申请人数",
    "班级审核人数",
    "参加人数",
    "三方签字份数",
    "建档立卡人数",
    "建档立卡有需求人数",
    "建档立卡参加人数",
];

/// The headings of a bulk list of charges that are required.
pub const CHARGE: [&str; 11] =
    ["学校标识码", "统计期", "票据号", "日期", "学生编号", "班级", "类型", "所属月份", "计费学时", "金额", "建档立卡"];

pub type Grid = Vec<Vec<String>>;

fn grid(headings: &[&str], rows: &[&[&str]]) -> Grid {
    let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
    std::iter::once(row(headings)).chain(rows.iter().map(|cells| row(cells))).collect()
}

/// A sound roster of two classes: headings in row 1, data in rows 2 and 3.
pub fn roster() -> Grid {
    let one = ["3799001000", "2019-10", "一(1)班", "1", "33", "8", "8", "8", "8", "8", "3", "1", "1"];
    let two = ["3799001000", "2019-10", "二(1)班", "2", "30", "9", "9", "9", "9", "9", "2", "1", "1"];
    grid(&ROSTER, &[&one, &two])
}

/// A sound list of two charges: headings in row 1, data in rows 2 and 3.
pub fn charges() -> Grid {
    let one =
        ["3799001000", "2019-10", "T1", "2019-10-08", "2019001", "一(1)班", "收费", "2019-10", "20", "60.00", "否"];
    let two =
        ["3799001000", "2019-10", "T2", "2019-10-09", "2019002", "一(1)班", "收费", "2019-10", "20", "60.00", "否"];
    grid(&CHARGE, &[&one, &two])
}

/// The grid with one cell changed: by its heading, in the row that a spreadsheet shows.
pub fn with(mut grid: Grid, row: usize, heading: &str, cell: &str) -> Grid {
    let column = grid[0].iter().position(|one| one == heading).expect("a heading");
    grid[row - 1][column] = cell.to_owned();
    grid
}

/// A grid as CSV.
pub fn csv(grid: &Grid) -> String {
    let quoted = |cell: &String| match cell.contains([',', '"', '\n', '\r', ';', '\t']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.clone(),
    };
    grid.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n").collect()
}

/// A grid as a workbook of one sheet of text, changed further by `more`.
pub fn book(sheet: &str, grid: &Grid, more: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    add(&mut book, sheet, grid, more);
    book.save_to_buffer().expect("a workbook")
}

/// Adds a sheet of text.
pub fn add(book: &mut Workbook, name: &str, grid: &Grid, more: impl FnOnce(&mut Worksheet)) {
    let sheet = book.add_worksheet().set_name(name).expect("a sheet");
    for (row, cells) in grid.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            sheet.write(row as u32, column as u16, cell).expect("a cell");
        }
    }
    more(sheet);
}

/// A zip of files.
pub fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file(*name, options).expect("a file");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("a zip").into_inner()
}

const SPREADSHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of one sheet, its parts written as they are given: the workbook's own attributes, what stands before and in
/// `sheetData`, what stands behind it, and the shared texts.
#[derive(Default)]
pub struct Raw<'a> {
    pub properties: &'a str,
    pub before: &'a str,
    pub data: String,
    pub behind: &'a str,
    pub strings: Option<String>,
    pub styles: Option<&'a str>,
}

impl Raw<'_> {
    pub fn pack(&self) -> Vec<u8> {
        let package = "http://schemas.openxmlformats.org/package/2006";
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
        let types = format!(
            "{head}<Types xmlns=\"{package}/content-types\"><Default Extension=\"rels\" \
             ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" \
             ContentType=\"{kind}.worksheet+xml\"/><Override PartName=\"/xl/workbook.xml\" \
             ContentType=\"{kind}.sheet.main+xml\"/></Types>"
        );
        let relation = |id: u8, kind: &str, to: &str| {
            format!("<Relationship Id=\"r{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{to}\"/>")
        };
        let relations =
            |all: &str| format!("{head}<Relationships xmlns=\"{package}/relationships\">{all}</Relationships>");
        let book = format!(
            "{head}<workbook xmlns=\"{SPREADSHEET}\" xmlns:r=\"{OFFICE}\">{}<sheets><sheet name=\"班级需求汇总表\" \
             sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>",
            self.properties
        );
        let book = if self.data.contains("票据号") {
            book.replace("班级需求汇总表", "收退费台账")
        } else {
            book
        };
        let sheet = format!(
            "{head}{}<worksheet xmlns=\"{SPREADSHEET}\"><dimension ref=\"A1\"/><sheetData>{}</sheetData>{}</worksheet>",
            self.before, self.data, self.behind
        );
        let sheet = match self.before.strip_prefix("dimension:") {
            Some(area) => sheet.replace(self.before, "").replace("ref=\"A1\"", &format!("ref=\"{area}\"")),
            None => sheet,
        };
        let mut all = relation(1, "worksheet", "worksheets/sheet1.xml");
        let mut parts = vec![
            ("[Content_Types].xml", types),
            ("_rels/.rels", relations(&relation(1, "officeDocument", "xl/workbook.xml"))),
            ("xl/workbook.xml", book),
            ("xl/worksheets/sheet1.xml", sheet),
        ];
        if let Some(strings) = &self.strings {
            all += &relation(2, "sharedStrings", "sharedStrings.xml");
            parts.push(("xl/sharedStrings.xml", format!("{head}{strings}")));
        }
        if let Some(styles) = self.styles {
            all += &relation(3, "styles", "styles.xml");
            parts.push(("xl/styles.xml", format!("{head}<styleSheet xmlns=\"{SPREADSHEET}\">{styles}</styleSheet>")));
        }
        parts.push(("xl/_rels/workbook.xml.rels", relations(&all)));
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        pack(&parts)
    }
}

/// A grid as the XML of its rows: every cell text in its place.
pub fn rows(grid: &Grid) -> String {
    let row = |(at, cells): (usize, &Vec<String>)| {
        let cells: String = cells.iter().enumerate().map(|(column, cell)| text_cell(at + 1, column, cell)).collect();
        format!("<row r=\"{}\">{cells}</row>", at + 1)
    };
    grid.iter().enumerate().map(row).collect()
}

fn text_cell(row: usize, column: usize, text: &str) -> String {
    format!("<c r=\"{}\" t=\"inlineStr\"><is><t>{text}</t></is></c>", place(row, column))
}

/// A place as a spreadsheet names it, in the first 26 columns.
pub fn place(row: usize, column: usize) -> String {
    format!("{}{row}", char::from(b'A' + u8::try_from(column).expect("a letter")))
}

/// A grid's rows with one cell's XML in place of its text.
pub fn rows_with(grid: &Grid, row: usize, heading: &str, xml: &str) -> String {
    let column = grid[0].iter().position(|one| one == heading).expect("a heading");
    rows(grid).replace(&text_cell(row, column, &grid[row - 1][column]), &xml.replace('@', &place(row, column)))
}

/// The bytes with the first occurrence of some in others' place, of the same length.
pub fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|window| window == from).expect("what is to be patched");
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

/// Text in UTF-16 without a mark.
pub fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
