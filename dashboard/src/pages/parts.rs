//! Pieces that several pages share: the choice of a month, a figure's tile, a status, a chart with its table.

use maud::{Markup, PreEscaped, html};

use crate::catalog::Catalogue;
use crate::charts::trend::trend;
use crate::charts::{Screen, Words};
use crate::error::Result;
use crate::figures::{Figure, Status, of_month};
use crate::format;
use crate::pages::given;
use crate::pages::heat::proof_link;
use crate::pages::layout::Frame;
use crate::period;
use crate::routes;
use crate::scope::Scoped;
use crate::words::Lang;

/// What the address chooses on pages with figures.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct Choice {
    /// The month, `2019-12`.
    pub month: String,
    /// The indicator that is compared.
    pub indicator: String,
    /// The column by which a table is sorted.
    pub sort: String,
}

/// The month chosen, or the last for which somebody reported; with all that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Months {
    /// All months with values, in order.
    pub all: Vec<String>,
    /// The one shown.
    pub chosen: String,
}

impl Months {
    /// The months of a unit's figures.
    pub fn of(figures: &[Figure], choice: &Choice, scoped: &Scoped) -> Months {
        let mut all: Vec<String> =
            figures.iter().filter(|figure| figure.period_type == "month").map(|figure| figure.period.clone()).collect();
        all.sort();
        all.dedup();
        let this_month = scoped.edition.today.format("%Y-%m").to_string();
        // Rosters come from everybody each month, so they tell which month has figures at all.
        let told = |month: &String| {
            figures.iter().any(|figure| {
                figure.period == *month
                    && ["C03", "C04"].contains(&figure.indicator.as_str())
                    && figure.reported.unwrap_or(0) > 0
            })
        };
        let usual = || all.iter().rfind(|month| **month < this_month && told(month)).or(all.last()).cloned();
        let chosen = if period::is_month(&choice.month) { choice.month.clone() } else { usual().unwrap_or(this_month) };
        Months { all, chosen }
    }

    /// The links to choose by.
    pub fn chooser(&self, address: &str, keep: &[(&str, &str)], lang: Lang) -> Markup {
        html! {
            nav.months aria-label=(lang.say("months.label")) {
                @for month in &self.all {
                    @let pairs = [&[("month", month.as_str())][..], keep].concat();
                    a href=(routes::with(address, &pairs)) aria-current=[(*month == self.chosen).then_some("true")] {
                        (format::period(month, lang))
                    }
                }
            }
        }
    }
}

/// A status as sign and word.
pub fn status(status: Status, lang: Lang) -> Markup {
    html! {
        @if status != Status::Open {
            span class={ "status " (status.key()) } {
                span aria-hidden="true" { (status.sign()) }
                " "
                (lang.say(&format!("status.{}", status.key())))
            }
        }
    }
}

/// On how many reports a figure rests.
pub fn coverage(figure: &Figure, lang: Lang) -> Markup {
    html! {
        @if let Some(coverage) = figure.coverage() {
            span.coverage.thin[figure.is_thin()] title=(lang.say("coverage.title")) {
                (lang.with("coverage", &[&coverage]))
            }
        }
    }
}

/// The groups of indicators by their code's first letter; the last is of all other letters, which are the city's own.
pub const GROUPS: [(&str, &str); 6] =
    [("C", "group.c"), ("S", "group.s"), ("F", "group.f"), ("K", "group.k"), ("E", "group.e"), ("", "group.own")];

/// The initial of the group that an indicator belongs to.
pub fn group_of(code: &str) -> &'static str {
    GROUPS.iter().map(|(initial, _)| *initial).find(|initial| code.starts_with(initial)).unwrap_or_default()
}

/// The tiles of a unit's indicators for a month, in groups.
pub fn tiles(figures: &[Figure], months: &Months, catalogue: &Catalogue, lang: Lang) -> Markup {
    let codes = crate::figures::indicators(figures);
    html! {
        @if !codes.iter().any(|code| of_month(figures, code, &months.chosen).is_some()) {
            p.empty { (lang.with("months.none", &[&format::period(&months.chosen, lang)])) }
        }
        div.groups { @for (initial, key) in GROUPS {
            @let own = codes.iter().filter(|code| initial == group_of(code));
            @let shown: Vec<_> = own.filter_map(|code| of_month(figures, code, &months.chosen)).collect();
            @if !shown.is_empty() {
                section.group {
                    h3 { (lang.say(key)) }
                    div.tiles { @for figure in shown { (tile(figure, figures, months, catalogue, lang)) } }
                }
            }
        } }
    }
}

fn tile(figure: &Figure, figures: &[Figure], months: &Months, catalogue: &Catalogue, lang: Lang) -> Markup {
    let unit = catalogue.unit(&figure.indicator);
    let title = catalogue.indicator_title(&figure.indicator, lang);
    let history: Vec<Option<f64>> =
        months.all.iter().map(|month| value_in(figures, &figure.indicator, month)).collect();
    let say = |(month, value): (&String, &Option<f64>)| {
        let value = value.map_or_else(|| lang.say("figure.none").to_owned(), |value| unit.write(value));
        format!("{} {value}", format::period(month, lang))
    };
    let said: Vec<String> = months.all.iter().zip(&history).map(say).collect();
    let words = Words { title: lang.with("trend.title", &[title]), description: said.join(", ") };
    let shown = months.all.iter().position(|month| *month == figure.period);
    html! {
        article class={ "tile " (figure.status.key()) } {
            h4 {
                a href=(routes::with(&routes::indicator(&figure.indicator), &[("month", &months.chosen)])) { (title) }
            }
            p.value {
                @if figure.value.is_some() { (proof_link(figure, unit, lang)) } @else { (figure.label(unit, lang)) }
            }
            p.facts {
                (status(figure.status, lang))
                @if let Some(target) = figure.target { span.target { (lang.with("target", &[&unit.write(target)])) } }
            }
            @if let (Some(line), "month") = (trend(&history, &said, shown, figure.target, &words), figure.period_type.as_str()) {
                (PreEscaped(line))
            }
            p.small { (format::period(&figure.period, lang)) " " (coverage(figure, lang)) }
        }
    }
}

