//! Accounts and log-ins in one SQLite file: who may enter, as what, and for how long.

pub mod list;
pub mod tokens;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};

use crate::error::{DashboardError, Result};
use crate::password;

/// What an account may do; what each sees stands in `scope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// One school.
    School,
    /// One district.
    District,
    /// Findings and their proof in one or more districts.
    Inspector,
    /// The city's bureau.
    City,
    /// Accounts alone.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 5] = [Role::School, Role::District, Role::Inspector, Role::City, Role::Admin];

    /// The name in the file, on the command line and in `words`.
    pub fn name(self) -> &'static str {
        match self {
            Role::School => "school",
            Role::District => "district",
            Role::Inspector => "inspector",
            Role::City => "city",
            Role::Admin => "admin",
        }
    }

    /// Checks and tidies the unit that an account of this role belongs to.
    fn unit(self, unit: &str) -> Result<String> {
        let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        let unit = unit.replace(char::is_whitespace, "");
        let (fits, needs) = match self {
            Role::School => (digits(&unit, 10), "a school's ten digits"),
            Role::District => (digits(&unit, 6), "a district's six digits"),
            Role::Inspector => {
                (unit.split(',').all(|one| digits(one, 6)), "districts' codes of six digits, with commas between")
            }
            Role::City | Role::Admin => (unit.is_empty(), "nothing"),
        };
        if fits { Ok(unit) } else { Err(DashboardError::Unit { role: self, unit, needs }) }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = DashboardError;

    fn from_str(text: &str) -> Result<Role> {
        Role::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| DashboardError::Role { given: text.to_owned() })
    }
}

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The log-in name, in lower case.
    pub name: String,
    /// What the account may do.
    pub role: Role,
    /// The school's id, the district's code, districts with commas between, or nothing.
    pub unit: String,
    /// Whether log-ins are refused.
    pub disabled: bool,
    /// Whether the password was given by somebody else and is to be changed before anything else.
    pub must_change: bool,
}

/// A log-in that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub account: Account,
    /// What each of its forms must carry.
    pub form_token: String,
}

/// What came of an attempt to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogIn {
    /// The token for the cookie; it is stored nowhere.
    Granted(String),
    /// Name and password are no pair, or the account is disabled; which of these is not told.
    Refused,
    /// Too many failures: the seconds to wait.
    Wait(i64),
}

const INSERT: &str =
    "insert into account (name, role, unit, password_hash, made_at, must_change) values (?1, ?2, ?3, ?4, ?5, ?6)";

/// The version of the file's tables, kept as SQLite's `user_version`; files of a kehou that kept none have 0.
const SCHEMA: i32 = 1;

/// Seconds without a request after which a log-in ends.
pub const IDLE_SECONDS: i64 = 2 * 3600;
/// Seconds after which a log-in ends whatever happens.
pub const LONGEST_SECONDS: i64 = 12 * 3600;
/// Failures before each further one makes the next attempt wait.
const FREE_FAILURES: i64 = 5;
/// The longest wait between attempts.
const LONGEST_WAIT: i64 = 15 * 60;

/// The accounts' file. Cheap to clone; its calls block for moments, and for the time of a password's hash in
/// [`Accounts::add`], [`Accounts::set_password`] and [`Accounts::log_in`].
#[derive(Debug, Clone)]
pub struct Accounts {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
}

impl Accounts {
    /// Opens the file, making it (readable by its owner alone) where it is missing.
    pub fn open(path: &Path) -> Result<Accounts> {
        let fault = |source| DashboardError::Accounts { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(fault)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        }
        // What a later kehou wrote may mean something else.
        let found: i32 = connection.query_row("pragma user_version", [], |row| row.get(0)).map_err(fault)?;
        if found > SCHEMA {
            return Err(DashboardError::NewerAccounts { path: path.to_owned(), found, known: SCHEMA });
        }
        connection.execute_batch(include_str!("accounts.sql")).map_err(fault)?;
        // Files of an earlier kehou lack the column.
        let has = connection.prepare("select must_change from account").is_ok();
        if !has {
            let add = "alter table account add column must_change integer not null default 0";
            connection.execute_batch(add).map_err(fault)?;
        }
        connection.pragma_update(None, "user_version", SCHEMA).map_err(fault)?;
        Ok(Accounts { path: path.to_owned(), connection: Arc::new(Mutex::new(connection)) })
    }

