//! Files that leave by `kehou export`: what is in them, how other programs see it, and that none is ever half.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use calamine::{Data, Reader, Xlsx, open_workbook};
use dashboard::export::about::About;
use dashboard::export::book::Book;
use dashboard::export::sink::Sink;
use dashboard::export::{Column, Format};
use dashboard::words::Lang;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::city::City;
use crate::desk::{Desk, Slice};
use crate::kill::kill_at;
use crate::tools::{has, has_python};

fn csv(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let bytes = fs::read(path).expect("a file");
    let text = bytes.strip_prefix(b"\xef\xbb\xbf".as_slice()).expect("Excel's mark");
    let mut reader = csv::Reader::from_reader(text);
    let headings = reader.headers().expect("headings").iter().map(str::to_owned).collect();
    (headings, reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect())
}

fn count(city: &City, from: &str) -> u64 {
    city.query(&format!("select count(*) as n from {from}"))[0]["n"].parse().expect("a number")
}

fn rows_of(path: &Path) -> u64 {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("a file")).expect("Parquet");
    reader.metadata().file_metadata().num_rows().unsigned_abs()
}

#[test]
fn a_table_is_the_same_in_three_forms_as_by_a_query() {
    let city = City::with_release();
    let path = |name: &str| city.folder().join(name);
    for ending in ["csv", "xlsx", "parquet"] {
        city.ok(&["export", "staging.charge", "-o", &path(&format!("c.{ending}")).display().to_string()]);
    }
    let asked = city.query("select * from staging.charge order by school_id, period, receipt_no");
    assert!(asked.len() > 20, "the example city has receipts");
    let (headings, mut rows) = csv(&path("c.csv"));
    assert_eq!(headings[..7], ["学校标识码", "统计期", "票据号", "日期", "学生编号", "班级", "类型"]);
    rows.sort();
    let keys = ["school_id", "period", "receipt_no", "paid_on"];
    let mut wanted: Vec<Vec<String>> = asked.iter().map(|row| keys.map(|key| row[key].clone()).to_vec()).collect();
    wanted.sort();
    assert_eq!(rows.iter().map(|row| row[..4].to_vec()).collect::<Vec<_>>(), wanted);
    // Parquet has the columns' own names, and says of what release it is.
    let file =
        ParquetRecordBatchReaderBuilder::try_new(File::open(path("c.parquet")).expect("a file")).expect("Parquet");
    assert!(keys.iter().all(|key| file.schema().column_with_name(key).is_some()));
    let told = file.metadata().file_metadata().key_value_metadata().expect("metadata");
    let said = |key: &str| told.iter().find(|one| one.key == key).and_then(|one| one.value.clone()).unwrap_or_default();
    assert_eq!((said("kehou.rows"), said("kehou.release")), (asked.len().to_string(), "1".to_owned()));
    assert_eq!(rows_of(&path("c.parquet")), asked.len() as u64);
    // A workbook has ids as text, money as numbers, days as days, and what it is in its last sheet.
    let mut book: Xlsx<_> = open_workbook(path("c.xlsx")).expect("a workbook");
    assert_eq!(book.sheet_names(), ["数据", "说明"]);
    let sheet = book.worksheet_range("数据").expect("a sheet");
    let lines: Vec<&[Data]> = sheet.rows().collect();
    assert_eq!(lines.len(), asked.len() + 1);
    let at = |heading: &str| lines[0].iter().position(|cell| *cell == heading).expect("a heading");
    let line = lines[1..]
        .iter()
        .find(|line| {
            line[at("票据号")].to_string() == asked[0]["receipt_no"] && line[0].to_string() == asked[0]["school_id"]
        })
        .expect("the first");
    assert_eq!(line[0], Data::String(asked[0]["school_id"].clone()));
    assert_eq!(line[at("金额")], Data::Float(asked[0]["amount"].parse().expect("money")));
    assert!(matches!(line[at("日期")], Data::DateTime(_)), "{:?}", line[at("日期")]);
    let about = book.worksheet_range("说明").expect("a sheet");
    let told: BTreeMap<String, String> = about.rows().map(|row| (row[0].to_string(), row[1].to_string())).collect();
    assert_eq!(told["行数"], asked.len().to_string());
    assert_eq!(told["数据版本"], "第 1 版（非正式）");
    // CSV has it beside it.
    let beside: serde_json::Value =
        serde_json::from_slice(&fs::read(path("c.csv-metadata.json")).expect("it is there")).expect("JSON");
    assert_eq!(beside["kehou:rows"], asked.len());
    assert_eq!(beside["url"], "c.csv");
}

