//! The report as a terminal shows it: a line of sums, then file by file what was found by cause, worst first.

use std::fmt::Write;

use super::cause::{Cause, causes, count};
use super::{FileReport, Language, Report, SliceOutcome, Verdict};
use crate::form::Severity;
use crate::issue::Issue;

/// How many rows of one cause are shown.
const SHOWN: usize = 5;
/// How many causes of one file are shown with their rows; of further ones the count alone.
const CAUSES: usize = 20;
/// How many files are shown in full; of further ones a line each.
const FILES: usize = 20;
/// How many files have a line at all; further ones are counted.
const LINES: usize = 200;

/// The report in a language.
pub fn render(report: &Report, language: Language) -> String {
    let mut out = sums(report, language);
    out.push('\n');
    let mut files: Vec<(&FileReport, Vec<Cause<'_>>)> = report
        .files
        .iter()
        .map(|file| (file, causes(file)))
        .filter(|(file, causes)| file.verdict != Verdict::Accepted || !causes.is_empty())
        .collect();
    // Worst first: what could not be read, then what was rejected, then what only has warnings; then by path.
    files.sort_by_key(|(file, _)| std::cmp::Reverse(file.verdict));
    for (file, causes) in files.iter().take(FILES) {
        one(file, causes, language, &mut out);
    }
    if files.len() > FILES {
        let head = match language {
            Language::Zh => format!("\n另有 {} 个文件，只列出数目：", files.len() - FILES),
            Language::En => format!("\n{} more files, counts only:", files.len() - FILES),
        };
        line(&mut out, &head);
        for (file, causes) in files.iter().skip(FILES).take(LINES) {
            line(&mut out, &format!("  {}  {}", file.file, tally(file, causes, language)));
        }
    }
    if files.len() > FILES + LINES {
        let left = files.len() - FILES - LINES;
        let text = match language {
            Language::Zh => format!("  …… 另有 {left} 个文件，见 --report FILE.json"),
            Language::En => format!("  … and {left} files more: --report FILE.json has them"),
        };
        line(&mut out, &text);
    }
    out
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("text grows");
}

fn sums(report: &Report, language: Language) -> String {
    let slices = |wanted: SliceOutcome| {
        report.files.iter().flat_map(|file| &file.slices).filter(|slice| slice.state == wanted).count()
    };
    let [accepted, zero, rejected, replaced, unchanged] = [
        SliceOutcome::Accepted,
        SliceOutcome::Zero,
        SliceOutcome::Rejected,
        SliceOutcome::Replaced,
        SliceOutcome::Unchanged,
    ]
    .map(slices);
    let unreadable = report.files.iter().filter(|file| file.verdict == Verdict::Unreadable).count();
    let files = report.files.len();
    match language {
        Language::En => format!(
            "{files} files: {accepted} slices accepted, {zero} reported as nothing, {rejected} rejected, {replaced} replaced by a \
             later file, {unchanged} unchanged; {unreadable} files unreadable."
        ),
        Language::Zh => format!(
            "共 {files} 个文件：接收 {accepted} 个报送单元，零报告 {zero} 个，退回 {rejected} 个，被后一文件替换 {replaced} 个，\
             未变 {unchanged} 个；无法读取的文件 {unreadable} 个。"
        ),
    }
}

fn tally(file: &FileReport, causes: &[Cause<'_>], language: Language) -> String {
    let (errors, warnings) = (count(causes, Severity::Error), count(causes, Severity::Warning));
    match language {
        Language::Zh => format!("[{}] 错误 {errors} 处，提醒 {warnings} 处", file.verdict.label(language)),
        Language::En => format!("[{}] {errors} errors, {warnings} warnings", file.verdict.label(language)),
    }
}

fn one(file: &FileReport, causes: &[Cause<'_>], language: Language, out: &mut String) {
    line(out, &format!("\n{}  {}", file.file, tally(file, causes, language)));
    for cause in causes.iter().take(CAUSES) {
        let (word, title, mend) = match (cause.severity, language) {
            (Severity::Error, Language::Zh) => ("错误", cause.title_zh, cause.mend_zh),
            (Severity::Warning, Language::Zh) => ("提醒", cause.title_zh, cause.mend_zh),
            (Severity::Error, Language::En) => ("error", cause.title_en, cause.mend_en),
            (Severity::Warning, Language::En) => ("warning", cause.title_en, cause.mend_en),
        };
        let head = match (cause.column, language) {
            (Some(column), Language::Zh) => format!("{title}：{column}"),
            (Some(column), Language::En) => format!("{title}: {column}"),
            (None, _) => title.to_owned(),
        };
        line(out, &format!("  {word} × {}  {head}  ({})", cause.count, cause.code));
        let mend = match language {
            Language::Zh => format!("    怎样改：{mend}。"),
            Language::En => format!("    To mend: {mend}."),
        };
        line(out, &mend);
        for issue in cause.listed.iter().take(SHOWN) {
            line(out, &format!("    - {}", place(issue, language)));
        }
        let left = cause.count.saturating_sub(cause.listed.len().min(SHOWN) as u64);
        if left > 0 {
            let more = match language {
                Language::Zh => format!("    …… 另有 {left} 处（--return DIR 逐格标出，--report FILE.json 列出）"),
                Language::En => {
                    format!("    … and {left} more (--return DIR marks each cell, --report FILE.json lists them)")
                }
            };
            line(out, &more);
        }
    }
    if causes.len() > CAUSES {
        let (kinds, sum) = (causes.len() - CAUSES, causes[CAUSES..].iter().map(|cause| cause.count).sum::<u64>());
        let more = match language {
            Language::Zh => format!("  …… 另有 {kinds} 类问题，共 {sum} 处（--report FILE.json 列出）"),
            Language::En => format!("  … and {kinds} more causes, {sum} issues (--report FILE.json lists them)"),
        };
        line(out, &more);
    }
}

/// Where an issue is, what stands there, and what was expected.
fn place(issue: &Issue, language: Language) -> String {
    let mut place: Vec<String> = issue.sheet.iter().cloned().collect();
    place.extend(issue.row.map(|row| match language {
        Language::Zh => format!("第 {row} 行"),
        Language::En => format!("row {row}"),
    }));
    place.extend(issue.column.clone());
    let value = issue.value.as_ref().map(|value| format!("“{}”", super::short(value)));
    let (place, colon, message) = match language {
        Language::Zh => (place.join(" "), "：", &issue.message_zh),
        Language::En => (place.join(" "), ": ", &issue.message_en),
    };
    let place = format!("{place}{}", value.unwrap_or_default());
    if place.is_empty() { message.clone() } else { format!("{place}{colon}{message}") }
}
