//! Runs of small projects on a warehouse in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use chrono::NaiveDate;
use datafusion::arrow::array::{Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::util::display::array_value_to_string;
use transform::error::TransformError;
use transform::project::Project;
use transform::run::{Options, Outcome, Progress, transform};
use transform::views::register_views;
use warehouse::Warehouse;
use warehouse::session::Limits;
use warehouse::table::TableName;

const SALE: &str = "-- A sale with its amount.\nselect school_id, amount from facts.raw_sale";
const TOTAL: &str = "-- What a school sold.\n-- stored: table\n-- key: school_id\n\
     select school_id, cast(sum(amount) as bigint) as total from staging.sale group by school_id";
const HISTORY: &str = "-- Each total that was ever seen.\n-- stored: table\n-- carries: school_id varchar, total bigint, seen_on date\n\
     select school_id, total, seen_on from previous.history\n\
     union all\n\
     select total.school_id, total.total, run.today as seen_on from marts.total as total cross join run\n\
     left join previous.history as before on before.school_id = total.school_id and before.total = total.total\n\
     where before.school_id is null";
const POSITIVE: &str = "-- No total is negative.\nselect * from marts.total where total < 0";

fn project(more: &[(&str, &str)]) -> Project {
    let base = [
        ("staging/sale.sql", SALE),
        ("marts/total.sql", TOTAL),
        ("marts/history.sql", HISTORY),
        ("tests/positive.sql", POSITIVE),
    ];
    let files: BTreeMap<String, String> =
        base.iter().chain(more).map(|(path, sql)| ((*path).to_owned(), (*sql).to_owned())).collect();
    Project::new(files).expect("a sound project")
}

fn on(day: u32) -> Options {
    let today = NaiveDate::from_ymd_opt(2020, 3, day).expect("a day");
    Options { today, full: false, select: Vec::new(), limits: Limits::default() }
}

async fn run(warehouse: &Warehouse, project: &Project, options: &Options) -> Result<Outcome, TransformError> {
    transform(warehouse, project, options, &|_| ()).await
}

async fn city(rows: &[(&str, i64)]) -> Warehouse {
    let warehouse = Warehouse::create("memory:///", |_| String::new()).await.expect("memory is always there");
    sell(&warehouse, rows).await;
    warehouse
}

async fn sell(warehouse: &Warehouse, rows: &[(&str, i64)]) {
    let schema: SchemaRef = Arc::new(Schema::new(vec![
        Field::new("school_id", DataType::Utf8, true),
        Field::new("amount", DataType::Int64, true),
    ]));
    let name = TableName::new("facts", "raw_sale");
    warehouse.ensure_table(&name, &schema, &[]).await.expect("made");
    let schools: StringArray = rows.iter().map(|row| Some(row.0)).collect();
    let amounts: Int64Array = rows.iter().map(|row| Some(row.1)).collect();
    let mut writer = warehouse.writer(&name).await.expect("a writer");
    let batch = RecordBatch::try_new(schema, vec![Arc::new(schools), Arc::new(amounts)]).expect("the columns fit");
    writer.write(batch).await.expect("written");
    warehouse.append(&name, writer.finish().await.expect("staged")).await.expect("committed");
}

/// The newest release's answer, a row a text.
async fn ask(warehouse: &Warehouse, project: &Project, sql: &str) -> Vec<String> {
    let release = warehouse.latest_release().await.expect("readable").expect("there is one");
    let context = warehouse.release_session(&release, &Limits::default()).await.expect("a session");
    register_views(&context, project, &release, sql).await.expect("views");
    let mut rows = Vec::new();
    for batch in context.sql(sql).await.expect("planned").collect().await.expect("ran") {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| array_value_to_string(column, row).expect("printable"));
            rows.push(cells.collect::<Vec<_>>().join(" "));
        }
    }
    rows
}

