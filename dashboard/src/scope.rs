//! Who sees what: the only door between pages and tables. A query is made through a [`Scoped`], whose session knows no
//! table but those of `doors`, already filtered to the visitor's scope. No handler holds an unfiltered table.

pub mod doors;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use datafusion::arrow::array::{Array, BooleanArray, RecordBatch, StringArray};
use datafusion::arrow::compute::{cast, concat_batches, filter_record_batch, not};
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider, TableProvider};
use datafusion::common::TableReference;
use datafusion::datasource::MemTable;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::{DataFrame, Expr, SessionConfig, SessionContext, col, lit};
use datafusion::scalar::ScalarValue;
use ingest::form::{Visibility, forms};
use transform::project::PARTS;

use warehouse::session::exact;

use crate::accounts::{Account, Role};
use crate::error::{DashboardError, Result};
use crate::release::{Edition, Held, Pinned};
use crate::rows::Rows;
use doors::{DOORS, Door, Guard, Hold, Needs};

/// Whose eyes a page is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Nobody who logged in.
    Public,
    /// One school.
    School(String),
    /// One district.
    District(String),
    /// The city.
    City,
    /// Findings of these districts.
    Inspector(Vec<String>),
    /// Accounts alone.
    Admin,
}

impl Scope {
    /// The scope of an account.
    pub fn of(account: &Account) -> Scope {
        match account.role {
            Role::School => Scope::School(account.unit.clone()),
            Role::District => Scope::District(account.unit.clone()),
            Role::City => Scope::City,
            Role::Inspector => Scope::Inspector(account.unit.split(',').map(str::to_owned).collect()),
            Role::Admin => Scope::Admin,
        }
    }

    /// Whether the scope has figures: indicators, slices, submissions' states.
    pub fn sees_figures(&self) -> bool {
        matches!(self, Scope::School(_) | Scope::District(_) | Scope::City)
    }

    /// Whether the scope has findings and their proof.
    pub fn sees_findings(&self) -> bool {
        self.sees_figures() || matches!(self, Scope::Inspector(_))
    }

    /// Whether the scope may open a district's page.
    pub fn sees_district(&self, code: &str) -> bool {
        match self {
            Scope::City => true,
            Scope::District(own) => own == code,
            _ => false,
        }
    }

    /// Whether a figure of a unit is in sight where it doesn't come from the scope's own tables: the city's, and one's own.
    pub fn sees_figure(&self, level: &str, unit_id: &str, district_code: &str) -> bool {
        match self {
            Scope::City => true,
            Scope::District(own) => level == "city" || own == district_code,
            Scope::School(own) => level == "city" || level == "school" && own == unit_id,
            Scope::Public | Scope::Inspector(_) | Scope::Admin => false,
        }
    }

    /// The same for a finding; one of a district has no school.
    pub fn sees_finding(&self, school_id: &str, district_code: &str) -> bool {
        match self {
            Scope::City => true,
            Scope::District(own) => own == district_code,
            Scope::Inspector(own) => own.iter().any(|own| own == district_code),
            Scope::School(own) => own == school_id,
            Scope::Public | Scope::Admin => false,
        }
    }

    fn sees(&self, needs: Needs) -> bool {
        match needs {
            Needs::Figures => self.sees_figures(),
            Needs::Findings => self.sees_findings(),
            Needs::City => *self == Scope::City,
            Needs::Public => *self == Scope::Public,
        }
    }
}

/// How many results of queries are kept; a release doesn't change, so they stay right as long as it is the current one.
const KEPT: usize = 512;

/// What one scope sees of one release.
pub struct Scoped {
    /// Which release it is.
    pub edition: Edition,
    /// Whose it is.
    pub scope: Scope,
    context: SessionContext,
    results: Mutex<HashMap<String, Arc<Rows>>>,
}

