//! A new key for persons' numbers: every row that counts is hashed anew from its sealed original, and all of it comes into
//! force in one commit.
//!
//! The new key is written beside the old one as `person.key.new`. The rows that count are copied with new hashes under fresh
//! submission ids, which nobody sees. Then one commit to the ledger adds the lines of all these copies, and sets the mark
//! that names the new key: from that moment new rows count and calls that hashed with the old key are refused. Last of all
//! `person.key.new` becomes `person.key`; whoever comes after a kill in between does that first. Before the commit nothing
//! has changed; after it everything has.

mod numbers;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::Int64Type;
use uuid::Uuid;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::step;
use warehouse::table::{TableName, Writer};

use self::numbers::Numbers;
use crate::audit::{Event, record};
use crate::commit::{commit_at, mark, next_moment};
use crate::form::{Form, PersonKind, form, forms};
use crate::keys::{KeyError, Keys, SealKey, switch};
use crate::ledger::{Ledger, issue_table, ledger_table, query};
use crate::person::PersonHasher;

/// So many originals are opened before their rows are looked up together.
const TOGETHER: usize = 32;

/// What keeps a key from being rotated. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// An original does not hold the person that a row of its slice was hashed from.
    #[error(
        "{form} of school {school_id}, {period}: row {row} of its original ({sha256}) does not hold the person that was \
         accepted; nothing was changed"
    )]
    Differs {
        /// The form.
        form: String,
        /// The school.
        school_id: String,
        /// The period.
        period: String,
        /// The row.
        row: i64,
        /// The SHA-256 of the original.
        sha256: String,
    },
    /// The keys failed.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

/// What a rotation did.
#[derive(Debug, Default)]
pub struct Rotated {
    /// Slices that were hashed anew.
    pub slices: usize,
    /// Their rows.
    pub rows: u64,
    /// The originals that were opened for them.
    pub originals: usize,
    /// Whether the key before was there, so that every person could be checked against it.
    pub checked: bool,
}

/// A slice with persons that counts.
#[derive(Debug, Clone)]
struct Slice {
    id: String,
    form: &'static Form,
    school_id: String,
    period: String,
    file_name: String,
    sha256: String,
    sheet: Option<String>,
}

