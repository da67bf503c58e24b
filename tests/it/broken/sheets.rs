//! Workbooks, old and new, and archives.

use rust_xlsxwriter::{Chart, ChartType, Format, Formula, Workbook};

use super::make::{Raw, add, book, charges, csv, pack, patched, roster, rows, rows_with, wide, with};
use super::{Case, good, old_workbook, rejected, unreadable};

const SHEET: &str = "班级需求汇总表";

pub fn cases() -> Vec<Case> {
    [containers(), bombs(), cells(), layouts(), old(), archives()].into_iter().flatten().collect()
}

fn plain() -> Vec<u8> {
    book(SHEET, &roster(), |_| {})
}

/// Files that are no workbook, or hardly one, whatever their names say.
fn containers() -> Vec<Case> {
    let whole = plain();
    let half = whole[..whole.len() / 2].to_vec();
    let tail = whole[..whole.len() - 30].to_vec();
    let mut flipped = whole.clone();
    // Within the packed bytes of the first part.
    flipped[120] ^= 0x55;
    let types: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");
    vec![
        unreadable("truncated_half.xlsx", half, "broken-workbook"),
        unreadable("truncated_tail.xlsx", tail, "broken-workbook"),
        unreadable("damaged.xlsx", flipped, "broken-workbook"),
        unreadable("first_bytes_alone.xlsx", &b"PK\x03\x04"[..], "broken-workbook"),
        unreadable("empty_zip.xlsx", pack(&[]), "broken-workbook"),
        unreadable("no_parts.xlsx", pack(&[types]), "broken-workbook"),
        unreadable("binary.xlsx", pack(&[types, ("xl/workbook.bin", b"1")]), "other-workbook"),
        unreadable("opendocument.xlsx", pack(&[("mimetype", b"x"), ("content.xml", b"<x/>")]), "other-workbook"),
        unreadable("word.xlsx", pack(&[types, ("word/document.xml", b"<x/>")]), "text-document"),
        unreadable("document.xlsx", &b"%PDF-1.7\n"[..], "text-document"),
        unreadable("page.xls", "<html><body><table><tr><td>班级</td></tr></table></body></html>", "web-page")
            .says(&["另存为 xlsx"]),
        unreadable("xml2003.xls", "<?xml version=\"1.0\"?>\n<Workbook xmlns=\"urn:schemas\"/>", "web-page"),
        unreadable("picture.xlsx", &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "unknown-kind"),
        good("csv_named_workbook.xlsx", csv(&roster())),
        good("workbook_named_old.xls", plain()),
        good("workbook_named_text.csv", plain()),
        good("workbook_without_extension", plain()),
        good("名 字 '\"$(x)；..%2f.csv", csv(&roster())),
    ]
}

