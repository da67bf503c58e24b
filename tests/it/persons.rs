//! No raw pupil or staff number stands anywhere in the warehouse folder.

use std::fs;

use crate::city::City;

/// Numbers that occur nowhere by chance.
const PUPIL: &str = "88201904417";
const STAFF: &str = "77100200331";

#[test]
fn no_raw_number_is_in_the_warehouse() {
    let city = City::with_example();
    let attendance = format!(
        "学校标识码,统计期,日期,学生编号,班级,组别,学时数\n3799001000,2019-11,2019-11-04,{PUPIL},一(1)班,G1,1\n"
    );
    let staff = format!(
        "学校标识码,统计期,人员编号,人员类别,学时数,绩效金额,纳入考核\n3799001000,2019-11,{STAFF},教师,16,372.67,是\n"
    );
    // One more file that is rejected: its errors name the row, not the person.
    let rejected = format!(
        "学校标识码,统计期,日期,学生编号,班级,组别,学时数\n3799001000,2019-11,2019-11-05,{PUPIL},一(1)班,G1,x\n"
    );
    let folder = city.folder().join("inbox");
    fs::create_dir_all(&folder).expect("made");
    for (name, text) in [("attendance.csv", &attendance), ("staff.csv", &staff)] {
        fs::write(folder.join(name), text).expect("written");
    }
    city.ok(&["ingest", &folder.display().to_string(), "--received", "2019-12-05"]);
    fs::write(folder.join("rejected.csv"), rejected).expect("written");
    let output = city.run(&["ingest", &folder.display().to_string(), "--received", "2019-12-05"]);
    assert_eq!(output.status.code(), Some(2));
    city.transform();

    // The needle must be findable, or the search below proves nothing.
    assert!(holds(fs::read(folder.join("attendance.csv")).expect("read").as_slice(), PUPIL));
    let persons = city.query("select count(distinct pupil_id) as persons from raw_attendance where period = '2019-11'");
    assert_eq!(persons[0]["persons"], "1");
    let mut searched = 0;
    for file in files(&city.warehouse()) {
        let bytes = fs::read(&file).expect("read");
        searched += 1;
        for raw in [PUPIL, STAFF] {
            assert!(!holds(&bytes, raw), "{raw} stands in {}", file.display());
        }
    }
    assert!(searched > 50, "only {searched} files were searched");
    // Columns are compressed in their files; so every text column of every table is looked at as well.
    for table in
        ["raw_attendance", "raw_staff_work", "raw_group_session", "raw_charge", "submission", "submission_issue"]
    {
        let text = city.ok(&["query", &format!("select * from {table}"), "--format", "csv"]);
        for raw in [PUPIL, STAFF] {
            assert!(!text.contains(raw), "{raw} stands in {table}");
        }
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
