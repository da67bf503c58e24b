//! The sheet that charts are drawn on: plotters' SVG backend with our measure of text, our colours and our root.

use plotters::coord::Shift;
use plotters::prelude::{
    Circle, DrawingArea, IntoDrawingArea, IntoFont, PathElement, Polygon, Rectangle, SVGBackend, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor, ShapeStyle, TextStyle};

use super::Words;

/// A plotters area that draws into text.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Why no drawing error is handled: the backend writes into a string.
pub const DRAWN: &str = "drawing into text can't fail";

/// A colour by its meaning. Plotters knows numbers alone, so each has one that stands for a variable of the style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Ink {
    /// Text that is read.
    Text = 1,
    /// Text beside it.
    Muted,
    /// Lines of the grid.
    Rule,
    /// The page's ground.
    Paper,
    /// The one line or mark that the chart is about.
    Accent,
    /// The area below it.
    Wash,
    /// A target met.
    Met,
    /// A target nearly met.
    Near,
    /// A target missed.
    Missed,
    /// No value, or none to judge.
    Void,
    /// Grounds of tiles, by how a value stands to its target.
    MetGround,
    /// Nearly met.
    NearGround,
    /// Missed by little.
    MissedGround,
    /// Missed by more.
    LowGround,
    /// Missed by far.
    LowestGround,
    /// No value.
    VoidGround,
}

const INKS: [(Ink, &str); 16] = [
    (Ink::Text, "--ink"),
    (Ink::Muted, "--muted"),
    (Ink::Rule, "--rule"),
    (Ink::Paper, "--paper"),
    (Ink::Accent, "--accent"),
    (Ink::Wash, "--wash"),
    (Ink::Met, "--met"),
    (Ink::Near, "--near"),
    (Ink::Missed, "--missed"),
    (Ink::Void, "--void"),
    (Ink::MetGround, "--g-met"),
    (Ink::NearGround, "--g-near"),
    (Ink::MissedGround, "--g-missed"),
    (Ink::LowGround, "--g-low"),
    (Ink::LowestGround, "--g-lowest"),
    (Ink::VoidGround, "--g-void"),
];

impl Ink {
    /// The number that stands for the colour until the drawing is done.
    pub fn colour(self) -> RGBColor {
        RGBColor(0, 0, self as u8)
    }

    /// Filled with it.
    pub fn filled(self) -> ShapeStyle {
        self.colour().filled()
    }

    /// Drawn with it.
    pub fn stroke(self, width: u32) -> ShapeStyle {
        self.colour().stroke_width(width)
    }
}

/// To which side of its point a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The text begins at the point.
    Start,
    /// The text's middle is at the point.
    Middle,
    /// The text ends at the point.
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Type {
    /// Pixels.
    pub size: f64,
    /// The colour.
    pub ink: Ink,
    /// Whether it is bold.
    pub bold: bool,
}

/// Ordinary type of a chart.
pub const PLAIN: Type = Type { size: 13.0, ink: Ink::Text, bold: false };
/// The figure that is read first.
pub const STRONG: Type = Type { size: 13.0, ink: Ink::Text, bold: true };
/// What stands beside it.
pub const QUIET: Type = Type { size: 12.0, ink: Ink::Muted, bold: false };

/// A chart: draws on a sheet of this size, and gives the SVG with its role, title and description.
pub fn sheet(size: (u32, u32), class: &str, words: &Words, draw: impl FnOnce(&Area<'_>)) -> String {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area);
        area.present().expect(DRAWN);
    }
    mend(&svg, size, class, words)
}

/// What a reader sees who points at a place of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The upper left corner.
    pub corner: (i32, i32),
    /// Width and height.
    pub size: (i32, i32),
    /// The words.
    pub words: String,
}

/// Lays places that tell their value over a chart. They are invisible; who doesn't point reads the table.
pub fn with_spots(svg: &str, spots: &[Spot]) -> String {
    let mut full = svg.trim_end().trim_end_matches("</svg>").to_owned();
    for Spot { corner: (x, y), size: (width, height), words } in spots {
        full += &format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"transparent\"><title>{}</title></rect>",
            escaped(words)
        );
    }
    full + "</svg>"
}

