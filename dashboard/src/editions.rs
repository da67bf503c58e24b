//! The releases one after another: what each rests on, and what made it differ from the one before.

use chrono::NaiveDate;
use ingest::form::forms;
use serde::Serialize;
use warehouse::Warehouse;
use warehouse::release::Release;
use warehouse::session::{Limits, register, session};
use warehouse::table::TableName;

use crate::difference::{Kind, changed_files};
use crate::error::Result;
use crate::rows::Rows;

/// A release and what it rests on.
#[derive(Debug, Clone, Serialize)]
pub struct Edition {
    /// Its number.
    pub release: u64,
    /// When it was made, RFC 3339 in UTC.
    pub made_at: String,
    /// The date that lateness was judged against.
    pub today: NaiveDate,
    /// Whether the city declared it official.
    pub official: bool,
    /// What the city says of it.
    pub note: String,
    /// How many schools had reported something; none where the release lacks the table.
    pub schools_reported: Option<i64>,
    /// How many schools the register had.
    pub schools: Option<i64>,
    /// How many findings were open.
    pub findings_open: Option<i64>,
    /// What made it differ from the release before; none for the first.
    pub since: Option<Since>,
}

/// What made a release differ from the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Since {
    /// The release before.
    pub release: u64,
    /// The date before, where it is another one.
    pub today: Option<NaiveDate>,
    /// How many submissions came in, rejected ones and withdrawals too.
    pub submissions: u64,
    /// How many steps of cases were taken.
    pub case_steps: u64,
    /// The SQL files that differ.
    pub sql: Vec<(String, Kind)>,
    /// The reference tables that were loaded anew.
    pub reference: Vec<String>,
}

/// The newest releases, so many, oldest first; and how many older ones are left out.
pub async fn editions(warehouse: &Warehouse, newest: Option<usize>) -> Result<(Vec<Edition>, usize)> {
    let releases = warehouse.releases().await?;
    let left_out = newest.map_or(0, |newest| releases.len().saturating_sub(newest));
    let mut editions = Vec::new();
    for (at, release) in releases.iter().enumerate().skip(left_out) {
        let before = at.checked_sub(1).map(|before| &releases[before]);
        let since = match before {
            Some(before) => Some(since(warehouse, before, release).await?),
            None => None,
        };
        editions.push(edition(warehouse, release, since).await?);
    }
    Ok((editions, left_out))
}

async fn edition(warehouse: &Warehouse, release: &Release, since: Option<Since>) -> Result<Edition> {
    let register_form = forms().iter().find(|form| form.is_register()).map_or("", |form| form.name.as_str());
    let reported = format!(
        "select count(distinct school_id) as number from slice where state in ('reported', 'zero') and form <> '{register_form}'"
    );
    let open = "select count(*) as number from finding where ended is null";
    let schools = "select count(*) as number from school";
    Ok(Edition {
        release: release.release,
        made_at: release.made_at.clone(),
        today: release.today,
        official: release.official,
        note: release.note.clone(),
        schools_reported: count(warehouse, release, "slice", &reported).await?,
        schools: count(warehouse, release, "school", schools).await?,
        findings_open: count(warehouse, release, "finding", open).await?,
        since,
    })
}

/// A number told from one mart of a release; none where the release lacks it.
async fn count(warehouse: &Warehouse, release: &Release, table: &str, sql: &str) -> Result<Option<i64>> {
    let name = TableName::new("marts", table);
    let Some(version) = release.tables.get(&name) else { return Ok(None) };
    let context = session(&Limits::default())?;
    warehouse.attach(&context);
    let snapshot = warehouse.snapshot(&name, Some(*version)).await?;
    register(&context, &TableName::new(warehouse::session::PLAIN, table), warehouse.provider(snapshot))?;
    let batches = context.sql(sql).await?.collect().await?;
    let rows = Rows::read(&batches).map_err(datafusion::error::DataFusionError::from)?;
    Ok(rows.first().map(|row| row.count("number")))
}

async fn since(warehouse: &Warehouse, before: &Release, after: &Release) -> Result<Since> {
    let differs = |name: &&TableName| name.schema == "reference" && before.tables.get(*name) != after.tables.get(*name);
    Ok(Since {
        release: before.release,
        today: Some(before.today).filter(|today| *today != after.today),
        submissions: rows_more(warehouse, before, after, "submission").await?,
        case_steps: rows_more(warehouse, before, after, "case_event").await?,
        sql: changed_files(before, after),
        reference: after.tables.keys().filter(differs).map(|name| name.table.clone()).collect(),
    })
}

/// How many rows a table of facts has more: it is only added to.
async fn rows_more(warehouse: &Warehouse, before: &Release, after: &Release, table: &str) -> Result<u64> {
    let name = TableName::new("facts", table);
    let versions = [before, after].map(|release| release.tables.get(&name).copied());
    if versions[0] == versions[1] {
        return Ok(0);
    }
    let mut rows = [0, 0];
    for (count, version) in rows.iter_mut().zip(versions) {
        if let Some(version) = version {
            *count = warehouse.snapshot(&name, Some(version)).await?.rows();
        }
    }
    Ok(rows[1].saturating_sub(rows[0]))
}
