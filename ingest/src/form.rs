//! The forms: what a school or district sends, as described by the files of `ingest/forms/`, one file a form.
//!
//! Everything that knows a form knows it from here: the reader finds its headings, the judge its checks, the template its
//! drop-downs, the warehouse its schema, the documentation its notes. Checks that hold for every form (an unknown school, a
//! key given twice, a value that can't be read, a school not open in the period) are the judge's own and not declared.

mod check;
mod file;
#[cfg(test)]
mod specified;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

pub use check::{Check, Only, Severity};

/// The heading of the school's code, wherever a row or a cover carries its slice.
pub const SCHOOL_HEADING: &str = "学校标识码";
/// The heading of the period, wherever a row or a cover carries its slice.
pub const PERIOD_HEADING: &str = "统计期";
/// The sheet that gives school and period for all sheets of a workbook.
pub const COVER: &str = "封面";
/// The sheet of a template that explains its columns: the reader passes over it.
pub const NOTES: &str = "填表说明";
/// The sheet of a returned workbook that sums up what is wrong: the reader passes over it.
pub const SUMMARY: &str = "问题汇总";
/// The column of a returned file that says what is wrong in each row: the reader passes over it.
pub const ERRORS_HEADING: &str = "错误说明";
/// The column of a returned CSV file that names the cells that are wrong: the reader passes over it.
pub const ERRORS_PLACE_HEADING: &str = "错误位置";
/// The text in the first data cell that says "nothing to report".
pub const ZERO_REPORT: &str = "零报告";

/// A form: its columns, who owes it when, and what is checked in it.
#[derive(Debug, Clone, Serialize)]
pub struct Form {
    /// The code name: table `raw_<name>`, JSON's `form`.
    pub name: String,
    /// What a school sees: the sheet's title.
    pub heading: String,
    /// The title in English.
    pub title_en: String,
    /// The kind of period of a slice.
    pub period: PeriodKind,
    /// Whether `零报告` may stand in place of rows.
    pub zero_report: bool,
    /// Whether a slice has exactly one row.
    pub single_row: bool,
    /// Who owes the form.
    pub owed: Owed,
    /// Who sends it.
    pub sent_by: SentBy,
    /// What the form is for, who fills it in and when.
    pub note_zh: String,
    /// The same in English.
    pub note_en: String,
    /// The columns in the order of the sheet and of the table.
    pub columns: Vec<Column>,
    /// The checks beyond each column's own kind.
    pub checks: Vec<Check>,
}

/// The kind of period that a slice of a form covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodKind {
    /// `2019-09`
    Month,
    /// `2019-2020-1`
    Term,
    /// `2019`
    Year,
}

/// Who owes a form for a period in which the school is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owed {
    /// A primary school always, a junior school from the start of its plan.
    Always,
    /// Every school from the month in which its plan starts.
    FromPlan,
    /// It comes when there is something to say.
    Nobody,
    /// The district, for each of its schools.
    District,
}

/// Who sends a form. What is not sent by the schools comes for many of them in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentBy {
    /// Each school for itself; its district may do it for all.
    School,
    /// The district, for its schools.
    District,
    /// A finance office.
    Finance,
}

/// One column of a form.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// The code name: the table's column, JSON's key.
    pub name: String,
    /// Code names that it had in earlier versions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<String>,
    /// What a school sees above the column.
    pub heading: String,
    /// Other headings that are read as this one.
    pub aliases: Vec<String>,
    /// The heading in English.
    pub title_en: String,
    /// What a value is.
    pub kind: Kind,
    /// Whether each row needs a value.
    pub required: bool,
    /// A value is needed where that column holds that code.
    pub required_when: Option<(String, String)>,
    /// Whether it is part of the key within a slice.
    pub key: bool,
    /// Who may see the value.
    pub visibility: Visibility,
    /// What to fill in.
    pub note_zh: String,
    /// The same in English.
    pub note_en: String,
    /// A value as a school would write it.
    pub example: String,
}

/// What a value of a column is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Any text.
    Text,
    /// A school's ten digits.
    SchoolId,
    /// A district's six digits.
    District,
    /// One of a list, by label or code; stored as the code.
    Choice(Vec<Choice>),
    /// Yuan, at least 0, at most two places.
    Money,
    /// A whole number within bounds, both included.
    Whole {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// A class level, 1 to 9, also `三年级`.
    Grade,
    /// A mark, 1 to 5.
    Scale,
    /// 是 or 否.
    YesNo,
    /// A day.
    Date,
    /// A month, as a slice's period is written; stored as `2019-09`.
    Month,
    /// A time of day; stored as `16:30`.
    Time,
    /// Days of the week, Monday 1; stored as `1,2,3`.
    Weekdays,
    /// A person's number at the school; stored as a keyed hash.
    Person(PersonKind),
}

/// One value that a choice column may hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What is stored.
    pub code: String,
    /// What a school sees.
    pub label: String,
    /// The label in English.
    pub title_en: String,
}

/// Whose number it is; a pupil and a member of staff of one number are two persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonKind {
    /// A pupil's number.
    Pupil,
    /// A number of staff, volunteers and third parties.
    Staff,
}

/// Who may see a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody: the notice orders it to be made public.
    Public,
    /// The school itself and those above it.
    School,
    /// Districts, inspectors and the city, not the school.
    Inspector,
    /// Nobody: hashed at the door.
    Secret,
}

/// All forms, in the order in which they are presented everywhere.
pub fn forms() -> &'static [Form] {
    static FORMS: OnceLock<Vec<Form>> = OnceLock::new();
    FORMS.get_or_init(file::load)
}

