//! Accounts that people look after on pages, passwords, and what is counted.

use axum::http::StatusCode;

use super::super::{PASSWORD, Site};
use super::multipart;
use crate::accounts::{LogIn, Role};
use crate::routes;
use crate::tests::city::{DISTRICT, OTHER_SCHOOL, SCHOOL};

/// Logs in with this password.
async fn enter(site: &Site, name: &str, password: &str) -> super::Answer {
    let form = site.get(routes::LOG_IN, "").await;
    let fields = format!("name={name}&password={}&form_token={}&next=", password.replace(' ', "+"), form.token());
    site.post(routes::LOG_IN, &form.cookie("kehou-form"), &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_password_opens_nothing_but_its_own_change() {
    let site = Site::new().await;
    site.accounts.add_first("new", Role::District, DISTRICT, "given by others").expect("added");
    let cookie = enter(&site, "new", "given by others").await.cookie("kehou");
    for address in ["/", "/findings", &routes::district(DISTRICT), routes::UPLOAD] {
        let answer = site.get(address, &cookie).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, routes::PASSWORD), "{address}");
    }
    let form = site.get(routes::PASSWORD, &cookie).await;
    assert!(form.body.contains("先换成自己的密码"), "{}", form.body);
    let change = |old: &str, new: &str, again: &str| {
        format!("form_token={}&old={old}&new={new}&again={again}", form.token()).replace(' ', "+")
    };
    for (fields, says) in [
        (change("wrong", "my own choice", "my own choice"), "现在的密码不对"),
        (change("given by others", "my own choice", "my own choise"), "两遍新密码不一样"),
        (change("given by others", "given by others", "given by others"), "和现在的一样"),
        (change("given by others", "short", "short"), "密码要有 8 到 128"),
    ] {
        let answer = site.post(routes::PASSWORD, &cookie, &fields).await;
        assert!(answer.body.contains(says), "{says}: {}", answer.body);
    }
    let changed =
        site.post(routes::PASSWORD, &cookie, &change("given by others", "my own choice", "my own choice")).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.body);
    let fresh = changed.cookie("kehou");
    assert_ne!(fresh, cookie, "the log-in goes on under a new id");
    assert_eq!(site.get("/findings", &cookie).await.status, StatusCode::SEE_OTHER, "the old id is worth nothing");
    assert_eq!(site.get("/findings", &fresh).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_district_resets_its_schools_passwords_and_no_others() {
    let site = Site::new().await;
    site.accounts.add("foreign", Role::School, OTHER_SCHOOL, PASSWORD).expect("added");
    let cookie = site.log_in("district").await;
    let page = site.get(routes::ACCOUNTS, &cookie).await;
    assert!(page.body.contains(SCHOOL) && !page.body.contains(OTHER_SCHOOL) && !page.body.contains("foreign"));
    assert!(!page.body.contains("按名单增加") && !page.body.contains("停用</button>"), "that is the administrator's");
    let reset = |name: &str| format!("form_token={}&name={name}", page.token());
    for name in ["foreign", "city", "district", "admin", "nobody"] {
        let answer = site.post(routes::accounts_reset(), &cookie, &reset(name)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
    }
    for address in [routes::accounts_disable(), routes::ACCOUNTS] {
        let fields = format!("{}&role=city&unit=", reset("school"));
        assert_eq!(site.post(address, &cookie, &fields).await.status, StatusCode::NOT_FOUND, "{address}");
    }
    assert_eq!(
        site.post(routes::accounts_reset(), &cookie, "form_token=x&name=school").await.status,
        StatusCode::FORBIDDEN
    );
    let made = site.post(routes::accounts_reset(), &cookie, &reset("school")).await.body;
    let (_, rest) = made.split_once("<code>").expect("the password is shown");
    let password = rest.split('<').next().expect("its end").to_owned();
    assert!(matches!(site.accounts.log_in("school", PASSWORD).expect("works"), LogIn::Refused));
    assert_eq!(enter(&site, "school", &password).await.status, StatusCode::SEE_OTHER);
    assert!(!site.get(routes::ACCOUNTS, &cookie).await.body.contains(&password), "it is shown once");
    for who in ["school", "city", "inspector"] {
        let given = if who == "school" { password.as_str() } else { PASSWORD };
        let cookie = enter(&site, who, given).await.cookie("kehou");
        let answer = site.get(routes::ACCOUNTS, &cookie).await;
        assert!([StatusCode::NOT_FOUND, StatusCode::SEE_OTHER].contains(&answer.status), "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_adds_a_list_and_closes_accounts() {
    let site = Site::new().await;
    let cookie = site.log_in("admin").await;
    let token = site.get(routes::ACCOUNTS, &cookie).await.token();
    let send = async |list: &str| {
        let fields = [("form_token", token.clone())];
        site.send(multipart(routes::accounts_list(), &cookie, "list", &fields, &[("名单.csv", list)])).await
    };
    let bad = send("账号,角色,单位\n甲校,学校,37990300\n").await;
    assert!(bad.status == StatusCode::UNPROCESSABLE_ENTITY && bad.body.contains("名单第 2 行"), "{}", bad.body);
    let list = send("账号,角色,单位\n甲校,学校,3799030003\n乙校,学校,3799030004\n").await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.body);
    let password = list.body.lines().find_map(|line| line.strip_prefix("甲校,school,\"3799030003\","));
    let entered = enter(&site, "甲校", password.expect("its first password")).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get("/", &entered.cookie("kehou")).await.location(), routes::PASSWORD);

    let form = |name: &str| format!("form_token={token}&name={name}");
    let own = site.post(routes::accounts_disable(), &cookie, &form("admin")).await;
    assert!(own.body.contains("不能停用自己的账号"), "{}", own.body);
    let closed = site.post(routes::accounts_disable(), &cookie, &form("school")).await;
    assert!(closed.body.contains("已停用"), "{}", closed.body);
    assert!(matches!(site.accounts.log_in("school", PASSWORD).expect("works"), LogIn::Refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_is_for_the_machine_alone() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    site.get("/district/379903", &cookie).await;
    let text = site.get("/metrics", "").await.body;
    for line in ["kehou_requests_total{route=\"/district/{code}\",method=\"GET\",status=\"200\"} 1", "kehou_sessions 1"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    let request = axum::http::Request::builder()
        .uri("/metrics")
        .header("x-forwarded-for", "203.0.113.7")
        .body(axum::body::Body::empty());
    assert_eq!(site.send(request.expect("a request")).await.status, StatusCode::NOT_FOUND);
}
