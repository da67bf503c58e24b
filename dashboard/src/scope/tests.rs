//! The door itself: which tables and rows a scope's session has.

use super::*;
use crate::tests::city::{self, DISTRICT, SCHOOL};

async fn count(scope: &Scope, table: &str, condition: &str) -> Option<i64> {
    let pinned = city::pinned().await;
    let scoped = pinned.scoped(scope).await.expect("a session");
    let rows = scoped.query(&format!("select count(*) as times from {table} where {condition}"), &[]).await.ok()?;
    rows.first().map(|row| row.count("times"))
}

#[tokio::test]
async fn a_table_without_a_door_does_not_exist() {
    for table in ["facts.raw_secret", "information_schema.tables", "marts.finding_now", "run"] {
        assert_eq!(count(&Scope::City, table, "true").await, None, "{table}");
    }
    for scope in [Scope::Public, Scope::Admin] {
        for door in DOORS {
            let rows = count(&scope, &format!("{}.{}", door.schema, door.table), "true").await;
            let is_open = scope == Scope::Public && door.needs == Needs::Public;
            assert_eq!(rows.is_some(), is_open, "{scope:?} {}", door.table);
        }
    }
}

/// What is told to who is not logged in is told by these three tables. A fourth one needs an argument: see marts.public_edition.
#[tokio::test]
async fn the_public_has_three_tables_and_nobody_else_has_them() {
    let mut open: Vec<&str> = DOORS.iter().filter(|door| door.needs == Needs::Public).map(|door| door.table).collect();
    open.sort_unstable();
    assert_eq!(open, ["public_figure", "public_school", "public_spending"]);
    for table in open {
        assert!(count(&Scope::Public, &format!("marts.{table}"), "true").await > Some(1), "{table}");
        for scope in [Scope::City, Scope::District(DISTRICT.to_owned()), Scope::School(SCHOOL.to_owned()), Scope::Admin]
        {
            assert_eq!(count(&scope, &format!("marts.{table}"), "true").await, None, "{scope:?} {table}");
        }
    }
    assert_eq!(count(&Scope::Public, "marts.public_edition", "true").await, None);
}

#[tokio::test]
async fn rows_are_the_units_own() {
    let district = Scope::District(DISTRICT.to_owned());
    let school = Scope::School(SCHOOL.to_owned());
    let inspector = Scope::Inspector(vec![DISTRICT.to_owned()]);
    for table in
        ["marts.school", "marts.finding", "facts.submission", "marts.slice", "marts.funnel", "marts.similar_place"]
    {
        let foreign = format!("district_code <> '{DISTRICT}'");
        assert_eq!(count(&district, table, &foreign).await, Some(0), "{table}");
        assert!(count(&district, table, "true").await > Some(1), "{table}");
        assert_eq!(count(&school, table, &format!("school_id <> '{SCHOOL}'")).await, Some(0), "{table}");
        assert!(count(&Scope::City, table, &foreign).await > Some(1), "{table}");
    }
    // Three cases: the school's own, its sister's, and one of another district.
    let cases = [&school, &district, &inspector, &Scope::City].map(|scope| count(scope, "marts.case_now", "true"));
    assert_eq!(futures::future::join_all(cases).await, [Some(1), Some(2), Some(2), Some(3)]);
    assert_eq!(count(&district, "facts.raw_charge", &format!("school_id not like '{DISTRICT}%'")).await, Some(0));
    assert_eq!(count(&school, "facts.raw_charge", "true").await, Some(38));
    let figures = ["indicator_value", "score", "score_sensitivity", "score_range", "target_gap"];
    for table in figures.map(|table| format!("marts.{table}")) {
        let others = format!("level = 'district' or level = 'school' and unit_id <> '{SCHOOL}'");
        assert_eq!(count(&school, &table, &others).await, Some(0), "{table}");
        assert!(count(&school, &table, "true").await > Some(0), "{table}");
        let foreign = format!("level <> 'city' and district_code <> '{DISTRICT}'");
        assert_eq!(count(&district, &table, &foreign).await, Some(0), "{table}");
        assert!(count(&Scope::City, &table, &foreign).await > Some(0), "{table}");
        assert_eq!(count(&inspector, &table, "true").await, None, "{table}");
    }
    assert_eq!(count(&inspector, "marts.finding", &format!("district_code <> '{DISTRICT}'")).await, Some(0));
}

