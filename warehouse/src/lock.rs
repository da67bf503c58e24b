//! The lock of work that only one process may do at a time: an OS file lock, or an expiring object with a fencing number.
//!
//! Neither outlives a kill for long: the system drops a file lock with its process, an object expires.

use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion};
use serde::{Deserialize, Serialize};

use crate::Warehouse;
use crate::error::{Result, WarehouseError};
use crate::place::Place;

/// How long an object lock holds without being renewed.
const LIFETIME: Duration = Duration::from_secs(60);

/// A held lock; dropping it lets go.
#[derive(Debug)]
pub struct Lock {
    what: &'static str,
    held: Held,
}

#[derive(Debug)]
enum Held {
    File(File),
    Object {
        lost: Arc<AtomicBool>,
        renewal: tokio::task::JoinHandle<()>,
        let_go: Option<tokio::sync::oneshot::Sender<()>>,
    },
}

/// What the lock object says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Lease {
    /// Grows with each holder.
    fence: u64,
    holder: String,
    /// Milliseconds since 1970.
    until: i64,
}

impl Lock {
    /// Fails where the lock was lost since it was taken; to be asked right before publishing.
    pub fn check(&self) -> Result<()> {
        match &self.held {
            Held::Object { lost, .. } if lost.load(Ordering::Acquire) => {
                Err(WarehouseError::LockLost { what: self.what.to_owned() })
            }
            Held::File(_) | Held::Object { .. } => Ok(()),
        }
    }
}

impl Lock {
    /// Lets go and waits until others can see it; dropping the lock lets go in its own time.
    pub async fn let_go(mut self) {
        if let Held::Object { renewal, let_go, .. } = &mut self.held
            && let_go.take().is_some_and(|let_go| let_go.send(()).is_ok())
        {
            // A task that failed has said so in the log, and its lease runs out.
            drop(renewal.await);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        match &mut self.held {
            // Closing the file would do; saying so is clearer, and a failure leaves it to the close.
            Held::File(file) => drop(file.unlock()),
            Held::Object { renewal, let_go, .. } => {
                if let_go.take().is_none_or(|let_go| let_go.send(()).is_err()) {
                    renewal.abort();
                }
            }
        }
    }
}

impl Warehouse {
    /// Takes the lock of `what`, or says at once who has it.
    pub async fn lock(&self, what: &'static str) -> Result<Lock> {
        match self.folder() {
            Some(folder) => file_lock(&folder, what),
            None => self.object_lock(what).await,
        }
    }

    async fn object_lock(&self, what: &'static str) -> Result<Lock> {
        let store = self.storage().root.clone();
        let path = self.storage().path(&Place::Lock(what));
        let (mode, fence) = match store.get(&path).await {
            Ok(object) => {
                let version = UpdateVersion { e_tag: object.meta.e_tag.clone(), version: object.meta.version.clone() };
                let lease: Lease = serde_json::from_slice(&object.bytes().await?).map_err(|error| {
                    WarehouseError::Damaged { place: Place::Lock(what).to_string(), why: error.to_string() }
                })?;
                if lease.until > chrono::Utc::now().timestamp_millis() {
                    return Err(WarehouseError::Locked { what: what.to_owned(), who: lease.holder });
                }
                (PutMode::Update(version), lease.fence + 1)
            }
            Err(object_store::Error::NotFound { .. }) => (PutMode::Create, 1),
            Err(error) => return Err(error.into()),
        };
        let mut version = match put_lease(&*store, &path, fence, LIFETIME, mode).await {
            Ok(version) => version,
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                return Err(WarehouseError::Locked { what: what.to_owned(), who: "just started".to_owned() });
            }
            Err(error) => return Err(error.into()),
        };
        let lost = Arc::new(AtomicBool::new(false));
        let (let_go, mut end) = tokio::sync::oneshot::channel();
        let renewal = tokio::spawn({
            let lost = lost.clone();
            async move {
                loop {
                    let ended = tokio::time::timeout(LIFETIME / 4, &mut end).await.is_ok();
                    let lifetime = if ended { Duration::ZERO } else { LIFETIME };
                    match put_lease(&*store, &path, fence, lifetime, PutMode::Update(version.clone())).await {
                        Ok(newer) => version = newer,
                        Err(error) => {
                            tracing::error!(%error, "the lock could not be renewed");
                            lost.store(true, Ordering::Release);
                            return;
                        }
                    }
                    if ended {
                        return;
                    }
                }
            }
        });
        Ok(Lock { what, held: Held::Object { lost, renewal, let_go: Some(let_go) } })
    }
}

fn file_lock(folder: &std::path::Path, what: &'static str) -> Result<Lock> {
    let path = folder.join(Place::Lock(what).to_string());
    let fault = |source| WarehouseError::Io { path: path.display().to_string(), source };
    std::fs::create_dir_all(path.parent().expect("a lock lies in a folder")).map_err(fault)?;
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { what, held: Held::File(file) }),
        Err(TryLockError::WouldBlock) => {
            Err(WarehouseError::Locked { what: what.to_owned(), who: path.display().to_string() })
        }
        Err(TryLockError::Error(source)) => Err(fault(source)),
    }
}

async fn put_lease(
    store: &dyn ObjectStore,
    path: &object_store::path::Path,
    fence: u64,
    lifetime: Duration,
    mode: PutMode,
) -> Result<UpdateVersion, object_store::Error> {
    let until = chrono::Utc::now().timestamp_millis() + i64::try_from(lifetime.as_millis()).expect("a minute");
    let lease = Lease { fence, holder: format!("process {}", std::process::id()), until };
    let text = serde_json::to_vec(&lease).expect("a lease is plain data");
    let done = store.put_opts(path, text.into(), PutOptions::from(mode)).await?;
    Ok(UpdateVersion { e_tag: done.e_tag, version: done.version })
}
