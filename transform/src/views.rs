//! Models as views of a session, and what a model carries over from the release before.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use warehouse::Warehouse;
use warehouse::release::Release;
use warehouse::session::register;

use crate::error::{Result, TransformError};
use crate::project::{Model, Project, Stored, tables_of};
use crate::run::run_table;

/// A model as a view of the session in which all that it reads is registered.
pub(crate) async fn plan_view(context: &SessionContext, model: &Model) -> Result<Arc<dyn TableProvider>> {
    let fault = |source| TransformError::Run { path: model.path.clone(), source: Box::new(source) };
    Ok(context.sql(&model.sql).await.map_err(fault)?.into_view())
}

/// Registers the views (staging, indicators, rules) that `query` names in a session of the release, so that analysts
/// can read the layers between facts and marts too. What the release stored is read as it was stored.
pub async fn register_views(context: &SessionContext, project: &Project, release: &Release, query: &str) -> Result<()> {
    let Ok(named) = tables_of(query) else { return Ok(()) };
    register(context, &warehouse::table::TableName::new(warehouse::session::PLAIN, "run"), run_table(release.today))?;
    for model in project.upstream(named) {
        if model.stored == Stored::View && !model.is_test() && !release.tables.contains_key(&model.name) {
            register(context, &model.name, plan_view(context, model).await?)?;
        }
    }
    Ok(())
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
