//! The words of keeping a warehouse whole.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args as ClapArgs;

use super::{OwnSql, Where, bytes};

/// `kehou verify`
#[derive(Debug, ClapArgs)]
pub struct Verify {
    #[command(flatten)]
    pub at: Where,
    /// Only whether files are there in their full length, without reading them
    #[arg(long)]
    pub quick: bool,
}

/// `kehou backup`
#[derive(Debug, ClapArgs)]
pub struct Backup {
    #[command(flatten)]
    pub at: Where,
    /// Folder of the backup: a new or empty one, or that of the backup before
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Everything as it stood in this release; default the newest, with what came since
    #[arg(long, value_name = "N")]
    pub release: Option<u64>,
    /// The keys too, to the folder DIR.keys: who has both can read every pupil's number
    #[arg(long)]
    pub with_keys: bool,
}

/// `kehou restore`
#[derive(Debug, ClapArgs)]
pub struct Restore {
    /// Folder of the backup
    #[arg(value_name = "DIR")]
    pub backup: PathBuf,
    #[command(flatten)]
    pub at: Where,
}

/// `kehou optimize`
#[derive(Debug, ClapArgs)]
pub struct Optimize {
    #[command(flatten)]
    pub at: Where,
    /// Keep so many of the newest releases
    #[arg(long, value_name = "N")]
    pub keep_releases: Option<usize>,
    /// Keep releases of the last so many days
    #[arg(long, value_name = "D")]
    pub keep_days: Option<u32>,
    /// Files that nothing names any more wait so long; shorter only where nobody reads or writes
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    pub grace_hours: u32,
    /// Only tell what would be done
    #[arg(long)]
    pub plan: bool,
    /// Memory for sorting, before it spills to disk
    #[arg(long, value_name = "BYTES", default_value = "1GiB", value_parser = bytes)]
    pub memory: usize,
}

/// `kehou forget`
#[derive(Debug, ClapArgs)]
pub struct Forget {
    #[command(flatten)]
    pub at: Where,
    /// The September with which the first school year begins that is kept, as 2023-09; default by the policy's keep_persons_years
    #[arg(long, value_name = "MONTH", value_parser = september)]
    pub before: Option<i32>,
    /// The date that years are counted to and lateness is judged against; default today
    #[arg(long, value_name = "DATE")]
    pub today: Option<NaiveDate>,
    /// Only tell what would be erased
    #[arg(long)]
    pub plan: bool,
    /// Files of earlier releases that hold such rows wait so long; shorter only where nobody reads
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    pub grace_hours: u32,
    /// Who asks for it, besides the account that the command runs under
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    #[command(flatten)]
    pub own: OwnSql,
    /// Memory for joins, sorts and groups before they spill to disk
    #[arg(long, value_name = "BYTES", default_value = "2GiB", value_parser = bytes)]
    pub memory: usize,
}

/// The year of a September.
fn september(text: &str) -> Result<i32, String> {
    let year = text.strip_suffix("-09").filter(|year| year.len() == 4).and_then(|year| year.parse().ok());
    year.ok_or_else(|| "a school year begins in September: write 2023-09".to_owned())
}

/// `kehou migrate`
#[derive(Debug, ClapArgs)]
pub struct Migrate {
    #[command(flatten)]
    pub at: Where,
    /// Who does it; it is kept, with the account that the command runs under
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}
