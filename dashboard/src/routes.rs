//! Every address of the dashboard: the only place that knows URLs.

use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{DefaultBodyLimit, RawPathParams, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use axum::{Router, middleware};
use sha2::{Digest, Sha256};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::api::{self, Resource, resources};
use crate::cache;
use crate::desk::uploads::MOST_BYTES;
use crate::pages::{
    accounts, catalogue, city, described, district, duties, entry, evaluation, fault, figure, finding, findings, home,
    indicator, log_in, metrics, official, own_password, picture, printed, public, reports, school, steps, template,
    tokens, upload,
};
use crate::visit::{App, visit};

/// Leads each role to its first page.
pub const HOME: &str = "/";
/// The log-in form.
pub const LOG_IN: &str = "/login";
/// Ends a log-in.
pub const LOG_OUT: &str = "/logout";
/// The whole city.
pub const CITY: &str = "/city";
/// What anybody may see.
pub const PUBLIC: &str = "/public";
/// The public's figures as a file.
pub const PUBLIC_FIGURES: &str = "/public/figures.csv";
/// The findings.
pub const FINDINGS: &str = "/findings";
/// What indicators and rules mean.
pub const CATALOGUE: &str = "/catalogue";
/// Who may log in.
pub const ACCOUNTS: &str = "/accounts";
/// Sending files.
pub const UPLOAD: &str = "/upload";
/// A workbook to fill in.
pub const TEMPLATE: &str = "/template";
/// Notifies several findings.
pub const NOTIFY: &str = "/findings/notify";
/// Changes one's own password.
pub const PASSWORD: &str = "/password";
/// What was published, and what of it is official.
pub const RELEASES: &str = "/releases";
/// What differs between two releases.
pub const DIFFERENCE: &str = "/difference";
/// What the API has, for people.
pub const API: &str = "/api";
/// One's own tokens for the API.
pub const TOKENS: &str = "/tokens";
/// The API's description.
pub const API_DESCRIPTION: &str = "/api/v1/openapi.json";
/// The units in sight.
pub const API_UNITS: &str = "/api/v1/units";
const TOKENS_REVOKE: &str = "/tokens/revoke";
const API_REST: &str = "/api/{*rest}";
const PUBLIC_DISTRICT: &str = "/public/district/{code}";
const PUBLIC_SCHOOL: &str = "/public/school/{id}";
const PUBLIC_SPENDING: &str = "/public/school/{id}/spending.csv";
const DUTIES: &str = "/district/{code}/duties";
const REMINDERS: &str = "/district/{code}/reminders.csv";
const UPLOAD_ONE: &str = "/upload/{id}";
const UPLOAD_EVENTS: &str = "/upload/{id}/events";
const UPLOAD_RETURNED: &str = "/upload/{id}/returned/{n}";
const FINDING_STEP: &str = "/finding/{id}/step";
const ACCOUNTS_RESET: &str = "/accounts/reset";
const ACCOUNTS_DISABLE: &str = "/accounts/disable";
const ACCOUNTS_LIST: &str = "/accounts/list";
const METRICS: &str = "/metrics";
const SCRIPT: &str = "/assets/upload.js";
const DISTRICT: &str = "/district/{code}";
const SCHOOL: &str = "/school/{id}";
const FINDING: &str = "/finding/{id}";
const INDICATOR: &str = "/indicator/{code}";
/// How the districts stand to each other.
pub const EVALUATION: &str = "/evaluation";
const REPORTS: &str = "/district/{code}/reports";
const PRINTED: &str = "/report/{unit}";
const PRINTED_PDF: &str = "/report/{unit}/report.pdf";
const FIGURE: &str = "/figure/{code}/{unit}/{period}";
const ENTRY: &str = "/catalogue/{kind}/{name}";
const HEALTH: &str = "/healthz";
const STYLE: &str = "/assets/style.css";
const ICON: &str = "/assets/icon.svg";

/// What programs may ask for. Each is read alone, and told in the API's description.
pub const RESOURCES: [(&str, &Resource); 23] = [
    (API_DESCRIPTION, &resources::DESCRIPTION),
    ("/api/v1/releases", &resources::releases::LIST),
    ("/api/v1/releases/current", &resources::releases::CURRENT),
    ("/api/v1/releases/{release}", &resources::releases::ONE),
    (API_UNITS, &resources::units::UNITS),
    ("/api/v1/units/{unit}", &resources::units::ONE),
    ("/api/v1/values", &resources::figures::VALUES),
    ("/api/v1/scores", &resources::figures::SCORES),
    ("/api/v1/figures/{indicator}/{unit}/{period}/explanation", &resources::explained::FIGURE),
    ("/api/v1/findings", &resources::findings::LIST),
    ("/api/v1/findings/{finding}", &resources::findings::ONE),
    ("/api/v1/findings/{finding}/evidence", &resources::findings::PROOF),
    ("/api/v1/findings/{finding}/explanation", &resources::explained::OF_FINDING),
    ("/api/v1/slices", &resources::sent::SLICES),
    ("/api/v1/submissions", &resources::sent::SUBMISSIONS),
    ("/api/v1/submissions/{submission}", &resources::sent::ONE),
    ("/api/v1/submissions/{submission}/issues", &resources::sent::ISSUES),
    ("/api/v1/indicators", &resources::catalogue::INDICATORS),
    ("/api/v1/indicators/{indicator}", &resources::catalogue::ONE_INDICATOR),
    ("/api/v1/rules", &resources::catalogue::RULES),
    ("/api/v1/rules/{rule}", &resources::catalogue::ONE_RULE),
    ("/api/v1/forms", &resources::catalogue::FORMS),
    ("/api/v1/forms/{form}", &resources::catalogue::ONE_FORM),
];

/// Bytes of a form's answer; the log-in form is the largest.
const LARGEST_FORM: usize = 64 * 1024;
/// Bytes of an upload with what stands around its files.
const LARGEST_UPLOAD: usize = MOST_BYTES + (1 << 20);
/// Bytes of a list of accounts.
const LARGEST_LIST: usize = 4 << 20;

/// Pages that show a unit's data, for the test that walks them with every role and another's unit.
#[cfg(test)]
pub const PAGES: [&str; 17] = [
    CITY, DISTRICT, SCHOOL, FINDINGS, FINDING, INDICATOR, CATALOGUE, ACCOUNTS, EVALUATION, REPORTS, PRINTED, FIGURE,
    ENTRY, UPLOAD, RELEASES, DUTIES, REMINDERS,
];

/// What needs no log-in, for the test that walks it as everybody: it shows the public's tables and no other.
#[cfg(test)]
pub const OPEN: [&str; 5] = [PUBLIC, PUBLIC_DISTRICT, PUBLIC_SCHOOL, PUBLIC_FIGURES, PUBLIC_SPENDING];

/// Pages that may be given out again as they were made: they show the release, and what `App::pages` is told of.
pub const KEPT: [&str; 15] = [
    CITY,
    DISTRICT,
    SCHOOL,
    FINDINGS,
    FINDING,
    INDICATOR,
    CATALOGUE,
    EVALUATION,
    REPORTS,
    PRINTED,
    FIGURE,
    ENTRY,
    PUBLIC,
    PUBLIC_DISTRICT,
    PUBLIC_SCHOOL,
];

/// Those that are kept for visitors without a log-in too.
pub const KEPT_OPEN: [&str; 3] = [PUBLIC, PUBLIC_DISTRICT, PUBLIC_SCHOOL];

/// Routes that take something, or show what only a visitor's own work made; tests of their own try them.
#[cfg(test)]
pub const WORKED: [&str; 15] = [
    PRINTED_PDF,
    TOKENS,
    TOKENS_REVOKE,
    UPLOAD_ONE,
    UPLOAD_EVENTS,
    UPLOAD_RETURNED,
    TEMPLATE,
    FINDING_STEP,
    NOTIFY,
    PASSWORD,
    ACCOUNTS_RESET,
    ACCOUNTS_DISABLE,
    ACCOUNTS_LIST,
    DIFFERENCE,
    METRICS,
];

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route(HOME, get(home::show))
        .route(LOG_IN, get(log_in::show).post(log_in::enter))
        .route(LOG_OUT, post(log_in::leave))
        .route(PUBLIC, get(public::overview::show))
        .route(PUBLIC_DISTRICT, get(public::district::show))
        .route(PUBLIC_SCHOOL, get(public::school::show))
        .route(PUBLIC_FIGURES, get(public::files::figures))
        .route(PUBLIC_SPENDING, get(public::files::spending))
        .route(CITY, get(city::show))
        .route(DISTRICT, get(district::show))
        .route(SCHOOL, get(school::show))
        .route(FINDINGS, get(findings::show))
        .route(FINDING, get(finding::show))
        .route(INDICATOR, get(indicator::show))
        .route(CATALOGUE, get(catalogue::show))
        .route(ACCOUNTS, get(accounts::show).post(accounts::add))
        .route(EVALUATION, get(evaluation::show))
        .route(REPORTS, get(reports::show))
        .route(PRINTED, get(printed::show))
        .route(PRINTED_PDF, get(printed::pdf))
        .route(FIGURE, get(figure::show))
        .route(ENTRY, get(entry::show))
        .route(UPLOAD, get(upload::show).post(upload::receive).layer(DefaultBodyLimit::max(LARGEST_UPLOAD)))
        .route(UPLOAD_ONE, get(upload::show_one))
        .route(UPLOAD_EVENTS, get(upload::events))
        .route(UPLOAD_RETURNED, post(upload::returned))
        .route(TEMPLATE, get(template::template_of))
        .route(FINDING_STEP, post(steps::take_one))
        .route(NOTIFY, post(steps::notify))
        .route(PASSWORD, get(own_password::show).post(own_password::change))
        .route(ACCOUNTS_RESET, post(accounts::reset))
        .route(ACCOUNTS_DISABLE, post(accounts::disable))
        .route(ACCOUNTS_LIST, post(accounts::add_list).layer(DefaultBodyLimit::max(LARGEST_LIST)))
        .route(DUTIES, get(duties::show).post(duties::said))
        .route(REMINDERS, get(duties::reminders))
        .route(RELEASES, get(official::show).post(official::declare))
        .route(DIFFERENCE, get(official::difference))
        .route(TOKENS, get(tokens::show).post(tokens::add))
        .route(TOKENS_REVOKE, post(tokens::revoke))
        .route(API, get(described::show))
        .fallback(fault::nowhere)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(CatchPanicLayer::custom(fault::panicked))
        .layer(middleware::from_fn_with_state(app.clone(), picture::cut))
        .layer(middleware::from_fn_with_state(app.clone(), cache::keep))
        .layer(middleware::from_fn_with_state(app.clone(), visit))
        .merge(api())
        .route(HEALTH, get(|| async { "ok\n" }))
        .route(METRICS, get(metrics::show))
        .route(SCRIPT, get(|| async { asset("text/javascript; charset=utf-8", include_str!("../assets/upload.js")) }))
        .route(STYLE, get(|| async { asset("text/css; charset=utf-8", include_str!("../assets/style.css")) }))
        .route(ICON, get(|| async { asset("image/svg+xml", include_str!("../assets/icon.svg")) }))
        .layer(CompressionLayer::new())
        .with_state(app)
}

