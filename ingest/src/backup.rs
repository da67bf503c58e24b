//! What of a warehouse a backup holds: the newest release (or another one) with those before it, and the facts as of one moment.

use warehouse::Warehouse;
use warehouse::backup::Cut;
use warehouse::error::WarehouseError;

use crate::ledger::ledger_table;
use crate::verify::originals_at;

/// Chooses it. With a number, everything is as it stood in that release; without, releases and facts are the newest.
pub async fn cut(warehouse: &Warehouse, number: Option<u64>) -> Result<Cut, WarehouseError> {
    let release = match number {
        Some(number) => Some(warehouse.release(number).await?),
        None => warehouse.latest_release().await?,
    };
    if let Some(lost) = release.as_ref().filter(|release| number.is_some() && !release.lost.is_empty()) {
        return Err(WarehouseError::Lost { release: lost.release });
    }
    let is_input = |schema: &str| schema == "facts" || schema == "reference";
    let mut cut = Cut { release: release.as_ref().map(|release| release.release), ..Cut::default() };
    match release.filter(|_| number.is_some()) {
        Some(release) => {
            cut.tables = release.tables.into_iter().filter(|(name, _)| is_input(&name.schema)).collect();
        }
        None => {
            // The ledger first: rows are committed before their line in it, so every line that it holds finds its rows.
            let mut names = warehouse.tables().await?;
            names.retain(|name| is_input(&name.schema));
            names.sort_by_key(|name| *name != ledger_table());
            for name in names {
                let version = warehouse.version(&name).await?;
                cut.tables.insert(name, version);
            }
        }
    }
    if let Some(version) = cut.tables.get(&ledger_table()) {
        cut.originals = originals_at(warehouse, *version).await?;
    }
    Ok(cut)
}
