//! The cases in `tests/sql/<schema>.<table>/<case>/`, of every schema and of data tests: rows in, rows out. The convention stands
//! in `tests/sql/README.md`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray, new_null_array};
use datafusion::arrow::compute::{cast, concat_batches};
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use transform::project::{Model, Project, Stored};
use transform::views::carried;
use warehouse::session::{Limits, PLAIN, register, session};
use warehouse::table::TableName;

/// The tables that no model makes, with their columns.
fn inputs() -> BTreeMap<TableName, SchemaRef> {
    let mut tables = BTreeMap::new();
    for form in ingest::form::forms() {
        tables.insert(TableName::new("facts", form.table()), form.schema());
    }
    tables.insert(ingest::ledger::ledger_table(), ingest::ledger::ledger_schema());
    tables.insert(ingest::ledger::issue_table(), ingest::ledger::issue_schema());
    tables.insert(TableName::new("facts", "case_event"), ingest::ledger::case_schema());
    tables.insert(ingest::duty::duty_table(), ingest::duty::duty_schema());
    for name in ingest::reference::names() {
        tables.insert(TableName::new("reference", name), ingest::reference::schema(name).expect("it has one"));
    }
    let today = datafusion::arrow::datatypes::Field::new("today", DataType::Date32, true);
    tables.insert(TableName::new(PLAIN, "run"), Arc::new(Schema::new(vec![today])));
    tables
}

/// Reads a case's table with the columns of `schema`: an empty cell is null, `''` is empty text, a column that is not
/// given is null.
fn read(path: &Path, schema: &SchemaRef) -> RecordBatch {
    let mut reader = csv::Reader::from_path(path).expect("a readable file");
    let headings: Vec<String> = reader.headers().expect("headings").iter().map(str::to_owned).collect();
    for heading in &headings {
        assert!(schema.field_with_name(heading).is_ok(), "{}: there is no column '{heading}'", path.display());
    }
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let columns = schema.fields().iter().map(|field| -> ArrayRef {
        let Some(at) = headings.iter().position(|heading| heading == field.name()) else {
            return new_null_array(field.data_type(), rows.len());
        };
        let texts: StringArray = rows
            .iter()
            .map(|row| match row.get(at).unwrap_or_default().trim() {
                "" => None,
                "''" => Some(""),
                text => Some(text),
            })
            .collect();
        let nulls = texts.iter().filter(Option::is_none).count();
        let typed = cast(&texts, field.data_type()).expect("a castable type");
        assert_eq!(
            typed.null_count(),
            nulls,
            "{}: column '{}' has a value of another type",
            path.display(),
            field.name()
        );
        typed
    });
    let nullable: Vec<_> = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(nullable)), columns.collect())
        .expect("the columns are those of the schema")
}

async fn schema_of(context: &SessionContext, model: &Model) -> SchemaRef {
    let frame = context.sql(&model.sql).await.unwrap_or_else(|error| panic!("{}: {error}", model.path));
    Arc::new(frame.schema().as_arrow().clone())
}

fn put(context: &SessionContext, name: &TableName, batch: RecordBatch) {
    let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).expect("one schema");
    register(context, name, Arc::new(table)).expect("registered");
}

/// A case's file of a table: its own, or else the one that all cases of the schema share.
fn file_of(case: &Path, target: &TableName, table: &str) -> PathBuf {
    let own = case.join(format!("{table}.csv"));
    let shared = || case.ancestors().nth(2).map(|root| root.join(&target.schema).join(format!("{table}.csv")));
    if own.exists() { own } else { shared().filter(|file| file.exists()).unwrap_or(own) }
}

