//! What people write, over a real warehouse: uploads, steps of cases, official releases, excuses, accounts.

mod owing;
mod people;
mod printing;
mod sending;
mod working;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use ingest::accept::{Options, Received, ingest};
use ingest::keys::Keys;
use tempfile::TempDir;
use warehouse::Warehouse;

use super::{Answer, Site};
use crate::accounts::Role;
use crate::release::Releases;
use crate::routes;

/// A district of the example city, its schools, and one of another.
const DISTRICT: &str = "379902";

/// The n-th school of the made-up register.
fn school(n: usize) -> String {
    format!("37990200{n:02}")
}

/// A school of another district.
const STRANGER: &str = "3799030001";

/// A warehouse with a register of made-up schools, and the server over it.
struct Town {
    site: Site,
    warehouse: Warehouse,
    _folder: TempDir,
}

/// Runs a test with stacks that hold the plans of all models.
fn run<F: Future<Output = ()> + Send + 'static>(test: F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .thread_stack_size(16 << 20)
        .build()
        .expect("the system gives threads");
    runtime.block_on(async { tokio::spawn(test).await.expect("the test holds") });
}

impl Town {
    /// With so many schools and an account for each, `s0`, `s1` …; nothing else was sent.
    async fn new(schools: usize) -> Town {
        let folder = tempfile::tempdir().expect("a folder");
        let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/qinghe/reference");
        let reference = ingest::reference::read_reference(&reference).expect("sound");
        let keys: PathBuf = folder.path().join("keys");
        let location = folder.path().join("warehouse").display().to_string();
        let warehouse = Warehouse::create(&location, |_| Keys::make(&keys).expect("made")).await.expect("made");
        ingest::city::load(&warehouse, &reference).await.expect("loaded");
        let mut register = ingest::form::form("school").expect("a form").bulk_headings().join(",") + "\n";
        for n in 0..schools {
            register += &format!("{},2019,第{n}小学,{DISTRICT},小学,城区,,\n", school(n));
        }
        register += &format!("{STRANGER},2019,邻区小学,379903,小学,城区,,\n");
        let file = folder.path().join("register.csv");
        std::fs::write(&file, register).expect("written");
        let options = Options { received: Received::On("2019-09-02".parse().expect("a day")), ..Options::default() };
        let found = Keys::open(&keys).expect("made above");
        let report = ingest(&warehouse, &found, &[file], &options, &|_| {}).await.expect("taken in");
        assert!(report.all_accepted(), "{report:?}");

        let site = Site::at(Releases::new(warehouse.clone()), warehouse.clone(), keys);
        for n in 0..schools {
            site.accounts.add(&format!("s{n}"), Role::School, &school(n), super::PASSWORD).expect("added");
        }
        site.accounts.add("own", Role::District, DISTRICT, super::PASSWORD).expect("added");
        site.accounts.add("other", Role::District, "379903", super::PASSWORD).expect("added");
        site.accounts.add("watch", Role::Inspector, DISTRICT, super::PASSWORD).expect("added");
        Town { site, warehouse, _folder: folder }
    }

    /// The same with the first release.
    async fn with_release(schools: usize) -> Town {
        let town = Town::new(schools).await;
        let cookie = town.site.log_in("s0").await;
        town.sent(&cookie, &[("2019-09.csv", &roster(0, "2019-09", 12))]).await;
        town
    }

    /// Sends files as the form does; gives the answer.
    async fn send(&self, cookie: &str, purpose: &str, files: &[(&str, &str)]) -> Answer {
        let form = self.site.get(routes::UPLOAD, cookie).await;
        let fields = [("form_token", form.token()), ("purpose", purpose.to_owned())];
        self.site.send(multipart(routes::UPLOAD, cookie, "files", &fields, files)).await
    }

    /// Checks files or submits them; gives the page with the report.
    async fn told(&self, cookie: &str, purpose: &str, files: &[(&str, &str)]) -> Answer {
        let begun = self.send(cookie, purpose, files).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
        self.until(begun.location(), cookie, "检查报告").await
    }

    /// Submits files that are all good, and waits for the release that counts them.
    async fn sent(&self, cookie: &str, files: &[(&str, &str)]) -> String {
        let told = self.told(cookie, "submit", files).await;
        assert!(told.body.contains("全部接收"), "{}", told.body);
        let begun = told.location().to_owned();
        self.until(&begun, cookie, "已计入第").await.body
    }

    /// Reloads a page until it says something; gives it with its address as location.
    async fn until(&self, address: &str, cookie: &str, says: &str) -> Answer {
        let mut page = self.site.get(address, cookie).await;
        for _ in 0..1200 {
            if page.body.contains(says) {
                page.headers.insert("location", address.parse().expect("an address"));
                return page;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            page = self.site.get(address, cookie).await;
        }
        panic!("{address} never says {says}: {}", page.body);
    }

    /// Whether the audit has an event, and its chain holds.
    async fn check_audit(&self, actions: &[&str]) {
        let chain = ingest::audit::check_chain(&self.warehouse).await.expect("read");
        assert!(chain.faults.is_empty(), "{:?}", chain.faults);
        let found = self.query("select distinct action from facts.audit_event", "audit_event").await;
        for action in actions {
            assert!(found.contains(*action), "{action} is not in {found}");
        }
    }

    /// A query on one table of facts as it is now, as text.
    async fn query(&self, sql: &str, table: &str) -> String {
        use warehouse::session::{Limits, register, session};
        let context = session(&Limits::default()).expect("a session");
        self.warehouse.attach(&context);
        let name = warehouse::table::TableName::new("facts", table);
        let snapshot = self.warehouse.snapshot(&name, None).await.expect("there");
        register(&context, &name, self.warehouse.provider(snapshot)).expect("registered");
        let rows = context.sql(sql).await.expect("planned").collect().await.expect("read");
        datafusion::arrow::util::pretty::pretty_format_batches(&rows).expect("text").to_string()
    }
}

/// A form with files.
fn multipart(
    address: &str,
    cookie: &str,
    name: &str,
    fields: &[(&str, String)],
    files: &[(&str, &str)],
) -> Request<Body> {
    let mut body = String::new();
    for (key, value) in fields {
        body += &format!("--edge\r\ncontent-disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n");
    }
    for (file, text) in files {
        body += &format!(
            "--edge\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\ncontent-type: text/csv\r\n\r\n{text}\r\n"
        );
    }
    body += "--edge--\r\n";
    Request::builder()
        .method(Method::POST)
        .uri(address)
        .header("cookie", cookie)
        .header("content-type", "multipart/form-data; boundary=edge")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .expect("a request")
}

/// A roster of a school of which so many agreements of 12 were signed; fewer is a finding (R07).
fn roster(n: usize, period: &str, agreements: usize) -> String {
    roster_of(&school(n), period, agreements)
}

fn roster_of(school: &str, period: &str, agreements: usize) -> String {
    let headings = ingest::form::form("class_roster").expect("a form").bulk_headings().join(",");
    format!("{headings}\n{school},{period},一(1)班,1,30,12,12,12,12,{agreements},3,1,1\n")
}

/// A shared site, so that a test may ask from several tasks.
fn shared(town: Town) -> Arc<Town> {
    Arc::new(town)
}
