//! `kehou forget`: rows of persons go, in the tables, in earlier releases and in the originals; figures, findings and cases stay; what
//! is closed is closed; a kill at any moment is made good by the next call.
//!
//! The city has two school years of the same files, a year apart, with other pupils: 2019-12 and 2020-01, 2020-12 and 2021-01. Rows
//! before 2020-09 go, periods up to 2020-12 are closed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::city::City;
use crate::facts::{ask, copy, of_release};
use crate::kill::kill_at;

const FORGET: [&str; 5] = ["forget", "--today", "2021-10-01", "--before", "2020-09"];
const TODAY: [&str; 3] = ["transform", "--today", "2021-10-01"];
/// The tables of facts with persons.
const OF_PERSONS: [&str; 4] = ["raw_attendance", "raw_charge", "raw_group_session", "raw_staff_work"];

/// The city with its first release, and in it a folder of what its schools sent.
fn city() -> City {
    static KEPT: OnceLock<PathBuf> = OnceLock::new();
    City::copied(KEPT.get_or_init(|| made().kept("two-years")))
}

fn made() -> City {
    let scratch = tempfile::tempdir().expect("a folder for temporary files");
    let files = scratch.path().join("city");
    let made = [
        "sample",
        &files.display().to_string(),
        "--scale",
        "0.004",
        "--from",
        "2019-12",
        "--months",
        "2",
        "--format",
        "csv",
    ]
    .map(str::to_owned);
    let made = std::process::Command::new(env!("CARGO_BIN_EXE_kehou")).args(made).output().expect("the command starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    calendar_of_two_years(&files.join("reference/calendar.csv"));
    let policy = files.join("reference/policy.csv");
    let text = fs::read_to_string(&policy).expect("a policy");
    fs::write(&policy, format!("{}\nkeep_persons_years,1,2019-08-01,\n", text.trim_end())).expect("written");
    for file in files_in(&files.join("inbox")) {
        let name = file.file_name().expect("a file").to_string_lossy().into_owned();
        let day = file.parent().and_then(Path::file_name).expect("a day").to_string_lossy().into_owned();
        if !name.contains("-school-") {
            let folder = files.join("inbox").join(later_text(&day));
            fs::create_dir_all(&folder).expect("a folder");
            let bytes = later(&fs::read(&file).expect("a file"));
            fs::write(folder.join(later_text(&name)), replaced(&bytes, b"XS0", b"XT0")).expect("written");
        }
    }
    let city = City::new(&files.join("reference"));
    city.ok(&["ingest", &files.join("inbox").display().to_string(), "--received", "folder"]);
    city.ok(&TODAY);
    copy(&files, &city.folder().join("city"));
    city
}

/// Each day a year later too.
fn calendar_of_two_years(path: &Path) {
    let text = fs::read_to_string(path).expect("a calendar");
    let known: BTreeSet<&str> = text.lines().map(|line| &line[..line.len().min(10)]).collect();
    let more = text.lines().skip(1).map(later_text);
    let more: Vec<String> =
        more.filter(|line| !known.contains(&line[..10]) && !line.starts_with("2021-02-29")).collect();
    fs::write(path, format!("{}\n{}\n", text.trim_end(), more.join("\n"))).expect("written");
}

fn later_text(text: &str) -> String {
    String::from_utf8(later(text.as_bytes())).expect("digits for digits")
}

/// 2019 and 2020, where no digit stands beside them, a year later.
fn later(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for at in 0..bytes.len().saturating_sub(3) {
        let alone = |place: Option<&u8>| !place.is_some_and(u8::is_ascii_digit);
        let next = match &bytes[at..at + 4] {
            b"2019" => b"2020",
            b"2020" => b"2021",
            _ => continue,
        };
        if alone(at.checked_sub(1).and_then(|before| bytes.get(before))) && alone(bytes.get(at + 4)) {
            out[at..at + 4].copy_from_slice(next);
        }
    }
    out
}

fn replaced(bytes: &[u8], from: &[u8; 3], to: &[u8; 3]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for at in 0..bytes.len().saturating_sub(2) {
        if bytes[at..at + 3] == from[..] {
            out[at..at + 3].copy_from_slice(to);
        }
    }
    out
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

/// The tables that people read figures from.
fn marts(city: &City, release: u64) -> BTreeMap<String, String> {
    of_release(&city.warehouse(), release).into_iter().filter(|(name, _)| name.starts_with("marts.")).collect()
}

fn same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, rows) in one {
        assert!(*rows == other[name], "{name} differs");
    }
}

