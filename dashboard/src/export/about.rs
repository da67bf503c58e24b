//! What stands beside a file's rows: what they are, of which release, by which filters, how many, and from where.

use chrono::{NaiveDate, SecondsFormat, Utc};
use serde_json::json;

use transform::project::Project;
use warehouse::table::TableName;

use crate::export::Column;
use crate::export::heading::{form_of, table_titles};
use crate::format;
use crate::words::Lang;

/// What a file is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What its rows are.
    pub title: String,
    /// The language of its headings.
    pub lang: Lang,
    /// The release.
    pub release: u64,
    /// When that was made, RFC 3339 in UTC.
    pub made_at: String,
    /// The date that lateness was judged against.
    pub today: NaiveDate,
    /// Whether the city declared it official.
    pub official: bool,
    /// By what the rows were chosen: what is asked for, and its value.
    pub filters: Vec<(String, String)>,
    /// Where the rows come from: a table, a query, a page.
    pub source: String,
    /// When the file was written, RFC 3339 in UTC.
    pub written_at: String,
}

impl About {
    /// The moment of now, as files tell it.
    pub fn now() -> String {
        Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// Of a table, or of a query that is its own filter.
    pub fn of(self, table: Option<&TableName>, sql: &str, project: &Project) -> About {
        let Some(table) = table else {
            let filters = vec![(self.lang.say("about.query").to_owned(), sql.to_owned())];
            return About { title: self.lang.say("about.query.title").to_owned(), filters, ..self };
        };
        let key = if self.lang == Lang::Zh { "title_zh" } else { "title_en" };
        let title =
            form_of(table).map(|form| if self.lang == Lang::Zh { &form.heading } else { &form.title_en }.clone());
        let title = title.or_else(|| project.model(table)?.get(key).map(str::to_owned));
        let title = title.or_else(|| Some(table_titles(table)?[self.lang as usize].to_owned()));
        let title = title.map_or_else(|| table.to_string(), |title| format!("{title} {table}"));
        About { title, source: format!("{} {table}", self.source), ..self }
    }

    /// What a reader is told, line by line.
    pub fn lines(&self, rows: u64) -> Vec<(String, String)> {
        let say = |key| self.lang.say(key).to_owned();
        let count = format::whole(i64::try_from(rows).unwrap_or(i64::MAX));
        let mut lines = vec![(say("about.title"), self.title.clone()), (say("about.rows"), count)];
        lines.extend(match self.filters.is_empty() {
            true => vec![(say("about.filters"), say("about.no_filters"))],
            false => self.filters.clone(),
        });
        let official = if self.official { "about.is_official" } else { "about.not_official" };
        lines.extend([
            (
                say("about.release"),
                self.lang.with("about.release.number", &[&self.release.to_string(), self.lang.say(official)]),
            ),
            (say("about.today"), self.today.to_string()),
            (say("about.made_at"), self.made_at.clone()),
            (say("about.source"), self.source.clone()),
            (say("about.written_at"), self.written_at.clone()),
        ]);
        lines
    }

    /// The same for programs: Parquet's key-value metadata.
    pub fn keys(&self, rows: u64, columns: &[Column]) -> Vec<(String, String)> {
        let filters: serde_json::Map<String, serde_json::Value> =
            self.filters.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
        let headings: serde_json::Map<String, serde_json::Value> =
            columns.iter().map(|column| (column.name.clone(), json!(column.heading))).collect();
        [
            ("title", self.title.clone()),
            ("rows", rows.to_string()),
            ("filters", json!(filters).to_string()),
            ("release", self.release.to_string()),
            ("official", self.official.to_string()),
            ("today", self.today.to_string()),
            ("made_at", self.made_at.clone()),
            ("source", self.source.clone()),
            ("written_at", self.written_at.clone()),
            ("headings", json!(headings).to_string()),
        ]
        .map(|(key, value)| (format!("kehou.{key}"), value))
        .into()
    }

    /// The description of a CSV file as "CSV on the Web" has it. A CSV file itself holds headings and rows and nothing else: a line
    /// beside them would be taken for a row by whatever reads it.
    pub fn beside_csv(&self, file: &str, rows: u64, columns: &[(Column, &str)]) -> String {
        let columns: Vec<serde_json::Value> = columns
            .iter()
            .map(|(column, kind)| json!({"name": column.name, "titles": [column.heading], "datatype": kind}))
            .collect();
        let notes: Vec<serde_json::Value> =
            self.lines(rows).into_iter().map(|(label, text)| json!({"label": label, "text": text})).collect();
        let told = json!({
            "@context": "http://www.w3.org/ns/csvw",
            "url": file,
            "dc:title": self.title,
            "dc:source": self.source,
            "dc:created": self.written_at,
            "dialect": {"encoding": "utf-8", "header": true, "lineTerminators": ["\r\n"]},
            "tableSchema": {"columns": columns},
            "kehou:rows": rows,
            "kehou:release": self.release,
            "kehou:official": self.official,
            "kehou:today": self.today.to_string(),
            "kehou:filters": self.filters.iter().map(|(key, value)| json!({"label": key, "text": value})).collect::<Vec<_>>(),
            "notes": notes,
        });
        serde_json::to_string_pretty(&told).expect("a description is plain data")
    }

    /// The name of the file, without its ending: what, which release, as of when, and how many rows where that is known.
    pub fn stem(&self, rows: Option<u64>) -> String {
        let mut parts = vec![
            self.title.clone(),
            self.lang.with("about.stem.release", &[&self.release.to_string()]),
            self.today.to_string(),
        ];
        parts.extend(rows.map(|rows| self.lang.with("about.stem.rows", &[&rows.to_string()])));
        let plain =
            |letter: char| if letter.is_alphanumeric() || "-_.（）()".contains(letter) { letter } else { ' ' };
        let named: String = parts.join("_").chars().map(plain).collect();
        let words: Vec<&str> = named.split_whitespace().collect();
        words.join("-").chars().take(120).collect()
    }
}
