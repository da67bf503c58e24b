//! What differs between two releases, and what caused it: figures, scores and findings, laid against what was sent, the SQL, the
//! reference tables and the date. Causes are told by lineage; a figure that several of them touch names them all.

mod causes;
mod changes;
mod figures;
mod findings;
mod lineage;
mod scores;
mod sides;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use transform::kept::project_of;
use transform::project::Project;
use transform::what_if::WhatIf;
use warehouse::Warehouse;
use warehouse::release::Release;

pub use causes::Causes;
pub use changes::{Changes, Effect, FileChange, ReferenceChange, SliceChange, changed_files};
pub use figures::{FigureChange, Numbers};
pub use findings::{FindingChange, Turn};
pub use scores::{PartChange, ScoreChange};

use crate::catalog::Catalogue;
use crate::error::Result;
use sides::Sides;

/// What of a difference is asked for; all of it where nothing is said.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// An indicator's code, or a rule's.
    pub code: Option<String>,
    /// A school, a district, or `city`.
    pub unit: Option<String>,
    /// A period.
    pub period: Option<String>,
}

/// How something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The later release alone has it.
    Added,
    /// The earlier release alone has it.
    Removed,
    /// Both have it, otherwise.
    Changed,
}

/// A release as a difference names it.
#[derive(Debug, Clone, Serialize)]
pub struct Side {
    /// Its number.
    pub release: u64,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// The date that lateness was judged against.
    pub today: NaiveDate,
}

/// What differs between two releases.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// The earlier one.
    pub before: Side,
    /// The later one.
    pub after: Side,
    /// What went in otherwise, whole, whatever was asked for.
    pub changes: Changes,
    /// The figures that differ, the city's first.
    pub figures: Vec<FigureChange>,
    /// The evaluation scores and ranks that differ.
    pub scores: Vec<ScoreChange>,
    /// The findings that opened, ended or changed.
    pub findings: Vec<FindingChange>,
    /// Titles of the indicators and rules that occur, `[中文, English]`.
    pub titles: BTreeMap<String, [String; 2]>,
}

impl Difference {
    /// Whether nothing that was asked for differs.
    pub fn is_empty(&self) -> bool {
        self.figures.is_empty() && self.scores.is_empty() && self.findings.is_empty()
    }
}

/// Compares two releases.
pub async fn difference(
    warehouse: &Warehouse,
    before: &Release,
    after: &Release,
    filter: &Filter,
) -> Result<Difference> {
    let projects = [project_of(warehouse, before).await?, project_of(warehouse, after).await?];
    compare(&Sides::new(warehouse, before, after)?, &projects, filter).await
}

/// Compares a release with what it would be; `beside` is the warehouse that the latter was written to.
pub async fn difference_if(
    warehouse: &Warehouse,
    before: &Release,
    (beside, after): (&Warehouse, &WhatIf),
    project: Project,
    filter: &Filter,
) -> Result<Difference> {
    let projects = [project_of(warehouse, before).await?, project];
    let sides = Sides::new(warehouse, before, &after.release)?.with_beside(beside, &after.beside);
    compare(&sides, &projects, filter).await
}

async fn compare(sides: &Sides<'_>, projects: &[Project; 2], filter: &Filter) -> Result<Difference> {
    let changes = changes::changes(sides, projects).await?;
    let mut figures = figures::changed(sides).await?;
    let mut findings = findings::changed(sides).await?;
    let mut scores = scores::changed(sides).await?;
    let finder = causes::Finder::new(projects, &changes, &figures, sides.terms().await?);
    figures.retain(|figure| filter.takes_figure(figure));
    findings.retain(|finding| filter.takes_finding(finding));
    scores.retain(|score| filter.takes_score(score));
    for figure in &mut figures {
        figure.causes = finder.of_figure(figure);
    }
    for finding in &mut findings {
        finding.causes = finder.of_finding(finding);
    }
    let catalogues = projects.each_ref().map(Catalogue::of);
    let mut titles = BTreeMap::new();
    let codes = figures.iter().map(|figure| &figure.indicator).chain(findings.iter().map(|finding| &finding.rule));
    let codes = codes.chain(scores.iter().flat_map(|score| score.parts.iter().map(|part| &part.indicator)));
    for code in codes {
        if !titles.contains_key(code) {
            titles.insert(code.clone(), titles_of(&catalogues, code));
        }
    }
    let side =
        |release: &Release| Side { release: release.release, made_at: release.made_at.clone(), today: release.today };
    Ok(Difference { before: side(sides.before), after: side(sides.after), changes, figures, scores, findings, titles })
}

/// The titles of a code in the later release, or in the earlier one where the later lacks it.
fn titles_of(catalogues: &[Catalogue; 2], code: &str) -> [String; 2] {
    use crate::words::Lang;
    let entry =
        catalogues.iter().rev().find_map(|catalogue| catalogue.indicator(code).or_else(|| catalogue.rule(code)));
    let title = |lang| entry.map_or_else(|| code.to_owned(), |entry| entry.title(lang).to_owned());
    [title(Lang::Zh), title(Lang::En)]
}

/// Whether either release knows an indicator or rule of this code, and has figures of this unit: what is asked for amiss must not
/// look as if nothing had changed. Gives the names of what neither knows.
pub async fn unknown(warehouse: &Warehouse, before: &Release, after: &Release, filter: &Filter) -> Result<Vec<String>> {
    let mut unknown = Vec::new();
    if let Some(code) = &filter.code {
        let mut known = false;
        for release in [before, after] {
            let project = project_of(warehouse, release).await?;
            known |= project.models().any(|model| model.code().is_some_and(|one| one.eq_ignore_ascii_case(code)));
        }
        if !known {
            unknown.push(code.clone());
        }
    }
    if let Some(unit) = &filter.unit {
        let sides = Sides::new(warehouse, before, after)?;
        if !sides.knows_unit(unit).await? {
            unknown.push(unit.clone());
        }
    }
    Ok(unknown)
}

impl Filter {
    fn takes_code(&self, code: &str) -> bool {
        self.code.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(code))
    }

    fn takes_period(&self, period: &str) -> bool {
        self.period.as_ref().is_none_or(|wanted| wanted == period)
    }

    fn takes_figure(&self, figure: &FigureChange) -> bool {
        self.takes_code(&figure.indicator)
            && self.takes_period(&figure.period)
            && self.unit.as_ref().is_none_or(|unit| *unit == figure.unit_id)
    }

    /// A district's findings are those of its schools too.
    fn takes_finding(&self, finding: &FindingChange) -> bool {
        let of_unit = |unit: &String| unit == "city" || *unit == finding.school_id || *unit == finding.district_code;
        self.takes_code(&finding.rule) && self.takes_period(&finding.period) && self.unit.as_ref().is_none_or(of_unit)
    }

    fn takes_score(&self, score: &ScoreChange) -> bool {
        (self.takes_code(&score.indicator) || score.parts.iter().any(|part| self.takes_code(&part.indicator)))
            && self.takes_period(&score.period)
            && self.unit.as_ref().is_none_or(|unit| *unit == score.unit_id)
    }
}
