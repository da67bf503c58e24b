//! One's own tokens for the API: made here, shown once, and ended here.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::accounts::tokens::{
    DEFAULT_DAYS, LONGEST_LABEL, MOST_DAYS, MOST_TOKENS, NewToken, Reach, Token, TokenFault, day,
};
use crate::accounts::{Account, Role};
use crate::error::DashboardError;
use crate::pages::fault::Fault;
use crate::pages::layout::{Frame, page};
use crate::routes;
use crate::visit::{App, Visitor};
use crate::words::Lang;

/// What the page shows.
struct TokensPage {
    frame: Frame,
    account: Account,
    tokens: Vec<Token>,
    /// A token that was made just now; it is shown this once.
    made: Option<String>,
    complaint: Option<String>,
}

/// A token to make, as the form tells it.
#[derive(Deserialize)]
pub struct Adding {
    form_token: String,
    label: String,
    days: String,
    reach: String,
    #[serde(default)]
    unit: String,
}

/// A token to end.
#[derive(Deserialize)]
pub struct Ending {
    form_token: String,
    id: String,
}

/// `GET /tokens`
pub async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Result<Markup, Fault> {
    shown(&app, &visitor, None, None).await
}

async fn shown(app: &App, visitor: &Visitor, made: Option<String>, complaint: Option<String>) -> Result<Markup, Fault> {
    let account = own(visitor)?;
    let (accounts, name) = (app.accounts.clone(), account.name.clone());
    let tokens = tokio::task::spawn_blocking(move || accounts.tokens(Some(&name))).await??;
    // The page also answers forms, whose addresses are none to come back to.
    let frame = Frame { address: routes::TOKENS.to_owned(), ..visitor.frame(app) };
    Ok(TokensPage { frame, account, tokens, made, complaint }.template())
}

fn own(visitor: &Visitor) -> Result<Account, Fault> {
    let session = visitor.session.as_ref();
    session.map(|session| session.account.clone()).ok_or_else(|| Fault::LogIn { next: visitor.address.clone() })
}

