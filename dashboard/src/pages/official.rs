//! What the city declared official: the declaration, what pages say of it, and what was revised since, with the difference.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use warehouse::official::{Official, of_period};

use crate::desk::Looked;
use crate::difference::{Difference, FigureChange, FindingChange, Numbers, Turn};
use crate::explain::proof::form_title;
use crate::format;
use crate::pages::fault::Fault;
use crate::pages::figure::dimension;
use crate::pages::layout::{Frame, page};
use crate::routes;
use crate::scope::{Scope, Scoped};
use crate::visit::{App, Asked, Reader, Visitor};
use crate::words::Lang;

/// Letters of a declaration's note.
const LONGEST_NOTE: usize = 300;
/// Lines of each list of a difference.
const SHOWN: usize = 200;
/// Slices of its causes that are named.
const NAMED: usize = 20;

/// What the page shows.
struct ReleasesPage {
    frame: Frame,
    scope: Scope,
    officials: Arc<Vec<Official>>,
    shown: u64,
    periods: Vec<String>,
    /// The newest of them that is over and was reported on.
    usual: String,
}

/// `GET /releases`
pub async fn show(reader: Reader) -> Result<Markup, Fault> {
    if !reader.scoped.scope.sees_figures() {
        return Err(Fault::NotHere);
    }
    let periods = periods(&reader.scoped).await?;
    let usual = usual(&reader.scoped).await?;
    let (scope, shown) = (reader.scoped.scope.clone(), reader.scoped.edition.number);
    Ok(ReleasesPage { frame: reader.frame, scope, officials: reader.officials, shown, periods, usual }.template())
}

/// The periods that have figures, the latest first.
async fn periods(scoped: &Scoped) -> Result<Vec<String>, Fault> {
    let sql = "select distinct period, period_type from marts.indicator_value
        where period_type in ('month', 'term', 'year', 'school_year') order by period_type, period desc";
    Ok(scoped.query(sql, &[]).await?.iter().map(|row| row.text("period").to_owned()).collect())
}

/// The last month that is over and that schools sent rosters of: nobody declares a month that runs.
async fn usual(scoped: &Scoped) -> Result<String, Fault> {
    let sql = "select coalesce(max(period), '') as period from marts.indicator_value
        where level = 'city' and period_type = 'month' and indicator = 'C04' and reported > 0 and period < $1";
    let this_month = scoped.edition.today.format("%Y-%m").to_string();
    Ok(scoped.query(sql, &[&this_month]).await?.first().map(|row| row.text("period").to_owned()).unwrap_or_default())
}

/// The form as it was sent.
#[derive(Debug, Deserialize)]
pub struct Declaration {
    form_token: String,
    release: u64,
    period: String,
    #[serde(default)]
    note: String,
}

/// `POST /releases`: the city alone declares.
pub async fn declare(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    reader: Reader,
    Form(sent): Form<Declaration>,
) -> Result<Redirect, Fault> {
    visitor.check(&sent.form_token)?;
    if reader.scoped.scope != Scope::City {
        return Err(Fault::NotHere);
    }
    let lang = visitor.lang;
    let refused = |why: String| Fault::Refused { why, back: routes::RELEASES.to_owned() };
    let note = ingest::form::normal(&sent.note);
    if !periods(&reader.scoped).await?.contains(&sent.period) {
        return Err(refused(lang.say("official.no_period").to_owned()));
    }
    if sent.release == 0 || sent.release > reader.scoped.edition.number {
        return Err(refused(lang.say("official.no_release").to_owned()));
    }
    if note.is_empty() {
        return Err(refused(lang.say("official.no_note").to_owned()));
    }
    if note.chars().count() > LONGEST_NOTE {
        return Err(refused(lang.with("official.long_note", &[&LONGEST_NOTE.to_string()])));
    }
    let by_whom = reader.frame.account.as_ref().map(|account| account.name.clone()).unwrap_or_default();
    let official = Official {
        release: sent.release,
        period: sent.period,
        note,
        by_whom: by_whom.clone(),
        on: app.desk.today(),
        at: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    };
    app.desk.audit.record(&by_whom, "official", &official.release.to_string(), &official.period).await?;
    app.desk.declare(&official).await?;
    Ok(Redirect::to(routes::RELEASES))
}

