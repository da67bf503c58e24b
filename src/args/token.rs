//! The words of who lets programs read: tokens of the API.

use clap::{Args as ClapArgs, Subcommand};
use dashboard::accounts::tokens::DEFAULT_DAYS;

use super::Where;

/// `kehou token`
#[derive(Debug, ClapArgs)]
pub struct Token {
    #[command(flatten)]
    pub at: Where,
    /// What to do
    #[command(subcommand)]
    pub action: TokenAction,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenAction {
    /// Make a token for an account; it is printed once and stored nowhere
    Add {
        /// The account's log-in name
        name: String,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        label: String,
        /// For how many days it holds, at most 366
        #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_DAYS)]
        days: u32,
        /// What it opens: all that its account sees, figures (and submissions) alone, or findings alone
        #[arg(long, default_value = "all", value_parser = ["all", "figures", "findings"])]
        reach: String,
        /// One unit of the account's alone: a district's or a school's code (inspectors: districts, parted by commas)
        #[arg(long, default_value = "")]
        unit: String,
    },
    /// List tokens, ended and revoked ones too
    List {
        /// Of this account alone
        name: Option<String>,
    },
    /// End a token at once
    Revoke {
        /// Its id, as `list` and the log tell it
        id: String,
    },
}