/// A straight line.
pub fn line(area: &Area<'_>, from: (i32, i32), to: (i32, i32), ink: Ink, width: u32) {
    area.draw(&PathElement::new(vec![from, to], ink.stroke(width))).expect(DRAWN);
}

/// A line through points.
pub fn path(area: &Area<'_>, points: Vec<(i32, i32)>, ink: Ink, width: u32) {
    area.draw(&PathElement::new(points, ink.stroke(width))).expect(DRAWN);
}

/// A dashed line through points.
pub fn dashed_path(area: &Area<'_>, points: Vec<(i32, i32)>, ink: Ink) {
    area.draw(&PathElement::new(points, RGBColor(0, DASHED, ink as u8).stroke_width(1))).expect(DRAWN);
}

/// A dashed line. Plotters has none: a second number stands for the dashes.
pub fn dashes(area: &Area<'_>, from: (i32, i32), to: (i32, i32), ink: Ink) {
    area.draw(&PathElement::new(vec![from, to], RGBColor(0, DASHED, ink as u8).stroke_width(1))).expect(DRAWN);
}

/// The green of a colour that is drawn in dashes.
const DASHED: u8 = 1;

/// A filled rectangle.
pub fn rectangle(area: &Area<'_>, corner: (i32, i32), size: (i32, i32), ink: Ink) {
    area.draw(&Rectangle::new([corner, (corner.0 + size.0, corner.1 + size.1)], ink.filled())).expect(DRAWN);
}

/// A filled dot.
pub fn dot(area: &Area<'_>, at: (i32, i32), radius: i32, ink: Ink) {
    area.draw(&Circle::new(at, radius, ink.filled())).expect(DRAWN);
}

/// A hollow dot on the page's ground.
pub fn ring(area: &Area<'_>, at: (i32, i32), radius: i32, ink: Ink) {
    dot(area, at, radius, Ink::Paper);
    area.draw(&Circle::new(at, radius, ink.stroke(2))).expect(DRAWN);
}

/// A filled diamond.
pub fn diamond(area: &Area<'_>, (x, y): (i32, i32), radius: i32, ink: Ink) {
    let corners = vec![(x - radius, y), (x, y - radius), (x + radius, y), (x, y + radius)];
    area.draw(&Polygon::new(corners, ink.filled())).expect(DRAWN);
}

/// A text, upright in the middle of the point.
pub fn text(area: &Area<'_>, at: (i32, i32), side: Side, kind: Type, words: &str) {
    let side = match side {
        Side::Start => HPos::Left,
        Side::Middle => HPos::Center,
        Side::End => HPos::Right,
    };
    let font = ("sans-serif", kind.size * PLOTTERS_EM).into_font();
    let font = if kind.bold { font.style(plotters::style::FontStyle::Bold) } else { font };
    let style = TextStyle { font, color: kind.ink.colour().to_backend_color(), pos: Pos::new(side, VPos::Center) };
    area.draw(&Text::new(words.to_owned(), at, style)).expect(DRAWN);
}

/// Plotters' SVG backend divides each size by this.
const PLOTTERS_EM: f64 = 1.24;

/// How wide a text is in pixels, a little on the safe side. Plotters' own guess counts bytes.
pub fn width(words: &str, size: f64) -> i32 {
    let em: f64 = words
        .chars()
        .map(|letter| match letter {
            'i' | 'j' | 'l' | 'I' | 'f' | 't' | 'r' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '(' | ')' | ' '
            | '-' | '/' => 0.36,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.92,
            'A'..='Z' => 0.69,
            '\u{0}'..='\u{2e7f}' => 0.58,
            _ => 1.0,
        })
        .sum();
    (em * size).ceil() as i32
}

/// Cuts a text that is wider than that many pixels.
pub fn fitted(words: &str, size: f64, pixels: i32) -> String {
    if width(words, size) <= pixels {
        return words.to_owned();
    }
    let mut short = String::new();
    for letter in words.chars() {
        if width(&short, size) + width(&letter.to_string(), size) + width("…", size) > pixels {
            break;
        }
        short.push(letter);
    }
    short + "…"
}

/// Round counts from 0 to at least `most`, at most five of them above 0.
pub fn ticks(most: i64) -> Vec<i64> {
    let most = most.max(1);
    let steps = (0..18).map(|power| 10i64.pow(power)).flat_map(|power| [power, 2 * power, 5 * power]);
    let step = steps.into_iter().find(|step| most <= 5 * step).unwrap_or(most);
    (0..=(most + step - 1) / step).map(|at| at * step).collect()
}

