//! What comes in twice, corrected, or with errors.

use std::fs;

use serde_json::Value;

use crate::city::{City, example};

const HEADINGS: &str = "学校标识码,统计期,班级,年级,在籍人数,有需求人数,家长申请人数,班级审核人数,参加人数,三方签字份数,建档立卡人数,建档立卡有需求人数,建档立卡参加人数";

/// A roster of one class of one of the example's schools.
fn roster(enrolled: u32) -> String {
    format!(
        "{HEADINGS}\n3799001000,2019-11,一(1)班,1,33,{enrolled},{enrolled},{enrolled},{enrolled},{enrolled},3,1,1\n"
    )
}

fn send(city: &City, name: &str, text: &str) -> (i32, Value) {
    let path = city.folder().join(name);
    fs::write(&path, text).expect("written");
    let report = city.folder().join("report.json");
    let words =
        ["ingest", &path.display().to_string(), "--received", "2019-12-05", "--report", &report.display().to_string()];
    let output = city.run(&words.map(|word| word));
    let report = serde_json::from_slice(&fs::read(&report).expect("a report")).expect("JSON");
    (output.status.code().expect("it ended"), report)
}

#[test]
fn the_same_file_twice_changes_nothing_and_a_correction_replaces() {
    let city = City::with_release();
    let before = city.query("select * from submission");
    let inbox = example().join("inbox").display().to_string();
    city.ok(&["ingest", &inbox, "--received", "folder"]);
    let said = city.transform();
    assert!(said.contains("Nothing changed"), "{said}");
    assert_eq!(city.query("select * from submission").len(), before.len());

    let enrolled = "select numerator from indicator_value where indicator = 'C04' and level = 'school' \
                    and unit_id = '3799001000' and period = '2019-11'";
    for (file, pupils, lines) in [("first.csv", 8, 1), ("corrected.csv", 11, 2)] {
        let (code, report) = send(&city, file, &roster(pupils));
        assert_eq!((code, &report["files"][0]["verdict"]), (0, &Value::from("accepted")));
        city.transform();
        assert_eq!(city.query(enrolled)[0]["numerator"].parse::<f64>(), Ok(f64::from(pupils)));
        let kept = city.query("select * from submission where form = 'class_roster' and period = '2019-11'");
        assert_eq!(kept.len(), lines);
    }
    let replaced = "select count(*) as lines from submission as newer join submission as older \
                    on older.submission_id = newer.replaces where newer.file_name = 'corrected.csv'";
    assert_eq!(city.query(replaced)[0]["lines"], "1");
    // The first one's bytes again: they were accepted before and change nothing, whatever came between.
    let (code, report) = send(&city, "first.csv", &roster(8));
    assert_eq!((code, &report["files"][0]["slices"][0]["state"]), (0, &Value::from("unchanged")));
}

#[test]
fn a_file_with_errors_lists_them_all_and_changes_nothing() {
    let city = City::with_release();
    let before = city.figures();
    let text = format!(
        "{HEADINGS}\n\
         3799001000,2019-10,一(1)班,1,33,8,8,8,40,8,3,1,1\n\
         3799001000,2019-10,一(2)班,十二年级,abc,8,8,8,8,8,3,1,1\n\
         3799001000,2019-10,一(1)班,1,33,8,8,8,8,8,3,1,1\n\
         3799999999,2019-10,一(1)班,1,33,8,8,8,8,8,3,1,1\n"
    );
    let (code, report) = send(&city, "bad.csv", &text);
    assert_eq!(code, 2);
    let file = &report["files"][0];
    assert_eq!(file["verdict"], "rejected");
    let mut found: Vec<(u64, String)> = file["slices"]
        .as_array()
        .expect("slices")
        .iter()
        .flat_map(|slice| slice["issues"].as_array().expect("issues"))
        .chain(file["issues"].as_array().expect("issues"))
        .filter(|issue| issue["severity"] == "error")
        .map(|issue| (issue["row"].as_u64().expect("a row"), issue["column"].as_str().unwrap_or_default().to_owned()))
        .collect();
    found.sort();
    found.dedup();
    for expected in [(2, "参加人数"), (3, "年级"), (3, "在籍人数"), (4, "班级"), (5, "学校标识码")] {
        assert!(found.contains(&(expected.0, expected.1.to_owned())), "{expected:?} is not among {found:?}");
    }
    city.ok(&["transform", "--today", "2020-03-01", "--full"]);
    // The attempt is in the ledger and in what was sent; everything else is as it was.
    let strip = |figures: &str| figures.lines().filter(|line| !line.starts_with("K05")).collect::<Vec<_>>().join("\n");
    assert_eq!(strip(&city.figures()), strip(&before));
    assert_eq!(city.query("select * from submission where file_name = 'bad.csv' and state = 'accepted'").len(), 0);
}

#[test]
fn a_check_judges_without_accepting() {
    let city = City::new(&example().join("reference"));
    let inbox = example().join("inbox").display().to_string();
    city.ok(&["ingest", &inbox, "--received", "folder", "--check"]);
    city.transform();
    assert_eq!(city.query("select count(*) as lines from submission")[0]["lines"], "0");
    assert!(!city.warehouse().join("originals").exists(), "a check keeps no original");
}
