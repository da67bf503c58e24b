//! One table or query as one file that is there whole or not at all.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use futures::StreamExt;

use transform::project::Project;
use warehouse::release::Release;
use warehouse::table::TableName;

use crate::explain::fault::nearest;
use crate::export::about::About;
use crate::export::cell::csvw;
use crate::export::sink::Sink;
use crate::export::{Column, ExportError, Format, Result, Table};

/// What became a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Rows in it.
    pub rows: u64,
    /// The description beside it, of a CSV file.
    pub beside: Option<PathBuf>,
}

/// Writes a table to a file whose name ends by its form. `told` hears how many rows there are so far.
pub async fn write(table: Table, path: &Path, about: About, told: impl FnMut(u64)) -> Result<Written> {
    let format = format_of(path)?;
    let described: Vec<(Column, &str)> = table
        .columns
        .iter()
        .zip(table.rows.schema().fields())
        .map(|(column, field)| (column.clone(), csvw(field.data_type())))
        .collect();
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let part = beside(folder).map_err(fault(folder))?;
    let file = part.as_file().try_clone().map_err(fault(path))?;
    let rows = fill(table, format, about.clone(), file, path, told).await?;
    let beside = match format {
        Format::Csv => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let beside = path.with_file_name(format!("{name}-metadata.json"));
            fs::write(&beside, about.beside_csv(&name, rows, &described)).map_err(fault(&beside))?;
            Some(beside)
        }
        Format::Xlsx | Format::Parquet => None,
    };
    part.persist(path).map_err(|error| ExportError::File { path: path.to_owned(), source: error.error })?;
    Ok(Written { rows, beside })
}

/// The form that a name tells.
pub fn format_of(path: &Path) -> Result<Format> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
    Format::of(&ending).ok_or_else(|| ExportError::Ending { path: path.to_owned() })
}

/// The table that a word of the command names: with its schema, or by its bare name.
pub fn named(given: &str, project: &Project, release: &Release) -> Result<TableName> {
    let known: Vec<TableName> = release
        .tables
        .keys()
        .chain(project.models().filter(|model| !model.is_test()).map(|model| &model.name))
        .cloned()
        .collect();
    let wanted = given.trim();
    // A mart of a bare name comes before what only has the same name in another layer.
    let mut found: Vec<&TableName> =
        known.iter().filter(|name| name.to_string() == wanted || name.table == wanted).collect();
    found.sort_by_key(|name| (name.to_string() != wanted, name.schema != "marts", *name));
    found.first().map(|name| (*name).clone()).ok_or_else(|| {
        let names: Vec<String> = known.iter().map(ToString::to_string).collect();
        let near = nearest(wanted, names.iter().map(String::as_str)).join(", ");
        ExportError::Table { given: wanted.to_owned(), near }
    })
}

/// Writes a table into a file that is open, and makes sure that it is on the disk.
pub(crate) async fn fill(
    table: Table,
    format: Format,
    about: About,
    file: File,
    path: &Path,
    mut told: impl FnMut(u64),
) -> Result<u64> {
    let Table { columns, mut rows } = table;
    let mut sink = Sink::new(format, &columns, &rows.schema(), about, BufWriter::new(file))?;
    while let Some(batch) = rows.next().await {
        sink.write(&batch?)?;
        told(sink.rows());
    }
    let count = sink.rows();
    let file = sink.finish()?.into_inner().map_err(|error| fault(path)(error.into_error()))?;
    file.sync_all().map_err(fault(path))?;
    Ok(count)
}

pub(crate) fn fault(path: &Path) -> impl FnOnce(std::io::Error) -> ExportError {
    let path = path.to_owned();
    move |source| ExportError::File { path, source }
}

/// A file that will take another one's name; who may read it is for the process's mask to say, as with any file.
fn beside(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(".kehou-").suffix(".part").tempfile_in(folder)
}
