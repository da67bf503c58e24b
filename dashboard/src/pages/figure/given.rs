//! The figure's tables as files.

use axum::response::Response;
use ingest::form::Kind as Holds;
use transform::project::Project;
use warehouse::table::TableName;

use super::{FigurePage, dimension, unit_name};
use crate::explain::proof::form_title;
use crate::export::Table;
use crate::export::grid::{Grid, Kind};
use crate::export::heading::columns;
use crate::export::reworded::reworded;
use crate::format;
use crate::pages::fault::Fault;
use crate::pages::given::{Chosen, Giver, Wanted};
use crate::scope::Scoped;
use crate::words::Lang;

impl FigurePage {
    /// A table of the page by its name.
    pub(super) fn grid(&self, table: &str) -> Option<Grid> {
        let told = &self.told;
        let mut grid = match table {
            "parts" if !told.parts.is_empty() => self.parts_grid(),
            "score" if !told.score.is_empty() => self.score_grid(),
            _ => return None,
        };
        grid.filters = self.filters();
        Some(grid)
    }

    /// All rows that a school's figure is the sum of, of one form (or slices, where these are counted), as they are stored: those
    /// that the page shows the first of.
    pub(super) async fn give_rows(
        &self,
        giver: &Giver,
        scoped: &Scoped,
        project: &Project,
        form: &str,
        wanted: &Wanted,
    ) -> Result<Response, Fault> {
        let lang = self.frame.lang;
        let own = self.told.rows.iter().flat_map(|rows| &rows.forms);
        let own = own.into_iter().find(|own| own.form.as_deref().unwrap_or("slices") == form).ok_or(Fault::NotHere)?;
        let form = own.form.as_deref().and_then(ingest::form::form);
        let rows = scoped.stream(&own.query, &[]).await?;
        let table = form.map(|form| TableName::new("facts", form.table()));
        let columns = columns(&rows.schema(), table.as_ref(), project, lang);
        // Labels in place of codes, and persons as short as on the page.
        let rows = reworded(rows, move |name, text| {
            let column = form?.column(name)?;
            match (&column.kind, column.choice(text), lang) {
                (Holds::Person(_), ..) => Some(format::shortened(text)),
                (_, Some(choice), Lang::Zh) => Some(choice.label.clone()),
                (_, Some(choice), Lang::En) => Some(choice.title_en.clone()),
                (_, None, _) => None,
            }
        });
        let title = format!("{} {}", self.titled(), form.map_or("", |form| form_title(&form.name, lang)));
        let chosen = Chosen { title, filters: self.filters(), rows: own.rows.unsigned_abs() };
        giver.stream(Table { columns, rows }, chosen, wanted).await
    }

    fn filters(&self) -> Vec<(String, String)> {
        let lang = self.frame.lang;
        let told = &self.told;
        let cut = if told.dimension.is_empty() { String::new() } else { dimension(&told.dimension, lang) };
        Grid::default()
            .chosen(lang.say("indicator"), self.frame.catalogue.indicator_title(&told.indicator.code, lang))
            .chosen(lang.say("unit"), unit_name(&told.unit.name_zh, &told.unit.name_en, lang))
            .chosen(lang.say("period"), &format::period(&told.period.period, lang))
            .chosen(lang.say("given.cut"), &cut)
            .filters
    }

    /// What the file of a table is called.
    pub(super) fn titled(&self) -> String {
        let lang = self.frame.lang;
        let told = &self.told;
        let name = unit_name(&told.unit.name_zh, &told.unit.name_en, lang);
        let title = self.frame.catalogue.indicator_title(&told.indicator.code, lang);
        lang.with("figure.title", &[name, &format::period(&told.period.period, lang), title])
    }

    fn parts_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let mut grid = Grid::new(self.titled())
            .column("unit_id", Kind::Text, lang.say("given.unit_id"))
            .column("unit_name", Kind::Text, lang.say("unit"))
            .column("numerator", Kind::Real, lang.say("numerator"))
            .column("denominator", Kind::Real, lang.say("denominator"))
            .column("value", Kind::Real, lang.say("value"))
            .column("reported", Kind::Whole, lang.say("given.reported"))
            .column("expected", Kind::Whole, lang.say("given.expected"));
        for part in &self.told.parts {
            grid.row([
                part.unit_id.as_str().into(),
                unit_name(&part.name_zh, &part.name_en, lang).into(),
                part.numerator.into(),
                part.denominator.into(),
                part.value.into(),
                part.reported.into(),
                part.expected.into(),
            ]);
        }
        grid
    }

    fn score_grid(&self) -> Grid {
        let lang = self.frame.lang;
        let mut grid = Grid::new(self.titled())
            .column("indicator", Kind::Text, lang.say("given.code"))
            .column("title", Kind::Text, lang.say("indicator"))
            .column("value", Kind::Real, lang.say("value"))
            .column("floor", Kind::Real, lang.say("score.floor"))
            .column("target", Kind::Real, lang.say("target.head"))
            .column("given_weight", Kind::Real, lang.say("score.given_weight"))
            .column("weight", Kind::Real, lang.say("score.weight"))
            .column("points", Kind::Real, lang.say("score.points"));
        for part in &self.told.score {
            grid.row([
                part.indicator.as_str().into(),
                self.frame.catalogue.indicator_title(&part.indicator, lang).into(),
                part.value.into(),
                part.floor.into(),
                part.target.into(),
                part.given_weight.into(),
                part.weight.into(),
                part.points.into(),
            ]);
        }
        grid
    }
}
