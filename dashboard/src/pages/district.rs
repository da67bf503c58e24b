//! A district: its figures, its schools side by side, and who owes what.

mod given;

use axum::extract::Path;
use axum::response::Response;
use chrono::NaiveDate;
use maud::{Markup, html};
use std::collections::BTreeMap;

use crate::charts::Words;
use crate::charts::funnel::{Dot, Limits, funnel};
use crate::charts::rollout::Day;
use crate::charts::strip::strip;
use crate::error::Result;
use crate::figures::{self, Figure, of_month};
use crate::format;
use crate::pages::curve::{self, rollout_figure};
use crate::pages::duties;
use crate::pages::fault::Fault;
use crate::pages::given::{Giver, Wanted, links, page_or_file};
use crate::pages::heat::{heat_cell, heat_legend, proof_link};
use crate::pages::layout::{Frame, page};
use crate::pages::official;
use crate::pages::owing::{Owing, Whose, owing};
use crate::pages::parts::{self, Choice, Months};
use crate::pages::printed;
use crate::pages::slices::State as SliceState;
use crate::period;
use crate::routes;
use crate::scope::{Scope, Scoped};
use crate::visit::{Asked, Reader};
use crate::words::Lang;

/// What the page shows.
struct DistrictPage {
    frame: Frame,
    official: Markup,
    owing: Owing,
    code: String,
    name: String,
    months: Months,
    figures: Vec<Figure>,
    schools: Vec<School>,
    columns: Vec<String>,
    indicator: String,
    sort: Sort,
    days: Vec<Day>,
    deadline: Option<NaiveDate>,
    owed: Vec<(String, String, Vec<Missing>)>,
    funnel: Funnel,
}

/// A funnel; without schools where its indicator is no share of people.
#[derive(Default)]
pub struct Funnel {
    /// The schools in it.
    pub schools: Vec<InFunnel>,
    /// The period.
    pub period: String,
    /// The share of all together.
    pub overall: f64,
    /// How much more than chance the schools differ.
    pub phi: f64,
    /// By how much the limits are widened for it.
    pub tau2: f64,
}

/// A school of a funnel.
pub struct InFunnel {
    /// Its id.
    pub id: String,
    /// The district that it lies in.
    pub district: String,
    /// Its place.
    pub dot: Dot,
    /// What chance alone would keep it within: 95 % and 99.8 %.
    pub limits: [(f64, f64); 2],
    /// Whether it is.
    pub verdict: String,
}

/// A school's line in the table.
struct School {
    id: String,
    name: String,
    kind: String,
    urban_rural: String,
    pupils: Option<i64>,
    started_on: Option<NaiveDate>,
    figures: Vec<Figure>,
    findings: i64,
    missing: i64,
}

/// A slice that isn't there.
struct Missing {
    school: String,
    name: String,
    state: SliceState,
}

/// By what the schools are sorted: an indicator's code, or one of the other columns; with a minus, downwards.
struct Sort {
    column: String,
    down: bool,
}

/// Columns of the schools' table that every district has, as far as they have values.
const COLUMNS: [&str; 7] = ["C03", "C04", "C05", "S01", "F01", "F03", "K04"];

