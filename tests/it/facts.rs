//! A warehouse's facts as they are now, read without a release: to be asked, and to be compared whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use datafusion::arrow::util::display::array_value_to_string;
use datafusion::prelude::SessionContext;
use warehouse::Warehouse;
use warehouse::session::{Limits, register, session};

/// The answer to a query on the tables of facts, row by row, column by name. The warehouse lies in a local folder.
pub fn ask(folder: &Path, sql: &str) -> Vec<BTreeMap<String, String>> {
    run(async {
        let warehouse = Warehouse::open(&folder.display().to_string()).await.expect("a warehouse");
        let context = session(&Limits::default()).expect("a session");
        warehouse.attach(&context);
        for name in warehouse.tables().await.expect("tables").into_iter().filter(|name| name.schema == "facts") {
            let snapshot = warehouse.snapshot(&name, None).await.expect("a snapshot");
            register(&context, &name, warehouse.provider(snapshot)).expect("registered");
        }
        answer(&context, sql).await
    })
}

/// All rows of the tables of facts, reference and marts that a release names, each table's as sorted text, by its name.
pub fn of_release(folder: &Path, number: u64) -> BTreeMap<String, String> {
    run(async {
        let warehouse = Warehouse::open(&folder.display().to_string()).await.expect("a warehouse");
        let release = warehouse.release(number).await.expect("a release");
        let context = warehouse.release_session(&release, &Limits::default()).await.expect("a session");
        let mut tables = BTreeMap::new();
        for name in release.tables.keys().filter(|name| ["facts", "reference", "marts"].contains(&name.schema.as_str()))
        {
            let rows = answer(&context, &format!("select * from {name}")).await;
            tables.insert(name.to_string(), lines(rows));
        }
        tables
    })
}

async fn answer(context: &SessionContext, sql: &str) -> Vec<BTreeMap<String, String>> {
    let batches = context.sql(sql).await.expect("a query").collect().await.expect("an answer");
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let schema = batch.schema();
            let cells = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
                (field.name().clone(), array_value_to_string(column, row).expect("a value has a text"))
            });
            rows.push(cells.collect());
        }
    }
    rows
}

/// Everything that must not depend on who ingested when: the ledger but for ids and moments, and the rows that count.
pub fn facts(folder: &Path) -> String {
    let ledger = "select line.form, line.school_id, line.district_code, line.period, line.state, line.file_name, \
                      line.file_sha256, line.sheet, line.sender, line.received_on, line.rows, line.errors, line.warnings, \
                      before.file_sha256 as replaces \
                  from facts.submission as line left join facts.submission as before on before.submission_id = line.replaces";
    let mut out = lines(ask(folder, ledger));
    let issues = "select line.form, line.school_id, line.period, line.file_sha256, issue.severity, issue.code, issue.sheet, \
                      issue.row_no, issue.heading, issue.message_zh \
                  from facts.submission_issue as issue join facts.submission as line on line.submission_id = issue.submission_id";
    out.push_str(&lines(ask(folder, issues)));
    for form in ingest::form::forms() {
        let sql = format!(
            "with line as ( \
                 select * from facts.submission where form = '{}' and state <> 'rejected' \
                 qualify row_number() over (partition by school_id, period order by received_at desc, submission_id desc) = 1 \
             ) \
             select '{}' as form, entry.*, line.file_sha256 from facts.{} as entry \
             join line on line.submission_id = entry.submission_id where line.state = 'accepted'",
            form.name,
            form.name,
            form.table()
        );
        let mut rows = ask(folder, &sql);
        for row in &mut rows {
            row.remove("submission_id");
        }
        out.push_str(&lines(rows));
    }
    out
}

/// What must hold in every ledger: ids and moments occur once, every accepted line has its rows, every original is kept.
pub fn check_ledger(folder: &Path) {
    let once = "select count(*) as lines, count(distinct submission_id) as ids, count(distinct received_at) as moments \
                from facts.submission";
    let once = &ask(folder, once)[0];
    assert!(once["lines"] == once["ids"] && once["lines"] == once["moments"], "{once:?}");
    for form in ingest::form::forms() {
        let sql = format!(
            "select line.submission_id, line.rows, count(entry.submission_id) as found from facts.submission as line \
             left join facts.{} as entry on entry.submission_id = line.submission_id \
             where line.form = '{}' and line.state = 'accepted' group by line.submission_id, line.rows \
             having line.rows <> count(entry.submission_id)",
            form.table(),
            form.name
        );
        assert_eq!(ask(folder, &sql), vec![], "lines of {} without their rows, or with more", form.name);
    }
    run(async {
        let warehouse = Warehouse::open(&folder.display().to_string()).await.expect("a warehouse");
        let version = warehouse.version(&ingest::ledger::ledger_table()).await.expect("a ledger");
        for sha256 in ingest::verify::originals_at(&warehouse, version).await.expect("looked") {
            let original = folder.join("originals").join(&sha256[..2]).join(format!("{sha256}.age"));
            assert!(original.exists(), "the original {sha256} is not kept");
        }
    });
}

/// Rows as sorted lines.
fn lines(rows: Vec<BTreeMap<String, String>>) -> String {
    let mut lines: Vec<String> = rows.iter().map(|row| format!("{row:?}\n")).collect();
    lines.sort();
    lines.concat()
}

/// A copy of a folder.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("entries have names"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

/// Waits for what is asynchronous.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(16 << 20)
        .build()
        .expect("the system gives threads")
        .block_on(work)
}
