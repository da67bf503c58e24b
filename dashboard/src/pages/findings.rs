//! The findings: a list with filters that stay in the address, its number and its sum.

mod given;

use axum::response::{IntoResponse, Response};
use chrono::{Days, NaiveDate};
use maud::{Markup, html};
use serde::Deserialize;

use crate::catalog::Catalogue;
use crate::error::Result;
use crate::format;
use crate::pages::fault::Fault;
use crate::pages::given::{Chosen, Giver, Wanted, links};
use crate::pages::heat::severity_badge;
use crate::pages::layout::{Frame, page};
use crate::pages::parts::{self, Part};
use crate::pages::steps;
use crate::routes;
use crate::scope::{Scope, Scoped};
use crate::visit::{Asked, Reader};
use crate::words::Lang;

/// What the page shows.
struct FindingsPage {
    frame: Frame,
    scope: Scope,
    filter: Filter,
    rules: Vec<String>,
    districts: Vec<(String, String)>,
    school: Option<String>,
    times: i64,
    fen: i128,
    part: Part,
    lines: Vec<Line>,
    today: NaiveDate,
}

/// The filter, as the address gives it; empty lets all through.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    rule: String,
    severity: String,
    district: String,
    school: String,
    state: String,
    text: String,
    sort: String,
    page: String,
    amount: String,
    age: String,
    case: String,
}

/// One finding of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    id: String,
    rule: String,
    severity: String,
    school_id: String,
    school_name: String,
    district_code: String,
    period: String,
    subject: String,
    fen: Option<i128>,
    message_zh: String,
    message_en: String,
    first_seen: Option<NaiveDate>,
    ended: Option<NaiveDate>,
    case: String,
    due_on: Option<NaiveDate>,
    is_overdue: bool,
}

/// Which columns a list of findings needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// Findings of many schools.
    Schools,
    /// All are of one school.
    OneSchool,
}

/// Findings on a page.
const PAGE: i64 = 50;

/// The states of a case, each with its word.
pub const CASES: [(&str, &str); 6] = [
    ("open", "case.open"),
    ("notified", "case.notified"),
    ("answered", "case.answered"),
    ("rectified", "case.rectified"),
    ("dismissed", "case.dismissed"),
    ("closed", "case.closed"),
];
/// Days since a finding was first seen, as the list may be narrowed to.
const AGES: [&str; 4] = ["7", "30", "60", "90"];

