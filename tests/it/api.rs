//! The API of the built command: schemathesis asks it what its description allows and what it doesn't, by a token of each role.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::city::City;
use crate::tools::has_python;
use crate::unseal::events;

/// A server over the example city, killed when the test is done with it.
struct Server {
    child: Child,
    city: City,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Each role with a unit of the example city.
const PEOPLE: [(&str, &str); 5] =
    [("city", ""), ("district", "379902"), ("inspector", "379902,379903"), ("school", "3799061222"), ("admin", "")];

impl Server {
    fn new() -> Server {
        let city = City::with_release();
        Server::over(city)
    }

    /// Over a city as it is, with an account of each role.
    fn over(city: City) -> Server {
        for (role, unit) in PEOPLE {
            let mut command = city.command(&["user", "add", role, "--role", role, "--unit", unit, "--own"]);
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the command starts");
            let mut password = child.stdin.take().expect("it is piped");
            password.write_all(b"a good password\n").expect("it reads the password");
            drop(password);
            assert!(child.wait().expect("it ends").success(), "{role}");
        }
        let rate = "4000000";
        let words = ["serve", "--listen", "127.0.0.1:0", "--today", "2020-03-01"];
        let mut command = city.command(&[&words[..], &["--api-token-rate", rate, "--api-address-rate", rate]].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
        let address =
            lines.find_map(|line| Some(line.trim().strip_prefix("http://")?.trim_end_matches('/').to_owned()));
        Server { child, city, address: address.expect("the server prints its address") }
    }

    /// A token of an account, by the command.
    fn token(&self, name: &str) -> String {
        self.city.ok(&["token", "add", name, "--label", "测试", "--days", "1"]).trim().to_owned()
    }

    /// Status and body of an answer.
    fn get(&self, path: &str, token: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("somebody listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        let head = format!("Host: {}\r\nAuthorization: Bearer {token}\r\nConnection: close", self.address);
        write!(stream, "GET {path} HTTP/1.1\r\n{head}\r\n\r\n").expect("it takes a request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    /// Has schemathesis try everything with a token.
    fn try_all(&self, role: &str, token: &str, words: &[&str]) {
        let mut command = Command::new("python3");
        let folder = self.city.folder();
        command.args(["-m", "schemathesis.cli"]).args(words);
        command.args(["run", &format!("http://{}/api/v1/openapi.json", self.address)]);
        command.args([
            "--header",
            &format!("Authorization: Bearer {token}"),
            "--checks",
            "all",
            "--continue-on-failure",
        ]);
        command.args(["--max-examples", "5", "--seed", "1", "--warnings", "off", "--suppress-health-check", "all"]);
        let output = command.current_dir(folder).env("NO_COLOR", "1").output().expect("python3 starts");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{role}: {out}\n{err}");
        // All but the description, which it reads first.
        assert!(out.contains("Tested: 22"), "{role}: {out}");
    }
}

#[test]
fn the_api_is_what_its_description_says() {
    if !has_python("schemathesis") {
        return;
    }
    let server = Server::new();
    let finding =
        &server.city.query("select finding_id from finding where school_id = '3799061222' limit 1")[0]["finding_id"];
    let sent = "select submission_id from submission where school_id = '3799061222' and form = 'charge' limit 1";
    let submission = &server.city.query(sent)[0]["submission_id"];
    // Codes by chance name nothing; with these every answer is seen too.
    let known = [
        ("path.unit", "3799061222"),
        ("path.indicator", "C03"),
        ("path.period", "2019-10"),
        ("path.rule", "R13"),
        ("path.form", "charge"),
        ("path.finding", finding.as_str()),
        ("path.submission", submission.as_str()),
    ];
    let lines: String = known.iter().map(|(name, value)| format!("\"{name}\" = \"{value}\"\n")).collect();
    let config = server.city.folder().join("known.toml");
    std::fs::write(&config, format!("[parameters]\n{lines}")).expect("written");
    let config = config.display().to_string();
    server.try_all("city", &server.token("city"), &[]);
    for (role, _) in PEOPLE {
        server.try_all(role, &server.token(role), &["--config-file", &config]);
    }
}

#[test]
fn tokens_are_made_listed_and_ended_by_the_command() {
    let server = Server::new();
    let token = server.token("district");
    let (status, body) = server.get("/api/v1/units?level=school", &token);
    assert!(status == 200 && body.contains("3799061222"), "{status} {body}");
    let list = server.city.ok(&["token", "list", "district"]);
    assert!(list.contains("in force") && !list.contains(&token), "{list}");
    let id = list.lines().nth(1).and_then(|line| line.split_whitespace().next()).expect("a line").to_owned();
    for words in [
        ["token", "add", "district", "--label", "x", "--unit", "379903"],
        ["token", "add", "nobody", "--label", "x", "--days", "1"],
        ["token", "add", "district", "--label", "x", "--days", "367"],
    ] {
        assert!(!server.city.run(&words).status.success(), "{words:?}");
    }
    let explained = server.get("/api/v1/figures/C03/3799061222/2019-10/explanation", &token);
    assert!(explained.0 == 200 && explained.1.contains("\"parts\""), "{explained:?}");
    server.city.ok(&["token", "revoke", &id]);
    assert_eq!(server.get("/api/v1/units", &token).0, 401, "a revoked token is worth nothing at once");
    let told: Vec<String> = events(&server.city)
        .into_iter()
        .map(|(action, subject, reason)| format!("{action} {subject} {reason}"))
        .collect();
    assert!(told.iter().any(|line| line.starts_with(&format!("token district add token {id}"))), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with(&format!("token district revoke token {id}"))), "{told:?}");
    assert!(!told.concat().contains(&token), "no token is audited");
}

#[test]
fn what_a_crash_left_unpublished_is_published_at_the_start() {
    let city = City::with_release();
    // It is in the ledger, and whoever took it in was killed before the next release.
    city.ok(&[
        "withdraw",
        "--form",
        "charge",
        "--school",
        "3799061222",
        "--period",
        "2019-10",
        "--reason",
        "sent by mistake",
    ]);
    let server = Server::over(city);
    let token = server.token("district");
    let address = "/api/v1/slices?form=charge&school=3799061222&period=2019-10";
    for _ in 0..600 {
        let (status, body) = server.get(address, &token);
        assert_eq!(status, 200, "{body}");
        if body.contains("\"release\":2") {
            assert!(body.contains("\"state\":\"missing\""), "{body}");
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("no release was made: {:?}", server.get("/api/v1/releases/current", &token));
}
