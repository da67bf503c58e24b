//! Tables and releases through the public interface, in memory and on disk.

use std::sync::Arc;

use datafusion::arrow::array::{Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::util::pretty::pretty_format_batches;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::release::Release;
use warehouse::session::{Limits, register, session};
use warehouse::table::{Replace, Staged, TableName};

fn schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![text("school_id"), Field::new("pupils", DataType::Int64, true)]))
}

fn batch(rows: &[(&str, i64)]) -> RecordBatch {
    let schools: StringArray = rows.iter().map(|row| Some(row.0)).collect();
    let pupils: Int64Array = rows.iter().map(|row| Some(row.1)).collect();
    RecordBatch::try_new(schema(), vec![Arc::new(schools), Arc::new(pupils)]).expect("the columns fit")
}

async fn stage(warehouse: &Warehouse, name: &TableName, rows: &[(&str, i64)]) -> Staged {
    let mut writer = warehouse.writer(name).await.expect("the table is there");
    writer.write(batch(rows)).await.expect("the batch fits");
    writer.finish().await.expect("memory does not fail")
}

async fn read(warehouse: &Warehouse, name: &TableName, version: Option<u64>) -> Vec<(String, i64)> {
    let context = session(&Limits::default()).expect("a session");
    warehouse.attach(&context);
    let snapshot = warehouse.snapshot(name, version).await.expect("a snapshot");
    register(&context, name, warehouse.provider(snapshot)).expect("registered");
    let sql = format!("select cast(school_id as varchar) as school_id, pupils from {name} order by 1, 2");
    let batches = context.sql(&sql).await.expect("planned").collect().await.expect("ran");
    let text = pretty_format_batches(&batches).expect("formatted").to_string();
    text.lines()
        .filter(|line| line.starts_with('|') && !line.contains("school_id"))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].to_owned(), cells[1].parse().expect("a number"))
        })
        .collect()
}

fn rows(rows: &[(&str, i64)]) -> Vec<(String, i64)> {
    rows.iter().map(|row| (row.0.to_owned(), row.1)).collect()
}

async fn memory() -> Warehouse {
    Warehouse::create("memory:///", |_| String::new()).await.expect("memory is always there")
}

#[tokio::test]
async fn staged_rows_can_be_looked_at_before_they_are_committed() {
    let warehouse = memory().await;
    let name = TableName::new("facts", "raw_roster");
    warehouse.ensure_table(&name, &schema(), &[]).await.expect("made");
    let staged = stage(&warehouse, &name, &[("a", 1), ("b", 2)]).await;
    let snapshot = warehouse.staged_snapshot(&name, schema(), &staged);
    assert_eq!(snapshot.rows(), 2);
    let context = session(&Limits::default()).expect("a session");
    warehouse.attach(&context);
    register(&context, &name, warehouse.provider(snapshot)).expect("registered");
    let sum = context.sql("select sum(pupils) from facts.raw_roster").await.expect("planned");
    let text = pretty_format_batches(&sum.collect().await.expect("ran")).expect("formatted").to_string();
    assert!(text.contains("| 3 "), "{text}");
    assert_eq!(read(&warehouse, &name, None).await, rows(&[]), "nobody else sees them");
}

#[tokio::test]
async fn staged_rows_are_seen_only_when_committed_and_versions_stay() {
    let warehouse = memory().await;
    let name = TableName::new("facts", "raw_roster");
    warehouse.ensure_table(&name, &schema(), &[]).await.expect("made");
    warehouse.ensure_table(&name, &schema(), &[]).await.expect("made already");
    let staged = stage(&warehouse, &name, &[("1", 10), ("2", 20)]).await;
    assert_eq!((staged.rows(), read(&warehouse, &name, None).await), (2, vec![]));
    let first = warehouse.append(&name, staged).await.expect("committed");
    let more = stage(&warehouse, &name, &[("3", 30)]).await;
    warehouse.append(&name, more).await.expect("committed");
    assert_eq!(read(&warehouse, &name, None).await, rows(&[("1", 10), ("2", 20), ("3", 30)]));
    assert_eq!(read(&warehouse, &name, Some(first)).await, rows(&[("1", 10), ("2", 20)]));
    assert_eq!(warehouse.tables().await.expect("listed"), [name]);
}

