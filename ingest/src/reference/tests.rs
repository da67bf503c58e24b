//! The example city's folder, and the same folder with one fault at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Field, Int64Type, Schema};
use datafusion::arrow::record_batch::RecordBatch;

use super::calendar::Calendar;
use super::policy::Policy;
use super::{names, read_reference, schema};
use crate::form::PeriodKind;

fn qinghe() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/qinghe/reference")
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The faults of the example city's folder after a change to one of its files, as they are printed.
fn faults(file: &str, change: impl Fn(String) -> Vec<u8>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for name in names() {
        let from = qinghe().join(format!("{name}.csv"));
        if name == "clause" {
            // The example city has no text of its notice.
            assert!(!from.exists());
            continue;
        }
        std::fs::copy(&from, folder.path().join(from.file_name().unwrap())).unwrap();
    }
    let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
    std::fs::write(folder.path().join(file), change(text)).unwrap();
    let faults = read_reference(folder.path()).err().unwrap_or_default();
    faults.iter().inspect(|fault| assert!(!fault.message_zh.is_empty())).map(ToString::to_string).collect()
}

/// One replacement in one file gives exactly these faults.
fn check(file: &str, from: &str, to: &str, expected: &[&str]) {
    let found = faults(file, |text| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1).into_bytes()
    });
    assert_eq!(found, expected);
}

#[test]
fn the_text_of_clauses_may_be_there() {
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(qinghe()).unwrap() {
        let from = file.unwrap().path();
        std::fs::copy(&from, folder.path().join(from.file_name().unwrap())).unwrap();
    }
    let clauses = folder.path().join("clause.csv");
    std::fs::write(&clauses, "clause,text\n二,\"全面开展，\n有需求的全面保障。\"\n").unwrap();
    let reference = read_reference(folder.path()).unwrap();
    let text = reference.table("clause").unwrap().column(1).as_string::<i32>();
    assert_eq!((text.len(), text.value(0)), (1, "全面开展，\n有需求的全面保障。"), "it is quoted as it stands");
    std::fs::write(&clauses, "clause,text\n二,一\n二,二\n").unwrap();
    let faults = read_reference(folder.path()).unwrap_err();
    assert_eq!((faults.len(), faults[0].file.as_str(), faults[0].line), (1, "clause.csv", Some(3)));
}

#[test]
fn the_example_city_loads() {
    let reference = read_reference(&qinghe()).unwrap();
    let sizes: Vec<(&str, usize)> = reference.tables.iter().map(|(name, batch)| (*name, batch.num_rows())).collect();
    assert_eq!(sizes, [("district", 4), ("calendar", 366), ("fee_standard", 11), ("policy", 36), ("weight", 5)]);
    for (name, batch) in &reference.tables {
        assert_eq!(batch.schema(), schema(name).unwrap());
    }
    let standards = reference.table("fee_standard").unwrap();
    assert_eq!(standards.column(4).as_primitive::<Decimal128Type>().value(6), 280);
    assert_eq!(standards.column(3).null_count(), 10);
    assert_eq!(standards.column(6).as_string::<i32>().value(0), "青发改〔2019〕40号");
    assert_eq!(reference.table("district").unwrap().column(4).as_primitive::<Int64Type>().value(3), 3);
    assert_eq!(reference.table("weight").unwrap().column(2).as_primitive::<Decimal128Type>().value(1), 600_000);
}

