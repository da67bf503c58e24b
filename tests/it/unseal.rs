//! Originals are opened only for who holds the private key, and the audit says so; the key for persons' numbers can be rotated.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use ingest::form::PersonKind;
use ingest::person::PersonHasher;
use warehouse::Warehouse;
use warehouse::session::{Limits, register, session};
use warehouse::table::{Replace, TableName};

use crate::city::{City, example};
use crate::facts::{ask, check_ledger};

/// One of the example's files and a pupil in it.
const FILE: &str = "inbox/2019-10-08/attendance_379903_2019-09.csv";
const SCHOOL: &str = "3799051703";
const PUPIL: &str = "2015205";
const STEPS: [&str; 5] =
    ["rotate.key_made", "rotate.rows_committed", "rotate.committed", "rotate.old_key_aside", "rotate.switched"];

fn keys(city: &City) -> PathBuf {
    city.folder().join("warehouse.keys")
}

fn submission(city: &City) -> (String, String) {
    let sql = "select submission_id, file_sha256 from facts.submission where file_name = 'attendance_379903_2019-09.csv' limit 1";
    let row = ask(&city.warehouse(), sql).remove(0);
    (row["submission_id"].clone(), row["file_sha256"].clone())
}

/// The events of the audit: action, subject, reason.
pub fn events(city: &City) -> Vec<(String, String, String)> {
    if !city.warehouse().join("tables/facts/audit_event").exists() {
        return Vec::new();
    }
    let sql = "select action, subject, reason from facts.audit_event order by number";
    let event = |row: &std::collections::BTreeMap<String, String>| {
        (row["action"].clone(), row["subject"].clone(), row["reason"].clone())
    };
    ask(&city.warehouse(), sql).iter().map(event).collect()
}

fn unseal(city: &City, what: &str, output: &str, more: &[&str]) -> (bool, String) {
    let words = [&["unseal", what, "-o", output, "--reason", "a complaint"], more].concat();
    let output = city.run(&words);
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn an_original_comes_out_as_it_was_sent_and_the_audit_says_so() {
    let city = City::with_example();
    let (id, sha256) = submission(&city);
    let sent = fs::read(example().join(FILE)).expect("the example");
    for (what, name) in [(&id, "by id.csv"), (&sha256, "by sha256.csv")] {
        let output = city.folder().join(name);
        let (done, said) = unseal(&city, what, &output.display().to_string(), &["--by", "督导"]);
        assert!(done, "{said}");
        assert!(fs::read(&output).expect("written") == sent);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&output).expect("written").permissions().mode() & 0o777, 0o600);
        }
    }
    let event = ("unseal".to_owned(), sha256.clone(), "a complaint".to_owned());
    assert_eq!(events(&city), vec![event.clone(), event]);
    let by = ask(&city.warehouse(), "select by_whom from facts.audit_event where number = 1");
    assert!(by[0]["by_whom"].starts_with("督导 ("), "{by:?}");
    let said = city.ok(&["verify"]);
    assert!(said.contains("2 audit events, ") && said.contains("all there"), "{said}");
}

#[test]
fn what_must_not_be_opened_is_not_and_leaves_no_event() {
    let city = City::with_example();
    let (_, sha256) = submission(&city);
    let there = city.folder().join("there.csv");
    fs::write(&there, "mine").expect("written");
    let inside = city.warehouse().join("originals/raw.csv");
    let other = City::new(&example().join("reference"));
    let other_key = keys(&other).join("seal.key").display().to_string();
    let free = city.folder().join("free.csv").display().to_string();
    for (what, output, more, why) in [
        (sha256.as_str(), there.display().to_string(), &[][..], "is there already"),
        (&sha256, inside.display().to_string(), &[][..], "lies in the warehouse"),
        (&sha256, free.clone(), &["--key", &other_key][..], "is not the key that opens"),
        ("no such thing", free.clone(), &[][..], "is no original of this warehouse"),
        (&sha256, city.folder().join("none/x.csv").display().to_string(), &[][..], "none/x.csv"),
    ] {
        let (done, said) = unseal(&city, what, &output, more);
        assert!(!done && said.contains(why), "{why}: {said}");
    }
    let output = city.run(&["unseal", &sha256, "-o", &free, "--reason", " "]);
    assert!(!output.status.success());
    assert_eq!(fs::read_to_string(there).expect("it is there"), "mine");
    assert!(!inside.exists() && events(&city).is_empty());
}

