//! Nobody gets another's page, chart or row: every page × every role × another's unit.

use axum::http::StatusCode;

use super::Site;
use super::api::filled;
use super::city::{DISTRICT, FINDINGS, OTHER_DISTRICT, OTHER_NAME, OTHER_SCHOOL, SCHOOL, SISTER};
use super::given::TABLES;
use crate::accounts::tokens::Reach;
use crate::routes;

/// Every page's address for a unit.
fn addresses(district: &str, school: &str, finding: &str) -> Vec<String> {
    let of_period = |address: &str| address.replace("{period}", "2019-10");
    let filled = routes::PAGES.iter().flat_map(|page| match *page {
        page if page.starts_with("/finding/") => vec![page.replace("{id}", finding)],
        page if page.starts_with("/district/") => vec![page.replace("{code}", district)],
        page if page.starts_with("/school/") => vec![page.replace("{id}", school)],
        page if page.starts_with("/report/") => {
            [district, school, "city"].map(|unit| page.replace("{unit}", unit)).to_vec()
        }
        page if page.contains("{unit}") => [district, school, "city"]
            .iter()
            .flat_map(|unit| ["C03", "F01", "E01"].map(|code| (code, unit)))
            .map(|(code, unit)| of_period(&page.replace("{code}", code).replace("{unit}", unit)))
            .collect(),
        page if page.contains("{kind}") => [("form", "charge"), ("model", "rules.r13"), ("model", "marts.funnel")]
            .map(|(kind, name)| page.replace("{kind}", kind).replace("{name}", name))
            .to_vec(),
        page => vec![page.replace("{code}", "C03")],
    });
    let asked = [
        format!("/findings?district={district}"),
        format!("/findings?school={school}&state=all"),
        format!("/findings?case=overdue&age=7&amount=1&sort=due&district={district}"),
        format!("/indicator/C03?month=2019-10&indicator=C03&district={district}"),
        format!("/figure/C03/{district}/2019-10?dimension="),
        format!("/district/{district}/reports?state=missing&form=charge&page=2"),
        format!("/evaluation?period=2019-10&district={district}"),
        format!("/report/{district}?period=2019-10"),
    ];
    let all: Vec<String> = filled.chain(asked).collect();
    // A place that nobody filled would be asked for as it stands, and find nothing to hide.
    let open: Vec<&String> = all.iter().filter(|address| address.contains('{')).collect();
    assert!(open.is_empty(), "tell this test how to fill {open:?}");
    all
}

/// The files that the pages give away, for the same unit: the page's own address with the table's name, and one without.
fn files(district: &str, school: &str, finding: &str) -> Vec<String> {
    // Of the pages that give files, each once.
    const SILENT: [&str; 6] = ["/catalogue", "/accounts", "/upload", "/releases", "reminders", "/F01/"];
    let mut pages = addresses(district, school, finding);
    pages.retain(|page| !page.contains('?') && !SILENT.iter().any(|word| page.contains(word)));
    let tables = pages.iter().flat_map(|page| TABLES.map(|table| format!("{page}?table={table}&as=csv")));
    tables.chain(pages.iter().map(|page| format!("{page}?table=evidence&as=xlsx"))).collect()
}

