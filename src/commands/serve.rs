//! `kehou serve`: the dashboard.

use std::process::ExitCode;

use anyhow::Result;
use dashboard::api::limit::Limits;
use dashboard::{Config, Runner, serve};
use warehouse::Warehouse;

use crate::args::people::Serve;
use crate::commands::init::folder_of_keys;
use crate::commands::user;

/// Serves until it is interrupted.
pub async fn run(args: Serve) -> Result<ExitCode> {
    let warehouse = Warehouse::open(&args.at.warehouse).await?;
    let accounts = user::file(&args.at.warehouse)?;
    let config = Config {
        listen: args.listen,
        accounts,
        made_up_city: false,
        secure_cookies: args.behind_tls,
        keys: folder_of_keys(&warehouse),
        today: args.today,
        api: Limits { token: args.api_token_rate, address: args.api_address_rate },
        runner: Runner::of_this_kehou(&args.at.warehouse)?,
    };
    serve(warehouse, config, |address| println!("http://{address}/")).await?;
    Ok(ExitCode::SUCCESS)
}