/// What a page says of the official release of a period: which it is, and how many of the reader's figures were revised
/// since. Nothing where none was declared.
pub fn banner(reader: &Reader, period: &str) -> Markup {
    let lang = reader.frame.lang;
    let Some(official) = of_period(&reader.officials, period) else { return html! {} };
    let shown = reader.scoped.edition.number;
    html! {
        div.official-note {
            (declared(official, lang))
            " "
            @if official.release == shown { (lang.say("official.is_shown")) } @else {
                (revised(reader, official, shown))
                " "
                a href=(difference_of(official.release, shown, period)) { (lang.say("official.see")) }
            }
        }
    }
}

fn revised(reader: &Reader, official: &Official, shown: u64) -> Markup {
    let lang = reader.frame.lang;
    html! {
        @match reader.desk.difference(official.release, shown) {
            Looked::Working => span { (lang.say("official.comparing")) }
            Looked::Failed => span { (lang.say("official.not_compared")) }
            Looked::Found(found) => {
                @let count = figures(&found, &reader.scoped.scope, &official.period).count();
                @if count == 0 { span { (lang.say("official.same")) } }
                @else { strong.revised { (lang.with("official.revised", &[&format::whole(count as i64)])) } }
            }
        }
    }
}

/// `2019年10月的正式数据是第 5 版（2020年1月5日，city）：…`
fn declared(official: &Official, lang: Lang) -> Markup {
    let parts = [
        format::period(&official.period, lang),
        official.release.to_string(),
        format::date(official.on, lang),
        official.by_whom.clone(),
    ];
    html! {
        span { (lang.with("official.declared", &parts.each_ref().map(String::as_str))) }
        @if !official.note.is_empty() { " " q { (official.note) } }
    }
}

fn difference_of(before: u64, after: u64, period: &str) -> String {
    let pair = [before.to_string(), after.to_string()];
    routes::with(routes::DIFFERENCE, &[("before", &pair[0]), ("after", &pair[1]), ("period", period)])
}

/// The figures of a difference that a scope sees, of a period or of all.
fn figures<'a>(
    difference: &'a Difference,
    scope: &'a Scope,
    period: &'a str,
) -> impl Iterator<Item = &'a FigureChange> {
    difference.figures.iter().filter(move |figure| {
        (period.is_empty() || figure.period == period)
            && scope.sees_figure(&figure.level, &figure.unit_id, &figure.district_code)
    })
}

fn findings<'a>(
    difference: &'a Difference,
    scope: &'a Scope,
    period: &'a str,
) -> impl Iterator<Item = &'a FindingChange> {
    difference.findings.iter().filter(move |finding| {
        (period.is_empty() || finding.period == period)
            && scope.sees_finding(&finding.school_id, &finding.district_code)
    })
}

/// Which difference is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Between {
    before: String,
    after: String,
    period: String,
}

/// What the page of a difference shows.
struct DifferencePage {
    frame: Frame,
    scope: Scope,
    looked: Looked,
    before: u64,
    after: u64,
    period: String,
    is_official: bool,
}

/// `GET /difference`
pub async fn difference(reader: Reader, Asked(asked): Asked<Between>) -> Result<Response, Fault> {
    if !reader.scoped.scope.sees_figures() {
        return Err(Fault::NotHere);
    }
    let (Ok(before), Ok(after)) = (asked.before.parse::<u64>(), asked.after.parse::<u64>()) else {
        return Err(Fault::NotHere);
    };
    if before == 0 || before >= after || after > reader.scoped.edition.number {
        return Err(Fault::NotHere);
    }
    let is_official = reader.officials.iter().any(|official| official.release == before);
    // Releases between official ones are the city's own affair.
    if reader.scoped.scope != Scope::City && !is_official {
        return Err(Fault::NotHere);
    }
    let looked = reader.desk.difference(before, after);
    let waits = matches!(looked, Looked::Working);
    let (scope, period) = (reader.scoped.scope.clone(), asked.period);
    let shown = DifferencePage { frame: reader.frame, scope, looked, before, after, period, is_official };
    let mut response = shown.template().into_response();
    if waits {
        let name = axum::http::HeaderName::from_static("refresh");
        response.headers_mut().insert(name, axum::http::HeaderValue::from_static("2"));
    }
    Ok(response)
}

