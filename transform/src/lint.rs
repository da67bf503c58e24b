//! What the engine doesn't refuse but every model must keep to: the direction of the layers, the dialect that two engines
//! share, and a header that pages can show.

use crate::error::Fault;
use crate::header;
use crate::project::{Model, Stored};

/// What stands in one engine alone, or means something else in the other, and what to write in its place.
const TRAPS: [(&str, &str); 21] = [
    ("strftime(", "dates are compared as dates; text of a date is cast(d as varchar)"),
    ("to_char(", "only DataFusion has it"),
    ("date_diff(", "only DuckDB has it; date - date works in both"),
    ("last_day(", "only DuckDB has it; the calendar knows the last day"),
    ("min_by(", "only DuckDB has it; use row_number"),
    ("max_by(", "only DuckDB has it; use row_number"),
    ("regexp_like(", "only DataFusion has it"),
    ("sha256(", "binary in one engine, hex in the other; use md5"),
    ("now(", "the date is run.today"),
    ("current_date", "the date is run.today"),
    ("current_timestamp", "the date is run.today"),
    ("interval '", "date + interval is a date in one engine, a timestamp in the other; add whole days"),
    ("asof join", "only DuckDB has it"),
    ("pivot", "only DuckDB has it"),
    ("named_struct", "only DataFusion has it"),
    ("struct_pack", "only DuckDB has it"),
    ("make_array", "only DataFusion has it"),
    ("approx_", "not the same in both engines"),
    ("quantile_", "DataFusion interpolates to the millionth alone; weigh the two neighbours by row_number"),
    ("percentile_", "DataFusion interpolates to the millionth alone; weigh the two neighbours by row_number"),
    ("^", "power in one engine, exclusive or in the other"),
];

/// The schemas that a model of a schema may read.
fn may_read(schema: &str) -> &'static [&'static str] {
    match schema {
        "staging" => &["facts", "reference", "staging", "public"],
        "indicators" => &["staging", "reference", "indicators", "public"],
        "rules" => &["staging", "reference", "rules", "public"],
        "parts" => &["staging", "reference", "public"],
        "marts" => &["facts", "reference", "staging", "indicators", "rules", "marts", "previous", "public"],
        _ => &["facts", "reference", "staging", "indicators", "rules", "marts", "public"],
    }
}

/// The tables that a model reads against the direction `facts, reference ← staging ← indicators, rules ← marts`.
pub fn direction(model: &Model) -> Vec<Fault> {
    let may = may_read(&model.name.schema);
    let mut faults = Vec::new();
    for read in &model.reads {
        let line = line_of(&model.sql, &read.to_string()).or_else(|| line_of(&model.sql, &read.table));
        if !may.contains(&read.schema.as_str()) {
            let (schema, may) = (&model.name.schema, may.join(", "));
            let why = format!(
                "{schema} 里的模型不能读 {read}，只能读：{may} / a model in {schema} may not read {read}; it may read {may}"
            );
            faults.push(model.fault(line, why));
        } else if read.schema == "public" && read.table != "run" {
            let why =
                format!("{} 前要写明所在的层，如 staging.{0} / name the schema of {0}, as in staging.{0}", read.table);
            faults.push(model.fault(line, why));
        }
    }
    faults
}

/// What a model's SQL has outside of the dialect that both engines share.
pub fn dialect(model: &Model) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, line) in code(&model.sql).lines().enumerate() {
        let mut fault = |why: String| faults.push(model.fault(Some(at + 1), why));
        for (trap, why) in TRAPS.iter().filter(|(trap, _)| has_word(line, trap)) {
            fault(format!("不能用“{trap}”：两种引擎结果不同 / '{trap}' may not be used: {why}"));
        }
        let exact = line.contains("% (2 *") || line.contains("as double)");
        if line.contains('/') && !exact {
            fault("除法只能在 double 之间 / '/' only on doubles, cast(a as double) / cast(nullif(b, 0) as double), or half up in whole fen".to_owned());
        }
        let ordered = line.contains("order by") && (line.contains(" desc") || line.contains(" asc"));
        if ordered && !line.contains("nulls") {
            fault("排序要写明 nulls first 或 nulls last / say nulls first or nulls last".to_owned());
        }
    }
    faults
}

