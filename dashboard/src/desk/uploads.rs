//! What is being sent: files wait in a folder of their own outside the warehouse, are judged by the command's own function, a
//! few uploads at once, and are gone when the report is there. What is told of an upload lives in memory, for its sender.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use ingest::accept::{IngestError, Options, Order, Progress, Purpose, Received, Sent, ingest};
use ingest::keys::KeyError;
use ingest::report::{Report, SliceOutcome, Verdict};
use ingest::returned::{Returned, returned};
use tempfile::TempDir;
use tokio::sync::{Semaphore, watch};
use warehouse::error::WarehouseError;

use crate::desk::Desk;
use crate::error::Result;
use crate::password;

/// Files of one upload.
pub const MOST_FILES: usize = 50;
/// Bytes of one upload.
pub const MOST_BYTES: usize = 64 << 20;
/// Uploads that are judged at once.
const AT_ONCE: usize = 2;
/// Uploads that are received or wait.
const WAITING: usize = 64;
/// Uploads of one account that are remembered.
const REMEMBERED: usize = 10;
/// How long an upload is remembered.
const KEPT: Duration = Duration::from_secs(2 * 3600);
/// Bytes of marked files that are held until they are fetched; the oldest go first.
const HELD: usize = 128 << 20;
/// Issues of the reports that are remembered; the oldest go first.
const ISSUES: usize = 200_000;
/// Attempts, where another process changes the key or the tables in the same moment.
const ATTEMPTS: usize = 3;

/// All uploads.
#[derive(Debug)]
pub struct Uploads {
    known: Mutex<VecDeque<Arc<Upload>>>,
    places: Arc<Semaphore>,
    hands: Semaphore,
}

impl Default for Uploads {
    fn default() -> Uploads {
        Uploads { known: Mutex::default(), places: Arc::new(Semaphore::new(WAITING)), hands: Semaphore::new(AT_ONCE) }
    }
}

/// Who sends what, and why.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The account.
    pub account: String,
    /// The school or district whose slices may be in it; none for the city, which may send everybody's.
    pub unit: Option<String>,
    /// Whether it is only checked.
    pub purpose: Purpose,
}

/// One upload.
#[derive(Debug)]
pub struct Upload {
    /// Its name in addresses, which nobody can guess.
    pub id: String,
    /// Who sent it.
    pub sender: Sender,
    /// Names and bytes of its files.
    pub files: Vec<(String, u64)>,
    at: Instant,
    stage: watch::Sender<Stage>,
    outcome: OnceLock<Outcome>,
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Others are judged first.
    Waiting,
    /// Its files are read and judged.
    Reading {
        /// Bytes of files that were judged.
        done: u64,
        /// Bytes of all.
        all: u64,
        /// Files that were judged.
        files: usize,
    },
    /// What is good is committed.
    Committing,
    /// It has a report.
    Done,
    /// kehou could not work; nothing was taken.
    Failed,
    /// A disk is full; nothing was taken.
    Full,
}

/// What came of an upload.
#[derive(Debug)]
pub struct Outcome {
    /// The report; files are named as they were sent.
    pub report: Report,
    /// The ticket of the release that counts what was accepted; none where nothing changed.
    pub ticket: Option<u64>,
    returned: Mutex<Vec<Held>>,
}

/// A marked file that may be fetched once.
#[derive(Debug)]
enum Held {
    /// There is none.
    None,
    /// It waits.
    Waits(Returned),
    /// It was fetched, or had to make room.
    Gone,
}

/// Whether a marked file can be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marked {
    /// There is none.
    None,
    /// It can, once.
    Waits,
    /// It was.
    Gone,
}

/// The files of an upload while they come in.
#[derive(Debug)]
pub struct Receiving {
    folder: TempDir,
    files: Vec<(PathBuf, String, u64)>,
    bytes: usize,
    _place: tokio::sync::OwnedSemaphorePermit,
}

/// Why a file is not received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMuch {
    /// Too many files.
    Files,
    /// Too many bytes.
    Bytes,
}

impl Receiving {
    /// Begins a file; gives where it is to be written. Each lies in a folder of its own, so that names may repeat.
    pub fn file(&mut self, name: &str) -> std::io::Result<std::result::Result<PathBuf, TooMuch>> {
        if self.files.len() == MOST_FILES {
            return Ok(Err(TooMuch::Files));
        }
        let name = file_name(name);
        let folder = self.folder.path().join(format!("{:02}", self.files.len()));
        std::fs::create_dir(&folder)?;
        let path = folder.join(&name);
        self.files.push((path.clone(), name, 0));
        Ok(Ok(path))
    }

