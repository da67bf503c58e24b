//! The command line of kehou: reads words, calls a crate, prints. No logic.

mod args;
mod commands;
mod show;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(words) => {
            // Help goes to standard output and is no fault. Code 2 says that files were rejected, and nothing else.
            let code = if words.use_stderr() { ExitCode::from(1) } else { ExitCode::SUCCESS };
            drop(words.print());
            return code;
        }
    };
    show::log_to_stderr();
    show::panics_without_data();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Plans of a hundred models nest deeply.
        .thread_stack_size(16 << 20)
        .build()
        .expect("the system gives threads");
    // The work runs on a worker, whose stack is the large one.
    let done = runtime.block_on(async {
        // What a panic says stays untold: see the hook.
        let done = tokio::spawn(run(args.command.unwrap_or_default())).await;
        done.unwrap_or_else(|_| Err(anyhow::anyhow!("it ended by an error of kehou itself; please report it")))
    });
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("kehou: {error:#}");
            if warehouse::error::is_disk_full(error.as_ref()) {
                eprintln!("kehou: {}", warehouse::error::DISK_FULL);
            }
            ExitCode::from(1)
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(args) => commands::demo::run(args).await,
        Command::Sample(args) => commands::sample::run(args),
        Command::Init(args) => commands::init::run(args).await,
        Command::Template(args) => commands::template::run(args).await,
        Command::Ingest(args) => commands::ingest::run(args).await,
        Command::Transform(args) => commands::transform::run(args).await,
        Command::Query(args) => commands::query::run(args).await,
        Command::Export(args) => commands::export::run(args).await,
        Command::Releases(args) => commands::releases::run(args).await,
        Command::Diff(args) => commands::diff::run(args).await,
        Command::WhatIf(args) => commands::what_if::run(args).await,
        Command::Explain(args) => commands::explain::run(args).await,
        Command::Report(args) => commands::report::run(args).await,
        Command::Serve(args) => commands::serve::run(args).await,
        Command::User(args) => commands::user::run(args).await,
        Command::Token(args) => commands::token::run(args).await,
        Command::Catalog(args) => commands::catalog::run(args).await,
        Command::Status(args) => commands::status::run(args).await,
        Command::Withdraw(args) => commands::withdraw::run(args).await,
        Command::Case(args) => commands::case::run(args).await,
        Command::Verify(args) => commands::verify::run(args).await,
        Command::Backup(args) => commands::backup::run(args).await,
        Command::Restore(args) => commands::restore::run(args).await,
        Command::Optimize(args) => commands::optimize::run(args).await,
        Command::Forget(args) => commands::forget::run(args).await,
        Command::Migrate(args) => commands::migrate::run(args).await,
        Command::Unseal(args) => commands::unseal::run(args).await,
        Command::RotateKey(args) => commands::rotate::run(args).await,
    }
}
