//! What a model rests on, as a picture: from what schools send on the left to the model on the right.

use std::collections::BTreeMap;

use super::Words;
use super::canvas::{Ink, PLAIN, QUIET, STRONG, Side, Type, fitted, line, path, rectangle, sheet, text};

/// One table of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// `schema.table`
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What it reads, by name; what isn't in the picture is left out.
    pub reads: Vec<String>,
}

const WIDE: i32 = 168;
const HIGH: i32 = 38;
const ACROSS: i32 = 36;
const BETWEEN: i32 = 10;

/// The picture of `nodes`, of which each comes after what it reads; the last is the one that it is about.
pub fn lineage(nodes: &[Node], words: &Words) -> Option<String> {
    let about = nodes.last()?;
    let place: BTreeMap<&str, usize> = nodes.iter().enumerate().map(|(at, node)| (node.name.as_str(), at)).collect();
    // How far each is from the model: what is read in two ways stands at the farther place, so that lines run one way.
    let mut far = vec![0usize; nodes.len()];
    for (at, node) in nodes.iter().enumerate().rev() {
        for read in node.reads.iter().filter_map(|name| place.get(name.as_str())).filter(|read| **read < at) {
            far[*read] = far[*read].max(far[at] + 1);
        }
    }
    let last = far.iter().copied().max().unwrap_or(0);
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); last + 1];
    for (at, far) in far.iter().enumerate() {
        columns[last - far].push(at);
    }
    let most = columns.iter().map(Vec::len).max().unwrap_or(1) as i32;
    let full = (columns.len() as i32 * (WIDE + ACROSS) - ACROSS, most * (HIGH + BETWEEN) - BETWEEN + 4);
    let mut corner = vec![(0, 0); nodes.len()];
    for (column, members) in columns.iter().enumerate() {
        let above = (full.1 - (members.len() as i32 * (HIGH + BETWEEN) - BETWEEN)) / 2;
        for (row, at) in members.iter().enumerate() {
            corner[*at] = (column as i32 * (WIDE + ACROSS), above + row as i32 * (HIGH + BETWEEN));
        }
    }
    Some(sheet((full.0 as u32, full.1 as u32), "lineage", words, |area| {
        for (at, node) in nodes.iter().enumerate() {
            for read in node.reads.iter().filter_map(|name| place.get(name.as_str())).filter(|read| **read < at) {
                let (from, to) = (corner[*read], corner[at]);
                let (start, end) = ((from.0 + WIDE, from.1 + HIGH / 2), (to.0, to.1 + HIGH / 2));
                let bend = end.0 - ACROSS / 2;
                path(area, vec![start, (start.0 + ACROSS / 4, start.1), (bend, end.1), end], Ink::Void, 1);
            }
        }
        for (node, (x, y)) in nodes.iter().zip(&corner) {
            let ground = match node.name.split('.').next().unwrap_or_default() {
                _ if node.name == about.name => Ink::MetGround,
                "facts" | "reference" => Ink::NearGround,
                _ => Ink::VoidGround,
            };
            rectangle(area, (*x, *y), (WIDE, HIGH), ground);
            let ink = Type { ink: Ink::Text, ..QUIET };
            if node.title.is_empty() {
                text(area, (x + 8, y + HIGH / 2), Side::Start, PLAIN, &fitted(&node.name, 13.0, WIDE - 14));
            } else {
                let kind = if node.name == about.name { STRONG } else { PLAIN };
                text(area, (x + 8, y + 12), Side::Start, kind, &fitted(&node.title, 13.5, WIDE - 14));
                text(area, (x + 8, y + 28), Side::Start, ink, &fitted(&node.name, 12.0, WIDE - 14));
            }
            line(area, (*x, *y), (*x, y + HIGH), Ink::Accent, 2);
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::canvas::tests::check_well_formed;

    #[test]
    fn what_is_read_stands_to_the_left() {
        let node = |name: &str, reads: &[&str]| Node {
            name: name.to_owned(),
            title: format!("题 {name}"),
            reads: reads.iter().map(|one| (*one).to_owned()).collect(),
        };
        let nodes = [
            node("facts.raw_charge", &[]),
            node("staging.charge", &["facts.raw_charge"]),
            node("indicators.f05", &["staging.charge", "facts.raw_charge", "elsewhere.x"]),
        ];
        let words = Words { title: "来路".to_owned(), description: String::new() };
        let svg = lineage(&nodes, &words).expect("three tables");
        check_well_formed(&svg);
        let x = |name: &str| -> i32 {
            let before = svg.split(&format!("{name}</text>")).next().expect("it is drawn").to_owned();
            let tag = before.rsplit("<text x=\"").next().unwrap_or_default().to_owned();
            tag.split('"').next().and_then(|x| x.parse().ok()).expect("a place")
        };
        assert!(x("facts.raw_charge") < x("staging.charge") && x("staging.charge") < x("indicators.f05"), "{svg}");
        assert_eq!(svg.matches("<polyline").count(), 3 + 3, "three lines, three marks: {svg}");
        assert_eq!(lineage(&[], &words), None);
    }
}