/// The form of this code name.
pub fn form(name: &str) -> Option<&'static Form> {
    forms().iter().find(|form| form.name == name)
}

/// The form whose heading (or code name) this text is: a sheet's title.
pub fn by_heading(text: &str) -> Option<&'static Form> {
    let text = normal(text);
    forms().iter().find(|form| normal(&form.heading) == text || form.name == text)
}

/// Text as it is compared and stored: NFKC and trimmed.
pub fn normal(text: &str) -> String {
    let text = text.trim();
    // Most texts are normal already, and numbers always.
    if text.is_ascii() || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        return text.to_owned();
    }
    text.nfkc().collect::<String>().trim().to_owned()
}

impl Form {
    /// The column of this code name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column that this heading or alias stands for.
    pub fn column_by_heading(&self, text: &str) -> Option<&Column> {
        let text = normal(text);
        self.columns.iter().find(|column| column.is_headed(&text))
    }

    /// The columns that make a row's key within its slice; none where a slice has one row.
    pub fn key(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.key)
    }

    /// The columns of persons' numbers, by their names, with whose numbers they are.
    pub fn persons(&self) -> impl Iterator<Item = (&str, PersonKind)> {
        self.columns.iter().filter_map(|column| match column.kind {
            Kind::Person(kind) => Some((column.name.as_str(), kind)),
            _ => None,
        })
    }

    /// The headings without which a sheet is not this form: the required ones, or all where none is required.
    pub fn telling_headings(&self) -> Vec<&str> {
        let required: Vec<_> =
            self.columns.iter().filter(|column| column.required).map(|column| column.heading.as_str()).collect();
        if required.is_empty() { self.columns.iter().map(|column| column.heading.as_str()).collect() } else { required }
    }

    /// Whether the slice's school is one of the form's own columns: the register, of which each row is a slice.
    pub fn is_register(&self) -> bool {
        self.column("school_id").is_some()
    }

    /// The headings that a bulk file has before the form's own columns: 学校标识码 and 统计期. The register's 学校标识码 is
    /// listed here and not again in [`Form::bulk_headings`].
    pub fn slice_columns(&self) -> [(&'static str, &'static str); 2] {
        [("school_id", SCHOOL_HEADING), ("period", PERIOD_HEADING)]
    }

    /// The headings of a bulk file that holds many schools.
    pub fn bulk_headings(&self) -> Vec<&str> {
        let slice = self.slice_columns().map(|(_, heading)| heading);
        let own = self.columns.iter().filter(|column| column.name != "school_id").map(|column| column.heading.as_str());
        slice.into_iter().chain(own).collect()
    }

    /// The name of the table in the schema `facts`.
    pub fn table(&self) -> String {
        format!("raw_{}", self.name)
    }

    /// The schema of the table: the slice, the form's columns, and where each row came from. Every field may be null as far
    /// as the table knows: what is required is the judge's matter, and may change without a change of the table.
    pub fn schema(&self) -> SchemaRef {
        let slice = ["school_id", "period"].map(|name| Field::new(name, DataType::Utf8, true));
        let own = self.columns.iter().filter(|column| column.name != "school_id");
        let own = own.map(|column| Field::new(&column.name, column.kind.data_type(), true));
        let source = [Field::new("submission_id", DataType::Utf8, true), Field::new("row_no", DataType::Int64, true)];
        Schema::new(slice.into_iter().chain(own).chain(source).collect::<Vec<_>>()).into()
    }
}

impl Column {
    /// Whether this normalised text is the column's heading or an alias.
    pub fn is_headed(&self, text: &str) -> bool {
        normal(&self.heading) == text || self.aliases.iter().any(|alias| normal(alias) == text)
    }

    /// The choices, empty for other kinds.
    pub fn choices(&self) -> &[Choice] {
        match &self.kind {
            Kind::Choice(choices) => choices,
            _ => &[],
        }
    }

    /// The choice that this text names by label or code.
    pub fn choice(&self, text: &str) -> Option<&Choice> {
        let text = normal(text);
        self.choices().iter().find(|choice| choice.code == text || normal(&choice.label) == text)
    }
}

impl Kind {
    /// The type in which values are stored.
    pub fn data_type(&self) -> DataType {
        match self {
            Kind::Money => DataType::Decimal128(18, 2),
            Kind::Whole { .. } | Kind::Grade | Kind::Scale => DataType::Int64,
            Kind::YesNo => DataType::Boolean,
            Kind::Date => DataType::Date32,
            Kind::Text
            | Kind::SchoolId
            | Kind::District
            | Kind::Choice(_)
            | Kind::Month
            | Kind::Time
            | Kind::Weekdays
            | Kind::Person(_) => DataType::Utf8,
        }
    }
}

impl PeriodKind {
    /// The kind's name on the screen.
    pub fn label_zh(self) -> &'static str {
        match self {
            PeriodKind::Month => "月",
            PeriodKind::Term => "学期",
            PeriodKind::Year => "年度",
        }
    }

    /// The kind's name in English.
    pub fn word(self) -> &'static str {
        match self {
            PeriodKind::Month => "month",
            PeriodKind::Term => "term",
            PeriodKind::Year => "year",
        }
    }

    /// A period of this kind as it is written.
    pub fn example(self) -> &'static str {
        match self {
            PeriodKind::Month => "2019-09",
            PeriodKind::Term => "2019-2020-1",
            PeriodKind::Year => "2019",
        }
    }
}
