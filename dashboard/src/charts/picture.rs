//! A chart that leaves its page: an SVG with its own colours, ground and words, and the same as PNG.

#[cfg(feature = "pdf")]
mod png;

use sha2::{Digest, Sha256};

use super::canvas::{escaped, fitted};
use super::paint::painted;

/// The forms of a picture, each with its word.
pub const FORMS: &[(&str, &str)] = &[
    ("svg", "SVG"),
    #[cfg(feature = "pdf")]
    ("png", "PNG"),
];

/// Pixels above a chart for its title, and below for what it rests on.
const ABOVE: u32 = 44;
const BELOW: u32 = 32;
/// Left and right of it.
const ASIDE: u32 = 16;
/// What charts are set in, where there is it.
const FONTS: &str = "Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, SimHei, sans-serif";

/// Why there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPicture {
    /// There is no font with Chinese letters.
    Font,
    /// The chart can't be drawn.
    Broken,
    /// This build draws none.
    Left,
}

/// What names a chart in an address.
pub fn name(title: &str) -> String {
    hex::encode(&Sha256::digest(title)[..4])
}

/// The chart of this name on a page, as it stands there: that for wide screens where there are two. Gives its title too.
pub fn find(page: &str, wanted: &str) -> Option<(String, String)> {
    page.split("<svg ").skip(1).find_map(|rest| {
        let svg = format!("<svg {}</svg>", rest.split_once("</svg>")?.0);
        let title = unescaped(svg.split_once("<title>")?.1.split_once("</title>")?.0);
        (name(&title) == wanted).then_some((svg, title))
    })
}

/// A chart that needs no page: colours in place of variables, a ground, its title above and `below` below it.
pub fn alone(svg: &str, title: &str, below: &str) -> Option<String> {
    let (root, body) = svg.split_once('>')?;
    let size = |name: &str| root.split_once(&format!(" {name}=\""))?.1.split_once('"')?.0.parse::<u32>().ok();
    let (width, height) = (size("width")?, size("height")?);
    let room = i32::try_from(width).unwrap_or(i32::MAX);
    let (width, full) = (width + 2 * ASIDE, height + ABOVE + BELOW);
    let body = body.strip_suffix("</svg>")?;
    // Words for who can't see it come first in a picture.
    let (words, body) = match body.find("</desc>") {
        Some(at) => body.split_at(at + "</desc>".len()),
        None => ("", body),
    };
    let (above, below) = (fitted(title, 17.0, room), fitted(below, 12.0, room));
    let drawn = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {full}\" width=\"{width}\" height=\"{full}\" \
         role=\"img\" font-family=\"{FONTS}\">{words}\
         <rect width=\"{width}\" height=\"{full}\" fill=\"var(--paper)\"/>\
         <text x=\"{ASIDE}\" y=\"28\" font-size=\"17\" font-weight=\"bold\" fill=\"var(--ink)\">{}</text>\
         <g transform=\"translate({ASIDE},{ABOVE})\">{body}</g>\
         <text x=\"{ASIDE}\" y=\"{}\" font-size=\"12\" fill=\"var(--muted)\">{}</text></svg>",
        escaped(&above),
        full - 12,
        escaped(&below),
    );
    Some(painted(&drawn))
}

/// The picture of a chart that stands alone.
#[cfg(feature = "pdf")]
pub fn png(svg: &str) -> Result<Vec<u8>, NoPicture> {
    png::drawn(svg)
}

/// The picture of a chart that stands alone.
#[cfg(not(feature = "pdf"))]
pub fn png(_svg: &str) -> Result<Vec<u8>, NoPicture> {
    Err(NoPicture::Left)
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::Words;
    use crate::charts::canvas::tests::check_well_formed;
    use crate::charts::canvas::{Ink, PLAIN, Side, dot, sheet, text};

    #[test]
    fn a_chart_leaves_its_page_with_all_that_it_needs() {
        let words = Words { title: "需求满足率 <甲> & 乙".to_owned(), description: "说明".to_owned() };
        let drawn = |class: &str| {
            sheet((400, 100), class, &words, |area| {
                text(area, (10, 10), Side::Start, PLAIN, "市中区");
                dot(area, (50, 50), 4, Ink::Missed);
            })
        };
        let page = format!("<p>{}</p>{}", drawn("wide"), drawn("narrow"));
        let (svg, title) = find(&page, &name(&words.title)).expect("it is on the page");
        assert_eq!((svg, title.as_str()), (drawn("wide"), words.title.as_str()));
        assert_eq!(find(&page, &name("another")), None);
        let alone = alone(&drawn("wide"), &title, "第 7 版数据").expect("a chart has a size");
        check_well_formed(&alone);
        // The style sheet's light red, as it stands there.
        assert!(alone.contains("#b93a1c") && !alone.contains("var("), "{alone}");
        assert!(alone.contains("viewBox=\"0 0 432 176\"") && alone.contains("第 7 版数据"), "{alone}");
    }
}
