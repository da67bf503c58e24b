//! Which slice each row belongs to, and what holds for a slice as a whole.

use std::collections::HashSet;

use polars::prelude::PlHashMap;

use super::coded::Coded;
use super::{JudgedSlice, SliceState, World};
use crate::form::{PERIOD_HEADING, SCHOOL_HEADING};
use crate::issue::{Issue, Issues};
use crate::read::TextTable;
use crate::value::parse_period;

/// A row that belongs to no slice.
pub const NOWHERE: u32 = u32::MAX;

/// The slices of a table.
#[derive(Debug)]
pub struct Sliced {
    /// The slice of each row.
    pub of_row: Vec<u32>,
    /// The slices.
    pub slices: Vec<JudgedSlice>,
    /// What was found in rows that belong to no slice.
    pub nowhere: Issues,
    /// What is wrong with the table as a whole.
    pub faults: Vec<Issue>,
    /// Cells, by row and heading, that are blank because their value can't be known.
    faulty: HashSet<(usize, String)>,
}

impl Sliced {
    /// Adds an issue to the slice of a row.
    pub fn add(&mut self, row: usize, issue: Issue) {
        match self.slices.get_mut(self.of_row[row] as usize) {
            Some(slice) => slice.issues.push(issue),
            None => self.nowhere.push(issue),
        }
    }

    /// Adds the fault of a cell whose value can't be known.
    pub fn blame(&mut self, row: usize, fault: Issue) {
        self.faulty.extend(fault.column.clone().map(|heading| (row, heading)));
        self.add(row, fault);
    }

    /// Whether a cell is blank because its value can't be known.
    pub fn is_blamed(&self, row: usize, heading: &str) -> bool {
        !self.faulty.is_empty() && self.faulty.contains(&(row, heading.to_owned()))
    }
}

