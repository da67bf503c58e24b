//! What a district's schools owe and sent: schools × forms × periods, in the five states.

mod given;

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::error::Result;
use crate::explain::proof::form_title;
use crate::format;
use crate::pages::fault::Fault;
use crate::pages::given::{Giver, Wanted, links};
use crate::pages::layout::{Frame, page};
use crate::pages::parts::{self, Part};
use crate::pages::slices::{self, State};
use crate::period;
use crate::routes;
use crate::scope::{Scope, Scoped};
use crate::visit::{Asked, Reader};
use crate::words::Lang;

/// What the page shows.
struct ReportsPage {
    frame: Frame,
    code: String,
    name: String,
    asked: Of,
    months: Vec<String>,
    month: String,
    columns: Vec<(String, String)>,
    schools: Vec<School>,
    part: Part,
    states: Vec<(State, i64)>,
}

/// A school's line.
struct School {
    id: String,
    name: String,
    cells: BTreeMap<(String, String), (State, bool)>,
}

/// What the address chooses.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct Of {
    month: String,
    form: String,
    state: String,
    page: String,
}

/// Schools on a page.
const PAGE: i64 = 60;

/// `/district/{code}/reports`
pub async fn show(
    reader: Reader,
    Path(code): Path<String>,
    Asked(asked): Asked<Of>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Fault> {
    let scoped = &reader.scoped;
    if !matches!(scoped.scope, Scope::City | Scope::District(_)) {
        return Err(Fault::NotHere);
    }
    let names = parts::district_names(scoped, reader.frame.lang).await?;
    let Some((code, name)) = names.into_iter().find(|(one, _)| *one == code) else { return Err(Fault::NotHere) };
    let (months, due) = months(scoped, &code).await?;
    let this_month = scoped.edition.today.format("%Y-%m").to_string();
    // The newest month of which something has fallen due or come in.
    let newest = due.or(months.last().cloned());
    let month = if period::is_month(&asked.month) { asked.month.clone() } else { newest.unwrap_or(this_month) };
    let mut schools = schools(scoped, &code, &month).await?;
    let form = |(name, _): &(String, String)| asked.form.is_empty() || *name == asked.form;
    let mut columns: Vec<(String, String)> =
        schools.iter().flat_map(|one| one.cells.keys()).filter(|one| form(one)).cloned().collect();
    let place = |form: &str| ingest::form::forms().iter().position(|one| one.name == form).unwrap_or(usize::MAX);
    columns.sort_by_key(|(form, period)| (period.len() != 7, place(form), period.clone()));
    columns.dedup();
    let of_state = State::ALL.into_iter().find(|state| state.code() == asked.state);
    let shown = |school: &School| {
        columns.iter().filter_map(|column| school.cells.get(column)).map(|(state, _)| *state).collect::<Vec<_>>()
    };
    let states = State::ALL
        .into_iter()
        .map(|state| (state, schools.iter().flat_map(shown).filter(|one| *one == state).count() as i64))
        .collect();
    if let Some(of_state) = of_state {
        schools.retain(|school| shown(school).contains(&of_state));
    }
    if wanted.is_file() {
        let grid = given::grid(&name, &month, &asked, &columns, &schools, reader.frame.lang);
        return Giver::of(&reader).give((wanted.table == "slices").then_some(grid), &wanted).await;
    }
    let part = Part::read(&asked.page, PAGE, schools.len() as i64);
    let schools = schools.into_iter().skip(part.skip() as usize).take(PAGE as usize).collect();
    let shown = ReportsPage { frame: reader.frame, code, name, asked, months, month, columns, schools, part, states };
    Ok(shown.template().into_response())
}

/// The months of which anything is owed, and the newest of which something fell due or came in.
async fn months(scoped: &Scoped, district: &str) -> Result<(Vec<String>, Option<String>)> {
    let sql = "select period, sum(case when state = 'not_due' then 0 else 1 end) as due from marts.slice
        where district_code = $1 group by period order by period";
    let rows = scoped.query(sql, &[district]).await?;
    let months = || rows.iter().filter(|row| period::is_month(row.text("period")));
    let due = months().filter(|row| row.count("due") > 0).last().map(|row| row.text("period").to_owned());
    Ok((months().map(|row| row.text("period").to_owned()).collect(), due))
}

/// The schools with the slices of a month, its term, its year and the year before, whose report falls due in this one.
async fn schools(scoped: &Scoped, district: &str, month: &str) -> Result<Vec<School>> {
    let sql =
        "select slice.school_id, coalesce(school_name, slice.school_id) as school_name, form, period, state, is_late
        from marts.slice as slice left join marts.school as school on slice.school_id = school.school_id
        where slice.district_code = $1 and period in ($2, $3, $4, $5) order by slice.school_id, form, period";
    let around = period::around(month);
    let near = |at: usize| around.get(at).map_or("", String::as_str);
    let rows = scoped.query(sql, &[district, near(0), near(1), near(2), near(4)]).await?;
    let mut schools: Vec<School> = Vec::new();
    for row in rows.iter() {
        let id = row.text("school_id");
        if schools.last().is_none_or(|school| school.id != id) {
            schools.push(School {
                id: id.to_owned(),
                name: row.text("school_name").to_owned(),
                cells: BTreeMap::new(),
            });
        }
        if let Some(school) = schools.last_mut() {
            let column = (row.text("form").to_owned(), row.text("period").to_owned());
            school.cells.insert(column, (State::read(row.text("state")), row.yes("is_late")));
        }
    }
    Ok(schools)
}

impl ReportsPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        page(
            &self.frame,
            &lang.with("reports.title", &[&self.name]),
            html! {
                header.head {
                    p.crumb { a href=(routes::with(&routes::district(&self.code), &[("month", &self.month)])) { (self.name) } }
                    h1 { (lang.with("reports.title", &[&self.name])) }
                    p.dek { (lang.with("reports.dek", &[&format::period(&self.month, lang)])) }
                    nav.months aria-label=(t("months.label")) {
                        @for month in &self.months {
                            a href=(self.address(("month", month))) aria-current=[(*month == self.month).then_some("true")] {
                                (format::period(month, lang))
                            }
                        }
                    }
                }
                (self.choices())
                @if self.schools.is_empty() { p.empty { (t("reports.none")) } }
                @else { (slices::legend(lang)) (self.matrix()) (self.part.pager(|number| self.address(("page", number)), lang)) (links(&self.frame, "slices")) }
            },
        )
    }

    /// The states with their numbers, each a link to the schools that have one.
    fn choices(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            nav.months aria-label=(lang.say("findings.state")) {
                a href=(self.address(("state", ""))) aria-current=[self.asked.state.is_empty().then_some("true")] { (lang.say("any")) }
                @for (state, times) in &self.states {
                    a href=(self.address(("state", state.code()))) aria-current=[(self.asked.state == state.code()).then_some("true")] {
                        span aria-hidden="true" { (state.sign()) } " " (state.word(lang)) " " (format::whole(*times))
                    }
                }
            }
            @if !self.asked.form.is_empty() {
                p.chosen { (form_title(&self.asked.form, lang)) " " a href=(self.address(("form", ""))) { (lang.say("findings.any_school")) } }
            }
        }
    }

    fn matrix(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            div.scroll tabindex="0" { table.matrix.heat {
                thead {
                    tr {
                        th { (lang.say("school")) }
                        @for (form, period) in &self.columns {
                            th scope="col" {
                                a href=(self.address(("form", form))) { (form_title(form, lang)) }
                                @if period.len() != 7 { span.small { " " (format::period(period, lang)) } }
                            }
                        }
                    }
                }
                tbody { @for school in &self.schools { tr {
                    th scope="row" { a href={ (routes::school(&school.id)) "#reports" } { (school.name) } }
                    @for column in &self.columns { (cell(school.cells.get(column), lang)) }
                } } }
            } }
        }
    }

    /// The address of the same page with one thing changed.
    fn address(&self, change: (&str, &str)) -> String {
        let own = [("month", self.month.as_str()), ("form", &self.asked.form), ("state", &self.asked.state)];
        let pairs: Vec<_> = own.into_iter().filter(|(key, _)| *key != change.0).chain([change]).collect();
        routes::with(&routes::reports(&self.code), &pairs)
    }
}

/// A slice's state as a cell. It is read aloud by its word; the table may hold thousands, so the cell says no more.
fn cell(slice: Option<&(State, bool)>, lang: Lang) -> Markup {
    let Some((state, is_late)) = slice else { return html! { td {} } };
    html! {
        td class={ "slice " (state.code()) @if *is_late { " late" } } {
            span aria-hidden="true" { (state.sign()) }
            span.hidden { (state.word(lang)) @if *is_late { " " (lang.say("slice.late")) } }
        }
    }
}
