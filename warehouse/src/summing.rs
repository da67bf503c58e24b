//! Data files are hashed on their way into the store: a commit names each with the SHA-256 of what was written.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result, UploadPart,
};
use sha2::{Digest, Sha256};

/// The checksums of data files that were written and are not named by a commit yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums(Arc<Mutex<HashMap<Path, String>>>);

impl Sums {
    /// The checksum of a file that this process wrote; it is told once.
    pub(crate) fn take(&self, path: &Path) -> Option<String> {
        self.lock().remove(path)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Path, String>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A store that hashes the data files that are put into it.
#[derive(Debug)]
pub(crate) struct Summing {
    inner: Arc<dyn ObjectStore>,
    sums: Sums,
}

impl Summing {
    /// Around `inner`; what it hashes is told by `sums`.
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, sums: Sums) -> Summing {
        Summing { inner, sums }
    }
}

fn is_data(path: &Path) -> bool {
    path.extension() == Some("parquet") && !path.as_ref().contains("_delta_log")
}

impl fmt::Display for Summing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.inner)
    }
}

#[async_trait]
impl ObjectStore for Summing {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if !is_data(location) {
            return self.inner.put_opts(location, payload, options).await;
        }
        let mut digest = Sha256::new();
        payload.iter().for_each(|piece| digest.update(piece));
        let done = self.inner.put_opts(location, payload, options).await?;
        self.sums.lock().insert(location.clone(), hex::encode(digest.finalize()));
        Ok(done)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.inner.put_multipart_opts(location, options).await?;
        if !is_data(location) {
            return Ok(inner);
        }
        Ok(Box::new(SummingUpload {
            inner,
            place: location.clone(),
            digest: Some(Sha256::new()),
            sums: self.sums.clone(),
        }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// An upload in parts, hashed in their order.
#[derive(Debug)]
struct SummingUpload {
    inner: Box<dyn MultipartUpload>,
    place: Path,
    digest: Option<Sha256>,
    sums: Sums,
}

#[async_trait]
impl MultipartUpload for SummingUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        if let Some(digest) = &mut self.digest {
            data.iter().for_each(|piece| digest.update(piece));
        }
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let done = self.inner.complete().await?;
        if let Some(digest) = self.digest.take() {
            self.sums.lock().insert(self.place.clone(), hex::encode(digest.finalize()));
        }
        Ok(done)
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;

    use super::*;
    use crate::digest::sha256;

    #[tokio::test]
    async fn data_files_are_hashed_whole_or_in_parts_and_nothing_else_is() {
        let sums = Sums::default();
        let store = Summing::new(Arc::new(InMemory::new()), sums.clone());
        let [whole, parts, log] = ["t/a.parquet", "t/b.parquet", "t/_delta_log/1.checkpoint.parquet"].map(Path::from);
        store.put(&whole, PutPayload::from_static(b"12345678")).await.expect("put");
        store.put(&log, PutPayload::from_static(b"12345678")).await.expect("put");
        let mut upload = store.put_multipart(&parts).await.expect("begun");
        upload.put_part(PutPayload::from_static(b"1234")).await.expect("put");
        upload.put_part(PutPayload::from_static(b"5678")).await.expect("put");
        assert_eq!(sums.take(&parts), None, "it is not there yet");
        upload.complete().await.expect("completed");
        let expected = Some(sha256(b"12345678"));
        assert_eq!((sums.take(&whole), sums.take(&parts), sums.take(&log)), (expected.clone(), expected, None));
        assert_eq!(sums.take(&whole), None, "told once");
    }
}
