//! Charts: pure functions from rows to SVG, in one look.
//!
//! Plotters draws; what it can't do well for Chinese, light and dark pages stands in `canvas`: text is placed by our own
//! measure, and colours leave as CSS variables. Each chart is drawn twice, for wide and for narrow screens, because type
//! that shrinks with the picture can't be read on a phone; the style sheet shows one of them.

pub mod bars;
pub mod canvas;
pub mod funnel;
pub mod lineage;
pub mod paint;
pub mod picture;
pub mod place;
pub mod rollout;
pub mod strip;
pub mod tiles;
pub mod trend;

/// For which screens a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A column of a desktop page.
    Wide,
    /// A phone.
    Narrow,
}

impl Screen {
    /// The class that the style sheet knows.
    pub fn class(self) -> &'static str {
        match self {
            Screen::Wide => "wide",
            Screen::Narrow => "narrow",
        }
    }
}

/// What a reader who can't see the chart is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What it shows.
    pub title: String,
    /// What is to be seen in it.
    pub description: String,
}
