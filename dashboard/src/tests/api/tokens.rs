//! Tokens: what they open, how they are made and ended on their page, and what the audit keeps of it.

use axum::http::StatusCode;

use super::problem;
use crate::accounts::tokens::Reach;
use crate::routes;
use crate::tests::Site;
use crate::tests::city::{DISTRICT, FINDINGS, OTHER_DISTRICT, OTHER_SCHOOL, SCHOOL, SISTER};

#[tokio::test]
async fn a_token_opens_what_it_was_made_for() {
    let site = Site::new().await;
    let check = async |token: &str, opened: &[&str], closed: &[&str]| {
        for address in opened {
            assert_eq!(site.ask(&format!("/api/v1/{address}"), token).await.status, StatusCode::OK, "{address}");
        }
        for address in closed {
            problem(&site.ask(&format!("/api/v1/{address}"), token).await, StatusCode::FORBIDDEN);
        }
    };
    let finding = format!("findings/{}", FINDINGS[0]);
    let figures = ["values", "scores", "slices", "submissions"];
    let findings = ["findings", finding.as_str()];
    let always = ["units", "releases", "forms", "indicators", "rules"];
    let all = |parts: &[&[&'static str]]| parts.concat();
    check(&site.token("city"), &all(&[&figures, &always, &["findings"]]), &[]).await;
    check(&site.narrow_token("city", "", Reach::Figures), &all(&[&figures, &always]), &findings).await;
    check(&site.narrow_token("district", "", Reach::Findings), &findings, &figures).await;
    check(&site.token("inspector"), &all(&[&always, &["findings"]]), &figures).await;
    check(
        &site.token("admin"),
        &["forms", "indicators", "rules"],
        &["units", "releases", "releases/current", "values", "findings", &finding],
    )
    .await;
}

#[tokio::test]
async fn a_narrow_token_sees_its_unit_alone() {
    let site = Site::new().await;
    let token = site.narrow_token("city", DISTRICT, Reach::All);
    let units = site.ask("/api/v1/units?limit=500", &token).await.body;
    assert!(units.contains(SISTER) && !units.contains(OTHER_DISTRICT), "{units}");
    problem(&site.ask(&format!("/api/v1/units/{OTHER_SCHOOL}"), &token).await, StatusCode::NOT_FOUND);
    let school = site.narrow_token("district", SCHOOL, Reach::All);
    let units = site.ask("/api/v1/units?limit=500", &school).await.body;
    assert!(units.contains(SCHOOL) && !units.contains(SISTER), "{units}");
    // The accounts' file knows no register: whether a school lies in the district is asked of the release.
    let foreign = site.narrow_token("district", OTHER_SCHOOL, Reach::All);
    for address in ["/api/v1/units", "/api/v1/values", "/api/v1/findings", "/api/v1/rules"] {
        let answer = site.ask(address, &foreign).await;
        problem(&answer, StatusCode::FORBIDDEN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_shown_once_and_ended_on_its_page() {
    let site = Site::new().await;
    let cookie = site.log_in("district").await;
    let page = site.get(routes::TOKENS, &cookie).await;
    assert!(page.body.contains("还没有令牌"), "{}", page.body);
    let form = page.token();
    let add =
        async |fields: &str| site.post(routes::TOKENS, &cookie, &format!("form_token={form}&reach=all&{fields}")).await;
    for (fields, says) in [
        ("label=x&days=367", "1 到 366"),
        ("label=x&days=0", "1 到 366"),
        ("label=x&days=soon", "1 到 366"),
        ("label=+&days=90", "写明用途"),
        (format!("label=x&days=90&unit={OTHER_DISTRICT}").as_str(), "不在您的范围内"),
    ] {
        let refused = add(fields).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains(says), "{}", refused.body);
    }
    let forged = site.post(routes::TOKENS, &cookie, "form_token=x&reach=all&label=x&days=90").await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let made = add("label=%E5%A4%9C%E9%97%B4%E6%8A%A5%E8%A1%A8&days=30").await;
    let (_, rest) = made.body.split_once("<code>kehou_").expect("the token is shown");
    let token = format!("kehou_{}", rest.split('<').next().expect("its end"));
    assert_eq!(site.ask("/api/v1/units", &token).await.status, StatusCode::OK);
    let page = site.get(routes::TOKENS, &cookie).await.body;
    assert!(page.contains("夜间报表") && !page.contains(&token), "it is shown once");

    let id = site.accounts.tokens(Some("district")).expect("works")[0].id.clone();
    let other = site.log_in("school").await;
    let own_form = site.get(routes::TOKENS, &other).await;
    assert!(!own_form.body.contains("夜间报表") && !own_form.body.contains(&id), "it is another's");
    let fields = format!("form_token={}&id={id}", own_form.token());
    assert_eq!(site.post(routes::tokens_revoke(), &other, &fields).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.ask("/api/v1/units", &token).await.status, StatusCode::OK);
    let ended = site.post(routes::tokens_revoke(), &cookie, &format!("form_token={form}&id={id}")).await;
    assert!(ended.body.contains("已撤销"), "{}", ended.body);
    problem(&site.ask("/api/v1/units", &token).await, StatusCode::UNAUTHORIZED);

    let told = site.audited().await;
    let lines = [format!("district | token | district | add token {id}"), format!("revoke token {id}")];
    assert!(lines.iter().all(|line| told.contains(line)), "{told}");
    assert!(!told.contains(&token), "no token is audited");
    assert_eq!(told.matches("| token |").count(), 2, "what was refused was not done: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_closed_or_reset_has_no_tokens() {
    let site = Site::new().await;
    let (school, city) = (site.token("school"), site.token("city"));
    let admin = site.log_in("admin").await;
    let form = site.get(routes::ACCOUNTS, &admin).await.token();
    for (address, name, token) in
        [(routes::accounts_disable(), "school", &school), (routes::accounts_reset(), "city", &city)]
    {
        assert_eq!(site.ask("/api/v1/forms", token).await.status, StatusCode::OK, "{name}");
        site.post(address, &admin, &format!("form_token={form}&name={name}")).await;
        problem(&site.ask("/api/v1/forms", token).await, StatusCode::UNAUTHORIZED);
    }
}
