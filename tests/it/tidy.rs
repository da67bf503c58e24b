//! What the compiler can't hold: arrows between crates, the direction of the SQL, its dialect, headers, labels.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use transform::project::{Model, Project, Stored};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every SQL file: models, data tests, and the queries that take figures apart.
fn models() -> Vec<Model> {
    let project = Project::built_in().expect("the SQL is sound");
    project.models().chain(project.parts()).cloned().collect()
}

/// The text without comments and without what stands in quotes.
fn code(sql: &str) -> String {
    let mut out = String::new();
    for line in sql.lines() {
        let line = line.split("--").next().unwrap_or_default();
        for (at, part) in line.split('\'').enumerate() {
            out.push_str(if at % 2 == 0 { part } else { "''" });
        }
        out.push('\n');
    }
    out.to_lowercase()
}

#[test]
fn arrows_between_crates_never_turn_back() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("warehouse", &[][..]),
        ("ingest", &["warehouse"][..]),
        ("transform", &["warehouse"][..]),
        ("dashboard", &["warehouse", "ingest", "transform"][..]),
        ("sample", &["ingest"][..]),
    ]);
    for (name, may) in &allowed {
        let manifest = fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a manifest");
        let dependencies = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        for other in allowed.keys().filter(|other| dependencies.contains(&format!("\n{other}.workspace"))) {
            assert!(may.contains(other), "{name} may not use {other}: see ARCHITECTURE.md");
        }
    }
}

#[test]
fn only_warehouse_knows_delta() {
    for crate_name in ["ingest", "transform", "dashboard", "sample"] {
        let manifest = fs::read_to_string(root().join(crate_name).join("Cargo.toml")).expect("a manifest");
        assert!(!manifest.contains("deltalake"), "{crate_name} may not know Delta");
    }
}

#[test]
fn the_sql_reads_in_one_direction() {
    for model in models() {
        let may: &[&str] = match model.name.schema.as_str() {
            "staging" => &["facts", "reference", "staging", "public"],
            "indicators" => &["staging", "reference", "indicators", "public"],
            "rules" => &["staging", "reference", "rules", "public"],
            "parts" => &["staging", "reference", "public"],
            _ => continue,
        };
        for read in &model.reads {
            assert!(may.contains(&read.schema.as_str()), "{} may not read {read}", model.path);
            let plain = read.schema != "public" || read.table == "run";
            assert!(plain, "{} reads {read}: name its schema", model.path);
        }
    }
}

#[test]
fn the_sql_keeps_to_what_both_engines_share() {
    let words = [
        ("strftime(", "dates are compared as dates; text of a date is cast(d as varchar)"),
        ("to_char(", "only DataFusion has it"),
        ("date_diff(", "only DuckDB has it; date - date works in both"),
        ("last_day(", "only DuckDB has it; the calendar knows the last day"),
        ("min_by(", "only DuckDB has it; use row_number"),
        ("max_by(", "only DuckDB has it; use row_number"),
        ("regexp_like(", "only DataFusion has it"),
        ("sha256(", "binary in one engine, hex in the other; use md5"),
        ("now(", "the date is run.today"),
        ("current_date", "the date is run.today"),
        ("current_timestamp", "the date is run.today"),
        ("interval '", "date + interval is a date in one engine, a timestamp in the other; add whole days"),
        ("asof join", "only DuckDB has it"),
        ("pivot", "only DuckDB has it"),
        ("named_struct", "only DataFusion has it"),
        ("struct_pack", "only DuckDB has it"),
        ("make_array", "only DataFusion has it"),
        ("approx_", "not the same in both engines"),
        ("^", "power in one engine, exclusive or in the other"),
    ];
    for model in models() {
        let text = code(&model.sql);
        for (word, why) in words {
            assert!(!text.contains(word), "{}: '{word}': {why}", model.path);
        }
        for (at, line) in text.lines().enumerate() {
            let place = format!("{}, line {}", model.path, at + 1);
            let division = line.contains('/');
            let exact = line.contains("% (2 *") || line.contains("as double)");
            assert!(!division || exact, "{place}: '/' only on doubles, or half up in whole fen: {line}");
            let ordered = line.contains("order by") && (line.contains(" desc") || line.contains(" asc"));
            assert!(!ordered || line.contains("nulls"), "{place}: say nulls first or nulls last");
        }
    }
}

