//! A school's books as the rows of a form.

use chrono::NaiveDate;
use ingest::form::{Form, form};

use super::Kept;
use crate::books::{Month, Plan, Receipt};

/// A value of a row.
#[derive(Debug, Clone)]
pub enum Cell {
    Empty,
    Text(String),
    /// A choice's code.
    Code(&'static str),
    Whole(i64),
    /// Fen.
    Money(i64),
    Day(NaiveDate),
    Yes(bool),
}

/// A form's rows for one school and period; none where there is nothing to report.
pub struct Sheet {
    pub form: &'static Form,
    /// Values in the order of the form's columns.
    pub rows: Vec<Vec<Cell>>,
}

impl Sheet {
    fn new(form: &'static Form, rows: impl IntoIterator<Item = Vec<(&'static str, Cell)>>) -> Sheet {
        let place = |name: &str| {
            let column = form.columns.iter().position(|column| column.name == name);
            column.unwrap_or_else(|| panic!("{} has no column {name}", form.name))
        };
        let row = |values: Vec<(&'static str, Cell)>| {
            let mut row = vec![Cell::Empty; form.columns.len()];
            for (name, value) in values {
                row[place(name)] = value;
            }
            row
        };
        Sheet { form, rows: rows.into_iter().map(row).collect() }
    }

    /// A ledger as it was sent at first, with a line that its correction has not.
    pub fn spoil(&mut self) {
        let place =
            |name: &str| self.form.columns.iter().position(|column| column.name == name).expect("a column of ledgers");
        let (category, number, direction) = (place("category"), place("line_no"), place("direction"));
        let is_expense = |row: &&Vec<Cell>| matches!(row[direction], Cell::Code("expense"));
        if let Some(mut line) = self.rows.iter().find(is_expense).cloned() {
            line[category] = Cell::Code("management_fee");
            line[number] = Cell::Whole(90);
            self.rows.push(line);
        }
    }
}

/// A pupil's number: made up, and found again by whoever searches for it.
pub fn pupil(school: usize, pupil: u32) -> String {
    format!("XS{school:04}{pupil:05}")
}

fn staff(school: usize, staff: u32) -> Cell {
    Cell::Text(format!("JS{school:04}{staff:05}"))
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

fn on(day: Option<NaiveDate>) -> Cell {
    day.map_or(Cell::Empty, Cell::Day)
}

/// The days on which the steps of a plan were taken.
pub fn plan_steps<'a>((_, books): &Kept<'a>, term: usize) -> impl Iterator<Item = NaiveDate> + use<'a> {
    let steps = |plan: &Plan| [plan.consulted_on, plan.board_notice_on, plan.web_notice_on, plan.safety_plan_on];
    books.plans.get(term).map(steps).into_iter().flatten().flatten()
}

/// The rows of a form for a school and period.
pub fn sheet(name: &str, period: &str, kept: Kept<'_>) -> Sheet {
    let form = form(name).expect("a form");
    let (school, books) = kept;
    let month = || books.months.iter().find(|month| month.name == period).expect("a month of the books");
    match name {
        "school" => Sheet::new(form, [register(kept)]),
        "class_roster" => Sheet::new(form, roster(kept, month())),
        "service_plan" => Sheet::new(form, books.plans.iter().filter(|plan| plan.term == period).map(plan)),
        "group_session" => Sheet::new(form, sessions(kept, month())),
        "charge" => Sheet::new(form, month().receipts.iter().map(|receipt| charge(kept, receipt))),
        "fund_ledger" => Sheet::new(form, ledger(month())),
        "staff_work" => Sheet::new(form, work(kept, month())),
        "provider" => Sheet::new(form, providers(kept)),
        "survey" => Sheet::new(form, survey(kept)),
        "inspection" => Sheet::new(form, cases(month())),
        "annual_report" => Sheet::new(form, [report(kept)]),
        "subsidy" => Sheet::new(form, [subsidy(month())]),
        other => unreachable!("{other} of school {} is written elsewhere", school.id),
    }
}

