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
    let with = |columns: Vec<(&'static str, ArrayRef)>| [of_units(), columns].concat();
    let demand = || texts(units.iter().map(|_| "C03"));
    // Districts differ, so that there is an order: each next one has a point less, and the first two could change places.
    let totals: Vec<f64> = units.iter().enumerate().map(|(at, _)| 80.0 - (at % 8) as f64).collect();
    let total = |by: f64| reals(totals.iter().map(|one| Some(one + by)));
    let rank = || wholes(totals.iter().map(|one| 81 - *one as i64));
    register(
        context,
        "marts",
        "score",
        with(vec![
            ("unit_name", texts(units.iter().map(|one| one.id.as_str()))),
            ("indicator", demand()),
            ("value", all(0.8)),
            ("given_weight", money(units.iter().map(|_| Some(10_000)))),
            ("weight", all(100.0)),
            ("fulfilled", all(0.8)),
            ("points", total(0.0)),
            ("total", total(0.0)),
            ("rank", rank()),
        ]),
    );
    let up = texts(units.iter().map(|_| "up"));
    register(
        context,
        "marts",
        "score_sensitivity",
        with(vec![
            ("indicator", demand()),
            ("direction", up),
            ("total", total(1.0)),
            ("rank", wholes(totals.iter().map(|one| 81 - (*one as i64).min(79)))),
            ("total_base", total(0.0)),
            ("rank_base", rank()),
        ]),
    );
    register(
        context,
        "marts",
        "score_range",
        with(vec![
            ("total", total(0.0)),
            ("rank", rank()),
            ("best_rank", rank()),
            ("worst_rank", wholes(totals.iter().map(|one| (81 - *one as i64).max(2)))),
            ("lowest_total", total(-0.5)),
            ("highest_total", total(1.0)),
        ]),
    );
    register(
        context,
        "marts",
        "target_gap",
        with(vec![
            ("indicator", demand()),
            ("dimension", texts(units.iter().map(|_| ""))),
            ("status", texts(units.iter().map(|_| "missed"))),
            ("gap", money(units.iter().map(|_| Some(30_000)))),
            ("gap_unit", texts(units.iter().map(|_| "pupils"))),
        ]),
    );

    let of_schools = || -> Vec<(&'static str, ArrayRef)> {
        vec![
            ("school_id", texts(schools.iter().map(|one| one.id.as_str()))),
            ("district_code", texts(schools.iter().map(|one| one.district))),
            ("period_type", texts(schools.iter().map(|_| "month"))),
            ("period", texts(schools.iter().map(|_| "2019-10"))),
        ]
    };
    // The last school of each district is far below the others.
    let is_low = |one: &School| one.at == SCHOOLS;
    let value = |one: &School| if is_low(one) { 0.4 } else { 0.9 };
    let every = |value: f64| reals(schools.iter().map(|_| Some(value)));
    register(
        context,
        "marts",
        "funnel",
        [
            of_schools(),
            vec![
                ("indicator", texts(schools.iter().map(|_| "C03"))),
                ("group_level", texts(schools.iter().map(|_| "district"))),
                ("group_id", texts(schools.iter().map(|one| one.district))),
                ("school_name", texts(schools.iter().map(|one| one.name.as_str()))),
                ("n", reals(schools.iter().map(|one| Some(200.0 + one.at as f64 * 40.0)))),
                ("value", reals(schools.iter().map(|one| Some(value(one))))),
                ("overall", every(0.86)),
                ("lower_95", every(0.8)),
                ("upper_95", every(0.92)),
                ("lower_998", every(0.75)),
                ("upper_998", every(0.97)),
                ("phi", every(2.5)),
                ("tau2", every(0.0004)),
                ("verdict", texts(schools.iter().map(|one| if is_low(one) { "low" } else { "inside" }))),
            ],
        ]
        .concat(),
    );
    let place = || wholes(schools.iter().map(|_| 3));
    register(
        context,
        "marts",
        "similar_place",
        [
            of_schools(),
            vec![
                ("indicator", texts(schools.iter().map(|_| "C03"))),
                ("value", reals(schools.iter().map(|one| Some(value(one))))),
                ("schools", wholes(schools.iter().map(|_| 10))),
                ("place", place()),
                ("lowest", every(0.5)),
                ("median", every(0.8)),
                ("highest", every(0.95)),
            ],
        ]
        .concat(),
    );
    let next = schools.iter().cycle().skip(1).take(schools.len());
    let named = vec![("place", place()), ("similar_name", texts(next.map(|one| one.name.as_str())))];
    register(context, "marts", "similar_school", [of_schools(), named].concat());
}
