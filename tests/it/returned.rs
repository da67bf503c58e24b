//! The way of a workbook: from the template through a clerk's hands, back with what is wrong, mended, accepted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::city::{City, example};
use crate::tools::{has, has_python};

const SCHOOL: &str = "3799001000";

/// What the clerk does, or sees.
fn clerk(words: &[&str]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/workbooks/clerk.py");
    let output = Command::new("python3").arg(script).args(words).output().expect("python3 starts");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// A workbook opened and saved by LibreOffice.
fn through_libreoffice(path: &Path, folder: &Path) -> PathBuf {
    let (out, profile) = (folder.join("office"), folder.join("profile"));
    let output = Command::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}", profile.display()))
        .args(["--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"])
        .args([&out, path])
        .output()
        .expect("soffice starts");
    let saved = out.join(path.file_name().expect("a file"));
    assert!(saved.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    saved
}

/// Ingests a file; gives the exit code and the report.
fn ingest(city: &City, path: &Path, words: &[&str]) -> (Option<i32>, Value) {
    let report = city.folder().join("report.json");
    let (path, to) = (path.display().to_string(), report.display().to_string());
    let all = [&["ingest", &path, "--received", "2019-12-05", "--report", &to], words].concat();
    let output = city.run(&all);
    let read = fs::read(&report).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), serde_json::from_slice(&read).expect("JSON"))
}

