//! The warnings that compare slices: each broken, exactly at its boundary, without its counterpart, and in both orders of
//! arrival, in one call and in two.

use std::fs;

use serde_json::Value;

use crate::city::example;
use crate::desk::{Desk, Slice, slices};

/// Two slices of one school, and what must be told.
struct Case {
    name: &'static str,
    /// The slice that is judged.
    subject: Slice<'static>,
    /// What it is judged by.
    other: Slice<'static>,
    /// The warnings at the judged slice: `code row column value`.
    told: &'static [&'static str],
    /// How many rows (or sums) the counterpart's report speaks of where it comes second.
    rows: usize,
}

const ROSTER: Slice<'static> = ("class_roster", "2019-10", &["一(1)班,1,33,8,8,8,8,8,3,1,1"]);
const TWO_PUPILS: Slice<'static> =
    ("attendance", "2019-10", &["2019-10-08,2019001,一(1)班,G1,1", "2019-10-08,2019002,一(1)班,G1,1"]);
const PUPILS_40: Slice<'static> = ("class_roster", "2019-09", &["一(1)班,1,40,8,8,8,8,8,3,1,1"]);
/// Charges of 90.00, refunds of 30.00.
const NET_60: Slice<'static> = (
    "charge",
    "2019-10",
    &[
        "SJ1,2019-10-09,2019001,一(1)班,收费,2019-10,30,90.00,否",
        "SJ2,2019-10-10,2019001,一(1)班,退费,2019-10,10,30.00,否",
    ],
);
/// One person leads three sessions.
const THREE_SESSIONS: Slice<'static> = (
    "group_session",
    "2019-10",
    &["2019-10-08,G1,体育,15:30,2,80,0,77100200331,教师", "2019-10-09,G1,体育,15:30,1,40,0,77100200331,教师"],
);

