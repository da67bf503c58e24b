//! Heading rows: which form's they are, and which column each heading stands for.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::frame::Frame;
use crate::form::{ERRORS_HEADING, ERRORS_PLACE_HEADING, Form, forms, normal};
use crate::issue::Issue;

/// The heading row is among the first so many rows.
const HEADER_WITHIN: u32 = 20;

/// Cells that are merged into one, all bounds included.
#[derive(Debug, Clone, Copy)]
pub struct Merge {
    /// The numbers of its first and last row.
    pub rows: (u32, u32),
    /// Its first and last column.
    pub columns: (usize, usize),
}

/// A known column of a frame.
#[derive(Debug, Clone)]
pub struct Known {
    /// The code name.
    pub name: String,
    /// The heading as the form's file writes it.
    pub heading: String,
    /// Its place in the frame.
    pub at: usize,
}

/// The headings of a frame.
#[derive(Debug, Clone)]
pub struct Headed {
    /// The form.
    pub form: &'static Form,
    /// The place of the last row of headings: data starts behind it.
    pub last: usize,
    /// The columns that the form knows.
    pub columns: Vec<Known>,
    /// The columns without any heading.
    pub headless: Vec<usize>,
    /// The columns that an earlier return of the file wrote.
    pub told: Vec<usize>,
    /// What is wrong with the headings.
    pub issues: Vec<Issue>,
}

/// A heading as it is compared: NFKC, without white space, marks of a width of zero and line breaks.
pub fn plain(text: &str) -> String {
    let invisible = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    normal(text).chars().filter(|letter| !invisible(*letter)).collect()
}

/// The headings of one form, plain, with the place of their column: those of the slice first.
struct Headings {
    own: HashMap<String, usize>,
    aliases: HashMap<String, usize>,
    /// Name and heading of each place.
    columns: Vec<(String, String)>,
    /// The places without which a sheet is not this form.
    telling: Vec<usize>,
}

/// How strictly a heading is compared.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    /// The form's own headings.
    Strict,
    /// Its aliases too, and headings with a unit or a mark of what is required behind them.
    Lenient,
}

impl Headings {
    fn of(form: &Form) -> Headings {
        let slice = form.slice_columns().map(|(name, heading)| (name.to_owned(), heading.to_owned()));
        let own = form.columns.iter().filter(|column| column.name != "school_id");
        let columns: Vec<(String, String)> =
            slice.into_iter().chain(own.map(|column| (column.name.clone(), column.heading.clone()))).collect();
        let place = |name: &str| columns.iter().position(|(known, _)| known == name);
        let aliases =
            form.columns.iter().flat_map(|column| column.aliases.iter().map(move |alias| (alias, &column.name)));
        let telling = form.telling_headings();
        Headings {
            own: columns.iter().enumerate().map(|(at, (_, heading))| (plain(heading), at)).collect(),
            aliases: aliases.filter_map(|(alias, name)| Some((plain(alias), place(name)?))).collect(),
            telling: (0..columns.len()).filter(|at| telling.contains(&columns[*at].1.as_str())).collect(),
            columns,
        }
    }

    /// The column that a plain text heads.
    fn place(&self, text: &str, reading: Reading) -> Option<usize> {
        let known = |text: &str| match reading {
            Reading::Strict => self.own.get(text).copied(),
            Reading::Lenient => self.own.get(text).or_else(|| self.aliases.get(text)).copied(),
        };
        known(text).or_else(|| {
            if reading == Reading::Strict {
                return None;
            }
            let bare = text.trim_matches('*').trim_end_matches(':');
            known(bare).or_else(|| known(without_unit(bare)?.trim_matches('*')))
        })
    }

    /// How many of the telling headings the row has.
    fn holds(&self, row: &[String], reading: Reading) -> usize {
        let mut found: Vec<usize> = row.iter().filter_map(|text| self.place(text, reading)).collect();
        found.sort_unstable();
        self.telling.iter().filter(|at| found.binary_search(at).is_ok()).count()
    }

    fn has_all(&self, rows: &[Vec<String>], reading: Reading) -> bool {
        rows.iter().any(|row| self.holds(row, reading) == self.telling.len())
    }
}

