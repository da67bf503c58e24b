//! The words of the command line. Names are fixed; more may be added.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use ingest::reference::settings::Setting;

/// 课后 kehou: from schools' submissions to figures on after-school service that hold up before an inspector.
#[derive(Debug, Parser)]
#[command(name = "kehou", version, max_term_width = 110)]
pub struct Args {
    /// Without a command: `demo`.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The sample city end to end, then the dashboard; prints the address and the sample log-ins
    Demo(Demo),
    /// Write the files of a made-up city: reference tables, schools' submissions, and the truth about what was planted
    Sample(Sample),
    /// Make a warehouse; again: load changed reference tables
    Init(Init),
    /// Write a workbook for schools to fill in
    Template(Template),
    /// Judge and accept what schools sent: workbooks, CSV, JSON, or folders of them
    ///
    /// Exit code: 0 all slices accepted, 2 something was rejected (the report says which, why, where), 1 could not run.
    ///
    /// With --watch the one PATH is a drop folder (or s3://bucket/prefix): what is dropped there is taken in, many files in one
    /// commit, until the command is interrupted (Ctrl-C or SIGTERM: it ends after the files that it is at). A file is taken when
    /// it has not changed for --settle seconds; names that begin with '.' or '~$', or end like .tmp or .part, are passed over. Of
    /// two files for one slice the one that came later counts. When its slices are committed a file moves to
    /// PATH/done/<date>/, or, where anything in it was rejected, to PATH/rejected/<date>/ with NAME.report.txt and
    /// NAME.report.json beside it. These reports name sheet, row and heading but hold no cell's value, because many may read the
    /// folder. done/ and rejected/ keep the files as they were sent, with pupils' numbers: empty them when they are no longer
    /// needed, the warehouse has the sealed originals.
    Ingest(Ingest),
    /// Compute all figures and findings, test them, and publish a release
    ///
    /// Rules, indicators and other models of your own are SQL files in a folder: --sql DIR lays them over the built-in ones, a file
    /// of the same path (rules/r07.sql) in the place of the built-in one. A rule is one file, DIR/rules/x01.sql, whose header has
    /// rule, title_zh, title_en, severity and clause; `kehou catalog models --format json` shows the built-in ones to begin from, and
    /// `kehou query "select * from rules.x01" --sql DIR` tries it without publishing. What is wrong with a file is told with its line
    /// before anything runs. The release carries the files: pages and catalogue show them, and later runs keep them until --sql
    /// gives another folder or --no-sql leaves them out, because a rule that is forgotten would end its findings.
    Transform(Transform),
    /// Ask a release in SQL: marts.*, facts.*, reference.*, staging.* and, by their bare names, finding, indicator_value, …
    Query(Query),
    /// The releases: what was published when, and what each rests on
    Releases(Releases),
    /// Compare two releases: which figures, scores and findings changed, by how much, and what caused it
    ///
    /// Without numbers the newest release is compared with the one before; with one number that release with the one before it.
    /// Causes are named by lineage: a slice that was sent, corrected or withdrawn, of a form that the figure is computed from and of
    /// a school that it counts; SQL files, reference tables and the date that it is computed by. A figure that several causes touch
    /// names them all.
    Diff(Diff),
    /// What would differ with other numbers, reference tables or SQL: computed beside the warehouse, nothing is published
    ///
    /// Cells of the reference tables are set otherwise one by one, or all of them by a folder. Findings open and end as they would
    /// in the next release. What it takes lies in the system's folder for temporary files and goes with the command.
    WhatIf(WhatIf),
    /// Where a figure or a finding comes from: formula, clause, SQL, the numbers that went in, who reported, down to file and row
    ///
    /// `kehou explain indicator C03 --unit DISTRICT --period 2019-10` takes the figure of a district apart into its schools; ask again with
    /// --unit SCHOOL for the files, sheets and rows of one, and with --unit city for the districts. `kehou explain finding ID` tells
    /// by which rows a finding is proven, by which rule, and what became of it. Both say which release they are about, and whether its
    /// SQL is still the same.
    Explain(Explain),
    /// Show the dashboard
    Serve(Serve),
    /// Accounts of the dashboard
    User(User),
    /// What this build knows: forms, indicators, rules, models
    Catalog(Catalog),
    /// What is owed, by whom, since when; and what became of a submission
    Status(Status),
    /// Take back an accepted slice that was sent by mistake: it is missing then
    Withdraw(Withdraw),
    /// Work the cases of findings: notify, answer, rectify, dismiss, close; list and show them
    ///
    /// Every finding that stands has a case. It is open, then notified (with a day by which to put it right), answered, and
    /// rectified or dismissed with a reason; then it can be closed. What was found wrongly may be dismissed at once; an answer
    /// that doesn't do, or a rectification after which the finding still stands, may be followed by another notice. Each step is
    /// kept for good with who took it and when, and is never edited. A finding that ended and comes back has an open case
    /// again, which says what was decided before.
    ///
    /// A step of several findings is taken for all of them or for none. `list` and `show` know every step at once; the figures
    /// (K02) and the pages know it from the next `kehou transform` on.
    #[command(after_long_help = CASE_EXAMPLES)]
    Case(Case),
    /// Check that the warehouse holds what its releases and its ledger name, and that no audit event was changed
    Verify(Verify),
    /// Open one sealed original, as it was sent, for whoever holds the private key; the audit keeps who, when and why
    ///
    /// The event is committed to facts.audit_event before the file is written, each event chained to the one before it; `kehou
    /// verify` checks the chain. Note the event's number and hash that are printed: they prove later that none was taken off
    /// the end. The file holds pupils' and staff numbers: keep it no longer than needed.
    Unseal(Unseal),
    /// Make a new key for pupils' and staff numbers, and hash everything that counts anew from the sealed originals
    ///
    /// For when person.key was lost, or became known to somebody. It needs seal.key; originals are opened in memory only. All
    /// of it comes into force in one moment: a kill before leaves everything as it was, and the same command again goes on. Files
    /// that are being ingested meanwhile are refused and can be ingested again. Run `kehou transform` afterwards.
    ///
    /// Persons keep together (one pupil stays one pupil), but have new hashes: a finding whose subject is a pupil gets a new id,
    /// so its history begins again, and the one under the old id ends. Earlier releases and replaced slices keep the old hashes.
    RotateKey(RotateKey),
}

