//! What a school sends: its plan and, month by month, its roster, sessions, attendance, receipts, ledger and staff.

use chrono::{Days, NaiveDate};

use crate::city::School;
use crate::reference::Reference;
use crate::rng::Rng;

/// All that a school sends.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// The plans of the terms, in their order.
    pub plans: Vec<Plan>,
    /// The months, in their order.
    pub months: Vec<Month>,
    /// The term's survey.
    pub survey: Vec<Response>,
    /// The term's third parties.
    pub providers: Vec<Provider>,
    /// The annual report of the first year.
    pub report: Report,
}

/// A plan.
#[derive(Debug, Clone)]
pub struct Plan {
    /// `2019-2020-1`
    pub term: String,
    pub started_on: NaiveDate,
    pub consulted_on: Option<NaiveDate>,
    pub board_notice_on: Option<NaiveDate>,
    pub web_notice_on: Option<NaiveDate>,
    pub safety_plan_on: Option<NaiveDate>,
}

/// A month.
#[derive(Debug, Clone, Default)]
pub struct Month {
    /// `2019-09`
    pub name: String,
    /// The school days on which the service was held.
    pub days: Vec<NaiveDate>,
    pub roster: Vec<Roster>,
    pub sessions: Vec<Session>,
    pub attendance: Vec<Attendance>,
    pub receipts: Vec<Receipt>,
    pub ledger: Vec<Line>,
    pub staff: Vec<Work>,
    pub cases: Vec<Case>,
    /// The subsidy in fen.
    pub subsidy: i64,
    /// Staff pay in hundredths of fees and subsidies.
    pub pay_percent: i64,
}

/// A class in a month.
#[derive(Debug, Clone)]
pub struct Roster {
    pub class: usize,
    pub pupils: u32,
    pub wanting: u32,
    pub applied: u32,
    pub approved: u32,
    pub enrolled: u32,
    pub agreements: u32,
    pub poor: u32,
}

/// A group's session.
#[derive(Debug, Clone)]
pub struct Session {
    pub day: NaiveDate,
    pub group: String,
    pub activity: &'static str,
    pub sessions: i64,
    pub minutes: i64,
    pub present: u32,
    pub staff: u32,
    pub kind: &'static str,
    pub provider: Option<String>,
}

/// A pupil on a day.
#[derive(Debug, Clone, Copy)]
pub struct Attendance {
    pub day: NaiveDate,
    pub pupil: u32,
    pub class: u16,
    pub sessions: u8,
}

/// A receipt.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub number: String,
    pub paid_on: NaiveDate,
    pub pupil: u32,
    pub class: usize,
    pub is_refund: bool,
    pub billed: String,
    pub sessions: i64,
    /// Fen.
    pub amount: i64,
    pub is_poor: bool,
    pub remitted_on: Option<NaiveDate>,
    pub withdrawn_on: Option<NaiveDate>,
    pub requested_on: Option<NaiveDate>,
}

/// A line of the ledger.
#[derive(Debug, Clone)]
pub struct Line {
    pub voucher: String,
    pub number: u32,
    pub posted_on: NaiveDate,
    pub is_income: bool,
    pub category: &'static str,
    /// Fen.
    pub amount: i64,
    pub account: &'static str,
    pub payee: &'static str,
    pub disclosed_on: Option<NaiveDate>,
}

/// A member of staff in a month.
#[derive(Debug, Clone)]
pub struct Work {
    pub staff: u32,
    pub role: &'static str,
    pub sessions: i64,
    /// Fen.
    pub pay: i64,
}

/// A response to the survey.
#[derive(Debug, Clone)]
pub struct Response {
    pub is_parent: bool,
    pub grade: u8,
    pub overall: u8,
    pub voluntary: bool,
}

