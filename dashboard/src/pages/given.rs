//! What a page gives away as files: each of its tables as CSV, workbook or Parquet, at the page's own address with `table` and `as`
//! beside what chose its rows. So the rows are those in sight, and who may not see the page gets no file. Each is recorded first.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::LINK;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::DashboardError;
use crate::export::about::About;
use crate::export::cell::csvw;
use crate::export::grid::Grid;
use crate::export::stream::bytes;
use crate::export::{Format, Table};
use crate::pages::download::download;
use crate::pages::fault::Fault;
use crate::pages::layout::Frame;
use crate::routes;
use crate::visit::Reader;

/// Which file is asked for; none where the page itself is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// Which of the page's tables.
    pub table: String,
    /// `csv`, `xlsx`, `parquet`, or `about` for the description of the CSV file.
    #[serde(rename = "as")]
    pub form: String,
}

impl Wanted {
    /// Whether a file is asked for.
    pub fn is_file(&self) -> bool {
        !self.table.is_empty()
    }
}

/// What chose a file's rows, and how many there are.
pub struct Chosen {
    /// What they are.
    pub title: String,
    /// By what they were chosen.
    pub filters: Vec<(String, String)>,
    /// How many.
    pub rows: u64,
}

/// Who asks, and of what; taken from a reader before the page takes its frame.
pub struct Giver {
    desk: std::sync::Arc<crate::desk::Desk>,
    frame: Frame,
}

impl Giver {
    /// Of a reader.
    pub fn of(reader: &Reader) -> Giver {
        Giver { desk: reader.desk.clone(), frame: reader.frame.clone() }
    }

    /// A table of the page as the file that is asked for; what the page has no table of is not here.
    pub async fn give(&self, grid: Option<Grid>, wanted: &Wanted) -> Result<Response, Fault> {
        let grid = grid.ok_or(Fault::NotHere)?;
        let rows = grid.rows().len() as u64;
        let table = grid.table().map_err(DashboardError::from)?;
        self.stream(table, Chosen { title: grid.title, filters: grid.filters, rows }, wanted).await
    }

    /// Rows that come while the file is sent.
    pub async fn stream(&self, table: Table, chosen: Chosen, wanted: &Wanted) -> Result<Response, Fault> {
        let about = self.about(&chosen)?;
        let stem = about.stem(Some(chosen.rows));
        if wanted.form == "about" {
            let name = format!("{stem}.csv");
            let columns: Vec<_> = table
                .columns
                .iter()
                .cloned()
                .zip(table.rows.schema().fields().clone().iter().map(|field| csvw(field.data_type())))
                .collect();
            let text = about.beside_csv(&name, chosen.rows, &columns);
            return Ok(download(&format!("{name}-metadata.json"), text));
        }
        let form = if wanted.form.is_empty() { Format::Csv.ending() } else { wanted.form.as_str() };
        let format = Format::of(form).ok_or(Fault::NotHere)?;
        self.record(&wanted.table, format.ending(), &chosen).await?;
        let parts = bytes(table, format, about).await.map_err(DashboardError::from)?;
        let mut response = download(&format!("{stem}.{}", format.ending()), Body::from_stream(parts));
        if format == Format::Csv {
            let described = self.address(&wanted.table, "about");
            let link = format!("<{described}>; rel=\"describedby\"; type=\"application/csvm+json\"");
            response.headers_mut().extend(HeaderValue::from_str(&link).ok().map(|link| (LINK, link)));
        }
        Ok(response)
    }

    /// Notes in the audit what leaves, before it does.
    pub async fn record(&self, what: &str, form: &str, chosen: &Chosen) -> Result<(), Fault> {
        let by_whom = self.frame.account.as_ref().map(|account| account.name.clone()).unwrap_or_default();
        let page = self.frame.address.split('?').next().unwrap_or_default();
        let filters: Vec<String> = chosen.filters.iter().map(|(label, value)| format!("{label}={value}")).collect();
        let told = format!("{form}, {} rows, {}", chosen.rows, filters.join("; "));
        Ok(self.desk.audit.record(&by_whom, "export", &format!("{page} {what}"), &told).await?)
    }

    /// What the file says of itself.
    pub fn about(&self, chosen: &Chosen) -> Result<About, Fault> {
        let edition = self.frame.edition.as_ref().ok_or(Fault::NoRelease)?;
        Ok(About {
            title: chosen.title.clone(),
            lang: self.frame.lang,
            release: edition.number,
            made_at: edition.made_at.clone(),
            today: edition.today,
            official: edition.official,
            filters: chosen.filters.clone(),
            source: self.frame.lang.with("about.page", &[self.frame.address.split('?').next().unwrap_or_default()]),
            written_at: About::now(),
        })
    }

    /// The address of another file of the same page.
    fn address(&self, table: &str, form: &str) -> String {
        let (page, query) = self.frame.address.split_once('?').unwrap_or((&self.frame.address, ""));
        let kept: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("table=") && !pair.starts_with("as="))
            .collect();
        let page = if kept.is_empty() { page.to_owned() } else { format!("{page}?{}", kept.join("&")) };
        routes::with(&page, &[("table", table), ("as", form)])
    }
}

/// The page, or the file of it that is asked for.
pub async fn page_or_file(
    giver: &Giver,
    wanted: &Wanted,
    grid: impl FnOnce(&str) -> Option<Grid>,
    page: impl FnOnce() -> Markup,
) -> Result<Response, Fault> {
    match wanted.is_file() {
        true => giver.give(grid(&wanted.table), wanted).await,
        false => Ok(page().into_response()),
    }
}

/// Links to a table of the page as a file.
pub fn links(frame: &Frame, table: &str) -> Markup {
    let lang = frame.lang;
    let forms = [("csv", "CSV"), ("xlsx", "Excel"), ("parquet", "Parquet"), ("about", lang.say("given.about"))];
    html! {
        p.files {
            span { (lang.say("given.as_file")) }
            @for (form, word) in forms {
                a href=(routes::with(&frame.address, &[("table", table), ("as", form)])) download rel="nofollow" { (word) }
            }
        }
    }
}

/// Links to a chart of the page as a picture.
pub fn chart_links(frame: &Frame, title: &str) -> Markup {
    let lang = frame.lang;
    let chart = crate::charts::picture::name(title);
    html! {
        p.files {
            span { (lang.say("given.as_picture")) }
            @for (form, word) in crate::charts::picture::FORMS {
                a href=(routes::with(&frame.address, &[("chart", &chart), ("as", form)])) download rel="nofollow" { (word) }
            }
        }
    }
}
