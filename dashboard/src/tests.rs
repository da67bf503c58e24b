//! Tests of the whole router over a made-up city in memory.

mod api;
mod casework;
pub mod city;
mod given;
mod keeping;
mod logging_in;
mod looks;
mod open;
mod printed;
mod releases;
mod walls;
mod writing;

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use flate2::read::GzDecoder;
use tower::ServiceExt;
use transform::project::Project;
use warehouse::Warehouse;

use crate::accounts::{Accounts, Role};
use crate::api::limit::Limits;
use crate::release::Releases;
use crate::visit::App;
use crate::{Config, Runner, routes};

/// The password of all test accounts.
pub const PASSWORD: &str = "a good password";

/// A router over the made-up city, with an account for each role.
pub struct Site {
    pub router: Router,
    pub accounts: Accounts,
    pub app: Arc<App>,
    _folder: tempfile::TempDir,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    /// How long the body was as it was sent.
    pub bytes: usize,
}

impl Site {
    pub async fn new() -> Site {
        Site::over(Releases::fixed(city::pinned().await)).await
    }

    pub async fn over(releases: Arc<Releases>) -> Site {
        let warehouse = Warehouse::create("memory:///", |_| String::new()).await.expect("memory is always there");
        Site::at(releases, warehouse, PathBuf::new())
    }

    /// Over a warehouse that is written to, with the folder of its keys.
    pub fn at(releases: Arc<Releases>, warehouse: Warehouse, keys: PathBuf) -> Site {
        Site::limited(releases, warehouse, keys, Limits::default())
    }

    /// The same, with limits of what programs may ask.
    pub fn limited(releases: Arc<Releases>, warehouse: Warehouse, keys: PathBuf, api: Limits) -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("accounts.sqlite");
        let accounts = Accounts::open(&path).expect("opens");
        let people = [
            ("city", Role::City, ""),
            ("district", Role::District, city::DISTRICT),
            ("school", Role::School, city::SCHOOL),
            ("inspector", Role::Inspector, city::DISTRICT),
            ("admin", Role::Admin, ""),
        ];
        for (name, role, unit) in people {
            accounts.add(name, role, unit, PASSWORD).expect("added");
        }
        let listen = "127.0.0.1:0".parse().expect("an address");
        let config = Config {
            listen,
            accounts: path,
            made_up_city: true,
            secure_cookies: false,
            keys,
            today: Some("2020-03-01".parse().expect("a day")),
            api,
            runner: Runner::Here,
        };
        let project = Project::built_in().expect("sound");
        let app = App::new(releases, warehouse, accounts.clone(), city::catalogue(), project, &config);
        let app = Arc::new(app.expect("the system gives random bytes"));
        Site { router: routes::router(app.clone()), accounts, app, _folder: folder }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("a router answers always");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let bytes = body.len();
        let mut text = Vec::new();
        match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes()) {
            Some(b"gzip") => drop(GzDecoder::new(&body[..]).read_to_end(&mut text).expect("one sound gzip stream")),
            _ => text = body.to_vec(),
        }
        Answer { status, headers, body: String::from_utf8_lossy(&text).into_owned(), bytes }
    }

    pub async fn get(&self, address: &str, cookie: &str) -> Answer {
        let request = Request::builder().uri(address).header(COOKIE, cookie).body(Body::empty());
        self.send(request.expect("a request")).await
    }

    /// As a browser asks, which takes a packed answer.
    pub async fn packed(&self, address: &str, cookie: &str) -> Answer {
        let request = Request::builder().uri(address).header(COOKIE, cookie).header(ACCEPT_ENCODING, "gzip, br");
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    pub async fn post(&self, address: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(address)
            .header(COOKIE, cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(form.to_owned()));
        self.send(request.expect("a request")).await
    }

    /// The audit, a line an event; nothing where there is none yet.
    pub async fn audited(&self) -> String {
        use warehouse::session::{Limits, register, session};
        let warehouse = &self.app.desk.warehouse;
        let context = session(&Limits::default()).expect("a session");
        warehouse.attach(&context);
        let name = ingest::audit::audit_table();
        let Ok(snapshot) = warehouse.snapshot(&name, None).await else { return String::new() };
        register(&context, &name, warehouse.provider(snapshot)).expect("registered");
        let sql =
            "select concat_ws(' | ', by_whom, action, subject, reason) as line from facts.audit_event order by number";
        let rows = context.sql(sql).await.expect("planned").collect().await.expect("read");
        datafusion::arrow::util::pretty::pretty_format_batches(&rows).expect("text").to_string()
    }

    /// Logs in by the form, and gives the cookie.
    pub async fn log_in(&self, name: &str) -> String {
        let form = self.get(routes::LOG_IN, "").await;
        let (cookie, token) = (form.cookie("kehou-form"), form.token());
        let fields = format!("name={name}&password={}&form_token={token}&next=", PASSWORD.replace(' ', "+"));
        let answer = self.post(routes::LOG_IN, &cookie, &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.cookie("kehou")
    }
}

impl Answer {
    /// `name=value` of a cookie that was set.
    pub fn cookie(&self, name: &str) -> String {
        let lines = self.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pair = lines.filter_map(|line| line.split(';').next()).find(|pair| pair.starts_with(&format!("{name}=")));
        pair.unwrap_or_else(|| panic!("no cookie {name}")).to_owned()
    }

    /// The form's token.
    pub fn token(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"form_token\" value=\"").expect("a form with a token");
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// Where it leads.
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
