//! What would be is what comes to be when it is done, and nothing is left behind by asking.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::city::{City, example};

/// Every file below a folder with its length.
fn files(folder: &Path) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.display().to_string(), path.metadata().expect("readable").len());
        }
    }
    found
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// Figures, scores and findings of a difference without their causes, which name rows by numbers of their own.
fn outcome(difference: &Value) -> Vec<Value> {
    let mut lists = Vec::new();
    for name in ["figures", "scores", "findings"] {
        let mut list = difference[name].as_array().expect("a list").clone();
        for one in &mut list {
            one.as_object_mut().expect("an object").remove("causes");
        }
        lists.push(Value::Array(list));
    }
    lists
}

#[test]
fn a_number_set_otherwise_differs_as_the_next_release_does() {
    let city = City::with_release();
    let before = files(&city.warehouse());
    // Nobody's staff get all of the money, so each school with income falls short (R24).
    let words = ["what-if", "policy.staff_pay_min_share=1", "weight.C03=30", "weight.S01=20", "--format", "json"];
    let would = json(&city.ok(&words));
    assert_eq!(files(&city.warehouse()), before, "asking leaves nothing behind");
    let opened = would["findings"].as_array().expect("a list").iter().filter(|one| one["rule"] == "R24").count();
    assert!(opened > 0, "{would:#}");

    let reference = city.folder().join("reference");
    fs::create_dir(&reference).expect("made");
    for file in fs::read_dir(example().join("reference")).expect("readable") {
        let file = file.expect("an entry").path();
        let name = file.file_name().expect("a file").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("UTF-8");
        let text: Vec<String> = text
            .lines()
            .map(|line| {
                let mut cells: Vec<&str> = line.split(',').collect();
                match cells[0] {
                    "staff_pay_min_share" => cells[1] = "1",
                    "C03" if name == "weight.csv" => cells[1] = "30",
                    "S01" if name == "weight.csv" => cells[1] = "20",
                    _ => {}
                }
                cells.join(",")
            })
            .collect();
        fs::write(reference.join(&name), text.join("\n") + "\n").expect("written");
    }
    city.ok(&["init", "--reference", reference.to_str().expect("UTF-8")]);
    city.transform();
    let became = json(&city.ok(&["diff", "--format", "json"]));
    assert_eq!(outcome(&would), outcome(&became));
    // The same by a folder, from the release that stood before.
    let folder = reference.to_str().expect("UTF-8");
    let by_folder = json(&city.ok(&["what-if", "--release", "1", "--reference", folder, "--format", "json"]));
    assert_eq!(outcome(&by_folder), outcome(&became));
}

#[test]
fn what_can_not_be_set_is_refused() {
    let city = City::with_release();
    for (words, part) in [
        (&["what-if"][..], "nothing is set otherwise"),
        (&["what-if", "policy.no_such=1"][..], "no_such"),
        (&["what-if", "policy.staff_pay_min_share=often"][..], "staff_pay_min_share"),
        (&["what-if", "calendar.2019-09-02=false"][..], "--reference DIR"),
    ] {
        let output = city.run(words);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && err.contains(part), "{words:?}: {err}");
    }
}
