//! The sample city's own reference tables, which its files are made to fit.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use include_dir::{Dir, include_dir};

use crate::SampleError;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../sql/reference/zaozhuang");

/// What the generator needs of the tables.
#[derive(Debug, Clone)]
pub struct Reference {
    /// Code, name and kind of each district.
    pub districts: Vec<District>,
    /// Every day of the calendar with whether it is a school day.
    pub days: BTreeMap<NaiveDate, bool>,
    /// Fen a session and a month's cap in fen, by district and kind of place (`*`: all).
    pub standards: BTreeMap<(String, String), (i64, i64)>,
    /// The numbers of the policy.
    policy: BTreeMap<String, String>,
}

/// A district.
#[derive(Debug, Clone)]
pub struct District {
    /// Six digits.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether its schools belong to the city itself.
    pub is_municipal: bool,
}

impl Reference {
    /// Reads the tables that this build carries.
    pub fn built_in() -> Reference {
        let districts = rows("district.csv")
            .into_iter()
            .map(|row| District {
                code: row["district_code"].clone(),
                name: row["name_zh"].clone(),
                is_municipal: row["kind"] == "municipal",
            })
            .collect();
        let day =
            |row: &BTreeMap<String, String>| (row["date"].parse().expect("a date"), row["is_school_day"] == "true");
        let standard = |row: &BTreeMap<String, String>| {
            let key = (row["district_code"].clone(), row["urban_rural"].clone());
            (key, (fen(&row["yuan_per_session"]), fen(&row["yuan_per_month_cap"])))
        };
        let policy = rows("policy.csv").into_iter().map(|row| (row["key"].clone(), row["value"].clone()));
        Reference {
            districts,
            days: rows("calendar.csv").iter().map(day).collect(),
            standards: rows("fee_standard.csv").iter().map(standard).collect(),
            policy: policy.collect(),
        }
    }

    /// A number of the policy as text.
    pub fn policy(&self, key: &str) -> &str {
        &self.policy[key]
    }

    /// A whole number of the policy.
    pub fn days_of(&self, key: &str) -> i64 {
        self.policy(key).parse().expect("a whole number")
    }

    /// Fen a session and a month's cap, for a school of this place.
    pub fn standard(&self, district: &str, place: &str) -> (i64, i64) {
        let of = |place: &str| self.standards.get(&(district.to_owned(), place.to_owned()));
        *of(place).or_else(|| of("*")).expect("every place of the sample city has a standard")
    }

    /// The school days of a month from a day on.
    pub fn school_days(&self, month: &str, from: NaiveDate) -> Vec<NaiveDate> {
        let inside = |day: &NaiveDate| day.format("%Y-%m").to_string() == month && *day >= from;
        self.days.iter().filter(|(day, lessons)| **lessons && inside(day)).map(|(day, _)| *day).collect()
    }
}

/// Writes the tables to `folder`, with lines added to the fee standards.
pub fn write(folder: &Path, more_standards: &[String]) -> Result<(), SampleError> {
    fs::create_dir_all(folder).map_err(|source| SampleError::io(folder, source))?;
    for file in FOLDER.files() {
        let path = folder.join(file.path());
        let mut text = file.contents_utf8().expect("the tables are text").to_owned();
        if file.path().ends_with("fee_standard.csv") {
            for line in more_standards {
                // A line of the same district, place and first day takes the place of the one that is there.
                let key = |line: &str| line.split(',').take(3).map(str::to_owned).collect::<Vec<_>>();
                text = text.lines().filter(|one| key(one) != key(line)).map(|one| format!("{one}\n")).collect();
                text.push_str(line);
                text.push('\n');
            }
        }
        fs::write(&path, text).map_err(|source| SampleError::io(&path, source))?;
    }
    Ok(())
}

fn rows(name: &str) -> Vec<BTreeMap<String, String>> {
    let text = FOLDER.get_file(name).and_then(|file| file.contents_utf8()).expect("the tables are part of this build");
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let headings = lines.next().expect("a table has headings");
    lines.map(|cells| headings.iter().cloned().zip(cells).collect()).collect()
}

/// Yuan as the tables write them, in fen.
pub fn fen(yuan: &str) -> i64 {
    let (whole, places) = yuan.split_once('.').unwrap_or((yuan, "0"));
    whole.parse::<i64>().expect("yuan") * 100 + format!("{places:0<2}").parse::<i64>().expect("fen")
}