/// `/findings`
pub async fn show(
    reader: Reader,
    Asked(filter): Asked<Filter>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Fault> {
    let scoped = &reader.scoped;
    let case_now = reader.desk.case_now(&scoped.edition);
    let (condition, texts) = filter.condition(scoped.edition.today);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let total = format!(
        "select count(*) as times, coalesce(sum(amount), cast(0 as decimal(18,2))) as amount
         from marts.finding as finding left join marts.school as school on finding.school_id = school.school_id
         left join {case_now} as work on finding.finding_id = work.finding_id where {condition}"
    );
    let total = scoped.query(&total, &texts).await?;
    let times = total.first().map_or(0, |row| row.count("times"));
    let part = Part::read(&filter.page, PAGE, times);
    let order = match filter.sort.as_str() {
        "amount" => "amount desc nulls last, ",
        "age" => "first_seen asc nulls last, ",
        "due" => "work.due_on asc nulls last, ",
        _ => "",
    };
    let rules = scoped.query("select distinct rule from marts.finding order by rule", &[]).await?;
    let school = match filter.school.as_str() {
        "" => None,
        id => scoped
            .query("select school_name from marts.school where school_id = $1", &[id])
            .await?
            .first()
            .map(|row| row.text("school_name").to_owned()),
    };
    let districts = parts::district_names(scoped, reader.frame.lang).await?;
    if wanted.is_file() {
        if wanted.table != "findings" {
            return Err(Fault::NotHere);
        }
        let (catalogue, lang) = (&reader.frame.catalogue, reader.frame.lang);
        let filters = filter.told(&districts, school.as_deref(), catalogue, lang);
        let chosen = Chosen { title: lang.say("nav.findings").to_owned(), filters, rows: times.unsigned_abs() };
        let table = given::table(scoped, &case_now, (&condition, &texts, order), catalogue, lang).await?;
        return Giver::of(&reader).stream(table, chosen, &wanted).await;
    }
    let lines = ordered_lines(scoped, &case_now, (&condition, &texts, order), &part.limit()).await?;
    let shown = FindingsPage {
        scope: scoped.scope.clone(),
        rules: rules.iter().map(|row| row.text("rule").to_owned()).collect(),
        districts,
        school,
        times,
        fen: total.first().and_then(|row| row.fen("amount")).unwrap_or(0),
        part,
        lines,
        today: reader.desk.today(),
        frame: reader.frame,
        filter,
    };
    Ok(shown.template().into_response())
}

/// The findings for which a condition holds: high ones first, then by rule, place and period.
pub async fn lines(reader: &Reader, condition: &str, texts: &[&str], tail: &str) -> Result<Vec<Line>> {
    let case_now = reader.desk.case_now(&reader.scoped.edition);
    let condition = condition.replace("school_id", "finding.school_id");
    ordered_lines(&reader.scoped, &case_now, (&condition, texts, ""), tail).await
}

async fn ordered_lines(
    scoped: &Scoped,
    case_now: &str,
    (condition, texts, order): (&str, &[&str], &str),
    tail: &str,
) -> Result<Vec<Line>> {
    let sql = format!(
        "select finding.finding_id, finding.rule, severity, finding.school_id, school_name, finding.district_code, finding.period, subject,
            amount, message_zh, message_en, cast(first_seen as date) as first_seen, cast(ended as date) as ended,
            coalesce(work.state, 'open') as case_state, work.due_on, work.is_overdue
         from marts.finding as finding left join marts.school as school on finding.school_id = school.school_id
         left join {case_now} as work on finding.finding_id = work.finding_id
         where {condition}
         order by {} {tail}",
        in_order(order)
    );
    let rows = scoped.query(&sql, texts).await?;
    let read = |row: crate::rows::Row<'_>| Line {
        id: row.text("finding_id").to_owned(),
        rule: row.text("rule").to_owned(),
        severity: row.text("severity").to_owned(),
        school_id: row.text("school_id").to_owned(),
        school_name: row.text("school_name").to_owned(),
        district_code: row.text("district_code").to_owned(),
        period: row.text("period").to_owned(),
        subject: row.text("subject").to_owned(),
        fen: row.fen("amount"),
        message_zh: row.text("message_zh").to_owned(),
        message_en: row.text("message_en").to_owned(),
        first_seen: row.date("first_seen"),
        ended: row.date("ended"),
        case: row.text("case_state").to_owned(),
        due_on: row.date("due_on"),
        is_overdue: row.yes("is_overdue"),
    };
    Ok(rows.iter().map(read).collect())
}

/// What the list is ordered by: what is asked for, then high ones first, by rule, place and period.
fn in_order(order: &str) -> String {
    format!(
        "{order}case severity when 'high' then 1 when 'medium' then 2 else 3 end, finding.rule, finding.district_code, \
         finding.school_id, finding.period, subject, finding.finding_id"
    )
}

impl Filter {
    /// The least amount that is asked for; a number that can't be read asks for nothing.
    fn least(&self) -> Option<i64> {
        self.amount.trim().parse().ok().filter(|yuan| *yuan > 0)
    }

    /// The condition in SQL, and the texts that it names by number.
    fn condition(&self, today: NaiveDate) -> (String, Vec<String>) {
        let (mut conditions, mut texts) = (vec!["1 = 1".to_owned()], Vec::new());
        let mut add = |condition: &str, text: &str| {
            if !text.is_empty() {
                texts.push(text.to_owned());
                conditions.push(condition.replace('?', &format!("${}", texts.len())));
            }
        };
        add("finding.rule = ?", &self.rule);
        add("severity = ?", &self.severity);
        add("finding.district_code = ?", &self.district);
        add("finding.school_id = ?", &self.school);
        add(
            "(strpos(coalesce(school_name, ''), ?) > 0 or strpos(message_zh, ?) > 0 or strpos(message_en, ?) > 0)",
            self.text.trim(),
        );
        if let Some(yuan) = self.least() {
            conditions.push(format!("amount >= cast({yuan} as decimal(18,2))"));
        }
        if let Some(day) = self.age.parse().ok().and_then(|days| today.checked_sub_days(Days::new(days))) {
            conditions.push(format!("cast(first_seen as date) <= date '{day}'"));
        }
        match self.case.as_str() {
            "overdue" => conditions.push("work.is_overdue".to_owned()),
            state if CASES.iter().any(|(code, _)| *code == state) => {
                conditions.push(format!("coalesce(work.state, 'open') = '{state}'"));
            }
            _ => {}
        }
        match self.state.as_str() {
            "ended" => conditions.push("ended is not null".to_owned()),
            "all" => {}
            _ => conditions.push("ended is null".to_owned()),
        }
        (conditions.join(" and "), texts)
    }