/// Asks for every page of a foreign unit and of one's own: none shows anything foreign.
async fn check(role: &str, foreign: (&str, &str, &str), hidden: &[&str]) {
    let site = Site::new().await;
    let cookie = site.log_in(role).await;
    let own = [addresses(DISTRICT, SCHOOL, FINDINGS[0]), files(DISTRICT, SCHOOL, FINDINGS[0])].concat();
    let all = [addresses(foreign.0, foreign.1, foreign.2), files(foreign.0, foreign.1, foreign.2), own].concat();
    for address in all {
        let answer = site.get(&address, &cookie).await;
        assert!(
            [StatusCode::OK, StatusCode::NOT_FOUND].contains(&answer.status),
            "{role} {address}: {} {}",
            answer.status,
            answer.body
        );
        // What was typed into the address may stand in the page's own links, and nowhere else.
        let body = answer.body.replace(&address.replace('&', "&amp;"), "");
        let body = if address.contains('?') { without_filter(&body) } else { body };
        for word in hidden {
            assert!(!body.contains(word), "{role} {address} shows {word}: {body}");
        }
    }
    let figure = |unit: &str| routes::figure("C03", unit, "2019-10");
    for address in [
        routes::district(foreign.0),
        routes::reports(foreign.0),
        routes::school(foreign.1),
        routes::finding(foreign.2),
        routes::printed(foreign.0),
        routes::printed(foreign.1),
        routes::printed_pdf(foreign.1),
        figure(foreign.0),
        figure(foreign.1),
    ] {
        // An inspector has no figure at all, and no district's page; the answer is the same.
        assert_eq!(site.get(&address, &cookie).await.status, StatusCode::NOT_FOUND, "{role} {address}");
    }
}

/// The page without the addresses of its links and its hidden fields, which repeat what was asked for.
fn without_filter(body: &str) -> String {
    let mut kept = String::new();
    for part in body.split_inclusive('>') {
        let is_echo = part.contains("href=\"/findings?")
            || part.contains("href=\"/indicator/")
            || part.contains("type=\"hidden\"")
            || part.contains("name=\"next\"");
        kept.push_str(if is_echo { "" } else { part });
    }
    kept
}

#[tokio::test]
async fn a_district_sees_no_other() {
    check("district", (OTHER_DISTRICT, OTHER_SCHOOL, FINDINGS[2]), &[OTHER_NAME, OTHER_DISTRICT, OTHER_SCHOOL, "云门"])
        .await;
}

#[tokio::test]
async fn a_school_sees_no_other() {
    check(
        "school",
        (OTHER_DISTRICT, OTHER_SCHOOL, FINDINGS[2]),
        &[OTHER_NAME, OTHER_DISTRICT, OTHER_SCHOOL, SISTER, "青山第2小学"],
    )
    .await;
    check("school", (DISTRICT, SISTER, FINDINGS[1]), &[SISTER, "青山第2小学"]).await;
}

#[tokio::test]
async fn an_inspector_sees_findings_of_the_district_alone() {
    check("inspector", (OTHER_DISTRICT, OTHER_SCHOOL, FINDINGS[2]), &[OTHER_NAME, OTHER_DISTRICT, OTHER_SCHOOL]).await;
    let site = Site::new().await;
    let cookie = site.log_in("inspector").await;
    for address in ["/city".to_owned(), routes::district(DISTRICT), routes::school(SCHOOL), routes::indicator("C03")] {
        assert_eq!(site.get(&address, &cookie).await.status, StatusCode::NOT_FOUND, "{address}");
    }
    let finding = site.get(&routes::finding(FINDINGS[0]), &cookie).await;
    assert!(finding.body.contains("SJ1002") && !finding.body.contains("href=\"/school/"), "{}", finding.body);
}

#[tokio::test]
async fn an_administrator_sees_accounts_and_no_figure() {
    let site = Site::new().await;
    let cookie = site.log_in("admin").await;
    for address in addresses(DISTRICT, SCHOOL, FINDINGS[0]) {
        let expected = if address == routes::ACCOUNTS || address.starts_with(routes::CATALOGUE) {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        };
        let answer = site.get(&address, &cookie).await;
        assert_eq!(answer.status, expected, "{address}");
        assert!(!answer.body.contains("小学第") && !answer.body.contains("第1小学"), "{address}");
    }
    let city = site.log_in("city").await;
    assert_eq!(site.get(routes::ACCOUNTS, &city).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_is_let_in_without_a_log_in() {
    let site = Site::new().await;
    for address in [addresses(DISTRICT, SCHOOL, FINDINGS[0]), files(DISTRICT, SCHOOL, FINDINGS[0])].concat() {
        let answer = site.get(&address, "kehou=0000").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{address}");
        assert!(answer.location().starts_with("/login") && answer.body.is_empty(), "{address}");
    }
}

#[tokio::test]
async fn the_city_sees_all() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    for (district, school, finding) in [(DISTRICT, SCHOOL, FINDINGS[0]), (OTHER_DISTRICT, OTHER_SCHOOL, FINDINGS[2])] {
        for address in addresses(district, school, finding).iter().filter(|address| *address != routes::ACCOUNTS) {
            let answer = site.get(address, &cookie).await;
            assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.body);
        }
    }
}

