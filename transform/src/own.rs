//! Models of one's own: a folder of SQL files, laid out like the built-in ones, that lies over them without a rebuild. Whatever
//! is wrong with it is told at once, by file and line, before anything runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{Expr, Query, SelectItem, SetExpr, Statement as SqlStatement, Value};
use datafusion::sql::sqlparser::dialect::GenericDialect;

use crate::error::{Fault, Result, TransformError};
use crate::header;
use crate::lint;
use crate::project::{LAYERS, Model, is_generated};

/// Models of one's own, not yet checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// What stands before a file's path in messages: `folder/`, or the release that carries it.
    pub place: String,
    /// Path below the folder → text.
    pub files: BTreeMap<String, String>,
}

impl Own {
    /// Reads a folder. Files that are no `.sql`, and hidden ones, are passed over.
    pub fn read(folder: &Path) -> Result<Own> {
        let place = folder.display().to_string();
        let mut own = Own { place: format!("{}/", place.trim_end_matches('/')), files: BTreeMap::new() };
        let mut faults = Vec::new();
        collect(folder, folder, &mut own.files, &mut faults);
        if !faults.is_empty() {
            return Err(TransformError::Own { faults: own.placed(faults) });
        }
        if own.files.is_empty() {
            let why = format!(
                "文件夹里没有模型；应有 {place}/rules/x01.sql 这样的文件（{}、tests） / there is no model in it, such as rules/x01.sql; \
                 --no-sql runs without your own models",
                LAYERS.join("、")
            );
            return Err(TransformError::Own { faults: vec![Fault { path: place, line: None, why }] });
        }
        Ok(own)
    }

    /// The faults with the place of their files.
    pub(crate) fn placed(&self, faults: Vec<Fault>) -> Vec<Fault> {
        let place = |fault: Fault| match self.files.contains_key(&fault.path) {
            true => Fault { path: format!("{}{}", self.place, fault.path), ..fault },
            false => fault,
        };
        let mut faults: Vec<Fault> = faults.into_iter().map(place).collect();
        faults.sort_by(|left, right| (&left.path, left.line).cmp(&(&right.path, right.line)));
        faults.dedup();
        faults
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>, faults: &mut Vec<Fault>) {
    let path_of = |path: &Path| {
        let parts = path.strip_prefix(root).unwrap_or(path).components();
        parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
    };
    let unreadable = |path: &Path, error: std::io::Error| Fault {
        path: path.display().to_string(),
        line: None,
        why: format!("读不了 / can't be read: {error}"),
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return faults.push(unreadable(folder, error)),
    };
    for entry in entries.flatten().filter(|entry| !entry.file_name().to_string_lossy().starts_with('.')) {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files, faults);
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql")) {
            match std::fs::read(&path).map(String::from_utf8) {
                // Editors on Windows put a mark before the text and a return at each line's end.
                Ok(Ok(text)) => {
                    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
                    files.insert(path_of(&path), text);
                }
                Ok(Err(error)) => {
                    let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                    let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
                    let why = "不是 UTF-8 编码，请另存为 UTF-8 / it is no UTF-8; save it as UTF-8".to_owned();
                    faults.push(Fault { path: path.display().to_string(), line: Some(line), why });
                }
                Err(error) => faults.push(unreadable(&path, error)),
            }
        }
    }
}

/// What is wrong with the models that are one's own, among all models of the project; the engine's own look at them comes later.
pub(crate) fn faults(models: &[Model], own: &BTreeSet<String>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let collected: BTreeSet<&str> =
        models.iter().filter_map(|model| model.get("collects")?.strip_suffix(".*")).collect();
    for model in models.iter().filter(|model| own.contains(&model.path)) {
        if is_generated(&model.path) {
            let why = format!(
                "{} 由系统汇总生成，请换个文件名 / {0} is made from all files of the folder; name the file otherwise",
                model.name
            );
            faults.push(model.fault(None, why));
            continue;
        }
        faults.extend(lint::direction(model));
        faults.extend(lint::dialect(model));
        faults.extend(lint::header(model));
        faults.extend(unknown_models(model, models));
        faults.extend(same_code(model, models));
        faults.extend(other_key(model, models, own));
        faults.extend(other_periods(model, models, own));
        if collected.contains(model.name.schema.as_str()) {
            faults.extend(columns(model, models, own));
        }
    }
    faults
}

