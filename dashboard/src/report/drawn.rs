//! The charts of a report: those of the pages, as they are on a wide screen.

use crate::charts::bars::{Against, Bar, bars};
use crate::charts::funnel::{Dot, Limits, funnel};
use crate::charts::rollout::rollout;
use crate::charts::strip::strip;
use crate::charts::{Screen, Words};
use crate::error::Result;
use crate::figures::{Figure, Status};
use crate::format;
use crate::pages::curve;
use crate::pages::district::{Funnel, in_funnel, telling};
use crate::pages::evaluation::{Score, ranking};
use crate::pages::parts;
use crate::report::Chart;
use crate::report::ground::Ground;

/// The chart of a drawing; none where there is nothing to draw.
fn chart(words: Words, note: String, drawn: Option<String>) -> Option<Chart> {
    Some(Chart { title: words.title, note, said: words.description, svg: without_spots(&drawn?) })
}

/// The roll-out curve of the city or of a district.
pub async fn of_rollout(ground: &Ground<'_>) -> Result<Option<Chart>> {
    let lang = ground.lang;
    let district = if ground.is_city() { "" } else { &ground.subject.id };
    let days = curve::days(ground.scoped, district).await?;
    let deadline = curve::deadline(ground.scoped).await?;
    let said = |day: &crate::charts::rollout::Day| {
        lang.with("city.summary.started", &[&format::whole(day.started), &format::whole(day.schools)])
    };
    let words =
        Words { title: lang.say("rollout.chart").to_owned(), description: days.last().map(said).unwrap_or_default() };
    let drawn = rollout(&days, deadline, lang, Screen::Wide, &words);
    Ok(chart(words, lang.say("rollout.note").to_owned(), drawn))
}

/// Units side by side by an indicator, with its target and the value of all.
pub fn of_units(ground: &Ground<'_>, code: &str, units: &[(String, Option<&Figure>)]) -> Option<Chart> {
    let lang = ground.lang;
    let unit = ground.unit(code);
    let whole = ground.figure(code);
    let value = |figure: &Option<&Figure>| figure.and_then(|figure| figure.value).unwrap_or(f64::MIN);
    let mut shown: Vec<&(String, Option<&Figure>)> = units.iter().collect();
    shown.sort_by(|(_, one), (_, other)| value(other).total_cmp(&value(one)));
    if !shown.iter().any(|(_, figure)| figure.is_some_and(|figure| figure.value.is_some())) {
        return None;
    }
    let label = |figure: &Option<&Figure>| {
        figure.map_or_else(|| lang.say("figure.none").to_owned(), |figure| figure.label(unit, lang))
    };
    let target = shown.iter().find_map(|(_, figure)| figure.as_ref()?.target);
    let ends =
        shown.iter().filter_map(|(_, figure)| *figure).flat_map(|one| [one.value, one.lower, one.upper]).flatten();
    let ends = parts::scale(ends.chain(target).chain(whole.and_then(|figure| figure.value)), unit.is_share());
    let line = |(name, figure): &&(String, Option<&Figure>)| Bar {
        name: name.clone(),
        value: figure.and_then(|figure| figure.value),
        interval: figure.and_then(|figure| figure.lower.zip(figure.upper)),
        status: figure.map_or(Status::Open, |figure| figure.status),
        label: label(figure),
        note: figure.and_then(Figure::coverage).map_or_else(String::new, |one| lang.with("coverage", &[&one])),
    };
    let lines: Vec<Bar> = shown.iter().map(line).collect();
    let against = Against {
        target: target.map(|target| (target, lang.with("target", &[&unit.write(target)]))),
        whole: whole.and_then(|figure| Some((figure.value?, lang.with("whole.city", &[&figure.label(unit, lang)])))),
        scale: [ends.0, ends.1].map(|end| (end, unit.write(end))),
    };
    let described: Vec<String> = shown.iter().map(|(name, figure)| format!("{name} {}", label(figure))).collect();
    let words = Words { title: lang.with("compare.title", &[ground.title(code)]), description: described.join(", ") };
    let period = shown.iter().find_map(|(_, figure)| *figure).map(|figure| ground.read(&figure.period));
    let note = [period.unwrap_or_default(), lang.say("compare.note").to_owned()].join(" · ");
    let drawn = bars(&lines, &against, Screen::Wide, &words);
    chart(words, note, drawn)
}

