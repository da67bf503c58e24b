//! What indicators, rules and forms are.

use futures::future::BoxFuture;
use ingest::form::{Column as FormColumn, Form as AForm, Kind, form, forms};
use serde_json::{Value, json};

use super::{CATALOGUE as GROUP, code};
use crate::api::door::Needs;
use crate::api::listing::{Page, held};
use crate::api::parameter::{FORM as NAME, INDICATOR as INDICATOR_CODE, RULE as RULE_CODE};
use crate::api::problem::Problem;
use crate::api::shape::{Field, Of, Shape};
use crate::api::{Answer, Ask, Resource};
use crate::catalog::Entry;
use crate::words::Lang;

static INDICATOR: Shape = Shape {
    name: "Indicator",
    fields: &[
        Field::new("code", Of::Text, "代码", "Its code"),
        Field::new("title_zh", Of::Text, "名称", "Title in Chinese"),
        Field::new("title_en", Of::Text, "英文名称", "Title in English"),
        Field::maybe(
            "unit",
            Of::Text,
            "计量单位；没有的为比率",
            "In what it is counted; a share where nothing is said",
        ),
        Field::maybe("formula_zh", Of::Text, "算式", "Formula in Chinese"),
        Field::maybe("formula_en", Of::Text, "英文算式", "Formula in English"),
        Field::maybe("clause", Of::Text, "条款", "Clause"),
        Field::maybe("better", Of::Text, "越高或越低为好", "Which way is better"),
        Field::maybe("note_zh", Of::Text, "说明", "Note in Chinese"),
        Field::maybe("note_en", Of::Text, "英文说明", "Note in English"),
    ],
};

static RULE: Shape = Shape {
    name: "Rule",
    fields: &[
        Field::new("code", Of::Text, "代码", "Its code"),
        Field::new("title_zh", Of::Text, "名称", "Title in Chinese"),
        Field::new("title_en", Of::Text, "英文名称", "Title in English"),
        Field::maybe("severity", Of::Choice(&["high", "medium", "low"]), "严重程度", "Severity"),
        Field::maybe("clause", Of::Text, "条款", "Clause"),
        Field::new("sentence", Of::Text, "英文定义", "What a row of it is, in English"),
        Field::maybe("note_zh", Of::Text, "说明", "Note in Chinese"),
        Field::maybe("note_en", Of::Text, "英文说明", "Note in English"),
        Field::maybe("blind_zh", Of::Text, "看不到什么", "What it can't see, in Chinese"),
        Field::maybe("blind_en", Of::Text, "看不到什么（英文）", "What it can't see, in English"),
    ],
};

static FORM: Shape = Shape {
    name: "Form",
    fields: &[
        Field::new("name", Of::Text, "代码名", "Its code name"),
        Field::new("heading", Of::Text, "名称", "Title in Chinese"),
        Field::new("title_en", Of::Text, "英文名称", "Title in English"),
        Field::new("period", Of::Choice(&["month", "term", "year"]), "统计期类型", "Kind of period"),
        Field::new("owed", Of::Choice(&["always", "from_plan", "nobody", "district"]), "谁应报", "Who owes it"),
        Field::new("sent_by", Of::Choice(&["school", "district", "finance"]), "谁报送", "Who sends it"),
        Field::new("zero_report", Of::YesNo, "可否零报告", "Whether it may be reported as nothing"),
        Field::new("single_row", Of::YesNo, "是否只有一行", "Whether it has exactly one row"),
        Field::maybe("note_zh", Of::Text, "说明", "Note in Chinese"),
        Field::maybe("note_en", Of::Text, "英文说明", "Note in English"),
        Field::new("columns", Of::List(&COLUMN), "各列", "Its columns"),
    ],
};

