//! The made-up city of the tests: tables with the columns of the contract, in memory.

mod comparison;
pub mod public;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use warehouse::session::days;

use crate::catalog::Catalogue;
use crate::release::{Edition, Pinned};

/// The district of the district's account.
pub const DISTRICT: &str = "379903";
/// Another one.
pub const OTHER_DISTRICT: &str = "379905";
/// The school of the school's account, in [`DISTRICT`].
pub const SCHOOL: &str = "3799030001";
/// A school of the same district.
pub const SISTER: &str = "3799030002";
/// A school of another one.
pub const OTHER_SCHOOL: &str = "3799050001";
/// Part of the names of all schools of other districts: no district's page may hold it.
pub const OTHER_NAME: &str = "柳河";

const DISTRICTS: [(&str, &str, &str, i64, i64); 8] = [
    ("379900", "市直", "Municipal", 0, 0),
    ("379902", "城关区", "Chengguan", 1, 1),
    ("379903", "青山区", "Qingshan", 2, 1),
    ("379904", "东湖区", "Donghu", 3, 1),
    ("379905", "柳河区", "Liuhe", 2, 2),
    ("379906", "石桥区", "Shiqiao", 3, 2),
    ("379981", "云门市", "Yunmen", 1, 2),
    ("379991", "河东高新技术产业开发区", "Hedong High-tech", 2, 3),
];
const MONTHS: [&str; 5] = ["2019-09", "2019-10", "2019-11", "2019-12", "2020-01"];
const MONTHLY: [&str; 6] = ["C01", "C03", "C04", "C05", "F01", "F03"];
const SCHOOLS: i64 = 12;

/// The release of the made-up city.
pub async fn pinned() -> Pinned {
    let edition = Edition {
        number: 7,
        made_at: "2020-03-01T08:00:00Z".to_owned(),
        today: day("2020-03-01"),
        official: true,
        fingerprints: Arc::default(),
        erasure: None,
    };
    Pinned::load(edition, session(), BTreeMap::new(), None).await.expect("the tables have their columns")
}

