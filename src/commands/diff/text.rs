//! A difference for reading: first what went in otherwise, each cause with a sign of its own, then what came out otherwise, each
//! line with the signs of its causes.

use std::collections::BTreeMap;
use std::fmt::{self, Formatter};

use dashboard::difference::{Causes, Difference, FigureChange, FindingChange, Kind, Numbers, ScoreChange, SliceChange};

use crate::args::Language;
use crate::commands::releases::sign;
use crate::show;

/// How many lines of a changed SQL file are shown, and how many causes stand beside a line.
const FEW: usize = 6;

/// A difference with the words that it is told in.
pub struct Told<'a> {
    /// What is told.
    pub difference: &'a Difference,
    /// How many lines of each list, 0 for all.
    pub limit: usize,
    /// In which language.
    pub lang: Language,
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Difference { before, after, .. } = self.difference;
        let line = self.say(
            format!(
                "第 {} 期（截至 {}）→ 第 {} 期（截至 {}）",
                before.release, before.today, after.release, after.today
            ),
            format!(
                "Release {} (as of {}) → release {} (as of {})",
                before.release, before.today, after.release, after.today
            ),
        );
        writeln!(out, "{line}")?;
        self.changes(out)?;
        self.figures(out)?;
        self.scores(out)?;
        self.findings(out)
    }
}