/// A third party.
#[derive(Debug, Clone)]
pub struct Provider {
    pub id: String,
    pub kind: &'static str,
    pub licence: Option<String>,
    pub panel_on: Option<NaiveDate>,
    pub party_on: Option<NaiveDate>,
    pub district_on: Option<NaiveDate>,
    pub city_on: Option<NaiveDate>,
    pub from: NaiveDate,
}

/// A case of an inspection or complaint.
#[derive(Debug, Clone)]
pub struct Case {
    pub number: String,
    pub found_on: NaiveDate,
    pub source: &'static str,
    pub issue: &'static str,
    pub substantiated: Option<bool>,
    /// Fen.
    pub amount: Option<i64>,
}

/// The annual report.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub to_education_on: Option<NaiveDate>,
    pub to_finance_on: Option<NaiveDate>,
    pub without_assessment: bool,
    /// Whether there is none at all.
    pub is_missing: bool,
}

/// What activities a school offers, in the order in which they are taken up.
const ACTIVITIES: [&str; 9] =
    ["homework", "reading", "sports", "arts", "science", "club", "outdoor", "labour", "individual_tutoring"];
/// Sessions a day.
pub const SESSIONS: i64 = 2;
/// A poor pupil's and everybody else's subsidy a month, in fen.
const SUBSIDY: i64 = 2000;

/// The books of a school where nothing is wrong, though some schools go as far as they may.
pub fn clean(school: &School, months: &[String], seed: u64, reference: &Reference) -> Books {
    let mut rng = Rng::of(seed, &[2, school.index as u64]);
    let mut books = Books::default();
    if let Some(started_on) = school.started_on {
        books.plans.push(plan("2019-2020-1", started_on, school.index));
        // Planned before the holidays, and sent in time.
        let steps = plan("2019-2020-2", day(2020, 1, 17), 0);
        books.plans.push(Plan { started_on: day(2020, 2, 17), ..steps });
        if school.index % 6 == 2 && school.is_primary() {
            books.providers.push(provider("P-01", school.is_municipal));
            books.providers.push(volunteers("P-02", school.is_municipal));
        }
        books.survey = survey(school, &mut rng);
    }
    let to_finance_on = if school.index % 5 == 1 { day(2020, 1, 31) } else { day(2020, 1, 16) };
    books.report = Report {
        to_education_on: Some(day(2020, 1, 15)),
        to_finance_on: Some(to_finance_on),
        without_assessment: false,
        is_missing: !school.is_primary() && school.started_on.is_none(),
    };
    for name in months {
        books.months.push(month(school, name, &books.providers, &mut rng, reference));
    }
    books
}

/// A plan whose steps were all taken by the day on which it started.
fn plan(term: &str, started_on: NaiveDate, index: usize) -> Plan {
    let before =
        |days, is_last_moment: bool| Some(if is_last_moment { started_on } else { started_on - Days::new(days) });
    Plan {
        term: term.to_owned(),
        started_on,
        consulted_on: before(10, index % 7 == 3),
        board_notice_on: before(5, index % 7 == 4),
        web_notice_on: before(5, index % 7 == 4),
        safety_plan_on: before(3, index % 7 == 5),
    }
}

/// A third party that was approved step by step before it served.
pub fn provider(id: &str, is_municipal: bool) -> Provider {
    Provider {
        id: id.to_owned(),
        kind: "institution",
        licence: Some(format!("教民示例{id}号")),
        panel_on: Some(day(2019, 8, 10)),
        party_on: Some(day(2019, 8, 15)),
        district_on: (!is_municipal).then(|| day(2019, 8, 20)),
        city_on: Some(day(2019, 8, 25)),
        from: day(2019, 9, 1),
    }
}

/// Volunteers, who need no licence, approved at each step on the very day on which they began.
fn volunteers(id: &str, is_municipal: bool) -> Provider {
    let all = Some(day(2019, 10, 8));
    Provider {
        kind: "volunteer_body",
        licence: None,
        panel_on: all,
        party_on: all,
        district_on: if is_municipal { None } else { all },
        city_on: all,
        from: day(2019, 10, 8),
        ..provider(id, is_municipal)
    }
}

