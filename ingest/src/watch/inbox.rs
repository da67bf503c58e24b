//! Where files are dropped: a local folder, or a prefix of an object store whose objects are looked at in a scratch folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use warehouse::Warehouse;
use warehouse::bucket::Bucket;
use warehouse::error::WarehouseError;

use super::WatchError;

/// The folders within a drop folder that files are put away to.
const AWAY: [&str; 2] = ["done", "rejected"];
/// Endings of names under which programs write what is not whole yet.
const TEMPORARY: [&str; 9] =
    [".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".filepart", ".swp", "~"];

/// A place that files are dropped into.
#[derive(Debug)]
pub enum Inbox {
    /// A local folder.
    Folder(PathBuf),
    /// A prefix of an object store.
    Bucket(Bucket, Scratch),
}

/// A file as a look found it. While a file is the same, so is this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its name from the place on, parted by slashes.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// When it was written last, microseconds since 1970 in UTC.
    pub modified: i64,
    /// What else tells it from another one of the same name.
    pub tag: String,
}

type Result<T, E = WarehouseError> = std::result::Result<T, E>;

fn io(path: &Path, source: std::io::Error) -> WarehouseError {
    WarehouseError::Io { path: path.display().to_string(), source }
}

impl Inbox {
    /// Opens a folder or `s3://bucket/prefix`.
    pub fn open(location: &str, warehouse: &Warehouse) -> Result<Inbox, WatchError> {
        let local = location.strip_prefix("file://").unwrap_or(location);
        if local.contains("://") {
            return Ok(Inbox::Bucket(Bucket::open(location)?, Scratch::new(&warehouse.marker().id.to_string())?));
        }
        let path = PathBuf::from(local);
        match path.canonicalize() {
            Ok(folder) if folder.is_dir() => Ok(Inbox::Folder(folder)),
            Ok(_) => Err(WatchError::Folder { path, source: std::io::ErrorKind::NotADirectory.into() }),
            Err(source) => Err(WatchError::Folder { path, source }),
        }
    }

    /// Refuses a place that holds the warehouse or its keys, or lies in them: their files are nobody's submissions, and raw
    /// files don't belong there.
    pub fn keep_apart(&self, warehouse: &Warehouse, keys_folder: &Path) -> Result<(), WatchError> {
        let overlap = |name: String, apart: bool| if apart { Ok(()) } else { Err(WatchError::Overlap(name)) };
        match self {
            Inbox::Folder(folder) => {
                let apart = |other: Option<PathBuf>| {
                    let other = other.and_then(|other| other.canonicalize().ok());
                    other.is_none_or(|other| !(other.starts_with(folder) || folder.starts_with(&other)))
                };
                let name = folder.display().to_string();
                overlap(name, apart(warehouse.folder()) && apart(Some(keys_folder.to_owned())))
            }
            Inbox::Bucket(bucket, _) => {
                let (one, other) = (bucket.url().as_str(), warehouse.url().as_str());
                overlap(one.to_owned(), !(one.starts_with(other) || other.starts_with(one)))
            }
        }
    }

    /// The files that lie there now: not those that were put away, not hidden ones, not those with temporary names.
    pub async fn look(&self) -> Result<Vec<Seen>> {
        let mut found = match self {
            Inbox::Folder(folder) => look(folder)?,
            Inbox::Bucket(bucket, _) => {
                let seen = |object: warehouse::bucket::Object| Seen {
                    name: object.name,
                    size: object.size,
                    modified: object.modified,
                    tag: object.tag,
                };
                bucket.list().await?.into_iter().map(seen).collect()
            }
        };
        found.retain(|seen| is_meant(&seen.name));
        Ok(found)
    }

    /// The file as a local path that may be read.
    pub async fn fetch(&self, seen: &Seen) -> Result<PathBuf> {
        match self {
            Inbox::Folder(folder) => {
                let path = folder.join(&seen.name);
                File::open(&path).map_err(|error| io(&path, error))?;
                Ok(path)
            }
            Inbox::Bucket(bucket, scratch) => {
                let path = scratch.folder.join(&seen.name);
                let parent = path.parent().unwrap_or(&scratch.folder);
                fs::create_dir_all(parent).map_err(|error| io(parent, error))?;
                self.forget(&path);
                bucket.fetch(&seen.name, &path).await?;
                Ok(path)
            }
        }
    }

