//! The words of keeping a warehouse whole.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{Where, bytes};

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

/// `kehou migrate`
#[derive(Debug, ClapArgs)]
pub struct Migrate {
    #[command(flatten)]
    pub at: Where,
    /// Who does it; it is kept, with the account that the command runs under
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}
