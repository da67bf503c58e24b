//! An entry of the catalogue: a form with its columns, or a model (an indicator, a rule, or a table between) with what it means,
//! its columns, its SQL, and a picture of what it rests on.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{Expr, SelectItem, SetExpr, Statement as Sql};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use ingest::form::{Form, Kind, Owed, SentBy, Visibility, form, forms};
use maud::{Markup, PreEscaped, html};
use transform::project::{Model, Project, is_generated};
use warehouse::table::TableName;

use crate::charts::Words;
use crate::charts::lineage::{Node, lineage};
use crate::pages::catalogue::standing;
use crate::pages::fault::Fault;
use crate::pages::heat::severity_badge;
use crate::pages::layout::{Frame, page};
use crate::routes;
use crate::scope::Scope;
use crate::visit::{App, Visitor};
use crate::words::Lang;

/// `/catalogue/{kind}/{name}`
pub async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path((kind, name)): Path<(String, String)>,
) -> Result<Markup, Fault> {
    let (frame, scope, project) = standing(&app, &visitor).await?;
    match kind.as_str() {
        "form" => match form(&name) {
            Some(form) => Ok(form_page(&frame, form, &project)),
            None => Err(Fault::NotHere),
        },
        "model" => match model_of(&project, &name) {
            Some(model) => Ok(model_page(&frame, &scope, model, &project)),
            None => Err(Fault::NotHere),
        },
        _ => Err(Fault::NotHere),
    }
}

fn model_of<'a>(project: &'a Project, name: &str) -> Option<&'a Model> {
    project.models().chain(project.parts()).find(|model| model.name.to_string() == name)
}

fn form_page(frame: &Frame, form: &Form, project: &Project) -> Markup {
    let lang = frame.lang;
    let t = |key| lang.say(key);
    let title = if lang == Lang::Zh { &form.heading } else { &form.title_en };
    let note = if lang == Lang::Zh { &form.note_zh } else { &form.note_en };
    page(
        frame,
        title,
        html! {
            header.head {
                p.crumb { a href={ (routes::CATALOGUE) "#forms" } { (t("catalogue.forms")) } }
                h1 { (title) }
                @if !note.is_empty() { p.dek { (note) } }
                dl.case {
                    div { dt { (t("entry.name")) } dd { code { (form.name) } } }
                    div { dt { (t("period")) } dd { (if lang == Lang::Zh { form.period.label_zh() } else { form.period.word() }) } }
                    div { dt { (t("entry.owed")) } dd { (t(owed_key(form.owed))) } }
                    div { dt { (t("entry.sent_by")) } dd { (t(sender_key(form.sent_by))) } }
                    div { dt { (t("state.zero")) } dd { (t(if form.zero_report { "entry.zero.yes" } else { "entry.zero.no" })) } }
                }
            }
            section {
                h2 { (t("entry.columns")) }
                div.scroll tabindex="0" { table {
                    thead {
                        tr {
                            th { (t("entry.heading")) }
                            th { (t("entry.name")) }
                            th { (t("entry.value")) }
                            th { (t("entry.needed")) }
                            th { (t("entry.seen_by")) }
                            th { (t("entry.fill_in")) }
                            th { (t("entry.example")) }
                        }
                    }
                    tbody { @for column in &form.columns { tr {
                        th scope="row" { (if lang == Lang::Zh { &column.heading } else { &column.title_en }) }
                        td { code { (column.name) } }
                        td { (kind_of(&column.kind, lang)) }
                        td {
                            @if column.required { (t("entry.required")) }
                            @if column.key { " " span.small { (t("entry.key")) } }
                        }
                        td { (t(visibility_key(column.visibility))) }
                        td { (if lang == Lang::Zh { &column.note_zh } else { &column.note_en }) }
                        td { (column.example) }
                    } } }
                } }
            }
            (read_by(project, &TableName::new("facts", form.table()), lang))
        },
    )
}

fn owed_key(owed: Owed) -> &'static str {
    match owed {
        Owed::Always => "entry.owed.always",
        Owed::FromPlan => "entry.owed.from_plan",
        Owed::Nobody => "entry.owed.nobody",
        Owed::District => "entry.owed.district",
    }
}

fn sender_key(sent_by: SentBy) -> &'static str {
    match sent_by {
        SentBy::School => "role.school",
        SentBy::District => "role.district",
        SentBy::Finance => "entry.finance",
    }
}

fn visibility_key(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "entry.seen.public",
        Visibility::School => "entry.seen.school",
        Visibility::Inspector => "entry.seen.inspector",
        Visibility::Secret => "entry.seen.secret",
    }
}

