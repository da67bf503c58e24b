//! The project: every SQL file with its header, and the order that their reading of each other gives.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use warehouse::table::TableName;

use crate::error::{Fault, Result, TransformError};
use crate::header;
use crate::own::{self, Own};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../sql");

/// The layers of models, in the order in which they may read each other: rules and indicators read staging, marts all.
pub const LAYERS: [&str; 4] = ["staging", "indicators", "rules", "marts"];

/// The folder of the queries that take figures apart: `parts.c03` gives the rows that a school's C03 is the sum of. They read what
/// indicators read, nobody reads them, and no run computes them.
pub const PARTS: &str = "parts";

/// The names of the unions that are generated of a schema's models.
pub(crate) const UNIONS: [&str; 3] = ["all", "keyed", "unkeyed"];

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

    /// The column by whose values its rows can be computed apart from each other: a row rests on rows of the same value alone,
    /// besides tables that have no such column.
    pub fn key(&self) -> Option<&str> {
        self.get("key")
    }

    /// The column of its rows' periods: a row rests on rows of the same period alone of what has such a column too, and on any rows
    /// of all else. So periods in which nothing changed stay as they were.
    pub fn periods(&self) -> Option<&str> {
        self.get("periods")
    }

    /// Whether it is a data test.
    pub fn is_test(&self) -> bool {
        self.name.schema == "tests"
    }

    /// The code of the rule or indicator that it is.
    pub fn code(&self) -> Option<&str> {
        match self.name.schema.as_str() {
            "rules" => self.get("rule"),
            "indicators" | "marts" => self.get("code"),
            _ => None,
        }
    }

    /// Something that is wrong with it.
    pub(crate) fn fault(&self, line: Option<usize>, why: String) -> Fault {
        Fault { path: self.path.clone(), line, why }
    }
}

/// All models and data tests, in an order in which each comes after what it reads.
#[derive(Debug, Clone)]
pub struct Project {
    models: Vec<Model>,
    /// The files that are one's own.
    own: Own,
    /// The files that were written, and not generated.
    files: BTreeMap<String, String>,
    parts: Vec<Model>,
}

impl Project {
    /// The models that this build carries.
    pub fn built_in() -> Result<Project> {
        Project::new(built_in_files())
    }

    /// A project of files: path below `sql/` → text.
    pub fn new(files: BTreeMap<String, String>) -> Result<Project> {
        let mut models = files.clone().into_iter().map(|(path, sql)| read(path, sql)).collect::<Result<Vec<_>, _>>()?;
        add_collections(&mut models)?;
        Project::ordered(models, Own::default(), files)
    }

    /// The models that this build carries with models of one's own over them: a file of the same path takes the place of the
    /// built-in one. All that is wrong with one's own is told at once.
    pub fn with_own(own: Own) -> Result<Project> {
        Project::laid_over(built_in_files(), own)
    }

    /// Files with models of one's own over them.
    pub fn laid_over(mut files: BTreeMap<String, String>, own: Own) -> Result<Project> {
        files.extend(own.files.clone());
        let paths: BTreeSet<String> = own.files.keys().cloned().collect();
        let (mut models, mut faults) = (Vec::new(), Vec::new());
        for (path, sql) in &files {
            match read(path.clone(), sql.clone()) {
                Ok(model) => models.push(model),
                Err(fault) => faults.push(fault),
            }
        }
        faults.extend(own::faults(&models, &paths));
        if !faults.is_empty() {
            return Err(TransformError::Own { faults: own.placed(faults) });
        }
        add_collections(&mut models)?;
        Project::ordered(models, own, files)
    }

    /// The project that a release was made with, which was checked then: its files, and those of them that were one's own.
    pub(crate) fn as_it_was(files: BTreeMap<String, String>, own: Own) -> Result<Project> {
        Ok(Project { own, ..Project::new(files)? })
    }

    /// All files' models in their order, the parts aside.
    fn ordered(models: Vec<Model>, own: Own, files: BTreeMap<String, String>) -> Result<Project> {
        let (parts, models) = in_order(models)?.into_iter().partition(|model| model.name.schema == PARTS);
        Ok(Project { models, parts, own, files })
    }

