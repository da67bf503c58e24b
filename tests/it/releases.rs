//! Releases in use: the list of them, what differs between two and what caused it, and the one that stood at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::city::{City, example};

/// The first grade's class of 东湖区第1小学 (3799001000, 379902, urban) wants ten places in October where it wanted eight; 17 of 19
/// were met, now it is 19 of 21. Nothing else of the slice is otherwise.
const CORRECTED: &str = "学校标识码,统计期,班级,年级,在籍人数,有需求人数,家长申请人数,班级审核人数,参加人数,三方签字份数,建档立卡人数,建档立卡有需求人数,建档立卡参加人数
3799001000,2019-10,一(1)班,1,33,10,8,8,8,8,3,1,1
3799001000,2019-10,三(1)班,3,41,5,5,5,5,5,3,1,1
3799001000,2019-10,五(1)班,5,38,6,6,6,6,6,3,1,1
";
const SCHOOL: &str = "3799001000";

fn diff(city: &City, words: &[&str]) -> Value {
    serde_json::from_str(&city.ok(&[&["diff"], words, &["--format", "json"]].concat())).expect("JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().unwrap_or_else(|| panic!("no list '{key}' in {value}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// `indicator unit period dimension` of each figure that differs.
fn keys(difference: &Value) -> BTreeSet<String> {
    let key = |figure: &Value| ["indicator", "unit_id", "period", "dimension"].map(|key| text(figure, key)).join(" ");
    list(difference, "figures").iter().map(key).collect()
}

fn figure<'a>(difference: &'a Value, key: [&str; 4]) -> &'a Value {
    let is = |figure: &&Value| ["indicator", "unit_id", "period", "dimension"].map(|key| text(figure, key)) == key;
    list(difference, "figures").iter().find(is).unwrap_or_else(|| panic!("{key:?} does not differ"))
}

fn send(city: &City, call: &str, text: &str, words: &[&str]) -> std::process::Output {
    let folder = city.folder().join(call);
    fs::create_dir_all(&folder).expect("made");
    fs::write(folder.join(format!("{call}.csv")), text).expect("written");
    city.run(&[&["ingest", &folder.display().to_string(), "--received", "2020-02-20"], words].concat())
}

/// The example's reference tables with one line of the policy otherwise.
fn policy(city: &City, from: &str, to: &str) -> String {
    let folder = city.folder().join("reference");
    fs::create_dir_all(&folder).expect("made");
    for entry in fs::read_dir(example().join("reference")).expect("a folder") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, folder.join(path.file_name().expect("a name"))).expect("copied");
    }
    let file = folder.join("policy.csv");
    let text = fs::read_to_string(&file).expect("readable");
    assert!(text.contains(from), "{from}");
    fs::write(&file, text.replacen(from, to, 1)).expect("written");
    folder.display().to_string()
}

/// The units that a school's headline is part of, with the cuts of them.
fn parts(indicator: &str, with_cuts: bool) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for period in ["2019-10", "2019-2020-1", "2019"] {
        all.insert(format!("{indicator} {SCHOOL} {period} "));
        for unit in ["379902", "city"] {
            all.insert(format!("{indicator} {unit} {period} "));
            if with_cuts {
                all.insert(format!("{indicator} {unit} {period} urban_rural=urban"));
            }
        }
    }
    all
}

