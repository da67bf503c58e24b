//! Reads `ingest/forms/*.toml` into forms. The files are part of the program, so a fault in one is a programmer's error and
//! panics with the file, the column and what is wrong.

use serde::Deserialize;

use super::{
    Check, Choice, Column, Form, Kind, Only, Owed, PERIOD_HEADING, PeriodKind, PersonKind, SCHOOL_HEADING, SentBy,
    Visibility, normal,
};

/// The files in the order in which forms are presented. A new form is its file and its line here.
const FILES: &[(&str, &str)] = &[
    ("school", include_str!("../../forms/school.toml")),
    ("class_roster", include_str!("../../forms/class_roster.toml")),
    ("service_plan", include_str!("../../forms/service_plan.toml")),
    ("group_session", include_str!("../../forms/group_session.toml")),
    ("attendance", include_str!("../../forms/attendance.toml")),
    ("charge", include_str!("../../forms/charge.toml")),
    ("fund_ledger", include_str!("../../forms/fund_ledger.toml")),
    ("staff_work", include_str!("../../forms/staff_work.toml")),
    ("provider", include_str!("../../forms/provider.toml")),
    ("survey", include_str!("../../forms/survey.toml")),
    ("inspection", include_str!("../../forms/inspection.toml")),
    ("annual_report", include_str!("../../forms/annual_report.toml")),
    ("subsidy", include_str!("../../forms/subsidy.toml")),
];

/// The greatest whole number where a file names none: beyond every count that a school can have, and far from overflow.
const MOST: i64 = 999_999_999;

/// A form as its file writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormFile {
    name: String,
    heading: String,
    title_en: String,
    period: PeriodKind,
    owed: Owed,
    sent_by: SentBy,
    zero_report: bool,
    #[serde(default)]
    single_row: bool,
    note_zh: String,
    note_en: String,
    column: Vec<ColumnFile>,
    #[serde(default)]
    check: Vec<Check>,
}

/// A column as its file writes it; `visibility` has no default, so that none is forgotten.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnFile {
    name: String,
    /// Names that the column had in earlier versions: `kehou migrate` gives its rows the new one.
    #[serde(default)]
    was: Vec<String>,
    heading: String,
    #[serde(default)]
    aliases: Vec<String>,
    title_en: String,
    kind: KindName,
    min: Option<i64>,
    max: Option<i64>,
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    required: bool,
    required_when: Option<Only>,
    #[serde(default)]
    key: bool,
    visibility: Visibility,
    note_zh: String,
    note_en: String,
    example: String,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindName {
    Text,
    SchoolId,
    District,
    Choice,
    Money,
    Whole,
    Grade,
    Scale,
    YesNo,
    Date,
    Month,
    Time,
    Weekdays,
    Pupil,
    Staff,
}

/// All forms.
pub(super) fn load() -> Vec<Form> {
    let forms: Vec<Form> = FILES
        .iter()
        .map(|(name, text)| parse(name, text).unwrap_or_else(|fault| panic!("ingest/forms/{name}.toml: {fault}")))
        .collect();
    for form in &forms {
        for check in &form.checks {
            if let Some(other) = check.other_form() {
                assert!(
                    forms.iter().any(|form| form.name == other),
                    "ingest/forms/{}.toml: check names the unknown form `{other}`",
                    form.name
                );
            }
        }
    }
    forms
}

/// One form from its file's text.
pub(super) fn parse(name: &str, text: &str) -> Result<Form, String> {
    let file: FormFile = toml::from_str(text).map_err(|fault| fault.to_string())?;
    if file.name != name {
        return Err(format!("its `name` is `{}`, not that of the file", file.name));
    }
    let columns = file.column.into_iter().map(column).collect::<Result<Vec<_>, _>>()?;
    let form = Form {
        name: file.name,
        heading: file.heading,
        title_en: file.title_en,
        period: file.period,
        zero_report: file.zero_report,
        single_row: file.single_row,
        owed: file.owed,
        sent_by: file.sent_by,
        note_zh: file.note_zh,
        note_en: file.note_en,
        columns,
        checks: file.check,
    };
    whole(&form)?;
    Ok(form)
}

