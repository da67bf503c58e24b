//! A sheet's part, edited as it streams by: bad cells are filled, the added column is written, all else passes as it is.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use quick_xml::events::{BytesEnd, BytesStart, Event};
use quick_xml::{Reader, Writer};

use super::Unmarkable;
use super::marks::{Mark, Marks};
use super::places::Places;
use super::styles::{Look, Styles};
use super::summary::wide;
use super::xml::{attribute, local, parse_place, place, prefix, text_cell, with};
use crate::form::{ERRORS_HEADING, Severity};

/// How wide the added column is.
const WIDTH: u32 = 64;

/// What comes behind `legacyDrawing` in a sheet.
const AFTER_DRAWING: [&str; 9] = [
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
    "AlternateContent",
];

/// What to do in a sheet.
pub struct Plan<'a> {
    /// All marks.
    pub marks: &'a Marks,
    /// Those of this sheet.
    pub rows: Option<&'a BTreeMap<u32, Vec<Mark>>>,
    /// Where its columns stand.
    pub places: &'a Places,
    /// The relation to the comments' boxes, where the sheet had none.
    pub drawing: Option<String>,
}

/// What is put into a row.
enum Put {
    Fill(Severity),
    Text(String, Look),
}

/// A column's range, from 1 and both included, and its element.
type Width = (u32, u32, BytesStart<'static>);

/// Edits a sheet.
pub fn edit(from: impl BufRead, to: impl Write, plan: &Plan<'_>, styles: &mut Styles) -> Result<(), Unmarkable> {
    let mut reader = Reader::from_reader(from);
    let mut sheet = Sheet {
        out: Writer::new(to),
        plan,
        styles,
        prefix: String::new(),
        widths: Vec::new(),
        next: 1,
        drawn: plan.drawing.is_none(),
    };
    let mut buffer = Vec::new();
    let mut depth = 0usize;
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer).map_err(|_| Unmarkable)?;
        match &event {
            Event::Start(element) => {
                let name = local(element);
                depth += 1;
                if depth == 1 {
                    sheet.prefix = prefix(element);
                }
                match name.as_str() {
                    "dimension" => {
                        let end = element.to_end().into_owned();
                        reader.read_to_end_into(end.name(), &mut Vec::new()).map_err(|_| Unmarkable)?;
                        depth -= 1;
                        continue;
                    }
                    "sheetView" => {
                        sheet.write(Event::Start(with(element, &[("tabSelected", None)])))?;
                        continue;
                    }
                    "cols" => {
                        sheet.read_widths(&mut reader)?;
                        depth -= 1;
                        continue;
                    }
                    "sheetData" => {
                        sheet.write_widths()?;
                        sheet.write(Event::Start(element.borrow()))?;
                        sheet.data(&mut reader)?;
                        depth -= 1;
                        continue;
                    }
                    _ if depth == 2 => sheet.before(&name)?,
                    _ => {}
                }
            }
            Event::Empty(element) => {
                let name = local(element);
                match name.as_str() {
                    "dimension" => continue,
                    "sheetView" => {
                        sheet.write(Event::Empty(with(element, &[("tabSelected", None)])))?;
                        continue;
                    }
                    "sheetData" => {
                        sheet.write_widths()?;
                        sheet.write(Event::Start(element.borrow()))?;
                        sheet.rows_before(u32::MAX)?;
                        let end = element.to_end().into_owned();
                        sheet.write(Event::End(end))?;
                        continue;
                    }
                    _ if depth == 1 => sheet.before(&name)?,
                    _ => {}
                }
            }
            Event::End(_) => {
                if depth == 1 {
                    sheet.before("extLst")?;
                }
                depth = depth.checked_sub(1).ok_or(Unmarkable)?;
            }
            Event::Eof => return if depth == 0 { Ok(()) } else { Err(Unmarkable) },
            _ => {}
        }
        sheet.write(event)?;
    }
}

/// A sheet that is being edited.
struct Sheet<'a, W: Write> {
    out: Writer<W>,
    plan: &'a Plan<'a>,
    styles: &'a mut Styles,
    prefix: String,
    widths: Vec<Width>,
    /// The first row that was not written yet.
    next: u32,
    /// Whether the relation to the comments' boxes stands.
    drawn: bool,
}

