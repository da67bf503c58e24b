//! Broken and odd files, one fault each: every one is understood or comes back with its fault named, none stops the
//! command, takes much memory or time, or touches what was accepted.

mod make;
mod sheets;
mod texts;
mod values;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::city::{City, example};

/// Bytes of memory that reading a file may take.
const MOST_MEMORY: u64 = 1 << 30;
/// Bytes of address space, of which allocator and threads reserve much more than they use.
const MOST_ADDRESSES: u64 = 6 << 30;
/// After this long the command hangs.
const HANGS: Duration = Duration::from_secs(120);

/// So many files are sent at once.
const SENDERS: usize = 3;

/// A file and what must become of it.
pub struct Case {
    /// The file's name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// accepted, partly, rejected or unreadable.
    pub verdict: &'static str,
    /// The code of the issue that names the fault; empty where there is none.
    pub code: &'static str,
    /// The sheet that it names.
    pub sheet: Option<&'static str>,
    /// The row that it names.
    pub row: Option<u64>,
    /// The heading that it names.
    pub column: Option<&'static str>,
    /// What the message must say.
    pub says: &'static [&'static str],
}

/// A file in which nothing is wrong.
pub fn good(name: &str, bytes: impl Into<Vec<u8>>) -> Case {
    Case {
        name: name.to_owned(),
        bytes: bytes.into(),
        verdict: "accepted",
        code: "",
        sheet: None,
        row: None,
        column: None,
        says: &[],
    }
}

/// A file that can't be read at all.
pub fn unreadable(name: &str, bytes: impl Into<Vec<u8>>, code: &'static str) -> Case {
    Case { verdict: "unreadable", code, ..good(name, bytes) }
}

/// A file that is read and rejected.
pub fn rejected(name: &str, bytes: impl Into<Vec<u8>>, code: &'static str) -> Case {
    Case { verdict: "rejected", code, ..good(name, bytes) }
}

impl Case {
    /// The issue names this row and heading.
    pub fn at(self, row: u64, column: &'static str) -> Case {
        Case { row: Some(row), column: Some(column), ..self }
    }

    /// The issue names this row.
    pub fn in_row(self, row: u64) -> Case {
        Case { row: Some(row), ..self }
    }

    /// The issue names this sheet.
    pub fn in_sheet(self, sheet: &'static str) -> Case {
        Case { sheet: Some(sheet), ..self }
    }

    /// The message says these words.
    pub fn says(self, says: &'static [&'static str]) -> Case {
        Case { says, ..self }
    }

    /// There is an issue, though the file is accepted.
    pub fn with(self, code: &'static str) -> Case {
        Case { code, ..self }
    }
}

#[test]
fn every_broken_or_odd_file_is_answered_and_what_was_accepted_stands() {
    let cases: Vec<Case> = [sheets::cases(), texts::cases(), values::cases()].into_iter().flatten().collect();
    assert!(cases.len() >= 80, "{} cases", cases.len());
    let city = City::with_release();
    // What was sent is counted by K05, rejected or not.
    let figures = |city: &City| {
        city.ok(&["transform", "--today", "2020-03-01", "--full"]);
        city.figures().lines().filter(|line| !line.starts_with("K05")).collect::<Vec<_>>().join("\n")
    };
    let lines =
        |city: &City| city.query("select * from submission where state in ('accepted', 'zero') order by submission_id");
    let before = (figures(&city), lines(&city));
    let next = AtomicUsize::new(0);
    let one_after_another = &|sender: usize| {
        let cases = std::iter::from_fn(|| cases.get(next.fetch_add(1, Ordering::Relaxed)));
        cases.map(|case| check(&city, case, sender)).collect::<Vec<Result<Cost, String>>>()
    };
    let answers = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS).map(|sender| scope.spawn(move || one_after_another(sender))).collect();
        senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect::<Vec<_>>()
    });
    let costs: Vec<&Cost> = answers.iter().flatten().collect();
    if std::env::var_os("KEHOU_TIMES").is_some() {
        costs
            .iter()
            .for_each(|cost| eprintln!("{:7.2} s {:5} MiB  {}", cost.took.as_secs_f64(), cost.memory >> 20, cost.name));
    }
    let most = costs.iter().map(|cost| cost.memory).max().unwrap_or_default();
    let longest = costs.iter().map(|cost| cost.took).max().unwrap_or_default();
    eprintln!("{} files, each answered within {} MiB and {:.1} s", answers.len(), most >> 20, longest.as_secs_f64());
    let wrong: Vec<String> = answers.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!((figures(&city), lines(&city)) == before, "figures or accepted lines have changed");
}