#[test]
fn headers_say_what_the_catalogue_needs() {
    for model in models().iter().filter(|model| model.name.table != "all") {
        let required: &[&str] = match model.name.schema.as_str() {
            "rules" => &["rule", "title_zh", "title_en", "severity", "clause", "blind", "blind_zh"],
            // Some indicators are marts, for they rest on findings or on other indicators.
            "indicators" | "marts" if model.get("code").is_some() => {
                &["code", "title_zh", "title_en", "formula", "clause", "better"]
            }
            _ => &[],
        };
        for key in required {
            assert!(model.get(key).is_some_and(|value| !value.is_empty()), "{}: the header lacks '{key}'", model.path);
        }
        if model.name.schema == "rules" {
            let code = model.get("rule").expect("checked above").to_lowercase();
            assert_eq!(code, model.name.table, "{}: the header's rule is another one", model.path);
            let severity = model.get("severity").expect("checked above");
            assert!(["high", "medium", "low"].contains(&severity), "{}: severity {severity}", model.path);
        }
        if model.name.schema == "marts" {
            assert_eq!(model.stored, Stored::Table, "{}: a mart is stored", model.path);
        }
    }
}

#[test]
fn every_indicator_can_be_taken_apart() {
    let project = Project::built_in().expect("the SQL is sound");
    let names = |schema: &str| -> BTreeSet<String> {
        let all = project
            .models()
            .chain(project.parts())
            .filter(|model| model.name.schema == schema && model.name.table != "all");
        all.map(|model| model.name.table.clone()).collect()
    };
    assert_eq!(names("parts"), names("indicators"), "sql/parts has one file for each of sql/indicators");
}

#[test]
fn every_rule_has_a_passing_and_a_failing_case() {
    for model in models().iter().filter(|model| model.name.schema == "rules" && model.name.table != "all") {
        let folder = root().join("tests/sql").join(model.name.to_string());
        let cases: BTreeSet<String> = entries(&folder).iter().map(|path| name(path)).collect();
        for case in ["breach", "near_miss"] {
            assert!(
                cases.iter().any(|one| one.starts_with(case)),
                "{}: no case '{case}' in {}",
                model.path,
                folder.display()
            );
        }
    }
}

#[test]
fn every_column_of_every_form_says_who_may_see_it() {
    for path in entries(&root().join("ingest/forms")) {
        let text = fs::read_to_string(&path).expect("a form's file");
        let columns = text.matches("[[column]]").count();
        let labels = text.lines().filter(|line| line.trim_start().starts_with("visibility")).count();
        assert!(columns > 0 && labels == columns, "{}: {columns} columns, {labels} labels", path.display());
    }
}

#[test]
fn nothing_of_a_city_stands_in_code() {
    let mut sources = Vec::new();
    for folder in ["src", "warehouse/src", "ingest/src", "transform/src", "dashboard/src"] {
        collect(&root().join(folder), "rs", &mut sources);
    }
    collect(&root().join("sql"), "sql", &mut sources);
    for path in sources {
        let text = fs::read_to_string(&path).expect("a source");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let tests = path.ends_with("tests.rs");
        for word in ["枣庄", "滕州", "薛城", "3704"] {
            assert!(tests || !text.contains(word), "{}: '{word}' belongs into sql/reference or sample", path.display());
        }
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(found) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = found.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        if path.is_dir() {
            collect(&path, extension, found);
        } else if path.extension().is_some_and(|one| one == extension) {
            found.push(path);
        }
    }
}
