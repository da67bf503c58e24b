//! The evaluation report of a city, a district or a school: what it says, as plain data. `print` makes a page of it, `pdf` a
//! document. It is always composed through the unit's own scope, so that whoever asks for it gets the same, and a school's report
//! can't name another school.

pub mod ask;
mod compare;
mod compose;
mod drawn;
#[cfg(feature = "pdf")]
pub mod fonts;
mod found;
mod ground;
mod headline;
mod methods;
mod money;
mod owed;
#[cfg(feature = "pdf")]
pub mod pdf;
#[cfg(feature = "pdf")]
pub mod press;
pub mod print;
mod score;
pub mod standing;
pub mod when;

use chrono::NaiveDate;
use serde::Serialize;

/// A report, in one language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The tag of its language.
    pub lang: &'static str,
    /// What it is.
    pub title: String,
    /// Whose it is.
    pub unit: String,
    /// The unit's code: `city`, a district's or a school's.
    pub unit_id: String,
    /// The canonical period.
    pub period: String,
    /// The period as it is read.
    pub period_said: String,
    /// Which release it rests on.
    pub release: u64,
    /// When that was made, RFC 3339 in UTC.
    pub made_at: String,
    /// The date that lateness was judged against.
    pub today: NaiveDate,
    /// What must be known before anything is read: that the city is made up.
    pub warning: Option<String>,
    /// Names and values under the title.
    pub facts: Vec<(String, String)>,
    /// What stands on top of each page.
    pub header: String,
    /// How a page is numbered; `{}` stands for its number and for how many there are.
    pub numbering: String,
    /// What the list of sections is called.
    pub contents: String,
    /// The parts, in their order.
    pub sections: Vec<Section>,
}

/// A part of the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// Its name in addresses.
    pub id: &'static str,
    /// Its heading, numbered.
    pub title: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// A heading within the section.
    Heading {
        /// Its words.
        text: String,
    },
    /// A paragraph.
    Text {
        /// Its words.
        text: String,
    },
    /// A remark in small type.
    Note {
        /// Its words.
        text: String,
    },
    /// Sentences, each for itself.
    List {
        /// They.
        items: Vec<String>,
    },
    /// A table.
    Table(Table),
    /// A chart.
    Chart(Chart),
    /// Lines for a terminal.
    Code {
        /// They.
        lines: Vec<String>,
    },
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Line>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// Whether numbers stand in it, to be read from the right.
    pub number: bool,
    /// How wide it is: a share of what the narrow columns leave; 0 is as wide as its text.
    pub share: u32,
}

/// A row.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Line {
    /// What kind of row it is.
    pub kind: LineKind,
    /// Its cells; the heading of a group has one.
    pub cells: Vec<Cell>,
}

/// A kind of row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// One of many.
    #[default]
    Plain,
    /// The heading of those below.
    Group,
    /// The sum, or the whole.
    Total,
}

/// A cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cell {
    /// What stands in it.
    pub text: String,
    /// What stands small below.
    pub note: String,
    /// The class of its ground or ink; empty for none.
    pub tone: &'static str,
}

/// A chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// How to read it.
    pub note: String,
    /// What is to be seen in it, for who can't see it.
    pub said: String,
    /// The drawing, with colours as variables of the style sheet.
    pub svg: String,
}

impl Block {
    /// A paragraph.
    pub fn text(text: impl Into<String>) -> Block {
        Block::Text { text: text.into() }
    }

    /// A remark.
    pub fn note(text: impl Into<String>) -> Block {
        Block::Note { text: text.into() }
    }

    /// A heading.
    pub fn heading(text: impl Into<String>) -> Block {
        Block::Heading { text: text.into() }
    }
}

impl Column {
    /// A column of words, as wide as this share of the rest.
    pub fn words(title: impl Into<String>, share: u32) -> Column {
        Column { title: title.into(), number: false, share }
    }

    /// A column of numbers, as wide as its text.
    pub fn number(title: impl Into<String>) -> Column {
        Column { title: title.into(), number: true, share: 0 }
    }

    /// A column of numbers of this share of the rest.
    pub fn numbers(title: impl Into<String>, share: u32) -> Column {
        Column { title: title.into(), number: true, share }
    }
}

impl Line {
    /// A row.
    pub fn of(cells: Vec<Cell>) -> Line {
        Line { kind: LineKind::Plain, cells }
    }

    /// The heading of the rows below.
    pub fn group(text: impl Into<String>) -> Line {
        Line { kind: LineKind::Group, cells: vec![Cell::of(text)] }
    }

    /// The sum.
    pub fn total(cells: Vec<Cell>) -> Line {
        Line { kind: LineKind::Total, cells }
    }
}

impl Cell {
    /// A cell.
    pub fn of(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// With something small below.
    pub fn with_note(self, note: impl Into<String>) -> Cell {
        Cell { note: note.into(), ..self }
    }

    /// Of a tone.
    pub fn toned(self, tone: &'static str) -> Cell {
        Cell { tone, ..self }
    }
}
