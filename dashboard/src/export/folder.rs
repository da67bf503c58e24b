//! For analysts: all that counts of one release in a folder of plain Parquet files, with a dictionary. Each form's current rows (none
//! that was superseded, rejected or abandoned), each mart, and the reference tables.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use ingest::form::forms;
use serde_json::json;
use transform::project::Project;
use transform::views::register_views;
use warehouse::Warehouse;
use warehouse::release::Release;
use warehouse::session::Limits;
use warehouse::table::TableName;

use crate::export::about::About;
use crate::export::dictionary::{Entry, as_csv, as_markdown};
use crate::export::file::{fault, fill};
use crate::export::heading::columns;
use crate::export::{ExportError, Format, Result, Table};

/// Marks a folder that somebody is writing.
const LOCK: &str = ".lock";

/// The tables that analysts get of a release, in order.
pub fn tables(project: &Project, release: &Release) -> Vec<TableName> {
    let facts = forms().iter().map(|form| TableName::new("staging", &form.name));
    // What rests on rows that were erased since can't be had any more.
    let is_stored = |name: &TableName| release.tables.contains_key(name);
    let is_there = |name: &TableName| {
        let models = project.upstream_to([name.clone()], is_stored);
        !models
            .iter()
            .any(|model| !is_stored(&model.name) && model.reads.iter().any(|read| release.lost.contains(read)))
    };
    let facts = facts.filter(|name| project.model(name).is_some() && is_there(name));
    let stored = |schema: &'static str| release.tables.keys().filter(move |name| name.schema == schema).cloned();
    facts.chain(stored("marts")).chain(stored("reference")).collect()
}

/// Writes the folder, which must not be there yet; until it is whole it has another name. `told` hears of each table how many rows
/// there are so far, and whether that is all.
pub async fn write(
    warehouse: &Warehouse,
    release: &Release,
    project: &Project,
    folder: &Path,
    about: &About,
    mut told: impl FnMut(&TableName, u64, bool),
) -> Result<Vec<Entry>> {
    if folder.exists() {
        return Err(ExportError::Exists { path: folder.to_owned() });
    }
    let (part, lock) = begin(folder)?;
    // One stream reads files in their order, so that the same release gives the same files.
    let context = warehouse.release_session(release, &Limits { threads: 1, ..Limits::default() }).await?;
    let mut entries = Vec::new();
    for name in tables(project, release) {
        let sql = format!("select * from {name}");
        register_views(&context, project, release, &sql).await?;
        let rows = context.sql(&sql).await?.execute_stream().await?;
        let schema = rows.schema();
        let columns = columns(&schema, Some(&name), project, about.lang);
        let file = format!("{}/{}.parquet", name.schema, name.table);
        let path = part.join(&file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(fault(parent))?;
        }
        let open = File::create(&path).map_err(fault(&path))?;
        let own = About { title: name.to_string(), source: name.to_string(), ..about.clone() };
        let rows =
            fill(Table { columns, rows }, Format::Parquet, own, open, &path, |rows| told(&name, rows, false)).await?;
        told(&name, rows, true);
        warehouse::step::reached("export.table_written");
        entries.push(Entry::of(&name, &schema, project, file, rows));
    }
    let put = |name: &str, bytes: &[u8]| {
        let path = part.join(name);
        fs::write(&path, bytes).map_err(fault(&path))
    };
    put("dictionary.csv", &as_csv(&entries)?)?;
    put("dictionary.md", as_markdown(&entries, about).as_bytes())?;
    put("release.json", summary(release, about, &entries).as_bytes())?;
    drop(lock);
    fs::remove_file(part.join(LOCK)).map_err(fault(&part))?;
    fs::rename(&part, folder).map_err(fault(folder))?;
    Ok(entries)
}

/// A folder beside the wanted one, and the lock on it. What a killed export left there goes.
fn begin(folder: &Path) -> Result<(PathBuf, File)> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let part = folder.with_file_name(format!(".{name}.part"));
    fs::create_dir_all(&part).map_err(fault(&part))?;
    let path = part.join(LOCK);
    let lock = File::create(&path).map_err(fault(&path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(ExportError::Busy { path: folder.to_owned() }),
        Err(TryLockError::Error(source)) => return Err(ExportError::File { path, source }),
    }
    for entry in fs::read_dir(&part).map_err(fault(&part))? {
        let entry = entry.map_err(fault(&part))?;
        let old = entry.path();
        if old == path {
            continue;
        }
        let is_folder = entry.file_type().map_err(fault(&old))?.is_dir();
        if is_folder { fs::remove_dir_all(&old) } else { fs::remove_file(&old) }.map_err(fault(&old))?;
    }
    Ok((part, lock))
}

/// Which release it is, and what is in the folder.
fn summary(release: &Release, about: &About, entries: &[Entry]) -> String {
    let tables: serde_json::Map<String, serde_json::Value> =
        entries.iter().map(|entry| (entry.name.to_string(), json!({"file": entry.file, "rows": entry.rows}))).collect();
    let told = json!({
        "release": release.release,
        "made_at": release.made_at,
        "today": release.today.to_string(),
        "official": release.official,
        "source": about.source,
        "written_at": about.written_at,
        "tables": tables,
    });
    serde_json::to_string_pretty(&told).expect("a summary is plain data")
}
