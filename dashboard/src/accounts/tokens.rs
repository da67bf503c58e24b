//! Tokens by which programs read the API: made for one account, shown once, stored as a hash, with a reach no wider than the
//! account's and an end.

use std::fmt;
use std::str::FromStr;

use rusqlite::{OptionalExtension, Row, params};

use super::{Account, Accounts, log_in_name, now, read_account};
use crate::error::{DashboardError, Result};
use crate::password;
use crate::scope::Scope;

/// Days that a token holds where nothing else is said.
pub const DEFAULT_DAYS: u32 = 90;
/// The most days that a token may hold.
pub const MOST_DAYS: u32 = 366;
/// Tokens of one account that are in force at once.
pub const MOST_TOKENS: usize = 20;
/// Letters of a label.
pub const LONGEST_LABEL: usize = 60;
/// What every token begins with, so that it is known for what it is where it should not be.
const PREFIX: &str = "kehou_";

/// What of its account's data a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// All of it.
    All,
    /// Figures, scores, slices and submissions; no finding.
    Figures,
    /// Findings with their proof and cases; no figure.
    Findings,
}

impl Reach {
    /// All reaches.
    pub const ALL: [Reach; 3] = [Reach::All, Reach::Figures, Reach::Findings];

    /// The name in the file, on the command line and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Reach::All => "all",
            Reach::Figures => "figures",
            Reach::Findings => "findings",
        }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Reach {
    type Err = DashboardError;

    fn from_str(text: &str) -> Result<Reach> {
        let found = Reach::ALL.into_iter().find(|reach| reach.name() == text);
        found.ok_or_else(|| TokenFault::Reach(text.to_owned()).into())
    }
}

/// Why a token can't be made or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It opens something unknown.
    #[error("there is no reach '{0}'; use all, figures or findings")]
    Reach(String),
    /// It would hold too long or not at all.
    #[error("a token holds 1 to {MOST_DAYS} days, not {0}")]
    Days(u32),
    /// It has no label, or too long a one.
    #[error("say in 1 to {LONGEST_LABEL} letters what the token is for")]
    Label,
    /// It would reach farther than its account.
    #[error("'{unit}' is no unit of the account {name}: a token reaches no farther than its account")]
    Unit {
        /// The unit.
        unit: String,
        /// The account.
        name: String,
    },
    /// The account has enough of them.
    #[error("{0} has {MOST_TOKENS} tokens already; revoke one first")]
    TooMany(String),
    /// There is none of this name to end.
    #[error("there is no token '{0}' to revoke; see: kehou token list")]
    Gone(String),
}

/// A token to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Whose it is.
    pub name: String,
    /// What it is for, in the owner's words.
    pub label: String,
    /// A unit of the account's to which it is narrowed; empty for all of them.
    pub unit: String,
    /// What it opens.
    pub reach: Reach,
    /// For how many days.
    pub days: u32,
}

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// By what it is named in lists, logs and the audit. It opens nothing.
    pub id: String,
    /// Whose it is.
    pub name: String,
    /// What it is for.
    pub label: String,
    /// To which unit it is narrowed; empty for all of the account's.
    pub unit: String,
    /// What it opens.
    pub reach: Reach,
    /// When it was made, in seconds since 1970.
    pub made_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// When it was last used, to the minute.
    pub used_at: Option<i64>,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
}

impl Token {
    /// Whether it opens anything now.
    pub fn is_in_force(&self) -> bool {
        self.revoked_at.is_none() && self.expires_at > now()
    }

    /// In one line, for the audit.
    pub fn told(&self) -> String {
        let unit = if self.unit.is_empty() { String::new() } else { format!(" unit {}", self.unit) };
        format!("token {} reach {}{unit} until {} ({})", self.id, self.reach, day(self.expires_at), self.label)
    }
}

/// The day of a moment, as the clock on the wall has it.
pub fn day(seconds: i64) -> String {
    let moment = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    moment.with_timezone(&chrono::Local).date_naive().to_string()
}