/// `/district/{code}`
pub async fn show(
    reader: Reader,
    Path(code): Path<String>,
    Asked(choice): Asked<Choice>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Fault> {
    let scoped = &reader.scoped;
    if !matches!(scoped.scope, Scope::City | Scope::District(_)) {
        return Err(Fault::NotHere);
    }
    let names = parts::district_names(scoped, reader.frame.lang).await?;
    let Some((code, name)) = names.into_iter().find(|(one, _)| *one == code) else { return Err(Fault::NotHere) };
    let figures = figures::of_unit(scoped, "district", &code).await?;
    let months = Months::of(&figures, &choice, scoped);
    let schools = schools(scoped, &code, &months.chosen).await?;
    let present = figures::indicators(schools.iter().flat_map(|school| &school.figures));
    let telling = match choice.indicator.is_empty() {
        true => telling(scoped, "district", &code, &period::around(&months.chosen)).await?,
        false => String::new(),
    };
    let indicator = match present.contains(&telling.as_str()) {
        true => telling,
        false => parts::indicator_of(&choice, &present).to_owned(),
    };
    let mut columns: Vec<String> =
        COLUMNS.iter().filter(|code| present.contains(*code)).map(|code| (*code).to_owned()).collect();
    if !columns.contains(&indicator) && present.contains(&indicator.as_str()) {
        columns.insert(0, indicator.clone());
    }
    let sort = Sort { down: choice.sort.starts_with('-'), column: choice.sort.trim_start_matches('-').to_owned() };
    let days = curve::days(scoped, &code).await?;
    let deadline = curve::deadline(scoped).await?;
    let owed = owed(scoped, &code, &months.chosen, &schools).await?;
    let period =
        of_month(&figures, &indicator, &months.chosen).map_or_else(String::new, |figure| figure.period.clone());
    let funnel = in_funnel(scoped, "district", &code, &indicator, &period).await?;
    let official = official::banner(&reader, &months.chosen);
    let owing = owing(scoped, Whose::District(&code)).await?;
    let giver = Giver::of(&reader);
    let mut shown = DistrictPage {
        frame: reader.frame,
        official,
        owing,
        code,
        name,
        months,
        figures,
        schools,
        columns,
        indicator,
        sort,
        days,
        deadline,
        owed,
        funnel,
    };
    shown.sort();
    page_or_file(&giver, &wanted, |table| shown.grid(table), || shown.template()).await
}

/// The indicator in whose funnel the schools of a district or of the city differ most in the first two of these periods; empty
/// where there is none. It is shown where the address asks for none.
pub async fn telling(scoped: &Scoped, level: &str, group: &str, periods: &[String]) -> Result<String> {
    let sql =
        "select indicator, sum(case when verdict in ('high', 'low') then 1 else 0 end) as outside, max(phi) as phi
        from marts.funnel where group_level = $1 and group_id = $2 and period in ($3, $4)
        group by indicator order by outside desc nulls last, phi desc nulls last, indicator limit 1";
    let near = |at: usize| periods.get(at).map_or("", String::as_str);
    let rows = scoped.query(sql, &[level, group, near(0), near(1)]).await?;
    Ok(rows.first().map_or_else(String::new, |row| row.text("indicator").to_owned()))
}

/// The schools of a district or of the city in the funnel of an indicator and a period.
pub async fn in_funnel(scoped: &Scoped, level: &str, group: &str, indicator: &str, period: &str) -> Result<Funnel> {
    let sql =
        "select school_id, school_name, district_code, n, value, overall, lower_95, upper_95, lower_998, upper_998, phi, tau2, verdict
        from marts.funnel where group_level = $1 and group_id = $2 and indicator = $3 and period = $4
        order by school_id";
    let rows = scoped.query(sql, &[level, group, indicator, period]).await?;
    let Some(first) = rows.first() else { return Ok(Funnel::default()) };
    let real = |row: crate::rows::Row<'_>, name: &str| row.real(name).unwrap_or(0.0);
    let read = |row: crate::rows::Row<'_>| InFunnel {
        id: row.text("school_id").to_owned(),
        district: row.text("district_code").to_owned(),
        dot: Dot {
            name: row.text("school_name").to_owned(),
            people: real(row, "n"),
            value: real(row, "value"),
            is_outside: ["high", "low"].contains(&row.text("verdict")),
        },
        limits: ["95", "998"].map(|z| (real(row, &format!("lower_{z}")), real(row, &format!("upper_{z}")))),
        verdict: row.text("verdict").to_owned(),
    };
    Ok(Funnel {
        period: period.to_owned(),
        overall: real(first, "overall"),
        phi: real(first, "phi"),
        tau2: real(first, "tau2"),
        schools: rows.iter().map(read).collect(),
    })
}

async fn schools(scoped: &Scoped, district: &str, month: &str) -> Result<Vec<School>, Fault> {
    let register = "select school_id, school_name, school_kind, urban_rural, pupils, started_on from marts.school where district_code = $1 order by school_id";
    let register = scoped.query(register, &[district]).await?;
    let mut figures: BTreeMap<String, Vec<Figure>> = BTreeMap::new();
    for figure in figures::of_schools(scoped, district, month).await? {
        figures.entry(figure.unit_id.clone()).or_default().push(figure);
    }
    let counts = |rows: &crate::rows::Rows| -> BTreeMap<String, i64> {
        rows.iter().map(|row| (row.text("school_id").to_owned(), row.count("times"))).collect()
    };
    let findings = "select school_id, count(*) as times from marts.finding where district_code = $1 and ended is null group by school_id";
    let findings = counts(&*scoped.query(findings, &[district]).await?);
    let missing = "select school_id, count(*) as times from marts.slice where district_code = $1 and state in ('missing', 'rejected') group by school_id";
    let missing = counts(&*scoped.query(missing, &[district]).await?);
    let read = |row: crate::rows::Row<'_>| {
        let id = row.text("school_id").to_owned();
        School {
            name: row.text("school_name").to_owned(),
            kind: row.text("school_kind").to_owned(),
            urban_rural: row.text("urban_rural").to_owned(),
            pupils: row.whole("pupils"),
            started_on: row.date("started_on"),
            figures: figures.remove(&id).unwrap_or_default(),
            findings: findings.get(&id).copied().unwrap_or(0),
            missing: missing.get(&id).copied().unwrap_or(0),
            id,
        }
    };
    Ok(register.iter().map(read).collect())
}

