//! Breaches at known places, and the truth about them, worked out from the plan alone.

mod money;
mod pupils;
mod service;

use std::collections::BTreeSet;

use crate::Options;
use crate::books::{Books, Receipt, day};
use crate::city::{School, copies};
use crate::reference::Reference;

/// A finding that was planted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// `R13`
    pub rule: &'static str,
    /// The district's code.
    pub district: String,
    /// The school, empty for a district's.
    pub school: String,
    /// The period.
    pub period: String,
    /// What it is about; empty where that is a pupil.
    pub subject: String,
    /// Fen.
    pub amount: Option<i64>,
}

/// A school with its books while breaches are planted.
pub struct Site<'a> {
    pub school: &'a School,
    pub books: &'a mut Books,
    pub reference: &'a Reference,
    pub truth: &'a mut Vec<Finding>,
    /// The next class that no plant has touched.
    pub next_class: usize,
}

impl Site<'_> {
    /// Notes a finding of this school.
    pub fn find(&mut self, rule: &'static str, period: &str, subject: impl Into<String>, amount: Option<i64>) {
        self.truth.push(Finding {
            rule,
            district: self.school.district.clone(),
            school: self.school.id.clone(),
            period: period.to_owned(),
            subject: subject.into(),
            amount,
        });
    }

    /// The place of a month in the books, if it is written.
    pub fn month(&self, name: &str) -> Option<usize> {
        self.books.months.iter().position(|month| month.name == name)
    }

    /// Fen a session at this school.
    pub fn price(&self) -> i64 {
        self.reference.standard(&self.school.district, self.school.place).0
    }

    /// A class that no plant has touched, and how often all classes were touched before.
    pub fn class(&mut self) -> (usize, usize) {
        let classes = self.school.classes.len();
        self.next_class += 1;
        ((self.next_class - 1) % classes, (self.next_class - 1) / classes)
    }

    /// The place of an untouched pupil's receipt in a month: no two plants meet one pupil.
    pub fn receipt(&mut self, month: usize) -> usize {
        let (class, round) = self.class();
        let receipts = self.books.months[month].receipts.iter().enumerate();
        let mut of_class = receipts.filter(|(_, one)| one.class == class && !one.is_poor).map(|(place, _)| place);
        of_class.nth(round).expect("a class has more paying pupils than plants")
    }

    /// The place of a session of an untouched class, in any month whose days were all used.
    pub fn session(&mut self) -> usize {
        let (class, round) = self.class();
        (2 + round) * self.school.classes.len() + class
    }

    /// Adds a receipt to a month, numbered after those that are there.
    pub fn issue(&mut self, month: usize, receipt: Receipt) -> String {
        let month = &mut self.books.months[month];
        let number = format!("SJ{}{:05}", month.name.replace('-', ""), month.receipts.len() + 1);
        month.receipts.push(Receipt { number: number.clone(), ..receipt });
        number
    }

    /// Strikes a pupil's attendance from the days of a month that `gone` names.
    pub fn absent(&mut self, month: usize, pupil: u32, gone: impl Fn(chrono::NaiveDate) -> bool) {
        let month = &mut self.books.months[month];
        let is_gone = |one: &crate::books::Attendance| one.pupil == pupil && gone(one.day);
        for one in month.attendance.iter().filter(|one| is_gone(one)) {
            let group = crate::books::group(one.class.into());
            let session = month.sessions.iter_mut().find(|session| session.day == one.day && session.group == group);
            session.expect("a group's session for each attendance").present -= 1;
        }
        month.attendance.retain(|one| !is_gone(one));
    }
}

/// Lines of the fee standards that break a rule or leave a gap.
pub fn standards(truth: &mut Vec<Finding>) -> Vec<String> {
    truth.push(Finding {
        rule: "R15",
        district: "370404".to_owned(),
        school: String::new(),
        period: "2020".to_owned(),
        subject: "rural 2020-07-01".to_owned(),
        amount: None,
    });
    [
        "370404,rural,2019-08-01,2020-06-30,2.00,80.00,枣发改〔2019〕示例12号,枣庄市人民政府（示例）",
        "370404,rural,2020-07-01,,3.10,124.00,枣发改〔2020〕示例1号,枣庄市人民政府（示例）",
        "370405,rural,2019-08-01,2019-12-04,2.00,80.00,枣发改〔2019〕示例15号,枣庄市人民政府（示例）",
        "370405,rural,2019-12-06,,2.00,80.00,枣发改〔2019〕示例30号,枣庄市人民政府（示例）",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// What plants a breach and its near misses; nothing where the month that it needs is not written.
type Plant = fn(&mut Site<'_>) -> Option<()>;

/// Plants every breach at least once, spread over schools that are not remarkable otherwise; more often in a larger city.
pub fn plant(schools: &[School], books: &mut [Books], options: &Options, reference: &Reference) -> Vec<Finding> {
    let mut truth = Vec::new();
    let before: Vec<Plant> = service::PLANTS.iter().chain(pupils::PLANTS).copied().collect();
    let count = before.len() + money::PLANTS.len();
    let eligible: Vec<usize> = schools
        .iter()
        .filter(|school| matches!(school.kind, "primary" | "nine_year") && school.pay_percent == 85)
        .filter(|school| school.started_on.is_some_and(|started| started < day(2019, 9, 25)))
        .map(|school| school.index)
        .collect();
    let mut touched = vec![0; schools.len()];
    let mut done = BTreeSet::new();
    let mut run = |index: usize, plant: Plant, books: &mut [Books], truth: &mut Vec<Finding>| {
        let site = &mut Site {
            school: &schools[index],
            books: &mut books[index],
            reference,
            truth,
            next_class: touched[index],
        };
        // Nothing to plant where the month isn't written.
        let _ = plant(site);
        touched[index] = site.next_class;
    };
    // Each plant once a school at most.
    let mut place = |plant: usize, copy: usize| {
        let index = *eligible.get((plant + copy * count) % eligible.len().max(1))?;
        done.insert((plant, index)).then_some(index)
    };
    for copy in 0..copies(options) {
        for (number, plant) in before.iter().enumerate() {
            if let Some(index) = place(number, copy) {
                run(index, *plant, books, &mut truth);
            }
        }
    }
    for school in schools {
        run(school.index, service::by_fate, books, &mut truth);
    }
    let gap = |school: &&School| school.district == "370405" && school.place == "rural" && school.is_primary();
    let started = |school: &&School| school.started_on.is_some_and(|started| started < day(2019, 12, 1));
    if let Some(school) = schools.iter().filter(gap).find(started) {
        run(school.index, money::without_standard, books, &mut truth);
    }
    settle(books);
    for copy in 0..copies(options) {
        for (number, plant) in money::PLANTS.iter().enumerate() {
            if let Some(index) = place(before.len() + number, copy) {
                run(index, *plant, books, &mut truth);
            }
        }
    }
    money::short_shares(schools, books, reference, &mut truth);
    truth.sort();
    // Two reasons for one finding of a school are one; two pupils' findings, who have no name here, are two.
    truth.dedup_by(|one, other| one == other && one.amount.is_none());
    truth
}

/// Closes every month's ledger.
pub fn settle(books: &mut [Books]) {
    for month in books.iter_mut().flat_map(|books| &mut books.months) {
        month.settle();
    }
}
