//! Reports that leave the house: recorded, and saying whether they are official.

use super::*;
use crate::report::ask::{CITY, Wish, of_release};
use crate::words::Lang;
use warehouse::official::Official;

/// What a report of the city says of its standing, from a release.
async fn standing(town: &Town, release: u64, unit: &str) -> String {
    let release = town.warehouse.release(release).await.expect("there");
    let wish = Wish { period: Some("2019-09".to_owned()), made_up: false };
    let report = of_release(&town.warehouse, &release, unit, &wish, Lang::Zh).await.expect("composed");
    let said = report.facts.into_iter().find(|(name, _)| name == "是否正式");
    said.expect("each report says it").1
}

#[test]
fn a_report_says_whether_it_is_official_and_what_was_revised_since() {
    run(async {
        let town = Town::with_release(2).await;
        let first = town.warehouse.latest_release().await.expect("read").expect("there").release;
        assert!(standing(&town, first, CITY).await.contains("尚未宣布正式数据"));
        let official = Official {
            release: first,
            period: "2019-09".to_owned(),
            note: String::new(),
            by_whom: "city".to_owned(),
            on: "2019-10-20".parse().expect("a day"),
            at: "2019-10-20T00:00:00Z".to_owned(),
        };
        town.warehouse.declare(&official).await.expect("declared");
        assert_eq!(standing(&town, first, CITY).await, "本版是2019年9月的正式数据（2019年10月20日宣布）。");
        // A second school reports: the city's figures move, the first school's stay.
        let cookie = town.site.log_in("s1").await;
        town.sent(&cookie, &[("2019-09.csv", &roster(1, "2019-09", 12))]).await;
        let second = town.warehouse.latest_release().await.expect("read").expect("there").release;
        assert!(second > first);
        let revised = standing(&town, first, CITY).await;
        assert!(revised.contains(&format!("此后有更正：第 {second} 版中，本单位有 ")), "{revised}");
        let other = standing(&town, second, CITY).await;
        assert!(other.contains(&format!("正式数据是第 {first} 版")) && other.contains("个数字与之不同"), "{other}");
        let unmoved = standing(&town, first, &school(0)).await;
        assert!(unmoved.contains(&format!("此后的第 {second} 版中，本单位的数字没有变化。")), "{unmoved}");
    });
}

#[cfg(feature = "pdf")]
#[test]
fn a_report_that_leaves_is_in_the_audit() {
    run(async {
        let town = Town::with_release(1).await;
        let cookie = town.site.log_in("s0").await;
        let address = routes::printed_pdf(&school(0));
        let first = town.site.get(&address, &cookie).await;
        if first.status == StatusCode::UNPROCESSABLE_ENTITY {
            assert!(std::env::var_os("KEHOU_REQUIRE_TOOLS").is_none(), "CI must have a Chinese font");
            assert!(first.body.contains("fonts-noto-cjk"), "{}", first.body);
            eprintln!("SKIPPED: this test needs a Chinese font: apt-get install fonts-noto-cjk");
            return;
        }
        assert_eq!(first.status, StatusCode::OK, "{}", first.body);
        assert_eq!(first.headers["content-type"], "application/pdf");
        assert!(first.body.starts_with("%PDF-"));
        let named = first.headers["content-disposition"].to_str().expect("plain");
        assert!(named.starts_with("attachment; filename*=UTF-8''") && named.contains(".pdf"), "{named}");
        // The second time it was set before; it is recorded all the same.
        assert_eq!(town.site.get(&address, &cookie).await.bytes, first.bytes);
        let events = "select by_whom, reason from facts.audit_event where action = 'export' and subject = 'report'";
        let told = town.query(events, "audit_event").await;
        assert_eq!(told.matches(&school(0)).count(), 2, "{told}");
        town.check_audit(&["export"]).await;
    });
}
