//! A sheet's comments: the clerk's own stay, those of an earlier return go, new ones are added.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::Unmarkable;
use super::xml::{attribute, local, parse_place, place, prefix, text};

/// By this a comment of an earlier return is known again.
const MARK: &str = "【退回说明】";
/// Who writes the comments.
const AUTHOR: &str = "课后服务数据审核";

/// New comments by place: the row from 1, the column from 0.
pub type Wanted = BTreeMap<(u32, u32), String>;

/// A sheet's comments, and the drawing that shows them, rewritten.
pub struct Rewritten {
    /// The comments.
    pub comments: String,
    /// Their boxes.
    pub drawing: String,
}

/// Rewrites the comments of a sheet that may have had some.
pub fn rewrite(comments: Option<&str>, drawing: Option<&str>, wanted: &Wanted) -> Result<Rewritten, Unmarkable> {
    let old = comments.map_or_else(|| Ok(Old::default()), read)?;
    let mut gone: BTreeSet<(u32, u32)> = wanted.keys().copied().collect();
    let mut kept: Vec<((u32, u32), String)> = Vec::new();
    let mut new: Vec<((u32, u32), String)> = Vec::new();
    let mut merged = wanted.clone();
    for comment in old.comments {
        let own = comment.text.split_once(MARK).map_or(comment.text.as_str(), |(own, _)| own).trim();
        match merged.get_mut(&comment.place) {
            Some(text) if !own.is_empty() => *text = format!("{own}\n{MARK}\n{text}"),
            Some(_) => {}
            None if own == comment.text.trim() => kept.push((comment.place, comment.raw)),
            None if own.is_empty() => drop(gone.insert(comment.place)),
            None => new.push((comment.place, own.to_owned())),
        }
    }
    let head = |text: String| if text.contains(MARK) { text } else { format!("{MARK}\n{text}") };
    new.extend(merged.into_iter().map(|(place, text)| (place, head(text))));
    let p = &old.prefix;
    let author = old.authors.len();
    let start = old.start.unwrap_or_else(|| {
        r#"<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#.to_owned()
    });
    let mut out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n{start}<{p}authors>");
    out.extend(old.authors);
    write!(out, "<{p}author>{}</{p}author></{p}authors><{p}commentList>", text(AUTHOR)).expect("text grows");
    let mut all: BTreeMap<(u32, u32), String> = kept.into_iter().collect();
    for (at, said) in &new {
        let comment = format!(
            r#"<{p}comment ref="{}" authorId="{author}"><{p}text><{p}r><{p}rPr><{p}sz val="10"/></{p}rPr><{p}t xml:space="preserve">{}</{p}t></{p}r></{p}text></{p}comment>"#,
            place(at.0, at.1),
            text(said)
        );
        all.insert(*at, comment);
    }
    out.extend(all.into_values());
    write!(out, "</{p}commentList></{p}comments>").expect("text grows");
    gone.extend(new.iter().map(|(place, _)| *place));
    Ok(Rewritten { comments: out, drawing: boxes(drawing, &gone, &new) })
}

#[derive(Default)]
struct Old {
    prefix: String,
    start: Option<String>,
    authors: Vec<String>,
    comments: Vec<Comment>,
}

struct Comment {
    place: (u32, u32),
    raw: String,
    text: String,
}

fn read(xml: &str) -> Result<Old, Unmarkable> {
    let mut old = Old::default();
    let mut reader = Reader::from_str(xml);
    let cut = |range: Range<usize>| xml.get(range).map(str::to_owned).ok_or(Unmarkable);
    let (mut began, mut at, mut said, mut in_text) = (0, None, String::new(), false);
    loop {
        let before = reader.buffer_position() as usize;
        let event = reader.read_event().map_err(|_| Unmarkable)?;
        let after = reader.buffer_position() as usize;
        match event {
            Event::Start(element) => match local(&element).as_str() {
                "comments" => {
                    old.prefix = prefix(&element);
                    old.start = Some(cut(before..after)?);
                }
                "author" => began = before,
                "comment" => {
                    began = before;
                    at = attribute(&element, "ref").as_deref().and_then(parse_place);
                    said.clear();
                }
                "t" => in_text = true,
                _ => {}
            },
            Event::Empty(element) if local(&element) == "author" => old.authors.push(cut(before..after)?),
            Event::Text(piece) if in_text => said.push_str(&piece.xml10_content()),
            Event::GeneralRef(piece) if in_text => {
                let entity = format!("&{};", &*piece);
                said.push_str(&quick_xml::escape::unescape(&entity).unwrap_or_default());
            }
            Event::End(element) => match element.local_name().into_inner() {
                "author" => old.authors.push(cut(began..after)?),
                "comment" => {
                    if let Some(place) = at.take() {
                        old.comments.push(Comment { place, raw: cut(began..after)?, text: said.clone() });
                    }
                }
                "t" => in_text = false,
                _ => {}
            },
            Event::Eof => return Ok(old),
            _ => {}
        }
    }
}

const DRAWING: &str = r#"<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>"#;
/// What the prefixes in added boxes stand for, whatever they stand for in the drawing that they are added to.
const NAMES: &str = r#"xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel""#;
const BOX: &str = r#"<v:shapetype xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>"#;

/// The prefix that is bound to one of Microsoft's name spaces.
fn bound<'a>(xml: &'a str, space: &str) -> Option<&'a str> {
    let (before, _) = xml.split_once(&format!("=\"urn:schemas-microsoft-com:{space}\""))?;
    before.rsplit_once("xmlns:").map(|(_, prefix)| prefix)
}

