//! One's own password: changed when one likes, and at once where somebody else gave it.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::accounts::{LONGEST_SECONDS, LogIn};
use crate::error::DashboardError;
use crate::pages::fault::Fault;
use crate::pages::layout::{Frame, page};
use crate::password::{LEAST, MOST};
use crate::routes;
use crate::visit::{App, SESSION_COOKIE, Visitor};

/// What the page shows.
struct PasswordPage {
    frame: Frame,
    complaint: Option<String>,
    must: bool,
}

/// The form as it was sent.
#[derive(Deserialize)]
pub struct Change {
    form_token: String,
    old: String,
    new: String,
    again: String,
}

/// `GET /password`
pub async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Result<Markup, Fault> {
    let Some(session) = &visitor.session else { return Err(Fault::LogIn { next: visitor.address }) };
    let must = session.account.must_change;
    Ok(PasswordPage { frame: visitor.frame(&app), complaint: None, must }.template())
}

/// `POST /password`
pub async fn change(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(sent): Form<Change>,
) -> Result<Response, Fault> {
    let Some(session) = visitor.session.clone() else { return Err(Fault::LogIn { next: visitor.address }) };
    visitor.check(&sent.form_token)?;
    let account = session.account;
    let lang = visitor.lang;
    let again = |complaint: String| {
        let page = PasswordPage { frame: visitor.frame(&app), complaint: Some(complaint), must: account.must_change };
        Ok(page.template().into_response())
    };
    if sent.new != sent.again {
        return again(lang.say("password.differ").to_owned());
    }
    if sent.new == sent.old {
        return again(lang.say("password.same").to_owned());
    }
    let changed = {
        let _turn = app.hashing.acquire().await.expect("the semaphore is never closed");
        let (accounts, name, old, new) = (app.accounts.clone(), account.name.clone(), sent.old, sent.new);
        tokio::task::spawn_blocking(move || -> Result<Option<LogIn>, DashboardError> {
            if !accounts.knows(&name, &old)? {
                return Ok(None);
            }
            accounts.set_password(&name, &new)?;
            // All log-ins ended with the old password; this one goes on under a new id.
            accounts.log_in(&name, &new).map(Some)
        })
        .await?
    };
    match changed {
        Ok(Some(LogIn::Granted(token))) => {
            app.desk.audit.record(&account.name, "password", &account.name, "own").await?;
            let mut response = Redirect::to(routes::HOME).into_response();
            response.headers_mut().append(SET_COOKIE, app.cookie(SESSION_COOKIE, &token, LONGEST_SECONDS));
            Ok(response)
        }
        Ok(_) => again(lang.say("password.wrong").to_owned()),
        Err(DashboardError::Password { .. }) => {
            again(lang.with("password.length", &[&LEAST.to_string(), &MOST.to_string()]))
        }
        Err(error) => Err(error.into()),
    }
}

impl PasswordPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        page(
            &self.frame,
            t("password.title"),
            html! {
                section.log-in {
                    h1 { (t("password.title")) }
                    p.dek { (t(if self.must { "password.must" } else { "password.dek" })) }
                    @if let Some(complaint) = &self.complaint { p.complaint role="alert" { (complaint) } }
                    form method="post" action=(routes::PASSWORD) {
                        input type="hidden" name="form_token" value=(self.frame.form_token);
                        label for="old" { (t("password.old")) }
                        input #old name="old" type="password" autocomplete="current-password" required autofocus;
                        label for="new" { (lang.with("password.new", &[&LEAST.to_string()])) }
                        input #new name="new" type="password" autocomplete="new-password" minlength=(LEAST) maxlength=(MOST) required;
                        label for="again" { (t("password.again")) }
                        input #again name="again" type="password" autocomplete="new-password" minlength=(LEAST) maxlength=(MOST) required;
                        button.button type="submit" { (t("password.change")) }
                    }
                    @if !self.must { p.small { a href=(routes::TOKENS) { (t("tokens.title")) } } }
                }
            },
        )
    }
}
