//! Steps of cases: the forms on a finding's page and under the worklist, and what becomes of them. Who may take which step
//! stands in DOMAIN.md §7; whether a case can take it now is told by `ingest::casework`, as for the command.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::response::Redirect;
use chrono::NaiveDate;
use ingest::casework::{CaseError, LONGEST_NOTE, Refusal, State as Stand, Step, Taking, take};
use maud::{Markup, html};

use crate::desk::Desk;
use crate::error::DashboardError;
use crate::format;
use crate::pages::fault::Fault;
use crate::pages::layout::Frame;
use crate::routes;
use crate::scope::{Scope, Scoped};
use crate::visit::{App, Reader, Visitor};
use crate::words::Lang;

/// Findings that one step may be taken of at once.
const AT_ONCE: usize = 200;

/// The steps that somebody may take at all: the school answers, district and inspector do all else.
fn may_take(scope: &Scope) -> &'static [Stand] {
    match scope {
        Scope::School(_) => &[Stand::Answered],
        Scope::District(_) | Scope::Inspector(_) => {
            &[Stand::Notified, Stand::Rectified, Stand::Dismissed, Stand::Closed]
        }
        Scope::Public | Scope::City | Scope::Admin => &[],
    }
}

/// The forms on a finding's page, for whoever may take a step of it; with the steps that the release shown doesn't know yet.
pub async fn panel(reader: &Reader, finding_id: &str) -> Result<Markup, Fault> {
    let own = may_take(&reader.scoped.scope);
    let lang = reader.frame.lang;
    let now = "select coalesce(now.state, 'open') as state, finding.ended as ended
        from marts.finding as finding left join marts.case_now as now on now.finding_id = finding.finding_id
        where finding.finding_id = $1";
    let rows = reader.scoped.query(now, &[finding_id]).await?;
    let Some(row) = rows.first() else { return Ok(html! {}) };
    let known = "select count(*) as times from facts.case_event where finding_id = $1";
    let known = reader.scoped.query(known, &[finding_id]).await?.first().map_or(0, |row| row.count("times"));
    let live = reader.desk.case(finding_id).filter(|case| case.steps.len() as i64 > known);
    let stands = row.date("ended").is_none();
    let state = match &live {
        Some(case) => case.state(),
        None => Stand::of(row.text("state")).unwrap_or(Stand::Open),
    };
    let fresh: &[Step] = live.as_ref().map_or(&[], |case| &case.steps[known.max(0) as usize..]);
    let possible: Vec<Stand> = own.iter().copied().filter(|step| step.follows(state, stands)).collect();
    Ok(html! {
        section.steps #steps {
            @if !fresh.is_empty() {
                p.fresh role="status" { strong { (lang.say("steps.fresh")) } }
                ul { @for step in fresh { li { (told(step, lang)) } } }
            }
            @for step in &possible { (form_of(*step, finding_id, &reader.frame, reader.desk.today())) }
            @if possible.is_empty() && !own.is_empty() {
                p.small { (lang.say(if matches!(reader.scoped.scope, Scope::School(_)) { "steps.none.school" } else { "steps.none" })) }
            }
        }
    })
}

/// A step in one line.
fn told(step: &Step, lang: Lang) -> String {
    let mut text = format!(
        "{} {} {}",
        step.on.map(|day| format::date(day, lang)).unwrap_or_default(),
        lang.say(state_key(step.state)),
        step.by_whom
    );
    if let Some(day) = step.due_on {
        text += &format!(" · {}", lang.with("case.due", &[&format::date(day, lang)]));
    }
    if let Some(note) = &step.note {
        text += &format!(" · {note}");
    }
    text
}

fn state_key(state: Stand) -> &'static str {
    match state {
        Stand::Open => "case.open",
        Stand::Notified => "case.notified",
        Stand::Answered => "case.answered",
        Stand::Rectified => "case.rectified",
        Stand::Dismissed => "case.dismissed",
        Stand::Closed => "case.closed",
    }
}

/// What a step is called on its button.
fn step_key(step: Stand) -> &'static str {
    match step {
        Stand::Notified => "steps.notify",
        Stand::Answered => "steps.answer",
        Stand::Rectified => "steps.rectify",
        Stand::Dismissed => "steps.dismiss",
        Stand::Closed | Stand::Open => "steps.close",
    }
}

