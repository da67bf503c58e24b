//! What files are judged against, gathered before the first of them: the register first, then all else.

use std::collections::BTreeSet;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use chrono::NaiveDate;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::UInt32Type;
use sha2::{Digest, Sha256};
use warehouse::Warehouse;

use super::files::Found;
use super::{IngestError, Options, key_of, unchanged};
use crate::city::read_reference_table;
use crate::form::Form;
use crate::judge::{Judged, SchoolEntry, SliceState, World, judge};
use crate::keys::Keys;
use crate::ledger::{Ledger, SliceKey, read_register};
use crate::person::PersonHasher;
use crate::read::read;
use crate::reference::calendar::Calendar;

/// Bytes of a file in which its headings must stand.
const HEAD: u64 = 64 * 1024;

/// What files are judged against: the register (with what this call's own register files add), the calendar, the districts.
pub async fn world(
    warehouse: &Warehouse,
    keys: &Keys,
    files: &[Found],
    options: &Options,
    ledger: &Ledger,
) -> Result<World, IngestError> {
    let bad = |error: datafusion::arrow::error::ArrowError| IngestError::Calendar(error.to_string());
    let calendar = Calendar::from_batches(&[read_reference_table(warehouse, "calendar").await?]).map_err(bad)?;
    let districts = read_reference_table(warehouse, "district").await?;
    let codes = districts.column_by_name("district_code").expect("the table has its schema").as_string::<i32>();
    let mut world = World {
        register: read_register(warehouse).await?,
        calendar,
        districts: codes.iter().flatten().map(str::to_owned).collect(),
        sender: options.sender.clone(),
        hasher: PersonHasher::new(keys.person),
    };
    // The register first: other files of the same call name its schools.
    for file in files.iter().filter(|file| file.fault.is_none() && file.bytes < options.large) {
        // What can't be read is told when its turn comes.
        if may_hold_register(&file.path, options.form).unwrap_or_default()
            && let Ok(bytes) = std::fs::read(&file.path)
        {
            let known = unchanged(ledger, &hex::encode(Sha256::digest(&bytes)), options);
            // A file that makes its reader panic is told when its turn comes, like any that can't be read.
            let judged = catch_unwind(AssertUnwindSafe(|| {
                let document = read(&file.name(), &bytes, options.form);
                let registers = document.tables.iter().any(|table| table.form.is_register());
                registers.then(|| judge(document, &world))
            }));
            if let Ok(Some(judged)) = judged {
                add_to_register(&mut world, &judged, &known);
            }
        }
    }
    Ok(world)
}

/// Whether a look at the whole file is worth it: the register's telling heading or name stands in its head, or it is no
/// text.
fn may_hold_register(path: &Path, given: Option<&'static Form>) -> std::io::Result<bool> {
    let register = crate::form::forms().iter().find(|form| form.is_register()).expect("one form is the register");
    if let Some(given) = given {
        return Ok(std::ptr::eq(given, register));
    }
    let mut start = Vec::new();
    std::fs::File::open(path)?.take(HEAD).read_to_end(&mut start)?;
    // Headings are compared without blanks.
    let start: Vec<u8> = start.into_iter().filter(|byte| *byte != b' ').collect();
    // A workbook is packed, and text of two bytes a letter would need another look: both are read as a whole.
    if start.iter().take(512).any(|byte| *byte == 0) || start.starts_with(b"PK") {
        return Ok(true);
    }
    let heading = &register.column("school_name").expect("the register names its schools").heading;
    let (national, _, _) = encoding_rs::GB18030.encode(heading);
    let needles = [heading.as_bytes(), &national, register.name.as_bytes()];
    Ok(needles.iter().any(|needle| start.windows(needle.len()).any(|window| window == *needle)))
}

/// Adds the accepted lines that these bytes did not give before.
fn add_to_register(world: &mut World, judged: &Judged, known: &BTreeSet<SliceKey>) {
    for table in judged.tables.iter().filter(|table| table.form.is_register()) {
        let text = |name: &str| table.rows.column_by_name(name).expect("the register's columns").as_string::<i32>();
        let date = |name: &str, row: usize| {
            let column = table.rows.column_by_name(name).expect("the register's columns");
            let column = column.as_primitive::<datafusion::arrow::datatypes::Date32Type>();
            datafusion::arrow::array::Array::is_valid(column, row)
                .then(|| NaiveDate::default() + chrono::Days::new(u64::try_from(column.value(row)).unwrap_or_default()))
        };
        let slices =
            table.rows.column_by_name("slice").expect("judged rows name their slice").as_primitive::<UInt32Type>();
        for row in 0..table.rows.num_rows() {
            let slice = &table.slices[slices.value(row) as usize];
            if slice.state != SliceState::Accepted || known.contains(&key_of(slice)) {
                continue;
            }
            let entry = SchoolEntry {
                district_code: text("district_code").value(row).to_owned(),
                school_kind: text("school_kind").value(row).to_owned(),
                urban_rural: text("urban_rural").value(row).to_owned(),
                opened_on: date("opened_on", row),
                closed_on: date("closed_on", row),
            };
            world.register.insert(text("school_id").value(row).to_owned(), entry);
        }
    }
}
