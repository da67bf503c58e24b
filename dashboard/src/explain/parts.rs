//! What a figure is the sum of: the city of districts, a district of schools, a school of rows; and whether they do sum to it.

use ingest::form::Form;
use serde::Serialize;
use warehouse::table::TableName;

use crate::error::Result;
use crate::explain::Explainer;
use crate::explain::proof::Wanted;
use crate::explain::slices::Counted;
use crate::explain::tables::quoted;
use crate::figures::Figure;

/// A district or a school with its own figure.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PartTold {
    /// Its code.
    pub unit_id: String,
    /// Its name.
    pub name_zh: String,
    /// Its name in English, where it has one.
    pub name_en: String,
    /// The district that it is or lies in.
    pub district_code: String,
    /// The number above the line.
    pub numerator: Option<f64>,
    /// The number below the line.
    pub denominator: Option<f64>,
    /// Its value.
    pub value: Option<f64>,
    /// On how many slices it rests.
    pub reported: Option<i64>,
    /// How many were expected.
    pub expected: Option<i64>,
}

/// What parts sum to, and whether that is the whole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Sum {
    /// How many parts there are.
    pub parts: i64,
    /// The sum above the line.
    pub numerator: Option<f64>,
    /// The sum below the line; none where that is no sum of parts.
    pub denominator: Option<f64>,
    /// Whether the figure's numerator is the sum.
    pub numerator_fits: bool,
    /// Whether the figure's denominator is the sum.
    pub denominator_fits: bool,
}

/// A part of the evaluation score.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ScorePart {
    /// The indicator.
    pub indicator: String,
    /// Its value.
    pub value: Option<f64>,
    /// Where it begins to count.
    pub floor: Option<f64>,
    /// Where it counts in full.
    pub target: Option<f64>,
    /// The weight that the city gave it.
    pub given_weight: Option<f64>,
    /// The weight that it has after those of missing indicators were shared out.
    pub weight: Option<f64>,
    /// How much of the way from floor to target it is.
    pub fulfilled: Option<f64>,
    /// What it adds.
    pub points: Option<f64>,
}

/// The rows of a school that a figure is the sum of.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RowsTold {
    /// Their sum.
    pub sum: Sum,
    /// By form: how many, how many of them are shown, and the query that gives all. One entry where slices are counted as a whole.
    pub forms: Vec<RowsOfForm>,
}

/// The rows of one form, or slices of whatever form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RowsOfForm {
    /// The form's code name; none of slices.
    pub form: Option<String>,
    /// How many there are.
    pub rows: i64,
    /// How many are shown.
    pub shown: usize,
    /// The query that gives all of them, for `kehou query`.
    pub query: String,
}

/// Up to so many rows of a form are shown …
const ALL_SHOWN: i64 = 50;
/// … and so many where there are more.
const SOME_SHOWN: i64 = 10;

impl Sum {
    /// Adds parts up and compares them with the whole, to the hundredth.
    pub fn of(parts: impl IntoIterator<Item = (Option<f64>, Option<f64>)>, whole: &Figure) -> Sum {
        let (mut count, mut above, mut below) = (0, None, None);
        for (numerator, denominator) in parts {
            count += 1;
            add(&mut above, numerator);
            add(&mut below, denominator);
        }
        let fits = |sum: Option<i64>, whole: Option<f64>| sum.unwrap_or(0) == hundredths(whole.unwrap_or(0.0));
        Sum {
            parts: count,
            numerator: above.map(|sum| sum as f64 / 100.0),
            denominator: below.map(|sum| sum as f64 / 100.0),
            numerator_fits: fits(above, whole.numerator),
            denominator_fits: fits(below, whole.denominator),
        }
    }
}

fn add(sum: &mut Option<i64>, part: Option<f64>) {
    if let Some(part) = part {
        *sum = Some(sum.unwrap_or(0) + hundredths(part));
    }
}

fn hundredths(value: f64) -> i64 {
    (value * 100.0).round() as i64
}

