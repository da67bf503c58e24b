//! Who owes what in a district: the reminder list as a file, more time or an excuse for a slice, and which slices are confirmed.

mod given;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use ingest::duty::{DutyError, LONGEST_REASON, Saying, Word, say};
use ingest::ledger::SliceKey;
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::DashboardError;
use crate::explain::proof::form_title;
use crate::format;
use crate::pages::download::download;
use crate::pages::fault::Fault;
use crate::pages::given::{self as files, Giver, links as file_links};
use crate::pages::layout::{Frame, page};
use crate::pages::parts;
use crate::pages::slices::State as SliceState;
use crate::routes;
use crate::scope::{Scope, Scoped};
use crate::visit::{App, Asked, Reader, Visitor};
use crate::words::Lang;

/// One slice of the district's schools, with what was said of it.
struct Duty {
    form: String,
    period: String,
    school: String,
    name: String,
    state: SliceState,
    due_on: Option<NaiveDate>,
    extended_to: Option<NaiveDate>,
    is_excused: bool,
    reason: String,
    is_confirmed: bool,
}

impl Duty {
    fn is_owed(&self) -> bool {
        matches!(self.state, SliceState::Missing | SliceState::Rejected)
    }

    /// Whether it is owed, or will be, or was excused: a district may give it more time or an excuse, before its day too.
    fn is_open(&self) -> bool {
        let comes = self.state == SliceState::NotDue && self.due_on.is_some();
        self.is_owed() || self.is_excused || comes
    }

    fn counts(&self) -> bool {
        matches!(self.state, SliceState::Reported | SliceState::Zero)
    }

    /// Whether its school is to be reminded: it is owed, with no excuse and no more time.
    fn is_to_remind(&self, today: NaiveDate) -> bool {
        self.is_owed() && !self.is_excused && self.extended_to.is_none_or(|until| until < today)
    }

    /// What names it in a form.
    fn key(&self) -> String {
        format!("{}|{}|{}", self.form, self.school, self.period)
    }
}

/// What the page shows.
struct DutiesPage {
    frame: Frame,
    code: String,
    name: String,
    periods: Vec<String>,
    period: String,
    duties: Vec<Duty>,
    may_act: bool,
    waits: bool,
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    period: String,
    said: String,
}

/// The district of an address, for whoever sees it: its name.
async fn district(reader: &Reader, code: &str) -> Result<String, Fault> {
    if !reader.scoped.scope.sees_district(code) {
        return Err(Fault::NotHere);
    }
    let names = parts::district_names(&reader.scoped, reader.frame.lang).await?;
    names.into_iter().find(|(one, _)| one == code).map(|(_, name)| name).ok_or(Fault::NotHere)
}

/// The slices of a district; of all periods where none is named.
async fn duties(scoped: &Scoped, code: &str, period: &str) -> Result<Vec<Duty>, Fault> {
    let sql = "select slice.form, slice.period, slice.school_id, coalesce(school.school_name, '') as school_name, slice.state,
            slice.due_on, mark.extended_to, coalesce(mark.is_excused, false) as is_excused, coalesce(mark.reason, '') as reason,
            coalesce(mark.is_confirmed, false) as is_confirmed
        from marts.slice as slice
        left join marts.school as school on school.school_id = slice.school_id
        left join marts.slice_mark as mark
            on mark.form = slice.form and mark.school_id = slice.school_id and mark.period = slice.period
        where slice.district_code = $1 and ($2 = '' or slice.period = $2)
        order by slice.due_on nulls last, slice.form, slice.school_id";
    let rows = scoped.query(sql, &[code, period]).await?;
    let read = |row: crate::rows::Row<'_>| Duty {
        form: row.text("form").to_owned(),
        period: row.text("period").to_owned(),
        school: row.text("school_id").to_owned(),
        name: row.text("school_name").to_owned(),
        state: SliceState::read(row.text("state")),
        due_on: row.date("due_on"),
        extended_to: row.date("extended_to"),
        is_excused: row.yes("is_excused"),
        reason: row.text("reason").to_owned(),
        is_confirmed: row.yes("is_confirmed"),
    };
    Ok(rows.iter().map(read).collect())
}

/// The periods of a district's slices, in their order; and the one to show where none is asked for: the latest in which something
/// is owed, or else was due.
async fn periods(scoped: &Scoped, code: &str) -> Result<(Vec<String>, String), Fault> {
    let sql = "select period, max(due_on) as due_on, max(case when state in ('missing', 'rejected') then 1 else 0 end) as is_owed,
            max(case when state <> 'not_due' then 1 else 0 end) as was_due
        from marts.slice where district_code = $1 and (state <> 'not_due' or due_on is not null) group by period order by due_on nulls first, period";
    let rows = scoped.query(sql, &[code]).await?;
    let all: Vec<String> = rows.iter().map(|row| row.text("period").to_owned()).collect();
    let latest =
        |what: &str| rows.iter().filter(|row| row.count(what) > 0).map(|row| row.text("period").to_owned()).last();
    let usual = latest("is_owed").or_else(|| latest("was_due")).unwrap_or_default();
    Ok((all, usual))
}

