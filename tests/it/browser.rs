//! `kehou demo` from nothing to a served dashboard, and its pages in a real browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::tools::{has, has_python};

/// The demo, killed when the test is done with it.
struct Demo {
    child: Child,
    /// Where it keeps its warehouse while it runs.
    folder: tempfile::TempDir,
    address: String,
    /// `name:password` of each person.
    people: Vec<String>,
    /// What it prints: closed, it would end the demo that prints on.
    _lines: Box<dyn Iterator<Item = String>>,
}

impl Demo {
    fn warehouse(&self) -> PathBuf {
        let entries = std::fs::read_dir(self.folder.path()).expect("the demo's folder").map_while(Result::ok);
        let warehouse = entries.map(|entry| entry.path().join("warehouse")).find(|path| path.exists());
        warehouse.expect("the demo keeps its warehouse in a temporary folder")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Starts the demo of a small city and waits until it serves.
fn demo() -> Demo {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kehou"));
    command.args(["demo", "--listen", "127.0.0.1:0", "--scale", "0.03"]).env("TMPDIR", folder.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.trim().strip_prefix("http://")?.trim_end_matches('/').to_owned()));
    let address = address.expect("the demo prints its address");
    let mut people = Vec::new();
    while people.len() < 4 {
        let line = lines.next().expect("the demo prints its log-ins");
        let mut words = line.split_whitespace();
        if let (Some(name @ ("city" | "district" | "inspector" | "school")), Some(word)) = (words.next(), words.next())
        {
            people.push(format!("{name}:{word}"));
        }
    }
    Demo { child, folder, address, people, _lines: Box::new(lines) }
}

/// Where axe-core lies, if it is installed. In CI it must be.
fn axe() -> Option<String> {
    let place = std::env::var("KEHOU_AXE").ok().filter(|place| std::path::Path::new(place).exists());
    if place.is_none() {
        assert!(
            std::env::var_os("KEHOU_REQUIRE_TOOLS").is_none(),
            "axe-core is missing: npm install axe-core, and KEHOU_AXE=…/axe-core/axe.min.js"
        );
        eprintln!("axe-core is missing (KEHOU_AXE): pages are not checked against WCAG");
    }
    place
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("it takes a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn the_demo_serves_pages_that_hold_in_a_browser() {
    let demo = demo();
    let front = get(&demo.address, "/login");
    assert!(front.starts_with("HTTP/1.1 200") && front.contains("课后"), "{front}");
    let figures = get(&demo.address, "/city");
    assert!(figures.starts_with("HTTP/1.1 30") || figures.starts_with("HTTP/1.1 401"), "without a log-in: {figures}");

    numbers(&demo);
    if !(has("chromium", &["--version"]) && has_python("playwright")) {
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/pages.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(format!("http://{}", demo.address)).args(&demo.people);
    if let Some(axe) = axe() {
        command.args(["--axe", &axe]);
    }
    if let Some(folder) = std::env::var_os("KEHOU_PICTURES") {
        command.arg("--pictures").arg(folder);
    }
    let output = command.output().expect("python3 starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.lines().count() > 80, "pages were seen: {out}");
    for person in ["city", "district", "inspector", "school"] {
        assert!(out.contains(&format!("ok     {person} ")), "{person}'s pages were seen: {out}");
    }
}

#[test]
fn four_people_do_their_whole_task_in_a_browser() {
    if !(has("chromium", &["--version"]) && has_python("playwright") && has_python("openpyxl")) {
        return;
    }
    let demo = demo();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/tasks.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(format!("http://{}", demo.address)).arg(env!("CARGO_BIN_EXE_kehou")).arg(demo.warehouse());
    command.args(&demo.people);
    if let Some(folder) = std::env::var_os("KEHOU_PICTURES") {
        command.arg("--pictures").arg(folder);
    }
    let output = command.output().expect("python3 starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("all tasks were done"), "{out}\n{err}");
}

/// What stands on the pages is what a query gives.
fn numbers(demo: &Demo) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/figures.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(format!("http://{}", demo.address)).arg(env!("CARGO_BIN_EXE_kehou")).arg(demo.warehouse());
    let Ok(output) = command.args(&demo.people).output() else { return };
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}
