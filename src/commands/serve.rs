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
    #[cfg(unix)]
    keep_no_memory();
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

/// A server stands idle most of the time, and would keep what its busiest moment took. The allocator reads its settings once, as a
/// process begins; so this one begins again, with memory given back at once, unless somebody chose otherwise.
#[cfg(unix)]
fn keep_no_memory() {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    const KEPT_FOR: &str = "MIMALLOC_PURGE_DELAY";
    if std::env::var_os(KEPT_FOR).is_none() {
        let own = std::env::current_exe().map(Command::new);
        let failed = own.map(|mut own| own.args(std::env::args_os().skip(1)).env(KEPT_FOR, "0").exec());
        tracing::warn!(why = ?failed, "it can't begin again, and will keep more memory than it needs");
    }
}
