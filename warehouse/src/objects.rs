//! All objects of a warehouse, whatever they are: for looking after files.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use object_store::ObjectStore;

use crate::Warehouse;
use crate::error::Result;
use crate::storage::Storage;
use crate::table::TableName;

/// An object as the store lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) size: u64,
    /// Milliseconds since 1970.
    pub(crate) modified: i64,
}

/// The objects by their places within the warehouse.
pub(crate) type Objects = BTreeMap<String, Object>;

impl Warehouse {
    /// What the store lists.
    pub(crate) async fn objects(&self) -> Result<Objects> {
        self.storage().objects().await
    }
}

impl Storage {
    /// What the store lists below the root.
    pub(crate) async fn objects(&self) -> Result<Objects> {
        let root = object_store::path::Path::from_url_path(self.base.path()).expect("the base was made from a URL");
        let mut objects = Objects::new();
        let mut found = self.root.list(Some(&root));
        while let Some(object) = found.try_next().await? {
            let Some(parts) = object.location.prefix_match(&root) else { continue };
            let place = parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/");
            let modified = object.last_modified.timestamp_millis();
            objects.insert(place, Object { size: object.size, modified });
        }
        Ok(objects)
    }
}

/// The tables that objects belong to, each with the versions that its log has.
pub(crate) fn tables(objects: &Objects) -> BTreeMap<TableName, Vec<u64>> {
    let mut tables: BTreeMap<TableName, Vec<u64>> = BTreeMap::new();
    for place in objects.keys() {
        let parts: Vec<&str> = place.split('/').collect();
        if let ["tables", schema, table, "_delta_log", entry] = parts[..]
            && let Some(version) = entry.strip_suffix(".json").and_then(|digits| digits.parse().ok())
        {
            tables.entry(TableName::new(schema, table)).or_default().push(version);
        }
    }
    tables
}
