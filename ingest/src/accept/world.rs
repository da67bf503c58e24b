//! What files are judged against, gathered before the first of them: the register first, then all else.

use std::collections::BTreeSet;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use chrono::NaiveDate;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::UInt32Type;
use memchr::memmem::Finder;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use warehouse::Warehouse;

use super::files::Found;
use super::intake::{key_of, unchanged};
use super::source::Source;
use super::{IngestError, Options};
use crate::city::read_reference_table;
use crate::form::Form;
use crate::judge::{Judged, SchoolEntry, SliceState, World, judge};
use crate::keys::Keys;
use crate::ledger::{Ledger, SliceKey, ledger_table, read_register};
use crate::person::PersonHasher;
use crate::read::parts::{tells_of_cells, unpack};
use crate::read::{Kind, sniff};
use crate::reference::calendar::Calendar;

/// Bytes of a file in which its headings must stand.
const HEAD: u64 = 64 * 1024;
/// Bytes of a workbook's part that are looked through; a larger one is read with the workbook.
const PART: u64 = 16 << 20;

/// Bytes of small workbooks that are held, packed and unpacked, until they are judged.
const HELD: u64 = 64 << 20;

/// What files are judged against: the register (with what this call's own register files add), the calendar, the districts.
pub async fn world(
    warehouse: &Warehouse,
    keys: &Keys,
    files: &mut [Found],
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
        erasure: warehouse.erasure(&ledger_table(), ledger.version).await?,
    };
    // The register first: other files of the same call name its schools. What can't be read is told when its turn comes.
    let register = crate::form::forms().iter().find(|form| form.is_register()).expect("one form is the register");
    let sought = Sought::of(register);
    let room = AtomicU64::new(HELD);
    let may_hold = |file: &mut &mut Found| match options.form {
        Some(given) => std::ptr::eq(given, register),
        None => may_hold_register(file, &sought, &room).unwrap_or_default(),
    };
    let near = files.par_iter_mut().filter(|file| file.fault.is_none() && file.bytes < options.large);
    let may: Vec<&mut Found> = near.filter_map(|mut file| may_hold(&mut file).then_some(file)).collect();
    for file in may {
        let Ok(bytes) = file.read() else { continue };
        let known = unchanged(ledger, &hex::encode(Sha256::digest(&bytes)), options);
        // A file that makes its reader panic is told when its turn comes, too.
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let document = file.document(&bytes, options.form);
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
/// workbook, anywhere. A small workbook is then held unpacked, as far as there is room.
fn may_hold_register(file: &mut Found, sought: &Sought, room: &AtomicU64) -> std::io::Result<bool> {
    let mut start = Vec::new();
    file.open()?.take(HEAD).read_to_end(&mut start)?;
    if file.bytes == start.len() as u64 && sniff(&file.name(), &start) == Kind::Workbook {
        // Whoever made it so that it can't be unpacked is told when its turn comes.
        let Ok(Ok(parts)) = catch_unwind(|| unpack(&start)) else { return Ok(false) };
        if let Some(plain) = &parts.plain {
            let (may, held) = (sought.stands_in(plain), (start.len() + plain.len()) as u64);
            if room.fetch_update(Relaxed, Relaxed, |room| room.checked_sub(held)).is_ok() {
                (file.source, file.parts) = (Source::Held(start.into()), Some(Arc::new(parts)));
            }
            return Ok(may);
        }
    }
    if start.starts_with(b"PK") {
        let bytes = file.read()?;
        // Whoever packed it so that this look fails gets the whole one.
        return Ok(parts(&bytes, sought).unwrap_or(true));
    }
    // Old workbooks, and text of two bytes a letter: too rare to look for less than all.
    Ok(start.iter().take(512).any(|byte| *byte == 0) || sought.stands_in(&start))
}

/// The register's code name, and its telling heading and title in the encodings that have a byte for each ASCII letter.
struct Sought {
    name: Finder<'static>,
    words: Vec<Word>,
}

/// A word that is compared without blanks, and its letters.
struct Word {
    whole: Vec<u8>,
    letters: Vec<Finder<'static>>,
}

impl Sought {
    fn of(register: &Form) -> Sought {
        let heading = &register.column("school_name").expect("the register names its schools").heading;
        let word = |text: &str, encoded: fn(&str) -> Vec<u8>| Word {
            whole: encoded(text),
            letters: text.chars().map(|one| Finder::new(&encoded(one.encode_utf8(&mut [0; 4]))).into_owned()).collect(),
        };
        let utf8 = |text: &str| text.as_bytes().to_vec();
        let national = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
        let words = vec![word(heading, utf8), word(heading, national), word(&register.heading, utf8)];
        Sought { name: Finder::new(&register.name).into_owned(), words }
    }

    /// Whether one of them stands there.
    fn stands_in(&self, text: &[u8]) -> bool {
        // Most texts lack one of the letters, and the last ones are the rarer.
        let may = |word: &&Word| word.letters.iter().rev().all(|letter| letter.find(text).is_some());
        self.name.find(text).is_some()
            || self.words.iter().filter(may).any(|word| {
                let text: Vec<u8> = text.iter().copied().filter(|byte| *byte != b' ').collect();
                memchr::memmem::find(&text, &word.whole).is_some()
            })
    }
}

/// Whether a part of a workbook with text in it holds what is looked for; nothing where that can't be told.
fn parts(bytes: &[u8], sought: &Sought) -> Option<bool> {
    let mut parts = zip::ZipArchive::new(std::io::Cursor::new(bytes)).ok()?;
    let mut text = Vec::new();
    for at in 0..parts.len() {
        let part = parts.by_index(at).ok()?;
        let told = |name: &str| name.ends_with(".xml") && name.contains("xl/") && tells_of_cells(name);
        // Styles have names too, which are nobody's headings.
        if part.name().is_ok_and(|name| told(&name) && !name.ends_with("/styles.xml")) {
            text.clear();
            part.take(PART).read_to_end(&mut text).ok()?;
            if text.len() as u64 == PART || sought.stands_in(&text) {
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
