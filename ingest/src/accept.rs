//! Judged slices become facts: originals sealed, rows appended, and last of all their lines in the ledger.

mod ahead;
mod files;
mod intake;
mod keeping;
mod large;
mod sent;
mod source;
mod world;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use futures::StreamExt;
use sha2::{Digest, Sha256};
use warehouse::Warehouse;
use warehouse::error::WarehouseError;

pub use self::sent::Sent;

use self::ahead::{Ahead, Room};
use self::files::{Found, find, unpacked};
use self::intake::Intake;
use self::world::world;
use crate::commit::fence;
use crate::form::Form;
use crate::issue::Issue;
use crate::judge::{Judged, World, judge};
use crate::keys::{KeyError, Keys, seal};
use crate::ledger::Ledger;
use crate::read::{Kind, sniff};
use crate::report::Report;

/// A CSV file of so many bytes is read in blocks.
pub const LARGE: u64 = 32 << 20;
/// Bytes of such a block.
pub const BLOCK: usize = 8 << 20;

/// How to ingest.
#[derive(Debug, Clone)]
pub struct Options {
    /// The form of files that don't say it themselves.
    pub form: Option<&'static Form>,
    /// The district whose files these are.
    pub sender: Option<String>,
    /// The day of receipt.
    pub received: Received,
    /// What to do with bytes that were accepted before.
    pub known: Known,
    /// Whether to accept.
    pub purpose: Purpose,
    /// A CSV file of at least so many bytes is read in blocks instead of as a whole.
    pub large: u64,
    /// Bytes of such a block.
    pub block: usize,
    /// Which of several files comes first.
    pub order: Order,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            form: None,
            sender: None,
            received: Received::default(),
            known: Known::default(),
            purpose: Purpose::default(),
            large: LARGE,
            block: BLOCK,
            order: Order::default(),
        }
    }
}

/// Which of several files comes first: of two for one slice the later one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By their paths.
    #[default]
    Path,
    /// As they are named.
    Given,
}

/// The day of receipt.
#[derive(Debug, Clone, Copy, Default)]
pub enum Received {
    /// The current date.
    #[default]
    Today,
    /// This day.
    On(NaiveDate),
    /// The date that each file's own folder is named by.
    Folder,
}

/// What to do with bytes whose slices were accepted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Known {
    /// They change nothing.
    #[default]
    Skip,
    /// They are taken again.
    Again,
}

/// Whether a call accepts what it finds good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// Good slices become facts.
    #[default]
    Accept,
    /// Nothing changes.
    Check,
}

/// What a call tells while it works.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// The bytes of all files together.
    Found {
        /// Files.
        files: usize,
        /// Their bytes.
        bytes: u64,
    },
    /// A file was judged.
    Judged {
        /// Which.
        file: &'a Path,
        /// Its bytes.
        bytes: u64,
    },
    /// The rows are being committed.
    Committing,
}

/// What keeps a call from running at all. Bad files never do.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// A path that was named is not there.
    #[error("{path}: {source}")]
    Path {
        /// The path.
        path: PathBuf,
        /// The fault below.
        #[source]
        source: std::io::Error,
    },
    /// There are no files.
    #[error("there are no files in {0}")]
    NoFiles(String),
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// The keys failed.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// A slice's period was closed meanwhile, because rows that its figures rest on were erased.
    #[error("{0} 已结账，其明细已按规定销毁；未作任何更改 / {0} is closed, as its rows were erased; nothing changed")]
    Closed(String),
    /// The calendar in the warehouse can't be read.
    #[error("the calendar in the warehouse: {0}")]
    Calendar(String),
}

