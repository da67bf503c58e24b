//! The findings of the list as a file: all that the filter lets through, in the list's order, as they come.

use std::sync::Arc;

use super::{CASES, Filter};
use crate::catalog::Catalogue;
use crate::error::Result;
use crate::export::reworded::reworded;
use crate::export::{Column, Table};
use crate::format;
use crate::scope::Scoped;
use crate::words::Lang;

/// The columns with their words, in order. The last three say again in codes what a program looks for.
const COLUMNS: [(&str, &str); 18] = [
    ("rule", "given.rule_code"),
    ("rule_title", "rule"),
    ("severity", "severity"),
    ("district", "district"),
    ("school_id", "school.id"),
    ("school_name", "school"),
    ("period", "period"),
    ("subject", "finding.subject"),
    ("message", "finding.sentence"),
    ("amount", "amount"),
    ("clause", "finding.clause"),
    ("first_seen", "finding.first_seen"),
    ("ended", "finding.ended"),
    ("case_state", "findings.case"),
    ("due_on", "given.due_on"),
    ("is_overdue", "case.overdue"),
    ("district_code", "given.district_code"),
    ("finding_id", "given.finding_id"),
];

/// The rows for a condition of the list, in an order of it.
pub(super) async fn table(
    scoped: &Scoped,
    case_now: &str,
    (condition, texts, order): (&str, &[&str], &str),
    catalogue: &Arc<Catalogue>,
    lang: Lang,
) -> Result<Table> {
    let (message, name) = match lang {
        Lang::Zh => ("message_zh", "name_zh"),
        Lang::En => ("message_en", "name_en"),
    };
    let sql = format!(
        "select finding.rule, finding.rule as rule_title, severity, coalesce(nullif({name}, ''), name_zh) as district, finding.school_id,
            school_name, finding.period, subject, {message} as message, amount, clause, cast(first_seen as date) as first_seen,
            cast(ended as date) as ended, coalesce(work.state, 'open') as case_state, work.due_on,
            coalesce(work.is_overdue, false) as is_overdue, finding.district_code, finding.finding_id
         from marts.finding as finding left join marts.school as school on finding.school_id = school.school_id
         left join {case_now} as work on finding.finding_id = work.finding_id
         left join marts.district as district on district.district_code = finding.district_code
         where {condition} order by {}",
        super::in_order(order)
    );
    let rows = scoped.stream(&sql, texts).await?;
    let columns = COLUMNS.map(|(name, key)| Column { name: name.to_owned(), heading: lang.say(key).to_owned() });
    let catalogue = catalogue.clone();
    let rows = reworded(rows, move |column, code| word(column, code, &catalogue, lang));
    Ok(Table { columns: columns.into(), rows })
}

/// A code in words, if the column has codes.
fn word(column: &str, code: &str, catalogue: &Catalogue, lang: Lang) -> Option<String> {
    Some(match column {
        "rule_title" => catalogue.rule_title(code, lang).to_owned(),
        "severity" => lang.say(&format!("severity.{code}")).to_owned(),
        "case_state" => {
            lang.say(CASES.iter().find(|(one, _)| *one == code).map_or("case.open", |(_, key)| key)).to_owned()
        }
        // A pupil is told as the page tells him.
        "subject" => format::shortened(code),
        _ => return None,
    })
}

impl Filter {
    /// What the list is narrowed by, in words.
    pub(super) fn told(
        &self,
        districts: &[(String, String)],
        school: Option<&str>,
        catalogue: &Catalogue,
        lang: Lang,
    ) -> Vec<(String, String)> {
        let t = |key: &str| lang.say(key).to_owned();
        let mut told = Vec::new();
        let mut add = |label: String, value: String| {
            if !value.is_empty() {
                told.push((label, value));
            }
        };
        if !self.rule.is_empty() {
            add(t("rule"), format!("{} {}", self.rule, catalogue.rule_title(&self.rule, lang)));
        }
        if let "high" | "medium" | "low" = self.severity.as_str() {
            add(t("severity"), lang.say(&format!("severity.{}", self.severity)).to_owned());
        } else {
            add(t("severity"), self.severity.clone());
        }
        let district = districts.iter().find(|(code, _)| *code == self.district).map(|(_, name)| name);
        add(t("district"), district.cloned().unwrap_or_else(|| self.district.clone()));
        add(t("school"), school.map_or_else(|| self.school.clone(), str::to_owned));
        add(
            t("findings.state"),
            t(match self.state.as_str() {
                "ended" => "findings.ended",
                "all" => "findings.open_and_ended",
                _ => "findings.open",
            }),
        );
        let case = if self.case == "overdue" {
            Some("case.overdue")
        } else {
            CASES.iter().find(|(code, _)| *code == self.case).map(|(_, key)| *key)
        };
        add(t("findings.case"), case.map(t).unwrap_or_default());
        if let Some(yuan) = self.least() {
            add(t("findings.amount"), yuan.to_string());
        }
        if let Ok(days) = self.age.parse::<u64>() {
            add(t("findings.age"), lang.with("findings.age.days", &[&days.to_string()]));
        }
        add(t("findings.text"), self.text.trim().to_owned());
        told
    }
}
