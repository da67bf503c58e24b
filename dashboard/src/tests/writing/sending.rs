//! Sending files.

use axum::http::StatusCode;

use super::{STRANGER, Town, multipart, roster, roster_of, run, school, shared};
use crate::desk::uploads::MOST_BYTES;
use crate::routes;

#[test]
fn a_school_checks_mends_and_submits_alone() {
    run(async {
        let town = Town::new(2).await;
        let cookie = town.site.log_in("s0").await;
        // Before there is any release: the page of a new city.
        assert!(town.site.get(routes::UPLOAD, &cookie).await.body.contains("选择文件"));
        let wrong = roster(0, "2019-09", 12).replace(",30,", ",三十,");
        let told = town.told(&cookie, "check", &[("九月.csv", &wrong)]).await;
        for part in ["有错误", "九月.csv", "已退回", "在籍人数", "三十", "怎样改", "下载标出错误的文件"]
        {
            assert!(told.body.contains(part), "{part}: {}", told.body);
        }
        assert!(!told.body.contains("kehou-upload"), "no path of the server is told");
        let rows = town
            .query("select * from facts.submission where school_id like '3799020%' and form <> 'school'", "submission")
            .await;
        assert!(!rows.contains(&school(0)), "a check writes nothing: {rows}");

        // The marked file comes once, and to its sender alone.
        let address = format!("{}/returned/0", told.location());
        let form = format!("form_token={}", told.token());
        let stranger = town.site.log_in("s1").await;
        assert_eq!(town.site.get(told.location(), &stranger).await.status, StatusCode::NOT_FOUND);
        let token = town.site.get(routes::PASSWORD, &stranger).await.token();
        let foreign = town.site.post(&address, &stranger, &format!("form_token={token}")).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
        assert_eq!(town.site.post(&address, &cookie, "form_token=x").await.status, StatusCode::FORBIDDEN);
        let marked = town.site.post(&address, &cookie, &form).await;
        assert!(marked.status == StatusCode::OK && marked.body.contains("错误说明"), "{}", marked.body);
        assert_eq!(town.site.post(&address, &cookie, &form).await.status, StatusCode::UNPROCESSABLE_ENTITY);

        // Mended it is accepted, has a receipt, and is in a release that the page names.
        let page = town.sent(&cookie, &[("九月.csv", &roster(0, "2019-09", 12))]).await;
        assert!(page.contains("全部接收") && page.contains("已计入第 1 版数据"), "{page}");
        let school_page = town.site.get(&routes::school(&school(0)), &cookie).await.body;
        assert!(school_page.contains("九月.csv"), "{school_page}");
        // Events end with a word to reload.
        let events = town.site.get(&format!("{}/events", told.location()), &cookie).await;
        assert!(events.body.contains("event: reload"), "{}", events.body);
        town.check_audit(&["log_in", "upload", "export"]).await;
    });
}

#[test]
fn nobody_sends_for_another() {
    run(async {
        let town = Town::with_release(2).await;
        let refused = async |who: &str, text: &str, says: &str| {
            let cookie = town.site.log_in(who).await;
            let told = town.told(&cookie, "submit", &[("报表.csv", text)]).await;
            assert!(told.body.contains("已退回") && told.body.contains(says), "{who}: {}", told.body);
        };
        refused("s0", &roster(1, "2019-10", 12), "不是本单位的学校").await;
        refused("own", &roster_of(STRANGER, "2019-10", 12), "不是本单位的学校").await;
        let headings = ingest::form::form("school").expect("a form").bulk_headings().join(",");
        let register = format!("{headings}\n{},2020,改名小学,379903,小学,城区,,\n", school(0));
        refused("s0", &register, "不由学校报送的报表").await;
        // Nor does a district take another's school over by a line of the register, with a slice of it in the same upload.
        let taken = format!("{headings}\n{STRANGER},2020,夺来小学,379902,小学,城区,,\n");
        let own = town.site.log_in("own").await;
        let files = [("名录.csv", taken.as_str()), ("报表.csv", &roster_of(STRANGER, "2019-10", 12))];
        let told = town.told(&own, "submit", &files).await.body;
        assert!(told.matches("已退回").count() == 2 && told.contains("不是本单位的学校"), "{told}");
        let now = town.query("select * from facts.submission where state = 'accepted'", "submission").await;
        assert!(!now.contains("2019-10") && !now.contains(" 2020 "), "nothing of it was accepted: {now}");

        // A district sends its schools' slices, and a school's own cover several files at once.
        let own = town.site.log_in("own").await;
        town.sent(&own, &[("甲.csv", &roster(0, "2019-10", 12)), ("乙.csv", &roster(1, "2019-10", 12))]).await;
        // Neither inspectors nor the administrator send anything.
        for who in ["watch", "admin"] {
            let cookie = town.site.log_in(who).await;
            assert_eq!(town.site.get(routes::UPLOAD, &cookie).await.status, StatusCode::NOT_FOUND, "{who}");
            let token = town.site.get(routes::PASSWORD, &cookie).await.token();
            let parts = multipart(routes::UPLOAD, &cookie, "files", &[("form_token", token)], &[("a.csv", "x")]);
            assert_eq!(town.site.send(parts).await.status, StatusCode::NOT_FOUND, "{who}");
        }
        let nobody = multipart(routes::UPLOAD, "", "files", &[("form_token", String::new())], &[("a.csv", "x")]);
        assert_eq!(town.site.send(nobody).await.status, StatusCode::SEE_OTHER);
    });
}