impl Default for Command {
    fn default() -> Command {
        Command::Demo(Demo { listen: DEMO_LISTEN.parse().expect("a constant"), folder: None, scale: 0.1 })
    }
}

const CASE_EXAMPLES: &str = "Examples:
  kehou case list --state open --rule R07
  kehou case notify 3f2a91c0 77b01e42 --by 王督学 --due 2019-12-31
  kehou case answer 3f2a91c0 --by 李校长 --note '已补签告知书'
  kehou case dismiss 77b01e42 --by 王督学 --note '票据号重复登记，已核对原件'";

const DEMO_LISTEN: &str = "127.0.0.1:8080";

/// Where the warehouse is.
#[derive(Debug, Clone, ClapArgs)]
pub struct Where {
    /// Path, file://, s3://bucket/prefix (credentials from the AWS_… variables)
    #[arg(long, value_name = "URL", env = "KEHOU_WAREHOUSE")]
    pub warehouse: String,
}

/// Models of one's own
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct OwnSql {
    /// Folder of rules, indicators, other models and data tests of your own: DIR/rules/x01.sql …
    #[arg(id = "own_sql", long = "sql", value_name = "DIR", env = "KEHOU_SQL")]
    pub sql: Option<PathBuf>,
    /// Without your own models, though KEHOU_SQL or the last release names some
    #[arg(long)]
    pub no_sql: bool,
}

/// `kehou demo`
#[derive(Debug, ClapArgs)]
pub struct Demo {
    /// Address of the dashboard
    #[arg(long, default_value = DEMO_LISTEN)]
    pub listen: SocketAddr,
    /// Folder for the sample city and its warehouse; default: a new one for temporary files
    #[arg(long)]
    pub folder: Option<PathBuf>,
    /// Size of the city: 1 is about 500 primary schools and 330,000 pupils
    #[arg(long, default_value_t = 0.1)]
    pub scale: f64,
}

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

/// A language of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl From<Language> for dashboard::words::Lang {
    fn from(language: Language) -> dashboard::words::Lang {
        match language {
            Language::Zh => dashboard::words::Lang::Zh,
            Language::En => dashboard::words::Lang::En,
        }
    }
}

impl From<Language> for ingest::report::Language {
    fn from(language: Language) -> ingest::report::Language {
        match language {
            Language::Zh => ingest::report::Language::Zh,
            Language::En => ingest::report::Language::En,
        }
    }
}

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
    /// The release to ask; default the newest
    #[arg(long, conflicts_with = "as_of")]
    pub release: Option<u64>,
    /// The release that stood at this time: a day (its end), a time of this machine's zone (2020-03-01T08:00), or one with
    /// its zone (2020-03-01T08:00:00Z)
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
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
    /// The release to ask; default the newest
    #[arg(long, conflicts_with = "as_of")]
    pub release: Option<u64>,
    /// The release that stood at this time (2020-03-01 or 2020-03-01T08:00:00Z)
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
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

/// `kehou serve`
#[derive(Debug, ClapArgs)]
pub struct Serve {
    #[command(flatten)]
    pub at: Where,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The date of receipts, steps and releases; default the clock's
    #[arg(long, value_name = "DATE")]
    pub today: Option<NaiveDate>,
    /// Visitors come through a proxy with TLS: needed beyond the loopback interface, and cookies travel encrypted only
    #[arg(long)]
    pub behind_tls: bool,
}