/// `GET /district/{code}/duties`
pub async fn show(
    reader: Reader,
    Path(code): Path<String>,
    Asked(wanted): Asked<Wanted>,
    Asked(file): Asked<files::Wanted>,
) -> Result<Response, Fault> {
    let name = district(&reader, &code).await?;
    let (periods, usual) = periods(&reader.scoped, &code).await?;
    let period = if periods.contains(&wanted.period) { wanted.period } else { usual };
    let duties = duties(&reader.scoped, &code, &period).await?;
    let may_act = matches!(reader.scoped.scope, Scope::District(_));
    // What was just said is shown from the next release on, which comes in a moment.
    let state = reader.desk.publisher.state().borrow().clone();
    let waits = wanted.said.parse::<u64>().is_ok_and(|ticket| state.done < ticket && !state.has_failed);
    let giver = Giver::of(&reader);
    let shown = DutiesPage { frame: reader.frame, code, name, periods, period, duties, may_act, waits };
    if file.is_file() {
        return giver.give(shown.grid(&file.table), &file).await;
    }
    let mut response = shown.template().into_response();
    if waits {
        response.headers_mut().insert(HeaderName::from_static("refresh"), HeaderValue::from_static("2"));
    }
    Ok(response)
}

type Pairs = Vec<(String, String)>;

fn value<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
}

/// `POST /district/{code}/duties`: the district alone says something of its schools' slices.
pub async fn said(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    reader: Reader,
    Path(code): Path<String>,
    Form(sent): Form<Pairs>,
) -> Result<Redirect, Fault> {
    visitor.check(value(&sent, "form_token"))?;
    if reader.scoped.scope != Scope::District(code.clone()) {
        return Err(Fault::NotHere);
    }
    let lang = visitor.lang;
    let period = value(&sent, "period").to_owned();
    let back = routes::with(&routes::duties(&code), &[("period", &period)]);
    let refused = |why: String| Fault::Refused { why, back: back.clone() };
    let word = match value(&sent, "do") {
        "extend" => {
            let until = value(&sent, "until").parse();
            Word::Extended(until.map_err(|_| refused(lang.say("duties.no_day").to_owned()))?)
        }
        "excuse" => Word::Excused,
        "revoke" => Word::Revoked,
        "confirm" | "confirm_all" => Word::Confirmed,
        _ => return Err(Fault::NotHere),
    };
    let known = duties(&reader.scoped, &code, &period).await?;
    let ticked: BTreeSet<&str> =
        sent.iter().filter(|(key, _)| key == "slice").map(|(_, slice)| slice.as_str()).collect();
    let every = value(&sent, "do") == "confirm_all";
    let chosen = |duty: &&Duty| {
        if every { duty.counts() && !duty.is_confirmed } else { ticked.contains(duty.key().as_str()) }
    };
    let slices: Vec<(SliceKey, String)> = known
        .iter()
        .filter(chosen)
        .map(|duty| {
            let (form, school_id, period) = (duty.form.clone(), duty.school.clone(), duty.period.clone());
            (SliceKey { form, school_id, period }, code.clone())
        })
        .collect();
    // A slice that is none of the district's own is none at all.
    if !every && slices.len() < ticked.len() {
        return Err(Fault::NotHere);
    }
    let by_whom = reader.frame.account.as_ref().map(|account| account.name.clone()).unwrap_or_default();
    let action = word.code();
    let saying =
        Saying { word, reason: value(&sent, "reason").to_owned(), on: app.desk.today(), by_whom: by_whom.clone() };
    say(&app.desk.warehouse, &slices, &saying).await.map_err(|error| match error {
        DutyError::Warehouse(error) => Fault::Broken(DashboardError::Warehouse(error)),
        error => refused(why(&error, lang)),
    })?;
    let ticket = app.desk.publisher.ask();
    let subject: Vec<String> =
        slices.iter().map(|(slice, _)| format!("{} {} {}", slice.form, slice.school_id, slice.period)).collect();
    app.desk.audit.record(&by_whom, action, &subject.join(", "), &saying.reason).await?;
    Ok(Redirect::to(&routes::with(&back, &[("said", &ticket.to_string())])))
}

