//! The comparisons as queries: generated from what a check declares, over the rows of the slices concerned alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{Decimal128Type, Int64Type};
use warehouse::error::WarehouseError;

use super::pairs::{Comparison, Side};
use super::{Breach, LISTED};
use crate::form::{Check, Form, Kind, Only};
use crate::ledger::rows::{RowsView, quoted};

/// The rows that break a check, by the judged attempt: the first ones, and how many there are.
pub(super) async fn breaches(
    view: &mut RowsView<'_>,
    comparison: &Comparison,
) -> Result<HashMap<String, (Vec<Breach>, u64)>, WarehouseError> {
    let (subject, other) = relations(view, comparison).await?;
    let breach = breach(comparison, &subject, &other);
    let mut found: HashMap<String, (Vec<Breach>, u64)> = HashMap::new();
    // Counted first: where nothing is broken, which is the rule, no row is ever sorted.
    let counts = format!("select id, count(*) as breaches from ({breach}) as breach group by id");
    for batch in view.ask(&counts).await? {
        let (ids, counts) = (batch.column(0).as_string::<i32>(), batch.column(1).as_primitive::<Int64Type>());
        for row in 0..batch.num_rows() {
            found.insert(ids.value(row).to_owned(), (Vec::new(), u64::try_from(counts.value(row)).unwrap_or_default()));
        }
    }
    if found.is_empty() {
        return Ok(found);
    }
    let rows = format!(
        "select id, row_no, value, expected from ( \
             select *, row_number() over (partition by id order by row_no) as place from ({breach}) as breach \
         ) as placed where place <= {LISTED} order by id, row_no"
    );
    for batch in view.ask(&rows).await? {
        let (ids, values) = (batch.column(0).as_string::<i32>(), batch.column(2).as_string::<i32>());
        let (rows, expected) =
            (batch.column(1).as_primitive::<Int64Type>(), batch.column(3).as_primitive::<Int64Type>());
        for row in 0..batch.num_rows() {
            if let Some((listed, _)) = found.get_mut(ids.value(row)) {
                let value = values.is_valid(row).then(|| values.value(row).to_owned());
                listed.push(Breach { row: rows.value(row), value, expected: expected.value(row) });
            }
        }
    }
    Ok(found)
}

/// The two sums that a check compares, in hundredths, for each of its pairs in their order.
pub(super) async fn sums(
    view: &mut RowsView<'_>,
    comparison: &Comparison,
) -> Result<Vec<(i128, i128)>, WarehouseError> {
    let (subject, other) = relations(view, comparison).await?;
    let (ours, theirs) = match comparison.check {
        Check::SumEqualsNet { column, only, form_column, plus, minus, .. } => (
            counted(column, Some(only)),
            format!("{} - {}", counted(form_column, Some(plus)), counted(form_column, Some(minus))),
        ),
        Check::SteadySum { column, only, .. } => (counted(column, only.as_ref()), counted(column, only.as_ref())),
        _ => unreachable!("only checks of sums are summed"),
    };
    let ours = sum(view, &subject, &ours, "subject_id").await?;
    let theirs = sum(view, &other, &theirs, "other_id").await?;
    let of = |sums: &BTreeMap<String, i128>, side: &Side| sums.get(&side.id).copied().unwrap_or_default();
    Ok(comparison.pairs.iter().map(|pair| (of(&ours, &pair.subject), of(&theirs, &pair.other))).collect())
}

async fn sum(view: &RowsView<'_>, rows: &str, term: &str, id: &str) -> Result<BTreeMap<String, i128>, WarehouseError> {
    let sql = format!(
        "select submission_id, cast(sum({term}) as decimal(38, 2)) as total from {rows} as entry \
         where submission_id in (select {id} from pair) group by submission_id"
    );
    let mut sums = BTreeMap::new();
    for batch in view.ask(&sql).await? {
        let (ids, totals) = (batch.column(0).as_string::<i32>(), batch.column(1).as_primitive::<Decimal128Type>());
        for row in 0..batch.num_rows() {
            if totals.is_valid(row) {
                sums.insert(ids.value(row).to_owned(), totals.value(row));
            }
        }
    }
    Ok(sums)
}

