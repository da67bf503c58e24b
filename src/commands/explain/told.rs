//! What both explanations say in the same words: release, policy, slices, rows, SQL.

use dashboard::explain::ReleaseTold;
use dashboard::explain::model::{ClauseTold, PolicyTold, SqlTold};
use dashboard::explain::needs::PeriodTold;
use dashboard::explain::proof::{Proof, form_title};
use dashboard::explain::slices::SliceTold;
use dashboard::format;
use dashboard::words::Lang;

use crate::show::columns;

/// A text that grows by sections.
pub struct Text {
    /// The language.
    pub lang: Lang,
    /// Where `kehou query` finds the same release.
    of: String,
    out: String,
}

impl Text {
    /// An empty text about a release of a warehouse.
    pub fn new(lang: Lang, warehouse: &str, release: u64) -> Text {
        Text { lang, of: format!("--warehouse {warehouse} --release {release}"), out: String::new() }
    }

    /// The text.
    pub fn done(self) -> String {
        self.out
    }

    /// Of two texts the one in the language.
    pub fn say<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.lang == Lang::Zh { zh } else { en }
    }

    /// A line.
    pub fn line(&mut self, line: impl AsRef<str>) {
        self.out.push_str(line.as_ref().trim_end());
        self.out.push('\n');
    }

    /// A line with a name in front; nothing where there is nothing to say.
    pub fn named(&mut self, zh: &'static str, en: &'static str, value: impl AsRef<str>) {
        if !value.as_ref().is_empty() {
            let colon = self.say("：", ": ");
            let line = format!("{}{colon}{}", self.say(zh, en), value.as_ref());
            self.line(line);
        }
    }

    /// A heading with an empty line above.
    pub fn heading(&mut self, zh: &'static str, en: &'static str) {
        let line = format!("\n【{}】", self.say(zh, en));
        self.line(line);
    }

    /// A table, indented.
    pub fn table(&mut self, headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        let mut all = vec![headings.iter().map(|one| (*one).to_owned()).collect()];
        all.extend(rows);
        for line in columns(&all).lines() {
            self.line(format!("  {line}"));
        }
    }

    /// That the period is closed, because rows of persons were erased.
    pub fn erased(&mut self, period: &PeriodTold) {
        if let Some(day) = period.erased_before {
            let line = self.lang.with("explain.erased", &[&format::date(day, self.lang)]);
            self.line(line);
        }
    }

    /// Which release it is.
    pub fn release(&mut self, release: &ReleaseTold) {
        let official = if release.official { self.say("，正式发布", ", official") } else { "" };
        let line = match self.lang {
            Lang::Zh => {
                format!("数据：第 {} 版，截至 {}，计算于 {}{official}", release.release, release.today, release.made_at)
            }
            Lang::En => {
                format!("Release {}, as of {}, computed {}{official}", release.release, release.today, release.made_at)
            }
        };
        self.line(line);
    }

    /// A clause, with its text where the city gave it.
    pub fn clause(&mut self, cited: &str, clauses: &[ClauseTold]) {
        let cited = self.lang.with("finding.clause.cited", &[cited]);
        self.named("条款", "Clause", cited);
        for one in clauses {
            self.line(format!("  〔{}〕{}", one.clause, one.text));
        }
    }

    /// The numbers of the policy.
    pub fn policy(&mut self, policy: &[PolicyTold]) {
        if policy.is_empty() {
            return;
        }
        self.heading("用到的政策参数（本期内有效）", "Numbers of the policy in force in the period");
        let headings =
            [self.say("参数", "key"), self.say("数值", "value"), self.say("生效", "from"), self.say("条款", "clause")];
        let day = |one: &PolicyTold| one.valid_from.map(|day| day.to_string()).unwrap_or_default();
        let rows = policy.iter().map(|one| vec![one.key.clone(), one.value.clone(), day(one), one.clause.clone()]);
        self.table(&headings, rows);
    }

    /// Slices of a school.
    pub fn slices(&mut self, slices: &[SliceTold]) {
        if slices.is_empty() {
            return;
        }
        self.heading("报送单元", "Slices");
        let headings = [
            self.say("表单", "form"),
            self.say("统计期", "period"),
            self.say("状态", "state"),
            self.say("回执号", "receipt"),
            self.say("文件 · 工作表", "file · sheet"),
            self.say("收到", "received"),
            self.say("版本", "version"),
            self.say("行数", "rows"),
            self.say("计入", "counted"),
            self.say("行号", "row numbers"),
            self.say("分子", "numerator"),
            self.say("分母", "denominator"),
        ];
        let rows: Vec<Vec<String>> = slices.iter().map(|slice| self.slice(slice)).collect();
        // What no slice has takes no place: of a finding nothing is counted.
        let kept: Vec<usize> = (0..headings.len()).filter(|at| rows.iter().any(|row| !row[*at].is_empty())).collect();
        let headings: Vec<&str> = kept.iter().map(|at| headings[*at]).collect();
        self.table(&headings, rows.iter().map(|row| kept.iter().map(|at| row[*at].clone()).collect()));
    }

    fn slice(&self, slice: &SliceTold) -> Vec<String> {
        let number = |value: Option<f64>| value.map(format::number).unwrap_or_default();
        let counted = slice.counted.as_ref();
        let lines = counted.and_then(|one| Some((one.first_row?, one.last_row?)));
        let version = match (slice.version, slice.replaces.as_ref()) {
            (0, _) => String::new(),
            (version, Some(replaced)) if self.lang == Lang::Zh => format!("第 {version} 版，替换 {replaced}"),
            (version, Some(replaced)) => format!("{version}, replaces {replaced}"),
            (version, None) => version.to_string(),
        };
        vec![
            form_title(&slice.form, self.lang).to_owned(),
            slice.period.clone(),
            self.state(slice),
            slice.receipt.clone().unwrap_or_default(),
            file(&slice.file_name, &slice.sheet),
            slice.received_on.map(|day| day.to_string()).unwrap_or_default(),
            version,
            if slice.file_name.is_empty() { String::new() } else { slice.rows.to_string() },
            counted.map(|one| one.rows.to_string()).unwrap_or_default(),
            lines.map(|(first, last)| format!("{first}–{last}")).unwrap_or_default(),
            number(counted.and_then(|one| one.numerator)),
            number(counted.and_then(|one| one.denominator)),
        ]
    }

    /// A slice's state, and when it was due where it is not there.
    pub fn state(&self, slice: &SliceTold) -> String {
        let known = ["reported", "zero", "rejected", "missing", "not_due"].contains(&slice.state.as_str());
        let word = if known { self.lang.say(&format!("state.{}", slice.state)) } else { slice.state.as_str() };
        match (slice.is_late, slice.due_on.filter(|_| !["reported", "zero"].contains(&slice.state.as_str()))) {
            (_, Some(day)) if self.lang == Lang::Zh => format!("{word}（{day} 到期）"),
            (_, Some(day)) => format!("{word} (due {day})"),
            (true, None) if self.lang == Lang::Zh => format!("{word}（逾期）"),
            (true, None) => format!("{word} (late)"),
            (false, None) => word.to_owned(),
        }
    }

    /// Rows by file and sheet.
    pub fn proofs(&mut self, proofs: &[Proof]) {
        for proof in proofs {
            let received = proof.received_on.map(|day| day.to_string()).unwrap_or_default();
            let title = form_title(&proof.form, self.lang).to_owned();
            let line = match self.lang {
                Lang::Zh => format!(
                    "  {title}  {}  回执 {}  {received} 收到",
                    file(&proof.file_name, &proof.sheet),
                    proof.receipt
                ),
                Lang::En => format!(
                    "  {title}  {}  receipt {}  received {received}",
                    file(&proof.file_name, &proof.sheet),
                    proof.receipt
                ),
            };
            self.line(line);
            let mut headings = vec![self.say("行号", "row")];
            let adds = proof.rows.iter().any(|row| row.numerator.is_some() || row.denominator.is_some());
            if adds {
                headings.extend([self.say("分子", "numerator"), self.say("分母", "denominator")]);
            }
            headings.extend(
                proof
                    .columns
                    .iter()
                    .map(|one| if self.lang == Lang::Zh { one.heading.as_str() } else { one.title_en.as_str() }),
            );
            let number = |value: Option<f64>| value.map(format::number).unwrap_or_default();
            let unstored = self.say("（未存）", "(not stored)");
            let rows = proof.rows.iter().map(|row| {
                let mut cells = vec![row.row_no.to_string()];
                if adds {
                    cells.extend([number(row.numerator), number(row.denominator)]);
                }
                cells.extend(row.cells.clone().unwrap_or_else(|| vec![unstored.to_owned()]));
                cells
            });
            self.table(&headings, rows);
        }
    }

    /// The query that gives all rows.
    pub fn query(&mut self, query: &str) {
        let line = format!("  {}: kehou query \"{query}\" {} --format csv", self.say("全部行", "all rows"), self.of);
        self.line(line);
    }

    /// The SQL, with what it reads.
    pub fn sql(&mut self, sql: &SqlTold) {
        self.heading("SQL", "SQL");
        let same = match sql.same_as_release {
            true => self.say("与计算本版数据时相同", "the same as computed this release"),
            false => self.say(
                "注意：与计算本版数据时的不同，以下是本程序现有的",
                "beware: not the text that computed this release; this is what this build has",
            ),
        };
        self.line(format!("sql/{} ({same})", sql.path));
        let direct: Vec<&str> = sql.reads.iter().filter(|one| one.direct).map(|one| one.name.as_str()).collect();
        self.named("直接读取", "Reads", direct.join(", "));
        let down: Vec<String> = sql
            .reads
            .iter()
            .filter(|one| one.name.starts_with("facts.") && !one.what.is_empty())
            .map(|one| format!("{} ({})", one.name, one.what))
            .collect();
        self.named("最终来自报送", "Down to what was sent", down.join(", "));
        self.line("");
        for line in sql.text.lines() {
            self.line(format!("  {line}"));
        }
    }
}

/// A file with its sheet.
fn file(name: &str, sheet: &str) -> String {
    if sheet.is_empty() { name.to_owned() } else { format!("{name} · {sheet}") }
}