/// The catalogue of the made-up city.
pub fn catalogue() -> Catalogue {
    let entries: [(&str, &[(&str, &str)]); 10] = [
        ("marts", &[("code", "E01"), ("title_zh", "综合评分"), ("title_en", "Evaluation score"), ("unit", "points")]),
        (
            "indicators",
            &[
                ("code", "C01"),
                ("title_zh", "开办率"),
                ("title_en", "Schools offering"),
                ("formula", "offering / open"),
                ("formula_zh", "已开办小学数 ÷ 在办小学数"),
                ("unit", "%"),
                ("clause", "二"),
            ],
        ),
        (
            "indicators",
            &[("code", "C02"), ("title_zh", "按期开办率"), ("title_en", "Offering by the deadline"), ("unit", "%")],
        ),
        (
            "indicators",
            &[
                ("code", "C03"),
                ("title_zh", "需求满足率"),
                ("title_en", "Demand met"),
                ("unit", "%"),
                ("formula", "least(enrolled, wanting) / wanting"),
            ],
        ),
        ("indicators", &[("code", "C04"), ("title_zh", "参与率"), ("title_en", "Participation"), ("unit", "%")]),
        (
            "indicators",
            &[("code", "C05"), ("title_zh", "困难学生保障率"), ("title_en", "Poor pupils served"), ("unit", "%")],
        ),
        (
            "indicators",
            &[("code", "F01"), ("title_zh", "教职工绩效占比"), ("title_en", "Staff-pay share"), ("unit", "%")],
        ),
        (
            "rules",
            &[
                ("rule", "R01"),
                ("title_zh", "未按期开办"),
                ("title_en", "Not started by the deadline"),
                ("severity", "high"),
                ("clause", "二"),
            ],
        ),
        (
            "rules",
            &[
                ("rule", "R13"),
                ("title_zh", "超标准收费"),
                ("title_en", "Charged above the standard"),
                ("severity", "high"),
                ("clause", "六¶3"),
                ("blind", "Cash taken without a receipt."),
                ("blind_zh", "不开票据的收费。"),
            ],
        ),
        (
            "rules",
            &[
                ("rule", "R15"),
                ("title_zh", "农村标准高于城区"),
                ("title_en", "Rural standard above the urban"),
                ("severity", "medium"),
                ("clause", "六¶3"),
            ],
        ),
    ];
    let headers: Vec<(&str, BTreeMap<String, String>)> = entries
        .iter()
        .map(|(schema, pairs)| {
            (*schema, pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
        })
        .collect();
    Catalogue::new(headers.iter().map(|(schema, header)| (*schema, "A row is one case.", header)))
}

/// Its tables.
pub fn session() -> SessionContext {
    let context = SessionContext::new();
    let schools: Vec<School> = DISTRICTS
        .iter()
        .flat_map(|(code, name, ..)| (1..=SCHOOLS).map(move |at| School::new(code, name, at)))
        .collect();
    register(
        &context,
        "marts",
        "district",
        vec![
            ("district_code", texts(DISTRICTS.iter().map(|one| one.0))),
            ("name_zh", texts(DISTRICTS.iter().map(|one| one.1))),
            ("name_en", texts(DISTRICTS.iter().map(|one| one.2))),
            ("kind", texts(DISTRICTS.iter().map(|_| "district"))),
            ("tile_col", wholes(DISTRICTS.iter().map(|one| one.3))),
            ("tile_row", wholes(DISTRICTS.iter().map(|one| one.4))),
        ],
    );
    register(
        &context,
        "marts",
        "policy_now",
        vec![("key", texts(["rollout_deadline"])), ("value", texts(["2019-09-30"])), ("clause", texts(["二"]))],
    );
    register(
        &context,
        "reference",
        "policy",
        vec![
            ("key", texts(["near_share"])),
            ("value", texts(["0.05"])),
            ("valid_from", dates([Some(day("2019-08-01"))])),
            ("clause", texts([""])),
        ],
    );
    register(
        &context,
        "staging",
        "period",
        vec![
            ("period_type", texts(["term"])),
            ("period", texts(["2019-2020-1"])),
            ("first_day", dates([Some(day("2019-09-01"))])),
            ("last_day", dates([Some(day("2020-01-23"))])),
        ],
    );
    register(
        &context,
        "reference",
        "weight",
        vec![("indicator", texts(["C03"])), ("floor", reals([Some(0.5)])), ("target", reals([Some(1.0)]))],
    );
    register(
        &context,
        "reference",
        "fee_standard",
        vec![
            ("district_code", texts([DISTRICT, OTHER_DISTRICT])),
            ("urban_rural", texts(["rural", "*"])),
            ("valid_from", dates([Some(day("2019-09-01")), Some(day("2019-09-01"))])),
            ("valid_to", dates([None, None])),
            ("yuan_per_session", money([Some(300), Some(250)])),
            ("yuan_per_month_cap", money([Some(20_000), None])),
            ("doc_no", texts(["青发改〔2019〕8号", "柳河发改〔2019〕5号"])),
            ("approved_by", texts(["青山区政府", "柳河区政府"])),
        ],
    );
    register(
        &context,
        "marts",
        "school",
        vec![
            ("school_id", texts(schools.iter().map(|one| one.id.as_str()))),
            ("school_name", texts(schools.iter().map(|one| one.name.as_str()))),
            ("district_code", texts(schools.iter().map(|one| one.district))),
            ("school_kind", texts(schools.iter().map(|_| "primary"))),
            ("urban_rural", texts(schools.iter().map(|one| if one.at % 3 == 0 { "rural" } else { "urban" }))),
            ("opened_on", dates(schools.iter().map(|_| None))),
            ("closed_on", dates(schools.iter().map(|_| None))),
            ("is_primary", yes_no(schools.iter().map(|_| true))),
            ("started_on", dates(schools.iter().map(School::started_on))),
            ("pupils", wholes(schools.iter().map(|one| 300 + one.at * 57))),
            ("enrolled", wholes(schools.iter().map(|one| 200 + one.at * 43))),
        ],
    );
    facts(&context, &schools);
    indicators(&context, &schools);
    findings(&context);
    comparison::tables(&context, &schools);
    public::tables(&context, &schools);
    super::casework::tables(&context);
    context
}

struct School {
    id: String,
    name: String,
    district: &'static str,
    at: i64,
}

impl School {
    fn new(district: &'static str, district_name: &str, at: i64) -> School {
        let district_name = district_name.trim_end_matches(['区', '市']);
        School { id: format!("{district}{at:04}"), name: format!("{district_name}第{at}小学"), district, at }
    }

    fn started_on(&self) -> Option<NaiveDate> {
        (self.at != 11).then(|| day("2019-09-02") + Days::new((self.at * 5) as u64))
    }

    fn share(&self, indicator: usize, month: usize) -> f64 {
        let spread = ((self.at * 7 + self.district.as_bytes()[5] as i64 * 3 + indicator as i64) % 11) as f64 / 11.0;
        (0.62 + 0.4 * spread + month as f64 * 0.03).min(1.0)
    }
}

fn facts(context: &SessionContext, schools: &[School]) {
    let first = day("2019-08-03");
    let curve: Vec<(NaiveDate, &str, i64, i64)> = (0..190)
        .map(|at| first + Days::new(at))
        .flat_map(|today| {
            let count = move |code: &'static str| {
                let own = move |one: &&School| code.is_empty() || one.district == code;
                let started = schools
                    .iter()
                    .filter(own)
                    .filter(|one| one.started_on().is_some_and(|start| start <= today))
                    .count();
                (today, code, started as i64, schools.iter().filter(own).count() as i64)
            };
            ["", DISTRICT, OTHER_DISTRICT].map(count)
        })
        .collect();
    register(
        context,
        "marts",
        "rollout",
        vec![
            ("day", dates(curve.iter().map(|one| Some(one.0)))),
            ("district_code", texts(curve.iter().map(|one| one.1))),
            ("started", wholes(curve.iter().map(|one| one.2))),
            ("schools", wholes(curve.iter().map(|one| one.3))),
        ],
    );
    let states = ["reported", "reported", "reported", "zero", "rejected", "missing", "reported", "not_due"];
    let forms = ["class_roster", "group_session", "attendance", "charge", "fund_ledger"];
    let mut slices: Vec<(&School, &str, &str, &str)> = Vec::new();
    for (at, one) in schools.iter().enumerate() {
        for (column, month) in MONTHS.iter().enumerate() {
            for (row, form) in forms.iter().enumerate() {
                let state = states[(at * 3 + column * 5 + row * 2) % states.len()];
                slices.push((one, form, month, if row == 0 && state == "zero" { "reported" } else { state }));
            }
        }
        slices.push((one, "service_plan", "2019-2020-1", "reported"));
        slices.push((one, "annual_report", "2019", if at % 9 == 0 { "missing" } else { "reported" }));
    }
    register(
        context,
        "marts",
        "slice",
        vec![
            ("form", texts(slices.iter().map(|one| one.1))),
            ("school_id", texts(slices.iter().map(|one| one.0.id.as_str()))),
            ("district_code", texts(slices.iter().map(|one| one.0.district))),
            ("period", texts(slices.iter().map(|one| one.2))),
            ("state", texts(slices.iter().map(|one| one.3))),
            ("due_on", dates(slices.iter().map(|_| Some(day("2019-10-10"))))),
            (
                "received_on",
                dates(slices.iter().map(|one| (one.3 == "reported" || one.3 == "zero").then(|| day("2019-10-08")))),
            ),
            ("is_late", yes_no(slices.iter().map(|one| one.3 == "missing" || one.0.at == 4))),
            ("submission_id", texts(slices.iter().map(|one| format!("{}-{}", one.0.id, one.2)))),
        ],
    );
    register(
        context,
        "marts",
        "slice_mark",
        vec![
            ("form", texts(["survey", "survey"])),
            ("school_id", texts([SISTER, OTHER_SCHOOL])),
            ("district_code", texts([DISTRICT, OTHER_DISTRICT])),
            ("period", texts(["2019-10", "2019-10"])),
            ("extended_to", dates([None, Some(day("2020-03-20"))])),
            ("is_excused", yes_no([true, false])),
            ("reason", texts(["校舍维修", "柳河涨水"])),
            ("is_confirmed", yes_no([false, false])),
        ],
    );
    let sent: Vec<(&School, &str, &str, String)> = schools
        .iter()
        .flat_map(|one| ["accepted", "rejected"].map(|state| (one, state, "charge", format!("{}-{state}", one.id))))
        .collect();
    register(
        context,
        "facts",
        "submission",
        vec![
            ("submission_id", texts(sent.iter().map(|one| one.3.as_str()))),
            ("form", texts(sent.iter().map(|one| one.2))),
            ("school_id", texts(sent.iter().map(|one| one.0.id.as_str()))),
            ("district_code", texts(sent.iter().map(|one| one.0.district))),
            ("period", texts(sent.iter().map(|_| "2019-10"))),
            ("state", texts(sent.iter().map(|one| one.1))),
            ("file_name", texts(sent.iter().map(|one| format!("收退费台账_{}_2019-10.xlsx", one.0.id)))),
            ("file_sha256", texts(sent.iter().map(|_| "00"))),
            ("sheet", texts(sent.iter().map(|_| "收退费台账"))),
            ("sender", texts(sent.iter().map(|one| one.0.district))),
            ("received_on", dates(sent.iter().map(|_| Some(day("2019-11-08"))))),
            (
                "received_at",
                Arc::new(sent.iter().map(|_| Some(1_573_200_000_000_000)).collect::<TimestampMicrosecondArray>()),
            ),
            ("rows", wholes(sent.iter().map(|_| 412))),
            ("errors", wholes(sent.iter().map(|one| i64::from(one.1 == "rejected") * 2))),
            ("warnings", wholes(sent.iter().map(|_| 0))),
            // The version that was replaced had no rows at all.
            (
                "replaces",
                texts(
                    sent.iter()
                        .map(|one| if one.1 == "accepted" { format!("{}-zero", one.0.id) } else { String::new() }),
                ),
            ),
        ],
    );
    let issues: Vec<_> = sent.iter().filter(|one| one.1 == "rejected").flat_map(|one| [(one, 17), (one, 39)]).collect();
    register(
        context,
        "facts",
        "submission_issue",
        vec![
            ("submission_id", texts(issues.iter().map(|(one, _)| one.3.as_str()))),
            ("severity", texts(issues.iter().map(|_| "error"))),
            ("code", texts(issues.iter().map(|_| "not_a_date"))),
            ("sheet", texts(issues.iter().map(|_| "收退费台账"))),
            ("row_no", wholes(issues.iter().map(|(_, row)| *row))),
            ("heading", texts(issues.iter().map(|_| "日期"))),
            (
                "message_zh",
                texts(issues.iter().map(|(one, _)| format!("{}：日期无法识别，请写成 2019-10-08。", one.0.name))),
            ),
            (
                "message_en",
                texts(issues.iter().map(|(one, _)| format!("{}: no date; write it as 2019-10-08.", one.0.name))),
            ),
        ],
    );
    let rows: Vec<(&School, i64)> = schools.iter().flat_map(|one| (2..40).map(move |row| (one, row))).collect();
    let fixed = |text: &'static str| texts(rows.iter().map(move |_| text));
    register(
        context,
        "facts",
        "raw_charge",
        vec![
            ("school_id", texts(rows.iter().map(|one| one.0.id.as_str()))),
            ("period", fixed("2019-10")),
            ("receipt_no", texts(rows.iter().map(|one| format!("SJ{}{:03}", one.0.at, one.1)))),
            ("paid_on", dates(rows.iter().map(|_| Some(day("2019-10-09"))))),
            ("pupil_id", fixed("0123456789abcdef0123456789abcdef")),
            ("class_id", fixed("三(1)班 <b>&")),
            ("kind", fixed("charge")),
            ("billed_period", fixed("2019-10")),
            ("sessions_billed", wholes(rows.iter().map(|_| 40))),
            ("amount", money(rows.iter().map(|_| Some(14_400)))),
            ("is_poor", yes_no(rows.iter().map(|_| false))),
            ("remitted_on", dates(rows.iter().map(|_| None))),
            ("withdrawn_on", dates(rows.iter().map(|_| None))),
            ("refund_requested_on", dates(rows.iter().map(|_| None))),
            ("submission_id", texts(rows.iter().map(|one| format!("{}-accepted", one.0.id)))),
            ("row_no", wholes(rows.iter().map(|one| one.1))),
        ],
    );
    register(
        context,
        "facts",
        "raw_inspection",
        vec![
            ("school_id", texts([SCHOOL])),
            ("period", texts(["2019-10"])),
            ("case_no", texts(["A1"])),
            ("note", texts(["某某举报"])),
            ("submission_id", texts([format!("{SCHOOL}-accepted")])),
            ("row_no", wholes([2])),
        ],
    );
}

