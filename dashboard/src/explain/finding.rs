//! One finding explained.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;
use transform::project::Model;
use warehouse::table::TableName;

use crate::explain::evidence::EvidenceOfForm;
use crate::explain::fault::{ExplainError, Result};
use crate::explain::model::{About, ClauseTold, PolicyTold, SqlTold, about, forms_of, reads};
use crate::explain::needs::PeriodTold;
use crate::explain::proof::{Proof, proofs};
use crate::explain::slices::SliceTold;
use crate::explain::{Explainer, ReleaseTold};
use crate::format;
use crate::rows::{Row, Value};

/// A finding with all that it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FindingExplained {
    /// The release.
    pub release: ReleaseTold,
    /// The finding's id.
    pub finding_id: String,
    /// The rule.
    pub rule: About,
    /// `high`, `medium`, `low`
    pub severity: String,
    /// The clause that is broken.
    pub clause: String,
    /// The text of that clause, where the city gave it.
    pub clauses: Vec<ClauseTold>,
    /// The sentence in Chinese.
    pub message_zh: String,
    /// The sentence in English.
    pub message_en: String,
    /// The school; empty where it is a whole district's.
    pub school_id: String,
    /// Its name.
    pub school_name: String,
    /// The district.
    pub district_code: String,
    /// Its name.
    pub district_zh: String,
    /// Its name in English.
    pub district_en: String,
    /// The period, with its bounds.
    pub period: PeriodTold,
    /// What within the school; a pupil's hash is shortened.
    pub subject: String,
    /// Whether that is a pupil.
    pub subject_is_pupil: bool,
    /// The amount in yuan.
    #[serde(serialize_with = "format::money")]
    #[schema(value_type = Option<String>)]
    pub amount: Option<f64>,
    /// When a run found it first.
    #[schema(value_type = Option<String>, format = Date)]
    pub first_seen: Option<NaiveDate>,
    /// When a run no longer found it.
    #[schema(value_type = Option<String>, format = Date)]
    pub ended: Option<NaiveDate>,
    /// What happened to it from release to release.
    pub events: Vec<EventTold>,
    /// What was done about it.
    pub steps: Vec<StepTold>,
    /// The numbers of the policy that went in.
    pub policy: Vec<PolicyTold>,
    /// The fee standards of its district, of a rule that judges by them.
    pub standards: Vec<StandardTold>,
    /// The school's slices that the rule looks at.
    pub slices: Vec<SliceTold>,
    /// Rows that prove it, by form.
    pub evidence: Vec<EvidenceOfForm>,
    /// These rows with file, sheet and line.
    pub proofs: Vec<Proof>,
    /// The SQL; none where this build has no such rule any more.
    pub sql: Option<SqlTold>,
}

/// What happened to a finding.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct EventTold {
    /// `seen`, `ended`, `returned`
    pub event: String,
    /// The date of the run.
    #[schema(value_type = Option<String>, format = Date)]
    pub on_date: Option<NaiveDate>,
    /// The amount at that time.
    #[serde(serialize_with = "format::money")]
    #[schema(value_type = Option<String>)]
    pub amount: Option<f64>,
}

/// A step of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StepTold {
    /// `notified`, `answered`, `rectified`, `dismissed`, `closed` …
    pub step: String,
    /// When, in UTC.
    #[schema(value_type = Option<String>)]
    pub at: Option<NaiveDateTime>,
    /// By whom.
    pub by_whom: String,
    /// By which day it is to be put right.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<NaiveDate>,
    /// The reason or answer.
    pub note: String,
}

/// A fee standard.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct StandardTold {
    /// `urban`, `town`, `rural` or `*`
    pub urban_rural: String,
    /// From when on.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_from: Option<NaiveDate>,
    /// Until when; none where it is in force.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_to: Option<NaiveDate>,
    /// Yuan a session.
    #[serde(serialize_with = "format::money")]
    #[schema(value_type = Option<String>)]
    pub yuan_per_session: Option<f64>,
    /// The most yuan a month.
    #[serde(serialize_with = "format::money")]
    #[schema(value_type = Option<String>)]
    pub yuan_per_month_cap: Option<f64>,
    /// The document that set it.
    pub doc_no: String,
    /// Who approved it.
    pub approved_by: String,
}

