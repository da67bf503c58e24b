//! The catalogue: what each indicator and each rule means, and where the notice says so.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use crate::catalog::Entry;
use crate::pages::fault::Fault;
use crate::pages::heat::severity_badge;
use crate::pages::layout::{Frame, page};
use crate::routes;
use crate::scope::Scope;
use crate::visit::{App, Visitor};
use crate::words::Lang;

/// What the page shows.
struct CataloguePage {
    frame: Frame,
    scope: Scope,
}

/// `/catalogue`
pub async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Result<Markup, Fault> {
    let scope = visitor.scope();
    if scope == Scope::Public {
        return Err(Fault::LogIn { next: visitor.address });
    }
    let mut frame = visitor.frame(&app);
    // What is shown is what the current release was computed by, one's own rules included.
    if let Some(pinned) = app.releases.current().await? {
        frame = frame.of(&pinned);
    }
    Ok(CataloguePage { frame, scope }.template())
}

impl CataloguePage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let indicators = self.frame.catalogue.indicators();
        page(
            &self.frame,
            t("nav.catalogue"),
            html! {
                header.head {
                    h1 { (t("nav.catalogue")) }
                    p.dek { (t("catalogue.dek")) }
                }
                section {
                    h2 { (t("catalogue.indicators")) }
                    @if indicators.is_empty() { p.empty { (t("catalogue.empty")) } }
                    dl.catalogue { @for entry in indicators { (self.indicator(entry)) } }
                }
                section {
                    h2 { (t("catalogue.rules")) }
                    @if self.frame.catalogue.rules().len() == 0 { p.empty { (t("catalogue.empty")) } }
                    dl.catalogue { @for entry in self.frame.catalogue.rules() { (self.rule(entry)) } }
                }
            },
        )
    }

    fn indicator(&self, entry: &Entry) -> Markup {
        let lang = self.frame.lang;
        html! {
            div id=(entry.code) {
                dt {
                    span.code { (entry.code) }
                    " "
                    @if self.scope.sees_figures() {
                        a href=(routes::indicator(&entry.code)) { (entry.title(lang)) }
                    } @else { (entry.title(lang)) }
                }
                dd {
                    p { (entry.said("formula", lang)) }
                    @if !entry.said("note", lang).is_empty() { p { (entry.said("note", lang)) } }
                    (clause(entry, lang))
                }
            }
        }
    }

    fn rule(&self, entry: &Entry) -> Markup {
        let lang = self.frame.lang;
        html! {
            div id=(entry.code) {
                dt {
                    span.code { (entry.code) }
                    " "
                    @if self.scope.sees_findings() {
                        a href=(routes::with(routes::FINDINGS, &[("rule", &entry.code)])) { (entry.title(lang)) }
                    } @else { (entry.title(lang)) }
                    " "
                    (severity_badge(entry.get("severity"), lang))
                }
                dd {
                    @if lang == Lang::En { p { (entry.sentence) } }
                    @if !entry.said("note", lang).is_empty() { p { (entry.said("note", lang)) } }
                    @if !entry.said("blind", lang).is_empty() {
                        p { strong { (lang.say("rule.blind")) } " " (entry.said("blind", lang)) }
                    }
                    (clause(entry, lang))
                }
            }
        }
    }
}

fn clause(entry: &Entry, lang: Lang) -> Markup {
    html! { @if !entry.get("clause").is_empty() { p.small { (lang.with("finding.clause.cited", &[entry.get("clause")])) } } }
}
