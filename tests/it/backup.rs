//! `kehou backup` and `restore`: after everything is deleted, a restored copy has the same figures, releases, cases and accounts, and
//! goes on working.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::city::{City, example};
use crate::facts::{check_ledger, facts, of_release};
use crate::s3::Bucket;
use crate::tools::has_python;

/// The day on which the example's register came.
const REGISTER: &str = "2020-01-29";

/// A city of two releases with a case and an account, and what was sent but is in no release yet.
fn city() -> City {
    let city = City::new(&example().join("reference"));
    // The register came last by its date, and without it no school is known.
    let days: Vec<String> = inbox(|day| day < "2019-11-10" || day == REGISTER);
    let mut words = vec!["ingest", "--received", "folder"];
    words.extend(days.iter().map(String::as_str));
    city.ok(&words);
    city.ok(&["transform", "--today", "2020-02-20"]);
    city.ok(&["releases", "--official", "1", "--period", "2019-09", "--note", "季报"]);
    let finding = city.query("select finding_id from finding where ended is null order by finding_id limit 1");
    city.ok(&["case", "notify", &finding[0]["finding_id"], "--by", "王督学", "--due", "2030-01-01"]);
    city.transform();
    let mut child = city
        .command(&["user", "add", "office", "--role", "city", "--own"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("piped").write_all(b"first of all 1\n").expect("told");
    assert!(child.wait().expect("it ends").success());
    city.ok(&["ingest", &inbox(|day| day == "2019-11-10")[0], "--received", "folder"]);
    city
}

fn inbox(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let days = fs::read_dir(example().join("inbox")).expect("the example").map(|day| day.expect("an entry").path());
    let mut days: Vec<PathBuf> =
        days.filter(|day| wanted(&day.file_name().unwrap_or_default().to_string_lossy())).collect();
    days.sort();
    days.into_iter().map(|day| day.display().to_string()).collect()
}

/// Everything that a copy must have as it was: every table of every release, the list of releases, cases, accounts.
fn everything(city: &City) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let releases = city.ok(&["releases", "--format", "json"]);
    for release in [1, 2] {
        let tables = of_release(&city.warehouse(), release);
        all.extend(tables.into_iter().map(|(name, rows)| (format!("{release} {name}"), rows)));
    }
    assert!(all.len() > 80, "the tables were found: {}", all.len());
    all.insert("releases".to_owned(), releases);
    all.insert("cases".to_owned(), city.ok(&["case", "list", "--format", "csv"]));
    all.insert("accounts".to_owned(), city.ok(&["user", "list"]));
    all.insert("facts".to_owned(), facts(&city.warehouse()));
    all
}

fn backup_words(folder: &Path) -> Vec<String> {
    ["backup", "--with-keys", "-o", &folder.display().to_string()].map(str::to_owned).to_vec()
}

fn ok(city: &City, words: &[String]) -> String {
    city.ok(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Deletes warehouse, accounts and keys.
fn delete(city: &City) {
    fs::remove_dir_all(city.warehouse()).expect("gone");
    fs::remove_dir_all(city.folder().join("warehouse.keys")).expect("gone");
    for entry in fs::read_dir(city.folder()).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.file_name().unwrap_or_default().to_string_lossy().starts_with("warehouse.accounts") {
            fs::remove_file(path).expect("gone");
        }
    }
}

/// Whether the password is the account's, by the file of accounts that the city has now.
fn log_in(city: &City, password: &str) -> bool {
    let accounts =
        dashboard::accounts::Accounts::open(&city.folder().join("warehouse.accounts.sqlite")).expect("opens");
    accounts.knows("office", password).expect("looked")
}

#[test]
fn everything_deleted_and_restored_is_as_before_and_goes_on() {
    let city = city();
    let folder = city.folder().join("backup");
    let words = backup_words(&folder);
    ok(&city, &words);
    let before = everything(&city);
    let keys = city.folder().join("backup.keys");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&keys), mode(&keys.join("person.key")), mode(&keys.join("seal.key"))), (0o700, 0o600, 0o600));
    }
    assert!(
        !fs::exists(folder.join("warehouse.keys")).expect("looked")
            && !fs::exists(folder.join("keys")).expect("looked")
    );

    delete(&city);
    ok(&city, &["restore".to_owned(), folder.display().to_string()]);
    let after = everything(&city);
    for (what, was) in &before {
        assert_eq!(after.get(what), Some(was), "{what}");
    }
    assert_eq!(before.len(), after.len());
    assert!(log_in(&city, "first of all 1") && !log_in(&city, "first of all 2"));
    let said = city.ok(&["verify"]);
    assert!(said.contains("all there") && !said.contains("no checksum"), "{said}");

    // What was accepted before the backup and is in no release yet counts in the next one, and later files join with old pupils.
    let never = City::with_example();
    let mut words = vec!["ingest", "--received", "folder"];
    let later = inbox(|day| day > "2019-11-10" && day != REGISTER);
    words.extend(later.iter().map(String::as_str));
    city.ok(&words);
    city.transform();
    never.transform();
    let value = "select * from indicator_value order by indicator, level, unit_id, period_type, period, dimension";
    // K02 counts the case that was begun here alone.
    let same = |city: &City| -> Vec<String> {
        city.ok(&["query", value, "--format", "csv"])
            .lines()
            .filter(|line| !line.starts_with("K02,") && !line.starts_with("E01,"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(same(&city), same(&never));
    let pupils = city.query(
        "select count(*) as pupils from (select pupil_id from raw_attendance where period = '2019-09' \
         intersect select pupil_id from raw_attendance where period = '2019-10')",
    );
    assert_ne!(pupils[0]["pupils"], "0", "a pupil of one month is the same in the next");
    check_ledger(&city.warehouse());
    city.ok(&["verify"]);
}

#[test]
fn without_the_keys_the_copy_shows_all_and_says_what_it_lacks() {
    let city = city();
    let folder = city.folder().join("backup");
    let within = city.run(&["backup", "-o", &city.warehouse().join("backup").display().to_string()]);
    assert!(!within.status.success() && String::from_utf8_lossy(&within.stderr).contains("within the warehouse"));
    let said = city.ok(&["backup", "-o", &folder.display().to_string()]);
    assert!(said.contains("without the keys"), "{said}");
    assert!(!fs::exists(city.folder().join("backup.keys")).expect("looked"));
    let figures = city.figures();
    delete(&city);
    let said = city.ok(&["restore", &folder.display().to_string()]);
    assert!(said.contains("put person.key and seal.key back"), "{said}");
    assert_eq!(city.figures(), figures);
    let refused = city.run(&["ingest", &inbox(|day| day == "2019-11-11")[0], "--received", "folder"]);
    assert!(!refused.status.success(), "with another key everybody would be another one");
}

#[test]
fn a_second_backup_copies_what_is_new_and_mends_what_is_spoilt() {
    let city = city();
    let folder = city.folder().join("backup");
    let words = backup_words(&folder);
    ok(&city, &words);
    let copied = |said: &str| -> usize {
        let at = said.find("is whole: ").expect("it says so") + "is whole: ".len();
        said[at..].split(' ').next().expect("a number").parse().expect("a number")
    };
    // The audit says that the keys were copied: its two files, and nothing else.
    let said = ok(&city, &words);
    assert!(copied(&said) <= 3, "{said}");
    // A file of the backup is spoilt, and the next call puts it right.
    let part = fs::read_dir(folder.join("warehouse/tables/facts/raw_charge"))
        .expect("a table")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.extension().is_some_and(|ending| ending == "parquet"))
        .expect("a data file");
    let sound = fs::read(&part).expect("read");
    fs::write(&part, &sound[..sound.len() - 3]).expect("spoilt");
    delete_nothing_and_refuse(&city, &folder, "damaged");
    ok(&city, &words);
    assert_eq!(fs::read(&part).expect("read"), sound);
    // What came since is in the next one.
    city.ok(&["ingest", &inbox(|day| day == "2019-11-11")[0], "--received", "folder"]);
    city.transform();
    let said = ok(&city, &words);
    assert!(copied(&said) > 3 && said.contains("release 3"), "{said}");
    let figures = city.figures();
    delete(&city);
    ok(&city, &["restore".to_owned(), folder.display().to_string()]);
    assert_eq!(city.figures(), figures);
    city.ok(&["verify"]);
}

/// A restore to another place fails and says why.
fn delete_nothing_and_refuse(city: &City, folder: &Path, why: &str) {
    let elsewhere = city.folder().join("elsewhere");
    let output = city
        .command(&["restore", &folder.display().to_string(), "--warehouse", &elsewhere.display().to_string()])
        .output()
        .expect("it starts");
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && err.contains(why), "{err}");
    assert!(!fs::exists(elsewhere.join("kehou.json")).expect("looked"), "a half restored one is no warehouse");
    drop(fs::remove_dir_all(elsewhere));
}

