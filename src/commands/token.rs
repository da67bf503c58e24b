//! `kehou token`: tokens by which programs read the API.

use std::process::ExitCode;

use anyhow::Result;
use dashboard::accounts::Accounts;
use dashboard::accounts::tokens::{NewToken, day};

use crate::args::token::{Token, TokenAction};
use crate::commands::user::{audited, file};
use crate::show::columns;

/// Makes, lists or ends tokens; what is made or ended is audited.
pub async fn run(args: Token) -> Result<ExitCode> {
    let accounts = Accounts::open(&file(&args.at.warehouse)?)?;
    let audit = async |name: &str, what: String| audited(&args.at.warehouse, "token", name, &what).await;
    match args.action {
        TokenAction::Add { name, label, days, reach, unit } => {
            let new = NewToken { name, label, unit, reach: reach.parse()?, days };
            let (token, secret) = accounts.add_token(&new)?;
            audit(&token.name, format!("add {}", token.told())).await?;
            eprintln!(
                "Token {} of {} holds until {}. It is shown this once.",
                token.id,
                token.name,
                day(token.expires_at)
            );
            println!("{secret}");
        }
        TokenAction::List { name } => {
            let head = ["id", "account", "opens", "unit", "made", "until", "used", "state", "label"];
            let rows = accounts.tokens(name.as_deref())?.into_iter().map(|token| {
                let state = match (token.revoked_at, token.is_in_force()) {
                    (Some(_), _) => "revoked",
                    (None, true) => "in force",
                    (None, false) => "ended",
                };
                let (made, until) = (day(token.made_at), day(token.expires_at));
                let used = token.used_at.map(day).unwrap_or_default();
                let (opens, state) = (token.reach.to_string(), state.to_owned());
                vec![token.id, token.name, opens, token.unit, made, until, used, state, token.label]
            });
            let head = head.map(str::to_owned).to_vec();
            print!("{}", columns(&std::iter::once(head).chain(rows).collect::<Vec<_>>()));
        }
        TokenAction::Revoke { id } => {
            let token = accounts.revoke_token(&id, None)?;
            audit(&token.name, format!("revoke {}", token.told())).await?;
            println!("Revoked {id} of {}.", token.name);
        }
    }
    Ok(ExitCode::SUCCESS)
}
