//! What changed since the release before, as the overview tells it.

use maud::{Markup, html};

use crate::difference::Causes;
use crate::format;
use crate::pages::layout::Frame;
use crate::routes;
use crate::since::{Changed, Moved, Told};
use crate::words::Lang;

/// The section; nothing where there is no earlier release.
pub fn section(told: &Told, frame: &Frame) -> Markup {
    let lang = frame.lang;
    let said = |key| html! { section #since { h2 { (lang.say("since.title")) } p.empty { (lang.say(key)) } } };
    match told {
        Told::Nothing => html! {},
        Told::Soon => said("since.soon"),
        Told::Failed => said("since.failed"),
        Told::Changed(changed) => html! {
            section #since {
                h2 {
                    (lang.with(
                        if changed.before_is_official { "since.official" } else { "since.release" },
                        &[&changed.before.to_string()],
                    ))
                }
                (went_in(changed, lang))
                @if changed.figures_new > 0 { p { (lang.with("since.new", &[&changed.figures_new.to_string()])) } }
                @if !changed.figures.is_empty() { (figures(changed, frame)) }
                @else if changed.figures_new == 0 { p.empty { (lang.say("since.same")) } }
            }
        },
    }
}

/// What went in otherwise, and what became of the findings.
fn went_in(changed: &Changed, lang: Lang) -> Markup {
    let whole = |number: usize| format::whole(i64::try_from(number).unwrap_or(i64::MAX));
    let [new, corrected, withdrawn, rejected] = changed.slices.map(whole);
    let [opened, reopened, ended, otherwise] = changed.findings.map(whole);
    html! {
        ul.plain {
            li { (lang.with("since.slices", &[&new, &corrected, &withdrawn, &rejected])) }
            li { (lang.with("since.findings", &[&opened, &reopened, &ended, &otherwise])) }
            @if let Some(day) = changed.before_today {
                li { (lang.with("since.today", &[&format::date(day, lang)])) }
            }
            @if !changed.sql.is_empty() { li { (lang.with("since.sql", &[&changed.sql.join(", ")])) } }
            @if !changed.reference.is_empty() {
                li { (lang.with("since.reference", &[&changed.reference.join(", ")])) }
            }
            @if changed.case_steps > 0 {
                li { (lang.with("since.case_steps", &[&format::whole(i64::try_from(changed.case_steps).unwrap_or(i64::MAX))])) }
            }
        }
    }
}

fn figures(changed: &Changed, frame: &Frame) -> Markup {
    let lang = frame.lang;
    html! {
        div.scroll tabindex="0" {
            table {
                thead {
                    tr {
                        th { (lang.say("indicator")) }
                        th { (lang.say("period")) }
                        th.number { (lang.say("since.before")) }
                        th.number { (lang.say("since.after")) }
                        th.number { (lang.say("since.by")) }
                        th { (lang.say("since.causes")) }
                    }
                }
                tbody { @for moved in &changed.figures { (line(moved, frame)) } }
            }
        }
        @if changed.figures_more > 0 {
            p.small { (lang.with("since.more", &[&changed.figures_more.to_string()])) }
        }
        p.small { (lang.say("since.note")) }
    }
}

fn line(moved: &Moved, frame: &Frame) -> Markup {
    let lang = frame.lang;
    let unit = frame.catalogue.unit(&moved.indicator);
    let write =
        |value: Option<f64>| value.map_or_else(|| lang.say("figure.none").to_owned(), |value| unit.write(value));
    html! {
        tr {
            th scope="row" { (frame.catalogue.indicator_title(&moved.indicator, lang)) }
            td.nowrap { (format::period(&moved.period, lang)) }
            td.number { (write(moved.before)) }
            td.number {
                @if moved.after.is_some() {
                    a href=(routes::figure(&moved.indicator, "city", &moved.period)) { (write(moved.after)) }
                } @else { (write(moved.after)) }
            }
            td.number {
                @if let (Some(before), Some(after)) = (moved.before, moved.after) { (unit.difference(after - before, lang)) }
            }
            td { (causes(&moved.causes, lang)) }
        }
    }
}

fn causes(causes: &Causes, lang: Lang) -> String {
    let mut said = Vec::new();
    if causes.slices_in_all > 0 {
        said.push(lang.with("since.cause.slices", &[&causes.slices_in_all.to_string()]));
    }
    said.extend(causes.sql.iter().map(|path| format!("sql/{path}")));
    said.extend(causes.reference.iter().cloned());
    if causes.case_steps {
        said.push(lang.say("since.cause.case_steps").to_owned());
    }
    if causes.today {
        said.push(lang.say("since.cause.today").to_owned());
    }
    said.join(lang.say("list.comma"))
}
