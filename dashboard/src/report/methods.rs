//! How the figures are made, and how somebody else makes them again.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::explain::proof::form_title;
use crate::format;
use crate::pages::layout::made_at;
use crate::report::ground::Ground;
use crate::report::{Block, Cell, Column, Line, Table};

/// Definitions of the indicators that the report has, and what its words mean.
pub async fn methods(ground: &Ground<'_>) -> Result<Vec<Block>> {
    let lang = ground.lang;
    let policy = ground.scoped.query("select key, value from marts.policy_now", &[]).await?;
    let value = |key: &str| policy.iter().find(|row| row.text("key") == key).map(|row| row.text("value").to_owned());
    let columns = vec![
        Column::words(lang.say("indicator"), 3),
        Column::words(lang.say("indicator.formula"), 7),
        Column::words(lang.say("finding.clause"), 2),
        Column::number(lang.say("target.head")),
    ];
    let row = |code: &String| {
        let entry = ground.catalogue.indicator(code);
        let said = |key| entry.map_or("", |entry| entry.said(key, lang));
        let target = ground.figure(code).and_then(|figure| figure.target);
        Line::of(vec![
            Cell::of(format!("{code} {}", ground.title(code))),
            Cell::of(said("formula")),
            Cell::of(said("clause")),
            Cell::of(target.map(|target| ground.unit(code).write(target)).unwrap_or_default()),
        ])
    };
    let rows = ground.codes().iter().map(row).collect();
    let caption = lang.say("printed.methods.table").to_owned();
    let mut items =
        vec![lang.say("printed.methods.coverage").to_owned(), lang.say("printed.methods.interval").to_owned()];
    if let Some(near) = value("near_share").and_then(|near| near.parse::<f64>().ok()) {
        items.push(lang.with("printed.methods.status", &[&format::share(near)]));
    }
    items.push(lang.say("printed.methods.period").to_owned());
    items.push(lang.say("printed.methods.funnel").to_owned());
    items.push(lang.say("printed.methods.score").to_owned());
    items.push(lang.say("printed.methods.findings").to_owned());
    if let Some(least) = value("min_cell") {
        items.push(lang.with("printed.methods.withheld", &[&least]));
    }
    Ok(vec![Block::List { items }, Block::Table(Table { caption, columns, rows })])
}

/// Where the figures come from, and the commands that give them again.
pub async fn appendix(ground: &Ground<'_>) -> Result<Vec<Block>> {
    let lang = ground.lang;
    let edition = &ground.scoped.edition;
    let release = edition.number.to_string();
    let mut facts = vec![
        (lang.say("layout.release.head"), release.clone()),
        (lang.say("printed.made_at"), made_at(&edition.made_at)),
        (lang.say("printed.today"), format::date(edition.today, lang)),
    ];
    // A release of the tests' city was computed by nothing.
    if !edition.fingerprints.is_empty() {
        let mut hash = Sha256::new();
        for (model, fingerprint) in edition.fingerprints.iter() {
            hash.update(format!("{model} {fingerprint}\n"));
        }
        let count = format::whole(i64::try_from(edition.fingerprints.len()).unwrap_or(i64::MAX));
        facts.push((lang.say("printed.models"), count));
        facts.push((lang.say("printed.fingerprint"), hex::encode(hash.finalize())));
    }
    facts.push((lang.say("printed.made_by"), format!("kehou {}", env!("CARGO_PKG_VERSION"))));
    let rows = facts.into_iter().map(|(name, value)| Line::of(vec![Cell::of(name), Cell::of(value)])).collect();
    let columns = vec![Column::words("", 2), Column::words("", 7)];
    let mut blocks = vec![Block::Table(Table { caption: lang.say("printed.data").to_owned(), columns, rows })];
    blocks.extend(sources(ground).await?.map(Block::Table));
    blocks.push(Block::heading(lang.say("printed.again")));
    blocks.push(Block::text(lang.say("printed.again.dek")));
    blocks.push(Block::Code { lines: commands(ground) });
    Ok(blocks)
}

/// What was accepted of each form for the unit's schools.
async fn sources(ground: &Ground<'_>) -> Result<Option<Table>> {
    let lang = ground.lang;
    let sql = "select form, count(distinct school_id) as schools, count(*) as slices from marts.slice
        where state in ('reported', 'zero') group by form";
    let rows = ground.scoped.query(sql, &[]).await?;
    let columns = vec![
        Column::words(lang.say("form"), 5),
        Column::numbers(lang.say("printed.owed.schools"), 2),
        Column::numbers(lang.say("printed.slices"), 2),
    ];
    let of = |name: &str| rows.iter().find(|row| row.text("form") == name);
    let read = |form: &ingest::form::Form| {
        let row = of(&form.name)?;
        Some(Line::of(vec![
            Cell::of(form_title(&form.name, lang)),
            Cell::of(format::whole(row.count("schools"))),
            Cell::of(format::whole(row.count("slices"))),
        ]))
    };
    let lines: Vec<Line> = ingest::form::forms().iter().filter_map(read).collect();
    let caption = lang.say("printed.sources").to_owned();
    Ok((!lines.is_empty()).then_some(Table { caption, columns, rows: lines }))
}

/// The commands, ready to be typed on the machine that has the warehouse.
fn commands(ground: &Ground<'_>) -> Vec<String> {
    let (level, unit, period) = (ground.subject.level.code(), &ground.subject.id, ground.period);
    let release = ground.scoped.edition.number;
    let codes = ground.codes();
    let first = codes.iter().find(|code| *code == "C03").or(codes.first()).map_or("C03", String::as_str);
    let explained = ground.figure(first).map_or(period, |figure| &figure.period);
    let mut query = String::new();
    write!(
        query,
        "kehou query \"select indicator, value, lower, upper, target, status, reported, expected from indicator_value \
         where level = '{level}' and unit_id = '{unit}' and period = '{period}' and dimension = '' order by indicator\" --release {release}"
    )
    .expect("writing into a string can't fail");
    vec![
        query,
        format!("kehou explain indicator {first} --unit {unit} --period {explained} --release {release}"),
        format!(
            "kehou report {unit} --period {period} --release {release} --lang {} -o report.pdf",
            ground.lang.code()
        ),
    ]
}
