//! What a school or a district owes now, in a sentence at the head of its page.

use chrono::NaiveDate;
use maud::{Markup, html};

use crate::error::Result;
use crate::format;
use crate::scope::Scoped;
use crate::words::Lang;

/// How much is owed, and when more is.
pub struct Owing {
    missing: i64,
    rejected: i64,
    next_on: Option<NaiveDate>,
}

/// Whose slices are counted.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// One school's.
    School(&'a str),
    /// Those of a district's schools.
    District(&'a str),
}

/// Counts what is past its day, and finds the next day on which something is due.
pub async fn owing(scoped: &Scoped, whose: Whose<'_>) -> Result<Owing> {
    let (column, id) = match whose {
        Whose::School(id) => ("school_id", id),
        Whose::District(code) => ("district_code", code),
    };
    let sql = format!(
        "select coalesce(sum(case when state = 'missing' then 1 else 0 end), 0) as missing,
            coalesce(sum(case when state = 'rejected' then 1 else 0 end), 0) as rejected,
            min(case when state = 'not_due' then due_on end) as next_on
         from marts.slice where {column} = $1"
    );
    let rows = scoped.query(&sql, &[id]).await?;
    let row = rows.first();
    Ok(Owing {
        missing: row.map_or(0, |row| row.count("missing")),
        rejected: row.map_or(0, |row| row.count("rejected")),
        next_on: row.and_then(|row| row.date("next_on")),
    })
}

impl Owing {
    /// The sentence; `todo` leads to where something can be done about it.
    pub fn template(&self, todo: Option<(&str, &str)>, lang: Lang) -> Markup {
        html! {
            p.owing {
                @if self.missing + self.rejected > 0 {
                    strong.missed { (lang.with("owing.some", &[&format::whole(self.missing), &format::whole(self.rejected)])) }
                } @else { (lang.say("owing.none")) }
                @if let Some(day) = self.next_on { " " (lang.with("owing.next", &[&format::date(day, lang)])) }
                @if let Some((address, words)) = todo { " " a href=(address) { (words) } }
            }
        }
    }
}