/// What is missing of the month and of the periods around it: by form and period.
async fn owed(
    scoped: &Scoped,
    district: &str,
    month: &str,
    schools: &[School],
) -> Result<Vec<(String, String, Vec<Missing>)>, Fault> {
    let sql = "select form, period, school_id, state from marts.slice
        where district_code = $1 and period in ($2, $3, $4) and state in ('missing', 'rejected') order by form, period, school_id";
    let around = period::around(month);
    let near = |at: usize| around.get(at).map_or("", String::as_str);
    let rows = scoped.query(sql, &[district, near(0), near(1), near(2)]).await?;
    let mut groups: Vec<(String, String, Vec<Missing>)> = Vec::new();
    for form in ingest::form::forms() {
        for row in rows.iter().filter(|row| row.text("form") == form.name) {
            let school = row.text("school_id").to_owned();
            let name =
                schools.iter().find(|one| one.id == school).map_or_else(|| school.clone(), |one| one.name.clone());
            let missing = Missing { school, name, state: SliceState::read(row.text("state")) };
            match groups.last_mut() {
                Some((last, period, list)) if *last == form.name && period == row.text("period") => list.push(missing),
                _ => groups.push((form.name.clone(), row.text("period").to_owned(), vec![missing])),
            }
        }
    }
    Ok(groups)
}

/// The label of a choice column of the register.
pub fn register_label(column: &str, code: &str, lang: Lang) -> String {
    let choice =
        ingest::form::form("school").and_then(|form| form.column(column)).and_then(|column| column.choice(code));
    choice.map_or_else(
        || code.to_owned(),
        |choice| if lang == Lang::Zh { choice.label.clone() } else { choice.title_en.clone() },
    )
}

/// The word for where a school stands in its funnel.
pub fn verdict_key(verdict: &str) -> &'static str {
    match verdict {
        "high" => "funnel.high",
        "low" => "funnel.low",
        "between" => "funnel.between",
        _ => "funnel.inside",
    }
}

impl DistrictPage {
    fn sort(&mut self) {
        let (column, month) = (self.sort.column.clone(), self.months.chosen.clone());
        let number = |school: &School| match column.as_str() {
            "pupils" => school.pupils.map(|pupils| pupils as f64),
            "findings" => Some(school.findings as f64),
            "missing" => Some(school.missing as f64),
            "started" => school.started_on.map(|day| f64::from(chrono::Datelike::num_days_from_ce(&day))),
            code => of_month(&school.figures, code, &month).and_then(|figure| figure.value),
        };
        // Schools without a value stand last in both directions.
        self.schools.sort_by(|one, other| match (number(one), number(other)) {
            (Some(left), Some(right)) if self.sort.down => right.total_cmp(&left),
            (Some(left), Some(right)) => left.total_cmp(&right),
            (left, right) => right.is_some().cmp(&left.is_some()),
        });
    }