#[test]
fn one_of_an_earlier_release_holds_what_stood_then() {
    let city = city();
    let folder = city.folder().join("backup");
    let first = city.ok(&["query", "select * from finding order by finding_id", "--release", "1", "--format", "csv"]);
    city.ok(&["backup", "--release", "1", "-o", &folder.display().to_string(), "--with-keys"]);
    delete(&city);
    ok(&city, &["restore".to_owned(), folder.display().to_string()]);
    assert_eq!(city.ok(&["query", "select * from finding order by finding_id", "--format", "csv"]), first);
    let output = city.run(&["query", "select 1", "--release", "2"]);
    assert!(!output.status.success());
    city.ok(&["verify"]);
    city.ok(&["transform", "--today", "2020-03-01"]);
    city.ok(&["verify"]);
}

#[test]
fn a_killed_backup_is_none_and_goes_on_and_so_does_a_restore() {
    let city = city();
    let folder = city.folder().join("backup");
    let words = backup_words(&folder);
    for step in ["backup.file_copied", "backup.copied"] {
        kill_at(&city, &words, step);
        delete_nothing_and_refuse(&city, &folder, "run `kehou backup` again");
    }
    ok(&city, &words);
    // While the next one is made, the one before stands.
    city.ok(&["ingest", &inbox(|day| day == "2019-11-11")[0], "--received", "folder"]);
    city.transform();
    let third = city.figures();
    kill_at(&city, &words, "backup.copied");
    let second = city.ok(&["query", "select * from finding order by finding_id", "--release", "2", "--format", "csv"]);
    let restore = ["restore".to_owned(), folder.display().to_string()];
    delete(&city);
    kill_at(&city, &restore, "restore.file_put");
    assert!(!fs::exists(city.warehouse().join("kehou.json")).expect("looked"), "a half one is none");
    ok(&city, &restore);
    assert_eq!(city.ok(&["query", "select * from finding order by finding_id", "--format", "csv"]), second);
    city.ok(&["ingest", &inbox(|day| day == "2019-11-11")[0], "--received", "folder"]);
    city.transform();
    assert_eq!(city.figures(), third);
    ok(&city, &words);
    city.ok(&["verify"]);
}

