//! Steps of cases and official releases.

use axum::http::StatusCode;

use super::{Town, roster, run};
use crate::routes;

/// The ids of the findings on a reader's list.
async fn listed(town: &Town, cookie: &str) -> Vec<String> {
    let page = town.site.get(routes::FINDINGS, cookie).await.body;
    let mut ids: Vec<String> = page
        .split("/finding/")
        .skip(1)
        .filter_map(|rest| rest.split(['"', '/', '?']).next())
        .filter(|id| id.len() == 32)
        .map(str::to_owned)
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

#[test]
fn a_case_is_worked_from_the_pages_by_whom_it_concerns() {
    run(async {
        let town = Town::with_release(2).await;
        for n in 0..2 {
            let cookie = town.site.log_in(&format!("s{n}")).await;
            town.sent(&cookie, &[("十月.csv", &roster(n, "2019-10", 9))]).await;
        }
        let own = town.site.log_in("own").await;
        let ids = listed(&town, &own).await;
        assert!(ids.len() >= 2, "two schools lack agreements: {ids:?}");
        let token = town.site.get(routes::FINDINGS, &own).await.token();

        // Without a day by which to put it right nobody is notified; without a tick neither.
        let none = town.site.post(routes::NOTIFY, &own, &format!("form_token={token}&due=2020-03-20")).await;
        assert!(none.status == StatusCode::UNPROCESSABLE_ENTITY && none.body.contains("没有勾选"), "{}", none.body);
        let ticked: String = ids.iter().map(|id| format!("&finding={id}")).collect();
        let undated = town.site.post(routes::NOTIFY, &own, &format!("form_token={token}{ticked}")).await;
        assert!(undated.body.contains("通知要写明整改期限"), "{}", undated.body);
        let early = town.site.post(routes::NOTIFY, &own, &format!("form_token={token}&due=2020-02-01{ticked}")).await;
        assert!(early.body.contains("早于通知日期"), "{}", early.body);
        let none = town.query("select count(*) as steps from facts.case_event", "case_event").await;
        assert!(none.contains("| 0 "), "a refusal changes nothing: {none}");

        // All of them at once; the page knows it before the next release does, and offers them for no second notice.
        let offered = async || {
            let list = town.site.get(routes::FINDINGS, &own).await.body;
            ids.iter().filter(|id| list.contains(&format!("name=\"finding\" value=\"{id}\""))).count()
        };
        assert_eq!(offered().await, ids.len());
        let form =
            format!("form_token={token}&due=2020-03-20&note=%E8%AF%B7%E8%A1%A5%E7%AD%BE&next=%2Ffindings{ticked}");
        let done = town.site.post(routes::NOTIFY, &own, &form).await;
        assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/findings"), "{}", done.body);
        let page = town.site.get(&routes::finding(&ids[0]), &own).await.body;
        assert!(page.contains("请补签") && page.contains("2020年3月20日"), "{page}");
        assert_eq!(offered().await, 0);
        // A second notice finds the case notified already, and says so.
        let again = town.site.post(routes::NOTIFY, &own, &form).await;
        assert!(
            again.status == StatusCode::UNPROCESSABLE_ENTITY && again.body.contains("案件现在是“已通知”"),
            "{}",
            again.body
        );

        // The school answers its own; it can't dismiss, nor answer for another.
        let mine = town.site.log_in("s0").await;
        let theirs = town.site.log_in("s1").await;
        let mine_ids = listed(&town, &mine).await;
        let id = ids.iter().find(|id| mine_ids.contains(id)).expect("one of the two");
        let step = routes::finding_step(id);
        let answer = |token: &str, step: &str, note: &str| format!("form_token={token}&step={step}&note={note}");
        let token = town.site.get(&routes::finding(id), &mine).await.token();
        assert!(town.site.get(&routes::finding(id), &mine).await.body.contains("答复内容"));
        assert_eq!(town.site.post(&step, &mine, &answer(&token, "dismissed", "x")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(town.site.post(&step, &mine, &answer("x", "answered", "x")).await.status, StatusCode::FORBIDDEN);
        assert!(town.site.post(&step, &mine, &answer(&token, "answered", "")).await.body.contains("请写明答复内容"));
        let foreign = town.site.get(routes::PASSWORD, &theirs).await.token();
        assert_eq!(
            town.site.post(&step, &theirs, &answer(&foreign, "answered", "x")).await.status,
            StatusCode::NOT_FOUND
        );
        let answered = town.site.post(&step, &mine, &answer(&token, "answered", "%E5%B7%B2%E8%A1%A5%E7%AD%BE")).await;
        assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.body);

        // The inspector sees the answer and decides; another district and the city take no step.
        let watch = town.site.log_in("watch").await;
        let seen = town.until(&routes::finding(id), &watch, "已补签").await;
        let token = seen.token();
        let unfounded = town.site.post(&step, &watch, &answer(&token, "dismissed", "")).await;
        assert!(unfounded.body.contains("撤销要写明理由"), "{}", unfounded.body);
        let decided = town.site.post(&step, &watch, &answer(&token, "rectified", "")).await;
        assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.body);
        for who in ["other", "city", "admin"] {
            let cookie = town.site.log_in(who).await;
            let token = town.site.get(routes::PASSWORD, &cookie).await.token();
            let tried = town.site.post(&step, &cookie, &answer(&token, "closed", "")).await;
            assert_eq!(tried.status, StatusCode::NOT_FOUND, "{who}");
        }
        // Two persons at once: one of them is told.
        let close = answer(&token, "closed", "");
        let token = town.site.get(&routes::finding(id), &own).await.token();
        let also = answer(&token, "closed", "");
        let both =
            futures::future::join(town.site.post(&step, &watch, &close), town.site.post(&step, &own, &also)).await;
        let mut codes = [both.0.status.as_u16(), both.1.status.as_u16()];
        codes.sort_unstable();
        assert_eq!(codes, [303, 422], "{} {}", both.0.body, both.1.body);
        // The next release counts it all.
        town.until(&routes::finding(id), &mine, "已办结").await;
        town.check_audit(&["case_step"]).await;
    });
}

#[test]
fn a_correction_after_the_official_release_shows_as_revised() {
    run(async {
        let town = Town::with_release(2).await;
        let mine = town.site.log_in("s0").await;
        town.sent(&mine, &[("十月.csv", &roster(0, "2019-10", 12))]).await;
        let city = town.site.log_in("city").await;
        let page = town.site.get(routes::RELEASES, &city).await;
        assert!(page.body.contains("还没有宣布过正式数据"), "{}", page.body);
        let shown =
            page.body.split("最新的第 ").nth(1).and_then(|rest| rest.split(' ').next()).expect("its number").to_owned();
        let declare = |token: &str, release: &str, period: &str| {
            format!("form_token={token}&release={release}&period={period}&note=%E6%9C%88%E5%BA%A6%E9%80%9A%E6%8A%A5")
        };
        // The city alone declares, and only what there is.
        let own = town.site.log_in("own").await;
        let token = town.site.get(routes::PASSWORD, &own).await.token();
        assert_eq!(
            town.site.post(routes::RELEASES, &own, &declare(&token, &shown, "2019-10")).await.status,
            StatusCode::NOT_FOUND
        );
        // The month that is offered first is over, and was reported on; a note is asked for.
        assert!(page.body.contains("<option value=\"2019-10\" selected>"), "{}", page.body);
        let token = page.token();
        let silent = format!("form_token={token}&release={shown}&period=2019-10&note=+");
        let refused = town.site.post(routes::RELEASES, &city, &silent).await;
        assert!(
            refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("请写明说明"),
            "{}",
            refused.body
        );
        for (release, period) in [("99", "2019-10"), (shown.as_str(), "2031-10"), ("0", "2019-10")] {
            let refused = town.site.post(routes::RELEASES, &city, &declare(&token, release, period)).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{release} {period}");
        }
        let declared = town.site.post(routes::RELEASES, &city, &declare(&token, &shown, "2019-10")).await;
        assert_eq!(declared.status, StatusCode::SEE_OTHER, "{}", declared.body);
        let overview = town.site.get("/city?month=2019-10", &city).await.body;
        assert!(overview.contains("2019年10月的正式数据是第") && overview.contains("月度通报"), "{overview}");
        assert!(overview.contains("就是现在显示的这一版") && overview.contains("正式发布"), "{overview}");
        let releases = town.warehouse.releases().await.expect("read");
        let marked: Vec<_> = releases.iter().filter(|one| one.official).map(|one| one.release.to_string()).collect();
        assert_eq!(marked, std::slice::from_ref(&shown), "the table of releases tells it too");

        // A correction: 10 of 12 wanted took part.
        let corrected = roster(0, "2019-10", 12).replace(",12,12,12,12,12,", ",12,10,10,10,10,");
        town.sent(&mine, &[("十月更正.csv", &corrected)]).await;
        let page = town.until("/city?month=2019-10", &city, "此后有更正").await.body;
        let link = page.split("href=\"/difference").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
        let difference = town.site.get(&format!("/difference{}", link.replace("&amp;", "&")), &city).await.body;
        assert!(difference.contains("100%") && difference.contains("83.3%"), "{difference}");
        // A school sees its own and the city's, and no other's; releases that are not official are the city's affair.
        let theirs = town.site.log_in("s1").await;
        let address = format!("/difference{}", link.replace("&amp;", "&"));
        let foreign = town.site.get(&address, &theirs).await.body;
        assert!(foreign.contains("全市") && !foreign.contains("第0小学"), "{foreign}");
        assert!(town.site.get(&address, &mine).await.body.contains("第0小学"));
        assert_eq!(town.site.get("/difference?before=1&after=2", &theirs).await.status, StatusCode::NOT_FOUND);
        let watch = town.site.log_in("watch").await;
        assert_eq!(town.site.get(&address, &watch).await.status, StatusCode::NOT_FOUND);
        town.check_audit(&["official"]).await;
    });
}