type Values = Vec<(&'static str, Cell)>;

fn register((school, _): Kept<'_>) -> Values {
    vec![
        ("school_id", text(&school.id)),
        ("school_name", text(&school.name)),
        ("district_code", text(&school.district)),
        ("school_kind", Cell::Code(school.kind)),
        ("urban_rural", Cell::Code(school.place)),
        ("opened_on", Cell::Day(crate::books::day(2001 + (school.index % 15) as i32, 9, 1))),
    ]
}

fn roster((school, _): Kept<'_>, month: &Month) -> impl Iterator<Item = Values> {
    month.roster.iter().map(|row| {
        let class = &school.classes[row.class];
        let count = |value: u32| Cell::Whole(i64::from(value));
        vec![
            ("class_id", text(&class.id)),
            ("grade", Cell::Whole(i64::from(class.grade))),
            ("pupils", count(row.pupils)),
            ("wanting", count(row.wanting)),
            ("applied", count(row.applied)),
            ("approved", count(row.approved)),
            ("enrolled", count(row.enrolled)),
            ("agreements", count(row.agreements)),
            ("poor_pupils", count(class.poor)),
            ("poor_wanting", count(row.poor)),
            ("poor_enrolled", count(row.poor)),
        ]
    })
}

fn plan(plan: &Plan) -> Values {
    vec![
        ("started_on", Cell::Day(plan.started_on)),
        ("weekdays", text("1,2,3,4,5")),
        ("sessions_per_day", Cell::Whole(crate::books::SESSIONS)),
        ("minutes_per_session", Cell::Whole(40)),
        ("ends_at", text("17:50")),
        ("consulted_on", on(plan.consulted_on)),
        ("board_notice_on", on(plan.board_notice_on)),
        ("web_notice_on", on(plan.web_notice_on)),
        ("web_notice_url", text("http://example.invalid/kehou")),
        ("safety_plan_on", on(plan.safety_plan_on)),
    ]
}

fn sessions((school, _): Kept<'_>, month: &Month) -> impl Iterator<Item = Values> {
    month.sessions.iter().map(|session| {
        vec![
            ("held_on", Cell::Day(session.day)),
            ("group_id", text(&session.group)),
            ("activity", Cell::Code(session.activity)),
            ("started_at", text("16:30")),
            ("sessions", Cell::Whole(session.sessions)),
            ("minutes", Cell::Whole(session.minutes)),
            ("pupils_present", Cell::Whole(i64::from(session.present))),
            ("staff_id", staff(school.index, session.staff)),
            ("staff_kind", Cell::Code(session.kind)),
            ("provider_id", session.provider.as_deref().map_or(Cell::Empty, text)),
        ]
    })
}

fn charge((school, _): Kept<'_>, receipt: &Receipt) -> Values {
    vec![
        ("receipt_no", text(&receipt.number)),
        ("paid_on", Cell::Day(receipt.paid_on)),
        ("pupil_id", Cell::Text(pupil(school.index, receipt.pupil))),
        ("class_id", text(&school.classes[receipt.class].id)),
        ("kind", Cell::Code(if receipt.is_refund { "refund" } else { "charge" })),
        ("billed_period", text(&receipt.billed)),
        ("sessions_billed", Cell::Whole(receipt.sessions)),
        ("amount", Cell::Money(receipt.amount)),
        ("is_poor", Cell::Yes(receipt.is_poor)),
        ("remitted_on", on(receipt.remitted_on)),
        ("withdrawn_on", on(receipt.withdrawn_on)),
        ("refund_requested_on", on(receipt.requested_on)),
    ]
}

fn ledger(month: &Month) -> impl Iterator<Item = Values> {
    month.ledger.iter().map(|line| {
        vec![
            ("voucher_no", text(&line.voucher)),
            ("line_no", Cell::Whole(i64::from(line.number))),
            ("posted_on", Cell::Day(line.posted_on)),
            ("direction", Cell::Code(if line.is_income { "income" } else { "expense" })),
            ("category", Cell::Code(line.category)),
            ("amount", Cell::Money(line.amount)),
            ("account", Cell::Code(line.account)),
            ("payee", text(line.payee)),
            ("disclosed_on", on(line.disclosed_on)),
        ]
    })
}

fn work((school, _): Kept<'_>, month: &Month) -> impl Iterator<Item = Values> {
    month.staff.iter().map(|work| {
        vec![
            ("staff_id", staff(school.index, work.staff)),
            ("role", Cell::Code(work.role)),
            ("sessions_led", Cell::Whole(work.sessions)),
            ("pay", Cell::Money(work.pay)),
            ("assessed", Cell::Yes(true)),
        ]
    })
}

fn providers((_, books): Kept<'_>) -> impl Iterator<Item = Values> {
    books.providers.iter().map(|provider| {
        vec![
            ("provider_id", text(&provider.id)),
            ("provider_name", Cell::Text(format!("示例机构 {}（虚构）", provider.id))),
            ("provider_kind", Cell::Code(provider.kind)),
            ("licence_no", provider.licence.as_deref().map_or(Cell::Empty, text)),
            ("panel_on", on(provider.panel_on)),
            ("panel_parents", Cell::Whole(5)),
            ("panel_teachers", Cell::Whole(3)),
            ("party_meeting_on", on(provider.party_on)),
            ("district_approved_on", on(provider.district_on)),
            ("city_approved_on", on(provider.city_on)),
            ("service_from", Cell::Day(provider.from)),
        ]
    })
}

fn survey((_, books): Kept<'_>) -> impl Iterator<Item = Values> {
    books.survey.iter().enumerate().map(|(place, response)| {
        let mark = i64::from(response.overall);
        vec![
            ("response_id", Cell::Text(format!("WJ{:05}", place + 1))),
            ("answered_on", Cell::Day(crate::books::day(2020, 1, 10))),
            ("respondent", Cell::Code(if response.is_parent { "parent" } else { "pupil" })),
            ("grade", Cell::Whole(i64::from(response.grade))),
            ("overall", Cell::Whole(mark)),
            ("content", Cell::Whole(mark)),
            ("safety", Cell::Whole((mark + 1).min(5))),
            ("voluntary", Cell::Yes(response.voluntary)),
        ]
    })
}

fn cases(month: &Month) -> impl Iterator<Item = Values> {
    month.cases.iter().map(|case| {
        vec![
            ("case_no", text(&case.number)),
            ("found_on", Cell::Day(case.found_on)),
            ("source", Cell::Code(case.source)),
            ("issue", Cell::Code(case.issue)),
            ("substantiated", case.substantiated.map_or(Cell::Empty, Cell::Yes)),
            ("amount", case.amount.map_or(Cell::Empty, Cell::Money)),
            ("note", text("示例（虚构）")),
        ]
    })
}

fn report((_, books): Kept<'_>) -> Values {
    vec![
        ("to_education_on", on(books.report.to_education_on)),
        ("to_finance_on", on(books.report.to_finance_on)),
        ("staff_assessment", Cell::Yes(!books.report.without_assessment)),
    ]
}

fn subsidy(month: &Month) -> Values {
    vec![
        ("voucher_no", Cell::Text(format!("BT{}", month.name.replace('-', "")))),
        ("budgeted", Cell::Money(month.subsidy)),
        ("paid", Cell::Money(month.subsidy)),
        ("paid_on", on(month.days.last().copied())),
    ]
}
