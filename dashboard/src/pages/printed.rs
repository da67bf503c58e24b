//! The evaluation report of a unit: as a page to be printed, and as a PDF.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use crate::pages::fault::Fault;
use crate::pages::layout::{Frame, page};
use crate::report::Report;
use crate::report::ask::{AskError, Subject, Wish, of_pinned, periods};
use crate::report::print::sheet;
use crate::scope::Scoped;
use crate::visit::{App, Asked, Reader};
use crate::words::Lang;
use crate::{format, routes};

/// Which period the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Of {
    period: String,
}

/// What the page shows.
struct ReportPage {
    frame: Frame,
    report: Report,
    periods: Vec<String>,
}

/// `/report/{unit}`
pub async fn show(
    State(app): State<Arc<App>>,
    reader: Reader,
    Path(unit): Path<String>,
    Asked(of): Asked<Of>,
) -> Result<Markup, Fault> {
    let (report, periods) = report(&app, &reader, &unit, &of).await?;
    Ok(ReportPage { frame: reader.frame, report, periods }.template())
}

/// `/report/{unit}/report.pdf`
pub async fn pdf(
    State(app): State<Arc<App>>,
    reader: Reader,
    Path(unit): Path<String>,
    Asked(of): Asked<Of>,
) -> Result<Response, Fault> {
    let (report, _) = report(&app, &reader, &unit, &of).await?;
    let lang = reader.frame.lang;
    let parts = [report.unit.clone(), report.period.clone(), report.release.to_string()];
    let name = lang.with("printed.file", &parts.each_ref().map(String::as_str));
    let bytes = set(&app, report, lang).await?;
    let by_whom = reader.frame.account.as_ref().map(|account| account.name.clone()).unwrap_or_default();
    let [_, period, release] = parts;
    reader.desk.audit.record(&by_whom, "export", "report", &format!("{unit} {period} release {release}")).await?;
    Ok(crate::pages::download::download(&name, bytes))
}

/// The report, and the periods that there are reports of.
async fn report(app: &App, reader: &Reader, unit: &str, of: &Of) -> Result<(Report, Vec<String>), Fault> {
    let lang = reader.frame.lang;
    let scoped: &Scoped = &reader.scoped;
    let subject = Subject::find(scoped, unit, lang).await?.ok_or(Fault::NotHere)?;
    let pinned = app.releases.current().await?.ok_or(Fault::NoRelease)?;
    let wish = Wish { period: (!of.period.is_empty()).then(|| of.period.clone()), made_up: reader.frame.made_up_city };
    let (catalogue, warehouse) = (&reader.frame.catalogue, app.releases.warehouse());
    let report = of_pinned(&pinned, catalogue, warehouse, &reader.officials, &subject, &wish, lang).await;
    let periods = periods(scoped, &subject).await?;
    let report = report.map_err(|error| match error {
        AskError::Unit { .. } => Fault::NotHere,
        AskError::Dashboard(error) => Fault::Broken(error),
        AskError::Period { period, .. } => Fault::Refused {
            why: lang.with("printed.no_period", &[&period, &periods.join(lang.say("list.comma"))]),
            back: routes::printed(unit),
        },
    })?;
    Ok((report, periods))
}

#[cfg(feature = "pdf")]
async fn set(app: &App, report: Report, lang: Lang) -> Result<Vec<u8>, Fault> {
    use crate::report::pdf::PdfError;

    let back = routes::printed(&report.unit_id);
    app.press.set(report).await?.map_err(|error| {
        tracing::warn!(%error, "a report can't be set as PDF");
        match error {
            PdfError::Set { .. } => Fault::Broken(std::io::Error::other(error.to_string()).into()),
            _ => Fault::Refused { why: lang.say("printed.no_font").to_owned(), back },
        }
    })
}

#[cfg(not(feature = "pdf"))]
async fn set(_app: &App, report: Report, lang: Lang) -> Result<Vec<u8>, Fault> {
    Err(Fault::Refused { why: lang.say("printed.no_pdf").to_owned(), back: routes::printed(&report.unit_id) })
}

/// What leads to a unit's report from its page.
pub fn links(unit: &str, lang: Lang) -> Markup {
    html! {
        p.actions {
            a.button href=(routes::printed(unit)) { (lang.say("printed.link")) }
            @if cfg!(feature = "pdf") { a href=(routes::printed_pdf(unit)) download { (lang.say("printed.pdf")) } }
        }
    }
}

impl ReportPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let (unit, period) = (&self.report.unit_id, &self.report.period);
        page(
            &self.frame,
            &format!("{} · {}", self.report.title, self.report.unit),
            html! {
                div.report-tools {
                    p { (lang.say("printed.how")) " "
                        @if cfg!(feature = "pdf") {
                            a href=(routes::with(&routes::printed_pdf(unit), &[("period", period)])) download { (lang.say("printed.pdf")) }
                        }
                    }
                    nav.months aria-label=(lang.say("evaluation.period")) {
                        @for one in &self.periods {
                            a href=(routes::with(&routes::printed(unit), &[("period", one)])) aria-current=[(one == period).then_some("true")] {
                                (format::period(one, lang))
                            }
                        }
                    }
                }
                (sheet(&self.report))
            },
        )
    }
}
