//! What the public sees of the made-up city.

use datafusion::prelude::SessionContext;

use super::{DISTRICTS, School, dates, day, money, reals, register, texts, wholes, yes_no};

/// The districts whose C05 of October is withheld.
pub const WITHHELD: [&str; 2] = ["379904", "379991"];

struct Figure {
    indicator: &'static str,
    unit: &'static str,
    names: [&'static str; 2],
    period_type: &'static str,
    period: &'static str,
    people: Option<[i128; 2]>,
}

/// The public's tables.
pub(super) fn tables(context: &SessionContext, schools: &[School]) {
    figures(context);
    register_schools(context, schools);
    let spent: Vec<(&School, &str, &str, i128)> = schools
        .iter()
        .filter(|one| one.at != 11)
        .flat_map(|one| {
            [("2019-Q3", "staff_pay", 1_234_500), ("2019-Q4", "staff_pay", 987_650), ("2019-Q4", "materials", 4_005)]
                .map(|(quarter, category, fen)| (one, quarter, category, fen + i128::from(one.at)))
        })
        .collect();
    register(
        context,
        "marts",
        "public_spending",
        vec![
            ("school_id", texts(spent.iter().map(|one| one.0.id.as_str()))),
            ("quarter", texts(spent.iter().map(|one| one.1))),
            ("category", texts(spent.iter().map(|one| one.2))),
            ("amount", money(spent.iter().map(|one| Some(one.3)))),
            ("disclosed_on", dates(spent.iter().map(|_| Some(day("2020-01-15"))))),
        ],
    );
}

fn figures(context: &SessionContext) {
    let mut all: Vec<Figure> = Vec::new();
    let mut add = |indicator, period_type, period, base: i128| {
        let mut sum = [0, 0];
        for (at, (code, name_zh, name_en, ..)) in DISTRICTS.iter().enumerate() {
            let people = [base * 7 + at as i128 * 13, base * 10 + at as i128 * 17];
            sum = [sum[0] + people[0], sum[1] + people[1]];
            let hidden = indicator == "C05" && period == "2019-10" && WITHHELD.contains(code);
            all.push(Figure {
                indicator,
                unit: code,
                names: [name_zh, name_en],
                period_type,
                period,
                people: (!hidden).then_some(people),
            });
        }
        all.push(Figure { indicator, unit: "city", names: ["", ""], period_type, period, people: Some(sum) });
    };
    for month in ["2019-10", "2019-11"] {
        for (indicator, base) in [("C01", 1), ("C03", 300), ("C04", 700), ("C05", 9), ("F09", 4_000)] {
            add(indicator, "month", month, base);
        }
    }
    // A month of which no roster is public yet.
    add("C01", "month", "2020-02", 1);
    add("S01", "term", "2019-2020-1", 150);
    let share = |one: &Figure| one.people.map(|[part, whole]| part as f64 / whole as f64);
    let interval = |one: &Figure, by: f64| {
        share(one)
            .filter(|_| ["C03", "C04", "C05", "S01"].contains(&one.indicator))
            .map(|share| (share + by).clamp(0.0, 1.0))
    };
    let count = |one: &Figure, whole: i64| one.people.map(|_| whole);
    let target = |one: &Figure| if one.indicator == "F09" { 0.0 } else { 1.0 };
    register(
        context,
        "marts",
        "public_figure",
        vec![
            ("indicator", texts(all.iter().map(|one| one.indicator))),
            ("level", texts(all.iter().map(|one| if one.unit == "city" { "city" } else { "district" }))),
            ("unit_id", texts(all.iter().map(|one| one.unit))),
            ("name_zh", texts(all.iter().map(|one| one.names[0]))),
            ("name_en", texts(all.iter().map(|one| one.names[1]))),
            ("period_type", texts(all.iter().map(|one| one.period_type))),
            ("period", texts(all.iter().map(|one| one.period))),
            ("numerator", money(all.iter().map(|one| one.people.map(|people| people[0] * 100)))),
            ("denominator", money(all.iter().map(|one| one.people.map(|people| people[1] * 100)))),
            ("value", reals(all.iter().map(share))),
            ("lower", reals(all.iter().map(|one| interval(one, -0.05)))),
            ("upper", reals(all.iter().map(|one| interval(one, 0.05)))),
            ("target", reals(all.iter().map(|one| Some(target(one))))),
            ("status", texts(all.iter().map(|one| if one.people.is_some() { "missed" } else { "none" }))),
            ("reported", counts(all.iter().map(|one| count(one, 11)))),
            ("expected", counts(all.iter().map(|one| count(one, 12)))),
            ("is_withheld", yes_no(all.iter().map(|one| one.people.is_none()))),
            ("published_on", dates(all.iter().map(|one| one.people.map(|_| day("2019-12-11"))))),
        ],
    );
}

fn register_schools(context: &SessionContext, schools: &[School]) {
    let district = |one: &School| DISTRICTS.iter().find(|district| district.0 == one.district).expect("its district");
    // The eleventh school of a district has no plan and no standard.
    let has = |one: &School| one.at != 11;
    let text = |one: &School, text: &'static str| if has(one) { text } else { "" };
    let on = |one: &School, text: &str| has(one).then(|| day(text));
    let all = || schools.iter();
    register(
        context,
        "marts",
        "public_school",
        vec![
            ("school_id", texts(all().map(|one| one.id.as_str()))),
            ("school_name", texts(all().map(|one| one.name.as_str()))),
            ("district_code", texts(all().map(|one| one.district))),
            ("district_name_zh", texts(all().map(|one| district(one).1))),
            ("district_name_en", texts(all().map(|one| district(one).2))),
            ("school_kind", texts(all().map(|_| "teaching_point"))),
            ("urban_rural", texts(all().map(|_| "rural"))),
            ("term", texts(all().map(|one| text(one, "2019-2020-2")))),
            ("is_started", yes_no(all().map(has))),
            ("started_on", dates(all().map(School::started_on))),
            ("weekdays", texts(all().map(|one| text(one, "1,2,4")))),
            ("sessions_per_day", wholes(all().map(|_| 2))),
            ("minutes_per_session", wholes(all().map(|_| 40))),
            ("ends_at", texts(all().map(|one| text(one, "17:50")))),
            ("consulted_on", dates(all().map(|one| on(one, "2019-08-20")))),
            ("board_notice_on", dates(all().map(|one| on(one, "2019-08-26")))),
            ("web_notice_on", dates(all().map(|_| None))),
            (
                "web_notice_url",
                texts(all().map(|one| if one.at == 2 { "javascript:alert(1)" } else { "https://x.example/a?b=1&c" })),
            ),
            ("safety_plan_on", dates(all().map(|one| on(one, "2019-08-28")))),
            ("yuan_per_session", money(all().map(|one| has(one).then_some(250)))),
            ("yuan_per_month_cap", money(all().map(|_| None))),
            ("fee_doc_no", texts(all().map(|one| text(one, "青发改〔2019〕8号")))),
            ("fee_approved_by", texts(all().map(|one| text(one, "青山区政府")))),
            ("fee_from", dates(all().map(|one| on(one, "2019-09-01")))),
        ],
    );
}

fn counts(values: impl IntoIterator<Item = Option<i64>>) -> datafusion::arrow::array::ArrayRef {
    std::sync::Arc::new(values.into_iter().collect::<datafusion::arrow::array::Int64Array>())
}