#[tokio::test]
async fn a_release_appears_and_an_unchanged_run_publishes_nothing() {
    let (warehouse, project) = (city(&[("1", 10), ("1", 5), ("2", 7)]).await, project(&[]));
    let Outcome::Published { release, .. } = run(&warehouse, &project, &on(1)).await.expect("it runs") else {
        panic!()
    };
    assert_eq!(release.release, 1);
    let totals = "select school_id, total from total order by school_id";
    assert_eq!(ask(&warehouse, &project, totals).await, ["1 15", "2 7"]);
    assert_eq!(ask(&warehouse, &project, "select count(*) from staging.sale").await, ["3"]);
    assert!(matches!(run(&warehouse, &project, &on(1)).await, Ok(Outcome::Unchanged(_))));
    sell(&warehouse, &[("2", 1)]).await;
    assert_eq!(ask(&warehouse, &project, totals).await, ["1 15", "2 7"], "readers keep their release");
    assert!(matches!(run(&warehouse, &project, &on(1)).await, Ok(Outcome::Published { .. })));
    assert_eq!(ask(&warehouse, &project, totals).await, ["1 15", "2 8"]);
}

#[tokio::test]
async fn a_failing_data_test_leaves_the_last_good_release() {
    let (warehouse, project) = (city(&[("1", 10)]).await, project(&[]));
    run(&warehouse, &project, &on(1)).await.expect("it runs");
    sell(&warehouse, &[("2", -3)]).await;
    let error = run(&warehouse, &project, &on(2)).await.expect_err("a negative total").to_string();
    assert!(error.contains("tests/positive.sql") && error.contains("-3"), "{error}");
    assert_eq!(ask(&warehouse, &project, "select school_id, total from total").await, ["1 10"]);
    assert_eq!(warehouse.releases().await.expect("readable").len(), 1);
}

#[tokio::test]
async fn a_warning_test_does_not_stop_a_release() {
    let few = ("tests/few.sql", "-- Few schools.\n-- warns: true\nselect * from marts.total where total < 100");
    let warehouse = city(&[("1", 10)]).await;
    let Ok(Outcome::Published { warnings, .. }) = run(&warehouse, &project(&[few]), &on(1)).await else { panic!() };
    assert_eq!(warnings.len(), 1);
}

#[tokio::test]
async fn history_is_carried_from_release_to_release() {
    let (warehouse, project) = (city(&[("1", 10)]).await, project(&[]));
    run(&warehouse, &project, &on(1)).await.expect("it runs");
    sell(&warehouse, &[("1", 1)]).await;
    run(&warehouse, &project, &on(2)).await.expect("it runs");
    let seen = ask(&warehouse, &project, "select school_id, total, seen_on from history order by seen_on").await;
    assert_eq!(seen, ["1 10 2020-03-01", "1 11 2020-03-02"]);
    let error = run(&warehouse, &project, &on(1)).await.expect_err("a day before the last release");
    assert!(matches!(error, TransformError::Backdated { release: 2, .. }));
}

#[tokio::test]
async fn faults_name_the_file() {
    let warehouse = city(&[("1", 10)]).await;
    let check = async |path: &str, sql: &str, part: &str| {
        let error = run(&warehouse, &project(&[(path, sql)]), &on(1)).await.expect_err("a fault").to_string();
        assert!(error.starts_with(path) && error.contains(part), "{error}");
    };
    check("staging/a.sql", "-- A.\nselect x from facts.raw_nothing", "facts.raw_nothing").await;
    check("staging/a.sql", "-- A.\nselect nothing from facts.raw_sale", "nothing").await;
    let error = run(&warehouse, &project(&[]), &Options { select: vec!["marts.x".into()], ..on(1) }).await;
    assert!(matches!(error, Err(TransformError::NoModel(_))));
}

#[tokio::test]
async fn selected_models_publish_nothing() {
    let warehouse = city(&[("1", 10)]).await;
    let options = Options { select: vec!["marts.total".into()], ..on(1) };
    let Ok(Outcome::Selected { rows }) = run(&warehouse, &project(&[]), &options).await else { panic!() };
    assert_eq!(rows, [(TableName::new("marts", "total"), 1)]);
    assert!(warehouse.latest_release().await.expect("readable").is_none());
}

