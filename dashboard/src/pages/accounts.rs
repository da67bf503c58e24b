//! Who may log in: for the administrator, who sees no figures.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use crate::accounts::{Account, Role};
use crate::pages::fault::Fault;
use crate::pages::layout::{Frame, page, role_key};
use crate::visit::{App, Visitor};

/// What the page shows.
struct AccountsPage {
    frame: Frame,
    accounts: Vec<Account>,
}

/// `/accounts`
pub async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Result<Markup, Fault> {
    match visitor.session.as_ref().map(|session| session.account.role) {
        Some(Role::Admin) => {}
        Some(_) => return Err(Fault::NotHere),
        None => return Err(Fault::LogIn { next: visitor.address }),
    }
    let accounts = app.accounts.clone();
    let accounts = tokio::task::spawn_blocking(move || accounts.list()).await??;
    Ok(AccountsPage { frame: visitor.frame(&app), accounts }.template())
}

impl AccountsPage {
    fn template(&self) -> Markup {
        let t = |key| self.frame.lang.say(key);
        page(
            &self.frame,
            t("nav.accounts"),
            html! {
                h1 { (t("nav.accounts")) }
                p.dek { (t("accounts.dek")) }
                div.scroll tabindex="0" {
                    table {
                        thead {
                            tr {
                                th { (t("log_in.name")) }
                                th { (t("accounts.role")) }
                                th { (t("accounts.unit")) }
                                th { (t("accounts.state")) }
                            }
                        }
                        tbody {
                            @for account in &self.accounts {
                                tr {
                                    th scope="row" { (account.name) }
                                    td { (t(role_key(account.role))) }
                                    td { (account.unit) }
                                    td { (t(if account.disabled { "accounts.disabled" } else { "accounts.active" })) }
                                }
                            }
                        }
                    }
                }
            },
        )
    }
}
