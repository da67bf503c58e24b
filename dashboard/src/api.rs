//! The API: the same release by the same door as the pages, as JSON for programs. It only reads.
//!
//! A resource stands in `resources` once: from its parameters come the check of a request, from its shape the answer, and from
//! both the description (`description`). A request passes `door` (whose token, how often), is checked, and is answered from
//! the tables of its scope; all pages of one listing are of one release.

pub mod cursor;
pub mod description;
pub mod door;
pub mod limit;
pub mod listing;
pub mod parameter;
pub mod problem;
pub mod resources;
pub mod shape;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{MatchedPath, RawPathParams, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use transform::project::Project;

use crate::api::cursor::{Cursor, Listing};
use crate::api::door::{Caller, Needs};
use crate::api::limit::{Limiter, Limits};
use crate::api::listing::Page;
use crate::api::parameter::{Asked, GO_ON, LIMIT, Parameter};
use crate::api::problem::Problem;
use crate::api::shape::Shape;
use crate::catalog::Catalogue;
use crate::error::Result;
use crate::explain::ReleaseTold;
use crate::release::Pinned;
use crate::scope::Scoped;
use crate::visit::App;
use crate::words::Lang;
use crate::{password, routes};

/// After this an answer is given up, and says so.
const LONGEST: Duration = Duration::from_secs(30);

/// What all requests share.
pub struct Api {
    /// How much may be asked.
    pub limiter: Limiter,
    /// The server's own: marks cursors and tags of answers.
    secret: [u8; 32],
}

impl Api {
    /// With these limits. Cursors of before the server's start are worth nothing, and tags of before match nothing.
    pub fn new(limits: Limits) -> Result<Api> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(Api { limiter: Limiter::new(limits), secret })
    }
}

/// Something that can be asked for.
#[derive(Debug)]
pub struct Resource {
    /// Its name in the description.
    pub name: &'static str,
    /// Under which heading it is told.
    pub group: &'static Group,
    /// What a request needs.
    pub needs: Needs,
    /// The parts of its path.
    pub path: &'static [Parameter],
    /// What a query may say, but for a listing's page.
    pub query: &'static [Parameter],
    /// What the answer is.
    pub answer: Answer,
    /// What it is, in Chinese.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
}

/// A heading of the description.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: &'static str,
    /// What stands under it, in Chinese.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
}

/// What an answer is, and what makes it.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// A page of entries.
    List(&'static Shape, fn(&Ask) -> BoxFuture<'_, Result<Page, Problem>>),
    /// One thing.
    One(&'static Shape, fn(&Ask) -> BoxFuture<'_, Result<Value, Problem>>),
    /// What `kehou explain` tells, by the name of its schema.
    Explained(&'static str, fn(&Ask) -> BoxFuture<'_, Result<Value, Problem>>),
    /// The description.
    Description,
}

impl Resource {
    /// All that a query may say.
    pub fn parameters(&self) -> Vec<Parameter> {
        let paging: &[Parameter] = if matches!(self.answer, Answer::List(..)) { &[LIMIT, GO_ON] } else { &[] };
        self.query.iter().chain(paging).copied().collect()
    }

    /// What it is.
    pub fn said(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }
}

/// A request that may be answered.
pub struct Ask {
    /// What all requests share.
    pub app: Arc<App>,
    /// Who asks.
    pub caller: Caller,
    /// The parts of the path.
    pub path: Asked,
    /// The query.
    pub query: Asked,
    /// After which entry a listing goes on.
    pub after: Option<Vec<String>>,
    /// The release.
    pub release: ReleaseTold,
    /// What the caller sees of it.
    pub scoped: Arc<Scoped>,
    /// The SQL behind it.
    pub project: Arc<Project>,
    /// What its indicators and rules are called and mean.
    pub catalogue: Arc<Catalogue>,
}

/// Answers a request for a resource.
pub async fn answer(
    app: Arc<App>,
    resource: &'static Resource,
    parts: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
) -> Response {
    let (began, request) = (Instant::now(), request.into_parts().0);
    let route = request.extensions.get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let answered = tokio::time::timeout(LONGEST, respond(&app, resource, parts, &request));
    let (caller, response) = answered.await.unwrap_or_else(|_| (None, Problem::slow().into_response()));
    let status = response.status().as_u16();
    if let Some(caller) = caller {
        // Never the token, and never the query: it may name whom one looks for.
        tracing::info!(token = caller.token, account = caller.account, route, status, "the API was asked");
    }
    app.desk.metrics.request(&route, request.method.as_str(), status, began.elapsed());
    guarded(response)
}

async fn respond(
    app: &Arc<App>,
    resource: &'static Resource,
    parts: Result<RawPathParams, RawPathParamsRejection>,
    request: &Parts,
) -> (Option<Caller>, Response) {
    let (headers, extensions) = (&request.headers, &request.extensions);
    if resource.needs == Needs::Nothing {
        let said = door::count(app, headers, extensions)
            .and_then(|()| Asked::query(&request.uri, &resource.parameters()))
            .map(|asked| description::answer(&asked, headers));
        return (None, said.unwrap_or_else(IntoResponse::into_response));
    }
    let caller = match door::caller(app, headers, extensions).await {
        Ok(caller) => caller,
        Err(problem) => return (None, problem.into_response()),
    };
    let response = match parts {
        Ok(parts) => made(app, resource, &parts, request, caller.clone()).await,
        Err(_) => Err(Problem::not_here()),
    };
    (Some(caller), response.unwrap_or_else(IntoResponse::into_response))
}

