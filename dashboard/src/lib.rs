//! Shows the current release to whoever may see it: server-rendered pages behind a log-in, in Chinese and English.
//!
//! A request passes `visit` (who is it, in which language), a handler in `pages` (one file a page), which reads rows
//! through `scope` (the only door to tables), draws `charts`, and says `words`. URLs stand in `routes` alone.

pub mod accounts;
pub mod api;
mod cache;
pub mod catalog;
pub mod charts;
mod desk;
pub mod difference;
pub mod editions;
pub mod error;
pub mod explain;
pub mod export;
pub mod figures;
pub mod format;
mod metrics;
mod pages;
mod password;
mod period;
mod refusals;
mod release;
pub mod report;
mod routes;
mod rows;
mod scope;
mod sessions;
mod since;
mod visit;
pub mod words;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use tokio::net::TcpListener;
use transform::project::Project;
use warehouse::Warehouse;

use crate::accounts::Accounts;
use crate::api::limit::Limits;
use crate::catalog::Catalogue;
pub use crate::desk::runner::Runner;
use crate::error::{DashboardError, Result};
use crate::release::Releases;
use crate::visit::App;

/// How the dashboard is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The accounts' SQLite file; it is made where it is missing.
    pub accounts: PathBuf,
    /// Whether each page says that schools and figures are made up.
    pub made_up_city: bool,
    /// Whether visitors come through TLS, by a proxy in front: cookies then travel encrypted only. Without it the server
    /// refuses to listen on any address that others can reach.
    pub secure_cookies: bool,
    /// The folder of the keys that persons' numbers are hashed with: uploads are taken in as by the command.
    pub keys: PathBuf,
    /// The date of receipts, steps and releases; the clock's where there is none.
    pub today: Option<NaiveDate>,
    /// How much programs may ask.
    pub api: Limits,
    /// Where releases are computed.
    pub runner: Runner,
}

/// How often the clock is looked at for a new day.
const LOOK_AT_THE_CLOCK: Duration = Duration::from_secs(30);

/// Serves the warehouse's current release until the process is asked to stop. `ready` gets the address once it answers.
pub async fn serve(warehouse: Warehouse, config: Config, ready: impl FnOnce(SocketAddr)) -> Result<()> {
    if !config.listen.ip().is_loopback() && !config.secure_cookies {
        return Err(DashboardError::Exposed { listen: config.listen });
    }
    let accounts = Accounts::open(&config.accounts)?;
    let project = Project::built_in()?;
    let catalogue = Catalogue::of(&project);
    let app = App::new(Releases::new(warehouse.clone()), warehouse, accounts, catalogue, project, &config)?;
    let app = Arc::new(app);
    // The first visitor should not wait for the release to be loaded.
    app.warm().await;
    if app.releases.shown().is_some() {
        let (desk, today) = (app.desk.clone(), config.today);
        tokio::spawn(async move { desk.publisher.keep_up(|| desk::today(today), LOOK_AT_THE_CLOCK).await });
    }
    let listen = |source| DashboardError::Listen { listen: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    ready(listener.local_addr().map_err(listen)?);
    let router = routes::router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, router).with_graceful_shutdown(stopped()).await?;
    Ok(())
}

/// Ends when the process is interrupted or told to end.
async fn stopped() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let told = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let told = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = told => {}
    }
}
