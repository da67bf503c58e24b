//! What can go wrong in the dashboard as a system; what a visitor does wrong is a page of its own (`pages::fault`).

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::accounts::Role;
use crate::accounts::tokens::TokenFault;

/// A broken system, or an account that can't be as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum DashboardError {
    /// The address can't be listened on.
    #[error("can't listen on {listen}: {source}; choose another with --listen")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// Passwords would cross a network in the clear.
    #[error(
        "{listen} is reachable from outside, and passwords would travel unencrypted; listen on 127.0.0.1 behind a TLS proxy, or state the proxy"
    )]
    Exposed {
        /// The address.
        listen: SocketAddr,
    },
    /// The server stopped.
    #[error("the server stopped: {0}")]
    Server(#[from] std::io::Error),
    /// The warehouse can't be read.
    #[error(transparent)]
    Warehouse(#[from] warehouse::error::WarehouseError),
    /// The models of a release can't be read.
    #[error(transparent)]
    Models(#[from] transform::error::TransformError),
    /// A query failed.
    #[error("a page's query failed: {0}")]
    Query(#[from] datafusion::error::DataFusionError),
    /// The release lacks a table that the pages need.
    #[error("release {release} has no table {table}; run: kehou transform")]
    Lacking {
        /// The release.
        release: u64,
        /// The table.
        table: String,
    },
    /// The accounts' file can't be used.
    #[error("the accounts in {path} can't be used: {source}")]
    Accounts {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rusqlite::Error,
    },
    /// The accounts' file was written by a later kehou.
    #[error(
        "{path} 由较新的 kehou 写成（版本 {found}，本版只认识到 {known}），请换用更新的 kehou / {path} was written by a newer kehou (version \
         {found}, this one knows {known}); use a newer kehou"
    )]
    NewerAccounts {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i32,
        /// This build's.
        known: i32,
    },
    /// The name is taken.
    #[error("there is an account '{name}' already; change its password with: kehou user passwd {name}")]
    Taken {
        /// The name.
        name: String,
    },
    /// There is no such account.
    #[error("there is no account '{name}'; see: kehou user list")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The name can't be one.
    #[error("'{name}' can't be a log-in name; use 2 to 64 letters, digits, '-', '_', '.' or '@'")]
    Name {
        /// What was given.
        name: String,
    },
    /// The password is too weak or too long.
    #[error("a password needs {least} to {most} characters")]
    Password {
        /// The fewest characters.
        least: usize,
        /// The most.
        most: usize,
    },
    /// The role's unit is not of its kind.
    #[error("role {role} needs {needs} as its unit, not '{unit}'")]
    Unit {
        /// The role.
        role: Role,
        /// What was given.
        unit: String,
        /// What is needed.
        needs: &'static str,
    },
    /// There is no such role.
    #[error("there is no role '{given}'; use school, district, inspector, city or admin")]
    Role {
        /// What was given.
        given: String,
    },
    /// The operating system gives no randomness.
    #[error("the operating system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// A password can't be hashed or a stored hash not be read.
    #[error("a password can't be hashed: {0}")]
    Hash(argon2::password_hash::Error),
    /// Another process is at work on the warehouse.
    #[error("another process is at work on the warehouse")]
    OthersAtWork,
    /// The run that makes the next release failed; it has said why on standard error.
    #[error("kehou transform ended with {0}; what it said stands above")]
    Run(std::process::ExitStatus),
    /// What somebody does can't be recorded, so it isn't done.
    #[error("the audit can't be written: {0}")]
    Audit(String),
    /// What was sent can't be taken in.
    #[error(transparent)]
    Ingest(#[from] ingest::accept::IngestError),
    /// A file can't be written.
    #[error(transparent)]
    Export(#[from] crate::export::ExportError),
    /// A list of accounts can't be read.
    #[error("line {line} of the accounts' list: {why}")]
    People {
        /// The line, as an editor shows it.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// A token can't be as it was asked for.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// A task of the server was lost.
    #[error("a task of the server ended before its answer: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl From<datafusion::arrow::error::ArrowError> for DashboardError {
    fn from(error: datafusion::arrow::error::ArrowError) -> Self {
        DashboardError::Query(error.into())
    }
}

/// The dashboard's result.
pub type Result<T, E = DashboardError> = std::result::Result<T, E>;
