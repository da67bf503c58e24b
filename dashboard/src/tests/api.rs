//! The API: what it answers, to whom, how it is paged, and that it is what its description says.

mod asking;
mod tokens;

use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::{Request, StatusCode};
use serde_json::Value;

use super::city::{DISTRICT, FINDINGS, SCHOOL};
use super::{Answer, Site};
use crate::accounts::tokens::{NewToken, Reach};
use crate::api::shape::{Shape, fits};
use crate::api::{self, description};
use crate::routes;
use crate::words::Lang;

impl Site {
    /// A token of an account, as wide as the account.
    pub fn token(&self, name: &str) -> String {
        self.narrow_token(name, "", Reach::All)
    }

    /// A token of a part of what an account sees.
    pub fn narrow_token(&self, name: &str, unit: &str, reach: Reach) -> String {
        let new = NewToken { name: name.to_owned(), label: "测试".to_owned(), unit: unit.to_owned(), reach, days: 1 };
        self.accounts.add_token(&new).expect("made").1
    }

    /// Asks the API.
    pub async fn ask(&self, address: &str, token: &str) -> Answer {
        let request = Request::builder().uri(address).header(AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// The JSON of an answer that must be one.
    async fn json(&self, address: &str, token: &str) -> Value {
        let answer = self.ask(address, token).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.body);
        assert_eq!(answer.header("content-type"), "application/json", "{address}");
        serde_json::from_str(&answer.body).expect("JSON")
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The address of a resource of one's own units.
pub fn filled(address: &str, unit: &str, finding: &str) -> String {
    let filled = address
        .replace("{release}", "7")
        .replace("{unit}", unit)
        .replace("{indicator}", "C03")
        .replace("{period}", "2019-10")
        .replace("{finding}", finding)
        .replace("{submission}", &format!("{unit}-rejected"))
        .replace("{rule}", "R13")
        .replace("{form}", "charge");
    assert!(!filled.contains('{'), "tell this test how to fill {filled}");
    filled
}

/// What a problem says.
fn problem(answer: &Answer, status: StatusCode) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let told: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(told["status"], status.as_u16());
    for key in ["type", "title", "detail", "title_en", "detail_en"] {
        assert!(told[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {told}");
    }
    told
}

#[tokio::test]
async fn every_answer_is_of_its_shape_and_names_its_release() {
    let site = Site::new().await;
    let city = site.token("city");
    for (address, resource) in routes::RESOURCES {
        let address = filled(address, SCHOOL, FINDINGS[0]);
        let told = match resource.answer {
            api::Answer::Description => continue,
            // The made-up city has no models to explain by.
            api::Answer::Explained(..) => continue,
            _ => site.json(&address, &city).await,
        };
        assert_eq!((&told["release"]["release"], &told["release"]["today"]), (&7.into(), &"2020-03-01".into()));
        let check = |shape: &Shape, entry: &Value| fits(shape, entry).unwrap_or_else(|why| panic!("{address}: {why}"));
        match resource.answer {
            api::Answer::List(shape, _) => {
                let items = told["items"].as_array().expect("entries");
                assert!(!items.is_empty(), "{address} has nothing to check");
                items.iter().for_each(|entry| check(shape, entry));
                assert!(told["total"].as_u64() >= Some(items.len() as u64), "{address}");
            }
            api::Answer::One(shape, _) => check(shape, &told["item"]),
            _ => unreachable!("it was left out above"),
        }
    }
}

#[tokio::test]
async fn money_is_text_and_what_is_missing_is_null() {
    let site = Site::new().await;
    let city = site.token("city");
    // Each of the first three findings is of 24 yuan, the last is a whole district's and of no money.
    let told = site.json(&format!("/api/v1/findings/{}", FINDINGS[0]), &city).await;
    assert_eq!(
        (&told["item"]["finding"]["amount"], &told["item"]["finding"]["school_id"]),
        (&"24.00".into(), &SCHOOL.into())
    );
    assert_eq!(told["item"]["case"]["state"], "notified");
    let steps = told["item"]["steps"].as_array().expect("steps");
    assert_eq!(
        steps.iter().map(|step| step["step"].as_str()).collect::<Vec<_>>(),
        [Some("dismissed"), Some("notified")]
    );
    let whole = site.json(&format!("/api/v1/findings/{}", FINDINGS[3]), &city).await;
    let finding = &whole["item"]["finding"];
    assert_eq!(
        (&finding["amount"], &finding["school_id"], &finding["school_name"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    // C04 has no target; C01 is no share of people, so it has no interval.
    let told = site.json("/api/v1/values?indicator=C04&unit=city&period=2019-10", &city).await;
    assert_eq!((&told["total"], &told["items"][0]["target"]), (&1.into(), &Value::Null));
    assert!(told["items"][0]["numerator"].as_str().is_some_and(|text| text.ends_with(".00")), "{told}");
    let told = site.json("/api/v1/values?indicator=C01&unit=city&period=2019-10", &city).await;
    assert_eq!((&told["items"][0]["lower"], &told["items"][0]["target"]), (&Value::Null, &1.0.into()));
}

#[tokio::test]
async fn filters_are_those_of_the_worklist() {
    let site = Site::new().await;
    let city = site.token("city");
    let ids = async |query: &str| -> Vec<String> {
        let told = site.json(&format!("/api/v1/findings?limit=500&{query}"), &city).await;
        let items = told["items"].as_array().expect("entries").clone();
        assert_eq!(told["total"], items.len());
        items.iter().map(|one| one["finding_id"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(ids(&format!("school={SCHOOL}&amount=24")).await, [FINDINGS[0]]);
    assert_eq!(ids("case=notified").await, [FINDINGS[0]]);
    assert_eq!(ids("case=overdue").await, [FINDINGS[0]]);
    assert_eq!(ids("case=answered").await, [FINDINGS[2]]);
    // By severity, rule and district: the first three are of 24 yuan, all others of less or of no money.
    assert_eq!(ids("amount=24").await, FINDINGS[..3]);
    assert!(ids(&format!("school={SCHOOL}")).await.len() > 1);
    assert!(ids("amount=25").await.is_empty(), "none is of more than 24 yuan");
    assert_eq!(ids("severity=medium").await, [FINDINGS[3]]);
    let all = ids("state=all").await.len();
    assert_eq!(all, ids("state=open").await.len() + ids("state=ended").await.len());
    // Text is text, and no condition.
    assert!(ids("text=%27%20or%201%20%3D%201%20--").await.is_empty());
}

#[tokio::test]
async fn every_route_is_described_and_the_other_way_round() {
    let site = Site::new().await;
    let answer = site.get(routes::API_DESCRIPTION, "").await;
    assert_eq!(answer.status, StatusCode::OK, "it needs no token");
    let told: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert!(told["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", told["openapi"]);
    let paths = told["paths"].as_object().expect("paths");
    for path in paths.keys() {
        let answer = site.get(&filled(path, SCHOOL, FINDINGS[0]), "").await;
        let expected = if path == routes::API_DESCRIPTION { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        assert_eq!(answer.status, expected, "{path} is described and not there");
    }
    let source = include_str!("../routes.rs");
    let named = source.split('"').filter(|text| text.starts_with("/api/") && !text.contains("{*"));
    let mut count = 0;
    for path in named {
        assert!(paths.contains_key(path), "{path} is there and not described");
        count += 1;
    }
    assert!(count >= paths.len(), "the routes are read from their source");
}

/// Every reference leads somewhere, every name is unique, every parameter has a schema, an example and both languages' words.
#[tokio::test]
async fn the_description_is_whole_in_both_languages() {
    let (zh, en) = (&description::of(Lang::Zh).value, &description::of(Lang::En).value);
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str));
                object.values().for_each(|one| references(one, found));
            }
            Value::Array(all) => all.iter().for_each(|one| references(one, found)),
            _ => {}
        }
    }
    for told in [zh, en] {
        let mut found = Vec::new();
        references(told, &mut found);
        assert!(found.len() > 100);
        for one in found {
            assert!(told.pointer(one.trim_start_matches('#')).is_some(), "{one} leads nowhere");
        }
        for (path, item) in told["paths"].as_object().expect("paths") {
            let operation = &item["get"];
            let named = path.matches('{').count();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            assert_eq!(parameters.iter().filter(|one| one["in"] == "path").count(), named, "{path}");
            for one in &parameters {
                assert!(one["schema"].is_object() && !one["example"].is_null(), "{path} {one}");
                assert!(one["description"].as_str().is_some_and(|text| !text.is_empty()), "{path} {one}");
            }
            let is_open = path == routes::API_DESCRIPTION;
            for status in ["401", "403", "404"] {
                assert_eq!(operation["responses"][status].is_null(), is_open, "{path} {status}");
            }
            for status in ["200", "304", "400", "429", "500", "503"] {
                assert!(operation["responses"][status].is_object(), "{path} {status}");
            }
        }
    }
    let is_chinese = |text: &str| text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
    for (path, item) in zh["paths"].as_object().expect("paths") {
        let english = en["paths"][path]["get"]["summary"].as_str().expect("a summary");
        assert!(is_chinese(item["get"]["summary"].as_str().expect("a summary")) && !is_chinese(english), "{path}");
    }
    let mut names: Vec<&str> = zh["paths"]
        .as_object()
        .expect("paths")
        .values()
        .filter_map(|item| item["get"]["operationId"].as_str())
        .collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), all), (all, routes::RESOURCES.len()));
}

#[tokio::test]
async fn the_page_lists_the_whole_description_in_both_languages() {
    let site = Site::new().await;
    for (lang, title) in [("zh", "数据接口"), ("en", "Data API")] {
        let page = site.get(&routes::with(routes::API, &[("lang", lang)]), "").await;
        assert_eq!(page.status, StatusCode::OK, "it needs no log-in");
        assert!(page.body.contains(title) && !page.body.contains("⟨?⟩"), "{lang}");
        for (address, resource) in routes::RESOURCES {
            assert!(page.body.contains(&format!("GET {address}")), "{lang} {address}");
            for parameter in resource.parameters().iter().chain(resource.path) {
                assert!(page.body.contains(&format!("<code>{}</code>", parameter.name)), "{lang} {}", parameter.name);
            }
        }
        assert!(page.body.contains("too-many") && page.body.contains("<code>numerator</code>"), "{lang}");
    }
    let district = DISTRICT;
    assert!(!site.get(routes::API, "").await.body.contains(district), "it shows no data");
}
