//! Puts the sections of a report together.

use crate::catalog::Catalogue;
use crate::error::Result;
use crate::format;
use crate::pages::layout::made_at;
use crate::report::ask::{Level, Subject};
use crate::report::found::findings;
use crate::report::ground::Ground;
use crate::report::owed::owed;
use crate::report::standing::Standing;
use crate::report::{Block, Report, Section, compare, headline, methods, money, score};
use crate::scope::Scoped;
use crate::words::Lang;

/// The report of a unit, from what the unit itself sees.
pub async fn compose(
    scoped: &Scoped,
    catalogue: &Catalogue,
    subject: &Subject,
    period: &str,
    standing: &Standing,
    made_up: bool,
    lang: Lang,
) -> Result<Report> {
    debug_assert_eq!(scoped.scope, subject.scope(), "a report is composed for the unit's own eyes");
    let ground = Ground::of(scoped, catalogue, subject, period, lang).await?;
    let edition = &scoped.edition;
    let t = |key| lang.say(key);
    let (found, owed) = (findings(&ground).await?, owed(&ground).await?);
    let mut summary = Vec::new();
    summary.extend(about(&ground).await?);
    summary.extend(headline::sentences(&ground));
    summary.extend([found.said, owed.said].into_iter().filter(|said| !said.is_empty()));
    let compared = match subject.level {
        Level::City => t("city.compare"),
        Level::District => t("district.schools"),
        Level::School => t("similar.title"),
    };
    let parts: Vec<(&'static str, &str, Vec<Block>)> = vec![
        ("summary", t("printed.summary"), vec![Block::List { items: summary }]),
        ("figures", t("printed.headline"), headline::figures(&ground)),
        ("compare", compared, compare::section(&ground).await?),
        ("score", t("nav.evaluation"), score::section(&ground).await?),
        ("gaps", t("evaluation.gaps"), headline::gaps(&ground).await?),
        ("money", t("printed.money"), money::section(&ground).await?),
        ("findings", t("nav.findings"), found.blocks),
        ("owed", t("printed.owed"), owed.blocks),
        ("methods", t("printed.methods"), methods::methods(&ground).await?),
        ("appendix", t("printed.appendix"), methods::appendix(&ground).await?),
    ];
    let sections = parts
        .into_iter()
        .enumerate()
        .map(|(at, (id, title, blocks))| Section { id, title: numbered(at + 1, title, lang), blocks })
        .collect();
    let mut facts = vec![
        (t("unit").to_owned(), named(subject)),
        (t("period").to_owned(), ground.read(period)),
        (t("printed.today").to_owned(), format::date(edition.today, lang)),
        (
            t("layout.release.head").to_owned(),
            lang.with("printed.release", &[&edition.number.to_string(), &made_at(&edition.made_at)]),
        ),
        (t("printed.standing").to_owned(), standing.said(edition.number, period, lang)),
        (t("printed.basis").to_owned(), t("printed.basis.said").to_owned()),
    ];
    facts.retain(|(_, value)| !value.is_empty());
    Ok(Report {
        lang: lang.tag(),
        title: t("printed.title").to_owned(),
        unit: subject.name.clone(),
        unit_id: subject.id.clone(),
        period: period.to_owned(),
        period_said: ground.read(period),
        release: edition.number,
        made_at: edition.made_at.clone(),
        today: edition.today,
        warning: made_up.then(|| format!("{} {}", t("layout.made_up"), t("layout.made_up.more"))),
        facts,
        header: lang.with("printed.header", &[&subject.name, &ground.read(period), &edition.number.to_string()]),
        numbering: t("printed.numbering").to_owned(),
        contents: t("printed.contents").to_owned(),
        sections,
    })
}

/// The unit with its code, where it has one that others know.
fn named(subject: &Subject) -> String {
    match subject.level {
        Level::City => subject.name.clone(),
        _ => format!("{} · {}", subject.name, subject.id),
    }
}

/// What the unit is, in a sentence.
async fn about(ground: &Ground<'_>) -> Result<Option<String>> {
    let lang = ground.lang;
    if ground.subject.level != Level::School {
        let sql = "select count(*) as schools, sum(pupils) as pupils, sum(enrolled) as enrolled from marts.school";
        let rows = ground.scoped.query(sql, &[]).await?;
        let number = |name| rows.first().and_then(|row| row.whole(name)).map_or_else(|| "–".to_owned(), format::whole);
        let parts = [ground.subject.name.clone(), number("schools"), number("pupils"), number("enrolled")];
        return Ok(Some(lang.with("printed.sum.about", &parts.each_ref().map(String::as_str))));
    }
    let sql = "select pupils, enrolled, started_on from marts.school where school_id = $1";
    let rows = ground.scoped.query(sql, &[&ground.subject.id]).await?;
    Ok(rows.first().map(|row| {
        let number = |name| row.whole(name).map_or_else(|| "–".to_owned(), format::whole);
        let started = match row.date("started_on") {
            Some(day) => lang.with("printed.sum.started", &[&format::date(day, lang)]),
            None => lang.say("printed.sum.not_started").to_owned(),
        };
        lang.with("printed.sum.school", &[&started, &number("pupils"), &number("enrolled")])
    }))
}

/// `三、主要指标`, `3. Headline figures`
fn numbered(at: usize, title: &str, lang: Lang) -> String {
    const NUMERALS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    match (lang, NUMERALS.get(at - 1)) {
        (Lang::Zh, Some(numeral)) => format!("{numeral}、{title}"),
        _ => format!("{at}. {title}"),
    }
}