    /// Notes that so many bytes of the last file came.
    pub fn came(&mut self, bytes: usize) -> std::result::Result<(), TooMuch> {
        self.bytes += bytes;
        if let Some((.., size)) = self.files.last_mut() {
            *size += bytes as u64;
        }
        if self.bytes > MOST_BYTES { Err(TooMuch::Bytes) } else { Ok(()) }
    }

    /// How many files came.
    pub fn files(&self) -> usize {
        self.files.len()
    }
}

impl Uploads {
    /// Room for the files of one more upload; none where too many are waiting.
    pub fn receive(&self) -> Result<Option<Receiving>> {
        let Ok(place) = self.places.clone().try_acquire_owned() else { return Ok(None) };
        // Only its owner may read it: it holds persons' numbers until the report is there.
        let folder = tempfile::Builder::new().prefix("kehou-upload-").tempdir()?;
        Ok(Some(Receiving { folder, files: Vec::new(), bytes: 0, _place: place }))
    }

    /// Has what was received judged.
    pub fn begin(&self, desk: &Arc<Desk>, sender: Sender, received: Receiving) -> Result<Arc<Upload>> {
        let upload = Arc::new(Upload {
            id: password::token()?[..32].to_owned(),
            sender,
            files: received.files.iter().map(|(_, name, bytes)| (name.clone(), *bytes)).collect(),
            at: Instant::now(),
            stage: watch::Sender::new(Stage::Waiting),
            outcome: OnceLock::new(),
        });
        let mut known = self.lock();
        tidy(&mut known);
        let own = |one: &Arc<Upload>| one.sender.account == upload.sender.account && one.is_over();
        while known.iter().filter(|one| own(one)).count() >= REMEMBERED {
            let oldest = known.iter().position(own).expect("there are several");
            known.remove(oldest);
        }
        known.push_back(upload.clone());
        drop(known);
        let (desk, told) = (desk.clone(), upload.clone());
        tokio::spawn(async move {
            let _hand = desk.uploads.hands.acquire().await.expect("it is never closed");
            match work(&desk, &told, received).await {
                Ok(outcome) => {
                    desk.metrics.upload(&outcome.report);
                    desk.uploads.make_room(&outcome);
                    drop(told.outcome.set(outcome));
                    told.stage.send_replace(Stage::Done);
                }
                Err(error) => {
                    tracing::error!(%error, "an upload could not be taken in");
                    desk.metrics.upload_failed();
                    let is_full = warehouse::error::is_disk_full(&error);
                    told.stage.send_replace(if is_full { Stage::Full } else { Stage::Failed });
                }
            }
        });
        Ok(upload)
    }

    /// An upload of an account.
    pub fn find(&self, id: &str, account: &str) -> Option<Arc<Upload>> {
        self.lock().iter().find(|one| one.id == id && one.sender.account == account).cloned()
    }

    /// The uploads of an account, newest first.
    pub fn of(&self, account: &str) -> Vec<Arc<Upload>> {
        let mut known = self.lock();
        tidy(&mut known);
        known.iter().rev().filter(|one| one.sender.account == account).cloned().collect()
    }

