//! Ingests at once, killed by chance, on storage that fails, tears, delays or loses answers: what comes out in the end is what
//! an undisturbed call gives, nothing twice and nothing missing. On a folder and on an S3 server.
//!
//! `KEHOU_CHAOS_ROUNDS` says how many rounds; each is told by its number alone, but for the order in which processes run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;

use crate::city::example;
use crate::facts::{ask, check_ledger, copy, facts};
use crate::s3::Bucket;
use crate::tools::has_python;

/// All cities of this test hash persons alike, so that their rows can be compared.
const PERSON_KEY: &str = "4b1d6c1f0f3a4f0e9c2b7d8e6a5f4c3b2a1908f7e6d5c4b3a29181706f5e4d3c";
/// An undisturbed call has some 400 operations on its storage; a fault beyond the last one strikes nothing.
const OPERATIONS: u64 = 400;
/// One that reads a single large file has some 60.
const LARGE_OPERATIONS: u64 = 60;
const KINDS: [&str; 5] = ["fail", "tear", "lose", "delay", "kill"];

/// Numbers by chance that are the same for the same seed (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn rounds(default: u64) -> u64 {
    std::env::var("KEHOU_CHAOS_ROUNDS").map_or(default, |text| text.parse().expect("KEHOU_CHAOS_ROUNDS is a number"))
}

/// A warehouse that processes work on.
struct Site {
    location: String,
    env: Vec<(&'static str, String)>,
}

impl Site {
    fn command(&self, words: &[String], faults: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kehou"));
        command.args(words).env("KEHOU_WAREHOUSE", &self.location).env("KEHOU_PERSON_KEY", PERSON_KEY);
        command
            .env_remove("KEHOU_STOP_AT")
            .env("KEHOU_FAULT", faults)
            .envs(self.env.iter().map(|(key, value)| (key, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn start(&self, words: &[String], faults: &str) -> Child {
        self.command(words, faults).spawn().expect("the command starts")
    }

    fn ok(&self, words: &[String]) {
        let output = self.command(words, "").output().expect("the command starts");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kehou {words:?} on {} ended with {}:\n{err}", self.location, output.status);
    }

    /// An empty city that knows its schools: a process that gets half of the files can judge them.
    fn make(&self) {
        self.ok(&["init".to_owned(), "--reference".to_owned(), example().join("reference").display().to_string()]);
        let register: Vec<PathBuf> = inbox().into_iter().filter(|path| is_register(path)).collect();
        assert_eq!(register.len(), 4, "the example's districts send their registers");
        self.ok(&ingest_words(&register));
    }
}

fn is_register(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.starts_with("school_") || name.starts_with("学校名录")
}

fn ingest_words(paths: &[PathBuf]) -> Vec<String> {
    let words = ["ingest", "--received", "folder"].map(str::to_owned);
    words.into_iter().chain(paths.iter().map(|path| path.display().to_string())).collect()
}

/// Every file of the example.
fn inbox() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in fs::read_dir(example().join("inbox")).expect("the example") {
        for file in fs::read_dir(folder.expect("an entry").path()).expect("a day's folder") {
            files.push(file.expect("an entry").path());
        }
    }
    files.sort();
    files
}

/// The files in two parts. A correction has the name of what it corrects, so both are in one part.
fn parts() -> [Vec<PathBuf>; 2] {
    let even = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.bytes().map(u64::from).sum::<u64>() % 2 == 0
    };
    inbox().into_iter().partition::<Vec<PathBuf>, _>(even).into()
}

/// A made city, to be copied, and what it holds after one undisturbed call.
struct Ground {
    folder: TempDir,
    expected: String,
}

fn ground() -> &'static Ground {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    GROUND.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        local(&folder.path().join("made")).make();
        copy(&folder.path().join("made"), &folder.path().join("done"));
        local(&folder.path().join("done")).ok(&ingest_words(&inbox()));
        check_ledger(&folder.path().join("done"));
        let expected = facts(&folder.path().join("done"));
        assert!(expected.lines().count() > 1000, "the undisturbed city has rows");
        Ground { folder, expected }
    })
}

fn local(folder: &Path) -> Site {
    let keys = folder.with_file_name("keys");
    Site { location: folder.display().to_string(), env: vec![("KEHOU_KEYS", keys.display().to_string())] }
}

/// Two or three processes at once, each with its faults; gives how often each kind of fault struck.
fn disturb(site: &Site, chance: &mut Chance) -> BTreeMap<String, usize> {
    let [one, other] = parts();
    let calls = match chance.below(3) {
        0 => vec![inbox(), inbox()],
        1 => vec![one, other],
        _ => vec![one, inbox(), other],
    };
    run_at_once(site, calls, OPERATIONS, chance)
}