/// Files that claim or hold much more than they seem to.
fn bombs() -> Vec<Case> {
    let spaces = " ".repeat(200 << 20);
    let blown = Raw { data: spaces, ..Raw::default() }.pack();
    let texts = |count: &str, items: &str| {
        let strings = format!("<sst uniqueCount=\"{count}\">{items}</sst>");
        Raw { data: rows(&roster()), strings: Some(strings), ..Raw::default() }.pack()
    };
    let shared = Raw {
        data: rows_with(
            &roster(),
            2,
            "在籍人数",
            "<c r=\"@\"><f t=\"shared\" ref=\"@\" si=\"4000000000\">30+3</f><v>33</v></c>",
        ),
        ..Raw::default()
    };
    let entities = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \
                    \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>";
    let lol = with(roster(), 2, "班级", "&c;&c;&c;&c;");
    let far = rows(&roster()) + "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
    let outside = rows(&roster()) + "<row r=\"4294967295\"><c r=\"ZZZZ4294967295\"><v>1</v></c></row>";
    let back = rows(&roster()) + "<row r=\"2\"><c r=\"A2\"><v>1</v></c></row>";
    let sparse: String =
        (0..30_000).map(|row| format!("<row r=\"{}\"><c r=\"A{0}\"><v>1</v></c></row>", row + 4)).collect();
    let edge = "<row r=\"40000\"><c r=\"SQ40000\"><v>1</v></c></row>";
    let wide_columns: String = (13..10_000).map(|at| format!("<c r=\"{}1\"><v>1</v></c>", letters(at))).collect();
    let many_columns = rows(&roster()).replacen("</row>", &format!("{wide_columns}</row>"), 1);
    let long = rows_with(
        &roster(),
        2,
        "班级",
        &format!("<c r=\"@\" t=\"inlineStr\"><is><t>{}</t></is></c>", "长".repeat(350_000)),
    );
    let class = |at: usize| with(roster(), 2, "班级", &format!("{at}班")).swap_remove(1);
    let classes: Vec<Vec<String>> = std::iter::once(roster().swap_remove(0)).chain((0..1000).map(class)).collect();
    let merges = format!("<mergeCells>{}</mergeCells>", "<mergeCell ref=\"A2:M1001\"/>".repeat(20_000));
    let merged = Raw { data: rows(&classes), behind: &merges, ..Raw::default() }.pack();
    let raw = |data: String| Raw { data, ..Raw::default() }.pack();
    vec![
        unreadable("bomb_of_spaces.xlsx", blown, "too-large"),
        unreadable("bomb_of_texts.xlsx", texts("17000000", &"<si><t/></si>".repeat(17_000_000)), "too-large"),
        good("eleven_million_texts.xlsx", texts("11000000", &"<si><t>a</t></si>".repeat(11_000_000))),
        unreadable("claims_texts.xlsx", texts("4000000000", "<si><t>1</t></si>"), "broken-workbook"),
        unreadable("claims_more_texts.xlsx", texts("99999999999999999999", "<si><t>1</t></si>"), "broken-workbook"),
        good("claims_formulas.xlsx", shared.pack()),
        good(
            "claims_dimensions.xlsx",
            Raw { data: rows(&roster()), before: "dimension:A1:XFD1048576", ..Raw::default() }.pack(),
        ),
        unreadable(
            "entities.xlsx",
            Raw { data: rows(&lol), before: entities, ..Raw::default() }.pack(),
            "broken-workbook",
        ),
        good("far_away_cell.xlsx", raw(far)).with("too-many-columns").in_sheet(SHEET),
        unreadable("outside_of_the_grid.xlsx", raw(outside), "broken-workbook"),
        unreadable("rows_run_back.xlsx", raw(back), "broken-workbook"),
        unreadable("sparse_and_wide.xlsx", raw(rows(&roster()) + &sparse + edge), "too-large"),
        rejected("merged_over_and_over.xlsx", merged, "merged-cells").in_sheet(SHEET),
        good("ten_thousand_columns.xlsx", raw(many_columns)).with("too-many-columns").in_sheet(SHEET),
        rejected("a_megabyte_in_a_cell.xlsx", raw(long), "cell-too-long").at(2, "班级").in_sheet(SHEET),
    ]
}

/// A column as a spreadsheet names it.
fn letters(mut column: usize) -> String {
    let mut name = String::new();
    loop {
        name.insert(0, char::from(b'A' + (column % 26) as u8));
        if column < 26 {
            return name;
        }
        column = column / 26 - 1;
    }
}

