//! The slices of a district's schools as a file: a row a slice, of all parts of the page.

use super::{Of, School, State};
use crate::explain::proof::form_title;
use crate::export::grid::{Grid, Kind};
use crate::format;
use crate::pages::figures_given::state;
use crate::words::Lang;

/// The slices that the page shows of these schools, in its columns' order.
pub(super) fn grid(
    name: &str,
    month: &str,
    asked: &Of,
    columns: &[(String, String)],
    schools: &[School],
    lang: Lang,
) -> Grid {
    let wanted = State::ALL.into_iter().find(|state| state.code() == asked.state);
    let mut grid = Grid::new(lang.with("reports.title", &[name]))
        .chosen(lang.say("district"), name)
        .chosen(lang.say("given.month"), &format::period(month, lang))
        .chosen(lang.say("form"), if asked.form.is_empty() { "" } else { form_title(&asked.form, lang) })
        .chosen(lang.say("given.schools_with"), wanted.map_or("", |state| state.word(lang)))
        .column("school_id", Kind::Text, lang.say("school.id"))
        .column("school_name", Kind::Text, lang.say("school"))
        .column("form", Kind::Text, lang.say("form"))
        .column("period", Kind::Text, lang.say("period"))
        .column("state", Kind::Text, lang.say("duties.state"))
        .column("is_late", Kind::YesNo, lang.say("given.is_late"));
    for school in schools {
        for column in columns {
            let Some((own, is_late)) = school.cells.get(column) else { continue };
            grid.row([
                school.id.as_str().into(),
                school.name.as_str().into(),
                form_title(&column.0, lang).into(),
                column.1.as_str().into(),
                state(*own, lang),
                (*is_late).into(),
            ]);
        }
    }
    grid
}