static COLUMN: Shape = Shape {
    name: "FormColumn",
    fields: &[
        Field::new("name", Of::Text, "代码名", "Its code name"),
        Field::new("heading", Of::Text, "表头", "Heading"),
        Field::new("title_en", Of::Text, "英文表头", "Heading in English"),
        Field::new("kind", Of::Text, "内容类型", "What a value is"),
        Field::new("choices", Of::List(&CHOICE), "可选值", "What may be chosen"),
        Field::new("required", Of::YesNo, "是否必填", "Whether each row needs a value"),
        Field::new("key", Of::YesNo, "是否关键列", "Whether it is part of the key within a slice"),
        Field::new(
            "visibility",
            Of::Choice(&["public", "school", "inspector", "secret"]),
            "谁能看：公开、学校、督导、保密",
            "Who may see it",
        ),
        Field::maybe("note_zh", Of::Text, "填写说明", "What to fill in, in Chinese"),
        Field::maybe("note_en", Of::Text, "英文填写说明", "What to fill in, in English"),
    ],
};

static CHOICE: Shape = Shape {
    name: "Choice",
    fields: &[
        Field::new("code", Of::Text, "代码", "What is stored"),
        Field::new("label", Of::Text, "名称", "What a school sees"),
        Field::new("title_en", Of::Text, "英文名称", "The label in English"),
    ],
};

/// Indicators.
pub static INDICATORS: Resource = Resource {
    name: "listIndicators",
    group: &GROUP,
    needs: Needs::Token,
    path: &[],
    query: &[],
    answer: Answer::List(&INDICATOR, indicators),
    zh: "指标目录",
    en: "The indicators",
};

/// An indicator.
pub static ONE_INDICATOR: Resource = Resource {
    name: "getIndicator",
    group: &GROUP,
    needs: Needs::Token,
    path: &[code("indicator", &INDICATOR_CODE, "指标代码", "The indicator's code")],
    query: &[],
    answer: Answer::One(&INDICATOR, indicator),
    zh: "一个指标",
    en: "An indicator",
};

/// Rules.
pub static RULES: Resource = Resource {
    name: "listRules",
    group: &GROUP,
    needs: Needs::Token,
    path: &[],
    query: &[],
    answer: Answer::List(&RULE, rules),
    zh: "规则目录",
    en: "The rules",
};

/// A rule.
pub static ONE_RULE: Resource = Resource {
    name: "getRule",
    group: &GROUP,
    needs: Needs::Token,
    path: &[code("rule", &RULE_CODE, "规则代码", "The rule's code")],
    query: &[],
    answer: Answer::One(&RULE, rule),
    zh: "一条规则",
    en: "A rule",
};

/// Forms.
pub static FORMS: Resource = Resource {
    name: "listForms",
    group: &GROUP,
    needs: Needs::Token,
    path: &[],
    query: &[],
    answer: Answer::List(&FORM, all_forms),
    zh: "表单目录",
    en: "The forms",
};

/// A form.
pub static ONE_FORM: Resource = Resource {
    name: "getForm",
    group: &GROUP,
    needs: Needs::Token,
    path: &[code("form", &NAME, "表单代码名", "The form's code name")],
    query: &[],
    answer: Answer::One(&FORM, one_form),
    zh: "一张表单",
    en: "A form",
};

fn indicators(ask: &Ask) -> BoxFuture<'_, Result<Page, Problem>> {
    let all = ask.catalogue.indicators().into_iter().map(|entry| (entry.code.clone(), of_indicator(entry)));
    let page = held(all.collect(), ask);
    Box::pin(async { Ok(page) })
}

fn indicator(ask: &Ask) -> BoxFuture<'_, Result<Value, Problem>> {
    let found = ask.catalogue.indicator(ask.path.get("indicator").unwrap_or_default()).map(of_indicator);
    Box::pin(async { found.ok_or_else(Problem::not_here) })
}

fn rules(ask: &Ask) -> BoxFuture<'_, Result<Page, Problem>> {
    let page = held(ask.catalogue.rules().map(|entry| (entry.code.clone(), of_rule(entry))).collect(), ask);
    Box::pin(async { Ok(page) })
}