/// Cells with something odd in them.
fn cells() -> Vec<Case> {
    let xml = |grid, row, heading: &str, xml: &str, styles| {
        Raw { data: rows_with(grid, row, heading, xml), styles, ..Raw::default() }.pack()
    };
    // The second style shows a date as Chinese spreadsheets do.
    let chinese = "<cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"31\"/></cellXfs>";
    let old_days = Raw {
        properties: "<workbookPr date1904=\"1\"/>",
        data: rows_with(&charges(), 2, "日期", "<c r=\"@\" s=\"1\"><v>42284</v></c>"),
        styles: Some(chinese),
        ..Raw::default()
    };
    let formula = book(SHEET, &roster(), |sheet| {
        sheet.write_formula(1, 4, Formula::new("=30+3").set_result("33")).expect("a formula");
    });
    let linked = book(SHEET, &roster(), |sheet| {
        sheet.write_formula(1, 4, Formula::new("=[1]Sheet1!$A$1").set_result("33")).expect("a formula");
        sheet.write_url_with_text(1, 2, "https://example.com", "一(1)班").expect("a link");
    });
    let number = "<c r=\"@\"><v>";
    let mut remitted = charges();
    for (row, cell) in remitted.iter_mut().zip(["缴入财政专户日期", "", "2019-10-15"]) {
        row.push(cell.to_owned());
    }
    vec![
        good("formula_with_value.xlsx", formula),
        rejected(
            "formula_without_value.xlsx",
            xml(&roster(), 2, "在籍人数", "<c r=\"@\"><f>30+3</f></c>", None),
            "formula-without-value",
        )
        .at(2, "在籍人数")
        .in_sheet(SHEET)
        .says(&["E2", "打开并保存"]),
        good(
            "formula_of_nothing.xlsx",
            xml(&remitted, 2, "缴入财政专户日期", "<c r=\"@\" t=\"str\"><f>\"\"</f><v></v></c>", None),
        ),
        rejected(
            "division_by_zero.xlsx",
            xml(&roster(), 3, "参加人数", "<c r=\"@\" t=\"e\"><v>#DIV/0!</v></c>", None),
            "cell-error",
        )
        .at(3, "参加人数")
        .in_sheet(SHEET),
        rejected(
            "infinite_number.xlsx",
            xml(&roster(), 3, "参加人数", &format!("{number}1e999</v></c>"), None),
            "long-number",
        )
        .at(3, "参加人数"),
        rejected(
            "eighteen_digits.xlsx",
            xml(&charges(), 2, "学生编号", &format!("{number}370402201901011234</v></c>"), None),
            "long-number",
        )
        .at(2, "学生编号")
        .says(&["15 位", "文本"]),
        unreadable(
            "missing_shared_text.xlsx",
            xml(&roster(), 2, "班级", "<c r=\"@\" t=\"s\"><v>7</v></c>", None),
            "broken-workbook",
        ),
        good("a_truth_for_yes.xlsx", xml(&charges(), 2, "建档立卡", "<c r=\"@\" t=\"b\"><v>0</v></c>", None)),
        good(
            "chinese_date_format.xlsx",
            xml(&charges(), 2, "日期", "<c r=\"@\" s=\"1\"><v>43746</v></c>", Some(chinese)),
        ),
        good("days_since_1904.xlsx", old_days.pack()),
        rejected(
            "date_with_a_time.xlsx",
            xml(&charges(), 2, "日期", "<c r=\"@\" s=\"1\"><v>43746.5</v></c>", Some(chinese)),
            "value",
        )
        .at(2, "日期")
        .says(&["钟点"]),
        rejected("date_as_a_number.xlsx", xml(&charges(), 2, "日期", &format!("{number}43746</v></c>"), None), "value")
            .at(2, "日期")
            .says(&["1900", "1904"]),
        rejected(
            "date_before_all_days.xlsx",
            xml(&charges(), 2, "日期", "<c r=\"@\" s=\"1\"><v>-1</v></c>", Some(chinese)),
            "value",
        )
        .at(2, "日期"),
        rejected(
            "date_beyond_all_days.xlsx",
            xml(&charges(), 2, "日期", "<c r=\"@\" s=\"1\"><v>1e300</v></c>", Some(chinese)),
            "long-number",
        )
        .at(2, "日期"),
        good("links_to_elsewhere.xlsx", linked),
        good("person_as_a_number.xlsx", xml(&charges(), 2, "学生编号", &format!("{number}2019001.0</v></c>"), None)),
    ]
}

