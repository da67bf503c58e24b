//! The workbook that a school fills in: cover, one sheet a form with drop-downs and limits, and a sheet that explains
//! every column. Filled in or not, it comes back through the reader as it went out.

mod sheet;
#[cfg(test)]
mod tests;
mod validation;

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::form::{COVER, Form, NOTES, PERIOD_HEADING, PeriodKind, SCHOOL_HEADING, SentBy};

/// What is known of the slices beforehand and stands on the cover.
#[derive(Debug, Clone, Default)]
pub struct Prefill {
    /// The school's code.
    pub school_id: Option<String>,
    /// The period, as its kind writes it.
    pub period: Option<String>,
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
    #[error(
        "`{first}` is reported by {first_kind}, `{other}` by {other_kind}: a workbook's cover has one period, so make a template for each"
    )]
    MixedPeriods {
        /// The form that sets the kind.
        first: String,
        /// Its kind.
        first_kind: &'static str,
        /// The form that doesn't fit.
        other: String,
        /// Its kind.
        other_kind: &'static str,
    },
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
        if form.period != first.period {
            return Err(TemplateError::MixedPeriods {
                first: first.name.clone(),
                first_kind: first.period.word(),
                other: form.name.clone(),
                other_kind: form.period.word(),
            });
        }
    }
    if let Some(period) = prefill.period.as_ref().filter(|period| !is_period(first.period, period)) {
        let (kind, example) = (first.period.word(), first.period.example());
        return Err(TemplateError::Period { period: period.clone(), kind, example });
    }
    match &prefill.school_id {
        Some(school) if school.len() != 10 || !school.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(TemplateError::School(school.clone()))
        }
        _ => Ok(()),
    }
}

/// Whether the text is a period of this kind in its canonical form.
fn is_period(kind: PeriodKind, text: &str) -> bool {
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
            text: Format::new().set_num_format("@"),
            value: Format::new()
                .set_num_format("@")
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
    sheet.set_name(COVER)?.set_column_width(0, 16)?.set_column_width(1, 28)?;
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
    Ok(())
}

/// What each form and each column wants, in words.
fn notes(sheet: &mut Worksheet, forms: &[&Form], looks: &Looks) -> Result<(), XlsxError> {
    sheet.set_name(NOTES)?;
    for (column, width) in (0u16..).zip([24, 8, 48, 60, 20]) {
        sheet.set_column_width(column, width)?;
    }
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
            let cells = [column.heading.as_str(), required, &column.note_zh, &labels.join("、"), &column.example];
            for (place, cell) in (0u16..).zip(cells) {
                sheet.write_string_with_format(row, place, cell, &looks.prose)?;
            }
        }
        row += 2;
    }
    Ok(())
}
