//! What is owed, by whom, since when: from the facts as they are now, in five states that are never mixed.

use serde_json::Value;

use crate::desk::{Desk, Slice, school};

const ROSTER: Slice<'static> = ("class_roster", "2019-10", &["一(1)班,1,33,8,8,8,8,8,3,1,1"]);

fn json(desk: &Desk, words: &[&str]) -> Value {
    let text = desk.city.ok(&[&["status", "--today", "2019-11-12", "--format", "json"], words].concat());
    serde_json::from_str(&text).expect("JSON")
}

/// `school form period state days` of each slice that is owed.
fn owed(status: &Value) -> Vec<String> {
    let rows = status["owed"].as_array().expect("a list");
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    rows.iter()
        .map(|row| {
            format!(
                "{} {} {} {} {}",
                text(row, "school_id"),
                text(row, "form"),
                text(row, "period"),
                text(row, "state"),
                row["days_overdue"]
            )
        })
        .collect()
}

#[test]
fn the_five_states_before_any_release() {
    let desk = Desk::new(4);
    // The first school reports in time, the second too late, the third is sent back, the fourth says nothing.
    desk.send("in-time", "2019-11-10", &[(0, ROSTER)]);
    desk.send("late", "2019-11-11", &[(1, ROSTER)]);
    let bad: Slice<'_> = ("class_roster", "2019-10", &["一(1)班,1,x,8,8,8,8,8,3,1,1"]);
    let (_, report) = desk.try_send("bad", "2019-11-09", &[(2, bad)], &[]);
    let receipt = crate::desk::slices(&report)[0]["receipt"].clone();
    // A plan that says no is a report, and not a missing one.
    desk.send("no-plan", "2019-09-10", &[(0, ("service_plan", "2019-2020-1", &["零报告"]))]);

    let status = json(&desk, &["--form", "班级需求汇总表", "--period", "2019-10"]);
    assert_eq!(status["release"], Value::Null);
    let totals = &status["totals"];
    let count = |key: &str| totals[key].as_u64().expect("a count");
    assert_eq!(["reported", "reported_late", "zero", "rejected", "missing", "not_due"].map(count), [2, 1, 0, 1, 1, 0]);
    assert_eq!(
        owed(&status),
        [
            format!("{} class_roster 2019-10 rejected 2", school(2)),
            format!("{} class_roster 2019-10 missing 2", school(3)),
        ]
    );
    let rejected = &status["owed"][0];
    assert_eq!((&rejected["receipt"], &rejected["due_on"]), (&receipt, &Value::from("2019-11-10")));
    assert_eq!([&rejected["district"], &rejected["school"]], ["东湖区", "第2小学"]);
    // November's is not due, and nobody is told to send it.
    let november = json(&desk, &["--form", "class_roster", "--period", "2019-11"]);
    assert_eq!((&november["totals"]["not_due"], owed(&november)), (&Value::from(4), Vec::new()));
    // A zero report is none of the others.
    let plans = json(&desk, &["--form", "service_plan"]);
    let count = |key: &str| plans["totals"][key].as_u64().expect("a count");
    assert_eq!(["reported", "zero", "rejected", "missing", "not_due"].map(count), [0, 1, 0, 3, 0]);

    // On the last day nothing is overdue yet.
    let words = ["status", "--today", "2019-11-10", "--form", "class_roster", "--period", "2019-10", "--format", "csv"];
    let csv = desk.city.ok(&words);
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.contains(",rejected,2019-11-10,0,"), "{csv}");
    let text = desk.city.ok(&["status", "--today", "2019-11-12", "--period", "2019-10"]);
    for word in ["尚未发布数据", "kehou transform", "缺报 ", "第3小学", "退回的回执号"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let text = desk.city.ok(&["status", "--today", "2019-11-12", "--period", "2019-10", "--lang", "en"]);
    assert!(text.contains("No release yet") && text.contains("days overdue"), "{text}");
}

#[test]
fn it_does_not_wait_for_a_release_and_filters() {
    let desk = Desk::new(2);
    desk.city.ok(&["transform", "--today", "2019-11-12"]);
    let words = ["--form", "class_roster", "--period", "2019-10"];
    assert_eq!(owed(&json(&desk, &words)).len(), 2);
    desk.send("roster", "2019-11-11", &[(0, ROSTER)]);
    let status = json(&desk, &words);
    assert_eq!(status["release"]["release"], 1);
    assert_eq!(owed(&status), [format!("{} class_roster 2019-10 missing 2", school(1))]);

    let all = json(&desk, &[]);
    let of = |words: &[&str]| owed(&json(&desk, words));
    assert!(owed(&all).iter().any(|row| row.contains("service_plan")), "{all}");
    assert_eq!(of(&["--district", "379902"]), owed(&all));
    assert_eq!(of(&["--district", "379903"]), Vec::<String>::new());
    let first = of(&["--school", &school(0)]);
    assert!(!first.is_empty() && first.iter().all(|row| row.starts_with(&school(0))), "{first:?}");
    assert_eq!(desk.city.run(&["status", "--school", "3799999999"]).status.code(), Some(1));
    assert_eq!(desk.city.run(&["status", "--form", "nothing"]).status.code(), Some(1));
    assert_eq!(desk.city.run(&["status", "--slice", "--form", "charge"]).status.code(), Some(1));
}

#[test]
fn what_was_sent_back_before_a_withdrawal_is_missing_and_not_rejected() {
    let desk = Desk::new(1);
    let bad: Slice<'_> = ("class_roster", "2019-10", &["一(1)班,1,x,8,8,8,8,8,3,1,1"]);
    desk.try_send("bad", "2019-11-01", &[(0, bad)], &[]);
    desk.send("good", "2019-11-02", &[(0, ROSTER)]);
    let words = ["--form", "class_roster", "--period", "2019-10"];
    assert_eq!(owed(&json(&desk, &words)), Vec::<String>::new());
    desk.city.ok(&[&["withdraw", "--school", &school(0), "--reason", "误报"], &words[..]].concat());
    assert_eq!(owed(&json(&desk, &words)), [format!("{} class_roster 2019-10 missing 2", school(0))]);
    // And what is sent back after it is rejected again.
    let worse: Slice<'_> = ("class_roster", "2019-10", &["一(1)班,1,y,8,8,8,8,8,3,1,1"]);
    desk.try_send("worse", "2019-11-03", &[(0, worse)], &[]);
    assert_eq!(owed(&json(&desk, &words)), [format!("{} class_roster 2019-10 rejected 2", school(0))]);
}
