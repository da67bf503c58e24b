//! The report's counts and its bounds.

use super::*;
use crate::form::Severity;
use crate::issue::{Issue, Issues};

fn slice(school: &str, issues: Issues) -> SliceReport {
    SliceReport {
        form: "charge".to_owned(),
        school_id: school.to_owned(),
        period: "2019-09".to_owned(),
        state: SliceOutcome::Rejected,
        rows: 1,
        issues: issues.into_vec(),
        receipt: None,
        changes: None,
    }
}

fn bad(rows: std::ops::Range<u32>) -> Issues {
    let mut issues = Issues::default();
    issues.extend(rows.map(|row| Issue::error("value", "“金额”无法识别。", "").at(row, "金额").with_value("x")));
    issues
}

fn report(slices: Vec<SliceReport>) -> Report {
    Report { files: vec![FileReport::new("a.csv".to_owned(), String::new(), true, Vec::new(), slices)] }
}

#[test]
fn counts_are_exact_where_the_list_is_bounded() {
    // Two slices whose further ones are equally many are two lines, not one said twice.
    let report = report(vec![slice("3799000001", bad(2..1602)), slice("3799000002", bad(1602..3202))]);
    let causes = report.files[0].causes();
    assert_eq!(causes.len(), 1);
    assert_eq!((causes[0].count, causes[0].listed.len(), causes[0].more.len()), (3200, 2000, 2));
    let json = serde_json::to_value(&report).expect("it is JSON");
    assert_eq!(json["files"][0]["causes"][0]["count"], 3200);
    assert_eq!(json["files"][0]["causes"][0]["code"], "value");
}

#[test]
fn a_fault_of_the_table_is_said_once() {
    let missing = || {
        let mut issues = Issues::default();
        issues.push(Issue::error("column-missing", "", "").at(1, "班级"));
        issues
    };
    let report = report(vec![slice("3799000001", missing()), slice("3799000002", missing())]);
    assert_eq!(report.files[0].causes()[0].count, 1);
}

#[test]
fn a_hundred_thousand_errors_are_a_few_lines() {
    let mut issues = bad(2..100_002);
    issues.push(Issue::warning("no-school-day", "不是上学日。", "").at(7, "日期"));
    let text = report(vec![slice("3799000001", issues)]).render(Language::Zh);
    assert!(text.lines().count() < 20, "{text}");
    for expected in [
        "[已退回] 错误 100000 处，提醒 1 处",
        "错误 × 100000  填写的内容无法识别：金额  (value)",
        "怎样改：按该列的要求改写",
        "- 第 2 行 金额“x”：“金额”无法识别。",
        "另有 99995 处",
        "提醒 × 1",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert!(text.find("错误 × ").expect("errors") < text.find("提醒 × ").expect("warnings"));
}

#[test]
fn many_files_and_causes_stay_bounded() {
    let file = |at: usize| {
        let issues = (0..100).map(|column| Issue::error("value", "问题", "").at(2, &format!("列{column}"))).collect();
        FileReport::new(format!("{at:04}.csv"), String::new(), true, issues, Vec::new())
    };
    let report = Report { files: (0..1000).map(file).collect() };
    let text = report.render(Language::En);
    assert!(text.lines().count() < 2000, "{} lines", text.lines().count());
    assert!(text.contains("80 more causes, 80 issues"), "causes that are not shown are counted");
    assert!(text.contains("980 more files") && text.contains("780 files more"), "files that are not shown are counted");
}

#[test]
fn the_worst_file_comes_first() {
    let unreadable = Issue::error("broken-workbook", "打不开", "");
    let warned = Issue::warning("unknown-column", "未读取", "");
    let report = Report {
        files: vec![
            FileReport::new("a.csv".to_owned(), String::new(), true, vec![warned], Vec::new()),
            FileReport::new("b.xlsx".to_owned(), String::new(), false, vec![unreadable], Vec::new()),
        ],
    };
    assert_eq!(report.files[0].verdict, Verdict::Accepted);
    assert_eq!(report.files[0].causes()[0].severity, Severity::Warning);
    let text = report.render(Language::Zh);
    assert!(text.find("b.xlsx").expect("named") < text.find("a.csv").expect("named"), "{text}");
}

#[test]
fn a_long_value_is_cut_and_stays_in_its_line() {
    assert_eq!(short("a\nb"), "a b");
    assert_eq!(short(&"汉".repeat(81)), format!("{}…", "汉".repeat(80)));
}