/// How many rows a run computed of each model.
async fn computed(warehouse: &Warehouse, project: &Project, options: &Options) -> BTreeMap<String, u64> {
    let done = Mutex::new(BTreeMap::new());
    let note = |progress: Progress<'_>| {
        if let Progress::Done { model, rows, .. } = progress {
            done.lock().expect("one thread").insert(model.name.to_string(), rows.expect("counted"));
        }
    };
    transform(warehouse, project, options, &note).await.expect("it runs");
    done.into_inner().expect("one thread")
}

#[tokio::test]
async fn only_the_keys_that_changed_are_computed() {
    let keyed = ("staging/sale.sql", "-- A sale.\n-- key: school_id\nselect school_id, amount from facts.raw_sale");
    let most = (
        "marts/most.sql",
        "-- The most.\n-- stored: table\nselect cast(max(total) as bigint) as most from marts.total",
    );
    let (warehouse, project) = (city(&[("1", 10), ("1", 5), ("2", 7), ("3", 9)]).await, project(&[keyed, most]));
    assert_eq!(computed(&warehouse, &project, &on(1)).await["marts.total"], 3);

    sell(&warehouse, &[("2", 1)]).await;
    let done = computed(&warehouse, &project, &on(1)).await;
    assert_eq!(
        (done["marts.total"], done["marts.most"]),
        (1, 1),
        "one school of three, and what has no key as a whole"
    );
    let totals = "select school_id, total from total order by school_id";
    assert_eq!(ask(&warehouse, &project, totals).await, ["1 15", "2 8", "3 9"]);
    assert_eq!(ask(&warehouse, &project, "select most from most").await, ["15"]);

    // What comes out as it was ends the matter: nobody who reads it is computed.
    sell(&warehouse, &[("3", 0)]).await;
    let done = computed(&warehouse, &project, &on(1)).await;
    assert_eq!(done.get("marts.total"), Some(&1));
    assert!(!done.contains_key("marts.most") && !done.contains_key("marts.history"), "{done:?}");
    assert_eq!(ask(&warehouse, &project, totals).await, ["1 15", "2 8", "3 9"]);

    // A date changes what reads it: the history, which names it.
    let done = computed(&warehouse, &project, &on(2)).await;
    assert_eq!(done.keys().map(String::as_str).collect::<Vec<_>>(), ["marts.history"]);
}

#[tokio::test]
async fn a_run_that_failed_leaves_nothing_to_the_next() {
    let keyed = ("staging/sale.sql", "-- A sale.\n-- key: school_id\nselect school_id, amount from facts.raw_sale");
    let (warehouse, sound) = (city(&[("1", 10), ("2", 7)]).await, project(&[keyed]));
    run(&warehouse, &sound, &on(1)).await.expect("it runs");
    // Another SQL with another column, whose data test fails: its table was written as a version that no release names.
    let wider = (
        "marts/total.sql",
        "-- Totals.\n-- stored: table\n-- key: school_id\n\
        select school_id, cast(-sum(amount) as bigint) as total, 'x' as more from staging.sale group by school_id",
    );
    run(&warehouse, &project(&[keyed, wider]), &on(1)).await.expect_err("negative totals");
    sell(&warehouse, &[("2", 1)]).await;
    run(&warehouse, &sound, &on(1)).await.expect("it runs");
    assert_eq!(ask(&warehouse, &sound, "select * from total order by school_id").await, ["1 10", "2 8"]);
}

