//! A desk at which the slices of made-up schools come in, as bulk CSV, one file a slice.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::city::{City, example};

/// A slice: form, period, rows of the form's own cells. `零报告` is a row too.
pub type Slice<'a> = (&'a str, &'a str, &'a [&'a str]);

/// A warehouse whose register holds some schools of one district.
pub struct Desk {
    pub city: City,
}

/// The code of the n-th school.
pub fn school(n: usize) -> String {
    format!("37990200{n:02}")
}

impl Desk {
    /// With the example city's reference tables.
    pub fn new(schools: usize) -> Desk {
        Desk::with_reference(&example().join("reference"), schools)
    }

    /// With these reference tables.
    pub fn with_reference(reference: &Path, schools: usize) -> Desk {
        let desk = Desk { city: City::new(reference) };
        let rows: Vec<String> = (0..schools).map(|n| format!("第{n}小学,379902,小学,城区,,")).collect();
        let folder = desk.city.folder().join("register");
        fs::create_dir_all(&folder).expect("made");
        let mut text = ingest::form::form("school").expect("a form").bulk_headings().join(",") + "\n";
        for (n, row) in rows.iter().enumerate() {
            text += &format!("{},2019,{row}\n", school(n));
        }
        fs::write(folder.join("register.csv"), text).expect("written");
        desk.city.ok(&["ingest", &folder.display().to_string(), "--received", "2019-09-02"]);
        desk
    }

    /// One call with the slices of several schools; all must be accepted. Gives the report.
    pub fn send(&self, call: &str, received: &str, slices: &[(usize, Slice<'_>)]) -> Value {
        let (output, report) = self.try_send(call, received, slices, &[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        report
    }

    /// One call; gives how it ended and its report.
    pub fn try_send(
        &self,
        call: &str,
        received: &str,
        slices: &[(usize, Slice<'_>)],
        words: &[&str],
    ) -> (Output, Value) {
        let folder = self.city.folder().join(call);
        fs::create_dir_all(&folder).expect("made");
        for (n, (form, period, rows)) in slices {
            fs::write(folder.join(format!("{n:02}-{form}-{period}.csv")), csv(*n, form, period, rows))
                .expect("written");
        }
        self.read_folder(call, received, words)
    }

    /// Takes the folder of an earlier call in again.
    pub fn read_folder(&self, call: &str, received: &str, words: &[&str]) -> (Output, Value) {
        let report = self.city.folder().join("report.json");
        let folder = self.city.folder().join(call);
        let (folder, file) = (folder.display().to_string(), report.display().to_string());
        let mut all = vec!["ingest", &folder, "--received", received, "--report", &file];
        all.extend(words);
        let output = self.city.run(&all);
        (output, serde_json::from_slice(&fs::read(&report).expect("a report")).expect("JSON"))
    }
}

/// A slice's file. Cells that a row leaves out at its end are blank.
fn csv(n: usize, form: &str, period: &str, rows: &[&str]) -> String {
    let headings = ingest::form::form(form).expect("a form").bulk_headings();
    let mut text = headings.join(",") + "\n";
    for row in rows {
        let blank = headings.len() - 2 - row.split(',').count();
        text += &format!("{},{period},{row}{}\n", school(n), ",".repeat(blank));
    }
    text
}

/// The slices of a report.
pub fn slices(report: &Value) -> Vec<&Value> {
    let files = report["files"].as_array().expect("files");
    files.iter().flat_map(|file| file["slices"].as_array().expect("slices")).collect()
}
