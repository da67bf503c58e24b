//! Templates opened again by two other programs.

use std::io::Cursor;
use std::process::Command;

use calamine::{Data, Reader, Xlsx};

use super::known::Known;
use super::{Prefill, TemplateError, owed_forms, template};
use crate::form::{Form, form};

fn named(names: &[&str]) -> Vec<&'static Form> {
    names.iter().map(|name| form(name).unwrap()).collect()
}

fn filled(school: &str, period: &str) -> Prefill {
    Prefill { school_id: Some(school.to_owned()), period: Some(period.to_owned()), known: Known::default() }
}

/// A sheet's rows as text, empty cells as `-`.
fn rows(book: &[u8], sheet: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(book.to_vec())).unwrap();
    let text = |cell: &Data| if *cell == Data::Empty { "-".to_owned() } else { cell.to_string() };
    book.worksheet_range(sheet).unwrap().rows().map(|row| row.iter().map(text).collect()).collect()
}

fn sheets(book: &[u8]) -> Vec<String> {
    Xlsx::new(Cursor::new(book.to_vec())).unwrap().sheet_names()
}

#[test]
fn a_school_gets_its_cover_filled_and_headings_alone() {
    let book = template(&named(&["attendance", "staff_work"]), &filled("3704020001", "2019-09")).unwrap();
    assert_eq!(sheets(&book), ["封面", "学生考勤", "教职工参与情况", "填表说明"]);
    assert_eq!(
        rows(&book, "封面").into_iter().take(4).map(|row| row[..2].to_vec()).collect::<Vec<_>>(),
        [["学校标识码", "3704020001"], ["统计期", "2019-09"], ["填报人", "-"], ["联系电话", "-"]]
    );
    assert_eq!(rows(&book, "学生考勤"), [["日期", "学生编号", "班级", "组别", "学时数"]]);
    assert_eq!(rows(&book, "教职工参与情况"), [["人员编号", "人员类别", "学时数", "绩效金额", "纳入考核"]]);
}

#[test]
fn what_is_sent_for_many_schools_has_the_slice_in_each_row() {
    let book = template(&named(&["subsidy"]), &Prefill::default()).unwrap();
    assert_eq!(rows(&book, "财政补贴"), [["学校标识码", "统计期", "凭证号", "预算金额", "拨付金额", "拨付日期"]]);
    let book = template(&named(&["subsidy"]), &filled("3704020001", "2019-09")).unwrap();
    assert_eq!(rows(&book, "财政补贴"), [["凭证号", "预算金额", "拨付金额", "拨付日期"]]);
    let book = template(&named(&["school"]), &Prefill::default()).unwrap();
    assert_eq!(
        rows(&book, "学校名录"),
        [["学校标识码", "学校名称", "区划代码", "办学类型", "城乡类型", "开办日期", "撤并日期"]]
    );
}

#[test]
fn what_is_known_stands_in_its_rows() {
    let row =
        |cells: &[(&str, &str)]| cells.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let mut prefill = filled("3704020001", "2019-10");
    prefill.known.school_name = Some("某某小学".to_owned());
    prefill.known.rows.insert("class_roster".to_owned(), vec![row(&[("class_id", "一(1)班"), ("grade", "1")])]);
    prefill.known.rows.insert("staff_work".to_owned(), vec![row(&[("staff_id", "0012"), ("role", "教师")])]);
    let book = template(&named(&["class_roster", "staff_work"]), &prefill).unwrap();
    assert_eq!(rows(&book, "封面")[0], ["学校标识码", "3704020001", "某某小学"]);
    assert_eq!(rows(&book, "班级需求汇总表")[1][..3], ["一(1)班", "1", "-"]);
    assert_eq!(rows(&book, "教职工参与情况")[1][..3], ["0012", "教师", "-"]);
}

#[test]
fn without_a_form_it_is_those_that_are_owed() {
    let owed =
        |period: &str| owed_forms(period).unwrap().into_iter().map(|form| form.name.as_str()).collect::<Vec<_>>();
    assert_eq!(owed("2019-09"), ["class_roster", "group_session", "attendance", "charge", "fund_ledger", "staff_work"]);
    assert_eq!(owed("2019-2020-1"), ["service_plan", "survey"]);
    assert_eq!(owed("2019"), ["annual_report"]);
    assert!(owed_forms("九月").is_err());
}

