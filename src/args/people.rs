//! The words of who works with it: the dashboard, accounts, cases.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use dashboard::api::limit::Limits;

use super::{DEMO_LISTEN, Language, StatusFormat, Where};

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
    /// Requests a minute that the API takes with one token
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().token)]
    pub api_token_rate: NonZeroU32,
    /// Requests a minute that the API takes from one address; with --behind-tls that is what the proxy adds to X-Forwarded-For
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().address)]
    pub api_address_rate: NonZeroU32,
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
