//! `kehou demo` from nothing to a served dashboard, and its pages in a real browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::tools::{has, has_python};

/// The demo, killed when the test is done with it.
struct Demo {
    child: Child,
    address: String,
    password: String,
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Starts the demo of a small city and waits until it serves.
fn demo() -> Demo {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kehou"));
    command.args(["demo", "--listen", "127.0.0.1:0", "--scale", "0.03"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.trim().strip_prefix("http://")?.trim_end_matches('/').to_owned()));
    let address = address.expect("the demo prints its address");
    let password = lines.find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("city")).then(|| words.next().map(str::to_owned)).flatten()
    });
    Demo { child, address, password: password.expect("the demo prints its log-ins") }
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

    if !(has("chromium", &["--version"]) && has_python("playwright")) {
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/pages.py");
    let mut command = Command::new("python3");
    command.args([script, &format!("http://{}", demo.address), "city", &demo.password]);
    if let Some(folder) = std::env::var_os("KEHOU_PICTURES") {
        command.arg(folder);
    }
    let output = command.output().expect("python3 starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.lines().count() > 20, "pages were seen: {out}");
}