/// A day.
pub fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day of the calendar")
}

/// Answers of whom all but a few took part freely.
pub fn responses(
    school: &School,
    parents: u64,
    pupils: u64,
    unfree: usize,
    satisfied: u64,
    rng: &mut Rng,
) -> Vec<Response> {
    let response = |place: u64| Response {
        is_parent: place < parents,
        grade: school.classes[place as usize % school.classes.len()].grade,
        overall: if rng.chance(satisfied) { rng.between(4, 5) } else { rng.between(2, 3) } as u8,
        voluntary: place as usize >= unfree,
    };
    (0..parents + pupils).map(response).collect()
}

fn survey(school: &School, rng: &mut Rng) -> Vec<Response> {
    let (satisfied, answering) = (rng.between(840, 970), rng.between(33, 60));
    match school.index % 9 {
        // Just free enough, and too few to tell.
        4 => responses(school, 16, 4, 1, satisfied, rng),
        5 => responses(school, 15, 4, 9, satisfied, rng),
        _ => {
            let parents = (u64::from(school.enrolled()) * answering / 100).max(5);
            let pupils = parents / 4;
            responses(school, parents, pupils, (parents + pupils) as usize * 3 / 100, satisfied, rng)
        }
    }
}

fn month(school: &School, name: &str, providers: &[Provider], rng: &mut Rng, reference: &Reference) -> Month {
    let mut month = Month { name: name.to_owned(), pay_percent: school.pay_percent, ..Month::default() };
    let days = school.started_on.map(|from| reference.school_days(name, from)).unwrap_or_default();
    let offers = !days.is_empty();
    for (place, class) in school.classes.iter().enumerate() {
        let enrolled = if offers { class.enrolled } else { 0 };
        month.roster.push(Roster {
            class: place,
            pupils: class.pupils,
            wanting: enrolled,
            applied: enrolled,
            approved: enrolled,
            enrolled,
            agreements: enrolled,
            poor: if offers { class.poor } else { 0 },
        });
    }
    if !offers {
        return month;
    }
    if school.index % 10 == 3 && name == "2019-11" {
        month.complain("forced", Some(false), None);
        month.complain("overcharge", None, None);
    }
    let kinds = 4 + (school.index % 5) as u64;
    for day in &days {
        for (place, class) in school.classes.iter().enumerate() {
            let mut present = 0;
            for pupil in class.first_pupil..class.first_pupil + class.enrolled {
                // Everybody comes on the first day, and somebody of each class comes every day.
                if *day == days[0] || pupil == class.first_pupil || rng.chance(965) {
                    month.attendance.push(Attendance {
                        day: *day,
                        pupil,
                        class: place as u16,
                        sessions: SESSIONS as u8,
                    });
                    present += 1;
                }
            }
            let third = place == 0 && !providers.is_empty();
            month.sessions.push(Session {
                day: *day,
                group: group(place),
                activity: ACTIVITIES[((place as u64 + u64::from(chrono::Datelike::ordinal(day))) % kinds) as usize],
                sessions: SESSIONS,
                minutes: SESSIONS * reference.days_of("session_minutes"),
                present,
                staff: staff(place),
                kind: if third { "third_party" } else { "teacher" },
                provider: third.then(|| providers[0].id.clone()),
            });
        }
    }
    receipts(school, &days, &mut month, rng, reference);
    month.subsidy = i64::from(school.enrolled()) * SUBSIDY;
    month.days = days;
    month
}

/// The group that a class makes up.
pub fn group(class: usize) -> String {
    format!("G{}", class + 1)
}

/// The number of the one who leads a class's group.
pub fn staff(class: usize) -> u32 {
    7701 + class as u32
}