fn why(error: &DutyError, lang: Lang) -> String {
    match error {
        DutyError::NoSlice => lang.say("duties.nothing_ticked").to_owned(),
        DutyError::NoReason => lang.say("duties.no_reason").to_owned(),
        DutyError::LongReason => lang.with("steps.long_note", &[&LONGEST_REASON.to_string()]),
        DutyError::Past { until, on } => {
            lang.with("duties.past", &[&format::date(*until, lang), &format::date(*on, lang)])
        }
        DutyError::Changed(slices) => lang.with("duties.changed_meanwhile", &[&format::whole(slices.len() as i64)]),
        DutyError::Warehouse(_) => lang.say("fault.broken.why").to_owned(),
    }
}

/// `GET /district/{code}/reminders.csv`: whom to remind of what, for the telephone.
pub async fn reminders(
    reader: Reader,
    Path(code): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Fault> {
    let name = district(&reader, &code).await?;
    let lang = reader.frame.lang;
    let today = reader.scoped.edition.today;
    let mut all = duties(&reader.scoped, &code, &wanted.period).await?;
    all.retain(|duty| duty.is_to_remind(today));
    all.sort_by(|one, other| (&one.school, one.due_on, &one.form).cmp(&(&other.school, other.due_on, &other.form)));
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let headings = ["school.id", "school", "form", "period", "duties.state", "duties.due", "duties.late"];
    let write = |out: &mut csv::Writer<Vec<u8>>, line: [String; 7]| {
        out.write_record(line.map(plain)).map_err(|error| DashboardError::Server(std::io::Error::other(error)))
    };
    write(&mut out, headings.map(|key| lang.say(key).to_owned()))?;
    for duty in &all {
        let late = duty.due_on.map(|due| (today - due).num_days()).filter(|days| *days > 0);
        let line = [
            duty.school.clone(),
            duty.name.clone(),
            form_title(&duty.form, lang).to_owned(),
            duty.period.clone(),
            duty.state.word(lang).to_owned(),
            duty.due_on.map(|day| day.to_string()).unwrap_or_default(),
            late.map(|days| days.to_string()).unwrap_or_default(),
        ];
        write(&mut out, line)?;
    }
    let bytes = out.into_inner().map_err(|error| DashboardError::Server(std::io::Error::other(error.to_string())))?;
    let by_whom = reader.frame.account.as_ref().map(|account| account.name.clone()).unwrap_or_default();
    reader.desk.audit.record(&by_whom, "export", "reminders", &format!("{code} {} rows", all.len())).await?;
    // The mark by which spreadsheets know UTF-8.
    let bytes = [b"\xef\xbb\xbf".as_slice(), &bytes].concat();
    Ok(download(&lang.with("duties.file", &[&name, &today.to_string()]), bytes))
}

/// A cell that no spreadsheet takes for a formula.
fn plain(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t']) { format!("'{cell}") } else { cell }
}

/// What leads here from a district's page.
pub fn links(code: &str, month: &str, lang: Lang) -> Markup {
    html! {
        p.actions {
            a.button href=(routes::with(&routes::duties(code), &[("period", month)])) { (lang.say("duties.title")) }
            a href=(routes::reminders(code)) download { (lang.say("duties.reminders")) }
        }
    }
}

impl DutiesPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let counted = self.duties.iter().filter(|duty| duty.counts()).count();
        let confirmed = self.duties.iter().filter(|duty| duty.is_confirmed).count();
        let owed: Vec<&Duty> = self.duties.iter().filter(|duty| duty.is_open()).collect();
        let came: Vec<&Duty> = self.duties.iter().filter(|duty| duty.counts()).collect();
        let numbers = [confirmed, counted].map(|number| format::whole(number as i64));
        page(
            &self.frame,
            t("duties.title"),
            html! {
                header.head {
                    p.crumb { a href=(routes::district(&self.code)) { (self.name) } }
                    h1 { (t("duties.title")) }
                    nav.months aria-label=(t("period")) {
                        @for period in &self.periods {
                            a href=(routes::with(&routes::duties(&self.code), &[("period", period)])) aria-current=[(*period == self.period).then_some("true")] {
                                (format::period(period, lang))
                            }
                        }
                    }
                    @if self.waits { p.fresh role="status" { (t("duties.said")) } }
                }
                section #owed {
                    h2 { (lang.with("duties.owed", &[&format::period(&self.period, lang), &format::whole(owed.len() as i64)])) }
                    p { a href=(routes::with(&routes::reminders(&self.code), &[("period", &self.period)])) download { (t("duties.reminders.period")) } " · "
                        a href=(routes::reminders(&self.code)) download { (t("duties.reminders")) } }
                    @if owed.is_empty() { p.empty { (t("duties.none")) } } @else { (self.owed(&owed)) (file_links(&self.frame, "owed")) }
                }
                section #confirm {
                    h2 { (lang.with("duties.confirmed", &[&numbers[0], &numbers[1]])) }
                    p.dek { (t("duties.confirmed.dek")) }
                    @if came.is_empty() { p.empty { (t("duties.nothing_came")) } } @else { (self.came(&came)) (file_links(&self.frame, "came")) }
                }
            },
        )
    }

    fn owed(&self, owed: &[&Duty]) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        html! {
            div.scroll tabindex="0" {
                table.cards {
                    thead {
                        tr {
                            th { (t("school")) }
                            th { (t("form")) }
                            th { (t("duties.state")) }
                            th.number { (t("duties.due")) }
                            th { (t("duties.word")) }
                        }
                    }
                    tbody {
                        @for duty in owed {
                            tr {
                                th scope="row" {
                                    @if self.may_act {
                                        input type="checkbox" name="slice" value=(duty.key()) form="relief" aria-label={ (duty.name) " " (form_title(&duty.form, lang)) };
                                        " "
                                    }
                                    a href=(routes::school(&duty.school)) { (if duty.name.is_empty() { &duty.school } else { &duty.name }) }
                                }
                                td.nowrap { (form_title(&duty.form, lang)) }
                                td.nowrap {
                                    span class={ "slice " (duty.state.code()) } aria-hidden="true" { (duty.state.sign()) }
                                    " "
                                    (duty.state.word(lang))
                                }
                                td.number data-label=(t("duties.due")) { @if let Some(day) = duty.due_on { (day) } }
                                td.sentence { (word(duty, lang)) }
                            }
                        }
                    }
                }
            }
            @if self.may_act { (self.relief()) }
        }
    }

    fn relief(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        html! {
            form.worklist #relief method="post" action=(routes::duties(&self.code)) {
                h3 { (t("duties.relief")) }
                p.small { (t("duties.relief.dek")) }
                input type="hidden" name="form_token" value=(self.frame.form_token);
                input type="hidden" name="period" value=(self.period);
                div { label for="reason" { (t("duties.reason")) } input #reason name="reason" maxlength=(LONGEST_REASON) size="40"; }
                div { label for="until" { (t("duties.until")) } input #until name="until" type="date"; }
                div.actions {
                    button type="submit" name="do" value="extend" { (t("duties.extend")) }
                    button type="submit" name="do" value="excuse" { (t("duties.excuse")) }
                    button type="submit" name="do" value="revoke" { (t("duties.revoke")) }
                }
            }
        }
    }

    fn came(&self, came: &[&Duty]) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        html! {
            @if self.may_act {
                form #confirming method="post" action=(routes::duties(&self.code)) {
                    input type="hidden" name="form_token" value=(self.frame.form_token);
                    input type="hidden" name="period" value=(self.period);
                    div.actions {
                        button.button type="submit" name="do" value="confirm" { (t("duties.confirm")) }
                        button type="submit" name="do" value="confirm_all" { (t("duties.confirm_all")) }
                    }
                }
            }
            @for form in ingest::form::forms() {
                @let own: Vec<&&Duty> = came.iter().filter(|duty| duty.form == form.name).collect();
                @if !own.is_empty() {
                    @let done = own.iter().filter(|duty| duty.is_confirmed).count();
                    details.owed open[done < own.len()] {
                        summary {
                            strong { (form_title(&form.name, lang)) }
                            " "
                            span.count.done[done == own.len()] { (lang.with("duties.of", &[&format::whole(done as i64), &format::whole(own.len() as i64)])) }
                        }
                        ul {
                            @for duty in own {
                                li {
                                    @if duty.is_confirmed { span.met aria-hidden="true" { "✓" } " " }
                                    @else if self.may_act {
                                        input type="checkbox" name="slice" value=(duty.key()) form="confirming" aria-label={ (duty.name) " " (form_title(&duty.form, lang)) };
                                        " "
                                    }
                                    a href=(routes::school(&duty.school)) { (if duty.name.is_empty() { &duty.school } else { &duty.name }) }
                                    @if duty.is_confirmed { " " span.small { (t("duties.is_confirmed")) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What was said of a slice that is owed.
fn word(duty: &Duty, lang: Lang) -> Markup {
    html! {
        @if duty.is_excused { (lang.say("duties.is_excused")) }
        @else if let Some(until) = duty.extended_to { (lang.with("duties.is_extended", &[&format::date(until, lang)])) }
        @if !duty.reason.is_empty() { " " span.small { (duty.reason) } }
    }
}
