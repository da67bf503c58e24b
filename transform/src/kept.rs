//! The models as a release carries them: whoever reads a release, today or in ten years, has the SQL that it was made with,
//! one's own included.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use warehouse::Warehouse;
use warehouse::release::Release;

use crate::error::{Result, TransformError};
use crate::own::Own;
use crate::project::Project;

/// What is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Path → text of all files.
    files: BTreeMap<String, String>,
    /// Which of them are one's own.
    own: BTreeSet<String>,
}

/// Keeps the project's files for a release to be made; gives the name for [`Release::models`].
pub async fn keep(warehouse: &Warehouse, project: &Project) -> Result<String> {
    let kept = Kept { files: project.files().clone(), own: project.own().files.keys().cloned().collect() };
    let text = serde_json::to_vec(&kept).expect("texts are plain data");
    Ok(warehouse.keep_models(text).await?)
}

/// The project that a release was made with; where it did not keep it, the one that this build carries.
pub async fn project_of(warehouse: &Warehouse, release: &Release) -> Result<Project> {
    match read(warehouse, release).await? {
        Some(kept) => Project::as_it_was(kept.files.clone(), own(kept, release)),
        None => Project::built_in(),
    }
}

/// The project as the next run would compute it: this build's models, with one's own that the last release was made with.
///
/// They are remembered, because a rule that a run forgets would end all its findings as if their causes had been corrected.
pub async fn standing_project(warehouse: &Warehouse) -> Result<Project> {
    let Some(last) = warehouse.latest_release().await? else { return Project::built_in() };
    match read(warehouse, &last).await? {
        Some(kept) if !kept.own.is_empty() => Project::with_own(own(kept, &last)),
        _ => Project::built_in(),
    }
}

/// The files that the last release was made with and the project lacks: what they computed goes with them.
pub fn gone(last: &Release, project: &Project) -> Vec<String> {
    let known: BTreeSet<&str> = project.models().map(|model| model.path.as_str()).collect();
    last.fingerprints.keys().filter(|path| !known.contains(path.as_str())).cloned().collect()
}

async fn read(warehouse: &Warehouse, release: &Release) -> Result<Option<Kept>> {
    let Some(text) = warehouse.kept_models(release).await? else { return Ok(None) };
    let kept = serde_json::from_slice(&text);
    kept.map(Some).map_err(|error| TransformError::Kept { release: release.release, why: error.to_string() })
}

fn own(kept: Kept, release: &Release) -> Own {
    let Kept { files, own } = kept;
    let files = files.into_iter().filter(|(path, _)| own.contains(path)).collect();
    Own { place: format!("第 {} 期所带的自有模型 / your own models of release {0}: ", release.release), files }
}
