//! A CSV file that is read in blocks ends just as one that is read as a whole: the same report, the same rows.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use datafusion::arrow::util::pretty::pretty_format_batches;
use ingest::accept::{Options, Received, ingest};
use ingest::city::load;
use ingest::keys::Keys;
use ingest::reference::read_reference;
use warehouse::Warehouse;
use warehouse::session::{Limits, register, session};
use warehouse::table::TableName;

const ATTENDANCE: &str = "学校标识码,统计期,日期,学生编号,班级,组别,学时数\n";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/qinghe")
}

/// A warehouse in memory that knows the example city's schools.
async fn city() -> (Warehouse, Keys) {
    let keys = tempfile::tempdir().expect("a folder");
    let seal_to = Keys::make(keys.path()).expect("made");
    let warehouse = Warehouse::create("memory://", |_| seal_to).await.expect("made");
    let reference = read_reference(&fixtures().join("reference")).expect("sound");
    load(&warehouse, &reference).await.expect("loaded");
    let registers = fs::read_dir(fixtures().join("inbox/2020-01-29")).expect("the example").flatten();
    let registers: Vec<PathBuf> = registers
        .map(|entry| entry.path())
        .filter(|path| ["school", "学校名录"].iter().any(|name| path.to_string_lossy().contains(&format!("/{name}_"))))
        .collect();
    let keys = Keys { person: [7; 32] };
    ingest(&warehouse, &keys, &registers, &options(u64::MAX, 1), &|_| {}).await.expect("it runs");
    (warehouse, keys)
}

fn options(large: u64, block: usize) -> Options {
    Options { received: Received::On("2020-02-01".parse().expect("a day")), large, block, ..Options::default() }
}

/// What came of a file: the report, the accepted rows, and the ledger's lines, without ids.
async fn outcome(file: &Path, large: u64, block: usize) -> (serde_json::Value, String) {
    let (warehouse, keys) = city().await;
    let report = ingest(&warehouse, &keys, &[file.to_owned()], &options(large, block), &|_| {}).await.expect("it runs");
    let context = session(&Limits::default()).expect("a session");
    warehouse.attach(&context);
    let ledger = TableName::new("facts", "submission");
    let mut text = String::new();
    let mut tables = vec![ledger.clone()];
    tables.extend(ingest::form::forms().iter().map(|form| TableName::new("facts", form.table())));
    for table in &tables {
        let snapshot = warehouse.snapshot(table, None).await.expect("there");
        register(&context, table, warehouse.provider(snapshot)).expect("registered");
    }
    for table in &tables {
        let sql = match *table == ledger {
            true => "select form, school_id, district_code, period, state, file_sha256, rows, errors, warnings \
                     from facts.submission order by form, school_id, period, state"
                .to_owned(),
            false => {
                let columns = context.table(table.to_string()).await.expect("registered").schema().clone();
                let columns: Vec<&str> = columns.fields().iter().map(|field| field.name().as_str()).collect();
                let columns =
                    columns.into_iter().filter(|name| *name != "submission_id").collect::<Vec<_>>().join(", ");
                // Rows without a line are of nobody.
                format!(
                    "select {columns} from {table} where submission_id in (select submission_id from facts.submission) \
                     order by {columns}"
                )
            }
        };
        let batches = context.sql(&sql).await.expect("sound SQL").collect().await.expect("it runs");
        text.push_str(&pretty_format_batches(&batches).expect("rows").to_string());
    }
    let mut report = serde_json::to_value(&report).expect("plain data");
    // A receipt is that of its attempt, which has an id of its own.
    let files = report["files"].as_array_mut().expect("files").iter_mut();
    for slice in files.flat_map(|file| file["slices"].as_array_mut().expect("slices")) {
        slice.as_object_mut().expect("a slice").remove("receipt");
    }
    (report, text)
}

