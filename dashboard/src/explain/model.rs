//! The SQL that makes a figure or a finding: its text, what it reads down to the forms, and the numbers of the policy in it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use ingest::form::{Form, forms};
use serde::Serialize;
use transform::project::{Model, Project, is_generated};
use warehouse::table::TableName;

use crate::error::Result;
use crate::explain::Explainer;
use crate::explain::tables::list;

/// What the header of an indicator or a rule says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct About {
    /// `C03`, `R13`
    pub code: String,
    /// The title in Chinese.
    pub title_zh: String,
    /// The title in English.
    pub title_en: String,
    /// What a row of the model is, in English.
    pub sentence: String,
    /// The header's other values: formula, clause, unit, severity, blind, note …
    #[serde(flatten)]
    pub header: BTreeMap<String, String>,
}

/// A model's text and what it reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SqlTold {
    /// The file, below `sql/`.
    pub path: String,
    /// Whether the release was computed by this very text.
    pub same_as_release: bool,
    /// Everything that it reads, directly or through others, each after what it reads itself.
    pub reads: Vec<ReadTold>,
    /// The text.
    pub text: String,
}

/// Something that a model reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ReadTold {
    /// `schema.table`
    pub name: String,
    /// Whether the model names it itself.
    pub direct: bool,
    /// What a row of it is; a form's title where it holds what schools sent.
    pub what: String,
    /// Its file; none for what is no model.
    pub path: Option<String>,
}

/// A number of the policy that was in force in the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PolicyTold {
    /// Its name.
    pub key: String,
    /// The number.
    pub value: String,
    /// From when on.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_from: Option<NaiveDate>,
    /// The clause that it rests on; empty where it is the bureau's own.
    pub clause: String,
}

/// A clause of the notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ClauseTold {
    /// How it is cited: `六¶3`
    pub clause: String,
    /// Its text.
    pub text: String,
}

/// Models that say who owes what and who sent it, and those that a figure takes whole. What lies behind them is not what a figure
/// counts.
const FRAME: [(&str, &str); 7] = [
    ("staging", "intake"),
    ("staging", "owed"),
    ("staging", "slice"),
    ("staging", "school"),
    ("staging", "unit"),
    ("marts", "finding"),
    ("marts", "figure"),
];

/// The header of an indicator or a rule.
pub fn about(model: &Model) -> About {
    let mut header = model.header.clone();
    for key in ["stored", "key", "periods", "collects", "carries", "warns"] {
        header.remove(key);
    }
    let mut take = |key: &str| header.remove(key).unwrap_or_default();
    let code = [take("code"), take("rule")].concat();
    About { code, title_zh: take("title_zh"), title_en: take("title_en"), sentence: model.sentence.clone(), header }
}

impl About {
    /// Nothing but a code.
    pub fn unknown(code: &str) -> About {
        let code = code.to_owned();
        About { title_zh: code.clone(), title_en: code.clone(), code, sentence: String::new(), header: BTreeMap::new() }
    }

    /// A value of the header, empty where there is none.
    pub fn get(&self, key: &str) -> &str {
        self.header.get(key).map_or("", String::as_str)
    }
}

/// The forms whose rows a model counts, found by what it reads; all forms where it counts slices of whatever form.
pub fn forms_of(project: &Project, model: &Model) -> Vec<&'static Form> {
    let tables = reached(project, model);
    let counted: Vec<_> =
        forms().iter().filter(|form| tables.contains(&TableName::new("facts", form.table()))).collect();
    let named = |name: &str| model.reads.contains(&TableName::new("staging", name));
    if counted.is_empty() && (named("owed") || named("first_try")) { forms().iter().collect() } else { counted }
}

/// Whether a model's rows come from a table, directly or through others.
pub fn reads(project: &Project, model: &Model, table: &TableName) -> bool {
    reached(project, model).contains(table)
}

/// Whether a model sums from January on.
pub fn is_year_to_date(model: &Model) -> bool {
    model.reads.contains(&TableName::new("staging", "year_to_date"))
}

/// All that a model reads, but for what lies behind the frame.
fn reached(project: &Project, model: &Model) -> BTreeSet<TableName> {
    let mut found: BTreeSet<TableName> = BTreeSet::new();
    let mut waiting: Vec<TableName> = model.reads.iter().cloned().collect();
    while let Some(name) = waiting.pop() {
        if FRAME.contains(&(name.schema.as_str(), name.table.as_str())) || !found.insert(name.clone()) {
            continue;
        }
        waiting.extend(project.model(&name).into_iter().flat_map(|read| read.reads.iter().cloned()));
    }
    found
}

