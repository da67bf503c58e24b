//! A city in a folder of its own, worked on by the built command.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;

use crate::facts::copy;

/// The example city's files, made by other programs.
pub fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/qinghe")
}

/// A warehouse in a folder that goes with it.
pub struct City {
    folder: TempDir,
}

impl City {
    /// A warehouse with these reference tables.
    pub fn new(reference: &Path) -> City {
        let city = City { folder: tempfile::tempdir().expect("a folder for temporary files") };
        city.ok(&["init", "--reference", &reference.display().to_string()]);
        city
    }

    /// The example city, with everything that its schools sent accepted.
    pub fn with_example() -> City {
        static ACCEPTED: OnceLock<PathBuf> = OnceLock::new();
        City::copied(ACCEPTED.get_or_init(|| {
            let city = City::new(&example().join("reference"));
            city.ok(&["ingest", &example().join("inbox").display().to_string(), "--received", "folder"]);
            city.kept("accepted")
        }))
    }

    /// The same with its first release.
    pub fn with_release() -> City {
        static RELEASED: OnceLock<PathBuf> = OnceLock::new();
        City::copied(RELEASED.get_or_init(|| {
            let city = City::with_example();
            city.transform();
            city.kept("released")
        }))
    }

    /// Keeps what lies in the city's folder, for other tests to begin from.
    pub fn kept(self, name: &str) -> PathBuf {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cities");
        // Those of runs that ended.
        for entry in std::fs::read_dir(&all).into_iter().flatten().flatten() {
            let made = entry.metadata().and_then(|about| about.modified()).ok();
            if made.and_then(|made| made.elapsed().ok()).is_some_and(|past| past.as_secs() > 7200) {
                drop(std::fs::remove_dir_all(entry.path()));
            }
        }
        let folder = all.join(format!("{name}-{}", std::process::id()));
        copy(self.folder(), &folder);
        folder
    }

    /// A city that begins with what was kept.
    pub fn copied(kept: &Path) -> City {
        let city = City { folder: tempfile::tempdir().expect("a folder for temporary files") };
        copy(kept, city.folder());
        city
    }

    /// The folder that everything lies in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The warehouse's own folder.
    pub fn warehouse(&self) -> PathBuf {
        self.folder.path().join("warehouse")
    }

    /// The command, ready to run on this warehouse.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kehou"));
        command.args(words).env("KEHOU_WAREHOUSE", self.warehouse()).env_remove("KEHOU_STOP_AT").stdin(Stdio::null());
        command
    }

    /// Runs the command; again while a run is at work that a killed server left behind.
    pub fn run(&self, words: &[&str]) -> Output {
        for _ in 0..300 {
            let output = self.command(words).output().expect("the command starts");
            if output.status.code() != Some(3) {
                return output;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("kehou {words:?}: another process is at work, and doesn't end")
    }

    /// Runs the command, which must end well; gives what it printed.
    pub fn ok(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "kehou {words:?} ended with {}:\n{out}\n{err}", output.status);
        out.into_owned()
    }

    /// Figures and findings as of 2020-03-01.
    pub fn transform(&self) -> String {
        self.ok(&["transform", "--today", "2020-03-01"])
    }

    /// The answer to a query, row by row, column by name.
    pub fn query(&self, sql: &str) -> Vec<BTreeMap<String, String>> {
        read_csv(self.ok(&["query", sql, "--format", "csv"]).as_bytes())
    }

    /// The figures and findings of the newest release as text, to be compared whole.
    pub fn figures(&self) -> String {
        let value = "select * from indicator_value order by indicator, level, unit_id, period_type, period, dimension";
        let finding = "select rule, district_code, school_id, period, subject, amount, message_zh, message_en, clause, \
                       first_seen, ended from finding order by rule, district_code, school_id, period, subject";
        let evidence = "select e.finding_id, e.form, count(*) as rows from finding_evidence as e \
                        group by e.finding_id, e.form order by e.finding_id, e.form";
        [value, finding, evidence].map(|sql| self.ok(&["query", sql, "--format", "csv"])).join("\n")
    }
}

/// A CSV file's rows, column by heading.
pub fn read_csv_file(path: &Path) -> Vec<BTreeMap<String, String>> {
    read_csv(&std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn read_csv(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(bytes).deserialize().map(|row| row.expect("a row of CSV")).collect()
}