/// Tells the slices of a table. Rows whose school or period can't be told are issues of the whole file.
pub fn slice(table: &TextTable, world: &World) -> Sliced {
    let mut whole = Issues::default();
    let form = table.form;
    let sheet = table.sheet.as_deref();
    let column = |name: &str| {
        let found = table.columns.iter().find(|column| column.name == name);
        found.map_or_else(|| Coded::blank(table.rows.len()), |column| Coded::of(&column.texts))
    };
    let (schools, periods) = (column("school_id"), column("period"));
    let carries = |name: &str| table.columns.iter().any(|column| column.name == name);
    let mut faults = Vec::new();
    let front = Front::of(table, &mut faults);
    let parsed: Vec<Result<String, _>> = periods.texts.iter().map(|text| parse_period(text, form.period)).collect();

    let mut sliced = Sliced {
        of_row: vec![NOWHERE; table.rows.len()],
        slices: Vec::new(),
        nowhere: Issues::default(),
        faults,
        faulty: HashSet::new(),
    };
    let mut known: PlHashMap<(String, String), u32> = PlHashMap::default();
    let mut pairs: PlHashMap<(u32, u32), u32> = PlHashMap::default();
    let mut place = |school: Option<&str>,
                     period: Option<Result<&str, (&str, String, String)>>,
                     row: u32,
                     sliced: &mut Sliced,
                     whole: &mut Issues|
     -> u32 {
        let at = |issue: Issue, heading: &str| issue.in_sheet(sheet).at(row, heading);
        let school = match (&front.school, school) {
            // What the cover says holds for all its rows, whatever they say themselves.
            (Said::Readable(school), _) => school.as_str(),
            (Said::Nothing, Some(school)) => school,
            (Said::Unreadable, _) => return NOWHERE,
            (Said::Nothing, None) => {
                // A column that lacks is one fault of the table.
                if carries("school_id") {
                    let issue = Issue::error(
                        "school-missing",
                        "没有学校标识码。请在封面或本行填写。",
                        "the school's code is missing; write it on the cover or in the row",
                    );
                    whole.push(at(issue, SCHOOL_HEADING));
                }
                return NOWHERE;
            }
        };
        // What has no school's shape makes no slice: a column that slipped would put persons' numbers into the ledger.
        if !is_school(school) {
            whole.push(at(school_code(), SCHOOL_HEADING).with_value(school));
            return NOWHERE;
        }
        let period = match (&front.period, period) {
            (Said::Readable(period), _) => period.as_str(),
            (_, Some(Ok(period))) => period,
            (Said::Nothing, Some(Err((text, zh, en)))) => {
                let issue = Issue::error(
                    "period",
                    format!("统计期无法识别；{zh}。"),
                    format!("the period can't be read; {en}"),
                );
                whole.push(at(issue, PERIOD_HEADING).with_value(text));
                return NOWHERE;
            }
            // The cover was blamed for it already.
            (Said::Unreadable, _) => return NOWHERE,
            (Said::Nothing, None) => {
                if carries("period") {
                    let issue = Issue::error(
                        "period-missing",
                        "没有统计期。请在封面或本行填写。",
                        "the period is missing; write it on the cover or in the row",
                    );
                    whole.push(at(issue, PERIOD_HEADING));
                }
                return NOWHERE;
            }
        };
        let key = (school.to_owned(), period.to_owned());
        let next = sliced.slices.len() as u32;
        *known.entry(key).or_insert_with(|| {
            sliced.slices.push(JudgedSlice {
                form,
                school_id: school.to_owned(),
                period: period.to_owned(),
                district_code: world.register.get(school).map(|entry| entry.district_code.clone()).unwrap_or_default(),
                sheet: sheet.map(str::to_owned),
                state: SliceState::Accepted,
                rows: 0,
                named_at: front.school_at.clone().unwrap_or_else(|| (sheet.map(str::to_owned), row)),
                zero_row: None,
                issues: Issues::default(),
            });
            next
        })
    };
    // Rows of a slice mostly stand together.
    let mut last = ((u32::MAX, u32::MAX), NOWHERE);
    for row in 0..table.rows.len() {
        let (school, period) = (schools.codes[row], periods.codes[row]);
        let number = table.rows[row];
        let known = if last.0 == (school, period) { Some(&last.1) } else { pairs.get(&(school, period)) };
        let slice = match known {
            // A pair without a slice is said again for each of its rows: each needs mending.
            Some(slice) if *slice != NOWHERE => *slice,
            _ => {
                let read = (period > 0).then(|| match &parsed[period as usize - 1] {
                    Ok(period) => Ok(period.as_str()),
                    Err(fault) => {
                        Err((periods.text_of(period).unwrap_or_default(), fault.zh.clone(), fault.en.clone()))
                    }
                });
                let slice = place(schools.text_of(school), read, number, &mut sliced, &mut whole);
                pairs.insert((school, period), slice);
                slice
            }
        };
        last = ((school, period), slice);
        sliced.of_row[row] = slice;
        if let Some(slice) = sliced.slices.get_mut(slice as usize) {
            slice.rows += 1;
        }
    }
    for zero in &table.zeros {
        let period = zero
            .period
            .as_deref()
            .map(|text| parse_period(text, form.period).map_err(|fault| (text, fault.zh, fault.en)));
        let period = match &period {
            Some(Ok(period)) => Some(Ok(period.as_str())),
            Some(Err((text, zh, en))) => Some(Err((*text, zh.clone(), en.clone()))),
            None => None,
        };
        let slice = place(zero.school_id.as_deref(), period, zero.row, &mut sliced, &mut whole);
        let Some(slice) = sliced.slices.get_mut(slice as usize) else { continue };
        slice.zero_row.get_or_insert(zero.row);
        if let Some(heading) = &zero.beside {
            let issue = Issue::error(
                "zero-with-values",
                "这一行既报了零报告，又填了数据，请删去其一。",
                "the row both reports nothing and holds values; remove one",
            );
            slice.issues.push(issue.in_sheet(sheet).at(zero.row, heading));
        }
        let mut differs = |wanted: &str, text: Option<&str>, heading: &str| {
            if let Some(text) = text {
                slice
                    .issues
                    .push(not_the_covers(wanted, heading).in_sheet(sheet).at(zero.row, heading).with_value(text));
            }
        };
        if let Said::Readable(wanted) = &front.school {
            differs(wanted, zero.school_id.as_deref().filter(|text| text != wanted), SCHOOL_HEADING);
        }
        if let Said::Readable(wanted) = &front.period {
            let same = |text: &&str| !parse_period(text, form.period).is_ok_and(|period| period == *wanted);
            differs(wanted, zero.period.as_deref().filter(same), PERIOD_HEADING);
        }
    }
    sliced.nowhere = whole;
    own_must_equal(table, &front, &schools, &periods, &parsed, &mut sliced);
    sliced
}

