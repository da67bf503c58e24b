//! The workbook that a school fills in: cover, one sheet a form with drop-downs and limits, and a sheet that explains
//! every column. Filled in or not, it comes back through the reader as it went out.

pub mod known;
mod sheet;
#[cfg(test)]
mod tests;
mod validation;

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::form::{COVER, Form, NOTES, Owed, PERIOD_HEADING, PeriodKind, SCHOOL_HEADING, SentBy, forms as all_forms};
use crate::template::known::Known;

/// What is known of the slices beforehand and stands on the cover.
#[derive(Debug, Clone, Default)]
pub struct Prefill {
    /// The school's code.
    pub school_id: Option<String>,
    /// The period, as its kind writes it.
    pub period: Option<String>,
    /// What is known of the school.
    pub known: Known,
}

/// Why there is no template for these words.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Nothing was asked for.
    #[error("name at least one form, for example `class_roster`")]
    NoForm,
    /// A workbook's sheets have names of their own.
    #[error("the form `{0}` is named twice; name it once")]
    Twice(String),
    /// The cover has one period for all sheets.
    #[error("a workbook's cover has one period, and these forms are reported by different kinds; make one for each:{}",
        kinds.iter().map(|(names, example)| format!("\n  kehou template {names} --period {example} -o …")).collect::<String>())]
    MixedPeriods {
        /// The forms of each kind, and how a period of that kind is written.
        kinds: Vec<(String, &'static str)>,
    },
    /// No form was named, and the period's kind is unknown.
    #[error("`{0}` is no period: write a month like 2019-09, a term like 2019-2020-1 or a year like 2019")]
    NoPeriod(String),
    /// The period is not of the forms' kind.
    #[error("`{period}` is no {kind}: write it like {example}")]
    Period {
        /// What was given.
        period: String,
        /// What the forms want.
        kind: &'static str,
        /// How it is written.
        example: &'static str,
    },
    /// The school's code is malformed.
    #[error("`{0}` is no school's code: it has 10 digits")]
    School(String),
    /// The workbook could not be built.
    #[error("the template could not be written: {0}")]
    Workbook(#[from] XlsxError),
}

/// A workbook for these forms, as the bytes of an `.xlsx` file. The same words give the same bytes.
pub fn template(forms: &[&Form], prefill: &Prefill) -> Result<Vec<u8>, TemplateError> {
    check(forms, prefill)?;
    let looks = Looks::new();
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_ymd(2019, 9, 1)?;
    workbook.set_properties(&DocProperties::new().set_title("课后服务报送表").set_creation_datetime(&made));
    cover(workbook.add_worksheet(), forms, prefill, &looks)?;
    for form in forms {
        sheet::write(workbook.add_worksheet(), form, prefill, &looks)?;
    }
    notes(workbook.add_worksheet(), forms, &looks)?;
    Ok(workbook.save_to_buffer()?)
}

fn check(forms: &[&Form], prefill: &Prefill) -> Result<(), TemplateError> {
    let first = forms.first().ok_or(TemplateError::NoForm)?;
    for (place, form) in forms.iter().enumerate() {
        if forms[..place].iter().any(|earlier| earlier.name == form.name) {
            return Err(TemplateError::Twice(form.name.clone()));
        }
    }
    let mut kinds: Vec<(PeriodKind, Vec<&str>)> = Vec::new();
    for form in forms {
        match kinds.iter_mut().find(|(kind, _)| *kind == form.period) {
            Some((_, names)) => names.push(&form.name),
            None => kinds.push((form.period, vec![&form.name])),
        }
    }
    if kinds.len() > 1 {
        let kinds = kinds.into_iter().map(|(kind, names)| (names.join(" "), kind.example())).collect();
        return Err(TemplateError::MixedPeriods { kinds });
    }
    if let Some(period) = prefill.period.as_ref().filter(|period| !is_period(first.period, period)) {
        let (kind, example) = (first.period.word(), first.period.example());
        return Err(TemplateError::Period { period: period.clone(), kind, example });
    }
    match &prefill.school_id {
        Some(school) if !is_school(school) => Err(TemplateError::School(school.clone())),
        _ => Ok(()),
    }
}

/// The forms that a school owes for a period, whatever its plan: what a template holds where no form is named.
pub fn owed_forms(period: &str) -> Result<Vec<&'static Form>, TemplateError> {
    let kinds = [PeriodKind::Month, PeriodKind::Term, PeriodKind::Year];
    let kind = kinds.into_iter().find(|kind| is_period(*kind, period));
    let kind = kind.ok_or_else(|| TemplateError::NoPeriod(period.to_owned()))?;
    let owed = |form: &&Form| form.period == kind && matches!(form.owed, Owed::Always | Owed::FromPlan);
    Ok(all_forms().iter().filter(owed).collect())
}