/// The API's routes. They stand beside `visit`: a token opens them, and no log-in.
fn api() -> Router<Arc<App>> {
    let mut router = Router::new();
    for (address, resource) in RESOURCES {
        let answer = move |State(app): State<Arc<App>>,
                           parts: Result<RawPathParams, RawPathParamsRejection>,
                           request: Request| { api::answer(app, resource, parts, request) };
        router = router.route(address, get(answer).fallback(api::wrong_method));
    }
    router.route(API_REST, any(api::nowhere)).layer(CatchPanicLayer::custom(api::panicked))
}

/// The style sheet's address; it changes with its content, so that a browser may keep it for ever.
pub fn style() -> &'static str {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS
        .get_or_init(|| format!("{STYLE}?{}", &hex::encode(Sha256::digest(include_str!("../assets/style.css")))[..12]))
}

/// The address of the script that enhances sending files.
pub fn script() -> &'static str {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS
        .get_or_init(|| format!("{SCRIPT}?{}", &hex::encode(Sha256::digest(include_str!("../assets/upload.js")))[..12]))
}

/// A district as the public sees it.
pub fn public_district(code: &str) -> String {
    PUBLIC_DISTRICT.replace("{code}", &encoded(code))
}

/// A school's disclosure page.
pub fn public_school(id: &str) -> String {
    PUBLIC_SCHOOL.replace("{id}", &encoded(id))
}