impl ReleasesPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        page(
            &self.frame,
            t("nav.releases"),
            html! {
                header.head {
                    h1 { (t("nav.releases")) }
                    p.dek { (lang.with("official.dek", &[&self.shown.to_string()])) }
                }
                @if self.officials.is_empty() { p.empty { (t("official.none")) } } @else { (self.table()) }
                @if self.scope == Scope::City { (self.form()) }
            },
        )
    }

    fn table(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        html! {
            div.scroll tabindex="0" {
                table.cards {
                    thead {
                        tr {
                            th { (t("period")) }
                            th.number { (t("official.release")) }
                            th { (t("official.on")) }
                            th { (t("official.note")) }
                            th { (t("official.since")) }
                        }
                    }
                    tbody {
                        @for official in self.officials.iter().rev() {
                            @let holds = of_period(&self.officials, &official.period) == Some(official);
                            tr class=[(!holds).then_some("ended")] {
                                th.nowrap scope="row" { (format::period(&official.period, lang)) }
                                td.number data-label=(t("official.release")) { (official.release) }
                                td.nowrap { (format::date(official.on, lang)) " · " (official.by_whom) }
                                td.sentence { (official.note) }
                                td {
                                    @if !holds { (t("official.superseded")) }
                                    @else if official.release == self.shown { (t("official.is_shown")) }
                                    @else {
                                        a href=(difference_of(official.release, self.shown, &official.period)) { (t("official.see")) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn form(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        html! {
            section {
                h2 { (t("official.declare")) }
                p.dek { (t("official.declare.dek")) }
                form.filter method="post" action=(routes::RELEASES) {
                    input type="hidden" name="form_token" value=(self.frame.form_token);
                    div {
                        label for="release" { (t("official.release")) }
                        input #release name="release" type="number" min="1" max=(self.shown) value=(self.shown) required;
                    }
                    div {
                        label for="period" { (t("period")) }
                        select #period name="period" {
                            @for period in &self.periods {
                                option value=(period) selected[*period == self.usual] { (format::period(period, lang)) }
                            }
                        }
                    }
                    div {
                        label for="note" { (t("official.note")) }
                        input #note name="note" maxlength=(LONGEST_NOTE) size="40" required;
                    }
                    button.button type="submit" { (t("official.declare")) }
                }
            }
        }
    }
}

impl DifferencePage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let numbers = [self.before.to_string(), self.after.to_string()];
        let title = lang.with("difference.title", &[&numbers[0], &numbers[1]]);
        page(
            &self.frame,
            &title,
            html! {
                header.head {
                    p.crumb { a href=(routes::RELEASES) { (t("nav.releases")) } }
                    h1 { (title) }
                    @if self.is_official { p.dek { (lang.with("difference.official", &[&numbers[0]])) } }
                    @if !self.period.is_empty() {
                        p.chosen {
                            (lang.with("difference.of_period", &[&format::period(&self.period, lang)]))
                            " "
                            a href=(difference_of(self.before, self.after, "")) { (t("difference.all_periods")) }
                        }
                    }
                }
                @match &self.looked {
                    Looked::Working => p role="status" { (t("official.comparing")) }
                    Looked::Failed => p.missed { (t("official.not_compared")) }
                    Looked::Found(found) => (self.found(found))
                }
            },
        )
    }

    fn found(&self, found: &Difference) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let figures: Vec<&FigureChange> = figures(found, &self.scope, &self.period).collect();
        let findings: Vec<&FindingChange> = findings(found, &self.scope, &self.period).collect();
        html! {
            @if self.scope == Scope::City { (self.causes(found)) }
            section {
                h2 { (lang.with("difference.figures", &[&format::whole(figures.len() as i64)])) }
                @if figures.is_empty() { p.empty { (t("official.same")) } } @else { (self.figures(found, &figures)) }
            }
            section {
                h2 { (lang.with("difference.findings", &[&format::whole(findings.len() as i64)])) }
                @if findings.is_empty() { p.empty { (t("difference.no_findings")) } } @else { (self.findings(found, &findings)) }
            }
        }
    }

    /// What went in otherwise.
    fn causes(&self, found: &Difference) -> Markup {
        let lang = self.frame.lang;
        let changes = &found.changes;
        let sql: Vec<&str> = changes.sql.iter().map(|one| one.path.as_str()).collect();
        let reference: Vec<&str> = changes.reference.iter().map(|one| one.table.as_str()).collect();
        html! {
            section {
                h2 { (lang.say("difference.causes")) }
                ul {
                    @if !changes.slices.is_empty() {
                        li {
                            (lang.with("difference.slices", &[&format::whole(changes.slices.len() as i64)]))
                            ul {
                                @for slice in changes.slices.iter().take(NAMED) {
                                    li {
                                        a href=(routes::school(&slice.school_id)) {
                                            (if slice.school_name.is_empty() { &slice.school_id } else { &slice.school_name })
                                        }
                                        " · " (form_title(&slice.form, lang)) " · " (format::period(&slice.period, lang))
                                    }
                                }
                            }
                            @if changes.slices.len() > NAMED {
                                p.small { (lang.with("difference.more", &[&format::whole((changes.slices.len() - NAMED) as i64)])) }
                            }
                        }
                    }
                    @if changes.case_steps > 0 {
                        li { (lang.with("difference.case_steps", &[&format::whole(changes.case_steps as i64)])) }
                    }
                    @if !sql.is_empty() { li { (lang.with("difference.sql", &[&sql.join(", ")])) } }
                    @if !reference.is_empty() { li { (lang.with("difference.reference", &[&reference.join(", ")])) } }
                    @if let Some([was, is]) = changes.today {
                        li { (lang.with("difference.today", &[&format::date(was, lang), &format::date(is, lang)])) }
                    }
                    @if changes.is_empty() { li { (lang.say("difference.nothing")) } }
                }
            }
        }
    }

    fn figures(&self, found: &Difference, figures: &[&FigureChange]) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let write = |code: &str, numbers: &Option<Numbers>| {
            let value = numbers.as_ref().and_then(|numbers| numbers.value);
            value.map_or_else(|| "–".to_owned(), |value| self.frame.catalogue.unit(code).write(value))
        };
        html! {
            div.scroll tabindex="0" {
                table.difference {
                    thead {
                        tr {
                            th { (t("indicator")) }
                            th { (t("accounts.unit")) }
                            th { (t("period")) }
                            th.number { (lang.with("difference.in", &[&self.before.to_string()])) }
                            th.number { (lang.with("difference.in", &[&self.after.to_string()])) }
                            th.number { (t("since.by")) }
                        }
                    }
                    tbody {
                        @for figure in figures.iter().take(SHOWN) {
                            tr {
                                th scope="row" {
                                    (title(found, &figure.indicator, lang))
                                    @if !figure.dimension.is_empty() { " " span.small { (dimension(&figure.dimension, lang)) } }
                                }
                                td {
                                    @if figure.level == "city" { (t("whole.city.name")) } @else { (figure.unit_name) }
                                }
                                td.nowrap { (format::period(&figure.period, lang)) }
                                td.number { (write(&figure.indicator, &figure.before)) }
                                td.number {
                                    @if figure.after.is_some() && figure.dimension.is_empty() {
                                        a href=(routes::figure(&figure.indicator, &figure.unit_id, &figure.period)) {
                                            (write(&figure.indicator, &figure.after))
                                        }
                                    } @else { (write(&figure.indicator, &figure.after)) }
                                }
                                td.number {
                                    @if let Some(by) = figure.value_by {
                                        (self.frame.catalogue.unit(&figure.indicator).difference(by, lang))
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if figures.len() > SHOWN { p.small { (lang.with("difference.more", &[&format::whole((figures.len() - SHOWN) as i64)])) } }
        }
    }

    fn findings(&self, found: &Difference, findings: &[&FindingChange]) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let turn = |turn: Turn| match turn {
            Turn::Opened => "difference.opened",
            Turn::Reopened => "difference.reopened",
            Turn::Ended => "difference.ended",
            Turn::Changed => "difference.changed",
        };
        html! {
            div.scroll tabindex="0" {
                table {
                    thead { tr { th { (t("rule")) } th { (t("difference.how")) } th { (t("period")) } th { (t("finding.sentence")) } } }
                    tbody {
                        @for finding in findings.iter().take(SHOWN) {
                            tr {
                                th scope="row" {
                                    a href=(routes::finding(&finding.finding_id)) {
                                        (finding.rule) " " (title(found, &finding.rule, lang))
                                    }
                                }
                                td.nowrap { (t(turn(finding.kind))) }
                                td.nowrap { (format::period(&finding.period, lang)) }
                                td { (if lang == Lang::Zh { &finding.message_zh } else { &finding.message_en }) }
                            }
                        }
                    }
                }
            }
            @if findings.len() > SHOWN { p.small { (lang.with("difference.more", &[&format::whole((findings.len() - SHOWN) as i64)])) } }
        }
    }
}

fn title<'a>(found: &'a Difference, code: &'a str, lang: Lang) -> &'a str {
    found.titles.get(code).map_or(code, |titles| titles[lang as usize].as_str())
}