    /// The address of the same list with one thing changed.
    fn address(&self, change: (&str, &str)) -> String {
        let own = [
            ("rule", self.rule.as_str()),
            ("severity", &self.severity),
            ("district", &self.district),
            ("school", &self.school),
            ("state", &self.state),
            ("text", &self.text),
            ("sort", &self.sort),
            ("amount", &self.amount),
            ("age", &self.age),
            ("case", &self.case),
        ];
        let pairs: Vec<_> = own.into_iter().filter(|(key, _)| *key != change.0).chain([change]).collect();
        routes::with(routes::FINDINGS, &pairs)
    }
}

impl FindingsPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        page(
            &self.frame,
            t("nav.findings"),
            html! {
                header.head {
                    h1 { (t("nav.findings")) }
                    p.dek { (lang.with("findings.total", &[&format::whole(self.times), &format::yuan(self.fen)])) }
                }
                (self.form())
                @if let Some(school) = &self.school {
                    p.chosen {
                        (lang.with("findings.of_school", &[school]))
                        " "
                        a href=(self.filter.address(("school", ""))) { (t("findings.any_school")) }
                    }
                }
                @if self.lines.is_empty() {
                    p.empty { (t("findings.empty")) }
                } @else {
                    (list(&self.lines, &self.frame.catalogue, Columns::Schools, &self.frame, &self.scope))
                    (self.part.pager(|number| self.filter.address(("page", number)), lang))
                    (links(&self.frame, "findings"))
                    (steps::worklist(&self.frame, &self.scope, self.today))
                }
            },
        )
    }

    fn form(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let filter = &self.filter;
        let severities = [("high", "severity.high"), ("medium", "severity.medium"), ("low", "severity.low")];
        let states = [("", "findings.open"), ("ended", "findings.ended"), ("all", "findings.open_and_ended")];
        html! {
            form.filter method="get" action=(routes::FINDINGS) {
                div { label for="rule" { (t("rule")) } select #rule name="rule" {
                    option value="" { (t("any")) }
                    @for rule in &self.rules {
                        option value=(rule) selected[*rule == filter.rule] {
                            (rule)
                            " "
                            (self.frame.catalogue.rule_title(rule, lang))
                        }
                    }
                } }
                div { label for="severity" { (t("severity")) } select #severity name="severity" {
                    option value="" { (t("any")) }
                    @for (value, key) in severities {
                        option value=(value) selected[value == filter.severity] { (t(key)) }
                    }
                } }
                @if self.districts.len() > 1 {
                    div { label for="district" { (t("district")) } select #district name="district" {
                        option value="" { (t("any")) }
                        @for (code, name) in &self.districts {
                            option value=(code) selected[*code == filter.district] { (name) }
                        }
                    } }
                }
                div { label for="state" { (t("findings.state")) } select #state name="state" {
                    @for (value, key) in states { option value=(value) selected[value == filter.state] { (t(key)) } }
                } }
                div { label for="case" { (t("findings.case")) } select #case name="case" {
                    option value="" { (t("any")) }
                    option value="overdue" selected[filter.case == "overdue"] { (t("case.overdue")) }
                    @for (value, key) in CASES { option value=(value) selected[value == filter.case] { (t(key)) } }
                } }
                div { label for="age" { (t("findings.age")) } select #age name="age" {
                    option value="" { (t("any")) }
                    @for days in AGES { option value=(days) selected[days == filter.age] { (lang.with("findings.age.days", &[days])) } }
                } }
                div {
                    label for="amount" { (t("findings.amount")) }
                    input #amount name="amount" type="number" min="0" step="1" inputmode="numeric" value=(filter.amount);
                }
                div { label for="sort" { (t("findings.sort")) } select #sort name="sort" {
                    option value="" { (t("findings.sort.severity")) }
                    option value="amount" selected[filter.sort == "amount"] { (t("amount")) }
                    option value="age" selected[filter.sort == "age"] { (t("findings.sort.age")) }
                    option value="due" selected[filter.sort == "due"] { (t("findings.sort.due")) }
                } }
                div {
                    label for="text" { (t("findings.text")) }
                    input #text name="text" type="search" value=(filter.text);
                }
                @if !filter.school.is_empty() { input type="hidden" name="school" value=(filter.school); }
                button.button type="submit" { (t("show")) }
            }
        }
    }
}