/// What a program may ask for of a unit.
fn asked(district: &str, school: &str, finding: &str) -> Vec<String> {
    let units = [district, school, "city"];
    let resources = routes::RESOURCES.iter().map(|(address, _)| *address).filter(|one| *one != routes::API_DESCRIPTION);
    let filled = resources.flat_map(|address| units.map(|unit| filled(address, unit, finding)));
    let filters = [
        format!("values?unit={district}&indicator=C03"),
        format!("values?unit={school}"),
        format!("values?district={district}&level=school&limit=500"),
        format!("scores?district={district}"),
        format!("scores?unit={school}"),
        format!("findings?district={district}&state=all&limit=500"),
        format!("findings?school={school}&case=open"),
        format!("findings?text={district}"),
        format!("slices?school={school}&state=missing"),
        format!("slices?district={district}&limit=500"),
        format!("submissions?school={school}&limit=500"),
        format!("units?district={district}&level=school&limit=500"),
        "values?limit=500".to_owned(),
        "submissions?limit=500".to_owned(),
    ];
    filled.chain(filters.map(|one| format!("/api/v1/{one}"))).collect()
}

/// Asks the API for everything of a foreign unit and of one's own, by tokens of each reach, and follows each listing to its end:
/// nothing foreign comes.
async fn check_api(role: &str, foreign: (&str, &str, &str), hidden: &[&str]) {
    let site = Site::new().await;
    // Each reach is walked once, by the role that has the most to lose to it.
    let reaches: &[Reach] = if role == "district" { &Reach::ALL } else { &[Reach::All] };
    for &reach in reaches {
        let token = site.narrow_token(role, "", reach);
        let mut waiting = asked(foreign.0, foreign.1, foreign.2);
        waiting.extend(asked(DISTRICT, SCHOOL, FINDINGS[0]));
        let mut answers = 0;
        while let Some(address) = waiting.pop() {
            let answer = site.ask(&address, &token).await;
            let allowed = [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::FORBIDDEN];
            assert!(allowed.contains(&answer.status), "{role} {address}: {} {}", answer.status, answer.body);
            for word in hidden {
                // What was asked for may stand in the next page's address, and nowhere else.
                let body = answer.body.replace(&format!("text={word}"), "");
                assert!(!body.contains(word), "{role} {address} shows {word}: {body}");
            }
            if answer.status == StatusCode::OK {
                answers += 1;
                let told: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
                waiting.extend(told["next"].as_str().map(str::to_owned));
            }
        }
        assert!(role == "admin" || answers > 10, "{role} {reach}: {answers} answers");
        for address in [
            format!("/api/v1/units/{}", foreign.0),
            format!("/api/v1/units/{}", foreign.1),
            format!("/api/v1/findings/{}", foreign.2),
            format!("/api/v1/findings/{}/evidence", foreign.2),
            format!("/api/v1/findings/{}/explanation", foreign.2),
            format!("/api/v1/submissions/{}-rejected", foreign.1),
            format!("/api/v1/submissions/{}-rejected/issues", foreign.1),
            format!("/api/v1/figures/C03/{}/2019-10/explanation", foreign.1),
            format!("/api/v1/values?unit={}", foreign.1),
        ] {
            let status = site.ask(&address, &token).await.status;
            // What the role or reach leaves out as a whole is said to be left out, whosoever's it is.
            assert!([StatusCode::NOT_FOUND, StatusCode::FORBIDDEN].contains(&status), "{role} {address}: {status}");
        }
    }
}