/// A school's spending as a file.
pub fn public_spending(id: &str) -> String {
    PUBLIC_SPENDING.replace("{id}", &encoded(id))
}

/// Who owes what in a district, and what is confirmed.
pub fn duties(code: &str) -> String {
    DUTIES.replace("{code}", &encoded(code))
}

/// A district's list of reminders as a file.
pub fn reminders(code: &str) -> String {
    REMINDERS.replace("{code}", &encoded(code))
}

/// An upload's page.
pub fn upload_of(id: &str) -> String {
    UPLOAD_ONE.replace("{id}", &encoded(id))
}

/// How far an upload is, as events.
pub fn upload_events(id: &str) -> String {
    UPLOAD_EVENTS.replace("{id}", &encoded(id))
}

/// The marked file of the n-th file of an upload's report.
pub fn upload_returned(id: &str, n: usize) -> String {
    UPLOAD_RETURNED.replace("{id}", &encoded(id)).replace("{n}", &n.to_string())
}

/// Takes a step of a finding's case.
pub fn finding_step(id: &str) -> String {
    FINDING_STEP.replace("{id}", &encoded(id))
}

/// What is done to accounts.
pub fn accounts_reset() -> &'static str {
    ACCOUNTS_RESET
}

/// Ends a token of one's own.
pub fn tokens_revoke() -> &'static str {
    TOKENS_REVOKE
}

