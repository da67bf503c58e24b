//! Where figures and findings come from: their parts sum to them, whoever did not report is named, and the rows stand where the
//! files have them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use calamine::{Data, Reader, Xlsx, open_workbook};
use dashboard::explain::Explainer;
use dashboard::explain::figure::Question;
use dashboard::words::Lang;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use serde_json::Value;
use transform::project::Project;
use transform::views::register_parts;
use warehouse::Warehouse;
use warehouse::session::Limits;

use crate::city::{City, example, read_csv_file};
use crate::desk::{Desk, Slice, school};

/// The example city with a release as of 2020-03-01.
fn city() -> &'static City {
    static CITY: OnceLock<City> = OnceLock::new();
    CITY.get_or_init(City::with_release)
}

/// A sample city, which has every indicator but the one that needs casework.
fn sample() -> &'static City {
    static CITY: OnceLock<City> = OnceLock::new();
    CITY.get_or_init(|| {
        let scratch = tempfile::tempdir().expect("a folder");
        let out = scratch.path().join("sample").display().to_string();
        let made = Command::new(env!("CARGO_BIN_EXE_kehou")).args(["sample", &out, "--scale", "0.03"]).status();
        assert!(made.expect("the command starts").success());
        let city = City::new(&Path::new(&out).join("reference"));
        city.ok(&["ingest", &format!("{out}/inbox"), "--received", "folder"]);
        city.transform();
        city
    })
}

fn explain(city: &City, words: &[&str]) -> Value {
    let text = city.ok(&[&["explain"], words, &["--format", "json"]].concat());
    serde_json::from_str(&text).expect("JSON")
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text '{key}': {value}"))
}