#[test]
fn schemas_are_those_of_the_contract() {
    let written = |name: &str| {
        let schema = schema(name).unwrap();
        schema
            .fields()
            .iter()
            .map(|field| format!("{} {}", field.name(), field.data_type()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_eq!(written("calendar"), "date Date32, is_school_day Boolean, term Utf8, school_year Utf8");
    assert_eq!(
        written("district"),
        "district_code Utf8, name_zh Utf8, name_en Utf8, kind Utf8, tile_col Int64, tile_row Int64"
    );
    assert_eq!(
        written("fee_standard"),
        "district_code Utf8, urban_rural Utf8, valid_from Date32, valid_to Date32, yuan_per_session Decimal128(18, 2), \
         yuan_per_month_cap Decimal128(18, 2), doc_no Utf8, approved_by Utf8"
    );
    assert_eq!(written("policy"), "key Utf8, value Utf8, valid_from Date32, clause Utf8");
    assert_eq!(
        written("weight"),
        "indicator Utf8, weight Decimal128(18, 6), floor Decimal128(18, 6), target Decimal128(18, 6)"
    );
}

#[test]
fn a_mark_at_the_start_blank_lines_and_own_columns_are_no_fault() {
    let found = faults("district.csv", |text| {
        let text = text.replace("tile_row", "tile_row,remark").replace("\n379902", "\n,,,,,,\n\n379902");
        let text: Vec<String> = text
            .lines()
            .map(|line| if line.starts_with("379") { format!("{line},x") } else { line.to_owned() })
            .collect();
        [b"\xEF\xBB\xBF".as_slice(), text.join("\r\n").as_bytes()].concat()
    });
    assert_eq!(found, Vec::<String>::new());
    check("calendar.csv", "2019-09-01,false", "2019/9/1,FALSE", &[]);
}

#[test]
fn files_columns_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let missing = read_reference(folder.path()).unwrap_err();
    assert_eq!(missing.len(), 5);
    assert_eq!(
        missing[1].to_string(),
        format!("calendar.csv: the file is missing; put it into {}", folder.path().display())
    );

    let column = "fee_standard.csv, line 1, column valid_to: the column is missing; add it to the heading row";
    check("fee_standard.csv", "valid_to", "until", &[column]);
    let twice = "weight.csv, line 1, column floor: the heading stands twice; remove one of the columns";
    check("weight.csv", "weight,floor,target\n", "weight,floor,target,floor\n", &[twice]);
    let date = "fee_standard.csv, line 3, column valid_from: `2019-02-30` can't be read; write a date like 2019-09-01";
    check("fee_standard.csv", "379902,urban,2019-08-01", "379902,urban,2019-02-30", &[date]);
    let fen = "fee_standard.csv, line 2, column yuan_per_session: `3.005` can't be read; write a number, 0 or more, with at most 2 places";
    check("fee_standard.csv", ",3.00,", ",3.005,", &[fen]);
    let choice =
        "fee_standard.csv, line 3, column urban_rural: `city` can't be read; write one of urban, town, rural, *";
    check("fee_standard.csv", "379902,urban", "379902,city", &[choice]);
    let empty = "policy.csv, line 3, column value: it is empty; fill it in";
    check("policy.csv", "session_minutes,40", "session_minutes,", &[empty]);
    let uneven = "district.csv, line 3: the line has 7 values, the heading row 6; put a value with a comma into quotes";
    check(
        "district.csv",
        "Donghu",
        "Donghu, East",
        &[
            uneven,
            "fee_standard.csv, line 3, column district_code: district.csv has no 379902; correct the code or add the district",
            "fee_standard.csv, line 4, column district_code: district.csv has no 379902; correct the code or add the district",
            "fee_standard.csv, line 5, column district_code: district.csv has no 379902; correct the code or add the district",
        ],
    );
    let found = faults("district.csv", |text| [text.as_bytes(), b"\xB6\xAB"].concat());
    assert_eq!(found, ["district.csv, line 6: the text is not UTF-8; save the file as \"CSV UTF-8\""]);
}

#[test]
fn keys_and_standards_in_force() {
    let twice = "calendar.csv, line 4: the same date as in line 3; keep one of the two";
    let hole = "calendar.csv, line 5, column date: the term 2019-2020-1 lacks 2019-09-03; each of its days needs a row, holidays too";
    check("calendar.csv", "2019-09-03", "2019-09-02", &[twice, hole]);
    let unknown = "fee_standard.csv, line 2, column district_code: district.csv has no 379901; correct the code or add the district";
    check("fee_standard.csv", "379900", "379901", &[unknown]);
    // Line 11 ends on 2019-11-30, line 12 begins on 2019-12-02: touching is in order, a shared day is not.
    check("fee_standard.csv", "2019-12-02", "2019-12-01", &[]);
    let both = "fee_standard.csv, line 12: 379903 town: from 2019-11-30 on this row and that of line 11 are both in force; end one with valid_to";
    check("fee_standard.csv", "2019-12-02", "2019-11-30", &[both]);
    let order =
        "fee_standard.csv, line 11, column valid_to: 2019-07-31 is before valid_from 2019-08-01; correct one of them";
    check("fee_standard.csv", "2019-11-30", "2019-07-31", &[order]);
    let same =
        "fee_standard.csv, line 12: the same district_code, urban_rural, valid_from as in line 11; keep one of the two";
    check("fee_standard.csv", "2019-12-02", "2019-08-01", &[same]);
    let district = "district.csv, line 3: the same district_code as in line 2; keep one of the two";
    check(
        "district.csv",
        "379903,南岭区",
        "379903,南岭区,",
        &[
            "district.csv, line 4: the line has 7 values, the heading row 6; put a value with a comma into quotes",
            "fee_standard.csv, line 6, column district_code: district.csv has no 379903; correct the code or add the district",
            "fee_standard.csv, line 7, column district_code: district.csv has no 379903; correct the code or add the district",
            "fee_standard.csv, line 11, column district_code: district.csv has no 379903; correct the code or add the district",
            "fee_standard.csv, line 12, column district_code: district.csv has no 379903; correct the code or add the district",
        ],
    );
    let found = faults("district.csv", |text| text.replacen("379902", "379900", 1).into_bytes());
    assert_eq!(found[0], district);
}

#[test]
fn terms_without_holes_and_in_their_year() {
    let found = faults("calendar.csv", |text| {
        let kept = text.lines().filter(|line| !["2019-10-02", "2019-10-03"].iter().any(|date| line.starts_with(date)));
        kept.collect::<Vec<_>>().join("\n").into_bytes()
    });
    let hole = "calendar.csv, line 33, column date: the term 2019-2020-1 lacks 2019-10-02 to 2019-10-03; each of its days needs a row, holidays too";
    assert_eq!(found, [hole]);
    let year = "calendar.csv, line 2, column school_year: the school year 2018-2019 is not that of the term 2019-2020-1; correct one of them";
    check("calendar.csv", "2019-2020-1,2019-2020", "2019-2020-1,2018-2019", &[year]);
    let term = "calendar.csv, line 2, column term: `2019-1` can't be read; write a term like 2019-2020-1";
    check("calendar.csv", "2019-2020-1,", "2019-1,", &[term]);
}

#[test]
fn policy_keys_are_there_and_numbers() {
    check("policy.csv", "near_share", "nearly", &["policy.csv, column key: the key near_share is missing; add a row"]);
    check("policy.csv", "target_C01", "target_X01", &[]);
    let deadline =
        "policy.csv, line 6, column value: `1月31日` can't be read; report_deadline is a month and day like 01-31";
    check("policy.csv", "01-31", "1月31日", &[deadline]);
    let target = "policy.csv, line 19, column value: `100%` can't be read; target_C01 is a number, 0 or more";
    check("policy.csv", "target_C01,1", "target_C01,100%", &[target]);
    let day = "policy.csv, line 2, column value: `2019/9/30` can't be read; rollout_deadline is a date like 2019-09-30";
    check("policy.csv", "2019-09-30", "2019/9/30", &[day]);
    let span = "weight.csv, line 2, column target: floor and target are the same, so nothing can be scored; correct one of them";
    check("weight.csv", "0.5,1", "1,1.0", &[span]);
}

#[test]
fn all_faults_at_once() {
    let found = faults("policy.csv", |text| {
        text.replacen(",40,", ",forty,", 1).replacen(",2,", ",two,", 1).replacen("min_cell", "min", 1).into_bytes()
    });
    assert_eq!(
        found,
        [
            "policy.csv, column key: the key min_cell is missing; add a row",
            "policy.csv, line 3, column value: `forty` can't be read; session_minutes is a whole number, 0 or more",
            "policy.csv, line 4, column value: `two` can't be read; max_sessions_per_day is a whole number, 0 or more",
        ]
    );
}

#[test]
fn the_calendar_answers() {
    let reference = read_reference(&qinghe()).unwrap();
    let calendar = Calendar::from_batches(&[reference.table("calendar").unwrap().clone()]).unwrap();
    let names: Vec<&str> = calendar.terms().map(|(name, _)| name).collect();
    assert_eq!(names, ["2019-2020-1", "2019-2020-2"]);
    let autumn = calendar.term("2019-2020-1").unwrap();
    assert_eq!((autumn.first, autumn.school_year.as_str()), (day("2019-09-01"), "2019-2020"));
    assert_eq!(calendar.months("2019-2020-1"), ["2019-09", "2019-10", "2019-11", "2019-12", "2020-01"]);
    assert!(!calendar.is_school_day(day("2019-09-01")) && calendar.is_school_day(day("2019-09-02")));
    assert!(calendar.day(day("2019-08-31")).is_none());
    assert_eq!(calendar.school_days(day("2019-08-25"), day("2019-09-04")).count(), 3);
    assert_eq!(calendar.school_days(day("2019-09-04"), day("2019-09-02")).count(), 0);
    assert_eq!(calendar.bounds(PeriodKind::Month, "2020-02"), Some((day("2020-02-01"), day("2020-02-29"))));
    assert_eq!(calendar.bounds(PeriodKind::Year, "2019"), Some((day("2019-01-01"), day("2019-12-31"))));
    assert_eq!(calendar.bounds(PeriodKind::Term, "2018-2019-1"), None);
}

/// Tables read back from the warehouse may hold their text as views.
#[test]
fn policy_in_force_from_any_text_type() {
    let reference = read_reference(&qinghe()).unwrap();
    let batch = reference.table("policy").unwrap();
    let viewed: Vec<ArrayRef> = batch
        .columns()
        .iter()
        .map(|column| match column.data_type() {
            DataType::Utf8 => cast(column, &DataType::Utf8View).unwrap(),
            _ => Arc::clone(column),
        })
        .collect();
    let fields = batch
        .schema()
        .fields()
        .iter()
        .zip(&viewed)
        .map(|(field, column)| Field::new(field.name(), column.data_type().clone(), true))
        .collect::<Vec<_>>();
    let policy = Policy::from_batches(&[RecordBatch::try_new(Schema::new(fields).into(), viewed).unwrap()]).unwrap();
    assert_eq!(policy.value("change_warn_share", day("2019-10-31")), Some("0.5"));
    assert_eq!(policy.value("change_warn_share", day("2019-07-01")), Some("0.5"));
    assert_eq!(policy.value("unknown", day("2019-10-31")), None);
}
