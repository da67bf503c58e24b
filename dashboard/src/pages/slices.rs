//! What was reported and what is owed: the five states of a slice, each with its sign and never mixed up.

use maud::{Markup, html};

use crate::error::Result;
use crate::explain::proof::form_title;
use crate::format;
use crate::scope::Scoped;
use crate::words::Lang;

/// The state of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Accepted, with rows.
    Reported,
    /// Accepted: there is nothing to report.
    Zero,
    /// Sent back.
    Rejected,
    /// Due and not there.
    Missing,
    /// Not due yet.
    NotDue,
}

impl State {
    /// All states, in the order of legends.
    pub const ALL: [State; 5] = [State::Reported, State::Zero, State::Rejected, State::Missing, State::NotDue];

    /// The state that the mart names.
    pub fn read(text: &str) -> State {
        State::ALL.into_iter().find(|state| state.code() == text).unwrap_or(State::NotDue)
    }

    /// The mart's name of it, and its class.
    pub fn code(self) -> &'static str {
        match self {
            State::Reported => "reported",
            State::Zero => "zero",
            State::Rejected => "rejected",
            State::Missing => "missing",
            State::NotDue => "not_due",
        }
    }

    /// The sign that tells it without colour.
    pub fn sign(self) -> &'static str {
        match self {
            State::Reported => "●",
            State::Zero => "○",
            State::Rejected => "✕",
            State::Missing => "!",
            State::NotDue => "·",
        }
    }

    /// Its word.
    pub fn word(self, lang: Lang) -> &'static str {
        lang.say(match self {
            State::Reported => "state.reported",
            State::Zero => "state.zero",
            State::Rejected => "state.rejected",
            State::Missing => "state.missing",
            State::NotDue => "state.not_due",
        })
    }
}

/// One slice of a school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The form's code name.
    pub form: String,
    /// The period.
    pub period: String,
    /// Its state.
    pub state: State,
    /// Whether it came, or is missing, after its due date.
    pub is_late: bool,
    /// Its last day.
    pub due_on: Option<chrono::NaiveDate>,
    /// When it came.
    pub received_on: Option<chrono::NaiveDate>,
}

/// The slices of a school.
pub async fn of_school(scoped: &Scoped, school: &str) -> Result<Vec<Slice>> {
    let sql = "select form, period, state, is_late, due_on, received_on from marts.slice where school_id = $1 order by form, period";
    let rows = scoped.query(sql, &[school]).await?;
    let read = |row: crate::rows::Row<'_>| Slice {
        form: row.text("form").to_owned(),
        period: row.text("period").to_owned(),
        state: State::read(row.text("state")),
        is_late: row.yes("is_late"),
        due_on: row.date("due_on"),
        received_on: row.date("received_on"),
    };
    Ok(rows.iter().map(read).collect())
}

/// Which sign is which state.
pub fn legend(lang: Lang) -> Markup {
    html! {
        ul.legend {
            @for state in State::ALL {
                li {
                    span class={ "slice " (state.code()) } aria-hidden="true" { (state.sign()) }
                    " "
                    (state.word(lang))
                }
            }
            li { span.slice.late aria-hidden="true" { "●" } " " (lang.say("state.late")) }
        }
    }
}

/// Forms × periods of a school, one table for each kind of period.
pub fn matrix(slices: &[Slice], lang: Lang) -> Markup {
    // A month is written `2019-09`, and no other kind of period is as long.
    html! {
        @for (title, months) in [("slices.months", true), ("slices.terms", false)] {
            @let own: Vec<&Slice> = slices.iter().filter(|slice| (slice.period.len() == 7) == months).collect();
            @let periods = sorted(own.iter().map(|slice| slice.period.as_str()));
            @if !own.is_empty() {
                div.scroll tabindex="0" {
                    table.matrix {
                        caption { (lang.say(title)) }
                        thead {
                            tr {
                                th { (lang.say("form")) }
                                @for period in &periods { th scope="col" { (format::period(period, lang)) } }
                            }
                        }
                        tbody {
                            @for form in ingest::form::forms().iter().filter(|form| own.iter().any(|slice| slice.form == form.name)) {
                                tr {
                                    th scope="row" { (form_title(&form.name, lang)) }
                                    @for period in &periods {
                                        td {
                                            @for slice in own.iter().filter(|slice| slice.form == form.name && slice.period == *period) {
                                                (cell(slice, lang))
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cell(slice: &Slice, lang: Lang) -> Markup {
    let when = match (slice.received_on, slice.due_on) {
        (Some(day), _) => lang.with("slice.received", &[&format::date(day, lang)]),
        (None, Some(day)) => lang.with("slice.due", &[&format::date(day, lang)]),
        (None, None) => String::new(),
    };
    let late = if slice.is_late { lang.say("slice.late") } else { "" };
    html! {
        span class={ "slice " (slice.state.code()) @if slice.is_late { " late" } } title={ (slice.state.word(lang)) " " (late) " " (when) } {
            span aria-hidden="true" { (slice.state.sign()) }
            span.hidden { (slice.state.word(lang)) " " (late) }
        }
    }
}

fn sorted<'a>(periods: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all: Vec<&str> = periods.collect();
    all.sort_unstable();
    all.dedup();
    all
}