    /// Lets the oldest marked files, and the oldest reports, go where this upload's leave no room for them.
    fn make_room(&self, fresh: &Outcome) {
        let (mut held, mut issues) = (fresh.bytes_held(), fresh.issues());
        let mut known = self.lock();
        let mut kept: VecDeque<Arc<Upload>> = VecDeque::with_capacity(known.len());
        for upload in known.drain(..).rev() {
            issues += upload.outcome.get().map_or(0, Outcome::issues);
            if issues <= ISSUES || !upload.is_over() {
                kept.push_front(upload);
            }
        }
        *known = kept;
        for upload in known.iter().rev() {
            let Some(outcome) = upload.outcome.get() else { continue };
            held += outcome.bytes_held();
            if held > HELD {
                for one in outcome.marked().iter_mut().filter(|one| matches!(one, Held::Waits(_))) {
                    *one = Held::Gone;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Upload>>> {
        self.known.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Upload {
    /// How far it is, and how it goes on.
    pub fn stage(&self) -> watch::Receiver<Stage> {
        self.stage.subscribe()
    }

    /// What came of it; none before its end.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.get()
    }

    fn is_over(&self) -> bool {
        matches!(*self.stage.borrow(), Stage::Done | Stage::Failed | Stage::Full)
    }
}

impl Outcome {
    /// Whether any slice was accepted, with rows or as nothing.
    pub fn has_accepted(&self) -> bool {
        let mut slices = self.report.files.iter().flat_map(|file| &file.slices);
        slices.any(|slice| matches!(slice.state, SliceOutcome::Accepted | SliceOutcome::Zero))
    }

    /// Whether the marked file of the n-th file of the report can be fetched.
    pub fn has_marked(&self, n: usize) -> Marked {
        match self.marked().get(n) {
            Some(Held::Waits(_)) => Marked::Waits,
            Some(Held::Gone) => Marked::Gone,
            Some(Held::None) | None => Marked::None,
        }
    }

    /// Gives the marked file of the n-th file of the report, once.
    pub fn take_marked(&self, n: usize) -> Option<Returned> {
        let mut all = self.marked();
        let one = all.get_mut(n).filter(|one| matches!(one, Held::Waits(_)))?;
        match std::mem::replace(one, Held::Gone) {
            Held::Waits(returned) => Some(returned),
            Held::None | Held::Gone => None,
        }
    }

    fn issues(&self) -> usize {
        let files = &self.report.files;
        files
            .iter()
            .map(|file| file.issues.len() + file.slices.iter().map(|slice| slice.issues.len()).sum::<usize>())
            .sum()
    }

    fn bytes_held(&self) -> usize {
        let bytes = |held: &Held| if let Held::Waits(returned) = held { returned.bytes.len() } else { 0 };
        self.marked().iter().map(bytes).sum()
    }

    fn marked(&self) -> MutexGuard<'_, Vec<Held>> {
        self.returned.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn tidy(known: &mut VecDeque<Arc<Upload>>) {
    known.retain(|one| one.at.elapsed() < KEPT || !one.is_over());
}

async fn work(desk: &Arc<Desk>, upload: &Upload, received: Receiving) -> Result<Outcome> {
    let all = received.files.iter().map(|(.., bytes)| bytes).sum();
    upload.stage.send_replace(Stage::Reading { done: 0, all, files: 0 });
    let options = Options {
        sender: upload.sender.unit.clone(),
        received: Received::On(desk.today()),
        purpose: upload.sender.purpose,
        order: Order::Given,
        ..Options::default()
    };
    let paths: Vec<PathBuf> = received.files.iter().map(|(path, ..)| path.clone()).collect();
    let progress = |told: Progress<'_>| {
        upload.stage.send_modify(|stage| match (told, stage) {
            (Progress::Found { bytes, .. }, Stage::Reading { all, .. }) => *all = bytes,
            (Progress::Judged { bytes, .. }, Stage::Reading { done, files, .. }) => {
                *done += bytes;
                *files += 1;
            }
            (Progress::Committing, stage) => *stage = Stage::Committing,
            _ => {}
        });
    };
    let mut attempt = 1;
    let report = loop {
        let keys = desk.keys().await?;
        match ingest(&desk.warehouse, &keys, &paths, &options, &progress).await {
            Ok(report) => break report,
            // Nothing was accepted, and the next attempt sees what is in force then.
            Err(IngestError::Keys(KeyError::Rotated) | IngestError::Warehouse(WarehouseError::Moved { .. }))
                if attempt < ATTEMPTS =>
            {
                attempt += 1;
                upload.stage.send_replace(Stage::Reading { done: 0, all, files: 0 });
            }
            Err(error) => return Err(error.into()),
        }
    };
    let has_written = report.files.iter().flat_map(|file| &file.slices).any(|slice| slice.receipt.is_some());
    let ticket = has_written.then(|| desk.publisher.ask());
    let purpose = if upload.sender.purpose == Purpose::Check { "check" } else { "submit" };
    if has_written {
        let names: Vec<&str> = upload.files.iter().map(|(name, _)| name.as_str()).collect();
        desk.audit.record(&upload.sender.account, "upload", purpose, &names.join(", ")).await?;
    }
    let root = received.folder.path().to_owned();
    let (report, marked) = tokio::task::spawn_blocking(move || {
        // The folder goes when this ends: nothing of the files stays on a disk.
        let _received = received;
        mark(report, &root)
    })
    .await?;
    Ok(Outcome { report, ticket, returned: Mutex::new(marked) })
}

/// The marked files of a report, which then names its files as they were sent.
fn mark(mut report: Report, root: &Path) -> (Report, Vec<Held>) {
    let mut sent = Sent::default();
    let marked = report.files.iter().map(|file| {
        if file.verdict == Verdict::Accepted && !file.has_issues() {
            return Held::None;
        }
        let marked = sent.bytes(file).and_then(|bytes| returned(&file.file, &bytes, file));
        marked.map_or(Held::None, Held::Waits)
    });
    let marked = marked.collect();
    for file in &mut report.files {
        let path = Path::new(&file.file);
        // After the folder of the upload and that of the file.
        let name: PathBuf = path.strip_prefix(root).unwrap_or(path).components().skip(1).collect();
        file.file = name.display().to_string();
    }
    (report, marked)
}

/// The name of a file as it may stand in a folder: the last part of what the browser says, of plain letters.
fn file_name(given: &str) -> String {
    const MOST: usize = 120;
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|letter| !letter.is_control()).collect();
    let plain = plain.trim().trim_start_matches('.');
    // A file system counts bytes; the end tells the kind of file.
    let mut letters: Vec<char> = plain.chars().collect();
    while letters.iter().map(|letter| letter.len_utf8()).sum::<usize>() > MOST * 2 {
        letters.remove(0);
    }
    if letters.is_empty() { "file".to_owned() } else { letters.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_within_their_folder() {
        for (given, expected) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\报表\\十月.xlsx", "十月.xlsx"),
            ("..", "file"),
            (".hidden.csv", "hidden.csv"),
            ("a\u{0}b\n.csv", "ab.csv"),
            ("", "file"),
        ] {
            assert_eq!(file_name(given), expected, "{given}");
        }
        let long = format!("{}.xlsx", "表".repeat(300));
        assert!(file_name(&long).len() <= 240 && file_name(&long).ends_with(".xlsx"));
    }

    /// An upload that ended with so many issues and a marked file of so many bytes.
    fn ended(id: &str, issues: usize, bytes: usize) -> Arc<Upload> {
        let issue = ingest::issue::Issue::error("value", "", "");
        let file = ingest::report::FileReport::new(String::new(), String::new(), true, vec![issue; issues], Vec::new());
        let returned = Held::Waits(Returned { name: String::new(), bytes: vec![0; bytes] });
        let outcome =
            Outcome { report: Report { files: vec![file] }, ticket: None, returned: Mutex::new(vec![returned]) };
        Arc::new(Upload {
            id: id.to_owned(),
            sender: Sender { account: String::new(), unit: None, purpose: Purpose::Check },
            files: Vec::new(),
            at: Instant::now(),
            stage: watch::Sender::new(Stage::Done),
            outcome: OnceLock::from(outcome),
        })
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_oldest_goes_first() {
        let uploads = Uploads::default();
        for (id, issues, bytes) in [("old", 150_000, 1), ("large", 10, HELD / 2), ("middle", 40_000, HELD / 2)] {
            uploads.lock().push_back(ended(id, issues, bytes));
        }
        let fresh = ended("fresh", 20_000, 1000);
        uploads.make_room(fresh.outcome().expect("it ended"));
        let left: Vec<(String, Marked)> = uploads
            .lock()
            .iter()
            .map(|one| (one.id.clone(), one.outcome().map_or(Marked::None, |outcome| outcome.has_marked(0))))
            .collect();
        assert_eq!(left, [("large".to_owned(), Marked::Gone), ("middle".to_owned(), Marked::Waits)]);
    }

    #[test]
    fn an_upload_is_bounded() {
        let uploads = Uploads::default();
        let mut receiving = uploads.receive().expect("a folder").expect("room");
        for _ in 0..MOST_FILES {
            receiving.file("十月.xlsx").expect("made").expect("room for it");
        }
        assert_eq!(receiving.file("十月.xlsx").expect("told"), Err(TooMuch::Files));
        assert_eq!(receiving.came(MOST_BYTES), Ok(()));
        assert_eq!(receiving.came(1), Err(TooMuch::Bytes));
        let others: Vec<_> = (1..WAITING).map(|_| uploads.receive().expect("a folder")).collect();
        assert!(others.iter().all(Option::is_some) && uploads.receive().expect("told").is_none());
    }
}
