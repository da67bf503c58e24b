//! What a correction changed against the version before: rows added, removed and changed, and the totals before and after.
//!
//! It is computed when asked for: both versions' rows stay in `facts.raw_<form>`, so nothing has to be kept beside them,
//! and persons are compared by their hashes. Rows are the same row where the form's key is the same.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Decimal128Type, Int64Type};
use serde::Serialize;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::table::Staged;

use crate::form::{Column, Form, Kind, form};
use crate::ledger::rows::{RowsView, quoted};
use crate::ledger::{Ledger, Line};
use crate::receipt::Receipt;

/// How many corrected rows are compared at a time.
const ROWS_AT_ONCE: u64 = 1_000_000;

/// What a correction changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The receipt of the version that it replaced.
    pub replaces: String,
    /// Rows that are new.
    pub added: u64,
    /// Rows that are gone.
    pub removed: u64,
    /// Rows that are there as before, with other values.
    pub changed: u64,
    /// The sums of money and count columns.
    pub totals: Vec<Total>,
}

/// A column's sum in both versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Total {
    /// The column's code name.
    pub column: String,
    /// Its heading.
    pub heading: String,
    /// The sum before, as it is written.
    pub before: String,
    /// The sum now.
    pub after: String,
}

impl Changes {
    /// In one sentence.
    pub fn sentence(&self, english: bool) -> String {
        let Changes { replaces, added, removed, changed, totals } = self;
        let sums = totals.iter().filter(|total| total.before != total.after).map(|total| {
            let name = if english { &total.column } else { &total.heading };
            format!("{name} {} → {}", total.before, total.after)
        });
        let sums: Vec<String> = sums.collect();
        if added + removed + changed == 0 {
            return if english {
                format!("corrects {replaces}: the rows are the same")
            } else {
                format!("更正 {replaces}：内容与上一版相同")
            };
        }
        if english {
            let sums = if sums.is_empty() { String::new() } else { format!("; {}", sums.join(", ")) };
            format!("corrects {replaces}: {added} rows added, {removed} removed, {changed} changed{sums}")
        } else {
            let sums = if sums.is_empty() { String::new() } else { format!("；{}", sums.join("，")) };
            format!("更正 {replaces}：新增 {added} 行，删除 {removed} 行，修改 {changed} 行{sums}")
        }
    }
}

/// What the lines of a call change against the versions that they replace, by the place of the line. `ledger` knows these
/// lines already.
pub(crate) async fn changes_of<'a>(
    warehouse: &Warehouse,
    ledger: &Ledger,
    lines: &'a [Line],
    staged: &BTreeMap<String, Staged>,
) -> Result<BTreeMap<usize, Changes>, WarehouseError> {
    let fresh: BTreeSet<&str> = lines.iter().map(|line| line.submission_id.as_str()).collect();
    let mut by_form: BTreeMap<&str, Vec<(usize, &str, &str)>> = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        let counts = ledger.current(&line.slice) == Some(line.submission_id.as_str());
        if let Some(replaces) = line.replaces.as_deref().filter(|_| counts) {
            by_form.entry(&line.slice.form).or_default().push((place, &line.submission_id, replaces));
        }
    }
    let mut found = BTreeMap::new();
    if by_form.is_empty() {
        return Ok(found);
    }
    let mut view = RowsView::new(warehouse, staged)?;
    for (name, corrections) in by_form {
        let form = form(name).expect("a line is of a form");
        for part in parts(&corrections, lines) {
            let ids = part.iter().flat_map(|(_, id, replaces)| [*id, *replaces]);
            let (new, old): (BTreeSet<&str>, BTreeSet<&str>) = ids.partition(|id| fresh.contains(id));
            let rows = view.relation(form, &new, &old).await?;
            let column = |pick: fn(&(usize, &'a str, &'a str)) -> &'a str| part.iter().map(pick).collect();
            view.give("correction", &[("id", column(|one| one.1)), ("replaces", column(|one| one.2))])?;
            let mut changes = read(form, &view.ask(&sql(form, &rows, "correction")).await?);
            for (place, id, replaces) in part {
                // A correction of nothing by nothing has no rows that could tell of it.
                let told = changes.remove(*id).unwrap_or_else(|| none(form));
                found.insert(*place, Changes { replaces: Receipt::of(replaces).to_string(), ..told });
            }
        }
    }
    Ok(found)
}

