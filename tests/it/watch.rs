//! A drop folder: files are taken once they are whole, committed, and then put away; kills and interruptions harm nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::city::{City, example};
use crate::facts::{ask, check_ledger};
use crate::s3::Bucket;
use crate::tools::has_python;

const HEADINGS: &str = "学校标识码,统计期,日期,学生编号,班级,组别,学时数";
/// A number that occurs nowhere by chance.
const PUPIL: &str = "88201904417";

/// The attendance of a pupil; `sessions` decides whether it is sound.
fn attendance(sessions: &str) -> String {
    format!("{HEADINGS}\n3799001000,2019-11,2019-11-04,{PUPIL},一(1)班,G1,{sessions}\n")
}

/// A city that knows its schools, and a drop folder beside its warehouse.
fn city() -> (City, PathBuf) {
    let city = City::with_example();
    let folder = city.folder().join("drop");
    fs::create_dir(&folder).expect("made");
    (city, folder)
}

/// A running watch, killed when the test is done with it. What it says goes to a file: a pipe that nobody reads would stop it.
struct Watch {
    child: Child,
    said: PathBuf,
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Watch {
    fn start(city: &City, folder: &str, more: &[(&str, String)]) -> Watch {
        let mut command = city.command(&["ingest", folder, "--watch", "--settle", "0.2", "--received", "2019-12-05"]);
        let (file, said) = tempfile::Builder::new().tempfile_in(city.folder()).expect("a file").keep().expect("kept");
        command.env("KEHOU_LOG", "debug").envs(more.iter().map(|(key, value)| (key, value)));
        command.stdout(file.try_clone().expect("a handle")).stderr(Stdio::from(file));
        Watch { child: command.spawn().expect("the command starts"), said }
    }

    /// Everything that it said so far.
    fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.said).expect("it is there")).into_owned()
    }

    /// SIGTERM, and everything that it said.
    fn end(mut self) -> String {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill is there").success());
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "a watch that is told to end ends well: {status}\n{}", self.said());
        self.said()
    }
}

/// Waits until something holds; a minute is more than any machine needs.
fn until(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(60), "never came: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The files below a folder, by their names from there on.
fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("entries have names").to_string_lossy().into_owned();
        match path.is_dir() {
            true => found.extend(below(&path).into_iter().map(|inner| format!("{name}/{inner}"))),
            false => found.push(name),
        }
    }
    found.sort();
    found
}

fn today() -> String {
    chrono::Local::now().date_naive().to_string()
}

fn lines_of(city: &City, file: &str) -> Vec<String> {
    let sql = format!("select state from facts.submission where file_name = '{file}' order by received_at");
    ask(&city.warehouse(), &sql).into_iter().map(|row| row["state"].clone()).collect()
}

#[test]
fn what_is_dropped_is_taken_once_and_put_away_with_reports_that_hold_no_cell() {
    let (city, folder) = city();
    let watch = Watch::start(&city, &folder.display().to_string(), &[]);
    fs::create_dir(folder.join("school")).expect("made");
    fs::write(folder.join("school/good.csv"), attendance("1")).expect("written");
    // The slipped column puts a person's number where a count is due.
    // And a number stands among the headings.
    let bad =
        attendance(PUPIL).replace(HEADINGS, &format!("{HEADINGS},{PUPIL}")).replace(",G1,", &format!(",G1,{PUPIL},"));
    fs::write(folder.join("bad.csv"), bad).expect("written");
    fs::write(folder.join("half.csv.part"), attendance("1")).expect("written");
    fs::write(folder.join(".hidden.csv"), attendance("1")).expect("written");
    let day = today();
    let expected = vec![
        ".hidden.csv".to_owned(),
        format!("done/{day}/school/good.csv"),
        "half.csv.part".to_owned(),
        format!("rejected/{day}/bad.csv"),
        format!("rejected/{day}/bad.csv.report.json"),
        format!("rejected/{day}/bad.csv.report.txt"),
    ];
    until("both files are put away", || below(&folder) == expected);
    // The same name again, with the same bytes and with others.
    fs::write(folder.join("bad.csv"), attendance("2")).expect("written");
    until("the correction is put away", || folder.join(format!("done/{day}/bad.csv")).exists());
    let said = watch.end();
    assert!(said.contains("bad.csv: rejected"), "{said}");

    assert_eq!(lines_of(&city, "good.csv"), vec!["accepted"]);
    assert_eq!(lines_of(&city, "bad.csv"), vec!["rejected", "accepted"]);
    check_ledger(&city.warehouse());
    let rejected = folder.join(format!("rejected/{day}"));
    for name in ["bad.csv.report.json", "bad.csv.report.txt"] {
        let text = fs::read_to_string(rejected.join(name)).expect("a report");
        assert!(text.contains("学时数"), "the report names the heading: {text}");
        assert!(!text.contains(PUPIL), "{name} holds a cell");
    }
    assert!(!said.contains(PUPIL), "a watch's own words, with KEHOU_LOG=debug, hold a cell:\n{said}");
}

