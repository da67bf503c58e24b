//! Pages over a real warehouse: the same pages as from memory, a new release without a restart, and none before the first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::TableReference;
use warehouse::Warehouse;
use warehouse::release::Release;
use warehouse::table::TableName;

use super::Site;
use super::city::{self, DISTRICT, FINDINGS, OTHER_SCHOOL, SCHOOL};
use crate::release::Releases;
use crate::routes;
use crate::scope::doors::DOORS;

/// Writes the made-up city's tables once more, as the versions of a release.
pub(super) async fn publish(warehouse: &Warehouse, number: u64) {
    let session = city::session();
    let mut tables = BTreeMap::new();
    for door in DOORS {
        let Ok(table) = session.table(TableReference::partial(door.schema, door.table)).await else { continue };
        let schema: SchemaRef = Arc::new(table.schema().as_arrow().clone());
        let name = TableName::new(door.schema, door.table);
        warehouse.ensure_table(&name, &schema, &[]).await.expect("made");
        let mut writer = warehouse.writer(&name).await.expect("a writer");
        for batch in table.collect().await.expect("rows") {
            writer.write(batch).await.expect("written");
        }
        let staged = writer.finish().await.expect("closed");
        let version = if number == 1 {
            warehouse.append(&name, staged).await
        } else {
            warehouse.overwrite(&name, &warehouse::table::Replace::All, staged).await
        };
        tables.insert(name, version.expect("committed"));
    }
    let today = "2020-03-01".parse().expect("a day");
    let made_at = "2020-03-01T08:00:00Z".to_owned();
    let release = Release {
        release: number,
        made_at,
        today,
        official: false,
        note: String::new(),
        tables,
        fingerprints: BTreeMap::new(),
        models: None,
        logs: BTreeMap::new(),
        erased_before: None,
        lost: BTreeSet::new(),
    };
    warehouse.publish(&release).await.expect("published");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_the_releases() {
    let warehouse = Warehouse::create("memory:///", |_| String::new()).await.expect("memory is always there");
    let site = Site::over(Releases::new(warehouse.clone())).await;
    let cookie = site.log_in("city").await;
    let empty = site.get("/city", &cookie).await;
    assert!(empty.status == StatusCode::OK && empty.body.contains("还没有数据"), "{}", empty.body);

    publish(&warehouse, 1).await;
    let district = site.log_in("district").await;
    let first = site.get("/city", &cookie).await.body;
    assert!(first.contains("第 1 版数据") && first.contains("需求满足率"), "{first}");
    let finding = site.get(&routes::finding(FINDINGS[0]), &district).await.body;
    assert!(
        finding.contains("SJ1005") && finding.contains("收退费台账_3799030001"),
        "proof is read from files: {finding}"
    );
    assert_eq!(site.get(&routes::school(OTHER_SCHOOL), &district).await.status, StatusCode::NOT_FOUND);
    for address in
        [routes::district(DISTRICT), routes::school(SCHOOL), routes::FINDINGS.to_owned(), routes::indicator("C03")]
    {
        assert_eq!(site.get(&address, &district).await.status, StatusCode::OK, "{address}");
    }

    publish(&warehouse, 2).await;
    let mut shown = String::new();
    for _ in 0..600 {
        shown = site.get("/city", &cookie).await.body;
        assert!(shown.contains("第 1 版数据") || shown.contains("第 2 版数据"), "a page is of one release");
        if shown.contains("第 2 版数据") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(shown.contains("第 2 版数据"), "the new release appears by itself");

    // What changed is told aside: the page that was kept meanwhile gives way to the one that tells it.
    let mut told = site.packed("/city", &cookie).await.body;
    for _ in 0..600 {
        if told.contains("与上一版（第 1 版）相比") {
            break;
        }
        assert!(told.contains("正在与上一版数据比较"), "{told}");
        tokio::time::sleep(Duration::from_millis(100)).await;
        told = site.packed("/city", &cookie).await.body;
    }
    assert!(told.contains("与上一版（第 1 版）相比") && told.contains("全市主要指标没有变化"), "{told}");
    let own = site.packed(&routes::district(DISTRICT), &district).await.body;
    assert!(!own.contains("相比"), "it is the city's alone");
}
