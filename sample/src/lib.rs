//! Writes the files that the schools of a made-up city send: workbooks, CSVs and JSON, with breaches planted at known places
//! and a truth file that lists them.
//!
//! It is no back door: the files go through `ingest` like anyone's, and the truth is written from the plan of what was
//! planted, not from any figure that was computed.

mod books;
mod city;
mod plant;
mod reference;
mod rng;
mod write;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate};
use rayon::prelude::*;

use crate::plant::Finding;
use crate::reference::Reference;

/// What city is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its size: at 1 about 500 primary schools with 330,000 pupils.
    pub scale: f64,
    /// The same seed gives the same city, byte by byte.
    pub seed: u64,
    /// The first month.
    pub from: Month,
    /// How many months.
    pub months: u32,
    /// In what files schools send their small forms.
    pub format: Format,
    /// Whether breaches are planted.
    pub planting: Planting,
}

impl Default for Options {
    fn default() -> Options {
        let from = Month { year: 2019, month: 9 };
        Options { scale: 0.1, seed: 1, from, months: 5, format: Format::Xlsx, planting: Planting::On }
    }
}

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i32,
    month: u32,
}

impl Month {
    /// The first and the last month of the sample city's books: its autumn term, before the day on which it is looked at.
    const FIRST: Month = Month { year: 2019, month: 9 };
    const LAST: Month = Month { year: 2020, month: 1 };

    fn next(self) -> Month {
        if self.month == 12 { Month { year: self.year + 1, month: 1 } } else { Month { month: self.month + 1, ..self } }
    }
}

impl std::str::FromStr for Month {
    type Err = SampleError;

    /// Reads `2019-09`.
    fn from_str(text: &str) -> Result<Month, SampleError> {
        let day: Result<NaiveDate, _> = format!("{text}-01").parse();
        let month = day.map(|day| Month { year: day.year(), month: day.month() });
        month.ok().filter(|month| month.to_string() == text).ok_or_else(|| SampleError::Month(text.to_owned()))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.year, self.month)
    }
}

/// In what files schools send their small forms; attendance and charges come as CSV of a district in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A workbook a school and period.
    Xlsx,
    /// A CSV file a form, district and period.
    Csv,
}

/// Whether breaches are planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planting {
    /// Of every rule, each beside a near miss.
    On,
    /// None: a city where all is in order.
    Off,
}

/// Why a city could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A month that can't be read.
    #[error("`{0}` is no month: write it like 2019-09")]
    Month(String),
    /// Months without books.
    #[error(
        "the sample city's books run from {} to {}: choose --from and --months within them",
        Month::FIRST,
        Month::LAST
    )]
    Months,
    /// A scale out of range.
    #[error("--scale takes a number above 0 and up to 20, not {0}")]
    Scale(f64),
    /// A folder that holds something else.
    #[error("{} is not empty and holds no sample city: name a new folder", .0.display())]
    NotEmpty(PathBuf),
    /// A file that could not be written.
    #[error("{} could not be written: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A workbook that could not be made.
    #[error("a workbook could not be made: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}

impl SampleError {
    fn io(path: &Path, source: std::io::Error) -> SampleError {
        SampleError::Io { path: path.to_owned(), source }
    }
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The folder.
    pub folder: PathBuf,
    /// How many schools.
    pub schools: usize,
    /// How many pupils of grades 1 to 6 they have.
    pub primary_pupils: u64,
    /// How many files are in the inbox.
    pub files: usize,
    /// How many rows of attendance they hold.
    pub attendance_rows: usize,
    /// How many findings the truth file lists.
    pub findings: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { schools, primary_pupils, files, attendance_rows, findings, .. } = self;
        writeln!(
            f,
            "A made-up city in {}: {schools} schools, {primary_pupils} primary pupils,",
            self.folder.display()
        )?;
        writeln!(
            f,
            "{files} files, {attendance_rows} rows of attendance, {findings} findings planted (truth/findings.csv)."
        )?;
        write!(f, "Look at it as of 2020-03-01: kehou transform --today 2020-03-01")
    }
}

/// Writes a city into a folder: `reference/`, `inbox/<date of receipt>/…` and `truth/findings.csv`. A sample city that is
/// there is replaced. Calls `progress` with how many files are written, and of how many.
///
/// # Errors
///
/// Options out of range, a folder that holds anything else, and a file that can't be written.
pub fn sample(out: &Path, options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Summary, SampleError> {
    if !(options.scale > 0.0 && options.scale <= 20.0) {
        return Err(SampleError::Scale(options.scale));
    }
    let months = months(options)?;
    clear(out)?;
    let reference = Reference::built_in();
    let schools = city::schools(options, &reference);
    let clean = |school| books::clean(school, &months, options.seed, &reference);
    let mut books: Vec<_> = schools.par_iter().map(clean).collect();
    let (mut truth, mut standards) = (Vec::new(), Vec::new());
    if options.planting == Planting::On {
        truth = plant::plant(&schools, &mut books, options, &reference);
        standards = plant::standards(&mut truth);
    } else {
        plant::settle(&mut books);
    }
    reference::write(&out.join("reference"), &standards)?;
    let files = write::files(&schools, &books, &months, options);
    write::write(&out.join("inbox"), &files, progress)?;
    write_truth(&out.join("truth"), &truth)?;
    let primary = schools.iter().flat_map(|school| &school.classes).filter(|class| class.grade <= 6);
    Ok(Summary {
        folder: out.to_owned(),
        schools: schools.len(),
        primary_pupils: primary.map(|class| u64::from(class.pupils)).sum(),
        files: files.len(),
        attendance_rows: books.iter().flat_map(|books| &books.months).map(|month| month.attendance.len()).sum(),
        findings: truth.len(),
    })
}

/// The months' names.
fn months(options: &Options) -> Result<Vec<String>, SampleError> {
    let mut months = Vec::new();
    let mut month = options.from;
    for _ in 0..options.months.max(1) {
        if month < Month::FIRST || month > Month::LAST {
            return Err(SampleError::Months);
        }
        months.push(month.to_string());
        month = month.next();
    }
    Ok(months)
}

/// Makes way for the city: nothing but an earlier sample city is ever removed.
fn clear(out: &Path) -> Result<(), SampleError> {
    let failed = |source| SampleError::io(out, source);
    let is_there = out.exists() && fs::read_dir(out).map_err(failed)?.next().is_some();
    if is_there && !out.join("truth/findings.csv").exists() {
        return Err(SampleError::NotEmpty(out.to_owned()));
    }
    for part in ["reference", "inbox", "truth"].map(|part| out.join(part)) {
        if part.exists() {
            fs::remove_dir_all(&part).map_err(|source| SampleError::io(&part, source))?;
        }
    }
    Ok(())
}

fn write_truth(folder: &Path, truth: &[Finding]) -> Result<(), SampleError> {
    let mut sorted: Vec<&Finding> = truth.iter().collect();
    sorted.sort();
    let mut text = "rule,district_code,school_id,period,subject,amount\n".to_owned();
    for Finding { rule, district, school, period, subject, amount } in sorted {
        let amount = amount.map(write::yuan).unwrap_or_default();
        text += &format!("{rule},{district},{school},{period},{subject},{amount}\n");
    }
    let about = "These schools, pupils, amounts and breaches are made up.\n\
                 findings.csv lists what was planted; the subject of a pupil's finding is left empty.\n";
    fs::create_dir_all(folder).map_err(|source| SampleError::io(folder, source))?;
    for (name, text) in [("findings.csv", text.as_str()), ("README.md", about)] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|source| SampleError::io(&path, source))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