#[tokio::test]
async fn an_overwrite_replaces_all_or_the_named_partitions() {
    let warehouse = memory().await;
    let whole = TableName::new("marts", "whole");
    warehouse.shape_table(&whole, &schema()).await.expect("made");
    for value in [1, 2] {
        let staged = stage(&warehouse, &whole, &[("1", value)]).await;
        warehouse.overwrite(&whole, &Replace::All, staged).await.expect("overwritten");
    }
    assert_eq!(read(&warehouse, &whole, None).await, rows(&[("1", 2)]));

    let parts = TableName::new("marts", "parts");
    warehouse.ensure_table(&parts, &schema(), &["school_id"]).await.expect("made");
    let staged = stage(&warehouse, &parts, &[("1", 10), ("2", 20)]).await;
    warehouse.append(&parts, staged).await.expect("committed");
    let replace = Replace::Where { column: "school_id".into(), values: vec!["2".into()] };
    let staged = stage(&warehouse, &parts, &[("2", 21), ("2", 22)]).await;
    warehouse.overwrite(&parts, &replace, staged).await.expect("overwritten");
    assert_eq!(read(&warehouse, &parts, None).await, rows(&[("1", 10), ("2", 21), ("2", 22)]));
}

#[tokio::test]
async fn a_table_gets_new_columns_when_its_model_does() {
    let warehouse = memory().await;
    let name = TableName::new("marts", "shape");
    warehouse.shape_table(&name, &schema()).await.expect("made");
    let staged = stage(&warehouse, &name, &[("1", 10)]).await;
    let before = warehouse.overwrite(&name, &Replace::All, staged).await.expect("written");
    let wider = Arc::new(Schema::new(vec![
        Field::new("school_id", DataType::Utf8, true),
        Field::new("pupils", DataType::Int64, true),
        Field::new("note", DataType::Utf8, true),
    ]));
    warehouse.shape_table(&name, &wider).await.expect("reshaped");
    let now = warehouse.snapshot(&name, None).await.expect("a snapshot");
    assert_eq!((now.schema.fields().len(), now.rows()), (3, 0));
    assert_eq!(read(&warehouse, &name, Some(before)).await, rows(&[("1", 10)]));
}

#[tokio::test]
async fn many_writers_append_at_once_and_no_row_is_lost() {
    let warehouse = memory().await;
    let name = TableName::new("facts", "raw_many");
    warehouse.ensure_table(&name, &schema(), &[]).await.expect("made");
    let writers = (0..8).map(|writer| {
        let (warehouse, name) = (warehouse.clone(), name.clone());
        tokio::spawn(async move {
            let staged = stage(&warehouse, &name, &[("1", writer)]).await;
            warehouse.append(&name, staged).await.expect("committed after the others");
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("no panic");
    }
    let all: Vec<i64> = read(&warehouse, &name, None).await.into_iter().map(|row| row.1).collect();
    assert_eq!(all, (0..8).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_release_number_is_published_once() {
    let warehouse = memory().await;
    let finding = TableName::new("marts", "finding");
    warehouse.ensure_table(&finding, &schema(), &[]).await.expect("made");
    let release = Release {
        release: 1,
        made_at: "2020-03-01T00:00:00Z".into(),
        today: chrono::NaiveDate::from_ymd_opt(2020, 3, 1).expect("a date"),
        official: false,
        note: String::new(),
        tables: [(finding.clone(), 0)].into(),
        fingerprints: [].into(),
        models: None,
        logs: std::collections::BTreeMap::new(),
        erased_before: None,
        lost: [].into(),
    };
    assert_eq!(warehouse.latest_release().await.expect("none yet"), None);
    warehouse.publish(&release).await.expect("the first");
    let again = warehouse.publish(&release).await.expect_err("the second");
    assert!(matches!(again, WarehouseError::ReleaseTaken { release: 1 }));
    let kept = warehouse.latest_release().await.expect("it can be read").expect("it is there");
    assert!(kept.logs.contains_key(&finding), "the log of its table has a checksum");
    assert_eq!(kept, Release { logs: kept.logs.clone(), ..release });
}

#[tokio::test]
async fn a_lock_has_one_holder_on_disk_and_in_a_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("city").display().to_string();
    let on_disk = Warehouse::create(&path, |_| String::new()).await.expect("made");
    for warehouse in [on_disk, memory().await] {
        let first = warehouse.lock("transform").await.expect("free");
        first.check().expect("held");
        let second = warehouse.lock("transform").await.expect_err("taken");
        assert!(matches!(second, WarehouseError::Locked { .. }), "{second}");
        drop(first);
        // An object lock is let go by its renewal task: give it a moment.
        let mut again = warehouse.lock("transform").await;
        for _ in 0..100 {
            if again.is_ok() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            again = warehouse.lock("transform").await;
        }
        again.expect("free again");
    }
}

#[tokio::test]
async fn opening_nothing_says_how_to_make_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nothing").display().to_string();
    let error = Warehouse::open(&path).await.expect_err("nothing there").to_string();
    assert!(error.contains("kehou init"), "{error}");
}