/// A process a call, all at once, each with faults among its first `operations`.
fn run_at_once(site: &Site, calls: Vec<Vec<PathBuf>>, operations: u64, chance: &mut Chance) -> BTreeMap<String, usize> {
    let mut running = Vec::new();
    for paths in calls {
        let fault = |chance: &mut Chance| {
            format!("{}@{}", KINDS[chance.below(KINDS.len() as u64) as usize], 1 + chance.below(operations))
        };
        let faults = [fault(chance), fault(chance)].join(",");
        running.push(site.start(&ingest_words(&paths), &faults));
        // Now and then one is killed from outside, wherever it is.
        if chance.below(4) == 0 {
            std::thread::sleep(Duration::from_millis(chance.below(600)));
            drop(running.last_mut().expect("it was just started").kill());
        }
    }
    let mut struck = BTreeMap::new();
    for child in running {
        let output = child.wait_with_output().expect("it ends");
        let err = String::from_utf8_lossy(&output.stderr);
        // But for one in a dependency: Delta's writer aborts an upload whose end failed, which the upload takes for a mistake.
        let mut panics = err.lines().filter(|line| line.contains("internal error") || line.contains("panicked"));
        assert!(panics.all(|line| line.contains("object_store") && line.contains("buffered.rs")), "a panic:\n{err}");
        for line in err.lines().filter_map(|line| line.strip_prefix("fault: ")) {
            *struck.entry(line.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    struck
}

fn add(all: &mut BTreeMap<String, usize>, more: BTreeMap<String, usize>) {
    for (kind, count) in more {
        *all.entry(kind).or_default() += count;
    }
}

/// The rounds prove nothing where no fault struck.
fn check_struck(struck: &BTreeMap<String, usize>, rounds: u64) {
    eprintln!("{rounds} rounds, faults that struck: {struck:?}");
    let all: usize = struck.values().sum();
    assert!(all as u64 >= rounds, "{all} faults struck in {rounds} rounds: {struck:?}");
    assert!(rounds < 50 || struck.len() == KINDS.len(), "not every kind struck: {struck:?}");
}

#[test]
fn parallel_ingests_on_faulty_storage_end_as_if_nothing_had_happened() {
    let ground = ground();
    let rounds = rounds(12);
    let mut struck = BTreeMap::new();
    for round in 1..=rounds {
        let mut chance = Chance(round.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let folder = tempfile::tempdir().expect("a folder");
        let warehouse = folder.path().join("warehouse");
        copy(&ground.folder.path().join("made"), &warehouse);
        copy(&ground.folder.path().join("keys"), &folder.path().join("keys"));
        let site = local(&warehouse);
        add(&mut struck, disturb(&site, &mut chance));
        site.ok(&ingest_words(&inbox()));
        check_ledger(&warehouse);
        let found = facts(&warehouse);
        if found != ground.expected {
            let kept = folder.keep();
            panic!(
                "round {round}: {} differs from an undisturbed city:\n{}",
                kept.display(),
                difference(&ground.expected, &found)
            );
        }
    }
    check_struck(&struck, rounds);
}

/// More than what is read as a whole (see `ingest::accept::LARGE`), in few rows: a column that no form knows is long.
fn large_file(folder: &Path) -> PathBuf {
    let path = folder.join("2019-12-05").join("大文件.csv");
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let mut text = "学校标识码,统计期,日期,学生编号,班级,组别,学时数,备注\n".to_owned();
    let long = "备".repeat(1000);
    for at in 0.. {
        if text.len() as u64 > ingest::accept::LARGE + (1 << 20) {
            break;
        }
        let school = if at % 2 == 0 { "3799001000" } else { "3799011037" };
        text += &format!("{school},2019-11,2019-11-{:02},{},一(1)班,G1,1,{long}\n", 4 + at % 5, 2_019_000 + at / 10);
    }
    fs::write(&path, text).expect("written");
    path
}

#[test]
fn a_file_read_in_blocks_on_faulty_storage_ends_as_if_nothing_had_happened() {
    let ground = ground();
    let folder = tempfile::tempdir().expect("a folder");
    let large = large_file(folder.path());
    let done = folder.path().join("done");
    copy(&ground.folder.path().join("keys"), &folder.path().join("keys"));
    copy(&ground.folder.path().join("made"), &done);
    local(&done).ok(&ingest_words(std::slice::from_ref(&large)));
    let expected = facts(&done);
    assert!(expected.lines().count() > 10_000, "the large file has rows");
    let rounds = rounds(30).div_ceil(10);
    let mut struck = BTreeMap::new();
    for round in 1..=rounds {
        let mut chance = Chance(round.wrapping_mul(0xa076_1d64_78bd_642f));
        let warehouse = folder.path().join(format!("warehouse{round}"));
        copy(&ground.folder.path().join("made"), &warehouse);
        let site = local(&warehouse);
        let calls = vec![vec![large.clone()], vec![large.clone()]];
        add(&mut struck, run_at_once(&site, calls, LARGE_OPERATIONS, &mut chance));
        site.ok(&ingest_words(std::slice::from_ref(&large)));
        check_ledger(&warehouse);
        let found = facts(&warehouse);
        assert!(found == expected, "round {round}:\n{}", difference(&expected, &found));
        fs::remove_dir_all(&warehouse).expect("removed");
    }
    eprintln!("{rounds} rounds with a file read in blocks, faults that struck: {struck:?}");
    assert!(struck.values().sum::<usize>() as u64 >= rounds, "{struck:?}");
}

#[test]
fn two_ingests_at_once_on_a_faulty_bucket_end_as_if_nothing_had_happened() {
    if !has_python("moto.server, boto3") {
        return;
    }
    let ground = ground();
    let bucket = Bucket::start();
    let rounds = rounds(30).div_ceil(10);
    let mut struck = BTreeMap::new();
    for round in 1..=rounds {
        let mut chance = Chance(round.wrapping_mul(0xd134_2543_de82_ef95));
        let folder = tempfile::tempdir().expect("a folder");
        let mut env = bucket.env();
        env.push(("KEHOU_KEYS", folder.path().join("keys").display().to_string()));
        let site = Site { location: format!("s3://city/round{round}"), env };
        site.make();
        add(&mut struck, disturb(&site, &mut chance));
        site.ok(&ingest_words(&inbox()));
        // The tables are the same wherever they lie, so the bucket's are looked at in a folder.
        let warehouse = folder.path().join("warehouse");
        bucket.download(&format!("round{round}/"), &warehouse);
        check_ledger(&warehouse);
        let found = facts(&warehouse);
        assert!(found == ground.expected, "round {round}:\n{}", difference(&ground.expected, &found));
    }
    check_struck(&struck, rounds);
}

#[test]
fn corrections_of_one_slice_at_once_follow_one_another() {
    let ground = ground();
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = folder.path().join("warehouse");
    copy(&ground.folder.path().join("made"), &warehouse);
    let site = local(&warehouse);
    let calls: Vec<PathBuf> = (1..=6)
        .map(|amount| {
            let path = folder.path().join(format!("{amount}.csv"));
            let text =
                format!("学校标识码,统计期,凭证号,预算金额,拨付金额\n3799001000,2019-09,P1,100.00,{amount}.00\n");
            fs::write(&path, text).expect("written");
            path
        })
        .collect();
    let words =
        |path: &Path| ["ingest", "--received", "2019-10-10", &path.display().to_string()].map(str::to_owned).to_vec();
    let running: Vec<Child> = calls.iter().map(|path| site.start(&words(path), "")).collect();
    for child in running {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    check_ledger(&warehouse);
    let lines = "select submission_id, replaces from facts.submission where form = 'subsidy' order by received_at";
    let lines = ask(&warehouse, lines);
    assert_eq!(lines.len(), calls.len());
    // Each replaces the one before it: none was taken for the newest by two.
    let mut before = String::new();
    for line in lines {
        assert_eq!(line["replaces"], before);
        before = line["submission_id"].clone();
    }
}

/// The first lines that one has more often than the other.
fn difference(expected: &str, found: &str) -> String {
    let count = |text: &str| {
        let mut lines: BTreeMap<String, i64> = BTreeMap::new();
        for line in text.lines() {
            *lines.entry(line.to_owned()).or_default() += 1;
        }
        lines
    };
    let (expected, found) = (count(expected), count(found));
    let more = |one: &BTreeMap<String, i64>, other: &BTreeMap<String, i64>| {
        let lines = one.iter().filter(|(line, count)| other.get(*line).copied().unwrap_or_default() < **count);
        lines.take(5).map(|(line, _)| line.clone()).collect::<Vec<_>>().join("\n")
    };
    format!("missing:\n{}\ntoo many:\n{}", more(&expected, &found), more(&found, &expected))
}
