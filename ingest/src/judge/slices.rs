//! Which slice each row belongs to, and what holds for a slice as a whole.

use std::collections::HashSet;

use polars::prelude::PlHashMap;

use super::coded::Coded;
use super::typed::Typed;
use super::{JudgedSlice, SliceState, World};
use crate::form::{PERIOD_HEADING, SCHOOL_HEADING};
use crate::issue::{Issue, Issues};
use crate::read::TextTable;
use crate::value::{Value, parse_period};

/// A row that belongs to no slice.
pub const NOWHERE: u32 = u32::MAX;

/// The slices of a table.
#[derive(Debug)]
pub struct Sliced {
    /// The slice of each row.
    pub of_row: Vec<u32>,
    /// The slices.
    pub slices: Vec<JudgedSlice>,
    /// The first row of each slice.
    pub first_row: Vec<u32>,
    /// What was found in rows that belong to no slice.
    pub nowhere: Vec<Issue>,
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
pub fn slice(table: &TextTable, world: &World, whole: &mut Issues) -> Sliced {
    let form = table.form;
    let sheet = table.sheet.as_deref();
    let column = |name: &str| {
        let found = table.columns.iter().find(|column| column.name == name);
        found.map_or_else(|| Coded::blank(table.rows.len()), |column| Coded::of(&column.texts))
    };
    let (schools, periods) = (column("school_id"), column("period"));
    let cover = table.cover.clone().unwrap_or_default();
    let own_school = cover.school_id.as_ref().map(|(text, _)| text.clone());
    let own_period = cover.period.as_ref().and_then(|(text, row)| match parse_period(text, form.period) {
        Ok(period) => Some(period),
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
            whole.push(issue.in_sheet(Some(&cover.sheet)).at(*row, PERIOD_HEADING).with_value(text));
            None
        }
    });
    let parsed: Vec<Result<String, _>> = periods.texts.iter().map(|text| parse_period(text, form.period)).collect();

    let mut sliced = Sliced {
        of_row: vec![NOWHERE; table.rows.len()],
        slices: Vec::new(),
        first_row: Vec::new(),
        nowhere: Vec::new(),
        faulty: HashSet::new(),
    };
    let mut known: PlHashMap<(String, String), u32> = PlHashMap::default();
    let mut pairs: PlHashMap<(u32, u32), u32> = PlHashMap::default();
    let mut cover_blamed = false;
    let mut place = |school: Option<&str>,
                     period: Option<Result<&str, (&str, String, String)>>,
                     row: u32,
                     sliced: &mut Sliced,
                     whole: &mut Issues|
     -> u32 {
        let school = school.or(own_school.as_deref());
        let at = |issue: Issue, heading: &str| issue.in_sheet(sheet).at(row, heading);
        let Some(school) = school else {
            let issue = Issue::error(
                "school-missing",
                "没有学校标识码。请在封面或本行填写。",
                "the school's code is missing; write it on the cover or in the row",
            );
            whole.push(at(issue, SCHOOL_HEADING));
            return NOWHERE;
        };
        // What has no school's shape makes no slice: a column that slipped would put persons' numbers into the ledger.
        if school.len() != 10 || !school.bytes().all(|byte| byte.is_ascii_digit()) {
            let issue = Issue::error(
                "school-code",
                "学校标识码应为 10 位数字，请核对。",
                "a school's code has 10 digits; check it",
            );
            whole.push(at(issue, SCHOOL_HEADING).with_value(school));
            return NOWHERE;
        }
        let period = match (period, own_period.as_deref()) {
            (Some(Ok(period)), _) => period,
            (None, Some(period)) => period,
            (Some(Err((text, zh, en))), _) => {
                let issue = Issue::error(
                    "period",
                    format!("统计期无法识别；{zh}。"),
                    format!("the period can't be read; {en}"),
                );
                whole.push(at(issue, PERIOD_HEADING).with_value(text));
                return NOWHERE;
            }
            (None, None) => {
                if cover.period.is_none() || !cover_blamed {
                    let issue = Issue::error(
                        "period-missing",
                        "没有统计期。请在封面或本行填写。",
                        "the period is missing; write it on the cover or in the row",
                    );
                    whole.push(at(issue, PERIOD_HEADING));
                }
                cover_blamed = true;
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
                issues: Issues::default(),
            });
            sliced.first_row.push(row);
            next
        })
    };
    for row in 0..table.rows.len() {
        let (school, period) = (schools.codes[row], periods.codes[row]);
        let number = table.rows[row];
        let slice = match pairs.get(&(school, period)) {
            // A pair without a slice is said again for each of its rows: each needs mending.
            Some(slice) if *slice != NOWHERE => *slice,
            _ => {
                let read = (period > 0).then(|| match &parsed[period as usize - 1] {
                    Ok(period) => Ok(period.as_str()),
                    Err(fault) => {
                        Err((periods.text_of(period).unwrap_or_default(), fault.zh.clone(), fault.en.clone()))
                    }
                });
                let slice = place(schools.text_of(school), read, number, &mut sliced, whole);
                pairs.insert((school, period), slice);
                slice
            }
        };
        sliced.of_row[row] = slice;
        if let Some(slice) = sliced.slices.get_mut(slice as usize) {
            slice.rows += 1;
        }
    }
    let with_rows = sliced.slices.len();
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
        let slice = place(zero.school_id.as_deref(), period, zero.row, &mut sliced, whole);
        let Some(slice_of) = sliced.slices.get_mut(slice as usize) else { continue };
        let heading = form.columns.first().map(|column| column.heading.as_str()).unwrap_or_default();
        let at = |issue: Issue| issue.in_sheet(sheet).at(zero.row, heading);
        if !form.zero_report {
            slice_of.issues.push(at(Issue::error(
                "zero-not-allowed",
                format!("“{}”不能零报告。", form.heading),
                format!("{} can't be reported as nothing", form.name),
            )));
        }
        if (slice as usize) < with_rows {
            slice_of.issues.push(at(Issue::error(
                "zero-with-rows",
                "同一报送单元既有“零报告”又有数据行，请删去其一。",
                "the slice has both 零报告 and rows of data; remove one",
            )));
        }
        slice_of.state = SliceState::Zero;
    }
    own_must_equal(table, &cover, own_period.as_deref(), &schools, &periods, &parsed, &mut sliced);
    sliced
}