/// Judges files and folders and accepts what is good, in the order of their paths. One commit a table for the whole call;
/// a kill at any moment leaves what was accepted before.
pub async fn ingest(
    warehouse: &Warehouse,
    keys: &Keys,
    paths: &[PathBuf],
    options: &Options,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Report, IngestError> {
    let files = find(paths, options.received, options.order)?;
    let mut files = unpacked(files, options.large);
    progress(Progress::Found { files: files.len(), bytes: files.iter().map(|file| file.bytes).sum() });
    let mut ledger = Ledger::open(warehouse).await?;
    fence(warehouse, keys, ledger.version).await?;
    let world = Arc::new(world(warehouse, keys, &mut files, options, &ledger).await?);

    let seal_to: Arc<str> = warehouse.marker().seal_to.as_str().into();
    let (purpose, ahead) = (options.purpose, Ahead::new());
    let work = files.into_iter().map(|file| {
        let (world, seal_to, form, ahead) = (world.clone(), seal_to.clone(), options.form, ahead.clone());
        async move {
            if is_large(&file, options) {
                return Ok(Turn::Large(Box::new(file)));
            }
            let (room, hand) = ahead.begin(file.bytes).await;
            // What the ledger says of these bytes is only known when their turn comes, so every file is judged.
            let judging = tokio::task::spawn_blocking({
                let file = file.clone();
                move || {
                    let judged = judge_file(file, form, &world, &seal_to, purpose);
                    drop(hand);
                    judged
                }
            });
            // A reader's panic is one file's fault, and the others are taken all the same.
            let judged = judging.await.unwrap_or_else(|_| Ok(unreadable_file(file, panicked())));
            judged.map(|file| Turn::Judged(Box::new(file), room))
        }
    });
    let mut turns = futures::stream::iter(work).buffered(Ahead::most());
    let mut intake = Intake::new(warehouse, keys, options);
    while let Some(turn) = turns.next().await {
        let (path, bytes) = match turn? {
            Turn::Judged(file, _room) => {
                let told = (file.found.path.clone(), file.found.bytes);
                intake.take(*file, &mut ledger).await?;
                told
            }
            // It keeps all processors busy by itself, and what came before it has been noted.
            Turn::Large(found) => {
                let told = (found.path.clone(), found.bytes);
                let file = large::judge(warehouse, *found, options, world.clone(), &ledger).await?;
                intake.take_large(file, &mut ledger).await?;
                told
            }
        };
        progress(Progress::Judged { file: &path, bytes });
    }
    progress(Progress::Committing);
    intake.finish(&ledger).await
}

/// A file whose turn has come.
enum Turn {
    /// It was judged ahead, and takes up room until it is taken in.
    Judged(Box<JudgedFile>, Room),
    /// It is read block by block.
    Large(Box<Found>),
}

/// Bytes that tell what kind of file it is.
const TELLING: u64 = 64 * 1024;

/// Whether a file is read in blocks: only text can be.
fn is_large(file: &Found, options: &Options) -> bool {
    let csv = || -> std::io::Result<bool> {
        let mut start = Vec::new();
        file.open()?.take(TELLING).read_to_end(&mut start)?;
        Ok(sniff(&file.name(), &start) == Kind::Csv)
    };
    // What can't be read is told when it is.
    file.fault.is_none() && file.bytes >= options.large && csv().unwrap_or_default()
}

/// A file's bytes with everything that can be told of them without the ledger.
struct JudgedFile {
    found: Found,
    sha256: String,
    sealed: Option<Vec<u8>>,
    judged: Judged,
}

fn judge_file(
    found: Found,
    given: Option<&'static Form>,
    world: &World,
    seal_to: &str,
    purpose: Purpose,
) -> Result<JudgedFile, IngestError> {
    let bytes = match &found.fault {
        Some(fault) => Err(fault.clone()),
        None => found.read().map_err(|fault| not_read(&fault.to_string())),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(fault) => return Ok(unreadable_file(found, fault)),
    };
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let judged = judge(found.document(&bytes, given), world);
    let sealed = (purpose == Purpose::Accept).then(|| seal(seal_to, &bytes)).transpose()?;
    drop(bytes);
    Ok(JudgedFile { found, sha256, sealed, judged })
}

/// A file of which nothing is known but what is wrong with it.
fn unreadable_file(found: Found, issue: Issue) -> JudgedFile {
    let judged = Judged { tables: Vec::new(), issues: vec![issue], readable: false };
    JudgedFile { found, sha256: String::new(), sealed: None, judged }
}

fn not_read(fault: &str) -> Issue {
    Issue::error(
        "not-read",
        format!("文件无法读取（{fault}）。请检查文件是否存在、是否有读取权限，然后重新报送。"),
        format!("the file can't be read ({fault}); check that it is there and may be read, then send it again"),
    )
}

fn panicked() -> Issue {
    Issue::error(
        "internal",
        "系统读取此文件时出错，文件未接收。请另存为新的 xlsx 或 CSV 后重新报送，并把原文件交给管理员。",
        "kehou failed while it read the file, and took nothing of it; save it anew as xlsx or CSV and send that, and give \
         this file to the administrator",
    )
}