fn kill_at(city: &City, words: &[String], step: &str) {
    use std::io::{BufRead, BufReader};
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut child = city
        .command(&words)
        .env("KEHOU_STOP_AT", step)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let err = BufReader::new(child.stderr.take().expect("piped"));
    let stopped = err.lines().map_while(Result::ok).any(|line| line == format!("stopped at {step}"));
    assert!(stopped, "`kehou {words:?}` never came to {step}");
    child.kill().expect("it is there to be killed");
    child.wait().expect("it is dead");
}

#[test]
fn while_others_ingest_and_compute_a_backup_is_of_one_moment() {
    let city = city();
    let folder = city.folder().join("backup");
    let words = backup_words(&folder);
    let later = inbox(|day| day > "2019-11-10" && day != REGISTER);
    let mut busy: Vec<Child> = Vec::new();
    for day in &later {
        let child =
            city.command(&["ingest", day, "--received", "folder"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        busy.push(child.expect("it starts"));
    }
    let transform = city
        .command(&["transform", "--today", "2020-03-01", "--full"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    busy.push(transform.expect("it starts"));
    for _ in 0..3 {
        ok(&city, &words);
        std::thread::sleep(Duration::from_millis(100));
        let elsewhere = City::new(&example().join("reference"));
        delete(&elsewhere);
        ok(&elsewhere, &["restore".to_owned(), folder.display().to_string()]);
        elsewhere.ok(&["verify"]);
        check_ledger(&elsewhere.warehouse());
    }
    for mut child in busy {
        child.wait().expect("it ends");
    }
}

#[test]
fn a_bucket_is_backed_up_and_restored() {
    if !has_python("moto.server, boto3") {
        return;
    }
    let bucket = Bucket::start();
    let folder = tempfile::tempdir().expect("a folder");
    let run = |prefix: &str, words: &[&str]| -> Output {
        Command::new(env!("CARGO_BIN_EXE_kehou"))
            .args(words)
            .env("KEHOU_WAREHOUSE", format!("s3://city/{prefix}"))
            .env("KEHOU_KEYS", folder.path().join("keys"))
            .env("KEHOU_ACCOUNTS", folder.path().join(format!("{prefix}.sqlite")))
            .envs(bucket.env())
            .output()
            .expect("the command starts")
    };
    let kehou = |prefix: &str, words: &[&str]| {
        let output = run(prefix, words);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "kehou {words:?}:\n{out}\n{err}");
        out.into_owned()
    };
    let path = |part: &str| example().join(part).display().to_string();
    kehou("one", &["init", "--reference", &path("reference")]);
    kehou("one", &["ingest", &path("inbox/2020-01-29"), &path("inbox/2019-10-08"), "--received", "folder"]);
    kehou("one", &["transform", "--today", "2020-03-01"]);
    let backup = folder.path().join("backup").display().to_string();
    kehou("one", &["backup", "-o", &backup]);
    kehou("two", &["restore", &backup]);
    let sql = "select * from indicator_value order by indicator, level, unit_id, period_type, period, dimension";
    assert_eq!(kehou("two", &["query", sql, "--format", "csv"]), kehou("one", &["query", sql, "--format", "csv"]));
    kehou("two", &["verify"]);
    let again = run("two", &["restore", &backup]);
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("there is a warehouse"));
    kehou("two", &["transform", "--today", "2020-03-02"]);
    kehou("two", &["optimize", "--grace-hours", "0", "--keep-releases", "1"]);
    kehou("two", &["verify"]);
}
