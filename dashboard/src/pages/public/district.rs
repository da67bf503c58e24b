//! A district as the public sees it: its figures of a period, and the way to each school's page.

use axum::extract::Path;
use chrono::NaiveDate;
use maud::{Markup, html};

use super::{Periods, PublicReader, Shown, Wanted, explanation, figures_where, table};
use crate::format;
use crate::pages::district::register_label;
use crate::pages::fault::Fault;
use crate::pages::layout::{Frame, page};
use crate::pages::parts::Part;
use crate::routes;
use crate::rows::Row;
use crate::visit::Asked;

/// What the page shows.
struct DistrictPage {
    frame: Frame,
    code: String,
    names: [String; 2],
    periods: Periods,
    figures: Vec<Shown>,
    schools: Vec<School>,
    part: Part,
}

/// A school's line.
struct School {
    id: String,
    name: String,
    kind: String,
    is_started: bool,
    started_on: Option<NaiveDate>,
    fen_per_session: Option<i128>,
}

/// Schools on a page.
const PAGE: i64 = 100;

/// `/public/district/{code}`
pub async fn show(
    reader: PublicReader,
    Path(code): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Markup, Fault> {
    let scoped = &reader.scoped;
    let periods = Periods::of(scoped, &wanted.period).await?;
    let figures = figures_where(scoped, "unit_id = $1 and period = $2", &[&code, &periods.chosen]).await?;
    let sql = "select school_id, school_name, school_kind, district_name_zh, district_name_en, is_started, started_on, yuan_per_session
        from marts.public_school where district_code = $1 order by school_id";
    let schools = scoped.query(sql, &[&code]).await?;
    let names = match (schools.first(), figures.first()) {
        (Some(row), _) => ["district_name_zh", "district_name_en"].map(|name| row.text(name).to_owned()),
        (None, Some(shown)) if code != "city" => shown.names.clone(),
        _ => return Err(Fault::NotHere),
    };
    let part = Part::read(&wanted.page, PAGE, schools.iter().len() as i64);
    let schools = schools.iter().skip(part.skip() as usize).take(PAGE as usize).map(School::read).collect();
    Ok(DistrictPage { frame: reader.frame, code, names, periods, figures, schools, part }.template())
}

impl School {
    fn read(row: Row<'_>) -> School {
        School {
            id: row.text("school_id").to_owned(),
            name: row.text("school_name").to_owned(),
            kind: row.text("school_kind").to_owned(),
            is_started: row.yes("is_started"),
            started_on: row.date("started_on"),
            fen_per_session: row.fen("yuan_per_session"),
        }
    }
}

impl DistrictPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let name = self.names[lang as usize].as_str();
        let own = routes::public_district(&self.code);
        page(
            &self.frame,
            name,
            html! {
                header.head {
                    p.crumb { a href=(routes::with(routes::PUBLIC, &[("period", &self.periods.chosen)])) { (t("public.title")) } }
                    h1 { (name) }
                    (self.periods.chooser(&own, lang))
                }
                section {
                    h2 { (lang.with("public.figures", &[&format::period(&self.periods.chosen, lang)])) }
                    @if self.figures.is_empty() { p.empty { (t("public.none")) } } @else { (table(&self.figures, &self.frame)) }
                    p { a href=(routes::with(routes::PUBLIC_FIGURES, &[("unit", &self.code)])) download { (t("public.file.unit")) } }
                }
                section #schools {
                    h2 { (t("public.schools")) }
                    @if self.schools.is_empty() { p.empty { (t("public.schools.none")) } } @else { (self.schools()) }
                }
                (explanation(lang))
            },
        )
    }

    fn schools(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let address = routes::with(&routes::public_district(&self.code), &[("period", &self.periods.chosen)]);
        html! {
            div.scroll tabindex="0" { table.heat.public {
                thead {
                    tr {
                        th { (t("school")) }
                        th { (t("school.kind")) }
                        th.number { (t("public.starts_on")) }
                        th.number { (t("public.fee.session")) }
                    }
                }
                tbody { @for school in &self.schools { tr {
                    th scope="row" { a href=(routes::public_school(&school.id)) { (school.name) } }
                    td { (register_label("school_kind", &school.kind, lang)) }
                    td.number {
                        @match school.started_on.filter(|_| school.is_started) { Some(day) => (day), None => (t("school.not_offering")) }
                    }
                    td.number { (school.fen_per_session.map_or_else(|| t("public.fee.none").to_owned(), format::yuan)) }
                } } }
            } }
            (self.part.pager(|number| routes::with(&address, &[("page", number)]) + "#schools", lang))
        }
    }
}
