//! Storage that fails on purpose: a test names the operation at which an object store fails, tears, delays, or its process dies.
//!
//! `KEHOU_FAULT=fail@17,delay@40` counts the operations of this process on its warehouse (puts, parts of uploads, gets, lists,
//! copies, deletions) from 1. It does nothing unless the variable is set.
//!
//! What may tear is what real stores may leave behind: bytes of an object that nobody names yet (a data file has a fresh
//! name, and counts only once a commit names it), parts of an upload that was never completed, temporary names. An object
//! itself appears whole or not at all: a local file system renames it into its place, S3 stores it when its last byte came.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

/// The environment variable that names the faults.
pub const FAULT: &str = "KEHOU_FAULT";

/// What a panic that was wanted says.
pub const PANIC_MESSAGE: &str = "the text of a cell";

/// How long an operation that is delayed waits: long enough that another process overtakes it.
const DELAY: Duration = Duration::from_millis(300);

/// What goes wrong with an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It is not done, and says so.
    Fail,
    /// Half of it is done, and it says that it failed.
    Tear,
    /// It is done, and its answer is lost.
    Lose,
    /// It comes late.
    Delay,
    /// The process is killed before it.
    Kill,
    /// The program has a fault of its own there, whose message holds what nobody should read.
    Panic,
    /// The disk is full: this and every later write fails.
    Full,
}

/// The faults that the environment asks for, around `store`; without any it is `store` itself.
pub(crate) fn wrap(store: Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
    match std::env::var(FAULT).ok().map(|text| parse(&text)) {
        Some(faults) if !faults.is_empty() => Arc::new(Faulty { inner: store, faults: Arc::new(faults) }),
        _ => store,
    }
}

fn parse(text: &str) -> Vec<(Kind, u64)> {
    let one = |part: &str| {
        let (kind, at) = part.split_once('@')?;
        let kind = match kind {
            "fail" => Kind::Fail,
            "tear" => Kind::Tear,
            "lose" => Kind::Lose,
            "delay" => Kind::Delay,
            "kill" => Kind::Kill,
            "panic" => Kind::Panic,
            "full" => Kind::Full,
            _ => return None,
        };
        Some((kind, at.parse().ok()?))
    };
    text.split(',').filter_map(one).collect()
}

/// A store with faults.
#[derive(Debug)]
struct Faulty {
    inner: Arc<dyn ObjectStore>,
    faults: Arc<Vec<(Kind, u64)>>,
}

impl fmt::Display for Faulty {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Faulty({})", self.inner)
    }
}

/// Counts one operation and tells what goes wrong with it; a delay has passed and a kill has struck when this returns.
async fn next(faults: &[(Kind, u64)], what: &str, place: &str) -> Option<Kind> {
    static DONE: AtomicU64 = AtomicU64::new(0);
    let number = DONE.fetch_add(1, Ordering::Relaxed) + 1;
    let strikes = |(kind, at): &&(Kind, u64)| *at == number || *kind == Kind::Full && *at < number;
    let (kind, _) = *faults.iter().find(strikes)?;
    if kind == Kind::Full && ["get", "list", "delete"].contains(&what) {
        return None;
    }
    eprintln!("fault: {kind:?} at operation {number}, {what} {place}");
    match kind {
        Kind::Delay => {
            tokio::time::sleep(DELAY).await;
            None
        }
        Kind::Kill => {
            let id = std::process::id().to_string();
            drop(std::process::Command::new("kill").args(["-KILL", &id]).status());
            futures::future::pending().await
        }
        Kind::Panic => panic!("{PANIC_MESSAGE}"),
        other => Some(other),
    }
}

fn broken() -> Error {
    Error::Generic { store: "faulty", source: "a test wanted it to fail".into() }
}

/// What a store says that fails so.
fn failed(kind: Kind) -> Error {
    match kind {
        Kind::Full => {
            let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
            Error::Generic { store: "faulty", source: Box::new(full) }
        }
        _ => broken(),
    }
}

