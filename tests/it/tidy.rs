//! What the compiler can't hold: arrows between crates, the direction of the SQL, its dialect, headers, labels.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use transform::lint;
use transform::project::{Model, Project, is_generated};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every SQL file: models, data tests, and the queries that take figures apart.
fn models() -> Vec<Model> {
    let project = Project::built_in().expect("the SQL is sound");
    project.models().chain(project.parts()).cloned().collect()
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

/// What models of one's own are refused for holds for the built-in ones.
#[test]
fn the_sql_reads_in_one_direction_and_keeps_to_what_both_engines_share() {
    let faults: Vec<_> =
        models().iter().flat_map(|model| [lint::direction(model), lint::dialect(model)].concat()).collect();
    assert!(faults.is_empty(), "{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

#[test]
fn headers_say_what_the_catalogue_needs() {
    for model in models().iter().filter(|model| !is_generated(&model.path)) {
        let faults = lint::header(model);
        assert!(faults.is_empty(), "{}", faults[0]);
        if model.name.schema == "rules" {
            for key in ["blind", "blind_zh"] {
                assert!(
                    model.get(key).is_some_and(|value| !value.is_empty()),
                    "{}: it can't see nothing: '{key}'",
                    model.path
                );
            }
            let code = model.code().expect("checked above").to_lowercase();
            assert_eq!(code, model.name.table, "{}: the header's rule is another one", model.path);
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
            .filter(|model| model.name.schema == schema && !is_generated(&model.path));
        all.map(|model| model.name.table.clone()).collect()
    };
    assert_eq!(names("parts"), names("indicators"), "sql/parts has one file for each of sql/indicators");
}

#[test]
fn every_rule_has_a_passing_and_a_failing_case() {
    for model in models().iter().filter(|model| model.name.schema == "rules" && !is_generated(&model.path)) {
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
