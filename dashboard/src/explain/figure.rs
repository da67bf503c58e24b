//! One figure explained.

use serde::Serialize;
use transform::project::Model;

use crate::explain::counting::Counting;
use crate::explain::coverage::Coverage;
use crate::explain::fault::{ExplainError, Result, nearest};
use crate::explain::model::{About, ClauseTold, PolicyTold, SqlTold, about};
use crate::explain::needs::PeriodTold;
use crate::explain::parts::{PartTold, RowsTold, ScorePart, Sum};
use crate::explain::proof::{Proof, proofs};
use crate::explain::slices::SliceTold;
use crate::explain::{Explainer, ReleaseTold};
use crate::figures::{COLUMNS, Figure, ORDER, read};
use crate::scope::Scope;

/// Which figure is asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The indicator's code.
    pub indicator: String,
    /// `city`, a district's code or a school's id.
    pub unit: String,
    /// A month, term or year; the newest with a value where it is empty.
    pub period: String,
    /// `name=value`, or empty for the headline.
    pub dimension: String,
}

/// A figure with all that it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FigureExplained {
    /// The release.
    pub release: ReleaseTold,
    /// The indicator.
    pub indicator: About,
    /// Whose figure it is.
    pub unit: UnitTold,
    /// Of which period.
    pub period: PeriodTold,
    /// `name=value`, or empty for the headline.
    pub dimension: String,
    /// The other dimensions that there are in this period.
    pub dimensions: Vec<String>,
    /// The figure.
    pub figure: Figure,
    /// The text of the indicator's clause, where the city gave it.
    pub clauses: Vec<ClauseTold>,
    /// The numbers of the policy that went in.
    pub policy: Vec<PolicyTold>,
    /// Who reported; none for a school, and where the figure takes whatever came.
    pub coverage: Option<Coverage>,
    /// Districts of the city, schools of a district.
    pub parts: Vec<PartTold>,
    /// What they sum to.
    pub parts_sum: Option<Sum>,
    /// What a score is made of.
    pub score: Vec<ScorePart>,
    /// The findings or cases that were counted, of an indicator that counts them.
    pub counting: Option<Counting>,
    /// A school's slices.
    pub slices: Vec<SliceTold>,
    /// A school's rows, counted.
    pub rows: Option<RowsTold>,
    /// Rows with file, sheet and line.
    pub proofs: Vec<Proof>,
    /// The SQL.
    pub sql: SqlTold,
}

/// Whose figure it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UnitTold {
    /// `city`, `district` or `school`
    pub level: &'static str,
    /// `city`, the district's code or the school's id.
    pub unit_id: String,
    /// Its name.
    pub name_zh: String,
    /// Its name in English, where it has one.
    pub name_en: String,
    /// The district that it is or lies in.
    pub district_code: String,
}

impl FigureExplained {
    /// Leaves what somebody may see. Of the whole city others see the figure; what it is made of would be their own part, and look
    /// like all of it.
    pub fn leave_to(&mut self, scope: &Scope) {
        if self.unit.level == "city" && *scope != Scope::City {
            (self.coverage, self.counting, self.parts_sum) = (None, None, None);
            self.parts.clear();
        }
    }
}

