//! A run that computes only what changed ends in the same tables as one that computes everything, whatever happened before it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::NaiveDate;
use datafusion::arrow::row::{RowConverter, SortField};
use tokio::runtime::Runtime;
use warehouse::Warehouse;
use warehouse::session::{Limits, session};

use crate::city::City;
use crate::facts::copy;

/// How much happens; `KEHOU_HAPPENINGS` says how much instead, `KEHOU_SEED` in which order.
const HAPPENINGS: u64 = 100;

/// What somebody may change in a model: a file, a text of it, and others in its place.
const EDITS: [(&str, &str, [&str; 2]); 8] = [
    (
        "rules/r07.sql",
        "roster.agreements < roster.enrolled",
        ["roster.agreements + 1 < roster.enrolled", "roster.agreements <= roster.enrolled"],
    ),
    (
        "rules/r15.sql",
        "yuan_per_session > urban_yuan",
        ["yuan_per_session >= urban_yuan", "yuan_per_session + 1 > urban_yuan"],
    ),
    (
        "rules/r01.sql",
        "started_on > deadline.day",
        ["started_on > deadline.day - 30", "started_on > deadline.day + 30"],
    ),
    ("indicators/s01.sql", "overall >= 4", ["overall >= 3", "overall >= 5"]),
    (
        "indicators/c01.sql",
        "where open_school.is_primary",
        ["where not open_school.is_primary", "where open_school.school_id is not null"],
    ),
    (
        "staging/overcharge.sql",
        "where receipt.kind = 'charge'",
        ["where receipt.sessions_billed > 1", "where receipt.kind = 'charge' -- no refund\n   "],
    ),
    ("staging/attendance_pupil.sql", "-- A pupil", ["-- That a pupil", "-- One pupil"]),
    ("staging/attendance_day.sql", "sum(sessions)", ["sum(sessions + 1)", "sum(sessions)"]),
];

/// Numbers by chance, the same ones for the same seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).expect("below a usize")
    }

    fn of<'a, T>(&mut self, many: &'a [T]) -> &'a T {
        &many[self.below(many.len())]
    }
}

/// A city to which things happen.
struct Busy {
    city: City,
    chance: Chance,
    /// The sample's files that were not sent yet, and those that were.
    waiting: Vec<PathBuf>,
    sent: Vec<PathBuf>,
    today: NaiveDate,
    files: usize,
    log: Vec<String>,
}

