//! No raw pupil or staff number stands anywhere in the warehouse folder, in logs, in error texts, or in a drop folder's reports.

use std::fs;
use std::path::{Path, PathBuf};

use crate::city::City;
use crate::facts::ask;

/// Numbers that occur nowhere by chance.
const PUPIL: &str = "88201904417";
const STAFF: &str = "77100200331";

const ATTENDANCE: &str = "学校标识码,统计期,日期,学生编号,班级,组别,学时数";
const CHARGE: &str = "学校标识码,统计期,票据号,日期,学生编号,班级,类型,所属月份,计费学时,金额,建档立卡,缴入财政专户日期,退出服务日期,退费申请日期";
const STAFF_WORK: &str = "学校标识码,统计期,人员编号,人员类别,学时数,绩效金额,纳入考核";

/// Files in which numbers stand where they belong: they are accepted.
fn sound() -> Vec<(&'static str, String)> {
    vec![
        ("attendance.csv", format!("{ATTENDANCE}\n3799001000,2019-11,2019-11-04,{PUPIL},一(1)班,G1,1\n")),
        ("staff.csv", format!("{STAFF_WORK}\n3799001000,2019-11,{STAFF},教师,16,372.67,是\n")),
    ]
}

/// Files in which something is wrong, and numbers stand in each column that is not free text: each is rejected.
fn faulty() -> Vec<(String, String)> {
    let mut files = vec![
        // The person's own cell is right, another one is not.
        ("sessions.csv".to_owned(), format!("{ATTENDANCE}\n3799001000,2019-11,2019-11-05,{PUPIL},一(1)班,G1,x\n")),
        // The same row twice: the key given twice is a person's.
        (
            "twice.csv".to_owned(),
            format!("{ATTENDANCE}\n{}", format!("3799001000,2019-11,2019-11-06,{PUPIL},一(1)班,G1,1\n").repeat(2)),
        ),
        // Neither headings nor a form, and headings of which one is a number.
        ("no headings.csv".to_owned(), format!("3799001000,2019-11,2019-11-05,{PUPIL},一(1)班,G1,1\n")),
        (
            "a number as heading.csv".to_owned(),
            format!("{ATTENDANCE},{PUPIL}\n3799001000,2019-11,2019-11-07,{PUPIL},一(1)班,G1,x,{STAFF}\n"),
        ),
        ("broken.json".to_owned(), format!("{{\"form\": \"attendance\", \"rows\": [{{\"pupil_id\": \"{PUPIL}\", ")),
        (
            "odd.json".to_owned(),
            format!(
                "{{\"form\": \"attendance\", \"rows\": [{{\"school_id\": \"3799001000\", \"period\": \"2019-11\", \
                 \"{PUPIL}\": \"{STAFF}\", \"held_on\": {{\"{PUPIL}\": 1}}, \"pupil_id\": [\"{PUPIL}\"]}}]}}"
            ),
        ),
    ];
    let mut slipped = |form: &str, headings: &str, sound: &[&str], columns: &[usize], number: &str| {
        for column in columns {
            let mut cells = sound.to_vec();
            cells[*column] = number;
            files.push((format!("{form} {column}.csv"), format!("{headings}\n{}\n", cells.join(","))));
        }
    };
    let attendance = ["3799001000", "2019-11", "2019-11-05", PUPIL, "一(1)班", "G1", "1"];
    slipped("attendance", ATTENDANCE, &attendance, &[0, 1, 2, 6], PUPIL);
    let charge = [
        "3799001000",
        "2019-11",
        "P1",
        "2019-11-05",
        PUPIL,
        "一(1)班",
        "收费",
        "2019-11",
        "10",
        "20",
        "否",
        "",
        "",
        "",
    ];
    slipped("charge", CHARGE, &charge, &[0, 1, 3, 6, 7, 10, 11, 12, 13], PUPIL);
    let staff = ["3799001000", "2019-11", STAFF, "教师", "16", "372.67", "是"];
    slipped("staff", STAFF_WORK, &staff, &[0, 1, 3, 6], STAFF);
    files
}

fn write<N: AsRef<str>>(folder: &Path, files: &[(N, String)]) {
    fs::create_dir_all(folder).expect("made");
    for (name, text) in files {
        fs::write(folder.join(name.as_ref()), text).expect("written");
    }
}