/// Runs one case; gives what differs.
async fn check(project: &Project, target: &TableName, case: &Path) -> Result<(), String> {
    let context = session(&Limits::default()).expect("a session");
    for (name, schema) in inputs() {
        let file = match name.schema.as_str() {
            PLAIN => file_of(case, target, &name.table),
            _ => file_of(case, target, &name.to_string()),
        };
        let batch = match file.exists() {
            true => read(&file, &schema),
            false if name.table == "run" => {
                let day = NaiveDate::from_ymd_opt(2020, 3, 1).expect("a day");
                let days = datafusion::arrow::array::Date32Array::from(vec![warehouse::session::days(day)]);
                RecordBatch::try_new(schema.clone(), vec![Arc::new(days)]).expect("one column")
            }
            false => RecordBatch::new_empty(schema.clone()),
        };
        put(&context, &name, batch);
    }
    for model in project.upstream([target.clone()]) {
        if let Some(carries) = model.get("carries") {
            let name = TableName::new("previous", &model.name.table);
            let schema = Arc::new(carried(carries)?);
            let file = file_of(case, target, &name.to_string());
            put(&context, &name, if file.exists() { read(&file, &schema) } else { RecordBatch::new_empty(schema) });
        }
        let file = file_of(case, target, &model.name.to_string());
        let given = file.exists() && model.name != *target;
        if given {
            let schema = schema_of(&context, model).await;
            put(&context, &model.name, read(&file, &schema));
        } else {
            let frame = context.sql(&model.sql).await.map_err(|error| format!("{}: {error}", model.path))?;
            // What a run stores is computed once here too: plans of views within views grow without bound.
            if model.stored == Stored::Table {
                let schema = Arc::new(frame.schema().as_arrow().clone());
                let batches = frame.collect().await.map_err(|error| format!("{}: {error}", model.path))?;
                put(&context, &model.name, concat_batches(&schema, &batches).map_err(|error| error.to_string())?);
            } else {
                register(&context, &model.name, frame.into_view()).expect("registered");
            }
        }
    }
    let mut reader =
        csv::Reader::from_path(case.join("expected.csv")).map_err(|error| format!("expected.csv: {error}"))?;
    let headings: Vec<String> = reader.headers().expect("headings").iter().map(str::to_owned).collect();
    let mut expected: Vec<Vec<String>> =
        reader.records().map(|row| row.expect("a row").iter().map(|cell| plain(cell.trim())).collect()).collect();
    let columns: Vec<String> = headings.iter().map(|heading| format!("\"{heading}\"")).collect();
    let sql = format!("select {} from {target}", columns.join(", "));
    let frame = context.sql(&sql).await.map_err(|error| error.to_string())?;
    let mut found: Vec<Vec<String>> = Vec::new();
    for batch in frame.collect().await.map_err(|error| error.to_string())? {
        let options = FormatOptions::new().with_null(NULL);
        let cells: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options).expect("printable"))
            .collect();
        found.extend(
            (0..batch.num_rows()).map(|row| cells.iter().map(|cell| found_as(&cell.value(row).to_string())).collect()),
        );
    }
    expected.sort();
    found.sort();
    if expected == found {
        Ok(())
    } else {
        Err(format!("columns {headings:?}\nexpected {expected:#?}\nfound {found:#?}"))
    }
}

/// How a null is printed before it is compared; no cell holds it.
const NULL: &str = "\0";

/// A value of the engine as a case's file would have it.
fn found_as(text: &str) -> String {
    match text {
        NULL => String::new(),
        "" => "''".to_owned(),
        text => plain(text),
    }
}

/// Text as it is compared: an empty cell is null and `''` empty text, 5, 5.0 and 5.00 are one number, and doubles are compared to
/// 9 places.
fn plain(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(number) if text.contains('.') => {
            format!("{number:.9}").trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => text.to_owned(),
    }
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

#[test]
fn every_case_gives_its_rows() {
    let project = Project::built_in().expect("the SQL is sound");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql");
    // Plans of many views nest deeply.
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_stack_size(32 << 20).build().expect("threads");
    let mut work = Vec::new();
    // A folder without a point in its name holds what the cases of a schema share.
    let of_models = |folder: &PathBuf| folder.file_name().is_some_and(|name| name.to_string_lossy().contains('.'));
    for folder in folders(&root).into_iter().filter(of_models) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let target = TableName::try_from(name).expect("a folder is named by its model");
        assert!(project.model(&target).is_some(), "{}: there is no model {target}", folder.display());
        work.extend(folders(&folder).into_iter().map(|case| (target.clone(), case)));
    }
    let count = work.len();
    let wrong: Vec<String> = runtime.block_on(async {
        let project = Arc::new(project);
        let mut running = tokio::task::JoinSet::new();
        for (target, case) in work {
            let project = project.clone();
            running.spawn(async move { (check(&project, &target, &case).await, case) });
        }
        let mut wrong = Vec::new();
        while let Some(done) = running.join_next().await {
            match done {
                Ok((Ok(()), _)) => {}
                Ok((Err(why), case)) => wrong.push(format!("{}: {why}", case.display())),
                Err(panic) => wrong.push(panic.to_string()),
            }
        }
        wrong.sort();
        wrong
    });
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 20, "the cases are there");
}
