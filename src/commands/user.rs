//! `kehou user`: accounts of the dashboard.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use dashboard::accounts::Accounts;
use dashboard::accounts::list::{first_passwords, people};
use ingest::audit::{Event, record};
use ingest::unseal::whoever;
use warehouse::Warehouse;

use crate::args::people::{User, UserAction};
use crate::show::columns;

/// Adds, lists, changes or closes accounts; what is done is audited.
pub async fn run(args: User) -> Result<ExitCode> {
    let accounts = Accounts::open(&file(&args.at.warehouse)?)?;
    let audit = async |name: &str, what: &str| audited(&args.at.warehouse, "account", name, what).await;
    match args.action {
        UserAction::Add { file: Some(file), .. } => {
            let list = std::fs::read(&file).with_context(|| format!("{} can't be read", file.display()))?;
            let people = people(&list).with_context(|| file.display().to_string())?;
            let made = accounts.add_people(&people).with_context(|| file.display().to_string())?;
            print!("{}", first_passwords(&made));
            let names: Vec<&str> = made.iter().map(|one| one.name.as_str()).collect();
            audit(&names.join(", "), "add").await?;
        }
        UserAction::Add { name, role, unit, own, file: None } => {
            let (name, role) = name.zip(role).context("name the account and its role")?;
            if own {
                accounts.add(&name, role.parse()?, &unit, &password()?)?;
                audit(&name, "add").await?;
                println!("Added {name}.");
            } else {
                accounts.add_first(&name, role.parse()?, &unit, &password()?)?;
                audit(&name, "add").await?;
                println!("Added {name}. The password is to be changed at the first log-in.");
            }
        }
        UserAction::List => {
            let head = ["name", "role", "unit", "state"].map(str::to_owned).to_vec();
            let rows = accounts.list()?.into_iter().map(|account| {
                let state = if account.disabled { "closed" } else { "open" };
                vec![account.name, account.role.to_string(), account.unit, state.to_owned()]
            });
            print!("{}", columns(&std::iter::once(head).chain(rows).collect::<Vec<_>>()));
        }
        UserAction::Passwd { name, own } => {
            if own {
                accounts.set_password(&name, &password()?)?;
                audit(&name, "password").await?;
                println!("Changed the password of {name}; its log-ins ended.");
            } else {
                accounts.reset_password(&name, &password()?)?;
                audit(&name, "reset").await?;
                println!("Changed the password of {name}; its log-ins ended, and it is to be changed at the next one.");
            }
        }
        UserAction::Disable { name } => {
            accounts.disable(&name)?;
            audit(&name, "disable").await?;
            println!("Closed {name}.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Commits to the audit what was done to an account, by whoever runs the command.
pub async fn audited(warehouse: &str, action: &'static str, name: &str, what: &str) -> Result<()> {
    let warehouse = Warehouse::open(warehouse).await.context("done, and not audited: the warehouse can't be opened")?;
    let event = Event { by_whom: whoever(None), action, subject: name.to_owned(), reason: what.to_owned() };
    record(&warehouse, &event).await?;
    Ok(())
}

/// Where a warehouse's accounts lie: `$KEHOU_ACCOUNTS`, else beside its folder.
pub fn file(warehouse: &str) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("KEHOU_ACCOUNTS") {
        return Ok(path.into());
    }
    let local = warehouse.strip_prefix("file://").unwrap_or(warehouse);
    ensure!(
        !local.contains("://"),
        "accounts are a local file, and {warehouse} is no local folder: name the file by KEHOU_ACCOUNTS"
    );
    let folder = std::path::absolute(local)?;
    let mut name = folder.file_name().context("the warehouse's folder has no name")?.to_owned();
    name.push(".accounts.sqlite");
    Ok(folder.with_file_name(name))
}

/// A password from the terminal or, for scripts, the first line of standard input. It is never an argument: those show
/// in the list of processes.
fn password() -> Result<String> {
    if std::io::stdin().is_terminal() {
        eprint!("Password (it shows while you type): ");
        std::io::stderr().flush()?;
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
