//! What happens around each request: who comes, in which language, with which headers the answer leaves, and how a fault
//! becomes a page.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, MatchedPath, Query, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, ORIGIN, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::de::DeserializeOwned;
use transform::project::Project;
use warehouse::Warehouse;
use warehouse::official::Official;

use crate::accounts::{Accounts, Session};
use crate::api::Api;
use crate::cache::PageCache;
use crate::catalog::Catalogue;
use crate::desk::Desk;
use crate::error::Result;
use crate::pages::fault::{self, Fault};
use crate::pages::layout::Frame;
use crate::refusals::Refusals;
use crate::release::Releases;
use crate::scope::{Scope, Scoped};
use crate::sessions::Sessions;
use crate::since::Since;
use crate::words::Lang;
use crate::{Config, password, routes};

/// After this a page is given up, and says so: "no data" must never stand for "too slow".
const LONGEST: Duration = Duration::from_secs(30);
/// The same for files that are being sent.
const LONGEST_UPLOAD: Duration = Duration::from_secs(900);
/// Passwords hashed at once: each takes its 19 MiB and a core.
const HASHES_AT_ONCE: usize = 2;

/// What all requests share.
pub struct App {
    /// The current release.
    pub releases: Arc<Releases>,
    /// Who may log in.
    pub accounts: Accounts,
    /// Titles and meanings where no release is shown, or one that does not carry its own.
    pub catalogue: Arc<Catalogue>,
    /// The SQL behind figures and findings, likewise.
    pub project: Arc<Project>,
    /// Where visitors' work goes.
    pub desk: Arc<Desk>,
    /// Bounds the memory and time that log-ins take.
    pub hashing: tokio::sync::Semaphore,
    /// Sets evaluation reports as PDF.
    #[cfg(feature = "pdf")]
    pub press: crate::report::press::Press,
    /// Log-ins of the last moment.
    pub sessions: Sessions,
    /// Pages that were made before.
    pub pages: Arc<PageCache>,
    /// The same for visitors without a log-in.
    pub open_pages: PageCache,
    /// What changed since the release before.
    pub since: Since,
    /// What programs ask.
    pub api: Api,
    /// Log-ins that were refused.
    pub refusals: Refusals,
    made_up_city: bool,
    secure: bool,
}

impl App {
    /// The shared state of a server.
    pub fn new(
        releases: Arc<Releases>,
        warehouse: Warehouse,
        accounts: Accounts,
        catalogue: Catalogue,
        project: Project,
        config: &Config,
    ) -> Result<App> {
        Ok(App {
            desk: Arc::new(Desk::new(warehouse, releases.clone(), config)),
            releases,
            accounts,
            catalogue: Arc::new(catalogue),
            project: Arc::new(project),
            hashing: tokio::sync::Semaphore::new(HASHES_AT_ONCE),
            #[cfg(feature = "pdf")]
            press: crate::report::press::Press::default(),
            sessions: Sessions::default(),
            pages: Arc::default(),
            open_pages: PageCache::open(),
            since: Since::default(),
            made_up_city: config.made_up_city,
            secure: config.secure_cookies,
            api: Api::new(config.api)?,
            refusals: Refusals::default(),
        })
    }

    /// Whether visitors come through a proxy in front.
    pub fn is_behind_proxy(&self) -> bool {
        self.secure
    }

    /// Loads the release before somebody asks for it. A failure is told to the one who then asks.
    pub async fn warm(&self) {
        match self.releases.current().await {
            Ok(Some(_)) => {}
            Ok(None) => tracing::info!("there is no release yet; run: kehou transform"),
            Err(error) => tracing::warn!(%error, "the release can't be loaded"),
        }
    }

    /// A cookie as it is set. `__Host-` binds it to this very host, and browsers take it over TLS alone.
    pub fn cookie(&self, name: &str, value: &str, seconds: i64) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let text =
            format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}", self.cookie_name(name));
        HeaderValue::from_str(&text).expect("names, tokens and language codes are plain ASCII")
    }

    fn cookie_name(&self, name: &str) -> String {
        if self.secure { format!("__Host-{name}") } else { name.to_owned() }
    }

    fn read_cookie(&self, headers: &HeaderMap, name: &str) -> Option<String> {
        let name = self.cookie_name(name);
        let pairs =
            headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
        pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    }
}