fn rule(ask: &Ask) -> BoxFuture<'_, Result<Value, Problem>> {
    let found = ask.catalogue.rule(ask.path.get("rule").unwrap_or_default()).map(of_rule);
    Box::pin(async { found.ok_or_else(Problem::not_here) })
}

fn all_forms(ask: &Ask) -> BoxFuture<'_, Result<Page, Problem>> {
    let page = held(forms().iter().map(|form| (form.name.clone(), of_form(form))).collect(), ask);
    Box::pin(async { Ok(page) })
}

fn one_form(ask: &Ask) -> BoxFuture<'_, Result<Value, Problem>> {
    let found = form(ask.path.get("form").unwrap_or_default()).map(of_form);
    Box::pin(async { found.ok_or_else(Problem::not_here) })
}

/// Text, null where there is none.
fn said(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}

fn of_indicator(entry: &Entry) -> Value {
    json!({
        "code": entry.code,
        "title_zh": entry.title(Lang::Zh),
        "title_en": entry.title(Lang::En),
        "unit": said(entry.get("unit")),
        "formula_zh": said(entry.said("formula", Lang::Zh)),
        "formula_en": said(entry.get("formula")),
        "clause": said(entry.get("clause")),
        "better": said(entry.get("better")),
        "note_zh": said(entry.get("note_zh")),
        "note_en": said(english(entry, "note")),
    })
}

fn of_rule(entry: &Entry) -> Value {
    json!({
        "code": entry.code,
        "title_zh": entry.title(Lang::Zh),
        "title_en": entry.title(Lang::En),
        "severity": said(entry.get("severity")),
        "clause": said(entry.get("clause")),
        "sentence": entry.sentence,
        "note_zh": said(entry.get("note_zh")),
        "note_en": said(english(entry, "note")),
        "blind_zh": said(entry.get("blind_zh")),
        "blind_en": said(english(entry, "blind")),
    })
}

/// Headers write English with or without its mark.
fn english<'a>(entry: &'a Entry, key: &str) -> &'a str {
    match entry.get(&format!("{key}_en")) {
        "" => entry.get(key),
        text => text,
    }
}

fn of_form(form: &AForm) -> Value {
    json!({
        "name": form.name,
        "heading": form.heading,
        "title_en": form.title_en,
        "period": form.period,
        "owed": form.owed,
        "sent_by": form.sent_by,
        "zero_report": form.zero_report,
        "single_row": form.single_row,
        "note_zh": said(&form.note_zh),
        "note_en": said(&form.note_en),
        "columns": form.columns.iter().map(of_column).collect::<Vec<_>>(),
    })
}

fn of_column(column: &FormColumn) -> Value {
    let (kind, choices): (&str, &[ingest::form::Choice]) = match &column.kind {
        Kind::Text => ("text", &[]),
        Kind::SchoolId => ("school_id", &[]),
        Kind::District => ("district", &[]),
        Kind::Choice(choices) => ("choice", choices),
        Kind::Money => ("money", &[]),
        Kind::Whole { .. } => ("whole", &[]),
        Kind::Grade => ("grade", &[]),
        Kind::Scale => ("scale", &[]),
        Kind::YesNo => ("yes_no", &[]),
        Kind::Date => ("date", &[]),
        Kind::Month => ("month", &[]),
        Kind::Time => ("time", &[]),
        Kind::Weekdays => ("weekdays", &[]),
        Kind::Person(_) => ("person", &[]),
    };
    json!({
        "name": column.name,
        "heading": column.heading,
        "title_en": column.title_en,
        "kind": kind,
        "choices": choices,
        "required": column.required,
        "key": column.key,
        "visibility": column.visibility,
        "note_zh": said(&column.note_zh),
        "note_en": said(&column.note_en),
    })
}