fn kind_of(kind: &Kind, lang: Lang) -> String {
    let choices = |choices: &[ingest::form::Choice]| {
        let labels: Vec<&str> = choices
            .iter()
            .map(|one| if lang == Lang::Zh { one.label.as_str() } else { one.title_en.as_str() })
            .collect();
        labels.join(lang.say("list.comma"))
    };
    match kind {
        Kind::Choice(list) => choices(list),
        Kind::Whole { min, max } => lang.with("kind.whole", &[&min.to_string(), &max.to_string()]),
        Kind::Text | Kind::SchoolId | Kind::District => lang.say("kind.text").to_owned(),
        Kind::Money => lang.say("kind.money").to_owned(),
        Kind::Grade => lang.say("kind.grade").to_owned(),
        Kind::Scale => lang.say("kind.scale").to_owned(),
        Kind::YesNo => lang.say("kind.yes_no").to_owned(),
        Kind::Date => lang.say("kind.date").to_owned(),
        Kind::Month => lang.say("kind.month").to_owned(),
        Kind::Time => lang.say("kind.time").to_owned(),
        Kind::Weekdays => lang.say("kind.weekdays").to_owned(),
        Kind::Person(_) => lang.say("kind.person").to_owned(),
    }
}

fn model_page(frame: &Frame, scope: &Scope, model: &Model, project: &Project) -> Markup {
    let lang = frame.lang;
    let t = |key| lang.say(key);
    let name = model.name.to_string();
    let title = title_of(model, lang);
    let said = |key: &str| said(model, key, lang);
    page(
        frame,
        &title,
        html! {
            header.head {
                p.crumb {
                    a href={ (routes::CATALOGUE) "#models" } { (t("catalogue.models")) }
                    " · " code { (name) }
                    @if let Some(severity) = model.get("severity") { " · " (severity_badge(severity, lang)) }
                }
                h1 { (title) }
                // The first sentence of a file is in English; the title says it in Chinese.
                p.dek lang="en" { (model.sentence) }
                dl.case {
                    @for (key, word) in [("formula", "indicator.formula"), ("amount", "explain.amount"), ("note", "indicator.note"), ("blind", "rule.blind")] {
                        @if !said(key).is_empty() { div { dt { (t(word)) } dd { (said(key)) } } }
                    }
                    @if let Some(clause) = model.get("clause").filter(|clause| !clause.is_empty()) {
                        div { dt { (t("finding.clause")) } dd { (lang.with("finding.clause.cited", &[clause])) } }
                    }
                    @if let Some(code) = model.code() {
                        div { dt { (t("entry.use")) } dd { (use_of(model, code, scope, lang)) } }
                    }
                }
            }
            section { h2 { (t("entry.lineage")) } (lineage_of(project, model, lang)) }
            section {
                h2 { (t("entry.columns")) }
                (columns(model, lang))
            }
            (read_by(project, &model.name, lang))
            section {
                h2 { "SQL" }
                @if is_generated(&model.path) { p.small { (t("entry.generated")) } }
                @else { p.small { code { "sql/" (model.path) } } }
                pre.sql tabindex="0" { code { (model.sql) } }
            }
        },
    )
}

/// Where an indicator's figures or a rule's findings stand, for who may see them.
fn use_of(model: &Model, code: &str, scope: &Scope, lang: Lang) -> Markup {
    html! {
        @if model.name.schema == "rules" {
            @if scope.sees_findings() { a href=(routes::with(routes::FINDINGS, &[("rule", code)])) { (lang.say("entry.findings")) } }
            @else { (code) }
        }
        @else if scope.sees_figures() { a href=(routes::indicator(code)) { (lang.say("entry.figures")) } }
        @else { (code) }
    }
}

/// A model's title in the language, its name where it has none.
pub fn title_of(model: &Model, lang: Lang) -> String {
    let key = if lang == Lang::Zh { "title_zh" } else { "title_en" };
    match (model.code(), model.get(key)) {
        (Some(code), Some(title)) => format!("{code} {title}"),
        (None, Some(title)) => title.to_owned(),
        _ => named_after(&model.name, lang),
    }
}

/// What the picture of a model's lineage is called.
pub fn lineage_title(model: &Model, lang: Lang) -> String {
    lang.with("lineage.title", &[&title_of(model, lang)])
}

/// A table that has no title of its own is called by the form that it is of.
fn named_after(name: &TableName, lang: Lang) -> String {
    let form = forms().iter().find(|form| match name.schema.as_str() {
        "facts" => form.table() == name.table,
        "staging" => form.name == name.table,
        _ => false,
    });
    match form {
        Some(form) if lang == Lang::Zh => form.heading.clone(),
        Some(form) => form.title_en.clone(),
        None => name.to_string(),
    }
}

fn said<'a>(model: &'a Model, key: &str, lang: Lang) -> &'a str {
    let twin = model.get(&format!("{key}_{}", lang.code()));
    twin.or_else(|| model.get(key)).unwrap_or_default()
}

/// A model's columns, as its last select casts them.
fn columns(model: &Model, lang: Lang) -> Markup {
    let columns = columns_of(&model.sql);
    html! {
        @if columns.is_empty() { p.empty { (lang.say("entry.no_columns")) } }
        @else {
            div.scroll tabindex="0" { table {
                thead { tr { th { (lang.say("entry.name")) } th { (lang.say("entry.value")) } } }
                tbody { @for (name, kind) in &columns { tr { th scope="row" { code { (name) } } td { code { (kind) } } } } }
            } }
        }
    }
}