impl Told<'_> {
    fn say<T>(&self, zh: T, en: T) -> T {
        match self.lang {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    fn shown<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        if self.limit == 0 { all } else { &all[..all.len().min(self.limit)] }
    }

    /// What is left out of a list is counted.
    fn rest(&self, out: &mut Formatter<'_>, all: usize, shown: usize) -> fmt::Result {
        match all - shown {
            0 => Ok(()),
            rest => writeln!(
                out,
                "  {}",
                self.say(
                    format!("…… 另有 {rest} 项，--limit 0 全部列出"),
                    format!("… and {rest} more; --limit 0 lists all"),
                )
            ),
        }
    }

    /// What went in otherwise.
    fn changes(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let changes = &self.difference.changes;
        writeln!(out, "\n{}", self.say("起因", "What went in otherwise"))?;
        if let Some([was, now]) = changes.today {
            writeln!(out, "  [D] {} {was} → {now}", self.say("日期", "date"))?;
        }
        for (at, file) in changes.sql.iter().enumerate() {
            let own = if file.own { self.say("（自有）", " (your own)") } else { "" };
            writeln!(out, "  [Q{}] SQL {}{}{own}", at + 1, sign(file.kind), file.path)?;
            if file.kind == Kind::Changed {
                let lines: Vec<String> = file
                    .removed
                    .iter()
                    .map(|line| format!("− {}", line.trim()))
                    .chain(file.added.iter().map(|line| format!("+ {}", line.trim())))
                    .collect();
                for line in lines.iter().take(FEW) {
                    writeln!(out, "       {line}")?;
                }
                if lines.len() > FEW {
                    let rest = lines.len() - FEW;
                    writeln!(
                        out,
                        "       {}",
                        self.say(format!("…… 另有 {rest} 行"), format!("… and {rest} more lines"))
                    )?;
                }
            }
        }
        for (at, table) in changes.reference.iter().enumerate() {
            writeln!(
                out,
                "  [R{}] {} {}（{}）",
                at + 1,
                self.say("参照表", "reference table"),
                table.table,
                table.columns.join(", ")
            )?;
            let rows: Vec<String> = table
                .removed
                .iter()
                .map(|row| format!("− {}", row.join(", ")))
                .chain(table.added.iter().map(|row| format!("+ {}", row.join(", "))))
                .collect();
            for row in self.shown(&rows) {
                writeln!(out, "       {row}")?;
            }
            self.rest(out, rows.len(), self.shown(&rows).len())?;
        }
        if changes.case_steps > 0 {
            let steps = changes.case_steps;
            writeln!(out, "  [K] {}", self.say(format!("案件进展 {steps} 步"), format!("{steps} steps of cases")))?;
        }
        if !changes.slices.is_empty() {
            let count = changes.slices.len();
            writeln!(out, "  {}", self.say(format!("报送单元 {count} 个"), format!("{count} slices")))?;
            let shown = self.shown(&changes.slices);
            let rows: Vec<Vec<String>> = shown.iter().map(|slice| self.slice(slice)).collect();
            indented(out, &rows)?;
            self.rest(out, count, shown.len())?;
        }
        if changes.today.is_none()
            && changes.sql.is_empty()
            && changes.reference.is_empty()
            && changes.case_steps == 0
            && changes.slices.is_empty()
        {
            writeln!(out, "  {}", self.say("无", "nothing"))?;
        }
        Ok(())
    }

    fn slice(&self, slice: &SliceChange) -> Vec<String> {
        use dashboard::difference::Effect;
        let effect = match (slice.effect, slice.state.as_str()) {
            (Effect::New, "zero") => self.say("零报告", "zero report"),
            (Effect::New, _) => self.say("新报", "new"),
            (Effect::Corrected, "zero") => self.say("更正为零报告", "corrected to a zero report"),
            (Effect::Corrected, _) => self.say("更正", "corrected"),
            (Effect::Withdrawn, _) => self.say("撤回", "withdrawn"),
            (Effect::Rejected, _) => self.say("退回", "rejected"),
        };
        let receipt = match &slice.receipt_before {
            Some(before) => format!("{before} → {}", slice.receipt),
            None => slice.receipt.clone(),
        };
        let sheet = slice.sheet.as_deref().map(|sheet| format!(" · {sheet}")).unwrap_or_default();
        vec![
            format!("[S{}]", slice.id + 1),
            effect.to_owned(),
            self.say(&slice.form_zh, &slice.form_en).clone(),
            slice.school_name.clone(),
            slice.school_id.clone(),
            slice.period.clone(),
            self.say(format!("回执 {receipt}"), format!("receipt {receipt}")),
            format!("{}{sheet}", slice.file_name),
        ]
    }

    fn figures(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let all = &self.difference.figures;
        let count = |kind: Kind| all.iter().filter(|figure| figure.kind == kind).count();
        let (added, removed, changed) = (count(Kind::Added), count(Kind::Removed), count(Kind::Changed));
        writeln!(
            out,
            "\n{}",
            self.say(
                format!("指标值 {} 个不同：改变 {changed}，新增 {added}，消失 {removed}", all.len()),
                format!("{} figures differ: {changed} changed, {added} added, {removed} removed", all.len()),
            )
        )?;
        let mut by_indicator: BTreeMap<&str, usize> = BTreeMap::new();
        for figure in all {
            *by_indicator.entry(&figure.indicator).or_default() += 1;
        }
        if by_indicator.len() > 1 {
            let parts: Vec<String> = by_indicator.iter().map(|(code, count)| format!("{code} {count}")).collect();
            writeln!(out, "  {}", parts.join("  "))?;
        }
        let shown = self.shown(all);
        let rows: Vec<Vec<String>> = shown.iter().map(|figure| self.figure(figure)).collect();
        indented(out, &rows)?;
        self.rest(out, all.len(), shown.len())
    }

    fn title(&self, code: &str) -> String {
        let titles = self.difference.titles.get(code);
        titles.map_or_else(|| code.to_owned(), |[zh, en]| format!("{code} {}", self.say(zh, en)))
    }

    fn unit(&self, unit_id: &str, unit_name: &str) -> String {
        match unit_id {
            "city" => self.say("全市", "city").to_owned(),
            _ => format!("{unit_name} {unit_id}"),
        }
    }

    fn figure(&self, figure: &FigureChange) -> Vec<String> {
        let period = match figure.dimension.as_str() {
            "" => figure.period.clone(),
            dimension => format!("{} {dimension}", figure.period),
        };
        vec![
            self.title(&figure.indicator),
            self.unit(&figure.unit_id, &figure.unit_name),
            period,
            format!("{} → {}", self.value(figure.before.as_ref()), self.value(figure.after.as_ref())),
            self.parts(figure.before.as_ref(), figure.after.as_ref()),
            self.causes(&figure.causes),
        ]
    }

    fn value(&self, numbers: Option<&Numbers>) -> String {
        let Some(numbers) = numbers else { return self.say("无此行", "absent").to_owned() };
        let value = numbers.value.map_or_else(|| self.say("无值", "no value").to_owned(), number);
        let status = match numbers.status.as_str() {
            "met" => self.say("达标", "met"),
            "near" => self.say("接近", "near"),
            "missed" => self.say("未达标", "missed"),
            _ => return value,
        };
        format!("{value} {status}")
    }

    /// Only what differs: the numbers above and below the line, the target, how many reported.
    fn parts(&self, before: Option<&Numbers>, after: Option<&Numbers>) -> String {
        let some = |number: Option<f64>| number.map_or_else(|| "–".to_owned(), number_text);
        let fraction = |numbers: &Numbers| format!("{}/{}", some(numbers.numerator), some(numbers.denominator));
        let reports = |numbers: &Numbers| {
            let count = |count: Option<i64>| count.map_or_else(|| "–".to_owned(), |count| count.to_string());
            format!("{}/{}", count(numbers.reported), count(numbers.expected))
        };
        let (Some(before), Some(after)) = (before, after) else {
            return before.or(after).map(fraction).unwrap_or_default();
        };
        let mut parts = Vec::new();
        let mut tell = |label: &str, was: String, now: String| {
            if was != now {
                parts.push(format!("{label}{was} → {now}"));
            }
        };
        tell("", fraction(before), fraction(after));
        tell(self.say("目标 ", "target "), some(before.target), some(after.target));
        tell(self.say("报送 ", "reported "), reports(before), reports(after));
        parts.join(self.say("，", ", "))
    }

    /// The signs of the causes.
    fn causes(&self, causes: &Causes) -> String {
        let changes = &self.difference.changes;
        let mut signs: Vec<String> = causes.slices.iter().take(FEW).map(|id| format!("S{}", id + 1)).collect();
        if causes.slices_in_all > signs.len() {
            signs.push(
                self.say(
                    format!("等 {} 个报送单元", causes.slices_in_all),
                    format!("… {} slices", causes.slices_in_all),
                ),
            );
        }
        let place = |found: Option<usize>, letter: &str| found.map(|at| format!("{letter}{}", at + 1));
        signs.extend(
            causes.sql.iter().filter_map(|path| place(changes.sql.iter().position(|file| file.path == *path), "Q")),
        );
        let mut tables: Vec<&str> =
            causes.reference.iter().map(|name| name.split(':').next().unwrap_or(name)).collect();
        tables.dedup();
        signs.extend(
            tables
                .into_iter()
                .filter_map(|name| place(changes.reference.iter().position(|table| table.table == name), "R")),
        );
        if causes.case_steps {
            signs.push("K".to_owned());
        }
        if causes.today {
            signs.push("D".to_owned());
        }
        match signs.is_empty() {
            true => self.say("← 起因不明", "← cause unknown").to_owned(),
            false => format!("← {}", signs.join(" ")),
        }
    }

    fn scores(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let all = &self.difference.scores;
        if all.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "\n{}",
            self.say(format!("综合评分 {} 个不同", all.len()), format!("{} scores differ", all.len()))
        )?;
        let shown = self.shown(all);
        let rows: Vec<Vec<String>> = shown.iter().map(|score| self.score(score)).collect();
        indented(out, &rows)?;
        self.rest(out, all.len(), shown.len())
    }

    fn score(&self, score: &ScoreChange) -> Vec<String> {
        let some = |number: Option<f64>| number.map_or_else(|| "–".to_owned(), |number| format!("{number:.2}"));
        let rank = |rank: Option<i64>| rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string());
        let parts: Vec<String> = score
            .parts
            .iter()
            .map(|part| format!("{} {} → {}", part.indicator, some(part.points_before), some(part.points_after)))
            .collect();
        vec![
            self.unit(&score.unit_id, &score.unit_name),
            score.period.clone(),
            format!("{} → {}", some(score.total_before), some(score.total_after)),
            match score.rank_before == score.rank_after {
                true => String::new(),
                false => {
                    format!("{} {} → {}", self.say("位次", "rank"), rank(score.rank_before), rank(score.rank_after))
                }
            },
            parts.join(self.say("，", ", ")),
        ]
    }

    fn findings(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let all = &self.difference.findings;
        writeln!(
            out,
            "\n{}",
            self.say(format!("问题 {} 个不同", all.len()), format!("{} findings differ", all.len()))
        )?;
        let shown = self.shown(all);
        for finding in shown {
            self.finding(out, finding)?;
        }
        self.rest(out, all.len(), shown.len())
    }

    fn finding(&self, out: &mut Formatter<'_>, finding: &FindingChange) -> fmt::Result {
        use dashboard::difference::Turn;
        let kind = match finding.kind {
            Turn::Opened => self.say("新出现", "opened"),
            Turn::Reopened => self.say("再次出现", "opened again"),
            Turn::Ended => self.say("已消除", "ended"),
            Turn::Changed => self.say("已改变", "changed"),
        };
        let amount = match (finding.amount_before, finding.amount_after) {
            (None, None) => String::new(),
            (Some(was), Some(now)) if was != now => format!("  ¥{was:.2} → ¥{now:.2}"),
            (was, now) => now.or(was).map(|amount| format!("  ¥{amount:.2}")).unwrap_or_default(),
        };
        writeln!(
            out,
            "  {kind}  {}  {}{amount}  {}",
            self.title(&finding.rule),
            finding.period,
            self.causes(&finding.causes)
        )?;
        writeln!(out, "      {}", self.say(&finding.message_zh, &finding.message_en))
    }
}

fn indented(out: &mut Formatter<'_>, rows: &[Vec<String>]) -> fmt::Result {
    for line in show::columns(rows).lines() {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

/// A value to four places.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number above or below the line, to two places.
fn number_text(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
