//! Who may log in: the administrator adds, resets and closes accounts and sees no figures; a district resets the passwords of
//! its schools. A password is shown once, to whoever made it, and is to be changed by its owner.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Form, Multipart, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::accounts::list::{FirstPassword, Person, first_passwords, people};
use crate::accounts::{Account, Role};
use crate::error::DashboardError;
use crate::pages::download::download;
use crate::pages::fault::Fault;
use crate::pages::layout::{Frame, page, role_key};
use crate::password;
use crate::routes;
use crate::scope::Scope;
use crate::visit::{App, Visitor};
use crate::words::Lang;

/// What the page shows.
struct AccountsPage {
    frame: Frame,
    is_admin: bool,
    accounts: Vec<Account>,
    /// Names of schools by their ids, for a district.
    schools: BTreeMap<String, String>,
    made: Option<FirstPassword>,
}

/// Whose accounts a visitor may look after.
enum Keeper {
    /// All.
    Admin,
    /// Those of these schools, by id and name.
    District(BTreeMap<String, String>),
}

impl Keeper {
    async fn of(app: &App, visitor: &Visitor) -> Result<Keeper, Fault> {
        match visitor.scope() {
            Scope::Admin => Ok(Keeper::Admin),
            Scope::Public => Err(Fault::LogIn { next: visitor.address.clone() }),
            Scope::District(_) => {
                let pinned = app.releases.current().await?.ok_or(Fault::NoRelease)?;
                let scoped = pinned.scoped(&visitor.scope()).await?;
                let rows = scoped.query("select school_id, school_name from marts.school", &[]).await?;
                let school =
                    |row: crate::rows::Row<'_>| (row.text("school_id").to_owned(), row.text("school_name").to_owned());
                Ok(Keeper::District(rows.iter().map(school).collect()))
            }
            Scope::City | Scope::School(_) | Scope::Inspector(_) => Err(Fault::NotHere),
        }
    }

    fn keeps(&self, account: &Account) -> bool {
        match self {
            Keeper::Admin => true,
            Keeper::District(schools) => account.role == Role::School && schools.contains_key(&account.unit),
        }
    }
}

async fn list(app: &App) -> Result<Vec<Account>, Fault> {
    let accounts = app.accounts.clone();
    Ok(tokio::task::spawn_blocking(move || accounts.list()).await??)
}

/// `GET /accounts`
pub async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Result<Markup, Fault> {
    let keeper = Keeper::of(&app, &visitor).await?;
    shown(&app, &visitor, keeper, None).await
}

async fn shown(app: &App, visitor: &Visitor, keeper: Keeper, made: Option<FirstPassword>) -> Result<Markup, Fault> {
    let mut accounts = list(app).await?;
    accounts.retain(|account| keeper.keeps(account));
    let (is_admin, schools) = match keeper {
        Keeper::Admin => (true, BTreeMap::new()),
        Keeper::District(schools) => (false, schools),
    };
    // The page also answers forms, whose addresses are none to come back to.
    let frame = Frame { address: routes::ACCOUNTS.to_owned(), ..visitor.frame(app) };
    Ok(AccountsPage { frame, is_admin, accounts, schools, made }.template())
}

/// A form that names an account.
#[derive(Debug, Deserialize)]
pub struct Named {
    form_token: String,
    name: String,
}

/// `POST /accounts/reset`: a new password, shown once.
pub async fn reset(State(app): State<Arc<App>>, visitor: Visitor, Form(sent): Form<Named>) -> Result<Markup, Fault> {
    visitor.check(&sent.form_token)?;
    let keeper = Keeper::of(&app, &visitor).await?;
    let account = kept(&app, &keeper, &sent.name).await?;
    let made =
        FirstPassword { name: account.name, role: account.role, unit: account.unit, password: password::first()? };
    {
        let _turn = app.hashing.acquire().await.expect("the semaphore is never closed");
        let (accounts, made) = (app.accounts.clone(), made.clone());
        tokio::task::spawn_blocking(move || accounts.reset_password(&made.name, &made.password)).await??;
    }
    app.desk.audit.record(&by_whom(&visitor), "account", &made.name, "reset").await?;
    shown(&app, &visitor, keeper, Some(made)).await
}