/// Names and types of the columns of a query's last select.
fn columns_of(sql: &str) -> Vec<(String, String)> {
    let parsed = DFParserBuilder::new(sql)
        .with_dialect(&GenericDialect {})
        .build()
        .and_then(|mut parser| parser.parse_statements());
    let Some(Statement::Statement(statement)) = parsed.ok().and_then(|mut all| all.pop_back()) else {
        return Vec::new();
    };
    let Sql::Query(query) = *statement else { return Vec::new() };
    let mut body = *query.body;
    let select = loop {
        match body {
            SetExpr::Select(select) => break select,
            SetExpr::SetOperation { left, .. } => body = *left,
            SetExpr::Query(query) => body = *query.body,
            _ => return Vec::new(),
        }
    };
    let column = |item: SelectItem| match item {
        SelectItem::ExprWithAlias { expr: Expr::Cast { data_type, .. }, alias } => {
            Some((alias.value, data_type.to_string().to_lowercase()))
        }
        SelectItem::ExprWithAlias { alias, .. } => Some((alias.value, String::new())),
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some((name.value, String::new())),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(names)) => {
            names.last().map(|name| (name.value.clone(), String::new()))
        }
        _ => None,
    };
    select.projection.into_iter().filter_map(column).collect()
}

/// Who reads a table directly.
fn read_by(project: &Project, name: &TableName, lang: Lang) -> Markup {
    let readers: Vec<&Model> =
        project.models().filter(|model| model.reads.contains(name) && !model.is_test()).collect();
    html! {
        @if !readers.is_empty() {
            section {
                h2 { (lang.say("entry.read_by")) }
                ul.columns { @for model in readers { li { (link(project, &model.name, lang)) } } }
            }
        }
    }
}

/// A table as a link to its entry, with what it is called.
fn link(project: &Project, name: &TableName, lang: Lang) -> Markup {
    let text = name.to_string();
    let form = forms().iter().find(|form| name.schema == "facts" && form.table() == name.table);
    let title = project.model(name).map_or_else(|| named_after(name, lang), |model| title_of(model, lang));
    html! {
        @if let Some(form) = form { a href=(routes::form(&form.name)) { (title) } " " code { (text) } }
        @else if project.model(name).is_some() {
            a href=(routes::model(&text)) { (title) }
            @if title != text { " " code { (text) } }
        }
        @else { (title) @if title != text { " " code { (text) } } }
    }
}

/// What a model rests on: a picture, and the same as a list of links.
pub fn lineage_of(project: &Project, model: &Model, lang: Lang) -> Markup {
    let upstream = project.upstream([model.name.clone()]);
    let known: BTreeSet<&TableName> = upstream.iter().map(|one| &one.name).collect();
    let mut outside: Vec<&TableName> =
        upstream.iter().flat_map(|one| one.reads.iter()).filter(|name| !known.contains(name)).collect();
    outside.sort();
    outside.dedup();
    let title = |name: &TableName, model: Option<&Model>| {
        let title = model.map_or_else(|| named_after(name, lang), |model| title_of(model, lang));
        if title == name.to_string() { String::new() } else { title }
    };
    let given = outside.iter().map(|name| Node { name: name.to_string(), title: title(name, None), reads: Vec::new() });
    let made = upstream.iter().map(|one| Node {
        name: one.name.to_string(),
        title: title(&one.name, Some(one)),
        reads: one.reads.iter().map(TableName::to_string).collect(),
    });
    let nodes: Vec<Node> = given.chain(made).collect();
    let words = Words {
        title: lineage_title(model, lang),
        description: nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>().join(", "),
    };
    // A picture of a hundred tables tells nobody anything; the list stands in any case.
    let drawn = (2..=LARGEST_PICTURE).contains(&nodes.len()).then(|| lineage(&nodes, &words)).flatten();
    html! {
        @if let Some(drawn) = &drawn { div.scroll tabindex="0" role="group" aria-label=(words.title) { (PreEscaped(drawn)) } }
        @else if nodes.len() > LARGEST_PICTURE { p.small { (lang.with("lineage.large", &[&(nodes.len() - 1).to_string()])) } }
        details open[drawn.is_none() && nodes.len() <= LARGEST_PICTURE] {
            summary { (lang.with("lineage.list", &[&(nodes.len() - 1).to_string()])) }
            ul.columns {
                @for name in outside { li { (link(project, name, lang)) } }
                @for one in upstream.iter().filter(|one| one.name != model.name) { li { (link(project, &one.name, lang)) } }
            }
        }
    }
}

/// Tables of the largest picture.
const LARGEST_PICTURE: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_tells_its_columns() {
        let project = Project::built_in().expect("the SQL is sound");
        let of = |name: &str| columns_of(&model_of(&project, name).expect("a model").sql);
        let gap = of("marts.target_gap");
        assert!(gap.contains(&("gap".to_owned(), "decimal(18,2)".to_owned())), "{gap:?}");
        let silent: Vec<String> = project
            .models()
            .filter(|model| !model.is_test() && !is_generated(&model.path) && columns_of(&model.sql).is_empty())
            .map(|model| model.name.to_string())
            .collect();
        assert!(silent.is_empty(), "{silent:?}");
        assert_eq!(columns_of("not a query"), []);
    }
}
