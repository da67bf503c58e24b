//! Paging, tags, refusals.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, IF_NONE_MATCH};
use axum::http::{Method, Request, StatusCode};
use warehouse::Warehouse;

use super::problem;
use crate::release::Releases;
use crate::tests::Site;
use crate::tests::city::{DISTRICT, FINDINGS, OTHER_DISTRICT, SCHOOL};
use crate::tests::releases::publish;

#[tokio::test]
async fn pages_have_every_entry_once_and_in_one_order() {
    let site = Site::new().await;
    for (role, address) in [
        ("city", "/api/v1/values?indicator=C03&level=school&period=2019-10&district=379903"),
        ("city", "/api/v1/findings?state=all&rule=R13&district=379905"),
        ("district", "/api/v1/units"),
        ("school", "/api/v1/slices"),
        ("city", "/api/v1/scores?level=district"),
        ("city", "/api/v1/rules"),
        ("district", "/api/v1/submissions?form=charge"),
    ] {
        let token = site.token(role);
        let sign = if address.contains('?') { '&' } else { '?' };
        let whole = site.json(&format!("{address}{sign}limit=500"), &token).await;
        let whole = whole["items"].as_array().expect("entries").clone();
        assert!(whole.len() > 2, "{address} has {} entries", whole.len());
        for limit in [1, 7, whole.len()] {
            let mut next = format!("{address}{sign}limit={limit}");
            let mut found = Vec::new();
            loop {
                let page = site.json(&next, &token).await;
                assert_eq!(page["total"], whole.len(), "{next}");
                let items = page["items"].as_array().expect("entries");
                assert!(!items.is_empty() && items.len() <= limit, "{next}");
                found.extend(items.iter().cloned());
                match page["next"].as_str() {
                    Some(address) => next = address.to_owned(),
                    None => break,
                }
            }
            assert!(found == whole, "{address} in pages of {limit}");
        }
        let told: BTreeSet<String> = whole.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), whole.len(), "{address} has an entry twice");
    }
}

#[tokio::test]
async fn a_cursor_is_of_its_own_listing_and_token_alone() {
    let site = Site::new().await;
    let (city, district) = (site.token("city"), site.token("district"));
    let page = site.json("/api/v1/values?indicator=C03&limit=2", &city).await;
    let next = page["next"].as_str().expect("there is more").to_owned();
    assert_eq!(site.ask(&next, &city).await.status, StatusCode::OK);
    assert_eq!(site.ask(&next.replace("limit=2", "limit=3"), &city).await.status, StatusCode::OK);
    let of_other = next.replace("indicator=C03", "indicator=C04");
    problem(&site.ask(&of_other, &city).await, StatusCode::NOT_FOUND);
    problem(&site.ask(&next, &district).await, StatusCode::NOT_FOUND);
    problem(&site.ask(&next.replace("/values", "/scores"), &city).await, StatusCode::NOT_FOUND);
    let again = Site::new().await;
    let city = again.token("city");
    problem(&again.ask(&next, &city).await, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_pages_of_a_listing_are_of_one_release() {
    let warehouse = Warehouse::create("memory:///", |_| String::new()).await.expect("memory is always there");
    let site = Site::over(Releases::new(warehouse.clone())).await;
    let token = site.token("city");
    problem(&site.ask("/api/v1/units", &token).await, StatusCode::SERVICE_UNAVAILABLE);
    publish(&warehouse, 1).await;
    site.app.releases.refresh().await.expect("there is one");
    let first = site.json("/api/v1/units?limit=3", &token).await;
    assert_eq!(first["release"]["release"], 1);
    publish(&warehouse, 2).await;
    site.app.releases.refresh().await.expect("there is another");
    let second = site.json(first["next"].as_str().expect("there is more"), &token).await;
    assert_eq!(second["release"]["release"], 1, "the listing goes on in the release that it began in");
    assert_eq!(second["total"], first["total"]);
    assert_eq!(site.json("/api/v1/units?limit=3", &token).await["release"]["release"], 2);
    let listed = site.json("/api/v1/releases", &token).await;
    assert_eq!((&listed["items"][0]["release"], &listed["items"][1]["release"]), (&2.into(), &1.into()));
    // Between official ones they are the city's own affair.
    let district = site.token("district");
    assert_eq!(site.json("/api/v1/releases", &district).await["total"], 1);
    problem(&site.ask("/api/v1/releases/1", &district).await, StatusCode::NOT_FOUND);
    assert_eq!(site.json("/api/v1/releases/current", &district).await["item"]["release"], 2);
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let site = Site::new().await;
    let (city, district) = (site.token("city"), site.token("district"));
    let ask = async |address: &str, token: &str, tag: &str| {
        let request = Request::builder()
            .uri(address)
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(IF_NONE_MATCH, format!("\"other\", {tag}"));
        site.send(request.body(Body::empty()).expect("a request")).await
    };
    let address = format!("/api/v1/findings/{}", FINDINGS[0]);
    let first = site.ask(&address, &city).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\"") && first.header("cache-control").contains("private"), "{tag}");
    let again = ask(&address, &city, &tag).await;
    assert_eq!((again.status, again.bytes, again.header("etag")), (StatusCode::NOT_MODIFIED, 0, tag.as_str()));
    assert_eq!(ask(&address, &district, &tag).await.status, StatusCode::OK, "another's eyes see another answer");
    assert_eq!(ask("/api/v1/findings", &city, &tag).await.status, StatusCode::OK, "another address is another answer");
    problem(&ask(&address, "nothing", &tag).await, StatusCode::UNAUTHORIZED);
    site.app.desk.remember(Vec::new());
    assert_eq!(ask(&address, &city, &tag).await.status, StatusCode::OK, "a step was taken meanwhile");
}

