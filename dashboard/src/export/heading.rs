//! What stands above a column, and what it means: told by the form's file, by the comment beside the column in a model's SQL, or by
//! the table of words that figures share.

mod words;

use std::collections::HashMap;
use std::sync::OnceLock;

use datafusion::arrow::datatypes::SchemaRef;
use ingest::form::{Form, Kind, PERIOD_HEADING, SCHOOL_HEADING, Visibility, forms};
use transform::project::{Model, Project};
use warehouse::table::TableName;

use crate::export::Column;
use crate::words::Lang;

/// The words of a column that many tables have.
pub struct Words {
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    unit: &'static str,
    meaning_zh: &'static str,
    meaning_en: &'static str,
}

/// What is known of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The code name.
    pub name: String,
    /// The title.
    pub title_zh: String,
    /// The title in English.
    pub title_en: String,
    /// In what it is counted; empty for what is not counted, and for numbers without a unit.
    pub unit: String,
    /// What it means.
    pub meaning_zh: String,
    /// The same in English.
    pub meaning_en: String,
    /// Codes that it may hold, each with its labels.
    pub codes: Vec<(String, String, String)>,
    /// Who may see it in the dashboard.
    pub visibility: &'static str,
    /// Whether it is part of the key within a slice.
    pub is_key: bool,
}

impl Told {
    /// The title in a language.
    pub fn title(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.title_zh,
            Lang::En => &self.title_en,
        }
    }
}

/// The form whose rows a table holds: the current ones (`staging.charge`) or all that were stored (`facts.raw_charge`).
pub fn form_of(table: &TableName) -> Option<&'static Form> {
    forms().iter().find(|form| match table.schema.as_str() {
        "staging" => form.name == table.table,
        "facts" | "public" => form.table() == table.table,
        _ => false,
    })
}

/// The columns of a file in a language.
pub fn columns(schema: &SchemaRef, table: Option<&TableName>, project: &Project, lang: Lang) -> Vec<Column> {
    let heading = |name: &String| column(name, table, project).title(lang).to_owned();
    schema.fields().iter().map(|field| Column { name: field.name().clone(), heading: heading(field.name()) }).collect()
}

/// What is known of a column of a table, or of a query's answer.
pub fn column(name: &str, table: Option<&TableName>, project: &Project) -> Told {
    let form = table.and_then(form_of);
    if let Some(told) = form.and_then(|form| of_form(name, form)) {
        return told;
    }
    let model = table.and_then(|table| project.model(table));
    if let Some(told) = model.and_then(|model| of_comment(name, model)) {
        return told;
    }
    let own = table.and_then(|table| shared().get(format!("{table}.{name}").as_str()));
    match own.or_else(|| shared().get(name)) {
        Some(words) => Told {
            name: name.to_owned(),
            title_zh: words.zh.to_owned(),
            title_en: words.en.to_owned(),
            unit: words.unit.to_owned(),
            meaning_zh: words.meaning_zh.to_owned(),
            meaning_en: words.meaning_en.to_owned(),
            ..untold(name)
        },
        None => untold(name),
    }
}

/// What a figure's or reference table is called, in both languages.
pub fn table_titles(table: &TableName) -> Option<[&'static str; 2]> {
    let name = table.to_string();
    words::TABLES.iter().find(|(known, ..)| *known == name).map(|(_, zh, en)| [*zh, *en])
}

fn untold(name: &str) -> Told {
    Told {
        name: name.to_owned(),
        title_zh: name.to_owned(),
        title_en: name.to_owned(),
        unit: String::new(),
        meaning_zh: String::new(),
        meaning_en: String::new(),
        codes: Vec::new(),
        visibility: "school",
        is_key: false,
    }
}

fn shared() -> &'static HashMap<&'static str, &'static Words> {
    static TABLE: OnceLock<HashMap<&'static str, &'static Words>> = OnceLock::new();
    TABLE.get_or_init(|| words::WORDS.iter().map(|words| (words.name, words)).collect())
}

