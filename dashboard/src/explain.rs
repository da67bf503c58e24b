//! Where a figure or a finding comes from: the sentence and the SQL that make it, the numbers that went in, who reported and
//! who didn't, and the rows down to file, sheet and line. The command and the pages ask the same questions here; what the
//! answer may hold is decided by the tables that they lend.

pub mod counting;
pub mod coverage;
pub mod evidence;
pub mod fault;
pub mod figure;
pub mod finding;
pub mod model;
pub mod needs;
pub mod parts;
pub mod proof;
pub mod slices;
pub mod tables;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use transform::project::Project;
use transform::views::register_parts;
use warehouse::Warehouse;
use warehouse::erasure::Erasure;
use warehouse::release::Release;
use warehouse::session::Limits;

use crate::explain::fault::Result;
use crate::explain::tables::Tables;
use crate::scope::Scoped;
use crate::words::Lang;

/// Answers questions about one release.
pub struct Explainer<'a> {
    tables: Tables<'a>,
    project: &'a Project,
    release: ReleaseTold,
    /// The SHA-256 of each model that computed the release.
    fingerprints: &'a BTreeMap<String, String>,
    erasure: Option<Erasure>,
    lang: Lang,
}

/// Which release an answer is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ReleaseTold {
    /// Its number.
    pub release: u64,
    /// When it was made, RFC 3339 in UTC.
    pub made_at: String,
    /// The date that lateness was judged against.
    #[schema(value_type = String, format = Date)]
    pub today: NaiveDate,
    /// Whether the city declared it official.
    pub official: bool,
}

impl<'a> Explainer<'a> {
    /// Over all tables of a release, with the queries that take figures apart.
    pub async fn whole(
        warehouse: &Warehouse,
        release: &'a Release,
        project: &'a Project,
        lang: Lang,
    ) -> Result<Explainer<'a>> {
        let context = warehouse.release_session(release, &Limits::default()).await?;
        register_parts(&context, project, release).await?;
        let told = ReleaseTold {
            release: release.release,
            made_at: release.made_at.clone(),
            today: release.today,
            official: release.official,
        };
        let tables = Tables::Whole(context);
        let erasure = release.erased_before.map(Erasure::before_day);
        Ok(Explainer { tables, project, release: told, fingerprints: &release.fingerprints, erasure, lang })
    }

    /// Over what somebody may see of a release, and nothing else.
    pub fn scoped(scoped: &'a Scoped, project: &'a Project, lang: Lang) -> Explainer<'a> {
        let edition = &scoped.edition;
        let release = ReleaseTold {
            release: edition.number,
            made_at: edition.made_at.clone(),
            today: edition.today,
            official: edition.official,
        };
        let tables = Tables::Scoped(scoped);
        let (fingerprints, erasure) = (&*edition.fingerprints, edition.erasure);
        Explainer { tables, project, release, fingerprints, erasure, lang }
    }
}
