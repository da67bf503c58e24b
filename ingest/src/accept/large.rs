//! A CSV file of any size: read in blocks that are judged, hashed and written beside each other, in bounded memory.
//!
//! What only the whole file tells (a key given twice, a slice whose fault comes late) is found in the end. Keys that seem to
//! repeat are read again; rows that were written for a slice that turns out to be rejected are taken out before the commit.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use uuid::Uuid;
use warehouse::Warehouse;
use warehouse::place::Place;
use warehouse::table::{Staged, TableName, Writer};

use super::files::Found;
use super::intake::{key_of, unchanged, with_ids};
use super::keeping::sum_up;
use super::{IngestError, Options, Purpose, not_read, panicked};
use crate::form::Form;
use crate::issue::{Issue, Issues};
use crate::judge::keys::KeyLog;
use crate::judge::part::{Findings, Gathering, Part};
use crate::judge::{JudgedSlice, SliceState, World};
use crate::keys::seal_into;
use crate::ledger::{Ledger, SliceKey};
use crate::read::blocks::{Block, Blocks, Layout, NoLayout, Survey, survey};
use crate::read::{TextTable, no_rows, nothing};

/// A file that was read in blocks.
pub struct LargeFile {
    /// The file.
    pub found: Found,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Whether it could be read.
    pub readable: bool,
    /// What is wrong with the file as a whole.
    pub issues: Vec<Issue>,
    /// Its slices.
    pub slices: Vec<JudgedSlice>,
    /// The id of each slice's attempt; none where the same bytes gave it before.
    pub ids: Vec<Option<String>>,
    /// Its accepted rows, in files of this table that nobody sees yet.
    pub staged: Option<(String, Staged)>,
}

/// Why reading stopped.
enum Stop {
    /// The file can't be read: a value, told in the report.
    Unreadable(Issue),
    /// It can be read, and is of no form.
    Unknown(Issue),
    /// The warehouse failed.
    Failed(IngestError),
}

impl From<io::Error> for Stop {
    fn from(fault: io::Error) -> Stop {
        Stop::Unreadable(not_read(&fault.to_string()))
    }
}

impl From<IngestError> for Stop {
    fn from(error: IngestError) -> Stop {
        Stop::Failed(error)
    }
}

/// Judges a file and stages what is good of it; its original is sealed and kept.
pub async fn judge(
    warehouse: &Warehouse,
    found: Found,
    options: &Options,
    world: Arc<World>,
    ledger: &Ledger,
) -> Result<LargeFile, IngestError> {
    let mut file = LargeFile {
        found,
        sha256: String::new(),
        readable: true,
        issues: Vec::new(),
        slices: Vec::new(),
        ids: Vec::new(),
        staged: None,
    };
    match take(warehouse, &mut file, options, world, ledger).await {
        Ok(()) => {}
        Err(Stop::Unreadable(issue)) => (file.readable, file.issues) = (false, vec![issue]),
        Err(Stop::Unknown(issue)) => file.issues = vec![issue],
        Err(Stop::Failed(error)) => return Err(error),
    }
    Ok(file)
}

async fn take(
    warehouse: &Warehouse,
    file: &mut LargeFile,
    options: &Options,
    world: Arc<World>,
    ledger: &Ledger,
) -> Result<(), Stop> {
    let found = file.found.clone();
    let survey = blocking(move || Ok(survey(found.open()?)?)).await?;
    file.sha256.clone_from(&survey.sha256);
    let job = Job {
        found: file.found.clone(),
        survey,
        block: options.block,
        world,
        ids: Mutex::default(),
        unchanged: unchanged(ledger, &file.sha256, options),
        runtime: Handle::current(),
    };
    let form = options.form;
    let (layout, job) = blocking(move || job.layout(form).map(|layout| (layout, job))).await?;

    let table = TableName::new("facts", layout.form().table());
    let mut writers = Vec::new();
    for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
        writers.push(match options.purpose {
            Purpose::Accept => Some(warehouse.writer(&table).await.map_err(IngestError::from)?),
            Purpose::Check => None,
        });
    }
    let done = blocking(move || job.run(&layout, writers)).await?;

    let mut staged = Staged::default();
    for writer in done.writers.into_iter().flatten() {
        staged = staged.join(writer.finish().await.map_err(IngestError::from)?);
    }
    let ends = done.slices.iter().zip(&done.ids);
    let fallen = ends.filter(|(slice, _)| slice.state != SliceState::Accepted).filter_map(|(_, id)| id.clone());
    let fallen: HashSet<String> = fallen.filter(|id| done.written.contains(id)).collect();
    if !fallen.is_empty() {
        staged = warehouse.without(&table, staged, "submission_id", &fallen).await.map_err(IngestError::from)?;
    }
    if options.purpose == Purpose::Accept && done.ids.iter().any(Option::is_some) {
        keep(warehouse, &file.found, &file.sha256).await?;
    }
    file.staged = (staged.rows() > 0).then_some((table.table, staged));
    (file.issues, file.slices, file.ids) = (done.issues.into_vec(), done.slices, done.ids);
    Ok(())
}

