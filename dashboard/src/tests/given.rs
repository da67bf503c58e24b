//! Files of pages: every link gives one, with the rows in sight and nothing else, and the audit knows it.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE, LINK};
use axum::http::{HeaderMap, Request, StatusCode};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tower::ServiceExt;

use super::Site;
use super::city::{DISTRICT, FINDINGS, OTHER_SCHOOL, SCHOOL, SISTER};
use crate::routes;

/// The names that pages have for their tables; another one is a link that nobody walked.
pub const TABLES: [&str; 22] = [
    "indicators",
    "compare",
    "reports",
    "findings",
    "rollout",
    "figures",
    "schools",
    "slices",
    "similar",
    "parts",
    "periods",
    "score",
    "rows-class_roster",
    "rows-charge",
    "scores",
    "points",
    "swings",
    "gaps",
    "owed",
    "came",
    "evidence",
    "rows-slices",
];

async fn fetch(site: &Site, address: &str, cookie: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
    let request = Request::builder().uri(address).header(COOKIE, cookie).body(Body::empty()).expect("a request");
    let response = site.router.clone().oneshot(request).await.expect("a router answers always");
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body(), usize::MAX).await.expect("a whole body");
    (status, headers, body.to_vec())
}

fn lines(body: &[u8]) -> Vec<Vec<String>> {
    let text = body.strip_prefix(b"\xef\xbb\xbf".as_slice()).expect("Excel's mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    reader.records().map(|line| line.expect("CSV").iter().map(str::to_owned).collect()).collect()
}

/// The addresses of a page's files.
fn files(body: &str) -> Vec<String> {
    let links = body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let links = links.map(|link| link.replace("&amp;", "&"));
    links.filter(|link| link.contains("table=") || link.contains("chart=")).collect()
}

fn pages(role: &str) -> Vec<String> {
    let month = |address: String| routes::with(&address, &[("month", "2019-12")]);
    let figure = |code: &str, unit: &str| routes::figure(code, unit, "2019-12");
    let (district, school) = (routes::district(DISTRICT), routes::school(SCHOOL));
    match role {
        "city" => vec![
            month(routes::CITY.to_owned()),
            format!("{district}?indicator=F01"),
            month(district),
            month(school),
            routes::FINDINGS.to_owned(),
            routes::finding(FINDINGS[0]),
            routes::indicator("C03"),
            routes::reports(DISTRICT),
            routes::duties(DISTRICT),
            routes::EVALUATION.to_owned(),
            figure("C03", "city"),
            figure("C03", DISTRICT),
            figure("C03", SCHOOL),
        ],
        "district" => {
            vec![month(district), routes::EVALUATION.to_owned(), routes::duties(DISTRICT), figure("C03", DISTRICT)]
        }
        "school" => vec![month(school), routes::FINDINGS.to_owned(), figure("C03", SCHOOL)],
        _ => vec![routes::FINDINGS.to_owned(), routes::finding(FINDINGS[0])],
    }
}

#[tokio::test]
async fn every_file_that_a_page_offers_is_there() {
    let site = Site::new().await;
    let mut seen = BTreeSet::new();
    for role in ["city", "district", "school", "inspector"] {
        let cookie = site.log_in(role).await;
        for page in pages(role) {
            let answer = site.get(&page, &cookie).await;
            assert_eq!(answer.status, StatusCode::OK, "{role} {page}");
            let offered = files(&answer.body);
            assert!(!offered.is_empty(), "{role} {page} offers nothing");
            let mut rows = None;
            for link in offered {
                let (status, headers, body) = fetch(&site, &link, &cookie).await;
                if link.contains("as=png") && status == StatusCode::UNPROCESSABLE_ENTITY {
                    eprintln!("SKIPPED: this machine has no font with Chinese letters");
                    continue;
                }
                assert_eq!(status, StatusCode::OK, "{role} {link}: {}", String::from_utf8_lossy(&body));
                let name = headers[CONTENT_DISPOSITION].to_str().expect("plain").to_owned();
                let kind = headers[CONTENT_TYPE].to_str().expect("plain").to_owned();
                assert!(name.starts_with("attachment; filename*=UTF-8''"), "{link}: {name}");
                let table = link.split("table=").nth(1).map(|rest| rest.split('&').next().unwrap_or_default());
                seen.extend(table.map(str::to_owned));
                match link.rsplit("as=").next().unwrap_or_default() {
                    "csv" => {
                        let lines = lines(&body);
                        assert!(
                            lines[0].iter().all(|heading| !heading.contains("⟨?⟩") && !heading.is_empty()),
                            "{lines:?}"
                        );
                        assert!(headers[LINK].to_str().is_ok_and(|link| link.contains("describedby")), "{link}");
                        rows = Some((table.map(str::to_owned), lines.len() - 1));
                    }
                    "xlsx" => assert!(body.starts_with(b"PK") && kind.contains("spreadsheetml"), "{link}"),
                    "parquet" => {
                        let read =
                            ParquetRecordBatchReaderBuilder::try_new(axum::body::Bytes::from(body)).expect("Parquet");
                        let count = read.metadata().file_metadata().num_rows();
                        assert_eq!(
                            rows,
                            Some((table.map(str::to_owned), usize::try_from(count).expect("few"))),
                            "{link}"
                        );
                    }
                    "about" => {
                        let told: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
                        let count = told["kehou:rows"].as_u64().and_then(|rows| usize::try_from(rows).ok());
                        assert_eq!(count, rows.clone().map(|(_, rows)| rows), "{link}");
                        assert_eq!(told["kehou:release"], 7);
                    }
                    "svg" => {
                        assert!(body.starts_with(b"<svg") && !String::from_utf8_lossy(&body).contains("var("), "{link}")
                    }
                    "png" => assert!(body.starts_with(b"\x89PNG"), "{link}"),
                    other => panic!("{link}: nobody checks {other}"),
                }
            }
        }
    }
    let known: BTreeSet<String> = TABLES.iter().map(|name| (*name).to_owned()).collect();
    let unknown: Vec<&String> = seen.difference(&known).collect();
    assert!(unknown.is_empty(), "tell TABLES of {unknown:?}, for the test of walls");
}

#[tokio::test]
async fn the_findings_file_has_what_the_filter_lets_through() {
    let site = Site::new().await;
    for (role, filter) in [
        ("city", "state=all"),
        ("city", "rule=R13&state=all&sort=amount"),
        ("district", "severity=high"),
        ("school", "state=all"),
        ("inspector", "state=all"),
    ] {
        let cookie = site.log_in(role).await;
        // All that the list shows, page by page, in its order.
        let mut listed: Vec<String> = Vec::new();
        for page in 1.. {
            let list = site.get(&format!("/findings?{filter}&page={page}"), &cookie).await.body;
            let ids = list.split("href=\"/finding/").skip(1).filter_map(|rest| rest.split('"').next());
            listed.extend(ids.filter(|id| id.len() == 32).map(str::to_owned));
            if !list.contains("rel=\"next\"") {
                break;
            }
        }
        let (status, _, body) = fetch(&site, &format!("/findings?{filter}&table=findings&as=csv"), &cookie).await;
        assert_eq!(status, StatusCode::OK);
        let lines = lines(&body);
        let at = lines[0].iter().position(|heading| heading == "问题编号").expect("ids");
        let found: Vec<&str> = lines[1..].iter().map(|line| line[at].as_str()).collect();
        assert_eq!(found, listed, "{role} {filter}");
        assert!(role != "city" || filter != "state=all" || found.len() > 100, "more than a page has");
        assert!(!found.is_empty());
    }
    // What another school is asked for by is nothing.
    let cookie = site.log_in("school").await;
    let (_, _, body) =
        fetch(&site, &format!("/findings?state=all&school={SISTER}&table=findings&as=csv"), &cookie).await;
    assert_eq!(lines(&body).len(), 1, "the headings alone");
}

#[tokio::test]
async fn a_school_gets_no_row_of_anothers() {
    let site = Site::new().await;
    let cookie = site.log_in("school").await;
    for table in TABLES {
        for unit in [SISTER, OTHER_SCHOOL] {
            for page in [
                routes::school(unit),
                routes::figure("C03", unit, "2019-12"),
                routes::district(DISTRICT),
                routes::CITY.to_owned(),
            ] {
                for form in ["csv", "xlsx", "parquet", "about"] {
                    let address = routes::with(&page, &[("table", table), ("as", form)]);
                    assert_eq!(fetch(&site, &address, &cookie).await.0, StatusCode::NOT_FOUND, "{address}");
                }
            }
        }
    }
    let (_, _, body) = fetch(&site, "/findings?state=all&table=findings&as=csv", &cookie).await;
    assert!(
        !String::from_utf8_lossy(&body).contains("0123456789abcdef0123456789abcdef"),
        "persons are as short as on the page"
    );
}

/// A browser takes packed answers; a body that is asked on after its end must not fail.
#[tokio::test]
async fn files_come_packed_too() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    for form in ["csv", "xlsx", "parquet"] {
        let packed = site.packed(&format!("/city?table=indicators&as={form}"), &cookie).await;
        let plain = site.get(&format!("/city?table=indicators&as={form}"), &cookie).await;
        assert_eq!((packed.status, plain.status), (StatusCode::OK, StatusCode::OK));
        assert!(packed.headers.contains_key("content-encoding"), "{form}");
        assert!(!plain.body.is_empty() && (form != "csv" || packed.body == plain.body), "{form}");
    }
}

#[tokio::test]
async fn what_is_no_table_of_the_page_is_not_here() {
    let site = Site::new().await;
    let cookie = site.log_in("city").await;
    for address in [
        "/city?table=nonsense&as=csv",
        "/city?table=indicators&as=docx",
        "/city?chart=00000000&as=svg",
        "/findings?table=schools&as=csv",
        &format!("{}?table=evidence&as=csv", routes::finding(FINDINGS[0])),
    ] {
        assert_eq!(fetch(&site, address, &cookie).await.0, StatusCode::NOT_FOUND, "{address}");
    }
}
