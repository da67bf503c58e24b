//! The district's tables as files.

use super::{DistrictPage, register_label, verdict_key};
use crate::export::grid::{Grid, Kind};
use crate::figures::of_month;
use crate::format;
use crate::pages::curve;
use crate::pages::figures_given::figures;
use crate::rows::Value;

impl DistrictPage {
    /// A table of the page by its name.
    pub(super) fn grid(&self, table: &str) -> Option<Grid> {
        let lang = self.frame.lang;
        let grid = match table {
            "figures" => {
                let codes = crate::figures::indicators(&self.figures);
                let own = codes.iter().filter_map(|code| of_month(&self.figures, code, &self.months.chosen));
                let title = lang.with("district.figures", &[&format::period(&self.months.chosen, lang)]);
                figures(title, own.map(|figure| (self.name.as_str(), figure)), &self.frame.catalogue, lang)
            }
            "schools" => self.schools_grid(),
            "compare" if !self.funnel.schools.is_empty() => self.funnel_grid(),
            "compare" => {
                let own = self.schools.iter().filter_map(|school| {
                    let figure = of_month(&school.figures, &self.indicator, &self.months.chosen)?;
                    figure.value.map(|_| (school.name.as_str(), figure))
                });
                let title = lang.with("strip.title", &[self.frame.catalogue.indicator_title(&self.indicator, lang)]);
                figures(title, own, &self.frame.catalogue, lang).chosen(lang.say("indicator"), &self.indicator)
            }
            "rollout" => return Some(curve::grid(&self.days, &self.name, lang)),
            _ => return None,
        };
        let month = format::period(&self.months.chosen, lang);
        Some(grid.chosen(lang.say("district"), &self.name).chosen(lang.say("given.month"), &month))
    }

    /// The schools in the order in which the page has them.
    fn schools_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let catalogue = &self.frame.catalogue;
        let mut grid = Grid::new(format!("{} {}", self.name, lang.say("district.schools")))
            .column("school_id", Kind::Text, lang.say("school.id"))
            .column("school_name", Kind::Text, lang.say("school"))
            .column("school_kind", Kind::Text, lang.say("school.kind"))
            .column("urban_rural", Kind::Text, lang.say("given.urban_rural"))
            .column("pupils", Kind::Whole, lang.say("school.pupils"))
            .column("started_on", Kind::Date, lang.say("school.started_on"));
        for code in &self.columns {
            grid = grid.column(code, Kind::Real, catalogue.indicator_title(code, lang));
        }
        grid = grid.column("findings", Kind::Whole, lang.say("school.findings")).column(
            "missing",
            Kind::Whole,
            lang.say("school.missing"),
        );
        for school in &self.schools {
            let head: [Value; 6] = [
                school.id.as_str().into(),
                school.name.as_str().into(),
                register_label("school_kind", &school.kind, lang).into(),
                register_label("urban_rural", &school.urban_rural, lang).into(),
                school.pupils.into(),
                school.started_on.into(),
            ];
            let value = |code: &String| -> Value {
                of_month(&school.figures, code, &self.months.chosen).and_then(|figure| figure.value).into()
            };
            let ends = [school.findings.into(), school.missing.into()];
            grid.row(head.into_iter().chain(self.columns.iter().map(value)).chain(ends));
        }
        grid.chosen(lang.say("findings.sort"), &self.sort_text())
    }

    fn funnel_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let title = self.frame.catalogue.indicator_title(&self.indicator, lang);
        let limit = |percent: &str, end: &str| format!("{} {percent} {}", lang.say("funnel.limits"), lang.say(end));
        let mut grid = Grid::new(lang.with("funnel.title", &[title, &format::period(&self.funnel.period, lang)]))
            .column("school_id", Kind::Text, lang.say("school.id"))
            .column("school_name", Kind::Text, lang.say("school"))
            .column("n", Kind::Real, lang.say("funnel.n"))
            .column("value", Kind::Real, title)
            .column("lower_95", Kind::Real, limit("95%", "given.lower"))
            .column("upper_95", Kind::Real, limit("95%", "given.upper"))
            .column("lower_998", Kind::Real, limit("99.8%", "given.lower"))
            .column("upper_998", Kind::Real, limit("99.8%", "given.upper"))
            .column("verdict", Kind::Text, lang.say("funnel.verdict"));
        for school in &self.funnel.schools {
            let [(lower, upper), (lowest, highest)] = school.limits;
            grid.row([
                school.id.as_str().into(),
                school.dot.name.as_str().into(),
                school.dot.people.into(),
                school.dot.value.into(),
                lower.into(),
                upper.into(),
                lowest.into(),
                highest.into(),
                lang.say(verdict_key(&school.verdict)).into(),
            ]);
        }
        grid.chosen(lang.say("indicator"), &self.indicator)
    }
}