/// A template for two forms of a month.
fn template(city: &City) -> PathBuf {
    let path = city.folder().join("模板.xlsx");
    let out = path.display().to_string();
    let words = ["template", "class_roster", "group_session", "--school", SCHOOL, "--period", "2019-11", "-o", &out];
    city.ok(&words);
    path
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

#[test]
fn a_returned_workbook_shows_what_is_wrong_and_is_accepted_when_mended() {
    if !has_python("openpyxl") {
        return;
    }
    let city = City::with_example();
    let filled = city.folder().join("十一月.xlsx");
    clerk(&["fill", path(&template(&city)), path(&filled), "wrong"]);
    let folder = city.folder().join("退回");
    let (code, report) = ingest(&city, &filled, &["--return", path(&folder)]);
    assert_eq!(code, Some(2), "{report:#}");
    assert_eq!(report["files"][0]["causes"][0]["severity"], "error");
    let back = folder.join("十一月_退回.xlsx");

    let seen = clerk(&["look", path(&back)]);
    let has_line = |start: &str, rest: &str| seen.lines().any(|line| line.starts_with(start) && line.contains(rest));
    for (start, rest) in [
        ("sheets 问题汇总 封面 班级需求汇总表 活动登记表 填表说明", ""),
        ("opens on 问题汇总", ""),
        ("filled 班级需求汇总表 B3 FFFFC7CF", "年级"),
        ("filled 班级需求汇总表 C4 FFFFC7CF", "在籍人数"),
        ("filled 活动登记表 D3 FFFFC7CF", "开始时间"),
        ("filled 活动登记表 A4 FFFFEB9D", "不是上学日"),
        ("column 班级需求汇总表 L1 True", ""),
        ("told 班级需求汇总表 2", "参加人数"),
        ("told 班级需求汇总表 3", "年级"),
        ("told 活动登记表 4", "（提醒）"),
        ("kept 31.0 True FF112233 A2 True True", ""),
    ] {
        assert!(has_line(start, rest), "no line '{start}' with '{rest}' in\n{seen}");
    }
    assert!(!has_line("filled 班级需求汇总表 A", ""), "a sound cell has no fill:\n{seen}");

    // The same file again goes beside the first, and nothing is written over.
    let before = fs::read(&back).expect("returned");
    assert_eq!(ingest(&city, &filled, &["--return", path(&folder)]).0, Some(2));
    assert!(folder.join("十一月_退回_2.xlsx").exists());
    assert_eq!(fs::read(&back).expect("returned"), before);

    let mended = city.folder().join("十一月改好.xlsx");
    clerk(&["mend", path(&back), path(&mended)]);
    let (code, report) = ingest(&city, &mended, &[]);
    assert_eq!(code, Some(0), "{report:#}");
    let issues = |report: &Value| report["files"][0]["issues"].as_array().map(Vec::len);
    assert_eq!(issues(&report), Some(0), "what was added is passed over without a word: {report:#}");
}

#[test]
fn files_of_an_archive_come_back_each_marked() {
    let city = City::with_example();
    let row = |school: &str, pupils: &str| format!("{school},2019-11,一(1)班,1,{pupils},8,8,8,8,8,3,1,1\n");
    let headings = ingest::form::form("class_roster").expect("a form").bulk_headings().join(",");
    let file = |school: &str, pupils: &str| format!("{headings}\n{}", row(school, pupils)).into_bytes();
    let packed = city.folder().join("十一月.zip");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    // Two of one name in folders of their own, one sound, and a workbook.
    for (name, bytes) in [
        ("甲/名单.csv", file("3799001000", "三十")),
        ("乙/名单.csv", file("3799011037", "三十一")),
        ("丙/名单.csv", file("3799021000", "33")),
        ("template.xlsx", fs::read(template(&city)).expect("made")),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
        std::io::Write::write_all(&mut zip, &bytes).expect("written");
    }
    fs::write(&packed, zip.finish().expect("a zip").into_inner()).expect("written");
    let folder = city.folder().join("退回");
    let (code, report) = ingest(&city, &packed, &["--return", path(&folder)]);
    assert_eq!(code, Some(2), "{report:#}");
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_else(|_| panic!("no {name}: {report:#}"));
    let both = text("名单_退回.csv") + &text("名单_退回_2.csv");
    for word in ["三十", "三十一", "错误说明"] {
        assert!(both.contains(word), "{word} is not in {both}");
    }
    assert!(folder.join("template_退回.xlsx").exists(), "{report:#}");
}

#[test]
fn a_template_filled_in_with_libreoffice_comes_back_without_an_error() {
    if !(has_python("openpyxl") && has("soffice", &["--version"])) {
        return;
    }
    let city = City::with_example();
    let filled = city.folder().join("十一月.xlsx");
    clerk(&["fill", path(&template(&city)), path(&filled)]);
    let saved = through_libreoffice(&filled, city.folder());
    let (code, report) = ingest(&city, &saved, &[]);
    assert_eq!(code, Some(0), "{report:#}");
    let slices = report["files"][0]["slices"].as_array().expect("slices");
    assert_eq!(slices.iter().map(|slice| slice["rows"].as_u64()).collect::<Vec<_>>(), [Some(3), Some(3)]);
    let faults = slices.iter().flat_map(|slice| slice["issues"].as_array().expect("issues"));
    assert_eq!(faults.filter(|issue| issue["severity"] == "error").count(), 0, "{report:#}");

    // One that is wrong, returned, opened and saved in LibreOffice, and mended.
    let wrong = city.folder().join("wrong.xlsx");
    clerk(&["fill", path(&template(&city)), path(&wrong), "wrong"]);
    let folder = city.folder().join("back");
    assert_eq!(ingest(&city, &wrong, &["--return", path(&folder), "--again"]).0, Some(2));
    let opened = through_libreoffice(&folder.join("wrong_退回.xlsx"), city.folder());
    let mended = city.folder().join("mended.xlsx");
    clerk(&["mend", path(&opened), path(&mended)]);
    let (code, report) = ingest(&city, &mended, &["--again"]);
    assert_eq!(code, Some(0), "{report:#}");
}

#[test]
fn a_template_knows_the_school_its_classes_and_its_staff() {
    let city = City::with_example();
    let like = example().join("inbox/2019-10-08/3799001259_2019-09.xlsx");
    let out = city.folder().join("十一月.xlsx");
    let words = ["template", "--school", "3799001259", "--period", "2019-11", "--like", path(&like), "-o", path(&out)];
    city.ok(&words);
    let report = |city: &City| -> Value {
        let to = city.folder().join("again.json");
        // Nothing is filled in but what is known: a row is there for each, and its other columns are asked for.
        let output = city.run(&["ingest", path(&out), "--check", "--report", path(&to)]);
        assert_eq!(output.status.code(), Some(2));
        serde_json::from_slice(&fs::read(&to).expect("a report")).expect("JSON")
    };
    let asked = |report: &Value, form: &str, column: &str| -> usize {
        let slices = report["files"][0]["slices"].as_array().expect("slices").iter();
        let issues =
            slices.filter(|slice| slice["form"] == form).flat_map(|slice| slice["issues"].as_array().expect("issues"));
        issues.filter(|issue| issue["code"] == "missing" && issue["column"] == column).count()
    };
    city.transform();
    let count = |table: &str, period: &str| -> usize {
        let sql =
            format!("select count(*) as n from staging.{table} where school_id = '3799001259' and period = {period}");
        city.query(&sql)[0]["n"].parse().expect("a number")
    };
    let found = report(&city);
    assert_eq!(asked(&found, "class_roster", "参加人数"), count("class_roster", "'2019-09'"), "{found:#}");
    assert_eq!(asked(&found, "class_roster", "年级"), 0, "{found:#}");
    assert!(asked(&found, "staff_work", "绩效金额") > 0, "{found:#}");
    assert_eq!(asked(&found, "staff_work", "绩效金额"), count("staff_work", "'2019-09'"), "{found:#}");
    assert_eq!(asked(&found, "staff_work", "人员编号"), 0, "{found:#}");

    // The warehouse alone knows the classes of the latest roster, and no person's number.
    city.ok(&["template", "--school", "3799001259", "--period", "2019-11", "-o", path(&out)]);
    let latest = "(select max(period) from staging.class_roster where school_id = '3799001259')";
    let found = report(&city);
    assert_eq!(asked(&found, "class_roster", "参加人数"), count("class_roster", latest), "{found:#}");
    assert_eq!(asked(&found, "staff_work", "绩效金额"), 0, "{found:#}");

    let mixed = city.run(&["template", "charge", "survey", "-o", path(&out)]);
    let said = String::from_utf8_lossy(&mixed.stderr).into_owned();
    assert_eq!(mixed.status.code(), Some(1));
    assert!(
        said.contains("kehou template charge --period 2019-09") && said.contains("kehou template survey"),
        "{said}"
    );
}
