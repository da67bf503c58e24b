//! Figures as the rows of a file, one way for all pages.

use crate::catalog::{Catalogue, Unit};
use crate::export::grid::{Grid, Kind};
use crate::figures::{Figure, Status};
use crate::pages::slices::State;
use crate::rows::Value;
use crate::words::Lang;

/// Figures of units, a row a figure.
pub fn figures<'a>(
    title: String,
    figures: impl IntoIterator<Item = (&'a str, &'a Figure)>,
    catalogue: &Catalogue,
    lang: Lang,
) -> Grid {
    let mut grid = Grid::new(title)
        .column("unit_id", Kind::Text, lang.say("given.unit_id"))
        .column("unit_name", Kind::Text, lang.say("unit"))
        .column("indicator", Kind::Text, lang.say("given.code"))
        .column("title", Kind::Text, lang.say("indicator"))
        .column("period", Kind::Text, lang.say("period"))
        .column("value", Kind::Real, lang.say("value"))
        .column("counted_in", Kind::Text, lang.say("given.counted_in"))
        .column("numerator", Kind::Real, lang.say("numerator"))
        .column("denominator", Kind::Real, lang.say("denominator"))
        .column("lower", Kind::Real, lang.say("given.lower"))
        .column("upper", Kind::Real, lang.say("given.upper"))
        .column("target", Kind::Real, lang.say("target.head"))
        .column("status", Kind::Text, lang.say("status"))
        .column("reported", Kind::Whole, lang.say("given.reported"))
        .column("expected", Kind::Whole, lang.say("given.expected"));
    for (name, figure) in figures {
        grid.row([
            figure.unit_id.as_str().into(),
            name.into(),
            figure.indicator.as_str().into(),
            catalogue.indicator_title(&figure.indicator, lang).into(),
            figure.period.as_str().into(),
            figure.value.into(),
            counted_in(catalogue.unit(&figure.indicator), lang).into(),
            figure.numerator.into(),
            figure.denominator.into(),
            figure.lower.into(),
            figure.upper.into(),
            figure.target.into(),
            (figure.status != Status::Open).then(|| lang.say(&format!("status.{}", figure.status.key()))).into(),
            figure.reported.into(),
            figure.expected.into(),
        ]);
    }
    grid
}

/// In what a value is counted.
pub fn counted_in(unit: Unit, lang: Lang) -> &'static str {
    lang.say(match unit {
        Unit::Share | Unit::Part => "given.share",
        Unit::Yuan => "given.yuan",
        Unit::Number => "given.number",
    })
}

/// A slice's state in words, with whether it came late.
pub fn state(state: State, lang: Lang) -> Value {
    state.word(lang).into()
}

/// A table of indicators × units: of each indicator its code, title and unit, then the value in each unit.
pub fn across<'a>(
    title: String,
    codes: &[&str],
    units: &[(&'a str, &'a str)],
    value: impl Fn(&str, &str) -> Option<f64>,
    catalogue: &Catalogue,
    lang: Lang,
) -> Grid {
    let mut grid = Grid::new(title)
        .column("indicator", Kind::Text, lang.say("given.code"))
        .column("title", Kind::Text, lang.say("indicator"))
        .column("counted_in", Kind::Text, lang.say("given.counted_in"));
    for (code, name) in units {
        grid = grid.column(*code, Kind::Real, *name);
    }
    for code in codes {
        let head: [Value; 3] = [
            (*code).into(),
            catalogue.indicator_title(code, lang).into(),
            counted_in(catalogue.unit(code), lang).into(),
        ];
        grid.row(head.into_iter().chain(units.iter().map(|(unit, _)| value(code, unit).into())));
    }
    grid
}