/// What a token of an account sees: the account's scope, or the part of it that the token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowed {
    /// The scope.
    pub scope: Scope,
    /// A school that must lie in this wider scope, or the token opens nothing.
    pub within: Option<(String, Scope)>,
}

/// The scope of an account narrowed to a unit of it; none where the unit is none of the account's.
pub fn narrowed(account: &Account, unit: &str) -> Option<Narrowed> {
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = |scope| Some(Narrowed { scope, within: None });
    let own = Scope::of(account);
    if unit.is_empty() {
        return plain(own);
    }
    match &own {
        Scope::City if digits(unit, 6) => plain(Scope::District(unit.to_owned())),
        Scope::City if digits(unit, 10) => plain(Scope::School(unit.to_owned())),
        Scope::District(code) | Scope::School(code) if code == unit => plain(own),
        Scope::District(_) if digits(unit, 10) => {
            Some(Narrowed { scope: Scope::School(unit.to_owned()), within: Some((unit.to_owned(), own)) })
        }
        Scope::Inspector(codes) => {
            let part: Vec<String> = unit.split(',').map(str::to_owned).collect();
            part.iter()
                .all(|one| codes.contains(one))
                .then_some(Narrowed { scope: Scope::Inspector(part), within: None })
        }
        _ => None,
    }
}

impl Accounts {
    /// Makes a token. Gives it as it is kept, and the token itself, which is stored nowhere.
    pub fn add_token(&self, new: &NewToken) -> Result<(Token, String)> {
        let name = log_in_name(&new.name)?;
        let account = self.list()?.into_iter().find(|account| account.name == name && !account.disabled);
        let Some(account) = account else { return Err(DashboardError::Unknown { name }) };
        if !(1..=MOST_DAYS).contains(&new.days) {
            return Err(TokenFault::Days(new.days).into());
        }
        let label = new.label.trim();
        if label.is_empty() || label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control) {
            return Err(TokenFault::Label.into());
        }
        let unit = new.unit.replace(char::is_whitespace, "");
        if narrowed(&account, &unit).is_none() {
            return Err(TokenFault::Unit { unit, name }.into());
        }
        if self.tokens(Some(&name))?.iter().filter(|token| token.is_in_force()).count() >= MOST_TOKENS {
            return Err(TokenFault::TooMany(name).into());
        }
        let secret = format!("{PREFIX}{}", password::token()?);
        let hash = password::digest(&secret);
        let token = Token {
            id: hash[..12].to_owned(),
            name,
            label: label.to_owned(),
            unit,
            reach: new.reach,
            made_at: now(),
            expires_at: now() + i64::from(new.days) * 86_400,
            used_at: None,
            revoked_at: None,
        };
        let sql = "insert into token (id, token_hash, name, label, unit, reach, made_at, expires_at)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let values = params![
            token.id,
            hash,
            token.name,
            token.label,
            token.unit,
            token.reach.name(),
            token.made_at,
            token.expires_at
        ];
        self.lock().execute(sql, values).map_err(|source| self.fault(source))?;
        Ok((token, secret))
    }

    /// The tokens of an account, or of all; the newest first.
    pub fn tokens(&self, name: Option<&str>) -> Result<Vec<Token>> {
        let connection = self.lock();
        let read = || {
            let sql =
                format!("select {COLUMNS} from token where ?1 is null or name = ?1 order by made_at desc, rowid desc");
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_map([name], |row| read_token(row, 0))?.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|source| self.fault(source))
    }

    /// Ends a token, of this account where one is named. Gives it as it was.
    pub fn revoke_token(&self, id: &str, name: Option<&str>) -> Result<Token> {
        let found = self.tokens(name)?.into_iter().find(|token| token.id == id && token.revoked_at.is_none());
        let token = found.ok_or_else(|| TokenFault::Gone(id.to_owned()))?;
        let sql = "update token set revoked_at = ?2 where id = ?1 and revoked_at is null";
        self.lock().execute(sql, params![id, now()]).map_err(|source| self.fault(source))?;
        Ok(token)
    }

    /// The token of a request and its account, if both are in force. Its use is noted once a minute.
    pub fn bearer(&self, secret: &str) -> Result<Option<(Token, Account)>> {
        let connection = self.lock();
        let read = || {
            let sql = format!(
                "select account.name, role, account.unit, disabled, must_change, {COLUMNS}
                from token join account on account.name = token.name
                where token_hash = ?1 and expires_at > ?2 and revoked_at is null and disabled = 0"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement
                .query_row(params![password::digest(secret), now()], |row| {
                    Ok((read_token(row, 5)?, read_account(row)?))
                })
                .optional()?;
            if let Some((token, _)) = &found
                && token.used_at.is_none_or(|used| used + 60 < now())
            {
                connection.execute("update token set used_at = ?2 where id = ?1", params![token.id, now()])?;
            }
            Ok(found)
        };
        read().map_err(|source| self.fault(source))
    }

    /// Ends all tokens of an account.
    pub(super) fn end_tokens(&self, name: &str) -> Result<()> {
        let sql = "update token set revoked_at = ?2 where name = ?1 and revoked_at is null";
        self.lock().execute(sql, params![name, now()]).map(drop).map_err(|source| self.fault(source))
    }
}

