//! Models as views of a session, and what a model carries over from the release before.

use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use warehouse::Warehouse;
use warehouse::release::Release;
use warehouse::session::{Limits, PLAIN, register, session};
use warehouse::table::TableName;

use crate::error::{Result, TransformError};
use crate::project::{Model, Project, Stored, tables_of};
use crate::run::{pin, run_table};

/// A model as a view of the session in which all that it reads is registered.
pub(crate) async fn plan_view(context: &SessionContext, model: &Model) -> Result<Arc<dyn TableProvider>> {
    let fault = |source| TransformError::Run { path: model.path.clone(), source: Box::new(source) };
    Ok(context.sql(&model.sql).await.map_err(fault)?.into_view())
}

/// Registers the views (staging, indicators, rules) that `query` names in a session of the release, so that analysts
/// can read the layers between facts and marts too. What the release stored is read as it was stored.
pub async fn register_views(context: &SessionContext, project: &Project, release: &Release, query: &str) -> Result<()> {
    let Ok(named) = tables_of(query) else { return Ok(()) };
    register(context, &TableName::new(PLAIN, "run"), run_table(release.today))?;
    let is_stored = |name: &TableName| release.tables.contains_key(name);
    for model in project.upstream_to(named, is_stored) {
        if model.stored == Stored::View && !model.is_test() && !is_stored(&model.name) {
            register(context, &model.name, plan_view(context, model).await?)?;
        }
    }
    Ok(())
}

/// Registers the queries that take the release's figures apart, as views. A release that was made before its models had what they
/// have now may lack a table: what reads that is left out.
pub async fn register_parts(context: &SessionContext, project: &Project, release: &Release) -> Result<()> {
    register(context, &TableName::new(PLAIN, "run"), run_table(release.today))?;
    for model in project.upstream(project.parts().map(|part| part.name.clone())) {
        let computed = model.stored == Stored::Table || release.tables.contains_key(&model.name);
        if !computed && let Ok(view) = plan_view(context, model).await {
            register(context, &model.name, view)?;
        }
    }
    Ok(())
}

/// A session in which the named models, and all that they read, stand as the facts are now, whatever the last release says:
/// for lists that can't wait for the next release. Every model is computed once and held in memory; nothing is written.
pub async fn fresh_session(
    warehouse: &Warehouse,
    project: &Project,
    today: NaiveDate,
    names: impl IntoIterator<Item = TableName>,
) -> Result<SessionContext> {
    let context = session(&Limits::default())?;
    warehouse.attach(&context);
    for (name, version) in pin(warehouse).await? {
        let snapshot = warehouse.snapshot(&name, Some(version)).await?;
        register(&context, &name, warehouse.provider(snapshot))?;
    }
    register(&context, &TableName::new(PLAIN, "run"), run_table(today))?;
    for model in project.upstream(names) {
        let fault = |source| TransformError::Run { path: model.path.clone(), source: Box::new(source) };
        let frame = context.sql(&model.sql).await.map_err(fault)?;
        let frame = match model.stored {
            Stored::View => frame,
            Stored::Table => frame.cache().await.map_err(fault)?,
        };
        register(&context, &model.name, frame.into_view())?;
    }
    Ok(context)
}

/// What `previous.<model>` is: the model's table in the last release, or an empty one of the columns that its header's
/// `carries` names. `None` for a model that carries nothing over.
pub(crate) async fn previous_table(
    warehouse: &Warehouse,
    model: &Model,
    last: Option<&Release>,
) -> Result<Option<Arc<dyn TableProvider>>> {
    let Some(carries) = model.get("carries") else { return Ok(None) };
    if let Some(version) = last.and_then(|last| last.tables.get(&model.name)) {
        let snapshot = warehouse.snapshot(&model.name, Some(*version)).await?;
        return Ok(Some(warehouse.provider(snapshot)));
    }
    let schema = Arc::new(carried(carries).map_err(|why| TransformError::Model { path: model.path.clone(), why })?);
    let empty = MemTable::try_new(schema, vec![vec![]]).expect("no rows fit every schema");
    Ok(Some(Arc::new(empty)))
}

/// The columns of a header's `carries`: `name type, name type`.
pub fn carried(text: &str) -> Result<Schema, String> {
    // The comma within decimal(18,2) parts no columns.
    let text = text.replace("decimal(18,2)", "money").replace("decimal(18, 2)", "money");
    let fields = text.split(',').map(|column| {
        let (name, kind) = column.trim().split_once(' ').ok_or_else(|| format!("'{column}' is no 'name type'"))?;
        let kind = match kind.trim() {
            "varchar" => DataType::Utf8,
            "bigint" => DataType::Int64,
            "date" => DataType::Date32,
            "money" => DataType::Decimal128(18, 2),
            "double" => DataType::Float64,
            "boolean" => DataType::Boolean,
            "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            other => {
                return Err(format!(
                    "'{other}' is none of varchar, bigint, date, decimal(18,2), double, boolean, timestamp"
                ));
            }
        };
        Ok(Field::new(name, kind, true))
    });
    Ok(Schema::new(fields.collect::<Result<Vec<_>, String>>()?))
}