#[test]
fn what_looks_like_a_formula_is_none_and_what_is_wrong_is_said() {
    let city = City::with_release();
    let file = |name: &str| city.folder().join(name).display().to_string();
    let sql = "select '=1+1' as subject, '@x' as reason, cast(-1.5 as decimal(18,2)) as amount, cast('3704020001' as varchar) as school_id";
    for name in ["q.csv", "q.xlsx"] {
        city.ok(&["export", "--sql", sql, "-o", &file(name), "--lang", "en"]);
    }
    let (headings, rows) = csv(Path::new(&file("q.csv")));
    assert_eq!(headings, ["Subject", "Reason", "Amount", "School id"]);
    assert_eq!(rows, [["'=1+1", "'@x", "-1.50", "3704020001"]]);
    let mut book: Xlsx<_> = open_workbook(file("q.xlsx")).expect("a workbook");
    let sheet = book.worksheet_range("Data").expect("a sheet");
    assert_eq!(sheet.get((1, 0)), Some(&Data::String("=1+1".to_owned())));
    assert_eq!(sheet.get((1, 2)), Some(&Data::Float(-1.5)));
    assert!(book.worksheet_formula("Data").expect("readable").is_empty(), "nothing in it computes");
    for (words, part) in [
        (vec!["export", "marts.findin", "-o", "x.csv"], "marts.finding"),
        (vec!["export", "marts.finding", "-o", "x.pdf"], ".parquet"),
        (vec!["export", "--sql", "drop table marts.finding", "-o", "x.csv"], "DDL"),
    ] {
        let output = city.run(&words);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && told.contains(part), "{words:?}: {told}");
        assert!(!Path::new("x.csv").exists());
    }
    // A query that breaks in the middle leaves what was there before.
    fs::write(file("kept.csv"), "before").expect("written");
    let broken = "select 1 / (row_no - 3) as x from staging.charge";
    assert_eq!(city.run(&["export", "--sql", broken, "-o", &file("kept.csv")]).status.code(), Some(1));
    assert_eq!(fs::read(file("kept.csv")).expect("there"), b"before");
    let parts = fs::read_dir(city.folder())
        .expect("a folder")
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().ends_with(".part")));
    assert_eq!(parts.count(), 0, "no half file is left");
}

/// More rows than a sheet holds go on in the next one, and none is lost.
#[test]
fn a_workbook_goes_on_in_further_sheets() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("many.xlsx");
    let column: ArrayRef = Arc::new((0..2_500).collect::<Int64Array>());
    let batch = RecordBatch::try_from_iter([("n", column)]).expect("one column");
    let columns = [Column { name: "n".to_owned(), heading: "序号".to_owned() }];
    let about = About {
        title: "序号".to_owned(),
        lang: Lang::Zh,
        release: 1,
        made_at: String::new(),
        today: "2020-03-01".parse().expect("a day"),
        official: false,
        filters: Vec::new(),
        source: String::new(),
        written_at: String::new(),
    };
    let out = File::create(&path).expect("made");
    let mut sink =
        Sink::in_book(Format::Xlsx, &columns, &batch.schema(), about, out, Book::with_rows(1_001)).expect("begun");
    for start in (0..2_500).step_by(300) {
        sink.write(&batch.slice(start, 300.min(2_500 - start))).expect("written");
    }
    assert_eq!(sink.rows(), 2_500);
    sink.finish().expect("ended");
    let mut book: Xlsx<_> = open_workbook(&path).expect("a workbook");
    assert_eq!(book.sheet_names(), ["数据", "数据 2", "数据 3", "说明"]);
    let mut numbers = Vec::new();
    for (name, rows) in [("数据", 1_000), ("数据 2", 1_000), ("数据 3", 500)] {
        let sheet = book.worksheet_range(name).expect("a sheet");
        assert_eq!((sheet.get((0, 0)), sheet.height()), (Some(&Data::String("序号".to_owned())), rows + 1), "{name}");
        numbers.extend(sheet.rows().skip(1).map(|row| row[0].to_string()));
    }
    assert_eq!(numbers, (0..2_500).map(|n| n.to_string()).collect::<Vec<_>>());
}