/// A column where its row counts, else 0.
fn counted(column: &str, only: Option<&Only>) -> String {
    match only {
        Some(only) => format!("case when \"{}\" = {} then \"{column}\" else 0 end", only.column, quoted(&only.code)),
        None => format!("coalesce(\"{column}\", 0)"),
    }
}

/// Registers the pairs, and gives the rows of both sides.
async fn relations(view: &mut RowsView<'_>, comparison: &Comparison) -> Result<(String, String), WarehouseError> {
    let pairs = &comparison.pairs;
    let subjects = pairs.iter().map(|pair| pair.subject.id.as_str()).collect();
    let others = pairs.iter().map(|pair| pair.other.id.as_str()).collect();
    view.give("pair", &[("subject_id", subjects), ("other_id", others)])?;
    let subject = relation(view, comparison.form, pairs.iter().map(|pair| &pair.subject)).await?;
    let other = relation(view, comparison.other, pairs.iter().map(|pair| &pair.other)).await?;
    Ok((subject, other))
}

async fn relation<'a>(
    view: &mut RowsView<'_>,
    form: &Form,
    sides: impl Iterator<Item = &'a Side>,
) -> Result<String, WarehouseError> {
    let (mut fresh, mut committed) = (BTreeSet::new(), BTreeSet::new());
    for side in sides {
        if side.line.is_some() {
            fresh.insert(side.id.as_str())
        } else {
            committed.insert(side.id.as_str())
        };
    }
    view.relation(form, &fresh, &committed).await
}

/// The query for the rows that break a check: the attempt's id, the row, what stands there, what was expected.
fn breach(comparison: &Comparison, subject: &str, other: &str) -> String {
    let shown = |column: &str| {
        let column = comparison.form.column(column).expect("a declared check names columns of its form");
        match column.kind {
            Kind::Person(_) => "cast(null as varchar)".to_owned(),
            _ => format!("cast(subject.\"{}\" as varchar)", column.name),
        }
    };
    // What is counted of the other form is small and is held; the judged rows, maybe a city's attendance, stream past it. In
    // a join the engine holds the left side.
    let query = |column: &str, counted: &str, expected: &str, same: &str, broken: &str| {
        format!(
            "select subject.subject_id as id, subject.row_no as row_no, {} as value, cast({expected} as bigint) as expected \
             from ({counted}) as counted right join ( \
                 select pair.subject_id, pair.other_id, entry.* \
                 from pair join {subject} as entry on pair.subject_id = entry.submission_id \
             ) as subject on counted.submission_id = subject.other_id{same} where {broken}",
            shown(column)
        )
    };
    let keys = |by: &[String]| by.iter().map(|name| format!(", \"{name}\"")).collect::<String>();
    let same = |by: &[String]| {
        by.iter().map(|name| format!(" and counted.\"{name}\" = subject.\"{name}\"")).collect::<String>()
    };
    let counted = |term: &str, by: &[String]| {
        let keys = keys(by);
        format!("select submission_id{keys}, {term} as counted from {other} as entry group by submission_id{keys}")
    };
    const COUNTED: &str = "coalesce(counted.counted, 0)";
    match comparison.check {
        Check::ListedIn { column, form_column, .. } => query(
            column,
            &format!("select distinct submission_id, \"{form_column}\" as listed from {other} as entry"),
            "0",
            &format!(" and counted.listed = subject.\"{column}\""),
            &format!("subject.\"{column}\" is not null and counted.listed is null"),
        ),
        Check::AtMostRows { column, by, .. } => {
            query(column, &counted("count(*)", by), COUNTED, &same(by), &format!("subject.\"{column}\" > {COUNTED}"))
        }
        Check::EqualsSum { column, form_column, by, .. } => query(
            column,
            &counted(&format!("sum(\"{form_column}\")"), by),
            COUNTED,
            &same(by),
            &format!("subject.\"{column}\" <> {COUNTED}"),
        ),
        _ => unreachable!("only checks of rows have rows that break them"),
    }
}
