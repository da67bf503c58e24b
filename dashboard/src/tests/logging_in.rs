//! The way in and out, and what guards it.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};

use super::{PASSWORD, Site};
use crate::routes;

#[tokio::test]
async fn a_log_in_leads_to_its_own_page_and_out_again() {
    let site = Site::new().await;
    let anonymous = site.get("/city?month=2019-10", "").await;
    assert_eq!(
        (anonymous.status, anonymous.location()),
        (StatusCode::SEE_OTHER, "/login?next=%2Fcity%3Fmonth%3D2019-10")
    );

    let cookie = site.log_in("city").await;
    let home = site.get("/", &cookie).await;
    assert_eq!(home.location(), "/city");
    let city = site.get("/city", &cookie).await;
    assert_eq!(city.status, StatusCode::OK);

    let without_token = site.post(routes::LOG_OUT, &cookie, "form_token=x").await;
    assert_eq!(without_token.status, StatusCode::FORBIDDEN);
    let left = site.post(routes::LOG_OUT, &cookie, &format!("form_token={}", city.token())).await;
    assert_eq!((left.status, left.location()), (StatusCode::SEE_OTHER, "/login"));
    assert_eq!(site.get("/city", &cookie).await.status, StatusCode::SEE_OTHER, "the old cookie is worth nothing");
}

#[tokio::test]
async fn a_form_needs_its_own_token_and_site() {
    let site = Site::new().await;
    let form = site.get(routes::LOG_IN, "").await;
    let good = format!("name=city&password={}&form_token={}&next=", PASSWORD.replace(' ', "+"), form.token());
    let forged = site.post(routes::LOG_IN, "kehou-form=other", &good).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(site.post(routes::LOG_IN, "", &good).await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.post(routes::LOG_IN, &form.cookie("kehou-form"), "nonsense").await.status, StatusCode::FORBIDDEN);

    let foreign = Request::builder()
        .method(Method::POST)
        .uri(routes::LOG_IN)
        .header("cookie", form.cookie("kehou-form"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site")
        .body(Body::from(good.clone()))
        .expect("a request");
    assert_eq!(site.send(foreign).await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.post(routes::LOG_IN, &form.cookie("kehou-form"), &good).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_wrong_password_says_so_and_keeps_the_name() {
    let site = Site::new().await;
    let form = site.get(routes::LOG_IN, "").await;
    let fields = |name: &str| format!("name={name}&password=wrong&form_token={}&next=%2Ffindings", form.token());
    for name in ["city", "nobody"] {
        let answer = site.post(routes::LOG_IN, &form.cookie("kehou-form"), &fields(name)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(
            answer.body.contains("账号或密码不对") && answer.body.contains(&format!("value=\"{name}\"")),
            "{}",
            answer.body
        );
        assert!(
            !answer
                .headers
                .get_all("set-cookie")
                .iter()
                .any(|line| line.to_str().is_ok_and(|line| line.starts_with("kehou=")))
        );
    }
}

#[tokio::test]
async fn refused_log_ins_are_audited_and_what_was_typed_is_not() {
    let site = Site::new().await;
    let form = site.get(routes::LOG_IN, "").await;
    for name in ["City", "my+secret+password", "another+secret"] {
        let fields = format!("name={name}&password=wrong&form_token={}&next=", form.token());
        assert_eq!(
            site.post(routes::LOG_IN, &form.cookie("kehou-form"), &fields).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    let mut told = String::new();
    for _ in 0..200 {
        told = site.audited().await;
        if told.matches("log_in_refused").count() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(told.contains("city | log_in_refused | city"), "{told}");
    assert!(told.contains("log_in_refused |  | names of nobody: 1"), "{told}");
    assert!(!told.contains("secret"), "{told}");
}

#[tokio::test]
async fn a_log_in_gets_a_new_id_and_ends_the_old_one() {
    let site = Site::new().await;
    let old = site.log_in("city").await;
    let form = site.get(routes::LOG_IN, "").await;
    let fields =
        format!("name=city&password={}&form_token={}&next=//evil.example", PASSWORD.replace(' ', "+"), form.token());
    let again = site.post(routes::LOG_IN, &format!("{}; {old}", form.cookie("kehou-form")), &fields).await;
    assert_eq!(again.location(), "/", "only own addresses are followed");
    assert_ne!(again.cookie("kehou"), old);
    assert_eq!(site.get("/city", &old).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    for address in ["/login", "/city", "/nowhere", "/"] {
        let answer = site.get(address, &cookie).await;
        let header =
            |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'none'"), "{address}");
        assert_eq!(
            (header("x-content-type-options"), header("cache-control")),
            ("nosniff".to_owned(), "no-store".to_owned()),
            "{address}"
        );
        assert!(!answer.body.contains("<script"), "{address}");
        assert!(!answer.body.contains(" style="), "the policy forbids it: {address}");
    }
    let cookies = site.get(routes::LOG_IN, "").await;
    let line = cookies.headers.get("set-cookie").and_then(|line| line.to_str().ok()).unwrap_or_default().to_owned();
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
    assert_eq!(site.get("/healthz", "").await.body, "ok\n");
    assert_eq!(site.get(routes::style(), "").await.status, StatusCode::OK);
}