/// Gives the root its role and words, turns numbers into variables, and drops what says nothing.
fn mend(svg: &str, (width, height): (u32, u32), class: &str, words: &Words) -> String {
    let body = svg.split_once('>').map_or("", |(_root, rest)| rest);
    let mut mended = String::with_capacity(svg.len());
    let (title, description) = (escaped(&words.title), escaped(&words.description));
    mended.push_str(&format!(
        "<svg class=\"chart {class}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{title}\"><title>{title}</title><desc>{description}</desc>"
    ));
    let mut body =
        body.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "").replace(" font-family=\"sans-serif\"", "");
    for (ink, variable) in INKS {
        body = body.replace(&format!("\"#0000{:02X}\"", ink as u8), &format!("\"var({variable})\""));
        let dashed = format!("\"#00{DASHED:02X}{:02X}\"", ink as u8);
        body = body.replace(&dashed, &format!("\"var({variable})\" stroke-dasharray=\"4 3\""));
    }
    for part in body.split_inclusive('\n') {
        mended.push_str(&rounded_type(part.trim_end_matches('\n')));
    }
    mended
}

/// A size such as 12.999999 is written as 13.
fn rounded_type(tag: &str) -> String {
    let Some((before, rest)) = tag.split_once("font-size=\"") else { return tag.to_owned() };
    let Some((size, after)) = rest.split_once('"') else { return tag.to_owned() };
    let size = size.parse::<f64>().map_or(0.0, |size| (size * 10.0).round() / 10.0);
    format!("{before}font-size=\"{size}\"{after}")
}

/// Text as it stands within SVG.
pub fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Checks that an SVG is well formed: each tag that opens closes, and its text is escaped.
    pub(crate) fn check_well_formed(svg: &str) {
        let mut open = Vec::new();
        for part in svg.split('<').skip(1) {
            let (tag, text) = part.split_once('>').expect("every < has its >");
            assert!(!text.contains("& "), "a bare ampersand in {text}");
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name.to_owned()), "in {svg}"),
                None if tag.ends_with('/') => {}
                None => open.push(tag.split(' ').next().unwrap_or_default().to_owned()),
            }
        }
        assert_eq!(open, Vec::<String>::new());
        assert!(!svg.contains("#00"), "a colour has no variable: {svg}");
    }

    #[test]
    fn a_sheet_is_accessible_and_escaped() {
        let words = Words { title: "甲 <b> & \"乙\"".to_owned(), description: "说明".to_owned() };
        let svg = sheet((200, 100), "wide", &words, |area| {
            text(area, (10, 10), Side::Start, PLAIN, "a < b & c");
            dot(area, (5, 5), 3, Ink::Accent);
            dashes(area, (0, 0), (0, 50), Ink::Rule);
        });
        check_well_formed(&svg);
        for part in [
            "role=\"img\"",
            "<title>甲 &lt;b&gt; &amp; &quot;乙&quot;</title>",
            "a &lt; b &amp; c",
            "var(--accent)",
            "font-size=\"13\"",
        ] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
    }

    #[test]
    fn spots_tell_their_words() {
        let words = Words { title: "甲".to_owned(), description: String::new() };
        let svg = sheet((20, 20), "wide", &words, |area| dot(area, (5, 5), 3, Ink::Accent));
        let spot = Spot { corner: (1, 2), size: (3, 4), words: "乙 <1>".to_owned() };
        let told = with_spots(&svg, &[spot]);
        check_well_formed(&told);
        assert!(told.contains("<title>乙 &lt;1&gt;</title>") && told.ends_with("</rect></svg>"), "{told}");
    }

    #[test]
    fn chinese_is_one_em_a_letter() {
        assert_eq!(width("市中区", 10.0), 30);
        assert!(width("123", 10.0) < 20);
        assert_eq!(fitted("枣庄高新区", 10.0, 40), "枣庄高…");
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(502), [0, 200, 400, 600]);
        assert_eq!(ticks(12), [0, 5, 10, 15]);
        assert_eq!(ticks(5), [0, 1, 2, 3, 4, 5]);
        assert_eq!(ticks(0), [0, 1]);
    }
}