/// Sheets laid out in ways of their own.
fn layouts() -> Vec<Case> {
    let format = Format::new();
    let merged_data = book(SHEET, &with(roster(), 3, "年级", ""), |sheet| {
        sheet.merge_range(1, 3, 2, 3, "1", &format).expect("merged");
    });
    let mut titled = vec![vec!["青禾市课后服务\n班级需求汇总表".to_owned()], vec![String::new()]];
    titled.extend(roster());
    let titled = book(SHEET, &titled, |sheet| {
        sheet.merge_range(0, 0, 0, 12, "青禾市课后服务", &format).expect("merged");
    });
    let hidden = |grid: &Vec<Vec<String>>| {
        let mut book = Workbook::new();
        book.add_worksheet().set_name("说明").expect("a sheet").write(0, 0, "").expect("a cell");
        add(&mut book, SHEET, grid, |sheet| {
            sheet.set_hidden(true);
        });
        book.save_to_buffer().expect("a workbook")
    };
    let mut chart = Workbook::new();
    add(&mut chart, SHEET, &roster(), |_| {});
    let mut bars = Chart::new(ChartType::Column);
    bars.add_series().set_values("班级需求汇总表!$E$2:$E$3");
    chart.add_chartsheet().insert_chart(0, 0, &bars).expect("a chart");
    let mut twice = Workbook::new();
    add(&mut twice, SHEET, &roster(), |_| {});
    add(&mut twice, "class_roster", &roster(), |_| {});
    let mut covered = Workbook::new();
    let cover = |period: &str| {
        [["学校标识码", "3799001000"], ["统计期", period]].map(|row| row.map(str::to_owned).to_vec()).to_vec()
    };
    add(&mut covered, "封面", &cover("2019-2020-1"), |_| {});
    let bare: Vec<Vec<String>> = roster().into_iter().map(|row| row[2..].to_vec()).collect();
    add(&mut covered, SHEET, &bare, |_| {});
    let mut other = Workbook::new();
    add(&mut other, "封面", &cover("2019-10"), |_| {});
    add(&mut other, SHEET, &with(roster()[..2].to_vec(), 2, "学校标识码", "3799001259"), |_| {});
    vec![
        rejected("merged_data.xlsx", merged_data, "merged-cell").at(3, "年级").in_sheet(SHEET).says(&["取消合并"]),
        good("title_merged_above.xlsx", titled),
        good("heading_in_two_rows.xlsx", two_row_headings()),
        good("unit_behind_heading.xlsx", book(SHEET, &renamed("在籍人数", "在籍 人数\n（人）"), |_| {})),
        good("other_name_of_heading.xlsx", book(SHEET, &renamed("参加人数", "*实际参加人数："), |_| {})),
        good("hidden_sheet.xlsx", hidden(&roster())).with("empty-sheet"),
        rejected("fault_in_hidden_sheet.xlsx", hidden(&with(roster(), 3, "年级", "十二年级")), "value")
            .at(3, "年级")
            .in_sheet(SHEET),
        good("sheet_of_a_chart.xlsx", chart.save_to_buffer().expect("a workbook")),
        rejected("the_same_on_two_sheets.xlsx", twice.save_to_buffer().expect("a workbook"), "slice-twice"),
        rejected("cover_of_another_period.xlsx", covered.save_to_buffer().expect("a workbook"), "period-kind")
            .at(2, "统计期")
            .in_sheet("封面"),
        rejected("school_is_not_the_cover_s.xlsx", other.save_to_buffer().expect("a workbook"), "not-the-cover's")
            .at(2, "学校标识码")
            .in_sheet(SHEET),
        good(
            "note_beside_the_table.xlsx",
            book(SHEET, &roster(), |sheet| {
                sheet.write(2, 15, "已核对").expect("a cell");
            }),
        )
        .with("no-heading")
        .in_row(3),
        rejected("column_missing.xlsx", book(SHEET, &renamed("参加人数", "参加率"), |_| {}), "column-missing")
            .at(1, "参加人数")
            .in_sheet(SHEET),
        rejected("nothing_in_it.xlsx", book("Sheet1", &Vec::new(), |_| {}), "no-rows"),
        rejected("headings_alone.xlsx", book(SHEET, &roster()[..1].to_vec(), |_| {}), "no-rows"),
    ]
}

/// A roster's headings with one written otherwise.
fn renamed(heading: &str, written: &str) -> Vec<Vec<String>> {
    with(roster(), 1, heading, written)
}

