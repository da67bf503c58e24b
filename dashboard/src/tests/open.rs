//! What needs no log-in: anybody gets it, it shows the public's tables and no other, and what is withheld stands nowhere.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use ingest::form::{Visibility, form};

use super::Site;
use super::city::public::WITHHELD;
use super::city::{self, DISTRICT, OTHER_DISTRICT, OTHER_SCHOOL, SCHOOL};
use crate::routes;
use crate::scope::Scope;

/// The address of every open route, for two units.
fn addresses() -> Vec<String> {
    let all: Vec<String> = [(DISTRICT, SCHOOL), (OTHER_DISTRICT, OTHER_SCHOOL)]
        .iter()
        .flat_map(|(district, school)| {
            routes::OPEN.map(|route| route.replace("{code}", district).replace("{id}", school))
        })
        .chain([
            "/public?period=2019-10".to_owned(),
            "/public?period=2019-2020-1".to_owned(),
            format!("/public/district/{DISTRICT}?period=2019-10&page=9"),
            format!("/public/figures.csv?unit={DISTRICT}"),
            "/public/figures.csv?unit=city".to_owned(),
        ])
        .collect();
    assert!(all.iter().all(|address| !address.contains('{')), "tell this test how to fill {all:?}");
    all
}

#[tokio::test]
async fn everybody_gets_the_same_and_nothing_more() {
    let site = Site::new().await;
    let mut cookies = vec![String::new()];
    for role in ["city", "district", "school", "inspector", "admin"] {
        cookies.push(site.log_in(role).await);
    }
    // A figure, a finding, a receipt and a person that are in the city's tables and no public's.
    let hidden = ["SJ1002", "多收", "R13", "0123456789abcdef", "某某举报", "综合评分", "回收率"];
    let main =
        |body: &str| body.split("<main").nth(1).map(|rest| rest.split("</main>").next().unwrap_or_default().to_owned());
    for address in addresses() {
        let mut seen = BTreeSet::new();
        for cookie in &cookies {
            let answer = site.get(&address, cookie).await;
            assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.body);
            assert!(!answer.body.contains("⟨?⟩"), "{address}: a word is missing");
            for word in hidden {
                assert!(!answer.body.contains(word), "{address} shows {word}");
            }
            seen.insert(main(&answer.body).unwrap_or(answer.body));
        }
        assert_eq!(seen.len(), 1, "{address} shows one visitor what it does not show another");
    }
    for address in
        ["/public/district/370000", "/public/district/city", "/public/school/1", "/public/school/1/spending.csv"]
    {
        assert_eq!(site.get(address, "").await.status, StatusCode::NOT_FOUND, "{address}");
    }
    for address in addresses() {
        assert!(site.post(&address, "", "x=1").await.status.is_client_error(), "{address} takes something");
    }
}

#[tokio::test]
async fn a_page_is_made_once_for_all_who_are_not_logged_in() {
    let site = Site::new().await;
    for route in routes::KEPT_OPEN {
        let address = route.replace("{code}", DISTRICT).replace("{id}", SCHOOL);
        let [first, second] = [site.packed(&address, "").await, site.packed(&address, "").await];
        assert!(first.bytes < 100 * 1024 && first.body.len() < 100 * 1024, "{address} weighs {}", first.body.len());
        assert!(first.body == second.body && first.body.contains("href=\"/login\""), "{address}");
        let english = site.packed(&format!("{address}?lang=en"), "").await.body;
        assert!(english.contains("Public information") && !english.contains("公开信息"), "{english}");
    }
    let log_in = site.get(routes::LOG_IN, "").await.body;
    assert!(log_in.contains("href=\"/public\""), "{log_in}");
}

