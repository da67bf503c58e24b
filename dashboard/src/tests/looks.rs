//! What stands on the pages: escaped, in both languages, with the charts' labels, and nothing that can't be reached.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;

use super::Site;
use super::city::{DISTRICT, FINDINGS, SCHOOL};
use crate::charts::canvas::tests::check_well_formed;
use crate::routes;
use crate::scope::Scope;

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

/// Bytes that a page may weigh as it is sent.
const HEAVIEST: usize = 100 * 1024;

/// Follows every link of every role: none is dead, none breaks, none is too heavy, and what is kept is what was made.
#[tokio::test]
async fn every_link_leads_somewhere() {
    let site = Site::new().await;
    for role in ["city", "district", "school", "inspector", "admin"] {
        let cookie = site.log_in(role).await;
        let (mut seen, mut shapes): (BTreeSet<String>, BTreeSet<String>) = Default::default();
        let mut of_shape: BTreeMap<String, usize> = BTreeMap::new();
        let mut next = vec!["/".to_owned()];
        while let Some(address) = next.pop() {
            let answer = site.get(&address, &cookie).await;
            assert!(
                [StatusCode::OK, StatusCode::SEE_OTHER].contains(&answer.status),
                "{role} {address}: {}",
                answer.status
            );
            assert!(!answer.body.contains("⟨?⟩"), "{role} {address}: a word is missing");
            assert!(!answer.body.contains('\u{e000}'), "{role} {address}: the mark of a token is shown");
            if answer.status == StatusCode::SEE_OTHER {
                next.push(answer.location().to_owned());
            } else if shapes.insert(shape(&address)) {
                // A page of each shape twice more, as a browser asks for it: made, and given out again.
                let [first, second] = [site.packed(&address, &cookie).await, site.packed(&address, &cookie).await];
                assert!(first.bytes < HEAVIEST, "{role} {address} weighs {} bytes", first.bytes);
                assert!(first.body == answer.body && second.body == answer.body, "{role} {address} is kept otherwise");
            }
            // Downloads are made of facts, which this city has none of; the writing side's tests fetch them.
            let links = answer.body.split("href=\"").skip(1);
            let links = links.filter(|rest| !rest.split('>').next().unwrap_or_default().contains(" download"));
            for link in links.filter_map(|rest| rest.split('"').next()) {
                let link = link.replace("&amp;", "&");
                let link = link.split('#').next().unwrap_or_default().to_owned();
                // Months and sortings multiply without end; some pages of each shape tell enough.
                if !link.starts_with('/') || link.contains("sort=") || seen.contains(&link) {
                    continue;
                }
                let times = of_shape.entry(shape(&link)).or_default();
                *times += 1;
                if *times <= 25 {
                    seen.insert(link.clone());
                    next.push(link);
                }
            }
        }
        assert!(seen.len() > 3, "{role}: {seen:?}");
    }
}

/// An address without the numbers and names in it.
fn shape(address: &str) -> String {
    let path = address.split('?').next().unwrap_or_default();
    let parts = path.split('/').enumerate().map(|(at, part)| if at < 2 || part == "reports" { part } else { "#" });
    parts.collect::<Vec<_>>().join("/")
}

/// Each figure that leads to its own page is the figure of the table, written as its unit is.
#[tokio::test]
async fn every_figure_is_the_one_of_the_table() {
    let site = Site::new().await;
    let pinned = super::city::pinned().await;
    let whole = pinned.scoped(&Scope::City).await.expect("the city's");
    let sql = "select indicator, unit_id, period, value from marts.indicator_value where dimension = ''";
    let rows = whole.query(sql, &[]).await.expect("rows");
    let mut table: BTreeMap<(String, String, String), Option<f64>> = BTreeMap::new();
    for row in rows.iter() {
        let text = |name: &str| row.text(name).to_owned();
        table.insert((text("indicator"), text("unit_id"), text("period")), row.real("value"));
    }
    let mut compared = BTreeSet::new();
    for (role, addresses) in [
        ("city", ["/city?month=2019-12".to_owned(), "/indicator/C03?month=2019-10".to_owned()]),
        ("district", [routes::district(DISTRICT), "/indicator/F01".to_owned()]),
        ("school", [routes::school(SCHOOL), "/indicator/C05".to_owned()]),
    ] {
        let cookie = site.log_in(role).await;
        for address in addresses {
            let page = site.get(&address, &cookie).await.body;
            let links = page.split("class=\"proof-link\" href=\"/figure/").skip(1);
            for link in links {
                let (place, rest) = link.split_once("\">").expect("a link");
                let shown = rest.split('<').next().unwrap_or_default().to_owned();
                let parts: Vec<&str> = place.split('/').collect();
                let [code, unit, period] = parts[..] else { panic!("{place}") };
                let value = table.get(&(code.to_owned(), unit.to_owned(), period.to_owned()));
                // The funnel and the similar schools have their own columns of the school's share.
                let Some(Some(value)) = value else { panic!("{role} {address}: no figure {place}") };
                let written = if code == "E01" { crate::format::number(*value) } else { crate::format::share(*value) };
                let is_other_table = ["C03"].contains(&code) && period == "2019-10" && unit.len() == 10;
                assert!(shown == written || is_other_table, "{role} {address} {place}: {shown}, not {written}");
                compared.insert((address.clone(), place.to_owned()));
            }
        }
    }
    assert!(compared.len() > 150, "{} figures", compared.len());
}

