//! Breaches in the ledger, and in what it adds up to.

use std::collections::BTreeMap;

use chrono::Days;

use super::{Finding, Plant, Site};
use crate::books::{Books, day};
use crate::city::School;
use crate::reference::{Reference, fen};

/// Planted after the ledgers are closed.
pub const PLANTS: &[Plant] = &[
    paid_from_school,
    taken_into_school,
    management_fee,
    unrelated,
    transferred,
    disclosed_late,
    undisclosed,
    fees_differ,
    pay_differs,
    underpaid,
];

/// R14: a charge on the day between two standards, beside one on the day before and one on the day after.
pub fn without_standard(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-12")?;
    for date in [5, 4, 6] {
        let place = site.receipt(month);
        let receipt = &mut site.books.months[month].receipts[place];
        receipt.paid_on = day(2019, 12, date);
        receipt.remitted_on = Some(day(2019, 12, 10));
        let (number, amount) = (receipt.number.clone(), receipt.amount);
        if date == 5 {
            site.find("R14", "2019-12", number, Some(amount));
        }
    }
    Some(())
}

/// Notes a line of the ledger.
fn line(site: &mut Site<'_>, rule: &'static str, month: usize, place: usize) {
    let (period, line) = (site.books.months[month].name.clone(), &site.books.months[month].ledger[place]);
    let (subject, amount) = (format!("{}-{}", line.voucher, line.number), line.amount);
    site.find(rule, &period, subject, Some(amount));
}

/// R20: paid from the school's account, beside a donation into it.
fn paid_from_school(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-10")?;
    let books = &mut site.books.months[month];
    let spent = books.book(false, "materials", 36_500, "文具店（虚构）");
    books.ledger[spent].account = "school";
    let given = books.book(true, "donation", 100_000, "校友会（虚构）");
    books.ledger[given].account = "school";
    line(site, "R20", month, spent);
    Some(())
}

fn taken_into_school(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-11")?;
    let ledger = &mut site.books.months[month].ledger;
    let place = ledger.iter().position(|line| line.category == "service_fee").expect("fees are booked first");
    ledger[place].account = "school";
    line(site, "R20", month, place);
    Some(())
}

fn booked(site: &mut Site<'_>, rule: &'static str, name: &str, category: &'static str, amount: i64) -> Option<()> {
    let month = site.month(name)?;
    let place = site.books.months[month].book(false, category, amount, "某单位（虚构）");
    line(site, rule, month, place);
    Some(())
}

fn management_fee(site: &mut Site<'_>) -> Option<()> {
    // The training of teachers is what fees may be spent on.
    let month = site.month("2019-11")?;
    site.books.months[month].book(false, "training", 20_000, "教师进修学校（虚构）");
    booked(site, "R21", "2019-11", "management_fee", 50_001)
}

fn unrelated(site: &mut Site<'_>) -> Option<()> {
    booked(site, "R22", "2019-10", "unrelated", 128_000)
}

fn transferred(site: &mut Site<'_>) -> Option<()> {
    booked(site, "R22", "2019-12", "transfer", 300_000)
}

/// R23: disclosed on the 93rd day, beside a line on the 92nd.
fn disclosed_late(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-10")?;
    let books = &mut site.books.months[month];
    let mut sum = 0;
    for days in [93, 92] {
        let place = books.book(false, "materials", 10_000 + days as i64, "文具店（虚构）");
        let line = &mut books.ledger[place];
        line.disclosed_on = Some(line.posted_on + Days::new(days));
        if days > 92 {
            sum = line.amount;
        }
    }
    site.find("R23", "2019-Q4", "", Some(sum));
    Some(())
}

/// R23: never disclosed; two lines are one finding of their quarter. The days of a line of December are not over.
fn undisclosed(site: &mut Site<'_>) -> Option<()> {
    let (month, running) = (site.month("2019-09")?, site.month("2019-12")?);
    let mut sum = 0;
    for amount in [7_700, 8_800] {
        let place = site.books.months[month].book(false, "utilities", amount, "供电公司（虚构）");
        site.books.months[month].ledger[place].disclosed_on = None;
        sum += amount;
    }
    let place = site.books.months[running].book(false, "utilities", 9_900, "供电公司（虚构）");
    site.books.months[running].ledger[place].disclosed_on = None;
    site.find("R23", "2019-Q3", "", Some(sum));
    Some(())
}

/// R26: the ledger has ten yuan more than the receipts.
fn fees_differ(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-10")?;
    let ledger = &mut site.books.months[month].ledger;
    ledger.iter_mut().find(|line| line.category == "service_fee").expect("fees are booked").amount += 1_000;
    site.find("R26", "2019-10", "", Some(1_000));
    Some(())
}

/// R26: the staff's records have five yuan less than the ledger.
fn pay_differs(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-11")?;
    let staff = &mut site.books.months[month].staff;
    staff.iter_mut().find(|work| work.pay > 500).expect("staff is paid").pay -= 500;
    site.find("R26", "2019-11", "", Some(500));
    Some(())
}

/// R24 at a single school of a district that pays enough: a tenth of each month's pay is kept back.
fn underpaid(site: &mut Site<'_>) -> Option<()> {
    for month in &mut site.books.months {
        let line = month.ledger.iter_mut().find(|line| line.category == "staff_pay")?;
        let mut kept = line.amount / 10;
        line.amount -= kept;
        for work in &mut month.staff {
            let part = kept.min(work.pay);
            work.pay -= part;
            kept -= part;
        }
    }
    Some(())
}

/// R24: each school and district whose year, by these ledgers, falls short of the least share.
pub fn short_shares(schools: &[School], books: &[Books], reference: &Reference, truth: &mut Vec<Finding>) {
    let percent = fen(reference.policy("staff_pay_min_share"));
    // Income and pay by district and school; the school is empty for the district's own sum.
    let mut units: BTreeMap<(&str, &str), [i64; 2]> = BTreeMap::new();
    for (school, books) in schools.iter().zip(books) {
        let lines = books.months.iter().filter(|month| month.name.starts_with("2019")).flat_map(|month| &month.ledger);
        for line in lines {
            let part = match line.category {
                "service_fee" | "subsidy" => 0,
                "staff_pay" => 1,
                _ => continue,
            };
            for unit in [school.id.as_str(), ""] {
                units.entry((&school.district, unit)).or_default()[part] += line.amount;
            }
        }
    }
    for ((district, school), [income, pay]) in units {
        let lacking = income * percent - pay * 100;
        if income > 0 && lacking > 0 {
            truth.push(Finding {
                rule: "R24",
                district: district.to_owned(),
                school: school.to_owned(),
                period: "2019".to_owned(),
                subject: String::new(),
                amount: Some((lacking + 50) / 100),
            });
        }
    }
}
