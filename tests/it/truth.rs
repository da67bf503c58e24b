//! The sample city: findings are exactly what was planted, and none where nothing was.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::city::{City, read_csv_file};

/// The rule, district, school, period, subject (empty for a pupil's hash) and amount of each finding, with how often.
type Findings = BTreeMap<[String; 6], usize>;

fn collect(rows: Vec<BTreeMap<String, String>>) -> Findings {
    let mut findings = Findings::new();
    for row in rows {
        let hash = row["subject"].len() == 32 && row["subject"].chars().all(|letter| letter.is_ascii_hexdigit());
        let subject = if hash { String::new() } else { row["subject"].clone() };
        let amount = row["amount"].parse::<f64>().map(|amount| format!("{amount:.2}")).unwrap_or_default();
        let [rule, district, school, period] =
            ["rule", "district_code", "school_id", "period"].map(|key| row[key].clone());
        *findings.entry([rule, district, school, period, subject, amount]).or_default() += 1;
    }
    findings
}

/// More memory than any model needs.
const PLENTY: &str = "2GiB";

/// A made-up city with its first release, computed within so much memory.
fn sample(words: &[&str], memory: &str) -> (City, PathBuf) {
    let scratch = tempfile::tempdir().expect("a folder").keep();
    let out = scratch.join("sample");
    let mut all = vec!["sample".to_owned(), out.display().to_string()];
    all.extend(words.iter().map(|word| (*word).to_owned()));
    let made = std::process::Command::new(env!("CARGO_BIN_EXE_kehou")).args(&all).output().expect("the command starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let city = City::new(&out.join("reference"));
    city.ok(&["ingest", &out.join("inbox").display().to_string(), "--received", "folder"]);
    city.ok(&["transform", "--today", "2020-03-01", "--memory", memory]);
    (city, scratch)
}

fn found(city: &City) -> Findings {
    collect(
        city.query("select rule, district_code, school_id, period, subject, amount from finding where ended is null"),
    )
}

fn check(seed: &str, scale: &str, memory: &str) {
    let (city, scratch) = sample(&["--seed", seed, "--scale", scale], memory);
    let truth = collect(read_csv_file(&scratch.join("sample/truth/findings.csv")));
    if memory != PLENTY {
        let rows = &city.query("select count(*) as rows from facts.raw_attendance")[0]["rows"];
        assert!(rows.parse::<u64>().expect("a number") * 45 > 128 << 20, "{rows} rows take one range");
    }
    let found = found(&city);
    let missing: Vec<_> = truth.iter().filter(|(key, count)| found.get(*key) != Some(*count)).collect();
    let extra: Vec<_> = found.iter().filter(|(key, count)| truth.get(*key) != Some(*count)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "seed {seed}: planted {missing:#?}\nfound {extra:#?}");
    for rule in 1..=28 {
        let rule = format!("R{rule:02}");
        assert!(truth.keys().any(|key| key[0] == rule), "seed {seed} plants no {rule}");
    }
    drop(city);
    drop(std::fs::remove_dir_all(scratch));
}

#[test]
fn findings_are_the_truth_for_seed_1() {
    check("1", "0.1", PLENTY);
}

#[test]
fn findings_are_the_truth_for_seed_2() {
    // The models that rest on so many rows of attendance are computed in two ranges of schools (transform/src/ranges.rs).
    check("2", "0.15", "128MiB");
}

#[test]
fn findings_are_the_truth_for_seed_3() {
    check("3", "0.1", PLENTY);
}

#[test]
fn a_clean_city_has_no_finding_at_all() {
    let (city, scratch) = sample(&["--seed", "1", "--scale", "0.1", "--clean"], PLENTY);
    assert_eq!(found(&city), Findings::new());
    drop(city);
    drop(std::fs::remove_dir_all(scratch));
}