#[test]
fn a_kill_between_commit_and_move_is_harmless() {
    let (city, folder) = city();
    fs::write(folder.join("good.csv"), attendance("1")).expect("written");
    let stop = ("KEHOU_STOP_AT", "watch.committed".to_owned());
    let watch = Watch::start(&city, &folder.display().to_string(), &[stop]);
    until("the file is committed", || watch.said().contains("stopped at watch.committed"));
    drop(watch);
    assert_eq!(below(&folder), vec!["good.csv"]);
    assert_eq!(lines_of(&city, "good.csv"), vec!["accepted"]);
    let watch = Watch::start(&city, &folder.display().to_string(), &[]);
    let away = folder.join(format!("done/{}/good.csv", today()));
    until("the file is put away", || away.exists());
    watch.end();
    assert_eq!(lines_of(&city, "good.csv"), vec!["accepted"]);
    let rows = "select count(*) as rows from facts.raw_attendance where period = '2019-11'";
    assert_eq!(ask(&city.warehouse(), rows)[0]["rows"], "1");
}

#[test]
fn two_watches_of_one_folder_take_each_file_once() {
    let fresh = City::new(&example().join("reference"));
    let folder = fresh.folder().join("drop");
    fs::create_dir(&folder).expect("made");
    let location = folder.display().to_string();
    let inbox = example().join("inbox");
    let mut count = 0;
    for name in below(&inbox) {
        // Names say the day, so that no two files have one.
        fs::copy(inbox.join(&name), folder.join(name.replace('/', "_"))).expect("copied");
        count += 1;
    }
    let watches = [Watch::start(&fresh, &location, &[]), Watch::start(&fresh, &location, &[])];
    until("all files are put away", || below(&folder).iter().filter(|name| name.starts_with("done/")).count() == count);
    for watch in watches {
        watch.end();
    }
    check_ledger(&fresh.warehouse());
    let twice = "select file_sha256, form, school_id, period from facts.submission where state <> 'rejected' \
                 group by file_sha256, form, school_id, period having count(*) > 1";
    assert_eq!(ask(&fresh.warehouse(), twice), vec![]);
    let missing = "select count(distinct file_sha256) as files from facts.submission";
    assert_eq!(ask(&fresh.warehouse(), missing)[0]["files"], count.to_string());
}

#[test]
fn of_two_files_the_one_that_came_later_counts_whatever_their_names() {
    let (city, folder) = city();
    for (name, sessions, hours) in [("b.csv", "1", 2), ("a.csv", "2", 1)] {
        let path = folder.join(name);
        fs::write(&path, attendance(sessions)).expect("written");
        let file = fs::File::options().write(true).open(path).expect("it is there");
        file.set_modified(SystemTime::now() - Duration::from_secs(3600 * hours)).expect("dated");
    }
    let watch = Watch::start(&city, &folder.display().to_string(), &[]);
    until("both are put away", || below(&folder).iter().filter(|name| name.starts_with("done/")).count() == 2);
    watch.end();
    let current = "select file_name from facts.submission where form = 'attendance' and period = '2019-11' \
                   order by received_at desc limit 1";
    assert_eq!(ask(&city.warehouse(), current)[0]["file_name"], "a.csv");
}

#[test]
fn a_folder_that_holds_the_warehouse_is_not_watched() {
    let (city, _) = city();
    for folder in [city.folder().to_owned(), city.warehouse()] {
        let output = city.run(&["ingest", &folder.display().to_string(), "--watch"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("lie in one another"));
    }
}

#[test]
fn a_prefix_of_a_bucket_is_watched_as_a_folder_is() {
    if !has_python("moto.server, boto3") {
        return;
    }
    let (city, _) = city();
    let bucket = Bucket::start();
    let file = city.folder().join("file.csv");
    for (key, sessions) in [("drop/good.csv", "1"), ("drop/school/bad.csv", PUPIL)] {
        fs::write(&file, attendance(sessions)).expect("written");
        bucket.upload(&file, key);
    }
    let scratch = city.folder().join("scratch");
    fs::create_dir(&scratch).expect("made");
    let mut env = bucket.env();
    env.push(("TMPDIR", scratch.display().to_string()));
    let watch = Watch::start(&city, "s3://city/drop", &env);
    let day = today();
    let expected = vec![
        format!("drop/done/{day}/good.csv"),
        format!("drop/rejected/{day}/school/bad.csv"),
        format!("drop/rejected/{day}/school/bad.csv.report.json"),
        format!("drop/rejected/{day}/school/bad.csv.report.txt"),
    ];
    until("both objects are put away", || bucket.keys("drop/") == expected);
    watch.end();
    assert_eq!(lines_of(&city, "good.csv"), vec!["accepted"]);
    assert_eq!(below(&scratch), Vec::<String>::new(), "no copy of what was dropped is left");
}
