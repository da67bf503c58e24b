//! Runs the public's models over a city's releases, each carrying on what the one before published.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray,
};
use datafusion::arrow::compute::{cast, concat_batches};
use datafusion::arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use transform::project::Project;
use transform::views::carried;
use warehouse::session::{Limits, PLAIN, days, register, session};
use warehouse::table::TableName;

use super::world::{FAMILIES, State, TERMS, World, periods, year};

/// The models' text, which a test may change to plant a leak.
#[derive(Clone)]
pub struct Models {
    pub measure: String,
    pub sum: String,
    pub edition: String,
    pub figure: String,
    pub carries: String,
}

impl Models {
    pub fn built_in() -> Models {
        let project = Project::built_in().expect("the SQL is sound");
        let named = |name: TableName| project.model(&name).expect("it is there").clone();
        let model = |table: &str| named(TableName::new("marts", table));
        let edition = model("public_edition");
        Models {
            carries: edition.get("carries").expect("it carries").to_owned(),
            edition: edition.sql.clone(),
            measure: named(TableName::new("staging", "public_measure")).sql.clone(),
            sum: model("public_sum").sql.clone(),
            figure: model("public_figure").sql.clone(),
        }
    }
}

/// A row of what the public gets: a figure of people.
#[derive(Debug, Clone)]
pub struct Public {
    pub indicator: String,
    pub unit: String,
    pub period: String,
    pub numbers: Option<[i128; 2]>,
}

/// A row of what was published, as whoever knows the rules best may guess it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    pub part: String,
    pub family: String,
    pub period: String,
    pub district: String,
    pub school: String,
    pub edition: i64,
    pub release: usize,
    pub indicator: String,
}

/// What came out of one release.
pub struct Release {
    pub public: Vec<Public>,
    pub editions: Vec<Edition>,
}

/// The name of a school or district.
pub fn district(at: usize) -> String {
    format!("D{at}")
}

/// The name of a school.
pub fn school(at: usize) -> String {
    format!("s{at:02}")
}

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 3, 1).expect("a day")
}

/// Every release of a city.
pub async fn releases(models: &Models, world: &World) -> Vec<Release> {
    let schema = Arc::new(carried(&models.carries).expect("columns"));
    let mut previous = RecordBatch::new_empty(schema);
    let mut all = Vec::new();
    for (at, state) in world.states.iter().enumerate() {
        let context = session(&Limits::default()).expect("a session");
        inputs(&context, world, state, at);
        put(&context, "previous", "public_edition", previous);
        put(&context, "staging", "public_measure", computed(&context, &models.measure).await);
        put(&context, "marts", "public_sum", computed(&context, &models.sum).await);
        let edition = computed(&context, &models.edition).await;
        put(&context, "marts", "public_edition", edition.clone());
        let figure = computed(&context, &models.figure).await;
        all.push(Release { public: public(&figure), editions: editions(&edition) });
        previous = edition;
    }
    all
}

async fn computed(context: &SessionContext, sql: &str) -> RecordBatch {
    let frame = context.sql(sql).await.expect("it plans");
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await.expect("it runs");
    concat_batches(&batches.first().map_or(schema, RecordBatch::schema), &batches).expect("one schema")
}

fn put(context: &SessionContext, schema: &str, table: &str, batch: RecordBatch) {
    let held = MemTable::try_new(batch.schema(), vec![vec![batch]]).expect("one schema");
    register(context, &TableName::new(schema, table), Arc::new(held)).expect("registered");
}

