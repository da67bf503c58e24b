//! The current release in memory: the one place that meets the warehouse. A page's tables are loaded once a release, so
//! that reading a page touches no file but those of a finding's proof.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::prelude::SessionContext;
use hashlink::LruCache;
use transform::kept::project_of;
use transform::project::Project;
use transform::views::register_parts;
use warehouse::Warehouse;
use warehouse::erasure::Erasure;
use warehouse::error::WarehouseError;
use warehouse::official::Official;
use warehouse::release::Release;
use warehouse::session::Limits;
use warehouse::table::TableName;

use crate::catalog::Catalogue;
use crate::error::{DashboardError, Result};
use crate::scope::doors::{DOORS, Hold};
use crate::scope::{Scope, Scoped, city_apart};

/// How long a release is taken for the current one before the warehouse is asked again.
const FRESH: Duration = Duration::from_secs(2);
/// After this long without a visitor the known release may be long outdated, so the next one waits for the answer.
const SILENCE: Duration = Duration::from_secs(30);

/// Scopes of a release that are kept. Each takes two MiB with all that its making leaves in between, and 30 ms to make. The one that
/// nobody asked for the longest makes room.
const SCOPES: usize = 32;

/// After this long without a reader an earlier release is let go.
const EARLIER: Duration = Duration::from_secs(120);

/// What pages say of the release that they show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Its number.
    pub number: u64,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// The date that lateness was judged against.
    pub today: NaiveDate,
    /// Whether the city declared it official.
    pub official: bool,
    /// What it was computed by: the SHA-256 of each model's SQL.
    pub fingerprints: Arc<BTreeMap<String, String>>,
    /// Which rows of persons were erased, with periods that are closed by that.
    pub erasure: Option<Erasure>,
}

impl Edition {
    /// Of a release.
    pub fn of(release: &Release) -> Edition {
        Edition {
            number: release.release,
            made_at: release.made_at.clone(),
            today: release.today,
            official: release.official,
            fingerprints: Arc::new(release.fingerprints.clone()),
            erasure: release.erased_before.map(Erasure::before_day),
        }
    }
}

/// One table in memory.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows.
    pub batches: Vec<RecordBatch>,
}

/// A release as pages read it. Nothing in it is filtered: only `scope` may look inside.
pub struct Pinned {
    /// Which release it is.
    pub edition: Edition,
    /// What its indicators and rules are called and mean; none where it does not carry the models that it was made with.
    pub catalogue: Option<Arc<Catalogue>>,
    /// The SQL behind its figures and findings; none likewise.
    pub project: Option<Arc<Project>>,
    pub(crate) held: BTreeMap<(&'static str, &'static str), Held>,
    /// The version of each table of the release.
    versions: BTreeMap<TableName, u64>,
    pub(crate) whole: SessionContext,
    scopes: Mutex<LruCache<Scope, Arc<Scoped>>>,
}

impl Pinned {
    /// Loads the tables that pages read from a session in which the release's tables, of these versions, are registered. What
    /// has the same version in the release `before` is taken from there.
    pub async fn load(
        edition: Edition,
        whole: SessionContext,
        versions: BTreeMap<TableName, u64>,
        before: Option<&Pinned>,
    ) -> Result<Pinned> {
        let mut held = BTreeMap::new();
        for door in DOORS.iter().filter(|door| door.hold == Hold::Memory) {
            let (name, place) = (TableName::new(door.schema, door.table), (door.schema, door.table));
            let version = versions.get(&name);
            if let Some(before) = before
                && version.is_some()
                && before.versions.get(&name) == version
            {
                held.insert(place, before.held[&place].clone());
                continue;
            }
            let lacking = |_| DashboardError::Lacking {
                release: edition.number,
                table: format!("{}.{}", door.schema, door.table),
            };
            let table = whole
                .table(datafusion::common::TableReference::partial(door.schema, door.table))
                .await
                .map_err(lacking)?;
            let schema: SchemaRef = Arc::new(table.schema().as_arrow().clone());
            let batches = table.collect().await?;
            let schema = batches.first().map_or(schema, RecordBatch::schema);
            held.insert(place, city_apart(door, Held { schema, batches })?);
        }
        Ok(Pinned {
            edition,
            catalogue: None,
            project: None,
            held,
            versions,
            whole,
            scopes: Mutex::new(LruCache::new(SCOPES)),
        })
    }

