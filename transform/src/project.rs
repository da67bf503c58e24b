//! The project: every SQL file with its header, and the order that their reading of each other gives.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use warehouse::table::TableName;

use crate::error::{Result, TransformError};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../sql");

/// The layers of models, in the order in which they may read each other: rules and indicators read staging, marts all.
pub const LAYERS: [&str; 4] = ["staging", "indicators", "rules", "marts"];

/// The folder of the queries that take figures apart: `parts.c03` gives the rows that a school's C03 is the sum of. They read what
/// indicators read, nobody reads them, and no run computes them.
pub const PARTS: &str = "parts";

/// The keys that a header may have, besides its sentence.
const KEYS: [&str; 21] = [
    "stored",
    "key",
    "collects",
    "carries",
    "warns",
    "code",
    "rule",
    "title_zh",
    "title_en",
    "formula",
    "unit",
    "clause",
    "better",
    "severity",
    "blind",
    "blind_zh",
    "formula_zh",
    "note_zh",
    "note_en",
    "amount",
    "amount_zh",
];

/// How a model's rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Computed anew by each reader.
    View,
    /// Written once a run.
    Table,
}

/// One SQL file.
#[derive(Debug, Clone)]
pub struct Model {
    /// `schema.table`; a data test's schema is `tests`.
    pub name: TableName,
    /// Its file, below `sql/`.
    pub path: String,
    /// The header's first sentence.
    pub sentence: String,
    /// The header's `key: value` lines.
    pub header: BTreeMap<String, String>,
    /// The whole text.
    pub sql: String,
    /// How it is kept.
    pub stored: Stored,
    /// What it reads: models, facts, reference tables.
    pub reads: BTreeSet<TableName>,
}

impl Model {
    /// The SHA-256 of its text, in hex.
    pub fn fingerprint(&self) -> String {
        Sha256::digest(self.sql.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A value of its header.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.header.get(key).map(String::as_str)
    }

    /// Whether it is a data test.
    pub fn is_test(&self) -> bool {
        self.name.schema == "tests"
    }
}

/// All models and data tests, in an order in which each comes after what it reads.
#[derive(Debug, Clone)]
pub struct Project {
    models: Vec<Model>,
    parts: Vec<Model>,
}

impl Project {
    /// The models that this build carries.
    pub fn built_in() -> Result<Project> {
        let mut files = BTreeMap::new();
        collect(&BUILT_IN, &mut files);
        Project::new(files)
    }

    /// A project of files: path below `sql/` → text.
    pub fn new(files: BTreeMap<String, String>) -> Result<Project> {
        let mut models = files.into_iter().map(|(path, sql)| read(path, sql)).collect::<Result<Vec<_>>>()?;
        add_collections(&mut models)?;
        let (parts, models) = in_order(models)?.into_iter().partition(|model| model.name.schema == PARTS);
        Ok(Project { models, parts })
    }

    /// Models and data tests, each after what it reads.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.models.iter()
    }

    /// The queries that take figures apart, by name.
    pub fn parts(&self) -> impl Iterator<Item = &Model> {
        self.parts.iter()
    }

    /// The model of a name.
    pub fn model(&self, name: &TableName) -> Option<&Model> {
        self.models.iter().find(|model| model.name == *name)
    }

    /// The models and parts of these names and all that they read, in order.
    pub fn upstream(&self, names: impl IntoIterator<Item = TableName>) -> Vec<&Model> {
        let mut wanted: BTreeSet<TableName> = names.into_iter().collect();
        for model in self.parts.iter().chain(self.models.iter().rev()) {
            if wanted.contains(&model.name) {
                wanted.extend(model.reads.iter().cloned());
            }
        }
        self.models.iter().chain(&self.parts).filter(|model| wanted.contains(&model.name)).collect()
    }
}

/// The tables that a query names, bare names under the schema `public`.
pub fn tables_of(sql: &str) -> Result<BTreeSet<TableName>, String> {
    let mut parser =
        DFParserBuilder::new(sql).with_dialect(&GenericDialect {}).build().map_err(|error| error.to_string())?;
    let mut statements = parser.parse_statements().map_err(|error| error.to_string())?;
    let statement = match (statements.pop_front(), statements.is_empty()) {
        (Some(statement), true) => statement,
        _ => return Err("one query is expected, no more and no less".to_owned()),
    };
    let (tables, _ctes) = resolve_table_references(&statement, true).map_err(|error| error.to_string())?;
    Ok(tables
        .iter()
        .map(|table| TableName::new(table.schema().unwrap_or(warehouse::session::PLAIN), table.table()))
        .collect())
}