fn indicators(context: &SessionContext, schools: &[School]) {
    struct Value {
        indicator: &'static str,
        level: &'static str,
        unit: String,
        district: String,
        period_type: &'static str,
        period: &'static str,
        share: f64,
        people: f64,
    }
    let mut all: Vec<Value> = Vec::new();
    for (column, indicator) in MONTHLY.iter().enumerate() {
        for (at, month) in MONTHS.iter().enumerate() {
            let mut add = |level, unit: &str, district: &str, of: Vec<&School>| {
                let share = of.iter().map(|one| one.share(column, at)).sum::<f64>() / of.len() as f64;
                let people = of.len() as f64 * 400.0;
                all.push(Value {
                    indicator,
                    level,
                    unit: unit.to_owned(),
                    district: district.to_owned(),
                    period_type: "month",
                    period: month,
                    share,
                    people,
                });
            };
            add("city", "city", "", schools.iter().collect());
            for (code, ..) in DISTRICTS {
                add("district", code, code, schools.iter().filter(|one| one.district == code).collect());
            }
            for one in schools {
                add("school", &one.id, one.district, vec![one]);
            }
        }
    }
    let once = |indicator, period_type, period, share| Value {
        indicator,
        level: "city",
        unit: "city".to_owned(),
        district: String::new(),
        period_type,
        period,
        share,
        people: 96.0,
    };
    all.extend([
        once("C02", "month", "2019-09", 0.41),
        once("S01", "term", "2019-2020-1", 0.93),
        once("K03", "year", "2019", 0.886),
    ]);
    let units = schools
        .iter()
        .map(|one| ("school", one.id.clone(), one.district))
        .chain(DISTRICTS.map(|(code, ..)| ("district", code.to_owned(), code)))
        .chain([("city", "city".to_owned(), "")]);
    all.extend(units.map(|(level, unit, district)| Value {
        indicator: "E01",
        level,
        unit,
        district: district.to_owned(),
        period_type: "month",
        period: "2019-10",
        share: 80.0,
        people: 100.0,
    }));
    let target = |one: &Value| match one.indicator {
        "C04" | "E01" => None,
        "F01" => Some(0.8),
        "S01" => Some(0.9),
        _ => Some(1.0),
    };
    let status = |one: &Value| match target(one) {
        None => "none",
        Some(target) if one.share >= target => "met",
        Some(target) if one.share >= target * 0.95 => "near",
        Some(_) => "missed",
    };
    let interval = |one: &Value, sign: f64| {
        let known = ["C03", "C04", "C05", "S01"].contains(&one.indicator);
        known.then(|| (one.share + sign * 1.96 * (one.share * (1.0 - one.share) / one.people).sqrt()).clamp(0.0, 1.0))
    };
    register(
        context,
        "marts",
        "indicator_value",
        vec![
            ("indicator", texts(all.iter().map(|one| one.indicator))),
            ("level", texts(all.iter().map(|one| one.level))),
            ("unit_id", texts(all.iter().map(|one| one.unit.as_str()))),
            ("unit_name", texts(all.iter().map(|one| one.unit.as_str()))),
            ("district_code", texts(all.iter().map(|one| one.district.as_str()))),
            ("period_type", texts(all.iter().map(|one| one.period_type))),
            ("period", texts(all.iter().map(|one| one.period))),
            ("dimension", texts(all.iter().map(|_| ""))),
            ("numerator", money(all.iter().map(|one| Some((one.share * one.people) as i128 * 100)))),
            ("denominator", money(all.iter().map(|one| Some(one.people as i128 * 100)))),
            ("value", reals(all.iter().map(|one| Some(one.share)))),
            ("lower", reals(all.iter().map(|one| interval(one, -1.0)))),
            ("upper", reals(all.iter().map(|one| interval(one, 1.0)))),
            ("target", reals(all.iter().map(target))),
            ("status", texts(all.iter().map(status))),
            ("reported", wholes(all.iter().map(|one| if one.district == "379906" { 9 } else { 12 }))),
            ("expected", wholes(all.iter().map(|_| 12))),
        ],
    );
}

