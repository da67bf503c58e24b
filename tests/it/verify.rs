//! `kehou verify` on a warehouse in which one thing after another is spoilt: each shows, under its name, and nothing else does.

use std::fs;
use std::path::{Path, PathBuf};

use crate::city::{City, example};
use crate::facts::copy;

/// What `verify` says, and its exit code.
fn verify(city: &City, words: &[&str]) -> (String, Option<i32>) {
    let output = city.run(&[&["verify"], words].concat());
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (format!("{out}{err}"), output.status.code())
}

/// A city with two releases, the first official, and an audit event.
fn city() -> City {
    let city = City::with_release();
    city.ok(&["releases", "--official", "1", "--period", "2019-09"]);
    let inbox = example().join("inbox/2019-10-08");
    let file = fs::read_dir(inbox).expect("the example").map(|file| file.expect("an entry").path());
    let charge = file.into_iter().find(|file| file.ends_with("charge_3799051703_2019-09.json")).expect("it is there");
    city.ok(&["ingest", &charge.display().to_string(), "--again", "--received", "2020-02-20"]);
    city.ok(&["transform", "--today", "2020-03-02"]);
    city
}

/// The first file in a folder whose name ends so, in the order of names.
fn first(folder: &Path, ending: &str) -> PathBuf {
    let mut found: Vec<PathBuf> = Vec::new();
    collect(folder, ending, &mut found);
    found.sort();
    found.into_iter().next().unwrap_or_else(|| panic!("no *{ending} in {}", folder.display()))
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).expect("written");
}

fn truncate(path: &Path) {
    let bytes = fs::read(path).expect("read");
    fs::write(path, &bytes[..bytes.len() - 1]).expect("written");
}

#[test]
fn a_sound_warehouse_is_said_to_be_so() {
    let city = city();
    for words in [&[][..], &["--quick"][..]] {
        let (said, code) = verify(&city, words);
        assert!(code == Some(0) && said.contains("all there"), "{said}");
        assert!(!said.contains("no checksum"), "everything that this kehou writes has one: {said}");
    }
}

#[test]
fn each_kind_of_damage_shows_under_its_name() {
    let city = city();
    let root = city.warehouse();
    let sound = city.folder().join("sound");
    copy(&root, &sound);
    let part = |folder: &str| first(&root.join(folder), ".parquet");
    let kinds = [
        ("facts", part("tables/facts/raw_charge")),
        ("ledger", part("tables/facts/submission")),
        ("audit", part("tables/facts/audit_event")),
        ("reference", part("tables/reference/policy")),
        ("marts", part("tables/marts/indicator_value")),
        ("original", first(&root.join("originals"), ".age")),
        ("models", first(&root.join("models"), ".json")),
        ("first release", root.join("releases/00000001.json")),
        ("newest release", root.join("releases/00000002.json")),
        ("official", root.join("officials/00000001.json")),
        ("checksums", first(&root.join("checksums"), ".json")),
        ("log of facts", root.join("tables/facts/raw_charge/_delta_log/00000000000000000001.json")),
        ("log of marts", root.join("tables/marts/finding/_delta_log/00000000000000000000.json")),
    ];
    let restore = |path: &Path| {
        let from = sound.join(path.strip_prefix(&root).expect("within"));
        fs::copy(from, path).expect("put back");
    };
    for (kind, path) in kinds {
        let place = path.strip_prefix(&root).expect("within").display().to_string();
        for (how, spoil) in [
            ("flipped", flip as fn(&Path)),
            ("cut", truncate),
            ("deleted", |path| fs::remove_file(path).expect("gone")),
        ] {
            // Lists of checksums that are gone leave what they covered without one: that is said as a number.
            let is_list = kind == "checksums" && how == "deleted";
            // What is last is known to be gone by those who noted the number that `verify` and `releases` tell.
            let is_last = how == "deleted" && ["newest release", "official"].contains(&kind);
            spoil(&path);
            let (said, code) = verify(&city, &[]);
            if is_list {
                assert!(said.contains("have no checksum"), "{kind} {how}: {said}");
            } else if !is_last {
                assert_eq!(code, Some(1), "{kind} {how}: {said}");
                // The log's folder stands for its entries where a digest over several of them is broken.
                let named = said.contains(&place) || (kind.starts_with("log") && said.contains("_delta_log"));
                assert!(named, "{kind} {how}, {place}: {said}");
                assert!(said.contains("backup"), "what to do: {said}");
            }
            if how != "flipped"
                && !kind.starts_with("log")
                && !is_list
                && !is_last
                && !["models", "checksums"].contains(&kind)
            {
                let (said, code) = verify(&city, &["--quick"]);
                assert!(code == Some(1) && said.contains(&place), "--quick, {kind} {how}: {said}");
            }
            restore(&path);
        }
    }
    let (said, code) = verify(&city, &[]);
    assert_eq!(code, Some(0), "all is back: {said}");
}

#[test]
fn a_broken_checkpoint_and_a_doctored_log_show() {
    let city = city();
    // A checkpoint is made of a hundred commits; the audit grows by one each.
    let log = city.warehouse().join("tables/facts/audit_event/_delta_log");
    let mut number = 0;
    while !fs::exists(log.join("_last_checkpoint")).expect("looked") && number < 130 {
        number += 1;
        city.ok(&["releases", "--official", "1", "--period", "2019-09", "--note", &number.to_string()]);
    }
    let checkpoint = first(&log, ".checkpoint.parquet");
    city.ok(&["verify"]);
    flip(&checkpoint);
    truncate(&checkpoint);
    let (said, code) = verify(&city, &[]);
    assert!(code == Some(1) && said.contains("audit_event"), "{said}");
}

#[test]
fn a_log_that_was_rewritten_with_sense_shows_by_the_releases() {
    let city = city();
    // A file is taken out of the log as a program that writes Delta would, and its size is told right.
    let entry = city.warehouse().join("tables/facts/raw_survey/_delta_log/00000000000000000001.json");
    let text = fs::read_to_string(&entry).expect("a log");
    let without: String =
        text.lines().filter(|line| !line.contains("\"add\"")).map(|line| format!("{line}\n")).collect();
    assert_ne!(text, without);
    fs::write(&entry, without).expect("written");
    let (said, code) = verify(&city, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("raw_survey/_delta_log"), "the digest in the release: {said}");
    assert!(
        said.contains("tables/facts/raw_survey:") && said.contains("0 of "),
        "rows that the ledger counts are gone: {said}"
    );
}