/// The rows that count, and none that was corrected, sent back or withdrawn.
#[test]
fn all_of_a_release_holds_what_counts_and_a_dictionary_of_all_of_it() {
    const FIRST: Slice<'static> =
        ("class_roster", "2019-10", &["一(1)班,1,33,20,20,20,20,20,3,1,1", "一(2)班,1,30,10,10,10,10,10,3,1,1"]);
    const SECOND: Slice<'static> = ("class_roster", "2019-10", &["一(1)班,1,34,21,21,21,21,21,3,1,1"]);
    let desk = Desk::new(2);
    desk.send("first", "2019-11-01", &[(0, FIRST), (1, FIRST)]);
    desk.send("second", "2019-11-02", &[(0, SECOND)]);
    desk.city.transform();
    assert_eq!(count(&desk.city, "raw_class_roster"), 5);
    let folder = desk.city.folder().join("all");
    let words = ["export", "--all", "-o", &folder.display().to_string()].map(str::to_owned);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    desk.city.ok(&words);
    assert_eq!(rows_of(&folder.join("staging/class_roster.parquet")), 3, "one line was replaced, one taken out");
    let release: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("release.json")).expect("there")).expect("JSON");
    let tables = release["tables"].as_object().expect("tables");
    let counts: Vec<String> =
        tables.keys().map(|name| format!("select '{name}' as name, count(*) as n from {name}")).collect();
    let counts: BTreeMap<String, String> = desk
        .city
        .query(&counts.join(" union all "))
        .iter()
        .map(|row| (row["name"].clone(), row["n"].clone()))
        .collect();
    for (name, told) in tables {
        let (file, rows) = (told["file"].as_str().expect("a file"), told["rows"].as_u64().expect("a number"));
        assert_eq!(rows, rows_of(&folder.join(file)), "{name}");
        assert_eq!(rows.to_string(), counts[name], "{name}");
    }
    // Every form and every mart of the release is in it.
    let stored = desk.city.query("select table_schema || '.' || table_name as name from information_schema.tables where table_schema in ('marts', 'reference')");
    let wanted: BTreeSet<String> = stored.iter().map(|row| row["name"].clone()).collect();
    let forms = ingest::form::forms().iter().map(|form| format!("staging.{}", form.name));
    let wanted: BTreeSet<String> = wanted.into_iter().chain(forms).collect();
    assert_eq!(tables.keys().cloned().collect::<BTreeSet<_>>(), wanted);
    // Each of their columns has a title in both languages, and its place.
    let (headings, lines) = csv(&folder.join("dictionary.csv"));
    let at = |heading: &str| headings.iter().position(|one| one == heading).expect("a heading");
    let mut told: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in &lines {
        let (name, zh, en) = (&line[at("column")], &line[at("title_zh")], &line[at("title_en")]);
        assert!(!zh.is_empty() && zh != name && !en.is_empty(), "{}.{name} has no words", line[0]);
        assert!(
            zh.chars().any(|letter| letter > '\u{2e7f}') || ["z 值"].contains(&zh.as_str()),
            "{}.{name}: {zh}",
            line[0]
        );
        assert!(line[at("table_zh")].chars().any(|letter| letter > '\u{2e7f}'), "{} has no title", line[0]);
        told.entry(&line[0]).or_default().insert(name);
    }
    for (name, entry) in tables {
        let file = File::open(folder.join(entry["file"].as_str().expect("a file"))).expect("there");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
        let columns: BTreeSet<&str> = reader.schema().fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(told[name.as_str()], columns, "{name}");
    }
    let pupil =
        lines.iter().find(|line| line[0] == "staging.charge" && line[at("column")] == "pupil_id").expect("told");
    assert_eq!(pupil[at("visibility")], "secret");
    let text = fs::read_to_string(folder.join("dictionary.md")).expect("there");
    assert!(
        text.contains("## marts.finding 问题线索") && text.contains("| `amount` | 涉及金额 | decimal(18,2) | 元 |"),
        "{text}"
    );
    // A folder that is there is not touched.
    let again = desk.city.run(&words);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("already"));
}