fn collect(folder: &Dir<'_>, files: &mut BTreeMap<String, String>) {
    for file in folder.files() {
        if file.path().extension().is_some_and(|extension| extension == "sql") {
            let path = file.path().to_string_lossy().replace('\\', "/");
            files.insert(path, file.contents_utf8().unwrap_or_default().to_owned());
        }
    }
    for inner in folder.dirs() {
        collect(inner, files);
    }
}

fn read(path: String, sql: String) -> Result<Model> {
    let fault = |why: String| TransformError::Model { path: path.clone(), why };
    let name = match path.strip_suffix(".sql").and_then(|stem| stem.split_once('/')) {
        Some((schema, table)) if LAYERS.contains(&schema) || [PARTS, "tests"].contains(&schema) => {
            TableName::new(schema, table)
        }
        _ => return Err(fault(format!("a model lies in one of the folders {}, {PARTS}, tests", LAYERS.join(", ")))),
    };
    let (sentence, header) = read_header(&sql).map_err(&fault)?;
    let stored = match header.get("stored").map(String::as_str) {
        None | Some("view") => Stored::View,
        Some("table") => Stored::Table,
        Some(other) => return Err(fault(format!("'stored: {other}' is neither view nor table"))),
    };
    let reads = tables_of(&sql).map_err(&fault)?;
    Ok(Model { name, path, sentence, header, sql, stored, reads })
}

/// The sentence and the `key: value` lines of the comment at a file's top. A line that goes on is indented by two spaces.
fn read_header(sql: &str) -> Result<(String, BTreeMap<String, String>), String> {
    let mut sentence = String::new();
    let mut header: BTreeMap<String, String> = BTreeMap::new();
    let mut last: Option<String> = None;
    for line in sql.lines().map_while(|line| line.strip_prefix("--")) {
        let key = line.trim_start().split_once(':').filter(|(key, _)| KEYS.contains(key));
        match (key, &last) {
            (Some((key, value)), _) => {
                if header.insert(key.to_owned(), value.trim().to_owned()).is_some() {
                    return Err(format!("the header gives '{key}' twice"));
                }
                last = Some(key.to_owned());
            }
            (None, Some(_)) if line.trim().is_empty() => {}
            (None, Some(key)) if line.starts_with("   ") => {
                let value = header.get_mut(key).expect("the last key was inserted");
                value.push(' ');
                value.push_str(line.trim());
            }
            (None, Some(_)) => {
                return Err(format!(
                    "the header's line '{}' has an unknown key; known are {}; a value goes on in lines indented by three spaces",
                    line.trim(),
                    KEYS.join(", ")
                ));
            }
            (None, None) => {
                sentence.push_str(if sentence.is_empty() { "" } else { " " });
                sentence.push_str(line.trim());
            }
        }
    }
    if sentence.is_empty() {
        return Err("the first line must be a comment of one sentence: what one row of the table is".to_owned());
    }
    Ok((sentence, header))
}

/// Adds `<schema>.all` for each schema that some model collects: the union of all its models, so that a rule is one file.
fn add_collections(models: &mut Vec<Model>) -> Result<()> {
    let mut schemas = BTreeSet::new();
    for model in models.iter() {
        let Some(pattern) = model.get("collects") else { continue };
        let schema = pattern.strip_suffix(".*").filter(|schema| LAYERS.contains(schema)).ok_or_else(|| {
            TransformError::Model { path: model.path.clone(), why: format!("'collects: {pattern}' is no schema.*") }
        })?;
        schemas.insert(schema.to_owned());
    }
    for schema in schemas {
        let parts: Vec<String> = models
            .iter()
            .filter(|model| model.name.schema == schema)
            .map(|model| format!("select * from {}", model.name))
            .collect();
        if parts.is_empty() {
            continue;
        }
        let sql = format!("-- All rows of {schema}.\n-- stored: table\n{}\n", parts.join("\nunion all\n"));
        models.push(read(format!("{schema}/all.sql"), sql)?);
    }
    Ok(())
}

