//! Which of the changes may have caused a difference: those that its lineage names, of schools and periods that it counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use serde::Serialize;
use transform::project::Project;
use warehouse::table::TableName;

use super::changes::{Changes, Effect, SliceChange};
use super::lineage::{Lineage, Reach};
use super::{FigureChange, FindingChange};
use crate::period;

/// How many slices a cause names; more are counted.
const NAMED: usize = 20;
/// So long before a period lie the slices of which something may fall due in it: what is disclosed within a quarter, and the
/// quarter.
const DUE_DAYS: u64 = 190;

/// What may have caused a difference.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Causes {
    /// Slices, by their number in the list of changes: the first ones.
    pub slices: Vec<usize>,
    /// How many slices there are in all.
    pub slices_in_all: usize,
    /// SQL files that differ.
    pub sql: Vec<String>,
    /// Reference tables that differ; of the policy its keys, as `policy: target_C03`.
    pub reference: Vec<String>,
    /// Whether steps of cases count.
    pub case_steps: bool,
    /// Whether the date counts.
    pub today: bool,
}

impl Causes {
    /// Whether none was found.
    pub fn is_empty(&self) -> bool {
        *self == Causes::default()
    }
}

type Span = (NaiveDate, NaiveDate);

/// A row of a reference table that differs.
struct Row {
    table: String,
    key: Option<String>,
    valid_from: Option<NaiveDate>,
}

/// Finds causes.
pub struct Finder<'a> {
    changes: &'a Changes,
    lineages: BTreeMap<String, Lineage>,
    spans: Vec<Option<Span>>,
    by_school: HashMap<&'a str, Vec<usize>>,
    by_district: HashMap<&'a str, Vec<usize>>,
    /// The schools whose own figure of an indicator and a period differs.
    moved: HashMap<(String, String), BTreeSet<String>>,
    rows: Vec<Row>,
    terms: BTreeMap<String, Span>,
}

