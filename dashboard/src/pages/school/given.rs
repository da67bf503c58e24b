//! The school's tables as files.

use super::SchoolPage;
use crate::explain::proof::form_title;
use crate::export::grid::{Grid, Kind};
use crate::pages::figures_given::{figures, state};

impl SchoolPage {
    /// A table of the page by its name.
    pub(super) fn grid(&self, table: &str) -> Option<Grid> {
        let lang = self.frame.lang;
        let grid = match table {
            // Every period of which there is a figure.
            "figures" => {
                let title = format!("{} {}", self.name, lang.say("given.figures"));
                let own = self.figures.iter().map(|figure| (self.name.as_str(), figure));
                figures(title, own, &self.frame.catalogue, lang)
            }
            "slices" => self.slices_grid(),
            "similar" if !self.places.is_empty() => self.similar_grid(),
            _ => return None,
        };
        Some(grid.chosen(lang.say("school"), &self.name))
    }

    fn slices_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let mut grid = Grid::new(format!("{} {}", self.name, lang.say("school.reports")))
            .column("form", Kind::Text, lang.say("form"))
            .column("period", Kind::Text, lang.say("period"))
            .column("state", Kind::Text, lang.say("duties.state"))
            .column("is_late", Kind::YesNo, lang.say("given.is_late"))
            .column("due_on", Kind::Date, lang.say("duties.due"))
            .column("received_on", Kind::Date, lang.say("given.received_on"));
        for slice in &self.slices {
            grid.row([
                form_title(&slice.form, lang).into(),
                slice.period.as_str().into(),
                state(slice.state, lang),
                slice.is_late.into(),
                slice.due_on.into(),
                slice.received_on.into(),
            ]);
        }
        grid
    }

    fn similar_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let mut grid = Grid::new(format!("{} {}", self.name, lang.say("similar.title")))
            .column("indicator", Kind::Text, lang.say("given.code"))
            .column("title", Kind::Text, lang.say("indicator"))
            .column("period", Kind::Text, lang.say("period"))
            .column("value", Kind::Real, lang.say("similar.own"))
            .column("place", Kind::Whole, lang.say("similar.place"))
            .column("schools", Kind::Whole, lang.say("given.similar"))
            .column("lowest", Kind::Real, lang.say("given.lowest"))
            .column("median", Kind::Real, lang.say("similar.median"))
            .column("highest", Kind::Real, lang.say("given.highest"));
        for place in &self.places {
            let [lowest, median, highest] = place.others;
            grid.row([
                place.indicator.as_str().into(),
                self.frame.catalogue.indicator_title(&place.indicator, lang).into(),
                place.period.as_str().into(),
                place.value.into(),
                place.place.into(),
                place.schools.into(),
                lowest.into(),
                median.into(),
                highest.into(),
            ]);
        }
        grid
    }
}
