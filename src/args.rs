//! The words of the command line. Names are fixed; more may be added.

pub mod export;
pub mod figures;
pub mod intake;
pub mod paper;
pub mod people;
pub mod token;
pub mod upkeep;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use export::Export;
use figures::{Catalog, Diff, Explain, Query, Releases, Transform, WhatIf};
use intake::{Ingest, Init, RotateKey, Sample, Status, Template, Unseal, Withdraw};
use paper::Report;
use people::{Case, Demo, Serve, User};
use token::Token;
use upkeep::{Backup, Forget, Migrate, Optimize, Restore, Verify};

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
    ///
    /// Exit code: 0 there is a release of what came in, 3 another process is at work on the warehouse (try again), 1 could not run.
    Transform(Transform),
    /// Ask a release in SQL: marts.*, facts.*, reference.*, staging.* and, by their bare names, finding, indicator_value, …
    Query(Query),
    /// Write a table or a query as CSV, workbook or Parquet; or all of a release as a folder for analysts
    ///
    /// A CSV file begins with the mark by which Excel knows UTF-8, holds headings and rows and nothing else, and has a description
    /// beside it (FILE.csv-metadata.json, as "CSV on the Web" has it): what it is, how many rows, of which release. A workbook has
    /// that in its last sheet, a Parquet file in its metadata. Text that a spreadsheet would take for a formula is escaped. A workbook
    /// of more rows than a sheet holds goes on in further sheets. The file is there whole or not at all.
    ///
    /// With --all a folder: staging/<form>.parquet has the rows that count (none that was superseded, rejected or abandoned),
    /// marts/*.parquet the figures and findings, reference/*.parquet the reference tables; dictionary.csv and dictionary.md tell each
    /// column's title, type, unit, meaning and source, release.json the release. Persons are keyed hashes, as in the warehouse.
    #[command(after_long_help = EXPORT_EXAMPLES)]
    Export(Export),
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
    /// The evaluation report of the city, a district or a school as a PDF, set without a browser
    ///
    /// It is composed from what the unit itself sees of the release, and the same release gives the same bytes as long as nothing is
    /// declared official for its period and no later release revises it. It needs a font with Chinese letters, the system's or
    /// --font; without one it refuses and says what to install.
    Report(Report),
    /// Show the dashboard
    Serve(Serve),
    /// Accounts of the dashboard
    User(User),
    /// Tokens by which programs read the API, each for one account
    Token(Token),
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
    /// Check that the warehouse holds what its releases and its ledger name, byte for byte, and that no audit event was changed
    ///
    /// Every file that a release or the ledger names is read and compared with the checksum that was kept when it was written: data
    /// files, Delta's log, releases, declarations, SQL and sealed originals; then the ledger's order and rows, and the chain of audit
    /// events. Each fault is told with its file and what to do. Exit code: 0 all is sound, 1 something is wrong.
    Verify(Verify),
    /// Copy the warehouse and the accounts to a folder, while everything goes on
    ///
    /// The copy is of one moment: the newest release (or --release N) with all before it, and the facts. Again into the same folder:
    /// only what is new is copied, and what an interrupted call left is gone on with; the backup before stands until the next one is
    /// whole. Keys are left out unless --with-keys asks for them. With it comes nothing of schools' raw files that the warehouse
    /// doesn't have: originals are sealed.
    Backup(Backup),
    /// Make a warehouse, and its accounts, from a backup
    Restore(Restore),
    /// Make files fewer and larger, and remove what nothing that is kept names
    ///
    /// No row and no figure changes, and the next transform with nothing new still says so. Releases are all kept unless --keep-releases
    /// or --keep-days says which; official ones and the newest always are. A release that is let go can't be asked from then on; its
    /// files go when --grace-hours have passed, at the next optimize, so whoever reads it at that moment reads to the end. Backups of
    /// before keep it.
    Optimize(Optimize),
    /// Bring a warehouse of an earlier kehou to this one's format
    ///
    /// Stop the dashboard and all other commands on it first, and make a backup. After a kill the same command goes on.
    Migrate(Migrate),
    /// Erase rows of pupils and staff that are no longer to be kept; the figures that rest on them stay
    ///
    /// By the policy's keep_persons_years (policy.csv), or --before. Rows of the school years before are erased, with the sealed
    /// originals that hold nothing newer; figures, findings and cases stay as they are, and so does everything that names no
    /// person. For that all periods up to the end of that calendar year are closed for good: nothing of them is taken in any
    /// more, and each release carries their figures over. Earlier releases keep their figures, official ones too, and lose the
    /// rows. --plan tells first what would go. After a kill the same command goes on.
    ///
    /// What it can't reach: backups made before, which go by their own rules, files that people exported, and the subject of a
    /// finding, by which a case keeps its number.
    Forget(Forget),
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

const EXPORT_EXAMPLES: &str = "Examples:
  kehou export marts.finding -o findings.xlsx
  kehou export --sql \"select * from staging.charge where period = '2019-10'\" -o charges.csv --lang en
  kehou export --all -o release-7 --release 7";

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

/// Which release.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct Which {
    /// The release to ask; default the newest
    #[arg(long, conflicts_with = "as_of")]
    pub release: Option<u64>,
    /// The release that stood at this time: a day (its end), a time of this machine's zone (2020-03-01T08:00), or one with
    /// its zone (2020-03-01T08:00:00Z)
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
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