/// What an answer took: the whole command, beside the other senders.
struct Cost {
    name: String,
    memory: u64,
    took: Duration,
}

/// Sends a file and compares what is said of it; gives what it took. A file of which something is to be accepted is judged
/// alone.
fn check(city: &City, case: &Case, sender: usize) -> Result<Cost, String> {
    let folder = city.folder().join(format!("sent{sender}"));
    fs::create_dir_all(&folder).expect("made");
    let (path, report) = (folder.join(&case.name), city.folder().join(format!("report{sender}.json")));
    fs::write(&path, &case.bytes).expect("written");
    let _ = fs::remove_file(&report);
    let (file, told) = (path.display().to_string(), report.display().to_string());
    let mut words = vec!["ingest", &file, "--received", "2019-12-05", "--report", &told];
    if ["accepted", "partly"].contains(&case.verdict) {
        words.push("--check");
    }
    let started = Instant::now();
    let (code, memory, printed) = run(limited(&city.command(&words)));
    let cost = Cost { name: case.name.clone(), memory, took: started.elapsed() };
    fs::remove_file(&path).expect("removed");
    let place = format!("{} ({} bytes)", case.name, case.bytes.len());
    let expected_code = if case.verdict == "accepted" { 0 } else { 2 };
    if code != Some(expected_code) || printed.contains("panicked") {
        return Err(format!("{place}: it ended with {code:?}:\n{printed}"));
    }
    if memory > MOST_MEMORY {
        return Err(format!("{place}: it took {} MiB", memory >> 20));
    }
    let report: Value = serde_json::from_slice(&fs::read(&report).expect("a report")).expect("JSON");
    let file = &report["files"][0];
    let found: Vec<&Value> = std::iter::once(file)
        .chain(file["slices"].as_array().expect("slices"))
        .flat_map(|part| part["issues"].as_array().expect("issues"))
        .collect();
    if file["verdict"] != case.verdict {
        return Err(format!("{place}: {} instead of {}: {found:?}", file["verdict"], case.verdict));
    }
    let fits = |issue: &&Value| {
        issue["code"] == case.code
            && case.sheet.is_none_or(|sheet| issue["sheet"] == sheet)
            && case.row.is_none_or(|row| issue["row"] == row)
            && case.column.is_none_or(|column| issue["column"] == column)
            && case.says.iter().all(|word| issue["message_zh"].as_str().is_some_and(|message| message.contains(word)))
    };
    if !case.code.is_empty() && !found.iter().any(fits) {
        let wanted = (case.code, case.sheet, case.row, case.column, case.says);
        return Err(format!("{place}: {wanted:?} is not among {found:?}"));
    }
    let errors: Vec<_> =
        found.iter().filter(|issue| issue["severity"] == "error").map(|issue| &issue["code"]).collect();
    if case.verdict == "accepted" && !errors.is_empty() {
        return Err(format!("{place}: {errors:?}"));
    }
    Ok(cost)
}

/// The command with bounded addresses, where a shell can bound them.
fn limited(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("ulimit -v {} 2>/dev/null; exec \"$0\" \"$@\"", MOST_ADDRESSES >> 10));
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

/// Runs to the end: the exit code, the most memory that was seen in use (where /proc tells it), and what was printed.
fn run(mut command: Command) -> (Option<i32>, u64, String) {
    let mut child = command.spawn().expect("a shell");
    let (started, mut memory) = (Instant::now(), 0);
    while child.try_wait().expect("a child").is_none() {
        memory = memory.max(peak(&child));
        if started.elapsed() > HANGS {
            child.kill().expect("killed");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().expect("a child");
    let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code(), memory, printed)
}

/// The most memory that a process has used so far.
fn peak(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().map_or(0, |kib| kib << 10)
}

/// The bytes of an old workbook that another program wrote.
pub fn old_workbook() -> Vec<u8> {
    fs::read(example().join("../xls/libreoffice.xls")).expect("a fixture")
}