/// Searches every byte of every file below a folder, and every cell of every table of facts, whose files are compressed.
fn nowhere_in_the_warehouse(city: &City) {
    let mut searched = 0;
    for file in files(&city.warehouse()) {
        let bytes = fs::read(&file).expect("read");
        searched += 1;
        for raw in [PUPIL, STAFF] {
            assert!(!holds(&bytes, raw), "{raw} stands in {}", file.display());
            assert!(!file.to_string_lossy().contains(raw), "{raw} stands in the name of {}", file.display());
        }
    }
    assert!(searched > 50, "only {searched} files were searched");
    let mut tables = vec!["submission".to_owned(), "submission_issue".to_owned()];
    tables.extend(ingest::form::forms().iter().map(|form| form.table()));
    for table in tables {
        let text = format!("{:?}", ask(&city.warehouse(), &format!("select * from facts.{table}")));
        for raw in [PUPIL, STAFF] {
            assert!(!text.contains(raw), "{raw} stands in {table}");
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// What the command logs at its most talkative. What it prints for the sender is another thing.
fn log_of(city: &City, words: &[&str], code: i32) -> String {
    let output = city.command(words).env("KEHOU_LOG", "debug").output().expect("the command starts");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "kehou {words:?}:\n{log}");
    log
}

#[test]
fn no_raw_number_is_in_the_warehouse_or_in_logs() {
    let city = City::with_example();
    let folder = city.folder().join("inbox");
    let words = ["ingest", &folder.display().to_string(), "--received", "2019-12-05"];
    write(&folder, &sound());
    // The needle must be findable, or the searches prove nothing.
    assert!(holds(fs::read(folder.join("attendance.csv")).expect("read").as_slice(), PUPIL));
    let mut logs = log_of(&city, &words, 0);
    let persons = ask(
        &city.warehouse(),
        "select count(distinct pupil_id) as persons from facts.raw_attendance where period = '2019-11'",
    );
    assert_eq!(persons[0]["persons"], "1");
    assert!(logs.lines().count() > 100, "KEHOU_LOG=debug says much: {logs}");

    write(&folder, &faulty());
    logs.push_str(&log_of(&city, &words, 2));
    let rejected = "select count(*) as lines from facts.submission where state = 'rejected' and period = '2019-11'";
    assert!(ask(&city.warehouse(), rejected)[0]["lines"].parse::<usize>().expect("a number") >= 10);
    let accepted = "select count(*) as lines from facts.submission where state = 'accepted' and period = '2019-11'";
    assert_eq!(ask(&city.warehouse(), accepted)[0]["lines"], "2", "nothing faulty is accepted");
    // Opening, rotating and computing are as silent.
    logs.push_str(&log_of(&city, &["rotate-key"], 0));
    logs.push_str(&log_of(&city, &["transform", "--today", "2020-03-01"], 0));
    for raw in [PUPIL, STAFF] {
        let line = logs.lines().find(|line| line.contains(raw));
        assert!(line.is_none(), "a log holds {raw}: {line:?}");
    }
    nowhere_in_the_warehouse(&city);
    for table in
        ["raw_attendance", "raw_staff_work", "raw_group_session", "raw_charge", "submission", "submission_issue"]
    {
        let text = city.ok(&["query", &format!("select * from {table}"), "--format", "csv"]);
        for raw in [PUPIL, STAFF] {
            assert!(!text.contains(raw), "{raw} stands in {table}");
        }
    }
}

#[test]
fn a_panic_tells_its_place_and_not_its_message() {
    let city = City::with_example();
    for (shown, expected) in [("", false), ("shown", true)] {
        let mut command = city.command(&["verify"]);
        command.env("KEHOU_FAULT", "panic@3").env("KEHOU_PANICS", shown).env("RUST_BACKTRACE", "0");
        let output = command.output().expect("the command starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(said.contains(warehouse::fault::PANIC_MESSAGE), expected, "{said}");
        assert!(expected || said.contains("fault.rs"), "{said}");
    }
}

#[test]
fn a_number_that_reads_as_a_date_is_not_repeated() {
    let city = City::with_example();
    let folder = city.folder().join("slipped");
    // Pupils' numbers in the column of dates: the one lies outside of the month, the other on a Saturday within it.
    let file = |number: &str| format!("{ATTENDANCE}\n3799001000,2019-11,{number},{PUPIL},一(1)班,G1,1\n");
    write(&folder, &[("outside.csv", file("20190107")), ("saturday.csv", file("20191109"))]);
    let output = city.run(&["ingest", &folder.display().to_string(), "--received", "2019-12-05"]);
    assert_eq!(output.status.code(), Some(2));
    let told = "select issue.code, issue.message_zh, issue.message_en from facts.submission_issue as issue \
                join facts.submission as line on line.submission_id = issue.submission_id where line.period = '2019-11'";
    let told = ask(&city.warehouse(), told);
    for code in ["outside-period", "no-school-day"] {
        assert!(told.iter().any(|issue| issue["code"] == code), "{told:?}");
    }
    let text = format!("{told:?}");
    for number in ["20190107", "2019-01-07", "20191109", "2019-11-09"] {
        assert!(!text.contains(number), "{number} stands in {text}");
    }
}