#[test]
fn every_column_of_every_form_is_explained() {
    for form in crate::form::forms() {
        let book = template(&[form], &Prefill::default()).unwrap();
        let explained: Vec<String> = rows(&book, "填表说明").into_iter().map(|row| row[0].clone()).collect();
        for column in &form.columns {
            assert!(explained.contains(&column.heading), "{}: {}", form.name, column.heading);
        }
    }
}

#[test]
fn the_same_words_give_the_same_bytes() {
    let make = || template(&named(&["charge", "fund_ledger"]), &Prefill::default()).unwrap();
    assert!(make() == make());
}

#[test]
fn unfit_words_are_refused() {
    let check = |names: &[&str], prefill: Prefill, expected: &str| {
        let fault: TemplateError = template(&named(names), &prefill).unwrap_err();
        assert_eq!(fault.to_string(), expected);
    };
    check(&[], Prefill::default(), "name at least one form, for example `class_roster`");
    check(&["charge", "charge"], Prefill::default(), "the form `charge` is named twice; name it once");
    check(
        &["charge", "survey", "staff_work"],
        Prefill::default(),
        "a workbook's cover has one period, and these forms are reported by different kinds; make one for each:\n  \
         kehou template charge staff_work --period 2019-09 -o …\n  kehou template survey --period 2019-2020-1 -o …",
    );
    check(&["charge"], filled("3704020001", "2019-13"), "`2019-13` is no month: write it like 2019-09");
    check(&["survey"], filled("3704020001", "2019-2021-1"), "`2019-2021-1` is no term: write it like 2019-2020-1");
    check(&["annual_report"], filled("3704020001", "2019年"), "`2019年` is no year: write it like 2019");
    check(&["charge"], filled("370402", "2019-09"), "`370402` is no school's code: it has 10 digits");
}

/// What openpyxl sees: the drop-downs, the limits and the formats that a spreadsheet would apply.
#[test]
fn openpyxl_sees_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.xlsx");
    let book = template(&named(&["group_session", "class_roster"]), &filled("3704020001", "2019-09")).unwrap();
    std::fs::write(&path, book).unwrap();
    let script = r#"
import sys
try:
    import openpyxl
except ImportError:
    print("openpyxl is missing"); sys.exit(77)
book = openpyxl.load_workbook(sys.argv[1])
sheet = book["活动登记表"]
for rule in sheet.data_validations.dataValidation:
    if rule.type:
        print(rule.sqref, rule.type, rule.formula1, rule.formula2)
print(sheet.column_dimensions["A"].number_format, sheet.column_dimensions["B"].number_format, sheet.column_dimensions["D"].number_format)
print(sheet["A1"].comment.text.splitlines()[0])
print(sheet.protection.sheet, sheet.protection.password, sheet.protection.insertRows, sheet.protection.formatColumns)
print(sheet["A1"].protection.locked, sheet.column_dimensions["A"].protection.locked)
print(book["封面"]["B1"].data_type, book["封面"]["B1"].number_format, book["班级需求汇总表"].max_row)
"#;
    let run = Command::new("python3").arg("-c").arg(script).arg(&path).output();
    let run = match run {
        Ok(run) if run.status.code() != Some(77) => run,
        _ => return eprintln!("skipped: python3 with openpyxl is not installed"),
    };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let expected = "\
A3:A1048576 date 43709 43738
C2:C1048576 list \"作业辅导,自主阅读,体育,文艺,科普,社团,户外拓展,劳动实践,个别辅导,集体教学\" None
D2:D1048576 time 0 0.999988425925926
E2:E1048576 whole 1 999999999
F2:F1048576 whole 1 999999999
G2:G1048576 whole 0 999999999
I2:I1048576 list \"教师,职工,志愿者,第三方\" None
yyyy-mm-dd @ hh:mm
必填。活动当天的日期，须在本月内。
True None False False
True False
s @ 1
";
    assert_eq!(String::from_utf8_lossy(&run.stdout), expected);
}
