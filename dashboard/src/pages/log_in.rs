//! Logging in and out.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::accounts::{LONGEST_SECONDS, LogIn};
use crate::format;
use crate::pages::fault::Fault;
use crate::pages::layout::{Frame, page};
use crate::password;
use crate::routes;
use crate::visit::{App, Asked, FORM_COOKIE, SESSION_COOKIE, Visitor, own_address};

/// What the log-in form shows.
struct LogInPage<'a> {
    frame: &'a Frame,
    token: &'a str,
    next: &'a str,
    name: &'a str,
    complaint: Option<String>,
}

/// Where to go after the log-in.
#[derive(Debug, Default, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// The form as it was sent.
#[derive(Deserialize)]
pub struct Credentials {
    name: String,
    password: String,
    form_token: String,
    #[serde(default)]
    next: String,
}

/// The log-out form as it was sent.
#[derive(Deserialize)]
pub struct Leaving {
    form_token: String,
}

/// Seconds for which the form may stay open.
const FORM_SECONDS: i64 = 3600;

/// `GET /login`
pub async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Asked(Next { next }): Asked<Next>,
) -> Result<Response, Fault> {
    if visitor.session.is_some() {
        return Ok(Redirect::to(own_address(&next)).into_response());
    }
    let frame = visitor.frame(&app);
    form(&app, &LogInPage { frame: &frame, token: "", next: &next, name: "", complaint: None }, StatusCode::OK)
}

/// `POST /login`
pub async fn enter(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    sent: Result<Form<Credentials>, FormRejection>,
) -> Result<Response, Fault> {
    let Ok(Form(sent)) = sent else { return Err(Fault::Forged) };
    let known = visitor.form_cookie.as_deref().is_some_and(|cookie| password::same(cookie, &sent.form_token));
    if !known {
        return Err(Fault::Forged);
    }
    let outcome = {
        let _turn = app.hashing.acquire().await.expect("the semaphore is never closed");
        let (accounts, name, password) = (app.accounts.clone(), sent.name.clone(), sent.password);
        tokio::task::spawn_blocking(move || accounts.log_in(&name, &password)).await??
    };
    let frame = visitor.frame(&app);
    let again = |complaint: String, status| {
        form(
            &app,
            &LogInPage { frame: &frame, token: "", next: &sent.next, name: &sent.name, complaint: Some(complaint) },
            status,
        )
    };
    match outcome {
        LogIn::Granted(token) => {
            app.desk.audit.record(&sent.name.trim().to_lowercase(), "log_in", "", "").await?;
            // A log-in that the browser still had ends with the new one.
            if let Some(before) = visitor.token {
                let accounts = app.accounts.clone();
                tokio::task::spawn_blocking(move || accounts.log_out(&before)).await??;
            }
            let mut response = Redirect::to(own_address(&sent.next)).into_response();
            response.headers_mut().append(SET_COOKIE, app.cookie(SESSION_COOKIE, &token, LONGEST_SECONDS));
            response.headers_mut().append(SET_COOKIE, app.cookie(FORM_COOKIE, "", 0));
            Ok(response)
        }
        LogIn::Refused => {
            app.refusals.note(&app, &sent.name);
            again(frame.lang.say("log_in.refused").to_owned(), StatusCode::UNAUTHORIZED)
        }
        LogIn::Wait(seconds) => {
            again(frame.lang.with("log_in.wait", &[&format::whole(seconds)]), StatusCode::TOO_MANY_REQUESTS)
        }
    }
}

/// `POST /logout`
pub async fn leave(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    sent: Result<Form<Leaving>, FormRejection>,
) -> Result<Response, Fault> {
    let Ok(Form(sent)) = sent else { return Err(Fault::Forged) };
    let (Some(session), Some(token)) = (visitor.session, visitor.token) else {
        return Ok(Redirect::to(routes::LOG_IN).into_response());
    };
    if !password::same(&session.form_token, &sent.form_token) {
        return Err(Fault::Forged);
    }
    let accounts = app.accounts.clone();
    tokio::task::spawn_blocking(move || accounts.log_out(&token)).await??;
    let mut response = Redirect::to(routes::LOG_IN).into_response();
    response.headers_mut().append(SET_COOKIE, app.cookie(SESSION_COOKIE, "", 0));
    Ok(response)
}

/// The form with a token of its own, in the page and in a cookie: another site can read neither.
fn form(app: &App, shown: &LogInPage<'_>, status: StatusCode) -> Result<Response, Fault> {
    let token = password::token()?;
    let markup = LogInPage { token: &token, complaint: shown.complaint.clone(), ..*shown }.template();
    let mut response = (status, markup).into_response();
    response.headers_mut().append(SET_COOKIE, app.cookie(FORM_COOKIE, &token, FORM_SECONDS));
    Ok(response)
}

impl LogInPage<'_> {
    fn template(&self) -> Markup {
        let t = |key| self.frame.lang.say(key);
        page(
            self.frame,
            t("log_in.title"),
            html! {
                section.log-in {
                    h1 { (t("log_in.title")) }
                    p.dek { (t("log_in.dek")) }
                    @if let Some(complaint) = &self.complaint { p.complaint role="alert" { (complaint) } }
                    form method="post" action=(routes::LOG_IN) {
                        input type="hidden" name="form_token" value=(self.token);
                        input type="hidden" name="next" value=(self.next);
                        label for="name" { (t("log_in.name")) }
                        input #name name="name" value=(self.name) autocomplete="username" autocapitalize="none" required autofocus;
                        label for="password" { (t("log_in.password")) }
                        input #password name="password" type="password" autocomplete="current-password" required;
                        button.button type="submit" { (t("log_in.enter")) }
                    }
                    p.small { (t("log_in.help")) }
                    p { a href=(routes::PUBLIC) { (t("log_in.public")) } }
                }
            },
        )
    }
}