fn texts(values: impl IntoIterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn money(values: impl IntoIterator<Item = i128>) -> ArrayRef {
    let hundredths = values.into_iter().map(|value| Some(value * 100)).collect::<Decimal128Array>();
    Arc::new(hundredths.with_precision_and_scale(18, 2).expect("fits"))
}

fn table(context: &SessionContext, schema: &str, name: &str, columns: Vec<(&str, ArrayRef)>) {
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    put(context, schema, name, RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length"));
}

fn inputs(context: &SessionContext, world: &World, state: &State, release: usize) {
    let fixed = |values: &[&str]| texts(values.iter().map(|value| (*value).to_owned()));
    let today = first_day() + Days::new(release as u64);
    table(context, PLAIN, "run", vec![("today", Arc::new(Date32Array::from(vec![days(today)])))]);
    table(context, "marts", "policy_now", vec![("key", fixed(&["min_cell"])), ("value", fixed(&["10"]))]);
    let known: Vec<_> = state.is_public.iter().collect();
    let flags = |at: usize| Arc::new(known.iter().map(|(_, open)| Some(open[at])).collect::<BooleanArray>());
    let kind = |period: &str| if period.len() == 7 { "month" } else { "term" };
    table(
        context,
        "staging",
        "public_period",
        vec![
            ("period_type", texts(known.iter().map(|(period, _)| kind(period).to_owned()))),
            ("period", texts(known.iter().map(|(period, _)| (*period).clone()))),
            ("is_public", flags(0)),
            ("is_final", flags(1)),
        ],
    );
    let mut months: Vec<[String; 3]> = Vec::new();
    for term in 0..TERMS {
        for month in periods("month", term) {
            let of = |kind: &str, period: String| [kind.to_owned(), period, month.clone()];
            months.push(of("month", month.clone()));
            months.extend(periods("term", term).into_iter().map(|period| of("term", period)));
            months.push(of("year", year(term)));
        }
    }
    let column = |at: usize| texts(months.iter().map(|row| row[at].clone()));
    table(
        context,
        "staging",
        "period_month",
        vec![("period_type", column(0)), ("period", column(1)), ("month", column(2))],
    );
    table(
        context,
        "staging",
        "period_policy",
        vec![("period", fixed(&[])), ("key", fixed(&[])), ("value", fixed(&[]))],
    );
    let names: Vec<String> = (0..world.districts).map(district).collect();
    table(
        context,
        "reference",
        "district",
        vec![("district_code", texts(names.clone())), ("name_zh", texts(names.clone())), ("name_en", texts(names))],
    );
    figures(context, state);
}

/// The schools' figures, those of nobody too, and the city's, which tell in which months there are people.
fn figures(context: &SessionContext, state: &State) {
    let mut rows: Vec<[String; 5]> = Vec::new();
    let mut numbers: Vec<[i128; 3]> = Vec::new();
    let mut city: BTreeMap<[String; 3], [i128; 3]> = BTreeMap::new();
    for (at, family) in FAMILIES.iter().enumerate() {
        let all = (0..TERMS)
            .flat_map(|term| periods(family.period_type, term).into_iter().enumerate().map(move |one| (term, one)));
        for (term, (place, period)) in all {
            for one in 0..state.district.len() {
                for (share, code) in family.codes.iter().enumerate() {
                    let slice =
                        state.slices.get(&(at, term, place, one)).filter(|slice| share == 0 || slice.has_second);
                    let values =
                        slice.map_or([0, 0, 0], |slice| [slice.values[2 * share], slice.values[2 * share + 1], 1]);
                    let key = [(*code).to_owned(), family.period_type.to_owned(), period.clone()];
                    let sum = city.entry(key.clone()).or_default();
                    *sum = [sum[0] + values[0], sum[1] + values[1], sum[2] + values[2]];
                    let [code, kind, period] = key;
                    rows.push([code, school(one), district(state.district[one]), kind, period]);
                    numbers.push(values);
                }
            }
        }
    }
    for ([code, kind, period], values) in city {
        rows.push([code, "city".to_owned(), String::new(), kind, period]);
        numbers.push(values);
    }
    let column = |at: usize| texts(rows.iter().map(|row| row[at].clone()));
    let level = |row: &[String; 5]| if row[1] == "city" { "city" } else { "school" };
    let counts = |values: Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(values)) };
    let shared = vec![
        ("indicator", column(0)),
        ("level", texts(rows.iter().map(|row| level(row).to_owned()))),
        ("unit_id", column(1)),
        ("district_code", column(2)),
        ("period_type", column(3)),
        ("period", column(4)),
        ("dimension", texts(rows.iter().map(|_| String::new()))),
        ("numerator", money(numbers.iter().map(|row| row[0]))),
        ("denominator", money(numbers.iter().map(|row| row[1]))),
        ("reported", counts(numbers.iter().map(|row| row[2] as i64).collect())),
        ("expected", counts(numbers.iter().map(|_| 1).collect())),
    ];
    let empty =
        RecordBatch::try_from_iter_with_nullable(shared.iter().map(|(name, column)| (*name, column.slice(0, 0), true)));
    let mut columns: Vec<(String, ArrayRef)> = empty
        .expect("columns")
        .schema()
        .fields()
        .iter()
        .zip(&shared)
        .map(|(field, (_, column))| (field.name().clone(), column.slice(0, 0)))
        .collect();
    for name in ["value", "lower", "upper", "target"] {
        columns.push((name.to_owned(), Arc::new(datafusion::arrow::array::Float64Array::from(Vec::<f64>::new()))));
    }
    columns.push(("status".to_owned(), texts([])));
    table(context, "marts", "figure", shared);
    table(
        context,
        "marts",
        "indicator_value",
        columns.iter().map(|(name, column)| (name.as_str(), column.clone())).collect(),
    );
}

fn strings(batch: &RecordBatch, name: &str) -> StringArray {
    let column = cast(batch.column_by_name(name).expect("the column"), &DataType::Utf8).expect("text");
    column.as_string::<i32>().clone()
}

fn whole(batch: &RecordBatch, name: &str, at: usize) -> Option<i128> {
    let column = batch.column_by_name(name).expect("the column").as_primitive::<Decimal128Type>().clone();
    column.is_valid(at).then(|| {
        assert_eq!(column.value(at) % 100, 0, "people are whole");
        column.value(at) / 100
    })
}

fn public(batch: &RecordBatch) -> Vec<Public> {
    let [indicator, unit, period] = ["indicator", "unit_id", "period"].map(|name| strings(batch, name));
    let withheld = batch.column_by_name("is_withheld").expect("the column").as_boolean().clone();
    (0..batch.num_rows())
        .map(|at| {
            let numbers = ["numerator", "denominator"].map(|name| whole(batch, name, at));
            assert_eq!(withheld.value(at), numbers == [None, None], "withheld, and a number");
            Public {
                indicator: indicator.value(at).to_owned(),
                unit: unit.value(at).to_owned(),
                period: period.value(at).to_owned(),
                numbers: numbers[0].zip(numbers[1]).map(|(over, under)| [over, under]),
            }
        })
        .collect()
}

fn editions(batch: &RecordBatch) -> Vec<Edition> {
    let columns =
        ["part", "family", "period", "district_code", "school_id", "indicator"].map(|name| strings(batch, name));
    let number = batch.column_by_name("edition").expect("the column").as_primitive::<Int64Type>().clone();
    let day = batch.column_by_name("published_on").expect("the column").as_primitive::<Date32Type>().clone();
    (0..batch.num_rows())
        .map(|at| {
            let text = |column: usize| columns[column].value(at).to_owned();
            Edition {
                part: text(0),
                family: text(1),
                period: text(2),
                district: text(3),
                school: text(4),
                indicator: text(5),
                edition: number.value(at),
                release: (day.value(at) - days(first_day())) as usize,
            }
        })
        .collect()
}
