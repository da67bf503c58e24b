//! Numbers of the reference tables set otherwise, for a look at what would be: `policy.staff_pay_min_share=0.85`.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use chrono::NaiveDate;
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::util::display::array_value_to_string;

use super::{Reference, ReferenceError, parse, table::SPECS};

/// What a setting without a column sets, by table.
const VALUES: [(&str, &str, &str); 2] = [("policy", "key", "value"), ("weight", "indicator", "weight")];

/// A cell set otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    table: String,
    row: String,
    from: Option<NaiveDate>,
    column: String,
    value: String,
}

impl FromStr for Setting {
    type Err = String;

    /// `policy.KEY=VALUE`, `policy.KEY@DATE=VALUE` (from that day on), `weight.INDICATOR=VALUE`, `weight.INDICATOR.COLUMN=VALUE`.
    fn from_str(text: &str) -> Result<Setting, String> {
        let fault = || {
            format!(
                "'{text}' is none of policy.KEY=VALUE, policy.KEY@DATE=VALUE, weight.INDICATOR=VALUE, weight.INDICATOR.COLUMN=VALUE; \
                 other tables are set otherwise by --reference DIR"
            )
        };
        let (place, value) = text.split_once('=').ok_or_else(fault)?;
        let (table, place) = place.split_once('.').ok_or_else(fault)?;
        let (_, _, usual) = VALUES.iter().find(|(name, _, _)| *name == table).ok_or_else(fault)?;
        let (place, from) = match place.split_once('@') {
            Some((place, date)) if table == "policy" => (place, Some(date.parse().map_err(|_| fault())?)),
            Some(_) => return Err(fault()),
            None => (place, None),
        };
        let (row, column) = place.split_once('.').unwrap_or((place, usual));
        if row.is_empty() || column.is_empty() || (table == "policy" && column != *usual) {
            return Err(fault());
        }
        let owned = str::to_owned;
        Ok(Setting { table: owned(table), row: owned(row), from, column: owned(column), value: owned(value.trim()) })
    }
}

impl Display for Setting {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.table, self.row)?;
        if let Some(from) = self.from {
            write!(out, "@{from}")?;
        }
        if VALUES.iter().all(|(_, _, usual)| *usual != self.column) {
            write!(out, ".{}", self.column)?;
        }
        write!(out, "={}", self.value)
    }
}

impl Reference {
    /// The tables with some cells set otherwise; they are checked as those of a folder are.
    pub fn set(&self, settings: &[Setting]) -> Result<Reference, Vec<ReferenceError>> {
        let mut files = Vec::new();
        for (name, rows) in &self.tables {
            let mut cells = written(rows);
            for setting in settings.iter().filter(|setting| setting.table == *name) {
                setting.apply(&mut cells).map_err(|fault| vec![fault])?;
            }
            files.push((*name, to_csv(&cells)));
        }
        parse(&files, Vec::new())
    }
}

impl Setting {
    /// Sets the cells in rows of text below their heading.
    fn apply(&self, cells: &mut Vec<Vec<String>>) -> Result<(), ReferenceError> {
        let unknown = |what: &str, known: &[String]| {
            ReferenceError::of_file(
                &self.table,
                format!("没有{what}；有：{}", known.join("、")),
                format!("there is no {what}; there are {}", known.join(", ")),
            )
        };
        let (_, key, _) =
            VALUES.iter().find(|(name, _, _)| *name == self.table).expect("it was read with one of these");
        let at = |name: &str| cells[0].iter().position(|heading| heading == name);
        let key = at(key).expect("a reference table has its key");
        let column = at(&self.column).ok_or_else(|| unknown(&self.column, &cells[0]))?;
        let valid_from = at("valid_from");
        let rows: Vec<usize> = (1..cells.len()).filter(|row| cells[*row][key] == self.row).collect();
        if rows.is_empty() {
            let mut known: Vec<String> = cells[1..].iter().map(|row| row[key].clone()).collect();
            known.sort();
            known.dedup();
            return Err(unknown(&self.row, &known));
        }
        let (Some(from), Some(valid_from)) = (self.from, valid_from) else {
            rows.iter().for_each(|row| cells[*row][column] = self.value.clone());
            return Ok(());
        };
        // Dates of equal length sort as text.
        let from = from.to_string();
        rows.iter()
            .filter(|row| cells[**row][valid_from] >= from)
            .for_each(|row| cells[*row][column] = self.value.clone());
        if !rows.iter().any(|row| cells[*row][valid_from] == from) {
            let mut row = cells[*rows.last().expect("there is one")].clone();
            (row[column], row[valid_from]) = (self.value.clone(), from);
            cells.push(row);
        }
        Ok(())
    }
}

