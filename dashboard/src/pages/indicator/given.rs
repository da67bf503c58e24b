//! The indicator's tables as files.

use super::IndicatorPage;
use crate::export::grid::Grid;
use crate::figures::of_month;
use crate::format;
use crate::pages::figures_given::figures;

impl IndicatorPage {
    /// A table of the page by its name.
    pub(super) fn grid(&self, table: &str) -> Option<Grid> {
        let lang = self.frame.lang;
        let catalogue = &self.frame.catalogue;
        let title = catalogue.indicator_title(&self.code, lang);
        match table {
            "parts" => {
                let own = self.units.iter().filter_map(|unit| {
                    Some((unit.name.as_str(), of_month(&unit.figures, &self.code, &self.months.chosen)?))
                });
                let title = format!("{title} {}", lang.say("indicator.parts"));
                let month = format::period(&self.months.chosen, lang);
                Some(figures(title, own, catalogue, lang).chosen(lang.say("given.month"), &month))
            }
            "periods" => {
                let all =
                    self.units.iter().flat_map(|unit| unit.figures.iter().map(|figure| (unit.name.as_str(), figure)));
                Some(figures(format!("{title} {}", lang.say("indicator.periods")), all, catalogue, lang))
            }
            _ => None,
        }
    }
}
