//! What went into two releases otherwise: slices, SQL files, reference tables, casework, the date.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use ingest::form::form;
use ingest::receipt::Receipt;
use serde::Serialize;
use transform::project::{Project, is_generated};
use warehouse::release::Release;
use warehouse::table::TableName;

use super::Kind;
use super::sides::Sides;
use crate::error::Result;
use crate::rows::Row;

/// What went in otherwise.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Changes {
    /// The date that lateness is judged against, before and after.
    pub today: Option<[NaiveDate; 2]>,
    /// The slices for which something came in between.
    pub slices: Vec<SliceChange>,
    /// The SQL files that were added, removed or changed.
    pub sql: Vec<FileChange>,
    /// The reference tables whose rows differ.
    pub reference: Vec<ReferenceChange>,
    /// How many steps of cases were taken in between.
    pub case_steps: u64,
}

impl Changes {
    /// Whether nothing went in otherwise.
    pub fn is_empty(&self) -> bool {
        let Changes { today, slices, sql, reference, case_steps } = self;
        today.is_none() && slices.is_empty() && sql.is_empty() && reference.is_empty() && *case_steps == 0
    }
}

/// What the submissions in between did to a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It had not been accepted before.
    New,
    /// Another submission counts.
    Corrected,
    /// What counted was taken back.
    Withdrawn,
    /// It was sent and rejected; what counted before counts still.
    Rejected,
}

/// A slice for which something came in between the releases.
#[derive(Debug, Clone, Serialize)]
pub struct SliceChange {
    /// Its number in this list, which causes name.
    pub id: usize,
    /// What became of it.
    pub effect: Effect,
    /// The form's code name.
    pub form: String,
    /// The form's heading.
    pub form_zh: String,
    /// The form's title.
    pub form_en: String,
    /// The school.
    pub school_id: String,
    /// Its name, empty where the register doesn't know it.
    pub school_name: String,
    /// Whether it is `urban`, `town` or `rural`.
    pub urban_rural: String,
    /// Its district.
    pub district_code: String,
    /// The period.
    pub period: String,
    /// The state of the newest submission, or of the one that counts: accepted, zero, rejected, withdrawn.
    pub state: String,
    /// That submission's file, without its folders.
    pub file_name: String,
    /// The sheet within a workbook.
    pub sheet: Option<String>,
    /// Its receipt.
    pub receipt: String,
    /// The receipt of the submission that counted before.
    pub receipt_before: Option<String>,
    /// The day of receipt.
    pub received_on: Option<NaiveDate>,
    /// How many submissions came in between.
    pub submissions: i64,
}

/// A SQL file that differs.
#[derive(Debug, Clone, Serialize)]
pub struct FileChange {
    /// Its path below `sql/`.
    pub path: String,
    /// How.
    pub kind: Kind,
    /// Whether it is one's own, in the release that has it.
    pub own: bool,
    /// Whether only comments differ, so that it causes nothing.
    pub only_comments: bool,
    /// Lines that the earlier text alone has; empty where a release does not carry its SQL.
    pub removed: Vec<String>,
    /// Lines that the later text alone has.
    pub added: Vec<String>,
}

/// A reference table that differs.
#[derive(Debug, Clone, Serialize)]
pub struct ReferenceChange {
    /// Its name.
    pub table: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Rows that the earlier one alone has.
    pub removed: Vec<Vec<String>>,
    /// Rows that the later one alone has.
    pub added: Vec<Vec<String>>,
}

/// All that went in otherwise.
pub(super) async fn changes(sides: &Sides<'_>, projects: &[Project; 2]) -> Result<Changes> {
    let dates = [sides.before.today, sides.after.today];
    Ok(Changes {
        today: (dates[0] != dates[1]).then_some(dates),
        slices: slices(sides).await?,
        sql: files(sides, projects),
        reference: reference(sides).await?,
        case_steps: case_steps(sides).await?,
    })
}