/// Each model after what it reads; among equals by name.
fn in_order(models: Vec<Model>) -> Result<Vec<Model>> {
    let names: BTreeSet<TableName> = models.iter().map(|model| model.name.clone()).collect();
    let mut waiting: BTreeMap<TableName, Model> = models.into_iter().map(|model| (model.name.clone(), model)).collect();
    let mut done = BTreeSet::new();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let ready = |model: &Model| model.reads.iter().all(|read| !names.contains(read) || done.contains(read));
        // Data tests wait for all models, so that a failing one has the whole picture.
        let next = waiting
            .values()
            .filter(|model| ready(model))
            .min_by_key(|model| (model.is_test(), model.name.clone()))
            .map(|model| model.name.clone());
        let Some(next) = next else { return Err(TransformError::Cycle { path: circle(&waiting) }) };
        let model = waiting.remove(&next).expect("it was found there");
        done.insert(next);
        order.push(model);
    }
    Ok(order)
}

/// One circle among models of which each reads another one.
fn circle(waiting: &BTreeMap<TableName, Model>) -> Vec<String> {
    let mut path: Vec<&TableName> = Vec::new();
    let mut name = waiting.keys().next().expect("somebody waits");
    while !path.contains(&name) {
        path.push(name);
        let reads = &waiting[name].reads;
        name = reads.iter().find(|read| waiting.contains_key(read)).expect("who waits reads another one that waits");
    }
    let start = path.iter().position(|one| *one == name).expect("the loop ended on it");
    path[start..].iter().chain([&name]).map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> Result<Project> {
        let files = files.iter().map(|(path, sql)| ((*path).to_owned(), (*sql).to_owned())).collect();
        Project::new(files)
    }

    #[test]
    fn models_come_after_what_they_read() {
        let project = project(&[
            ("marts/total.sql", "-- Total.\n-- stored: table\nselect sum(amount) as total from staging.sale"),
            ("staging/sale.sql", "-- A sale.\nwith raw as (select * from facts.raw_sale) select amount from raw"),
        ])
        .expect("two good models");
        let order: Vec<_> = project.models().map(|model| model.name.to_string()).collect();
        assert_eq!(order, ["staging.sale", "marts.total"]);
        let total = project.model(&TableName::new("marts", "total")).expect("it is there");
        assert_eq!((total.sentence.as_str(), total.stored), ("Total.", Stored::Table));
        assert_eq!(project.upstream([TableName::new("staging", "sale")]).len(), 1);
    }

    #[test]
    fn a_circle_is_named() {
        let error = project(&[
            ("staging/a.sql", "-- A.\nselect * from staging.b"),
            ("staging/b.sql", "-- B.\nselect * from staging.c"),
            ("staging/c.sql", "-- C.\nselect * from staging.b"),
        ])
        .expect_err("b and c read each other");
        assert_eq!(error.to_string(), "these models read each other in a circle: staging.b → staging.c → staging.b");
    }

    #[test]
    fn a_header_is_checked() {
        let check = |sql: &str, part: &str| {
            let error = project(&[("staging/a.sql", sql)]).expect_err("a bad header").to_string();
            assert!(error.contains(part), "{error}");
        };
        check("select 1", "one sentence");
        check("-- A.\n-- stored: table\n-- colour: red\nselect 1", "unknown key");
        check("-- A.\n-- stored: heap\nselect 1", "neither view nor table");
        check("-- A.\nselect 1; select 2", "one query");
    }

    #[test]
    fn parts_are_asked_and_never_run() {
        let project = project(&[
            ("staging/sale.sql", "-- A sale.\nselect * from facts.raw_sale"),
            ("indicators/x01.sql", "-- A figure.\nselect sum(amount) as numerator from staging.sale"),
            ("parts/x01.sql", "-- A sale of it.\nselect amount as numerator from staging.sale"),
        ])
        .expect("good models");
        assert_eq!(
            project.models().map(|model| model.name.to_string()).collect::<Vec<_>>(),
            ["staging.sale", "indicators.x01"]
        );
        let read: Vec<_> =
            project.upstream([TableName::new("parts", "x01")]).iter().map(|model| model.name.to_string()).collect();
        assert_eq!(read, ["staging.sale", "parts.x01"]);
    }

    #[test]
    fn collections_union_a_schema() {
        let project = project(&[
            ("rules/r01.sql", "-- One.\nselect 1 as x"),
            ("rules/r02.sql", "-- Two.\nselect 2 as x"),
            ("marts/finding.sql", "-- All.\n-- stored: table\n-- collects: rules.*\nselect x from rules.all"),
        ])
        .expect("good models");
        let order: Vec<_> = project.models().map(|model| model.name.to_string()).collect();
        assert_eq!(order, ["rules.r01", "rules.r02", "rules.all", "marts.finding"]);
    }
}
