//! What stands on the pages: escaped, in both languages, with the charts' labels, and nothing that can't be reached.

use std::collections::BTreeSet;

use axum::http::StatusCode;

use super::Site;
use super::city::{DISTRICT, FINDINGS, SCHOOL};
use crate::charts::canvas::tests::check_well_formed;
use crate::routes;

#[tokio::test]
async fn the_city_page_has_its_figures_and_charts() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    let page = site.get("/city?month=2019-12&indicator=C05", &cookie).await.body;
    for part in [
        "示例数据，虚构",
        "需求满足率",
        "截止 9月30日",
        "第 7 版数据",
        "截至 2020年3月1日",
        "河东高新技术产业开发区",
        "/district/379905?month=2019-12",
        "困难学生保障率：各区（市）比较",
        "R13 超标准收费",
        "报送 9/12",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for svg in page.split("<svg").skip(1) {
        check_well_formed(&format!("<svg{}</svg>", svg.split("</svg>").next().unwrap_or_default()));
    }
    assert!(!page.contains("⟨?⟩"), "a word is missing");
}

#[tokio::test]
async fn a_language_is_kept() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    let page = site.get("/city?lang=en&month=2019-12", &cookie).await;
    assert!(page.body.contains("City overview") && page.body.contains("<html lang=\"en\">"), "{}", page.body);
    assert!(page.body.contains("href=\"/city?month=2019-12&amp;lang=zh\""), "the other language keeps the address");
    let kept = format!("{cookie}; {}", page.cookie("kehou-lang"));
    let next = site.get("/findings", &kept).await.body;
    assert!(next.contains("What was found") && next.contains("Release 7"), "{next}");
}

#[tokio::test]
async fn what_others_wrote_is_escaped() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    let finding = site.get(&routes::finding(FINDINGS[0]), &cookie).await.body;
    assert!(finding.contains("&lt;script&gt;") && finding.contains("三(1)班 &lt;b&gt;&amp;"), "{finding}");
    assert!(
        finding.contains("01234567…") && !finding.contains("0123456789abcdef0123456789abcdef"),
        "hashes are shortened"
    );
    assert!(
        finding.contains("收退费台账_3799030001_2019-10.xlsx")
            && finding.contains("¥144.00")
            && finding.contains("票据号"),
        "{finding}"
    );
    let list = site.get("/findings?text=%3Cscript%3E%22&rule=%27%20or%201=1", &cookie).await;
    assert_eq!(list.status, StatusCode::OK);
    assert!(!list.body.contains("<script"), "{}", list.body);
}

#[tokio::test]
async fn a_standard_proves_r15() {
    let site = Site::new().await;
    let cookie = site.log_in("district").await;
    let finding = site.get(&routes::finding(FINDINGS[3]), &cookie).await.body;
    assert!(finding.contains("青发改〔2019〕8号") && !finding.contains("柳河发改"), "{finding}");
}

#[tokio::test]
async fn a_school_finds_its_states_and_errors() {
    let site = Site::new().await;
    let cookie = site.log_in("school").await;
    let page = site.get(&routes::school(SCHOOL), &cookie).await.body;
    for part in ["青山第1小学", "零报告", "缺报", "班级需求汇总表", "第 17 行", "日期无法识别", "退回"]
    {
        assert!(page.contains(part), "{part}");
    }
    // Of each submission its receipt; of a correction what it changed: 38 receipts of 40 sessions for 144.00 yuan.
    let receipt = ingest::receipt::Receipt::of(&format!("{SCHOOL}-accepted")).to_string();
    let changed = "新增 38 行，删除 0 行，修改 0 行；计费学时 0 → 1520，金额 0.00 → 5472.00";
    assert!(page.contains(&receipt) && page.contains(changed), "{page}");
}

