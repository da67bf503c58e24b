//! Breaches in what single pupils were charged, paid back and attended.

use chrono::{Days, NaiveDate};

use super::{Plant, Site};
use crate::books::{Receipt, SESSIONS, day};

pub const PLANTS: &[Plant] = &[
    overcharged,
    above_cap,
    poor_charged,
    overbilled,
    refunded_late,
    refund_unanswered,
    refund_short,
    charged_twice,
    remitted_late,
    never_remitted,
    never_came,
];

/// A refund of some sessions of a receipt.
fn refund(of: &Receipt, sessions: i64, paid_on: NaiveDate) -> Receipt {
    Receipt {
        paid_on,
        is_refund: true,
        sessions,
        amount: of.amount / of.sessions * sessions,
        remitted_on: None,
        ..of.clone()
    }
}

/// R13: half a yuan too much where the month's cap is reached, which the receipt's own finding explains.
fn overcharged(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-11")?;
    let place = site.receipt(month);
    let receipt = &mut site.books.months[month].receipts[place];
    receipt.amount += 50;
    let number = receipt.number.clone();
    site.find("R13", "2019-11", number, Some(50));
    Some(())
}

/// R13: two sessions more than the cap allows, each at the standard.
fn above_cap(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-12")?;
    let (place, price) = (site.receipt(month), site.price());
    let receipt = &mut site.books.months[month].receipts[place];
    receipt.sessions += 2;
    receipt.amount += 2 * price;
    site.find("R13", "2019-12", "", Some(2 * price));
    Some(())
}

/// R16: a poor pupil who paid, and one who paid and got everything back.
fn poor_charged(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-10")?;
    for is_paid_back in [false, true] {
        let place = site.receipt(month);
        let model = site.books.months[month].receipts[place].clone();
        let charge = Receipt { pupil: site.school.classes[model.class].first_pupil, is_poor: true, ..model };
        site.issue(month, charge.clone());
        if is_paid_back {
            let back = refund(&charge, charge.sessions, charge.paid_on + Days::new(1));
            site.issue(month, back);
        } else {
            site.find("R16", "2019-10", "", Some(charge.amount));
        }
    }
    Some(())
}

/// R17: two sessions more than were held; everybody else is billed exactly what was held.
fn overbilled(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-10")?;
    let (place, price) = (site.receipt(month), site.price());
    let held = site.books.months[month].days.len() as i64 * SESSIONS;
    let receipt = &mut site.books.months[month].receipts[place];
    (receipt.sessions, receipt.amount) = (held + 2, (held + 2) * price);
    site.find("R17", "2019-10", "", Some(2 * price));
    Some(())
}

/// R18: paid back on the 31st day after the request, beside one on the 30th.
fn refunded_late(site: &mut Site<'_>) -> Option<()> {
    let (month, next) = (site.month("2019-10")?, site.month("2019-11")?);
    for paid_on in [day(2019, 11, 20), day(2019, 11, 19)] {
        let place = site.receipt(month);
        let receipt = &mut site.books.months[month].receipts[place];
        receipt.requested_on = Some(day(2019, 10, 20));
        let back = refund(receipt, 10, paid_on);
        if paid_on == day(2019, 11, 20) {
            site.find("R18", "2019-10", "", Some(back.amount));
        }
        site.issue(next, back);
    }
    Some(())
}

/// R18: a request without an answer, whose days are over, beside one whose last day is the run's.
fn refund_unanswered(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2020-01")?;
    for asked_on in [day(2020, 1, 15), day(2020, 1, 31)] {
        let place = site.receipt(month);
        let receipt = &mut site.books.months[month].receipts[place];
        receipt.requested_on = Some(asked_on);
        let net = receipt.amount;
        if asked_on == day(2020, 1, 15) {
            site.find("R18", "2020-01", "", Some(net));
        }
    }
    Some(())
}

/// R18: a pupil who left and got back two sessions too few, beside one who got all of them.
fn refund_short(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2020-01")?;
    let left_on = day(2020, 1, 10);
    for lacking in [2, 0] {
        let place = site.receipt(month);
        let days = &site.books.months[month].days;
        let held = days.iter().filter(|day| **day <= left_on).count() as i64 * SESSIONS;
        let receipt = &mut site.books.months[month].receipts[place];
        (receipt.withdrawn_on, receipt.requested_on) = (Some(left_on), Some(left_on));
        let (pupil, price) = (receipt.pupil, receipt.amount / receipt.sessions);
        let back = refund(receipt, receipt.sessions - held - lacking, day(2020, 1, 17));
        site.issue(month, back);
        site.absent(month, pupil, |day| day > left_on);
        if lacking > 0 {
            site.find("R18", "2020-01", "", Some(lacking * price));
        }
    }
    Some(())
}

/// R19: the same ten sessions paid twice, beside a pupil who got the first payment back before the second.
fn charged_twice(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-12")?;
    for is_paid_back in [false, true] {
        let (place, price) = (site.receipt(month), site.price());
        let receipt = &mut site.books.months[month].receipts[place];
        (receipt.sessions, receipt.amount) = (10, 10 * price);
        let first = receipt.clone();
        let later = first.paid_on + Days::new(3);
        site.issue(month, Receipt { paid_on: later, remitted_on: Some(later + Days::new(5)), ..first.clone() });
        if is_paid_back {
            let back = refund(&first, 10, later);
            site.issue(month, back);
        } else {
            site.find("R19", "2019-12", "", Some(10 * price));
        }
    }
    Some(())
}

/// R20: in the fiscal account on the 11th day, beside one on the 10th.
fn remitted_late(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-12")?;
    for days in [11, 10] {
        let place = site.receipt(month);
        let receipt = &mut site.books.months[month].receipts[place];
        receipt.remitted_on = Some(receipt.paid_on + Days::new(days));
        let (number, amount) = (receipt.number.clone(), receipt.amount);
        if days > 10 {
            site.find("R20", "2019-12", number, Some(amount));
        }
    }
    Some(())
}

fn never_remitted(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-11")?;
    let place = site.receipt(month);
    let receipt = &mut site.books.months[month].receipts[place];
    receipt.remitted_on = None;
    let (number, amount) = (receipt.number.clone(), receipt.amount);
    site.find("R20", "2019-11", number, Some(amount));
    Some(())
}

/// R28: paid and never came, beside one who came on a single day.
fn never_came(site: &mut Site<'_>) -> Option<()> {
    let month = site.month("2019-11")?;
    for came in [false, true] {
        let place = site.receipt(month);
        let receipt = &site.books.months[month].receipts[place];
        let (pupil, amount) = (receipt.pupil, receipt.amount);
        let first = site.books.months[month].days[0];
        site.absent(month, pupil, |day| !came || day != first);
        if !came {
            site.find("R28", "2019-11", "", Some(amount));
        }
    }
    Some(())
}