/// The boxes of the comments: those of cells whose comment went are taken out, those of new ones added.
fn boxes(drawing: Option<&str>, gone: &BTreeSet<(u32, u32)>, new: &[((u32, u32), String)]) -> String {
    let drawing = drawing.unwrap_or(DRAWING);
    let mut out = String::with_capacity(drawing.len() + new.len() * 900);
    let mut rest = drawing;
    let number = |id: &str| id.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u32>().ok();
    let highest = drawing.split("_x0000_s").skip(1).filter_map(number).max().unwrap_or(1024).min(1 << 30);
    // Programs choose their own prefixes for the two name spaces.
    let (vml, excel) = (bound(drawing, "vml").unwrap_or("v"), bound(drawing, "office:excel").unwrap_or("x"));
    let (open, close) = (format!("<{vml}:shape "), format!("</{vml}:shape>"));
    let (row_of, column_of) = (format!("<{excel}:Row>"), format!("<{excel}:Column>"));
    while let Some(start) = rest.find(&open) {
        let Some(end) = rest[start..].find(&close).map(|end| start + end + close.len()) else { break };
        let shape = &rest[start..end];
        let of = |name: &str| shape.split(name).nth(1)?.split('<').next()?.trim().parse::<u32>().ok();
        let cell = of(&row_of).zip(of(&column_of)).map(|(row, column)| (row.saturating_add(1), column));
        out.push_str(&rest[..start]);
        if !cell.is_some_and(|cell| gone.contains(&cell)) {
            out.push_str(shape);
        }
        rest = &rest[end..];
    }
    let (before, after) = rest.rfind("</xml>").map_or((rest, "</xml>"), |at| rest.split_at(at));
    out.push_str(before);
    if !out.contains("id=\"_x0000_t202\"") {
        out.push_str(BOX);
    }
    for (at, ((row, column), said)) in (highest + 1..).zip(new) {
        let lines = said.lines().map(|line| line.chars().count() / 18 + 1).sum::<usize>().clamp(2, 20) as u32;
        let (row, left) = (row - 1, column + 1);
        write!(
            out,
            r##"<v:shape {NAMES} id="_x0000_s{at}" type="#_x0000_t202" style="position:absolute;margin-left:0;margin-top:0;width:220pt;height:{height}pt;z-index:1;visibility:hidden" fillcolor="#fff7e0" o:insetmode="auto"><v:fill color2="#fff7e0"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{left}, 12, {top}, 4, {right}, 12, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"##,
            height = lines * 15,
            top = row.saturating_sub(1),
            right = left + 4,
            bottom = row.saturating_sub(1) + lines.max(3),
        )
        .expect("text grows");
    }
    out.push_str(after);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(cells: &[(u32, u32, &str)]) -> Wanted {
        cells.iter().map(|(row, column, text)| ((*row, *column), (*text).to_owned())).collect()
    }

    #[test]
    fn boxes_of_other_prefixes_are_known() {
        let first = rewrite(None, None, &wanted(&[(3, 1, "年级"), (4, 2, "重复")])).expect("well-formed").drawing;
        let other = first.replace("xmlns:v=", "xmlns:ns1=").replace("xmlns:x=", "xmlns:ns2=");
        let other = other.replace("v:", "ns1:").replace("x:", "ns2:");
        let second = boxes(Some(&other), &BTreeSet::from([(3, 1)]), &[((9, 0), "新".to_owned())]);
        assert_eq!(second.matches("<ns1:shape ").count(), 1);
        assert!(second.contains("<v:shape xmlns:v=\"urn:schemas-microsoft-com:vml\""), "{second}");
        let ids: BTreeSet<&str> =
            second.split(" id=\"_x0000_s").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(ids.len(), 2, "each box has a name of its own: {second}");
    }

    #[test]
    fn own_comments_stay_and_earlier_returns_go() {
        let first = rewrite(None, None, &wanted(&[(3, 1, "年级无法识别"), (4, 2, "重复")])).expect("well-formed");
        assert!(first.comments.contains("【退回说明】\n年级无法识别"));
        assert_eq!(first.drawing.matches("<v:shape ").count(), 2);
        // The clerk wrote a comment of his own beside them.
        let own = r#"<comment ref="A1" authorId="0"><text><t>自己的 &amp; 备注</t></text></comment></commentList>"#;
        let comments = first.comments.replace("</commentList>", own);
        let second =
            rewrite(Some(&comments), Some(&first.drawing), &wanted(&[(4, 2, "还是重复")])).expect("well-formed");
        assert!(second.comments.contains("自己的 &amp; 备注"));
        assert!(!second.comments.contains("年级无法识别"));
        assert!(second.comments.contains("还是重复"));
        assert_eq!(second.drawing.matches("<v:shape ").count(), 1);
        // An own comment on a cell that is bad now is kept before what is said of it, and stands alone afterwards.
        let third =
            rewrite(Some(&second.comments), Some(&second.drawing), &wanted(&[(1, 0, "缺列")])).expect("well-formed");
        assert!(third.comments.contains("自己的 &amp; 备注\n【退回说明】\n缺列"), "{}", third.comments);
        let last = rewrite(Some(&third.comments), Some(&third.drawing), &Wanted::new()).expect("well-formed");
        assert!(last.comments.contains("自己的 &amp; 备注") && !last.comments.contains("缺列"));
        assert_eq!(last.comments.matches("<comment ").count(), 1);
    }
}
