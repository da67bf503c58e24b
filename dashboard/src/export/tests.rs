//! What a file holds, and how little of it is held in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    StringViewArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;

use super::about::About;
use super::delimited::{MARK, plain};
use super::sink::Sink;
use super::stream::bytes;
use super::{Column, Format, Table};
use crate::words::Lang;

fn about() -> About {
    About {
        title: "问题线索".to_owned(),
        lang: Lang::Zh,
        release: 7,
        made_at: "2020-03-01T08:00:00Z".to_owned(),
        today: "2020-03-01".parse().expect("a day"),
        official: true,
        filters: vec![("规则".to_owned(), "R13".to_owned())],
        source: "marts.finding".to_owned(),
        written_at: "2020-03-02T00:00:00Z".to_owned(),
    }
}

fn columns(schema: &SchemaRef) -> Vec<Column> {
    let heading = |name: &str| format!("列 {name}");
    schema.fields().iter().map(|field| Column { name: field.name().clone(), heading: heading(field.name()) }).collect()
}

/// A value of each kind, and nothing.
fn batch() -> RecordBatch {
    let money = Decimal128Array::from(vec![Some(-5), None, Some(123_450)]).with_precision_and_scale(18, 2);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("school_id", Arc::new(StringViewArray::from(vec![Some("3704020001"), None, Some("0704020001")]))),
        ("text", Arc::new(StringArray::from(vec![Some("=1+1"), Some("甲,\"乙\"\n丙"), None]))),
        ("rows", Arc::new(Int64Array::from(vec![Some(-3), None, Some(i64::MAX)]))),
        ("share", Arc::new(Float64Array::from(vec![Some(0.125), None, Some(-1.0)]))),
        ("amount", Arc::new(money.expect("it fits"))),
        ("day", Arc::new(Date32Array::from(vec![Some(18_322), None, Some(-40_000)]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![Some(1_583_049_600_000_000), None, None]))),
        ("is_late", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn written(format: Format, batch: &RecordBatch) -> Vec<u8> {
    let schema = batch.schema();
    let mut sink = Sink::new(format, &columns(&schema), &schema, about(), Vec::new()).expect("begun");
    sink.write(batch).expect("written");
    sink.finish().expect("ended")
}

#[test]
fn csv_has_a_mark_headings_and_rows_that_read_back() {
    let file = written(Format::Csv, &batch());
    let text = file.strip_prefix(MARK).expect("Excel's mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    let lines: Vec<Vec<String>> =
        reader.records().map(|line| line.expect("CSV").iter().map(str::to_owned).collect()).collect();
    let expected = [
        ["列 school_id", "列 text", "列 rows", "列 share", "列 amount", "列 day", "列 at", "列 is_late"],
        ["3704020001", "'=1+1", "-3", "0.125", "-0.05", "2020-03-01", "2020-03-01T08:00:00Z", "true"],
        ["", "甲,\"乙\"\n丙", "", "", "", "", "", ""],
        ["0704020001", "", "9223372036854775807", "-1", "1234.50", "1860-06-26", "", "false"],
    ];
    assert_eq!(lines, expected);
    assert!(file.ends_with(b"\r\n"));
}

#[test]
fn no_text_is_taken_for_a_formula() {
    for text in ["=cmd|'/c calc'!A1", "+1", "-1", "@sum(a1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"] {
        assert_eq!(plain(text), format!("'{text}"), "{text:?}");
    }
    for text in ["", "1-1", "甲=乙", "a@b.example", "'=1", " x"] {
        assert_eq!(plain(text), text);
    }
}

#[test]
fn parquet_keeps_types_and_says_what_it_is() {
    let batch = batch();
    let file = axum::body::Bytes::from(written(Format::Parquet, &batch));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let told: Vec<(String, String)> = reader
        .metadata()
        .file_metadata()
        .key_value_metadata()
        .expect("metadata")
        .iter()
        .map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default()))
        .collect();
    let value = |key: &str| told.iter().find(|(one, _)| one == key).map(|(_, value)| value.as_str());
    assert_eq!((value("kehou.rows"), value("kehou.release")), (Some("3"), Some("7")));
    assert_eq!(value("kehou.filters"), Some("{\"规则\":\"R13\"}"));
    assert!(value("kehou.headings").is_some_and(|text| text.contains("\"amount\":\"列 amount\"")));
    let read: Vec<RecordBatch> = reader.build().expect("readable").map(|batch| batch.expect("rows")).collect();
    let names: Vec<&str> = batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    let found: Vec<&str> = read[0].schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(found, names);
    assert_eq!(read[0].column(4).as_ref(), batch.column(4).as_ref());
    assert_eq!(read[0].column(6).as_ref(), batch.column(6).as_ref());
}

/// A stream whose batches are made when they are asked for, and how many were.
fn lazy(batches: usize, rows: usize) -> (Table, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let make = move |at: usize| {
        counter.fetch_add(1, Ordering::SeqCst);
        let values = (0..rows).map(|row| ((at * rows + row) as i64).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64));
        let column: ArrayRef = Arc::new(values.collect::<Int64Array>());
        RecordBatch::try_from_iter([("number", column)]).expect("one column")
    };
    let schema = make(0).schema();
    asked.store(0, Ordering::SeqCst);
    let columns = columns(&schema);
    let rows = RecordBatchStreamAdapter::new(schema, futures::stream::iter(0..batches).map(move |at| Ok(make(at))));
    (Table { columns, rows: Box::pin(rows) }, asked)
}