/// Runs what reads and computes; a panic in it is the file's fault.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Stop> + Send + 'static) -> Result<T, Stop> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Stop::Unreadable(panicked())))
}

/// Seals the original and keeps it, where these bytes are not kept yet.
async fn keep(warehouse: &Warehouse, found: &Found, sha256: &str) -> Result<(), IngestError> {
    let place = Place::Original(sha256.to_owned());
    let Some(mut upload) = warehouse.upload(&place).await? else { return Ok(sum_up(warehouse, &place).await?) };
    let seal_to = warehouse.marker().seal_to.clone();
    let file = found.open().map_err(|source| IngestError::Path { path: found.path.clone(), source })?;
    let runtime = Handle::current();
    let (upload, sealed) = tokio::task::spawn_blocking(move || {
        let sealed = seal_into(&seal_to, file, &mut upload.writer(&runtime));
        (upload, sealed)
    })
    .await
    .expect("sealing does not panic");
    sealed?;
    let sum = upload.finish().await?;
    Ok(warehouse.keep_sums(BTreeMap::from([(place.to_string(), sum)])).await?)
}

/// All that the threads of one file share.
struct Job {
    found: Found,
    survey: Survey,
    block: usize,
    world: Arc<World>,
    /// The attempt of each slice that was met.
    ids: Mutex<HashMap<SliceKey, Option<String>>>,
    /// Slices that these bytes gave before.
    unchanged: BTreeSet<SliceKey>,
    runtime: Handle,
}

/// What came of a file's blocks.
struct Done {
    slices: Vec<JudgedSlice>,
    ids: Vec<Option<String>>,
    /// The attempts of which rows were written.
    written: HashSet<String>,
    issues: Issues,
    writers: Vec<Option<Writer>>,
}

/// What came of one block.
struct Judged {
    findings: Findings,
    keys: Vec<u64>,
    written: Vec<String>,
}

impl Job {
    fn blocks(&self) -> io::Result<Blocks<Box<dyn Read + Send>>> {
        Blocks::new(self.found.open()?, &self.survey, self.block)
    }

    /// How the file is laid out, told from its first block.
    fn layout(&self, form: Option<&'static Form>) -> Result<Layout, Stop> {
        let mut blocks = self.blocks()?;
        let first = blocks.advance()?.ok_or_else(|| Stop::Unknown(nothing()))?.map_err(Stop::Unreadable)?;
        let unknown = match Layout::of(&first, form) {
            Ok(layout) => return Ok(layout),
            Err(NoLayout::Unreadable(issue)) => return Err(Stop::Unreadable(issue)),
            Err(NoLayout::Unknown(issue)) => issue,
        };
        // What can't be read anywhere is unreadable, whatever its headings seem to be.
        while let Some(block) = blocks.advance()? {
            block.map_err(Stop::Unreadable)?;
        }
        Err(Stop::Unknown(unknown))
    }

    /// Reads the file in blocks; each worker judges them and writes to files of its own.
    fn run(&self, layout: &Layout, writers: Vec<Option<Writer>>) -> Result<Done, Stop> {
        let mut gathering = Gathering::new(layout.form(), layout.issues().to_vec());
        let mut keys = KeyLog::default();
        let mut written = HashSet::new();
        let (blocks_in, blocks_out) = sync_channel::<Block>(writers.len());
        let blocks_out = Mutex::new(blocks_out);
        let (results_in, results) = channel();
        let writers = std::thread::scope(|scope| -> Result<Vec<Option<Writer>>, Stop> {
            let start = |writer| {
                let (blocks, results) = (&blocks_out, results_in.clone());
                scope.spawn(move || self.work(layout, blocks, &results, writer))
            };
            let workers: Vec<_> = writers.into_iter().map(start).collect();
            drop(results_in);
            let fed = self.feed(blocks_in, &results, &mut gathering, &mut keys, &mut written);
            let mut writers = Vec::new();
            for worker in workers {
                writers.push(worker.join().unwrap_or_else(|_| Err(Stop::Unreadable(panicked())))?);
            }
            fed.map(|()| writers)
        })?;
        self.compare(layout, &keys.repeated()?, &mut gathering)?;
        if gathering.is_empty() {
            gathering.fault(no_rows());
        }
        let (slices, issues) = gathering.settle(&self.world);
        let known = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let ids = slices.iter().map(|slice| known.get(&key_of(slice)).cloned().flatten()).collect();
        drop(known);
        Ok(Done { slices, ids, written, issues, writers })
    }

