//! The evaluation report: what stands in it, for whom, and what must never stand in it.

use axum::http::StatusCode;

use super::Site;
use super::city::{DISTRICT, OTHER_DISTRICT, OTHER_NAME, OTHER_SCHOOL, SCHOOL, SISTER};
use crate::charts::canvas::tests::check_well_formed;
use crate::routes;

/// The report itself, without the page around it.
fn sheet(body: &str) -> &str {
    let (_, rest) = body.split_once("<article class=\"report\"").expect("a report");
    rest.split("</article>").next().unwrap_or_default()
}

#[tokio::test]
async fn the_city_is_told_whole_in_both_languages() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    let page = site.get(&routes::printed("city"), &cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let report = sheet(&page.body);
    for part in [
        "一、摘要",
        "十、附录：数据来源与复核",
        // 8 districts of 12 schools.
        "全市名录中有学校 96 所",
        "第 7 版（计算于 2020-03-01 16:00 (UTC+8)）",
        "2019年10月尚未宣布正式数据",
        "需求满足率：各区（市）比较",
        "已开办课后服务的小学数，逐日累计",
        "综合评分：2019年10月",
        "R13 超标准收费",
        "六¶3",
        "示例数据，虚构",
        "kehou explain indicator C03 --unit city --period 2019-10 --release 7",
    ] {
        assert!(report.contains(part), "{part} in {report}");
    }
    for svg in report.split("<svg").skip(1) {
        check_well_formed(&format!("<svg{}</svg>", svg.split("</svg>").next().unwrap_or_default()));
    }
    let english = site.get(&routes::with(&routes::printed("city"), &[("lang", "en")]), &cookie).await.body;
    assert!(
        english.contains("1. Summary") && english.contains("Nothing was declared official for Oct 2019"),
        "{english}"
    );
    for body in [&page.body, &english] {
        assert!(!body.contains("⟨?⟩"), "a word is missing: {body}");
    }
}

#[tokio::test]
async fn no_person_stands_in_a_report() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    for unit in ["city", DISTRICT, SCHOOL] {
        let body = site.get(&routes::printed(unit), &cookie).await.body;
        let report = sheet(&body);
        // The findings' subjects, the sentences that name receipts, and the rows.
        for word in ["0123456789abcdef", "01234567…", "SJ1002", "三(1)班", "script"] {
            assert!(!report.contains(word), "{unit} shows {word}: {report}");
        }
    }
}

#[tokio::test]
async fn a_report_is_the_same_whoever_may_have_it() {
    let site = Site::new().await;
    let [city, district, school] =
        [site.log_in("city").await, site.log_in("district").await, site.log_in("school").await];
    let own = site.get(&routes::printed(SCHOOL), &school).await.body;
    for cookie in [&city, &district] {
        assert_eq!(sheet(&site.get(&routes::printed(SCHOOL), cookie).await.body), sheet(&own));
    }
    assert!(sheet(&own).contains("青山第1小学") && !sheet(&own).contains("青山第2小学") && !own.contains(SISTER));
    let of_district = site.get(&routes::printed(DISTRICT), &district).await.body;
    assert!(sheet(&of_district).contains("青山第2小学") && !of_district.contains(OTHER_NAME), "{of_district}");
    assert_eq!(sheet(&of_district), sheet(&site.get(&routes::printed(DISTRICT), &city).await.body));
}

#[tokio::test]
async fn anothers_report_is_not_there_on_paper_either() {
    let site = Site::new().await;
    for (who, units) in [
        ("school", vec!["city", DISTRICT, OTHER_DISTRICT, SISTER, OTHER_SCHOOL, "9999999999"]),
        ("district", vec!["city", OTHER_DISTRICT, OTHER_SCHOOL, "999999"]),
        ("inspector", vec!["city", DISTRICT, SCHOOL, OTHER_DISTRICT]),
        ("admin", vec!["city", DISTRICT, SCHOOL]),
        ("city", vec!["999999", "nowhere"]),
    ] {
        let cookie = site.log_in(who).await;
        for unit in units {
            for address in [routes::printed(unit), routes::printed_pdf(unit)] {
                assert_eq!(site.get(&address, &cookie).await.status, StatusCode::NOT_FOUND, "{who} {address}");
            }
        }
    }
    for address in [routes::printed(SCHOOL), routes::printed_pdf(SCHOOL)] {
        assert_eq!(site.get(&address, "kehou=0").await.status, StatusCode::SEE_OTHER, "{address} without a log-in");
    }
}

#[tokio::test]
async fn a_period_without_figures_is_said_to_have_none() {
    let site = Site::new().await;
    let cookie = site.log_in("district").await;
    let asked = |period: &str| routes::with(&routes::printed(DISTRICT), &[("period", period)]);
    let november = site.get(&asked("2019-11"), &cookie).await;
    assert!(november.status == StatusCode::OK && sheet(&november.body).contains("2019年11月"), "{}", november.body);
    for period in ["1999-01", "' or 1 = 1"] {
        let refused = site.get(&asked(period), &cookie).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{period}");
        assert!(refused.body.contains("没有") && refused.body.contains("2019-10"), "{}", refused.body);
    }
}

#[tokio::test]
async fn pages_lead_to_their_unit_s_report() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    for (page, unit) in
        [(routes::CITY.to_owned(), "city"), (routes::district(DISTRICT), DISTRICT), (routes::school(SCHOOL), SCHOOL)]
    {
        let body = site.get(&page, &cookie).await.body;
        assert!(body.contains(&format!("href=\"{}\"", routes::printed(unit))), "{page}");
        assert!(body.contains(&format!("href=\"{}\"", routes::printed_pdf(unit))), "{page}");
    }
}