/// Whether the text is a school's code: ten digits.
fn is_school(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text is a period of this kind in its canonical form.
pub fn is_period(kind: PeriodKind, text: &str) -> bool {
    let shape: String = text.chars().map(|letter| if letter.is_ascii_digit() { '9' } else { letter }).collect();
    let number = |from: usize, to: usize| text[from..to].parse::<u16>().unwrap_or_default();
    match (kind, shape.as_str()) {
        (PeriodKind::Month, "9999-99") => (1..=12).contains(&number(5, 7)),
        (PeriodKind::Term, "9999-9999-9") => number(5, 9) == number(0, 4) + 1 && (1..=2).contains(&number(10, 11)),
        (PeriodKind::Year, "9999") => true,
        _ => false,
    }
}

/// The formats that all sheets share.
struct Looks {
    text: Format,
    value: Format,
    heading: Format,
    required: Format,
    prose: Format,
    title: Format,
    free: Format,
    example: Format,
}

impl Looks {
    fn new() -> Looks {
        let heading = Format::new()
            .set_bold()
            .set_align(FormatAlign::Center)
            .set_align(FormatAlign::VerticalCenter)
            .set_border(FormatBorder::Thin)
            .set_border_color(Color::RGB(0x9A_A5B1));
        Looks {
            text: Format::new().set_num_format("@").set_unlocked(),
            value: Format::new()
                .set_num_format("@")
                .set_border(FormatBorder::Thin)
                .set_border_color(Color::RGB(0x9A_A5B1))
                .set_unlocked(),
            free: Format::new().set_unlocked(),
            example: Format::new()
                .set_num_format("@")
                .set_italic()
                .set_font_color(Color::RGB(0x52_606D))
                .set_border(FormatBorder::Thin)
                .set_border_color(Color::RGB(0x9A_A5B1)),
            required: heading.clone().set_background_color(Color::RGB(0xFF_E8C2)),
            heading: heading.set_background_color(Color::RGB(0xE7_EDF3)),
            prose: Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top),
            title: Format::new().set_bold().set_font_size(12),
        }
    }
}

