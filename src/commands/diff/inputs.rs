//! What went into two releases otherwise, for reading: each cause with the sign by which the lines of a difference name it.

use std::fmt::{self, Formatter};

use dashboard::difference::{Effect, FileChange, Kind, ReferenceChange, SliceChange};

use super::text::{FEW, Told, indented};
use crate::commands::releases::sign;

impl Told<'_> {
    /// What went in otherwise.
    pub(super) fn changes(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let changes = &self.difference.changes;
        writeln!(out, "\n{}", self.say("起因", "What went in otherwise"))?;
        if let Some([was, now]) = changes.today {
            writeln!(out, "  [D] {} {was} → {now}", self.say("日期", "date"))?;
        }
        let files = self.shown(&changes.sql);
        for (at, file) in files.iter().enumerate() {
            self.file(out, at, file)?;
        }
        self.rest(out, changes.sql.len(), files.len())?;
        for (at, table) in changes.reference.iter().enumerate() {
            self.reference(out, at, table)?;
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
        if changes.is_empty() {
            writeln!(out, "  {}", self.say("无", "nothing"))?;
        }
        Ok(())
    }

    fn file(&self, out: &mut Formatter<'_>, at: usize, file: &FileChange) -> fmt::Result {
        let own = if file.own { self.say("（自有）", " (your own)") } else { "" };
        let comments = if file.only_comments { self.say("（只改了注释）", " (comments only)") } else { "" };
        writeln!(out, "  [Q{}] SQL {}{}{own}{comments}", at + 1, sign(file.kind), file.path)?;
        if file.kind != Kind::Changed || file.only_comments {
            return Ok(());
        }
        let removed = file.removed.iter().map(|line| format!("− {}", line.trim()));
        let lines: Vec<String> = removed.chain(file.added.iter().map(|line| format!("+ {}", line.trim()))).collect();
        for line in lines.iter().take(FEW) {
            writeln!(out, "       {line}")?;
        }
        match lines.len().saturating_sub(FEW) {
            0 => Ok(()),
            rest => {
                let words = self.say(format!("…… 另有 {rest} 行"), format!("… and {rest} more lines"));
                writeln!(out, "       {words}")
            }
        }
    }

    fn reference(&self, out: &mut Formatter<'_>, at: usize, table: &ReferenceChange) -> fmt::Result {
        let (what, columns) = (self.say("参照表", "reference table"), table.columns.join(", "));
        writeln!(out, "  [R{}] {what} {}（{columns}）", at + 1, table.table)?;
        let removed = table.removed.iter().map(|row| format!("− {}", row.join(", ")));
        let rows: Vec<String> = removed.chain(table.added.iter().map(|row| format!("+ {}", row.join(", ")))).collect();
        let shown = self.shown(&rows);
        for row in shown {
            writeln!(out, "       {row}")?;
        }
        self.rest(out, rows.len(), shown.len())
    }

    fn slice(&self, slice: &SliceChange) -> Vec<String> {
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
}
