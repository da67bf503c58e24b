//! The overview's tables as files.

use super::CityPage;
use crate::export::grid::{Grid, Kind};
use crate::figures::{self, of_month};
use crate::format;
use crate::pages::curve;
use crate::pages::figures_given::{across, figures};
use crate::pages::slices::State;
use crate::rows::Value;

impl CityPage {
    /// A table of the page by its name.
    pub(super) fn grid(&self, table: &str) -> Option<Grid> {
        let lang = self.frame.lang;
        let month = format::period(&self.months.chosen, lang);
        let grid = match table {
            "compare" => self.compare_grid(),
            "indicators" => self.indicators_grid(),
            "reports" => self.reports_grid(),
            "rollout" => return Some(curve::grid(&self.days, lang.say("city"), lang)),
            // These are all that stand, of whatever month.
            "findings" => return Some(self.findings_grid()),
            _ => return None,
        };
        Some(grid.chosen(lang.say("given.month"), &month))
    }

    fn compare_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let catalogue = &self.frame.catalogue;
        let own = self
            .districts
            .iter()
            .filter_map(|one| Some((one.name.as_str(), of_month(&one.figures, &self.indicator, &self.months.chosen)?)));
        let title = lang.with("compare.title", &[catalogue.indicator_title(&self.indicator, lang)]);
        figures(title, own, catalogue, lang).chosen(lang.say("indicator"), &self.indicator)
    }

    fn indicators_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let codes = figures::indicators(self.districts.iter().flat_map(|one| &one.figures));
        let mut units: Vec<(&str, &str)> =
            self.districts.iter().map(|one| (one.code.as_str(), one.name.as_str())).collect();
        units.push(("city", lang.say("city")));
        let value = |code: &str, unit: &str| {
            let district = self.districts.iter().find(|one| one.code == unit);
            let figures = district.map_or(&self.city, |one| &one.figures);
            of_month(figures, code, &self.months.chosen)?.value
        };
        across(lang.say("city.heat").to_owned(), &codes, &units, value, &self.frame.catalogue, lang)
    }

    fn reports_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let title = lang.with("city.reports", &[&format::period(&self.months.chosen, lang)]);
        let mut grid = Grid::new(title).column("district_code", Kind::Text, lang.say("given.district_code")).column(
            "district",
            Kind::Text,
            lang.say("district"),
        );
        for state in State::ALL {
            grid = grid.column(state.code(), Kind::Whole, state.word(lang));
        }
        for one in &self.districts {
            let times = |state: State| -> Value {
                one.slices.iter().filter(|(own, _)| *own == state).map(|(_, times)| *times).sum::<i64>().into()
            };
            let head: [Value; 2] = [one.code.as_str().into(), one.name.as_str().into()];
            grid.row(head.into_iter().chain(State::ALL.map(times)));
        }
        grid
    }

    fn findings_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let mut grid = Grid::new(lang.say("city.findings"))
            .column("rule", Kind::Text, lang.say("given.rule_code"))
            .column("title", Kind::Text, lang.say("rule"))
            .column("severity", Kind::Text, lang.say("severity"));
        for one in &self.districts {
            grid = grid.column(&one.code, Kind::Whole, &one.name);
        }
        grid = grid.column("total", Kind::Whole, lang.say("total")).column("amount", Kind::Money, lang.say("amount"));
        let mut rules: Vec<(&str, &str)> =
            self.found.iter().map(|found| (found.rule.as_str(), found.severity.as_str())).collect();
        rules.dedup_by_key(|(rule, _)| *rule);
        for (rule, severity) in rules {
            let own = || self.found.iter().filter(move |found| found.rule == rule);
            let here = |code: &str| own().filter(|found| found.district == code).map(|found| found.times).sum::<i64>();
            let head: [Value; 3] = [
                rule.into(),
                self.frame.catalogue.rule_title(rule, lang).into(),
                lang.say(&format!("severity.{severity}")).into(),
            ];
            let ends = [
                own().map(|found| found.times).sum::<i64>().into(),
                Value::Hundredths(own().map(|found| found.fen).sum()),
            ];
            grid.row(head.into_iter().chain(self.districts.iter().map(|one| here(&one.code).into())).chain(ends));
        }
        grid
    }
}