#[test]
fn an_upload_needs_its_token_and_has_bounds() {
    run(async {
        let town = Town::new(1).await;
        let cookie = town.site.log_in("s0").await;
        let good = roster(0, "2019-09", 12);
        let token = town.site.get(routes::UPLOAD, &cookie).await.token();
        for fields in [vec![], vec![("form_token", "x".to_owned())]] {
            let forged = multipart(routes::UPLOAD, &cookie, "files", &fields, &[("a.csv", &good)]);
            assert_eq!(town.site.send(forged).await.status, StatusCode::FORBIDDEN);
        }
        let send = async |files: &[(&str, &str)]| {
            let parts = multipart(routes::UPLOAD, &cookie, "files", &[("form_token", token.clone())], files);
            town.site.send(parts).await
        };
        let none = send(&[]).await;
        assert!(none.status == StatusCode::UNPROCESSABLE_ENTITY && none.body.contains("没有选择文件"), "{}", none.body);
        let many: Vec<_> = (0..60).map(|_| ("a.csv", good.as_str())).collect();
        assert!(send(&many).await.body.contains("一次最多 50 个文件"));
        let large = "x".repeat(MOST_BYTES / 2 + 1);
        let told = send(&[("a.csv", &large), ("b.csv", &large)]).await;
        assert!(told.status == StatusCode::UNPROCESSABLE_ENTITY && told.body.contains("超过 64 MB"), "{}", told.body);
        assert!(!town.query("select * from facts.submission", "submission").await.contains("2019-09 "));
        // A template with the school's own code comes as a workbook.
        let template = town.site.get("/template?period=2019-10", &cookie).await;
        assert_eq!(template.status, StatusCode::OK);
        let other = town.site.get("/template?period=2019-10&form=survey", &cookie).await;
        assert!(other.body.contains("按学期报送，统计期写作 2019-2020-1"), "{}", other.body);
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
        let bad = town.site.get("/template?period=October", &cookie).await;
        assert!(bad.status == StatusCode::UNPROCESSABLE_ENTITY && bad.body.contains("统计期写法不对"), "{}", bad.body);
    });
}

/// Ten schools send at once, beside readers: nothing is lost, and a page is of one release.
#[test]
fn ten_uploads_at_once_beside_readers_lose_nothing() {
    run(async {
        let town = shared(Town::with_release(10).await);
        let city = town.site.log_in("city").await;
        let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        // Each release changes the city's count of schools that reported for October, from 0 by steps to 10: a page whose
        // footer names one release must always tell the same of it.
        let readers: Vec<_> = (0..100)
            .map(|_| {
                let (town, city, done) = (town.clone(), city.clone(), done.clone());
                tokio::spawn(async move {
                    let mut seen = std::collections::BTreeMap::new();
                    while !done.load(std::sync::atomic::Ordering::Relaxed) {
                        let page = town.site.get("/indicator/C04?month=2019-10", &city).await;
                        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
                        let release = page
                            .body
                            .split("第 ")
                            .find_map(|part| part.split_once(" 版数据").map(|(number, _)| number));
                        let release: u64 =
                            release.and_then(|number| number.parse().ok()).expect("a page names its release");
                        let (main, _) = page.body.split_once("<footer").expect("a page has a footer");
                        let before = seen.entry(release).or_insert_with(|| main.to_owned());
                        assert!(*before == main, "release {release} was shown in two ways");
                        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    }
                    seen.len()
                })
            })
            .collect();
        let senders: Vec<_> = (0..10)
            .map(|n| {
                let town = town.clone();
                tokio::spawn(async move {
                    let cookie = town.site.log_in(&format!("s{n}")).await;
                    town.sent(&cookie, &[("十月.csv", &roster(n, "2019-10", 12))]).await
                })
            })
            .collect();
        for sender in senders {
            let page = sender.await.expect("sent");
            assert!(page.contains("已计入第"), "{page}");
        }
        // Everybody was told to be counted; so the release that is shown counts everybody.
        let page = town.site.get("/indicator/C04?month=2019-10", &city).await.body;
        assert!(page.contains("10/10") || page.contains("已报 10 个"), "{page}");
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        let mut most = 0;
        for reader in readers {
            most = most.max(reader.await.expect("no reader saw half a release"));
        }
        assert!(most >= 2, "readers saw the releases change");
        let accepted = town
            .query("select count(distinct school_id) as schools from facts.submission where period = '2019-10' and state = 'accepted'", "submission")
            .await;
        assert!(accepted.contains("| 10 "), "{accepted}");
        let metrics = town.site.get("/metrics", "").await.body;
        assert!(metrics.contains("kehou_uploads_total{outcome=\"accepted\"} 11"), "{metrics}");
        assert!(metrics.contains(&format!(
            "kehou_release {}\n",
            town.warehouse.latest_release().await.expect("read").expect("there").release
        )));
    });
}