/// A table's heading and rows as the text that a folder's file would have.
fn written(rows: &RecordBatch) -> Vec<Vec<String>> {
    let heading = rows.schema().fields().iter().map(|field| field.name().clone()).collect();
    let cell = |column: &dyn Array, row: usize| match column.is_null(row) {
        true => String::new(),
        false => array_value_to_string(column, row).expect("reference tables hold text, dates and numbers"),
    };
    let rows = (0..rows.num_rows()).map(|row| rows.columns().iter().map(|column| cell(column, row)).collect());
    std::iter::once(heading).chain(rows).collect()
}

fn to_csv(cells: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    cells.iter().for_each(|row| writer.write_record(row).expect("memory takes a row"));
    writer.into_inner().expect("memory takes rows")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn example() -> Reference {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/qinghe/reference");
        super::super::read_reference(&folder).expect("the example's tables are sound")
    }

    fn cells(reference: &Reference, table: &str, row: &str) -> Vec<Vec<String>> {
        let rows = written(reference.table(table).expect("a table"));
        rows.into_iter().filter(|cells| cells[0] == row).collect()
    }

    fn set(texts: &[&str]) -> Result<Reference, Vec<ReferenceError>> {
        let settings: Vec<Setting> = texts.iter().map(|text| text.parse().expect("a setting")).collect();
        example().set(&settings)
    }

    #[test]
    fn nothing_set_is_the_same() {
        let (before, after) = (example(), set(&[]).expect("it was sound"));
        assert_eq!(before.tables, after.tables, "writing and reading loses nothing");
        assert!(before.tables.iter().map(|(name, _)| *name).eq(SPECS.iter().map(|spec| spec.name)));
    }

    #[test]
    fn a_number_is_set_for_all_days_or_from_a_day_on() {
        let always = set(&["policy.staff_pay_min_share=0.85"]).expect("a share");
        assert!(cells(&always, "policy", "staff_pay_min_share").iter().all(|row| row[1] == "0.85"));
        let later = set(&["policy.staff_pay_min_share@2020-01-01=0.85"]).expect("a share");
        let rows = cells(&later, "policy", "staff_pay_min_share");
        let before = cells(&example(), "policy", "staff_pay_min_share");
        assert_eq!(rows[..before.len()], before[..], "what was in force before stays");
        assert_eq!(rows.last().map(|row| (row[1].as_str(), row[2].as_str())), Some(("0.85", "2020-01-01")));
        let weight = set(&["weight.C03.floor=0.25"]).expect("a floor");
        assert!(cells(&weight, "weight", "C03")[0].iter().any(|cell| cell.starts_with("0.25")));
    }

    #[test]
    fn what_is_unknown_or_unsound_is_named() {
        let unknown = set(&["policy.no_such=1"]).expect_err("no such key");
        assert!(unknown[0].message_en.contains("no_such") && unknown[0].message_en.contains("staff_pay_min_share"));
        assert!(!set(&["policy.staff_pay_min_share=often"]).expect_err("no number").is_empty());
        for text in [
            "staff_pay=1",
            "policy.x",
            "calendar.2019-09-01=true",
            "policy.x@soon=1",
            "weight.C03@2020-01-01=1",
            "policy.a.b=1",
        ] {
            assert!(text.parse::<Setting>().is_err(), "{text}");
        }
    }
}