#[test]
fn a_corrected_slice_changes_exactly_its_figures_and_is_named() {
    let city = City::with_release();
    assert!(send(&city, "更正", CORRECTED, &[]).status.success());
    // A slice that is sent back changes nothing but how often the school got it right.
    let bad = CORRECTED.replace("33,10,", "33,x,").replace("2019-10", "2019-09");
    assert_eq!(send(&city, "退回", &bad, &[]).status.code(), Some(2));
    city.transform();
    let difference = diff(&city, &["1", "2"]);

    let changes = &difference["changes"];
    assert_eq!(
        [&changes["today"], &changes["sql"], &changes["reference"]],
        [&Value::Null, &Value::Array(vec![]), &Value::Array(vec![])]
    );
    let slices: Vec<[&str; 5]> = list(changes, "slices")
        .iter()
        .map(|slice| ["effect", "form", "school_id", "period", "file_name"].map(|key| text(slice, key)))
        .collect();
    let expected = [
        ["rejected", "class_roster", SCHOOL, "2019-09", "退回.csv"],
        ["corrected", "class_roster", SCHOOL, "2019-10", "更正.csv"],
    ];
    assert_eq!(slices, expected);
    let corrected = &changes["slices"][1];
    let status = city.ok(&["status", "--slice", "--form", "class_roster", "--school", SCHOOL, "--period", "2019-10"]);
    for receipt in [text(corrected, "receipt"), text(corrected, "receipt_before")] {
        assert!(receipt.len() == 8 && status.contains(receipt), "{receipt}: {status}");
    }

    // Demand met of the school, its district, the city and their urban part, in the month, its term and its year; the score that
    // weighs it; and the density of findings, because a class now waits (R02).
    let mut expected = parts("C03", true);
    expected.extend(parts("E01", false));
    expected.extend(parts("K01", true));
    assert_eq!(keys(&difference), expected);
    let number = |figure: &Value, side: &str, key: &str| figure[side][key].as_f64().expect("a number");
    let of = |key: [&str; 4]| {
        let figure = figure(&difference, key);
        [("before", "numerator"), ("before", "denominator"), ("after", "numerator"), ("after", "denominator")]
            .map(|(side, key)| number(figure, side, key))
    };
    assert_eq!(of(["C03", SCHOOL, "2019-10", ""]), [19.0, 19.0, 19.0, 21.0]);
    assert_eq!(of(["C03", "379902", "2019-10", ""]), [33.0, 33.0, 33.0, 35.0]);
    assert_eq!(of(["C03", "city", "2019", ""]), [202.0, 222.0, 202.0, 224.0]);
    assert_eq!(of(["C03", "city", "2019", "urban_rural=urban"]), [138.0, 158.0, 138.0, 160.0]);
    let school = figure(&difference, ["C03", SCHOOL, "2019-10", ""]);
    // 19 ÷ 21 is below 0.95: met becomes missed.
    assert_eq!((text(&school["before"], "status"), text(&school["after"], "status")), ("met", "missed"));
    assert!((school["value_by"].as_f64().expect("a number") - (19.0 / 21.0 - 1.0)).abs() < 1e-12);
    for figure in list(&difference, "figures") {
        assert_eq!(figure["causes"]["slices"], serde_json::json!([1]), "the correction alone: {figure}");
        let causes = &figure["causes"];
        assert_eq!((&causes["sql"], &causes["today"]), (&Value::Array(vec![]), &Value::Bool(false)), "{figure}");
    }

    let findings = list(&difference, "findings");
    assert_eq!(findings.len(), 1, "{findings:?}");
    let opened = ["kind", "rule", "school_id", "period"].map(|key| text(&findings[0], key));
    assert_eq!(opened, ["opened", "R02", SCHOOL, "2019-10"]);
    assert_eq!(findings[0]["causes"]["slices"], serde_json::json!([1]));

    // The score of the school's month: C03 has 25 of the 75 points that are given in a month. 19 ÷ 21 fulfils
    // (19 ÷ 21 − 0.5) ÷ 0.5 of it.
    let scores = list(&difference, "scores");
    let score = scores.iter().find(|score| text(score, "unit_id") == SCHOOL && text(score, "period") == "2019-10");
    let part = &score.expect("its score differs")["parts"][0];
    let points = (19.0 / 21.0 - 0.5) / 0.5 * 25.0 / 75.0 * 100.0;
    assert_eq!(text(part, "indicator"), "C03");
    assert!((part["points_after"].as_f64().expect("points") - points).abs() < 1e-9, "{part}");

    // For reading, whole or in part.
    let told = city.ok(&["diff"]);
    for word in [
        "第 1 期",
        "第 2 期",
        "更正",
        "班级需求汇总表",
        "东湖区第1小学",
        "C03 需求满足率",
        "19/19 → 19/21",
        "← S2",
        "需求未满足",
        "位次",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let few = city.ok(&["diff", "2", "--limit", "3", "--lang", "en"]);
    assert!(few.contains("39 figures differ") && few.contains("… and 36 more; --limit 0 lists all"), "{few}");
    assert!(!city.ok(&["diff", "--limit", "0"]).contains("另有"));
    let part = diff(&city, &["--indicator", "c03", "--unit", "379902", "--period", "2019-10"]);
    let expected = ["C03 379902 2019-10 ", "C03 379902 2019-10 urban_rural=urban"].map(str::to_owned);
    assert_eq!(keys(&part), BTreeSet::from(expected));
    assert_eq!(list(&part, "findings").len(), 0);
    // The other way round the same slice is what went.
    let list_of = city.ok(&["releases"]);
    assert!(list_of.contains("收到报送 2 份") && list_of.contains("8/8"), "{list_of}");
}

#[test]
fn policy_sql_and_date_are_named_as_causes() {
    let city = City::with_release();
    let open =
        |city: &City| city.query("select count(*) as number from finding where ended is null")[0]["number"].clone();
    let first = open(&city);

    // The target of C03 alone: every C03 has another target, and no other figure.
    let reference = policy(&city, "target_C03,1,", "target_C03,0.9,");
    city.ok(&["init", "--reference", &reference]);
    city.transform();
    let difference = diff(&city, &[]);
    let rows = &difference["changes"]["reference"][0];
    assert_eq!((text(rows, "table"), list(rows, "removed").len(), list(rows, "added").len()), ("policy", 1, 1));
    assert!(rows["added"][0].as_array().expect("cells").contains(&Value::from("target_C03")), "{rows}");
    let all = list(&difference, "figures");
    let c03 = city.query("select count(*) as number from indicator_value where indicator = 'C03'")[0]["number"].clone();
    assert_eq!(all.len().to_string(), c03);
    for figure in all {
        assert_eq!((text(figure, "indicator"), &figure["after"]["target"]), ("C03", &Value::from(0.9)));
        assert_eq!(figure["causes"]["reference"], serde_json::json!(["policy: target_C03"]));
        assert_eq!(figure["causes"]["slices_in_all"], 0);
    }
    // 202 of 222 is 0.9099…: missed at 1, met at 0.9.
    let year = figure(&difference, ["C03", "city", "2019", ""]);
    assert_eq!((text(&year["before"], "status"), text(&year["after"], "status")), ("missed", "met"));
    assert!(list(&difference, "findings").is_empty() && list(&difference, "scores").is_empty());

    // A rule of one's own in the place of a built-in one that finds nothing: its findings end because of that file.
    let built_in =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/rules/r01.sql")).expect("it is there");
    let ended = city.query("select finding_id from finding where rule = 'R01' and ended is null").len();
    assert!(ended > 0, "the example has some");
    let own = city.folder().join("own/rules");
    fs::create_dir_all(&own).expect("made");
    fs::write(
        own.join("r01.sql"),
        built_in.replace("where school.is_primary and", "where false and school.is_primary and"),
    )
    .expect("written");
    city.ok(&["transform", "--today", "2020-03-01", "--sql", &own.parent().expect("a folder").display().to_string()]);
    let difference = diff(&city, &["2", "3"]);
    let file = &difference["changes"]["sql"][0];
    assert_eq!(
        (text(file, "path"), text(file, "kind"), &file["own"]),
        ("rules/r01.sql", "changed", &Value::Bool(true))
    );
    assert_eq!((list(file, "removed").len(), list(file, "added").len()), (1, 1));
    assert!(text(&serde_json::json!({ "line": file["added"][0] }), "line").contains("where false"));
    let findings = list(&difference, "findings");
    assert_eq!(findings.len(), ended);
    for finding in findings {
        assert_eq!((text(finding, "kind"), text(finding, "rule")), ("ended", "R01"));
        assert_eq!(finding["causes"]["sql"], serde_json::json!(["rules/r01.sql"]));
    }
    let codes: BTreeSet<&str> = list(&difference, "figures").iter().map(|figure| text(figure, "indicator")).collect();
    assert_eq!(codes, BTreeSet::from(["K01"]), "only the density of findings rests on findings");

    // The date alone.
    city.ok(&["transform", "--today", "2020-03-20"]);
    let difference = diff(&city, &["3", "4"]);
    assert_eq!(difference["changes"]["today"], serde_json::json!(["2020-03-01", "2020-03-20"]));
    assert!(!list(&difference, "figures").is_empty(), "more is overdue");
    for figure in list(&difference, "figures") {
        assert_eq!(
            (&figure["causes"]["today"], &figure["causes"]["slices_in_all"]),
            (&Value::Bool(true), &Value::from(0)),
            "{figure}"
        );
    }

    let rows: Vec<Value> = serde_json::from_str(&city.ok(&["releases", "--format", "json"])).expect("JSON");
    assert_eq!(rows.len(), 4);
    assert_eq!(
        (&rows[0]["since"], &rows[0]["findings_open"]),
        (&Value::Null, &Value::from(first.parse::<i64>().expect("a number")))
    );
    assert_eq!(rows[1]["since"]["reference"], serde_json::json!(["policy"]));
    assert_eq!(rows[2]["since"]["sql"], serde_json::json!([["rules/r01.sql", "changed"]]));
    assert_eq!(
        (&rows[3]["since"]["today"], &rows[3]["schools_reported"]),
        (&Value::from("2020-03-01"), &Value::from(8))
    );
    let newest = city.ok(&["releases", "--limit", "1"]);
    assert!(newest.contains("日期 2020-03-01 → 2020-03-20") && newest.contains("另有更早的 3 期"), "{newest}");
    let csv = city.ok(&["releases", "--format", "csv"]);
    assert_eq!(csv.lines().count(), 5);
    assert!(csv.lines().nth(3).is_some_and(|line| line.starts_with("3,") && line.contains("rules/r01.sql")), "{csv}");
}

#[test]
fn what_is_asked_amiss_is_no_empty_answer() {
    let city = City::with_example();
    let fails = |words: &[&str], part: &str| {
        let output = city.run(words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && said.contains(part), "{words:?} '{part}': {said}");
    };
    fails(&["diff"], "kehou transform");
    assert!(city.ok(&["releases"]).contains("尚未发布数据"));
    city.transform();
    fails(&["diff"], "第 1 期之前");
    fails(&["diff", "1", "9"], "there is no release 9; they are 1 to 1");
    city.ok(&["transform", "--today", "2020-03-01", "--full"]);
    fails(&["diff", "2", "1"], "kehou diff 1 2");
    fails(&["diff", "--indicator", "C99"], "C99");
    fails(&["diff", "--unit", "370402"], "370402");
    fails(&["query", "select 1", "--release", "7"], "there is no release 7");
    // Computed anew from the same facts, nothing differs.
    let same = diff(&city, &["1", "2"]);
    assert_eq!(["figures", "scores", "findings"].map(|key| list(&same, key).len()), [0, 0, 0]);
    let told = city.ok(&["diff"]);
    assert!(told.contains("指标值 0 个不同") && told.contains("起因\n  无"), "{told}");
}

#[test]
fn a_query_may_ask_the_release_that_stood_at_a_time() {
    let city = City::with_release();
    // Two releases made at known times: the evening of the second of March in London is the third in China. Which one answers is
    // told by its date.
    let place = |number: u32| city.warehouse().join(format!("releases/{number:08}.json"));
    let dated = |number: u32, made_at: &str, today: &str| {
        let mut release: Value = serde_json::from_slice(&fs::read(place(1)).expect("the first")).expect("JSON");
        release["release"] = Value::from(number);
        release["made_at"] = Value::from(made_at);
        release["today"] = Value::from(today);
        // Written by hand, it has no checksum of its own.
        release.as_object_mut().expect("an object").remove("digest");
        fs::write(place(number), release.to_string()).expect("written");
    };
    dated(2, "2020-03-02T16:30:00Z", "2020-02-02");
    dated(1, "2020-03-01T17:00:00Z", "2020-02-01");
    let which = |zone: &str, time: &str| -> Result<String, String> {
        let mut command = city.command(&["query", "select today from run", "--as-of", time, "--format", "csv"]);
        let output = command.env("TZ", zone).output().expect("it starts");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match output.status.success() {
            true => Ok(said(&output.stdout).trim().trim_start_matches("today\n2020-02-0").to_owned()),
            false => Err(said(&output.stderr)),
        }
    };
    let checks: BTreeMap<(&str, &str), &str> = BTreeMap::from([
        (("Asia/Shanghai", "2020-03-02"), "1"),
        (("Asia/Shanghai", "2020-03-03"), "2"),
        (("UTC", "2020-03-02"), "2"),
        (("UTC", "2020-03-01"), "1"),
        (("Asia/Shanghai", "2020-03-03T00:29"), "1"),
        (("Asia/Shanghai", "2020-03-03 00:30:00"), "2"),
        (("Asia/Shanghai", "2020-03-02T16:29:59Z"), "1"),
        (("UTC", "2020-03-03T00:30:00+08:00"), "2"),
    ]);
    for ((zone, time), release) in checks {
        assert_eq!(which(zone, time).as_deref(), Ok(release), "{zone} {time}");
    }
    let before = which("Asia/Shanghai", "2020-03-01").expect_err("nothing had been made");
    assert!(before.contains("第 1 期计算于 2020-03-02 01:00:00"), "{before}");
    let odd = which("UTC", "gestern").expect_err("no time");
    assert!(odd.contains("2020-03-01T08:00"), "{odd}");
}

#[test]
fn the_city_declares_a_release_official() {
    let city = City::with_release();
    let unknown = city.run(&["releases", "--official", "1", "--period", "2031-10"]);
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(!unknown.status.success() && said.contains("第 1 期没有 2031-10 的数据"), "{said}");
    let missing = city.run(&["releases", "--official", "9", "--period", "2019-10"]);
    assert!(!missing.status.success());
    assert!(!city.ok(&["releases"]).contains("月度通报"), "a refusal declares nothing");
    let words = ["releases", "--official", "1", "--period", "2019-10", "--note", "月度通报", "--by", "张三"];
    let said = city.ok(&words);
    assert!(said.contains("正式") && said.contains("2019-10 月度通报"), "{said}");
    let before = fs::read(city.warehouse().join("releases/00000001.json")).expect("a release");
    assert!(!String::from_utf8_lossy(&before).contains("月度通报"), "a release's own object never changes");
    // A later declaration stands beside the first, and every reader of releases tells both.
    city.ok(&["releases", "--official", "1", "--period", "2019-09"]);
    let rows = city.query("select release, official, note from release");
    assert_eq!((rows[0]["official"].as_str(), rows[0]["note"].as_str()), ("true", "2019-10 月度通报; 2019-09"));
    let verified = city.ok(&["verify"]);
    assert!(verified.contains("2 audit events") && verified.contains("all there"), "{verified}");
    fs::write(
        city.warehouse().join("officials/00000003.json"),
        fs::read_to_string(city.warehouse().join("officials/00000001.json"))
            .expect("one")
            .replace("\"release\": 1", "\"release\": 7"),
    )
    .expect("written");
    let output = city.run(&["verify"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("officials/00000003.json"), "{said}");
}

#[test]
fn accounts_come_from_a_list_or_none_of_them() {
    let city = City::new(&example().join("reference"));
    let list = city.folder().join("accounts.csv");
    let file = list.display().to_string();
    fs::write(&list, "账号,角色,单位\n甲校,学校,3799001000\n督学,督学,379902\n").expect("written");
    let said = city.ok(&["user", "add", "--file", &file]);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() == 3 && lines[1].starts_with("甲校,school,\"3799001000\","), "{said}");
    let password = lines[1].rsplit(',').next().expect("a password");
    assert!(password.len() == 14, "{password}");
    assert!(!city.ok(&["user", "list"]).contains(password), "it is told once");
    fs::write(&list, "name,role,unit\nnew,school,3799001000\n甲校,school,3799001000\n").expect("written");
    let refused = city.run(&["user", "add", "--file", &file]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("line 3"), "{said}");
    assert!(!city.ok(&["user", "list"]).contains("new"), "a list with a fault makes no account");
}
