//! The sample city is the same for the same seed, and its truth file speaks of every rule or of none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;

/// Every file of a folder by its path in it.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("inside").to_owned();
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

fn city(options: &Options) -> (tempfile::TempDir, Summary) {
    let folder = tempfile::tempdir().expect("a folder");
    let summary = sample(&folder.path().join("city"), options, &|_, _| {}).expect("a city");
    (folder, summary)
}

fn tiny() -> Options {
    Options { scale: 0.02, ..Options::default() }
}

#[test]
fn one_seed_gives_one_city_and_another_seed_another() {
    let [one, two] = [1, 1].map(|seed| contents(city(&Options { seed, ..tiny() }).0.path()));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    assert!(one == two, "the same options give the same bytes");
    assert!(one != contents(city(&Options { seed: 2, ..tiny() }).0.path()));
}

#[test]
fn every_rule_is_broken_or_none() {
    let rules = |options: &Options| -> BTreeSet<String> {
        let (folder, _) = city(options);
        let truth = fs::read_to_string(folder.path().join("city/truth/findings.csv")).expect("the truth");
        truth.lines().skip(1).map(|line| line[..3].to_owned()).collect()
    };
    assert_eq!(rules(&tiny()), (1..=28).map(|rule| format!("R{rule:02}")).collect());
    assert_eq!(rules(&Options { planting: Planting::Off, ..tiny() }), BTreeSet::new());
}

#[test]
fn a_city_replaces_a_city_and_nothing_else() {
    let (folder, first) = city(&tiny());
    let place = folder.path().join("city");
    let again = sample(&place, &tiny(), &|_, _| {}).expect("a city is replaced");
    assert_eq!(first.files, again.files);
    fs::remove_file(place.join("truth/findings.csv")).expect("it is there");
    assert!(matches!(sample(&place, &tiny(), &|_, _| {}), Err(SampleError::NotEmpty(_))));
    assert!(place.join("inbox").exists());
}

#[test]
fn months_outside_the_books_are_refused() {
    let out = Path::new("/nonexistent/never/written");
    let late = Options { from: "2020-01".parse().expect("a month"), months: 2, ..tiny() };
    assert!(matches!(sample(out, &late, &|_, _| {}), Err(SampleError::Months)));
    assert!("2019-9".parse::<Month>().is_err() && "2019-13".parse::<Month>().is_err());
}
