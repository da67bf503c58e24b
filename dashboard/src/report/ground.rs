//! What all sections of a report are made from: the unit, its figures, and which of them stands for the period.

use crate::catalog::{Catalogue, Unit};
use crate::error::Result;
use crate::figures::{self, Figure, Heat, Status};
use crate::format;
use crate::pages::parts::district_names;
use crate::report::ask::{Level, Subject};
use crate::report::when::{Calendar, before};
use crate::report::{Cell, Column};
use crate::scope::Scoped;
use crate::words::Lang;

/// The ground of a report.
pub struct Ground<'a> {
    /// What the unit sees of the release.
    pub scoped: &'a Scoped,
    /// What indicators and rules are called and mean.
    pub catalogue: &'a Catalogue,
    /// The unit.
    pub subject: &'a Subject,
    /// The period.
    pub period: &'a str,
    /// The language.
    pub lang: Lang,
    /// The first and last days of periods.
    pub calendar: Calendar,
    /// The unit's headline figures of all periods.
    pub figures: Vec<Figure>,
    /// The districts, by code.
    pub districts: Vec<(String, String)>,
}

impl<'a> Ground<'a> {
    /// Reads it.
    pub async fn of(
        scoped: &'a Scoped,
        catalogue: &'a Catalogue,
        subject: &'a Subject,
        period: &'a str,
        lang: Lang,
    ) -> Result<Ground<'a>> {
        Ok(Ground {
            calendar: Calendar::of(scoped).await?,
            figures: figures::of_unit(scoped, subject.level.code(), &subject.id).await?,
            districts: district_names(scoped, lang).await?,
            scoped,
            catalogue,
            subject,
            period,
            lang,
        })
    }

    /// Whether it is about the city.
    pub fn is_city(&self) -> bool {
        self.subject.level == Level::City
    }

    /// The words of a key.
    pub fn say(&self, key: &str) -> &'static str {
        self.lang.say(key)
    }

    /// A period as it is read.
    pub fn read(&self, period: &str) -> String {
        format::period(period, self.lang)
    }

    /// An indicator's title.
    pub fn title<'s>(&'s self, code: &'s str) -> &'s str {
        self.catalogue.indicator_title(code, self.lang)
    }

    /// In what an indicator is counted.
    pub fn unit(&self, code: &str) -> Unit {
        self.catalogue.unit(code)
    }

    /// The unit's figure of an indicator that stands for the period.
    pub fn figure(&self, code: &str) -> Option<&Figure> {
        self.pick(self.figures.iter(), code)
    }

    /// The figure that stands for the period among figures of one unit: the period's own, else the nearest that has a value.
    pub fn pick<'f>(&self, figures: impl Iterator<Item = &'f Figure> + Clone, code: &str) -> Option<&'f Figure> {
        let own = figures.filter(|figure| figure.indicator == code);
        let stands = |among: &mut dyn Iterator<Item = &'f Figure>| {
            self.calendar.stands_for(among.map(|figure| figure.period.as_str()), self.period)
        };
        let exact = own.clone().find(|figure| figure.period == self.period);
        let period = match exact {
            Some(figure) => return Some(figure),
            None => {
                stands(&mut own.clone().filter(|figure| figure.value.is_some())).or_else(|| stands(&mut own.clone()))
            }
        }?;
        own.clone().find(|figure| figure.period == period)
    }

    /// The same figure of the period before.
    pub fn before(&self, figure: &Figure) -> Option<&Figure> {
        let earlier = before(&figure.period)?;
        self.figures.iter().find(|one| one.indicator == figure.indicator && one.period == earlier)
    }

    /// The indicators that have a figure for the period, in their order.
    pub fn codes(&self) -> Vec<String> {
        let all = figures::indicators(&self.figures);
        all.into_iter().filter(|code| self.figure(code).is_some()).map(str::to_owned).collect()
    }

    /// The period of a figure where it is another one than the report's.
    pub fn other_period(&self, figure: &Figure) -> String {
        if figure.period == self.period { String::new() } else { self.read(&figure.period) }
    }

    /// A value as a cell, coloured by how it stands to its target.
    pub fn heat(&self, figure: Option<&Figure>, code: &str) -> Cell {
        match figure.filter(|figure| figure.value.is_some()) {
            Some(figure) => {
                let thin = if figure.is_thin() { "*" } else { "" };
                Cell::of(format!("{thin}{}", figure.label(self.unit(code), self.lang))).toned(tone(figure.heat()))
            }
            None => Cell::of("–").toned("g-void"),
        }
    }

    /// Columns of indicators, as narrow as they may.
    pub fn columns(&self, codes: &[&str]) -> Vec<Column> {
        codes.iter().map(|code| Column::numbers(self.title(code), 2)).collect()
    }
}

/// The class of a cell's ground.
pub fn tone(heat: Heat) -> &'static str {
    heat.class()
}

/// The class of a status's ink.
pub fn ink(status: Status) -> &'static str {
    match status {
        Status::Met => "met",
        Status::Near => "near",
        Status::Missed => "missed",
        Status::Open => "",
    }
}