/// The corrections in parts that are laid over each other one after the other, so that memory stays bounded where a whole
/// city sends a month again. Their ids are in order, so that a part reads little of the others' rows.
fn parts<'c, 'a>(corrections: &'c [(usize, &'a str, &'a str)], lines: &[Line]) -> Vec<&'c [(usize, &'a str, &'a str)]> {
    let (mut parts, mut first, mut rows) = (Vec::new(), 0, 0);
    for (at, (place, ..)) in corrections.iter().enumerate() {
        rows += lines[*place].rows;
        if rows >= ROWS_AT_ONCE || at + 1 == corrections.len() {
            parts.push(&corrections[first..=at]);
            (first, rows) = (at + 1, 0);
        }
    }
    parts
}

/// What one committed attempt changed against the one that it replaced.
pub async fn changes(
    warehouse: &Warehouse,
    form: &Form,
    submission_id: &str,
    replaces: &str,
) -> Result<Changes, WarehouseError> {
    let staged = BTreeMap::new();
    let mut view = RowsView::new(warehouse, &staged)?;
    let rows = view.relation(form, &BTreeSet::new(), &BTreeSet::from([submission_id, replaces])).await?;
    let found = view.ask(&sql(form, &rows, &relation(&[(submission_id, replaces)]))).await?;
    let told = read(form, &found).remove(submission_id).unwrap_or_else(|| none(form));
    Ok(Changes { replaces: Receipt::of(replaces).to_string(), ..told })
}

/// A relation of corrections: attempts with those that they replaced.
pub fn relation(corrections: &[(&str, &str)]) -> String {
    let one = |(id, replaces): &(&str, &str)| format!("select {} as id, {} as replaces", quoted(id), quoted(replaces));
    format!("({})", corrections.iter().map(one).collect::<Vec<_>>().join(" union all "))
}

/// The query for what corrections changed: a row each, with `id`, `added`, `removed`, `changed`, and for each column that
/// is summed `before_<column>` and `after_<column>`. `rows` holds the rows of both versions, `corrections` has the columns
/// `id` and `replaces`.
///
/// Both versions are laid over each other and grouped, which may spill to disk where a join could not.
pub fn sql(form: &Form, rows: &str, corrections: &str) -> String {
    let list = |terms: Vec<String>| terms.into_iter().map(|term| format!(", {term}")).collect::<String>();
    let keys: Vec<String> = form.key().map(|column| format!("\"{}\"", column.name)).collect();
    let key_list = list(keys);
    // The separators occur in no cell: text is trimmed, and control characters are none of it.
    let values = form.columns.iter().filter(|column| !column.key && column.name != "school_id");
    let print = values.map(|column| format!("coalesce(cast(\"{}\" as varchar), '\u{1e}')", column.name));
    let print = print.collect::<Vec<_>>().join(", ");
    let print = if print.is_empty() { "''".to_owned() } else { format!("md5(concat_ws('\u{1f}', {print}))") };
    let summed: Vec<&str> = summed(form).map(|column| column.name.as_str()).collect();
    let plain = list(summed.iter().map(|name| format!("\"{name}\"")).collect());
    let sides = list(
        summed
            .iter()
            .flat_map(|name| {
                [
                    format!("sum(case when not is_new then \"{name}\" end) as \"before_{name}\""),
                    format!("sum(case when is_new then \"{name}\" end) as \"after_{name}\""),
                ]
            })
            .collect(),
    );
    let sums = list(
        summed
            .iter()
            .flat_map(|name| ["before", "after"].map(|side| format!("{side}_{name}")))
            .map(|name| format!("cast(coalesce(sum(\"{name}\"), 0) as decimal(38, 2)) as \"{name}\""))
            .collect(),
    );
    format!(
        "with side as ( \
             select correction.id, true as is_new{key_list}, {print} as print{plain} \
             from {rows} as entry join {corrections} as correction on correction.id = entry.submission_id \
             union all \
             select correction.id, false as is_new{key_list}, {print} as print{plain} \
             from {rows} as entry join {corrections} as correction on correction.replaces = entry.submission_id \
         ), \
         line as ( \
             select id{key_list}, max(case when is_new then print end) as ours, \
                 max(case when not is_new then print end) as theirs{sides} \
             from side group by id{key_list} \
         ) \
         select id, \
             count(*) filter (where theirs is null) as added, \
             count(*) filter (where ours is null) as removed, \
             count(*) filter (where ours <> theirs) as changed{sums} \
         from line group by id"
    )
}

/// The columns whose sum tells something: money and counts, but no marks, grades and numbers of lines.
pub fn summed(form: &Form) -> impl Iterator<Item = &Column> {
    form.columns.iter().filter(|column| !column.key && matches!(column.kind, Kind::Money | Kind::Whole { .. }))
}

/// A sum in hundredths as it is written: money with its two places, counts without.
pub fn number(column: &Column, hundredths: i128) -> String {
    let (sign, size) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
    match column.kind {
        Kind::Money => format!("{sign}{}.{:02}", size / 100, size % 100),
        _ => format!("{sign}{}", size / 100),
    }
}

fn none(form: &Form) -> Changes {
    let total = |column: &Column| Total {
        column: column.name.clone(),
        heading: column.heading.clone(),
        before: number(column, 0),
        after: number(column, 0),
    };
    Changes { replaces: String::new(), added: 0, removed: 0, changed: 0, totals: summed(form).map(total).collect() }
}

/// The answer to [`sql`], by the attempt's id; whom it replaces is the caller's to say.
fn read(form: &Form, batches: &[RecordBatch]) -> BTreeMap<String, Changes> {
    let mut found = BTreeMap::new();
    for batch in batches {
        let whole = |place: usize, row: usize| {
            u64::try_from(batch.column(place).as_primitive::<Int64Type>().value(row)).unwrap_or_default()
        };
        let sum = |name: String, row: usize| {
            let sums = batch.column_by_name(&name).expect("the query selects it").as_primitive::<Decimal128Type>();
            if sums.is_valid(row) { sums.value(row) } else { 0 }
        };
        for row in 0..batch.num_rows() {
            let total = |column: &Column| Total {
                before: number(column, sum(format!("before_{}", column.name), row)),
                after: number(column, sum(format!("after_{}", column.name), row)),
                column: column.name.clone(),
                heading: column.heading.clone(),
            };
            let changes = Changes {
                replaces: String::new(),
                added: whole(1, row),
                removed: whole(2, row),
                changed: whole(3, row),
                totals: summed(form).map(total).collect(),
            };
            found.insert(batch.column(0).as_string::<i32>().value(row).to_owned(), changes);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{SliceKey, State};

    #[test]
    fn parts_hold_every_correction_once_and_end_when_they_are_full() {
        let line = |rows| Line {
            submission_id: String::new(),
            slice: SliceKey { form: String::new(), school_id: String::new(), period: String::new() },
            district_code: String::new(),
            state: State::Accepted,
            file_name: String::new(),
            file_sha256: String::new(),
            sheet: None,
            sender: None,
            received_on: 0,
            received_at: 0,
            rows,
            errors: 0,
            warnings: 0,
            replaces: None,
        };
        let check = |rows: &[u64], sizes: &[usize]| {
            let lines: Vec<Line> = rows.iter().map(|rows| line(*rows)).collect();
            let corrections: Vec<(usize, &str, &str)> = (0..rows.len()).map(|place| (place, "", "")).collect();
            let parts = parts(&corrections, &lines);
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), sizes, "{rows:?}");
            assert!(parts.concat().into_iter().map(|one| one.0).eq(0..rows.len()), "{rows:?}");
        };
        check(&[5, 0, 7], &[3]);
        check(&[999_999, 1, 5], &[2, 1]);
        check(&[3_000_000, 3_000_000], &[1, 1]);
        check(&[], &[]);
    }

    #[test]
    fn a_sentence_names_the_sums_that_changed() {
        let total = |column: &str, heading: &str, before: &str, after: &str| Total {
            column: column.to_owned(),
            heading: heading.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
        };
        let totals = vec![total("pupils", "在籍人数", "63", "64"), total("poor_pupils", "建档立卡人数", "6", "6")];
        let changes = Changes { replaces: "W234567N".to_owned(), added: 1, removed: 0, changed: 2, totals };
        assert_eq!(changes.sentence(false), "更正 W234567N：新增 1 行，删除 0 行，修改 2 行；在籍人数 63 → 64");
        assert_eq!(changes.sentence(true), "corrects W234567N: 1 rows added, 0 removed, 2 changed; pupils 63 → 64");
        let same = Changes { added: 0, changed: 0, totals: Vec::new(), ..changes };
        assert_eq!(same.sentence(false), "更正 W234567N：内容与上一版相同");
    }

    #[test]
    fn sums_are_written_as_their_column_is() {
        let form = form("fund_ledger").expect("a form");
        let amount = form.column("amount").expect("a column");
        assert_eq!(number(amount, 6_001), "60.01");
        assert_eq!(number(amount, -5), "-0.05");
        let pupils = crate::form::form("class_roster").and_then(|form| form.column("pupils")).expect("a column");
        assert_eq!(number(pupils, 4_200), "42");
        // A line's number is part of the key and no sum.
        assert_eq!(summed(form).map(|column| column.name.as_str()).collect::<Vec<_>>(), ["amount"]);
    }
}