    /// Copies the accounts of a file that may be in use, as they are in one moment, to a file that is not there yet. `false` where
    /// there are none. Log-ins that are in force stay behind: a copy must not open a door that was closed meanwhile.
    pub fn copy(from: &Path, to: &Path) -> Result<bool> {
        if !from.exists() {
            return Ok(false);
        }
        let fault = |path: &Path| {
            let path = path.to_owned();
            move |source| DashboardError::Accounts { path, source }
        };
        let connection = Connection::open(from).map_err(fault(from))?;
        connection.execute_batch("pragma busy_timeout = 5000").map_err(fault(from))?;
        // SQLite copies within one transaction, whoever writes meanwhile; the file it makes is for nobody else's eyes.
        private(to)?;
        connection.execute("vacuum into ?1", [to.display().to_string()]).map_err(fault(to))?;
        let copy = Connection::open(to).map_err(fault(to))?;
        copy.execute_batch("delete from session; pragma journal_mode = delete").map_err(fault(to))?;
        Ok(true)
    }

    /// Adds an account whose owner chose the password.
    pub fn add(&self, name: &str, role: Role, unit: &str, password: &str) -> Result<()> {
        self.insert(name, role, unit, password, false)
    }

    /// Adds an account with a first password that somebody else knows: it is to be changed at the first log-in.
    pub fn add_first(&self, name: &str, role: Role, unit: &str, password: &str) -> Result<()> {
        self.insert(name, role, unit, password, true)
    }

    fn insert(&self, name: &str, role: Role, unit: &str, password: &str, must_change: bool) -> Result<()> {
        let name = log_in_name(name)?;
        let (unit, hash) = (role.unit(unit)?, password::hash(password)?);
        match self.lock().execute(INSERT, params![name, role.name(), unit, hash, now(), must_change]) {
            Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == ErrorCode::ConstraintViolation => {
                Err(DashboardError::Taken { name })
            }
            done => done.map(drop).map_err(|source| self.fault(source)),
        }
    }

    /// All accounts, by role and name.
    pub fn list(&self) -> Result<Vec<Account>> {
        let connection = self.lock();
        let read = || {
            let mut statement = connection.prepare_cached(
                "select name, role, unit, disabled, must_change from account order by role, unit, name",
            )?;
            statement.query_map([], read_account)?.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|source| self.fault(source))
    }

    /// Gives an account the password that its owner chose, and ends its log-ins.
    pub fn set_password(&self, name: &str, password: &str) -> Result<()> {
        let (name, hash) = (log_in_name(name)?, password::hash(password)?);
        self.change(&name, "update account set password_hash = ?2, must_change = 0 where name = ?1", &hash)
    }

    /// Gives an account a new password that somebody else knows, ends its log-ins and tokens, and lets waits for wrong passwords
    /// go.
    pub fn reset_password(&self, name: &str, password: &str) -> Result<()> {
        let (name, hash) = (log_in_name(name)?, password::hash(password)?);
        self.end_tokens(&name)?;
        self.change(&name, "update account set password_hash = ?2, must_change = 1 where name = ?1", &hash)?;
        let forgiven = self.lock().execute("delete from failure where name = ?1", [&name]);
        forgiven.map(drop).map_err(|source| self.fault(source))
    }

    /// Whether the password is the account's. Wrong ones count as at a log-in, so that a session is no place to guess.
    pub fn knows(&self, name: &str, password: &str) -> Result<bool> {
        match self.log_in(name, password)? {
            LogIn::Granted(token) => self.log_out(&token).map(|()| true),
            LogIn::Refused | LogIn::Wait(_) => Ok(false),
        }
    }

    /// How many log-ins are in force.
    pub fn sessions(&self) -> Result<u64> {
        let sql = "select count(*) from session where expires_at > ?1 and seen_at > ?2";
        let count = self.lock().query_row(sql, [now(), now() - IDLE_SECONDS], |row| row.get::<_, i64>(0));
        Ok(count.map_err(|source| self.fault(source))?.try_into().unwrap_or_default())
    }

