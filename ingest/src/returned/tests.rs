//! Returned files opened again by the reader and by another reader of workbooks.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use rust_xlsxwriter::{Format, Note, Workbook};

use super::*;
use crate::form::Severity;
use crate::issue::{Issue, Issues};
use crate::read::read;
use crate::report::{SliceOutcome, SliceReport};

const SHEET: &str = "教职工参与情况";
const HEADINGS: [&str; 5] = ["人员编号", "人员类别", "学时数", "绩效金额", "纳入考核"];

/// A workbook of a school: cover, title line, headings with a note, rows.
fn book(rows: &[[&str; 5]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let cover = book.add_worksheet().set_name("封面").expect("a name");
    for (row, (label, value)) in (0u32..).zip([("学校标识码", "3799001000"), ("统计期", "2019-09")]) {
        cover.write_string(row, 0, label).and_then(|cover| cover.write_string(row, 1, value)).expect("written");
    }
    let sheet = book.add_worksheet().set_name(SHEET).expect("a name");
    sheet.write_string(0, 0, "某校教职工参与情况").expect("written");
    for (column, heading) in (0u16..).zip(HEADINGS) {
        sheet.write_string_with_format(1, column, heading, &Format::new().set_bold()).expect("written");
    }
    sheet.insert_note(1, 0, &Note::new("人员在本校的编号")).expect("written");
    for (row, cells) in (2u32..).zip(rows) {
        for (column, cell) in (0u16..).zip(*cells) {
            sheet.write_string(row, column, cell).expect("written");
        }
    }
    book.save_to_buffer().expect("written")
}

fn report(file: &str, issues: Vec<Issue>) -> FileReport {
    let mut all = Issues::default();
    all.extend(issues);
    let state = if all.rejects() { SliceOutcome::Rejected } else { SliceOutcome::Accepted };
    let slice = SliceReport {
        form: "staff_work".to_owned(),
        school_id: "3799001000".to_owned(),
        period: "2019-09".to_owned(),
        state,
        rows: 2,
        issues: all.into_vec(),
        receipt: None,
        changes: None,
    };
    FileReport::new(file.to_owned(), String::new(), true, Vec::new(), vec![slice])
}

fn at(issue: Issue, row: u32, column: &str) -> Issue {
    issue.in_sheet(Some(SHEET)).at(row, column)
}

fn money(row: u32) -> Issue {
    at(Issue::error("value", "“绩效金额”无法识别；应为金额。", "no amount"), row, "绩效金额").with_value("=1+x")
}

fn sheets(bytes: &[u8]) -> Vec<String> {
    Xlsx::new(Cursor::new(bytes.to_vec())).expect("a workbook").sheet_names()
}

/// A sheet's cells as text, without blank ones at the ends of rows.
fn cells(bytes: &[u8], sheet: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).expect("a workbook");
    let range = book.worksheet_range(sheet).expect("the sheet");
    let text = |cell: &Data| cell.to_string();
    let trimmed = |row: Vec<String>| {
        let filled = row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |at| at + 1);
        row[..filled].to_vec()
    };
    range.rows().map(|row| trimmed(row.iter().map(text).collect())).collect()
}

fn part(bytes: &[u8], name: &str) -> String {
    package::Package::open(bytes).and_then(|mut package| package.text(name)).unwrap_or_else(|_| panic!("no {name}"))
}

const ROWS: [[&str; 5]; 2] = [["1001", "教师", "16", "=1+x", "是"], ["1002", "教师", "8", "200", "是"]];