/// `POST /accounts/disable`
pub async fn disable(State(app): State<Arc<App>>, visitor: Visitor, Form(sent): Form<Named>) -> Result<Markup, Fault> {
    visitor.check(&sent.form_token)?;
    let keeper = Keeper::of(&app, &visitor).await?;
    let Keeper::Admin = keeper else { return Err(Fault::NotHere) };
    let own = by_whom(&visitor);
    let account = kept(&app, &keeper, &sent.name).await?;
    if account.name == own {
        let why = visitor.lang.say("accounts.not_yourself").to_owned();
        return Err(Fault::Refused { why, back: routes::ACCOUNTS.to_owned() });
    }
    let (accounts, name) = (app.accounts.clone(), account.name.clone());
    tokio::task::spawn_blocking(move || accounts.disable(&name)).await??;
    app.desk.audit.record(&own, "account", &account.name, "disable").await?;
    shown(&app, &visitor, keeper, None).await
}

/// The account of a name, if the visitor looks after it.
async fn kept(app: &App, keeper: &Keeper, name: &str) -> Result<Account, Fault> {
    let found = list(app).await?.into_iter().find(|account| account.name == name);
    found.filter(|account| keeper.keeps(account)).ok_or(Fault::NotHere)
}

fn by_whom(visitor: &Visitor) -> String {
    visitor.session.as_ref().map(|session| session.account.name.clone()).unwrap_or_default()
}

/// A new account.
#[derive(Debug, Deserialize)]
pub struct New {
    form_token: String,
    name: String,
    role: String,
    #[serde(default)]
    unit: String,
}

/// `POST /accounts`
pub async fn add(State(app): State<Arc<App>>, visitor: Visitor, Form(sent): Form<New>) -> Result<Markup, Fault> {
    visitor.check(&sent.form_token)?;
    let keeper = Keeper::of(&app, &visitor).await?;
    let Keeper::Admin = keeper else { return Err(Fault::NotHere) };
    let role = sent.role.parse().map_err(|error| refused(&error, visitor.lang))?;
    let person = Person { line: 1, name: sent.name, role, unit: sent.unit };
    let made = add_all(&app, &visitor, vec![person]).await?;
    shown(&app, &visitor, keeper, made.into_iter().next()).await
}

/// `POST /accounts/list`: accounts from a CSV file; their first passwords come back as one, once.
pub async fn add_list(State(app): State<Arc<App>>, visitor: Visitor, mut parts: Multipart) -> Result<Response, Fault> {
    let Keeper::Admin = Keeper::of(&app, &visitor).await? else { return Err(Fault::NotHere) };
    let broken_off =
        |_| Fault::Refused { why: visitor.lang.say("upload.broken_off").to_owned(), back: routes::ACCOUNTS.to_owned() };
    let (mut known, mut bytes) = (false, None);
    while let Some(part) = parts.next_field().await.map_err(broken_off)? {
        match part.name() {
            Some("form_token") => {
                visitor.check(&part.text().await.map_err(broken_off)?)?;
                known = true;
            }
            Some("list") if known => bytes = Some(part.bytes().await.map_err(broken_off)?),
            _ => {}
        }
    }
    let (true, Some(bytes)) = (known, bytes) else { return Err(Fault::Forged) };
    let people = people(&bytes).map_err(|error| refused(&error, visitor.lang))?;
    let made = add_all(&app, &visitor, people).await?;
    Ok(download("passwords.csv", first_passwords(&made)).into_response())
}

async fn add_all(app: &App, visitor: &Visitor, people: Vec<Person>) -> Result<Vec<FirstPassword>, Fault> {
    let made = {
        let _turn = app.hashing.acquire().await.expect("the semaphore is never closed");
        let accounts = app.accounts.clone();
        tokio::task::spawn_blocking(move || accounts.add_people(&people)).await?
    };
    let made = made.map_err(|error| refused(&error, visitor.lang))?;
    let names: Vec<&str> = made.iter().map(|one| one.name.as_str()).collect();
    app.desk.audit.record(&by_whom(visitor), "account", &names.join(", "), "add").await?;
    Ok(made)
}