/// What the cover says of one thing.
enum Said {
    /// There is no cover, or its cell is blank.
    Nothing,
    /// This.
    Readable(String),
    /// Something that can't be read, for which the cover was blamed.
    Unreadable,
}

/// What the cover says for all rows of a table.
struct Front {
    school: Said,
    /// The sheet and row of its school's cell.
    school_at: Option<(Option<String>, u32)>,
    period: Said,
}

impl Front {
    /// What the cover says; what can't be read there is a fault of the table. The register's schools are its rows' own.
    fn of(table: &TextTable, faults: &mut Vec<Issue>) -> Front {
        let cover = table.cover.clone().unwrap_or_default();
        let form = table.form;
        let at = |issue: Issue, row: u32, heading: &str, text: &str| {
            issue.in_sheet(Some(&cover.sheet)).at(row, heading).with_value(text)
        };
        let named = cover.school_id.as_ref().filter(|_| !form.is_register());
        let school = match named {
            None => Said::Nothing,
            Some((text, _)) if is_school(text) => Said::Readable(text.clone()),
            Some((text, row)) => {
                faults.push(at(school_code(), *row, SCHOOL_HEADING, text));
                Said::Unreadable
            }
        };
        let period = match &cover.period {
            None => Said::Nothing,
            Some((text, row)) => match parse_period(text, form.period) {
                Ok(period) => Said::Readable(period),
                Err(fault) => {
                    let issue = Issue::error(
                        "period-kind",
                        format!("“{}”按{}报送，封面的统计期{}。", form.heading, form.period.label_zh(), fault.zh),
                        format!(
                            "the cover's period does not fit {}, which is reported by {}: {}",
                            form.name,
                            form.period.word(),
                            fault.en
                        ),
                    );
                    faults.push(at(issue, *row, PERIOD_HEADING, text));
                    Said::Unreadable
                }
            },
        };
        Front { school, school_at: named.map(|(_, row)| (Some(cover.sheet.clone()), *row)), period }
    }
}

