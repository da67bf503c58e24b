//! A page of entries: from the tables of a scope by one `select`, or from a list that is held in memory.

use chrono::Days;
use serde_json::Value;

use crate::api::Ask;
use crate::api::parameter::LIMIT;
use crate::api::problem::Problem;
use crate::api::shape::Shape;

/// A page of entries.
#[derive(Debug, Default)]
pub struct Page {
    /// How many entries there are on all pages together.
    pub total: i64,
    /// The entries.
    pub items: Vec<Value>,
    /// The key of the last one, where more come.
    pub goes_on_after: Option<Vec<String>>,
}

/// A `select` over the scope's tables.
#[derive(Debug, Clone, Copy)]
pub struct Select {
    /// What is selected; the names are those of the shape's fields.
    pub columns: &'static str,
    /// From what.
    pub from: &'static str,
    /// By what entries are ordered and told apart: expressions whose value is text, never null.
    pub key: &'static [&'static str],
    /// By parameter of path or query, which entries are meant.
    pub filters: &'static [(&'static str, Filter)],
    /// What is done to an entry before it is given.
    pub mend: fn(&mut Value),
}

/// Which entries a parameter means.
#[derive(Debug, Clone, Copy)]
pub enum Filter {
    /// Those whose column has its value.
    Is(&'static str),
    /// Those for which a condition holds, in which `?` is the value.
    Where(&'static str),
    /// Those for which a condition holds, in which `?` is a whole number.
    Number(&'static str),
    /// Those of which a day lies so many days or more before the run's.
    Age(&'static str),
    /// By each value a condition; the first value's where none is given.
    OneOf(&'static [(&'static str, &'static str)]),
    /// The same, and all entries where none is given.
    AnyOf(&'static [(&'static str, &'static str)]),
}

impl Select {
    /// The page that is asked for.
    pub async fn page(&self, shape: &Shape, ask: &Ask) -> Result<Page, Problem> {
        let (conditions, mut texts) = self.conditions(ask);
        let from = self.from(ask);
        let counted = format!("select count(*) as total from {from} where {}", conditions.join(" and "));
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        let total = ask.scoped.query(&counted, &borrowed).await?.first().map_or(0, |row| row.count("total"));

        let mut conditions = conditions;
        if let Some(after) = &ask.after {
            if after.len() != self.key.len() {
                return Err(Problem::no_such_cursor());
            }
            let first = texts.len();
            texts.extend(after.iter().cloned());
            conditions.push(beyond(self.key, first));
        }
        let limit = ask.query.whole(&LIMIT) as usize;
        let keys: Vec<String> = self.key.iter().enumerate().map(|(at, key)| format!("{key} as key_{at}")).collect();
        let order: Vec<String> = (0..self.key.len()).map(|at| format!("key_{at} asc nulls last")).collect();
        let sql = format!(
            "select {}, {} from {from} where {} order by {} limit {}",
            self.columns,
            keys.join(", "),
            conditions.join(" and "),
            order.join(", "),
            limit + 1
        );
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        let rows = ask.scoped.read(&sql, &borrowed).await?;
        let more = rows.iter().len() > limit;
        let last = rows.iter().take(limit).last().filter(|_| more);
        let key = |row: crate::rows::Row<'_>| {
            (0..self.key.len()).map(|at| row.text(&format!("key_{at}")).to_owned()).collect()
        };
        let items = rows.iter().take(limit).map(|row| {
            let mut item = shape.read(row);
            (self.mend)(&mut item);
            item
        });
        Ok(Page { total, items: items.collect(), goes_on_after: last.map(key) })
    }

    /// Where entries come from; of cases with what was done since the release.
    fn from(&self, ask: &Ask) -> String {
        // Most resources have nothing to do with cases.
        if !self.from.contains("marts.case_now") {
            return self.from.to_owned();
        }
        self.from.replace("marts.case_now", &ask.app.desk.case_now(&ask.scoped.edition))
    }

    /// The first entry that is meant; nothing in sight is nothing.
    pub async fn one(&self, shape: &Shape, ask: &Ask) -> Result<Value, Problem> {
        let (conditions, texts) = self.conditions(ask);
        let sql = format!("select {} from {} where {} limit 1", self.columns, self.from(ask), conditions.join(" and "));
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let rows = ask.scoped.read(&sql, &texts).await?;
        let mut item = shape.read(rows.first().ok_or_else(Problem::not_here)?);
        (self.mend)(&mut item);
        Ok(item)
    }

    fn conditions(&self, ask: &Ask) -> (Vec<String>, Vec<String>) {
        let (mut conditions, mut texts) = (vec!["1 = 1".to_owned()], Vec::new());
        for (name, filter) in self.filters {
            let given = ask.path.get(name).or_else(|| ask.query.get(name));
            let mut with_text = |condition: &str, value: &str| {
                texts.push(value.to_owned());
                conditions.push(condition.replace('?', &format!("${}", texts.len())));
            };
            match (filter, given) {
                (Filter::Is(column), Some(value)) => with_text(&format!("{column} = ?"), value),
                (Filter::Where(condition), Some(value)) => with_text(condition, value),
                (Filter::Number(condition), Some(value)) => conditions.push(condition.replace('?', value)),
                (Filter::Age(column), Some(value)) => {
                    let days = Days::new(value.parse().unwrap_or(0));
                    if let Some(day) = ask.release.today.checked_sub_days(days) {
                        conditions.push(format!("{column} <= date '{day}'"));
                    }
                }
                (Filter::OneOf(all), given) => {
                    let found = given.and_then(|value| all.iter().find(|(one, _)| *one == value));
                    conditions.push(found.unwrap_or(&all[0]).1.to_owned());
                }
                (Filter::AnyOf(all), Some(value)) => {
                    conditions.extend(all.iter().find(|(one, _)| *one == value).map(|one| one.1.to_owned()));
                }
                (_, None) => {}
            }
        }
        (conditions, texts)
    }
}

/// The entries that come after a key, whose parts are the parameters from `first` on.
fn beyond(key: &[&str], first: usize) -> String {
    let mut condition = String::new();
    for (at, part) in key.iter().enumerate().rev() {
        let text = format!("${}", first + at + 1);
        condition = if condition.is_empty() {
            format!("{part} > {text}")
        } else {
            format!("({part} > {text} or {part} = {text} and ({condition}))")
        };
    }
    condition
}

/// The page that is asked for of a list that is held in memory, each entry with its key.
pub fn held(all: Vec<(String, Value)>, ask: &Ask) -> Page {
    let limit = ask.query.whole(&LIMIT) as usize;
    let after = ask.after.as_ref().and_then(|after| after.first());
    let skip = after.map_or(0, |after| all.iter().position(|(key, _)| key == after).map_or(all.len(), |at| at + 1));
    let total = all.len() as i64;
    let last = all.get(skip + limit - 1).filter(|_| skip + limit < all.len()).map(|(key, _)| vec![key.clone()]);
    let items = all.into_iter().skip(skip).take(limit).map(|(_, item)| item).collect();
    Page { total, items, goes_on_after: last }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_after_a_key() {
        assert_eq!(beyond(&["a"], 0), "a > $1");
        assert_eq!(beyond(&["a", "b", "c"], 2), "(a > $3 or a = $3 and ((b > $4 or b = $4 and (c > $5))))");
    }
}
