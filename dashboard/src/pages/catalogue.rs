//! The catalogue: what each indicator and each rule means, and where the notice says so.

use std::sync::Arc;

use axum::extract::State;
use ingest::form::forms;
use maud::{Markup, html};
use transform::project::{LAYERS, Project};

use crate::catalog::Entry;
use crate::pages::entry;
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
    project: Arc<Project>,
}

/// `/catalogue`
pub async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Result<Markup, Fault> {
    let (frame, scope, project) = standing(&app, &visitor).await?;
    Ok(CataloguePage { frame, scope, project }.template())
}

/// What the catalogue's pages show: the models that the current release was computed by, one's own rules included.
pub async fn standing(app: &App, visitor: &Visitor) -> Result<(Frame, Scope, Arc<Project>), Fault> {
    let scope = visitor.scope();
    if scope == Scope::Public {
        return Err(Fault::LogIn { next: visitor.address.clone() });
    }
    let (mut frame, mut project) = (visitor.frame(app), app.project.clone());
    if let Some(pinned) = app.releases.current().await? {
        frame = frame.of(&pinned);
        project = pinned.project.clone().unwrap_or(project);
    }
    Ok((frame, scope, project))
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
                section #forms {
                    h2 { (t("catalogue.forms")) }
                    ul.columns { @for form in forms() { li {
                        a href=(routes::form(&form.name)) { (if lang == Lang::Zh { &form.heading } else { &form.title_en }) }
                    } } }
                }
                section #models {
                    h2 { (t("catalogue.models")) }
                    p.dek { (t("catalogue.models.dek")) }
                    @for schema in LAYERS {
                        h3 { (schema) }
                        ul.columns { @for model in self.project.models().filter(|model| model.name.schema == schema) { li {
                            a href=(routes::model(&model.name.to_string())) { (entry::title_of(model, lang)) }
                        } } }
                    }
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
                    (self.made_by(entry))
                }
            }
        }
    }

    /// The way to the entry's own page.
    fn made_by(&self, entry: &Entry) -> Markup {
        let model = self.project.models().find(|model| model.code() == Some(&entry.code));
        html! {
            @if let Some(model) = model {
                p.small { a href=(routes::model(&model.name.to_string())) { (self.frame.lang.say("catalogue.made_by")) } }
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
                    (self.made_by(entry))
                }
            }
        }
    }
}

fn clause(entry: &Entry, lang: Lang) -> Markup {
    html! { @if !entry.get("clause").is_empty() { p.small { (lang.with("finding.clause.cited", &[entry.get("clause")])) } } }
}