impl<'a> Finder<'a> {
    /// Over the projects of both releases, what changed, and all figures that differ.
    pub fn new(
        projects: &[Project; 2],
        changes: &'a Changes,
        figures: &[FigureChange],
        terms: BTreeMap<String, Span>,
    ) -> Finder<'a> {
        let mut by_school: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut by_district: HashMap<&str, Vec<usize>> = HashMap::new();
        for slice in &changes.slices {
            by_school.entry(&slice.school_id).or_default().push(slice.id);
            by_district.entry(&slice.district_code).or_default().push(slice.id);
        }
        let mut moved: HashMap<(String, String), BTreeSet<String>> = HashMap::new();
        for figure in figures.iter().filter(|figure| figure.level == "school") {
            let key = (figure.indicator.clone(), figure.period.clone());
            moved.entry(key).or_default().insert(figure.unit_id.clone());
        }
        let spans = changes.slices.iter().map(|slice| span(&slice.period, &terms)).collect();
        Finder {
            changes,
            lineages: lineages(projects),
            spans,
            by_school,
            by_district,
            moved,
            rows: rows(changes),
            terms,
        }
    }

    /// What may have caused a figure's difference.
    pub fn of_figure(&self, figure: &FigureChange) -> Causes {
        let everybody: Vec<usize>;
        let slices = match figure.level.as_str() {
            "school" => self.by_school.get(figure.unit_id.as_str()),
            "district" => self.by_district.get(figure.unit_id.as_str()),
            _ => {
                everybody = (0..self.changes.slices.len()).collect();
                Some(&everybody)
            }
        };
        // A sum moved because its schools' own figures did: slices of others are no cause.
        let moved = self.moved.get(&(figure.indicator.clone(), figure.period.clone()));
        let schools = moved.filter(|_| figure.level != "school");
        let cut = figure.dimension.strip_prefix("urban_rural=");
        let counts = |slice: &SliceChange| {
            schools.is_none_or(|schools| schools.contains(&slice.school_id))
                && cut.is_none_or(|cut| slice.urban_rural.is_empty() || slice.urban_rural == cut)
        };
        self.find(&figure.indicator, &figure.period, slices.map_or(&[], Vec::as_slice), &counts)
    }

    /// What may have caused a finding's difference.
    pub fn of_finding(&self, finding: &FindingChange) -> Causes {
        let slices = match finding.school_id.as_str() {
            "" => self.by_district.get(finding.district_code.as_str()),
            school => self.by_school.get(school),
        };
        self.find(&finding.rule, &finding.period, slices.map_or(&[], Vec::as_slice), &|_| true)
    }

    fn find(&self, code: &str, period: &str, slices: &[usize], counts: &dyn Fn(&SliceChange) -> bool) -> Causes {
        let Some(lineage) = self.lineages.get(code) else { return Causes::default() };
        let span = span(period, &self.terms);
        let reads = |schema: &str, table: &str| lineage.inputs.contains(&TableName::new(schema, table));
        let sql = self.changes.sql.iter().map(|file| &file.path).filter(|path| lineage.files.contains(*path));
        let (sql, reference): (Vec<String>, _) = (sql.cloned().collect(), self.reference(lineage, code, span));
        // A slice of a later period can matter, as a register does, but seldom: it is named where nothing else is.
        let farthest = if sql.is_empty() && reference.is_empty() { LATER } else { BEFORE };
        let found = self.slices(lineage, span, slices, counts, farthest);
        Causes {
            slices_in_all: found.len(),
            slices: found.into_iter().take(NAMED).collect(),
            sql,
            reference,
            case_steps: self.changes.case_steps > 0 && reads("facts", "case_event"),
            today: self.changes.today.is_some() && reads("public", "run"),
        }
    }

    /// The slices of the lineage's forms, as near to the period as there are any; those that were only rejected come last.
    fn slices(
        &self,
        lineage: &Lineage,
        wanted: Option<Span>,
        slices: &[usize],
        counts: &dyn Fn(&SliceChange) -> bool,
        farthest: usize,
    ) -> Vec<usize> {
        let mut nearest: (usize, Vec<usize>) = (usize::MAX, Vec::new());
        for id in slices {
            let slice = &self.changes.slices[*id];
            if !(lineage.all_forms || lineage.forms.contains(&slice.form)) || !counts(slice) {
                continue;
            }
            let far = distance(lineage.reach, wanted, self.spans[*id]);
            if far > farthest {
                continue;
            }
            let far = if slice.effect == Effect::Rejected { far + LATER + 1 } else { far };
            if far < nearest.0 {
                nearest = (far, Vec::new());
            }
            if far == nearest.0 {
                nearest.1.push(*id);
            }
        }
        nearest.1
    }

    fn reference(&self, lineage: &Lineage, code: &str, wanted: Option<Span>) -> Vec<String> {
        let mut names = BTreeSet::new();
        for row in &self.rows {
            let in_time = match (row.valid_from, wanted) {
                (Some(from), Some((_, last_day))) => from <= last_day,
                _ => true,
            };
            if !in_time || !lineage.inputs.contains(&TableName::new("reference", &row.table)) {
                continue;
            }
            match &row.key {
                None => {
                    names.insert(row.table.clone());
                }
                Some(key) if reads_key(lineage, code, key) => {
                    names.insert(format!("{}: {key}", row.table));
                }
                Some(_) => {}
            }
        }
        names.into_iter().collect()
    }
}

/// A number of the policy is read where its key stands in the SQL; targets are joined by the indicator's code.
fn reads_key(lineage: &Lineage, code: &str, key: &str) -> bool {
    match key.strip_prefix("target_") {
        Some(indicator) => indicator == code,
        None => {
            let quoted = format!("'{key}'");
            lineage.texts.iter().any(|text| text.contains(&quoted))
        }
    }
}

fn lineages(projects: &[Project; 2]) -> BTreeMap<String, Lineage> {
    let mut all: BTreeMap<String, Lineage> = BTreeMap::new();
    for project in projects {
        for model in project.models() {
            let Some(code) = model.code() else { continue };
            let root = if model.name.schema == "rules" { "finding" } else { "indicator_value" };
            let lineage = Lineage::of(project, &TableName::new("marts", root), code);
            let known = all.remove(code).unwrap_or_default();
            all.insert(code.to_owned(), known.join(lineage));
        }
    }
    all
}