impl Explainer<'_> {
    /// A model as it is told.
    pub(crate) fn sql(&self, model: &Model) -> SqlTold {
        let upstream = self.project.upstream([model.name.clone()]);
        let mut names: Vec<TableName> = upstream
            .iter()
            .flat_map(|one| one.reads.iter())
            .filter(|name| ["facts", "reference"].contains(&name.schema.as_str()))
            .cloned()
            .collect();
        names.sort();
        names.dedup();
        names.extend(upstream.iter().map(|one| one.name.clone()).filter(|name| *name != model.name));
        let told = |name: TableName| {
            let read = self.project.model(&name);
            let form = forms().iter().find(|form| name.schema == "facts" && form.table() == name.table);
            let what = match (read, form) {
                (Some(read), _) => read.sentence.clone(),
                (None, Some(form)) => format!("{} {}", form.heading, form.title_en),
                (None, None) => String::new(),
            };
            let path = read.filter(|read| !is_generated(&read.path)).map(|read| read.path.clone());
            ReadTold { direct: model.reads.contains(&name), name: name.to_string(), what, path }
        };
        SqlTold {
            path: model.path.clone(),
            same_as_release: self.fingerprints.get(&model.path).is_some_and(|one| *one == model.fingerprint()),
            reads: names.into_iter().map(told).collect(),
            text: model.sql.clone(),
        }
    }

    /// The text of the clauses that a citation names, where the city gave it: `四, 八(三)`.
    pub(crate) async fn clauses(&self, cited: &str) -> Result<Vec<ClauseTold>> {
        if !self.tables.has("reference", "clause") {
            return Ok(Vec::new());
        }
        let names = list(cited.split(',').map(str::trim));
        let sql = format!("select clause, text from reference.clause where clause in ({names}) order by clause");
        let rows = self.tables.query(&sql, &[]).await?;
        let told = |row: crate::rows::Row<'_>| ClauseTold {
            clause: row.text("clause").to_owned(),
            text: row.text("text").to_owned(),
        };
        Ok(rows.iter().map(told).collect())
    }

    /// The numbers of the policy that a model names, or `besides` names, as they were in force at some time from `first` to `last`.
    pub(crate) async fn policy(
        &self,
        model: &Model,
        besides: &[String],
        (first, last): (NaiveDate, NaiveDate),
    ) -> Result<Vec<PolicyTold>> {
        if !self.tables.has("reference", "policy") {
            return Ok(Vec::new());
        }
        let read = reached(self.project, model);
        let mut texts: Vec<&str> = vec![&model.sql];
        let direct = |name: &TableName| read.contains(name) || model.reads.contains(name);
        texts.extend(self.project.models().filter(|one| direct(&one.name)).map(|one| one.sql.as_str()));
        let sql = "select key, value, valid_from, clause from reference.policy order by key, valid_from";
        let rows = self.tables.query(sql, &[]).await?;
        let all: Vec<PolicyTold> = rows
            .iter()
            .map(|row| PolicyTold {
                key: row.text("key").to_owned(),
                value: row.text("value").to_owned(),
                valid_from: row.date("valid_from"),
                clause: row.text("clause").to_owned(),
            })
            .collect();
        let is_named = |key: &str| {
            besides.iter().any(|one| one == key) || texts.iter().any(|text| text.contains(&format!("'{key}'")))
        };
        let in_force = |(at, one): (usize, &PolicyTold)| {
            let next = all.get(at + 1).filter(|next| next.key == one.key).and_then(|next| next.valid_from);
            let begun = one.valid_from.is_none_or(|from| from <= last);
            (begun && next.is_none_or(|next| next > first) && is_named(&one.key)).then(|| one.clone())
        };
        Ok(all.iter().enumerate().filter_map(in_force).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indicator_counts_the_rows_of_its_forms() {
        let project = Project::built_in().expect("the SQL is sound");
        let check = |code: &str, expected: &[&str]| {
            let model = project.models().find(|model| model.get("code") == Some(code)).expect("an indicator");
            let found: Vec<&str> = forms_of(&project, model).iter().map(|form| form.name.as_str()).collect();
            assert_eq!(found, expected, "{code}");
        };
        check("C03", &["class_roster"]);
        check("C01", &["service_plan"]);
        check("C06", &["class_roster", "group_session", "attendance"]);
        check("S03", &["class_roster", "survey"]);
        check("F01", &["fund_ledger"]);
        check("F07", &["class_roster", "charge"]);
        check("F08", &["subsidy"]);
        check("K01", &["class_roster"]);
        check("K03", &["annual_report"]);
        let all = |code: &str| {
            let model = project.models().find(|model| model.get("code") == Some(code)).expect("an indicator");
            forms_of(&project, model).len()
        };
        assert_eq!([all("K04"), all("K05")], [forms().len(); 2]);
    }
}
