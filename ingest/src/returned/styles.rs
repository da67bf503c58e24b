//! The workbook's styles, with those added that marks and the summary need. What is there stays as it is.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::Unmarkable;
use super::xml::{attribute, local, prefix, with};
use crate::form::Severity;

/// The fills of marked cells: a shade beside the usual ones, so that a mark is known again when the workbook comes back.
const ERROR_FILL: &str = "FFFFC7CF";
const WARNING_FILL: &str = "FFFFEB9D";
/// The font of what is added; a spreadsheet without it takes another Chinese one.
const FONT: &str = "微软雅黑";

/// How a cell that is added looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Look {
    /// The summary's title.
    Title,
    /// A verdict that asks for something.
    Bad,
    /// A verdict that asks for nothing.
    Good,
    /// What to do, in a sentence.
    Hint,
    /// A heading of the summary.
    Head,
    /// A cell of the summary.
    Cell,
    /// A cell of the summary that leads to a cell of a sheet.
    Link,
    /// 错误 in the summary.
    Error,
    /// 提醒 in the summary.
    Warning,
    /// The heading of the added column.
    ColumnHead,
    /// The added column where the row has an error.
    ColumnError,
    /// The added column where the row has a doubt.
    ColumnWarning,
}

/// A list in the styles: `fonts`, `fills`, `borders`, `cellXfs`.
struct List {
    start: Range<usize>,
    end: usize,
    items: Vec<Range<usize>>,
    added: Vec<String>,
}

/// The styles.
pub struct Styles {
    xml: String,
    prefix: String,
    fonts: List,
    fills: List,
    borders: List,
    formats: List,
    ours: HashSet<u32>,
    marked: HashMap<(u32, Severity), u32>,
    cleaned: HashMap<u32, u32>,
    looks: HashMap<Look, u32>,
}

