//! The page around every page: banner, masthead, navigation, footer.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use maud::{DOCTYPE, Markup, html};

use crate::accounts::{Account, Role};
use crate::catalog::Catalogue;
use crate::format;
use crate::release::{Edition, Pinned};
use crate::routes;
use crate::words::Lang;

/// What the page around a page needs to know.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The language.
    pub lang: Lang,
    /// Who is logged in.
    pub account: Option<Account>,
    /// What its forms must carry.
    pub form_token: String,
    /// The release that is shown.
    pub edition: Option<Edition>,
    /// What indicators and rules are called and mean: as the release that is shown was computed by.
    pub catalogue: Arc<Catalogue>,
    /// Whether the city is made up.
    pub made_up_city: bool,
    /// The address of the page, without the language.
    pub address: String,
}

impl Frame {
    /// The page around an answer that shows this release.
    pub fn of(self, pinned: &Pinned) -> Frame {
        Frame {
            edition: Some(pinned.edition.clone()),
            catalogue: pinned.catalogue.clone().unwrap_or(self.catalogue),
            ..self
        }
    }
}

/// A whole page.
pub fn page(frame: &Frame, title: &str, body: Markup) -> Markup {
    let t = |key| frame.lang.say(key);
    html! {
        (DOCTYPE)
        html lang=(frame.lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · " (t("product.name")) }
                link rel="stylesheet" href=(routes::style());
                link rel="icon" href=(routes::icon()) type="image/svg+xml";
            }
            body {
                a.skip href="#main" { (t("layout.skip")) }
                @if frame.made_up_city {
                    aside.banner { strong { (t("layout.made_up")) } " " (t("layout.made_up.more")) }
                }
                (masthead(frame))
                main #main { (body) }
                (footer(frame))
            }
        }
    }
}

fn masthead(frame: &Frame) -> Markup {
    let t = |key| frame.lang.say(key);
    let other = frame.lang.other();
    html! {
        header.masthead {
            a.brand href=(routes::HOME) { strong { (t("product.name")) } span { (t("product.what")) } }
            @if let Some(account) = &frame.account {
                nav aria-label=(t("layout.navigation")) {
                    @for (address, key) in entries(account.role) {
                        @let here = frame.address.split('?').next() == Some(address.as_str());
                        a href=(address) aria-current=[here.then_some("page")] { (t(key)) }
                    }
                }
            }
            @if frame.account.is_none() {
                nav aria-label=(t("layout.navigation")) {
                    @let here = frame.address.starts_with(routes::PUBLIC);
                    a href=(routes::PUBLIC) aria-current=[here.then_some("page")] { (t("public.title")) }
                    a href=(routes::LOG_IN) { (t("log_in.title")) }
                }
            }
            div.visitor {
                a href=(routes::with(&frame.address, &[("lang", other.code())])) lang=(other.tag()) hreflang=(other.tag()) {
                    (other.name())
                }
                @if let Some(account) = &frame.account {
                    a.who href=(routes::PASSWORD) title=(t("password.title")) { (account.name) " · " (t(role_key(account.role))) }
                    form method="post" action=(routes::LOG_OUT) {
                        input type="hidden" name="form_token" value=(frame.form_token);
                        button type="submit" { (t("log_out")) }
                    }
                }
            }
        }
    }
}

/// What a role finds in the navigation.
fn entries(role: Role) -> Vec<(String, &'static str)> {
    let catalogue = (routes::CATALOGUE.to_owned(), "nav.catalogue");
    let findings = (routes::FINDINGS.to_owned(), "nav.findings");
    let evaluation = (routes::EVALUATION.to_owned(), "nav.evaluation");
    let home = |key| (routes::HOME.to_owned(), key);
    let upload = (routes::UPLOAD.to_owned(), "nav.upload");
    let releases = (routes::RELEASES.to_owned(), "nav.releases");
    let accounts = (routes::ACCOUNTS.to_owned(), "nav.accounts");
    match role {
        Role::City => vec![(routes::CITY.to_owned(), "nav.city"), evaluation, findings, releases, upload, catalogue],
        Role::District => vec![home("nav.district"), evaluation, findings, upload, accounts, releases, catalogue],
        Role::School => vec![home("nav.school"), findings, upload, catalogue],
        Role::Inspector => vec![findings, catalogue],
        Role::Admin => vec![accounts],
    }
}

/// The word for a role.
pub fn role_key(role: Role) -> &'static str {
    match role {
        Role::School => "role.school",
        Role::District => "role.district",
        Role::Inspector => "role.inspector",
        Role::City => "role.city",
        Role::Admin => "role.admin",
    }
}

fn footer(frame: &Frame) -> Markup {
    let lang = frame.lang;
    html! {
        footer {
            @if let Some(edition) = &frame.edition {
                p {
                    (lang.with("layout.release", &[&edition.number.to_string()]))
                    @if edition.official { " " span.official { (lang.say("layout.official")) } }
                    " · " (lang.with("layout.today", &[&format::date(edition.today, lang)]))
                    " · " (lang.with("layout.made_at", &[&made_at(&edition.made_at)]))
                }
            }
            p {
                (lang.say("layout.source")) " · " a href=(routes::API) { (lang.say("api.title")) }
                " · " a href=(routes::PUBLIC) { (lang.say("public.title")) }
            }
        }
    }
}

/// `2020-03-01 16:00 (UTC+8)`: the city's clock, whatever this machine's is.
pub fn made_at(moment: &str) -> String {
    let city = FixedOffset::east_opt(8 * 3600).expect("a day has more hours");
    DateTime::parse_from_rfc3339(moment)
        .map_or_else(|_| moment.to_owned(), |at| at.with_timezone(&city).format("%Y-%m-%d %H:%M (UTC+8)").to_string())
}