/// The roster with a group's title over three headings, the others merged over both rows.
fn two_row_headings() -> Vec<u8> {
    let mut grid = roster();
    let below = grid[0].clone();
    grid.insert(1, below);
    let format = Format::new();
    book(SHEET, &grid, |sheet| {
        for (column, heading) in roster()[0].iter().enumerate() {
            let column = column as u16;
            if column < 10 {
                sheet.merge_range(0, column, 1, column, heading, &format).expect("merged");
            }
        }
        sheet.merge_range(0, 10, 0, 12, "建档立卡学生情况", &format).expect("merged");
    })
}

/// Workbooks of Excel 97 to 2003.
fn old() -> Vec<Case> {
    let whole = old_workbook();
    let cut = whole[..whole.len() / 2].to_vec();
    let named = |to: &str| {
        let (from, mut name) = (wide("Workbook"), wide(to));
        let length = u16::try_from(name.len() + 2).expect("a short name").to_le_bytes();
        name.resize(64, 0);
        let mut bytes = whole.clone();
        let at = bytes.windows(from.len()).position(|window| window == from).expect("the stream's entry");
        bytes[at..at + 64].copy_from_slice(&name);
        bytes[at + 64..at + 66].copy_from_slice(&length);
        bytes
    };
    // A record of the code page becomes one of a password.
    let locked = patched(whole.clone(), &[0x42, 0, 2, 0, 0xB0, 4], &[0x2F, 0, 2, 0, 0xB0, 4]);
    // The list of sectors runs in a circle: the first sector of the directory follows itself.
    let directory = u32::from_le_bytes(whole[48..52].try_into().expect("four bytes"));
    let table = 512 * (1 + u32::from_le_bytes(whole[76..80].try_into().expect("four bytes")) as usize);
    let mut circle = whole.clone();
    circle[table + 4 * directory as usize..][..4].copy_from_slice(&directory.to_le_bytes());
    // Each sheet's place becomes one behind the end.
    let mut nowhere = whole.clone();
    let mut sheet = nowhere.windows(2).enumerate().filter(|(_, two)| *two == [0x85, 0]).map(|(at, _)| at);
    let sheet = sheet.next_back().expect("a sheet's record");
    nowhere[sheet + 4..sheet + 8].copy_from_slice(&0x7FFF_FFFFu32.to_le_bytes());
    let mut size = whole.clone();
    let found = size.windows(4).position(|four| four == [0x00, 0x02, 14, 0]).expect("a record of dimensions");
    size[found + 4..found + 18].fill(0xFF);
    vec![
        good("old.xls", whole.clone()),
        good("old_without_extension", whole.clone()),
        unreadable("old_truncated.xls", cut, "broken-workbook"),
        unreadable("old_first_bytes.xls", whole[..8].to_vec(), "broken-workbook"),
        unreadable("old_password.xls", locked, "password").says(&["去掉密码"]),
        unreadable("password.xlsx", named("EncryptedPackage"), "password").says(&["去掉密码"]),
        unreadable("excel95.xls", named("Book"), "other-workbook"),
        unreadable("word.xls", named("WordDocument"), "text-document"),
        unreadable("old_in_a_circle.xls", circle, "broken-workbook"),
        unreadable("old_sheet_nowhere.xls", nowhere, "broken-workbook"),
        good("old_claims_dimensions.xls", size),
    ]
}

/// Archives that are refused whole.
fn archives() -> Vec<Case> {
    let spaces = vec![b' '; 90 << 20];
    let bomb = pack(&[("1.csv", &spaces), ("2.csv", &spaces), ("3.csv", &spaces)]);
    let whole = pack(&[("1.csv", csv(&roster()).as_bytes())]);
    let faulty = pack(&[("甲/名单.csv", csv(&with(roster(), 3, "年级", "十年级")).as_bytes())]);
    vec![
        good("sound.zip", whole.clone()),
        good("sound_workbook.zip", pack(&[("一年级/名单.xlsx", &plain())])),
        rejected("fault_inside.zip", faulty, "value").at(3, "年级"),
        unreadable("bomb.zip", bomb, "too-large"),
        unreadable("truncated.zip", whole[..whole.len() - 10].to_vec(), "broken-archive"),
        unreadable("empty.zip", pack(&[]), "empty-archive"),
        unreadable("other.zip", &b"Rar!\x1a\x07\x01\x00"[..], "other-archive").says(&["zip"]),
    ]
}
