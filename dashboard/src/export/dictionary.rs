//! The data dictionary: each table with what a row of it is, each column with title, type, unit, meaning, codes, who may see it, and
//! where it comes from. Made from the forms' files, the SQL's headers and the tables themselves.

use std::fmt::Write;

use datafusion::arrow::datatypes::{DataType, SchemaRef};
use ingest::form::Form;
use transform::project::Project;
use warehouse::table::TableName;

use crate::export::Result;
use crate::export::about::About;
use crate::export::delimited::{MARK, plain};
use crate::export::heading::{Told, column, form_of, table_titles};
use crate::words::Lang;

/// A table of the dictionary.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The table.
    pub name: TableName,
    /// Its file within the folder.
    pub file: String,
    /// How many rows it has.
    pub rows: u64,
    title: [String; 2],
    sentence: String,
    notes: [String; 2],
    source: String,
    columns: Vec<(Told, String)>,
}

impl Entry {
    /// The entry of a table with these columns.
    pub fn of(name: &TableName, schema: &SchemaRef, project: &Project, file: String, rows: u64) -> Entry {
        let (form, model) = (form_of(name), project.model(name));
        let said = |key: &str| model.and_then(|model| model.get(key)).unwrap_or_default().to_owned();
        let title = match form {
            Some(Form { heading, title_en, .. }) => [heading.clone(), title_en.clone()],
            None => [(0, "title_zh"), (1, "title_en")].map(|(at, key)| match said(key) {
                title if title.is_empty() => known(name, at),
                title => title,
            }),
        };
        let source = match (form, model) {
            (Some(form), _) => format!("ingest/forms/{}.toml", form.name),
            (None, Some(model)) => format!("sql/{}", model.path),
            (None, None) => format!("{}.csv", name.table),
        };
        let columns = schema.fields().iter();
        let columns = columns.map(|field| (column(field.name(), Some(name), project), sql_type(field.data_type())));
        Entry {
            name: name.clone(),
            file,
            rows,
            title,
            sentence: model.map(|model| model.sentence.clone()).unwrap_or_default(),
            notes: match form {
                Some(form) => [form.note_zh.clone(), form.note_en.clone()],
                None => [said("note_zh"), said("note_en")],
            },
            source,
            columns: columns.collect(),
        }
    }
}

/// The title of a table whose file says none.
fn known(name: &TableName, at: usize) -> String {
    table_titles(name).map_or_else(|| name.table.clone(), |titles| titles[at].to_owned())
}

/// A type as SQL has it.
fn sql_type(kind: &DataType) -> String {
    match kind {
        DataType::Boolean => "boolean".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Float64 => "double".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        kind if kind.is_integer() => "bigint".to_owned(),
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => "varchar".to_owned(),
        other => other.to_string(),
    }
}

fn codes(told: &Told) -> String {
    let codes = told.codes.iter().map(|(code, zh, en)| format!("{code} = {zh} / {en}"));
    codes.collect::<Vec<_>>().join("; ")
}

/// The dictionary as CSV, a line a column.
pub fn as_csv(entries: &[Entry]) -> Result<Vec<u8>> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(MARK.to_vec());
    out.write_record([
        "table",
        "file",
        "table_zh",
        "table_en",
        "column",
        "title_zh",
        "title_en",
        "type",
        "unit",
        "meaning_zh",
        "meaning_en",
        "codes",
        "key",
        "visibility",
        "source",
    ])?;
    for entry in entries {
        for (told, kind) in &entry.columns {
            let (name, codes) = (entry.name.to_string(), codes(told));
            let line: [&str; 15] = [
                &name,
                &entry.file,
                &entry.title[0],
                &entry.title[1],
                &told.name,
                &told.title_zh,
                &told.title_en,
                kind,
                &told.unit,
                &told.meaning_zh,
                &told.meaning_en,
                &codes,
                if told.is_key { "key" } else { "" },
                told.visibility,
                &entry.source,
            ];
            out.write_record(line.map(|cell| plain(cell).into_owned()))?;
        }
    }
    out.into_inner().map_err(|error| error.into_error().into())
}

/// The dictionary for reading: both languages stand beside each other.
pub fn as_markdown(entries: &[Entry], about: &About) -> String {
    let lang = about.lang;
    let mut text = format!("# {}\n\n", lang.say("dictionary.title"));
    for (label, value) in about.lines(entries.iter().map(|entry| entry.rows).sum()) {
        writeln!(text, "- {label}{}{}", lang.say("dictionary.colon"), cell(&value)).expect("a string takes all");
    }
    writeln!(text, "\n{}\n", lang.say("dictionary.intro")).expect("a string takes all");
    for entry in entries {
        let (title, notes) = match lang {
            Lang::Zh => (&entry.title[0], &entry.notes[0]),
            Lang::En => (&entry.title[1], &entry.notes[1]),
        };
        writeln!(text, "## {} {}\n", entry.name, title).expect("a string takes all");
        if !entry.sentence.is_empty() && (lang == Lang::En || notes.is_empty()) {
            writeln!(text, "{}\n", entry.sentence).expect("a string takes all");
        }
        if !notes.is_empty() {
            writeln!(text, "{notes}\n").expect("a string takes all");
        }
        let where_it_is = lang.with("dictionary.file", &[&entry.file, &entry.rows.to_string(), &entry.source]);
        writeln!(text, "{where_it_is}\n").expect("a string takes all");
        writeln!(text, "{}", lang.say("dictionary.head")).expect("a string takes all");
        writeln!(text, "| --- | --- | --- | --- | --- | --- |").expect("a string takes all");
        for (told, kind) in &entry.columns {
            let meaning = if lang == Lang::Zh { &told.meaning_zh } else { &told.meaning_en };
            let meaning = [meaning.clone(), codes(told)].into_iter().filter(|part| !part.is_empty());
            writeln!(
                text,
                "| `{}`{} | {} | {} | {} | {} | {} |",
                told.name,
                if told.is_key { " *" } else { "" },
                cell(told.title(lang)),
                kind,
                cell(&told.unit),
                cell(&meaning.collect::<Vec<_>>().join(" ")),
                told.visibility
            )
            .expect("a string takes all");
        }
        text.push('\n');
    }
    text
}

/// Text within a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