#[tokio::test]
async fn the_city_alone_sees_which_schools_are_similar() {
    assert!(count(&Scope::City, "marts.similar_school", "similar_name <> ''").await > Some(1));
    let district = Scope::District(DISTRICT.to_owned());
    let school = Scope::School(SCHOOL.to_owned());
    for scope in [district, school, Scope::Inspector(vec![DISTRICT.to_owned()])] {
        assert_eq!(count(&scope, "marts.similar_school", "true").await, None, "{scope:?}");
    }
}

#[tokio::test]
async fn children_follow_their_parents() {
    let district = Scope::District(DISTRICT.to_owned());
    let school = Scope::School(SCHOOL.to_owned());
    for scope in [&district, &school] {
        assert_eq!(
            count(scope, "marts.finding_evidence", "finding_id not in (select finding_id from marts.finding)").await,
            Some(0)
        );
        assert!(count(scope, "marts.finding_evidence", "true").await > Some(0));
        assert_eq!(
            count(scope, "facts.case_event", "finding_id not in (select finding_id from marts.finding)").await,
            Some(0)
        );
        assert!(count(scope, "facts.case_event", "true").await > Some(0));
        assert_eq!(
            count(scope, "facts.submission_issue", "submission_id not in (select submission_id from facts.submission)")
                .await,
            Some(0)
        );
    }
}

#[tokio::test]
async fn a_school_does_not_see_the_inspectors_columns() {
    let sees = async |scope: Scope| {
        let pinned = city::pinned().await;
        pinned.scoped(&scope).await.expect("a session").columns_of("raw_inspection").await.expect("readable")
    };
    let hidden: Vec<&str> = ingest::form::form("inspection")
        .expect("a form")
        .columns
        .iter()
        .filter(|column| column.visibility == Visibility::Inspector)
        .map(|column| column.name.as_str())
        .collect();
    let (city, school) = (sees(Scope::City).await, sees(Scope::School(SCHOOL.to_owned())).await);
    for column in hidden.iter().filter(|column| city.iter().any(|one| one == *column)) {
        assert!(!school.iter().any(|one| one == column), "{column}");
    }
}

#[tokio::test]
async fn a_session_only_reads() {
    let pinned = city::pinned().await;
    let scoped = pinned.scoped(&Scope::City).await.expect("a session");
    for sql in [
        "create table x as select 1",
        "drop table marts.finding",
        "insert into marts.finding select * from marts.finding",
        "set datafusion.execution.batch_size = 1",
    ] {
        assert!(scoped.query(sql, &[]).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn of_many_scopes_the_one_that_nobody_asks_for_makes_room() {
    let pinned = city::pinned().await;
    let school = |n: usize| Scope::School(format!("37990{n:05}"));
    let first = pinned.scoped(&school(0)).await.expect("a session");
    let city = pinned.scoped(&Scope::City).await.expect("a session");
    for n in 1..100 {
        pinned.scoped(&school(n)).await.expect("a session");
        assert!(Arc::ptr_eq(&city, &pinned.scoped(&Scope::City).await.expect("a session")), "it is asked for");
    }
    assert_eq!(Arc::strong_count(&first), 1, "only whoever reads on holds it");
    assert!(!Arc::ptr_eq(&first, &pinned.scoped(&school(0)).await.expect("a session")), "it is made anew");
}

#[tokio::test]
async fn what_all_see_of_the_city_lies_in_memory_once() {
    let pinned = city::pinned().await;
    let door = DOORS.iter().find(|door| door.table == "indicator_value").expect("a door");
    let whole = &pinned.held[&(door.schema, door.table)];
    let of = |scope: Scope| narrowed(whole, door, &scope, &HashSet::new(), &BTreeMap::new()).expect("rows");
    let ours = of(Scope::School(SCHOOL.to_owned())).batches;
    let theirs = of(Scope::School("3799999999".to_owned())).batches;
    let (ours, theirs) = (ours.last().expect("the city's"), theirs.last().expect("the city's"));
    assert!(ours.num_rows() > 0 && theirs.num_rows() == ours.num_rows());
    let value = |batch: &RecordBatch| batch.column_by_name("value").expect("a column").to_data().buffers()[0].as_ptr();
    assert_eq!(value(ours), value(theirs));
}
