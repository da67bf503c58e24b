//! The words of what comes in: files, their templates, and what is kept of them.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args as ClapArgs, ValueEnum};

use super::{Language, StatusFormat, Where};

/// `kehou sample`
#[derive(Debug, ClapArgs)]
pub struct Sample {
    /// Folder to write to: reference/, inbox/<day of receipt>/…, truth/
    pub out: PathBuf,
    /// Size of the city: 1 is about 500 primary schools and 330,000 pupils
    #[arg(long, default_value_t = 0.1)]
    pub scale: f64,
    /// The same seed gives the same city
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// First month
    #[arg(long, default_value = "2019-09")]
    pub from: String,
    /// How many months
    #[arg(long, default_value_t = 5)]
    pub months: u32,
    /// How schools send small forms
    #[arg(long, value_enum, default_value_t = SampleFormat::Xlsx)]
    pub format: SampleFormat,
    /// Plant no breaches
    #[arg(long)]
    pub clean: bool,
}

/// How the sample's schools send small forms.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SampleFormat {
    /// Workbooks
    Xlsx,
    /// CSV files
    Csv,
}

/// `kehou init`
#[derive(Debug, ClapArgs)]
pub struct Init {
    #[command(flatten)]
    pub at: Where,
    /// Folder of the city's reference tables: district, calendar, fee_standard, policy, weight (.csv), and if it
    /// is at hand clause.csv (clause, text): the text of the notice, for `kehou explain`
    #[arg(long, value_name = "DIR")]
    pub reference: Option<PathBuf>,
}

/// `kehou template`
#[derive(Debug, ClapArgs)]
pub struct Template {
    /// Forms by code name or heading, all of one kind of period (`kehou catalog forms` lists them); default: those that a
    /// school owes for the period
    #[arg(required_unless_present_all = ["school", "period"])]
    pub form: Vec<String>,
    /// School code to fill in on the cover
    #[arg(long)]
    pub school: Option<String>,
    /// Period to fill in on the cover: 2019-09, 2019-2020-1 or 2019
    #[arg(long)]
    pub period: Option<String>,
    /// Take the school's name and its last classes and providers from this warehouse
    #[arg(long, value_name = "URL", env = "KEHOU_WAREHOUSE")]
    pub warehouse: Option<String>,
    /// Take classes, staff and providers from an earlier file of the school: a warehouse has persons' numbers as hashes alone
    #[arg(long, value_name = "FILE")]
    pub like: Option<PathBuf>,
    /// The workbook to write
    #[arg(short, long, value_name = "FILE.xlsx")]
    pub output: PathBuf,
}

/// `kehou ingest`
#[derive(Debug, ClapArgs)]
pub struct Ingest {
    /// Files and folders, read in the order of their paths; with --watch one folder or s3://bucket/prefix
    #[arg(required = true)]
    pub path: Vec<PathBuf>,
    #[command(flatten)]
    pub at: Where,
    /// The form of files that don't say it themselves
    #[arg(long)]
    pub form: Option<String>,
    /// District whose files these are: schools of others are errors
    #[arg(long, value_name = "CODE")]
    pub sender: Option<String>,
    /// Day of receipt, or `folder`: the date that each file's own folder is named by; default today
    #[arg(long, value_name = "DATE|folder")]
    pub received: Option<String>,
    /// Take files again whose bytes were accepted before
    #[arg(long)]
    pub again: bool,
    /// Judge without accepting
    #[arg(long)]
    pub check: bool,
    /// Write the whole report here: as JSON for programs, or as a workbook (one file: that file marked; several: a summary)
    #[arg(long, value_name = "FILE.json|FILE.xlsx")]
    pub report: Option<PathBuf>,
    /// Folder for files that were not wholly accepted, marked for their senders: bad cells filled, a column 错误说明
    #[arg(long = "return", value_name = "DIR")]
    pub return_to: Option<PathBuf>,
    /// Language of the report on the terminal
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
    /// Take in whatever is dropped into the folder, until interrupted
    #[arg(long, conflicts_with_all = ["again", "check", "report"])]
    pub watch: bool,
    /// How long a dropped file must have stayed unchanged
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, requires = "watch")]
    pub settle: f64,
}

/// `kehou status`
#[derive(Debug, ClapArgs)]
pub struct Status {
    #[command(flatten)]
    pub at: Where,
    /// Only this district (code)
    #[arg(long, value_name = "CODE")]
    pub district: Option<String>,
    /// Only this school (ten digits)
    #[arg(long, value_name = "ID")]
    pub school: Option<String>,
    /// Only this form, by code name or heading
    #[arg(long)]
    pub form: Option<String>,
    /// Only this period: 2019-09, 2019-2020-1 or 2019
    #[arg(long)]
    pub period: Option<String>,
    /// What became of the submission with this receipt, instead of what is owed
    #[arg(long, value_name = "RECEIPT", conflicts_with_all = ["district", "school", "form", "period", "slice"])]
    pub receipt: Option<String>,
    /// Every submission of the slice that --form, --school and --period name, instead of what is owed
    #[arg(long, requires = "school", requires = "form", requires = "period", conflicts_with = "district")]
    pub slice: bool,
    /// The date that lateness is judged against; default today
    #[arg(long, value_name = "DATE")]
    pub today: Option<NaiveDate>,
    /// Form of the list
    #[arg(long, value_enum, default_value_t = StatusFormat::Table)]
    pub format: StatusFormat,
    /// Language of the list
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
}

/// `kehou withdraw`
#[derive(Debug, ClapArgs)]
pub struct Withdraw {
    #[command(flatten)]
    pub at: Where,
    /// The slice's form, by code name or heading
    #[arg(long, requires = "school", requires = "period", required_unless_present = "receipt")]
    pub form: Option<String>,
    /// The slice's school (ten digits)
    #[arg(long, value_name = "ID", requires = "form")]
    pub school: Option<String>,
    /// The slice's period
    #[arg(long, requires = "form")]
    pub period: Option<String>,
    /// The receipt of the submission, in place of form, school and period
    #[arg(long, value_name = "RECEIPT", conflicts_with = "form")]
    pub receipt: Option<String>,
    /// Why; it is kept, and the school sees it: name no person
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Language of what is printed
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
}

/// `kehou unseal`
#[derive(Debug, ClapArgs)]
pub struct Unseal {
    /// Which: the file's SHA-256, a receipt, or a submission_id
    pub what: String,
    #[command(flatten)]
    pub at: Where,
    /// The file to write, which must not be there yet; only you may read it
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// The private key; default seal.key in the folder of the keys
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Why it is opened. It is kept for good: name no person in it
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who asks for it, besides the account that the command runs under
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// `kehou rotate-key`
#[derive(Debug, ClapArgs)]
pub struct RotateKey {
    #[command(flatten)]
    pub at: Where,
    /// The private key that opens the originals; default seal.key in the folder of the keys
    #[arg(long, value_name = "FILE")]
    pub seal_key: Option<PathBuf>,
    /// Who asks for it, besides the account that the command runs under
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}
