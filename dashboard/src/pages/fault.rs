//! Pages for what went wrong: each says what happened and what to do.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::error::DashboardError;
use crate::explain::fault::ExplainError;
use crate::pages::layout::{Frame, page};
use crate::routes;

/// Why there is no page.
#[derive(Debug)]
pub enum Fault {
    /// Nobody is logged in.
    LogIn {
        /// Where they wanted to go.
        next: String,
    },
    /// There is no such page, or not for this visitor; which of the two is not told.
    NotHere,
    /// Nothing was computed yet.
    NoRelease,
    /// A form came from elsewhere, or after its log-in ended.
    Forged,
    /// What was asked for can't be done, for a reason that the visitor can act on.
    Refused {
        /// The reason, in the visitor's language.
        why: String,
        /// Where to try again.
        back: String,
    },
    /// The answer took too long.
    Slow,
    /// The system is broken.
    Broken(DashboardError),
}

impl<E: Into<DashboardError>> From<E> for Fault {
    fn from(error: E) -> Fault {
        Fault::Broken(error.into())
    }
}

impl From<ExplainError> for Fault {
    fn from(error: ExplainError) -> Fault {
        match error {
            ExplainError::Unknown { .. } => Fault::NotHere,
            ExplainError::Dashboard(error) => Fault::Broken(error),
            ExplainError::Transform(error) => Fault::Broken(error.into()),
            ExplainError::Warehouse(error) => Fault::Broken(error.into()),
        }
    }
}

impl IntoResponse for Fault {
    /// Only marks the answer: `visit` knows the visitor and makes the page.
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The answer to a fault.
pub fn answer(fault: &Fault, frame: &Frame) -> Response {
    let (status, key) = match fault {
        Fault::LogIn { next } => return Redirect::to(&routes::with(routes::LOG_IN, &[("next", next)])).into_response(),
        Fault::NotHere => (StatusCode::NOT_FOUND, "not_here"),
        Fault::Refused { why, back } => {
            return (StatusCode::UNPROCESSABLE_ENTITY, refused(frame, why, back)).into_response();
        }
        Fault::NoRelease => (StatusCode::OK, "no_release"),
        Fault::Forged => (StatusCode::FORBIDDEN, "forged"),
        Fault::Slow => (StatusCode::SERVICE_UNAVAILABLE, "slow"),
        Fault::Broken(error) => {
            tracing::error!(%error, address = %frame.address, "a page failed");
            match warehouse::error::is_disk_full(error) {
                true => (StatusCode::INSUFFICIENT_STORAGE, "full"),
                false => (StatusCode::INTERNAL_SERVER_ERROR, "broken"),
            }
        }
    };
    (status, template(frame, key)).into_response()
}

fn template(frame: &Frame, key: &str) -> Markup {
    let t = |part: &str| frame.lang.say(&format!("fault.{key}.{part}"));
    page(
        frame,
        t("title"),
        html! {
            section.fault {
                h1 { (t("title")) }
                p { (t("why")) }
                p { (t("do")) }
                p { a.button href=(routes::HOME) { (frame.lang.say("fault.home")) } }
            }
        },
    )
}

fn refused(frame: &Frame, why: &str, back: &str) -> Markup {
    let t = |key| frame.lang.say(key);
    // A form's own address is none to come back to, in another language or otherwise.
    let frame = &Frame { address: back.to_owned(), ..frame.clone() };
    page(
        frame,
        t("fault.refused.title"),
        html! {
            section.fault {
                h1 { (t("fault.refused.title")) }
                @for line in why.lines() { p.complaint role="alert" { (line) } }
                p { (t("fault.refused.do")) }
                p { a.button href=(back) { (t("fault.refused.back")) } }
            }
        },
    )
}

/// Any address that no route knows.
pub async fn nowhere() -> Fault {
    Fault::NotHere
}

/// A programmer's mistake ends one request, not the server. What was paniced with may hold data, so it isn't shown.
pub fn panicked(_panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Fault::Broken(DashboardError::Server(std::io::Error::other("a handler panicked"))).into_response()
}