#[test]
fn the_event_is_committed_before_a_byte_is_out() {
    let city = City::with_example();
    let (_, sha256) = submission(&city);
    let output = city.folder().join("out.csv");
    let words = ["unseal", &sha256, "-o", &output.display().to_string(), "--reason", "a complaint"];
    kill_at(&city, &words, "unseal.recorded");
    assert_eq!((events(&city).len(), output.exists()), (1, false));
    city.ok(&words);
    assert_eq!((events(&city).len(), output.exists()), (2, true));
}

#[test]
fn an_event_that_was_changed_shows_and_events_at_once_make_one_chain() {
    let city = City::with_example();
    let (_, sha256) = submission(&city);
    let running: Vec<_> = (0..4)
        .map(|number| {
            let output = city.folder().join(format!("{number}.csv")).display().to_string();
            let mut command = city.command(&["unseal", &sha256, "-o", &output, "--reason", "at once"]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the command starts")
        })
        .collect();
    for child in running {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let said = city.ok(&["verify"]);
    assert!(said.contains("4 audit events, ") && said.contains("all there"), "{said}");

    forge(&city.warehouse().display().to_string());
    let output = city.run(&["verify"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("audit event 2 was changed after it was recorded"), "{said}");
}

/// Another reason for the second event, by whoever can write to the warehouse.
fn forge(location: &str) {
    let work = async {
        let warehouse = Warehouse::open(location).await.expect("a warehouse");
        let table = TableName::new("facts", "audit_event");
        let context = session(&Limits::default()).expect("a session");
        warehouse.attach(&context);
        let snapshot = warehouse.snapshot(&table, None).await.expect("a snapshot");
        let schema = snapshot.schema.clone();
        register(&context, &table, warehouse.provider(snapshot)).expect("registered");
        let sql = "select number, at, by_whom, action, subject, \
                   case when number = 2 then 'nothing' else reason end as reason, previous, hash from facts.audit_event";
        let batches = context.sql(sql).await.expect("a query").collect().await.expect("rows");
        let mut writer = warehouse.writer(&table).await.expect("a writer");
        for batch in batches {
            let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| -> ArrayRef {
                match field.data_type() {
                    datafusion::arrow::datatypes::DataType::Utf8 => {
                        let texts = (0..batch.num_rows()).map(|row| {
                            Some(datafusion::arrow::util::display::array_value_to_string(column, row).expect("text"))
                        });
                        std::sync::Arc::new(texts.collect::<StringArray>())
                    }
                    _ => column.clone(),
                }
            });
            let batch = RecordBatch::try_new(schema.clone(), columns.collect()).expect("the table's columns");
            writer.write(batch).await.expect("written");
        }
        let staged = writer.finish().await.expect("staged");
        warehouse.overwrite(&table, &Replace::All, staged).await.expect("overwritten");
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(16 << 20).build();
    runtime.expect("threads").block_on(work);
}

/// Waits until the process says that it stopped at the step, then kills it.
fn kill_at(city: &City, words: &[&str], step: &str) {
    let mut command = city.command(words);
    command.env("KEHOU_STOP_AT", step).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == format!("stopped at {step}")), "`kehou {words:?}` never came to {step}");
    child.kill().expect("it is there to be killed");
    child.wait().expect("it is dead");
}

/// The pupil's hash by the key that lies in the folder of keys, worked out apart from the command.
fn expected_hash(city: &City) -> String {
    let text = fs::read_to_string(keys(city).join("person.key")).expect("a key");
    let mut key = [0u8; 32];
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text.trim()[2 * at..2 * at + 2], 16).expect("hex");
    }
    PersonHasher::new(key).hash(SCHOOL, PersonKind::Pupil, PUPIL)
}

/// Every person of the slices that count, form by form, with how many rows each has.
fn persons(city: &City) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    for (form, column) in
        [("attendance", "pupil_id"), ("charge", "pupil_id"), ("staff_work", "staff_id"), ("group_session", "staff_id")]
    {
        let sql = format!(
            "with line as ( \
                 select * from facts.submission where form = '{form}' and state <> 'rejected' \
                 qualify row_number() over (partition by school_id, period order by received_at desc, submission_id desc) = 1 \
             ) \
             select entry.{column} as person, count(*) as rows from facts.raw_{form} as entry \
             join line on line.submission_id = entry.submission_id where line.state = 'accepted' group by entry.{column}"
        );
        for row in ask(&city.warehouse(), &sql) {
            found.insert((form.to_owned(), row["person"].clone(), row["rows"].clone()));
        }
    }
    found
}