const COLUMNS: &str = "token.id, token.name, token.label, token.unit, token.reach, token.made_at, token.expires_at, token.used_at, \
    token.revoked_at";

fn read_token(row: &Row<'_>, from: usize) -> rusqlite::Result<Token> {
    let reach: String = row.get(from + 4)?;
    let broken = |error: DashboardError| {
        rusqlite::Error::FromSqlConversionFailure(from + 4, rusqlite::types::Type::Text, Box::new(error))
    };
    Ok(Token {
        id: row.get(from)?,
        name: row.get(from + 1)?,
        label: row.get(from + 2)?,
        unit: row.get(from + 3)?,
        reach: reach.parse().map_err(broken)?,
        made_at: row.get(from + 5)?,
        expires_at: row.get(from + 6)?,
        used_at: row.get(from + 7)?,
        revoked_at: row.get(from + 8)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Role;
    use super::*;

    fn accounts() -> (tempfile::TempDir, Accounts) {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = Accounts::open(&folder.path().join("accounts.sqlite")).expect("opens");
        for (name, role, unit) in [
            ("city", Role::City, ""),
            ("district", Role::District, "379902"),
            ("school", Role::School, "3799020001"),
            ("inspector", Role::Inspector, "379902,379903"),
            ("admin", Role::Admin, ""),
        ] {
            accounts.add(name, role, unit, "long enough").expect("added");
        }
        (folder, accounts)
    }

    fn new(name: &str) -> NewToken {
        NewToken {
            name: name.to_owned(),
            label: "夜间报表".to_owned(),
            unit: String::new(),
            reach: Reach::All,
            days: 90,
        }
    }

    #[test]
    fn a_token_holds_until_it_ends_or_is_ended() {
        let (folder, accounts) = accounts();
        let (token, secret) = accounts.add_token(&new("City")).expect("made");
        let (found, account) = accounts.bearer(&secret).expect("works").expect("in force");
        assert_eq!((found.id, account.name.as_str()), (token.id.clone(), "city"));
        assert_eq!(accounts.bearer(&token.id).expect("works"), None, "its name opens nothing");
        assert!(accounts.tokens(Some("city")).expect("works")[0].used_at.is_some(), "its use is noted");
        for entry in std::fs::read_dir(folder.path()).expect("readable") {
            let bytes = std::fs::read(entry.expect("readable").path()).expect("readable");
            assert!(!String::from_utf8_lossy(&bytes).contains(&secret), "it is stored nowhere");
        }
        let ended = |change: &str| {
            let (token, secret) = accounts.add_token(&new("city")).expect("made");
            accounts.lock().execute(&format!("update token set {change} where id = ?1"), [&token.id]).expect("works");
            accounts.bearer(&secret).expect("works").is_none()
        };
        assert!(ended("expires_at = expires_at - 90 * 86400"));
        assert!(ended("revoked_at = 1"));
        accounts.revoke_token(&token.id, Some("city")).expect("revoked");
        assert_eq!(accounts.bearer(&secret).expect("works"), None);
        assert!(accounts.revoke_token(&token.id, Some("city")).is_err(), "it is revoked once");
    }

    #[test]
    fn tokens_end_with_the_account_and_with_a_given_password() {
        let (_folder, accounts) = accounts();
        let made = |name: &str| accounts.add_token(&new(name)).expect("made").1;
        let (closed, reset, kept) = (made("school"), made("district"), made("city"));
        accounts.disable("school").expect("closed");
        accounts.reset_password("district", "given again").expect("reset");
        accounts.set_password("city", "chosen by me").expect("set");
        let holds = |secret: &str| accounts.bearer(secret).expect("works").is_some();
        assert_eq!([holds(&closed), holds(&reset), holds(&kept)], [false, false, true]);
        assert!(matches!(accounts.add_token(&new("school")), Err(DashboardError::Unknown { .. })));
        let other = accounts.tokens(Some("city")).expect("works")[0].id.clone();
        assert!(accounts.revoke_token(&other, Some("district")).is_err(), "it is another's");
        assert!(holds(&kept));
    }

    #[test]
    fn a_token_reaches_no_farther_than_its_account() {
        let (_folder, accounts) = accounts();
        let add = |name: &str, unit: &str| accounts.add_token(&NewToken { unit: unit.to_owned(), ..new(name) }).is_ok();
        for (name, unit) in [
            ("city", "379902"),
            ("city", "3799020001"),
            ("district", "379902"),
            ("district", "3799020001"),
            ("inspector", "379903"),
            ("school", "3799020001"),
        ] {
            assert!(add(name, unit), "{name} {unit}");
        }
        for (name, unit) in [
            ("district", "379903"),
            ("school", "3799020002"),
            ("school", "379902"),
            ("inspector", "379904"),
            ("inspector", "379903,379904"),
            ("inspector", "3799020001"),
            ("admin", "379902"),
            ("city", "city"),
        ] {
            assert!(!add(name, unit), "{name} {unit}");
        }
        let account = accounts.list().expect("works").into_iter().find(|one| one.name == "district").expect("there");
        let school = narrowed(&account, "3799030001").expect("whether it lies in the district is told by the register");
        assert_eq!(school.within, Some(("3799030001".to_owned(), Scope::District("379902".to_owned()))));
    }

    #[test]
    fn impossible_tokens_are_refused() {
        let (_folder, accounts) = accounts();
        let add = |change: fn(&mut NewToken)| {
            let mut token = new("city");
            change(&mut token);
            accounts.add_token(&token).is_err()
        };
        assert!(add(|token| token.days = 0) && add(|token| token.days = MOST_DAYS + 1));
        assert!(add(|token| token.label = " ".to_owned()) && add(|token| token.label = "长".repeat(61)));
        assert!(add(|token| token.name = "nobody".to_owned()));
        for _ in 0..MOST_TOKENS {
            accounts.add_token(&new("city")).expect("made");
        }
        assert!(accounts.add_token(&new("city")).is_err(), "they are bounded");
    }

    #[test]
    fn a_file_of_before_gets_the_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("accounts.sqlite");
        let old = rusqlite::Connection::open(&path).expect("opens");
        old.execute_batch(
            "create table account (name text primary key, role text not null, unit text not null, password_hash text not null,
                made_at integer not null, disabled integer not null default 0) strict;
            insert into account values ('city', 'city', '', 'x', 1, 0);",
        )
        .expect("as it was");
        drop(old);
        let accounts = Accounts::open(&path).expect("opens");
        let (_, secret) = accounts.add_token(&new("city")).expect("made");
        assert!(accounts.bearer(&secret).expect("works").is_some());
    }
}