/// Rotates the key for persons' numbers. `folder` is the folder of the keys, `by_whom` goes into the audit. `progress` is
/// told how many of how many originals are done.
pub async fn rotate(
    warehouse: &Warehouse,
    folder: &Path,
    seal: &SealKey,
    by_whom: &str,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Rotated, RotateError> {
    let lock = warehouse.lock("rotate-key").await?;
    let old = match Keys::in_force(warehouse, folder).await {
        Ok(keys) => Some(PersonHasher::new(keys.person)),
        // Lost, or another one: originals and rows are matched by row numbers, and persons can't be checked against it.
        Err(KeyError::Missing { .. } | KeyError::Other { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let keys = Keys::make_next(folder)?;
    let event = Event {
        by_whom: by_whom.to_owned(),
        action: "rotate-key",
        subject: "person.key".to_owned(),
        reason: "persons are hashed anew from the sealed originals, in memory".to_owned(),
    };
    record(warehouse, &event).await?;
    step::reached("rotate.key_made");

    let mut anew = Anew {
        warehouse,
        seal,
        old,
        new: PersonHasher::new(keys.person),
        known: HashMap::new(),
        copies: BTreeMap::new(),
        done: Rotated::default(),
    };
    loop {
        let ledger = Ledger::open(warehouse).await?;
        let slices = slices(warehouse, ledger.version).await?;
        let fresh: Vec<Slice> = slices.iter().filter(|slice| !anew.copies.contains_key(&slice.id)).cloned().collect();
        anew.copy(fresh, progress).await?;
        step::reached("rotate.rows_committed");
        lock.check()?;
        let lines = anew.lines(&ledger, &slices).await?;
        if commit_at(warehouse, ledger.version, lines, Some(mark(&keys))).await? || in_force(warehouse, &keys).await? {
            step::reached("rotate.committed");
            switch(folder)?;
            let done = Rotated { slices: slices.len(), checked: anew.old.is_some(), ..anew.done };
            lock.let_go().await;
            return Ok(done);
        }
        // Slices were accepted meanwhile: they are hashed anew too, and the others are done already.
    }
}

/// Whether the commit that seemed to be refused was this rotation's own, its answer being lost.
async fn in_force(warehouse: &Warehouse, keys: &Keys) -> Result<bool, WarehouseError> {
    let version = warehouse.snapshot(&ledger_table(), None).await?.version;
    Ok(warehouse.mark(&ledger_table(), version, crate::keys::MARK).await? == Some(keys.fingerprint()))
}

/// The slices with persons that count at a version of the ledger, in the order of their originals.
async fn slices(warehouse: &Warehouse, version: u64) -> Result<Vec<Slice>, WarehouseError> {
    let with_persons = forms().iter().filter(|form| form.persons().next().is_some());
    let names: Vec<String> = with_persons.map(|form| format!("'{}'", form.name)).collect();
    let sql = format!(
        "with newest as ( \
             select * from facts.submission where state <> 'rejected' and form in ({}) \
             qualify row_number() over (partition by form, school_id, period \
                 order by received_at desc nulls last, submission_id desc nulls last) = 1 \
         ) \
         select submission_id, form, school_id, period, file_name, file_sha256, sheet from newest \
         where state = 'accepted' order by file_sha256, submission_id",
        names.join(", ")
    );
    let snapshot = warehouse.snapshot(&ledger_table(), Some(version)).await?;
    let erasure = warehouse.erasure(&ledger_table(), version).await?;
    let mut slices = Vec::new();
    for batch in query(warehouse, vec![snapshot], &sql).await? {
        let cell = |column: usize, row: usize| {
            let column = batch.column(column).as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        let text = |column: usize, row: usize| cell(column, row).unwrap_or_default();
        for row in 0..batch.num_rows() {
            if erasure.is_some_and(|erasure| erasure.takes(&text(3, row))) {
                // Its rows were erased.
                continue;
            }
            slices.push(Slice {
                id: text(0, row),
                form: form(&text(1, row)).expect("the query asks for forms of this build"),
                school_id: text(2, row),
                period: text(3, row),
                file_name: text(4, row),
                sha256: text(5, row),
                sheet: cell(6, row),
            });
        }
    }
    Ok(slices)
}

/// What a rotation has hashed anew so far.
struct Anew<'a> {
    warehouse: &'a Warehouse,
    seal: &'a SealKey,
    old: Option<PersonHasher>,
    new: PersonHasher,
    /// The new hash of each stored one: one person stays one person, with or without the key before.
    known: HashMap<String, String>,
    /// The id of the copy of each slice, by the slice's own.
    copies: BTreeMap<String, String>,
    done: Rotated,
}

impl Anew<'_> {
    /// Copies the rows of slices, hashed anew, and what was found in them. Nobody sees the copies before their lines.
    async fn copy(&mut self, slices: Vec<Slice>, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<(), RotateError> {
        let mut originals: Vec<Vec<Slice>> = Vec::new();
        for slice in slices {
            match originals.last_mut() {
                Some(same) if same[0].sha256 == slice.sha256 => same.push(slice),
                _ => originals.push(vec![slice]),
            }
        }
        let mut writers: BTreeMap<String, Writer> = BTreeMap::new();
        let mut told = 0;
        for some in originals.chunks(TOGETHER) {
            let mut numbers = HashMap::new();
            for slices in some {
                let first = &slices[0];
                let bytes = self.seal.unseal(self.warehouse, &first.sha256).await?;
                numbers.insert(first.sha256.as_str(), Numbers::read(&first.file_name, &bytes, first.form));
            }
            let all: Vec<&Slice> = some.iter().flatten().collect();
            for form in forms().iter().filter(|form| all.iter().any(|slice| std::ptr::eq(slice.form, *form))) {
                let of_form: HashMap<&str, &Slice> = all
                    .iter()
                    .filter(|slice| std::ptr::eq(slice.form, form))
                    .map(|one| (one.id.as_str(), *one))
                    .collect();
                self.copy_rows(form, &of_form, &numbers, &mut writers).await?;
            }
            told += some.len();
            progress(told, originals.len());
        }
        self.done.originals += originals.len();
        for (table, writer) in writers {
            let staged = writer.finish().await?;
            self.done.rows += staged.rows();
            self.warehouse.append(&TableName::new("facts", table), staged).await?;
        }
        self.copy_issues(originals.iter().flatten()).await?;
        Ok(())
    }

    async fn copy_rows(
        &mut self,
        form: &'static Form,
        slices: &HashMap<&str, &Slice>,
        numbers: &HashMap<&str, Numbers>,
        writers: &mut BTreeMap<String, Writer>,
    ) -> Result<(), RotateError> {
        for slice in slices.values() {
            self.copies.insert(slice.id.clone(), Uuid::now_v7().to_string());
        }
        let table = TableName::new("facts", form.table());
        let snapshot = self.warehouse.snapshot(&table, None).await?;
        let sql = format!("select * from {table} where submission_id in ({})", quoted(slices.keys().copied()));
        for batch in query(self.warehouse, vec![snapshot], &sql).await? {
            let ids = text(&batch, "submission_id");
            let rows =
                batch.column_by_name("row_no").expect("every table of rows numbers them").as_primitive::<Int64Type>();
            let mut copy = batch.clone();
            for (name, kind) in form.persons() {
                let stored = text(&batch, name);
                let mut hashes = Vec::with_capacity(batch.num_rows());
                for row in 0..batch.num_rows() {
                    let slice = slices[ids.value(row)];
                    let number =
                        numbers[slice.sha256.as_str()].at(slice.form, slice.sheet.as_deref(), rows.value(row), name);
                    let stored = stored.is_valid(row).then(|| stored.value(row));
                    let anew = self.hash(slice, kind, stored, number.as_deref());
                    hashes.push(anew.map_err(|()| RotateError::Differs {
                        form: slice.form.heading.clone(),
                        school_id: slice.school_id.clone(),
                        period: slice.period.clone(),
                        row: rows.value(row),
                        sha256: slice.sha256.clone(),
                    })?);
                }
                copy = with_column(copy, name, Arc::new(hashes.into_iter().collect::<StringArray>()));
            }
            let fresh: StringArray = ids.iter().map(|id| id.map(|id| self.copies[id].as_str())).collect();
            copy = with_column(copy, "submission_id", Arc::new(fresh));
            let writer = match writers.entry(form.table()) {
                std::collections::btree_map::Entry::Occupied(writer) => writer.into_mut(),
                std::collections::btree_map::Entry::Vacant(place) => place.insert(self.warehouse.writer(&table).await?),
            };
            writer.write(copy).await?;
        }
        Ok(())
    }

    /// The new hash of a stored one, whose number stands in the original.
    fn hash(
        &mut self,
        slice: &Slice,
        kind: PersonKind,
        stored: Option<&str>,
        number: Option<&str>,
    ) -> Result<Option<String>, ()> {
        let (stored, number) = match (stored, number) {
            (Some(stored), Some(number)) => (stored, number),
            (None, None) => return Ok(None),
            _ => return Err(()),
        };
        let hash = self.new.hash(&slice.school_id, kind, number);
        match self.known.get(stored) {
            Some(known) if *known == hash => Ok(Some(hash)),
            Some(_) => Err(()),
            None => {
                if self.old.as_ref().is_some_and(|old| old.hash(&slice.school_id, kind, number) != stored) {
                    return Err(());
                }
                self.known.insert(stored.to_owned(), hash.clone());
                Ok(Some(hash))
            }
        }
    }

    /// What was found in the slices is told of their copies too.
    async fn copy_issues(&self, slices: impl Iterator<Item = &Slice>) -> Result<(), RotateError> {
        let ids = quoted(slices.map(|slice| slice.id.as_str()));
        if ids.is_empty() {
            return Ok(());
        }
        let snapshot = self.warehouse.snapshot(&issue_table(), None).await?;
        let sql = format!("select * from {} where submission_id in ({ids})", issue_table());
        let found = query(self.warehouse, vec![snapshot], &sql).await?;
        if found.iter().all(|batch| batch.num_rows() == 0) {
            return Ok(());
        }
        let mut writer = self.warehouse.writer(&issue_table()).await?;
        for batch in found {
            let fresh: StringArray =
                text(&batch, "submission_id").iter().map(|id| id.map(|id| self.copies[id].as_str())).collect();
            writer.write(with_column(batch, "submission_id", Arc::new(fresh))).await?;
        }
        self.warehouse.append(&issue_table(), writer.finish().await?).await?;
        Ok(())
    }

    /// The lines of the copies: those of the slices, with their own ids, and accepted now.
    async fn lines(&self, ledger: &Ledger, slices: &[Slice]) -> Result<RecordBatch, RotateError> {
        let snapshot = self.warehouse.snapshot(&ledger_table(), Some(ledger.version)).await?;
        let empty = RecordBatch::new_empty(snapshot.schema.clone());
        if slices.is_empty() {
            return Ok(empty);
        }
        let ids = quoted(slices.iter().map(|slice| slice.id.as_str()));
        let sql = format!(
            "select * from {} where submission_id in ({ids}) order by received_at, submission_id",
            ledger_table()
        );
        let found = query(self.warehouse, vec![snapshot], &sql).await?;
        let Some(first) = found.first() else { return Ok(empty) };
        let lines = concat_batches(&first.schema(), &found).expect("batches of one query have one schema");
        let before = text(&lines, "submission_id").clone();
        let fresh: StringArray = before.iter().map(|id| id.map(|id| self.copies[id].as_str())).collect();
        let moment = next_moment(ledger);
        let moments = (0..lines.num_rows()).map(|place| Some(moment + place as i64));
        let moments = moments.collect::<TimestampMicrosecondArray>().with_timezone("UTC");
        let lines = with_column(lines, "submission_id", Arc::new(fresh));
        let lines = with_column(lines, "received_at", Arc::new(moments));
        Ok(with_column(lines, "replaces", Arc::new(before)))
    }
}

fn text<'a>(batch: &'a RecordBatch, name: &str) -> &'a StringArray {
    batch.column_by_name(name).expect("the table was made with this column").as_string::<i32>()
}

/// The batch with another array for a column.
fn with_column(batch: RecordBatch, name: &str, array: ArrayRef) -> RecordBatch {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        let column = if field.name() == name { array.clone() } else { column.clone() };
        (field.name().clone(), column, true)
    });
    RecordBatch::try_from_iter_with_nullable(columns.collect::<Vec<_>>()).expect("the array has a value a row")
}

/// Texts as SQL writes them in a list.
fn quoted<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(|text| format!("'{}'", text.replace('\'', "''"))).collect::<Vec<_>>().join(", ")
}
