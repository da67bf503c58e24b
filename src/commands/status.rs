//! `kehou status`: what is owed, by whom, since when; and what became of a submission.
//!
//! It is told from the facts as they are now, whatever the last release says, so that a clerk who has just sent a slice no
//! longer finds it in the list; the last release is named on top.

mod history;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Date32Type};
use ingest::form::{Form, by_heading, form};
use ingest::receipt::Receipt;
use serde::Serialize;
use transform::kept::standing_project;
use transform::views::fresh_session;
use warehouse::Warehouse;
use warehouse::release::Release;
use warehouse::table::TableName;

use crate::args::intake::Status;
use crate::args::{Language, StatusFormat};
use crate::show;

/// Prints what is owed, or what became of a submission.
pub async fn run(args: Status) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    if args.receipt.is_some() || args.slice {
        return history::run(&warehouse, &args).await;
    }
    let today = args.today.unwrap_or_else(|| chrono::Local::now().date_naive());
    let release = warehouse.latest_release().await?;
    let slices = slices(&warehouse, &args, today).await?;
    let totals = Totals::of(&slices);
    let owed: Vec<Owed> = slices.into_iter().filter_map(|slice| Owed::of(slice, today, args.lang)).collect();
    match args.format {
        StatusFormat::Table => {
            print!("{}", heading(&warehouse, release.as_ref(), today, &totals, args.lang));
            print!("{}", table(&owed, args.lang));
        }
        StatusFormat::Csv => {
            let mut out = csv::Writer::from_writer(std::io::stdout());
            if owed.is_empty() {
                out.write_record(Owed::COLUMNS)?;
            }
            for one in &owed {
                out.serialize(one)?;
            }
            out.flush()?;
        }
        StatusFormat::Json => {
            let release =
                release.map(|release| serde_json::json!({ "release": release.release, "today": release.today }));
            let all = serde_json::json!({ "today": today, "release": release, "totals": totals, "owed": owed });
            println!("{}", serde_json::to_string_pretty(&all)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The form of a code name or heading.
pub fn named(name: &str) -> Result<&'static Form> {
    form(name).or_else(|| by_heading(name)).with_context(|| format!("there is no form '{name}'"))
}

/// A slice in one of the five states.
struct Slice {
    district_code: String,
    district: [String; 2],
    school_id: String,
    school: String,
    form: String,
    period: String,
    state: String,
    due_on: Option<NaiveDate>,
    is_late: bool,
    submission_id: Option<String>,
}

/// The slices that the filters leave, as the facts are now.
async fn slices(warehouse: &Warehouse, args: &Status, today: NaiveDate) -> Result<Vec<Slice>> {
    let names = [TableName::new("marts", "slice"), TableName::new("staging", "school")];
    let context = fresh_session(warehouse, &standing_project(warehouse).await?, today, names).await?;
    let filters = [
        ("district_code", args.district.clone()),
        ("school_id", args.school.clone()),
        ("form", args.form.as_deref().map(named).transpose()?.map(|form| form.name.clone())),
        ("period", args.period.clone()),
    ];
    let filters: Vec<String> = filters
        .into_iter()
        .filter_map(|(column, value)| Some(format!("slice.{column} = '{}'", value?.replace('\'', "''"))))
        .collect();
    let filters = if filters.is_empty() { "true".to_owned() } else { filters.join(" and ") };
    let sql = format!(
        "select slice.district_code, district.name_zh, district.name_en, slice.school_id, school.school_name, slice.form, \
             slice.period, slice.state, slice.submission_id, slice.due_on, slice.is_late \
         from marts.slice as slice \
         left join staging.school as school on school.school_id = slice.school_id \
         left join reference.district as district on district.district_code = slice.district_code \
         where {filters} order by slice.district_code, slice.school_id, slice.due_on nulls last, slice.form, slice.period"
    );
    let mut slices = Vec::new();
    for batch in context.sql(&sql).await?.collect().await? {
        let texts = (0..9).map(|place| cast(batch.column(place), &DataType::Utf8)).collect::<Result<Vec<_>, _>>()?;
        let text = |place: usize, row: usize| {
            let texts = texts[place].as_string::<i32>();
            texts.is_valid(row).then(|| texts.value(row).to_owned())
        };
        let given = |place: usize, row: usize| text(place, row).unwrap_or_default();
        for row in 0..batch.num_rows() {
            slices.push(Slice {
                district_code: given(0, row),
                district: [given(1, row), given(2, row)],
                school_id: given(3, row),
                school: given(4, row),
                form: given(5, row),
                period: given(6, row),
                state: given(7, row),
                submission_id: text(8, row),
                due_on: date(&batch, 9, row),
                is_late: {
                    let late = batch.column(10).as_boolean();
                    late.is_valid(row) && late.value(row)
                },
            });
        }
    }
    if slices.is_empty() && args.school.is_some() {
        bail!(
            "--school {}: 没有该校的报送单元 / no slice of this school is known",
            args.school.as_deref().unwrap_or_default()
        );
    }
    Ok(slices)
}

fn date(batch: &RecordBatch, column: usize, row: usize) -> Option<NaiveDate> {
    let days = batch.column(column).as_primitive::<Date32Type>();
    days.is_valid(row).then(|| NaiveDate::default() + chrono::TimeDelta::days(days.value(row).into()))
}

/// How many slices are in each state. They are five, and none is part of another.
#[derive(Debug, Default, Serialize)]
struct Totals {
    reported: usize,
    reported_late: usize,
    zero: usize,
    zero_late: usize,
    rejected: usize,
    missing: usize,
    not_due: usize,
}

impl Totals {
    fn of(slices: &[Slice]) -> Totals {
        let mut totals = Totals::default();
        for slice in slices {
            let late = usize::from(slice.is_late);
            match slice.state.as_str() {
                "reported" => {
                    totals.reported += 1;
                    totals.reported_late += late;
                }
                "zero" => {
                    totals.zero += 1;
                    totals.zero_late += late;
                }
                "rejected" => totals.rejected += 1,
                "missing" => totals.missing += 1,
                _ => totals.not_due += 1,
            }
        }
        totals
    }
}

/// A slice that is owed: missing, or sent and rejected.
#[derive(Debug, Serialize)]
struct Owed {
    district_code: String,
    district: String,
    school_id: String,
    school: String,
    form: String,
    form_title: String,
    period: String,
    state: String,
    due_on: Option<NaiveDate>,
    days_overdue: i64,
    /// The receipt of the attempt that was rejected.
    receipt: Option<String>,
}

impl Owed {
    const COLUMNS: [&'static str; 11] = [
        "district_code",
        "district",
        "school_id",
        "school",
        "form",
        "form_title",
        "period",
        "state",
        "due_on",
        "days_overdue",
        "receipt",
    ];

    fn of(slice: Slice, today: NaiveDate, lang: Language) -> Option<Owed> {
        if slice.state != "missing" && slice.state != "rejected" {
            return None;
        }
        let [zh, en] = slice.district;
        let title = form(&slice.form).map(|form| match lang {
            Language::Zh => form.heading.clone(),
            Language::En => form.title_en.clone(),
        });
        Some(Owed {
            district_code: slice.district_code,
            district: if lang == Language::Zh { zh } else { en },
            school_id: slice.school_id,
            school: slice.school,
            form_title: title.unwrap_or_else(|| slice.form.clone()),
            form: slice.form,
            period: slice.period,
            state: slice.state,
            days_overdue: slice.due_on.map_or(0, |due| (today - due).num_days().max(0)),
            due_on: slice.due_on,
            receipt: slice.submission_id.map(|id| Receipt::of(&id).to_string()),
        })
    }
}

fn heading(
    warehouse: &Warehouse,
    release: Option<&Release>,
    today: NaiveDate,
    totals: &Totals,
    lang: Language,
) -> String {
    let url = warehouse.url();
    let Totals { reported, reported_late, zero, zero_late, rejected, missing, not_due } = totals;
    let owed = rejected + missing;
    match lang {
        Language::Zh => {
            let release = match release {
                Some(release) => format!("最近一期数据：第 {} 期，截至 {}", release.release, release.today),
                None => format!("尚未发布数据，请运行：kehou transform --warehouse {url}"),
            };
            format!(
                "{url}\n{release}\n以下按现有报送实时统计，截至 {today}：\n\
                 已报 {reported}（逾期 {reported_late}）  零报告 {zero}（逾期 {zero_late}）  退回 {rejected}  缺报 {missing}  未到期 {not_due}\n\
                 应补报 {owed} 个报送单元\n"
            )
        }
        Language::En => {
            let release = match release {
                Some(release) => format!("Newest release: {}, as of {}", release.release, release.today),
                None => format!("No release yet; make one with: kehou transform --warehouse {url}"),
            };
            format!(
                "{url}\n{release}\nWhat follows is told from the facts as they are now, as of {today}:\n\
                 reported {reported} ({reported_late} late)  zero reports {zero} ({zero_late} late)  rejected {rejected}  missing {missing}  not due {not_due}\n\
                 {owed} slices are owed\n"
            )
        }
    }
}

fn table(owed: &[Owed], lang: Language) -> String {
    if owed.is_empty() {
        return String::new();
    }
    let headings = match lang {
        Language::Zh => {
            ["区（市）", "学校", "学校标识码", "表单", "统计期", "状态", "截止日期", "逾期天数", "退回的回执号"]
        }
        Language::En => {
            ["district", "school", "school code", "form", "period", "state", "due on", "days overdue", "receipt"]
        }
    };
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    rows.extend(owed.iter().map(|one| {
        let state = match (one.state.as_str(), lang) {
            ("rejected", Language::Zh) => "退回",
            ("missing", Language::Zh) => "缺报",
            (state, _) => state,
        };
        vec![
            one.district.clone(),
            one.school.clone(),
            one.school_id.clone(),
            one.form_title.clone(),
            one.period.clone(),
            state.to_owned(),
            one.due_on.map(|day| day.to_string()).unwrap_or_default(),
            one.days_overdue.to_string(),
            one.receipt.clone().unwrap_or_default(),
        ]
    }));
    format!("\n{}", show::columns(&rows))
}
