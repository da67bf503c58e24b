//! A workbook as what it is: a zip of parts that name each other by relations.

use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::Event;
use zip::ZipArchive;

use super::Unmarkable;
use super::xml::{attribute, local, text};

/// Bytes that a part other than a sheet may have.
const MOST_PART: u64 = 256 << 20;
/// Bytes that all parts together may have unpacked.
pub const MOST_UNPACKED: u64 = 1 << 30;

/// The parts of a workbook.
pub struct Package<'a> {
    /// The zip.
    pub archive: ZipArchive<Cursor<&'a [u8]>>,
}

impl<'a> Package<'a> {
    /// Opens the zip, within bounds.
    pub fn open(bytes: &'a [u8]) -> Result<Package<'a>, Unmarkable> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unmarkable)?;
        let mut unpacked = 0u64;
        for at in 0..archive.len() {
            unpacked = unpacked.saturating_add(archive.by_index_raw(at).map_err(|_| Unmarkable)?.size());
        }
        if unpacked > MOST_UNPACKED {
            return Err(Unmarkable);
        }
        Ok(Package { archive })
    }

    /// Whether there is such a part.
    pub fn has(&self, name: &str) -> bool {
        self.archive.index_for_name(name).is_some()
    }

    /// A part as text.
    pub fn text(&mut self, name: &str) -> Result<String, Unmarkable> {
        let part = self.archive.by_name(name).map_err(|_| Unmarkable)?;
        let mut bytes = Vec::new();
        part.take(MOST_PART + 1).read_to_end(&mut bytes).map_err(|_| Unmarkable)?;
        if bytes.len() as u64 > MOST_PART {
            return Err(Unmarkable);
        }
        let text = String::from_utf8(bytes).map_err(|_| Unmarkable)?;
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }

    /// The relations of a part; none where it has none.
    pub fn relations(&mut self, of: &str) -> Result<Relations, Unmarkable> {
        let part = relations_of(of);
        let mut list = Vec::new();
        if self.has(&part) {
            let xml = self.text(&part)?;
            let mut reader = Reader::from_str(&xml);
            loop {
                match reader.read_event().map_err(|_| Unmarkable)? {
                    Event::Start(element) | Event::Empty(element) if local(&element) == "Relationship" => {
                        let [id, kind, target, mode] =
                            ["Id", "Type", "Target", "TargetMode"].map(|name| attribute(&element, name));
                        list.push(Relation {
                            id: id.ok_or(Unmarkable)?,
                            kind: kind.unwrap_or_default(),
                            target: target.unwrap_or_default(),
                            mode,
                        });
                    }
                    Event::Eof => break,
                    _ => {}
                }
            }
        }
        Ok(Relations { of: of.to_owned(), part, list })
    }
}

/// Where the relations of a part stand.
pub fn relations_of(part: &str) -> String {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    if folder.is_empty() { format!("_rels/{name}.rels") } else { format!("{folder}/_rels/{name}.rels") }
}

/// The relations of a part.
pub struct Relations {
    of: String,
    /// The part that they stand in.
    pub part: String,
    list: Vec<Relation>,
}

#[derive(Clone)]
struct Relation {
    id: String,
    kind: String,
    target: String,
    mode: Option<String>,
}

impl Relations {
    /// The part that a relation leads to, by the relation's name.
    pub fn target(&self, id: &str) -> Option<String> {
        self.list.iter().find(|one| one.id == id).map(|one| self.resolved(&one.target))
    }

    /// The part of the first relation of a kind: `comments`, `styles`, ….
    pub fn of_kind(&self, kind: &str) -> Option<String> {
        let is = |one: &&Relation| one.kind.rsplit('/').next() == Some(kind) && one.mode.as_deref() != Some("External");
        self.list.iter().find(is).map(|one| self.resolved(&one.target))
    }

    /// Removes a relation.
    pub fn remove(&mut self, id: &str) {
        self.list.retain(|one| one.id != id);
    }

    /// Adds a relation to a part of the same folder or below it, and gives its name.
    pub fn add(&mut self, kind: &str, part: &str) -> String {
        let id = (1..).map(|at| format!("rIdKehou{at}")).find(|id| self.list.iter().all(|one| one.id != *id));
        let id = id.expect("numbers do not end");
        let folder = self.of.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        let target = part.strip_prefix(&folder).map_or_else(|| format!("/{part}"), str::to_owned);
        let kind = format!("http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}");
        self.list.push(Relation { id: id.clone(), kind, target, mode: None });
        id
    }

    fn resolved(&self, target: &str) -> String {
        if let Some(absolute) = target.strip_prefix('/') {
            return absolute.to_owned();
        }
        let mut folders: Vec<&str> = self.of.split('/').collect();
        folders.pop();
        for step in target.split('/') {
            match step {
                ".." => drop(folders.pop()),
                "." | "" => {}
                name => folders.push(name),
            }
        }
        folders.join("/")
    }

    /// The part's text.
    pub fn xml(&self) -> String {
        let mut out = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
             <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">",
        );
        for Relation { id, kind, target, mode } in &self.list {
            let mode = mode.as_deref().map(|mode| format!(" TargetMode=\"{}\"", text(mode))).unwrap_or_default();
            let [id, kind, target] = [id, kind, target].map(|raw| text(raw));
            out.push_str(&format!("<Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"{target}\"{mode}/>"));
        }
        out.push_str("</Relationships>");
        out
    }
}
