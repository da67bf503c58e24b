//! Who did what with what is kept apart: `facts.audit_event`, appended and never edited, each event chained to the one before.
//!
//! An event carries the hash of its predecessor, so that an event that was changed, taken out or slipped in shows. Each is
//! committed right after the version of the table that its predecessor was read from: two processes can't follow one event.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType};
use sha2::{Digest, Sha256};
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::table::TableName;

use crate::ledger::query;

/// The table of events.
pub fn audit_table() -> TableName {
    TableName::new("facts", "audit_event")
}

/// What is to be recorded.
#[derive(Debug, Clone)]
pub struct Event {
    /// Who did it.
    pub by_whom: String,
    /// What was done, in one word.
    pub action: &'static str,
    /// What it was done to.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// An event as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Counts from 1 without a gap.
    pub number: i64,
    /// Microseconds since 1970 in UTC.
    pub at: i64,
    by_whom: String,
    action: String,
    subject: String,
    reason: String,
    previous: String,
    /// SHA-256 in hex over everything above.
    pub hash: String,
}

impl Recorded {
    /// The event after `last`.
    fn after(last: Option<&Recorded>, event: &Event) -> Recorded {
        let now = chrono::Utc::now().timestamp_micros();
        let mut next = Recorded {
            number: last.map_or(1, |last| last.number + 1),
            // Where a clock was ahead, events still stand in their order.
            at: last.map_or(now, |last| now.max(last.at + 1)),
            by_whom: event.by_whom.clone(),
            action: event.action.to_owned(),
            subject: event.subject.clone(),
            reason: event.reason.clone(),
            previous: last.map(|last| last.hash.clone()).unwrap_or_default(),
            hash: String::new(),
        };
        next.hash = next.digest();
        next
    }

    fn digest(&self) -> String {
        let mut digest = Sha256::new();
        let (number, at) = (self.number.to_string(), self.at.to_string());
        for part in [&number, &at, &self.by_whom, &self.action, &self.subject, &self.reason, &self.previous] {
            // Each after its length, so that no two events share one text.
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part.as_bytes());
        }
        hex::encode(digest.finalize())
    }
}

/// Records an event. When this returns it is committed.
pub async fn record(warehouse: &Warehouse, event: &Event) -> Result<Recorded, WarehouseError> {
    let recorded = Journal::open(warehouse).record(std::slice::from_ref(event)).await?;
    Ok(recorded.into_iter().next().expect("an event was given"))
}

/// The end of the chain as it was seen last: who records often need not read all events each time.
#[derive(Debug)]
pub struct Journal {
    warehouse: Warehouse,
    end: Option<(u64, Option<Recorded>)>,
}

impl Journal {
    /// Of a warehouse; nothing is read yet.
    pub fn open(warehouse: &Warehouse) -> Journal {
        Journal { warehouse: warehouse.clone(), end: None }
    }

    /// Records events in their order, in one commit. When this returns they are committed.
    pub async fn record(&mut self, events: &[Event]) -> Result<Vec<Recorded>, WarehouseError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let warehouse = self.warehouse.clone();
        let mut tried: Option<Vec<Recorded>> = None;
        loop {
            // What fails leaves nothing that is taken for known.
            let (version, last) = match self.end.take() {
                Some(end) => end,
                None => {
                    warehouse.ensure_table(&audit_table(), &schema(), &[]).await?;
                    let (version, mut known) = read(&warehouse).await?;
                    // A commit whose answer was lost looks like another one's; it is known by its hashes.
                    if let Some(tried) = tried.take_if(|tried| tried.iter().all(|one| known.contains(one))) {
                        return Ok(tried);
                    }
                    (version, known.pop())
                }
            };
            let mut fresh: Vec<Recorded> = Vec::with_capacity(events.len());
            for event in events {
                fresh.push(Recorded::after(fresh.last().or(last.as_ref()), event));
            }
            let mut writer = warehouse.writer(&audit_table()).await?;
            writer.write(batch(&fresh)).await?;
            match warehouse.append_at(&audit_table(), version, writer.finish().await?, None).await {
                Ok(version) => {
                    self.end = Some((version, fresh.last().cloned()));
                    return Ok(fresh);
                }
                Err(WarehouseError::Moved { .. }) => tried = Some(fresh),
                Err(error) => return Err(error),
            }
        }
    }
}

/// What a look at the chain found.
#[derive(Debug, Default)]
pub struct Chain {
    /// How many events.
    pub events: usize,
    /// The hash of the last one: whoever noted it elsewhere can tell that nothing was taken off the end.
    pub last: Option<String>,
    /// What is wrong with them.
    pub faults: Vec<String>,
}

/// Follows the chain from its first event.
pub async fn check_chain(warehouse: &Warehouse) -> Result<Chain, WarehouseError> {
    if !warehouse.has_table(&audit_table()).await? {
        return Ok(Chain::default());
    }
    let (_, events) = read(warehouse).await?;
    Ok(check(&events))
}