fn rows(changes: &Changes) -> Vec<Row> {
    let mut all = Vec::new();
    for table in &changes.reference {
        let place = |name: &str| table.columns.iter().position(|column| column == name);
        let (key, from) = (place("key"), place("valid_from"));
        for row in table.removed.iter().chain(&table.added) {
            all.push(Row {
                table: table.table.clone(),
                key: key.map(|at| row[at].clone()),
                valid_from: from.and_then(|at| row[at].parse().ok()),
            });
        }
    }
    all
}

/// A slice's period is one that the figure counts.
const WITHIN: usize = 0;
/// It lies before.
const BEFORE: usize = 1;
/// It lies after, or nobody knows where.
const LATER: usize = 2;

/// How far a slice's period lies from a figure's.
fn distance(reach: Reach, wanted: Option<Span>, of: Option<Span>) -> usize {
    use chrono::Datelike;
    let (Some((first, last)), Some((from, to))) = (wanted, of) else { return LATER };
    let first = match reach {
        Reach::Same => first,
        Reach::YearToDate => NaiveDate::from_ymd_opt(last.year(), 1, 1).unwrap_or(first),
        Reach::Due => first.checked_sub_days(Days::new(DUE_DAYS)).unwrap_or(first),
    };
    match () {
        () if from <= last && to >= first => WITHIN,
        () if from <= last => BEFORE,
        () => LATER,
    }
}

/// The first and last day of a period.
fn span(text: &str, terms: &BTreeMap<String, Span>) -> Option<Span> {
    if let Some(term) = terms.get(text) {
        return Some(*term);
    }
    let day = |year: i32, month: u32| NaiveDate::from_ymd_opt(year, month, 1);
    let months =
        |from: NaiveDate, months: u32| Some((from, from.checked_add_months(chrono::Months::new(months))?.pred_opt()?));
    let parts: Vec<&str> = text.split('-').collect();
    let year: i32 = parts.first()?.parse().ok()?;
    match parts.as_slice() {
        [_] => months(day(year, 1)?, 12),
        [_, quarter] if quarter.starts_with('Q') => months(day(year, quarter[1..].parse::<u32>().ok()? * 3 - 2)?, 3),
        [_, month] if period::is_month(text) => months(day(year, month.parse().ok()?)?, 1),
        [_, _] => months(day(year, 9)?, 12),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn periods_have_their_days() {
        let terms = BTreeMap::from([("2019-2020-1".to_owned(), (day("2019-09-02"), day("2020-01-17")))]);
        let check = |text: &str, first: &str, last: &str| {
            assert_eq!(span(text, &terms), Some((day(first), day(last))), "{text}");
        };
        check("2019-10", "2019-10-01", "2019-10-31");
        check("2019-Q4", "2019-10-01", "2019-12-31");
        check("2019", "2019-01-01", "2019-12-31");
        check("2019-2020", "2019-09-01", "2020-08-31");
        check("2019-2020-1", "2019-09-02", "2020-01-17");
        assert_eq!(span("2019-2020-2", &terms), None);
    }

    #[test]
    fn a_slice_lies_near_or_far() {
        let of = |text: &str| span(text, &BTreeMap::new());
        let check = |reach: Reach, figure: &str, slice: &str, far: usize| {
            assert_eq!(distance(reach, of(figure), of(slice)), far, "{figure} {slice}");
        };
        check(Reach::Same, "2019-10", "2019-10", WITHIN);
        check(Reach::Same, "2019", "2019-10", WITHIN);
        check(Reach::Same, "2019-10", "2019-09", BEFORE);
        check(Reach::Same, "2019-10", "2019-11", LATER);
        check(Reach::YearToDate, "2019-10", "2019-09", WITHIN);
        check(Reach::YearToDate, "2020-01", "2019-12", BEFORE);
        check(Reach::Due, "2020-01", "2019-10", WITHIN);
    }
}
