//! `kehou optimize`: fewer files, the same rows, nothing to compute; releases that are kept stay whole, those let go are refused.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::city::{City, example};
use crate::facts::{ask, check_ledger, facts};

/// A city whose files came one call each: many small files. Three releases, the first official.
fn city() -> City {
    let city = City::new(&example().join("reference"));
    let mut calls = 0;
    for day in days() {
        // Of the register's day all files at once: its other files name its schools.
        let calls_of = if day.ends_with("2020-01-29") { vec![day.clone()] } else { files(&day) };
        for file in calls_of {
            city.ok(&["ingest", &file.display().to_string(), "--received", "folder"]);
            calls += 1;
        }
        if day.ends_with("2020-01-29") {
            city.ok(&["transform", "--today", "2020-02-20"]);
            city.ok(&["releases", "--official", "1", "--period", "2019-09"]);
        }
    }
    assert!(calls > 50, "the example has many files");
    city.ok(&["transform", "--today", "2020-02-25"]);
    city.transform();
    city
}

/// The register's day first: without it no school is known.
fn days() -> Vec<PathBuf> {
    let mut days = files(&example().join("inbox"));
    days.sort_by_key(|day| (!day.ends_with("2020-01-29"), day.clone()));
    days
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    found.sort();
    found
}

/// Data files of a table on the disk.
fn data_files(city: &City, table: &str) -> usize {
    let all = files(&city.warehouse().join("tables").join(table));
    all.iter().filter(|path| path.extension().is_some_and(|ending| ending == "parquet")).count()
}

fn figures_of(city: &City, release: &str) -> String {
    let value = "select * from indicator_value order by indicator, level, unit_id, period_type, period, dimension";
    let rows = "select count(*), sum(amount) from raw_charge";
    [value, rows].map(|sql| city.ok(&["query", sql, "--release", release, "--format", "csv"])).join("\n")
}

const UNCHANGED: &str = "Nothing changed since release 3";

#[test]
fn files_become_few_and_nothing_else_changes() {
    let city = city();
    let (before, rows) = (figures_of(&city, "3"), facts(&city.warehouse()));
    let many = data_files(&city, "facts/raw_charge");
    let planned = city.ok(&["optimize", "--plan"]);
    assert!(planned.contains("facts.raw_charge") && data_files(&city, "facts/raw_charge") == many, "{planned}");
    let said = city.ok(&["optimize"]);
    assert!(said.contains("facts.raw_charge") && said.contains("facts.submission"), "{said}");
    assert_eq!(facts(&city.warehouse()), rows);
    assert!(city.transform().contains(UNCHANGED));
    let plan = city.ok(&["transform", "--today", "2020-03-01", "--plan"]);
    assert!(plan.contains("nothing would run"), "{plan}");
    // What was named before waits for readers; without anybody who reads it goes, but for what releases name.
    assert!(data_files(&city, "facts/raw_charge") > many, "{said}");
    city.ok(&["optimize", "--grace-hours", "0"]);
    for release in ["1", "2", "3"] {
        assert!(!figures_of(&city, release).is_empty(), "release {release} is whole");
    }
    assert_eq!(figures_of(&city, "3"), before);
    city.ok(&["verify"]);
    // The sorted file is in the order of schools.
    let table = "select school_id from facts.raw_charge";
    let schools: Vec<String> = ask(&city.warehouse(), table).into_iter().map(|row| row["school_id"].clone()).collect();
    let mut sorted = schools.clone();
    sorted.sort();
    assert!(schools.len() > 100 && schools == sorted);
    // A full run computes the same, and a correction comes in as before.
    city.ok(&["transform", "--today", "2020-03-01", "--full"]);
    let value = "select * from indicator_value order by indicator, level, unit_id, period_type, period, dimension";
    assert_eq!(
        city.ok(&["query", value, "--format", "csv"]),
        before.split("count(*)").next().unwrap_or_default().trim_end().to_owned() + "\n"
    );
    check_ledger(&city.warehouse());
}