impl Busy {
    fn new(seed: u64) -> Busy {
        let sample = tempfile::tempdir().expect("a folder");
        let made = sample.path().join("sample");
        let words = ["sample", made.to_str().expect("UTF-8"), "--scale", "0.02", "--months", "2", "--format", "csv"];
        let output = Command::new(env!("CARGO_BIN_EXE_kehou")).args(words).output().expect("the command starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let city = City::new(&made.join("reference"));
        copy(&made.join("reference"), &city.folder().join("reference"));
        let mut waiting = Vec::new();
        for day in fs::read_dir(made.join("inbox")).expect("readable") {
            for file in fs::read_dir(day.expect("an entry").path()).expect("readable") {
                let file = file.expect("an entry").path();
                let name = file.file_name().expect("a file").to_string_lossy().into_owned();
                let kept = city.folder().join(&name);
                fs::copy(&file, &kept).expect("copied");
                waiting.push(kept);
            }
        }
        waiting.sort();
        let today = NaiveDate::from_ymd_opt(2019, 10, 1).expect("a date");
        let mut busy = Busy { city, chance: Chance(seed), waiting, sent: Vec::new(), today, files: 0, log: Vec::new() };
        let (registers, rest) = busy.waiting.drain(..).partition(|path| named(path).contains("-school-"));
        (busy.sent, busy.waiting) = (registers, rest);
        for register in busy.sent.clone() {
            busy.send(&register);
        }
        busy
    }

    fn send(&mut self, file: &Path) {
        let received = self.today.to_string();
        let output = self.city.run(&["ingest", file.to_str().expect("UTF-8"), "--received", &received]);
        // What is rejected is a happening too.
        assert!(matches!(output.status.code(), Some(0 | 2)), "{}", String::from_utf8_lossy(&output.stderr));
        self.log.push(format!("sent {} on {received}: {}", named(file), output.status));
    }

    fn happen(&mut self) {
        match self.chance.below(13) {
            0..=5 if !self.waiting.is_empty() => {
                let at = self.chance.below(self.waiting.len());
                let file = self.waiting.swap_remove(at);
                self.send(&file);
                self.sent.push(file);
            }
            0..=7 => self.correct(),
            8 => self.withdraw(),
            9 => self.decree(),
            10 => self.leave_behind(),
            11 => self.edit(),
            _ => {
                self.today = self.today + chrono::Days::new(1 + self.chance.below(12) as u64);
                self.log.push(format!("it became {}", self.today));
            }
        }
    }

    /// Some school's rows of a file that was sent, with a number that differs or a row less.
    fn correct(&mut self) {
        let file = self.chance.of(&self.sent).clone();
        self.correct_of(&file);
    }

    fn correct_of(&mut self, file: &Path) {
        let bytes = fs::read(file).expect("readable");
        // Some of the sample's files are UTF-8, the others GB18030.
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(_) => encoding_rs::GB18030.decode(&bytes).0.into_owned(),
        };
        let mut lines = text.lines();
        let head = lines.next().expect("a heading").to_owned();
        let lines: Vec<&str> = lines.collect();
        let school = &self.chance.of(&lines)[..10];
        let mut rows: Vec<String> =
            lines.iter().filter(|line| line.starts_with(school)).map(|line| (*line).to_owned()).collect();
        let at = self.chance.below(rows.len());
        if rows.len() > 1 && self.chance.below(3) == 0 {
            rows.remove(at);
        } else {
            let mut cells: Vec<String> = rows[at].split(',').map(str::to_owned).collect();
            let numbers: Vec<usize> = (2..cells.len()).filter(|at| cells[*at].parse::<u32>().is_ok()).collect();
            if !numbers.is_empty() {
                let cell = *self.chance.of(&numbers);
                let number: u32 = cells[cell].parse().expect("it was a number");
                cells[cell] = if self.chance.below(2) == 0 { number + 1 } else { number.saturating_sub(1) }.to_string();
            }
            rows[at] = cells.join(",");
        }
        self.files += 1;
        let corrected = self.city.folder().join(format!("{}-{}", self.files, named(file)));
        fs::write(&corrected, format!("{head}\n{}\n", rows.join("\n"))).expect("written");
        self.send(&corrected);
    }

    fn withdraw(&mut self) {
        let slices = self.city.query(
            "select form, school_id, period from submission where form <> 'school' and state <> 'rejected' \
             order by form, school_id, period",
        );
        let Some(slice) = (!slices.is_empty()).then(|| self.chance.of(&slices)) else { return };
        let words =
            ["withdraw", "--form", &slice["form"], "--school", &slice["school_id"], "--period", &slice["period"]];
        let output = self.city.run(&[&words[..], &["--reason", "sent by mistake"]].concat());
        self.log.push(format!("withdrew {slice:?}: {}", output.status));
    }

    /// Another number in the policy, another price, or a day that is no school day any more.
    fn decree(&mut self) {
        let (table, find, replace) = match self.chance.below(5) {
            0 => ("policy", "staff_pay_min_share,0.", ["staff_pay_min_share,0.8", "staff_pay_min_share,0.9"]),
            1 => ("policy", "remit_within_days,1", ["remit_within_days,2", "remit_within_days,1"]),
            2 => ("policy", "due_days_month,1", ["due_days_month,3", "due_days_month,1"]),
            3 => ("fee_standard", ",3.00,", [",2.90,", ",3.10,"]),
            _ => ("calendar", "2019-10-15,true", ["2019-10-15,false", "2019-10-15,true"]),
        };
        let path = self.city.folder().join(format!("reference/{table}.csv"));
        let text = fs::read_to_string(&path).expect("readable");
        let replace = *self.chance.of(&replace);
        fs::write(&path, text.replacen(find, replace, 1)).expect("written");
        let reference = self.city.folder().join("reference");
        self.city.ok(&["init", "--reference", reference.to_str().expect("UTF-8")]);
        self.log.push(format!("{table}: {replace}"));
    }

