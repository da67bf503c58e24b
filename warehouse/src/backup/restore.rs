//! A warehouse is made from a backup: every file compared with its checksum, the marker last, so that a half one is none.

use std::io::Read;
use std::path::Path as FilePath;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectStoreExt, WriteMultipart};

use super::copy::sum_of;
use super::{Manifest, OBJECTS, io, read_manifest};
use crate::error::{Result, WarehouseError};
use crate::place::Place;
use crate::storage::{self, Storage};
use crate::sums::Sum;

/// Objects that are put at once.
const AT_ONCE: usize = 4;
/// Bytes of a piece.
const PIECE: usize = 8 << 20;

/// Makes the warehouse of a backup at a location where there is none. What an interrupted call put there is kept.
pub async fn restore(folder: &FilePath, location: &str, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Manifest> {
    let refused = |why: String| WarehouseError::Backup { folder: folder.display().to_string(), why };
    let Some(manifest) = read_manifest(folder)? else {
        return Err(refused(match super::is_unfinished(folder) {
            true => "备份没有做完，请再次运行 kehou backup / the backup was not finished; run `kehou backup` again"
                .to_owned(),
            false => "这里没有备份（缺 backup.json） / there is no backup here (no backup.json)".to_owned(),
        }));
    };
    for (name, sum) in &manifest.beside {
        if sum_of(&folder.join(name))?.as_ref() != Some(sum) {
            let why = format!("{name} 缺失或已损坏，请用另一份备份 / {name} is missing or damaged: use another backup");
            return Err(refused(why));
        }
    }
    let storage = storage::open(location)?;
    let there = storage.objects().await?;
    let marker = Place::Marker.to_string();
    if there.contains_key(&marker) {
        return Err(refused(format!(
            "{location} 已有数据仓库，恢复只写入新位置 / there is a warehouse at {location}; a backup is restored to a new place only"
        )));
    }
    if let Some(other) = there.keys().find(|place| !manifest.files.contains_key(*place)) {
        return Err(refused(format!(
            "{location} 中已有其他文件（{other}），请换一个空的位置 / {location} holds other files ({other}); name an empty place"
        )));
    }
    let all: u64 = manifest.files.values().map(|sum| sum.size).sum();
    let mut done = 0;
    let mut files: Vec<(String, Sum)> = manifest.files.clone().into_iter().collect();
    files.retain(|(place, _)| *place != marker);
    let storage = &storage;
    let mut under_way = stream::iter(files)
        .map(|(place, sum)| async move { put(storage, folder, &place, &sum).await })
        .buffer_unordered(AT_ONCE);
    while let Some(bytes) = under_way.try_next().await? {
        done += bytes;
        progress(done, all);
        crate::step::reached("restore.file_put");
    }
    drop(under_way);
    if let Some(sum) = manifest.files.get(&marker) {
        put(storage, folder, &marker, sum).await?;
    }
    Ok(manifest)
}

async fn put(storage: &Storage, folder: &FilePath, place: &str, sum: &Sum) -> Result<u64> {
    let file = folder.join(OBJECTS).join(place);
    let damaged = |why: &str| WarehouseError::Backup { folder: file.display().to_string(), why: why.to_owned() };
    let found = {
        let file = file.clone();
        tokio::task::spawn_blocking(move || sum_of(&file)).await.expect("hashing does not panic")?
    };
    match found {
        None => return Err(damaged("备份中缺这个文件，请用另一份备份 / the backup lacks this file: use another one")),
        Some(found) if found != *sum => {
            return Err(damaged(
                "备份中的这个文件已损坏，请用另一份备份 / this file of the backup is damaged: use another one",
            ));
        }
        Some(_) => {}
    }
    let root = object_store::path::Path::from_url_path(storage.base.path()).expect("the base was made from a URL");
    let path = place.split('/').fold(root, |path, part| path.join(part));
    if let Ok(object) = storage.root.get(&path).await
        && Sum::of(&object.bytes().await?) == *sum
    {
        return Ok(sum.size);
    }
    let fault = io(&file);
    let mut bytes = std::fs::File::open(&file).map_err(&fault)?;
    if sum.size <= PIECE as u64 {
        let mut whole = Vec::new();
        bytes.read_to_end(&mut whole).map_err(&fault)?;
        storage.root.put(&path, whole.into()).await?;
        return Ok(sum.size);
    }
    let mut upload = WriteMultipart::new_with_chunk_size(storage.root.put_multipart(&path).await?, PIECE);
    let mut piece = vec![0; PIECE];
    loop {
        let read = bytes.read(&mut piece).map_err(&fault)?;
        if read == 0 {
            break;
        }
        upload.wait_for_capacity(2).await?;
        upload.write(&piece[..read]);
    }
    upload.finish().await?;
    Ok(sum.size)
}
