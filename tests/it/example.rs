//! The example city goes through unchanged, and its figures are those that were worked out apart from the product.

use std::collections::{BTreeMap, BTreeSet};

use crate::city::{City, example, read_csv_file};

type Row = BTreeMap<String, String>;

fn key(row: &Row, columns: &[&str]) -> String {
    columns.iter().map(|column| row[*column].as_str()).collect::<Vec<_>>().join(" | ")
}

/// A decimal number without the zeros that don't count: `5`, `5.00` and `5.0` are the same.
fn decimal(text: &str) -> String {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    }
}

fn close(left: &str, right: &str) -> bool {
    match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(left), Ok(right)) => (left - right).abs() <= 1e-9,
        _ => left == right,
    }
}

#[test]
fn findings_are_exactly_the_expected_ones() {
    let city = City::with_release();
    let found =
        city.query("select rule, district_code, school_id, period, subject, amount from finding where ended is null");
    let by = ["rule", "district_code", "school_id", "period"];
    let hashed = |subject: &str| subject.len() == 32 && subject.chars().all(|letter| letter.is_ascii_hexdigit());
    let line = |row: &Row| {
        let subject = if hashed(&row["subject"]) { "" } else { &row["subject"] };
        format!("{} | {} | {}", key(row, &by), subject, decimal(&row["amount"]))
    };
    let found: BTreeSet<String> = found.iter().map(line).collect();
    let expected: BTreeSet<String> = read_csv_file(&example().join("expected/finding.csv")).iter().map(line).collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    let extra: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing: {missing:#?}\nextra: {extra:#?}");
}

#[test]
fn figures_are_the_expected_ones() {
    let city = City::with_release();
    let by = ["indicator", "level", "unit_id", "period_type", "period", "dimension"];
    let found = city.query("select * from indicator_value");
    let found: BTreeMap<String, Row> = found.into_iter().map(|row| (key(&row, &by), row)).collect();
    let mut wrong = Vec::new();
    let expected = read_csv_file(&example().join("expected/indicator_value.csv"));
    for row in &expected {
        let name = key(row, &by);
        let Some(mine) = found.get(&name) else {
            wrong.push(format!("{name}: missing"));
            continue;
        };
        for column in ["numerator", "denominator"] {
            if decimal(&row[column]) != decimal(&mine[column]) {
                wrong.push(format!("{name}: {column} is {}, expected {}", mine[column], row[column]));
            }
        }
        for column in ["value", "lower", "upper"] {
            if !row[column].is_empty() && !close(&row[column], &mine[column]) {
                wrong.push(format!("{name}: {column} is {}, expected {}", mine[column], row[column]));
            }
        }
        for column in ["reported", "expected"] {
            if !row[column].is_empty() && row[column] != mine[column] {
                wrong.push(format!("{name}: {column} is {}, expected {}", mine[column], row[column]));
            }
        }
    }
    assert!(expected.len() > 1700, "the expected figures are there");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), expected.len(), wrong.join("\n"));
}