    /// What somebody sees of the release; made once for each scope, as long as not too many others are asked for.
    pub async fn scoped(&self, scope: &Scope) -> Result<Arc<Scoped>> {
        if let Some(made) = self.scopes.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(scope) {
            return Ok(made.clone());
        }
        // Two visitors at once may both make it; the same comes out, and the later one is kept.
        let made = Arc::new(Scoped::new(self, scope).await?);
        self.scopes.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(scope.clone(), made.clone());
        Ok(made)
    }
}

/// Where pages get the current release.
pub struct Releases {
    source: Source,
    known: Mutex<Option<(Instant, Arc<Pinned>)>>,
    /// What the city declared official; a declaration may come long after its release.
    officials: Mutex<Arc<Vec<Official>>>,
    /// An earlier release that somebody reads on in, and when that was.
    earlier: tokio::sync::Mutex<Option<(Instant, Arc<Pinned>)>>,
    /// Held by the one who looks for a newer release.
    turn: Arc<tokio::sync::Mutex<()>>,
}

enum Source {
    Warehouse(Warehouse),
    #[cfg(test)]
    Fixed(Arc<Pinned>),
}

impl Releases {
    /// The releases of a warehouse.
    pub fn new(warehouse: Warehouse) -> Arc<Releases> {
        Releases::of(Source::Warehouse(warehouse))
    }

    /// One release for ever.
    #[cfg(test)]
    pub fn fixed(pinned: Pinned) -> Arc<Releases> {
        Releases::of(Source::Fixed(Arc::new(pinned)))
    }

    fn of(source: Source) -> Arc<Releases> {
        let earlier = tokio::sync::Mutex::default();
        Arc::new(Releases {
            source,
            known: Mutex::default(),
            officials: Mutex::default(),
            earlier,
            turn: Arc::default(),
        })
    }

    /// The warehouse that they stand in; none where tests fixed a release.
    pub(crate) fn warehouse(&self) -> Option<&Warehouse> {
        match &self.source {
            Source::Warehouse(warehouse) => Some(warehouse),
            #[cfg(test)]
            Source::Fixed(_) => None,
        }
    }

    /// The current release; none before the first.
    ///
    /// While somebody looks for a newer one and loads it, all others read on in the one that is known: nobody waits for a
    /// release but the first visitor, and the one who comes after a long silence.
    pub async fn current(self: &Arc<Self>) -> Result<Option<Arc<Pinned>>> {
        match self.known() {
            Some((asked, pinned)) if asked.elapsed() < FRESH => Ok(Some(pinned)),
            Some((asked, pinned)) if asked.elapsed() < SILENCE => {
                if let Ok(turn) = self.turn.clone().try_lock_owned() {
                    let own = self.clone();
                    tokio::spawn(async move {
                        let _turn = turn;
                        if let Err(error) = own.look().await {
                            tracing::warn!(%error, "a newer release can't be loaded; the one before stays");
                        }
                    });
                }
                Ok(Some(pinned))
            }
            _ => {
                let _turn = self.turn.lock().await;
                match self.known() {
                    Some((asked, pinned)) if asked.elapsed() < FRESH => Ok(Some(pinned)),
                    _ => self.look().await,
                }
            }
        }
    }

    /// Looks for the newest release and for what was declared, for somebody who just made it: from here on pages show it.
    pub async fn refresh(&self) -> Result<()> {
        let _turn = self.turn.lock().await;
        self.look().await.map(drop)
    }

