//! What is counted, for a program that watches the server.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, FORWARDED};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::metrics::Now;
use crate::pages::fault::Fault;
use crate::visit::App;

/// `/metrics`: for the machine's own network. What came through a proxy came from outside, and gets nothing.
pub async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Fault> {
    if headers.contains_key(FORWARDED) || headers.contains_key("x-forwarded-for") || headers.contains_key("x-real-ip") {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    let accounts = app.accounts.clone();
    let sessions = tokio::task::spawn_blocking(move || accounts.sessions()).await??;
    let state = app.desk.publisher.state().borrow().clone();
    let release = app.releases.shown().unwrap_or_default();
    let now = Now { release, made: state.made, has_failed: state.has_failed, revision: app.desk.revision(), sessions };
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.desk.metrics.render(now)).into_response())
}
