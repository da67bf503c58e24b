//! Who did what, written to the warehouse's chain of events by one task: events that come while a commit runs share the next
//! one, so that nobody waits for more than two.

use ingest::audit::{Event, Journal};
use tokio::sync::{mpsc, oneshot};
use warehouse::Warehouse;

use crate::error::{DashboardError, Result};

/// Events of one commit.
const AT_ONCE: usize = 1000;

/// Takes events.
#[derive(Debug)]
pub struct Auditor {
    queue: mpsc::UnboundedSender<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    event: Event,
    done: oneshot::Sender<std::result::Result<(), String>>,
}

impl Auditor {
    /// Of a warehouse. Its task ends when it is dropped and everything is written.
    pub fn start(warehouse: Warehouse) -> Auditor {
        let (queue, waiting) = mpsc::unbounded_channel();
        tokio::spawn(write(warehouse, waiting));
        Auditor { queue }
    }

    /// Records an event; when this returns it is committed.
    pub async fn record(&self, by_whom: &str, action: &'static str, subject: &str, reason: &str) -> Result<()> {
        let (done, told) = oneshot::channel();
        let event =
            Event { by_whom: by_whom.to_owned(), action, subject: subject.to_owned(), reason: reason.to_owned() };
        let lost = |_| DashboardError::Audit("the task that writes it ended".to_owned());
        self.queue
            .send(Waiting { event, done })
            .map_err(|_| DashboardError::Audit("the server is ending".to_owned()))?;
        told.await.map_err(lost)?.map_err(DashboardError::Audit)
    }
}

async fn write(warehouse: Warehouse, mut waiting: mpsc::UnboundedReceiver<Waiting>) {
    let mut journal = Journal::open(&warehouse);
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, AT_ONCE).await > 0 {
        let events: Vec<Event> = batch.iter().map(|one| one.event.clone()).collect();
        let done = journal.record(&events).await.map(|_| ()).map_err(|error| error.to_string());
        if let Err(error) = &done {
            tracing::error!(error, events = events.len(), "the audit can't be written");
        }
        for one in batch.drain(..) {
            // Whoever asked may have gone; the event stands all the same.
            drop(one.done.send(done.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn many_events_at_once_are_few_commits_and_one_chain() {
        let folder = tempfile::tempdir().expect("a folder");
        let location = folder.path().join("warehouse").display().to_string();
        let warehouse = Warehouse::create(&location, |_| "nobody".to_owned()).await.expect("made");
        let auditor = Auditor::start(warehouse.clone());
        let names: Vec<String> = (0..100).map(|n| format!("school-{n}")).collect();
        let all = names.iter().map(|name| auditor.record(name, "log_in", name, ""));
        for done in futures::future::join_all(all).await {
            done.expect("recorded");
        }
        let chain = ingest::audit::check_chain(&warehouse).await.expect("read");
        assert_eq!((chain.events, chain.faults), (100, Vec::<String>::new()));
        let snapshot = warehouse.snapshot(&ingest::audit::audit_table(), None).await.expect("there");
        assert!(snapshot.version < 20, "a hundred events took {} commits", snapshot.version);
    }
}