const SLICES: &str = "with fresh as (
        select sent.*
        from later.submission as sent
        left join earlier.submission as known on known.submission_id = sent.submission_id
        where known.submission_id is null
    ),

    touched as (
        select form, school_id, period, count(*) as submissions from fresh group by form, school_id, period
    ),

    was as (
        select form, school_id, period, state, submission_id
        from earlier.submission
        where state in ('accepted', 'zero', 'withdrawn')
        qualify row_number() over (
            partition by form, school_id, period order by received_at desc nulls last, submission_id desc nulls last
        ) = 1
    ),

    now as (
        select form, school_id, period, state, submission_id
        from later.submission
        where state in ('accepted', 'zero', 'withdrawn')
        qualify row_number() over (
            partition by form, school_id, period order by received_at desc nulls last, submission_id desc nulls last
        ) = 1
    ),

    -- Of several submissions the one that counts is told, else the newest.
    told as (
        select fresh.*
        from fresh
        left join now on now.submission_id = fresh.submission_id
        qualify row_number() over (
            partition by fresh.form, fresh.school_id, fresh.period
            order by case when now.submission_id is null then 1 else 0 end asc nulls last,
                fresh.received_at desc nulls last, fresh.submission_id desc nulls last
        ) = 1
    )

    select
        told.form, told.school_id, told.period, told.district_code, told.state, told.file_name, told.sheet, told.submission_id,
        told.received_on, touched.submissions, school.school_name, school.urban_rural,
        case when was.state <> 'withdrawn' then was.submission_id end as was_id,
        case when now.state <> 'withdrawn' then now.submission_id end as now_id
    from told
    inner join touched on touched.form = told.form and touched.school_id = told.school_id and touched.period = told.period
    left join was on was.form = told.form and was.school_id = told.school_id and was.period = told.period
    left join now on now.form = told.form and now.school_id = told.school_id and now.period = told.period
    left join school on school.school_id = told.school_id
    order by told.form, told.school_id, told.period";

async fn slices(sides: &Sides<'_>) -> Result<Vec<SliceChange>> {
    if !sides.register(&TableName::new("facts", "submission")).await? {
        return Ok(Vec::new());
    }
    sides.register_newest(&TableName::new("marts", "school")).await?;
    let rows = sides.query(SLICES).await?;
    Ok(rows.iter().enumerate().map(|(id, row)| slice(id, row)).collect())
}

fn slice(id: usize, row: Row<'_>) -> SliceChange {
    let text = |name: &str| row.text(name).to_owned();
    let some = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let receipt = |id: &str| Receipt::of(id).to_string();
    let titles = form(row.text("form"));
    let (was, now) = (some("was_id"), some("now_id"));
    SliceChange {
        id,
        effect: match (&was, &now) {
            (None, Some(_)) => Effect::New,
            (Some(was), Some(now)) if was != now => Effect::Corrected,
            (Some(_), None) => Effect::Withdrawn,
            (None, None) if row.text("state") == "withdrawn" => Effect::Withdrawn,
            _ => Effect::Rejected,
        },
        form_zh: titles.map_or_else(|| text("form"), |form| form.heading.clone()),
        form_en: titles.map_or_else(|| text("form"), |form| form.title_en.clone()),
        form: text("form"),
        school_id: text("school_id"),
        school_name: text("school_name"),
        urban_rural: text("urban_rural"),
        district_code: text("district_code"),
        period: text("period"),
        state: text("state"),
        file_name: text("file_name"),
        sheet: some("sheet"),
        receipt: receipt(row.text("submission_id")),
        receipt_before: was.as_deref().filter(|was| *was != row.text("submission_id")).map(receipt),
        received_on: row.date("received_on"),
        submissions: row.count("submissions"),
    }
}

/// The SQL files that differ, by their fingerprints; a union that is generated from the others is none.
pub fn changed_files(before: &Release, after: &Release) -> Vec<(String, Kind)> {
    let paths: BTreeSet<&String> = before.fingerprints.keys().chain(after.fingerprints.keys()).collect();
    let written = paths.into_iter().filter(|path| !is_generated(path));
    written
        .filter_map(|path| {
            let kind = match (before.fingerprints.get(path), after.fingerprints.get(path)) {
                (None, _) => Kind::Added,
                (_, None) => Kind::Removed,
                (was, now) if was != now => Kind::Changed,
                _ => return None,
            };
            Some((path.clone(), kind))
        })
        .collect()
}

