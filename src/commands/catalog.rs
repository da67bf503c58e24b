//! `kehou catalog`: what this build knows, and what is one's own.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};
use transform::project::{Model, Project, Stored};
use warehouse::Warehouse;

use crate::args::figures::{Catalog, CatalogFormat, CatalogKind};
use crate::commands::project;
use crate::show::columns;

/// Lists forms, indicators, rules or models: what this build knows, and what is one's own.
pub async fn run(args: Catalog) -> Result<ExitCode> {
    let (headings, entries) = match args.kind {
        CatalogKind::Forms => forms(),
        kind => {
            let project = match &args.warehouse {
                Some(location) => project::standing(&Warehouse::open(location).await?, &args.own).await?,
                None => project::without_warehouse(&args.own)?,
            };
            match kind {
                CatalogKind::Indicators => headers(&project, &["code", "title_zh", "title_en", "clause", "formula"]),
                CatalogKind::Rules => headers(&project, &["rule", "severity", "title_zh", "title_en", "clause"]),
                _ => models(&project),
            }
        }
    };
    let mut out = std::io::stdout().lock();
    match args.format {
        CatalogFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&entries)?)?,
        CatalogFormat::Table => {
            let cell = |entry: &Value, key: &str| match &entry[key] {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
                other => other.to_string(),
            };
            let head = headings.iter().map(|heading| (*heading).to_owned()).collect();
            let rows = entries.iter().map(|entry| headings.iter().map(|key| cell(entry, key)).collect());
            let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
            write!(out, "{}", columns(&rows))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

type Listing = (Vec<&'static str>, Vec<Value>);

fn forms() -> Listing {
    let entries = ingest::form::forms().iter().map(|form| serde_json::to_value(form).expect("a form is plain data"));
    (vec!["name", "heading", "title_en", "period", "owed"], entries.collect())
}

/// The models whose header has the first of `keys`, which names what they are: some indicators are marts, for they rest on findings
/// or on other indicators.
fn headers(project: &Project, keys: &[&'static str]) -> Listing {
    let named = |model: &&Model| model.get(keys[0]).is_some();
    let entries = project.models().filter(named).map(|model| {
        let mut entry = serde_json::to_value(&model.header).expect("a header is plain data");
        entry["sentence"] = json!(model.sentence);
        entry["sql"] = json!(model.path);
        entry["own"] = json!(is_own(project, model));
        entry
    });
    let mut entries: Vec<Value> = entries.collect();
    entries.sort_by_key(|entry| entry[keys[0]].to_string());
    (keys.to_vec(), entries)
}

fn models(project: &Project) -> Listing {
    let entries = project.models().map(|model| {
        json!({
            "name": model.name.to_string(),
            "stored": if model.stored == Stored::Table { "table" } else { "view" },
            "sentence": model.sentence,
            "reads": model.reads.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "sql": model.path,
            "own": is_own(project, model),
            "carries": model.get("carries"),
            "warns": model.get("warns") == Some("true"),
            "text": model.sql,
        })
    });
    (vec!["name", "stored", "sentence"], entries.collect())
}

fn is_own(project: &Project, model: &Model) -> bool {
    project.own().files.contains_key(&model.path)
}