impl Explainer<'_> {
    /// The units of a level that a figure is made of: all, or those of a district. A figure of town or country is one of schools
    /// that lie there.
    pub(crate) async fn units(
        &self,
        level: &str,
        figure: &Figure,
        dimension: &str,
        district: Option<&str>,
    ) -> Result<Vec<PartTold>> {
        let cut = dimension.strip_prefix("urban_rural=").filter(|_| level == "school");
        let mut conditions = vec![format!(
            "value.indicator = {} and value.level = {} and value.period = {} and value.dimension = {}",
            quoted(&figure.indicator),
            quoted(level),
            quoted(&figure.period),
            quoted(if cut.is_some() { "" } else { dimension })
        )];
        conditions.extend(district.map(|code| format!("value.district_code = {}", quoted(code))));
        conditions.extend(cut.map(|area| format!("school.urban_rural = {}", quoted(area))));
        let sql = format!(
            "select value.unit_id, value.unit_name, value.district_code, value.numerator, value.denominator, value.value,
                value.reported, value.expected, district.name_en
             from marts.indicator_value as value
             left join marts.school as school on school.school_id = value.unit_id
             left join marts.district as district on district.district_code = value.unit_id
             where {} order by value.district_code, value.unit_id",
            conditions.join(" and ")
        );
        let rows = self.tables.query(&sql, &[]).await?;
        let part = |row: crate::rows::Row<'_>| PartTold {
            unit_id: row.text("unit_id").to_owned(),
            name_zh: row.text("unit_name").to_owned(),
            name_en: row.text("name_en").to_owned(),
            district_code: row.text("district_code").to_owned(),
            numerator: row.real("numerator"),
            denominator: row.real("denominator"),
            value: row.real("value"),
            reported: row.whole("reported"),
            expected: row.whole("expected"),
        };
        Ok(rows.iter().map(part).collect())
    }

    /// What the evaluation score of a unit is made of.
    pub(crate) async fn score(&self, figure: &Figure, level: &str) -> Result<Vec<ScorePart>> {
        if !self.tables.has("marts", "score") {
            return Ok(Vec::new());
        }
        let weighed = self.tables.has("reference", "weight");
        let (columns, join) = match weighed {
            true => (
                "weight.floor, weight.target",
                "left join reference.weight as weight on weight.indicator = score.indicator",
            ),
            false => ("null as floor, null as target", ""),
        };
        let sql = format!(
            "select score.indicator, score.value, score.given_weight, score.weight, score.fulfilled, score.points, {columns}
             from marts.score as score {join}
             where score.level = $1 and score.unit_id = $2 and score.period = $3 order by score.indicator"
        );
        let rows = self.tables.query(&sql, &[level, &figure.unit_id, &figure.period]).await?;
        let part = |row: crate::rows::Row<'_>| ScorePart {
            indicator: row.text("indicator").to_owned(),
            value: row.real("value"),
            floor: row.real("floor"),
            target: row.real("target"),
            given_weight: row.real("given_weight"),
            weight: row.real("weight"),
            fulfilled: row.real("fulfilled"),
            points: row.real("points"),
        };
        Ok(rows.iter().map(part).collect())
    }

    /// The rows that a school's figure is the sum of, counted by slice, and the first of them. None where nobody wrote the query
    /// that takes the figure apart.
    pub(crate) async fn rows(
        &self,
        model: &TableName,
        figure: &Figure,
        dimension: &str,
    ) -> Result<Option<(RowsTold, Vec<CountedSlice>, Vec<Wanted>)>> {
        let table = TableName::new(transform::project::PARTS, &model.table);
        if !self.tables.has(&table.schema, &table.table) {
            return Ok(None);
        }
        let condition = format!(
            "part.school_id = {} and part.period_type = {} and part.period = {} and part.dimension = {}",
            quoted(&figure.unit_id),
            quoted(&figure.period_type),
            quoted(&figure.period),
            quoted(dimension)
        );
        let sql = format!(
            "select form, slice_period, submission_id, count(*) as rows, min(row_no) as first_row, max(row_no) as last_row,
                sum(numerator) as numerator, sum(denominator) as denominator
             from {table} as part where {condition} group by form, slice_period, submission_id order by form, slice_period, submission_id"
        );
        let by_slice: Vec<CountedSlice> = self
            .tables
            .query(&sql, &[])
            .await?
            .iter()
            .map(|row| {
                let key = ["form", "slice_period", "submission_id"].map(|name| row.text(name).to_owned());
                let counted = Counted {
                    rows: row.count("rows"),
                    first_row: row.whole("first_row"),
                    last_row: row.whole("last_row"),
                    numerator: row.real("numerator"),
                    denominator: row.real("denominator"),
                };
                (key.into(), counted)
            })
            .collect();
        let sum = Sum::of(by_slice.iter().map(|(_, counted)| (counted.numerator, counted.denominator)), figure);
        let parts = by_slice.iter().map(|(_, counted)| counted.rows).sum();
        let mut told = RowsTold { sum: Sum { parts, ..sum }, forms: Vec::new() };
        let mut wanted = Vec::new();
        if parts > 0 && by_slice.iter().all(|(_, counted)| counted.first_row.is_none()) {
            let query = format!("select * from {table} as part where {condition} order by form, slice_period");
            told.forms.push(RowsOfForm { form: None, rows: parts, shown: 0, query });
            return Ok(Some((told, by_slice, wanted)));
        }
        for form in ingest::form::forms() {
            let own = by_slice.iter().filter(|((name, ..), _)| *name == form.name);
            let rows: i64 = own.map(|(_, counted)| counted.rows).sum();
            if rows > 0 {
                let shown = self.first_rows(&table, &condition, &form.name, rows).await?;
                let query = all_rows(&table, &condition, form);
                told.forms.push(RowsOfForm { form: Some(form.name.clone()), rows, shown: shown.len(), query });
                wanted.extend(shown);
            }
        }
        Ok(Some((told, by_slice, wanted)))
    }

    async fn first_rows(&self, table: &TableName, condition: &str, form: &str, rows: i64) -> Result<Vec<Wanted>> {
        let limit = if rows > ALL_SHOWN { SOME_SHOWN } else { ALL_SHOWN };
        let sql = format!(
            "select submission_id, row_no, numerator, denominator from {table} as part
             where {condition} and part.form = {} and row_no is not null
             order by slice_period, submission_id, row_no limit {limit}",
            quoted(form)
        );
        let rows = self.tables.query(&sql, &[]).await?;
        let wanted = |row: crate::rows::Row<'_>| Wanted {
            form: form.to_owned(),
            submission_id: row.text("submission_id").to_owned(),
            row_no: row.count("row_no"),
            numerator: row.real("numerator"),
            denominator: row.real("denominator"),
        };
        Ok(rows.iter().map(wanted).collect())
    }
}

/// What of a slice counts, by (form, period, id).
pub type CountedSlice = ((String, String, String), Counted);

/// The query that gives all rows of a form with what each adds.
fn all_rows(table: &TableName, condition: &str, form: &Form) -> String {
    format!(
        "select part.numerator, part.denominator, entry.* from {table} as part \
         inner join facts.{} as entry on entry.submission_id = part.submission_id and entry.row_no = part.row_no \
         where {condition} and part.form = {} order by part.submission_id, part.row_no",
        form.table(),
        quoted(&form.name)
    )
}
