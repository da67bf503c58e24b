//! The rows that prove a finding: counted by form, summed by kind of money, and named one by one.

use ingest::form::{Form, Kind, form};
use serde::Serialize;

use crate::error::Result;
use crate::explain::Explainer;
use crate::explain::proof::{Proof, Wanted, proofs};
use crate::explain::tables::{list, quoted};
use crate::rows::Row;
use crate::words::Lang;

/// Rows of one form that prove a finding.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct EvidenceOfForm {
    /// The form's code name.
    pub form: String,
    /// How many rows.
    pub rows: i64,
    /// What their money sums to, by kind.
    pub sums: Vec<MoneyTold>,
    /// The query that gives all of them, for `kehou query`.
    pub query: String,
}

/// Money of some rows.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct MoneyTold {
    /// The column's code name.
    pub column: String,
    /// The codes of kind, direction or category that the rows have in common.
    pub of: Vec<String>,
    /// How many rows.
    pub rows: i64,
    /// Their sum in yuan.
    #[serde(serialize_with = "crate::format::yuan_and_fen")]
    #[schema(value_type = String)]
    pub sum: f64,
}

/// Columns by which money is told apart.
const KINDS: [&str; 3] = ["kind", "direction", "category"];

impl Explainer<'_> {
    /// How many stored rows prove a finding.
    pub async fn evidence_count(&self, id: &str) -> Result<i64> {
        let sql = "select count(*) as times from marts.finding_evidence where finding_id = $1 and row_no is not null";
        Ok(self.tables.query(sql, &[id]).await?.first().map_or(0, |row| row.count("times")))
    }

    /// The rows that prove a finding, counted and summed by form.
    pub(crate) async fn evidence(&self, id: &str) -> Result<Vec<EvidenceOfForm>> {
        let sql = "select form, submission_id, count(*) as rows from marts.finding_evidence
            where finding_id = $1 and row_no is not null group by form, submission_id order by form, submission_id";
        let counted = self.tables.query(sql, &[id]).await?;
        let mut evidence = Vec::new();
        for form in ingest::form::forms() {
            let own = || counted.iter().filter(|row| row.text("form") == form.name);
            let rows: i64 = own().map(|row| row.count("rows")).sum();
            if rows == 0 {
                continue;
            }
            let from = format!(
                "from marts.finding_evidence as evidence \
                 inner join facts.{} as entry on entry.submission_id = evidence.submission_id and entry.row_no = evidence.row_no \
                 where evidence.finding_id = {} and evidence.form = {}",
                form.table(),
                quoted(id),
                quoted(&form.name)
            );
            let submissions = list(own().map(|row| row.text("submission_id")));
            evidence.push(EvidenceOfForm {
                form: form.name.clone(),
                rows,
                sums: self.money(form, &format!("{from} and entry.submission_id in ({submissions})")).await?,
                query: format!("select entry.* {from} order by entry.submission_id, entry.row_no"),
            });
        }
        Ok(evidence)
    }

    async fn money(&self, form: &Form, from: &str) -> Result<Vec<MoneyTold>> {
        let known = self.tables.columns_of(&form.table()).await?;
        let stored = |name: &&str| known.iter().any(|one| one == name);
        let kinds: Vec<&str> = KINDS.into_iter().filter(|name| form.column(name).is_some()).filter(stored).collect();
        let mut told = Vec::new();
        for column in form.columns.iter().filter(|column| column.kind == Kind::Money && stored(&column.name.as_str())) {
            let by: Vec<String> = kinds.iter().map(|name| format!("entry.{name}")).collect();
            let (select, group) = match by.is_empty() {
                true => (String::new(), String::new()),
                false => (format!("{}, ", by.join(", ")), format!(" group by {0} order by {0}", by.join(", "))),
            };
            let name = &column.name;
            let sql = format!("select {select}count(entry.{name}) as rows, sum(entry.{name}) as total {from}{group}");
            for row in self.tables.query(&sql, &[]).await?.iter() {
                let of = kinds.iter().map(|kind| row.text(kind).to_owned()).collect();
                let sum = row.real("total").unwrap_or_default();
                told.push(MoneyTold { column: name.clone(), of, rows: row.count("rows"), sum });
            }
        }
        Ok(told)
    }

    /// Rows that prove a finding, from `skip` on and at most `take`, with file, sheet and cells.
    pub(crate) async fn evidence_proofs(&self, id: &str, skip: i64, take: i64) -> Result<Vec<Proof>> {
        proofs(&self.tables, &self.evidence_rows(id, skip, take).await?, self.lang).await
    }

    pub(crate) async fn evidence_rows(&self, id: &str, skip: i64, take: i64) -> Result<Vec<Wanted>> {
        let sql = format!(
            "select evidence.form, evidence.submission_id, evidence.row_no, max(sent.file_name) as file_name
             from marts.finding_evidence as evidence
             left join facts.submission as sent on evidence.submission_id = sent.submission_id
             where evidence.finding_id = $1 and evidence.row_no is not null
             group by evidence.form, evidence.submission_id, evidence.row_no
             order by evidence.form, file_name, evidence.submission_id, evidence.row_no limit {take} offset {skip}"
        );
        let rows = self.tables.query(&sql, &[id]).await?;
        let wanted = |row: Row<'_>| Wanted {
            form: row.text("form").to_owned(),
            submission_id: row.text("submission_id").to_owned(),
            row_no: row.count("row_no"),
            numerator: None,
            denominator: None,
        };
        Ok(rows.iter().map(wanted).collect())
    }
}

impl MoneyTold {
    /// What the rows have in common, as a reader of the form knows it.
    pub fn label(&self, form_name: &str, lang: Lang) -> String {
        let Some(form) = form(form_name) else { return self.of.join(" ") };
        let choice = |code: &String| {
            let found = KINDS.iter().filter_map(|kind| form.column(kind)?.choice(code)).next();
            found.map_or(
                code.clone(),
                |choice| if lang == Lang::Zh { choice.label.clone() } else { choice.title_en.clone() },
            )
        };
        self.of.iter().map(choice).collect::<Vec<_>>().join(" · ")
    }
}