/// `kehou user`
#[derive(Debug, ClapArgs)]
pub struct User {
    #[command(flatten)]
    pub at: Where,
    /// What to do
    #[command(subcommand)]
    pub action: UserAction,
}

/// What to do with accounts. Passwords are read from the terminal or standard input, never from the command line.
#[derive(Debug, Subcommand)]
pub enum UserAction {
    /// Add an account, or all of a list
    ///
    /// The list is CSV with the headings name, role, unit (or 账号, 角色, 单位). All of its accounts are made or none; their first
    /// passwords are printed as CSV, once, and stored nowhere. A first password is to be changed at the first log-in.
    Add {
        /// Log-in name
        #[arg(required_unless_present = "file", conflicts_with = "file")]
        name: Option<String>,
        /// school, district, inspector, city or admin
        #[arg(long, required_unless_present = "file", conflicts_with = "file")]
        role: Option<String>,
        /// School code, or district code (inspectors: several, parted by commas)
        #[arg(long, default_value = "", conflicts_with = "file")]
        unit: String,
        /// A list of accounts
        #[arg(long, value_name = "FILE.csv")]
        file: Option<PathBuf>,
        /// Its owner chose the password, which need not be changed at the first log-in
        #[arg(long, conflicts_with = "file")]
        own: bool,
    },
    /// List accounts
    List,
    /// Set a password
    Passwd {
        /// Log-in name
        name: String,
        /// Its owner chose the password, which need not be changed at the next log-in
        #[arg(long)]
        own: bool,
    },
    /// Close an account; its log-ins end at once
    Disable {
        /// Log-in name
        name: String,
    },
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

/// The form of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For reading, with totals on top
    Table,
    /// The rows alone, with headings
    Csv,
    /// For programs, with totals
    Json,
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

/// `kehou case`
#[derive(Debug, ClapArgs)]
pub struct Case {
    /// What to do
    #[command(subcommand)]
    pub action: CaseAction,
}

/// What to do with cases.
#[derive(Debug, Subcommand)]
pub enum CaseAction {
    /// Tell the school, with a day by which to put it right (--due)
    Notify(CaseStep),
    /// Keep what the school answered
    Answer(CaseStep),
    /// It was put right
    Rectify(CaseStep),
    /// It is none, for a reason (--note)
    Dismiss(CaseStep),
    /// Nothing more is to be done, after it was rectified or dismissed
    Close(CaseStep),
    /// The cases as they stand now, overdue ones first
    List(CaseList),
    /// One finding's case, step by step
    Show(CaseShow),
}

/// A step of one or several cases.
#[derive(Debug, ClapArgs)]
pub struct CaseStep {
    /// Findings by their ids (`kehou case list`), or the first letters of them
    #[arg(required = true)]
    pub finding: Vec<String>,
    #[command(flatten)]
    pub at: Where,
    /// Who takes the step; it is kept, with the account that the command runs under
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Of a notice: the day by which to put it right
    #[arg(long, value_name = "DATE")]
    pub due: Option<NaiveDate>,
    /// What to say, of a dismissal the reason; it is kept, and the school sees it: name no pupil
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// The day of the step; default today
    #[arg(long, value_name = "DATE")]
    pub on: Option<NaiveDate>,
    /// Language of what is printed
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
}

/// `kehou case list`
#[derive(Debug, ClapArgs)]
pub struct CaseList {
    #[command(flatten)]
    pub at: Where,
    /// Only cases in this state
    #[arg(long, value_enum)]
    pub state: Option<CaseState>,
    /// Only cases whose day to put it right has passed
    #[arg(long)]
    pub overdue: bool,
    /// Only findings of this rule
    #[arg(long, value_name = "RULE")]
    pub rule: Option<String>,
    /// Only findings of this district (code)
    #[arg(long, value_name = "CODE")]
    pub district: Option<String>,
    /// Only findings of this school (ten digits)
    #[arg(long, value_name = "ID")]
    pub school: Option<String>,
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

/// `kehou case show`
#[derive(Debug, ClapArgs)]
pub struct CaseShow {
    /// The finding's id, or the first letters of it
    pub finding: String,
    #[command(flatten)]
    pub at: Where,
    /// Language of what is printed
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub lang: Language,
}

/// A state of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CaseState {
    /// 待处理
    Open,
    /// 已通知
    Notified,
    /// 已答复
    Answered,
    /// 已整改
    Rectified,
    /// 已撤销
    Dismissed,
    /// 已办结
    Closed,
}

/// `kehou verify`
#[derive(Debug, ClapArgs)]
pub struct Verify {
    #[command(flatten)]
    pub at: Where,
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

/// A number of bytes as people write it: `1GiB`, `512MiB`, `1000000`.
fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" | "B" => 1,
        "KiB" | "K" => 1 << 10,
        "MiB" | "M" => 1 << 20,
        "GiB" | "G" => 1 << 30,
        other => return Err(format!("'{other}' is none of KiB, MiB, GiB")),
    };
    number.parse::<usize>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(|| "not a number".to_owned())
}