/// `POST /tokens`
pub async fn add(State(app): State<Arc<App>>, visitor: Visitor, Form(sent): Form<Adding>) -> Result<Response, Fault> {
    let account = own(&visitor)?;
    visitor.check(&sent.form_token)?;
    let made = make(&app, &account, sent).await;
    match made {
        Ok((token, secret)) => {
            app.desk.audit.record(&account.name, "token", &account.name, &format!("add {}", token.told())).await?;
            Ok(shown(&app, &visitor, Some(secret), None).await?.into_response())
        }
        Err(DashboardError::Token(fault)) => {
            let page = shown(&app, &visitor, None, Some(told(&fault, visitor.lang))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn make(app: &App, account: &Account, sent: Adding) -> Result<(Token, String), DashboardError> {
    let days = sent.days.trim().parse().unwrap_or(0);
    let new =
        NewToken { name: account.name.clone(), label: sent.label, unit: sent.unit, reach: sent.reach.parse()?, days };
    let accounts = app.accounts.clone();
    tokio::task::spawn_blocking(move || accounts.add_token(&new)).await?
}

/// `POST /tokens/revoke`
pub async fn revoke(State(app): State<Arc<App>>, visitor: Visitor, Form(sent): Form<Ending>) -> Result<Markup, Fault> {
    let account = own(&visitor)?;
    visitor.check(&sent.form_token)?;
    let (accounts, name) = (app.accounts.clone(), account.name.clone());
    let ended = tokio::task::spawn_blocking(move || accounts.revoke_token(&sent.id, Some(&name))).await?;
    match ended {
        Ok(token) => {
            app.desk.audit.record(&account.name, "token", &account.name, &format!("revoke {}", token.told())).await?;
            shown(&app, &visitor, None, None).await
        }
        Err(DashboardError::Token(_)) => Err(Fault::NotHere),
        Err(error) => Err(error.into()),
    }
}

/// What is wrong, in the visitor's words.
fn told(fault: &TokenFault, lang: Lang) -> String {
    match fault {
        TokenFault::Days(_) => lang.with("tokens.bad_days", &[&MOST_DAYS.to_string()]),
        TokenFault::Label => lang.with("tokens.bad_label", &[&LONGEST_LABEL.to_string()]),
        TokenFault::Unit { unit, .. } => lang.with("tokens.bad_unit", &[unit]),
        TokenFault::TooMany(_) => lang.with("tokens.too_many", &[&MOST_TOKENS.to_string()]),
        TokenFault::Reach(_) | TokenFault::Gone(_) => lang.say("tokens.bad_reach").to_owned(),
    }
}

fn reach_key(reach: Reach) -> &'static str {
    match reach {
        Reach::All => "tokens.reach.all",
        Reach::Figures => "tokens.reach.figures",
        Reach::Findings => "tokens.reach.findings",
    }
}

impl TokensPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        page(
            &self.frame,
            t("tokens.title"),
            html! {
                header.head {
                    h1 { (t("tokens.title")) }
                    p.dek { (t("tokens.dek")) " " a href=(routes::API) { (t("api.title")) } }
                    @if let Some(complaint) = &self.complaint { p.complaint role="alert" { (complaint) } }
                    @if let Some(secret) = &self.made {
                        div.made role="status" {
                            p { (t("tokens.made")) }
                            p.file { code { (secret) } }
                            p.small { (t("tokens.made.dek")) }
                        }
                    }
                }
                section {
                    h2 { (t("tokens.own")) }
                    @if self.tokens.is_empty() { p.empty { (t("tokens.none")) } } @else { (self.table()) }
                }
                (self.adding())
            },
        )
    }

    fn table(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        html! {
            div.scroll tabindex="0" {
                table {
                    thead {
                        tr {
                            th { (t("tokens.label")) }
                            th.number { (t("tokens.until")) }
                            th { (t("accounts.state")) }
                            th { (t("tokens.reach")) }
                            th { (t("accounts.unit")) }
                            th.number { (t("tokens.used")) }
                            th.number { (t("tokens.made_on")) }
                            th { (t("tokens.id")) }
                        }
                    }
                    tbody { @for token in &self.tokens { tr class=[(!token.is_in_force()).then_some("ended")] {
                        th scope="row" { (token.label) }
                        td.number { (day(token.expires_at)) }
                        td.do {
                            @if token.revoked_at.is_some() { (t("tokens.revoked")) }
                            @else if !token.is_in_force() { (t("tokens.ended")) }
                            @else {
                                form method="post" action=(routes::tokens_revoke()) {
                                    input type="hidden" name="form_token" value=(self.frame.form_token);
                                    input type="hidden" name="id" value=(token.id);
                                    button type="submit" aria-label={ (t("tokens.revoke")) " " (token.label) } { (t("tokens.revoke")) }
                                }
                            }
                        }
                        td.nowrap { (t(reach_key(token.reach))) }
                        td { (token.unit) }
                        td.number { @match token.used_at { Some(at) => (day(at)), None => (t("tokens.never")) } }
                        td.number { (day(token.made_at)) }
                        td { code { (token.id) } }
                    } } }
                }
            }
        }
    }

    fn adding(&self) -> Markup {
        let t = |key| self.frame.lang.say(key);
        let unit = match self.account.role {
            Role::City => Some("tokens.unit.city"),
            Role::District => Some("tokens.unit.district"),
            Role::Inspector => Some("tokens.unit.inspector"),
            Role::School | Role::Admin => None,
        };
        html! {
            section {
                h2 { (t("tokens.add")) }
                form.filter method="post" action=(routes::TOKENS) {
                    input type="hidden" name="form_token" value=(self.frame.form_token);
                    div { label for="label" { (t("tokens.label")) } input #label name="label" required maxlength=(LONGEST_LABEL); }
                    div {
                        label for="days" { (t("tokens.days")) }
                        input #days name="days" type="number" min="1" max=(MOST_DAYS) value=(DEFAULT_DAYS) required;
                    }
                    div { label for="reach" { (t("tokens.reach")) } select #reach name="reach" {
                        @for reach in Reach::ALL { option value=(reach.name()) { (t(reach_key(reach))) } }
                    } }
                    @if let Some(key) = unit {
                        div { label for="unit" { (t(key)) } input #unit name="unit" placeholder=(self.account.unit); }
                    }
                    button.button type="submit" { (t("tokens.add")) }
                }
            }
        }
    }
}