/// Models that nobody wrote. What is no model's table is looked up in the warehouse by the run.
fn unknown_models(model: &Model, models: &[Model]) -> Vec<Fault> {
    let is_layer = |schema: &str| LAYERS.contains(&schema);
    let known = |read: &&warehouse::table::TableName| {
        !is_layer(&read.schema)
            || is_generated(&format!("{}/{}.sql", read.schema, read.table))
            || models.iter().any(|other| other.name == **read)
    };
    let unknown = model.reads.iter().filter(|read| !known(read));
    unknown
        .map(|read| {
            let mut near: Vec<&str> = models
                .iter()
                .filter(|other| other.name.schema == read.schema)
                .map(|other| other.name.table.as_str())
                .collect();
            near.sort_unstable();
            let why = format!(
                "没有 {read} 这张表 / there is no table {read}; in {} there are {}",
                read.schema,
                near.join(", ")
            );
            model.fault(lint::line_of(&model.sql, &read.to_string()), why)
        })
        .collect()
}

/// A code names one rule or one indicator.
fn same_code(model: &Model, models: &[Model]) -> Option<Fault> {
    let code = model.code()?;
    let other = models.iter().find(|other| {
        other.path != model.path && other.code().is_some_and(|theirs| theirs.eq_ignore_ascii_case(code))
    })?;
    let line = ["rule", "code"].iter().find_map(|key| header::line_of(&model.sql, key));
    let why = format!(
        "编号 {code} 已由 {} 使用；要替换它，请用同样的文件名 / the code {code} is that of {0}; to replace that one give the file its path",
        other.path
    );
    Some(model.fault(line, why))
}

/// A run computes apart what has one key: all models that have any have the same.
fn other_key(model: &Model, models: &[Model], own: &BTreeSet<String>) -> Option<Fault> {
    let key = models.iter().filter(|other| !own.contains(&other.path)).find_map(Model::key)?;
    let theirs = model.key().filter(|theirs| *theirs != key)?;
    let why = format!(
        "key 只能是 {key}，不能是“{theirs}” / a key is {key}, not '{theirs}'; without the line the model is computed whole"
    );
    Some(model.fault(header::line_of(&model.sql, "key"), why))
}

/// Periods are computed apart where all that have any mean the same by them; what carries its own rows on rests on all of them.
fn other_periods(model: &Model, models: &[Model], own: &BTreeSet<String>) -> Option<Fault> {
    let theirs = model.periods()?;
    let line = header::line_of(&model.sql, "periods");
    if model.get("carries").is_some() {
        let why = "periods 不能与 carries 并用 / periods don't go with carries: what is carried on rests on rows of all periods";
        return Some(model.fault(line, why.to_owned()));
    }
    let periods = models.iter().filter(|other| !own.contains(&other.path)).find_map(Model::periods)?;
    let why = format!(
        "periods 只能是 {periods}，不能是“{theirs}” / periods are {periods}, not '{theirs}'; without the line the model is computed whole"
    );
    (theirs != periods).then(|| model.fault(line, why))
}

/// One column of a model's last select.
struct Item {
    name: Option<String>,
    line: Option<usize>,
    /// The text that stands there in quotes, cast or not.
    text: Option<String>,
}

