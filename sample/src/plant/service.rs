//! Breaches of the offer itself: plans, classes, sessions, third parties, surveys, complaints and reports.

use chrono::Days;

use super::{Plant, Site};
use crate::books::{day, provider, responses};
use crate::rng::Rng;

pub const PLANTS: &[Plant] = &[
    unmet,
    minutes,
    saturday,
    teaching,
    taught,
    unapproved,
    forced,
    unfree,
    unsigned,
    unconsulted,
    consulted_late,
    unannounced,
    announced_late,
    lacking_step,
    disordered,
    approved_late,
    unlisted,
    unlicensed,
    soliciting,
    overcharging,
    unsafe_plan,
    late_safety_plan,
    unsafe_place,
    report_late,
    report_without_finance,
    report_without_assessment,
    report_missing,
];

/// R01: schools that started after the deadline, or never.
pub fn by_fate(site: &mut Site<'_>) -> Option<()> {
    let deadline: chrono::NaiveDate = site.reference.policy("rollout_deadline").parse().expect("a date");
    if site.school.is_primary() && site.school.started_on.is_none_or(|started| started > deadline) {
        let month = deadline.format("%Y-%m").to_string();
        site.find("R01", &month, "", None);
    }
    Some(())
}

fn unmet(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-10")?;
    let (class, _) = site.class();
    site.books.months[month].roster[class].wanting += 3;
    if site.school.classes[class].grade <= 6 {
        site.find("R02", "2019-10", "", None);
    }
    Some(())
}

fn minutes(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-10")?;
    let place = site.session();
    let session = &mut site.books.months[month].sessions[place];
    session.minutes += 10;
    let subject = format!("{} {}", session.day, session.group);
    site.find("R03", "2019-10", subject, None);
    Some(())
}

/// R04 on a Saturday; the Saturday of the week before is a school day by the calendar, and its sessions are in order.
fn saturday(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-10")?;
    let (class, _) = site.class();
    let month = &mut site.books.months[month];
    let mut session = month.sessions[class].clone();
    session.day = day(2019, 10, 19);
    session.present = 0;
    let subject = format!("{} {}", session.day, session.group);
    month.sessions.push(session);
    site.find("R04", "2019-10", subject, None);
    Some(())
}

fn teaching(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-11")?;
    let [breach, near] = [0, 1].map(|_| site.session());
    let sessions = &mut site.books.months[month].sessions;
    sessions[near].activity = "individual_tutoring";
    sessions[breach].activity = "collective_teaching";
    let subject = format!("{} {}", sessions[breach].day, sessions[breach].group);
    site.find("R05", "2019-11", subject, None);
    Some(())
}

/// A complaint that proved true, beside one that did not and one that is open.
fn case(site: &mut Site<'_>, rule: &'static str, issue: &'static str, amount: Option<i64>) -> Option<()> {
    let place = site.month("2019-11")?;
    let month = &mut site.books.months[place];
    let number = month.complain(issue, Some(true), amount);
    month.complain(issue, Some(false), amount);
    month.complain(issue, None, amount);
    site.find(rule, "2019-11", number, amount);
    Some(())
}

fn taught(site: &mut Site<'_>) -> Option<()> {
    case(site, "R05", "collective_teaching", None)
}

fn forced(site: &mut Site<'_>) -> Option<()> {
    case(site, "R06", "forced", None)
}

fn soliciting(site: &mut Site<'_>) -> Option<()> {
    case(site, "R12", "solicitation", None)?;
    case(site, "R12", "commerce", Some(88_000))
}

fn overcharging(site: &mut Site<'_>) -> Option<()> {
    case(site, "R13", "overcharge", Some(12_345))
}

fn unsafe_place(site: &mut Site<'_>) -> Option<()> {
    case(site, "R27", "safety", None)
}

/// R06: a pupil whom the class approved without an application, and one who takes part without approval.
fn unapproved(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-10")?;
    for step in 0..2 {
        let (class, _) = site.class();
        let row = &mut site.books.months[month].roster[class];
        row.applied = row.enrolled - 1;
        row.approved = row.enrolled - step;
        let subject = site.school.classes[class].id.clone();
        site.find("R06", "2019-10", subject, None);
    }
    Some(())
}

