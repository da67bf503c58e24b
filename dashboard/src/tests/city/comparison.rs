//! Scores, funnels and similar schools of the made-up city.

use super::*;

/// A school has its rows, a district too, and the city.
struct Unit {
    level: &'static str,
    id: String,
    district: &'static str,
}

pub(super) fn tables(context: &SessionContext, schools: &[School]) {
    let units: Vec<Unit> = schools
        .iter()
        .map(|one| Unit { level: "school", id: one.id.clone(), district: one.district })
        .chain(DISTRICTS.map(|(code, ..)| Unit { level: "district", id: code.to_owned(), district: code }))
        .chain([Unit { level: "city", id: "city".to_owned(), district: "" }])
        .collect();
    let of_units = || -> Vec<(&'static str, ArrayRef)> {
        vec![
            ("level", texts(units.iter().map(|one| one.level))),
            ("unit_id", texts(units.iter().map(|one| one.id.as_str()))),
            ("district_code", texts(units.iter().map(|one| one.district))),
            ("period_type", texts(units.iter().map(|_| "month"))),
            ("period", texts(units.iter().map(|_| "2019-10"))),
        ]
    };
    let all = |value: f64| reals(units.iter().map(|_| Some(value)));
    let first = || wholes(units.iter().map(|_| 1));
    let with = |columns: Vec<(&'static str, ArrayRef)>| [of_units(), columns].concat();
    let demand = || texts(units.iter().map(|_| "C03"));
    register(
        context,
        "marts",
        "score",
        with(vec![("indicator", demand()), ("weight", all(100.0)), ("total", all(80.0)), ("rank", first())]),
    );
    let up = texts(units.iter().map(|_| "up"));
    register(
        context,
        "marts",
        "score_sensitivity",
        with(vec![("indicator", demand()), ("direction", up), ("total", all(81.0)), ("rank", first())]),
    );
    register(context, "marts", "score_range", with(vec![("best_rank", first()), ("worst_rank", first())]));
    let gap = money(units.iter().map(|_| Some(300)));
    register(context, "marts", "target_gap", with(vec![("indicator", demand()), ("gap", gap)]));

    let of_schools = || -> Vec<(&'static str, ArrayRef)> {
        vec![
            ("school_id", texts(schools.iter().map(|one| one.id.as_str()))),
            ("district_code", texts(schools.iter().map(|one| one.district))),
            ("period_type", texts(schools.iter().map(|_| "month"))),
            ("period", texts(schools.iter().map(|_| "2019-10"))),
        ]
    };
    let inside = texts(schools.iter().map(|_| "inside"));
    register(context, "marts", "funnel", [of_schools(), vec![("verdict", inside)]].concat());
    let place = || wholes(schools.iter().map(|_| 1));
    register(context, "marts", "similar_place", [of_schools(), vec![("place", place())]].concat());
    let next = schools.iter().cycle().skip(1).take(schools.len());
    let named = vec![("place", place()), ("similar_name", texts(next.map(|one| one.name.as_str())))];
    register(context, "marts", "similar_school", [of_schools(), named].concat());
}