#[tokio::test]
async fn what_is_withheld_says_so_and_nothing_else() {
    let site = Site::new().await;
    let page = site.get("/public?period=2019-10", "").await.body;
    let explained = page.split("id=\"withheld\"").nth(1).expect("the explanation");
    assert!(
        explained.contains("人数") && page.matches("不公开<small>（人数过少）").count() == WITHHELD.len(),
        "{page}"
    );
    // The newest month whose rosters are public is what one sees first.
    assert!(site.get("/public", "").await.body.contains("全市 · 2019年11月"));
    let own = site.get(&format!("/public/district/{}?period=2019-10", WITHHELD[0]), "").await.body;
    let row = own.split("困难学生保障率").nth(1).and_then(|rest| rest.split("</tr>").next()).expect("its row");
    let text: String = row.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
    assert!(text.contains("不公开（人数过少）"), "{text}");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits, "100", "the target stands there, and no other number");
}

/// The file has the rows of the public's table, and a number only where that has one.
#[tokio::test]
async fn a_file_has_the_rows_of_its_page() {
    let site = Site::new().await;
    let pinned = city::pinned().await;
    let public = pinned.scoped(&Scope::Public).await.expect("the public's tables");
    let sql = "select indicator, unit_id, numerator, is_withheld from marts.public_figure where period = $1";
    let rows = public.query(sql, &["2019-10"]).await.expect("rows");
    let mut expected: Vec<[String; 4]> = rows
        .iter()
        .map(|row| {
            let withheld = if row.yes("is_withheld") { "不公开（人数过少）" } else { "" };
            let numerator = row.real("numerator").map(|value| value.to_string()).unwrap_or_default();
            [row.text("indicator").to_owned(), row.text("unit_id").to_owned(), numerator, withheld.to_owned()]
        })
        .collect();
    let file = site.get("/public/figures.csv?period=2019-10", "").await;
    assert!(file.body.starts_with("\u{feff}指标,指标代码,"), "{}", file.body);
    let mut reader = csv::Reader::from_reader(file.body.trim_start_matches('\u{feff}').as_bytes());
    let mut found: Vec<[String; 4]> = Vec::new();
    for line in reader.records() {
        let line = line.expect("a line");
        if !line[14].is_empty() {
            assert!([5, 6, 7, 8, 9, 11, 12, 13].iter().all(|at| line[*at].is_empty()), "{line:?}");
        }
        found.push([1, 3, 6, 14].map(|at| line[at].to_owned()));
    }
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let spent = site.get(&routes::public_spending(SCHOOL), "").await.body;
    assert!(spent.contains("2019-Q4,活动材料,40.06,2020-01-15"), "{spent}");
}

#[tokio::test]
async fn a_school_discloses_plan_fee_and_spending() {
    let site = Site::new().await;
    let page = site.get(&routes::public_school(SCHOOL), "").await.body;
    for part in [
        "周一、周二、周四",
        "17:50",
        "2019年8月26日",
        "青发改〔2019〕8号",
        "¥2.50",
        "教职工绩效",
        "¥12,345.01",
        "¥9,916.57",
        "教学点",
        "未填报",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("href=\"https://x.example/a?b=1&amp;c\" rel=\"nofollow noopener noreferrer\""), "{page}");
    let typed = site.get(&routes::public_school(&format!("{DISTRICT}0002")), "").await.body;
    assert!(typed.contains("javascript:alert(1)") && !typed.contains("href=\"javascript"), "{typed}");
    let bare = site.get(&routes::public_school(&format!("{DISTRICT}0011")), "").await.body;
    for part in ["没有生效的课后服务方案", "没有标准不得收费", "还没有公示支出"] {
        assert!(bare.contains(part), "{part}: {bare}");
    }
}

/// What the public's tables take from a form is what the form says that everybody may see.
#[test]
fn only_public_columns_of_forms_are_public() {
    let texts =
        [include_str!("../../../sql/marts/public_school.sql"), include_str!("../../../sql/marts/public_spending.sql")];
    for (name, columns) in [("service_plan", texts[0]), ("school", texts[0]), ("fund_ledger", texts[1])] {
        let form = form(name).expect("a form");
        let shown = columns.rsplit("\nselect\n").next().expect("the last select");
        for column in &form.columns {
            let is_shown = shown.contains(&format!(" as {}", column.name));
            assert!(!is_shown || column.visibility == Visibility::Public, "{name}.{} is not public", column.name);
        }
    }
}