impl Explainer<'_> {
    /// Explains a finding; of its proof the rows from `skip` on, at most `take`. The first digits of an id do where they are one
    /// finding's alone.
    pub async fn finding(&self, given: &str, skip: i64, take: i64) -> Result<FindingExplained> {
        let id = self.finding_id(given.trim()).await?;
        let sql = "select finding_id, rule, severity, finding.school_id, school.school_name, finding.district_code, name_zh, name_en,
                period, subject, amount, message_zh, message_en, clause, cast(first_seen as date) as first_seen,
                cast(ended as date) as ended
            from marts.finding as finding
            left join marts.school as school on school.school_id = finding.school_id
            left join marts.district as district on district.district_code = finding.district_code
            where finding_id = $1";
        let found = self.tables.query(sql, &[&id]).await?;
        let row = found.first().expect("the id was found a moment ago");
        let text = |name: &str| row.text(name).to_owned();
        let rule = row.text("rule");
        let model = self.project.models().find(|model| model.get("rule") == Some(rule));
        let period = self.period(row.text("period")).await?;
        let (school, subject) = (row.text("school_id"), row.text("subject"));
        let evidence = self.evidence(&id).await?;
        let wanted = self.evidence_rows(&id, skip, take).await?;
        let bounds = (period.first_day, period.last_day);
        Ok(FindingExplained {
            release: self.release.clone(),
            rule: model.map_or_else(|| About::unknown(rule), about),
            severity: text("severity"),
            clause: text("clause"),
            clauses: self.clauses(row.text("clause")).await?,
            message_zh: text("message_zh"),
            message_en: text("message_en"),
            school_id: school.to_owned(),
            school_name: text("school_name"),
            district_code: text("district_code"),
            district_zh: text("name_zh"),
            district_en: text("name_en"),
            subject: format::shortened(subject),
            subject_is_pupil: format::is_hash(subject),
            amount: row.real("amount"),
            first_seen: row.date("first_seen"),
            ended: row.date("ended"),
            events: self.events(&id).await?,
            steps: self.steps(&id).await?,
            policy: match model {
                Some(model) => self.policy(model, &[], bounds).await?,
                None => Vec::new(),
            },
            standards: self.standards(model, row.text("district_code")).await?,
            slices: self.looked_at(model, school, &period).await?,
            proofs: proofs(&self.tables, &wanted, self.lang).await?,
            evidence,
            sql: model.map(|model| self.sql(model)),
            period,
            finding_id: id,
        })
    }

    async fn finding_id(&self, given: &str) -> Result<String> {
        let known = self.tables.query("select finding_id from marts.finding where finding_id = $1", &[given]).await?;
        if !known.is_empty() {
            return Ok(given.to_owned());
        }
        let short = given.to_lowercase();
        let is_part = short.len() >= 4 && short.bytes().all(|byte| byte.is_ascii_hexdigit());
        let sql = "select finding_id, rule, period from marts.finding where starts_with(finding_id, $1) order by finding_id limit 6";
        let found = if is_part { self.tables.query(sql, &[&short]).await? } else { known };
        if let (Some(row), 1) = (found.first(), found.iter().len()) {
            return Ok(row.text("finding_id").to_owned());
        }
        if !found.is_empty() {
            let several: Vec<String> =
                found.iter().map(|row| ["finding_id", "rule", "period"].map(|name| row.text(name)).join(" ")).collect();
            let several = several.join(", ");
            return Err(ExplainError::unknown(
                format!("“{given}”不止一条：{several}"),
                format!("'{given}' is several findings: {several}"),
            ));
        }
        const LIST: &str = "kehou query \"select finding_id, rule, school_id, period, subject from finding\"";
        Err(ExplainError::unknown(
            format!("没有问题线索“{given}”；全部可用 {LIST} 列出"),
            format!("there is no finding '{given}'; {LIST} lists them"),
        ))
    }

    async fn events(&self, id: &str) -> Result<Vec<EventTold>> {
        if !self.tables.has("marts", "finding_event") {
            return Ok(Vec::new());
        }
        // Dates don't tell apart what happened on one day: a finding is seen first, and returns after it ended.
        let sql = "select event, on_date, amount from marts.finding_event where finding_id = $1
            order by on_date, case event when 'seen' then 1 when 'ended' then 2 else 3 end";
        let rows = self.tables.query(sql, &[id]).await?;
        let event = |row: Row<'_>| EventTold {
            event: row.text("event").to_owned(),
            on_date: row.date("on_date"),
            amount: row.real("amount"),
        };
        Ok(rows.iter().map(event).collect())
    }

    async fn steps(&self, id: &str) -> Result<Vec<StepTold>> {
        if !self.tables.has("facts", "case_event") {
            return Ok(Vec::new());
        }
        let sql =
            "select step, \"at\", by_whom, due_on, note from facts.case_event where finding_id = $1 order by \"at\"";
        let rows = self.tables.query(sql, &[id]).await?;
        let step = |row: Row<'_>| StepTold {
            step: row.text("step").to_owned(),
            at: match row.value("at") {
                Value::Moment(at) => Some(*at),
                _ => None,
            },
            by_whom: row.text("by_whom").to_owned(),
            due_on: row.date("due_on"),
            note: row.text("note").to_owned(),
        };
        Ok(rows.iter().map(step).collect())
    }

    /// The fee standards of a district, where a rule judges by them.
    async fn standards(&self, model: Option<&Model>, district: &str) -> Result<Vec<StandardTold>> {
        let table = TableName::new("reference", "fee_standard");
        if !model.is_some_and(|model| reads(self.project, model, &table))
            || !self.tables.has(&table.schema, &table.table)
        {
            return Ok(Vec::new());
        }
        let sql = "select urban_rural, valid_from, valid_to, yuan_per_session, yuan_per_month_cap, doc_no, approved_by
            from reference.fee_standard where district_code = $1 order by valid_from, urban_rural";
        let rows = self.tables.query(sql, &[district]).await?;
        let standard = |row: Row<'_>| StandardTold {
            urban_rural: row.text("urban_rural").to_owned(),
            valid_from: row.date("valid_from"),
            valid_to: row.date("valid_to"),
            yuan_per_session: row.real("yuan_per_session"),
            yuan_per_month_cap: row.real("yuan_per_month_cap"),
            doc_no: row.text("doc_no").to_owned(),
            approved_by: row.text("approved_by").to_owned(),
        };
        Ok(rows.iter().map(standard).collect())
    }

    /// The slices of a school that a rule looks at in a period.
    async fn looked_at(&self, model: Option<&Model>, school: &str, period: &PeriodTold) -> Result<Vec<SliceTold>> {
        let Some(model) = model else { return Ok(Vec::new()) };
        if school.is_empty() || forms_of(self.project, model).is_empty() {
            return Ok(Vec::new());
        }
        let needs = self.needs(model, period).await?;
        Ok(self.slices(school, &needs.condition, &[]).await?)
    }
}