/// The finding of a school of [`DISTRICT`], of its sister, of another district, and one of a whole district.
pub const FINDINGS: [&str; 4] = [
    "0000000000000000000000000000000a",
    "0000000000000000000000000000000b",
    "0000000000000000000000000000000c",
    "0000000000000000000000000000000d",
];

fn findings(context: &SessionContext) {
    struct Finding {
        id: String,
        rule: &'static str,
        school: String,
        district: &'static str,
        fen: Option<i128>,
    }
    let mut all: Vec<Finding> = [SCHOOL, SISTER, OTHER_SCHOOL]
        .iter()
        .zip(FINDINGS)
        .map(|(school, id)| Finding {
            id: id.to_owned(),
            rule: "R13",
            school: (*school).to_owned(),
            district: DISTRICTS.iter().map(|one| one.0).find(|code| school.starts_with(code)).expect("its district"),
            fen: Some(2_400),
        })
        .collect();
    all.push(Finding { id: FINDINGS[3].to_owned(), rule: "R15", school: String::new(), district: DISTRICT, fen: None });
    for (at, (code, ..)) in DISTRICTS.iter().enumerate() {
        for number in 0..(at * 9) {
            let school = format!("{code}{:04}", number % 12 + 1);
            all.push(Finding {
                id: format!("{at:016x}{number:016x}"),
                rule: if number % 3 == 0 { "R01" } else { "R13" },
                school,
                district: code,
                fen: (number % 3 != 0).then_some(1_250),
            });
        }
    }
    let name = |one: &Finding| {
        let district = DISTRICTS.iter().find(|district| district.0 == one.district).expect("its district").1;
        School::new(one.district, district, one.school.get(6..).and_then(|number| number.parse().ok()).unwrap_or(0))
            .name
    };
    register(context, "marts", "finding", vec![
        ("finding_id", texts(all.iter().map(|one| one.id.as_str()))),
        ("rule", texts(all.iter().map(|one| one.rule))),
        ("severity", texts(all.iter().map(|one| if one.rule == "R15" { "medium" } else { "high" }))),
        ("school_id", texts(all.iter().map(|one| one.school.as_str()))),
        ("district_code", texts(all.iter().map(|one| one.district))),
        ("period", texts(all.iter().map(|_| "2019-10"))),
        ("subject", texts(all.iter().map(|one| if one.rule == "R13" { "0123456789abcdef0123456789abcdef" } else { "" }))),
        ("amount", money(all.iter().map(|one| one.fen))),
        ("message_zh", texts(all.iter().map(|one| format!("{}：票据 SJ1002 收费 144.00 元，计费 40 学时，按标准每学时 3.00 元应收 120.00 元，多收 24.00 元 <script>", name(one))))),
        ("message_en", texts(all.iter().map(|one| format!("{}: receipt SJ1002 took 24.00 yuan too much <script>", name(one))))),
        ("clause", texts(all.iter().map(|_| "六¶3"))),
        ("first_seen", dates(all.iter().map(|_| Some(day("2019-11-10"))))),
        ("ended", dates(all.iter().enumerate().map(|(at, _)| (at > 4 && at % 10 == 0).then(|| day("2019-12-10"))))),
    ]);
    register(
        context,
        "marts",
        "finding_event",
        vec![
            ("finding_id", texts(all.iter().map(|one| one.id.as_str()))),
            ("event", texts(all.iter().map(|_| "seen"))),
            ("on_date", dates(all.iter().map(|_| Some(day("2019-11-10"))))),
            ("school_id", texts(all.iter().map(|one| one.school.as_str()))),
            ("district_code", texts(all.iter().map(|one| one.district))),
            ("amount", money(all.iter().map(|one| one.fen))),
        ],
    );
    let proven: Vec<_> =
        all.iter().filter(|one| one.rule == "R13").flat_map(|one| [2, 5].map(|row| (one, row))).collect();
    let standards = all.iter().filter(|one| one.rule == "R15").count();
    register(
        context,
        "marts",
        "finding_evidence",
        vec![
            (
                "finding_id",
                texts(proven.iter().map(|(one, _)| one.id.as_str()).chain(std::iter::repeat_n(FINDINGS[3], standards))),
            ),
            ("form", texts(proven.iter().map(|_| "charge").chain(std::iter::repeat_n("reference", standards)))),
            (
                "submission_id",
                texts(
                    proven
                        .iter()
                        .map(|(one, _)| format!("{}-accepted", one.school))
                        .chain(std::iter::repeat_n(String::new(), standards)),
                ),
            ),
            (
                "row_no",
                Arc::new(
                    proven
                        .iter()
                        .map(|(_, row)| Some(*row))
                        .chain(std::iter::repeat_n(None, standards))
                        .collect::<Int64Array>(),
                ),
            ),
        ],
    );
}