    /// A model with another text than the one that kehou brings, or with the latter again.
    fn edit(&mut self) {
        let (path, text, others) = *self.chance.of(&EDITS);
        let own = self.own().join(path);
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql").join(path);
        let sql = fs::read_to_string(&built_in).expect("readable");
        assert!(sql.contains(text), "{path} has {text}");
        fs::create_dir_all(own.parent().expect("a layer's folder")).expect("made");
        if own.exists() && self.chance.below(2) == 0 {
            fs::remove_file(&own).expect("removed");
            self.log.push(format!("{path} is the built-in one again"));
        } else {
            let other = *self.chance.of(&others);
            fs::write(&own, sql.replacen(text, other, 1)).expect("written");
            self.log.push(format!("{path}: {other}"));
        }
    }

    /// The folder of the models that were changed.
    fn own(&self) -> PathBuf {
        self.city.folder().join("own")
    }

    /// Runs the models as they are now on a warehouse, which must end well; gives what it printed.
    fn transform(&self, warehouse: &Path, more: &[&str]) -> String {
        let (today, own) = (self.today.to_string(), self.own());
        let mut command = self.city.command(&["transform", "--today", &today]);
        match EDITS.iter().any(|(path, ..)| own.join(path).exists()) {
            true => command.arg("--sql").arg(own),
            false => command.arg("--no-sql"),
        };
        let output = command.args(more).env("KEHOU_WAREHOUSE", warehouse).output().expect("the command starts");
        assert!(output.status.success(), "{}\nafter {:#?}", String::from_utf8_lossy(&output.stderr), self.log);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs the models on the warehouse and, as a whole, on a copy of it: both must end in the same tables. What was planned for the
    /// former, and nothing where nothing changed.
    fn as_a_whole(&self, runtime: &Runtime) -> String {
        let (ours, whole) = (self.city.warehouse(), self.city.folder().join("whole"));
        drop(fs::remove_dir_all(&whole));
        copy(&ours, &whole);
        let plan = self.transform(&ours, &["--plan"]);
        self.transform(&whole, &["--full"]);
        if self.transform(&ours, &[]).starts_with("Nothing") {
            return String::new();
        }
        let wrong = runtime.block_on(differing(&ours, &whole));
        assert!(wrong.is_empty(), "{wrong:#?}\nafter {:#?}", self.log);
        plan
    }

    /// A run that leaves versions of tables behind that no release names, as one that was killed does.
    fn leave_behind(&mut self) {
        self.transform(&self.city.warehouse(), &["--select", "marts.figure"]);
        self.log.push("figures were computed without a release".to_owned());
    }
}

fn named(path: &Path) -> String {
    path.file_name().expect("a file").to_string_lossy().into_owned()
}

/// The tables of two warehouses' newest releases that don't have the same rows.
async fn differing(one: &Path, other: &Path) -> Vec<String> {
    let mut releases = Vec::new();
    for folder in [one, other] {
        let warehouse = Warehouse::open(folder.to_str().expect("UTF-8")).await.expect("a warehouse");
        let release = warehouse.latest_release().await.expect("readable").expect("a release");
        releases.push((warehouse, release));
    }
    let [(left, ours), (right, theirs)] = &releases[..] else { unreachable!("there are two") };
    assert!(ours.tables.keys().eq(theirs.tables.keys()), "both have the same tables");
    let context = session(&Limits::default()).expect("a session");
    left.attach(&context);
    let mut wrong = Vec::new();
    for (name, version) in ours.tables.iter().filter(|(name, _)| name.schema != "facts" && name.schema != "reference") {
        let mut times: HashMap<Vec<u8>, [usize; 2]> = HashMap::new();
        for (side, (warehouse, version)) in [(left, *version), (right, theirs.tables[name])].into_iter().enumerate() {
            let snapshot = warehouse.snapshot(name, Some(version)).await.expect("its files");
            let frame = context.read_table(warehouse.provider(snapshot)).expect("planned");
            let fields = frame.schema().fields().iter().map(|field| SortField::new(field.data_type().clone()));
            let converter = RowConverter::new(fields.collect()).expect("columns that can be compared");
            for batch in frame.collect().await.expect("read") {
                for row in &converter.convert_columns(batch.columns()).expect("the table's columns") {
                    times.entry(row.as_ref().to_vec()).or_default()[side] += 1;
                }
            }
        }
        let rows = |less: usize, more: usize| times.values().map(|times| times[more].saturating_sub(times[less])).sum();
        let [ours, theirs]: [usize; 2] = [rows(1, 0), rows(0, 1)];
        if ours + theirs > 0 {
            wrong.push(format!("{name}: {ours} rows only by keys, {theirs} only as a whole"));
        }
    }
    wrong
}

#[test]
fn what_is_computed_by_keys_is_what_is_computed_as_a_whole() {
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().expect("a number"));
    let (seed, happenings) = (number("KEHOU_SEED", 20_191_125), number("KEHOU_HAPPENINGS", HAPPENINGS));
    let mut busy = Busy::new(seed);
    busy.log.push(format!("seed {seed}"));
    let runtime = Runtime::new().expect("a runtime");
    let (mut happened, mut by_keys, mut by_periods) = (0, 0, 0);
    while happened < happenings {
        let more = 1 + busy.chance.below(7) as u64;
        (0..more).for_each(|_| busy.happen());
        happened += more;
        let plan = busy.as_a_whole(&runtime);
        by_keys += usize::from(plan.contains("changed keys"));
        by_periods += usize::from(plan.contains("changed periods"));
    }
    assert!(by_keys > 0 && by_periods > 0, "some runs compute by keys and by periods");
    busy.city.ok(&["verify"]);
}

