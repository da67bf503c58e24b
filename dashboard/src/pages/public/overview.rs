//! The public's first page: the city's figures of a period, and the districts side by side.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{Periods, PublicReader, Shown, Wanted, cell, explanation, figures_where, table};
use crate::figures;
use crate::format;
use crate::pages::fault::Fault;
use crate::pages::layout::{Frame, page};
use crate::routes;
use crate::visit::Asked;

/// What the page shows.
struct OverviewPage {
    frame: Frame,
    periods: Periods,
    figures: Vec<Shown>,
}

/// `/public`
pub async fn show(reader: PublicReader, Asked(wanted): Asked<Wanted>) -> Result<Markup, Fault> {
    let periods = Periods::of(&reader.scoped, &wanted.period).await?;
    let figures = figures_where(&reader.scoped, "period = $1", &[&periods.chosen]).await?;
    Ok(OverviewPage { frame: reader.frame, periods, figures }.template())
}

impl OverviewPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let period = &self.periods.chosen;
        let city: Vec<Shown> = self.figures.iter().filter(|shown| shown.figure.unit_id == "city").cloned().collect();
        page(
            &self.frame,
            t("public.title"),
            html! {
                header.head {
                    h1 { (t("public.title")) }
                    p.dek { (t("public.dek")) }
                    (self.periods.chooser(routes::PUBLIC, lang))
                }
                @if self.figures.is_empty() { p.empty { (t("public.none")) } }
                @else {
                    section {
                        h2 { (lang.with("public.city", &[&format::period(period, lang)])) }
                        (table(&city, &self.frame))
                        p { a href=(routes::with(routes::PUBLIC_FIGURES, &[("period", period)])) download { (t("public.file")) } }
                    }
                    (self.districts())
                }
                (explanation(lang))
            },
        )
    }

    /// Districts × indicators.
    fn districts(&self) -> Markup {
        let lang = self.frame.lang;
        let catalogue = &self.frame.catalogue;
        let of_districts = || self.figures.iter().filter(|shown| shown.figure.unit_id != "city");
        let codes = figures::indicators(of_districts().map(|shown| &shown.figure));
        let mut units: BTreeMap<&str, Vec<&Shown>> = BTreeMap::new();
        for shown in of_districts() {
            units.entry(&shown.figure.unit_id).or_default().push(shown);
        }
        html! {
            section #districts {
                h2 { (lang.with("public.districts", &[&format::period(&self.periods.chosen, lang)])) }
                p.dek { (lang.say("public.districts.dek")) }
                div.scroll tabindex="0" { table.heat.public {
                    thead {
                        tr {
                            th { (lang.say("district")) }
                            @for code in &codes { th.number scope="col" { (catalogue.indicator_title(code, lang)) } }
                        }
                    }
                    tbody { @for (unit, own) in &units { tr {
                        th scope="row" {
                            a href=(routes::with(&routes::public_district(unit), &[("period", &self.periods.chosen)])) {
                                (own.first().map_or(*unit, |shown| shown.name(lang)))
                            }
                        }
                        @for code in &codes {
                            (cell(own.iter().copied().find(|shown| shown.figure.indicator == *code), catalogue.unit(code), lang))
                        }
                    } } }
                } }
            }
        }
    }
}