/// The city's answer to a call that must end with 1; what it says on standard error.
fn refused(city: &City, words: &[&str]) -> String {
    let output = city.run(&[&["explain"], words].concat());
    assert_eq!(output.status.code(), Some(1), "{words:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_district_is_the_sum_of_its_schools_and_the_city_of_its_districts() {
    // What was worked out apart from the product: numerator and denominator of each unit.
    let expected: BTreeMap<String, (f64, f64)> = read_csv_file(&example().join("expected/indicator_value.csv"))
        .iter()
        .filter(|row| row["indicator"] == "C04" && row["period"] == "2019-10" && row["dimension"].is_empty())
        .map(|row| {
            let number = |column: &str| row[column].parse().expect("a number");
            (row["unit_id"].clone(), (number("numerator"), number("denominator")))
        })
        .collect();
    for (unit, parts) in
        [("379902", &["3799001000", "3799061222"][..]), ("city", &["379900", "379902", "379903", "379981"][..])]
    {
        let told = explain(city(), &["indicator", "C04", "--unit", unit, "--period", "2019-10"]);
        let found: Vec<&str> = list(&told["parts"]).iter().map(|part| text(part, "unit_id")).collect();
        assert_eq!(found, parts, "{unit}");
        let (mut above, mut below) = (0.0, 0.0);
        for part in list(&told["parts"]) {
            let (numerator, denominator) = expected[text(part, "unit_id")];
            assert_eq!((&part["numerator"], &part["denominator"]), (&numerator.into(), &denominator.into()), "{part}");
            (above, below) = (above + numerator, below + denominator);
        }
        assert_eq!((above, below), expected[unit], "{unit}: the expected figures sum");
        let sum = &told["parts_sum"];
        assert_eq!((&sum["numerator"], &sum["denominator"]), (&above.into(), &below.into()));
        assert_eq!((&sum["numerator_fits"], &sum["denominator_fits"]), (&true.into(), &true.into()));
    }
}

/// The file of the example that a proof names: it lies in the folder of its day of receipt.
fn file(proof: &Value) -> PathBuf {
    example().join("inbox").join(text(proof, "received_on")).join(text(proof, "file_name"))
}

/// The cells of a workbook's row, as a spreadsheet numbers it, by heading.
fn workbook_row(path: &Path, sheet: &str, row: u32, heading_row: u32) -> BTreeMap<String, String> {
    let mut book: Xlsx<_> = open_workbook(path).expect("a workbook");
    let range = book.worksheet_range(sheet).expect("the sheet");
    let cell = |row: u32, column: u32| {
        range.get_value((row - 1, column)).filter(|cell| !matches!(cell, Data::Empty)).map(ToString::to_string)
    };
    (0..20).filter_map(|column| Some((cell(heading_row, column)?, cell(row, column).unwrap_or_default()))).collect()
}

#[test]
fn a_schools_rows_stand_where_its_workbook_has_them() {
    let told = explain(city(), &["indicator", "C04", "--unit", "3799061222", "--period", "2019-10"]);
    let [proof] = list(&told["proofs"]).as_slice() else { panic!("one sheet: {}", told["proofs"]) };
    assert_eq!([text(proof, "file_name"), text(proof, "sheet")], ["3799061222_2019-10.xlsx", "班级需求汇总表"]);
    let headings: Vec<&str> = list(&proof["columns"]).iter().map(|column| text(column, "heading")).collect();
    let mut enrolled = Vec::new();
    for row in list(&proof["rows"]) {
        let number = row["row_no"].as_u64().expect("a row") as u32;
        // A title stands above the headings, so they are in the second row.
        let cells = workbook_row(&file(proof), "班级需求汇总表", number, 2);
        let shown = |heading: &str| {
            let at = headings.iter().position(|one| *one == heading).expect("the heading");
            list(&row["cells"])[at].as_str().expect("a cell").to_owned()
        };
        let class = cells["班级"].trim().replace('（', "(").replace('）', ")");
        assert_eq!((shown("班级"), shown("在籍人数")), (class, cells["在籍人数"].clone()), "row {number}");
        enrolled.push((number, row["numerator"].as_f64(), cells["参加人数"].parse::<f64>().ok()));
    }
    // The class of grade 8, in row 5, is no part of the headline.
    assert_eq!(enrolled, [(3, Some(6.0), Some(6.0)), (4, Some(8.0), Some(8.0))]);
    assert_eq!((&told["figure"]["numerator"], &told["figure"]["denominator"]), (&14.0.into(), &(37.0 + 41.0).into()));
    let sum = &told["rows"]["sum"];
    assert_eq!((&sum["parts"], &sum["numerator"], &sum["numerator_fits"]), (&2.into(), &14.0.into(), &true.into()));
    let [slice] = list(&told["slices"]).as_slice() else { panic!("one slice: {}", told["slices"]) };
    assert_eq!(
        [text(slice, "form"), text(slice, "state"), text(slice, "received_on")],
        ["class_roster", "reported", "2019-11-08"]
    );
    assert_eq!(
        (&slice["counted"]["first_row"], &slice["counted"]["last_row"], &slice["version"]),
        (&3.into(), &4.into(), &1.into())
    );

    let junior = explain(
        city(),
        &["indicator", "C04", "--unit", "3799061222", "--period", "2019-10", "--dimension", "stage=junior"],
    );
    let rows: Vec<&Value> = list(&junior["proofs"]).iter().flat_map(|proof| list(&proof["rows"])).collect();
    assert_eq!(
        rows.iter().map(|row| (&row["row_no"], &row["numerator"])).collect::<Vec<_>>(),
        [(&5.into(), &6.0.into())]
    );
}

#[test]
fn a_csv_files_lines_are_counted_with_its_heading() {
    let told = explain(city(), &["indicator", "C03", "--unit", "3799001000", "--period", "2019-10"]);
    let [proof] = list(&told["proofs"]).as_slice() else { panic!("one file: {}", told["proofs"]) };
    let sent = fs::read_to_string(file(proof)).expect("UTF-8");
    let lines: Vec<&str> = sent.lines().collect();
    let mut wanting = 0.0;
    for row in list(&proof["rows"]) {
        let line = lines[row["row_no"].as_u64().expect("a line") as usize - 1];
        assert!(line.starts_with("3799001000,2019-10,"), "{line}");
        assert_eq!(row["denominator"].as_f64(), line.split(',').nth(5).and_then(|cell| cell.parse().ok()), "{line}");
        wanting += row["denominator"].as_f64().unwrap_or_default();
    }
    assert_eq!((list(&proof["rows"]).len(), wanting), (3, 8.0 + 5.0 + 6.0));
}

#[test]
fn who_did_not_report_is_named_with_what_is_lacking() {
    let roster: Slice<'static> = ("class_roster", "2019-10", &["一(1)班,1,33,8,8,8,8,5,3,1,1"]);
    let bad: Slice<'static> = ("class_roster", "2019-10", &["一(1)班,1,x,8,8,8,8,8,3,1,1"]);
    let desk = Desk::new(4);
    desk.send("good", "2019-11-10", &[(0, roster), (1, roster)]);
    desk.try_send("bad", "2019-11-09", &[(2, bad)], &[]);
    desk.city.ok(&["transform", "--today", "2019-11-12"]);
    let words = ["indicator", "C03", "--unit", "379902", "--period", "2019-10"];
    let told = explain(&desk.city, &words);
    let coverage = &told["coverage"];
    assert_eq!((&coverage["reported"], &coverage["expected"]), (&2.into(), &4.into()));
    let ids = |key: &str| list(&coverage[key]).iter().map(|one| text(one, "school_id").to_owned()).collect::<Vec<_>>();
    assert_eq!(ids("reporting"), [school(0), school(1)]);
    assert_eq!(ids("lacking"), [school(2), school(3)]);
    let lacking: Vec<[&str; 4]> = list(&coverage["lacking"])
        .iter()
        .flat_map(|one| list(&one["slices"]))
        .map(|slice| ["form", "period", "state", "due_on"].map(|key| text(slice, key)))
        .collect();
    assert_eq!(
        lacking,
        [["class_roster", "2019-10", "rejected", "2019-11-10"], ["class_roster", "2019-10", "missing", "2019-11-10"]]
    );
    let shown = desk.city.ok(&[&["explain"], &words[..]].concat());
    for part in [
        "C03 需求满足率",
        "报送 / 应报：2 / 4",
        "第3小学  0/1  班级需求汇总表 2019-10 缺报（2019-11-10 到期）",
        "各部分之和 16 = 分子 16 ✓",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let english = desk.city.ok(&[&["explain"], &words[..], &["--lang", "en"]].concat());
    assert!(english.contains("Demand met") && english.contains("missing (due 2019-11-10)"), "{english}");
}

#[test]
fn a_long_form_is_shown_in_part_and_its_query_gives_all() {
    let told = explain(city(), &["indicator", "C06", "--unit", "3799061222", "--period", "2019-10"]);
    let form =
        |name: &str| list(&told["rows"]["forms"]).iter().find(|one| one["form"] == name).expect("the form").clone();
    // 365 pupil-days of attendance; 3 classes of 6 + 8 + 6 enrolled on the days with a session.
    let attendance = form("attendance");
    assert_eq!((&attendance["rows"], &attendance["shown"]), (&365.into(), &10.into()));
    let all = city().query(text(&attendance, "query"));
    assert_eq!(all.len(), 365);
    assert!(all.iter().all(|row| row["pupil_id"].len() == 32 && row["numerator"] == "1.00"));
    let days: BTreeSet<&str> = all.iter().map(|row| row["held_on"].as_str()).collect();
    let rosters = city().query(text(&form("class_roster"), "query"));
    let places: f64 = rosters.iter().map(|row| row["denominator"].parse::<f64>().expect("a number")).sum();
    assert_eq!((rosters.len(), places), (3, 20.0 * days.len() as f64));
    assert_eq!(told["figure"]["denominator"], places);
    // What is counted as whole slices has one query.
    let slices = explain(city(), &["indicator", "K04", "--unit", "3799061222", "--period", "2019-10"]);
    let [forms] = list(&slices["rows"]["forms"]).as_slice() else { panic!("one query: {}", slices["rows"]) };
    let due = city().query(text(forms, "query"));
    assert_eq!(
        (due.len() as f64, &forms["form"]),
        (slices["figure"]["denominator"].as_f64().expect("a number"), &Value::Null)
    );
    // Nobody's number, and no whole hash, is shown.
    let shown = told["proofs"].to_string();
    assert!(shown.contains('…') && !all.iter().any(|row| shown.contains(&row["pupil_id"])), "{shown}");
}

#[test]
fn money_sums_by_receipts_and_the_finding_points_at_its_row() {
    let told = explain(city(), &["indicator", "F03", "--unit", "3799061222", "--period", "2019-10"]);
    assert_eq!((&told["rows"]["sum"]["numerator"], &told["coverage"]), (&628.01.into(), &Value::Null));
    assert!(list(&told["policy"]).iter().any(|one| one["key"] == "remit_within_days" && one["value"] == "10"));

    let id =
        city().query("select finding_id from finding where rule = 'R13' and school_id = '3799061222'")[0]["finding_id"]
            .clone();
    let told = explain(city(), &["finding", &id[..12]]);
    assert_eq!(
        (text(&told, "finding_id"), text(&told, "subject"), &told["amount"]),
        (id.as_str(), "SJ201910020", &"0.01".into())
    );
    let [proof] = list(&told["proofs"]).as_slice() else { panic!("one file: {}", told["proofs"]) };
    let [row] = list(&proof["rows"]).as_slice() else { panic!("one row: {proof}") };
    let cells = workbook_row(&file(proof), text(proof, "sheet"), row["row_no"].as_u64().expect("a row") as u32, 1);
    assert_eq!((cells["票据号"].as_str(), cells["金额"].as_str()), ("SJ201910020", "20.01"));
    assert_eq!(told["evidence"][0]["sums"][0]["sum"], "20.01");
    // 10 sessions at 2 yuan, the standard for rural schools of the district, are 20 yuan.
    let standards = list(&told["standards"]);
    assert!(
        standards.iter().any(|one| one["urban_rural"] == "rural" && one["yuan_per_session"] == "2.00"),
        "{standards:?}"
    );
    assert_eq!((text(&told["sql"], "path"), &told["sql"]["same_as_release"]), ("rules/r13.sql", &true.into()));
    let rule = &told["rule"];
    assert!(!text(rule, "blind").is_empty() && text(rule, "amount").contains("standard in force"), "{rule}");
    assert_eq!(city().query(text(&told["evidence"][0], "query")).len(), 1);
    let shown = city().ok(&["explain", "finding", &id]);
    for part in
        ["多收 0.01 元", "R13 超标准收费", "通知 六¶3", "看不到的", "2020-03-01 发现", "回执", "sql/rules/r13.sql"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_finding_tells_what_became_of_it_and_an_older_release_stays() {
    let short: Slice<'static> =
        ("class_roster", "2019-10", &["一(1)班,1,33,8,8,8,8,8,3,1,1", "二(1)班,2,30,9,5,5,5,5,3,1,1"]);
    let full: Slice<'static> =
        ("class_roster", "2019-10", &["一(1)班,1,33,8,8,8,8,8,3,1,1", "二(1)班,2,30,9,9,9,9,9,3,1,1"]);
    let desk = Desk::new(1);
    for (at, (slice, today)) in
        [(short, "2019-11-11"), (full, "2019-11-12"), (short, "2019-11-13")].into_iter().enumerate()
    {
        // The same bytes change nothing, so the third one is asked for.
        let (output, _) = desk.try_send(&format!("call-{at}"), today, &[(0, slice)], &["--again"]);
        assert!(output.status.success());
        desk.city.ok(&["transform", "--today", today]);
    }
    let id = desk.city.query("select finding_id from finding where rule = 'R02'")[0]["finding_id"].clone();
    let told = explain(&desk.city, &["finding", &id]);
    let events: Vec<[&str; 2]> =
        list(&told["events"]).iter().map(|one| ["event", "on_date"].map(|key| text(one, key))).collect();
    assert_eq!(events, [["seen", "2019-11-11"], ["ended", "2019-11-12"], ["returned", "2019-11-13"]]);
    let [slice] = list(&told["slices"]).as_slice() else { panic!("one slice: {}", told["slices"]) };
    assert_eq!((&slice["version"], &slice["attempts"]), (&3.into(), &3.into()));
    assert_eq!(text(slice, "replaces").len(), 8, "{slice}");
    assert_eq!(told["proofs"][0]["rows"][0]["row_no"], 3, "the second class, below the headings: {}", told["proofs"]);

    let ended = explain(&desk.city, &["finding", &id, "--release", "2"]);
    assert_eq!(
        (&ended["ended"], &ended["release"]["release"], &ended["evidence"]),
        (&"2019-11-12".into(), &2.into(), &Value::Array(Vec::new()))
    );
    let met = |release: &str| {
        let told = explain(
            &desk.city,
            &["indicator", "C03", "--unit", &school(0), "--period", "2019-10", "--release", release],
        );
        (
            told["figure"]["numerator"].clone(),
            told["rows"]["sum"]["numerator_fits"].clone(),
            told["slices"][0]["version"].clone(),
        )
    };
    assert_eq!(met("2"), (17.0.into(), true.into(), 2.into()));
    assert_eq!(met("3"), (13.0.into(), true.into(), 3.into()));
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let check = |words: &[&str], parts: &[&str]| {
        let said = refused(city(), words);
        for part in parts {
            assert!(said.contains(part), "{part}: {said}");
        }
    };
    check(&["indicator", "C33"], &["没有指标“C33”", "there is no indicator 'C33'", "C03", "K05"]);
    check(&["indicator", "C03", "--unit", "379920"], &["没有单位", "379902 东湖区"]);
    check(&["indicator", "C03", "--unit", "东湖区"], &["379902 东湖区"]);
    check(&["indicator", "C03", "--unit", "3799061223"], &["3799061222 东湖区第7小学"]);
    check(&["indicator", "C03", "--period", "2019-13"], &["2019-09 2019-10", "2019-2020-1", "it has these periods"]);
    check(&["indicator", "F10", "--period", "2019-10"], &["--dimension", "category=staff_pay"]);
    check(&["finding", "ffffffffffffffffffffffffffffffff"], &["没有问题线索", "select finding_id"]);
    check(&["indicator", "C03", "--release", "99"], &["there is no release 99"]);
}

/// Opens the library on a city's newest release. A plan of models nests deeply, so it needs a large stack.
fn with_library<F, T>(city: &City, ask: impl FnOnce(Warehouse) -> F + Send + 'static) -> T
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let place = city.warehouse().display().to_string();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(16 << 20).build();
    runtime.expect("threads").block_on(async move {
        let done = tokio::spawn(async move { ask(Warehouse::open(&place).await.expect("a warehouse")).await });
        done.await.expect("no panic")
    })
}

/// The parts of every school's figure sum to it, of each indicator that has such a query.
fn parts_sum(city: &City, without: &'static [&'static str]) {
    with_library(city, async move |warehouse: Warehouse| {
        let project = Project::built_in().expect("the SQL is sound");
        let release = warehouse.latest_release().await.expect("readable").expect("a release");
        let context = warehouse.release_session(&release, &Limits::default()).await.expect("a session");
        register_parts(&context, &project, &release).await.expect("planned");
        let mut summed = 0;
        for part in project.parts() {
            let code = part.name.table.to_uppercase();
            let sql = format!(
                "with figure as (
                    select unit_id as school_id, period_type, period, dimension, numerator, denominator
                    from marts.indicator_value where indicator = '{code}' and level = 'school'
                 ),
                 part as (
                    select school_id, period_type, period, dimension, sum(numerator) as numerator, sum(denominator) as denominator
                    from {} group by school_id, period_type, period, dimension
                 )
                 select count(*) as figures, count(part.school_id) as parts, sum(case
                    when figure.school_id is null or figure.numerator <> coalesce(part.numerator, 0)
                        or figure.denominator <> case when '{code}' = 'C08' then figure.denominator else coalesce(part.denominator, 0) end
                    then 1 else 0 end) as wrong
                 from figure full outer join part
                    on part.school_id = figure.school_id and part.period_type = figure.period_type
                    and part.period = figure.period and part.dimension = figure.dimension",
                part.name
            );
            let batches = context.sql(&sql).await.expect("planned").collect().await.expect("run");
            let count = |column: usize| batches[0].column(column).as_primitive::<Int64Type>().value(0);
            let there = !without.contains(&code.as_str());
            assert_eq!((count(0) > 0, count(1) > 0), (there, there), "{code} has figures, parts");
            let wrong = batches[0].column(2).as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
            assert_eq!(wrong, 0, "{code}: the parts of so many figures don't sum to them");
            summed += 1;
        }
        assert_eq!(summed, 27, "each indicator but the two that count findings, and the score");
    });
}

#[test]
fn the_parts_of_every_schools_figure_sum_to_it() {
    // Nobody of the example asked for a refund.
    parts_sum(city(), &["F06"]);
    parts_sum(sample(), &[]);
}

#[test]
fn every_indicator_explains_at_every_level() {
    let figures = sample().query(
        "select indicator, level, unit_id, period, dimension from indicator_value
         qualify row_number() over (partition by indicator, level, dimension order by denominator desc nulls last, unit_id, period) = 1",
    );
    let levels: BTreeSet<(String, String)> =
        figures.iter().map(|row| (row["indicator"].clone(), row["level"].clone())).collect();
    assert_eq!(
        levels.len(),
        29 * 3,
        "all indicators at three levels, but K02, which has no value without casework: {levels:?}"
    );
    with_library(sample(), async move |warehouse: Warehouse| {
        let project = Project::built_in().expect("the SQL is sound");
        let release = warehouse.latest_release().await.expect("readable").expect("a release");
        let explainer = Explainer::whole(&warehouse, &release, &project, Lang::Zh).await.expect("a session");
        for row in figures {
            let question = Question {
                indicator: row["indicator"].clone(),
                unit: row["unit_id"].clone(),
                period: row["period"].clone(),
                dimension: row["dimension"].clone(),
            };
            let told = explainer.figure(&question).await.unwrap_or_else(|error| panic!("{question:?}: {error}"));
            assert!(!told.indicator.title_zh.is_empty() && !told.sql.text.is_empty() && told.sql.same_as_release);
            let (code, level) = (row["indicator"].as_str(), row["level"].as_str());
            match (code, level) {
                ("E01", _) => {
                    let points: f64 = told.score.iter().filter_map(|part| part.points).sum();
                    assert!((points - told.figure.value.expect("a score")).abs() < 1e-6, "{question:?}");
                }
                ("K01", "school") => {
                    let counting = told.counting.expect("findings");
                    assert_eq!(told.figure.numerator, Some(counting.total as f64 * 10_000.0), "{question:?}");
                }
                (_, "school") => {
                    let rows = told.rows.unwrap_or_else(|| panic!("{question:?} has no rows"));
                    assert!(rows.sum.numerator_fits && (rows.sum.denominator_fits || code == "C08"), "{question:?}");
                    assert!(!told.slices.is_empty(), "{question:?} rests on some slice");
                }
                _ => {
                    let sum = told.parts_sum.expect("parts");
                    assert!(sum.numerator_fits && (sum.denominator_fits || code == "K01"), "{question:?}: {sum:?}");
                    assert!(!told.parts.is_empty());
                    if let (Some(coverage), true) = (&told.coverage, row["dimension"].is_empty()) {
                        let counted = (Some(coverage.reported), Some(coverage.expected));
                        assert_eq!(counted, (told.figure.reported, told.figure.expected), "{question:?}");
                    }
                }
            }
        }
    });
}
