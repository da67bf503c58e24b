//! Cells, signs and legends by which tables tell good from bad: colour, and a sign beside each.

use maud::{Markup, html};

use crate::catalog::Unit;
use crate::figures::{Figure, Status};
use crate::routes;
use crate::words::Lang;

/// A severity as sign and word.
pub fn severity_badge(severity: &str, lang: Lang) -> Markup {
    let (class, key, sign) = match severity {
        "high" => ("high", "severity.high", "▲"),
        "medium" => ("medium", "severity.medium", "◆"),
        _ => ("low", "severity.low", "▽"),
    };
    html! { span class={ "severity " (class) } { span aria-hidden="true" { (sign) } " " (lang.say(key)) } }
}

/// A cell coloured by how its value stands to the target, with the sign of a miss.
pub fn heat_cell(figure: Option<&Figure>, unit: Unit, lang: Lang) -> Markup {
    let Some(figure) = figure.filter(|figure| figure.value.is_some()) else {
        return html! { td.number.g-void { "–" } };
    };
    let coverage = figure.coverage().map(|coverage| lang.with("coverage", &[&coverage])).unwrap_or_default();
    let status = lang.say(&format!("status.{}", figure.status.key()));
    html! {
        td class={ "number " (figure.heat().class()) } title={ (status) " " (coverage) } {
            @if figure.is_thin() { abbr title=(lang.say("coverage.thin")) { "*" } }
            (proof_link(figure, unit, lang))
            @if figure.status == Status::Missed { span.sign aria-hidden="true" { (figure.status.sign()) } }
        }
    }
}

/// A figure as a link to where it comes from.
pub fn proof_link(figure: &Figure, unit: Unit, lang: Lang) -> Markup {
    html! {
        a.proof-link href=(routes::figure(&figure.indicator, &figure.unit_id, &figure.period)) { (figure.label(unit, lang)) }
    }
}

/// What the colours of tiles and cells mean.
pub fn heat_legend(lang: Lang) -> Markup {
    const STEPS: [(&str, &str); 6] = [
        ("g-met", "heat.met"),
        ("g-near", "heat.near"),
        ("g-missed", "heat.missed"),
        ("g-low", "heat.low"),
        ("g-lowest", "heat.lowest"),
        ("g-void", "heat.void"),
    ];
    html! {
        ul.legend {
            @for (class, key) in STEPS {
                li { span class={ "swatch " (class) } aria-hidden="true" {} " " (lang.say(key)) }
            }
        }
    }
}
