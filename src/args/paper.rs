//! The words of what is handed out on paper.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{Language, Where, Which};

/// `kehou report`
#[derive(Debug, ClapArgs)]
pub struct Report {
    /// Whose report: city, a district's code or a school's id
    pub unit: String,
    /// The PDF to write
    #[arg(short, long, value_name = "FILE.pdf")]
    pub output: PathBuf,
    #[command(flatten)]
    pub at: Where,
    /// The period: 2019-2020-1, 2019-10, 2019; default the one that the evaluation score rests on most
    #[arg(long)]
    pub period: Option<String>,
    #[command(flatten)]
    pub which: Which,
    /// Language of the report
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
    /// Font file, or folder of fonts, to set it in; default the system's fonts
    #[arg(long, value_name = "FILE|DIR", env = "KEHOU_FONT")]
    pub font: Option<PathBuf>,
}