    /// Hands out the blocks, and takes in what came of them, in the blocks' order. A block that can't be read makes the file
    /// unreadable, as it would if it were read as a whole.
    fn feed(
        &self,
        blocks_in: SyncSender<Block>,
        results: &Receiver<(usize, Result<Judged, Issue>)>,
        gathering: &mut Gathering,
        keys: &mut KeyLog,
        written: &mut HashSet<String>,
    ) -> Result<(), Stop> {
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        let mut gather = |(place, result): (usize, Result<Judged, Issue>)| -> Result<(), Stop> {
            waiting.insert(place, result);
            while let Some(result) = waiting.remove(&next) {
                next += 1;
                let judged = result.map_err(Stop::Unreadable)?;
                gathering.add(judged.findings);
                keys.add(judged.keys)?;
                written.extend(judged.written);
            }
            Ok(())
        };
        let mut blocks = self.blocks()?;
        let mut fault = None;
        while let Some(block) = blocks.advance()? {
            match block.map(|block| blocks_in.send(block)) {
                Ok(Ok(())) => {}
                // The workers end early only where one of them failed, which is told when they are joined.
                Ok(Err(_)) => break,
                Err(issue) => {
                    fault = Some(issue);
                    break;
                }
            }
            while let Ok(result) = results.try_recv() {
                gather(result)?;
            }
        }
        drop(blocks_in);
        for result in results {
            gather(result)?;
        }
        fault.map_or(Ok(()), |issue| Err(Stop::Unreadable(issue)))
    }

    /// Judges blocks until there are no more; gives the writer back.
    fn work(
        &self,
        layout: &Layout,
        blocks: &Mutex<Receiver<Block>>,
        results: &Sender<(usize, Result<Judged, Issue>)>,
        mut writer: Option<Writer>,
    ) -> Result<Option<Writer>, Stop> {
        // A table that lacks a column is rejected whatever its rows say.
        let sound = !layout.issues().iter().any(Issue::is_error);
        loop {
            let block = blocks.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(block) = block else { return Ok(writer) };
            let place = block.place;
            let judged = match layout.table(&block) {
                Ok(table) => Ok(self.judge(layout, table, writer.as_mut().filter(|_| sound))?),
                Err(issue) => Err(issue),
            };
            if results.send((place, judged)).is_err() {
                return Ok(writer);
            }
        }
    }

    fn judge(&self, layout: &Layout, table: TextTable, writer: Option<&mut Writer>) -> Result<Judged, IngestError> {
        let mut part = Part::judge(table, &self.world);
        let keys = part.keys().map(|(_, number)| number).collect();
        let ids = self.ids_of(part.slices());
        let mut written = Vec::new();
        if let Some(writer) = writer {
            let good = |slice: usize| ids[slice].is_some() && self.world.lets_in(&part.slices()[slice]);
            let rows = part.rows(&self.world, good, part.slices());
            let batch = with_ids(layout.form(), &rows, &ids);
            if batch.num_rows() > 0 {
                self.runtime.block_on(writer.write(batch))?;
                written = (0..ids.len()).filter(|slice| good(*slice)).filter_map(|slice| ids[slice].clone()).collect();
            }
        }
        Ok(Judged { findings: part.take_findings(), keys, written })
    }

    /// The attempts of slices, made where a slice is met for the first time.
    fn ids_of(&self, slices: &[JudgedSlice]) -> Vec<Option<String>> {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let id = |slice: &JudgedSlice| {
            let key = key_of(slice);
            let fresh = !self.unchanged.contains(&key);
            ids.entry(key).or_insert_with(|| fresh.then(|| Uuid::now_v7().to_string())).clone()
        };
        slices.iter().map(id).collect()
    }

    /// Reads the file again where keys of different blocks seem to be one, and blames the rows that really repeat one.
    fn compare(&self, layout: &Layout, repeated: &[u64], gathering: &mut Gathering) -> io::Result<()> {
        if repeated.is_empty() {
            return Ok(());
        }
        let mut seen = HashSet::new();
        let mut blocks = self.blocks()?;
        while let Some(Ok(block)) = blocks.advance()? {
            let Ok(table) = layout.table(&block) else { continue };
            let part = Part::judge(table, &self.world);
            for (row, number) in part.keys() {
                if repeated.binary_search(&number).is_ok() && !seen.insert(part.fingerprint(row)) {
                    let (slice, issue) = part.given_twice(row);
                    gathering.blame(slice, issue);
                }
            }
        }
        Ok(())
    }
}
