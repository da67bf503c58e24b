//! Which models a command works with: the built-in ones, with models of one's own over them.

use anyhow::{Context, Result};
use transform::kept::{project_of, standing_project};
use transform::own::Own;
use transform::project::Project;
use warehouse::Warehouse;
use warehouse::release::Release;

use crate::args::OwnSql;

/// What a run computes now: the folder's models over the built-in ones, without a folder those that the last release was made with.
pub async fn standing(warehouse: &Warehouse, own: &OwnSql) -> Result<Project> {
    if own.no_sql || own.sql.is_some() {
        return without_warehouse(own);
    }
    standing_project(warehouse).await.context(
        "最近一期数据所带的自有模型不能再用；用 --sql 目录 给出改好的模型，或用 --no-sql 不再使用 / \
         the models of your own that the last release was made with can't be used any more; give mended ones with --sql DIR, or leave \
         them out with --no-sql",
    )
}

/// What a release was made with; with a folder this build's models and the folder's over them.
pub async fn of_release(warehouse: &Warehouse, release: &Release, own: &OwnSql) -> Result<Project> {
    match own.sql.is_some() && !own.no_sql {
        true => without_warehouse(own),
        false => Ok(project_of(warehouse, release).await?),
    }
}

/// The built-in models, with a folder's over them.
pub fn without_warehouse(own: &OwnSql) -> Result<Project> {
    Ok(match &own.sql {
        Some(folder) if !own.no_sql => Project::with_own(Own::read(folder)?)?,
        _ => Project::built_in()?,
    })
}
