//! `kill -9` of ingest and transform, at named steps and at moments by chance; the same command again ends as if nothing had
//! happened, and no reader ever sees half.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use crate::city::{City, example};

const INGEST_STEPS: [&str; 5] = [
    "ingest.originals_kept",
    "ingest.rows_staged",
    "ingest.rows_committed.raw_charge",
    "ingest.rows_committed",
    "ingest.ledger_committed",
];
const TRANSFORM_STEPS: [&str; 5] = [
    "transform.stored.marts.indicator_value",
    "transform.stored.marts.finding",
    "transform.models_written",
    "transform.tested",
    "transform.published",
];

/// What the example city's figures are where nobody kills anything.
fn undisturbed() -> &'static (String, String) {
    static FIGURES: OnceLock<(String, String)> = OnceLock::new();
    FIGURES.get_or_init(|| {
        let city = City::with_release();
        (city.figures(), facts(&city))
    })
}

/// What of the facts must not depend on kills: how many rows count, and the ledger but for ids and times.
fn facts(city: &City) -> String {
    let ledger = "select form, school_id, district_code, period, state, file_name, received_on, rows, count(*) as lines \
                  from submission group by form, school_id, district_code, period, state, file_name, received_on, rows \
                  order by form, school_id, period, received_on, file_name, state";
    let rows = "select count(*) as rows, sum(amount) as amount from raw_charge as charge \
                join submission on submission.submission_id = charge.submission_id where submission.state = 'accepted'";
    [ledger, rows].map(|sql| city.ok(&["query", sql, "--format", "csv"])).join("\n")
}

fn ingest_words() -> Vec<String> {
    let inbox = example().join("inbox").display().to_string();
    ["ingest", inbox.as_str(), "--received", "folder"].map(str::to_owned).to_vec()
}

fn start(city: &City, words: &[&str], stop_at: Option<&str>) -> Child {
    let mut command = city.command(words);
    if let Some(step) = stop_at {
        command.env("KEHOU_STOP_AT", step);
    }
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the command starts")
}

/// Waits until the process says that it stopped at the step, then kills it (SIGKILL: it can't clean up).
pub fn kill_at(city: &City, words: &[&str], step: &str) {
    let mut child = start(city, words, Some(step));
    let err = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut lines = err.lines().map_while(Result::ok);
    let stopped = lines.any(|line| line == format!("stopped at {step}"));
    assert!(stopped, "`kehou {words:?}` never came to {step}");
    child.kill().expect("it is there to be killed");
    child.wait().expect("it is dead");
}

#[test]
fn ingest_killed_at_each_step_and_run_again() {
    let words = ingest_words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    for step in INGEST_STEPS {
        let city = City::new(&example().join("reference"));
        kill_at(&city, &words, step);
        if step != "ingest.ledger_committed" {
            // Nothing of the killed call counts: a release made now is that of an empty city.
            city.transform();
            let accepted = city.query("select count(*) as lines from submission");
            assert_eq!(accepted[0]["lines"], "0", "after a kill at {step}");
        }
        city.ok(&words);
        city.ok(&["transform", "--today", "2020-03-01", "--full"]);
        assert_eq!(facts(&city), undisturbed().1, "after a kill at {step}");
        let same = values(&city) == values_of(&undisturbed().0);
        assert!(same, "figures differ after a kill at {step}");
    }
}

#[test]
fn transform_killed_at_each_step_and_run_again() {
    for step in TRANSFORM_STEPS {
        let city = City::with_example();
        // A first release, of an earlier day, that readers hold on to.
        city.ok(&["transform", "--today", "2020-02-20"]);
        let before = city.figures();
        // Everything is computed anew, so that each step is come to.
        kill_at(&city, &["transform", "--today", "2020-03-01", "--full"], step);
        if step == "transform.published" {
            assert_eq!(releases(&city), 2);
        } else {
            assert_eq!((releases(&city), city.figures()), (1, before), "readers saw half after a kill at {step}");
        }
        city.transform();
        assert_eq!(releases(&city), 2, "after a kill at {step}");
        assert_eq!(values(&city), values_of(&undisturbed().0), "after a kill at {step}");
        city.ok(&["verify"]);
    }
}

/// A city whose first release lacks what was sent last; what was sent is in the warehouse, and waits for a run.
fn with_corrections() -> City {
    let late = ["2019-11-10", "2019-11-11"];
    let city = City::new(&example().join("reference"));
    let days =
        std::fs::read_dir(example().join("inbox")).expect("the example").map(|day| day.expect("an entry").path());
    let (later, first): (Vec<_>, Vec<_>) = days.partition(|day| late.iter().any(|late| day.ends_with(late)));
    for days in [first, later] {
        let days: Vec<String> = days.iter().map(|day| day.display().to_string()).collect();
        let mut words = vec!["ingest", "--received", "folder"];
        words.extend(days.iter().map(String::as_str));
        city.ok(&words);
        if releases_or_none(&city) == 0 {
            city.transform();
        }
    }
    city
}

#[test]
fn a_run_by_keys_killed_and_run_again() {
    let undisturbed = with_corrections();
    let plan = undisturbed.ok(&["transform", "--today", "2020-03-01", "--plan"]);
    assert!(plan.contains("changed keys"), "{plan}");
    undisturbed.transform();
    for step in ["transform.stored.staging.slice", "transform.models_written", "transform.tested"] {
        let city = with_corrections();
        let before = city.figures();
        kill_at(&city, &["transform", "--today", "2020-03-01"], step);
        assert_eq!((releases(&city), city.figures()), (1, before), "readers saw half after a kill at {step}");
        city.transform();
        assert_eq!((releases(&city), city.figures()), (2, undisturbed.figures()), "after a kill at {step}");
        city.ok(&["verify"]);
    }
}

#[test]
fn kills_at_moments_by_chance_and_run_again() {
    // Fixed moments spread over the run: the machine's noise makes them random enough, and a failure names its moment.
    let words = ingest_words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let city = City::new(&example().join("reference"));
    for moment in [15, 40, 90, 160, 260, 400, 650] {
        let mut child = start(&city, &words, None);
        std::thread::sleep(Duration::from_millis(moment));
        drop(child.kill());
        child.wait().expect("it is dead or done");
    }
    city.ok(&words);
    for moment in [30, 120, 300, 600, 1000, 1600] {
        let mut child = start(&city, &["transform", "--today", "2020-03-01", "--full"], None);
        std::thread::sleep(Duration::from_millis(moment));
        drop(child.kill());
        child.wait().expect("it is dead or done");
    }
    city.ok(&["transform", "--today", "2020-03-01", "--full"]);
    assert_eq!(facts(&city), undisturbed().1);
    assert_eq!(values(&city), values_of(&undisturbed().0));
    city.ok(&["verify"]);
}

fn releases_or_none(city: &City) -> usize {
    std::fs::read_dir(city.warehouse().join("releases")).map_or(0, Iterator::count)
}

fn releases(city: &City) -> usize {
    std::fs::read_dir(city.warehouse().join("releases")).expect("a release was made").count()
}

/// The figures without the columns that tell when a finding was first seen: an earlier release makes it earlier.
fn values(city: &City) -> String {
    values_of(&city.figures())
}

fn values_of(figures: &str) -> String {
    let mut out = String::new();
    for line in figures.lines() {
        let line = line.replace("2020-02-20", "2020-03-01");
        out.push_str(&line);
        out.push('\n');
    }
    out
}