fn form_of(step: Stand, finding_id: &str, frame: &Frame, today: NaiveDate) -> Markup {
    let lang = frame.lang;
    let code = step.code();
    let (due, note) = (format!("due-{code}"), format!("note-{code}"));
    let needs_note = matches!(step, Stand::Dismissed | Stand::Answered);
    html! {
        details.step open[step == Stand::Answered] {
            summary { (lang.say(step_key(step))) }
            form method="post" action=(routes::finding_step(finding_id)) {
                input type="hidden" name="form_token" value=(frame.form_token);
                input type="hidden" name="step" value=(code);
                @if step == Stand::Notified { (due_field(&due, None, today, lang)) }
                label for=(note) { (lang.say(note_key(step))) }
                textarea id=(note) name="note" rows="3" maxlength=(LONGEST_NOTE) required[needs_note] {}
                button.button type="submit" { (lang.say(step_key(step))) }
            }
        }
    }
}

fn note_key(step: Stand) -> &'static str {
    match step {
        Stand::Dismissed => "steps.reason",
        Stand::Answered => "steps.answer.text",
        _ => "steps.note",
    }
}

/// The day by which to put it right; three weeks from today where nothing else is said.
fn due_field(id: &str, form: Option<&str>, today: NaiveDate, lang: Lang) -> Markup {
    let usual = today + chrono::Days::new(21);
    html! {
        label for=(id) { (lang.say("steps.due")) }
        input id=(id) name="due" type="date" required min=(today) value=(usual) form=[form];
    }
}

/// The form that notifies several findings of a list at once; nothing for whoever may not.
pub fn worklist(frame: &Frame, scope: &Scope, today: NaiveDate) -> Markup {
    if !ticks(scope) {
        return html! {};
    }
    let lang = frame.lang;
    html! {
        form.worklist #worklist method="post" action=(routes::NOTIFY) {
            h2 { (lang.say("steps.several")) }
            p.small { (lang.say("steps.several.dek")) }
            input type="hidden" name="form_token" value=(frame.form_token);
            input type="hidden" name="next" value=(frame.address);
            div { (due_field("due-several", None, today, lang)) }
            div {
                label for="note-several" { (lang.say("steps.note")) }
                textarea #note-several name="note" rows="2" maxlength=(LONGEST_NOTE) {}
            }
            button.button type="submit" { (lang.say("steps.notify")) }
        }
    }
}

/// Whether findings of a list can be ticked to be notified together.
pub fn ticks(scope: &Scope) -> bool {
    may_take(scope).contains(&Stand::Notified)
}

/// Whether a finding of a list can be ticked: its case stands so that it can be notified.
pub fn can_be_ticked(scope: &Scope, case: &str, stands: bool) -> bool {
    ticks(scope) && Stand::of(case).is_some_and(|from| Stand::Notified.follows(from, stands))
}

/// The box that ticks a finding of a list.
pub fn tick(finding_id: &str, label: &str) -> Markup {
    html! { input type="checkbox" name="finding" value=(finding_id) form="worklist" aria-label=(label); }
}

/// A form as its pairs; a name may come several times.
type Pairs = Vec<(String, String)>;

fn value<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

/// `POST /finding/{id}/step`
pub async fn take_one(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    reader: Reader,
    Path(id): Path<String>,
    Form(sent): Form<Pairs>,
) -> Result<Redirect, Fault> {
    visitor.check(value(&sent, "form_token"))?;
    let step = Stand::of(value(&sent, "step")).ok_or(Fault::NotHere)?;
    let back = routes::finding(&id);
    step_taken(&app.desk, &reader, step, vec![id], &sent, &back).await?;
    Ok(Redirect::to(&format!("{back}#steps")))
}