#[test]
fn releases_are_let_go_but_official_ones_and_the_newest() {
    let city = city();
    let kept = ["1", "3"].map(|release| figures_of(&city, release));
    let planned = city.ok(&["optimize", "--plan", "--keep-releases", "1"]);
    assert!(planned.contains("releases 2 would be let go"), "{planned}");
    figures_of(&city, "2");
    let size = |city: &City| data_files(city, "marts/indicator_value");
    let before = size(&city);
    city.ok(&["optimize", "--keep-releases", "1", "--grace-hours", "0"]);
    let refused = city.run(&["query", "select 1", "--release", "2"]);
    let err = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && err.contains("let go"), "{err}");
    assert_eq!(size(&city), before, "whoever reads it at that moment reads to the end");
    city.ok(&["optimize", "--grace-hours", "0"]);
    assert!(size(&city) < before, "its own files are gone");
    assert_eq!(["1", "3"].map(|release| figures_of(&city, release)), kept);
    assert!(city.transform().contains(UNCHANGED));
    let said = city.ok(&["verify"]);
    assert!(said.contains("all there"), "{said}");
    assert!(city.ok(&["releases"]).contains("与第 1 期相比"), "what lay between was let go");
    // A backup of what is kept is restored and sound.
    let backup = city.folder().join("backup").display().to_string();
    city.ok(&["backup", "-o", &backup]);
    let other = city.folder().join("other").display().to_string();
    let restored = city.command(&["restore", &backup, "--warehouse", &other]).output().expect("it starts");
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let sound = city.command(&["verify", "--warehouse", &other]).output().expect("it starts");
    assert!(sound.status.success(), "{}", String::from_utf8_lossy(&sound.stdout));
    // By days: what was made today is kept.
    city.ok(&["transform", "--today", "2020-03-02"]);
    assert!(!city.ok(&["optimize", "--keep-days", "1", "--plan"]).contains("would be let go"));
}

#[test]
fn what_killed_attempts_left_goes() {
    let city = city();
    // Rows that never came to a line in the ledger, and files that no commit names.
    for step in ["ingest.rows_committed", "ingest.rows_staged"] {
        let file = example().join("inbox/2019-10-08/charge_3799011814_2019-09.json").display().to_string();
        kill_at(&city, &["ingest", &file, "--again", "--received", "2020-03-01"], step);
    }
    let leftover = city.warehouse().join("tables/facts/raw_charge/part-x.parquet#1");
    fs::write(&leftover, b"half").expect("written");
    let count = |sql: &str| ask(&city.warehouse(), sql)[0]["rows"].clone();
    let all = "select count(*) as rows from facts.raw_charge";
    let seen =
        "select count(*) as rows from facts.raw_charge as entry join facts.submission as line using (submission_id)";
    assert_ne!(count(all), count(seen), "the killed attempt left rows");
    let said = city.ok(&["optimize"]);
    assert!(!said.contains("never came to an end") && fs::exists(&leftover).expect("looked"), "they are young: {said}");
    // More small files, so that the table is worth it again.
    for _ in 0..4 {
        let file = example().join("inbox/2019-10-08/charge_3799051703_2019-09.json").display().to_string();
        city.ok(&["ingest", &file, "--again", "--received", "2020-03-01"]);
    }
    let rows = facts(&city.warehouse());
    let said = city.ok(&["optimize", "--grace-hours", "0"]);
    assert!(said.contains("never came to an end"), "{said}");
    assert_eq!(count(all), count(seen));
    assert!(!fs::exists(&leftover).expect("looked"));
    assert_eq!(facts(&city.warehouse()), rows);
    city.ok(&["verify"]);
}

#[test]
fn killed_at_each_step_it_loses_nothing_and_goes_on() {
    let city = city();
    let (before, rows) = (figures_of(&city, "3"), facts(&city.warehouse()));
    let words = ["optimize", "--keep-releases", "1", "--grace-hours", "0"];
    for step in ["optimize.compacted", "optimize.swapped", "optimize.retired", "optimize.file_removed"] {
        kill_at(&city, &words, step);
        assert_eq!((figures_of(&city, "3"), facts(&city.warehouse())), (before.clone(), rows.clone()), "{step}");
        city.ok(&["verify"]);
    }
    city.ok(&words);
    assert_eq!((figures_of(&city, "3"), facts(&city.warehouse())), (before, rows));
    assert!(city.transform().contains(UNCHANGED));
    city.ok(&["verify"]);
}

#[test]
fn ingests_go_on_meanwhile() {
    let city = city();
    let mut busy = Vec::new();
    for file in
        files(&example().join("inbox/2019-10-08")).into_iter().filter(|file| file.to_string_lossy().contains("charge_"))
    {
        let words = ["ingest", &file.display().to_string(), "--again", "--received", "2020-03-01"];
        busy.push(city.command(&words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts"));
    }
    for _ in 0..3 {
        city.ok(&["optimize"]);
    }
    for child in busy {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    check_ledger(&city.warehouse());
    city.transform();
    city.ok(&["verify"]);
}

fn kill_at(city: &City, words: &[&str], step: &str) {
    let mut command = city.command(words);
    command.env("KEHOU_STOP_AT", step).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let err = BufReader::new(child.stderr.take().expect("piped"));
    let stopped = err.lines().map_while(Result::ok).any(|line| line == format!("stopped at {step}"));
    assert!(stopped, "`kehou {words:?}` never came to {step}");
    child.kill().expect("it is there");
    child.wait().expect("it is dead");
}