#[tokio::test]
async fn what_is_planned_as_a_whole_may_come_down_to_keys() {
    let keyed = ("staging/sale.sql", "-- A sale.\n-- key: school_id\nselect school_id, amount from facts.raw_sale");
    let most = (
        "staging/most.sql",
        "-- The most.\n-- stored: table\nselect cast(max(amount) as bigint) as most from staging.sale",
    );
    let share = (
        "marts/share.sql",
        "-- A school's share of the most.\n-- stored: table\n-- key: school_id\n\
         select total.school_id, total.total, most.most from marts.total as total cross join staging.most as most",
    );
    let (warehouse, project) = (city(&[("1", 10), ("2", 7), ("3", 9)]).await, project(&[keyed, most, share]));
    run(&warehouse, &project, &on(1)).await.expect("it runs");
    // The most stays as it was, so that only the changed school's share is computed.
    sell(&warehouse, &[("2", 1)]).await;
    let done = computed(&warehouse, &project, &on(1)).await;
    assert_eq!((done["staging.most"], done["marts.share"]), (1, 1), "{done:?}");
    sell(&warehouse, &[("2", 20)]).await;
    assert_eq!(computed(&warehouse, &project, &on(1)).await["marts.share"], 3);
    let shares = "select school_id, total, most from share order by school_id";
    assert_eq!(ask(&warehouse, &project, shares).await, ["1 10 20", "2 28 20", "3 9 20"]);
}

const MONTH: &str = "-- What a school sold in one of ten months.\n-- stored: table\n-- key: school_id\n-- periods: period\n\
     select school_id, cast(amount % 10 as varchar) as period, cast(sum(amount) as bigint) as total from staging.sale group by 1, 2";
const MONTH_TOTAL: &str = "-- What all sold in a month.\n-- stored: table\n-- periods: period\n\
     select period, cast(sum(total) as bigint) as total from staging.month group by period";
const PLACE: &str = "-- A school's place in a month, in so many rows that nobody compares them.\n-- stored: table\n-- periods: period\n\
     select month.school_id, month.period, copy.copy, rank() over (partition by month.period, copy.copy order by month.total desc) as place\n\
     from staging.month as month cross join (values (1), (2), (3), (4)) as copy (copy)";
const BEST: &str = "-- The best of a month.\n-- stored: table\n-- periods: period\n\
     select place.period, min(place.school_id) as school_id, max(total.total) as total from marts.place as place\n\
     inner join marts.month_total as total on total.period = place.period where place.place = 1 group by place.period";
const ONE: &str =
    "-- A month has a best school.\n-- periods: period\nselect period from marts.best where school_id is null";

/// A project with periods, and a city of so many schools that each sold something in each of ten months.
async fn months(schools: usize) -> (Warehouse, Project) {
    let keyed = ("staging/sale.sql", "-- A sale.\n-- key: school_id\nselect school_id, amount from facts.raw_sale");
    let project = project(&[
        keyed,
        ("staging/month.sql", MONTH),
        ("marts/month_total.sql", MONTH_TOTAL),
        ("marts/place.sql", PLACE),
        ("marts/best.sql", BEST),
        ("tests/one.sql", ONE),
    ]);
    let ids: Vec<String> = (0..schools).map(|school| format!("{school:04}")).collect();
    let amount = |school: usize, period: i64| 10 * (school as i64 * 7_919 % 1_000 + 1) + period;
    let rows = ids.iter().enumerate();
    let rows: Vec<_> = rows.flat_map(|(at, id)| (0..10).map(move |period| (id.as_str(), amount(at, period)))).collect();
    let warehouse = city(&rows).await;
    run(&warehouse, &project, &on(1)).await.expect("it runs");
    (warehouse, project)
}

/// All rows of the tables that rest on periods.
async fn all_months(warehouse: &Warehouse, project: &Project) -> Vec<String> {
    let mut rows = Vec::new();
    for table in ["staging.month", "marts.month_total", "marts.place", "marts.best"] {
        let mut of_table = ask(warehouse, project, &format!("select * from {table}")).await;
        of_table.sort();
        rows.extend(of_table);
    }
    rows
}