/// `POST /findings/notify`
pub async fn notify(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    reader: Reader,
    Form(sent): Form<Pairs>,
) -> Result<Redirect, Fault> {
    visitor.check(value(&sent, "form_token"))?;
    let back = crate::visit::own_address(value(&sent, "next")).to_owned();
    let ids: Vec<String> = sent.iter().filter(|(key, _)| key == "finding").map(|(_, id)| id.clone()).collect();
    let lang = reader.frame.lang;
    if !ticks(&reader.scoped.scope) {
        return Err(Fault::NotHere);
    }
    if ids.is_empty() || ids.len() > AT_ONCE {
        let key = if ids.is_empty() { "steps.nothing_ticked" } else { "steps.too_many" };
        return Err(Fault::Refused { why: lang.with(key, &[&AT_ONCE.to_string()]), back });
    }
    step_taken(&app.desk, &reader, Stand::Notified, ids, &sent, &back).await?;
    Ok(Redirect::to(&back))
}

/// Takes a step of findings that the reader sees, if it is one that the reader may take.
async fn step_taken(
    desk: &Desk,
    reader: &Reader,
    step: Stand,
    ids: Vec<String>,
    sent: &Pairs,
    back: &str,
) -> Result<(), Fault> {
    let (scope, lang) = (&reader.scoped.scope, reader.frame.lang);
    if !may_take(scope).contains(&step) {
        return Err(Fault::NotHere);
    }
    for id in &ids {
        if !sees(&reader.scoped, id).await? {
            return Err(Fault::NotHere);
        }
    }
    let refused = |why: String| Fault::Refused { why, back: back.to_owned() };
    let note = value(sent, "note").trim().to_owned();
    if step == Stand::Answered && note.is_empty() {
        return Err(refused(lang.say("steps.no_answer").to_owned()));
    }
    let due_on = match (step, value(sent, "due")) {
        (Stand::Notified, day) => Some(day.parse().map_err(|_| refused(lang.say("steps.no_due").to_owned()))?),
        _ => None,
    };
    let by_whom = reader.frame.account.as_ref().map(|account| account.name.clone()).unwrap_or_default();
    let note = (!note.is_empty()).then_some(note);
    let taking = Taking { state: step, on: desk.today(), by_whom: by_whom.clone(), due_on, note: note.clone() };
    let cases = take(&desk.warehouse, &ids, &taking).await.map_err(|error| match error {
        CaseError::Warehouse(error) => Fault::Broken(DashboardError::Warehouse(error)),
        error => refused(why(&error, lang)),
    })?;
    desk.remember(cases);
    desk.publisher.ask();
    for id in &ids {
        desk.audit.record(&by_whom, "case_step", id, step.code()).await?;
    }
    Ok(())
}

/// Whether a finding is in the reader's sight.
async fn sees(scoped: &Scoped, id: &str) -> Result<bool, Fault> {
    Ok(!scoped.query("select finding_id from marts.finding where finding_id = $1", &[id]).await?.is_empty())
}

/// Why a step can't be taken, in the reader's words.
fn why(error: &CaseError, lang: Lang) -> String {
    match error {
        CaseError::NoRelease => lang.say("fault.no_release.why").to_owned(),
        CaseError::NoDue | CaseError::NeedlessDue => lang.say("steps.no_due").to_owned(),
        CaseError::DueBefore { due, on } => {
            lang.with("steps.due_before", &[&format::date(*due, lang), &format::date(*on, lang)])
        }
        CaseError::NoReason => lang.say("steps.no_reason").to_owned(),
        CaseError::LongNote => lang.with("steps.long_note", &[&LONGEST_NOTE.to_string()]),
        CaseError::Refused(refusals) => refusals.iter().map(|one| refusal(one, lang)).collect::<Vec<_>>().join("\n"),
        CaseError::NoName | CaseError::Warehouse(_) => lang.say("fault.broken.why").to_owned(),
    }
}

fn refusal(refusal: &Refusal, lang: Lang) -> String {
    match refusal {
        Refusal::Unknown(_) | Refusal::Several(_) => lang.say("steps.unknown").to_owned(),
        Refusal::NotFrom { from, ended, to, .. } => {
            let said = [lang.say(state_key(*from)), lang.say(step_key(*to))];
            match ended {
                Some(day) => lang.with("steps.not_from_ended", &[said[0], &format::date(*day, lang), said[1]]),
                None => lang.with("steps.not_from", &said),
            }
        }
        Refusal::Before { last, on, .. } => {
            lang.with("steps.before", &[&format::date(*on, lang), &format::date(*last, lang)])
        }
    }
}