/// Closes an account.
pub fn accounts_disable() -> &'static str {
    ACCOUNTS_DISABLE
}

/// Adds accounts from a list.
pub fn accounts_list() -> &'static str {
    ACCOUNTS_LIST
}

/// The icon's address.
pub fn icon() -> &'static str {
    ICON
}

/// A district's page.
pub fn district(code: &str) -> String {
    DISTRICT.replace("{code}", &encoded(code))
}

/// A school's page.
pub fn school(id: &str) -> String {
    SCHOOL.replace("{id}", &encoded(id))
}

/// A finding's page.
pub fn finding(id: &str) -> String {
    FINDING.replace("{id}", &encoded(id))
}

/// An indicator's page.
pub fn indicator(code: &str) -> String {
    INDICATOR.replace("{code}", &encoded(code))
}

/// What a district's schools owe and sent.
pub fn reports(code: &str) -> String {
    REPORTS.replace("{code}", &encoded(code))
}

/// A unit's evaluation report as a page to print.
pub fn printed(unit: &str) -> String {
    PRINTED.replace("{unit}", &encoded(unit))
}

/// The same as PDF.
pub fn printed_pdf(unit: &str) -> String {
    PRINTED_PDF.replace("{unit}", &encoded(unit))
}

/// Where one figure comes from.
pub fn figure(code: &str, unit: &str, period: &str) -> String {
    FIGURE.replace("{code}", &encoded(code)).replace("{unit}", &encoded(unit)).replace("{period}", &encoded(period))
}

/// A form's page in the catalogue.
pub fn form(name: &str) -> String {
    ENTRY.replace("{kind}", "form").replace("{name}", &encoded(name))
}

/// A model's page in the catalogue, by its schema and table with a dot between.
pub fn model(name: &str) -> String {
    ENTRY.replace("{kind}", "model").replace("{name}", &encoded(name))
}

/// An address with a query; pairs without a value are left out.
pub fn with(address: &str, pairs: &[(&str, &str)]) -> String {
    let mut full = address.to_owned();
    for (key, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        let sign = if full.contains('?') { '&' } else { '?' };
        write!(full, "{sign}{key}={}", encoded(value)).expect("writing into a string can't fail");
    }
    full
}

/// Text as it may stand in a path or a query.
pub fn encoded(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => safe.push(char::from(byte)),
            _ => write!(safe, "%{byte:02X}").expect("writing into a string can't fail"),
        }
    }
    safe
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_walked() {
        let source = include_str!("routes.rs");
        let walked =
            source.split("pub const PAGES").nth(1).and_then(|rest| rest.split(';').nth(1)).expect("the list above");
        let named = |text: &str| -> Vec<String> {
            text.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_')
                .filter(|word| word.len() > 2)
                .map(str::to_owned)
                .collect()
        };
        let (walked, apart) =
            (named(walked), ["HOME", "LOG_IN", "LOG_OUT", "HEALTH", "STYLE", "ICON", "SCRIPT", "API", "API_REST"]);
        let worked =
            source.split("const WORKED").nth(1).and_then(|rest| rest.split(';').nth(1)).expect("the list above");
        let worked = named(worked);
        let open =
            source.split("pub const OPEN").nth(1).and_then(|rest| rest.split(';').nth(1)).expect("the list above");
        let open = named(open);
        assert!(WORKED.iter().all(|one| !PAGES.contains(one)), "a route is walked, or has a test of its own");
        let routed = source.split(".route(").skip(1).filter_map(|rest| rest.split(',').next());
        for name in routed.filter(|name| name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')) {
            assert!(
                walked.iter().chain(&worked).chain(&open).any(|one| one == name) || apart.contains(&name),
                "{name} is walked by no test of roles"
            );
        }
    }

    #[test]
    fn what_is_kept_shows_the_release_and_nothing_else() {
        let is_walked = |page: &&str| PAGES.contains(page) || OPEN.contains(page);
        assert!(KEPT.iter().all(is_walked), "a kept page is walked by every role");
        assert!(
            KEPT_OPEN.iter().all(|page| KEPT.contains(page) && OPEN.contains(page)),
            "what is kept for nobody is open"
        );
        assert!(!KEPT.contains(&ACCOUNTS) && !KEPT.contains(&LOG_IN), "accounts change without a release");
    }

    #[test]
    fn addresses_are_encoded() {
        assert_eq!(
            with(FINDINGS, &[("rule", "R13"), ("state", ""), ("school", "甲&乙")]),
            "/findings?rule=R13&school=%E7%94%B2%26%E4%B9%99"
        );
        assert_eq!(district("370402"), "/district/370402");
        assert_eq!(school("../x"), "/school/..%2Fx");
    }
}
