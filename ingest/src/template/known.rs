//! What is known of a school before it fills anything in: its name, and its last classes, staff and providers.
//!
//! Classes and providers stand in the warehouse. Persons stand there as hashes alone, so that their numbers come from a file
//! of the school itself.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::table::TableName;

use super::is_school;
use crate::form::{Form, form, normal};
use crate::ledger::{ledger_table, read as ask};
use crate::read::read;
use crate::value::parse;

/// The columns that stay from one period to the next, by form; the first one tells the rows apart.
const LASTING: [(&str, &[&str]); 3] = [
    ("class_roster", &["class_id", "grade"]),
    ("staff_work", &["staff_id", "role"]),
    ("provider", &["provider_id", "provider_name", "provider_kind", "licence_no"]),
];

/// What is known of a school.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub school_name: Option<String>,
    /// Rows of a form, by its code name: values by column, as a school writes them.
    pub rows: BTreeMap<String, Vec<BTreeMap<String, String>>>,
}

impl Known {
    /// With what another source knows: its rows of a form stand in place of ours.
    pub fn or_rather(mut self, other: Known) -> Known {
        self.school_name = other.school_name.or(self.school_name);
        self.rows.extend(other.rows);
        self
    }
}

/// What the warehouse knows: the school's name, and the rows of its latest accepted slices. Persons are hashes there.
pub async fn of_warehouse(warehouse: &Warehouse, school_id: &str) -> Result<Known, WarehouseError> {
    let mut known = Known::default();
    if !is_school(school_id) {
        return Ok(known);
    }
    let name = latest(warehouse, "school", &["school_name"], school_id).await?;
    known.school_name = name.into_iter().next().and_then(|mut row| row.remove("school_name"));
    for (name, columns) in LASTING.into_iter().filter(|(name, _)| *name != "staff_work") {
        let rows = latest(warehouse, name, columns, school_id).await?;
        if !rows.is_empty() {
            known.rows.insert(name.to_owned(), rows);
        }
    }
    Ok(known)
}

/// Rows of the school's latest accepted slice of a form.
async fn latest(
    warehouse: &Warehouse,
    name: &str,
    columns: &[&str],
    school_id: &str,
) -> Result<Vec<BTreeMap<String, String>>, WarehouseError> {
    let form = form(name).expect("the names are those of forms");
    let table = TableName::new("facts", form.table());
    // The school's code was checked to be ten digits.
    let sql = format!(
        "with line as ( \
             select submission_id, period, state from facts.submission \
             where form = '{name}' and school_id = '{school_id}' and state <> 'rejected' \
             qualify row_number() over ( \
                 partition by period order by received_at desc nulls last, submission_id desc nulls last \
             ) = 1 \
         ), \
         newest as (select max(period) as period from line where state = 'accepted') \
         select {} from {table} as data \
         join line on line.submission_id = data.submission_id \
         join newest on newest.period = line.period \
         where line.state = 'accepted' order by data.row_no",
        columns.iter().map(|column| format!("data.{column}")).collect::<Vec<_>>().join(", ")
    );
    let mut rows = Vec::new();
    for batch in ask(warehouse, &[table.clone(), ledger_table()], &sql).await? {
        let texts: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| cast(column, &DataType::Utf8).expect("codes and numbers have a text"))
            .collect();
        for row in 0..batch.num_rows() {
            let cells = columns.iter().zip(&texts).filter(|(_, texts)| texts.is_valid(row));
            let cells = cells.map(|(name, texts)| {
                let text = texts.as_string::<i32>().value(row);
                let label = form.column(name).and_then(|column| column.choice(text)).map(|choice| choice.label.clone());
                ((*name).to_owned(), label.unwrap_or_else(|| text.to_owned()))
            });
            rows.push(cells.collect());
        }
    }
    Ok(rows)
}

/// What an earlier file of the school knows: its classes, staff and providers, in the order in which they first occur.
/// What can't be read in it is passed over.
pub fn of_file(file_name: &str, bytes: &[u8], school_id: Option<&str>) -> Known {
    let mut known = Known::default();
    for table in read(file_name, bytes, None).tables {
        let Some((name, columns)) = LASTING.into_iter().find(|(name, _)| *name == table.form.name) else { continue };
        let text = |name: &str, row: usize| {
            let column = table.columns.iter().find(|column| column.name == name)?;
            column.texts.get(row).map(normal).filter(|text| !text.is_empty())
        };
        let own = |row: usize| match (school_id, text("school_id", row)) {
            (Some(wanted), Some(given)) => given == wanted,
            _ => true,
        };
        let mut seen = BTreeSet::new();
        let mut rows = Vec::new();
        for row in (0..table.rows.len()).filter(|row| own(*row)) {
            let cells: BTreeMap<String, String> = columns
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), sound(table.form, name, &text(name, row)?)?)))
                .collect();
            if let Some(key) = cells.get(columns[0]).filter(|key| seen.insert((*key).clone())) {
                debug_assert!(!key.is_empty(), "blank cells were left out");
                rows.push(cells);
            }
        }
        if !rows.is_empty() {
            known.rows.insert(name.to_owned(), rows);
        }
    }
    known
}

/// A value that will be read again, as a school writes it.
fn sound(form: &Form, name: &str, text: &str) -> Option<String> {
    let column = form.column(name)?;
    parse(column, text).ok()?;
    Some(column.choice(text).map_or_else(|| text.to_owned(), |choice| choice.label.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_come_from_the_schools_own_file() {
        let text = "学校标识码,统计期,人员编号,人员类别,学时数,绩效金额,纳入考核\n\
                    3799001000,2019-10,1001,teacher,16,372.67,是\n\
                    3799001000,2019-10,1001,教师,16,372.67,是\n\
                    3799001000,2019-10,1002,不知道,16,372.67,是\n\
                    3799002000,2019-10,9009,教师,16,372.67,是\n";
        let known = of_file("十月.csv", text.as_bytes(), Some("3799001000"));
        let row = |cells: &[(&str, &str)]| -> BTreeMap<String, String> {
            cells.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let expected = vec![row(&[("staff_id", "1001"), ("role", "教师")]), row(&[("staff_id", "1002")])];
        assert_eq!(known.rows, BTreeMap::from([("staff_work".to_owned(), expected)]));
    }
}