    /// What was declared official, oldest first, as far as is known.
    pub fn officials(&self) -> Arc<Vec<Official>> {
        self.officials.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// The number of the release that is shown, if one was asked for.
    pub fn shown(&self) -> Option<u64> {
        self.known().map(|(_, pinned)| pinned.edition.number)
    }

    /// A release by its number: the current one, or one that somebody is reading on in, page by page. Of earlier ones one is held
    /// at a time, and let go when nobody has asked for it for a while.
    pub async fn numbered(self: &Arc<Self>, number: u64) -> Result<Option<Arc<Pinned>>> {
        if let Some(current) = self.current().await?
            && current.edition.number == number
        {
            return Ok(Some(current));
        }
        let mut earlier = self.earlier.lock().await;
        if let Some((asked, pinned)) = earlier.as_mut().filter(|(_, pinned)| pinned.edition.number == number) {
            *asked = Instant::now();
            return Ok(Some(pinned.clone()));
        }
        let Some(warehouse) = self.warehouse() else { return Ok(None) };
        let release = match warehouse.release(number).await {
            Ok(release) => release,
            Err(WarehouseError::NoRelease { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // The one before goes first, so that there are never three in memory.
        *earlier = None;
        let pinned = load(warehouse, &release, None).await?;
        *earlier = Some((Instant::now(), pinned.clone()));
        let own = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SILENCE).await;
                let Some(own) = own.upgrade() else { break };
                let mut earlier = own.earlier.lock().await;
                match earlier.as_ref() {
                    Some((asked, pinned)) if pinned.edition.number == number && asked.elapsed() < EARLIER => {}
                    Some((_, pinned)) if pinned.edition.number == number => {
                        *earlier = None;
                        break;
                    }
                    _ => break,
                }
            }
        });
        Ok(Some(pinned))
    }

    /// Asks for the newest release, and loads it where it is another one than the known.
    async fn look(&self) -> Result<Option<Arc<Pinned>>> {
        #[cfg(test)]
        if let Source::Fixed(pinned) = &self.source {
            return Ok(Some(pinned.clone()));
        }
        #[cfg_attr(not(test), expect(irrefutable_let_patterns, reason = "tests know another source"))]
        let Source::Warehouse(warehouse) = &self.source else { return Ok(None) };
        let officials = Arc::new(warehouse.officials().await?);
        *self.officials.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = officials;
        let Some(release) = warehouse.latest_release().await? else { return Ok(None) };
        let known = self.known().map(|(_, pinned)| pinned);
        let pinned = match known {
            Some(pinned) if pinned.edition.number == release.release => pinned,
            before => {
                let pinned = load(warehouse, &release, before.as_deref()).await?;
                pinned.scoped(&Scope::City).await?;
                pinned
            }
        };
        *self.lock() = Some((Instant::now(), pinned.clone()));
        Ok(Some(pinned))
    }

    fn known(&self) -> Option<(Instant, Arc<Pinned>)> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Instant, Arc<Pinned>)>> {
        self.known.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Loads a release with its models, and what it lacks of the one that was known before.
async fn load(warehouse: &Warehouse, release: &Release, before: Option<&Pinned>) -> Result<Arc<Pinned>> {
    let edition = Edition::of(release);
    let whole = warehouse.release_session(release, &Limits::default()).await?;
    let project = models_of(warehouse, release).await;
    let parts = match &project {
        Some(project) => project.clone(),
        None => Arc::new(Project::built_in()?),
    };
    register_parts(&whole, &parts, release).await?;
    let mut pinned = Pinned::load(edition, whole, release.tables.clone(), before).await?;
    pinned.catalogue = project.as_deref().map(Catalogue::of).map(Arc::new);
    pinned.project = project;
    Ok(Arc::new(pinned))
}

/// The models that the release was made with. Those that can't be read keep no page from being shown.
async fn models_of(warehouse: &Warehouse, release: &Release) -> Option<Arc<Project>> {
    release.models.as_ref()?;
    match project_of(warehouse, release).await {
        Ok(project) => Some(Arc::new(project)),
        Err(error) => {
            tracing::warn!(%error, release = release.release, "the release's own models can't be read");
            None
        }
    }
}