#[tokio::test]
async fn the_evaluation_tells_how_sure_it_is() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    let page = site.get("/evaluation?period=2019-10", &cookie).await.body;
    for part in
        ["第 1 名（1–2）", "79.5 – 81.0", "7 / 8 个区（市）", "距目标还差多少", "/figure/E01/379902/2019-10", "300"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let own = site.get("/evaluation", &site.log_in("district").await).await.body;
    assert!(own.contains("青山区") && !own.contains("柳河区"), "{own}");
    // A score can be reckoned anew from what stands beside it: from half of the way on, as the weights say.
    let score = site.get("/figure/E01/379902/2019-10", &cookie).await.body;
    assert!(score.contains("<td class=\"number\">50.0%</td><td class=\"number\">100%</td>"), "{score}");
}

#[tokio::test]
async fn a_district_sees_its_schools_in_the_funnel_and_what_each_owes() {
    let site = Site::new().await;
    let cookie = site.log_in("district").await;
    let page = site.get(&format!("/district/{DISTRICT}?month=2019-10&indicator=C03"), &cookie).await.body;
    for part in ["共 12 所；控制限外 1 所", "φ = 2.5", "显著偏低", "75.0% – 97.0%"] {
        assert!(page.contains(part), "{part}");
    }
    let drawn = page.split("<svg").filter_map(|part| part.split("</svg>").next());
    let drawn = drawn.skip(1).find(|svg| svg.contains("随机波动")).expect("the funnel");
    assert!(drawn.contains("青山第12小学</text>") && !drawn.contains("青山第11小学</text>"), "who is outside is named");
    // All twelve have a line; those that owe something are fewer.
    let lines = |page: &str| page.matches("#reports\">青山第").count();
    let all = site.get(&routes::reports(DISTRICT), &cookie).await.body;
    let narrow = routes::with(&routes::reports(DISTRICT), &[("state", "missing"), ("form", "annual_report")]);
    let missing = site.get(&narrow, &cookie).await.body;
    assert!(lines(&all) == 12 && (1..12).contains(&lines(&missing)), "{} {}", lines(&all), lines(&missing));
    for word in ["已报", "零报告", "退回", "缺报", "未到期"] {
        assert!(all.contains(word), "{word}");
    }
}

#[tokio::test]
async fn a_school_finds_its_place_without_the_names_of_others() {
    let site = Site::new().await;
    let cookie = site.log_in("school").await;
    let page = site.get(&routes::with(&routes::school(SCHOOL), &[("month", "2019-10")]), &cookie).await.body;
    assert!(page.contains("第 3 / 11 位") && page.contains("50.0% – 95.0%") && !page.contains("青山第2小学"), "{page}");
}

#[tokio::test]
async fn the_worklist_is_narrowed_by_case_age_and_amount() {
    let site = Site::new().await;
    let cookie = site.log_in("inspector").await;
    let count = async |query: &str| {
        let page = site.get(&format!("/findings?{query}"), &cookie).await.body;
        page.matches("href=\"/finding/").count()
    };
    let all = count("").await;
    assert!(all > 10, "{all}");
    assert_eq!([count("case=overdue").await, count("case=notified").await, count("case=answered").await], [1, 1, 0]);
    // Two cost 24 yuan, the others less or nothing; all were seen on 10 November.
    assert_eq!(count("amount=24").await, 2);
    assert_eq!([count("age=90").await, count("age=7").await], [all, all]);
    let page = site.get("/findings?case=overdue&amount=24", &cookie).await.body;
    assert!(page.contains("已逾期") && page.contains("期限 2020-02-10"), "{page}");
}

#[tokio::test]
async fn the_catalogue_has_a_page_for_each_entry() {
    let site = Site::new().await;
    let cookie = site.log_in("inspector").await;
    let rule = site.get("/catalogue/model/rules.r13", &cookie).await.body;
    for part in ["超标准收费", "来路", "facts.raw_charge", "/catalogue/form/charge", "subject", "select"] {
        assert!(rule.contains(part), "{part}: {rule}");
    }
    let form = site.get("/catalogue/form/charge", &cookie).await.body;
    for part in ["收退费台账", "票据号", "金额（元，至多两位小数）", "receipt_no"] {
        assert!(form.contains(part), "{part}");
    }
    for nothing in ["/catalogue/form/nothing", "/catalogue/model/marts.nothing", "/catalogue/other/charge"] {
        assert_eq!(site.get(nothing, &cookie).await.status, StatusCode::NOT_FOUND, "{nothing}");
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
