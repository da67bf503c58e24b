//! The disk is full in the middle of ingest, of transform, of an upload: nothing that was accepted is lost, it is said what to do, and
//! with space again the next run completes. On a real small file system where one can be mounted, and by injected faults everywhere.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::city::{City, example};
use crate::facts::{check_ledger, facts};
use crate::tools::has;

const SAID: &str = "磁盘已满";
const SAID_TO_DO: &str = "run the same command again";

fn inbox() -> String {
    example().join("inbox").display().to_string()
}

/// What facts and figures are where there is always room.
fn undisturbed() -> (String, String) {
    let city = City::with_release();
    (unkeyed(&facts(&city.warehouse())), unkeyed(&values(&city.figures())))
}

/// Lines without what rests on a warehouse's own key: persons' hashes, and the ids of findings about them.
fn unkeyed(text: &str) -> String {
    let is_hash = |part: &str| part.len() == 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let plain = |line: &str| -> String {
        line.split_inclusive(['"', ',', '|'])
            .map(|part| if is_hash(part.trim_end_matches(['"', ',', '|'])) { "#" } else { part })
            .collect()
    };
    let mut lines: Vec<String> = text.lines().map(plain).collect();
    lines.sort();
    lines.join("\n")
}

/// Without when findings were first seen.
fn values(figures: &str) -> String {
    figures.replace("2020-02-20", "2020-03-01")
}

/// Runs the command with a disk that is full from the n-th operation on; whether it came to its end.
fn with_full_disk(city: &City, words: &[&str], at: usize) -> bool {
    let output = city.command(words).env("KEHOU_FAULT", format!("full@{at}")).output().expect("it starts");
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        assert!(err.contains(SAID) && err.contains(SAID_TO_DO), "kehou {words:?} at {at}: {err}");
    }
    output.status.success()
}

#[test]
fn wherever_it_strikes_nothing_accepted_is_lost() {
    let (expected_facts, expected_figures) = undisturbed();
    let city = City::new(&example().join("reference"));
    let day = example().join("inbox/2020-01-29").display().to_string();
    city.ok(&["ingest", &day, "--received", "folder"]);
    let accepted = facts(&city.warehouse());
    let ingest = ["ingest", &inbox(), "--received", "folder"];
    let mut failures = 0;
    // Later and later, until it isn't met any more.
    let mut at = 20;
    while !with_full_disk(&city, &ingest, at) {
        assert_eq!(facts(&city.warehouse()), accepted, "full from operation {at} on");
        failures += 1;
        at += at / 3;
    }
    assert!(failures > 4, "it struck in the middle: {failures}");
    assert_eq!(unkeyed(&facts(&city.warehouse())), expected_facts);
    check_ledger(&city.warehouse());

    city.ok(&["transform", "--today", "2020-02-20"]);
    let before = city.figures();
    let transform = ["transform", "--today", "2020-03-01", "--full"];
    let (mut failures, mut at) = (0, 30);
    while !with_full_disk(&city, &transform, at) {
        assert_eq!(city.figures(), before, "readers saw half, full from operation {at} on");
        failures += 1;
        at += at / 2;
    }
    assert!(failures > 2, "it struck in the middle: {failures}");
    assert_eq!(unkeyed(&values(&city.figures())), expected_figures);
    city.ok(&["verify"]);
}

/// A small file system in memory, unmounted when the test is done with it.
struct Small {
    folder: tempfile::TempDir,
}

impl Small {
    /// Of so many KiB; none where this process may not mount, which is said.
    fn mount(size: u32) -> Option<Small> {
        let small = Small { folder: tempfile::tempdir().expect("a folder") };
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}k"), "tmpfs"])
            .arg(small.disk())
            .stderr(Stdio::null())
            .status();
        if done.is_ok_and(|status| status.success()) {
            return Some(small);
        }
        eprintln!("SKIPPED: this process may not mount a small file system; injected faults stand for it");
        None
    }

    fn disk(&self) -> PathBuf {
        let disk = self.folder.path().join("disk");
        fs::create_dir_all(&disk).expect("made");
        disk
    }

    fn resize(&self, size: u32) {
        let status = Command::new("mount").args(["-o", &format!("remount,size={size}k")]).arg(self.disk()).status();
        assert!(status.expect("mount starts").success());
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kehou"));
        command.args(words).env("KEHOU_WAREHOUSE", self.warehouse()).env("KEHOU_KEYS", self.folder.path().join("keys"));
        command.env("KEHOU_ACCOUNTS", self.folder.path().join("accounts.sqlite")).stdin(Stdio::null());
        command
    }

    fn warehouse(&self) -> PathBuf {
        self.disk().join("warehouse")
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("it starts")
    }

    fn ok(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "kehou {words:?}:\n{out}\n{err}");
        out.into_owned()
    }

    /// The command fails by the full disk and says so.
    fn is_full_for(&self, words: &[&str]) -> bool {
        let output = self.run(words);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() || (err.contains(SAID) && err.contains(SAID_TO_DO)), "kehou {words:?}: {err}");
        !output.status.success()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(self.folder.path().join("disk")).status());
    }
}