/// The headings of every form, in the order of the forms.
fn known() -> &'static [Headings] {
    static KNOWN: OnceLock<Vec<Headings>> = OnceLock::new();
    KNOWN.get_or_init(|| forms().iter().map(Headings::of).collect())
}

/// A heading without the unit in brackets behind it: 金额(元) is 金额.
fn without_unit(text: &str) -> Option<&str> {
    [('(', ')'), ('[', ']'), ('【', '】'), ('〔', '〕')].iter().find_map(|(open, close)| {
        let inner = text.strip_suffix(*close)?;
        let at = inner.rfind(*open)?;
        (at > 0).then(|| &text[..at])
    })
}

/// The place of the form among all.
fn index(form: &'static Form) -> usize {
    forms().iter().position(|one| std::ptr::eq(one, form)).expect("a form is one of the forms")
}

/// Finds the heading rows of a frame, and the form where it is not given.
pub fn find(frame: &Frame, merges: &[Merge], form: Option<&'static Form>) -> Result<Headed, Issue> {
    // By the rows' numbers: a workbook's blank rows are not among its rows.
    let near = frame.rows.iter().take_while(|row| **row <= HEADER_WITHIN).count();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in 0..near {
        rows.push(headings_of(frame, merges, row));
        // Where the form is known, nothing below its headings is one.
        if form.is_some_and(|form| known()[index(form)].has_all(&rows[row..], Reading::Lenient)) {
            break;
        }
    }
    let form = form.map_or_else(|| guess(&rows), Ok)?;
    let headings = &known()[index(form)];
    let all = rows.iter().position(|row| headings.holds(row, Reading::Lenient) == headings.telling.len());
    let first = all.unwrap_or_else(|| {
        (0..near).rev().max_by_key(|row| headings.holds(&rows[*row], Reading::Lenient)).unwrap_or_default()
    });
    if rows.is_empty() || headings.holds(&rows[first], Reading::Lenient) == 0 {
        let telling = form.telling_headings();
        return Err(Issue::error(
            "no-headings",
            format!("前 {HEADER_WITHIN} 行里没有找到“{}”的表头，应有：{}。", form.heading, telling.join("、")),
            format!(
                "no heading row of {} was found in the first {HEADER_WITHIN} rows; expected: {}",
                form.name,
                telling.join(", ")
            ),
        ));
    }
    // A heading that is merged with cells below it makes those rows headings too.
    let last = (first..near)
        .take_while(|row| *row == first || frame.rows[*row] <= bottom(frame, merges, first, &rows[first], headings))
        .last()
        .unwrap_or(first);
    rows.extend((rows.len()..=last).map(|row| headings_of(frame, merges, row)));
    let mut issues = Vec::new();
    let texts: Vec<(usize, String)> = (0..frame.columns.len())
        .map(|at| {
            // Of two rows the lower one names the column, unless it is a unit or a note.
            let known = (first..=last).rev().find(|row| headings.place(&rows[*row][at], Reading::Lenient).is_some());
            let row = known.or_else(|| (first..=last).rev().find(|row| !rows[*row][at].is_empty())).unwrap_or(first);
            (row, rows[row][at].clone())
        })
        .collect();
    let columns = columns(form, headings, frame, &texts, &mut issues);
    let headless = texts.iter().enumerate().filter(|(_, (_, text))| text.is_empty()).map(|(at, _)| at).collect();
    let returned = [ERRORS_HEADING, ERRORS_PLACE_HEADING].map(plain);
    let told = texts.iter().enumerate().filter(|(_, (_, text))| returned.contains(text)).map(|(at, _)| at).collect();
    missing_columns(form, &columns, frame.rows[last], &mut issues);
    swallowed(frame, headings, &rows, (first, last), &columns, &mut issues);
    Ok(Headed { form, last, columns, headless, told, issues })
}

/// The plain texts of a row, merged cells counting in each row that they span.
fn headings_of(frame: &Frame, merges: &[Merge], row: usize) -> Vec<String> {
    let mut texts: Vec<String> = frame.row(row).map(|cell| cell.map(plain).unwrap_or_default()).collect();
    let number = frame.rows[row];
    for merge in merges.iter().filter(|merge| merge.rows.0 < number && number <= merge.rows.1) {
        let at = merge.columns.0;
        let Ok(top) = frame.rows.binary_search(&merge.rows.0) else { continue };
        if at < texts.len() && texts[at].is_empty() {
            texts[at] = frame.cell(top, at).map(plain).unwrap_or_default();
        }
    }
    texts
}

