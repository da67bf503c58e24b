//! Which tables of facts are laid out anew, and in which order: that in which a school's rows are looked for.

use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use datafusion::arrow::array::AsArray;
use uuid::Uuid;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::optimize::{Compacted, Compaction, Omitted};
use warehouse::session::Limits;
use warehouse::table::TableName;

use crate::audit::audit_table;
use crate::duty::duty_table;
use crate::form::{Form, Kind, forms};
use crate::ledger::{issue_table, ledger_table, read};

/// The tables of facts with the order of their rows.
fn layouts() -> Vec<(TableName, Vec<&'static str>)> {
    let of_form = |form: &'static Form| (TableName::new("facts", form.table()), order(form));
    let mut layouts: Vec<_> = forms().iter().map(of_form).collect();
    layouts.push((issue_table(), vec!["submission_id", "row_no"]));
    layouts.push((ledger_table(), vec!["received_at", "submission_id"]));
    layouts.push((audit_table(), vec!["number"]));
    layouts.push((duty_table(), vec!["at", "form", "school_id", "period"]));
    layouts.push((TableName::new("facts", "case_event"), vec!["at", "finding_id"]));
    layouts
}

/// School, person, then the rest of the key: attendance by school, pupil and day.
pub(crate) fn order(form: &'static Form) -> Vec<&'static str> {
    let is_person = |kind: &Kind| matches!(kind, Kind::Person(_));
    let mut order = vec!["school_id"];
    let persons = form.columns.iter().filter(|column| is_person(&column.kind));
    let keys =
        form.columns.iter().filter(|column| column.key && !is_person(&column.kind) && column.name != "school_id");
    order.extend(persons.chain(keys).map(|column| column.name.as_str()));
    order.extend(["period", "submission_id", "row_no"]);
    order
}

/// The tables that have small files enough, with how many and their bytes.
pub async fn candidates(warehouse: &Warehouse) -> Result<Vec<(TableName, usize, u64)>, WarehouseError> {
    let mut found = Vec::new();
    for (table, _) in layouts() {
        if warehouse.has_table(&table).await?
            && let Some((files, bytes)) = warehouse.small_files(&table).await?
        {
            found.push((table, files, bytes));
        }
    }
    Ok(found)
}

/// Lays them out anew. Rows of attempts that never came to a line in the ledger, and are older than `age`, are left out: nobody
/// has ever seen them.
pub async fn compact(
    warehouse: &Warehouse,
    age: Duration,
    limits: &Limits,
    progress: &(dyn Fn(&Compacted) + Sync),
) -> Result<Vec<Compacted>, WarehouseError> {
    let mut done = Vec::new();
    for (table, order) in layouts() {
        if !warehouse.has_table(&table).await? || warehouse.small_files(&table).await?.is_none() {
            continue;
        }
        // Read now: whoever committed rows before this moment and has no line yet is younger than `age`, or dead.
        let known = lines(warehouse).await?;
        let is_abandoned = |id: &str| !known.contains(id) && is_older(id, age);
        let has_lines = table != ledger_table() && order.contains(&"submission_id");
        let abandoned = has_lines.then_some(Omitted { column: "submission_id", is: &is_abandoned });
        let compacted = warehouse.compact(&Compaction { table, order, abandoned }, limits).await?;
        if let Some(compacted) = compacted {
            progress(&compacted);
            done.push(compacted);
        }
    }
    Ok(done)
}

/// The ids of all lines of the ledger.
async fn lines(warehouse: &Warehouse) -> Result<HashSet<String>, WarehouseError> {
    let mut ids = HashSet::new();
    for batch in read(warehouse, &[ledger_table()], "select submission_id from facts.submission").await? {
        ids.extend(batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    Ok(ids)
}

/// Whether an id, which tells the moment that it was made, is older than that.
fn is_older(id: &str, age: Duration) -> bool {
    let made = Uuid::parse_str(id).ok().and_then(|id| id.get_timestamp());
    let Some((seconds, nanoseconds)) = made.map(|made| made.to_unix()) else { return false };
    let made = UNIX_EPOCH + Duration::new(seconds, nanoseconds);
    SystemTime::now().duration_since(made).is_ok_and(|past| past >= age)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attendance_is_laid_out_by_school_pupil_and_day() {
        let attendance = crate::form::form("attendance").expect("a form");
        assert_eq!(order(attendance)[..3], ["school_id", "pupil_id", "held_on"]);
    }

    #[test]
    fn an_id_tells_its_age() {
        let fresh = Uuid::now_v7().to_string();
        assert!(!is_older(&fresh, Duration::from_secs(60)) && is_older(&fresh, Duration::ZERO));
        assert!(is_older("01890000-0000-7000-8000-000000000000", Duration::from_secs(86_400)));
        assert!(!is_older("no id", Duration::ZERO), "what tells nothing is kept");
    }
}