const CASES: &[Case] = &[
    Case {
        name: "a class that the roster lists, however it is written, and one that it does not",
        subject: (
            "attendance",
            "2019-10",
            &[
                "2019-10-08,88201904417,一（1）班,G1,1",
                "2019-10-08,88201904418,一(2)班,G1,1",
                "2019-10-09,88201904418,一(2)班,G1,1",
            ],
        ),
        other: ROSTER,
        told: &["not-listed 3 班级 一(2)班", "not-listed 4 班级 一(2)班"],
        rows: 2,
    },
    Case {
        name: "every class is listed",
        subject: ("attendance", "2019-10", &["2019-10-08,2019001,一(1)班,G1,1"]),
        other: ROSTER,
        told: &[],
        rows: 0,
    },
    Case {
        name: "as many pupils as rows, one more, and a group without any row",
        subject: (
            "group_session",
            "2019-10",
            &[
                "2019-10-08,G1,体育,15:30,1,40,2,1001,教师",
                "2019-10-08,G2,体育,15:30,1,40,1,1001,教师",
                "2019-10-09,G1,体育,15:30,1,40,0,1001,教师",
            ],
        ),
        other: TWO_PUPILS,
        told: &["more-than-rows 3 到场人数 1"],
        rows: 1,
    },
    Case {
        name: "one pupil more than rows of the day and group",
        subject: ("group_session", "2019-10", &["2019-10-08,G1,体育,15:30,1,40,3,1001,教师"]),
        other: TWO_PUPILS,
        told: &["more-than-rows 2 到场人数 3"],
        rows: 1,
    },
    Case {
        name: "fewer pupils than rows are no doubt",
        subject: ("group_session", "2019-10", &["2019-10-08,G1,体育,15:30,1,40,1,1001,教师"]),
        other: TWO_PUPILS,
        told: &[],
        rows: 0,
    },
    Case {
        name: "the sessions led are the sum of the person's sessions, and who led none led none",
        subject: ("staff_work", "2019-10", &["77100200331,教师,3,100.00,是", "77100200332,教师,0,0.00,是"]),
        other: THREE_SESSIONS,
        told: &[],
        rows: 0,
    },
    Case {
        name: "one session more or less, and sessions of whoever led none",
        subject: (
            "staff_work",
            "2019-10",
            &["77100200331,教师,4,100.00,是", "77100200332,教师,1,0.00,是", "77100200333,教师,0,0.00,是"],
        ),
        other: THREE_SESSIONS,
        told: &["not-the-sum 2 学时数 4", "not-the-sum 3 学时数 1"],
        rows: 2,
    },
    Case {
        name: "fees are the net of the charges, whatever else came in",
        subject: (
            "fund_ledger",
            "2019-10",
            &[
                "PZ1,1,2019-10-31,收入,服务性收费,40.00,财政专户",
                "PZ1,2,2019-10-31,收入,服务性收费,20.00,财政专户",
                "PZ1,3,2019-10-31,收入,财政补贴,500.00,财政专户",
            ],
        ),
        other: NET_60,
        told: &[],
        rows: 0,
    },
    Case {
        name: "a fen more than the net of the charges",
        subject: ("fund_ledger", "2019-10", &["PZ1,1,2019-10-31,收入,服务性收费,60.01,财政专户"]),
        other: NET_60,
        told: &["not-the-net – 金额 –"],
        rows: 1,
    },
    Case {
        name: "no fees at all beside charges",
        subject: ("fund_ledger", "2019-10", &["零报告"]),
        other: NET_60,
        told: &["not-the-net – 金额 –"],
        rows: 1,
    },
    Case {
        name: "fees beside no charges at all",
        subject: ("fund_ledger", "2019-10", &["PZ1,1,2019-10-31,收入,服务性收费,60.00,财政专户"]),
        other: ("charge", "2019-10", &["零报告"]),
        told: &["not-the-net – 金额 –"],
        rows: 1,
    },
    Case {
        name: "neither fees nor charges",
        subject: ("fund_ledger", "2019-10", &["零报告"]),
        other: ("charge", "2019-10", &["零报告"]),
        told: &[],
        rows: 0,
    },
    Case {
        name: "half as many pupils again",
        subject: ("class_roster", "2019-10", &["一(1)班,1,60,8,8,8,8,8,3,1,1"]),
        other: PUPILS_40,
        told: &[],
        rows: 0,
    },
    Case {
        name: "more than half as many pupils again",
        subject: ("class_roster", "2019-10", &["一(1)班,1,61,8,8,8,8,8,3,1,1"]),
        other: PUPILS_40,
        told: &["changed-much – 在籍人数 –"],
        rows: 1,
    },
    Case {
        name: "half of the pupils",
        subject: ("class_roster", "2019-10", &["一(1)班,1,20,8,8,8,8,8,3,1,1"]),
        other: PUPILS_40,
        told: &[],
        rows: 0,
    },
    Case {
        name: "less than half of the pupils and of the enrolled",
        subject: ("class_roster", "2019-10", &["一(1)班,1,19,3,3,3,3,3,3,1,1"]),
        other: PUPILS_40,
        told: &["changed-much – 参加人数 –", "changed-much – 在籍人数 –"],
        rows: 2,
    },
    Case {
        name: "charges alone are compared, not refunds",
        subject: (
            "charge",
            "2019-10",
            &[
                "SJ1,2019-10-09,2019001,一(1)班,收费,2019-10,30,90.00,否",
                "SJ2,2019-10-10,2019001,一(1)班,退费,2019-10,10,90.00,否",
            ],
        ),
        other: ("charge", "2019-09", &["SJ1,2019-09-19,2019001,一(1)班,收费,2019-09,30,60.00,否"]),
        told: &[],
        rows: 0,
    },
    Case {
        name: "income alone is compared, and it fell",
        subject: (
            "fund_ledger",
            "2019-10",
            &["PZ1,1,2019-10-31,收入,财政补贴,49.99,财政专户", "PZ1,2,2019-10-31,支出,水电,100.00,财政专户"],
        ),
        other: ("fund_ledger", "2019-09", &["PZ1,1,2019-09-30,收入,财政补贴,100.00,财政专户"]),
        told: &["changed-much – 金额 –"],
        rows: 1,
    },
    Case {
        name: "nothing is no measure for what comes after it",
        subject: ("charge", "2019-10", &["SJ1,2019-10-09,2019001,一(1)班,收费,2019-10,30,90.00,否"]),
        other: ("charge", "2019-09", &["零报告"]),
        told: &[],
        rows: 0,
    },
    Case {
        name: "but nothing after something is a change",
        subject: ("charge", "2019-10", &["零报告"]),
        other: ("charge", "2019-09", &["SJ1,2019-09-19,2019001,一(1)班,收费,2019-09,30,60.00,否"]),
        told: &["changed-much – 金额 –"],
        rows: 1,
    },
    Case {
        name: "what is reported as nothing lists no rows to be counted",
        subject: ("group_session", "2019-10", &["2019-10-08,G1,体育,15:30,1,40,3,1001,教师"]),
        other: ("attendance", "2019-10", &["零报告"]),
        told: &[],
        rows: 0,
    },
];