fn receipts(school: &School, days: &[NaiveDate], month: &mut Month, rng: &mut Rng, reference: &Reference) {
    let (price, cap) = reference.standard(&school.district, school.place);
    let sessions = (days.len() as i64 * SESSIONS).min(cap / price);
    for (place, class) in school.classes.iter().enumerate() {
        for pupil in class.first_pupil + class.poor..class.first_pupil + class.enrolled {
            let paid_on = days[rng.below(3).min(days.len() as u64 - 1) as usize];
            let number = format!("SJ{}{:05}", month.name.replace('-', ""), month.receipts.len() + 1);
            month.receipts.push(Receipt {
                number,
                paid_on,
                pupil,
                class: place,
                is_refund: false,
                billed: month.name.clone(),
                sessions,
                amount: sessions * price,
                is_poor: false,
                remitted_on: Some(paid_on + Days::new(rng.between(2, 9))),
                withdrawn_on: None,
                requested_on: None,
            });
        }
    }
}

impl Month {
    /// Adds a case of an inspection or complaint; gives its number.
    pub fn complain(&mut self, issue: &'static str, substantiated: Option<bool>, amount: Option<i64>) -> String {
        let number = format!("JB{}-{:02}", self.name.replace('-', ""), self.cases.len() + 1);
        let found_on = format!("{}-15", self.name).parse().expect("a day");
        let source = ["inspection", "hotline", "letter"][self.cases.len() % 3];
        self.cases.push(Case { number: number.clone(), found_on, source, issue, substantiated, amount });
        number
    }

    /// Adds a line to the ledger, on the last day of service; gives its place.
    pub fn book(&mut self, is_income: bool, category: &'static str, amount: i64, payee: &'static str) -> usize {
        let posted_on = self.days.last().copied().expect("a month with a ledger has days of service");
        self.ledger.push(Line {
            voucher: format!("PZ{}-{}", &self.name[5..], if is_income { "S" } else { "Z" }),
            number: self.ledger.len() as u32 + 1,
            posted_on,
            is_income,
            category,
            amount,
            account: "fiscal",
            payee,
            disclosed_on: (!is_income).then(|| posted_on + Days::new(5)),
        });
        self.ledger.len() - 1
    }

    /// Receipts less refunds, in fen.
    pub fn net(&self) -> i64 {
        self.receipts.iter().map(|one| if one.is_refund { -one.amount } else { one.amount }).sum()
    }

    /// Writes the ledger and the staff's pay from what was received: called once, after the receipts are as they shall be.
    pub fn settle(&mut self) {
        if self.days.is_empty() {
            return;
        }
        let fees = self.net();
        let income = fees + self.subsidy;
        let pay = income * self.pay_percent / 100;
        let has_third = self.sessions.iter().any(|session| session.kind == "third_party");
        let booked = [
            (true, "service_fee", fees, "学生家长"),
            (true, "subsidy", self.subsidy, "财政局"),
            (false, "staff_pay", pay, "参与教职工"),
            (false, "materials", income * 4 / 100, "文具店（虚构）"),
            (false, "utilities", income * 2 / 100, "供电公司（虚构）"),
            (false, "third_party", if has_third { income * 3 / 100 } else { 0 }, "培训机构（虚构）"),
        ];
        for (is_income, category, amount, payee) in booked {
            if amount > 0 {
                self.book(is_income, category, amount, payee);
            }
        }
        self.pay_staff(pay);
    }

    fn pay_staff(&mut self, pay: i64) {
        let mut led: std::collections::BTreeMap<(u32, &'static str), i64> = std::collections::BTreeMap::new();
        for session in &self.sessions {
            *led.entry((session.staff, session.kind)).or_default() += session.sessions;
        }
        // Equal parts for the school's own people; the first ones get the fen that are left.
        let count = led.keys().filter(|(_, kind)| *kind != "third_party").count() as i64;
        let mut left = pay % count;
        for ((staff, role), sessions) in led {
            let own = role != "third_party";
            let extra = i64::from(own && left > 0);
            left -= extra;
            self.staff.push(Work { staff, role, sessions, pay: if own { pay / count + extra } else { 0 } });
        }
    }
}