fn cover(sheet: &mut Worksheet, forms: &[&Form], prefill: &Prefill, looks: &Looks) -> Result<(), XlsxError> {
    sheet.set_name(COVER)?.set_column_width(0, 16)?.set_column_width(1, 28)?.set_column_width(2, 44)?;
    sheet.protect_with_options(&sheet::freedoms());
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    let example = forms.first().map_or("", |form| form.period.example());
    let by_school = forms.iter().any(|form| form.sent_by == SentBy::School);
    let school_hint = if by_school {
        "学校标识码，10 位数字"
    } else {
        "一校一簿时填学校标识码（10 位数字）；多校合报时留空，在表内逐行填写"
    };
    let lines = [
        (SCHOOL_HEADING, prefill.school_id.as_deref(), school_hint.to_owned()),
        (PERIOD_HEADING, prefill.period.as_deref(), format!("如 {example}；本簿各表同一统计期")),
        ("填报人", None, "填写人姓名".to_owned()),
        ("联系电话", None, "便于核对时联系".to_owned()),
    ];
    for (row, (label, value, hint)) in (0u32..).zip(lines) {
        sheet.write_string_with_format(row, 0, label, &looks.heading)?;
        match value {
            Some(value) => sheet.write_string_with_format(row, 1, value, &looks.value)?,
            None => sheet.write_blank(row, 1, &looks.value)?,
        };
        sheet.add_data_validation(row, 1, row, 1, &validation::hint(label, &hint)?)?;
    }
    // Beside the code, so that a clerk sees at once whose workbook it is; the reader takes the first value of a row.
    if let (Some(_), Some(name)) = (&prefill.school_id, &prefill.known.school_name) {
        sheet.write_string_with_format(0, 2, name, &looks.title)?;
    }
    let lines = [
        "填写步骤：".to_owned(),
        format!("1. 填好本页，再逐张填写：{}。", headings(forms)),
        "2. 橙色表头的列必填。点表头看说明；“填表说明”一页有每一列的写法和示例。".to_owned(),
        "3. 表头和本页标题已锁定（没有密码），其余单元格、行和列宽都可以改。".to_owned(),
        "4. 存成 xlsx 报送；有错的表会退回，错处标红并写明怎样改。".to_owned(),
    ];
    for (row, line) in (5u32..).zip(lines) {
        // Below the labels, and never in their columns' first cell alone: the reader knows labels by their words.
        sheet.write_string(row, 0, &line)?;
    }
    Ok(())
}

fn headings(forms: &[&Form]) -> String {
    forms.iter().map(|form| format!("“{}”", form.heading)).collect::<Vec<_>>().join("、")
}

/// What each form and each column wants, in words.
fn notes(sheet: &mut Worksheet, forms: &[&Form], looks: &Looks) -> Result<(), XlsxError> {
    sheet.set_name(NOTES)?;
    for (column, width) in (0u16..).zip([24, 14, 48, 60, 24, 16, 16, 16, 16, 16, 16, 16]) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    let mut row = 0;
    for form in forms {
        sheet.write_string_with_format(row, 0, format!("《{}》", form.heading), &looks.title)?;
        sheet.write_string(row + 1, 0, &form.note_zh)?;
        row += 2;
        if form.zero_report {
            sheet.write_string(row, 0, "本期没有内容要报的，在第一个数据单元格填“零报告”；留空不等于零报告。")?;
            row += 1;
        }
        for (column, heading) in (0u16..).zip(["列", "必填", "怎样填", "可选值", "示例"]) {
            sheet.write_string_with_format(row, column, heading, &looks.heading)?;
        }
        for column in &form.columns {
            row += 1;
            let required = match &column.required_when {
                _ if column.required => "是",
                Some(_) => "视情况",
                None => "",
            };
            let labels: Vec<&str> = column.choices().iter().map(|choice| choice.label.as_str()).collect();
            let labels = labels.join("、");
            let cells = [column.heading.as_str(), required, &column.note_zh, &labels, &column.example];
            for (place, cell) in (0u16..).zip(cells) {
                sheet.write_string_with_format(row, place, cell, &looks.prose)?;
            }
            // Some programs don't grow rows by themselves.
            let lines = sheet::width(&column.note_zh).div_ceil(46).max(sheet::width(cells[3]).div_ceil(58)).max(1);
            sheet.set_row_height(row, lines * 16)?;
        }
        row += 2;
        sheet.write_string(row, 0, "示例行（照这样填在该表里，不要填在本页）：")?;
        for (at, column) in (0u16..).zip(&form.columns) {
            let look = if column.required { &looks.required } else { &looks.heading };
            sheet.write_string_with_format(row + 1, at, &column.heading, look)?;
            sheet.write_string_with_format(row + 2, at, &column.example, &looks.example)?;
        }
        row += 5;
    }
    Ok(())
}
