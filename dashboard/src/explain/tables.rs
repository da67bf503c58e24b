//! The tables that a question is answered from: all of a release, or what a scope lets through.

use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::prelude::SessionContext;

use crate::error::Result;
use crate::rows::Rows;
use crate::scope::{Scoped, ask};

/// Where rows come from.
pub enum Tables<'a> {
    /// Every table of a release: for whoever holds the warehouse.
    Whole(SessionContext),
    /// What somebody may see.
    Scoped(&'a Scoped),
}

impl Tables<'_> {
    /// Runs one `select`; `$1`, `$2` … stand for the texts given.
    pub async fn query(&self, sql: &str, texts: &[&str]) -> Result<Arc<Rows>> {
        match self {
            Tables::Whole(context) => Ok(Arc::new(ask(context, sql, texts).await?)),
            Tables::Scoped(scoped) => scoped.query(sql, texts).await,
        }
    }

    /// Whether there is such a table. An older release may lack one, and a scope leaves many out.
    pub fn has(&self, schema: &str, table: &str) -> bool {
        match self {
            Tables::Whole(context) => {
                context.table_exist(TableReference::partial(schema, table)).is_ok_and(|exists| exists)
            }
            Tables::Scoped(scoped) => scoped.has(schema, table),
        }
    }

    /// The columns of a form's stored rows; none where there is no such table.
    pub async fn columns_of(&self, table: &str) -> Result<Vec<String>> {
        match self {
            Tables::Whole(context) => match context.table_provider(TableReference::partial("facts", table)).await {
                Ok(provider) => Ok(provider.schema().fields().iter().map(|field| field.name().clone()).collect()),
                Err(_) => Ok(Vec::new()),
            },
            Tables::Scoped(scoped) => scoped.columns_of(table).await,
        }
    }
}

/// Text as SQL writes it.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Texts as SQL's `in` takes them; a list of nothing holds what no text is.
pub fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut all: Vec<String> = texts.into_iter().map(quoted).collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() { "null".to_owned() } else { all.join(", ") }
}
