//! Pages that are kept: nobody gets another's, nobody gets an old one, and no token is shared.

use std::sync::Arc;

use axum::http::StatusCode;

use super::Site;
use super::city::{DISTRICT, OTHER_NAME};
use crate::routes;

#[tokio::test]
async fn two_log_ins_of_one_account_have_their_own_tokens() {
    let site = Site::new().await;
    let [one, other] = [site.log_in("city").await, site.log_in("city").await];
    let first = site.packed("/city", &one).await;
    let second = site.packed("/city", &other).await;
    assert_ne!(first.token(), second.token());
    assert_eq!(first.body.replace(&first.token(), ""), second.body.replace(&second.token(), ""));
    // Each token is good for its own log-in, and for no other.
    let forged = site.post(routes::LOG_OUT, &one, &format!("form_token={}", second.token())).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let left = site.post(routes::LOG_OUT, &one, &format!("form_token={}", first.token())).await;
    assert_eq!(left.status, StatusCode::SEE_OTHER);
    // A kept page is behind the log-in check like any other.
    assert_eq!(site.packed("/city", &one).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.packed("/city", &other).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_kept_page_is_for_its_reader_and_language_alone() {
    let site = Site::new().await;
    let [city, district] = [site.log_in("city").await, site.log_in("district").await];
    let whole = site.packed("/findings", &city).await.body;
    assert!(whole.contains(OTHER_NAME));
    let own = site.packed("/findings", &district).await.body;
    assert!(!own.contains(OTHER_NAME) && own.contains("青山"), "{own}");
    assert_eq!(site.packed("/city", &district).await.status, StatusCode::NOT_FOUND, "not from what the city was given");
    let english = site.packed("/findings?lang=en", &city).await;
    assert!(english.body.contains("What was found") && english.headers.contains_key("set-cookie"));
    assert!(site.packed("/findings", &city).await.body.contains("问题线索"));
    // A district's page in two months is two pages.
    let months = ["2019-10", "2019-11"].map(|month| routes::with(&routes::district(DISTRICT), &[("month", month)]));
    let [one, other] = [site.packed(&months[0], &district).await.body, site.packed(&months[1], &district).await.body];
    assert_ne!(one, other);
}

#[tokio::test]
async fn guards_and_headers_stand_on_a_kept_page_too() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    for _ in 0..2 {
        let answer = site.packed("/catalogue", &cookie).await;
        for header in ["content-security-policy", "x-frame-options", "cache-control", "vary"] {
            assert!(answer.headers.contains_key(header), "{header}");
        }
        assert_eq!(answer.headers["content-encoding"], "gzip");
    }
}

/// A hundred readers at once: the page is made once, and all get it.
#[tokio::test(flavor = "multi_thread")]
async fn readers_at_once_get_one_page() {
    let site = Arc::new(Site::new().await);
    let cookie = site.log_in("city").await;
    let readers: Vec<_> = (0..100)
        .map(|_| {
            let (site, cookie) = (site.clone(), cookie.clone());
            tokio::spawn(async move { site.packed("/city?month=2019-11", &cookie).await })
        })
        .collect();
    let mut bodies = Vec::new();
    for reader in readers {
        let answer = reader.await.expect("it ends");
        assert_eq!(answer.status, StatusCode::OK);
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
}