fn of_form(name: &str, form: &Form) -> Option<Told> {
    let Some(column) = form.column(name) else {
        // Where no column of the form is the school, the slice says it.
        let title = |zh: &str, en: &str, meaning: [&str; 2]| {
            Some(Told {
                title_zh: zh.to_owned(),
                title_en: en.to_owned(),
                meaning_zh: meaning[0].to_owned(),
                meaning_en: meaning[1].to_owned(),
                is_key: true,
                ..untold(name)
            })
        };
        return match name {
            "school_id" => title(SCHOOL_HEADING, "School id", ["十位标识码，按文本保存", "Ten digits, kept as text"]),
            "period" => title(PERIOD_HEADING, "Period", ["该报送单元的统计期", "The slice's period"]),
            _ => None,
        };
    };
    let unit = match column.kind {
        Kind::Money => "元",
        _ => "",
    };
    Some(Told {
        title_zh: column.heading.clone(),
        title_en: column.title_en.clone(),
        unit: unit.to_owned(),
        meaning_zh: column.note_zh.clone(),
        meaning_en: column.note_en.clone(),
        codes: column
            .choices()
            .iter()
            .map(|choice| (choice.code.clone(), choice.label.clone(), choice.title_en.clone()))
            .collect(),
        visibility: match column.visibility {
            Visibility::Public => "public",
            Visibility::School => "school",
            Visibility::Inspector => "inspector",
            Visibility::Secret => "secret",
        },
        is_key: column.key,
        ..untold(name)
    })
}

/// The words that a model's SQL has beside a column: `… as paid, -- 已付：到账金额 | Paid: what arrived`.
fn of_comment(name: &str, model: &Model) -> Option<Told> {
    let (_, comment) = model.sql.lines().rev().find_map(|line| {
        let (code, comment) = line.split_once(" -- ")?;
        let code = code.trim_end().trim_end_matches(',');
        let is_own = code.strip_suffix(name).is_some_and(|before| before.ends_with(" as ") || before.trim().is_empty());
        (is_own && comment.contains('|')).then_some((code, comment))
    })?;
    let (zh, en) = comment.split_once('|')?;
    let parted = |text: &str, signs: &[char]| match text.trim().split_once(signs) {
        Some((title, meaning)) => (title.trim().to_owned(), meaning.trim().to_owned()),
        None => (text.trim().to_owned(), String::new()),
    };
    let ((title_zh, meaning_zh), (title_en, meaning_en)) = (parted(zh, &['：', ':']), parted(en, &[':', '：']));
    Some(Told { title_zh, title_en, meaning_zh, meaning_en, ..untold(name) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_column_is_told_by_its_form_by_its_comment_or_by_shared_words() {
        let sql = "-- Paid.\n-- stored: table\nselect\n    cast('x' as varchar) as school_id,\n    cast(1 as double) as paid, -- 已付：到账金额 | Paid: what arrived\n    cast(2 as double) as odd";
        let files = BTreeMap::from([("marts/paid.sql".to_owned(), sql.to_owned())]);
        let project = Project::new(files).expect("sound");
        let check = |table: &str, name: &str, zh: &str, en: &str, meaning: &str| {
            let (schema, own) = table.split_once('.').expect("a name");
            let told = column(name, Some(&TableName::new(schema, own)), &project);
            assert_eq!((told.title_zh.as_str(), told.title_en.as_str()), (zh, en), "{table}.{name}");
            assert!(told.meaning_en.contains(meaning), "{table}.{name}: {}", told.meaning_en);
        };
        check("staging.charge", "amount", "金额", "Amount", "Yuan");
        check("staging.charge", "school_id", "学校标识码", "School id", "Ten digits");
        check("marts.finding", "amount", "涉及金额", "Amount", "");
        check("marts.paid", "paid", "已付", "Paid", "what arrived");
        check("marts.paid", "odd", "odd", "odd", "");
        check("marts.slice", "state", "报送状态", "State of the report", "missing");
        check("marts.case_now", "state", "办理状态", "State of the case", "notified");
        let charge = column("kind", Some(&TableName::new("staging", "charge")), &project);
        assert_eq!(charge.codes[1], ("refund".to_owned(), "退费".to_owned(), "Refund".to_owned()));
        assert_eq!(column("pupil_id", Some(&TableName::new("staging", "charge")), &project).visibility, "secret");
    }

    #[test]
    fn no_words_stand_twice() {
        assert_eq!(shared().len(), words::WORDS.len(), "a column has its words twice");
    }
}