/// A row's own school and period must be the cover's.
fn own_must_equal(
    table: &TextTable,
    cover: &crate::read::Cover,
    own_period: Option<&str>,
    schools: &Coded,
    periods: &Coded,
    parsed: &[Result<String, crate::value::Fault>],
    sliced: &mut Sliced,
) {
    let mut differ = |coded: &Coded, wanted: &str, heading: &str, same: &dyn Fn(usize) -> bool| {
        let wrong: Vec<bool> = std::iter::once(false).chain((0..coded.texts.len()).map(|code| !same(code))).collect();
        for row in coded.rows_where(&wrong) {
            let value = coded.text(row).unwrap_or_default();
            let issue = Issue::error(
                "not-the-cover's",
                format!("{heading}与封面的“{wanted}”不一致，请改为一致或留空。"),
                format!("it is not the cover's '{wanted}'; make them equal, or leave the cell blank"),
            );
            sliced.add(row, issue.in_sheet(table.sheet.as_deref()).at(table.rows[row], heading).with_value(value));
        }
    };
    if let Some((wanted, _)) = cover.school_id.as_ref().filter(|_| !table.form.is_register()) {
        differ(schools, wanted, SCHOOL_HEADING, &|code| schools.texts[code] == *wanted);
    }
    if let Some(wanted) = own_period {
        differ(periods, wanted, PERIOD_HEADING, &|code| parsed[code].as_ref().is_ok_and(|period| period == wanted));
    }
}

/// What holds for slices as a whole: the school is known, of the sender's district, and open; one row where one is due.
pub fn finish(sliced: &mut Sliced, table: &TextTable, typed: &[Typed], world: &World) {
    let form = table.form;
    let districts = typed.iter().find(|column| column.name == "district_code");
    for (place, slice) in sliced.slices.iter_mut().enumerate() {
        let row = sliced.first_row[place];
        let at = |issue: Issue| issue.in_sheet(table.sheet.as_deref()).at(row, SCHOOL_HEADING);
        if form.is_register() {
            let first = sliced.of_row.iter().position(|one| *one as usize == place);
            let code = first.and_then(|first| districts.and_then(|column| column.value(first)));
            if let Some(Value::Text(code)) = code {
                slice.district_code = code;
            }
        } else if let Some(entry) = world.register.get(&slice.school_id) {
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
        } else {
            let issue = Issue::error(
                "unknown-school",
                "学校名录里没有这个学校标识码。请核对，或请区（市）先报送学校名录。",
                "the register has no school of this code; check it, or have the district send its register first",
            );
            slice.issues.push(at(issue).with_value(&slice.school_id));
        }
        let sender = world
            .sender
            .as_deref()
            .filter(|sender| !slice.district_code.is_empty() && **sender != *slice.district_code);
        if let Some(sender) = sender.filter(|sender| **sender != *slice.school_id) {
            let issue = Issue::error(
                "other-sender",
                format!("学校不属于报送单位 {sender}，只能报送本单位的学校；请核对标识码，或由所属单位报送。"),
                format!("the school is not of the sender {sender}; check its code, or have its own district send it"),
            );
            slice.issues.push(at(issue).with_value(&slice.school_id));
        }
        if slice.issues.rejects() {
            slice.state = SliceState::Rejected;
        }
    }
}