/// The months of rows with persons' numbers that still lie in some file of the warehouse, named or not.
fn months_on_disk(city: &City) -> BTreeSet<String> {
    let mut months = BTreeSet::new();
    for path in files_in(&city.warehouse().join("tables")) {
        if path.extension().is_none_or(|ending| ending != "parquet") || path.to_string_lossy().contains("_delta_log") {
            continue;
        }
        let file = File::open(&path).expect("a file");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("Parquet");
        for batch in reader {
            let batch = batch.expect("rows");
            let column = |name: &str| batch.column_by_name(name);
            if column("pupil_id").or(column("staff_id")).is_none() {
                continue;
            }
            let period = column("period").or(column("month")).expect("a period");
            let period = cast(period, &DataType::Utf8).expect("text");
            months.extend(period.as_string::<i32>().iter().flatten().map(str::to_owned));
        }
    }
    months
}

/// All that holds once rows before 2020-09 are forgotten.
fn is_forgotten(city: &City, before: &BTreeMap<String, String>, release: u64) {
    same(before, &marts(city, release));
    for table in OF_PERSONS {
        let rows = ask(&city.warehouse(), &format!("select min(period) as first, count(*) as rows from facts.{table}"));
        assert!(rows[0]["first"].as_str() >= "2020-09" && rows[0]["rows"] != "0", "{table}: {rows:?}");
    }
    let said = city.ok(&["verify"]);
    assert!(said.contains("all there"), "{said}");
}