impl Styles {
    /// Reads the part.
    pub fn read(xml: String) -> Result<Styles, Unmarkable> {
        let names = ["fonts", "fills", "borders", "cellXfs"];
        let mut lists: [Option<List>; 4] = [None, None, None, None];
        let mut reader = Reader::from_str(&xml);
        let (mut depth, mut inside, mut item, mut root) = (0usize, None, 0, None);
        loop {
            let before = position(&reader)?;
            let event = reader.read_event().map_err(|_| Unmarkable)?;
            let after = position(&reader)?;
            match event {
                Event::Start(element) => {
                    depth += 1;
                    root.get_or_insert_with(|| prefix(&element));
                    if depth == 2 {
                        inside = names.iter().position(|name| *name == local(&element));
                        if let Some(at) = inside {
                            lists[at] =
                                Some(List { start: before..after, end: after, items: Vec::new(), added: Vec::new() });
                        }
                    } else if depth == 3 {
                        item = before;
                    }
                }
                Event::Empty(_) if depth == 2 => {
                    if let Some(list) = inside.and_then(|at: usize| lists[at].as_mut()) {
                        list.items.push(before..after);
                    }
                }
                Event::End(_) => {
                    if let Some(list) = inside.and_then(|at| lists[at].as_mut()) {
                        match depth {
                            3 => list.items.push(item..after),
                            2 => list.end = before,
                            _ => {}
                        }
                    }
                    if depth == 2 {
                        inside = None;
                    }
                    depth = depth.checked_sub(1).ok_or(Unmarkable)?;
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let [Some(fonts), Some(fills), Some(borders), Some(formats)] = lists else { return Err(Unmarkable) };
        let is_ours = |range: &Range<usize>| {
            let fill = xml[range.clone()].to_ascii_uppercase();
            fill.contains(ERROR_FILL) || fill.contains(WARNING_FILL)
        };
        let ours = (0u32..).zip(&fills.items).filter(|(_, range)| is_ours(range)).map(|(at, _)| at).collect();
        let prefix = root.unwrap_or_default();
        Ok(Styles {
            prefix,
            fonts,
            fills,
            borders,
            formats,
            ours,
            marked: HashMap::new(),
            cleaned: HashMap::new(),
            looks: HashMap::new(),
            xml,
        })
    }

    /// A style without the fill of an earlier return.
    pub fn clean(&mut self, style: u32) -> u32 {
        if self.ours.is_empty() {
            return style;
        }
        if let Some(known) = self.cleaned.get(&style) {
            return *known;
        }
        let filled = self.format(style).and_then(|format| first(&format)?.1.parse().ok());
        let cleaned = match filled {
            Some(fill) if self.ours.contains(&fill) => self.add_format(style, "0", "0"),
            _ => style,
        };
        self.cleaned.insert(style, cleaned);
        cleaned
    }

    /// A style with the fill of a mark.
    pub fn marked(&mut self, style: u32, severity: Severity) -> u32 {
        if let Some(known) = self.marked.get(&(style, severity)) {
            return *known;
        }
        let color = if severity == Severity::Error { ERROR_FILL } else { WARNING_FILL };
        let fill = self.fill(color);
        let marked = self.add_format(style, &fill.to_string(), "1");
        self.marked.insert((style, severity), marked);
        marked
    }

    /// The style of a look.
    pub fn look(&mut self, look: Look) -> u32 {
        if let Some(known) = self.looks.get(&look) {
            return *known;
        }
        let (size, bold, color, fill, boxed) = match look {
            Look::Title => (16, true, "FF1F2933", None, false),
            Look::Bad => (13, true, "FF9C0006", Some("FFFDE8EA"), false),
            Look::Good => (13, true, "FF1E6B34", Some("FFE6F4EA"), false),
            Look::Hint => (11, false, "FF3E4C59", None, false),
            Look::Head => (11, true, "FF1F2933", Some("FFE7EDF3"), true),
            Look::Cell => (10, false, "FF1F2933", None, true),
            Look::Link => (10, false, "FF0B57D0", None, true),
            Look::Error => (10, true, "FF9C0006", Some("FFFFC7CE"), true),
            Look::Warning => (10, true, "FF7A5600", Some("FFFFEB9C"), true),
            Look::ColumnHead => (11, true, "FFFFFFFF", Some("FFC0392B"), true),
            Look::ColumnError => (10, false, "FF9C0006", Some("FFFDE8EA"), true),
            Look::ColumnWarning => (10, false, "FF7A5600", Some("FFFFF6DB"), true),
        };
        let p = self.prefix.clone();
        let weight = if bold { format!("<{p}b/>") } else { String::new() };
        let line = if look == Look::Link { format!("<{p}u/>") } else { String::new() };
        let font = format!(
            r#"<{p}font>{weight}{line}<{p}sz val="{size}"/><{p}color rgb="{color}"/><{p}name val="{FONT}"/><{p}family val="2"/><{p}charset val="134"/></{p}font>"#
        );
        let font = self.fonts.add(font);
        let fill = fill.map_or(0, |color| self.fill(color));
        let border = if boxed {
            let sides = ["left", "right", "top", "bottom"]
                .map(|side| format!(r#"<{p}{side} style="thin"><{p}color rgb="FFCBD2D9"/></{p}{side}>"#));
            self.borders.add(format!("<{p}border>{}<{p}diagonal/></{p}border>", sides.concat()))
        } else {
            0
        };
        let across = match look {
            Look::Head | Look::Error | Look::Warning | Look::ColumnHead => "center",
            _ => "left",
        };
        let down = match look {
            Look::ColumnError | Look::ColumnWarning => "top",
            _ => "center",
        };
        let format = format!(
            r#"<{p}xf numFmtId="0" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><{p}alignment horizontal="{across}" vertical="{down}" wrapText="1"/></{p}xf>"#
        );
        let style = self.formats.add(format);
        self.looks.insert(look, style);
        style
    }

    fn fill(&mut self, color: &str) -> u32 {
        let p = &self.prefix;
        let fill = format!(
            r#"<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="{color}"/><{p}bgColor indexed="64"/></{p}patternFill></{p}fill>"#
        );
        self.fills.add(fill)
    }

    fn format(&self, style: u32) -> Option<String> {
        let kept = self.formats.items.get(style as usize).map(|range| self.xml[range.clone()].to_owned());
        kept.or_else(|| self.formats.added.get((style as usize).checked_sub(self.formats.items.len())?).cloned())
    }

    /// The style with another fill.
    fn add_format(&mut self, style: u32, fill: &str, apply: &str) -> u32 {
        let format = self.format(style).or_else(|| self.format(0)).unwrap_or_default();
        let Some((start, _, rest, closed)) = first(&format) else { return style };
        let start = with(&start, &[("fillId", Some(fill)), ("applyFill", Some(apply))]);
        let inside: &str = &start;
        let format = format!("<{inside}{}{rest}", if closed { "/>" } else { ">" });
        self.formats.add(format)
    }

    /// The part's text.
    pub fn xml(&self) -> String {
        let mut lists = [&self.fonts, &self.fills, &self.borders, &self.formats];
        lists.sort_by_key(|list| list.start.start);
        let mut out = String::with_capacity(self.xml.len() + 4096);
        let mut done = 0;
        for list in lists {
            out.push_str(&self.xml[done..list.start.start]);
            let count = list.items.len() + list.added.len();
            match first(&self.xml[list.start.clone()]) {
                Some((start, ..)) => {
                    let start = with(&start, &[("count", Some(&count.to_string()))]);
                    let inside: &str = &start;
                    out.push_str(&format!("<{inside}>"));
                }
                None => out.push_str(&self.xml[list.start.clone()]),
            }
            out.push_str(&self.xml[list.start.end..list.end]);
            list.added.iter().for_each(|added| out.push_str(added));
            done = list.end;
        }
        out.push_str(&self.xml[done..]);
        out
    }
}

impl List {
    /// Adds an item, or finds one that was added, and gives its place.
    fn add(&mut self, item: String) -> u32 {
        let place = self.added.iter().position(|known| *known == item).unwrap_or_else(|| {
            self.added.push(item);
            self.added.len() - 1
        });
        u32::try_from(self.items.len() + place).expect("there are few styles")
    }
}

fn position(reader: &Reader<&[u8]>) -> Result<usize, Unmarkable> {
    usize::try_from(reader.buffer_position()).map_err(|_| Unmarkable)
}

/// The first element of a text: its start, its fill, what follows, and whether it is closed at once.
fn first(xml: &str) -> Option<(quick_xml::events::BytesStart<'_>, String, &str, bool)> {
    let mut reader = Reader::from_str(xml);
    let (start, closed) = match reader.read_event().ok()? {
        Event::Start(start) => (start, false),
        Event::Empty(start) => (start, true),
        _ => return None,
    };
    let rest = xml.get(usize::try_from(reader.buffer_position()).ok()?..)?;
    let fill = attribute(&start, "fillId").unwrap_or_default();
    Some((start, fill, rest, closed))
}