pub(super) fn register(context: &SessionContext, schema: &str, table: &str, columns: Vec<(&str, ArrayRef)>) {
    let catalog = context.catalog("datafusion").expect("the default");
    if catalog.schema(schema).is_none() {
        catalog.register_schema(schema, Arc::new(MemorySchemaProvider::new())).expect("new");
    }
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .expect("columns of one length");
    let table_of = Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]]).expect("a table"));
    let schema: Arc<dyn SchemaProvider> = catalog.schema(schema).expect("just made");
    schema.register_table(table.to_owned(), table_of).expect("new");
}

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

pub(super) fn texts<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> ArrayRef {
    let array = values.into_iter().map(Some).collect::<StringArray>();
    assert!(!array.is_empty());
    Arc::new(array)
}

pub(super) fn wholes(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(values.into_iter().map(Some).collect::<Int64Array>())
}

fn reals(values: impl IntoIterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Float64Array>())
}

fn money(values: impl IntoIterator<Item = Option<i128>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Decimal128Array>().with_precision_and_scale(18, 2).expect("fits"))
}

pub(super) fn dates(values: impl IntoIterator<Item = Option<NaiveDate>>) -> ArrayRef {
    Arc::new(values.into_iter().map(|one| one.map(days)).collect::<Date32Array>())
}

pub(super) fn yes_no(values: impl IntoIterator<Item = bool>) -> ArrayRef {
    Arc::new(values.into_iter().map(Some).collect::<BooleanArray>())
}
