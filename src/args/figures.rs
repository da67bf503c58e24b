//! The words of what is computed: figures, releases, and where they come from.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use ingest::reference::settings::Setting;

use super::{Language, OwnSql, StatusFormat, Where, Which, bytes};

/// `kehou transform`
#[derive(Debug, ClapArgs)]
pub struct Transform {
    #[command(flatten)]
    pub at: Where,
    /// The date that lateness is judged against; default today
    #[arg(long, value_name = "DATE")]
    pub today: Option<NaiveDate>,
    /// Compute everything anew, whatever changed
    #[arg(long)]
    pub full: bool,
    #[command(flatten)]
    pub own: OwnSql,
    /// Only say what would be computed, and why
    #[arg(long, conflicts_with = "select")]
    pub plan: bool,
    /// Only these models (schema.table) and what they read; publishes nothing
    #[arg(long, value_name = "MODEL", num_args = 1..)]
    pub select: Vec<String>,
    /// Memory for joins, sorts and groups before they spill to disk
    #[arg(long, value_name = "BYTES", default_value = "2GiB", value_parser = bytes)]
    pub memory: usize,
}

/// `kehou query`
#[derive(Debug, ClapArgs)]
pub struct Query {
    /// One query
    pub sql: String,
    #[command(flatten)]
    pub at: Where,
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub own: OwnSql,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = QueryFormat::Table)]
    pub format: QueryFormat,
}

/// The form of a query's answer.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum QueryFormat {
    /// For reading
    Table,
    /// Comma-separated, with headings
    Csv,
    /// One object a row, in a list
    Json,
    /// Parquet, to standard output
    Parquet,
}

/// `kehou releases`
#[derive(Debug, ClapArgs)]
pub struct Releases {
    #[command(flatten)]
    pub at: Where,
    /// Only the newest ones, so many
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Declare this release the official one for --period; a declaration is never edited, a later one takes its place
    #[arg(long, value_name = "RELEASE", requires = "period")]
    pub official: Option<u64>,
    /// The period that the release is official for: 2019-10, 2019-2020-1, 2019
    #[arg(long, requires = "official")]
    pub period: Option<String>,
    /// What the city says of it
    #[arg(long, value_name = "TEXT", default_value = "", requires = "official")]
    pub note: String,
    /// Who declares it; default this machine's user
    #[arg(long, value_name = "NAME", requires = "official")]
    pub by: Option<String>,
    /// Form of the list
    #[arg(long, value_enum, default_value_t = StatusFormat::Table)]
    pub format: StatusFormat,
    /// Language of the list
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
}

/// `kehou diff`
#[derive(Debug, ClapArgs)]
pub struct Diff {
    /// The earlier release; default the one before the other
    pub before: Option<u64>,
    /// The later release; default the newest
    pub after: Option<u64>,
    #[command(flatten)]
    pub at: Where,
    #[command(flatten)]
    pub shown: Shown,
}

/// `kehou what-if`
#[derive(Debug, ClapArgs)]
pub struct WhatIf {
    /// policy.staff_pay_min_share=0.85, policy.staff_pay_min_share@2020-01-01=0.85 (from that day on), weight.C03=30,
    /// weight.C03.floor=0.6
    pub settings: Vec<Setting>,
    #[command(flatten)]
    pub at: Where,
    /// The release to start from; default the newest
    #[arg(long)]
    pub release: Option<u64>,
    /// A folder of reference tables in place of those that the release was made with
    #[arg(long, value_name = "DIR")]
    pub reference: Option<PathBuf>,
    #[command(flatten)]
    pub own: OwnSql,
    /// Memory for joins, sorts and groups before they spill to disk
    #[arg(long, value_name = "BYTES", default_value = "2GiB", value_parser = bytes)]
    pub memory: usize,
    #[command(flatten)]
    pub shown: Shown,
}