impl Scoped {
    /// The session of a scope: the one place in which its tables are made.
    pub(crate) async fn new(pinned: &Pinned, scope: &Scope) -> Result<Scoped> {
        let config = exact(SessionConfig::new()).with_target_partitions(1).with_information_schema(false);
        let context = SessionContext::new_with_config_rt(config, pinned.whole.runtime_env());
        let mut kept: BTreeMap<(&str, &str), Held> = BTreeMap::new();
        let districts = districts(pinned, scope)?;
        for door in DOORS.iter().filter(|door| scope.sees(door.needs)) {
            let table: Arc<dyn TableProvider> = match door.hold {
                Hold::Memory => {
                    let whole = &pinned.held[&(door.schema, door.table)];
                    let part = narrowed(whole, door, scope, &districts, &kept)?;
                    kept.insert((door.schema, door.table), part.clone());
                    Arc::new(MemTable::try_new(part.schema, vec![part.batches])?)
                }
                Hold::Files => {
                    let schools = kept.get(&("marts", "school")).map(|held| texts_of(held, "school_id")).transpose()?;
                    match stored_rows(pinned, door, scope, schools.as_ref()).await? {
                        Some(view) => view,
                        None => continue,
                    }
                }
            };
            register(&context, (door.schema, door.table), table)?;
        }
        if scope.sees_figures() {
            let schools = kept.get(&("marts", "school")).map(|held| texts_of(held, "school_id")).transpose()?;
            for (name, view) in parts(pinned, scope, schools.as_ref()).await? {
                register(&context, (PARTS, &name), view)?;
            }
        }
        Ok(Scoped { edition: pinned.edition.clone(), scope: scope.clone(), context, results: Mutex::default() })
    }

    /// Runs one `select` over the scope's tables; `$1`, `$2` … stand for the texts given.
    pub async fn query(&self, sql: &str, texts: &[&str]) -> Result<Arc<Rows>> {
        let key = format!("{sql}\u{1f}{}", texts.join("\u{1f}"));
        if let Some(known) = self.lock().get(&key) {
            return Ok(known.clone());
        }
        let rows = Arc::new(ask(&self.context, sql, texts).await?);
        let mut results = self.lock();
        if results.len() >= KEPT {
            results.clear();
        }
        results.insert(key, rows.clone());
        Ok(rows)
    }

    /// The rows of one `select` as they come, for answers that are as long as they are; `$1`, `$2` … stand for the texts given.
    pub async fn stream(&self, sql: &str, texts: &[&str]) -> Result<SendableRecordBatchStream> {
        Ok(planned(&self.context, sql, texts).await?.execute_stream().await?)
    }

    /// All of them at once, and nothing is kept: for answers that are large, or asked for once.
    pub async fn read(&self, sql: &str, texts: &[&str]) -> Result<Rows> {
        ask(&self.context, sql, texts).await
    }

    /// Whether the scope has this table.
    pub fn has(&self, schema: &str, table: &str) -> bool {
        self.context.table_exist(TableReference::partial(schema, table)).is_ok_and(|exists| exists)
    }