impl Explainer<'_> {
    /// Explains a figure.
    pub async fn figure(&self, question: &Question) -> Result<FigureExplained> {
        let model = self.indicator(&question.indicator)?;
        let code = model.get("code").unwrap_or_default();
        let unit = self.unit(&question.unit).await?;
        let (figure, dimension, dimensions) = self.find(code, &unit, question).await?;
        let period = self.period(&figure.period).await?;
        let mut besides = vec![format!("target_{code}")];
        besides.extend(figure.target.map(|_| "near_share".to_owned()));
        let bounds = (period.first_day, period.last_day);
        let mut explained = FigureExplained {
            release: self.release.clone(),
            indicator: about(model),
            clauses: self.clauses(model.get("clause").unwrap_or_default()).await?,
            policy: self.policy(model, &besides, bounds).await?,
            coverage: None,
            parts: Vec::new(),
            parts_sum: None,
            score: if code == "E01" { self.score(&figure, unit.level).await? } else { Vec::new() },
            counting: self.counting(code, &unit, &figure, &dimension).await?,
            slices: Vec::new(),
            rows: None,
            proofs: Vec::new(),
            sql: self.sql(model),
            unit,
            period,
            dimension,
            dimensions,
            figure,
        };
        // A score is made of indicators, whatever its unit.
        if code != "E01" {
            match explained.unit.level {
                "school" => self.take_apart_school(model, &mut explained).await?,
                _ => self.take_apart_units(model, &mut explained).await?,
            }
        }
        Ok(explained)
    }

    /// The model of an indicator.
    fn indicator(&self, given: &str) -> Result<&Model> {
        let code = given.trim().to_uppercase();
        let all = || self.project.models().filter(|model| model.get("code").is_some());
        if let Some(model) = all().find(|model| model.get("code") == Some(&code)) {
            return Ok(model);
        }
        let mut codes: Vec<&str> = all().filter_map(|model| model.get("code")).collect();
        codes.sort_by_key(|code| (ORDER.iter().position(|one| one == code).unwrap_or(ORDER.len()), *code));
        let (near, all) = (nearest(&code, codes.iter().copied()).join(" "), codes.join(" "));
        Err(ExplainError::unknown(
            format!("没有指标“{given}”；相近的有 {near}；全部：{all}"),
            format!("there is no indicator '{given}'; near it are {near}; all: {all}"),
        ))
    }

    /// The city, a district or a school.
    async fn unit(&self, given: &str) -> Result<UnitTold> {
        let given = given.trim();
        if given == "city" {
            return Ok(UnitTold {
                level: "city",
                unit_id: given.to_owned(),
                name_zh: "全市".to_owned(),
                name_en: "the city".to_owned(),
                district_code: String::new(),
            });
        }
        let sql = "select district_code, name_zh, name_en from marts.district order by district_code";
        let districts = self.tables.query(sql, &[]).await?;
        if let Some(row) = districts.iter().find(|row| row.text("district_code") == given) {
            return Ok(UnitTold {
                level: "district",
                unit_id: given.to_owned(),
                name_zh: row.text("name_zh").to_owned(),
                name_en: row.text("name_en").to_owned(),
                district_code: given.to_owned(),
            });
        }
        let sql = "select school_id, school_name, district_code from marts.school order by school_id";
        let schools = self.tables.query(sql, &[]).await?;
        if let Some(row) = schools.iter().find(|row| row.text("school_id") == given) {
            return Ok(UnitTold {
                level: "school",
                unit_id: given.to_owned(),
                name_zh: row.text("school_name").to_owned(),
                name_en: String::new(),
                district_code: row.text("district_code").to_owned(),
            });
        }
        let named = districts.iter().map(|row| (row.text("district_code"), row.text("name_zh")));
        let named: Vec<(&str, &str)> =
            named.chain(schools.iter().map(|row| (row.text("school_id"), row.text("school_name")))).collect();
        let by_name = named.iter().filter(|(_, name)| !given.is_empty() && name.contains(given)).map(|(code, _)| *code);
        let mut near: Vec<&str> = by_name.take(5).collect();
        if near.is_empty() {
            near = nearest(given, named.iter().map(|(code, _)| *code));
        }
        let near: Vec<String> = near
            .iter()
            .filter_map(|code| named.iter().find(|(one, _)| one == code))
            .map(|(code, name)| format!("{code} {name}"))
            .collect();
        let near = near.join(", ");
        Err(ExplainError::unknown(
            format!("没有单位“{given}”；应为 city、区划代码或学校标识码，相近的有 {near}"),
            format!("there is no unit '{given}'; give city, a district's code or a school's id; near it are {near}"),
        ))
    }

    /// The figure that a question means, its dimension, and the other dimensions of its period.
    async fn find(&self, code: &str, unit: &UnitTold, question: &Question) -> Result<(Figure, String, Vec<String>)> {
        let sql = format!(
            "select {COLUMNS}, dimension from marts.indicator_value
             where indicator = $1 and level = $2 and unit_id = $3 order by period_type, period, dimension"
        );
        let rows = self.tables.query(&sql, &[code, unit.level, &unit.unit_id]).await?;
        let all: Vec<(Figure, String)> = rows.iter().map(|row| (read(row), row.text("dimension").to_owned())).collect();
        let name = format!("{} {}", unit.unit_id, unit.name_zh);
        if all.is_empty() {
            return Err(ExplainError::unknown(
                format!("{code} 没有 {name} 的数值"),
                format!("{code} has no value of {name}"),
            ));
        }
        let mut periods: Vec<&str> = all.iter().map(|(figure, _)| figure.period.as_str()).collect();
        periods.dedup();
        let given = question.period.trim();
        // Sorted by kind and period, the months come first.
        let kind = &all[0].0.period_type;
        let valued = |(figure, _): &&(Figure, String)| figure.value.is_some() && figure.period_type == *kind;
        let newest = || all.iter().rev().find(valued).map(|(figure, _)| figure.period.as_str());
        let period = if given.is_empty() { newest().unwrap_or(periods[0]) } else { given };
        if !periods.contains(&period) {
            let there = periods.join(" ");
            return Err(ExplainError::unknown(
                format!("{code} 没有 {name} {period} 的数值；有数值的统计期：{there}"),
                format!("{code} has no value of {name} in {period}; it has these periods: {there}"),
            ));
        }
        let mut own: Vec<(Figure, String)> =
            all.iter().filter(|(figure, _)| figure.period == period).cloned().collect();
        let dimension = question.dimension.trim();
        let Some(at) = own.iter().position(|(_, one)| one == dimension) else {
            let there: Vec<&str> = own.iter().map(|(_, one)| if one.is_empty() { "''" } else { one }).collect();
            let there = there.join(" ");
            return Err(ExplainError::unknown(
                format!("{code} {name} {period} 没有维度“{dimension}”；用 --dimension 从这些里选：{there}"),
                format!(
                    "{code} of {name} in {period} has no dimension '{dimension}'; choose one with --dimension: {there}"
                ),
            ));
        };
        let (figure, dimension) = own.remove(at);
        Ok((figure, dimension, own.into_iter().map(|(_, one)| one).collect()))
    }

    /// The districts or schools of a figure, and who of the schools reported.
    async fn take_apart_units(&self, model: &Model, explained: &mut FigureExplained) -> Result<()> {
        let FigureExplained { figure, dimension, unit, .. } = &*explained;
        let district = (unit.level == "district").then_some(unit.unit_id.as_str());
        let schools = self.units("school", figure, dimension, district).await?;
        let mut parts = match unit.level {
            "city" => self.units("district", figure, dimension, None).await?,
            _ => schools.clone(),
        };
        if let (Some(counting), "district") = (&explained.counting, unit.level) {
            parts.extend(counting.of_no_school(unit));
        }
        let sum = Sum::of(parts.iter().map(|part| (part.numerator, part.denominator)), figure);
        // Dimensions that only some schools have are told by the headline's reports.
        let said = if schools.iter().any(|part| part.reported.is_some()) || dimension.is_empty() {
            schools
        } else {
            self.units("school", figure, "", district).await?
        };
        explained.coverage = self.coverage(model, &explained.period, &said).await?;
        explained.parts_sum = Some(sum);
        explained.parts = parts;
        Ok(())
    }

    /// The slices and rows of a school's figure.
    async fn take_apart_school(&self, model: &Model, explained: &mut FigureExplained) -> Result<()> {
        let FigureExplained { figure, dimension, unit, period, .. } = &*explained;
        let rows = self.rows(&model.name, figure, dimension).await?;
        // Of a closed period rows that are left would look like all of them.
        let is_left = |sum: &Sum| period.erased_before.is_some() && !(sum.numerator_fits && sum.denominator_fits);
        let rows = rows.filter(|(rows, ..)| !is_left(&rows.sum));
        let (rows, counted, wanted) = match rows {
            Some((rows, counted, wanted)) => (Some(rows), counted, wanted),
            None => (None, Vec::new(), Vec::new()),
        };
        // What takes whatever came, by the day on which it was due, needs no slice of its period.
        let takes_all = figure.reported.is_none() && dimension.is_empty() && explained.counting.is_none();
        let condition = match takes_all {
            true => "false".to_owned(),
            false => self.needs(model, period).await?.condition,
        };
        let slices = self.slices(&unit.unit_id, &condition, &counted).await?;
        explained.proofs = proofs(&self.tables, &wanted, self.lang).await?;
        explained.slices = slices;
        explained.rows = rows;
        Ok(())
    }
}