const CODES: [&str; 5] = ["not-listed", "more-than-rows", "not-the-sum", "not-the-net", "changed-much"];

/// The warnings of a school's slice as `code row column value`, sorted; and their messages.
fn told(report: &Value, school: usize, slice: &Slice<'_>) -> (Vec<String>, Vec<String>) {
    let one = slices(report)
        .into_iter()
        .find(|one| {
            one["school_id"] == crate::desk::school(school).as_str()
                && one["form"] == slice.0
                && one["period"] == slice.1
        })
        .expect("the slice was sent");
    let (mut lines, mut messages) = (Vec::new(), Vec::new());
    for issue in one["issues"].as_array().expect("issues") {
        assert_eq!(issue["severity"], "warning", "{issue}");
        let code = issue["code"].as_str().expect("a code");
        if CODES.contains(&code) {
            let row = issue["row"].as_u64().map_or("–".to_owned(), |row| row.to_string());
            let text = |key: &str| issue[key].as_str().unwrap_or("–").to_owned();
            lines.push(format!("{code} {row} {} {}", text("column"), text("value")));
            messages.push(text("message_zh"));
            messages.push(text("message_en"));
        }
    }
    lines.sort();
    (lines, messages)
}

fn side(pick: impl Fn(&'static Case) -> Slice<'static>) -> Vec<(usize, Slice<'static>)> {
    CASES.iter().enumerate().map(|(n, case)| (n, pick(case))).collect()
}

fn sorted(told: &[&str]) -> Vec<String> {
    let mut told: Vec<String> = told.iter().map(|line| (*line).to_owned()).collect();
    told.sort();
    told
}

#[test]
fn both_slices_in_one_call() {
    let desk = Desk::new(CASES.len());
    let mut all = side(|case| case.subject);
    all.extend(side(|case| case.other));
    let report = desk.send("both", "2019-11-05", &all);
    for (n, case) in CASES.iter().enumerate() {
        assert_eq!(told(&report, n, &case.subject).0, sorted(case.told), "{}", case.name);
        assert_eq!(told(&report, n, &case.other).0, Vec::<String>::new(), "{}", case.name);
    }
    // What is told is stored and counted, at its place.
    desk.city.ok(&["transform", "--today", "2019-11-06"]);
    let stored = desk.city.query(
        "select sent.warnings, count(*) as stored from submission as sent \
         join submission_issue as issue on issue.submission_id = sent.submission_id \
         where sent.warnings > 0 group by sent.submission_id, sent.warnings",
    );
    assert!(stored.len() > 8, "{stored:?}");
    assert!(stored.iter().all(|row| row["warnings"] == row["stored"]), "{stored:?}");
    let place = desk.city.query(
        "select row_no, heading, message_zh, message_en from submission_issue where code = 'not-listed' order by row_no",
    );
    assert_eq!(place.iter().map(|row| row["row_no"].as_str()).collect::<Vec<_>>(), ["3", "4"]);
    assert!(place.iter().all(|row| row["heading"] == "班级" && !row["message_zh"].contains("一(2)班")), "{place:?}");
}

#[test]
fn the_counterpart_first() {
    let desk = Desk::new(CASES.len());
    let quiet = desk.send("others", "2019-11-05", &side(|case| case.other));
    let report = desk.send("subjects", "2019-11-06", &side(|case| case.subject));
    for (n, case) in CASES.iter().enumerate() {
        assert_eq!(told(&quiet, n, &case.other).0, Vec::<String>::new(), "{}", case.name);
        assert_eq!(told(&report, n, &case.subject).0, sorted(case.told), "{}", case.name);
    }
}

#[test]
fn the_counterpart_second_names_the_slice_that_was_there() {
    let desk = Desk::new(CASES.len());
    let quiet = desk.send("subjects", "2019-11-05", &side(|case| case.subject));
    let report = desk.send("others", "2019-11-06", &side(|case| case.other));
    for (n, case) in CASES.iter().enumerate() {
        assert_eq!(told(&quiet, n, &case.subject).0, Vec::<String>::new(), "without counterpart: {}", case.name);
        let (lines, messages) = told(&report, n, &case.other);
        let codes: std::collections::BTreeSet<&str> =
            case.told.iter().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(lines.is_empty(), codes.is_empty(), "{}: {lines:?}", case.name);
        // One warning for a kind of row, one for each sum; at no row, because the rows are another slice's.
        let sums = codes.iter().any(|code| ["not-the-net", "changed-much"].contains(code));
        assert_eq!(lines.len(), if sums { case.rows } else { codes.len() }, "{}: {lines:?}", case.name);
        assert!(lines.iter().all(|line| line.split(' ').nth(1) == Some("–")), "{}: {lines:?}", case.name);
        let same_form = case.subject.0 == case.other.0;
        let heading = &ingest::form::form(case.subject.0).expect("a form").heading;
        for message in messages.iter().step_by(2) {
            assert!(same_form || message.contains(heading.as_str()), "{}: {message}", case.name);
            assert!(message.contains(case.subject.1), "{}: {message}", case.name);
            let rows = format!("有 {} 行", case.rows);
            assert!(sums || message.contains(&rows), "{}: {message}", case.name);
        }
    }
    // No message holds a person's number, and nor does the report's value: what compares persons says where, not who.
    let whole = report.to_string();
    for raw in ["88201904417", "88201904418", "77100200331", "77100200332", "77100200333"] {
        assert!(!whole.contains(raw), "{raw}");
    }
}

#[test]
fn much_of_the_same_is_listed_so_far_and_counted() {
    let desk = Desk::new(1);
    let rows: Vec<String> = (0..1500).map(|n| format!("2019-10-08,{},一(2)班,G1,1", 2_019_001 + n)).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let report = desk.send("call", "2019-11-05", &[(0, ROSTER), (0, ("attendance", "2019-10", &rows))]);
    let attendance = slices(&report).into_iter().find(|slice| slice["form"] == "attendance").expect("it was sent");
    let issues = attendance["issues"].as_array().expect("issues");
    assert_eq!(issues.len(), 1001);
    assert_eq!((&issues[0]["row"], &issues[999]["row"]), (&Value::from(2), &Value::from(1001)));
    assert_eq!(issues[1000]["code"], "more-of-the-same");
    assert!(issues[1000]["message_en"].as_str().is_some_and(|text| text.starts_with("500 more")), "{}", issues[1000]);
    desk.city.ok(&["transform", "--today", "2019-11-06"]);
    assert_eq!(desk.city.query("select warnings from submission where form = 'attendance'")[0]["warnings"], "1500");
}

#[test]
fn what_was_withdrawn_is_no_counterpart() {
    let desk = Desk::new(1);
    desk.send("roster", "2019-11-05", &[(0, ROSTER)]);
    let slice = ["--form", "class_roster", "--school", &crate::desk::school(0), "--period", "2019-10"];
    desk.city.ok(&[&["withdraw"], &slice[..], &["--reason", "误报"]].concat());
    let attendance = CASES[0].subject;
    let report = desk.send("attendance", "2019-11-06", &[(0, attendance)]);
    assert_eq!(told(&report, 0, &attendance).0, Vec::<String>::new());
}

#[test]
fn the_share_in_force_on_the_period_s_last_day_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    for table in fs::read_dir(example().join("reference")).expect("the reference folder") {
        let table = table.expect("a table").path();
        fs::copy(&table, folder.path().join(table.file_name().expect("a name"))).expect("copied");
    }
    let policy = folder.path().join("policy.csv");
    let mut text = fs::read_to_string(&policy).expect("read");
    text += "change_warn_share,0.2,2019-10-31,八\n";
    fs::write(&policy, text).expect("written");
    let desk = Desk::with_reference(folder.path(), 1);
    fn roster<'a>(period: &'a str, rows: &'a [&'a str]) -> Slice<'a> {
        ("class_roster", period, rows)
    }
    desk.send("august", "2019-11-05", &[(0, roster("2019-08", &["一(1)班,1,40,8,8,8,8,8,3,1,1"]))]);
    // September's last day has the old share, October's the new one.
    let september = roster("2019-09", &["一(1)班,1,50,8,8,8,8,8,3,1,1"]);
    let report = desk.send("september", "2019-11-05", &[(0, september)]);
    assert_eq!(told(&report, 0, &september).0, Vec::<String>::new());
    let at_the_limit = roster("2019-10", &["一(1)班,1,60,8,8,8,8,8,3,1,1"]);
    let report = desk.send("october", "2019-11-05", &[(0, at_the_limit)]);
    assert_eq!(told(&report, 0, &at_the_limit).0, Vec::<String>::new());
    let above = roster("2019-10", &["一(1)班,1,61,8,8,8,8,8,3,1,1"]);
    let report = desk.send("corrected", "2019-11-06", &[(0, above)]);
    assert_eq!(told(&report, 0, &above).0, ["changed-much – 在籍人数 –"]);
}