/// An indicator's value of exactly this period.
pub fn value_in(figures: &[Figure], indicator: &str, period: &str) -> Option<f64> {
    figures.iter().find(|figure| figure.indicator == indicator && figure.period == period)?.value
}

/// A chart for both screens, with its title above and its table below.
pub fn chart(title: &str, note: &str, draw: impl Fn(Screen) -> Option<String>, table: Markup, lang: Lang) -> Markup {
    html! {
        figure {
            figcaption { strong { (title) } @if !note.is_empty() { span { (note) } } }
            @match (draw(Screen::Wide), draw(Screen::Narrow)) {
                (Some(wide), Some(narrow)) => { (PreEscaped(wide)) (PreEscaped(narrow)) }
                _ => p.empty { (lang.say("chart.empty")) }
            }
            details { summary { (lang.say("chart.table")) } div.scroll tabindex="0" { (table) } }
        }
    }
}

/// The same, with the chart and its table (by the name that the page has for it) as files.
pub fn given_chart(
    frame: &Frame,
    name: &str,
    title: &str,
    note: &str,
    draw: impl Fn(Screen) -> Option<String>,
    table: Markup,
) -> Markup {
    html! {
        div {
            (chart(title, note, draw, table, frame.lang))
            (given::chart_links(frame, title))
            (given::links(frame, name))
        }
    }
}

/// A part of a long list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which, from 1.
    pub number: i64,
    /// Entries of a part.
    pub size: i64,
    /// Entries of the list.
    pub all: i64,
}

impl Part {
    /// The part that an address names, or the nearest that there is.
    pub fn read(text: &str, size: i64, all: i64) -> Part {
        let last = (all - 1).max(0) / size + 1;
        Part { number: text.parse().unwrap_or(1).clamp(1, last), size, all }
    }

    /// `limit` and `offset` of its query.
    pub fn limit(self) -> String {
        format!("limit {} offset {}", self.size, self.skip())
    }

    /// How many entries stand before it.
    pub fn skip(self) -> i64 {
        (self.number - 1) * self.size
    }

    /// Links to the parts before and after; nothing where there is one part.
    pub fn pager(self, address: impl Fn(&str) -> String, lang: Lang) -> Markup {
        let (before, last) = ((self.number - 1) * self.size, (self.all - 1).max(0) / self.size + 1);
        let range = [before + 1, (before + self.size).min(self.all), self.all].map(format::whole);
        html! {
            @if last > 1 {
                nav.pager aria-label=(lang.say("pager")) {
                    @if self.number > 1 {
                        a rel="prev" href=(address(&(self.number - 1).to_string())) { "← " (lang.say("pager.before")) }
                    }
                    span { (lang.with("pager.where", &range.each_ref().map(String::as_str))) }
                    @if self.number < last {
                        a rel="next" href=(address(&(self.number + 1).to_string())) { (lang.say("pager.after")) " →" }
                    }
                }
            }
        }
    }
}

/// The form that chooses an indicator to compare by.
pub fn indicator_chooser(
    address: &str,
    codes: &[&str],
    chosen: &str,
    month: &str,
    catalogue: &Catalogue,
    lang: Lang,
) -> Markup {
    html! {
        form.chooser method="get" action=(address) {
            input type="hidden" name="month" value=(month);
            label for="indicator" { (lang.say("compare.by")) }
            select #indicator name="indicator" {
                @for code in codes {
                    option value=(code) selected[*code == chosen] { (code) " " (catalogue.indicator_title(code, lang)) }
                }
            }
            button type="submit" { (lang.say("show")) }
        }
    }
}

/// The indicator chosen, or the first of these that there is.
pub fn indicator_of<'a>(choice: &'a Choice, codes: &[&'a str]) -> &'a str {
    codes
        .iter()
        .find(|code| **code == choice.indicator)
        .or(codes.iter().find(|code| **code == "C03"))
        .or(codes.first())
        .copied()
        .unwrap_or("C03")
}

/// Codes and names of the districts in sight, in order.
pub async fn district_names(scoped: &Scoped, lang: Lang) -> Result<Vec<(String, String)>> {
    let rows =
        scoped.query("select district_code, name_zh, name_en from marts.district order by district_code", &[]).await?;
    let name = |row: crate::rows::Row<'_>| match lang {
        Lang::En if !row.text("name_en").is_empty() => row.text("name_en").to_owned(),
        _ => row.text("name_zh").to_owned(),
    };
    Ok(rows.iter().map(|row| (row.text("district_code").to_owned(), name(row))).collect())
}

/// The scale on which shares are compared: down to the least, but not so far that a small difference looks large.
pub fn scale(values: impl Iterator<Item = f64>, is_share: bool) -> (f64, f64) {
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return (0.0, 1.0);
    }
    let low = if low < 0.3 * high { 0.0 } else { low };
    if !is_share {
        return (low.min(0.0), high.max(low + f64::EPSILON));
    }
    let low = ((low - 0.02) * 20.0).floor() / 20.0;
    let high = (high * 20.0).ceil() / 20.0;
    (low.clamp(0.0, 0.9), high.max(low + 0.05))
}
