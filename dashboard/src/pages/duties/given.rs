//! What is owed and came as a file.

use super::DutiesPage;
use crate::explain::proof::form_title;
use crate::export::grid::{Grid, Kind};
use crate::format;
use crate::pages::figures_given::state;

impl DutiesPage {
    /// A table of the page by its name.
    pub(super) fn grid(&self, table: &str) -> Option<Grid> {
        let lang = self.frame.lang;
        let is_shown: fn(&super::Duty) -> bool = match table {
            "owed" => |duty| duty.is_open(),
            "came" => |duty| duty.counts(),
            _ => return None,
        };
        let title = if table == "owed" { "given.owed" } else { "given.came" };
        let mut grid = Grid::new(format!("{} {}", self.name, lang.say(title)))
            .chosen(lang.say("district"), &self.name)
            .chosen(lang.say("period"), &format::period(&self.period, lang))
            .column("school_id", Kind::Text, lang.say("school.id"))
            .column("school_name", Kind::Text, lang.say("school"))
            .column("form", Kind::Text, lang.say("form"))
            .column("period", Kind::Text, lang.say("period"))
            .column("state", Kind::Text, lang.say("duties.state"))
            .column("due_on", Kind::Date, lang.say("duties.due"))
            .column("extended_to", Kind::Date, lang.say("duties.until"))
            .column("is_excused", Kind::YesNo, lang.say("duties.is_excused"))
            .column("reason", Kind::Text, lang.say("duties.reason"))
            .column("is_confirmed", Kind::YesNo, lang.say("duties.is_confirmed"));
        for duty in self.duties.iter().filter(|duty| is_shown(duty)) {
            grid.row([
                duty.school.as_str().into(),
                duty.name.as_str().into(),
                form_title(&duty.form, lang).into(),
                duty.period.as_str().into(),
                state(duty.state, lang),
                duty.due_on.into(),
                duty.extended_to.into(),
                duty.is_excused.into(),
                duty.reason.as_str().into(),
                duty.is_confirmed.into(),
            ]);
        }
        Some(grid)
    }
}
