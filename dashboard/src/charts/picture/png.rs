//! The picture: drawn by the renderer that sets the reports, with the fonts of this machine.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Group, Node, Options, Tree};

use super::NoPicture;
use crate::report::fonts::Fonts;

/// Pixels of a picture for one of the chart: it is to be put into documents and printed.
const SCALE: f32 = 2.0;
/// The largest side of a picture.
const MOST: f32 = 8_000.0;

/// Draws a chart; none of its letters may be missing.
pub fn drawn(svg: &str) -> Result<Vec<u8>, NoPicture> {
    drawn_with(svg, fonts())
}

fn drawn_with(svg: &str, fonts: Arc<Database>) -> Result<Vec<u8>, NoPicture> {
    let options = Options { fontdb: fonts, ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|_| NoPicture::Broken)?;
    // A font that lacks a letter draws a box in its place, and where there is no font at all nothing is drawn.
    if texts(tree.root()) < written(svg) || lacks(tree.root()) {
        return Err(NoPicture::Font);
    }
    let size = tree.size();
    let scale = SCALE.min(MOST / size.width().max(size.height()));
    let (width, height) = ((size.width() * scale).ceil() as u32, (size.height() * scale).ceil() as u32);
    let mut picture = Pixmap::new(width, height).ok_or(NoPicture::Broken)?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    picture.encode_png().map_err(|_| NoPicture::Broken)
}

/// How many texts of a chart say something.
fn written(svg: &str) -> usize {
    let said = svg.split("<text").skip(1).filter_map(|rest| rest.split_once('>')?.1.split_once('<'));
    said.filter(|(words, _)| !words.trim().is_empty()).count()
}

fn texts(group: &Group) -> usize {
    let count = |node: &Node| match node {
        Node::Group(group) => texts(group),
        Node::Text(_) => 1,
        _ => 0,
    };
    group.children().iter().map(count).sum()
}

/// Whether a letter has no shape in any font.
fn lacks(group: &Group) -> bool {
    group.children().iter().any(|node| match node {
        Node::Group(group) => lacks(group),
        Node::Text(text) => text
            .layouted()
            .iter()
            .flat_map(|span| &span.positioned_glyphs)
            .any(|glyph| glyph.id.0 == 0 && !glyph.text.trim().is_empty()),
        _ => false,
    })
}

/// The fonts of this machine, read once.
fn fonts() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    FONTS
        .get_or_init(|| {
            let mut fonts = Database::new();
            fonts.load_system_fonts();
            // What a chart falls back on when no family of its list is here: what reports are set in.
            if let Ok(chosen) = Fonts::system().choose("课后服务") {
                fonts.set_sans_serif_family(chosen.families[0].as_str());
            }
            Arc::new(fonts)
        })
        .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHART: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"40\" viewBox=\"0 0 100 40\">\
        <rect width=\"100\" height=\"40\" fill=\"#ffffff\"/><text x=\"5\" y=\"30\" font-size=\"20\" font-family=\"sans-serif\">课后</text></svg>";

    #[test]
    fn without_a_font_nothing_is_drawn() {
        assert_eq!(drawn_with(CHART, Arc::new(Database::new())), Err(NoPicture::Font));
    }

    #[test]
    fn chinese_is_drawn_where_there_is_a_font() {
        match drawn(CHART) {
            Ok(picture) => {
                let pixmap = Pixmap::decode_png(&picture).expect("a picture");
                assert_eq!((pixmap.width(), pixmap.height()), (200, 80));
                let dark = pixmap.pixels().iter().filter(|pixel| pixel.red() < 100).count();
                assert!(dark > 100, "{dark} dark pixels are no two letters");
            }
            Err(why) => {
                assert!(std::env::var_os("KEHOU_REQUIRE_TOOLS").is_none(), "CI has a font with Chinese: {why:?}");
                eprintln!("SKIPPED: this machine has no font with Chinese letters");
            }
        }
    }
}
