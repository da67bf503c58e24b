//! The report as a PDF, set by typst: no browser, no other program, and the same bytes for the same report.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{Datelike, Timelike};
use serde_json::json;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, Timestamp};

use crate::charts::paint::{inks, painted};
use crate::report::fonts::Fonts;
use crate::report::{Block, Report};

/// How it is set. What it says comes from `report.json` as values.
const TEMPLATE: &str = include_str!("../../assets/report.typ");

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The fonts lack letters.
    #[error("{}", no_font(.place.as_deref(), .lacking, *.count, *.no_chinese))]
    NoFont {
        /// Where fonts were looked for; none for the system's places.
        place: Option<PathBuf>,
        /// Some of the letters.
        lacking: String,
        /// How many they are.
        count: usize,
        /// Whether it is Chinese as a whole that is lacking.
        no_chinese: bool,
    },
    /// A font can't be read.
    #[error("{path} can't be used as a font: {why}")]
    FontFile {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// Typst refused: a fault of kehou's own template.
    #[error("the report can't be set: {why}")]
    Set {
        /// What it says.
        why: String,
    },
}

fn no_font(place: Option<&std::path::Path>, lacking: &str, count: usize, no_chinese: bool) -> String {
    let place = place.map_or_else(|| "this machine".to_owned(), |place| place.display().to_string());
    let what = match no_chinese {
        true => format!("没有中文字体 / {place} has no font with Chinese letters"),
        false => format!("字体缺字 / the fonts of {place} lack {count} letters: {lacking}"),
    };
    format!(
        "{what}; a PDF with letters missing is worse than none. Install one (Debian, Ubuntu: apt-get install fonts-noto-cjk; Fedora: dnf \
         install google-noto-sans-cjk-fonts; others: Noto Sans CJK SC or Source Han Sans SC) or name a font file or folder with --font"
    )
}

/// The report as PDF.
pub fn pdf(report: &Report, fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
    let report = with_colours(report);
    let plain =
        |text: Result<String, serde_json::Error>| text.map_err(|error| PdfError::Set { why: error.to_string() });
    // What the template says itself is Latin and stands in the text too.
    let chosen = fonts.choose(&format!("{}0123456789.", said(&report)))?;
    let mut text = plain(serde_json::to_string(&report))?;
    for (sign, stand_in) in &chosen.replaced {
        text = text.replace(*sign, stand_in);
    }
    let report_value: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| PdfError::Set { why: error.to_string() })?;
    let (lang, region) = report.lang.split_once('-').unwrap_or((report.lang, ""));
    let region = if region.is_empty() { serde_json::Value::Null } else { region.into() };
    let data =
        json!({ "report": report_value, "inks": inks(), "fonts": chosen.families, "lang": lang, "region": region });
    let paper = Paper::new(plain(serde_json::to_string(&data))?, fonts);
    let set = typst::compile::<PagedDocument>(&paper);
    // What typst remembers of a document would stay for ever.
    let done = set.output.map_err(faults).and_then(|document| {
        let options = PdfOptions {
            ident: Smart::Custom(format!("kehou report {} {} {}", report.unit_id, report.period, report.release)),
            creator: Smart::Custom(Some(format!("kehou {}", env!("CARGO_PKG_VERSION")))),
            timestamp: timestamp(&report.made_at),
            ..PdfOptions::default()
        };
        typst_pdf::pdf(&document, &options).map_err(faults)
    });
    typst::comemo::evict(0);
    done
}

/// What the faults of a document are.
fn faults(faults: typst::ecow::EcoVec<typst::diag::SourceDiagnostic>) -> PdfError {
    let told: Vec<String> = faults.iter().map(|fault| fault.message.to_string()).collect();
    PdfError::Set { why: told.join("; ") }
}

/// The report with charts in the colours of paper.
fn with_colours(report: &Report) -> Report {
    let mut report = report.clone();
    for block in report.sections.iter_mut().flat_map(|section| &mut section.blocks) {
        if let Block::Chart(chart) = block {
            chart.svg = painted(&chart.svg);
        }
    }
    report
}

/// All letters that may be set: of values, and of the words in charts.
fn said(report: &Report) -> String {
    fn texts(value: &serde_json::Value, all: &mut String) {
        match value {
            serde_json::Value::String(text) => all.push_str(text),
            serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, all)),
            serde_json::Value::Object(fields) => fields.values().for_each(|field| texts(field, all)),
            _ => {}
        }
    }
    let mut all = String::new();
    texts(&serde_json::to_value(report).unwrap_or_default(), &mut all);
    all
}

/// When the release was made is when the document was.
fn timestamp(made_at: &str) -> Option<Timestamp> {
    let moment = chrono::DateTime::parse_from_rfc3339(made_at).ok()?.naive_utc();
    let (date, time) = (moment.date(), moment.time());
    let part = |number: u32| u8::try_from(number).ok();
    let datetime = Datetime::from_ymd_hms(
        date.year(),
        part(date.month())?,
        part(date.day())?,
        part(time.hour())?,
        part(time.minute())?,
        part(time.second())?,
    )?;
    Some(Timestamp::new_utc(datetime))
}

/// All that typst may see: the template, one file of data, the fonts. No file system, no network, no clock.
struct Paper<'a> {
    library: LazyHash<Library>,
    main: Source,
    files: BTreeMap<String, Bytes>,
    fonts: &'a Fonts,
}

impl Paper<'_> {
    fn new(data: String, fonts: &Fonts) -> Paper<'_> {
        let files = BTreeMap::from([("report.json".to_owned(), Bytes::from_string(data))]);
        let main = Source::new(place("report.typ"), TEMPLATE.to_owned());
        Paper { library: LazyHash::new(Library::default()), main, files, fonts }
    }
}

/// A file's place; there are two in all, however many reports are set.
fn place(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("a plain name is a path");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

impl World for Paper<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.store().book()
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(nowhere(id)) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(id.get().vpath().get_without_slash()).cloned().ok_or_else(|| nowhere(id))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.store().font(index)
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn nowhere(id: FileId) -> FileError {
    FileError::NotFound(PathBuf::from(id.get().vpath().get_without_slash()))
}

#[cfg(test)]
mod tests;