/// The cookie of a log-in.
pub const SESSION_COOKIE: &str = "kehou";
/// The cookie of the log-in form, before there is a session.
pub const FORM_COOKIE: &str = "kehou-form";
const LANGUAGE_COOKIE: &str = "kehou-lang";

/// Who asks, known to every handler.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The language of the answer.
    pub lang: Lang,
    /// The log-in in force.
    pub session: Option<Session>,
    /// Its token.
    pub token: Option<String>,
    /// The token of the log-in form's cookie.
    pub form_cookie: Option<String>,
    /// The address asked for, without the language.
    pub address: String,
}

impl Visitor {
    /// What the visitor may see.
    pub fn scope(&self) -> Scope {
        self.session.as_ref().map_or(Scope::Public, |session| Scope::of(&session.account))
    }

    /// Makes sure that a form was made for this log-in.
    pub fn check(&self, form_token: &str) -> Result<(), Fault> {
        match &self.session {
            Some(session) if password::same(&session.form_token, form_token) => Ok(()),
            _ => Err(Fault::Forged),
        }
    }

    /// The page around an answer that shows no release.
    pub fn frame(&self, app: &App) -> Frame {
        Frame {
            lang: self.lang,
            account: self.session.as_ref().map(|session| session.account.clone()),
            form_token: self.session.as_ref().map(|session| session.form_token.clone()).unwrap_or_default(),
            edition: None,
            catalogue: app.catalogue.clone(),
            made_up_city: app.made_up_city,
            address: self.address.clone(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Fault> {
        Ok(parts.extensions.get::<Visitor>().expect("`visit` stands before every handler").clone())
    }
}

/// Somebody logged in, with what they see of the current release.
pub struct Reader {
    /// The page around the answer.
    pub frame: Frame,
    /// The visitor's tables.
    pub scoped: Arc<Scoped>,
    /// The SQL behind the figures and findings.
    pub project: Arc<Project>,
    /// Where the visitor's work goes.
    pub desk: Arc<Desk>,
    /// What was declared official, oldest first.
    pub officials: Arc<Vec<Official>>,
}

impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Fault> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let scope = visitor.scope();
        match scope {
            Scope::Public => return Err(Fault::LogIn { next: visitor.address }),
            Scope::Admin => return Err(Fault::NotHere),
            Scope::City | Scope::District(_) | Scope::School(_) | Scope::Inspector(_) => {}
        }
        let pinned = app.releases.current().await?.ok_or(Fault::NoRelease)?;
        let scoped = pinned.scoped(&scope).await?;
        let mut frame = visitor.frame(app).of(&pinned);
        let officials = app.releases.officials();
        // A release may be declared official long after it was loaded.
        if let Some(edition) = &mut frame.edition {
            edition.official |= officials.iter().any(|official| official.release == edition.number);
        }
        let project = pinned.project.clone().unwrap_or_else(|| app.project.clone());
        Ok(Reader { frame, scoped, project, desk: app.desk.clone(), officials })
    }
}

/// What the address asks for; what can't be read asks for nothing, since addresses are typed by people.
pub struct Asked<T>(pub T);

impl<T: Default + DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Asked(Query::try_from_uri(&parts.uri).map(|Query(asked)| asked).unwrap_or_default()))
    }
}

