//! What files are judged against, gathered before the first of them: the register first, then all else.

use std::collections::BTreeSet;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::NaiveDate;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::UInt32Type;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use warehouse::Warehouse;

use super::files::Found;
use super::intake::{key_of, unchanged};
use super::{IngestError, Options};
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
/// Bytes of a workbook's part that are looked through; a larger one is read with the workbook.
const PART: u64 = 16 << 20;

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
    // The register first: other files of the same call name its schools. What can't be read is told when its turn comes.
    let may: Vec<&Found> = files
        .par_iter()
        .filter(|file| file.fault.is_none() && file.bytes < options.large)
        .filter(|file| may_hold_register(file, options.form).unwrap_or_default())
        .collect();
    for file in may {
        let Ok(bytes) = file.read() else { continue };
        let known = unchanged(ledger, &hex::encode(Sha256::digest(&bytes)), options);
        // A file that makes its reader panic is told when its turn comes, too.
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let document = read(&file.name(), &bytes, options.form);
            let registers = document.tables.iter().any(|table| table.form.is_register());
            registers.then(|| judge(document, &world))
        }));
        if let Ok(Some(judged)) = judged {
            add_to_register(&mut world, &judged, &known);
        }
    }
    Ok(world)
}

/// Whether a look at the whole file is worth it: the register's telling heading or name stands in its head or, of a
/// workbook, anywhere.
fn may_hold_register(file: &Found, given: Option<&'static Form>) -> std::io::Result<bool> {
    let register = crate::form::forms().iter().find(|form| form.is_register()).expect("one form is the register");
    if let Some(given) = given {
        return Ok(std::ptr::eq(given, register));
    }
    let heading = &register.column("school_name").expect("the register names its schools").heading;
    let (national, _, _) = encoding_rs::GB18030.encode(heading);
    let needles = [heading.as_bytes(), register.heading.as_bytes(), &national, register.name.as_bytes()];
    let holds = |text: &[u8]| {
        // Headings are compared without blanks.
        let text: Vec<u8> = text.iter().copied().filter(|byte| *byte != b' ').collect();
        needles.iter().any(|needle| memchr::memmem::find(&text, needle).is_some())
    };
    let mut start = Vec::new();
    match &file.held {
        Some(bytes) => start.extend_from_slice(&bytes[..bytes.len().min(HEAD as usize)]),
        None => drop(std::fs::File::open(&file.path)?.take(HEAD).read_to_end(&mut start)?),
    }
    if start.starts_with(b"PK") {
        let bytes = file.read()?;
        // Whoever packed it so that this look fails gets the whole one.
        return Ok(parts(&bytes, &holds).unwrap_or(true));
    }
    // Old workbooks, and text of two bytes a letter: too rare to look for less than all.
    Ok(start.iter().take(512).any(|byte| *byte == 0) || holds(&start))
}

/// Whether a part of a workbook with text in it holds what is looked for; nothing where that can't be told.
fn parts(bytes: &[u8], holds: &impl Fn(&[u8]) -> bool) -> Option<bool> {
    let mut parts = zip::ZipArchive::new(std::io::Cursor::new(bytes)).ok()?;
    for at in 0..parts.len() {
        let part = parts.by_index(at).ok()?;
        let text = part.name().is_ok_and(|name| name.ends_with(".xml") && name.contains("xl/"));
        if text {
            let mut text = Vec::new();
            part.take(PART).read_to_end(&mut text).ok()?;
            if text.len() as u64 == PART || holds(&text) {
                return Some(true);
            }
        }
    }
    Some(false)
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
