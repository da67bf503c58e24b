//! A list of accounts: read from CSV, made all at once or not at all, each with a first password that is told once.

use std::collections::HashSet;

use rusqlite::params;

use super::{Accounts, INSERT, Role, log_in_name, now};
use crate::error::{DashboardError, Result};
use crate::pages::layout::role_key;
use crate::password;
use crate::words::Lang;

/// A line of a list of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The log-in name.
    pub name: String,
    /// What the account may do.
    pub role: Role,
    /// What it belongs to.
    pub unit: String,
}

/// An account that was made, with the password that is told once and stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPassword {
    /// The log-in name.
    pub name: String,
    /// What the account may do.
    pub role: Role,
    /// What it belongs to.
    pub unit: String,
    /// The password.
    pub password: String,
}

/// Reads a list of accounts: CSV with the headings name, role, unit (or 账号, 角色, 单位) in any order. Roles are written as on
/// the command line or as on the screen.
pub fn people(csv: &[u8]) -> Result<Vec<Person>> {
    let bad = |line: u64, why: &str| DashboardError::People { line, why: why.to_owned() };
    let text = std::str::from_utf8(csv).map_err(|_| bad(1, "it is not UTF-8; save it as CSV UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|error| bad(1, &error.to_string()))?.clone();
    let place = |names: [&str; 2]| headings.iter().position(|heading| names.contains(&heading));
    let columns = [place(["name", "账号"]), place(["role", "角色"]), place(["unit", "单位"])];
    let [Some(name), Some(role), Some(unit)] = columns else {
        return Err(bad(1, "the headings name, role, unit (账号, 角色, 单位) are needed"));
    };
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            bad(error.position().map_or(0, csv::Position::line), "it can't be read as a line of CSV")
        })?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        // Blank lines before a record are passed over, and count in an editor.
        let begins = record.position().map_or(0, |at| at.byte() as usize).min(text.len());
        let blank = text[begins..].len() - text[begins..].trim_start_matches(['\r', '\n']).len();
        let line = 1 + text[..begins + blank].matches('\n').count() as u64;
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let told = |one: &Role| Lang::Zh.say(role_key(*one)) == cell(role);
        let role = match Role::ALL.into_iter().find(told) {
            Some(role) => role,
            None => cell(role).parse().map_err(|error: DashboardError| bad(line, &error.to_string()))?,
        };
        found.push(Person { line, name: cell(name).to_owned(), role, unit: cell(unit).to_owned() });
    }
    if found.is_empty() { Err(bad(2, "there is no account in it")) } else { Ok(found) }
}

/// Names and first passwords as CSV, with the mark by which spreadsheets know UTF-8.
pub fn first_passwords(made: &[FirstPassword]) -> String {
    let mut text = "\u{feff}name,role,unit,password\r\n".to_owned();
    for one in made {
        // An inspector's districts have commas between them; no part holds a quote.
        text += &format!("{},{},\"{}\",{}\r\n", one.name, one.role, one.unit, one.password);
    }
    text
}

impl Accounts {
    /// Adds all of these accounts or none, each with a first password of its own. Gives them as they were stored.
    pub fn add_people(&self, people: &[Person]) -> Result<Vec<FirstPassword>> {
        let mut known: HashSet<String> = self.list()?.into_iter().map(|account| account.name).collect();
        let mut made = Vec::with_capacity(people.len());
        for person in people {
            let told = |error: DashboardError| DashboardError::People { line: person.line, why: error.to_string() };
            let name = log_in_name(&person.name).map_err(told)?;
            let unit = person.role.unit(&person.unit).map_err(told)?;
            if !known.insert(name.clone()) {
                return Err(told(DashboardError::Taken { name }));
            }
            made.push(FirstPassword { name, role: person.role, unit, password: password::first()? });
        }
        let hashes = made.iter().map(|one| password::hash(&one.password)).collect::<Result<Vec<_>>>()?;
        let mut connection = self.lock();
        let mut insert = || {
            let transaction = connection.transaction()?;
            for (one, hash) in made.iter().zip(&hashes) {
                transaction.execute(INSERT, params![one.name, one.role.name(), one.unit, hash, now(), true])?;
            }
            transaction.commit()
        };
        insert().map_err(|source| self.fault(source))?;
        drop(connection);
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::accounts;
    use super::*;

    #[test]
    fn a_list_makes_all_of_its_accounts_or_none() {
        let (_folder, accounts) = accounts();
        let list = "\u{feff}角色,账号,单位\n学校,s1,3799020001\nschool,S2,3799020002\n\n区（市）,d1,379902\n";
        let read = people(list.as_bytes()).expect("a list");
        assert_eq!(
            read.iter().map(|one| (one.line, one.role)).collect::<Vec<_>>(),
            [(2, Role::School), (3, Role::School), (5, Role::District)]
        );
        let made = accounts.add_people(&read).expect("made");
        assert_eq!(made.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["s1", "s2", "d1"]);
        assert_ne!(made[0].password, made[1].password);
        assert!(accounts.knows("s2", &made[1].password).expect("works"));
        let wrong = |list: &str, line: u64| {
            let refused = people(list.as_bytes()).and_then(|people| accounts.add_people(&people));
            assert!(matches!(refused, Err(DashboardError::People { line: told, .. }) if told == line), "{refused:?}");
        };
        wrong("name,role,unit\nnew,school,3799020003\ncity,city,\n", 3);
        wrong("name,role,unit\nnew,school,3799020003\nnew,school,3799020003\n", 3);
        wrong("name,role,unit\nnew,school,379902\n", 2);
        wrong("name,role,unit\nnew,teacher,3799020003\n", 2);
        wrong("name,role\nnew,school\n", 1);
        wrong("name,role,unit\n", 2);
        assert_eq!(accounts.list().expect("works").len(), 4, "a list with a fault makes no account");
    }
}