#[tokio::test]
async fn only_the_periods_that_changed_are_computed() {
    // Few rows are compared, many are not: of these a month has files of its own.
    for (schools, files) in [(50, 1), (3_000, 10)] {
        let (warehouse, project) = months(schools).await;
        let paths = async || {
            let release = warehouse.latest_release().await.expect("readable").expect("there is one");
            let place = TableName::new("marts", "place");
            let held = warehouse.snapshot(&place, Some(release.tables[&place])).await.expect("its files");
            held.files.into_iter().map(|file| file.path.to_string()).collect::<BTreeSet<_>>()
        };
        let before = paths().await;
        assert_eq!(before.len(), files);

        // Two months of two schools.
        sell(&warehouse, &[("0003", 20_003), ("0007", 40_005)]).await;
        let done = computed(&warehouse, &project, &on(1)).await;
        let computed_rows = |model: &str| done.get(model).copied();
        assert_eq!(computed_rows("staging.month"), Some(20), "two schools' months");
        assert_eq!(computed_rows("marts.month_total"), Some(2), "{done:?}");
        assert_eq!(computed_rows("marts.place"), Some(8 * schools as u64));
        assert_eq!((computed_rows("marts.best"), computed_rows("tests.one")), (Some(2), Some(0)));
        let after = paths().await;
        assert_eq!(after.difference(&before).count(), files.min(2), "the files of these months alone");
        let by_periods = all_months(&warehouse, &project).await;
        run(&warehouse, &project, &Options { full: true, ..on(1) }).await.expect("it runs");
        assert_eq!(all_months(&warehouse, &project).await, by_periods, "{schools} schools");

        // A month more, of which nobody had a row.
        let release = warehouse.latest_release().await.expect("readable").expect("there is one");
        sell(&warehouse, &[("0003", -1)]).await;
        assert_eq!(computed(&warehouse, &project, &on(1)).await["marts.month_total"], 1);
        assert_eq!(ask(&warehouse, &project, "select * from best where period = '-1'").await, ["-1 0003 -1"]);
        let by_periods = all_months(&warehouse, &project).await;
        assert!(release.release < warehouse.latest_release().await.expect("readable").expect("one").release);
        run(&warehouse, &project, &Options { full: true, ..on(1) }).await.expect("it runs");
        assert_eq!(all_months(&warehouse, &project).await, by_periods, "{schools} schools");
    }
}

#[tokio::test]
async fn periods_that_come_out_as_they_were_are_nobody_elses_matter() {
    let (warehouse, project) = months(50).await;
    sell(&warehouse, &[("0003", 10), ("0003", -10)]).await;
    let done = computed(&warehouse, &project, &on(1)).await;
    assert_eq!(done.keys().map(String::as_str).collect::<Vec<_>>(), ["marts.total", "staging.month"]);
    // What they sold together stays; only the places move.
    sell(&warehouse, &[("0003", 20_000), ("0004", -20_000)]).await;
    let done = computed(&warehouse, &project, &on(1)).await;
    assert_eq!((done["marts.month_total"], done["marts.place"], done["marts.best"]), (1, 200, 1));
    let moved = ask(&warehouse, &project, "select school_id from best where period = '0'").await;
    assert_eq!(moved, ["0003"]);
}

#[tokio::test]
async fn what_has_no_periods_changes_all_of_them() {
    let (warehouse, with_periods) = months(50).await;
    // The same models, one of them without its header's line: what reads it has nothing to go by.
    let sql = MONTH_TOTAL.replace("-- periods: period\n", "");
    let files: BTreeMap<String, String> = with_periods.files().clone();
    let files = files.into_iter().chain([("marts/month_total.sql".to_owned(), sql)]).collect();
    let project = Project::new(files).expect("a sound project");
    run(&warehouse, &project, &on(1)).await.expect("it runs");
    sell(&warehouse, &[("0003", 20_003)]).await;
    let done = computed(&warehouse, &project, &on(1)).await;
    assert_eq!((done["marts.month_total"], done["marts.place"], done["marts.best"]), (10, 200, 10));
}