#[tokio::test]
async fn a_request_that_is_wrong_is_told_what_to_do() {
    let site = Site::new().await;
    let city = site.token("city");
    for (address, parameter) in [
        ("/api/v1/values?limit=0", "limit"),
        ("/api/v1/values?limit=501", "limit"),
        ("/api/v1/values?level=town", "level"),
        ("/api/v1/values?period=2019-9", "period"),
        ("/api/v1/values?unit=379903%0A", "unit"),
        ("/api/v1/findings?state=open&state=ended", "state"),
        ("/api/v1/findings?amount=-1", "amount"),
        ("/api/v1/findings?cursor=zz", "cursor"),
        ("/api/v1/units?Level=school", ""),
        ("/api/v1/forms?a=", ""),
    ] {
        let told = problem(&site.ask(address, &city).await, StatusCode::BAD_REQUEST);
        assert_eq!(told["parameter"], parameter, "{address}");
    }
    for address in
        ["/api/v1/nothing", "/api/v2/values", "/api/v1/findings/1234", "/api/v1/rules/R99", "/api/v1/releases/8"]
    {
        problem(&site.ask(address, &city).await, StatusCode::NOT_FOUND);
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let request = Request::builder().method(method).uri("/api/v1/values").body(Body::empty());
        let answer = site.send(request.expect("a request")).await;
        problem(&answer, StatusCode::METHOD_NOT_ALLOWED);
        assert!(answer.header("allow").contains("GET"), "{}", answer.header("allow"));
    }
    for value in ["", "Bearer", "Bearer x", "Basic Y2l0eTp4", &format!("Token {city}")] {
        let request = Request::builder().uri("/api/v1/units").header(AUTHORIZATION, value).body(Body::empty());
        let answer = site.send(request.expect("a request")).await;
        problem(&answer, StatusCode::UNAUTHORIZED);
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{value}");
    }
    let cookie = site.log_in("city").await;
    problem(&site.get("/api/v1/units", &cookie).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn anothers_unit_is_as_one_that_is_not_there() {
    let site = Site::new().await;
    let district = site.token("district");
    for address in [
        "values?unit={}",
        "values?district={}",
        "scores?district={}",
        "findings?district={}",
        "units?district={}",
        "units/{}",
    ] {
        for code in [OTHER_DISTRICT, "999999"] {
            let answer = site.ask(&format!("/api/v1/{}", address.replace("{}", code)), &district).await;
            problem(&answer, StatusCode::NOT_FOUND);
            assert!(!answer.body.contains(code), "it repeats nothing: {}", answer.body);
        }
        let own = site.ask(&format!("/api/v1/{}", address.replace("{}", DISTRICT)), &district).await;
        assert_eq!(own.status, StatusCode::OK, "{address}");
    }
    let school = site.token("school");
    assert_eq!(site.json(&format!("/api/v1/values?unit={SCHOOL}&indicator=C03"), &school).await["total"], 5);
}

#[tokio::test]
async fn who_asks_too_often_is_told_to_wait() {
    let number = |number| std::num::NonZeroU32::new(number).expect("not 0");
    let limits = crate::api::limit::Limits { token: number(2), address: number(4) };
    let warehouse = Warehouse::create("memory:///", |_| String::new()).await.expect("memory is always there");
    let releases = Releases::fixed(crate::tests::city::pinned().await);
    let site = Site::limited(releases, warehouse, std::path::PathBuf::new(), limits);
    let (one, two) = (site.token("city"), site.token("district"));
    let status = async |token: &str| site.ask("/api/v1/forms/charge", token).await.status;
    assert_eq!([status(&one).await, status(&one).await], [StatusCode::OK; 2]);
    let answer = site.ask("/api/v1/forms/charge", &one).await;
    problem(&answer, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(status(&two).await, StatusCode::OK, "another token has its own allowance");
    assert_eq!(status(&two).await, StatusCode::TOO_MANY_REQUESTS, "and the address has one for both");
}
