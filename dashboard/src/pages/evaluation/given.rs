//! The evaluation's tables as files.

use std::collections::BTreeSet;

use super::{EvaluationPage, place};
use crate::export::grid::{Grid, Kind};
use crate::format;
use crate::rows::Value;

impl EvaluationPage {
    /// A table of the page by its name.
    pub(super) fn grid(&self, table: &str) -> Option<Grid> {
        let lang = self.frame.lang;
        let grid = match table {
            "scores" => self.scores_grid(),
            "points" => self.points_grid(),
            "swings" => self.swings_grid(),
            "gaps" => self.gaps_grid(),
            _ => return None,
        };
        Some(grid.chosen(lang.say("period"), &format::period(&self.period, lang)))
    }

    fn scores_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let ends = |key: &str| {
            [lang.say("given.lower"), lang.say("given.upper")].map(|end| format!("{} {end}", lang.say(key)))
        };
        let ([lowest, highest], [best, worst]) = (ends("evaluation.totals"), ends("evaluation.ranks"));
        let mut grid = Grid::new(lang.with("evaluation.chart", &[&format::period(&self.period, lang)]))
            .column("district_code", Kind::Text, lang.say("given.district_code"))
            .column("district", Kind::Text, lang.say("district"))
            .column("total", Kind::Real, lang.say("evaluation.total"))
            .column("rank", Kind::Whole, lang.say("given.rank"))
            .column("lowest_total", Kind::Real, lowest)
            .column("highest_total", Kind::Real, highest)
            .column("best_rank", Kind::Whole, best)
            .column("worst_rank", Kind::Whole, worst);
        for one in &self.districts {
            grid.row([
                one.code.as_str().into(),
                one.name.as_str().into(),
                one.total.into(),
                one.rank.into(),
                one.totals.map(|ends| ends.0).into(),
                one.totals.map(|ends| ends.1).into(),
                one.ranks.map(|ends| ends.0).into(),
                one.ranks.map(|ends| ends.1).into(),
            ]);
        }
        grid
    }

    /// What each indicator adds to each district's score, with the weight that counts for it.
    fn points_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let codes: BTreeSet<(usize, String)> =
            self.districts.iter().flat_map(|one| one.parts.keys()).map(|code| place(code)).collect();
        let mut grid = Grid::new(lang.say("score.points"))
            .column("indicator", Kind::Text, lang.say("given.code"))
            .column("title", Kind::Text, lang.say("indicator"))
            .column("district_code", Kind::Text, lang.say("given.district_code"))
            .column("district", Kind::Text, lang.say("district"))
            .column("given_weight", Kind::Real, lang.say("score.given_weight"))
            .column("weight", Kind::Real, lang.say("score.weight"))
            .column("points", Kind::Real, lang.say("score.points"));
        for (_, code) in &codes {
            for one in &self.districts {
                let Some(part) = one.parts.get(code) else { continue };
                grid.row([
                    code.as_str().into(),
                    self.frame.catalogue.indicator_title(code, lang).into(),
                    one.code.as_str().into(),
                    one.name.as_str().into(),
                    part.given_weight.into(),
                    part.weight.into(),
                    part.points.into(),
                ]);
            }
        }
        grid
    }

    fn swings_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let mut grid = Grid::new(lang.say("given.swings"))
            .column("indicator", Kind::Text, lang.say("given.code"))
            .column("title", Kind::Text, lang.say("indicator"))
            .column("up", Kind::Whole, lang.say("evaluation.swing.up"))
            .column("down", Kind::Whole, lang.say("evaluation.swing.down"));
        let times = |count: usize| -> Value { i64::try_from(count).ok().into() };
        for swing in &self.swings {
            grid.row([
                swing.indicator.as_str().into(),
                self.frame.catalogue.indicator_title(&swing.indicator, lang).into(),
                times(swing.up),
                times(swing.down),
            ]);
        }
        grid
    }

    fn gaps_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let mut grid = Grid::new(lang.say("given.gaps"))
            .column("indicator", Kind::Text, lang.say("given.code"))
            .column("title", Kind::Text, lang.say("indicator"))
            .column("unit_id", Kind::Text, lang.say("given.unit_id"))
            .column("unit_name", Kind::Text, lang.say("unit"))
            .column("gap", Kind::Real, lang.say("given.gap"))
            .column("counted_in", Kind::Text, lang.say("evaluation.gap.unit"));
        for gap in &self.gaps {
            let name = self.names.iter().find(|(code, _)| *code == gap.unit).map_or(lang.say("city"), |(_, name)| name);
            grid.row([
                gap.indicator.as_str().into(),
                self.frame.catalogue.indicator_title(&gap.indicator, lang).into(),
                gap.unit.as_str().into(),
                name.into(),
                gap.fen.map(|fen| fen as f64 / 100.0).or(gap.gap).into(),
                self.counted_in(&gap.indicator).into(),
            ]);
        }
        grid
    }
}