/// Where the schools stand by an indicator: a dot each, without names.
pub fn of_schools(ground: &Ground<'_>, code: &str, figures: &[&Figure], schools: usize) -> Option<Chart> {
    let lang = ground.lang;
    let unit = ground.unit(code);
    let dots: Vec<(f64, Status)> = figures.iter().filter_map(|figure| Some((figure.value?, figure.status))).collect();
    let target = figures.iter().find_map(|figure| figure.target);
    let target = target.map(|target| (target, lang.with("target", &[&unit.write(target)])));
    let whole_key = if ground.is_city() { "whole.city" } else { "whole.district" };
    let whole = ground.figure(code);
    let whole = whole.and_then(|figure| Some((figure.value?, lang.with(whole_key, &[&figure.label(unit, lang)]))));
    let count = |number: usize| format::whole(i64::try_from(number).unwrap_or(i64::MAX));
    let words = Words {
        title: lang.with("strip.title", &[ground.title(code)]),
        description: lang.with("strip.description", &[&count(dots.len()), &count(schools)]),
    };
    let note = words.description.clone();
    let drawn = strip(&dots, whole, target, |value| unit.write(value), Screen::Wide, &words);
    chart(words, note, drawn)
}

/// The funnel that tells most of the city's or the district's schools, with who is in it.
pub async fn of_funnel(ground: &Ground<'_>) -> Result<Option<(Chart, Funnel, String)>> {
    let lang = ground.lang;
    let level = ground.subject.level.code();
    let code = telling(ground.scoped, level, &ground.subject.id, &[ground.period.to_owned()]).await?;
    if code.is_empty() {
        return Ok(None);
    }
    let own = in_funnel(ground.scoped, level, &ground.subject.id, &code, ground.period).await?;
    let whole_key = if ground.is_city() { "whole.city" } else { "whole.district" };
    let limits = Limits {
        overall: (own.overall, lang.with(whole_key, &[&format::share(own.overall)])),
        spread: own.tau2,
        labels: ["95%".to_owned(), "99.8%".to_owned()],
        people: lang.say("funnel.people").to_owned(),
    };
    let count = |number: usize| format::whole(i64::try_from(number).unwrap_or(i64::MAX));
    let outside = own.schools.iter().filter(|school| school.dot.is_outside).count();
    let words = Words {
        title: lang.with("funnel.title", &[ground.title(&code), &ground.read(&own.period)]),
        description: lang.with("funnel.description", &[&count(own.schools.len()), &count(outside)]),
    };
    let widened = match own.tau2 > 0.0 {
        true => lang.with("funnel.widened", &[&format!("{:.1}", own.phi)]),
        false => lang.say("funnel.plain").to_owned(),
    };
    let note = format!("{}{widened}", words.description);
    let dots: Vec<Dot> = own.schools.iter().map(|school| school.dot.clone()).collect();
    let drawn = funnel(&dots, &limits, Screen::Wide, &words);
    Ok(chart(words, note, drawn).map(|chart| (chart, own, code)))
}

/// The scores with their ranges.
pub fn of_scores(ground: &Ground<'_>, units: &[Score]) -> Option<Chart> {
    let drawing = ranking(units, ground.period, ground.lang);
    let drawn = bars(&drawing.lines, &drawing.against, Screen::Wide, &drawing.words);
    chart(drawing.words, ground.say("evaluation.chart.note").to_owned(), drawn)
}

/// A drawing without the places that tell their value to a pointer: paper has none.
fn without_spots(svg: &str) -> String {
    let mut parts = svg.split("<rect ");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_spot = part.split('>').next().is_some_and(|tag| tag.contains("fill=\"transparent\""));
        match part.split_once("</rect>").filter(|_| is_spot) {
            Some((_, after)) => kept.push_str(after),
            None => kept.extend(["<rect ", part]),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::canvas::{Ink, Spot, dot, rectangle, sheet, with_spots};

    #[test]
    fn paper_has_no_spots() {
        let words = Words { title: "甲".to_owned(), description: String::new() };
        let drawn = sheet((20, 20), "wide", &words, |area| {
            rectangle(area, (1, 1), (4, 4), Ink::Wash);
            dot(area, (5, 5), 3, Ink::Accent);
        });
        let spot = |x| Spot { corner: (x, 2), size: (3, 4), words: format!("第{x}小学") };
        let told = with_spots(&drawn, &[spot(1), spot(9)]);
        assert_eq!(told.matches("小学").count(), 2);
        let paper = without_spots(&told);
        assert!(!paper.contains("小学") && paper.ends_with("</svg>"), "{paper}");
        assert_eq!(paper.matches("<rect").count(), drawn.matches("<rect").count(), "a drawn rectangle stays: {paper}");
    }
}