    /// The columns that the scope sees of a form's stored rows; none where the release has no such table.
    pub async fn columns_of(&self, table: &str) -> Result<Vec<String>> {
        match self.context.table_provider(TableReference::partial("facts", table)).await {
            Ok(provider) => Ok(provider.schema().fields().iter().map(|field| field.name().clone()).collect()),
            Err(_) => Ok(Vec::new()),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Rows>>> {
        self.results.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Runs one `select` in a session; `$1`, `$2` … stand for the texts given.
pub(crate) async fn ask(context: &SessionContext, sql: &str, texts: &[&str]) -> Result<Rows> {
    Ok(Rows::read(&planned(context, sql, texts).await?.collect().await?)?)
}

async fn planned(context: &SessionContext, sql: &str, texts: &[&str]) -> Result<DataFrame> {
    let reading = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let values: Vec<ScalarValue> = texts.iter().map(|text| ScalarValue::from(*text)).collect();
    let frame = context.sql_with_options(sql, reading).await?;
    Ok(if values.is_empty() { frame } else { frame.with_param_values(values)? })
}

/// The districts that a scope lies in or consists of; none for the city, which has all.
fn districts(pinned: &Pinned, scope: &Scope) -> Result<HashSet<String>> {
    Ok(match scope {
        Scope::District(code) => HashSet::from([code.clone()]),
        Scope::Inspector(codes) => codes.iter().cloned().collect(),
        Scope::School(id) => {
            let schools = &pinned.held[&("marts", "school")];
            let mut found = HashSet::new();
            for batch in &schools.batches {
                let (ids, codes) = (texts(batch, "school_id")?, texts(batch, "district_code")?);
                found.extend(
                    ids.iter()
                        .zip(codes.iter())
                        .filter(|(one, _)| *one == Some(id))
                        .filter_map(|(_, code)| code)
                        .map(str::to_owned),
                );
            }
            found
        }
        Scope::City | Scope::Public | Scope::Admin => HashSet::new(),
    })
}

/// The city's indicators, which every scope sees, in a batch of their own: what a scope sees the whole of, it shares.
pub(crate) fn city_apart(door: &Door, held: Held) -> Result<Held> {
    if door.guard != Guard::Indicator {
        return Ok(held);
    }
    let (mut city, mut others) = (Vec::new(), Vec::new());
    for batch in &held.batches {
        let is_city = texts(batch, "level")?.iter().map(|level| Some(level == Some("city"))).collect();
        city.push(filter_record_batch(batch, &is_city)?);
        others.push(filter_record_batch(batch, &not(&is_city)?)?);
    }
    others.push(concat_batches(&held.schema, &city)?);
    Ok(Held { schema: held.schema, batches: others })
}

/// The rows of a table that a scope may see.
fn narrowed(
    whole: &Held,
    door: &Door,
    scope: &Scope,
    districts: &HashSet<String>,
    kept: &BTreeMap<(&str, &str), Held>,
) -> Result<Held> {
    if *scope == Scope::City || door.guard == Guard::Everyone {
        return Ok(whole.clone());
    }
    let parents = match door.guard {
        Guard::Child { schema, table, by } => texts_of(&kept[&(schema, table)], by)?,
        _ => HashSet::new(),
    };
    let mut batches = Vec::new();
    for batch in &whole.batches {
        let own = |at: usize, ids: &StringArray, codes: &StringArray| match scope {
            Scope::School(id) => ids.is_valid(at) && ids.value(at) == id,
            _ => codes.is_valid(at) && districts.contains(codes.value(at)),
        };
        let mask: BooleanArray = match door.guard {
            Guard::Everyone => unreachable!("it was let through above"),
            Guard::Unit => {
                let (ids, codes) = (texts(batch, "school_id")?, texts(batch, "district_code")?);
                (0..batch.num_rows()).map(|at| Some(own(at, &ids, &codes))).collect()
            }
            Guard::Indicator => {
                let (levels, ids, codes) =
                    (texts(batch, "level")?, texts(batch, "unit_id")?, texts(batch, "district_code")?);
                (0..batch.num_rows()).map(|at| Some(levels.value(at) == "city" || own(at, &ids, &codes))).collect()
            }
            Guard::District => {
                let codes = texts(batch, "district_code")?;
                codes.iter().map(|code| Some(code.is_some_and(|code| districts.contains(code)))).collect()
            }
            Guard::DistrictOrCity => {
                let codes = texts(batch, "district_code")?;
                let school = matches!(scope, Scope::School(_));
                codes
                    .iter()
                    .map(|code| Some(code.is_none_or(|code| code.is_empty() || !school && districts.contains(code))))
                    .collect()
            }
            Guard::Child { by, .. } => {
                texts(batch, by)?.iter().map(|key| Some(key.is_some_and(|key| parents.contains(key)))).collect()
            }
            Guard::Rows => unreachable!("rows of forms stay in files"),
        };
        let part = filter_record_batch(batch, &mask)?;
        if part.num_rows() > 0 {
            batches.push(part);
        }
    }
    Ok(Held { schema: whole.schema.clone(), batches })
}

/// A view on a form's stored rows: of the scope's schools, and without the columns that the scope may not see.
async fn stored_rows(
    pinned: &Pinned,
    door: &Door,
    scope: &Scope,
    schools: Option<&HashSet<String>>,
) -> Result<Option<Arc<dyn TableProvider>>> {
    let form = forms().iter().find(|form| form.table() == door.table);
    let (Some(form), Ok(table)) = (form, pinned.whole.table(TableReference::partial(door.schema, door.table)).await)
    else {
        return Ok(None);
    };
    let hidden: HashSet<&str> = match scope {
        Scope::School(_) => form
            .columns
            .iter()
            .filter(|column| column.visibility == Visibility::Inspector)
            .map(|column| column.name.as_str())
            .collect(),
        _ => HashSet::new(),
    };
    let columns: Vec<_> = table
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .filter(|name| !hidden.contains(name.as_str()))
        .collect();
    let mut table = table;
    if *scope != Scope::City {
        table = table.filter(col("school_id").in_list(ids(schools), false))?;
    }
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    Ok(Some(table.select_columns(&columns)?.into_view()))
}

/// The queries that take figures apart, narrowed to the scope's schools. They hold numbers of rows, and nothing that stands in them.
async fn parts(
    pinned: &Pinned,
    scope: &Scope,
    schools: Option<&HashSet<String>>,
) -> Result<Vec<(String, Arc<dyn TableProvider>)>> {
    let mut views: Vec<(String, Arc<dyn TableProvider>)> = Vec::new();
    let catalogs = pinned.whole.catalog_names().into_iter().filter_map(|name| pinned.whole.catalog(&name));
    for name in catalogs.filter_map(|catalog| catalog.schema(PARTS)).flat_map(|schema| schema.table_names()) {
        let mut table = pinned.whole.table(TableReference::partial(PARTS, name.as_str())).await?;
        if *scope != Scope::City {
            table = table.filter(col("school_id").in_list(ids(schools), false))?;
        }
        views.push((name, table.into_view()));
    }
    Ok(views)
}

/// Schools as a list of literals.
fn ids(schools: Option<&HashSet<String>>) -> Vec<Expr> {
    schools.map(|ids| ids.iter().map(|id| lit(id.as_str())).collect()).unwrap_or_default()
}

fn register(context: &SessionContext, (schema_name, name): (&str, &str), table: Arc<dyn TableProvider>) -> Result<()> {
    let catalog = context.catalog("datafusion").expect("it is the default catalog of a session");
    let schema: Arc<dyn SchemaProvider> = match catalog.schema(schema_name) {
        Some(schema) => schema,
        None => {
            let schema = Arc::new(MemorySchemaProvider::new());
            catalog.register_schema(schema_name, schema.clone())?;
            schema
        }
    };
    schema.register_table(name.to_owned(), table)?;
    Ok(())
}

fn texts(batch: &RecordBatch, column: &str) -> Result<StringArray> {
    let values = batch.column_by_name(column).ok_or_else(|| {
        DashboardError::Query(datafusion::error::DataFusionError::Plan(format!(
            "a table of the release lacks the column {column}"
        )))
    })?;
    let values = cast(values, &DataType::Utf8)?;
    Ok(values.as_any().downcast_ref::<StringArray>().expect("it was cast to text").clone())
}

fn texts_of(held: &Held, column: &str) -> Result<HashSet<String>> {
    let mut all = HashSet::new();
    for batch in &held.batches {
        all.extend(texts(batch, column)?.iter().flatten().map(str::to_owned));
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
