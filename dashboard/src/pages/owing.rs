//! What a school or a district owes now, in a sentence at the head of its page.

use chrono::NaiveDate;
use maud::{Markup, html};

use crate::error::Result;
use crate::explain::proof::form_title;
use crate::format;
use crate::routes;
use crate::scope::Scoped;
use crate::words::Lang;

/// Slices that a district's page names one by one.
const NAMED: i64 = 6;
/// What counts as owed: past its day or sent back, and not excused.
const OWED: &str = "not exists (
    select 1 from marts.slice_mark as mark
    where mark.is_excused and mark.form = slice.form and mark.school_id = slice.school_id and mark.period = slice.period
)";

/// How much is owed, and when more is.
pub struct Owing {
    missing: i64,
    rejected: i64,
    next_on: Option<NaiveDate>,
    /// Of a district, the first ones.
    named: Vec<Named>,
}

/// A slice that is owed.
struct Named {
    school_id: String,
    school_name: String,
    form: String,
    period: String,
}

/// Whose slices are counted.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// One school's.
    School(&'a str),
    /// Those of a district's schools.
    District(&'a str),
}

/// Counts what is past its day and was not excused, and finds the next day on which something is due.
pub async fn owing(scoped: &Scoped, whose: Whose<'_>) -> Result<Owing> {
    let (column, id) = match whose {
        Whose::School(id) => ("school_id", id),
        Whose::District(code) => ("district_code", code),
    };
    let sql = format!(
        "select coalesce(sum(case when state = 'missing' then 1 else 0 end), 0) as missing,
            coalesce(sum(case when state = 'rejected' then 1 else 0 end), 0) as rejected,
            min(case when state = 'not_due' then due_on end) as next_on
         from marts.slice as slice where {column} = $1 and {OWED}"
    );
    let rows = scoped.query(&sql, &[id]).await?;
    let row = rows.first();
    let named = match whose {
        Whose::School(_) => Vec::new(),
        Whose::District(code) => named(scoped, code).await?,
    };
    Ok(Owing {
        missing: row.map_or(0, |row| row.count("missing")),
        rejected: row.map_or(0, |row| row.count("rejected")),
        next_on: row.and_then(|row| row.date("next_on")),
        named,
    })
}

/// Those of a district that are owed the longest.
async fn named(scoped: &Scoped, code: &str) -> Result<Vec<Named>> {
    let sql = format!(
        "select slice.school_id, school.school_name, slice.form, slice.period
         from marts.slice as slice left join marts.school as school on school.school_id = slice.school_id
         where slice.district_code = $1 and slice.state in ('missing', 'rejected') and {OWED}
         order by slice.due_on, slice.school_id, slice.form limit {NAMED}"
    );
    let named = |row: crate::rows::Row<'_>| Named {
        school_id: row.text("school_id").to_owned(),
        school_name: row.text("school_name").to_owned(),
        form: row.text("form").to_owned(),
        period: row.text("period").to_owned(),
    };
    Ok(scoped.query(&sql, &[code]).await?.iter().map(named).collect())
}

impl Owing {
    /// The sentence; `todo` leads to where something can be done about it.
    pub fn template(&self, todo: Option<(&str, &str)>, lang: Lang) -> Markup {
        let owed = self.missing + self.rejected;
        html! {
            p.owing {
                @if owed > 0 {
                    strong.missed { (lang.with("owing.some", &[&format::whole(self.missing), &format::whole(self.rejected)])) }
                } @else { (lang.say("owing.none")) }
                @if let Some(day) = self.next_on { " " (lang.with("owing.next", &[&format::date(day, lang)])) }
                @if let Some((address, words)) = todo { " " a href=(address) { (words) } }
            }
            @if !self.named.is_empty() {
                ul.plain {
                    @for one in &self.named {
                        li {
                            a href=(routes::school(&one.school_id)) {
                                (if one.school_name.is_empty() { &one.school_id } else { &one.school_name })
                            }
                            " · " (form_title(&one.form, lang)) " · " (format::period(&one.period, lang))
                        }
                    }
                    @if owed > NAMED { li { (lang.with("owing.more", &[&format::whole(owed - NAMED)])) } }
                }
            }
        }
    }
}