#[tokio::test]
async fn schools_are_sorted_by_link() {
    let site = Site::new().await;
    let cookie = site.log_in("district").await;
    let order = |page: &str| -> Vec<usize> {
        let table = page.split("class=\"heat schools\"").nth(1).expect("the schools' table").to_owned();
        [1, 11].map(|at| table.find(&format!("青山第{at}小学<")).expect("in the table")).to_vec()
    };
    let up = order(&site.get(&format!("/district/{DISTRICT}?sort=pupils"), &cookie).await.body);
    let down = order(&site.get(&format!("/district/{DISTRICT}?sort=-pupils"), &cookie).await.body);
    assert!(up[0] < up[1] && down[0] > down[1], "{up:?} {down:?}");
}

/// Follows every link of every role: none is dead.
#[tokio::test]
async fn every_link_leads_somewhere() {
    let site = Site::new().await;
    for role in ["city", "district", "school", "inspector", "admin"] {
        let cookie = site.log_in(role).await;
        let (mut seen, mut next) = (BTreeSet::new(), vec!["/".to_owned()]);
        while let Some(address) = next.pop() {
            let answer = site.get(&address, &cookie).await;
            assert!(
                [StatusCode::OK, StatusCode::SEE_OTHER].contains(&answer.status),
                "{role} {address}: {}",
                answer.status
            );
            assert!(!answer.body.contains("⟨?⟩"), "{role} {address}: a word is missing");
            if answer.status == StatusCode::SEE_OTHER {
                next.push(answer.location().to_owned());
            }
            for link in answer.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let link = link.replace("&amp;", "&");
                let link = link.split('#').next().unwrap_or_default().to_owned();
                // Months and sortings multiply without end; a few hundred pages of a role tell enough.
                if link.starts_with('/') && !link.contains("sort=") && seen.len() < 250 && seen.insert(link.clone()) {
                    next.push(link);
                }
            }
        }
        assert!(seen.len() > 3, "{role}: {seen:?}");
    }
}

/// Serves the made-up city until it is stopped, for looking at the pages: `kcargo test -p dashboard look -- --ignored`.
#[tokio::test]
#[ignore = "serves until it is stopped"]
async fn look() {
    let site = Site::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8099").await.expect("the port is free");
    axum::serve(listener, site.router.clone()).await.expect("serves");
}

#[tokio::test]
async fn a_figure_and_a_finding_tell_where_they_come_from() {
    let site = Site::new().await;
    let check = async |who: &str, address: &str, parts: &[&str], hidden: &[&str]| {
        let cookie = site.log_in(who).await;
        let page = site.get(address, &cookie).await.body;
        for part in parts {
            assert!(page.contains(part), "{who} {address} lacks {part}: {page}");
        }
        for part in hidden {
            assert!(!page.contains(part), "{who} {address} shows {part}: {page}");
        }
        assert!(!page.contains("⟨?⟩"), "{who} {address}: a word is missing");
    };
    // Of one district the schools reported 9 of 12.
    let indicator = "/indicator/C03?month=2019-10";
    let all = [
        "这个数怎么来的：全市，2019年10月",
        "未报或未报齐的学校：12 所",
        "/school/3799060001",
        "sql/indicators/c03.sql",
        "near_share",
    ];
    check("city", indicator, &all, &[]).await;
    check("district", indicator, &["青山区，2019年10月", "应报的都已报送", "sql/indicators/c03.sql"], &["3799060001"])
        .await;
    check("school", indicator, &["班级需求汇总表", "sql/indicators/c03.sql"], &["未报或未报齐", "3799060001"]).await;
    // Two receipts of 144 yuan prove it.
    let finding = routes::finding(FINDINGS[0]);
    let parts = ["金额怎么算", "收费 2 行，合计 ¥288.00", "sql/rules/r13.sql", "涉及的报送单元", "青发改〔2019〕8号"];
    check("district", &finding, &parts, &["柳河发改"]).await;
    check("inspector", &finding, &["sql/rules/r13.sql"], &["涉及的报送单元"]).await;
}
