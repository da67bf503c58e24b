//! One run of the models, in a process of its own: what it takes of memory goes back to the system when it ends, and the server
//! stays as small as its pages need.

use std::path::PathBuf;
use std::process::Stdio;

use chrono::NaiveDate;
use tokio::process::Command;
use transform::error::OTHERS_AT_WORK;
use transform::kept::standing_project;
use transform::run::{Options, Outcome, transform};
use warehouse::Warehouse;
use warehouse::session::Limits;

use crate::error::{DashboardError, Result};

/// Where the next release is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runner {
    /// By `kehou transform`, another process.
    Process {
        /// The kehou to run.
        kehou: PathBuf,
        /// The warehouse, as the command takes it.
        warehouse: String,
    },
    /// In this process, where no other one can reach the warehouse.
    Here,
}

impl Runner {
    /// By the kehou that is running, whatever lies at its place by then: an upgrade of the file must not mix two versions.
    pub fn of_this_kehou(warehouse: &str) -> std::io::Result<Runner> {
        let kehou = if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { std::env::current_exe()? };
        Ok(Runner::Process { kehou, warehouse: warehouse.to_owned() })
    }

    /// Computes what changed, as of the day. [`DashboardError::OthersAtWork`] says that it can be tried again.
    pub async fn run(&self, warehouse: &Warehouse, today: NaiveDate) -> Result<()> {
        match self {
            Runner::Process { kehou, warehouse } => {
                // What it warns of and why it fails it says on the server's own standard error. What its environment says of models
                // is for the command, and of memory for the server: a run ends soon, and is a sixth faster with the allocator's ways.
                let mut command = Command::new(kehou);
                command.arg("transform").arg("--warehouse").arg(warehouse).arg(format!("--today={today}"));
                command.env_remove("KEHOU_SQL").env_remove("MIMALLOC_PURGE_DELAY");
                command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
                let status = command.status().await?;
                match status.code() {
                    Some(0) => Ok(()),
                    Some(code) if code == i32::from(OTHERS_AT_WORK) => Err(DashboardError::OthersAtWork),
                    _ => Err(DashboardError::Run(status)),
                }
            }
            Runner::Here => here(warehouse, today).await,
        }
    }
}

async fn here(warehouse: &Warehouse, today: NaiveDate) -> Result<()> {
    ingest::duty::ensure(warehouse).await?;
    let project = standing_project(warehouse).await?;
    let options = Options { today, full: false, select: Vec::new(), limits: Limits::default() };
    match transform(warehouse, &project, &options, &|_| {}).await {
        Ok(Outcome::Published { release, warnings }) => {
            for warning in warnings {
                tracing::warn!(warning, release = release.release, "a data test warns");
            }
            Ok(())
        }
        Ok(Outcome::Unchanged(_) | Outcome::Selected { .. }) => Ok(()),
        Err(error) if error.is_others_work() => Err(DashboardError::OthersAtWork),
        Err(error) => Err(error.into()),
    }
}
