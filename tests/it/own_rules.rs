//! Rules of one's own: one file in a folder outside shows up in findings, catalogue and pages with no rebuild, and a faulty one
//! is refused by file and line before anything runs.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::city::City;
use crate::desk::{Desk, Slice, school};

/// Classes in which more than a number of pupils want the service: a rule that no notice has.
const CROWDED: &str = "-- A class and month in which more than 30 pupils want the service.
-- rule: X01
-- title_zh: 需求过于集中
-- title_en: Crowded demand
-- severity: low
-- clause: 二
-- blind: Classes whose roster was not sent.
-- blind_zh: 没有报送汇总表的班级。
with breach as (
    select roster.school_id, roster.period, roster.class_id, roster.wanting, roster.submission_id, roster.row_no
    from staging.class_roster as roster
    where roster.wanting > 30
)

select
    cast('X01' as varchar) as rule,
    cast('low' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.class_id as varchar) as subject,
    cast(null as decimal(18,2)) as amount,
    cast(school.school_name || breach.class_id || '有 ' || cast(breach.wanting as varchar) || ' 人需要服务。' as varchar) as message_zh,
    cast(breach.class_id || ' has ' || cast(breach.wanting as varchar) || ' who want it.' as varchar) as message_en,
    cast('二' as varchar) as clause,
    cast('class_roster' as varchar) as evidence_form,
    cast(breach.submission_id as varchar) as evidence_submission_id,
    cast(breach.row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
";

/// The share of classes whose roster was sent with somebody who wants the service.
const ASKING: &str = "-- How many classes of a school have somebody who wants the service.
-- key: school_id
-- code: X02
-- title_zh: 有需求班级占比
-- title_en: Classes with demand
-- formula: classes with demand ÷ classes
-- formula_zh: 有需求的班级 ÷ 班级
-- unit: share
-- clause: 二
-- better: none
select
    cast('X02' as varchar) as indicator,
    cast(roster.school_id as varchar) as school_id,
    cast('month' as varchar) as period_type,
    cast(roster.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(sum(case when roster.wanting > 0 then 1 else 0 end) as decimal(18,2)) as numerator,
    cast(count(*) as decimal(18,2)) as denominator,
    cast(null as bigint) as reported,
    cast(null as bigint) as expected
from staging.class_roster as roster
group by roster.school_id, roster.period
";

/// Two schools; one class of the first has 31 pupils who want the service, and 30 is not more than 30.
fn desk() -> Desk {
    let desk = Desk::new(2);
    let crowded: Slice<'_> =
        ("class_roster", "2019-10", &["一(1)班,1,40,31,31,31,31,31,0,0,0", "一(2)班,1,40,30,30,30,30,30,0,0,0"]);
    let calm: Slice<'_> = ("class_roster", "2019-10", &["一(1)班,1,40,0,0,0,0,0,0,0,0"]);
    desk.send("rosters", "2019-11-01", &[(0, crowded), (1, calm)]);
    desk
}

/// A folder with these files.
fn folder(city: &City, name: &str, files: &[(&str, &[u8])]) -> String {
    let root: PathBuf = city.folder().join(name);
    fs::create_dir_all(&root).expect("made");
    for (path, text) in files {
        fs::create_dir_all(root.join(path).parent().expect("a folder")).expect("made");
        fs::write(root.join(path), text).expect("written");
    }
    root.display().to_string()
}

fn transform(city: &City, words: &[&str]) -> (String, String) {
    let output = city.run(&[&["transform", "--today", "2019-12-01"], words].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    (out, err)
}

fn findings(city: &City) -> Vec<String> {
    let rows = city.query("select rule, school_id, subject, ended from finding where rule like 'X%' order by subject");
    rows.iter().map(|row| format!("{} {} {} {}", row["rule"], row["school_id"], row["subject"], row["ended"])).collect()
}

#[test]
fn a_rule_in_a_folder_outside_shows_up_in_findings_catalogue_and_pages() {
    let desk = desk();
    let city = &desk.city;
    let own = folder(
        city,
        "own",
        &[("rules/x01.sql", CROWDED.as_bytes()), ("indicators/x02.sql", ASKING.as_bytes()), ("README.md", b"ours")],
    );
    // It can be tried before it is published.
    transform(city, &[]);
    let tried = city.ok(&["query", "select subject from rules.x01", "--sql", &own, "--format", "csv"]);
    assert_eq!(tried.trim(), "subject\n一(1)班");
    assert!(!city.run(&["query", "select * from rules.x01"]).status.success(), "no release knows it yet");
    let forgotten = city.ok(&["catalog", "rules", "--no-sql"]);
    assert!(city.ok(&["catalog", "rules", "--sql", &own]).contains("需求过于集中") && !forgotten.contains("X01"));

    let (out, err) = transform(city, &["--sql", &own]);
    assert!(out.contains("release 2") && err.contains("rules/x01.sql"), "{out}{err}");
    assert_eq!(findings(city), [format!("X01 {} 一(1)班 ", school(0))]);
    let figures = city.query(
        "select unit_id, numerator, denominator from indicator_value where indicator = 'X02' and dimension = ''",
    );
    let figures: Vec<String> =
        figures.iter().map(|row| format!("{} {}/{}", row["unit_id"], row["numerator"], row["denominator"])).collect();
    for expected in [
        format!("{} 2.00/2.00", school(0)),
        format!("{} 0.00/1.00", school(1)),
        "379902 2.00/3.00".to_owned(),
        "city 2.00/3.00".to_owned(),
    ] {
        assert!(figures.contains(&expected), "{expected}: {figures:?}");
    }
    // The release carries it: nobody has to name the folder again, and the folder may go.
    fs::remove_dir_all(&own).expect("gone");
    assert!(city.ok(&["catalog", "rules"]).contains("需求过于集中"));
    assert_eq!(city.query("select subject from rules.x01").len(), 1);
    let (out, err) = transform(city, &[]);
    assert!(out.starts_with("Nothing changed") && err.contains("第 2 期所带"), "{out}{err}");
    pages(city);

    // What is left out is said, and only then its findings end.
    let (_, err) = transform(city, &["--no-sql"]);
    assert!(err.contains("第 2 期用过而本次没有") && err.contains("rules/x01.sql"), "{err}");
    assert_eq!(findings(city), [format!("X01 {} 一(1)班 2019-12-01", school(0))]);
    assert_eq!(city.query("select 1 from indicator_value where indicator = 'X02'").len(), 0);
    let before = city.ok(&["query", "select subject from rules.x01", "--release", "2", "--format", "csv"]);
    assert_eq!(before, tried, "the release before has it still");
}

/// The pages of the current release know the rule by its title.
fn pages(city: &City) {
    let mut user = city.command(&["user", "add", "office", "--role", "city", "--own"]);
    let mut user = user.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    user.stdin.take().expect("piped").write_all(b"a good password\n").expect("written");
    assert!(user.wait().expect("it ends").success());
    let site = Site::serve(city);
    let findings = site.get("/findings?rule=X01");
    assert!(findings.contains("需求过于集中") && findings.contains("第0小学"), "{findings}");
    let finding = city.query("select finding_id from finding where rule = 'X01'")[0]["finding_id"].clone();
    let finding = site.get(&format!("/finding/{finding}"));
    for word in ["需求过于集中", "有 31 人需要服务", "没有报送汇总表的班级"] {
        assert!(finding.contains(word), "{word}: {finding}");
    }
    let catalogue = site.get("/catalogue");
    assert!(catalogue.contains("id=\"X01\"") && catalogue.contains("有需求的班级 ÷ 班级"), "{catalogue}");
    let overview = site.get("/city?month=2019-10");
    assert!(
        overview.contains("自有指标") && overview.contains("有需求班级占比") && overview.contains("66.7%"),
        "{overview}"
    );
    let indicator = site.get("/indicator/X02?month=2019-10");
    assert!(indicator.contains("有需求班级占比"), "{indicator}");
}

/// A served warehouse, with somebody of the city logged in.
struct Site {
    child: Child,
    address: String,
    cookie: String,
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Site {
    fn serve(city: &City) -> Site {
        let mut command = city.command(&["serve", "--listen", "127.0.0.1:0", "--today", "2019-12-01"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let address =
            lines.find_map(|line| Some(line.trim().strip_prefix("http://")?.trim_end_matches('/').to_owned()));
        let mut site = Site { child, address: address.expect("it prints its address"), cookie: String::new() };
        let form = site.send("GET /login", "", "");
        let token =
            form.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token");
        let fields = format!("name=office&password=a+good+password&form_token={token}&next=");
        let answer = site.send("POST /login", &cookie(&form, "kehou-form"), &fields);
        site.cookie = cookie(&answer, "kehou");
        site
    }

    fn get(&self, path: &str) -> String {
        let answer = self.send(&format!("GET {path}"), &self.cookie, "");
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        answer
    }

    fn send(&self, what: &str, cookie: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("somebody listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        let (address, length) = (&self.address, body.len());
        write!(
            stream,
            "{what} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .expect("it takes a request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn cookie(answer: &str, name: &str) -> String {
    let lines = answer.lines().filter_map(|line| line.split_once(": "));
    let mut pairs = lines.filter(|(header, _)| header.eq_ignore_ascii_case("set-cookie")).map(|(_, value)| value);
    let pair = pairs
        .find(|value| value.starts_with(&format!("{name}=")))
        .unwrap_or_else(|| panic!("no cookie {name}: {answer}"));
    pair.split(';').next().unwrap_or_default().to_owned()
}

/// The good rule with one thing in it made otherwise.
fn mutated(from: &str, to: &str) -> Vec<u8> {
    assert!(CROWDED.contains(from), "{from}");
    CROWDED.replacen(from, to, 1).into_bytes()
}

#[test]
fn a_faulty_file_is_refused_by_file_and_line_and_harms_nothing() {
    let desk = desk();
    let city = &desk.city;
    transform(city, &[]);
    let figures = city.figures();
    let line_of = |text: &str| CROWDED.lines().position(|line| line.contains(text)).expect("it is there") + 1;
    let rule = |from: &str, to: &str| ("rules/x01.sql", mutated(from, to));
    /// A file's path and bytes, where the fault is, and what is said of it.
    type Case<'a> = ((&'a str, Vec<u8>), String, &'a str);
    let cases: Vec<Case<'_>> = vec![
        (("rules/x01.sql", b"select 1 as rule".to_vec()), "rules/x01.sql:1".into(), "one sentence"),
        (rule("-- blind:", "-- blnd:"), "rules/x01.sql:7".into(), "unknown key"),
        (
            rule("-- severity: low", "-- severity: low\n-- key: district_code"),
            "rules/x01.sql:6".into(),
            "a key is school_id",
        ),
        (
            rule("-- severity: low", "-- severity: low\n-- periods: month"),
            "rules/x01.sql:6".into(),
            "periods are period",
        ),
        (
            rule("-- severity: low", "-- severity: low\n-- periods: period\n-- carries: rule varchar"),
            "rules/x01.sql:6".into(),
            "don't go with carries",
        ),
        (rule("-- severity: low", "-- severity: grave"), "rules/x01.sql:5".into(), "high, medium or low"),
        (rule("-- title_zh: 需求过于集中\n", ""), "rules/x01.sql:1".into(), "lacks '-- title_zh"),
        (rule("-- rule: X01", "-- rule: R07"), "rules/x01.sql:2".into(), "rules/r07.sql"),
        (rule("where roster", "where where roster"), format!("rules/x01.sql:{}", line_of("where roster")), "Expected"),
        (rule("\n\nselect", "\n\nselect 1; select"), "rules/x01.sql".into(), "one query"),
        (
            rule("staging.class_roster", "staging.class_rosters"),
            format!("rules/x01.sql:{}", line_of("staging.class_roster")),
            "no table staging.class_rosters",
        ),
        (
            rule("staging.class_roster", "reference.class"),
            format!("rules/x01.sql:{}", line_of("staging.class_roster")),
            "no table reference.class",
        ),
        (
            rule("staging.class_roster", "facts.raw_class_roster"),
            format!("rules/x01.sql:{}", line_of("staging.class_roster")),
            "may not read facts.raw_class_roster",
        ),
        (
            rule("staging.class_roster", "marts.slice"),
            format!("rules/x01.sql:{}", line_of("staging.class_roster")),
            "may not read marts.slice",
        ),
        (
            rule("    cast(breach.row_no as bigint) as evidence_row_no\n", "    cast(1 as bigint) as row_number\n"),
            format!("rules/x01.sql:{}", line_of("'X01' as")),
            "evidence_row_no is missing",
        ),
        (
            rule(
                "    cast(breach.class_id as varchar) as subject,\n    cast(null as decimal(18,2)) as amount,\n",
                "    cast(null as decimal(18,2)) as amount,\n    cast(breach.class_id as varchar) as subject,\n",
            ),
            format!("rules/x01.sql:{}", line_of("as subject")),
            "place of subject",
        ),
        (
            rule("cast(null as decimal(18,2)) as amount", "cast(null as bigint) as amount"),
            format!("rules/x01.sql:{}", line_of("as amount")),
            "must be decimal(18,2)",
        ),
        (
            rule("cast('X01' as varchar) as rule", "cast('X02' as varchar) as rule"),
            format!("rules/x01.sql:{}", line_of("'X01' as")),
            "header's rule is 'X01'",
        ),
        (
            rule("roster.wanting > 30", "roster.wanting / 2 > 15"),
            format!("rules/x01.sql:{}", line_of("where roster")),
            "'/' only on doubles",
        ),
        (
            rule("roster.wanting > 30", "current_date > date '2019-01-01'"),
            format!("rules/x01.sql:{}", line_of("where roster")),
            "the date is run.today",
        ),
        (
            rule("roster.wanting > 30", "roster.whishing > 30"),
            format!("rules/x01.sql:{}", line_of("where roster")),
            "whishing",
        ),
        (
            rule("roster.wanting > 30", "roster.class_id + date '2019-01-01' > 30"),
            "rules/x01.sql".into(),
            "Cannot coerce",
        ),
        (("rule/x01.sql", CROWDED.into()), "rule/x01.sql".into(), "staging, indicators, rules, marts, parts, tests"),
        (("rules/more/x01.sql", CROWDED.into()), "rules/more/x01.sql".into(), "small letters"),
        (("rules/X01.sql", CROWDED.into()), "rules/X01.sql".into(), "small letters"),
        (("rules/all.sql", CROWDED.into()), "rules/all.sql".into(), "made from all files"),
        (
            (
                "rules/x01.sql",
                [b"-- A.\n-- rule: X01\n-- title_zh: ".as_slice(), &[0xd0, 0xe8], b"\nselect 1"].concat(),
            ),
            "rules/x01.sql:3".into(),
            "UTF-8",
        ),
        (("marts/x.sql", b"-- X.\nselect 1 as x".to_vec()), "marts/x.sql:1".into(), "stored: table"),
        (
            (
                "staging/class_roster.sql",
                b"-- A roster without classes.\nselect cast('1' as varchar) as school_id from facts.raw_class_roster"
                    .to_vec(),
            ),
            "rules/r07.sql".into(),
            "does not fit",
        ),
        (("notes.txt", b"nothing".to_vec()), "faulty".into(), "no model in it"),
    ];
    for (at, ((path, text), place, part)) in cases.iter().enumerate() {
        let own = folder(city, &format!("faulty-{at}"), &[(path, text)]);
        let output = city.run(&["transform", "--today", "2019-12-01", "--sql", &own]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{path} {part}: {said}");
        assert!(said.contains(place) && said.contains(part), "{place} '{part}': {said}");
        if *part != "does not fit" {
            assert!(said.contains(&own), "the folder is named: {said}");
        }
    }
    // Faults are told together, each with its line.
    let both = folder(
        city,
        "both",
        &[("rules/x01.sql", &mutated("-- clause: 二\n", "")), ("rules/x02.sql", &mutated("'low'", "'high'"))],
    );
    let said = String::from_utf8_lossy(&city.run(&["transform", "--sql", &both]).stderr).into_owned();
    assert!(
        said.contains("'-- clause") && said.contains("header's severity is 'low'") && said.contains("X01 已由"),
        "{said}"
    );
    // Nothing that was published has changed, and whoever asks or lists is told the same.
    assert_eq!(city.query("select max(release) as newest from release")[0]["newest"], "1");
    assert_eq!(city.figures(), figures);
    assert_eq!(city.run(&["catalog", "rules", "--sql", &both]).status.code(), Some(1));
    assert_eq!(city.run(&["query", "select 1", "--sql", &both]).status.code(), Some(1));
}

#[test]
fn a_file_of_the_same_path_takes_the_place_of_the_built_in_one() {
    let desk = Desk::new(1);
    let city = &desk.city;
    // 5 of 40 agreements are missing: a breach of R07 as it is built in, and none where five are let pass.
    let roster: Slice<'_> = ("class_roster", "2019-10", &["一(1)班,1,40,40,40,40,40,35,0,0,0"]);
    desk.send("roster", "2019-11-01", &[(0, roster)]);
    transform(city, &[]);
    let open =
        "select rule, title from (select rule, message_en as title from finding where rule = 'R07' and ended is null)";
    assert_eq!(city.query(open).len(), 1);
    let built_in = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/rules/r07.sql")).expect("it is there");
    let lenient = built_in.replace("roster.agreements < roster.enrolled", "roster.agreements + 5 < roster.enrolled");
    assert_ne!(built_in, lenient);
    // An editor on Windows wrote it.
    let windows = format!("\u{feff}{}", lenient.replace('\n', "\r\n"));
    let own = folder(city, "own", &[("rules/r07.sql", windows.as_bytes())]);
    let (_, err) = transform(city, &["--sql", &own]);
    assert!(err.contains("替换内置"), "{err}");
    assert_eq!(city.query(open).len(), 0);
    assert_eq!(city.ok(&["catalog", "rules", "--format", "json"]).matches("\"R07\"").count(), 1);

    // A data test of one's own keeps what it forbids from being published.
    let strict = "-- No school may have a class of more than 39 pupils.\nselect school_id from staging.class_roster where pupils > 39\n";
    let own = folder(city, "own", &[("tests/small_classes.sql", strict.as_bytes())]);
    let output = city.run(&["transform", "--today", "2019-12-01", "--sql", &own]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tests/small_classes.sql"));
    assert_eq!(city.query("select max(release) as newest from release")[0]["newest"], "2");

    // The release's SQL is part of the warehouse, and so it is verified.
    city.ok(&["verify"]);
    let kept =
        fs::read_dir(city.warehouse().join("models")).expect("a folder").next().expect("one").expect("an entry").path();
    fs::write(&kept, "{}").expect("written");
    let output = city.run(&["verify"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("models/"), "it names the object");
}