#[test]
fn a_workbook_comes_back_marked_and_is_read_as_before() {
    let sent = book(&ROWS);
    let warning = at(Issue::warning("no-school-day", "学时数与活动登记表不一致。", "differs"), 3, "学时数");
    let back = returned("inbox/九月.xlsx", &sent, &report("九月.xlsx", vec![money(3), warning])).expect("a workbook");
    assert_eq!(back.name, "九月_退回.xlsx");
    assert_eq!(sheets(&back.bytes), ["问题汇总", "封面", SHEET]);
    let marked = cells(&back.bytes, SHEET);
    assert_eq!(marked[1].last().map(String::as_str), Some("错误说明"));
    assert_eq!(marked[2][..5], ROWS[0]);
    assert_eq!(marked[2][5], "1. “绩效金额”无法识别；应为金额。\n2. （提醒）学时数与活动登记表不一致。");
    assert_eq!(marked[3].len(), 5, "a sound row says nothing");
    let summary = cells(&back.bytes, "问题汇总").concat().join("\n");
    for said in ["已退回：有 1 处错误", "绩效金额", "'=1+x", "按该列的要求改写"] {
        assert!(summary.contains(said), "{said} is not in\n{summary}");
    }
    // The reader passes over what was added, and sees the rows as they were sent.
    let (before, after) = (read("a.xlsx", &sent, None), read("a.xlsx", &back.bytes, None));
    assert!(after.issues.is_empty() && after.tables[0].issues.is_empty(), "{:?}", after.tables[0].issues);
    let texts = |document: &crate::read::Document| {
        let columns = document.tables[0].columns.iter();
        columns
            .map(|column| {
                (column.name.clone(), column.texts.iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(&before), texts(&after));
    assert_eq!(before.tables[0].rows, after.tables[0].rows);
}

#[test]
fn a_second_return_replaces_the_first() {
    let first = returned("九月.xlsx", &book(&ROWS), &report("九月.xlsx", vec![money(3)])).expect("a workbook");
    let other = at(Issue::error("key-twice", "与前面某行重复。", "twice"), 4, "人员编号");
    let second = returned("九月_退回.xlsx", &first.bytes, &report("九月_退回.xlsx", vec![other])).expect("a workbook");
    assert_eq!(sheets(&second.bytes), ["问题汇总", "封面", SHEET]);
    let marked = cells(&second.bytes, SHEET);
    assert_eq!(marked[1].iter().filter(|cell| *cell == "错误说明").count(), 1);
    assert_eq!((marked[2].len(), marked[3][5].as_str()), (5, "人员编号：与前面某行重复。"));
    let comments = part(&second.bytes, "xl/comments1.xml");
    assert!(comments.contains("人员在本校的编号"), "the note of the heading stays: {comments}");
    assert!(comments.contains("与前面某行重复") && !comments.contains("无法识别"), "{comments}");
}

#[test]
fn a_row_that_was_emptied_is_no_row_though_it_is_still_told_about() {
    let back = returned("九月.xlsx", &book(&[ROWS[0], ["", "", "", "", ""]]), &report("九月.xlsx", vec![money(4)]));
    let document = read("a.xlsx", &back.expect("a workbook").bytes, None);
    assert_eq!(document.tables[0].rows, [3]);
}

#[test]
fn a_csv_comes_back_with_two_columns() {
    let text = "学校标识码;统计期;人员编号;人员类别;学时数;绩效金额\n\
                3799001000;2019-09;1001;教师;16;\"a;b\"\n\n3799001000;2019-09;1002;教师;8;200\n";
    let (national, _, _) = encoding_rs::GB18030.encode(text);
    let issues = vec![
        Issue::error("value", "=金额无法识别", "").at(2, "绩效金额"),
        Issue::warning("no-school-day", "学时数不一致。", "").at(2, "学时数"),
        Issue::error("value", "“学时数”无法识别。", "").at(4, "学时数"),
    ];
    let back = returned("九月.csv", &national, &report("九月.csv", issues)).expect("a CSV file");
    assert_eq!(back.name, "九月_退回.csv");
    let written = String::from_utf8(back.bytes.clone()).expect("UTF-8");
    let expected = "\u{feff}学校标识码;统计期;人员编号;人员类别;学时数;绩效金额;错误位置;错误说明\r\n\
                    3799001000;2019-09;1001;教师;16;\"a;b\";绩效金额、学时数;1. 绩效金额：=金额无法识别 2. （提醒）学时数不一致。\r\n\
                    \r\n3799001000;2019-09;1002;教师;8;200;学时数;“学时数”无法识别。\r\n";
    assert_eq!(written, expected);
    let document = read("a.csv", &back.bytes, None);
    assert!(document.tables[0].issues.is_empty(), "{:?}", document.tables[0].issues);
    // Returned again, the columns are not doubled, and what begins like a formula is kept from being one.
    let again = report("九月.csv", vec![Issue::error("value", "=1", "").in_row(4)]);
    let again = returned("九月_退回.csv", &back.bytes, &again).expect("a CSV file");
    let written = String::from_utf8(again.bytes).expect("UTF-8");
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines[0], "\u{feff}学校标识码;统计期;人员编号;人员类别;学时数;绩效金额;错误位置;错误说明");
    assert_eq!(lines[1], "3799001000;2019-09;1001;教师;16;\"a;b\"");
    assert_eq!(lines[3], "3799001000;2019-09;1002;教师;8;200;;'=1");
}

#[test]
fn what_can_not_be_opened_comes_back_as_its_summary() {
    let broken = Issue::error("broken-workbook", "工作簿无法打开。", "can't be opened");
    let report = FileReport::new("坏.xlsx".to_owned(), String::new(), false, vec![broken], Vec::new());
    let back = returned("坏.xlsx", b"PK\x03\x04 no zip", &report).expect("a summary");
    assert_eq!(sheets(&back.bytes), ["问题汇总"]);
    let said = cells(&back.bytes, "问题汇总").concat().join("\n");
    assert!(said.contains("无法读取") && said.contains("工作簿无法打开。") && said.contains("取消密码"), "{said}");
    assert!(returned("a.json", b"{}", &report).is_none(), "programs read the report");
}

#[test]
fn several_files_are_one_summary() {
    let one = report("一.xlsx", vec![money(3)]);
    let two = report("二.csv", vec![Issue::error("missing", "“学时数”没有填写。", "").at(2, "学时数")]);
    let bytes = summary_of(&Report { files: vec![one, two] });
    let said = cells(&bytes, "问题汇总").concat().join("\n");
    assert!(said.contains("问题汇总：一.xlsx") && said.contains("问题汇总：二.csv"), "{said}");
}

#[test]
fn a_hundred_thousand_bad_rows_are_all_marked_and_few_are_commented() {
    let rows = vec![ROWS[0]; 100_000];
    let issues = (3..100_003).map(money).collect();
    let back = returned("大.xlsx", &book(&rows), &report("大.xlsx", issues)).expect("a workbook");
    let marked = cells(&back.bytes, SHEET);
    let told = marked.iter().filter(|row| row.get(5).is_some_and(|cell| cell.contains("绩效金额"))).count();
    assert_eq!(told, 100_000);
    // The note of the heading stands beside them.
    assert_eq!(part(&back.bytes, "xl/comments1.xml").matches("<comment ").count(), 2001);
    let said = cells(&back.bytes, "问题汇总").concat().join("\n");
    assert!(
        said.contains("另有 98000 个只加底色") && said.contains("共 100000 处，下表列出 1000 处"),
        "{}",
        &said[..2000]
    );
}

#[test]
fn marks_know_the_worst_first() {
    let warning = at(Issue::warning("no-school-day", "提醒", ""), 3, "绩效金额");
    let marks = Marks::of(&report("a.xlsx", vec![warning, money(3)]));
    let row = &marks.rows(Some(SHEET)).expect("the sheet")[&3];
    assert_eq!(row.iter().map(|mark| mark.severity).collect::<Vec<_>>(), [Severity::Error, Severity::Warning]);
}

/// An xls that another program wrote.
const XLS: &[u8] = include_bytes!("fixtures/old.xls");

#[test]
fn an_xls_comes_back_as_a_workbook_of_its_cells() {
    let issue = Issue::error("value", "“人员类别”无法识别。", "").in_sheet(Some("活动登记表")).at(2, "人员类别");
    let mut of = report("旧.xls", vec![issue]);
    of.slices[0].form = "group_session".to_owned();
    let back = returned("旧.xls", XLS, &of).expect("a workbook");
    assert_eq!(back.name, "旧_退回.xlsx");
    assert_eq!(sheets(&back.bytes), ["问题汇总", "封面", "活动登记表"]);
    let document = read("旧.xlsx", &back.bytes, None);
    let text = |name: &str| {
        let column = document.tables[0].columns.iter().find(|column| column.name == name).expect("the column");
        column.texts.get(0).map(str::to_owned)
    };
    let read = ["held_on", "started_at", "pupils_present", "staff_kind"].map(text);
    assert_eq!(read.each_ref().map(Option::as_deref), [Some("2019-11-04"), Some("16:30"), Some("12"), Some("老师")]);
    assert_eq!(cells(&back.bytes, "活动登记表")[1].last().map(String::as_str), Some("“人员类别”无法识别。"));
}

#[test]
fn a_workbook_that_is_torn_or_garbled_never_stops_the_return() {
    let sent = book(&ROWS);
    let found = report("九月.xlsx", vec![money(3)]);
    let marked = returned("九月.xlsx", &sent, &found).expect("a workbook").bytes;
    for whole in [&sent, &marked] {
        for at in (0..whole.len()).step_by(whole.len() / 60) {
            let mut garbled = whole.clone();
            garbled[at] ^= 0x55;
            for bytes in [&whole[..at], &garbled] {
                let back = returned("九月.xlsx", bytes, &found).expect("a workbook");
                assert_eq!(sheets(&back.bytes)[0], "问题汇总");
            }
        }
    }
}
