//! The releases: the current one, and those that were published before. Those between official ones are the city's own affair.

use futures::future::BoxFuture;
use serde_json::{Value, json};
use warehouse::official::Official;

use super::BEGIN;
use crate::api::door::Needs;
use crate::api::listing::{Page, held};
use crate::api::parameter::{Kind, Parameter};
use crate::api::problem::Problem;
use crate::api::shape::{Field, Of, Shape};
use crate::api::{Answer, Ask, Resource};
use crate::scope::Scope;

/// Of which release an answer is.
pub static TOLD: Shape = Shape {
    name: "Release",
    fields: &[
        Field::new("release", Of::Whole, "版本号", "Its number"),
        Field::new("made_at", Of::Moment, "生成时刻", "When it was made"),
        Field::new("today", Of::Date, "数据日期，迟早按它判断", "The date that lateness was judged against"),
        Field::new("official", Of::YesNo, "是否正式数据", "Whether the city declared it official"),
    ],
};

static DECLARED: Shape = Shape {
    name: "Declaration",
    fields: &[
        Field::new("period", Of::Text, "统计期", "Period"),
        Field::maybe("note", Of::Text, "说明", "What the city says of it"),
        Field::new("on", Of::Date, "公布日期", "On which day"),
    ],
};

static RELEASE: Shape = Shape {
    name: "ReleaseWithDeclarations",
    fields: &[
        Field::new("release", Of::Whole, "版本号", "Its number"),
        Field::new("made_at", Of::Moment, "生成时刻", "When it was made"),
        Field::new("today", Of::Date, "数据日期", "The date that lateness was judged against"),
        Field::new("official", Of::YesNo, "是否正式数据", "Whether the city declared it official"),
        Field::new(
            "declared",
            Of::List(&DECLARED),
            "作为哪些统计期的正式数据",
            "For which periods it is the official one",
        ),
    ],
};

/// Releases.
pub static LIST: Resource = Resource {
    name: "listReleases",
    group: &BEGIN,
    needs: Needs::Data,
    path: &[],
    query: &[],
    answer: Answer::List(&RELEASE, list),
    zh: "已发布的版本，新的在前；市局之外只列当前版和正式版",
    en: "What was published, newest first; to others than the city the current release and official ones",
};

/// The current release.
pub static CURRENT: Resource = Resource {
    name: "getCurrentRelease",
    group: &BEGIN,
    needs: Needs::Data,
    path: &[],
    query: &[],
    answer: Answer::One(&RELEASE, current),
    zh: "当前版本",
    en: "The current release",
};

/// A release.
pub static ONE: Resource = Resource {
    name: "getRelease",
    group: &BEGIN,
    needs: Needs::Data,
    path: &[Parameter {
        name: "release",
        kind: Kind::Whole { least: 1, most: 1_000_000_000, default: None },
        zh: "版本号",
        en: "Its number",
    }],
    query: &[],
    answer: Answer::One(&RELEASE, one),
    zh: "一个版本",
    en: "A release",
};

fn list(ask: &Ask) -> BoxFuture<'_, Result<Page, Problem>> {
    Box::pin(async move {
        let all = all(ask).await?.into_iter().map(|(number, release)| (number.to_string(), release));
        Ok(held(all.collect(), ask))
    })
}

fn current(ask: &Ask) -> BoxFuture<'_, Result<Value, Problem>> {
    Box::pin(async move { find(ask, ask.release.release).await })
}

fn one(ask: &Ask) -> BoxFuture<'_, Result<Value, Problem>> {
    Box::pin(async move {
        let number = ask.path.get("release").and_then(|text| text.parse().ok()).ok_or_else(Problem::not_here)?;
        find(ask, number).await
    })
}

async fn find(ask: &Ask, number: u64) -> Result<Value, Problem> {
    let found = all(ask).await?.into_iter().find(|(one, _)| *one == number);
    found.map(|(_, release)| release).ok_or_else(Problem::not_here)
}

/// The releases in sight up to the one that is asked, newest first.
async fn all(ask: &Ask) -> Result<Vec<(u64, Value)>, Problem> {
    let officials = ask.app.releases.officials();
    let newest = &ask.release;
    let declared = |number: u64| -> Vec<Value> {
        let own = |one: &&Official| one.release == number;
        let note = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
        officials
            .iter()
            .filter(own)
            .map(|one| json!({ "period": one.period, "note": note(&one.note), "on": one.on }))
            .collect()
    };
    let told = |number: u64, made_at: &str, today: chrono::NaiveDate, official: bool| {
        let own = declared(number);
        let official = official || !own.is_empty();
        json!({ "release": number, "made_at": made_at, "today": today, "official": official, "declared": own })
    };
    let mut all = vec![(newest.release, told(newest.release, &newest.made_at, newest.today, newest.official))];
    if let Some(warehouse) = ask.app.releases.warehouse() {
        let earlier = warehouse.releases().await?.into_iter().rev().filter(|one| one.release < newest.release);
        let seen = earlier.filter(|one| ask.scoped.scope == Scope::City || one.official);
        all.extend(seen.map(|one| (one.release, told(one.release, &one.made_at, one.today, one.official))));
    }
    Ok(all)
}
