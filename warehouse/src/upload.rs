//! Objects too large to be held: written piece by piece, seen whole or not at all.

use std::io::{self, Write};

use object_store::{ObjectStoreExt, WriteMultipart};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use crate::Warehouse;
use crate::error::Result;
use crate::place::Place;
use crate::sums::Sum;

/// Pieces that may be under way at once.
const UNDER_WAY: usize = 2;
/// Bytes of a piece.
const PIECE: usize = 8 << 20;

/// An object that is being written; nobody sees it before [`Upload::finish`].
#[derive(Debug)]
pub struct Upload {
    inner: WriteMultipart,
    digest: Sha256,
    size: u64,
}

impl Warehouse {
    /// Begins to write an object; nothing where it is there already. Two that write one place at once must write what
    /// means the same: the later one stays.
    pub async fn upload(&self, place: &Place) -> Result<Option<Upload>> {
        let (store, path) = (&self.storage().root, self.storage().path(place));
        match store.head(&path).await {
            Ok(_) => return Ok(None),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let inner = WriteMultipart::new_with_chunk_size(store.put_multipart(&path).await?, PIECE);
        Ok(Some(Upload { inner, digest: Sha256::new(), size: 0 }))
    }
}

impl Upload {
    /// A writer for a thread that may wait.
    pub fn writer<'a>(&'a mut self, runtime: &'a Handle) -> impl Write + 'a {
        UploadWriter { upload: self, runtime }
    }

    /// Closes the object: from now on it is seen. Gives its checksum.
    pub async fn finish(self) -> Result<Sum> {
        self.inner.finish().await?;
        Ok(Sum { size: self.size, sha256: hex::encode(self.digest.finalize()) })
    }
}

struct UploadWriter<'a> {
    upload: &'a mut Upload,
    runtime: &'a Handle,
}

impl Write for UploadWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let inner = &mut self.upload.inner;
        // The pieces are sent by tasks of the runtime, and this thread waits for its turn.
        let _entered = self.runtime.enter();
        self.runtime.block_on(inner.wait_for_capacity(UNDER_WAY)).map_err(io::Error::other)?;
        inner.write(bytes);
        self.upload.digest.update(bytes);
        self.upload.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
