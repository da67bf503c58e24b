//! What a release would be with other reference tables or other SQL: computed beside the warehouse, and published nowhere.

use std::collections::BTreeSet;

use warehouse::Warehouse;
use warehouse::release::Release;
use warehouse::session::{Limits, session};
use warehouse::table::TableName;

use crate::audit::audit;
use crate::change::{Change, Inputs, ledger};
use crate::check;
use crate::error::Result;
use crate::plan::Plan;
use crate::project::Project;
use crate::run::Progress;
use crate::work::Work;

/// A release that isn't: the one that it was made from, with some tables that lie beside the warehouse.
#[derive(Debug)]
pub struct WhatIf {
    /// The versions of its tables, and all else that a release says. Its number is that of the release that it was made from.
    pub release: Release,
    /// Which of its tables lie beside the warehouse.
    pub beside: BTreeSet<TableName>,
    /// The data tests that only warn and found rows.
    pub warnings: Vec<String>,
}

/// Computes what `base` would be by `project`, with the reference tables `replaced`, which `beside` holds. Only what that
/// changes is computed, and it is written to `beside`.
pub async fn what_if(
    warehouse: &Warehouse,
    beside: &Warehouse,
    replaced: &BTreeSet<TableName>,
    project: &Project,
    base: &Release,
    limits: &Limits,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<WhatIf> {
    let context = session(limits)?;
    warehouse.attach(&context);
    beside.attach(&context);
    let erasure = match base.tables.get(&ledger()) {
        Some(version) => warehouse.erasure(&ledger(), *version).await?,
        None => None,
    };
    let mut inputs = Inputs { erasure, ..Inputs::default() };
    for (name, version) in base.tables.iter().filter(|(name, _)| name.schema == "facts" || name.schema == "reference") {
        inputs.versions.insert(name.clone(), *version);
    }
    for name in replaced {
        inputs.versions.insert(name.clone(), beside.snapshot(name, None).await?.version);
        inputs.changes.insert(name.clone(), Change::Everything);
    }
    check::plans(warehouse, project, &base.tables).await?;
    let plan = Plan::new(project, inputs, Some(base), base.today, false);
    progress(Progress::Planned { steps: plan.work() });

    let mut work = Work::new([warehouse, beside], replaced, (context, limits), &plan, Some(base), base.today).await?;
    work.run(progress).await?;
    let warnings = audit(&work.tests().await?, progress).await?;
    let fingerprints = project.models().map(|model| (model.path.clone(), model.fingerprint())).collect();
    let (tables, mut beside) = work.into_tables();
    beside.extend(replaced.iter().cloned());
    let release = Release { tables, fingerprints, official: false, ..base.clone() };
    Ok(WhatIf { release, beside, warnings })
}