/// What a model's header lacks for the catalogue and the pages.
pub fn header(model: &Model) -> Vec<Fault> {
    let is_indicator = model.name.schema == "indicators" || model.name.schema == "marts" && model.get("code").is_some();
    let required: &[&str] = match model.name.schema.as_str() {
        "rules" => &["rule", "title_zh", "title_en", "severity", "clause"],
        _ if is_indicator => &["code", "title_zh", "title_en", "formula", "clause", "better"],
        _ => &[],
    };
    let mut faults = Vec::new();
    for key in required.iter().filter(|key| model.get(key).is_none_or(str::is_empty)) {
        let line = header::line_of(&model.sql, key).or(Some(1));
        faults.push(model.fault(line, format!("文件头缺少“{key}” / the header lacks '-- {key}: …'")));
    }
    if let Some(code) = model.code().filter(|code| !code.is_empty())
        && !code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        let line = ["rule", "code"].iter().find_map(|key| header::line_of(&model.sql, key));
        let why = format!(
            "编号只能由字母、数字和下划线组成，不能是“{code}” / a code is made of letters, digits and '_', '{code}' is not"
        );
        faults.push(model.fault(line, why));
    }
    if let Some(severity) = model.get("severity").filter(|severity| !["high", "medium", "low", ""].contains(severity)) {
        let line = header::line_of(&model.sql, "severity");
        let why = format!(
            "severity 应为 high、medium 或 low，不能是“{severity}” / severity is high, medium or low, not '{severity}'"
        );
        faults.push(model.fault(line, why));
    }
    if model.name.schema == "marts" && model.stored != Stored::Table {
        let line = header::line_of(&model.sql, "stored").or(Some(1));
        faults.push(model.fault(
            line,
            "marts 里的表要写明“-- stored: table” / a mart is stored: write '-- stored: table'".to_owned(),
        ));
    }
    faults
}

/// The first line, from 1, of which the code (no comment, no text in quotes) has this name.
pub fn line_of(sql: &str, name: &str) -> Option<usize> {
    code(sql).lines().position(|line| has_word(line, &name.to_lowercase())).map(|at| at + 1)
}

/// The last line of which the code has this name.
pub fn last_line_of(sql: &str, name: &str) -> Option<usize> {
    let lines = code(sql).lines().map(str::to_owned).enumerate().collect::<Vec<_>>();
    lines.iter().rev().find(|(_, line)| has_word(line, &name.to_lowercase())).map(|(at, _)| at + 1)
}

/// Whether a line has a word that doesn't begin within another one.
fn has_word(line: &str, word: &str) -> bool {
    let part_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let bounded = word.starts_with(part_of_name);
    line.match_indices(word).any(|(at, _)| !(bounded && line[..at].ends_with(part_of_name)))
}

/// The text in lower case, line by line as it was, without comments and without what stands in single quotes.
pub fn code(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut letters = sql.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('-', Some('-')) => {
                let _ = letters.by_ref().take_while(|letter| *letter != '\n').count();
                out.push('\n');
            }
            ('/', Some('*')) => {
                let mut before = ' ';
                for letter in letters.by_ref().skip(1) {
                    if letter == '\n' {
                        out.push('\n');
                    }
                    if before == '*' && letter == '/' {
                        break;
                    }
                    before = letter;
                }
            }
            ('\'', _) => {
                out.push('\'');
                for letter in letters.by_ref().take_while(|letter| *letter != '\'') {
                    if letter == '\n' {
                        out.push('\n');
                    }
                }
                out.push('\'');
            }
            _ => out.extend(letter.to_lowercase()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_keeps_its_lines() {
        let sql = "-- a / b\nselect 'x''/\ny' as a, /* c ^\n d */ B -- now()\nfrom T";
        assert_eq!(code(sql), "\nselect '''\n' as a, \n b \nfrom t");
        assert_eq!(line_of(sql, "t"), Some(5));
        assert_eq!(line_of(sql, "x"), None);
    }

    #[test]
    fn a_word_begins_where_it_begins() {
        assert!(has_word("select now()", "now(") && !has_word("select finding_now()", "now("));
        assert!(has_word("a ^ b", "^") && has_word("a^b", "^"));
    }
}
