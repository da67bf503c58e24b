//! `kehou serve`: the dashboard.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use dashboard::{Config, serve};
use warehouse::Warehouse;

use crate::args::Serve;
use crate::commands::user;

/// Serves until it is interrupted.
pub async fn run(args: Serve) -> Result<ExitCode> {
    ensure!(
        args.listen.ip().is_loopback(),
        "kehou serves plain HTTP on the loopback interface alone, and {} is not on it: put a proxy with TLS before it",
        args.listen
    );
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let config = Config::new(args.listen, user::file(&args.at.warehouse)?);
    serve(warehouse, config, |address| println!("http://{address}/")).await?;
    Ok(ExitCode::SUCCESS)
}