async fn made(
    app: &Arc<App>,
    resource: &'static Resource,
    parts: &RawPathParams,
    request: &Parts,
    caller: Caller,
) -> Result<Response, Problem> {
    if !caller.may(resource.needs) {
        return Err(Problem::not_open());
    }
    let path = Asked::path(parts.iter(), resource.path)?;
    let query = Asked::query(&request.uri, &resource.parameters())?;
    let address = request.uri.path();
    let listing = Listing { address, asked: &query, scope: caller.scope() };
    let cursor = match query.get(GO_ON.name) {
        None => None,
        Some(given) => Some(Cursor::read(given, &listing, &app.api.secret).ok_or_else(Problem::no_such_cursor)?),
    };
    let pinned = match &cursor {
        None => app.releases.current().await?.ok_or_else(Problem::no_release)?,
        Some(cursor) => app.releases.numbered(cursor.release).await?.ok_or_else(Problem::no_such_cursor)?,
    };
    caller.check_unit(&pinned).await?;
    let release = told(app, &pinned);
    let tag = tag(app, &release, request, &caller);
    if matches(&request.headers, &tag) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        tagged(&mut response, &tag);
        return Ok(response);
    }
    let ask = Ask {
        scoped: pinned.scoped(caller.scope()).await?,
        project: pinned.project.clone().unwrap_or_else(|| app.project.clone()),
        catalogue: pinned.catalogue.clone().unwrap_or_else(|| app.catalogue.clone()),
        app: app.clone(),
        after: cursor.map(|cursor| cursor.after),
        caller,
        path,
        query,
        release,
    };
    let body = match resource.answer {
        Answer::List(_, make) => {
            let page = make(&ask).await?;
            let next = page.goes_on_after.map(|after| next(&ask, address, after));
            json!({ "release": ask.release, "total": page.total, "items": page.items, "next": next })
        }
        Answer::One(_, make) => json!({ "release": ask.release, "item": make(&ask).await? }),
        Answer::Explained(_, make) => make(&ask).await?,
        Answer::Description => return Err(Problem::not_here()),
    };
    let mut response = Response::new(Body::from(body.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    tagged(&mut response, &tag);
    Ok(response)
}

/// What an answer says of its release. It may be declared official long after it was loaded.
fn told(app: &App, pinned: &Pinned) -> ReleaseTold {
    let edition = &pinned.edition;
    let declared = || app.releases.officials().iter().any(|official| official.release == edition.number);
    ReleaseTold {
        release: edition.number,
        made_at: edition.made_at.clone(),
        today: edition.today,
        official: edition.official || declared(),
    }
}

/// The address of a listing's next page.
fn next(ask: &Ask, address: &str, after: Vec<String>) -> String {
    let listing = Listing { address, asked: &ask.query, scope: ask.caller.scope() };
    let cursor = Cursor { release: ask.release.release, after }.write(&listing, &ask.app.api.secret);
    let pairs = ask.query.iter().filter(|(name, _)| *name != GO_ON.name);
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", routes::encoded(value))).collect();
    let pairs = pairs.into_iter().chain([format!("{}={cursor}", GO_ON.name)]).collect::<Vec<_>>();
    format!("{address}?{}", pairs.join("&"))
}

/// An answer's tag: of one address, one scope, one release, and one state of the casework and declarations since.
fn tag(app: &App, release: &ReleaseTold, request: &Parts, caller: &Caller) -> String {
    let mut digest = Sha256::new();
    digest.update(app.api.secret);
    let state = (release.release, release.official, app.desk.revision(), app.releases.officials().len());
    digest.update(format!("{state:?} {:?} {:?} {}", caller.scope(), caller.reach, request.uri));
    format!("W/\"{}\"", &hex::encode(digest.finalize())[..24])
}

fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let bare = tag.trim_start_matches("W/");
    let lines = headers.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|one| one.trim().trim_start_matches("W/") == bare)
}

fn tagged(response: &mut Response, tag: &str) {
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_str(tag).expect("hex digits"));
    // Kept by the asker alone, who asks each time whether it still holds.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(VARY, HeaderValue::from_static("authorization"));
}

fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Another method than those that read.
pub async fn wrong_method() -> Response {
    guarded(Problem::wrong_method().into_response())
}

/// An address of the API that no route knows.
pub async fn nowhere() -> Response {
    guarded(Problem::not_here().into_response())
}

/// A programmer's mistake ends one request. What was paniced with may hold data, so it isn't shown.
pub fn panicked(_panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("an answer of the API panicked");
    guarded(Problem::broken().into_response())
}

/// The tag of a text that is the same for everybody.
fn fingerprint(text: &str) -> String {
    format!("W/\"{}\"", &password::digest(text)[..24])
}
