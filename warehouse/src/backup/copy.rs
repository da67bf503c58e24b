//! Objects become files: streamed to a name of their own, compared with their checksum, and renamed into place.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path as FilePath;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStoreExt;
use sha2::{Digest, Sha256};

use super::{Wanted, io};
use crate::Warehouse;
use crate::error::{Result, WarehouseError};
use crate::sums::Sum;

/// Objects that are copied at once.
const AT_ONCE: usize = 4;

/// Fetches all objects into a folder; tells of each its checksum, and whether it was there already.
pub(super) async fn fetch_all(
    warehouse: &Warehouse,
    wanted: &[Wanted],
    folder: &FilePath,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Vec<(String, Sum, bool)>> {
    let all: u64 = wanted.iter().map(|one| one.size).sum();
    let mut done = 0;
    let mut under_way = stream::iter(wanted.to_vec())
        .map(|one| async move { fetch(warehouse, &one, folder).await })
        .buffer_unordered(AT_ONCE);
    let mut fetched = Vec::with_capacity(wanted.len());
    while let Some((place, sum, was_there)) = under_way.try_next().await? {
        done += sum.size;
        progress(done, all);
        crate::step::reached("backup.file_copied");
        fetched.push((place, sum, was_there));
    }
    Ok(fetched)
}

async fn fetch(warehouse: &Warehouse, wanted: &Wanted, folder: &FilePath) -> Result<(String, Sum, bool)> {
    let target = folder.join(&wanted.place);
    let there = {
        let target = target.clone();
        tokio::task::spawn_blocking(move || sum_of(&target)).await.expect("hashing does not panic")?
    };
    if let (Some(there), Some(expected)) = (&there, &wanted.sha256)
        && there.sha256 == *expected
    {
        return Ok((wanted.place.clone(), there.clone(), true));
    }
    let parent = target.parent().expect("a place lies in a folder");
    fs::create_dir_all(parent).map_err(io(parent))?;
    let mut name = target.file_name().expect("a place has a name").to_owned();
    name.push(".part");
    let part = target.with_file_name(name);
    let fault = io(&part);
    let mut file = File::create(&part).map_err(&fault)?;
    let mut bytes = warehouse.storage().root.get(&warehouse.at(&wanted.place)).await?.into_stream();
    let (mut digest, mut size) = (Sha256::new(), 0);
    while let Some(piece) = bytes.try_next().await? {
        digest.update(&piece);
        size += piece.len() as u64;
        file.write_all(&piece).map_err(&fault)?;
    }
    let sum = Sum { size, sha256: hex::encode(digest.finalize()) };
    if wanted.sha256.as_ref().is_some_and(|expected| *expected != sum.sha256) {
        drop(fs::remove_file(&part));
        let why = "内容与写入时不符，未备份；先运行 kehou verify / its bytes are not those that were written; run `kehou verify` first";
        return Err(WarehouseError::Damaged { place: wanted.place.clone(), why: why.to_owned() });
    }
    if there.as_ref() == Some(&sum) {
        fs::remove_file(&part).map_err(&fault)?;
        return Ok((wanted.place.clone(), sum, true));
    }
    settle(&part, &target)?;
    Ok((wanted.place.clone(), sum, false))
}

/// Gives a file that is written its name, when its bytes are on the disk.
pub(super) fn settle(part: &FilePath, target: &FilePath) -> Result<()> {
    File::open(part).and_then(|file| file.sync_all()).map_err(io(part))?;
    fs::rename(part, target).map_err(io(target))
}

/// The checksum of a local file; none where it is missing.
pub(super) fn sum_of(path: &FilePath) -> Result<Option<Sum>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(path)(error)),
    };
    let (mut digest, mut size, mut piece) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut piece).map_err(io(path))?;
        if read == 0 {
            return Ok(Some(Sum { size, sha256: hex::encode(digest.finalize()) }));
        }
        digest.update(&piece[..read]);
        size += read as u64;
    }
}