    /// Removes what `fetch` made.
    pub fn forget(&self, path: &Path) {
        if let Inbox::Bucket(..) = self {
            // What is not removed now goes with the scratch folder.
            drop(fs::remove_file(path));
        }
    }

    /// A free name `<kind>/<date>/<name>`; where it is taken, with a number before the ending.
    pub async fn free_name(&self, kind: &str, date: &str, name: &str) -> Result<String> {
        let (folder, file) = name.rsplit_once('/').map_or(("", name), |(folder, file)| (folder, file));
        let (stem, ending) = file.rsplit_once('.').map_or((file, ""), |(stem, ending)| (stem, ending));
        let mut number = 1;
        loop {
            let mut file = if number == 1 { stem.to_owned() } else { format!("{stem}.{number}") };
            if !ending.is_empty() {
                file = format!("{file}.{ending}");
            }
            let parts = [kind, date, folder, &file];
            let candidate = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
            let taken = match self {
                Inbox::Folder(root) => root.join(&candidate).symlink_metadata().is_ok(),
                Inbox::Bucket(bucket, _) => bucket.has(&candidate).await?,
            };
            if !taken {
                return Ok(candidate);
            }
            number += 1;
        }
    }

    /// Writes a file of the watch's own.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<()> {
        match self {
            Inbox::Folder(folder) => {
                let path = folder.join(name);
                let parent = path.parent().unwrap_or(folder);
                fs::create_dir_all(parent).map_err(|error| io(parent, error))?;
                fs::write(&path, bytes).map_err(|error| io(&path, error))
            }
            Inbox::Bucket(bucket, _) => bucket.put(name, bytes).await,
        }
    }

    /// Gives a file its new name; `false` where it is no longer the one that was seen: then it stays, to be taken again.
    pub async fn rename(&self, seen: &Seen, to: &str) -> Result<bool> {
        match self {
            Inbox::Folder(folder) => {
                let (from, to) = (folder.join(&seen.name), folder.join(to));
                let parent = to.parent().unwrap_or(folder);
                fs::create_dir_all(parent).map_err(|error| io(parent, error))?;
                match fs::rename(&from, &to) {
                    Ok(()) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
                    Err(error) => return Err(io(&from, error)),
                }
                // Looked at only now that nobody can put another one into its place.
                if as_seen(&to, seen.name.clone()).is_some_and(|now| now == *seen) {
                    return Ok(true);
                }
                if from.symlink_metadata().is_err() {
                    fs::rename(&to, &from).map_err(|error| io(&to, error))?;
                }
                Ok(false)
            }
            Inbox::Bucket(bucket, _) => bucket.rename(&seen.name, &seen.tag, to).await,
        }
    }
}

/// Whether a file of this name is a submission.
fn is_meant(name: &str) -> bool {
    let mut parts = name.split('/');
    let first = parts.clone().next().unwrap_or_default();
    let away = name.contains('/') && AWAY.contains(&first);
    let hidden = parts.any(|part| part.starts_with('.') || part.starts_with("~$"));
    let lower = name.to_ascii_lowercase();
    !(away || hidden || TEMPORARY.iter().any(|ending| lower.ends_with(ending)))
}

fn look(folder: &Path) -> Result<Vec<Seen>> {
    let mut found = Vec::new();
    // Links are not followed: they would lead out of the folder.
    let entries = walkdir::WalkDir::new(folder).min_depth(1).into_iter();
    let away = |entry: &walkdir::DirEntry| {
        entry.depth() == 1 && entry.file_type().is_dir() && AWAY.iter().any(|name| entry.file_name() == *name)
    };
    for entry in entries.filter_entry(|entry| !away(entry)) {
        let entry = match entry {
            Ok(entry) => entry,
            // Moved or removed since the folder was listed.
            Err(error) if error.depth() > 0 => continue,
            Err(error) => return Err(io(folder, error.into())),
        };
        let Ok(inside) = entry.path().strip_prefix(folder) else { continue };
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        if entry.file_type().is_file()
            && let Some(seen) = as_seen(entry.path(), parts.join("/"))
        {
            found.push(seen);
        }
    }
    Ok(found)
}