#[test]
fn a_killed_export_leaves_no_folder_and_the_same_command_ends_it() {
    let city = City::with_release();
    let folder = city.folder().join("out");
    let output = folder.display().to_string();
    let words = ["export", "--all", "-o", &output];
    kill_at(&city, &words, "export.table_written");
    assert!(!folder.exists(), "half a folder has no such name");
    let part = city.folder().join(".out.part");
    fs::write(part.join("rest.parquet"), "half").expect("what the dead one left");
    city.ok(&words);
    assert!(!part.exists() && folder.join("release.json").exists() && !folder.join("rest.parquet").exists());
    assert!(!folder.join(".lock").exists());
}

/// What openpyxl, pandas and LibreOffice make of headings, ids and money.
#[test]
fn other_programs_see_the_chinese_headings() {
    let city = City::with_release();
    let file = |name: &str| city.folder().join(name).display().to_string();
    for name in ["f.csv", "f.xlsx", "f.parquet"] {
        city.ok(&["export", "marts.finding", "-o", &file(name)]);
    }
    let number = count(&city, "finding");
    let ids = city.query("select min(school_id) as id from finding where school_id <> ''")[0]["id"].clone();
    if has_python("openpyxl, pandas, pyarrow") {
        let script = "import sys, json, openpyxl, pandas
folder = sys.argv[1]
book = openpyxl.load_workbook(folder + '/f.xlsx', read_only=True)
sheet = book.worksheets[0]
first = [cell.value for cell in next(sheet.iter_rows(max_row=1))]
table = pandas.read_excel(folder + '/f.xlsx', dtype={'学校标识码': str})
plain = pandas.read_csv(folder + '/f.csv', dtype={'学校标识码': str})
parquet = pandas.read_parquet(folder + '/f.parquet')
schools = [row[first.index('学校标识码')] for row in sheet.iter_rows(min_row=2, values_only=True)]
print(json.dumps({
    'openpyxl': first, 'excel': list(table.columns), 'csv': list(plain.columns), 'names': list(parquet.columns),
    'rows': [len(table), len(plain), len(parquet), len(schools)],
    'ids': [sorted(set(i for i in ids if isinstance(i, str) and i))[0] for ids in (schools, table['学校标识码'], plain['学校标识码'], parquet['school_id'])],
    'sums': [float(table['涉及金额'].sum()), float(plain['涉及金额'].sum()), float(parquet['amount'].astype(float).sum())],
    'day': str(table['首次发现'].dtype),
}))";
        let output = Command::new("python3").args(["-c", script]).arg(city.folder()).output().expect("python3 starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let seen: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let headings = [
            "问题编号",
            "规则代码",
            "严重程度",
            "学校标识码",
            "区划代码",
            "统计期",
            "对象",
            "涉及金额",
            "问题描述",
            "问题描述（英文）",
            "条款",
            "首次发现",
            "消除日期",
        ];
        for program in ["openpyxl", "excel", "csv"] {
            assert_eq!(seen[program], serde_json::json!(headings), "{program}");
        }
        assert_eq!(seen["names"][3], "school_id");
        assert_eq!(seen["rows"], serde_json::json!([number, number, number, number]));
        assert_eq!(seen["ids"], serde_json::json!([ids, ids, ids, ids]));
        let sum: f64 = city.query("select sum(amount) as n from finding")[0]["n"].parse().expect("money");
        for one in seen["sums"].as_array().expect("sums") {
            assert!((one.as_f64().expect("a number") - sum).abs() < 0.005, "{one} is not {sum}");
        }
        assert!(seen["day"].as_str().is_some_and(|kind| kind.starts_with("datetime64")), "{}", seen["day"]);
    }
    if has("soffice", &["--version"]) {
        let profile = format!("-env:UserInstallation=file://{}", city.folder().join("office").display());
        let words = ["--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir"];
        let out = city.folder().join("seen");
        let status = Command::new("soffice")
            .arg(&profile)
            .args(words)
            .arg(&out)
            .arg(file("f.xlsx"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("it starts");
        assert!(status.success());
        let text = fs::read_to_string(out.join("f.csv")).expect("a table");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headings = reader.headers().expect("headings").clone();
        assert_eq!(headings.iter().take(4).collect::<Vec<_>>(), ["问题编号", "规则代码", "严重程度", "学校标识码"]);
        let at = |heading: &str| headings.iter().position(|one| one == heading).expect("a heading");
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len() as u64, number);
        assert!(rows.iter().any(|row| row[at("学校标识码")] == ids), "ids stay as they are");
        assert!(rows.iter().all(|row| row[at("首次发现")] == *"2020-03-01"), "a day is a day");
    }
}