/// How many persons each form has and how many rows they have, whatever their hashes.
fn shape(persons: &BTreeSet<(String, String, String)>) -> Vec<(String, String)> {
    let mut shape: Vec<_> = persons.iter().map(|(form, _, rows)| (form.clone(), rows.clone())).collect();
    shape.sort();
    shape
}

fn holds(persons: &BTreeSet<(String, String, String)>, hash: &str) -> bool {
    persons.iter().any(|(_, person, _)| person == hash)
}

fn inbox_words() -> [String; 4] {
    let inbox = example().join("inbox").display().to_string();
    ["ingest".to_owned(), inbox, "--received".to_owned(), "folder".to_owned()]
}

#[test]
fn a_rotated_key_hashes_everybody_anew_and_figures_stay() {
    let city = City::with_release();
    let values = "select indicator, level, unit_id, period_type, period, dimension, numerator, denominator \
                  from indicator_value order by indicator, level, unit_id, period_type, period, dimension";
    let figures = city.query(values);
    let findings = "select count(*) as findings from finding where ended is null";
    let open = city.query(findings);
    let (before, old) = (persons(&city), expected_hash(&city));
    assert!(holds(&before, &old), "the pupil is among the persons");
    let key = fs::read_to_string(keys(&city).join("person.key")).expect("a key");

    let said = city.ok(&["rotate-key"]);
    assert!(said.contains("A new person.key is in force"), "{said}");
    let (after, new) = (persons(&city), expected_hash(&city));
    assert_ne!(fs::read_to_string(keys(&city).join("person.key")).expect("a key"), key);
    let names: Vec<_> = fs::read_dir(keys(&city)).expect("keys").map(|one| one.expect("a key").file_name()).collect();
    assert_eq!(names.len(), 2, "neither old nor half keys are left: {names:?}");
    assert_eq!(shape(&after), shape(&before));
    assert!(holds(&after, &new) && after.iter().all(|(_, person, _)| !holds(&before, person)));
    assert_eq!(events(&city).len(), 1);
    check_ledger(&city.warehouse());
    city.transform();
    assert_eq!(city.query(values), figures);
    assert_eq!(city.query(findings), open);
    // The same bytes still change nothing, and a key that is not in force is refused.
    let lines = ask(&city.warehouse(), "select submission_id from facts.submission").len();
    let words = inbox_words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    city.ok(&words);
    assert_eq!(ask(&city.warehouse(), "select submission_id from facts.submission").len(), lines);
    let output = city.command(&words).env("KEHOU_PERSON_KEY", key.trim()).output().expect("the command starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("is not the key"), "{said}");
}

#[test]
fn a_rotation_killed_at_each_step_leaves_all_old_or_all_new() {
    let words = inbox_words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    for step in STEPS {
        let city = City::with_example();
        let before = persons(&city);
        kill_at(&city, &["rotate-key"], step);
        let after = persons(&city);
        let committed = !["rotate.key_made", "rotate.rows_committed"].contains(&step);
        match committed {
            false => assert!(after == before, "all old after a kill at {step}"),
            true => {
                assert!(after.iter().all(|(_, person, _)| !holds(&before, person)), "all new after a kill at {step}")
            }
        }
        assert_eq!(shape(&after), shape(&before), "after a kill at {step}");
        // The next call, whichever it is, goes on with the key in force.
        city.ok(&words);
        assert!(holds(&persons(&city), &expected_hash(&city)), "key and rows fit after a kill at {step}");
        city.ok(&["rotate-key"]);
        let last = persons(&city);
        assert_eq!(shape(&last), shape(&before), "after a kill at {step} and another rotation");
        assert!(holds(&last, &expected_hash(&city)) && last.iter().all(|(_, person, _)| !holds(&after, person)));
        check_ledger(&city.warehouse());
        city.ok(&["verify"]);
    }
}

#[test]
fn a_lost_key_is_recovered_from_the_originals() {
    let city = City::with_example();
    let before = persons(&city);
    fs::remove_file(keys(&city).join("person.key")).expect("it was there");
    let words = inbox_words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = city.run(&words);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("rotate-key"), "{said}");
    let said = city.ok(&["rotate-key"]);
    assert!(said.contains("was not there"), "{said}");
    assert_eq!(shape(&persons(&city)), shape(&before));
    assert!(holds(&persons(&city), &expected_hash(&city)));
    city.ok(&words);
}
