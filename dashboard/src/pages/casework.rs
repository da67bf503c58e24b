//! What was done about a finding: where its case stands, its steps, and what was decided when the finding stood before.

use std::sync::Arc;

use maud::{Markup, html};

use crate::error::Result;
use crate::format;
use crate::rows::{Row, Rows};
use crate::scope::Scoped;
use crate::words::Lang;

/// A finding's casework.
pub struct Casework {
    now: Arc<Rows>,
    steps: Arc<Rows>,
}

impl Casework {
    /// That of one finding.
    pub async fn of(scoped: &Scoped, finding_id: &str) -> Result<Casework> {
        let now = "select state, since, due_on, is_overdue, decided_before, decided_on, decided_note
            from marts.case_now where finding_id = $1";
        let steps =
            "select step, on_date, by_whom, due_on, note from facts.case_event where finding_id = $1 order by \"at\"";
        Ok(Casework { now: scoped.query(now, &[finding_id]).await?, steps: scoped.query(steps, &[finding_id]).await? })
    }

    /// The section; nothing for a finding that ended and was never worked on.
    pub fn template(&self, lang: Lang) -> Markup {
        let t = |key| lang.say(key);
        let Some(now) = self.now.first() else { return html! {} };
        html! {
            section.casework {
                h2 { (t("case.title")) }
                @if let Some(text) = decided_before(now, lang) { p { strong { (text) } } }
                @if self.steps.is_empty() { p.empty { (t("case.none")) } }
                @else {
                    p.dek { (stands(now, lang)) }
                    div.scroll tabindex="0" {
                        table.proof {
                            thead {
                                tr {
                                    th { (t("case.day")) }
                                    th { (t("case.step")) }
                                    th { (t("case.by")) }
                                    th { (t("case.note")) }
                                }
                            }
                            tbody { @for step in self.steps.iter() { tr {
                                td { @if let Some(day) = step.date("on_date") { (day) } }
                                td {
                                    (state(step.text("step"), lang))
                                    @if let Some(day) = step.date("due_on") { " · " (lang.with("case.due", &[&day.to_string()])) }
                                }
                                td { (step.text("by_whom")) }
                                td { (step.text("note")) }
                            } } }
                        }
                    }
                }
            }
        }
    }
}

/// The word for a state of a case, or for the step that led to it.
pub fn state(code: &str, lang: Lang) -> &'static str {
    match code {
        "notified" => lang.say("case.notified"),
        "answered" => lang.say("case.answered"),
        "rectified" => lang.say("case.rectified"),
        "dismissed" => lang.say("case.dismissed"),
        "closed" => lang.say("case.closed"),
        _ => lang.say("case.open"),
    }
}

fn stands(now: Row<'_>, lang: Lang) -> String {
    let since = now.date("since").map(|day| format::date(day, lang)).unwrap_or_default();
    let mut text = lang.with("case.since", &[state(now.text("state"), lang), &since]);
    if let Some(day) = now.date("due_on") {
        text += &format!(" · {}", lang.with("case.due", &[&format::date(day, lang)]));
    }
    if now.yes("is_overdue") {
        text += &format!(" · {}", lang.say("case.overdue"));
    }
    text
}

fn decided_before(now: Row<'_>, lang: Lang) -> Option<String> {
    let code = Some(now.text("decided_before")).filter(|code| !code.is_empty())?;
    let day = now.date("decided_on").map(|day| format::date(day, lang)).unwrap_or_default();
    Some(lang.with("case.decided_before", &[state(code, lang), &day, now.text("decided_note")]))
}