fn is_school(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn school_code() -> Issue {
    Issue::error("school-code", "学校标识码应为 10 位数字，请核对。", "a school's code has 10 digits; check it")
}

fn not_the_covers(wanted: &str, heading: &str) -> Issue {
    Issue::error(
        "not-the-cover's",
        format!("{heading}与封面的“{wanted}”不一致，请改为一致或留空。"),
        format!("it is not the cover's '{wanted}'; make them equal, or leave the cell blank"),
    )
}

/// A row's own school and period must be the cover's.
fn own_must_equal(
    table: &TextTable,
    front: &Front,
    schools: &Coded,
    periods: &Coded,
    parsed: &[Result<String, crate::value::Fault>],
    sliced: &mut Sliced,
) {
    let mut differ = |coded: &Coded, wanted: &str, heading: &str, same: &dyn Fn(usize) -> bool| {
        let wrong: Vec<bool> = std::iter::once(false).chain((0..coded.texts.len()).map(|code| !same(code))).collect();
        for row in coded.rows_where(&wrong) {
            let value = coded.text(row).unwrap_or_default();
            let issue = not_the_covers(wanted, heading).in_sheet(table.sheet.as_deref()).at(table.rows[row], heading);
            sliced.add(row, issue.with_value(value));
        }
    };
    if let Said::Readable(wanted) = &front.school {
        differ(schools, wanted, SCHOOL_HEADING, &|code| schools.texts[code] == *wanted);
    }
    if let Said::Readable(wanted) = &front.period {
        differ(periods, wanted, PERIOD_HEADING, &|code| parsed[code].as_ref().is_ok_and(|period| period == wanted));
    }
}

/// What holds for slices as a whole: the school is known, of the sender's district, and open; rows or a zero report, not
/// both.
pub fn settle(slices: &mut [JudgedSlice], world: &World) {
    for slice in slices {
        let form = slice.form;
        let (sheet, row) = slice.named_at.clone();
        let at = |issue: Issue| issue.in_sheet(sheet.as_deref()).at(row, SCHOOL_HEADING);
        if let Some(row) = slice.zero_row {
            zero(slice, row);
        }
        if let Some(entry) = world.register.get(&slice.school_id).filter(|_| !form.is_register()) {
            let bounds = world.calendar.bounds(form.period, &slice.period);
            let open = |day: chrono::NaiveDate| {
                entry.opened_on.is_none_or(|opened| opened <= day) && entry.closed_on.is_none_or(|closed| day < closed)
            };
            let ever = bounds.is_none_or(|(from, to)| {
                let mut days = world.calendar.school_days(from, to).peekable();
                days.peek().is_none() || days.any(open)
            });
            if !ever {
                let issue = Issue::warning(
                    "school-not-open",
                    format!("学校在 {} 没有开办（见学校名录的开办、撤并日期）。", slice.period),
                    format!("the register says that the school was not open in {}", slice.period),
                );
                slice.issues.push(at(issue));
            }
        }
        if !world.knows(slice) {
            let issue = Issue::error(
                "unknown-school",
                "学校名录里没有这个学校标识码。请核对，或请区（市）先报送学校名录。",
                "the register has no school of this code; check it, or have the district send its register first",
            );
            slice.issues.push(at(issue).with_value(&slice.school_id));
        }
        if let Some(sender) = world.other_sender(slice) {
            let issue = Issue::error(
                "other-sender",
                format!("学校不属于报送单位 {sender}，只能报送本单位的学校；请核对标识码，或由所属单位报送。"),
                format!("the school is not of the sender {sender}; check its code, or have its own district send it"),
            );
            slice.issues.push(at(issue).with_value(&slice.school_id));
        }
        if world.is_others_form(slice) {
            let issue = Issue::error(
                "other-office",
                format!("“{}”由区（市）或财政部门报送，学校不报此表；请删去。", form.heading),
                format!("{} is sent by the district or a finance office, not by a school; leave it out", form.name),
            );
            slice.issues.push(at(issue));
        }
        if world.is_closed(slice) {
            let issue = Issue::error(
                "period-closed",
                format!("{} 已结账：其明细已按规定销毁，数字不再变动，不能再报送或更正。", slice.period),
                format!(
                    "{} is closed: its rows were erased as the policy says, so its figures stay as they are",
                    slice.period
                ),
            );
            slice.issues.push(at(issue).with_value(&slice.period));
        }
        if slice.issues.rejects() {
            slice.state = SliceState::Rejected;
        }
    }
}

/// A slice that says 零报告.
fn zero(slice: &mut JudgedSlice, row: u32) {
    let form = slice.form;
    let heading = form.columns.first().map(|column| column.heading.as_str()).unwrap_or_default();
    let sheet = slice.sheet.clone();
    let at = |issue: Issue| issue.in_sheet(sheet.as_deref()).at(row, heading);
    if !form.zero_report {
        slice.issues.push(at(Issue::error(
            "zero-not-allowed",
            format!("“{}”不能零报告。", form.heading),
            format!("{} can't be reported as nothing", form.name),
        )));
    }
    if slice.rows > 0 {
        slice.issues.push(at(Issue::error(
            "zero-with-rows",
            "同一报送单元既有“零报告”又有数据行，请删去其一。",
            "the slice has both 零报告 and rows of data; remove one",
        )));
    }
    slice.state = SliceState::Zero;
}