fn column(file: ColumnFile) -> Result<Column, String> {
    let name = file.name;
    if file.choices.is_some() != (file.kind == KindName::Choice) {
        return Err(format!("column `{name}`: `choices` belong to kind \"choice\", and to it alone"));
    }
    if (file.min.is_some() || file.max.is_some()) && file.kind != KindName::Whole {
        return Err(format!("column `{name}`: `min` and `max` belong to kind \"whole\" alone"));
    }
    let person = matches!(file.kind, KindName::Pupil | KindName::Staff);
    if person != (file.visibility == Visibility::Secret) {
        return Err(format!("column `{name}`: a person's number is secret, and nothing else is"));
    }
    let kind = match file.kind {
        KindName::Text => Kind::Text,
        KindName::SchoolId => Kind::SchoolId,
        KindName::District => Kind::District,
        KindName::Choice => Kind::Choice(file.choices.unwrap_or_default()),
        KindName::Money => Kind::Money,
        KindName::Whole => Kind::Whole { min: file.min.unwrap_or(0), max: file.max.unwrap_or(MOST) },
        KindName::Grade => Kind::Grade,
        KindName::Scale => Kind::Scale,
        KindName::YesNo => Kind::YesNo,
        KindName::Date => Kind::Date,
        KindName::Month => Kind::Month,
        KindName::Time => Kind::Time,
        KindName::Weekdays => Kind::Weekdays,
        KindName::Pupil => Kind::Person(PersonKind::Pupil),
        KindName::Staff => Kind::Person(PersonKind::Staff),
    };
    Ok(Column {
        name,
        was: file.was,
        heading: file.heading,
        aliases: file.aliases,
        title_en: file.title_en,
        kind,
        required: file.required,
        required_when: file.required_when.map(|only| (only.column, only.code)),
        key: file.key,
        visibility: file.visibility,
        note_zh: file.note_zh,
        note_en: file.note_en,
        example: file.example,
    })
}

/// What must hold between the parts of one form.
fn whole(form: &Form) -> Result<(), String> {
    let mut names = vec!["period", "submission_id", "row_no"];
    let mut headings = vec![normal(PERIOD_HEADING)];
    if !form.is_register() {
        names.push("school_id");
        headings.push(normal(SCHOOL_HEADING));
    }
    for column in &form.columns {
        let known = names.contains(&column.name.as_str());
        names.push(&column.name);
        if known {
            return Err(format!("column `{}`: the name is taken", column.name));
        }
        for heading in column.aliases.iter().chain([&column.heading]).map(|text| normal(text)) {
            if headings.contains(&heading) {
                return Err(format!("column `{}`: the heading {heading} is taken", column.name));
            }
            headings.push(heading);
        }
        let mut words: Vec<&str> =
            column.choices().iter().flat_map(|choice| [choice.code.as_str(), choice.label.as_str()]).collect();
        words.sort_unstable();
        if let Some(pair) = words.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("column `{}`: {} stands for two choices", column.name, pair[0]));
        }
        if let Some((other, code)) = &column.required_when {
            has_code(form, other, code)?;
        }
        if column.key && !column.required {
            return Err(format!("column `{}`: a part of the key is required", column.name));
        }
    }
    if form.single_row == form.key().next().is_some() {
        return Err("a form has either a key or a single row".to_owned());
    }
    form.checks.iter().try_for_each(|check| check_names(form, check))
}

fn check_names(form: &Form, check: &Check) -> Result<(), String> {
    match check {
        Check::AtMost { left, right, .. } => has(form, left).and(has(form, right)),
        Check::Positive { columns, .. } => columns.iter().try_for_each(|name| has(form, name)),
        Check::InPeriod { column, .. } | Check::SchoolDay { column, .. } => {
            match form.column(column).map(|column| &column.kind) {
                Some(Kind::Date) => Ok(()),
                _ => Err(format!("check: `{column}` is no date of the form")),
            }
        }
        Check::CategoryOf { column, by, allowed, .. } => allowed.iter().try_for_each(|(code, categories)| {
            has_code(form, by, code)?;
            categories.iter().try_for_each(|category| has_code(form, column, category))
        }),
        Check::ListedIn { column, .. } => has(form, column),
        Check::AtMostRows { column, by, .. } | Check::EqualsSum { column, by, .. } => {
            by.iter().chain([column]).try_for_each(|name| has(form, name))
        }
        Check::SumEqualsNet { column, only, .. } => has(form, column).and(has_code(form, &only.column, &only.code)),
        Check::SteadySum { column, only, .. } => {
            only.iter().try_for_each(|only| has_code(form, &only.column, &only.code)).and(has(form, column))
        }
    }
}

fn has(form: &Form, name: &str) -> Result<(), String> {
    form.column(name).map(|_| ()).ok_or_else(|| format!("a check names the unknown column `{name}`"))
}

fn has_code(form: &Form, name: &str, code: &str) -> Result<(), String> {
    let column = form.column(name).ok_or_else(|| format!("the unknown column `{name}` is named"))?;
    if column.choices().iter().any(|choice| choice.code == code) {
        Ok(())
    } else {
        Err(format!("column `{name}` has no choice `{code}`"))
    }
}