/// All models of a collected schema are laid one upon the other, column by column: they have the same ones in the same order.
fn columns(model: &Model, models: &[Model], own: &BTreeSet<String>) -> Vec<Fault> {
    let schema = &model.name.schema;
    let pattern = models.iter().find(|other| other.name.schema == *schema && !own.contains(&other.path));
    let (Some(pattern), Some(items)) = (pattern, last_select(&model.sql)) else { return Vec::new() };
    let wanted: Vec<String> =
        last_select(&pattern.sql).unwrap_or_default().into_iter().filter_map(|item| item.name).collect();
    let list = wanted.join(", ");
    let first_line = items.first().and_then(|item| item.line);
    let mut faults = Vec::new();
    let mut fault = |line: Option<usize>, why: String| faults.push(model.fault(line, why));
    for item in items.iter().filter(|item| item.name.is_none()) {
        fault(item.line, "最后的 select 要逐列写出列名，不能用 * / the last select names each column; no *".to_owned());
    }
    let names: Vec<&str> = items.iter().filter_map(|item| item.name.as_deref()).collect();
    if names.len() == items.len() && names != wanted {
        let lacking: Vec<&str> = wanted.iter().map(String::as_str).filter(|name| !names.contains(name)).collect();
        let extra = items.iter().find(|item| item.name.as_ref().is_some_and(|name| !wanted.contains(name)));
        let misplaced = items.iter().zip(&wanted).find(|(item, wanted)| item.name.as_ref() != Some(wanted));
        if !lacking.is_empty() {
            let lacking = lacking.join(", ");
            fault(
                first_line,
                format!(
                    "缺少列 {lacking}；各列依次为 {list} / the column {lacking} is missing; a model in {schema} has, in this order: {list}"
                ),
            );
        } else if let Some(extra) = extra {
            let name = extra.name.as_deref().unwrap_or_default();
            fault(
                extra.line,
                format!(
                    "多出列 {name}；各列依次为 {list} / there is no column {name}; a model in {schema} has, in this order: {list}"
                ),
            );
        } else if let Some((item, wanted)) = misplaced {
            let name = item.name.as_deref().unwrap_or_default();
            fault(
                item.line,
                format!(
                    "此处应为列 {wanted}，而不是 {name}；各列依次为 {list} / here is the place of {wanted}, not of {name}; the order is {list}"
                ),
            );
        }
    }
    // What the header says and what the rows say must be one, or pages would show a title of another rule.
    for (column, key) in [("rule", "rule"), ("severity", "severity"), ("indicator", "code")] {
        let item = items.iter().find(|item| item.name.as_deref() == Some(column));
        if let (Some(Item { line, text: Some(text), .. }), Some(said)) = (item, model.get(key))
            && text != said
        {
            fault(
                *line,
                format!(
                    "列 {column} 写的是“{text}”，文件头的 {key} 是“{said}” / the column {column} is '{text}', but the header's {key} is '{said}'"
                ),
            );
        }
    }
    faults
}

fn last_select(sql: &str) -> Option<Vec<Item>> {
    let mut parser = DFParserBuilder::new(sql).with_dialect(&GenericDialect {}).build().ok()?;
    let Statement::Statement(statement) = parser.parse_statements().ok()?.pop_front()? else { return None };
    let SqlStatement::Query(query) = *statement else { return None };
    let items = projection(&query)?;
    Some(items.iter().map(item).collect())
}

/// The columns of a query: of the first part, where it is a union.
fn projection(query: &Query) -> Option<&[SelectItem]> {
    let mut body = &*query.body;
    loop {
        match body {
            SetExpr::Select(select) => return Some(&select.projection),
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Query(inner) => body = &inner.body,
            _ => return None,
        }
    }
}

fn item(item: &SelectItem) -> Item {
    use datafusion::sql::sqlparser::ast::Spanned;
    let line = Some(item.span().start.line as usize).filter(|line| *line > 0);
    match item {
        SelectItem::ExprWithAlias { expr, alias } => Item {
            name: Some(alias.value.to_lowercase()),
            line: Some(alias.span.start.line as usize),
            text: text(expr),
        },
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => {
            Item { name: Some(name.value.to_lowercase()), line, text: None }
        }
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(names)) => {
            Item { name: names.last().map(|name| name.value.to_lowercase()), line, text: None }
        }
        _ => Item { name: None, line, text: None },
    }
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Cast { expr, .. } | Expr::Nested(expr) => text(expr),
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}
