//! Slices that are taken back, corrections that say what they changed, and receipts that lead to both.

use serde_json::Value;

use crate::desk::{Desk, Slice, school, slices};

const FIRST: Slice<'static> =
    ("class_roster", "2019-10", &["一(1)班,1,33,20,20,20,20,20,3,1,1", "一(2)班,1,30,10,10,10,10,10,3,1,1"]);
/// One class is gone, one is new, and one has other numbers.
const SECOND: Slice<'static> =
    ("class_roster", "2019-10", &["一(1)班,1,34,21,21,21,21,21,3,1,1", "一(3)班,1,30,10,10,10,10,10,3,1,1"]);

fn withdraw<'a>(desk: &Desk, words: &[&'a str]) -> (Option<i32>, String) {
    let output = desk.city.run(&[&["withdraw"], words].concat::<&'a str>());
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

fn of_slice(school: &str) -> [&str; 6] {
    ["--form", "class_roster", "--school", school, "--period", "2019-10"]
}

fn receipt(report: &Value) -> String {
    slices(report)[0]["receipt"].as_str().expect("a receipt").to_owned()
}

/// The state of the slice in a new release, and how many pupils the figures count in it.
fn state(desk: &Desk) -> (String, String) {
    desk.city.ok(&["transform", "--today", "2020-03-01"]);
    let state = desk.city.query("select state from marts.slice where form = 'class_roster' and period = '2019-10'");
    let pupils =
        "select denominator from indicator_value where indicator = 'C04' and level = 'school' and period = '2019-10'";
    let pupils = desk.city.query(pupils).first().map(|row| row["denominator"].clone()).unwrap_or_default();
    (state[0]["state"].clone(), pupils)
}

fn ledger(desk: &Desk) -> Vec<(String, String)> {
    desk.city.ok(&["transform", "--today", "2020-03-01"]);
    let lines =
        desk.city.query("select state, replaces from submission where form = 'class_roster' order by received_at");
    lines.into_iter().map(|row| (row["state"].clone(), row["replaces"].clone())).collect()
}

#[test]
fn a_withdrawn_slice_is_missing_until_it_is_sent_again() {
    let desk = Desk::new(1);
    let id = school(0);
    desk.send("first", "2019-11-01", &[(0, FIRST)]);
    desk.send("second", "2019-11-02", &[(0, SECOND)]);
    assert_eq!(state(&desk), ("reported".to_owned(), "64.00".to_owned()));

    let (code, said) = withdraw(&desk, &[&of_slice(&id)[..], &["--reason", "误报了别校的表"]].concat());
    assert_eq!(code, Some(0), "{said}");
    // The version before does not come back.
    assert_eq!(state(&desk), ("missing".to_owned(), "0.00".to_owned()));
    let reported = "select reported, expected from indicator_value where indicator = 'C04' and level = 'school' \
                    and period = '2019-10'";
    let reported = desk.city.query(reported);
    assert_eq!([&reported[0]["reported"], &reported[0]["expected"]], ["0", "1"]);
    let reason = "select issue.message_zh from submission as sent join submission_issue as issue \
                  on issue.submission_id = sent.submission_id where sent.state = 'withdrawn'";
    assert!(desk.city.query(reason)[0]["message_zh"].contains("误报了别校的表"));

    // Bytes that were accepted before change nothing, whatever came between: a folder that is read again undoes nothing.
    for call in ["first", "second"] {
        let (output, report) = desk.read_folder(call, "2019-11-20", &[]);
        assert!(output.status.success());
        let slice = slices(&report)[0];
        assert_eq!((&slice["state"], &slice["receipt"]), (&Value::from("unchanged"), &Value::Null));
        assert_eq!(slice["issues"][0]["code"], "was-withdrawn");
    }
    assert_eq!(state(&desk).0, "missing");
    // Asked for, they are taken again; and what comes after the due date is late, whenever the withdrawn one came.
    let (output, report) = desk.read_folder("second", "2019-11-20", &["--again"]);
    assert!(output.status.success());
    assert_eq!(slices(&report)[0]["state"], "accepted");
    assert_eq!(state(&desk), ("reported".to_owned(), "64.00".to_owned()));
    let late = desk.city.query(
        "select is_late, received_on, due_on from marts.slice where form = 'class_roster' and period = '2019-10'",
    );
    assert_eq!(late[0]["is_late"], "true");
    assert_eq!((late[0]["received_on"].as_str(), late[0]["due_on"].as_str()), ("2019-11-20", "2019-11-10"));
    desk.city.ok(&["verify"]);
}

#[test]
fn only_what_counts_can_be_withdrawn() {
    let desk = Desk::new(2);
    let id = school(0);
    let why = ["--reason", "误报"];
    let (code, said) = withdraw(&desk, &[&of_slice(&id)[..], &why].concat());
    assert_eq!(code, Some(1), "{said}");
    let first = receipt(&desk.send("first", "2019-11-01", &[(0, FIRST)]));
    let (_, report) = desk.try_send("bad", "2019-11-02", &[(1, ("class_roster", "2019-10", &["一(1)班,1,x"]))], &[]);
    let rejected = receipt(&report);
    let second = receipt(&desk.send("second", "2019-11-03", &[(0, SECOND)]));
    let before = ledger(&desk);
    for words in [
        // A rejected one, one that was replaced, an unknown one, one with a wrong letter; no reason; another period.
        vec!["--receipt", &rejected, "--reason", "误报"],
        vec!["--receipt", &first, "--reason", "误报"],
        vec!["--receipt", "22222222", "--reason", "误报"],
        vec!["--receipt", "2222222A", "--reason", "误报"],
        vec!["--receipt", &second, "--reason", "  "],
        vec!["--form", "class_roster", "--school", &id, "--period", "2019-11", "--reason", "误报"],
        vec!["--form", "class_roster", "--school", &school(1), "--period", "2019-10", "--reason", "误报"],
    ] {
        let (code, said) = withdraw(&desk, &words);
        assert_eq!(code, Some(1), "{words:?}: {said}");
    }
    assert_eq!(ledger(&desk), before, "nothing changed");
    let (code, said) = withdraw(&desk, &["--receipt", &second, "--reason", "误报"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, _) = withdraw(&desk, &["--receipt", &second, "--reason", "误报"]);
    assert_eq!(code, Some(1), "what is withdrawn can't be withdrawn again");
    let after = ledger(&desk);
    assert_eq!(after.len(), before.len() + 1);
    assert_eq!(after.last().map(|line| line.0.as_str()), Some("withdrawn"));
}

#[test]
fn a_zero_report_can_be_withdrawn() {
    let desk = Desk::new(1);
    let zero = receipt(&desk.send("zero", "2020-02-01", &[(0, ("survey", "2019-2020-1", &["零报告"]))]));
    let state = |desk: &Desk| {
        desk.city.ok(&["transform", "--today", "2020-03-01"]);
        desk.city.query("select state from marts.slice where form = 'survey' and period = '2019-2020-1'")[0]["state"]
            .clone()
    };
    assert_eq!(state(&desk), "zero");
    assert_eq!(withdraw(&desk, &["--receipt", &zero.to_lowercase(), "--reason", "有问卷"]).0, Some(0));
    assert_eq!(state(&desk), "missing");
}

#[test]
fn a_correction_says_what_it_changed() {
    let desk = Desk::new(1);
    let first = desk.send("first", "2019-11-01", &[(0, FIRST)]);
    assert_eq!(slices(&first)[0]["changes"], Value::Null);
    let report = desk.send("second", "2019-11-02", &[(0, SECOND)]);
    let changes = &slices(&report)[0]["changes"];
    assert_eq!(changes["replaces"], receipt(&first).as_str());
    assert_eq!([&changes["added"], &changes["removed"], &changes["changed"]], [1, 1, 1]);
    let total = |column: &str| {
        let totals = changes["totals"].as_array().expect("totals");
        let one = totals.iter().find(|total| total["column"] == column).expect("a total");
        (one["before"].as_str().expect("text").to_owned(), one["after"].as_str().expect("text").to_owned())
    };
    assert_eq!(total("pupils"), ("63".to_owned(), "64".to_owned()));
    assert_eq!(total("enrolled"), ("30".to_owned(), "31".to_owned()));
    assert_eq!(total("poor_pupils"), ("6".to_owned(), "6".to_owned()));
    // Persons are compared by their hashes, money to the fen, and a slice of nothing has no rows.
    fn charge<'a>(rows: &'a [&'a str]) -> Slice<'a> {
        ("charge", "2019-10", rows)
    }
    desk.send("nothing", "2019-11-03", &[(0, charge(&["零报告"]))]);
    let one: Slice<'_> = charge(&["SJ1,2019-10-09,2019001,一(1)班,收费,2019-10,30,90.05,否"]);
    let report = desk.send("money", "2019-11-04", &[(0, one)]);
    let changes = &slices(&report)[0]["changes"];
    assert_eq!([&changes["added"], &changes["removed"], &changes["changed"]], [1, 0, 0]);
    let amount = changes["totals"].as_array().expect("totals").iter().find(|total| total["column"] == "amount");
    assert_eq!(amount.map(|total| (&total["before"], &total["after"])), Some((&"0.00".into(), &"90.05".into())));
    let other: Slice<'_> = charge(&["SJ1,2019-10-09,2019002,一(1)班,收费,2019-10,30,90.05,否"]);
    let report = desk.send("person", "2019-11-05", &[(0, other)]);
    let changes = &slices(&report)[0]["changes"];
    assert_eq!([&changes["added"], &changes["removed"], &changes["changed"]], [0, 0, 1]);
    // The same is told when it is asked for later.
    let words = ["status", "--slice", "--form", "收退费台账", "--school", &school(0), "--period", "2019-10"];
    let told = desk.city.ok(&[&words[..], &["--format", "json"]].concat());
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let attempts = told[0]["attempts"].as_array().expect("attempts");
    assert_eq!(attempts.len(), 3);
    assert_eq!(&attempts[2]["changes"], changes);
}

#[test]
fn a_receipt_leads_to_what_became_of_the_attempt() {
    let desk = Desk::new(1);
    let bad: Slice<'_> = ("class_roster", "2019-10", &["一(1)班,1,x,20,20,20,20,20,3,1,1"]);
    let (output, report) = desk.try_send("bad", "2019-11-01", &[(0, bad)], &[]);
    assert_eq!(output.status.code(), Some(2));
    let bad = receipt(&report);
    assert!(String::from_utf8_lossy(&output.stdout).contains(&bad), "the terminal shows it");
    let first = receipt(&desk.send("first", "2019-11-02", &[(0, FIRST)]));
    let second = receipt(&desk.send("second", "2019-11-03", &[(0, SECOND)]));
    withdraw(&desk, &["--receipt", &second, "--reason", "误报"]);

    // Small letters and a hyphen are how it is said on the phone.
    let spoken = format!("{}-{}", &first[..4], &first[4..]).to_lowercase();
    let told = desk.city.ok(&["status", "--receipt", &spoken, "--format", "json"]);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!([&told[0]["form"], &told[0]["period"]], ["class_roster", "2019-10"]);
    let attempts = told[0]["attempts"].as_array().expect("attempts");
    let fates: Vec<[&str; 2]> =
        attempts.iter().map(|one| ["receipt", "fate"].map(|key| one[key].as_str().expect("text"))).collect();
    assert_eq!(fates[..3], [[bad.as_str(), "rejected"], [first.as_str(), "replaced"], [second.as_str(), "taken_back"]]);
    assert_eq!(fates[3][1], "withdrawal");
    assert_eq!(attempts[1]["by"], second.as_str());
    let text = desk.city.ok(&["status", "--receipt", &first]);
    assert!(text.contains("班级需求汇总表") && text.contains(&format!("被 {second} 替换")), "{text}");
    assert!(desk.city.ok(&["status", "--receipt", &first, "--lang", "en"]).contains("replaced by"));

    // SQL derives the same.
    desk.city.ok(&["transform", "--today", "2020-03-01"]);
    let sql = "select receipt.receipt, sent.state from submission as sent join staging.receipt as receipt \
               on receipt.submission_id = sent.submission_id where sent.form = 'class_roster' order by sent.received_at";
    let derived: Vec<String> = desk.city.query(sql).into_iter().map(|row| row["receipt"].clone()).collect();
    assert_eq!(derived[..3], [bad, first, second]);
    for (wrong, why) in [("22222222", "there is no submission"), ("2222", "8 letters"), ("2222222A", "check letter")] {
        let output = desk.city.run(&["status", "--receipt", wrong]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            String::from_utf8_lossy(&output.stderr).contains(why),
            "{wrong}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
