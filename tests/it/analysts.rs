//! The recipes of `docs/analysts.md`: each block of Python in it is run as it stands, and its numbers are those of `kehou query`.

use std::process::Command;

use crate::city::City;
use crate::tools::has_python;

const RECIPES: &str = include_str!("../../docs/analysts.md");

/// The blocks of Python, each under its heading.
fn recipes() -> Vec<(String, String)> {
    let (mut heading, mut found, mut block) = (String::new(), Vec::new(), None::<String>);
    for line in RECIPES.lines() {
        match &mut block {
            Some(text) if line == "```" => {
                found.push((heading.clone(), std::mem::take(text)));
                block = None;
            }
            Some(text) => *text += &format!("{line}\n"),
            None if line == "```python" => block = Some(String::new()),
            None if line.starts_with('#') => heading = line.trim_start_matches('#').trim().to_owned(),
            None => {}
        }
    }
    found
}

/// The packages that a recipe imports, beside Python's own.
fn packages(recipe: &str) -> Vec<&'static str> {
    ["duckdb", "deltalake", "pandas", "polars", "pyspark", "pyarrow"]
        .into_iter()
        .filter(|name| recipe.contains(&format!("import {name}")) || recipe.contains(&format!("from {name}")))
        .collect()
}

#[test]
fn every_recipe_tells_what_a_query_tells() {
    let recipes = recipes();
    assert_eq!(recipes.len(), 7, "a recipe was added or lost: look at what it prints");
    let city = City::with_example();
    // A slice that was taken back: its rows are stored and do not count.
    city.transform();
    let slice = &city.query("select school_id, period from staging.charge group by school_id, period order by 1, 2")[0];
    let (school, period) = (slice["school_id"].as_str(), slice["period"].as_str());
    city.ok(&["withdraw", "--form", "charge", "--school", school, "--period", period, "--reason", "误报"]);
    city.transform();
    let folder = city.folder().join("release");
    city.ok(&["export", "--all", "-o", &folder.display().to_string()]);
    let one = |sql: &str| city.query(sql)[0]["n"].clone();
    let findings = one("select count(*) as n from finding where ended is null");
    let amount: f64 = one("select sum(amount) as n from finding where ended is null").parse().expect("money");
    let charges = one("select count(*) as n from staging.charge");
    // A recipe that takes them too is found out.
    assert_ne!(charges, one("select count(*) as n from raw_charge"));
    for (heading, recipe) in recipes {
        let needs = packages(&recipe);
        assert!(!needs.is_empty(), "{heading}: nobody knows what it needs");
        // Spark takes 300 MB and a Java: it is run where somebody has it, and CI does not install it.
        if needs.contains(&"pyspark") && !can_import("pyspark") {
            eprintln!("SKIPPED: the recipe '{heading}' needs the Python package pyspark, and Java");
            continue;
        }
        if !has_python(&needs.join(", ")) {
            continue;
        }
        let script = recipe
            .replace("/srv/kehou/release", &folder.display().to_string())
            .replace("/srv/kehou/city", &city.warehouse().display().to_string());
        let output = Command::new("python3").args(["-c", &script]).output().expect("python3 starts");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{heading}: {err}");
        let told: Vec<&str> = out.lines().last().unwrap_or_default().split(' ').collect();
        assert_eq!(told.len(), 3, "{heading}: {out}");
        assert_eq!((told[0], told[2]), (findings.as_str(), charges.as_str()), "{heading}");
        let own: f64 = told[1].parse().unwrap_or_else(|_| panic!("{heading}: '{}' is no amount", told[1]));
        assert!((own - amount).abs() < 0.005, "{heading}: {own} is not {amount}");
    }
}

fn can_import(package: &str) -> bool {
    let output = Command::new("python3").args(["-c", &format!("import {package}")]).output();
    output.is_ok_and(|output| output.status.success())
}