    /// Refuses an account's further log-ins and ends those in force and its tokens. The account stays for the record.
    pub fn disable(&self, name: &str) -> Result<()> {
        let name = log_in_name(name)?;
        self.end_tokens(&name)?;
        self.change(&name, "update account set disabled = ?2 where name = ?1", "1")
    }

    /// Checks a name and a password and begins a session with a new token.
    pub fn log_in(&self, name: &str, password: &str) -> Result<LogIn> {
        let name = name.trim().to_lowercase();
        // A name of absurd length is nobody's; cut, it costs no more room in the table of failures than any other.
        let name: String = name.chars().take(64).collect();
        let known: Option<String> = {
            let connection = self.lock();
            let waiting = self.waiting(&connection, &name).map_err(|source| self.fault(source))?;
            if waiting > 0 {
                return Ok(LogIn::Wait(waiting));
            }
            // Counted before the check, so that attempts sent at once are no way around the wait.
            self.count_failure(&connection, &name).map_err(|source| self.fault(source))?;
            let sql = "select password_hash from account where name = ?1 and disabled = 0";
            connection.query_row(sql, [&name], |row| row.get(0)).optional().map_err(|source| self.fault(source))?
        };
        // Somebody unknown costs a hash too, so that the time tells nothing.
        if !password::fits(known.as_deref(), password)? {
            return Ok(LogIn::Refused);
        }
        let (token, form_token) = (password::token()?, password::token()?);
        let connection = self.lock();
        let begin = || {
            connection.execute("delete from failure where name = ?1", [&name])?;
            connection.execute(
                "delete from session where expires_at <= ?1 or seen_at <= ?2",
                [now(), now() - IDLE_SECONDS],
            )?;
            let sql = "insert into session (token_hash, name, form_token, made_at, seen_at, expires_at) values (?1, ?2, ?3, ?4, ?4, ?5)";
            connection.execute(sql, params![password::digest(&token), name, form_token, now(), now() + LONGEST_SECONDS])
        };
        begin().map_err(|source| self.fault(source))?;
        Ok(LogIn::Granted(token))
    }

    /// The session of a cookie's token, if it is in force.
    pub fn session(&self, token: &str) -> Result<Option<Session>> {
        let connection = self.lock();
        let digest = password::digest(token);
        let sql =
            "select account.name, role, unit, disabled, must_change, form_token, seen_at from session join account using (name)
            where token_hash = ?1 and expires_at > ?2 and seen_at > ?3 and disabled = 0";
        let read = || {
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement
                .query_row(params![digest, now(), now() - IDLE_SECONDS], |row| {
                    Ok((Session { account: read_account(row)?, form_token: row.get(5)? }, row.get::<_, i64>(6)?))
                })
                .optional()?;
            // Noted once a minute: a page's reading should not always be a write.
            if let Some((_, seen_at)) = &found
                && seen_at + 60 < now()
            {
                connection.execute("update session set seen_at = ?2 where token_hash = ?1", params![digest, now()])?;
            }
            Ok(found.map(|(session, _)| session))
        };
        read().map_err(|source| self.fault(source))
    }

    /// Ends the session of a token.
    pub fn log_out(&self, token: &str) -> Result<()> {
        let ended = self.lock().execute("delete from session where token_hash = ?1", [password::digest(token)]);
        ended.map(drop).map_err(|source| self.fault(source))
    }

    fn change(&self, name: &str, sql: &str, value: &str) -> Result<()> {
        let connection = self.lock();
        let changed = connection.execute(sql, [name, value]).map_err(|source| self.fault(source))?;
        if changed == 0 {
            return Err(DashboardError::Unknown { name: name.to_owned() });
        }
        connection.execute("delete from session where name = ?1", [name]).map_err(|source| self.fault(source))?;
        Ok(())
    }

    fn waiting(&self, connection: &Connection, name: &str) -> rusqlite::Result<i64> {
        let until =
            connection.query_row("select until from failure where name = ?1", [name], |row| row.get::<_, i64>(0));
        Ok(until.optional()?.map_or(0, |until| until - now()))
    }