fn check(events: &[Recorded]) -> Chain {
    let mut faults = Vec::new();
    let mut previous = "";
    for (at, event) in events.iter().enumerate() {
        let number = event.number;
        if number != at as i64 + 1 {
            faults.push(format!("audit event {} is missing or stands twice", at + 1));
            break;
        }
        if event.previous != previous {
            faults.push(format!("audit event {number} does not follow the one before it"));
        }
        if event.digest() != event.hash {
            faults.push(format!("audit event {number} was changed after it was recorded"));
        }
        previous = &event.hash;
    }
    Chain { events: events.len(), last: events.last().map(|event| event.hash.clone()), faults }
}

fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        Field::new("number", DataType::Int64, true),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        text("by_whom"),
        text("action"),
        text("subject"),
        text("reason"),
        text("previous"),
        text("hash"),
    ]))
}

fn batch(events: &[Recorded]) -> RecordBatch {
    let text = |value: fn(&Recorded) -> &str| -> ArrayRef {
        Arc::new(events.iter().map(|event| Some(value(event))).collect::<StringArray>())
    };
    let at = TimestampMicrosecondArray::from_iter_values(events.iter().map(|event| event.at)).with_timezone("UTC");
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(events.iter().map(|event| event.number))),
        Arc::new(at),
        text(|event| &event.by_whom),
        text(|event| &event.action),
        text(|event| &event.subject),
        text(|event| &event.reason),
        text(|event| &event.previous),
        text(|event| &event.hash),
    ];
    RecordBatch::try_new(schema(), columns).expect("the columns are those of the schema")
}

/// All events, in their order, and the version of the table that they were read from.
async fn read(warehouse: &Warehouse) -> Result<(u64, Vec<Recorded>), WarehouseError> {
    let snapshot = warehouse.snapshot(&audit_table(), None).await?;
    let version = snapshot.version;
    let sql = "select number, at, by_whom, action, subject, reason, previous, hash from facts.audit_event order by number, hash";
    let mut events = Vec::new();
    for batch in query(warehouse, vec![snapshot], sql).await? {
        let number = batch.column(0).as_primitive::<Int64Type>();
        let at = batch.column(1).as_primitive::<TimestampMicrosecondType>();
        let text = |column: usize, row: usize| batch.column(column).as_string::<i32>().value(row).to_owned();
        for row in 0..batch.num_rows() {
            events.push(Recorded {
                number: number.value(row),
                at: at.value(row),
                by_whom: text(2, row),
                action: text(3, row),
                subject: text(4, row),
                reason: text(5, row),
                previous: text(6, row),
                hash: text(7, row),
            });
        }
    }
    Ok((version, events))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(reason: &str) -> Event {
        Event { by_whom: "office".to_owned(), action: "unseal", subject: "ab".to_owned(), reason: reason.to_owned() }
    }

    fn three() -> Vec<Recorded> {
        let mut events: Vec<Recorded> = Vec::new();
        for reason in ["first", "second", "third"] {
            events.push(Recorded::after(events.last(), &event(reason)));
        }
        events
    }

    #[test]
    fn a_chain_shows_what_was_changed_taken_out_or_slipped_in() {
        assert_eq!(check(&three()).faults, Vec::<String>::new());
        let faulty = |spoil: fn(&mut Vec<Recorded>)| {
            let mut events = three();
            spoil(&mut events);
            !check(&events).faults.is_empty()
        };
        assert!(faulty(|events| events[1].reason = "another".to_owned()));
        assert!(faulty(|events| {
            events[1].reason = "another".to_owned();
            events[1].hash = events[1].digest();
        }));
        assert!(faulty(|events| drop(events.remove(1))));
        assert!(faulty(|events| drop(events.remove(0))));
        assert!(faulty(|events| {
            let twin = Recorded::after(Some(&events[0]), &event("twin"));
            events.insert(1, twin);
        }));
        assert!(faulty(|events| events.swap(1, 2)));
    }

    #[tokio::test]
    async fn events_of_several_writers_at_once_make_one_chain() {
        let folder = tempfile::tempdir().expect("a folder");
        let location = folder.path().join("warehouse").display().to_string();
        let warehouse = Warehouse::create(&location, |_| "nobody".to_owned()).await.expect("made");
        let event = event("at once");
        let all = (0..6).map(|_| record(&warehouse, &event));
        for done in futures::future::join_all(all).await {
            done.expect("recorded");
        }
        let chain = check_chain(&warehouse).await.expect("read");
        assert_eq!((chain.events, chain.faults), (6, Vec::<String>::new()));
        // A journal that was overtaken by another process goes on after it.
        let mut journal = Journal::open(&warehouse);
        let pair = [event.clone(), event.clone()];
        assert_eq!(journal.record(&pair).await.expect("recorded").last().map(|one| one.number), Some(8));
        record(&warehouse, &event).await.expect("recorded");
        let numbers = journal.record(&pair).await.expect("recorded");
        assert_eq!(numbers.iter().map(|one| one.number).collect::<Vec<_>>(), [10, 11]);
        let chain = check_chain(&warehouse).await.expect("read");
        assert_eq!((chain.events, chain.faults), (11, Vec::<String>::new()));
    }
}