/// However long a table is: no more of it is made than was handed over, but one batch of CSV, and one group of rows of Parquet.
#[tokio::test]
async fn rows_are_asked_for_as_the_file_is_taken() {
    const ROWS: usize = 8_192;
    const BATCHES: usize = 100;
    for (format, most_batches, most_bytes) in [(Format::Csv, 1, ROWS * 24), (Format::Parquet, 16, 131_072 * 16)] {
        let (table, asked) = lazy(BATCHES, ROWS);
        let mut parts = Box::pin(bytes(table, format, about()).await.expect("begun"));
        let (mut before, mut size) = (0, 0);
        while let Some(part) = parts.next().await {
            let part = part.expect("bytes");
            let now = asked.load(Ordering::SeqCst);
            assert!(now - before <= most_batches + 1, "{format:?}: {} batches were made for one part", now - before);
            assert!(part.len() <= most_bytes, "{format:?}: a part of {} bytes", part.len());
            before = now;
            size += part.len();
        }
        assert_eq!(asked.load(Ordering::SeqCst), BATCHES);
        assert!(size > ROWS * BATCHES * 7, "{format:?}: {size} bytes are not all rows");
    }
}

#[tokio::test]
async fn a_broken_stream_breaks_the_file_off() {
    let (table, _) = lazy(3, 10);
    let schema = table.rows.schema();
    let fault = || Err(datafusion::error::DataFusionError::Execution("gone".to_owned()));
    let rows = table.rows.chain(futures::stream::once(async move { fault() }));
    let table = Table { columns: table.columns, rows: Box::pin(RecordBatchStreamAdapter::new(schema, rows)) };
    let parts: Vec<_> = bytes(table, Format::Csv, about()).await.expect("begun").collect().await;
    assert!(parts.last().is_some_and(Result::is_err), "half a file is no file");
    let (table, _) = lazy(1, 1);
    let schema = table.rows.schema();
    let rows = RecordBatchStreamAdapter::new(schema, futures::stream::once(async move { fault() }));
    let table = Table { columns: table.columns, rows: Box::pin(rows) };
    assert!(bytes(table, Format::Xlsx, about()).await.is_err(), "a workbook is whole or there is none");
}

#[test]
fn a_name_tells_what_it_is_and_no_path() {
    let odd = About { title: "../../甲 /乙:\"丙\"".to_owned(), ..about() };
    assert_eq!(odd.stem(Some(12)), "..-..-甲-乙-丙-_第7版_2020-03-01_12行");
    assert!(!odd.stem(None).contains('/'));
}

#[test]
fn what_stands_beside_csv_is_csv_on_the_web() {
    let schema = batch().schema();
    let described: Vec<(Column, &str)> = columns(&schema)
        .into_iter()
        .zip(schema.fields().iter().map(|field| super::cell::csvw(field.data_type())))
        .collect();
    let told: serde_json::Value = serde_json::from_str(&about().beside_csv("f.csv", 3, &described)).expect("JSON");
    assert_eq!(told["@context"], "http://www.w3.org/ns/csvw");
    assert_eq!((&told["kehou:rows"], &told["kehou:release"]), (&3.into(), &7.into()));
    let kinds: Vec<&str> = told["tableSchema"]["columns"]
        .as_array()
        .expect("columns")
        .iter()
        .filter_map(|column| column["datatype"].as_str())
        .collect();
    assert_eq!(kinds, ["string", "string", "integer", "double", "decimal", "date", "dateTime", "boolean"]);
}