    fn address(&self) -> String {
        routes::district(&self.code)
    }

    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        page(
            &self.frame,
            &self.name,
            html! {
                header.head {
                    h1 { (self.name) }
                    p.dek { (lang.with("district.dek", &[&format::whole(self.schools.len() as i64), &format::whole(self.schools.iter().map(|school| school.findings).sum())])) " "
                        a href=(routes::with(routes::FINDINGS, &[("district", &self.code)])) { (t("findings.see")) } }
                    (self.owing.template(Some((&routes::duties(&self.code), t("duties.title"))), lang))
                    (self.months.chooser(&self.address(), &[("indicator", &self.indicator), ("sort", &self.sort_text())], lang))
                    (printed::links(&self.code, lang))
                    (self.official)
                }
                section {
                    h2 { (lang.with("district.figures", &[&format::period(&self.months.chosen, lang)])) }
                    @if self.figures.is_empty() { p.empty { (t("district.no_figures")) } }
                    (parts::tiles(&self.figures, &self.months, &self.frame.catalogue, lang))
                    @if !self.figures.is_empty() { (links(&self.frame, "figures")) }
                }
                section #schools { h2 { (t("district.schools")) } (self.distribution()) (self.table()) }
                section #reports {
                    h2 { (lang.with("district.reports", &[&format::period(&self.months.chosen, lang)])) }
                    p { a href=(routes::with(&routes::reports(&self.code), &[("month", &self.months.chosen)])) { (t("reports.see")) } }
                    (duties::links(&self.code, &self.months.chosen, lang))
                    (self.owed())
                }
                section { h2 { (t("rollout.title")) } (rollout_figure(&self.days, self.deadline, &self.frame)) }
            },
        )
    }

    /// The schools in their funnel: who is named there is outside of what chance explains.
    fn in_funnel(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let own = &self.funnel;
        let title = self.frame.catalogue.indicator_title(&self.indicator, lang);
        let outside: Vec<&InFunnel> = own.schools.iter().filter(|school| school.dot.is_outside).collect();
        let limits = Limits {
            overall: (own.overall, lang.with("whole.district", &[&format::share(own.overall)])),
            spread: own.tau2,
            labels: ["95%".to_owned(), "99.8%".to_owned()],
            people: t("funnel.people").to_owned(),
        };
        let count = |number: usize| format::whole(i64::try_from(number).unwrap_or(i64::MAX));
        let words = Words {
            title: lang.with("funnel.title", &[title, &format::period(&own.period, lang)]),
            description: lang.with("funnel.description", &[&count(own.schools.len()), &count(outside.len())]),
        };
        let dots: Vec<Dot> = own.schools.iter().map(|school| school.dot.clone()).collect();
        let widened = match own.tau2 > 0.0 {
            true => lang.with("funnel.widened", &[&format!("{:.1}", own.phi)]),
            false => t("funnel.plain").to_owned(),
        };
        html! {
            (parts::given_chart(&self.frame, "compare", &words.title, &format!("{}{widened}", words.description), |screen| funnel(&dots, &limits, screen, &words), html! {
                table {
                    thead {
                        tr {
                            th { (t("school")) }
                            th.number { (t("funnel.n")) }
                            th.number { (title) }
                            th.number { (t("funnel.limits")) " 95%" }
                            th.number { (t("funnel.limits")) " 99.8%" }
                            th { (t("funnel.verdict")) }
                        }
                    }
                    tbody { @for school in &own.schools { tr {
                        th scope="row" { (school.dot.name) }
                        td.number { (format::number(school.dot.people)) }
                        td.number {
                            a.proof-link href=(routes::figure(&self.indicator, &school.id, &own.period)) { (format::share(school.dot.value)) }
                        }
                        @for (lower, upper) in school.limits { td.number { (format::share(lower)) " – " (format::share(upper)) } }
                        td { (t(verdict_key(&school.verdict))) }
                    } } }
                }
            }))
            @if !outside.is_empty() {
                p.chosen {
                    (t("funnel.outside")) " "
                    @for (at, school) in outside.iter().enumerate() {
                        @if at > 0 { (t("list.comma")) }
                        a href=(routes::with(&routes::school(&school.id), &[("month", &self.months.chosen)])) { (school.dot.name) }
                        " " (format::share(school.dot.value)) " " (t(verdict_key(&school.verdict)))
                    }
                }
            }
        }
    }

    fn distribution(&self) -> Markup {
        let lang = self.frame.lang;
        let catalogue = &self.frame.catalogue;
        let (unit, title) = (catalogue.unit(&self.indicator), catalogue.indicator_title(&self.indicator, lang));
        let shown: Vec<(&School, &Figure, f64)> = self
            .schools
            .iter()
            .filter_map(|school| {
                of_month(&school.figures, &self.indicator, &self.months.chosen).map(|figure| (school, figure))
            })
            .filter_map(|(school, figure)| Some((school, figure, figure.value?)))
            .collect();
        let whole = of_month(&self.figures, &self.indicator, &self.months.chosen);
        let dots: Vec<_> = shown.iter().map(|(_, figure, value)| (*value, figure.status)).collect();
        let target = shown
            .iter()
            .find_map(|(_, figure, _)| figure.target)
            .map(|target| (target, lang.with("target", &[&unit.write(target)])));
        let line =
            whole.and_then(|figure| Some((figure.value?, lang.with("whole.district", &[&figure.label(unit, lang)]))));
        let codes = figures::indicators(self.schools.iter().flat_map(|school| &school.figures));
        let words = Words {
            title: lang.with("strip.title", &[title]),
            description: lang.with(
                "strip.description",
                &[&format::whole(dots.len() as i64), &format::whole(self.schools.len() as i64)],
            ),
        };
        html! {
            (parts::indicator_chooser(&format!("{}#schools", self.address()), &codes, &self.indicator, &self.months.chosen, catalogue, lang))
            @if !self.funnel.schools.is_empty() { (self.in_funnel()) }
            @else { (parts::given_chart(&self.frame, "compare", &words.title, &words.description, |screen| strip(&dots, line.clone(), target.clone(), |value| unit.write(value), screen, &words), html! {
                table {
                    thead {
                        tr {
                            th { (lang.say("school")) }
                            th.number { (title) }
                            th.number { (lang.say("numerator")) }
                            th.number { (lang.say("denominator")) }
                        }
                    }
                    tbody { @for (school, figure, _) in &shown { tr {
                        th scope="row" { (school.name) }
                        td.number { (proof_link(figure, unit, lang)) }
                        td.number { (figure.numerator.map(format::number).unwrap_or_default()) }
                        td.number { (figure.denominator.map(format::number).unwrap_or_default()) }
                    } } }
                }
            })) }
        }
    }

    fn table(&self) -> Markup {
        let lang = self.frame.lang;
        let catalogue = &self.frame.catalogue;
        if self.schools.is_empty() {
            return html! { p.empty { (lang.say("district.no_schools")) } };
        }
        html! {
            p.small { (lang.say("district.sort")) }
            div.scroll tabindex="0" {
                table.heat.schools {
                    thead { tr {
                        th { (lang.say("school")) } th { (lang.say("school.kind")) }
                        (self.head("pupils", lang.say("school.pupils")))
                        (self.head("started", lang.say("school.started_on")))
                        @for code in &self.columns { (self.head(code, catalogue.indicator_title(code, lang))) }
                        (self.head("findings", lang.say("school.findings")))
                        (self.head("missing", lang.say("school.missing")))
                    } }
                    tbody { @for school in &self.schools { tr {
                        th scope="row" {
                            a href=(routes::with(&routes::school(&school.id), &[("month", &self.months.chosen)])) {
                                (school.name)
                            }
                        }
                        td.nowrap {
                            (register_label("school_kind", &school.kind, lang))
                            " · "
                            (register_label("urban_rural", &school.urban_rural, lang))
                        }
                        td.number { (school.pupils.map_or_else(|| "–".to_owned(), format::whole)) }
                        td.number {
                            @match school.started_on {
                                Some(day) => (day), None => span.missed { (lang.say("school.not_offering")) }
                            }
                        }
                        @for code in &self.columns {
                            (heat_cell(of_month(&school.figures, code, &self.months.chosen), catalogue.unit(code), lang))
                        }
                        td.number {
                            @if school.findings > 0 {
                                a href=(routes::with(routes::FINDINGS, &[("school", &school.id)])) {
                                    (format::whole(school.findings))
                                }
                            } @else { "0" }
                        }
                        td.number { (format::whole(school.missing)) }
                    } } }
                }
            }
            (heat_legend(lang))
            (links(&self.frame, "schools"))
        }
    }

    fn head(&self, column: &str, title: &str) -> Markup {
        let here = self.sort.column == column;
        let next = if here && !self.sort.down { format!("-{column}") } else { column.to_owned() };
        let order = here.then_some(if self.sort.down { "descending" } else { "ascending" });
        let address = routes::with(
            &self.address(),
            &[("month", &self.months.chosen), ("indicator", &self.indicator), ("sort", &next)],
        );
        html! {
            th.number scope="col" aria-sort=[order] {
                a href={ (address) "#schools" } {
                    (title)
                    @if here { span aria-hidden="true" { @if self.sort.down { " ↓" } @else { " ↑" } } }
                }
            }
        }
    }

    fn owed(&self) -> Markup {
        let lang = self.frame.lang;
        if self.owed.is_empty() {
            return html! { p.empty { (lang.say("district.all_reported")) } };
        }
        html! {
            p.dek { (lang.say("district.reports.dek")) }
            @for (form, period, missing) in &self.owed {
                details.owed open[missing.len() <= 12] {
                    summary {
                        strong { (crate::explain::proof::form_title(form, lang)) }
                        " "
                        (format::period(period, lang))
                        " "
                        span.count { (format::whole(missing.len() as i64)) }
                    }
                    ul {
                        @for one in missing {
                            li {
                                span class={ "slice " (one.state.code()) } aria-hidden="true" { (one.state.sign()) } " "
                                a href={ (routes::with(&routes::school(&one.school), &[("month", &self.months.chosen)])) "#reports" } {
                                    (one.name)
                                }
                                " " span.small { (one.state.word(lang)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn sort_text(&self) -> String {
        if self.sort.down { format!("-{}", self.sort.column) } else { self.sort.column.clone() }
    }
}
