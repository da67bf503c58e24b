//! A folder of an object store that isn't a warehouse: where files are dropped to be ingested.

use std::io::Write;
use std::path::Path as FilePath;

use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use url::Url;

use crate::error::{Result, WarehouseError};
use crate::storage::{self, Storage};

/// A prefix of an object store.
#[derive(Debug, Clone)]
pub struct Bucket {
    storage: Storage,
}

/// An object below the prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name from the prefix on.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// When it was stored, microseconds since 1970 in UTC.
    pub modified: i64,
    /// What is another one whenever its bytes are other ones.
    pub tag: String,
}

impl Bucket {
    /// Opens a prefix, like `s3://bucket/prefix`.
    pub fn open(location: &str) -> Result<Bucket> {
        Ok(Bucket { storage: storage::open(location)? })
    }

    /// The prefix as a URL; ends with a slash.
    pub fn url(&self) -> &Url {
        &self.storage.base
    }

    /// The objects below the prefix, in the order of their names.
    pub async fn list(&self) -> Result<Vec<Object>> {
        let root = self.root();
        let mut objects: Vec<Object> = self
            .storage
            .root
            .list(Some(&root))
            .map_ok(|meta| {
                let parts: Vec<String> = meta
                    .location
                    .prefix_match(&root)
                    .into_iter()
                    .flatten()
                    .map(|part| part.as_ref().to_owned())
                    .collect();
                Object {
                    name: parts.join("/"),
                    size: meta.size,
                    modified: meta.last_modified.timestamp_micros(),
                    tag: tag(&meta),
                }
            })
            .try_collect()
            .await?;
        objects.retain(|object| !object.name.is_empty());
        objects.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(objects)
    }

    /// Copies an object to a new local file, a part at a time.
    pub async fn fetch(&self, name: &str, to: &FilePath) -> Result<()> {
        let fault = |source| WarehouseError::Io { path: to.display().to_string(), source };
        let mut parts = self.storage.root.get(&self.path(name)).await?.into_stream();
        let mut file = std::fs::File::create_new(to).map_err(fault)?;
        while let Some(part) = parts.next().await {
            file.write_all(&part?).map_err(fault)?;
        }
        Ok(())
    }

    /// Whether there is an object of this name.
    pub async fn has(&self, name: &str) -> Result<bool> {
        match self.storage.root.head(&self.path(name)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores bytes under a name.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<()> {
        self.storage.root.put(&self.path(name), bytes.into()).await?;
        Ok(())
    }

    /// Gives an object another name if it is still the one with this tag; `false` where it is another one, or gone.
    pub async fn rename(&self, name: &str, tag_wanted: &str, to: &str) -> Result<bool> {
        let (from, to) = (self.path(name), self.path(to));
        if !self.is_still(&from, tag_wanted).await? {
            return Ok(false);
        }
        self.storage.root.copy(&from, &to).await?;
        // Another one may have taken its place while it was copied.
        if !self.is_still(&from, tag_wanted).await? {
            self.storage.root.delete(&to).await?;
            return Ok(false);
        }
        self.storage.root.delete(&from).await?;
        Ok(true)
    }

    async fn is_still(&self, path: &Path, tag_wanted: &str) -> Result<bool> {
        match self.storage.root.head(path).await {
            Ok(meta) => Ok(tag(&meta) == tag_wanted),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn root(&self) -> Path {
        Path::from_url_path(self.storage.base.path()).expect("the base was made from a URL")
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.root(), |path, part| path.join(part))
    }
}

fn tag(meta: &object_store::ObjectMeta) -> String {
    meta.e_tag.clone().unwrap_or_else(|| format!("{}-{}", meta.last_modified.timestamp_micros(), meta.size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_object_is_renamed_only_while_it_is_the_one_that_was_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let bucket = Bucket::open(&folder.path().display().to_string()).expect("a place");
        bucket.put("sent/a b.csv", b"first".to_vec()).await.expect("stored");
        let seen = bucket.list().await.expect("listed").remove(0);
        assert_eq!((seen.name.as_str(), seen.size), ("sent/a b.csv", 5));
        bucket.put("sent/a b.csv", b"another".to_vec()).await.expect("stored");
        assert!(!bucket.rename(&seen.name, &seen.tag, "done/a b.csv").await.expect("looked at"));
        let seen = bucket.list().await.expect("listed").remove(0);
        assert!(bucket.rename(&seen.name, &seen.tag, "done/a b.csv").await.expect("renamed"));
        let names: Vec<String> = bucket.list().await.expect("listed").into_iter().map(|object| object.name).collect();
        assert_eq!(names, vec!["done/a b.csv"]);
    }
}