fn files(sides: &Sides<'_>, projects: &[Project; 2]) -> Vec<FileChange> {
    let carried = sides.before.models.is_some() && sides.after.models.is_some();
    let changed = changed_files(sides.before, sides.after).into_iter();
    changed
        .map(|(path, kind)| {
            let [was, now] = projects
                .each_ref()
                .map(|project| project.files().get(&path).filter(|_| carried).map(String::as_str).unwrap_or_default());
            let (removed, added) = (lines_without(was, now), lines_without(now, was));
            let holder = &projects[usize::from(kind != Kind::Removed)];
            FileChange {
                own: holder.own().files.contains_key(&path),
                only_comments: carried && kind == Kind::Changed && code_lines(was) == code_lines(now),
                removed,
                added,
                path,
                kind,
            }
        })
        .collect()
}

/// The lines that are neither blank nor a comment.
fn code_lines(sql: &str) -> Vec<&str> {
    sql.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--")).collect()
}

/// The lines of a text beyond those that the other one has, each as often as it has it.
fn lines_without(text: &str, other: &str) -> Vec<String> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for line in other.lines() {
        *left.entry(line.trim()).or_default() += 1;
    }
    let beyond = text.lines().filter(|line| match left.get_mut(line.trim()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => !line.trim().is_empty(),
    });
    beyond.map(str::to_owned).collect()
}

async fn reference(sides: &Sides<'_>) -> Result<Vec<ReferenceChange>> {
    let names = sides.before.tables.keys().chain(sides.after.tables.keys()).filter(|name| name.schema == "reference");
    let names: BTreeSet<TableName> = names.cloned().collect();
    let mut all = Vec::new();
    for name in names {
        if !sides.register(&name).await? {
            continue;
        }
        let [(was_columns, was), (columns, now)] =
            [texts(&sides.rows_of(&name, "earlier").await?)?, texts(&sides.rows_of(&name, "later").await?)?];
        let columns = if columns.is_empty() { was_columns } else { columns };
        let (removed, added) = (rows_without(&was, &now), rows_without(&now, &was));
        if !removed.is_empty() || !added.is_empty() {
            all.push(ReferenceChange { table: name.table, columns, removed, added });
        }
    }
    Ok(all)
}

type Texts = (Vec<String>, Vec<Vec<String>>);

fn texts(batches: &[RecordBatch]) -> Result<Texts> {
    let columns =
        batches.first().map(|batch| batch.schema().fields().iter().map(|field| field.name().clone()).collect());
    let mut rows = Vec::new();
    let options = FormatOptions::default();
    let arrow = datafusion::error::DataFusionError::from;
    for batch in batches {
        let cells = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let cells = cells.collect::<Result<Vec<_>, _>>().map_err(arrow)?;
        rows.extend((0..batch.num_rows()).map(|row| cells.iter().map(|cell| cell.value(row).to_string()).collect()));
    }
    Ok((columns.unwrap_or_default(), rows))
}

/// The rows beyond those that the other side has, each as often as it has it.
fn rows_without(rows: &[Vec<String>], other: &[Vec<String>]) -> Vec<Vec<String>> {
    let mut left: BTreeMap<&Vec<String>, usize> = BTreeMap::new();
    for row in other {
        *left.entry(row).or_default() += 1;
    }
    let mut beyond: Vec<Vec<String>> = rows
        .iter()
        .filter(|row| match left.get_mut(row) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .cloned()
        .collect();
    beyond.sort();
    beyond
}

/// Cases are only added to, so their number tells how many are new.
async fn case_steps(sides: &Sides<'_>) -> Result<u64> {
    let name = TableName::new("facts", "case_event");
    let versions = sides.versions(&name);
    if versions[0] == versions[1] {
        return Ok(0);
    }
    let mut rows = [0, 0];
    for (count, version) in rows.iter_mut().zip(versions) {
        if let Some(version) = version {
            *count = sides.snapshot(&name, version).await?.rows();
        }
    }
    Ok(rows[1].saturating_sub(rows[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_as_often_as_they_stand() {
        assert_eq!(lines_without("a\nb\nb\n\nc", "b\n  a"), ["b", "c"]);
        assert_eq!(lines_without("a", "a\nb"), Vec::<String>::new());
    }
}