/// Gives what came of it, which is the same however it is read.
async fn check(name: &str, bytes: &[u8]) -> (serde_json::Value, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    fs::write(&file, bytes).expect("written");
    let whole = outcome(&file, u64::MAX, 1).await;
    for block in [150, 1000, 1 << 20] {
        let blocks = outcome(&file, 1, block).await;
        assert_eq!(blocks.0, whole.0, "{name} in blocks of {block}");
        assert!(blocks.1 == whole.1, "{name} in blocks of {block}:\n{}\nas a whole:\n{}", blocks.1, whole.1);
    }
    whole
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_schools_sent() {
    let mut count = 0;
    for entry in fs::read_dir(fixtures().join("inbox/2019-11-08")).expect("the example").flatten() {
        let path = entry.path();
        let small = entry.metadata().is_ok_and(|about| about.len() < 40_000);
        if path.extension().is_some_and(|extension| extension == "csv") && small {
            check(&entry.file_name().to_string_lossy(), &fs::read(&path).expect("read")).await;
            count += 1;
        }
    }
    assert!(count > 5, "only {count} files were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_encoding_wherever_they_stand() {
    let row = |pupil: u32| format!("3799001000,2019-11,2019-11-04,{pupil},一(1)班,G1,1\n");
    let rows: String = (0..60).map(|pupil| row(2_019_000 + pupil)).collect();
    let good = format!("{ATTENDANCE}{rows}").into_bytes();
    let national = encoding_rs::GB18030.encode(&format!("{ATTENDANCE}{rows}")).0.into_owned();
    let wide =
        |text: &str| [&[0xFF, 0xFE][..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat();
    for (name, bytes) in [
        ("late.csv", [&good[..], &[0xFF, 0xFF, b'\n']].concat()),
        ("late-national.csv", [&national[..], &[0xFF, 0xFF, b'\n']].concat()),
        ("letter-lost.csv", [&good[..], "甲\u{fffd}\n".as_bytes()].concat()),
        ("zero.csv", [&good[..], b"\0\n"].concat()),
        ("half-a-pair.csv", [&wide(&format!("{ATTENDANCE}{rows}"))[..], &[0x00, 0xD8]].concat()),
        ("cut.csv", good[..good.len() - 7].to_vec()),
        ("open-quotation.csv", [&good[..], b"\"", &good[..]].concat()),
    ] {
        let (report, rows) = check(name, &bytes).await;
        assert_eq!(report["files"][0]["verdict"], "unreadable", "{name}");
        assert_eq!(report["files"][0]["slices"], serde_json::json!([]), "{name}");
        assert!(!rows.contains("2019-11-04"), "{name}: {rows}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_an_archive() {
    let row = |day: u32, pupil: u32| format!("3799001000,2019-11,2019-11-{day:02},{pupil},一(1)班,G1,1\n");
    let rows: String = (4..9).flat_map(|day| (0..40).map(move |pupil| row(day, 2_019_000 + pupil))).collect();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in
        [("一/考勤.csv", rows.clone()), ("二/考勤.csv", rows.replace("3799001000", "3799011037") + "坏\n")]
    {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
        zip.write_all(format!("{ATTENDANCE}{text}").as_bytes()).expect("written");
    }
    let (report, _) = check("both.zip", &zip.finish().expect("a zip").into_inner()).await;
    let verdicts: Vec<_> = report["files"].as_array().expect("files").iter().map(|file| &file["verdict"]).collect();
    assert_eq!(verdicts, ["accepted", "partly"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_that_only_the_whole_file_tells() {
    let row = |day: u32, pupil: u32| format!("3799001000,2019-11,2019-11-{day:02},{pupil},一(1)班,G1,1\n");
    let rows: String = (4..9).flat_map(|day| (0..40).map(move |pupil| row(day, 2_019_000 + pupil))).collect();
    let other = rows.replace("3799001000", "3799011037");
    // A key given again far behind, in a slice whose first rows were written long before.
    check("twice.csv", format!("{ATTENDANCE}{rows}{other}{}{}", row(4, 2_019_000), row(4, 2_019_001)).as_bytes()).await;
    // Every row twice.
    check("all-twice.csv", format!("{ATTENDANCE}{rows}{rows}").as_bytes()).await;
    // A fault in the last row, and rows of no slice.
    let late =
        format!("{ATTENDANCE}{rows}3799001000,2019-11,2019-12-01,1,一(1)班,G1,1\n,2019-11,2019-11-04,1,一(1)班,G1,1\n");
    check("late.csv", late.as_bytes()).await;
    // A right total and a wrong one, both far from the rows above.
    let total = |sum: u32| format!("合计,,,,,,{sum}\n");
    check("total.csv", format!("{ATTENDANCE}{rows}{}", total(200)).as_bytes()).await;
    check("wrong-total.csv", format!("{ATTENDANCE}{rows}{}", total(199)).as_bytes()).await;
    // Rows and a zero report of one slice, and another slice with nothing but a zero report.
    let zero = "3799001000,2019-11,零报告\n3799011037,2019-11,零报告\n";
    check("zero.csv", format!("{ATTENDANCE}{rows}{zero}").as_bytes()).await;
    // A school that nobody knows, a column that lacks, a row that is too long, headings alone, a title above.
    check("unknown.csv", format!("{ATTENDANCE}{}", rows.replace("3799001000", "3799999999")).as_bytes()).await;
    check("lacks.csv", format!("{}{rows}", ATTENDANCE.replace("组别", "甲")).as_bytes()).await;
    check("long.csv", format!("{ATTENDANCE}{rows}3799001000,2019-11,2019-11-04,9,一(1)班,G1,1,2,3\n").as_bytes()).await;
    check("headings.csv", ATTENDANCE.as_bytes()).await;
    check("title.csv", format!("考勤,,,,,,\n\n{ATTENDANCE}\n{rows}\n\n{other}").as_bytes()).await;
    let (national, _, _) = encoding_rs::GB18030.encode(&rows);
    check("national.csv", &[encoding_rs::GB18030.encode(ATTENDANCE).0.as_ref(), &national].concat()).await;
}
