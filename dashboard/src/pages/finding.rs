//! One finding: its sentence, clause and amount, what became of it, and the very rows that prove it, with file, sheet and row.

mod pack;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::explain::Explainer;
use crate::explain::evidence::EvidenceOfForm;
use crate::explain::finding::{FindingExplained, StandardTold};
use crate::explain::proof::form_title;
use crate::format;
use crate::pages::casework::Casework;
use crate::pages::explained;
use crate::pages::fault::Fault;
use crate::pages::given::{Giver, Wanted};
use crate::pages::heat::severity_badge;
use crate::pages::layout::{Frame, page};
use crate::pages::parts::Part;
use crate::pages::steps;
use crate::routes;
use crate::scope::Scope;
use crate::visit::{Asked, Reader};
use crate::words::Lang;

/// What the page shows.
struct FindingPage {
    frame: Frame,
    scope: Scope,
    finding: FindingExplained,
    part: Part,
    casework: Casework,
    steps: Markup,
}

/// Which part of a long proof is asked for.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Long {
    part: String,
}

/// Rows of proof on a page.
const PART: i64 = 100;

/// `/finding/{id}`
pub async fn show(
    reader: Reader,
    Path(id): Path<String>,
    Asked(asked): Asked<Long>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Fault> {
    let scoped = &reader.scoped;
    let explainer = Explainer::scoped(scoped, &reader.project, reader.frame.lang);
    let part = Part::read(&asked.part, PART, explainer.evidence_count(&id).await?);
    let finding = explainer.finding(&id, part.skip(), part.size).await?;
    // The command takes the first digits of an id too; an address is whole.
    if finding.finding_id != id {
        return Err(Fault::NotHere);
    }
    if wanted.is_file() {
        if !pack::is_wanted(&wanted) {
            return Err(Fault::NotHere);
        }
        let title = reader.frame.catalogue.rule_title(&finding.rule.code, reader.frame.lang);
        return pack::give(&Giver::of(&reader), &explainer, &finding, title, reader.frame.lang).await;
    }
    let casework = Casework::of(scoped, &id).await?;
    let steps = steps::panel(&reader, &id).await?;
    let shown = FindingPage { scope: scoped.scope.clone(), finding, part, casework, steps, frame: reader.frame };
    Ok(shown.template().into_response())
}

impl FindingPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let finding = &self.finding;
        let rule = finding.rule.code.as_str();
        let title = self.frame.catalogue.rule_title(rule, lang);
        let message = if lang == Lang::Zh { &finding.message_zh } else { &finding.message_en };
        page(
            &self.frame,
            title,
            html! {
                header.head {
                    p.crumb {
                        a href=(routes::with(routes::FINDINGS, &[("rule", rule)])) { (rule) " " (title) }
                        " · "
                        (severity_badge(&finding.severity, lang))
                    }
                    h1.sentence { (message) }
                }
                (self.facts())
                p.files {
                    a href=(routes::with(&routes::finding(&finding.finding_id), &[("table", "evidence"), ("as", "xlsx")])) download rel="nofollow" { (t("pack.give")) }
                }
                (self.casework.template(lang))
                (self.steps)
                (self.proof())
                @if !finding.slices.is_empty() {
                    section {
                        h2 { (t("explain.slices")) }
                        (explained::slices(&finding.slices, lang))
                    }
                }
                (self.about())
            },
        )
    }

    /// What the finding is about, and what became of it.
    fn facts(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let finding = &self.finding;
        let made = finding.rule.get(if lang == Lang::Zh { "amount_zh" } else { "amount" });
        html! {
            dl.case {
                @if let Some(amount) = finding.amount {
                    div.amount { dt { (t("amount")) } dd { (yuan(amount)) } }
                    @if !made.is_empty() { div { dt { (t("explain.amount")) } dd { (made) } } }
                }
                div { dt { (t("school")) } dd { (self.school()) } }
                div {
                    dt { (t("district")) }
                    dd {
                        @if lang == Lang::En && !finding.district_en.is_empty() { (finding.district_en) } @else { (finding.district_zh) }
                    }
                }
                div { dt { (t("period")) } dd { (format::period(&finding.period.period, lang)) } }
                @if !finding.subject.is_empty() {
                    div {
                        dt { (t("finding.subject")) }
                        dd {
                            (finding.subject)
                            @if finding.subject_is_pupil { " " span.small { (t("finding.hash")) } }
                        }
                    }
                }
                div {
                    dt { (t("finding.clause")) }
                    dd { (lang.with("finding.clause.cited", &[&finding.clause])) }
                }
                @if let Some(day) = finding.first_seen {
                    div { dt { (t("finding.first_seen")) } dd { (format::date(day, lang)) } }
                }
                div {
                    dt { (t("findings.state")) }
                    dd {
                        @match finding.ended {
                            Some(day) => (lang.with("finding.ended_on", &[&format::date(day, lang)])), None => (t("findings.open"))
                        }
                    }
                }
                @if finding.events.len() > 1 {
                    div {
                        dt { (t("explain.events")) }
                        dd {
                            @for event in &finding.events {
                                div {
                                    @if let Some(day) = event.on_date { (format::date(day, lang)) " " }
                                    (t(match event.event.as_str() { "seen" => "event.seen", "ended" => "event.ended", _ => "event.returned" }))
                                    @if let Some(amount) = event.amount { " " (yuan(amount)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn proof(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let finding = &self.finding;
        html! {
            section {
                h2 { (t("finding.proof")) }
                @if finding.proofs.is_empty() && finding.standards.is_empty() { p.empty { (t("finding.absence")) } }
                @if self.part.all > 0 {
                    p.dek { (lang.with("finding.proof.dek", &[&format::whole(self.part.all)])) }
                }
                (explained::erased(&finding.period, lang))
                @for one in &finding.evidence { (sums(one, lang)) }
                @for proof in &finding.proofs { (explained::proof(proof, lang)) }
                (self.part.pager(|number| routes::with(&routes::finding(&finding.finding_id), &[("part", number)]), lang))
                @if !finding.standards.is_empty() { (standards_table(&finding.standards, lang)) }
            }
        }
    }

    fn about(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let finding = &self.finding;
        html! {
            section.about {
                h2 { (t("finding.rule")) }
                @if let Some(entry) = self.frame.catalogue.rule(&finding.rule.code) {
                    @if lang == Lang::En { p { (entry.sentence) } }
                    @if !entry.said("note", lang).is_empty() { p { (entry.said("note", lang)) } }
                    @if !entry.said("blind", lang).is_empty() {
                        p { strong { (t("rule.blind")) } " " (entry.said("blind", lang)) }
                    }
                }
                (explained::policy(&finding.policy, lang))
                @if let Some(sql) = &finding.sql { (explained::sql(sql, lang)) }
                p { a href={ (routes::CATALOGUE) "#" (finding.rule.code) } { (t("catalogue.see")) } }
            }
        }
    }

    fn school(&self) -> Markup {
        let lang = self.frame.lang;
        let (id, name) = (&self.finding.school_id, &self.finding.school_name);
        html! {
            @if id.is_empty() { (lang.say("finding.whole_district")) }
            @else if self.scope.sees_figures() {
                a href=(routes::school(id)) { (if name.is_empty() { id } else { name }) }
            }
            @else { (if name.is_empty() { id } else { name }) }
        }
    }
}

fn yuan(value: f64) -> String {
    format::yuan((value * 100.0).round() as i128)
}

/// What the rows of a form sum to.
fn sums(evidence: &EvidenceOfForm, lang: Lang) -> Markup {
    html! {
        @for money in &evidence.sums {
            p.small {
                (lang.with("explain.sum", &[
                    form_title(&evidence.form, lang),
                    &money.label(&evidence.form, lang),
                    &format::whole(money.rows),
                    &yuan(money.sum),
                ]))
            }
        }
    }
}

fn standards_table(standards: &[StandardTold], lang: Lang) -> Markup {
    let t = |key| lang.say(key);
    html! {
        div.scroll tabindex="0" {
            table.proof {
                caption { strong { (t("standard.title")) } }
                thead {
                    tr {
                        th { (t("standard.area")) }
                        th { (t("standard.from")) }
                        th { (t("standard.to")) }
                        th.number { (t("standard.session")) }
                        th.number { (t("standard.cap")) }
                        th { (t("standard.doc")) }
                        th { (t("standard.by")) }
                    }
                }
                tbody { @for one in standards { tr {
                    td { (crate::pages::district::register_label("urban_rural", &one.urban_rural, lang)) }
                    td { @if let Some(day) = one.valid_from { (day) } }
                    td { @match one.valid_to { Some(day) => (day), None => (t("standard.open")) } }
                    td.number { (one.yuan_per_session.map(yuan).unwrap_or_default()) }
                    td.number { (one.yuan_per_month_cap.map(yuan).unwrap_or_default()) }
                    td { (one.doc_no) }
                    td { (one.approved_by) }
                } } }
            }
        }
    }
}
