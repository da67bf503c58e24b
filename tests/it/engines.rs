//! The tables open in other engines, and a second engine computes the same.

use std::process::Command;

use crate::city::City;
use crate::tools::has_python;

#[test]
fn the_python_deltalake_package_reads_findings_and_current_charges() {
    if !has_python("deltalake, duckdb") {
        return;
    }
    let city = City::with_release();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/delta.py");
    let output = Command::new("python3").arg(script).arg(city.warehouse()).output().expect("python3 starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let count = |sql: &str| city.query(sql)[0].values().next().expect("one column").clone();
    assert_eq!(read["findings"].to_string(), count("select count(*) as n from finding where ended is null"));
    assert_eq!(read["charges"].to_string(), count("select count(*) as n from staging.charge"));
    assert_eq!(read["amount"], count("select sum(amount) as n from staging.charge"));
}

#[test]
fn duckdb_computes_the_same_tables() {
    if !has_python("deltalake, duckdb, pyarrow") {
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/run.py");
    let kehou = env!("CARGO_BIN_EXE_kehou");
    let output = Command::new("python3").args([script, "--kehou", kehou]).output().expect("python3 starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains(": 0 differing rows"), "{out}");
}