    fn count_failure(&self, connection: &Connection, name: &str) -> rusqlite::Result<()> {
        connection.execute("delete from failure where until < ?1", [now() - 86_400])?;
        let sql = "insert into failure (name, times, until) values (?1, 1, ?2)
            on conflict (name) do update set times = times + 1 returning times";
        let times: i64 = connection.query_row(sql, params![name, now()], |row| row.get(0))?;
        let wait = if times < FREE_FAILURES { 0 } else { (1 << (times - FREE_FAILURES).min(10)).min(LONGEST_WAIT) };
        connection.execute("update failure set until = ?2 where name = ?1", params![name, now() + wait])?;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn fault(&self, source: rusqlite::Error) -> DashboardError {
        DashboardError::Accounts { path: self.path.clone(), source }
    }
}

/// Makes an empty file that its owner alone may read.
fn private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

fn read_account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let role: String = row.get(1)?;
    let role = role
        .parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error)))?;
    Ok(Account { name: row.get(0)?, role, unit: row.get(2)?, disabled: row.get(3)?, must_change: row.get(4)? })
}

fn log_in_name(name: &str) -> Result<String> {
    let tidy = name.trim().to_lowercase();
    let allowed = |letter: char| letter.is_alphanumeric() || "-_.@".contains(letter);
    if (2..=64).contains(&tidy.chars().count()) && tidy.chars().all(allowed) {
        Ok(tidy)
    } else {
        Err(DashboardError::Name { name: name.to_owned() })
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file of accounts with the city's.
    pub(in crate::accounts) fn accounts() -> (tempfile::TempDir, Accounts) {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = Accounts::open(&folder.path().join("accounts.sqlite")).expect("opens");
        accounts.add("City", Role::City, "", "long enough").expect("added");
        (folder, accounts)
    }

    fn token(accounts: &Accounts) -> String {
        match accounts.log_in("city", "long enough").expect("works") {
            LogIn::Granted(token) => token,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_log_in_lasts_until_it_is_ended() {
        let (_folder, accounts) = accounts();
        let (one, two) = (token(&accounts), token(&accounts));
        assert_ne!(one, two);
        assert_eq!(accounts.session(&one).expect("works").map(|session| session.account.name), Some("city".to_owned()));
        accounts.log_out(&one).expect("works");
        assert_eq!(accounts.session(&one).expect("works"), None);
        accounts.set_password("city", "another one").expect("works");
        assert_eq!(accounts.session(&two).expect("works"), None, "a new password ends the log-ins");
        assert_eq!(accounts.log_in("city", "long enough").expect("works"), LogIn::Refused);
    }

    #[test]
    fn a_copy_has_the_accounts_and_no_log_in() {
        let (folder, accounts) = accounts();
        let token = token(&accounts);
        let (from, to) = (folder.path().join("accounts.sqlite"), folder.path().join("copy.sqlite"));
        assert!(Accounts::copy(&from, &to).expect("copied"), "while it is in use");
        assert!(Accounts::copy(&from, &to).is_err(), "nothing is written over");
        let copy = Accounts::open(&to).expect("opens");
        assert_eq!(copy.session(&token).expect("works"), None);
        assert!(copy.knows("city", "long enough").expect("works"));
        assert!(accounts.session(&token).expect("works").is_some(), "the one that is in use goes on");
        assert!(!Accounts::copy(&folder.path().join("none"), &folder.path().join("other")).expect("looked"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&to).expect("it is there").permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_of_an_earlier_kehou_is_brought_up_and_one_of_a_later_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("accounts.sqlite");
        let old = Connection::open(&path).expect("opens");
        // As they were before first passwords had to be changed.
        old.execute_batch(
            "create table account (name text primary key, role text not null, unit text not null, password_hash text not null,
                made_at integer not null, disabled integer not null default 0) strict;
             insert into account values ('office', 'city', '', 'x', 1, 0);",
        )
        .expect("made");
        let accounts = Accounts::open(&path).expect("brought up");
        assert_eq!(accounts.list().expect("works").iter().map(|one| one.must_change).collect::<Vec<_>>(), [false]);
        let version: i32 = old.query_row("pragma user_version", [], |row| row.get(0)).expect("told");
        assert_eq!(version, SCHEMA);
        old.pragma_update(None, "user_version", SCHEMA + 1).expect("set");
        let refused = Accounts::open(&path).expect_err("a later kehou's").to_string();
        assert!(refused.contains("newer kehou"), "{refused}");
    }

    #[test]
    fn sessions_expire() {
        let (_folder, accounts) = accounts();
        let (idle, old) = (token(&accounts), token(&accounts));
        let age = |column: &str, by: i64, token: &str| {
            let sql = format!("update session set {column} = {column} - {by} where token_hash = ?1");
            accounts.lock().execute(&sql, [password::digest(token)]).expect("works");
        };
        age("seen_at", IDLE_SECONDS + 1, &idle);
        age("expires_at", LONGEST_SECONDS + 1, &old);
        assert_eq!(accounts.session(&idle).expect("works"), None);
        assert_eq!(accounts.session(&old).expect("works"), None);
    }

    #[test]
    fn failures_make_wait_known_or_not() {
        let (_folder, accounts) = accounts();
        for name in ["city", "nobody"] {
            for _ in 0..FREE_FAILURES {
                assert_eq!(accounts.log_in(name, "wrong").expect("works"), LogIn::Refused, "{name}");
            }
            // Further ones without the hash's time, in which a wait of a second could pass on a slow machine.
            for _ in 0..5 {
                accounts.count_failure(&accounts.lock(), name).expect("counted");
            }
            assert!(matches!(accounts.log_in(name, "long enough").expect("works"), LogIn::Wait(1..)), "{name}");
        }
    }

    #[test]
    fn a_disabled_account_is_out() {
        let (_folder, accounts) = accounts();
        let token = token(&accounts);
        accounts.disable("city").expect("works");
        assert_eq!(accounts.session(&token).expect("works"), None);
        assert_eq!(accounts.log_in("city", "long enough").expect("works"), LogIn::Refused);
        assert!(accounts.list().expect("works")[0].disabled);
    }

    #[test]
    fn a_first_password_is_to_be_changed_and_a_chosen_one_is_not() {
        let (_folder, accounts) = accounts();
        let must = |name: &str| {
            accounts.list().expect("works").into_iter().find(|one| one.name == name).map(|one| one.must_change)
        };
        assert_eq!(must("city"), Some(false));
        accounts.add_first("one", Role::District, "379902", "first of all").expect("added");
        assert_eq!(must("one"), Some(true));
        accounts.set_password("one", "chosen by me").expect("set");
        assert_eq!(must("one"), Some(false));
        for _ in 0..10 {
            accounts.count_failure(&accounts.lock(), "one").expect("counted");
        }
        accounts.reset_password("one", "given again").expect("reset");
        assert_eq!(must("one"), Some(true));
        assert!(accounts.knows("one", "given again").expect("works"), "the wait went with the old password");
        assert!(!accounts.knows("one", "chosen by me").expect("works"));
        assert_eq!(accounts.sessions().expect("works"), 0, "a look at a password is no log-in");
    }

    #[test]
    fn impossible_accounts_are_refused() {
        let (_folder, accounts) = accounts();
        let add = |name: &str, role, unit: &str, password: &str| accounts.add(name, role, unit, password);
        assert!(matches!(add("city", Role::City, "", "long enough"), Err(DashboardError::Taken { .. })));
        assert!(matches!(add("a b", Role::City, "", "long enough"), Err(DashboardError::Name { .. })));
        assert!(matches!(add("one", Role::City, "", "short"), Err(DashboardError::Password { .. })));
        assert!(matches!(add("one", Role::School, "379902", "long enough"), Err(DashboardError::Unit { .. })));
        assert!(matches!(add("one", Role::City, "379902", "long enough"), Err(DashboardError::Unit { .. })));
        add("one", Role::Inspector, "379902, 379903", "long enough").expect("two districts");
        assert!(matches!(accounts.disable("two"), Err(DashboardError::Unknown { .. })));
    }

    #[test]
    fn the_file_holds_no_password_and_no_token() {
        let (folder, accounts) = accounts();
        let token = token(&accounts);
        drop(accounts);
        for entry in std::fs::read_dir(folder.path()).expect("readable") {
            let bytes = std::fs::read(entry.expect("readable").path()).expect("readable");
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("long enough") && !text.contains(&token));
        }
    }
}
