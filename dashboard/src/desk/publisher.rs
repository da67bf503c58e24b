//! One worker makes the next release: it gathers what changed in a moment, computes, and has the readers see it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::NaiveDate;
use tokio::sync::{mpsc, watch};
use warehouse::Warehouse;
use warehouse::release::Release;

use crate::desk::runner::Runner;
use crate::error::{DashboardError, Result};
use crate::release::Releases;

/// Changes that come within this time of the first share a release.
const GATHER: Duration = Duration::from_millis(250);
/// How long to wait where another process computes, and how often.
const WAIT: Duration = Duration::from_secs(2);
const WAITS: usize = 150;

/// Asks for releases.
#[derive(Debug)]
pub struct Publisher {
    asked: AtomicU64,
    queue: mpsc::UnboundedSender<u64>,
    state: watch::Receiver<State>,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// All changes up to this ticket are in a release.
    pub done: u64,
    /// The newest release that it made or found.
    pub release: Option<u64>,
    /// Whether the last run failed: changes stand, and wait for the next one.
    pub has_failed: bool,
    /// How many releases it made.
    pub made: u64,
}

impl Publisher {
    /// Of a warehouse, with the date of its runs if it is not the clock's. The worker ends when this is dropped.
    pub fn start(warehouse: Warehouse, releases: Arc<Releases>, runner: Runner, today: Option<NaiveDate>) -> Publisher {
        let (queue, asked) = mpsc::unbounded_channel();
        let (told, state) = watch::channel(State::default());
        tokio::spawn(work(warehouse, releases, runner, today, asked, told));
        Publisher { asked: AtomicU64::new(0), queue, state }
    }

    /// Asks for a release with everything that is committed by now. Gives the ticket that [`State::done`] reaches then.
    pub fn ask(&self) -> u64 {
        let ticket = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        if self.queue.send(ticket).is_err() {
            tracing::warn!("the worker that makes releases has ended; the next one counts what came in");
        }
        ticket
    }

    /// Asks for a release at once, for what a server before this one may have left out, and then whenever the day changes, for
    /// what became late meanwhile. It never ends.
    pub async fn keep_up(&self, clock: impl Fn() -> NaiveDate, look: Duration) {
        let mut known = clock();
        self.ask();
        loop {
            tokio::time::sleep(look).await;
            let today = clock();
            if today != known {
                known = today;
                self.ask();
            }
        }
    }

    /// How far it is, and how it goes on.
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }
}

async fn work(
    warehouse: Warehouse,
    releases: Arc<Releases>,
    runner: Runner,
    today: Option<NaiveDate>,
    mut asked: mpsc::UnboundedReceiver<u64>,
    told: watch::Sender<State>,
) {
    while let Some(mut ticket) = asked.recv().await {
        tokio::time::sleep(GATHER).await;
        while let Ok(later) = asked.try_recv() {
            ticket = ticket.max(later);
        }
        let outcome = publish(&warehouse, &releases, &runner, super::today(today)).await;
        told.send_modify(|state| match outcome {
            Ok((release, is_new)) => {
                state.done = state.done.max(ticket);
                state.release = Some(release);
                state.has_failed = false;
                state.made += u64::from(is_new);
            }
            Err(error) => {
                tracing::error!(%error, "the next release can't be made; what came in stands and waits for it");
                state.has_failed = true;
            }
        });
    }
}

/// Makes the next release; gives its number, and whether it is a new one.
async fn publish(
    warehouse: &Warehouse,
    releases: &Arc<Releases>,
    runner: &Runner,
    today: NaiveDate,
) -> Result<(u64, bool)> {
    let mut waits = 0;
    let (before, after) = loop {
        let last = warehouse.latest_release().await?;
        // A run is never dated before the last one, whatever this machine's clock says.
        let today = last.as_ref().map_or(today, |last| last.today.max(today));
        match runner.run(warehouse, today).await {
            Ok(()) => break (last, warehouse.latest_release().await?),
            // Its release may lack what came in meanwhile.
            Err(DashboardError::OthersAtWork) if waits < WAITS => {
                waits += 1;
                tokio::time::sleep(WAIT).await;
            }
            Err(error) => return Err(error),
        }
    };
    releases.refresh().await?;
    let number = |release: Option<Release>| release.map_or(0, |release| release.release);
    let (before, after) = (number(before), number(after));
    Ok((after, after > before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_day_asks_for_a_release() {
        let (queue, mut asked) = mpsc::unbounded_channel();
        let (_told, state) = watch::channel(State::default());
        let publisher = Publisher { asked: AtomicU64::new(0), queue, state };
        let day = AtomicU64::new(0);
        let clock = || NaiveDate::default() + chrono::Days::new(day.load(Ordering::SeqCst));
        let seen = async {
            assert_eq!(asked.recv().await, Some(1), "at once");
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(asked.try_recv().is_err(), "the day is the same");
            day.store(1, Ordering::SeqCst);
            assert_eq!(asked.recv().await, Some(2), "the day changed");
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(asked.try_recv().is_err(), "once a day");
        };
        tokio::select! {
            () = publisher.keep_up(clock, Duration::from_millis(2)) => {}
            () = seen => {}
        }
    }
}
