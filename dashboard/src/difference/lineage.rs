//! What a figure or a finding is computed from, read from the SQL: models, reference tables, and the forms whose slices count.

use std::collections::{BTreeMap, BTreeSet};

use transform::project::{Model, Project};
use warehouse::table::TableName;

/// How the period of a figure lies to the periods of the slices that it is computed from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// They are the same months.
    #[default]
    Same,
    /// From January on.
    YearToDate,
    /// What fell due in it came from slices of months before.
    Due,
}

/// What something is computed from.
#[derive(Debug, Clone, Default)]
pub struct Lineage {
    /// Whether every form's slices count.
    pub all_forms: bool,
    /// The forms whose slices count.
    pub forms: BTreeSet<String>,
    /// The SQL files.
    pub files: BTreeSet<String>,
    /// Tables that no model makes: `reference.…`, `facts.…`, `public.run`.
    pub inputs: BTreeSet<TableName>,
    /// The files' texts: a number of the policy is named in them by its key.
    pub texts: Vec<String>,
    /// How its period lies to that of the slices.
    pub reach: Reach,
}

/// The forms whose slices a model rests on.
#[derive(Debug, Clone, Default)]
struct Forms {
    all: bool,
    named: BTreeSet<String>,
}

impl Lineage {
    /// What a project computes the rows of `root` from that bear a rule's or indicator's code.
    pub fn of(project: &Project, root: &TableName, code: &str) -> Lineage {
        let forms = forms_of(project);
        let mut lineage = Lineage::default();
        // What the code's own models rest on, whole: some indicators rest on others.
        let own: Vec<&Model> = project.models().filter(|model| model.code() == Some(code)).collect();
        for model in &own {
            let model_forms = forms.get(&model.name).cloned().unwrap_or_default();
            lineage.all_forms |= model_forms.all;
            lineage.forms.extend(model_forms.named);
            if model.sql.contains("period.first_day") {
                lineage.reach = Reach::Due;
            }
        }
        for model in project.upstream(own.iter().map(|model| model.name.clone())) {
            lineage.take(project, model);
        }
        // And what is done to its rows after, passing by the models of other codes.
        let mut waiting = vec![root.clone()];
        let mut seen = BTreeSet::new();
        while let Some(name) = waiting.pop() {
            let Some(model) = project.model(&name) else { continue };
            let is_other = model.code().is_some_and(|other| other != code);
            if is_other || !seen.insert(name) {
                continue;
            }
            lineage.take(project, model);
            lineage.forms.extend(model.reads.iter().filter_map(form_of));
            waiting.extend(model.reads.iter().cloned());
        }
        if lineage.files.contains("staging/year_to_date.sql") {
            lineage.reach = Reach::YearToDate;
        }
        lineage
    }

    /// Both together.
    pub fn join(mut self, other: Lineage) -> Lineage {
        self.all_forms |= other.all_forms;
        self.forms.extend(other.forms);
        self.files.extend(other.files);
        self.inputs.extend(other.inputs);
        self.texts.extend(other.texts);
        if self.reach == Reach::Same {
            self.reach = other.reach;
        }
        self
    }

    fn take(&mut self, project: &Project, model: &Model) {
        if self.files.insert(model.path.clone()) {
            self.texts.push(model.sql.clone());
            self.inputs.extend(model.reads.iter().filter(|read| project.model(read).is_none()).cloned());
        }
    }
}

fn form_of(name: &TableName) -> Option<String> {
    (name.schema == "facts").then(|| name.table.strip_prefix("raw_").map(str::to_owned)).flatten()
}

/// Of each model the forms whose slices it rests on. Whoever reads the ledger rests on all of them, unless it names some.
fn forms_of(project: &Project) -> BTreeMap<TableName, Forms> {
    let mut known: BTreeMap<TableName, Forms> = BTreeMap::new();
    for model in project.models() {
        let mut forms = Forms::default();
        for read in &model.reads {
            if read.schema == "facts" && read.table == "submission" {
                forms.all = true;
            }
            forms.named.extend(form_of(read));
            if let Some(theirs) = known.get(read) {
                forms.all |= theirs.all;
                forms.named.extend(theirs.named.iter().cloned());
            }
        }
        let named = named_forms(&model.sql);
        if forms.all && !named.is_empty() {
            forms.all = false;
            forms.named.extend(named);
        }
        known.insert(model.name.clone(), forms);
    }
    known
}

/// The forms in conditions such as `form = 'charge'` and `form in ('charge', 'fund_ledger')`.
fn named_forms(sql: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for (sign, until) in [("form = ", '\n'), ("form in (", ')')] {
        for (at, _) in sql.match_indices(sign) {
            let before = sql[..at].chars().next_back().unwrap_or(' ');
            if before.is_ascii_alphanumeric() || before == '_' {
                continue;
            }
            let rest = sql[at + sign.len()..].split(until).next().unwrap_or_default();
            // Of a single comparison only what follows at once.
            let quoted = rest.split('\'').skip(1).step_by(2).take(if until == '\n' { 1 } else { usize::MAX });
            if rest.trim_start().starts_with('\'') {
                forms.extend(quoted.map(str::to_owned));
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lineage(root: &str, code: &str) -> Lineage {
        let project = Project::built_in().expect("the SQL is sound");
        Lineage::of(&project, &TableName::new("marts", root), code)
    }

    fn forms(root: &str, code: &str) -> Vec<String> {
        lineage(root, code).forms.into_iter().collect()
    }

    #[test]
    fn a_figure_rests_on_its_forms() {
        // Demand is the rosters' over the months in which a school owes one: that the register and its plan tell.
        assert_eq!(forms("indicator_value", "C03"), ["class_roster", "school", "service_plan"]);
        assert_eq!(forms("indicator_value", "F03"), ["charge", "school"]);
        assert!(!lineage("indicator_value", "C03").all_forms);
        assert!(lineage("indicator_value", "K04").all_forms, "what is late may be of any form");
        assert_eq!(lineage("indicator_value", "F01").reach, Reach::YearToDate);
        assert_eq!(lineage("indicator_value", "F04").reach, Reach::Due);
    }

    #[test]
    fn a_finding_rests_on_its_rule_alone() {
        let r07 = lineage("finding", "R07");
        assert_eq!(r07.forms.iter().collect::<Vec<_>>(), ["class_roster", "school"]);
        assert!(r07.files.contains("rules/r07.sql") && !r07.files.contains("rules/r08.sql"));
        assert!(r07.files.contains("marts/finding_event.sql"));
    }

    #[test]
    fn forms_are_read_from_conditions() {
        let sql =
            "where intake.form = 'charge' and form in ('a', 'b') and other_form = 'c' and form = x.form and y = 'd'";
        assert_eq!(named_forms(sql).into_iter().collect::<Vec<_>>(), ["a", "b", "charge"]);
    }
}