    /// The models that are one's own.
    pub fn own(&self) -> &Own {
        &self.own
    }

    /// The files that were written, path below `sql/` → text: without what is generated from them.
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
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

    /// The column that its models have as their key, if any has one.
    pub fn key(&self) -> Option<&str> {
        self.models.iter().find_map(Model::key)
    }

    /// The models and parts of these names and all that they read, in order.
    pub fn upstream(&self, names: impl IntoIterator<Item = TableName>) -> Vec<&Model> {
        self.upstream_to(names, |_| false)
    }

    /// The models and parts of these names and what they read, down to what is known without its model, in order.
    pub fn upstream_to(
        &self,
        names: impl IntoIterator<Item = TableName>,
        is_known: impl Fn(&TableName) -> bool,
    ) -> Vec<&Model> {
        let mut wanted: BTreeSet<TableName> = names.into_iter().collect();
        for model in self.parts.iter().chain(self.models.iter().rev()) {
            if wanted.contains(&model.name) && !is_known(&model.name) {
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

fn built_in_files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    collect(&BUILT_IN, &mut files);
    files
}

/// Whether a path is that of a union that is generated from a schema's models, and no file's.
pub fn is_generated(path: &str) -> bool {
    let name = path.split_once('/').and_then(|(_, name)| name.strip_suffix(".sql"));
    name.is_some_and(|name| UNIONS.contains(&name))
}

/// Whether this build carries a file of this path.
pub fn is_built_in(path: &str) -> bool {
    BUILT_IN.get_file(path).is_some()
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

fn read(path: String, sql: String) -> Result<Model, Fault> {
    let fault = |line, why: String| Fault { path: path.clone(), line, why };
    let name = match path.strip_suffix(".sql").and_then(|stem| stem.split_once('/')) {
        Some((schema, table)) if LAYERS.contains(&schema) || [PARTS, "tests"].contains(&schema) => {
            TableName::new(schema, table)
        }
        _ => {
            return Err(fault(
                None,
                format!("a model lies in one of the folders {}, {PARTS}, tests", LAYERS.join(", ")),
            ));
        }
    };
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if !name.table.starts_with(|letter: char| letter.is_ascii_lowercase()) || !name.table.chars().all(plain) {
        return Err(fault(
            None,
            "a file is named by its table: small letters, digits and '_', a letter first".to_owned(),
        ));
    }
    let header = header::read(&sql).map_err(|(line, why)| fault(Some(line), why))?;
    let stored = match header.values.get("stored").map(String::as_str) {
        None | Some("view") => Stored::View,
        Some("table") => Stored::Table,
        Some(other) => {
            let why = format!("'stored: {other}' is neither view nor table");
            return Err(fault(header::line_of(&sql, "stored"), why));
        }
    };
    let reads = tables_of(&sql).map_err(|why| {
        let (why, line) = with_line(&why);
        fault(line, why)
    })?;
    Ok(Model { name, path, sentence: header.sentence, header: header.values, sql, stored, reads })
}

/// The parser names the line at its message's end: `… at Line: 3, Column: 5`.
fn with_line(message: &str) -> (String, Option<usize>) {
    let Some((before, place)) = message.rsplit_once(" at Line: ") else { return (message.to_owned(), None) };
    let line = place.split(',').next().and_then(|line| line.trim().parse().ok());
    (before.trim_start_matches("SQL error: ParserError(\"").to_owned(), line)
}

/// Adds `<schema>.all` for each schema that some model collects: the union of all its models, so that a rule is one file. It is
/// a view of two stored tables where only some of the models have a key.
fn add_collections(models: &mut Vec<Model>) -> Result<()> {
    // What is collected has the periods of what it is collected for.
    let mut schemas = BTreeMap::new();
    for model in models.iter() {
        let Some(pattern) = model.get("collects") else { continue };
        let schema = pattern.strip_suffix(".*").filter(|schema| LAYERS.contains(schema)).ok_or_else(|| {
            TransformError::Model { path: model.path.clone(), why: format!("'collects: {pattern}' is no schema.*") }
        })?;
        let periods = model.periods().map(|periods| format!("-- periods: {periods}\n"));
        schemas.insert(schema.to_owned(), periods.unwrap_or_default());
    }
    for (schema, periods) in schemas {
        let parts = |key: Option<&str>| -> Vec<String> {
            let members = models.iter().filter(|model| model.name.schema == schema && model.key() == key);
            members.map(|model| model.name.to_string()).collect()
        };
        let key = models.iter().filter(|model| model.name.schema == schema).find_map(Model::key).map(str::to_owned);
        let (keyed, other) = (key.as_deref().map(|key| parts(Some(key))).unwrap_or_default(), parts(None));
        let key = key.map(|key| format!("-- key: {key}\n")).unwrap_or_default();
        let union = |name: &str, header: String, parts: &[String]| {
            let parts: Vec<String> = parts.iter().map(|part| format!("select * from {part}")).collect();
            read(format!("{schema}/{name}.sql"), format!("{header}{}\n", parts.join("\nunion all\n")))
        };
        let more = match (keyed.is_empty(), other.is_empty()) {
            (true, true) => continue,
            (false, true) => {
                vec![union("all", format!("-- All rows of {schema}.\n-- stored: table\n{key}{periods}"), &keyed)?]
            }
            (true, false) => {
                vec![union("all", format!("-- All rows of {schema}.\n-- stored: table\n{periods}"), &other)?]
            }
            (false, false) => vec![
                union(
                    "keyed",
                    format!("-- The rows of {schema} that each rest on one key.\n-- stored: table\n{key}{periods}"),
                    &keyed,
                )?,
                union(
                    "unkeyed",
                    format!("-- The rows of {schema} that rest on many keys.\n-- stored: table\n{periods}"),
                    &other,
                )?,
                union(
                    "all",
                    format!("-- All rows of {schema}.\n{periods}"),
                    &[format!("{schema}.keyed"), format!("{schema}.unkeyed")],
                )?,
            ],
        };
        models.extend(more);
    }
    Ok(())
}

/// Each model after what it reads; among equals by name.
fn in_order(models: Vec<Model>) -> Result<Vec<Model>> {
    let places: BTreeMap<&TableName, usize> = models.iter().enumerate().map(|(at, model)| (&model.name, at)).collect();
    let reads: Vec<Vec<usize>> =
        models.iter().map(|model| model.reads.iter().filter_map(|read| places.get(read).copied()).collect()).collect();
    // Data tests wait for all models, so that a failing one has the whole picture.
    let mut waiting: Vec<usize> = (0..models.len()).collect();
    waiting.sort_by_key(|at| (models[*at].is_test(), &models[*at].name));
    let (mut done, mut order) = (vec![false; models.len()], Vec::new());
    while !waiting.is_empty() {
        let Some(next) = waiting.iter().position(|at| reads[*at].iter().all(|read| done[*read])) else {
            let waiting = waiting.iter().map(|at| (models[*at].name.clone(), models[*at].clone())).collect();
            return Err(TransformError::Cycle { path: circle(&waiting) });
        };
        let next = waiting.remove(next);
        done[next] = true;
        order.push(next);
    }
    let mut models: Vec<Option<Model>> = models.into_iter().map(Some).collect();
    Ok(order.into_iter().map(|at| models[at].take().expect("each place comes once")).collect())
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

    #[test]
    fn what_is_collected_has_the_periods_of_what_collects_it() {
        let project = project(&[
            ("rules/r01.sql", "-- One.\n-- key: school_id\nselect 1 as school_id, 1 as month"),
            ("rules/r02.sql", "-- Two.\nselect 2 as school_id, 1 as month"),
            (
                "marts/finding.sql",
                "-- All.\n-- stored: table\n-- collects: rules.*\n-- periods: month\nselect * from rules.all",
            ),
        ])
        .expect("good models");
        for (name, key) in [("keyed", Some("school_id")), ("unkeyed", None), ("all", None)] {
            let model = project.model(&TableName::new("rules", name)).expect("it is generated");
            assert_eq!((model.key(), model.periods()), (key, Some("month")), "{name}");
        }
    }
}