/// The first half of some bytes.
fn half(payload: PutPayload) -> PutPayload {
    let bytes = Bytes::from(payload);
    bytes.slice(..bytes.len() / 2).into()
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        match next(&self.faults, "put", location.as_ref()).await {
            None => self.inner.put_opts(location, payload, options).await,
            Some(Kind::Tear) => {
                let fresh = location.extension() == Some("parquet") && !location.as_ref().contains("_delta_log");
                let place = if fresh { location.clone() } else { Path::from(format!("{location}.torn")) };
                self.inner.put(&place, half(payload)).await?;
                Err(broken())
            }
            Some(Kind::Lose) => {
                self.inner.put_opts(location, payload, options).await?;
                Err(broken())
            }
            Some(kind) => Err(failed(kind)),
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        match next(&self.faults, "upload", location.as_ref()).await {
            None => {
                let inner = self.inner.put_multipart_opts(location, options).await?;
                Ok(Box::new(FaultyUpload { inner, faults: self.faults.clone(), place: location.to_string() }))
            }
            Some(kind @ (Kind::Fail | Kind::Full)) => Err(failed(kind)),
            Some(_) => {
                drop(self.inner.put_multipart_opts(location, options).await?);
                Err(broken())
            }
        }
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        match next(&self.faults, "get", location.as_ref()).await {
            None => self.inner.get_opts(location, options).await,
            Some(Kind::Tear) if !options.head => {
                let found = self.inner.get_opts(location, options).await?;
                let (meta, range, attributes) = (found.meta.clone(), found.range.clone(), found.attributes.clone());
                let bytes = found.bytes().await?;
                let parts = [Ok(bytes.slice(..bytes.len() / 2)), Err(broken())];
                let payload = GetResultPayload::Stream(futures::stream::iter(parts).boxed());
                Ok(GetResult { payload, meta, range, attributes })
            }
            Some(_) => Err(broken()),
        }
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        match next(&self.faults, "get", location.as_ref()).await {
            None => self.inner.get_ranges(location, ranges).await,
            Some(_) => Err(broken()),
        }
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (inner, faults) = (self.inner.clone(), self.faults.clone());
        locations
            .then(move |location| {
                let (inner, faults) = (inner.clone(), faults.clone());
                async move {
                    let location = location?;
                    let fault = next(&faults, "delete", location.as_ref()).await;
                    if fault.is_none() || fault == Some(Kind::Lose) {
                        inner.delete(&location).await?;
                    }
                    fault.map_or(Ok(location), |_| Err(broken()))
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let place = prefix.map(ToString::to_string).unwrap_or_default();
        listed(self.faults.clone(), place, self.inner.list(prefix))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        let place = prefix.map(ToString::to_string).unwrap_or_default();
        listed(self.faults.clone(), place, self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        match next(&self.faults, "list", prefix.map(AsRef::as_ref).unwrap_or_default()).await {
            None => self.inner.list_with_delimiter(prefix).await,
            Some(_) => Err(broken()),
        }
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let fault = next(&self.faults, "copy", to.as_ref()).await;
        if fault.is_none() || fault == Some(Kind::Lose) {
            self.inner.copy_opts(from, to, options).await?;
        }
        fault.map_or(Ok(()), |kind| Err(failed(kind)))
    }
}

/// A list that fails at once, or (torn) after its first entry.
fn listed(
    faults: Arc<Vec<(Kind, u64)>>,
    place: String,
    entries: BoxStream<'static, Result<ObjectMeta>>,
) -> BoxStream<'static, Result<ObjectMeta>> {
    let started = async move {
        match next(&faults, "list", &place).await {
            None => entries,
            Some(Kind::Tear) => entries.take(1).chain(futures::stream::iter([Err(broken())])).boxed(),
            Some(_) => futures::stream::iter([Err(broken())]).boxed(),
        }
    };
    futures::stream::once(started).flatten().boxed()
}

/// An upload in parts, each of which is an operation.
#[derive(Debug)]
struct FaultyUpload {
    inner: Box<dyn MultipartUpload>,
    faults: Arc<Vec<(Kind, u64)>>,
    place: String,
}

#[async_trait]
impl MultipartUpload for FaultyUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        // A part's place in the object is told by the order of these calls, so the store is called here and waits below.
        let (faults, place) = (self.faults.clone(), self.place.clone());
        let part = self.inner.put_part(data);
        Box::pin(async move {
            match next(&faults, "part", &place).await {
                None => part.await,
                Some(Kind::Lose | Kind::Tear) => {
                    part.await?;
                    Err(broken())
                }
                Some(kind) => Err(failed(kind)),
            }
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        match next(&self.faults, "complete", &self.place).await {
            None => self.inner.complete().await,
            Some(Kind::Lose) => {
                self.inner.complete().await?;
                Err(broken())
            }
            Some(kind) => Err(failed(kind)),
        }
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[test]
    fn faults_are_named_by_kind_and_operation() {
        assert_eq!(parse("fail@17,delay@40"), vec![(Kind::Fail, 17), (Kind::Delay, 40)]);
        assert_eq!(parse("full@3"), vec![(Kind::Full, 3)]);
        assert_eq!(parse("burn@1,fail@x"), vec![]);
    }

    #[tokio::test]
    async fn what_tears_leaves_half_of_a_fresh_file_and_never_half_of_a_named_one() {
        let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        // The count is the process's, and this is the only test that uses a faulty store: operations 1 to 3.
        let faults = Arc::new(vec![(Kind::Tear, 1), (Kind::Tear, 2), (Kind::Lose, 3)]);
        let store = Faulty { inner: inner.clone(), faults };
        let [data, commit, lost] = ["t/part-0.parquet", "t/_delta_log/0.json", "releases/1.json"].map(Path::from);
        for path in [&data, &commit, &lost] {
            assert!(store.put(path, PutPayload::from_static(b"12345678")).await.is_err());
        }
        let length = async |path: &Path| inner.head(path).await.ok().map(|object| object.size);
        assert_eq!((length(&data).await, length(&commit).await, length(&lost).await), (Some(4), None, Some(8)));
        store.put(&commit, PutPayload::from_static(b"12345678")).await.expect("the fourth is sound");
        assert_eq!(length(&commit).await, Some(8));
    }
}
