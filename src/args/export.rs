//! The words of what leaves as files.

use std::path::PathBuf;

use clap::{Args as ClapArgs, builder::ArgGroup};

use super::{Language, Where, Which};

/// `kehou export`
#[derive(Debug, ClapArgs)]
#[command(group = ArgGroup::new("what").required(true).args(["table", "sql", "all"]))]
pub struct Export {
    /// A table or view: marts.finding, staging.charge, reference.district …
    pub table: Option<String>,
    /// A query in place of a table
    #[arg(long, value_name = "QUERY")]
    pub sql: Option<String>,
    /// All that counts of a release, for analysts: each form's current rows, each mart and the reference tables as Parquet files,
    /// with a data dictionary
    #[arg(long)]
    pub all: bool,
    /// FILE.csv, FILE.xlsx or FILE.parquet; with --all a folder that is not there yet
    #[arg(short, long, value_name = "FILE|DIR")]
    pub output: PathBuf,
    #[command(flatten)]
    pub at: Where,
    #[command(flatten)]
    pub which: Which,
    /// Language of headings and descriptions; Parquet keeps the columns' code names
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
}