fn as_seen(path: &Path, name: String) -> Option<Seen> {
    let about = path.symlink_metadata().ok()?;
    let modified = about.modified().ok()?;
    let modified = chrono::DateTime::<chrono::Utc>::from(modified).timestamp_micros();
    #[cfg(unix)]
    let tag = std::os::unix::fs::MetadataExt::ino(&about).to_string();
    #[cfg(not(unix))]
    let tag = String::new();
    Some(Seen { name, size: about.len(), modified, tag })
}

/// A folder for copies of objects, which only its owner may read, and which goes with the process: at its end, or (after a
/// kill) when the next watch of this warehouse begins.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    _lock: File,
}

impl Scratch {
    fn new(id: &str) -> Result<Scratch> {
        let prefix = format!("kehou-watch-{id}-");
        let all = std::env::temp_dir();
        for entry in fs::read_dir(&all).map_err(|error| io(&all, error))?.flatten() {
            let left = entry.file_name().to_string_lossy().starts_with(&prefix);
            let free = || File::open(entry.path().join(".lock")).is_ok_and(|lock| lock.try_lock().is_ok());
            if left && free() {
                drop(fs::remove_dir_all(entry.path()));
            }
        }
        let folder = all.join(format!("{prefix}{}", uuid::Uuid::now_v7()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).map_err(|error| io(&folder, error))?;
        let path = folder.join(".lock");
        let lock = File::create(&path).map_err(|error| io(&path, error))?;
        lock.lock().map_err(|error| io(&path, error))?;
        Ok(Scratch { folder, _lock: lock })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_meant() {
        for name in ["a.xlsx", "2019-10-08/charge.csv", "done.csv", "sent/done/a.csv", "doneness/a.csv"] {
            assert!(is_meant(name), "{name}");
        }
        for name in
            ["done/2019-10-08/a.csv", "rejected/a.csv", ".a.csv", "x/.hidden/a.csv", "~$a.xlsx", "a.csv.PART", "a~"]
        {
            assert!(!is_meant(name), "{name}");
        }
    }

    #[tokio::test]
    async fn a_file_that_was_written_anew_is_not_put_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let inbox = Inbox::Folder(folder.path().to_owned());
        let path = folder.path().join("a.csv");
        fs::write(&path, "first").expect("written");
        let seen = inbox.look().await.expect("looked").remove(0);
        fs::write(&path, "another").expect("written");
        assert!(!inbox.rename(&seen, "done/a.csv").await.expect("looked at"));
        assert_eq!(fs::read_to_string(&path).expect("it stayed"), "another");
        let seen = inbox.look().await.expect("looked").remove(0);
        let to = inbox.free_name("done", "2019-10-08", "a.csv").await.expect("a name");
        assert!(inbox.rename(&seen, &to).await.expect("renamed"));
        assert!(inbox.look().await.expect("looked").is_empty());
        assert_eq!(inbox.free_name("done", "2019-10-08", "a.csv").await.expect("a name"), "done/2019-10-08/a.2.csv");
    }

    #[test]
    fn a_scratch_folder_goes_with_its_owner_and_what_a_kill_left_goes_too() {
        let id = uuid::Uuid::now_v7().to_string();
        let left = std::env::temp_dir().join(format!("kehou-watch-{id}-left"));
        fs::create_dir(&left).expect("made");
        fs::write(left.join(".lock"), "").expect("written");
        let held = Scratch::new(&id).expect("made");
        let other = Scratch::new(&id).expect("made");
        assert!(!left.exists() && held.folder.exists() && other.folder.exists());
        let folder = held.folder.clone();
        drop(held);
        assert!(!folder.exists());
    }
}
