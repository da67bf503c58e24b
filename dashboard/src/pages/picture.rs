//! A chart of a page as a picture: the page is made as ever, for whoever asks, and the chart is cut out of it.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::charts::picture::{NoPicture, alone, find, png};
use crate::error::DashboardError;
use crate::pages::download::download;
use crate::pages::fault::Fault;
use crate::visit::{App, Visitor};

/// Which picture is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    chart: String,
    #[serde(rename = "as")]
    form: String,
}

/// Stands around the handlers; lets everything pass but a page of which a chart is asked for.
pub async fn cut(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let wanted = Query::<Wanted>::try_from_uri(request.uri()).map(|Query(wanted)| wanted).unwrap_or_default();
    let visitor = request.extensions().get::<Visitor>().cloned();
    let (false, Some(visitor)) = (wanted.chart.is_empty(), visitor) else { return next.run(request).await };
    let response = next.run(request).await;
    let is_page = response.status() == StatusCode::OK
        && response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_page {
        return response;
    }
    picture(&app, &visitor, &wanted, response).await.unwrap_or_else(IntoResponse::into_response)
}

async fn picture(app: &App, visitor: &Visitor, wanted: &Wanted, page: Response) -> Result<Response, Fault> {
    let body = to_bytes(page.into_body(), usize::MAX).await.map_err(|error| broken(std::io::Error::other(error)))?;
    let (svg, title) = find(&String::from_utf8_lossy(&body), &wanted.chart).ok_or(Fault::NotHere)?;
    let pinned = app.releases.current().await?.ok_or(Fault::NoRelease)?;
    let (number, today) = (pinned.edition.number.to_string(), pinned.edition.today);
    let lang = visitor.lang;
    let below = lang.with("given.below", &[&number, &today.to_string()]);
    let svg = alone(&svg, &title, &below).ok_or(Fault::NotHere)?;
    let by_whom = visitor.session.as_ref().map(|session| session.account.name.clone()).unwrap_or_default();
    let address = visitor.address.split('?').next().unwrap_or_default();
    let subject = format!("{address} {title}");
    let record = app.desk.audit.record(&by_whom, "export", &subject, &wanted.form);
    let name = format!("{}.{}", lang.with("given.picture", &[&title, &number]), wanted.form);
    match wanted.form.as_str() {
        "svg" => {
            record.await?;
            Ok(download(&name, svg))
        }
        "png" => {
            let drawn = tokio::task::spawn_blocking(move || png(&svg)).await.map_err(DashboardError::from)?;
            let why = |key: &str| Fault::Refused { why: lang.say(key).to_owned(), back: address.to_owned() };
            let drawn = drawn.map_err(|no| match no {
                NoPicture::Font => why("given.no_font"),
                NoPicture::Broken => why("given.broken"),
                NoPicture::Left => why("given.left"),
            })?;
            record.await?;
            Ok(download(&name, drawn))
        }
        _ => Err(Fault::NotHere),
    }
}

fn broken(error: std::io::Error) -> Fault {
    Fault::Broken(DashboardError::Server(error))
}