/// A list of findings.
pub fn list(lines: &[Line], catalogue: &Catalogue, columns: Columns, frame: &Frame, scope: &Scope) -> Markup {
    let lang = frame.lang;
    let t = |key| lang.say(key);
    let many = columns == Columns::Schools;
    html! {
        div.scroll tabindex="0" {
            table.findings.cards {
                thead {
                    tr {
                        th { (t("rule")) }
                        th { (t("severity")) }
                        @if many { th { (t("school")) } }
                        th { (t("period")) }
                        th { (t("finding.sentence")) }
                        th.number { (t("amount")) }
                        th.number { (t("finding.first_seen")) }
                        th { (t("findings.case")) }
                        @if many { th.number { (t("finding.ended")) } }
                    }
                }
                tbody {
                    @for line in lines {
                        tr class=[line.ended.map(|_| "ended")] {
                            th scope="row" {
                                @if many && steps::can_be_ticked(scope, &line.case, line.ended.is_none()) {
                                    (steps::tick(&line.id, line.message(lang))) " "
                                }
                                a href=(routes::finding(&line.id)) {
                                    (line.rule)
                                    " "
                                    (catalogue.rule_title(&line.rule, lang))
                                }
                            }
                            td { (severity_badge(&line.severity, lang)) }
                            @if many { td { (place(line, scope, lang)) } }
                            td.nowrap { (format::period(&line.period, lang)) }
                            td.sentence { (line.message(lang)) }
                            td.number data-label=(t("amount")) { @if let Some(fen) = line.fen { (format::yuan(fen)) } }
                            td.number data-label=(t("finding.first_seen")) {
                                @if let Some(day) = line.first_seen { (day) }
                            }
                            td.nowrap data-label=(t("findings.case")) { (line.case(lang)) }
                            @if many {
                                td.number data-label=(t("finding.ended")) { @if let Some(day) = line.ended { (day) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn place(line: &Line, scope: &Scope, lang: Lang) -> Markup {
    let name = match (line.school_name.as_str(), line.school_id.as_str()) {
        ("", "") => lang.say("finding.whole_district"),
        ("", id) => id,
        (name, _) => name,
    };
    html! {
        @if line.school_id.is_empty() || !scope.sees_figures() { (name) } @else {
            a href=(routes::school(&line.school_id)) { (name) }
        }
    }
}

impl Line {
    /// Where its case stands, and by when it is to be put right.
    fn case(&self, lang: Lang) -> Markup {
        let key = CASES.iter().find(|(code, _)| *code == self.case).map_or("case.open", |(_, key)| key);
        html! {
            (lang.say(key))
            @if let Some(day) = self.due_on { br; span.small { (lang.with("findings.due", &[&day.to_string()])) } }
            @if self.is_overdue { " " strong.missed { (lang.say("case.overdue")) } }
        }
    }

    fn message(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.message_zh,
            Lang::En => &self.message_en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_name_their_texts_in_order() {
        let filter =
            Filter { rule: "R13".to_owned(), text: " 甲 ".to_owned(), state: "all".to_owned(), ..Filter::default() };
        let today = NaiveDate::from_ymd_opt(2020, 3, 1).expect("a day");
        let (condition, texts) = filter.condition(today);
        assert_eq!(texts, ["R13", "甲"]);
        assert_eq!(condition.matches("$2").count(), 3);
        assert!(!condition.contains("ended"));
        assert!(Filter::default().condition(today).0.contains("ended is null"));
        let asked =
            Filter { amount: "50".to_owned(), age: "30".to_owned(), case: "overdue".to_owned(), ..Filter::default() };
        let condition = asked.condition(today).0;
        assert!(condition.contains(">= cast(50 as") && condition.contains("'2020-01-31'"), "{condition}");
        let odd = Filter {
            amount: "1); drop".to_owned(),
            age: "-3".to_owned(),
            case: "' or".to_owned(),
            ..Filter::default()
        };
        assert_eq!(odd.condition(today), Filter::default().condition(today));
    }

    #[test]
    fn the_filter_stays_in_the_address() {
        let filter = Filter { rule: "R13".to_owned(), state: "all".to_owned(), ..Filter::default() };
        assert_eq!(filter.address(("page", "2")), "/findings?rule=R13&state=all&page=2");
        assert_eq!(filter.address(("rule", "")), "/findings?state=all");
    }
}