impl<W: Write> Sheet<'_, W> {
    fn write(&mut self, event: Event<'_>) -> Result<(), Unmarkable> {
        self.out.write_event(event).map_err(|_| Unmarkable)
    }

    fn raw(&mut self, xml: &str) -> Result<(), Unmarkable> {
        self.out.get_mut().write_all(xml.as_bytes()).map_err(|_| Unmarkable)
    }

    /// Before the first element that comes behind it, the relation to the comments' boxes is written.
    fn before(&mut self, name: &str) -> Result<(), Unmarkable> {
        if self.drawn || !AFTER_DRAWING.contains(&name) {
            return Ok(());
        }
        self.drawn = true;
        let Some(id) = &self.plan.drawing else { return Ok(()) };
        let xml = format!(
            r#"<{}legacyDrawing xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="{id}"/>"#,
            self.prefix
        );
        self.raw(&xml)
    }

    fn read_widths<R: BufRead>(&mut self, reader: &mut Reader<R>) -> Result<(), Unmarkable> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer).map_err(|_| Unmarkable)? {
                Event::Start(element) | Event::Empty(element) if local(&element) == "col" => {
                    let number =
                        |name: &str| attribute(&element, name).and_then(|text| text.parse().ok()).ok_or(Unmarkable);
                    self.widths.push((number("min")?, number("max")?, element.clone().into_owned()));
                }
                Event::End(element) if element.local_name().into_inner() == "cols" => return Ok(()),
                Event::Eof => return Err(Unmarkable),
                _ => {}
            }
        }
    }

    /// The columns' widths, the added column's among them.
    fn write_widths(&mut self) -> Result<(), Unmarkable> {
        let mut widths = self.widths.clone();
        if let Some(errors) = self.plan.places.errors.filter(|_| self.plan.rows.is_some()) {
            let at = errors + 1;
            widths = widths
                .into_iter()
                .flat_map(|(min, max, element)| {
                    let left = (min < at).then(|| (min, max.min(at - 1), element.clone()));
                    let right = (max > at).then(|| (min.max(at + 1), max, element.clone()));
                    left.into_iter().chain(right)
                })
                .collect();
            let mut element = BytesStart::new(format!("{}col", self.prefix));
            element.push_attribute(("width", WIDTH.to_string().as_str()));
            element.push_attribute(("customWidth", "1"));
            widths.push((at, at, element));
            widths.sort_by_key(|(min, _, _)| *min);
        }
        if widths.is_empty() {
            return Ok(());
        }
        let name = format!("{}cols", self.prefix);
        self.write(Event::Start(BytesStart::new(name.as_str())))?;
        for (min, max, element) in widths {
            let (min, max) = (min.to_string(), max.to_string());
            self.write(Event::Empty(with(&element, &[("min", Some(&min)), ("max", Some(&max))])))?;
        }
        self.write(Event::End(BytesEnd::new(name)))
    }

    /// What is put into a row, by column.
    fn puts(&self, row: u32) -> BTreeMap<u32, Put> {
        let mut puts = BTreeMap::new();
        let marks = self.plan.rows.and_then(|rows| rows.get(&row)).map(Vec::as_slice).unwrap_or_default();
        for mark in marks {
            let Some(column) = self.plan.marks.column(mark).and_then(|heading| self.plan.places.column(row, heading))
            else {
                continue;
            };
            // Marks come worst first: a cell's first one decides.
            puts.entry(column).or_insert(Put::Fill(mark.severity));
        }
        if let Some(errors) = self.plan.places.errors {
            if self.plan.places.header == Some(row) && self.plan.rows.is_some() && marks.is_empty() {
                puts.insert(errors, Put::Text(ERRORS_HEADING.to_owned(), Look::ColumnHead));
            } else if let Some(first) = marks.first() {
                let look = if first.severity == Severity::Error { Look::ColumnError } else { Look::ColumnWarning };
                let told = self.plan.marks.told(marks, "\n");
                let (told, look) = match self.plan.places.header {
                    // The heading row must keep its heading, or the column is not known when the workbook comes back.
                    Some(header) if header == row => (ERRORS_HEADING.to_owned(), Look::ColumnHead),
                    _ => (super::marks::guarded(&told), look),
                };
                puts.insert(errors, Put::Text(told, look));
            }
        }
        puts
    }

    /// The rows between `sheetData` and its end.
    fn data<R: BufRead>(&mut self, reader: &mut Reader<R>) -> Result<(), Unmarkable> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer).map_err(|_| Unmarkable)? {
                Event::Start(element) if local(&element) == "row" => {
                    let row = self.row_number(&element);
                    self.rows_before(row)?;
                    let element = element.into_owned();
                    self.row(reader, row, &element)?;
                }
                Event::Empty(element) if local(&element) == "row" => {
                    let row = self.row_number(&element);
                    self.rows_before(row)?;
                    let puts = self.puts(row);
                    self.next = row.saturating_add(1);
                    if puts.is_empty() {
                        self.write(Event::Empty(element))?;
                    } else {
                        let style = row_style(&element);
                        self.write(Event::Start(with(&element, &[("spans", None)])))?;
                        for (column, put) in puts {
                            self.put(row, column, style, &put)?;
                        }
                        let end = element.to_end().into_owned();
                        self.write(Event::End(end))?;
                    }
                }
                Event::End(element) if element.local_name().into_inner() == "sheetData" => {
                    self.rows_before(u32::MAX)?;
                    return self.write(Event::End(element));
                }
                Event::Eof => return Err(Unmarkable),
                other => self.write(other)?,
            }
        }
    }

    fn row_number(&self, element: &BytesStart<'_>) -> u32 {
        attribute(element, "r").and_then(|text| text.parse().ok()).unwrap_or(self.next)
    }

    /// Marked rows that the sheet has no element for.
    fn rows_before(&mut self, row: u32) -> Result<(), Unmarkable> {
        let from = self.next;
        let marked =
            self.plan.rows.map(|rows| rows.range(from..row.max(from)).map(|(row, _)| *row).collect::<Vec<_>>());
        for row in marked.unwrap_or_default() {
            let puts = self.puts(row);
            if puts.is_empty() {
                continue;
            }
            let name = format!("{}row", self.prefix);
            let mut element = BytesStart::new(name.as_str());
            element.push_attribute(("r", row.to_string().as_str()));
            self.write(Event::Start(element))?;
            for (column, put) in puts {
                self.put(row, column, None, &put)?;
            }
            self.write(Event::End(BytesEnd::new(name)))?;
        }
        self.next = self.next.max(row);
        Ok(())
    }

    fn row<R: BufRead>(
        &mut self,
        reader: &mut Reader<R>,
        row: u32,
        element: &BytesStart<'_>,
    ) -> Result<(), Unmarkable> {
        let mut puts = self.puts(row);
        self.next = row.saturating_add(1);
        let style = row_style(element);
        let own_height = attribute(element, "customHeight").is_some_and(|value| value == "1" || value == "true");
        let element = match puts.is_empty() {
            true => element.clone(),
            false if own_height => with(element, &[("spans", None)]),
            // A row that nobody set the height of grows with what is written into it.
            false => {
                let had = attribute(element, "ht").and_then(|height| height.parse::<f64>().ok());
                let height = height(&puts).map(|height| height.max(had.unwrap_or_default()).to_string());
                with(element, &[("spans", None), ("ht", height.as_deref())])
            }
        };
        self.write(Event::Start(element))?;
        let mut next = 0;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let event = reader.read_event_into(&mut buffer).map_err(|_| Unmarkable)?;
            match event {
                Event::Start(cell) if local(&cell) == "c" => {
                    let column = column_of(&cell, next);
                    next = column + 1;
                    self.puts_before(row, column, style, &mut puts)?;
                    if Some(column) == self.plan.places.errors {
                        let end = cell.to_end().into_owned();
                        reader.read_to_end_into(end.name(), &mut Vec::new()).map_err(|_| Unmarkable)?;
                        self.put_at(row, column, style, &mut puts)?;
                        continue;
                    }
                    let cell = self.styled(&cell, column, &mut puts);
                    self.write(Event::Start(cell))?;
                }
                Event::Empty(cell) if local(&cell) == "c" => {
                    let column = column_of(&cell, next);
                    next = column + 1;
                    self.puts_before(row, column, style, &mut puts)?;
                    if Some(column) == self.plan.places.errors {
                        self.put_at(row, column, style, &mut puts)?;
                        continue;
                    }
                    let cell = self.styled(&cell, column, &mut puts);
                    self.write(Event::Empty(cell))?;
                }
                Event::End(end) if end.local_name().into_inner() == "row" => {
                    self.puts_before(row, u32::MAX, style, &mut puts)?;
                    return self.write(Event::End(end));
                }
                Event::Eof => return Err(Unmarkable),
                other => self.write(other)?,
            }
        }
    }

    fn puts_before(
        &mut self,
        row: u32,
        column: u32,
        style: Option<u32>,
        puts: &mut BTreeMap<u32, Put>,
    ) -> Result<(), Unmarkable> {
        while let Some(entry) = puts.first_entry().filter(|entry| *entry.key() < column) {
            let (at, put) = entry.remove_entry();
            self.put(row, at, style, &put)?;
        }
        Ok(())
    }

    fn put_at(
        &mut self,
        row: u32,
        column: u32,
        style: Option<u32>,
        puts: &mut BTreeMap<u32, Put>,
    ) -> Result<(), Unmarkable> {
        match puts.remove(&column) {
            Some(put) => self.put(row, column, style, &put),
            None => Ok(()),
        }
    }

    /// A cell that was not there.
    fn put(&mut self, row: u32, column: u32, row_style: Option<u32>, put: &Put) -> Result<(), Unmarkable> {
        let at = place(row, column);
        let xml = match put {
            Put::Text(text, look) => text_cell(&self.prefix, &at, self.styles.look(*look), text),
            Put::Fill(severity) => {
                let of_column = self.widths.iter().find(|(min, max, _)| (*min..=*max).contains(&(column + 1)));
                let of_column = of_column.and_then(|(_, _, element)| attribute(element, "style")?.parse().ok());
                let base = self.styles.clean(row_style.or(of_column).unwrap_or_default());
                format!(r#"<{}c r="{at}" s="{}"/>"#, self.prefix, self.styles.marked(base, *severity))
            }
        };
        self.raw(&xml)
    }

    /// A cell with the fill that it needs, and without that of an earlier return.
    fn styled(&mut self, cell: &BytesStart<'_>, column: u32, puts: &mut BTreeMap<u32, Put>) -> BytesStart<'static> {
        let style = attribute(cell, "s").and_then(|text| text.parse().ok()).unwrap_or_default();
        let clean = self.styles.clean(style);
        let wanted = match puts.remove(&column) {
            Some(Put::Fill(severity)) => self.styles.marked(clean, severity),
            _ => clean,
        };
        if wanted == style {
            return cell.clone().into_owned();
        }
        with(cell, &[("s", Some(&wanted.to_string()))])
    }
}

/// The height that a row's text needs in the added column; none where a line is enough.
fn height(puts: &BTreeMap<u32, Put>) -> Option<f64> {
    let lines = puts.values().map(|put| match put {
        Put::Text(text, _) => text.lines().map(|line| wide(line) / (WIDTH - 2) + 1).sum::<u32>(),
        Put::Fill(_) => 1,
    });
    lines.max().filter(|lines| *lines > 1).map(|lines| f64::from(lines.min(25)) * 15.0)
}

fn column_of(cell: &BytesStart<'_>, next: u32) -> u32 {
    attribute(cell, "r").as_deref().and_then(parse_place).map_or(next, |(_, column)| column)
}

fn row_style(element: &BytesStart<'_>) -> Option<u32> {
    let own = attribute(element, "customFormat").is_some_and(|value| value == "1" || value == "true");
    attribute(element, "s").filter(|_| own)?.parse().ok()
}