/// R06: 18 of 20; schools where it is 19 of 20 are in every city.
fn unfree(site: &mut Site<'_>) -> Option<()> {
    site.books.survey = responses(site.school, 16, 4, 2, 900, &mut Rng::of(0, &[site.school.index as u64]));
    site.find("R06", "2019-2020-1", "", None);
    Some(())
}

fn unsigned(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-10")?;
    let (class, _) = site.class();
    site.books.months[month].roster[class].agreements -= 1;
    let subject = site.school.classes[class].id.clone();
    site.find("R07", "2019-10", subject, None);
    Some(())
}

fn unconsulted(site: &mut Site<'_>) -> Option<()> {
    site.books.plans[0].consulted_on = None;
    site.find("R08", "2019-2020-1", "", None);
    Some(())
}

fn consulted_late(site: &mut Site<'_>) -> Option<()> {
    site.books.plans[0].consulted_on = Some(site.books.plans[0].started_on + Days::new(1));
    site.find("R08", "2019-2020-1", "", None);
    Some(())
}

fn unannounced(site: &mut Site<'_>) -> Option<()> {
    site.books.plans[0].web_notice_on = None;
    site.find("R09", "2019-2020-1", "", None);
    Some(())
}

fn announced_late(site: &mut Site<'_>) -> Option<()> {
    site.books.plans[0].board_notice_on = Some(site.books.plans[0].started_on + Days::new(1));
    site.find("R09", "2019-2020-1", "", None);
    Some(())
}

fn unsafe_plan(site: &mut Site<'_>) -> Option<()> {
    site.books.plans[0].safety_plan_on = None;
    site.find("R27", "2019-2020-1", "", None);
    Some(())
}

fn late_safety_plan(site: &mut Site<'_>) -> Option<()> {
    site.books.plans[0].safety_plan_on = Some(site.books.plans[0].started_on + Days::new(1));
    site.find("R27", "2019-2020-1", "", None);
    Some(())
}

/// R10 without the party's meeting, beside one that lacks everything but doesn't serve before the day after the run.
fn lacking_step(site: &mut Site<'_>) -> Option<()> {
    let mut lacking = provider("P-11", site.school.is_municipal);
    lacking.party_on = None;
    let mut future = provider("P-15", site.school.is_municipal);
    (future.panel_on, future.party_on, future.district_on, future.city_on) = (None, None, None, None);
    future.from = day(2020, 3, 2);
    site.books.providers.extend([lacking, future]);
    site.find("R10", "2019-2020-1", "P-11", None);
    Some(())
}

fn disordered(site: &mut Site<'_>) -> Option<()> {
    let mut provider = provider("P-12", site.school.is_municipal);
    provider.party_on = Some(day(2019, 8, 9));
    site.books.providers.push(provider);
    site.find("R10", "2019-2020-1", "P-12", None);
    Some(())
}

fn approved_late(site: &mut Site<'_>) -> Option<()> {
    let mut provider = provider("P-13", site.school.is_municipal);
    provider.city_on = Some(provider.from + Days::new(1));
    site.books.providers.push(provider);
    site.find("R10", "2019-2020-1", "P-13", None);
    Some(())
}

fn unlisted(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-11")?;
    let place = site.session();
    let session = &mut site.books.months[month].sessions[place];
    (session.kind, session.provider, session.staff) = ("third_party", Some("P-99".to_owned()), 8899);
    let subject = format!("{} {}", session.day, session.group);
    site.find("R10", "2019-11", subject, None);
    Some(())
}

fn unlicensed(site: &mut Site<'_>) -> Option<()> {
    let mut provider = provider("P-14", site.school.is_municipal);
    provider.licence = None;
    site.books.providers.push(provider);
    site.find("R11", "2019-2020-1", "P-14", None);
    Some(())
}

fn report_late(site: &mut Site<'_>) -> Option<()> {
    site.books.report.to_finance_on = Some(day(2020, 2, 1));
    site.find("R25", "2019", "", None);
    Some(())
}

fn report_without_finance(site: &mut Site<'_>) -> Option<()> {
    site.books.report.to_finance_on = None;
    site.find("R25", "2019", "", None);
    Some(())
}

fn report_without_assessment(site: &mut Site<'_>) -> Option<()> {
    site.books.report.without_assessment = true;
    site.find("R25", "2019", "", None);
    Some(())
}

fn report_missing(site: &mut Site<'_>) -> Option<()> {
    site.books.report.is_missing = true;
    site.find("R25", "2019", "", None);
    Some(())
}