#[tokio::test]
async fn a_program_sees_what_its_account_sees() {
    let other = (OTHER_DISTRICT, OTHER_SCHOOL, FINDINGS[2]);
    let names = [OTHER_NAME, OTHER_DISTRICT, OTHER_SCHOOL, "云门"];
    check_api("district", other, &names).await;
    check_api("inspector", other, &names).await;
    check_api("admin", other, &["第1小学", SCHOOL, OTHER_SCHOOL]).await;
    check_api("school", other, &[OTHER_NAME, OTHER_DISTRICT, OTHER_SCHOOL, SISTER, "青山第2小学"]).await;
    check_api("school", (DISTRICT_OF_NOBODY, SISTER, FINDINGS[1]), &[SISTER, "青山第2小学"]).await;
}

#[tokio::test]
async fn a_program_of_the_city_sees_all_and_nobody_without_a_token_anything() {
    let site = Site::new().await;
    let token = site.token("city");
    for (district, school, finding) in [(DISTRICT, SCHOOL, FINDINGS[0]), (OTHER_DISTRICT, OTHER_SCHOOL, FINDINGS[2])] {
        for address in asked(district, school, finding) {
            let nobody = site.get(&address, "kehou=0000").await;
            assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{address}");
            let answer = site.ask(&address, &token).await;
            // Submissions of a district, and models of the made-up city, there are none.
            let lacks = address.contains("/submissions/") && !address.contains(school)
                || address.contains("explanation")
                || address.ends_with("/units/city");
            let expected = [StatusCode::OK].into_iter().chain(lacks.then_some(StatusCode::NOT_FOUND));
            assert!(expected.into_iter().any(|status| status == answer.status), "{address}: {}", answer.body);
        }
    }
}

/// A district that there is not.
const DISTRICT_OF_NOBODY: &str = "999999";

/// Sends a form that names another's finding, slice and account to every route there is, with a token that is right: nothing
/// is taken, and nothing foreign comes back. Routes that are added are tried by themselves.
#[tokio::test]
async fn nobody_changes_anything_of_anothers() {
    let site = Site::new().await;
    site.accounts.add("foreign", crate::accounts::Role::School, OTHER_SCHOOL, super::PASSWORD).expect("added");
    for role in ["city", "district", "school", "inspector", "admin"] {
        let cookie = site.log_in(role).await;
        let token = site.get(routes::PASSWORD, &cookie).await.token();
        // What is the city's or the administrator's own work would be taken of anybody: it names nothing here.
        let account = if role == "admin" { "nobody" } else { "foreign" };
        let fields = format!(
            "form_token={token}&finding={0}&step=notified&due=2020-04-01&note=x&name={account}&do=excuse&reason=x&period=2019-10\
             &slice=charge%7C{OTHER_SCHOOL}%7C2019-10&release=0&role=nobody&unit=&old=x&new=y&again=z",
            FINDINGS[2]
        );
        for route in routes::PAGES.iter().chain(&routes::WORKED).chain(&routes::OPEN) {
            let unit = if route.contains("finding/") { FINDINGS[2] } else { OTHER_SCHOOL };
            let address = route.replace("{code}", OTHER_DISTRICT).replace("{id}", unit).replace("{n}", "0");
            let answer = site.post(&address, &cookie, &fields).await;
            // One's own password may be tried to be changed, and isn't: the page says what is wrong with it.
            let is_refused = answer.status.is_client_error()
                || address == routes::PASSWORD && answer.body.contains("role=\"alert\"");
            assert!(is_refused, "{role} {address}: {} {}", answer.status, answer.body);
            for word in [OTHER_NAME, OTHER_SCHOOL, "SJ1005"] {
                let body = answer.body.replace(&address, "");
                assert!(role == "city" || !body.contains(word), "{role} {address} shows {word}: {body}");
            }
        }
    }
    assert!(site.accounts.knows("foreign", super::PASSWORD).expect("works"), "the password is the one it was");
}