#[test]
fn a_small_disk_fills_up_and_gets_space_again() {
    let Some(small) = Small::mount(300) else { return };
    let (expected, _) = undisturbed();
    let reference = example().join("reference").display().to_string();
    small.ok(&["init", "--reference", &reference]);
    let ingest = ["ingest", &inbox(), "--received", "folder"];
    let (mut size, mut failures) = (300, 0);
    while small.is_full_for(&ingest) {
        assert_eq!(facts(&small.warehouse()), "", "nothing of it counts");
        failures += 1;
        size += size / 2;
        small.resize(size);
    }
    assert!(failures > 2, "it was full in the middle: {failures}");
    assert_eq!(unkeyed(&facts(&small.warehouse())), expected);
    let transform = ["transform", "--today", "2020-03-01"];
    let mut failures = 0;
    while small.is_full_for(&transform) {
        assert!(!small.warehouse().join("releases").exists() || releases(&small.warehouse()) == 0);
        failures += 1;
        size += size / 4;
        small.resize(size);
    }
    assert!(failures > 1, "it was full in the middle: {failures}");
    assert_eq!((releases(&small.warehouse()), unkeyed(&facts(&small.warehouse()))), (1, expected));
    small.resize(size * 2);
    small.ok(&["verify"]);
    let city = City::with_release();
    let value = "select * from indicator_value order by indicator, level, unit_id, period_type, period, dimension";
    assert_eq!(small.ok(&["query", value, "--format", "csv"]), city.ok(&["query", value, "--format", "csv"]));
}

fn releases(warehouse: &Path) -> usize {
    fs::read_dir(warehouse.join("releases")).map_or(0, |found| {
        found
            .filter(|entry| entry.as_ref().is_ok_and(|entry| !entry.file_name().to_string_lossy().contains('#')))
            .count()
    })
}

#[test]
fn an_upload_is_told_that_the_disk_is_full() {
    if !has("curl", &["--version"]) {
        return;
    }
    let Some(small) = Small::mount(20_000) else { return };
    let reference = example().join("reference").display().to_string();
    small.ok(&["init", "--reference", &reference]);
    small.ok(&["ingest", &example().join("inbox/2020-01-29").display().to_string(), "--received", "folder"]);
    small.ok(&["transform", "--today", "2020-03-01"]);
    let mut add = small.command(&["user", "add", "office", "--role", "city", "--own"]);
    let mut child = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    child.stdin.take().expect("piped").write_all(b"first of all 1\n").expect("told");
    assert!(child.wait().expect("it ends").success());

    let mut serve = small.command(&["serve", "--listen", "127.0.0.1:0", "--today", "2020-03-01"]);
    let mut server = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let address = lines.next().expect("it tells its address").trim_end_matches('/').to_owned();
    let jar = small.folder.path().join("jar").display().to_string();
    let curl = |words: &[&str]| {
        let output =
            Command::new("curl").args(["-s", "-L", "-b", &jar, "-c", &jar]).args(words).output().expect("curl");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let token = |page: &str| {
        let at = page.find("name=\"form_token\" value=\"").expect("a form") + "name=\"form_token\" value=\"".len();
        page[at..].split('"').next().expect("a token").to_owned()
    };
    let page = curl(&[&format!("{address}/login")]);
    let form = format!("form_token={}&next=/&name=office&password=first+of+all+1", token(&page));
    curl(&["-d", &form, &format!("{address}/login")]);
    let file = example().join("inbox/2019-10-08/charge_3799051703_2019-09.json").display().to_string();
    let send = || {
        let page = curl(&[&format!("{address}/upload")]);
        let (token, file) = (format!("form_token={}", token(&page)), format!("files=@{file}"));
        let mut told = curl(&[
            "-F",
            &token,
            "-F",
            "purpose=submit",
            "-F",
            &file,
            "-w",
            "\n%{url_effective}",
            &format!("{address}/upload"),
        ]);
        let own = told.lines().last().expect("an address").to_owned();
        for _ in 0..100 {
            if ["磁盘已满", "已计入第"].iter().any(|words| told.contains(words)) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
            told = curl(&[&own]);
        }
        told
    };
    let before = facts(&small.warehouse());
    // Something else takes all the room that is left.
    let filler = small.disk().join("filler");
    drop(
        Command::new("dd")
            .args(["if=/dev/zero", "bs=1k"])
            .arg(format!("of={}", filler.display()))
            .stderr(Stdio::null())
            .status(),
    );
    let told = send();
    assert!(told.contains("磁盘已满") && told.contains("腾出磁盘空间"), "{told}");
    assert_eq!(facts(&small.warehouse()), before);
    fs::remove_file(&filler).expect("gone");
    let told = send();
    assert!(told.contains("已计入第"), "{told}");
    assert_ne!(facts(&small.warehouse()), before);
    drop(server.kill());
    drop(server.wait());
    small.ok(&["verify"]);
}
