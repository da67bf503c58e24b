//! The public's pages as files: the same rows with the same cells withheld.

use axum::extract::Path;
use axum::response::Response;

use super::{Periods, PublicReader, Wanted, figures_where, label};
use crate::error::{DashboardError, Result};
use crate::pages::download::download;
use crate::pages::fault::Fault;
use crate::visit::Asked;
use crate::words::Lang;

/// `/public/figures.csv`: all units of a period, or all periods of a unit.
pub async fn figures(reader: PublicReader, Asked(wanted): Asked<Wanted>) -> Result<Response, Fault> {
    let lang = reader.frame.lang;
    let (shown, about) = if wanted.unit.is_empty() {
        let period = Periods::of(&reader.scoped, &wanted.period).await?.chosen;
        (figures_where(&reader.scoped, "period = $1", &[&period]).await?, period)
    } else {
        let shown = figures_where(&reader.scoped, "unit_id = $1", &[&wanted.unit]).await?;
        let name = shown.first().ok_or(Fault::NotHere)?.name(lang).to_owned();
        (shown, name)
    };
    let headings = [
        "indicator",
        "public.code",
        "district",
        "public.unit_code",
        "period",
        "value",
        "numerator",
        "denominator",
        "public.lower",
        "public.upper",
        "target.head",
        "status",
        "public.reported",
        "public.expected",
        "public.withheld",
        "public.as_of",
    ];
    let plain = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let count = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    let lines = shown.iter().map(|shown| {
        let figure = &shown.figure;
        let status = lang.say(&format!("status.{}", figure.status.key()));
        vec![
            reader.frame.catalogue.indicator_title(&figure.indicator, lang).to_owned(),
            figure.indicator.clone(),
            shown.name(lang).to_owned(),
            figure.unit_id.clone(),
            figure.period.clone(),
            plain(figure.value),
            plain(figure.numerator),
            plain(figure.denominator),
            plain(figure.lower),
            plain(figure.upper),
            plain(figure.target),
            if shown.is_withheld { String::new() } else { status.to_owned() },
            count(figure.reported),
            count(figure.expected),
            if shown.is_withheld { lang.say("public.withheld.cell").to_owned() } else { String::new() },
            shown.published_on.map(|day| day.to_string()).unwrap_or_default(),
        ]
    });
    Ok(download(&lang.with("public.file.name", &[&about]), written(&headings, lines, lang)?))
}

/// `/public/school/{id}/spending.csv`
pub async fn spending(reader: PublicReader, Path(id): Path<String>) -> Result<Response, Fault> {
    let lang = reader.frame.lang;
    let school =
        reader.scoped.query("select school_name from marts.public_school where school_id = $1", &[&id]).await?;
    let name = school.first().ok_or(Fault::NotHere)?.text("school_name").to_owned();
    let sql = "select quarter, category, amount, disclosed_on from marts.public_spending where school_id = $1 order by quarter, category";
    let rows = reader.scoped.query(sql, &[&id]).await?;
    let lines = rows.iter().map(|row| {
        let fen = row.fen("amount").unwrap_or_default();
        vec![
            id.clone(),
            name.clone(),
            row.text("quarter").to_owned(),
            label("fund_ledger", "category", row.text("category"), lang),
            format!("{}.{:02}", fen / 100, fen % 100),
            row.date("disclosed_on").map(|day| day.to_string()).unwrap_or_default(),
        ]
    });
    let headings = [
        "school.id",
        "school",
        "period",
        "public.spending.category",
        "public.spending.yuan",
        "public.spending.disclosed",
    ];
    Ok(download(&lang.with("public.file.name", &[&name]), written(&headings, lines, lang)?))
}

/// A CSV that spreadsheets read right: with the mark of UTF-8, and no cell that they take for a formula.
fn written(headings: &[&str], lines: impl Iterator<Item = Vec<String>>, lang: Lang) -> Result<Vec<u8>> {
    let broken = |error: csv::Error| DashboardError::Server(std::io::Error::other(error));
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xef\xbb\xbf".to_vec());
    out.write_record(headings.iter().map(|key| lang.say(key))).map_err(broken)?;
    for line in lines {
        out.write_record(line.into_iter().map(harmless)).map_err(broken)?;
    }
    out.into_inner().map_err(|error| DashboardError::Server(std::io::Error::other(error.to_string())))
}

fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}