/// The number of the last row that a heading of this row is merged with.
fn bottom(frame: &Frame, merges: &[Merge], row: usize, texts: &[String], headings: &Headings) -> u32 {
    let number = frame.rows[row];
    let spans = |merge: &&Merge| {
        merge.rows.0 <= number
            && number <= merge.rows.1
            && texts.get(merge.columns.0).is_some_and(|text| headings.place(text, Reading::Lenient).is_some())
    };
    merges.iter().filter(spans).map(|merge| merge.rows.1).max().unwrap_or(number)
}

/// The one form whose telling headings all stand in one of the rows.
fn guess(rows: &[Vec<String>]) -> Result<&'static Form, Issue> {
    let fitting = |reading: Reading| -> Vec<&'static Form> {
        let fits = forms().iter().zip(known()).filter(|(_, headings)| headings.has_all(rows, reading));
        fits.map(|(form, _)| form).collect()
    };
    // A form's own headings tell it before another form's aliases do.
    let strict = fitting(Reading::Strict);
    let found = if strict.is_empty() { fitting(Reading::Lenient) } else { strict };
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(unknown(rows)),
        several => Err(ambiguous(several)),
    }
}

/// No form, and which one it may have been meant to be.
fn unknown(rows: &[Vec<String>]) -> Issue {
    let (mut zh, mut en) = (String::new(), String::new());
    let held = |(form, headings): (&'static Form, &'static Headings)| {
        let row = rows.iter().max_by_key(|row| headings.holds(row, Reading::Lenient))?;
        let found: Vec<usize> = row.iter().filter_map(|text| headings.place(text, Reading::Lenient)).collect();
        let lacking: Vec<usize> = headings.telling.iter().copied().filter(|at| !found.contains(at)).collect();
        // With less than half of its headings it may be anything.
        (lacking.len() * 2 < headings.telling.len()).then_some((form, headings, lacking))
    };
    let near = forms().iter().zip(known()).filter_map(held);
    if let Some((form, headings, lacking)) = near.min_by_key(|(_, _, lacking)| lacking.len()) {
        let lacking: Vec<&str> = lacking.iter().map(|at| headings.columns[*at].1.as_str()).collect();
        zh = format!("最接近“{}”，缺少：{}。", form.heading, lacking.join("、"));
        en = format!("; it is closest to {}, but lacks {}", form.name, lacking.join(", "));
    }
    Issue::error(
        "unknown-form",
        format!("认不出是哪张报表：没有一行包含某张报表的全部必填表头。{zh}请使用模板，或在表单名称中写明报表名。"),
        format!(
            "no form is recognised: no row holds all required headings of one{en}; use a template, or name the form with \
             --form"
        ),
    )
}

