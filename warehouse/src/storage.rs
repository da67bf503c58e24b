//! Where a warehouse lies: a location becomes an object store and a base URL.

use std::path::Path as FilePath;
use std::sync::{Arc, Once};

use deltalake::logstore::{
    LogStore, LogStoreFactory, ObjectStoreRef, StorageConfig, default_logstore, logstore_factories,
};
use object_store::ObjectStore;
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use url::Url;

use crate::error::{Result, WarehouseError};
use crate::summing::{Summing, Sums};

/// An object store together with the URL of a warehouse's root in it.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    /// The store, its `/` being the root of the file system or of the bucket.
    pub(crate) root: Arc<dyn ObjectStore>,
    /// The warehouse's root; ends with a slash.
    pub(crate) base: Url,
    /// The checksums of data files that this process wrote and did not commit yet.
    pub(crate) sums: Sums,
}

/// What a location says before anything is opened: a local path, or a URL of a scheme that kehou knows.
pub(crate) fn open(location: &str) -> Result<Storage> {
    let bad = |why: String| WarehouseError::Location { location: location.to_owned(), why };
    let base = base_url(location)?;
    let root: Arc<dyn ObjectStore> = match base.scheme() {
        "file" => Arc::new(LocalFileSystem::new()),
        "memory" => Arc::new(InMemory::new()),
        "s3" => {
            register_s3();
            let store = AmazonS3Builder::from_env()
                .with_url(base.as_str())
                .with_conditional_put(S3ConditionalPut::ETagMatch)
                .build()
                .map_err(|error| bad(error.to_string()))?;
            Arc::new(store)
        }
        other => return Err(bad(format!("the scheme {other}:// is not known"))),
    };
    let sums = Sums::default();
    Ok(Storage { root: Arc::new(Summing::new(crate::fault::wrap(root), sums.clone())), base, sums })
}

/// The location as a URL that ends with a slash; a relative path is taken from the current folder.
fn base_url(location: &str) -> Result<Url> {
    let bad = |why: &str| WarehouseError::Location { location: location.to_owned(), why: why.to_owned() };
    if location.contains("://") {
        let mut url = Url::parse(location).map_err(|error| bad(&error.to_string()))?;
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        return Ok(url);
    }
    if location.is_empty() {
        return Err(bad("it is empty"));
    }
    let absolute = std::path::absolute(FilePath::new(location)).map_err(|error| bad(&error.to_string()))?;
    Url::from_directory_path(absolute).map_err(|()| bad("the path can't be written as a URL"))
}

/// Delta's default log store commits by put-if-absent, which S3 offers since 2024: no lock table is needed.
fn register_s3() {
    #[derive(Debug)]
    struct ConditionalPut;
    impl LogStoreFactory for ConditionalPut {
        fn with_options(
            &self,
            prefixed: ObjectStoreRef,
            root: ObjectStoreRef,
            location: &Url,
            options: &StorageConfig,
        ) -> deltalake::DeltaResult<Arc<dyn LogStore>> {
            Ok(default_logstore(prefixed, root, location, options))
        }
    }
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let scheme = Url::parse("s3://").expect("the scheme alone is a URL");
        logstore_factories().insert(scheme, Arc::new(ConditionalPut));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_path_or_a_known_url() {
        assert_eq!(base_url("/srv/kehou").expect("a path").as_str(), "file:///srv/kehou/");
        assert_eq!(base_url("s3://city/kehou").expect("a bucket").as_str(), "s3://city/kehou/");
        assert!(base_url("").is_err());
        assert!(open("ftp://city/kehou").is_err());
    }
}