/// Stands before and after every handler.
pub async fn visit(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let asked_lang = query_value(request.uri(), "lang").and_then(|text| Lang::parse(&text));
    let headers = request.headers();
    let token = app.read_cookie(headers, SESSION_COOKIE);
    let session = match &token {
        Some(token) => app.sessions.of(&app.accounts, token.clone(), request.method()).await,
        None => Ok(None),
    };
    let visitor = Visitor {
        lang: asked_lang
            .or_else(|| app.read_cookie(headers, LANGUAGE_COOKIE).and_then(|text| Lang::parse(&text)))
            .unwrap_or(Lang::Zh),
        form_cookie: app.read_cookie(headers, FORM_COOKIE),
        address: address(request.uri()),
        session: session.as_ref().ok().cloned().flatten(),
        token,
    };
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    // A first password is for nothing but to be changed.
    let must_change = visitor.session.as_ref().is_some_and(|session| session.account.must_change)
        && ![routes::PASSWORD, routes::LOG_OUT].contains(&request.uri().path());
    // Files may take their time to come over a slow line.
    let longest = if request.uri().path() == routes::UPLOAD { LONGEST_UPLOAD } else { LONGEST };
    let foreign = !method.is_safe() && is_foreign(request.method(), headers);
    request.extensions_mut().insert(visitor.clone());

    let answered = async {
        match session {
            Err(error) => Fault::from(error).into_response(),
            Ok(_) if foreign => Fault::Forged.into_response(),
            Ok(_) if must_change => Redirect::to(routes::PASSWORD).into_response(),
            Ok(_) => next.run(request).await,
        }
    };
    let mut response = tokio::time::timeout(longest, answered).await.unwrap_or_else(|_| Fault::Slow.into_response());
    // A log-out or a new password works at once.
    if !method.is_safe() {
        app.sessions.forget();
    }
    if let Some(fault) = response.extensions_mut().remove::<Arc<Fault>>() {
        response = fault::answer(&fault, &visitor.frame(&app));
    }
    if let Some(lang) = asked_lang {
        response.headers_mut().append(SET_COOKIE, app.cookie(LANGUAGE_COOKIE, lang.code(), 365 * 86_400));
    }
    app.desk.metrics.request(&route, method.as_str(), response.status().as_u16(), began.elapsed());
    guarded(response)
}

/// The headers that every answer carries.
fn guarded(mut response: Response) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = response.headers_mut();
    let fixed = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a request that changes something comes from another site, as far as the browser tells. The form's token is
/// checked besides.
fn is_foreign(method: &Method, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(HeaderName::from_static("sec-fetch-site")), text(ORIGIN), text(HOST)) {
        (Some(site), ..) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin), Some(host)) => origin.split_once("://").is_none_or(|(_, from)| from != host),
        (None, Some(_), None) => true,
        (None, None, _) => *method != Method::POST,
    }
}

/// The address without the language, so that links back don't carry it on.
fn address(uri: &Uri) -> String {
    let kept: Vec<&str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
        .collect();
    if kept.is_empty() { uri.path().to_owned() } else { format!("{}?{}", uri.path(), kept.join("&")) }
}

fn query_value(uri: &Uri, key: &str) -> Option<String> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| *name == key).map(|(_, value)| value.to_owned()).next()
}

/// A page that an address of ours may lead back to; anything else leads home.
pub fn own_address(next: &str) -> &str {
    let own = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\n', '\r']) && next.is_ascii();
    if own { next } else { routes::HOME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_addresses_are_followed() {
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "evil", ""] {
            assert_eq!(own_address(bad), "/", "{bad}");
        }
        assert_eq!(own_address("/findings?rule=R13"), "/findings?rule=R13");
    }

    #[test]
    fn a_foreign_post_is_known() {
        let check = |pairs: &[(&'static str, &'static str)], foreign: bool| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(is_foreign(&Method::POST, &headers), foreign, "{pairs:?}");
        };
        check(&[("sec-fetch-site", "same-origin"), ("host", "a")], false);
        check(&[("sec-fetch-site", "cross-site"), ("host", "a")], true);
        check(&[("sec-fetch-site", "same-site"), ("host", "a")], true);
        check(&[("origin", "http://a:8080"), ("host", "a:8080")], false);
        check(&[("origin", "http://b"), ("host", "a")], true);
        check(&[("origin", "null"), ("host", "a")], true);
        check(&[("host", "a")], false);
    }
}
