//! What the API has, for people: its description as a page, in the reader's language. It needs no log-in.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use serde_json::Value;

use crate::api::description;
use crate::api::problem::KINDS;
use crate::pages::layout::{Frame, page};
use crate::routes;
use crate::visit::{App, Visitor};

/// What the page shows.
struct DescribedPage {
    frame: Frame,
    description: &'static Value,
}

/// `/api`
pub async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Markup {
    let description = &description::of(visitor.lang).value;
    DescribedPage { frame: visitor.frame(&app), description }.template()
}

/// A text of the description; empty where there is none.
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

impl DescribedPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let address = routes::with(routes::API_DESCRIPTION, &[("lang", lang.code())]);
        page(
            &self.frame,
            t("api.title"),
            html! {
                header.head {
                    h1 { (t("api.title")) }
                    p.dek { (text(&self.description["info"], "description")) }
                    p {
                        a href=(routes::TOKENS) { (t("tokens.title")) }
                        " · "
                        a href=(address) { (t("api.description")) }
                    }
                    div.scroll tabindex="0" { pre { code { "curl -H 'Authorization: Bearer kehou_…' 'http://…/api/v1/values?indicator=C03&level=district'" } } }
                }
                @for group in list(&self.description["tags"]) { (self.group(group)) }
                section #errors {
                    h2 { (t("api.problems")) }
                    div.scroll tabindex="0" {
                        table {
                            thead { tr { th { (t("api.problem")) } th.number { (t("api.status")) } th { (t("api.meaning")) } } }
                            tbody { @for kind in &KINDS { tr id=(kind.name) {
                                th scope="row" { code { (kind.name) } }
                                td.number { (kind.status.as_str()) }
                                td { (kind.said(lang)) }
                            } } }
                        }
                    }
                }
            },
        )
    }

    fn group(&self, group: &Value) -> Markup {
        let name = text(group, "name");
        let paths = self.description["paths"].as_object();
        let own = |operation: &&Value| list(&operation["tags"]).iter().any(|tag| tag == name);
        let mut all: Vec<(&String, &Value)> = paths
            .into_iter()
            .flatten()
            .map(|(path, item)| (path, &item["get"]))
            .filter(|(_, operation)| own(operation))
            .collect();
        all.sort_by_key(|(path, _)| routes::RESOURCES.iter().position(|(one, _)| one == path));
        html! {
            section id=(name) {
                h2 { (text(group, "description")) }
                @for (path, operation) in all { (self.operation(path, operation)) }
            }
        }
    }

    fn operation(&self, path: &str, operation: &Value) -> Markup {
        let t = |key| self.frame.lang.say(key);
        let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let fields = self.fields(answer);
        html! {
            div.operation id=(text(operation, "operationId")) {
                h3 { code { "GET " (path) } }
                p { strong { (text(operation, "summary")) } " " span.small { (text(operation, "description")) } }
                @if !list(&operation["parameters"]).is_empty() {
                    div.scroll tabindex="0" {
                        table {
                            caption { (t("api.parameters")) }
                            thead { tr { th { (t("api.name")) } th { (t("api.meaning")) } th { (t("api.values")) } } }
                            tbody { @for one in list(&operation["parameters"]) { tr {
                                th scope="row" { code { (text(one, "name")) } }
                                td { (text(one, "description")) }
                                td { (self.values(&one["schema"], &one["example"])) }
                            } } }
                        }
                    }
                }
                @if !fields.is_empty() {
                    details {
                        summary { (t("api.fields")) }
                        div.scroll tabindex="0" {
                            table {
                                thead { tr { th { (t("api.name")) } th { (t("api.meaning")) } th { (t("api.values")) } } }
                                tbody { @for (name, schema) in fields { tr {
                                    th scope="row" { code { (name) } }
                                    td { (text(schema, "description")) }
                                    td { (self.values(schema, &Value::Null)) }
                                } } }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The fields of an answer's entries, those of objects within them after a dot.
    fn fields<'a>(&'a self, answer: &'a Value) -> Vec<(String, &'a Value)> {
        let whole = self.resolved(answer);
        let entry = match (&whole["properties"]["items"], &whole["properties"]["item"]) {
            (Value::Null, Value::Null) => whole,
            (Value::Null, item) => self.resolved(item),
            (items, _) => self.resolved(&items["items"]),
        };
        let mut found = Vec::new();
        self.gather("", entry, 0, &mut found);
        found
    }

    fn gather<'a>(&'a self, before: &str, schema: &'a Value, depth: usize, found: &mut Vec<(String, &'a Value)>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let name = format!("{before}{name}");
            let inner = match &property["items"] {
                Value::Null => self.resolved(property),
                items => self.resolved(items),
            };
            if depth < 2 && inner["properties"].is_object() {
                let mark = if property["items"].is_null() { "." } else { "[]." };
                self.gather(&format!("{name}{mark}"), inner, depth + 1, found);
            } else {
                found.push((name, property));
            }
        }
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let name = text(schema, "$ref").rsplit('/').next().unwrap_or_default();
        if name.is_empty() { schema } else { &self.description["components"]["schemas"][name] }
    }

    /// What may stand in a value.
    fn values(&self, schema: &Value, example: &Value) -> Markup {
        let t = |key| self.frame.lang.say(key);
        let schema = self.resolved(schema);
        let (mut kinds, is_null) = match &schema["type"] {
            Value::String(kind) => (vec![kind.as_str()], false),
            Value::Array(all) => (all.iter().filter_map(Value::as_str).collect(), true),
            _ => (Vec::new(), false),
        };
        kinds.retain(|kind| *kind != "null");
        let kind = match (kinds.first().copied().unwrap_or_default(), text(schema, "format")) {
            ("string", "date") => t("api.type.date"),
            ("string", "date-time") => t("api.type.moment"),
            ("integer", _) => t("api.type.whole"),
            ("number", _) => t("api.type.number"),
            ("boolean", _) => t("api.type.yes_no"),
            ("array", _) => t("api.type.list"),
            ("object" | "", _) => t("api.type.object"),
            _ if text(schema, "pattern").contains("\\.") => t("api.type.decimal"),
            _ => t("api.type.text"),
        };
        let choices: Vec<&str> = list(&schema["enum"]).iter().filter_map(Value::as_str).collect();
        html! {
            @if choices.is_empty() { (kind) } @else {
                @for (at, one) in choices.iter().enumerate() { @if at > 0 { " · " } code { (one) } }
            }
            @if let (Some(least), Some(most)) = (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
                " " (least) "–" (most)
            }
            @if is_null { " " span.small { (t("api.or_null")) } }
            @if choices.is_empty() && !example.is_null() {
                " " span.small { (t("api.example")) " " code { (example.as_str().map_or_else(|| example.to_string(), str::to_owned)) } }
            }
        }
    }
}
