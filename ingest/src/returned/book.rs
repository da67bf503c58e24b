//! The workbook's own parts: the list of its sheets, and what kind each part is.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};

use super::Unmarkable;
use super::package::{Package, Relations};
use super::xml::{attribute, local, prefix, relation, text, with};
use crate::form::{SUMMARY, normal};

/// The list of a workbook's sheets.
pub struct Book {
    /// The part that lists them.
    pub part: String,
    /// Its relations.
    pub relations: Relations,
    /// The sheets, in their order.
    pub sheets: Vec<SheetEntry>,
    xml: String,
}

/// A sheet in the list.
pub struct SheetEntry {
    /// Its name.
    pub name: String,
    /// Its part.
    pub part: String,
    id: u32,
    relation: String,
}

impl Book {
    /// Reads the list.
    pub fn read(package: &mut Package<'_>) -> Result<Book, Unmarkable> {
        let part = package.relations("")?.of_kind("officeDocument").ok_or(Unmarkable)?;
        let relations = package.relations(&part)?;
        let xml = package.text(&part)?;
        let mut sheets = Vec::new();
        let mut reader = Reader::from_str(&xml);
        loop {
            match reader.read_event().map_err(|_| Unmarkable)? {
                Event::Start(element) | Event::Empty(element) if local(&element) == "sheet" => {
                    let relation = relation(&element).ok_or(Unmarkable)?;
                    sheets.push(SheetEntry {
                        name: attribute(&element, "name").ok_or(Unmarkable)?,
                        part: relations.target(&relation).ok_or(Unmarkable)?,
                        id: attribute(&element, "sheetId").and_then(|id| id.parse().ok()).unwrap_or_default(),
                        relation,
                    });
                }
                Event::Eof => break,
                _ => {}
            }
        }
        if sheets.is_empty() {
            return Err(Unmarkable);
        }
        Ok(Book { part, relations, sheets, xml })
    }

    /// The place of an earlier return's summary.
    pub fn earlier(&self) -> Option<usize> {
        self.sheets.iter().position(|sheet| normal(&sheet.name) == SUMMARY)
    }

    /// The list with a summary of this part in front, in place of an earlier one; the workbook opens on it. Sheets that
    /// are named here are no longer hidden.
    pub fn with_summary(&mut self, part: &str, shown: &[&str]) -> Result<String, Unmarkable> {
        let earlier = self.earlier();
        if let Some(earlier) = earlier {
            self.relations.remove(&self.sheets[earlier].relation);
        }
        let relation_id = self.relations.add("worksheet", part);
        let id = self.sheets.iter().map(|sheet| sheet.id).max().unwrap_or_default().saturating_add(1);
        let mut reader = Reader::from_str(&self.xml);
        let mut out = Writer::new(Vec::with_capacity(self.xml.len() + 512));
        let (mut viewed, mut at, mut skipped) = (false, 0usize, false);
        loop {
            let event = reader.read_event().map_err(|_| Unmarkable)?;
            let event = match event {
                Event::Start(element) if local(&element) == "sheets" => {
                    let p = prefix(&element);
                    if !viewed {
                        let view = format!(r#"<{p}bookViews><{p}workbookView activeTab="0"/></{p}bookViews>"#);
                        out.get_mut().extend_from_slice(view.as_bytes());
                    }
                    out.write_event(Event::Start(element)).map_err(|_| Unmarkable)?;
                    let ours = format!(
                        r#"<{p}sheet name="{SUMMARY}" sheetId="{id}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="{relation_id}"/>"#
                    );
                    out.get_mut().extend_from_slice(ours.as_bytes());
                    continue;
                }
                Event::Empty(element) if local(&element) == "sheet" => {
                    let here = at;
                    at += 1;
                    if Some(here) == earlier {
                        continue;
                    }
                    let is_shown = shown.contains(&self.sheets[here].name.as_str());
                    Event::Empty(if is_shown { with(&element, &[("state", None)]) } else { element.into_owned() })
                }
                Event::Start(element) if local(&element) == "workbookView" => {
                    viewed = true;
                    Event::Start(first_tab(&element))
                }
                Event::Empty(element) if local(&element) == "workbookView" => {
                    viewed = true;
                    Event::Empty(first_tab(&element))
                }
                Event::Start(element) if local(&element) == "definedName" => {
                    let of = attribute(&element, "localSheetId").and_then(|of| of.parse::<usize>().ok());
                    match of {
                        Some(of) if Some(of) == earlier => {
                            skipped = true;
                            continue;
                        }
                        Some(of) => {
                            let moved = of.saturating_add(1) - usize::from(earlier.is_some_and(|earlier| earlier < of));
                            Event::Start(with(&element, &[("localSheetId", Some(&moved.to_string()))]))
                        }
                        None => Event::Start(element),
                    }
                }
                Event::End(element) if skipped => {
                    skipped = element.local_name().into_inner() != "definedName";
                    continue;
                }
                _ if skipped => continue,
                Event::Eof => break,
                other => other,
            };
            out.write_event(event).map_err(|_| Unmarkable)?;
        }
        String::from_utf8(out.into_inner()).map_err(|_| Unmarkable)
    }
}

fn first_tab(view: &BytesStart<'_>) -> BytesStart<'static> {
    with(view, &[("activeTab", Some("0")), ("firstSheet", None)])
}

/// What kind each part is, with these parts added and one taken away.
pub fn content_types(xml: &str, sheet: &str, comments: &[String], gone: Option<&str>) -> Result<String, Unmarkable> {
    let (mut out, mut reader) = (Writer::new(Vec::with_capacity(xml.len() + 512)), Reader::from_str(xml));
    let mut has_drawings = false;
    let mut known = Vec::new();
    loop {
        let event = reader.read_event().map_err(|_| Unmarkable)?;
        match &event {
            Event::Empty(element) if local(element) == "Default" => {
                has_drawings |= attribute(element, "Extension").is_some_and(|name| name.eq_ignore_ascii_case("vml"));
            }
            Event::Empty(element) if local(element) == "Override" => {
                let part = attribute(element, "PartName").unwrap_or_default();
                let part = part.trim_start_matches('/').to_owned();
                if Some(part.as_str()) == gone {
                    continue;
                }
                known.push(part);
            }
            Event::End(element) if element.local_name().into_inner() == "Types" => {
                let kind = "application/vnd.openxmlformats-officedocument";
                let mut added = String::new();
                if !has_drawings {
                    added.push_str(&format!(r#"<Default Extension="vml" ContentType="{kind}.vmlDrawing"/>"#));
                }
                let sheet = [(sheet, "worksheet")].into_iter();
                for (part, what) in sheet.chain(comments.iter().map(|part| (part.as_str(), "comments"))) {
                    if !known.iter().any(|known| known == part) {
                        let part = text(part);
                        added.push_str(&format!(
                            r#"<Override PartName="/{part}" ContentType="{kind}.spreadsheetml.{what}+xml"/>"#
                        ));
                    }
                }
                out.get_mut().extend_from_slice(added.as_bytes());
            }
            Event::Eof => break,
            _ => {}
        }
        out.write_event(event).map_err(|_| Unmarkable)?;
    }
    String::from_utf8(out.into_inner()).map_err(|_| Unmarkable)
}