/// What of a difference is shown, and how.
#[derive(Debug, ClapArgs)]
pub struct Shown {
    /// Only this indicator (C03), or this rule's findings (R13)
    #[arg(long, value_name = "CODE")]
    pub indicator: Option<String>,
    /// Only this unit: a school (ten digits), a district (code) or `city`
    #[arg(long, value_name = "ID")]
    pub unit: Option<String>,
    /// Only this period: 2019-09, 2019-2020-1, 2019
    #[arg(long)]
    pub period: Option<String>,
    /// How many lines of each list the text shows, 0 for all; what is left out is counted
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub limit: usize,
    /// Form of the answer; json has all of it
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub format: DiffFormat,
    /// Language of the text
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
}

/// The form of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For reading
    Text,
    /// For programs
    Json,
}

/// `kehou explain`
#[derive(Debug, ClapArgs)]
pub struct Explain {
    /// What to explain
    #[command(subcommand)]
    pub what: ExplainWhat,
}

/// What is explained.
#[derive(Debug, Subcommand)]
pub enum ExplainWhat {
    /// An indicator of a unit and a period
    ///
    /// Of the city: its districts. Of a district: its schools, who of them reported, and which slices are lacking. Of a school: its
    /// slices with receipt, file and sheet, and the rows with their numbers as the spreadsheet shows them; of a form with more than
    /// 50 rows the first ones, and the query that gives all. It says whether the parts sum to the whole.
    Indicator(ExplainIndicator),
    /// A finding
    ///
    /// Its sentence, clause and amount, the rule with what it can't see, the rows that prove it, since when it is known, and the steps
    /// of its case. `kehou query "select finding_id, rule, school_id, period from finding"` lists findings.
    Finding(ExplainFinding),
}

/// `kehou explain indicator`
#[derive(Debug, ClapArgs)]
pub struct ExplainIndicator {
    /// The indicator's code, such as C03 (`kehou catalog indicators` lists them)
    pub code: String,
    /// city, a district's code or a school's id
    #[arg(long, default_value = "city")]
    pub unit: String,
    /// 2019-10, 2019-2020-1 or 2019; default: the newest with a value
    #[arg(long, default_value = "")]
    pub period: String,
    /// A part of the figure instead of its headline: urban_rural=rural, respondent=pupil, category=staff_pay …
    #[arg(long, value_name = "NAME=VALUE", default_value = "")]
    pub dimension: String,
    #[command(flatten)]
    pub how: ExplainHow,
}

/// `kehou explain finding`
#[derive(Debug, ClapArgs)]
pub struct ExplainFinding {
    /// The finding's id, or its first digits
    pub id: String,
    #[command(flatten)]
    pub how: ExplainHow,
}

/// From where, and in which form.
#[derive(Debug, ClapArgs)]
pub struct ExplainHow {
    #[command(flatten)]
    pub at: Where,
    #[command(flatten)]
    pub which: Which,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub format: ExplainFormat,
    /// Language of the answer
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
}

/// The form of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For reading
    Text,
    /// For programs, with everything
    Json,
}

/// `kehou catalog`
#[derive(Debug, ClapArgs)]
pub struct Catalog {
    /// What to list
    #[arg(value_enum, default_value_t = CatalogKind::Forms)]
    pub kind: CatalogKind,
    /// With the models of your own that this warehouse's last release was made with
    #[arg(long, value_name = "URL", env = "KEHOU_WAREHOUSE")]
    pub warehouse: Option<String>,
    #[command(flatten)]
    pub own: OwnSql,
    /// Form of the list
    #[arg(long, value_enum, default_value_t = CatalogFormat::Table)]
    pub format: CatalogFormat,
}

/// What the catalogue lists.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum CatalogKind {
    /// What schools send
    Forms,
    /// What is computed
    Indicators,
    /// What is a violation
    Rules,
    /// All SQL models with what they read
    Models,
}

/// The form of the catalogue.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum CatalogFormat {
    /// For reading
    Table,
    /// For programs
    Json,
}