/// What is wrong with an account, in the visitor's words.
fn refused(error: &DashboardError, lang: Lang) -> Fault {
    fn told(error: &DashboardError, lang: Lang) -> String {
        match error {
            DashboardError::Taken { name } => lang.with("accounts.taken", &[name]),
            DashboardError::Name { name } => lang.with("accounts.bad_name", &[name]),
            DashboardError::Unit { role, unit, .. } => {
                lang.with("accounts.bad_unit", &[lang.say(role_key(*role)), unit])
            }
            DashboardError::Role { given } => lang.with("accounts.bad_role", &[given]),
            DashboardError::People { line, why } => lang.with("accounts.bad_line", &[&line.to_string(), why]),
            _ => lang.say("fault.broken.why").to_owned(),
        }
    }
    Fault::Refused { why: told(error, lang), back: routes::ACCOUNTS.to_owned() }
}

impl AccountsPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        page(
            &self.frame,
            t("nav.accounts"),
            html! {
                h1 { (t("nav.accounts")) }
                p.dek { (t(if self.is_admin { "accounts.dek" } else { "accounts.dek.district" })) }
                @if let Some(made) = &self.made {
                    div.made role="status" {
                        p { (lang.with("accounts.made", &[&made.name])) " " code { (made.password) } }
                        p.small { (t("accounts.made.dek")) }
                    }
                }
                @if self.accounts.is_empty() { p.empty { (t("accounts.none")) } } @else { (self.table()) }
                @if self.is_admin { (self.adding()) }
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
                            th { (t("log_in.name")) }
                            th { (t("accounts.role")) }
                            th { (t("accounts.unit")) }
                            th { (t("accounts.state")) }
                            th { (t("accounts.do")) }
                        }
                    }
                    tbody {
                        @for account in &self.accounts {
                            tr {
                                th scope="row" { (account.name) }
                                td { (t(role_key(account.role))) }
                                td {
                                    (account.unit)
                                    @if let Some(name) = self.schools.get(&account.unit) { " " (name) }
                                }
                                td {
                                    (t(match (account.disabled, account.must_change) {
                                        (true, _) => "accounts.disabled",
                                        (false, true) => "accounts.first",
                                        (false, false) => "accounts.active",
                                    }))
                                }
                                td.do {
                                    @if !account.disabled {
                                        (self.button(routes::accounts_reset(), account, "accounts.reset"))
                                        @if self.is_admin { (self.button(routes::accounts_disable(), account, "accounts.disable")) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn button(&self, address: &str, account: &Account, key: &str) -> Markup {
        let label = self.frame.lang.say(key);
        html! {
            form method="post" action=(address) {
                input type="hidden" name="form_token" value=(self.frame.form_token);
                input type="hidden" name="name" value=(account.name);
                button type="submit" aria-label={ (label) " " (account.name) } { (label) }
            }
        }
    }

    fn adding(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        html! {
            section {
                h2 { (t("accounts.add")) }
                form.filter method="post" action=(routes::ACCOUNTS) {
                    input type="hidden" name="form_token" value=(self.frame.form_token);
                    div { label for="name" { (t("log_in.name")) } input #name name="name" required autocapitalize="none"; }
                    div {
                        label for="role" { (t("accounts.role")) }
                        select #role name="role" {
                            @for role in Role::ALL { option value=(role.name()) { (t(role_key(role))) } }
                        }
                    }
                    div { label for="unit" { (t("accounts.unit")) } input #unit name="unit"; }
                    button.button type="submit" { (t("accounts.add")) }
                }
                h2 { (t("accounts.list")) }
                p.dek { (t("accounts.list.dek")) }
                form.filter method="post" action=(routes::accounts_list()) enctype="multipart/form-data" {
                    input type="hidden" name="form_token" value=(self.frame.form_token);
                    div { label for="list" { (t("accounts.list.file")) } input #list name="list" type="file" accept=".csv" required; }
                    button type="submit" { (t("accounts.list.add")) }
                }
            }
        }
    }
}