/// The headings, or keys, of several forms.
pub fn ambiguous(several: &[&'static Form]) -> Issue {
    let list =
        |of: fn(&&'static Form) -> &'static str, join: &str| several.iter().map(of).collect::<Vec<_>>().join(join);
    Issue::error(
        "ambiguous-form",
        format!("表头同时符合多张报表：{}。请用报表名作工作表名称。", list(|form| &form.heading, "、")),
        format!(
            "the headings fit several forms: {}; name the sheet by its form, or use --form",
            list(|form| &form.heading, ", ")
        ),
    )
}

/// The known columns with their places; headings given twice and unknown ones are issues.
fn columns(
    form: &'static Form,
    headings: &Headings,
    frame: &Frame,
    texts: &[(usize, String)],
    issues: &mut Vec<Issue>,
) -> Vec<Known> {
    let mut found: Vec<Known> = Vec::new();
    for (at, (row, text)) in texts.iter().enumerate().filter(|(_, (_, text))| !text.is_empty()) {
        let number = frame.rows[*row];
        match headings.place(text, Reading::Lenient).map(|place| &headings.columns[place]) {
            Some((name, known)) if found.iter().any(|column| column.name == *name) => {
                let issue = Issue::error(
                    "heading-twice",
                    format!("表头“{known}”出现了两次，请删去一列。"),
                    format!("the heading {known} stands twice; remove one column"),
                );
                issues.push(issue.at(number, known));
            }
            Some((name, known)) => found.push(Known { name: name.clone(), heading: known.clone(), at }),
            // What an earlier return wrote is not the clerk's.
            None if [ERRORS_HEADING, ERRORS_PLACE_HEADING].map(plain).contains(text) => {}
            None => {
                let issue = Issue::warning(
                    "unknown-column",
                    format!("“{}”没有“{text}”这一列，未读取。", form.heading),
                    format!("{} has no column {text}; it was not read", form.name),
                );
                issues.push(issue.at(number, text));
            }
        }
    }
    found
}

fn missing_columns(form: &'static Form, found: &[Known], number: u32, issues: &mut Vec<Issue>) {
    let slice = form.slice_columns().map(|(name, _)| name);
    for column in form.columns.iter().filter(|column| column.required && !slice.contains(&column.name.as_str())) {
        if !found.iter().any(|known| known.name == column.name) {
            let issue = Issue::error(
                "column-missing",
                format!("缺少必填的列“{}”，请补上该列。", column.heading),
                format!("the required column {} is missing; add it", column.heading),
            );
            issues.push(issue.at(number, &column.heading));
        }
    }
}

/// Names the cells that were taken for a second line of headings and look like data: nothing is dropped silently.
fn swallowed(
    frame: &Frame,
    headings: &Headings,
    rows: &[Vec<String>],
    (first, last): (usize, usize),
    columns: &[Known],
    issues: &mut Vec<Issue>,
) {
    for (row, texts) in rows.iter().enumerate().take(last + 1).skip(first + 1) {
        let odd = columns.iter().find(|column| {
            let text = &texts[column.at];
            !text.is_empty() && !text.starts_with('(') && headings.place(text, Reading::Lenient).is_none()
        });
        if let Some(column) = odd {
            let issue = Issue::warning(
                "heading-row",
                format!("第 {} 行与合并的表头同行，按表头处理，未作为数据读取。", frame.rows[row]),
                format!("row {} belongs to a merged heading and was not read as data", frame.rows[row]),
            );
            issues.push(issue.at(frame.rows[row], &column.heading));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::form;

    #[test]
    fn headings_as_schools_write_them() {
        let check = |name: &str, text: &str, expected: Option<&str>| {
            let headings = &known()[index(form(name).expect("a form"))];
            let found = headings.place(&plain(text), Reading::Lenient).map(|place| headings.columns[place].0.as_str());
            assert_eq!(found, expected, "{text}");
        };
        check("charge", "金额", Some("amount"));
        check("charge", "金额（元）", Some("amount"));
        check("charge", "金 额\n(元)", Some("amount"));
        check("charge", "*金额：", Some("amount"));
        check("charge", "金额【必填】", Some("amount"));
        check("charge", "建档\u{200b}立卡", Some("is_poor"));
        check("attendance", "学时数(节)", Some("sessions"));
        check("provider", "区（市）审批日期", Some("district_approved_on"));
        check("provider", "区(市)审批日期(年月日)", Some("district_approved_on"));
        check("provider", "区审批日期", None);
        check("charge", "（元）", None);
        check("charge", "金额合计", None);
        check("charge", "统计期", Some("period"));
    }

    #[test]
    fn a_heading_of_one_column_is_never_that_of_another() {
        for (form, headings) in forms().iter().zip(known()) {
            for column in &form.columns {
                for text in std::iter::once(&column.heading).chain(&column.aliases) {
                    for written in [text.clone(), format!("{text}（个）"), format!("*{text}")] {
                        let found = headings.place(&plain(&written), Reading::Lenient);
                        let name = found.map(|place| headings.columns[place].0.as_str());
                        assert_eq!(name, Some(column.name.as_str()), "{}: {written}", form.name);
                    }
                }
            }
        }
    }

    #[test]
    fn a_form_s_own_headings_fit_no_other_form() {
        for form in forms() {
            let row = form.bulk_headings().into_iter().map(plain).collect();
            assert_eq!(guess(&[row]).expect("one form").name, form.name);
            // With all aliases in place of headings it is the same form, or nobody can tell; never another one.
            let aliased = form.columns.iter().map(|column| plain(column.aliases.first().unwrap_or(&column.heading)));
            if let Ok(found) = guess(&[aliased.collect()]) {
                assert_eq!(found.name, form.name);
            }
        }
    }
}