#[test]
fn months_a_register_and_a_policy_are_corrected_one_after_the_other() {
    let mut busy = Busy::new(1);
    let runtime = Runtime::new().expect("a runtime");
    let files = std::mem::take(&mut busy.waiting);
    let words = ["ingest"].into_iter().chain(files.iter().map(|file| file.to_str().expect("UTF-8")));
    let output = busy.city.run(&words.chain(["--received", "2019-11-05"]).collect::<Vec<_>>());
    assert!(matches!(output.status.code(), Some(0 | 2)), "{}", String::from_utf8_lossy(&output.stderr));
    busy.sent.extend(files);
    busy.today = NaiveDate::from_ymd_opt(2020, 1, 10).expect("a date");
    busy.transform(&busy.city.warehouse(), &[]);
    let of = |busy: &Busy, part: &str| {
        let found = busy.sent.iter().find(|file| named(file).contains(part));
        found.unwrap_or_else(|| panic!("the sample has {part}")).clone()
    };
    let months = ["-class_roster-2019-09", "-class_roster-2019-10", "-attendance-2019-10", "-charge-2019-09"];
    for (first, second) in [(months[0], months[1]), (months[2], months[3]), (months[1], months[1])] {
        busy.correct_of(&of(&busy, first));
        busy.correct_of(&of(&busy, second));
        let plan = busy.as_a_whole(&runtime);
        assert!(plan.is_empty() || plan.contains("changed periods"), "{plan}");
    }
    busy.correct_of(&of(&busy, "-school-"));
    busy.as_a_whole(&runtime);
    busy.correct_of(&of(&busy, months[0]));
    busy.decree();
    busy.as_a_whole(&runtime);
    busy.correct_of(&of(&busy, months[0]));
    busy.as_a_whole(&runtime);
}