#[test]
fn rows_go_and_figures_stay() {
    let city = city();
    let before = marts(&city, 1);
    let originals = || files_in(&city.warehouse().join("originals")).len();
    let (kept, of) = (originals(), |period: &str| {
        let sql =
            format!("select submission_id from facts.submission where form = 'charge' and period = '{period}' limit 1");
        city.query(&sql)[0]["submission_id"].clone()
    });
    let (old, new) = (of("2019-12"), of("2021-01"));
    let told = city.ok(&["forget", "--today", "2021-10-01", "--plan"]);
    assert!(told.contains("2020-09-01") && told.contains("raw_attendance") && told.contains("2020-12-31"), "{told}");
    let young = city.run(&["forget", "--today", "2021-10-01", "--before", "2021-09"]);
    assert!(!young.status.success() && String::from_utf8_lossy(&young.stderr).contains("2021 年"), "it has not ended");
    assert!(months_on_disk(&city).contains("2019-12") && originals() == kept, "a plan changes nothing");

    let said = city.ok(&["forget", "--today", "2021-10-01"]);
    assert!(said.contains("were erased"), "{said}");
    is_forgotten(&city, &before, 2);
    assert!(originals() < kept);
    // Releases before keep their figures, and lose the rows.
    same(&before, &marts(&city, 1));
    let lost = city.run(&["query", "select count(*) from staging.charge", "--release", "1"]);
    assert!(!lost.status.success() && String::from_utf8_lossy(&lost.stderr).contains("已按规定销毁"));
    let (given, part) = (city.folder().join("given"), city.folder().join("part"));
    city.ok(&["export", "--all", "-o", &given.display().to_string(), "--release", "1"]);
    assert!(
        given.join("marts/indicator_value.parquet").exists() && given.join("staging/class_roster.parquet").exists()
    );
    assert!(!given.join("staging/charge.parquet").exists(), "what it lost is left out");
    let refused = city.run(&["backup", "-o", &part.display().to_string(), "--release", "1"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("已按规定销毁"));
    let again = city.ok(&["forget", "--today", "2021-10-01", "--grace-hours", "0"]);
    assert!(again.contains("left to erase"), "{again}");
    let months = months_on_disk(&city);
    assert_eq!(months.first().map(String::as_str), Some("2020-12"), "no file holds older rows: {months:?}");
    is_forgotten(&city, &before, 2);
    let opened = |id: &str| {
        let file = city.folder().join(id).display().to_string();
        city.run(&["unseal", id, "-o", &file, "--reason", "a test"]).status.success()
    };
    assert!(opened(&new) && !opened(&old), "originals of old rows are gone");
    let audit =
        ask(&city.warehouse(), "select action from facts.audit_event where action like 'forg%' order by number");
    assert_eq!(audit.iter().map(|event| event["action"].as_str()).collect::<Vec<_>>(), ["forget", "forgotten"]);
    // The explanation says why there are no rows.
    let school =
        city.query("select min(school_id) as id from staging.slice where form = 'charge' and period = '2019-12'");
    let told = city.ok(&["explain", "indicator", "F05", "--unit", &school[0]["id"], "--period", "2019-12"]);
    assert!(told.contains("已按规定销毁") && !told.contains("不是各部分之和"), "{told}");
    // What is whole is backed up whole.
    let (backup, other) = (city.folder().join("backup"), city.folder().join("other"));
    city.ok(&["backup", "-o", &backup.display().to_string()]);
    city.ok(&["restore", &backup.display().to_string(), "--warehouse", &other.display().to_string()]);
    let sound = city.command(&["verify", "--warehouse", &other.display().to_string()]).output().expect("it starts");
    assert!(sound.status.success(), "{}", String::from_utf8_lossy(&sound.stdout));
}

#[test]
fn what_is_closed_stays_closed_and_the_rest_goes_on() {
    let city = city();
    let before = marts(&city, 1);
    city.ok(&FORGET);
    let school =
        city.query("select min(school_id) as id from staging.slice where form = 'charge' and period = '2021-01'");
    let school = school[0]["id"].clone();
    // Another line of a school's charges, in a month that is erased, one that is closed, and one that is open.
    let corrected = |period: &str, name: &str| {
        let file = files_in(&city.folder().join("city/inbox")).into_iter().find(|path| {
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            name.contains(&format!("-charge-{period}")) && has(path, &school)
        });
        let bytes = fs::read(file.expect("the school's charges")).expect("a file");
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        let own: Vec<&[u8]> = lines[1..].iter().copied().filter(|line| line.starts_with(school.as_bytes())).collect();
        let rest = &own[1..];
        let path = city.folder().join(name);
        fs::write(&path, [&lines[..1], rest].concat().join(&b'\n')).expect("written");
        path.display().to_string()
    };
    for period in ["2019-12", "2020-12"] {
        let output = city.run(&["ingest", &corrected(period, "closed.csv"), "--received", "2021-10-01"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("已结账") && said.contains("退回 1 个"), "{said}");
        let withdrawn =
            city.run(&["withdraw", "--form", "charge", "--school", &school, "--period", period, "--reason", "a test"]);
        assert!(!withdrawn.status.success() && String::from_utf8_lossy(&withdrawn.stderr).contains("已结账"));
    }
    // The same folder again changes nothing, and is no error.
    let said = city.ok(&["ingest", &city.folder().join("city/inbox").display().to_string(), "--received", "folder"]);
    assert!(said.contains("接收 0 个报送单元") && said.contains("退回 0 个"), "{said}");
    let said = city.ok(&["ingest", &corrected("2021-01", "open.csv"), "--received", "2021-10-01"]);
    assert!(said.contains("接收 1 个"), "{said}");
    city.ok(&TODAY);
    let closed = |city: &City| {
        let sql = "select * from indicator_value where period like '2019%' or period in ('2020', '2020-01', '2020-12') \
            order by indicator, level, unit_id, period_type, period, dimension";
        city.ok(&["query", sql, "--format", "csv"])
    };
    let (release, figures, of_closed) = (3, city.figures(), closed(&city));
    assert!(marts(&city, release)["marts.indicator_value"] != before["marts.indicator_value"], "the correction counts");
    assert_eq!(of_closed, closed(&city));
    let first = city.ok(&[
        "query",
        "select count(*) from indicator_value where period in ('2019-12', '2020-01', '2019', '2020')",
        "--release",
        "1",
    ]);
    assert!(!first.contains("| 0 "), "there are figures that are closed: {first}");
    city.ok(&[TODAY[0], TODAY[1], TODAY[2], "--full"]);
    assert_eq!(city.figures(), figures, "by key or as a whole");
    // A key that is made anew leaves what is closed alone, though its originals are gone.
    city.ok(&["rotate-key"]);
    city.ok(&TODAY);
    assert_eq!(closed(&city), of_closed);
    assert!(city.ok(&["verify"]).contains("all there"));
    // A rule of one's own says nothing of what is closed.
    let own = city.folder().join("own/rules");
    fs::create_dir_all(&own).expect("a folder");
    let rule = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/rules/r26.sql")).expect("a rule");
    fs::write(
        own.join("x26.sql"),
        rule.replace("R26", "X26").replace("where fee_difference <> 0 or pay_difference <> 0", ""),
    )
    .expect("written");
    city.ok(&[TODAY[0], TODAY[1], TODAY[2], "--sql", &city.folder().join("own").display().to_string()]);
    let found = city.query("select min(period) as first, count(*) as findings from finding where rule = 'X26'");
    assert!(found[0]["first"].as_str() == "2021-01" && found[0]["findings"] != "0", "{found:?}");
}

fn has(path: &Path, school: &str) -> bool {
    let bytes = fs::read(path).expect("a file");
    bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(school.as_bytes()))
}

#[test]
fn a_kill_at_each_step_is_made_good() {
    let city = city();
    let before = marts(&city, 1);
    let kept = city.folder().join("kept");
    let all = ["warehouse", "warehouse.keys"];
    all.iter().for_each(|name| copy(&city.folder().join(name), &kept.join(name)));
    for step in ["forget.closed", "erase.rewritten", "forget.original_removed", "transform.published"] {
        for name in all {
            fs::remove_dir_all(city.folder().join(name)).expect("removed");
            copy(&kept.join(name), &city.folder().join(name));
        }
        kill_at(&city, &FORGET, step);
        let unfinished = city.run(&["verify"]);
        let said = String::from_utf8_lossy(&unfinished.stdout).into_owned();
        assert!(!unfinished.status.success() && said.contains("kehou forget"), "after a kill at {step}: {said}");
        // A run in between changes no figure.
        city.ok(&TODAY);
        let release = city.ok(&["query", "select count(*) from marts.figure"]);
        assert!(!release.contains("| 0 "), "after a kill at {step}: {release}");
        city.ok(&FORGET);
        city.ok(&["forget", "--today", "2021-10-01", "--before", "2020-09", "--grace-hours", "0"]);
        let newest = fs::read_dir(city.warehouse().join("releases")).expect("releases").count();
        is_forgotten(&city, &before, newest as u64);
        let months = months_on_disk(&city);
        assert_eq!(months.first().map(String::as_str), Some("2020-12"), "after a kill at {step}: {months:?}");
    }
}

#[test]
fn without_a_number_in_the_policy_nothing_goes() {
    let city = City::with_release();
    let refused = city.run(&["forget"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("keep_persons_years"));
}
