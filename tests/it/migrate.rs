//! A warehouse that the version before wrote: it is refused until it is migrated, then it has the same figures and goes on working.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::city::example;
use crate::facts::check_ledger;
use crate::tools::has;

/// The old warehouse, unpacked into a folder that goes with it.
struct Old {
    folder: tempfile::TempDir,
}

impl Old {
    /// Of a format; none where it can't be unpacked.
    fn of_format(format: u32) -> Option<Old> {
        if !has("xz", &["--version"]) || !has("tar", &["--version"]) {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let fixture = format!("tests/fixtures/warehouse-{format}/city.tar.xz");
        let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join(fixture);
        let done =
            Command::new("tar").arg("-xJf").arg(archive).current_dir(folder.path()).status().expect("tar starts");
        assert!(done.success());
        Some(Old { folder })
    }

    fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kehou"));
        command.args(words).env("KEHOU_WAREHOUSE", self.path("warehouse")).stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the command starts")
    }

    fn ok(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "kehou {words:?}:\n{out}\n{err}");
        out.into_owned()
    }

    /// Whether its releases answer as the kehou that made them did.
    fn check_figures(&self) {
        for release in ["1", "2"] {
            let sql =
                "select * from indicator_value order by indicator, level, unit_id, period_type, period, dimension";
            let expected =
                fs::read_to_string(self.path(&format!("expected/indicator_value-{release}.csv"))).expect("there");
            assert!(expected.lines().count() > 2000, "the old kehou answered");
            assert!(self.ok(&["query", sql, "--release", release, "--format", "csv"]) == expected, "release {release}");
        }
        let sql = "select finding_id, rule, school_id, period, subject, amount from finding order by finding_id";
        let expected = fs::read_to_string(self.path("expected/finding-2.csv")).expect("there");
        assert_eq!(self.ok(&["query", sql, "--release", "2", "--format", "csv"]), expected);
    }
}

#[test]
fn one_of_the_version_before_is_refused_then_migrated_and_goes_on() {
    let Some(old) = Old::of_format(1) else { return };
    let inbox = example().join("inbox");
    let day = inbox.join("2019-10-10").display().to_string();
    for words in [&["query", "select 1"][..], &["transform"], &["ingest", &day], &["serve"], &["optimize"]] {
        let output = old.run(words);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && err.contains("kehou migrate"), "{words:?}: {err}");
    }
    // It can be looked at and copied before anything is changed.
    old.ok(&["verify"]);
    let backup = old.path("backup").display().to_string();
    old.ok(&["backup", "-o", &backup]);

    let said = old.ok(&["migrate", "--by", "运维"]);
    assert!(said.contains("format 2 now"), "{said}");
    old.check_figures();
    let said = old.ok(&["verify"]);
    assert!(said.contains("all there") && !said.contains("no checksum"), "{said}");
    assert!(old.ok(&["user", "list"]).contains("office"));
    assert!(old.ok(&["releases", "--format", "csv"]).contains("2019-09"), "what was declared official stays so");
    assert!(old.ok(&["migrate"]).contains("already"), "again it changes nothing");

    // A correction comes in: the same pupils, the next release, and nothing afterwards.
    old.ok(&["ingest", &day, "--received", "folder"]);
    assert!(old.ok(&["transform", "--today", "2020-02-01"]).contains("release 3"));
    assert!(old.ok(&["transform", "--today", "2020-02-01"]).contains("Nothing changed"));
    old.check_figures();
    check_ledger(&old.path("warehouse"));
    old.ok(&["verify"]);

    // Damage to what the old kehou wrote shows from now on.
    let release = old.path("warehouse/releases/00000001.json");
    let text = fs::read_to_string(&release).expect("read");
    fs::write(&release, text.replace("2020-02-01", "2020-02-02")).expect("written");
    let output = old.run(&["verify"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success() && said.contains("releases/00000001.json"), "{said}");
    fs::write(&release, text).expect("written");

    // The copy that was made before is one of the old format still.
    let restored = old.path("restored").display().to_string();
    old.ok(&["restore", &backup, "--warehouse", &restored]);
    let output = old.run(&["query", "select 1", "--warehouse", &restored]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("kehou migrate"));
}

#[test]
fn a_killed_migration_goes_on() {
    use std::io::{BufRead, BufReader};
    let Some(old) = Old::of_format(1) else { return };
    for step in ["migrate.reshaped", "migrate.summed"] {
        let mut command = old.command(&["migrate"]);
        command.env("KEHOU_STOP_AT", step).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let err = BufReader::new(child.stderr.take().expect("piped"));
        let stopped = err.lines().map_while(Result::ok).any(|line| line == format!("stopped at {step}"));
        assert!(stopped, "it never came to {step}");
        child.kill().expect("it is there");
        child.wait().expect("it is dead");
        let output = old.run(&["query", "select 1"]);
        assert!(!output.status.success(), "a half migrated one is an old one, after a kill at {step}");
    }
    old.ok(&["migrate"]);
    old.check_figures();
    old.ok(&["verify"]);
}

#[test]
fn one_of_a_later_version_is_left_alone() {
    let Some(old) = Old::of_format(1) else { return };
    let marker = old.path("warehouse/kehou.json");
    let text = fs::read_to_string(&marker).expect("read").replace("\"format\": 1", "\"format\": 3");
    fs::write(&marker, &text).expect("written");
    for words in [&["query", "select 1"][..], &["migrate"], &["verify"], &["backup", "-o", "/nowhere"]] {
        let output = old.run(words);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && err.contains("newer format 3"), "{words:?}: {err}");
    }
    assert_eq!(fs::read_to_string(&marker).expect("read"), text);
}

/// The columns of all forms in this format. Who changes a form's columns raises `warehouse::FORMAT`, keeps a warehouse of the version
/// before under `tests/fixtures/warehouse-<format>`, says in the form's file what a column was, and then changes this number.
#[test]
fn the_columns_of_forms_are_those_of_this_format() {
    let mut columns = String::new();
    for form in ingest::form::forms() {
        for field in form.schema().fields() {
            columns += &format!("{}.{} {}\n", form.table(), field.name(), field.data_type());
        }
    }
    let count = columns.lines().count();
    assert_eq!((warehouse::FORMAT, count, &warehouse::digest::sha256(columns.as_bytes())[..8]), (2, 159, "05a3566a"));
}
