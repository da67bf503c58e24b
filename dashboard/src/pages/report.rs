//! The report of an upload: what became of each file and slice, and what was found by cause, worst first, each with its place,
//! what stands there, what was expected and how it is mended. The texts are the command's own.

use ingest::accept::Purpose;
use ingest::form::Severity;
use ingest::issue::Issue;
use ingest::report::cause::Cause;
use ingest::report::{FileReport, Language, SliceOutcome, SliceReport, Verdict, short};
use maud::{Markup, html};

use crate::desk::uploads::{Marked, Outcome, Upload};
use crate::explain::proof::form_title;
use crate::format;
use crate::pages::layout::Frame;
use crate::routes;
use crate::words::Lang;

/// Places of one cause that are shown; the marked file has all.
const SHOWN: usize = 30;
/// Causes of one file that are shown.
const CAUSES: usize = 40;
/// Slices of one file that are shown.
const SLICES: usize = 200;

/// The report.
pub fn template(upload: &Upload, outcome: &Outcome, frame: &Frame) -> Markup {
    let lang = frame.lang;
    let t = |key| lang.say(key);
    let checked = upload.sender.purpose == Purpose::Check;
    let report = &outcome.report;
    let slices = || report.files.iter().flat_map(|file| &file.slices);
    let count = |wanted: SliceOutcome| format::whole(slices().filter(|slice| slice.state == wanted).count() as i64);
    let mut order: Vec<usize> = (0..report.files.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(report.files[*at].verdict));
    html! {
        section.report {
            h2 { (t("report.title")) }
            p.verdict.met[report.all_accepted()].missed[!report.all_accepted()] {
                strong {
                    (t(match (report.all_accepted(), checked) {
                        (true, true) => "report.good.check",
                        (true, false) => "report.good",
                        (false, true) => "report.bad.check",
                        (false, false) => "report.bad",
                    }))
                }
            }
            p.dek {
                (lang.with("report.sums", &[
                    &format::whole(report.files.len() as i64),
                    &count(SliceOutcome::Accepted),
                    &count(SliceOutcome::Zero),
                    &count(SliceOutcome::Rejected),
                    &count(SliceOutcome::Unchanged),
                ]))
            }
            @for at in order { (file(&report.files[at], at, upload, outcome, frame)) }
        }
    }
}

fn file(file: &FileReport, at: usize, upload: &Upload, outcome: &Outcome, frame: &Frame) -> Markup {
    let lang = frame.lang;
    let t = |key| lang.say(key);
    let causes = file.causes();
    let class = if file.verdict == Verdict::Accepted { "met" } else { "missed" };
    html! {
        article.file-report {
            h3 { (file.file) " " span class=(class) { (file.verdict.label(language(lang))) } }
            @match outcome.has_marked(at) {
                Marked::Waits => {
                    form method="post" action=(routes::upload_returned(&upload.id, at)) {
                        input type="hidden" name="form_token" value=(frame.form_token);
                        button type="submit" { (t("report.get_marked")) }
                        " " span.small { (t("report.get_marked.dek")) }
                    }
                }
                Marked::Gone => p.small { (t("report.marked_gone")) }
                Marked::None => {}
            }
            @for cause in causes.iter().take(CAUSES) { (one_cause(cause, lang)) }
            @if causes.len() > CAUSES {
                p.small { (lang.with("report.more_causes", &[&format::whole((causes.len() - CAUSES) as i64)])) }
            }
            @if !file.slices.is_empty() { (slices(&file.slices, lang)) }
        }
    }
}

fn one_cause(cause: &Cause<'_>, lang: Lang) -> Markup {
    let (title, mend) = match lang {
        Lang::Zh => (cause.title_zh, cause.mend_zh),
        Lang::En => (cause.title_en, cause.mend_en),
    };
    let is_error = cause.severity == Severity::Error;
    let left = cause.count.saturating_sub(cause.listed.len().min(SHOWN) as u64);
    html! {
        details.cause open[is_error] {
            summary {
                span class=(if is_error { "missed" } else { "near" }) {
                    (lang.say(if is_error { "issue.error" } else { "issue.warning" }))
                }
                " " strong { (title) @if let Some(column) = cause.column { "：" (column) } }
                " " span.count { (format::whole(cause.count as i64)) }
            }
            p { (lang.say("report.mend")) (mend) }
            div.scroll tabindex="0" {
                table.places.cards {
                    thead {
                        tr {
                            th { (lang.say("report.sheet")) }
                            th.number { (lang.say("report.row")) }
                            th { (lang.say("report.heading")) }
                            th { (lang.say("report.value")) }
                            th { (lang.say("report.expected")) }
                        }
                    }
                    tbody { @for issue in cause.listed.iter().take(SHOWN) { (place(issue, lang)) } }
                }
            }
            @if left > 0 { p.small { (lang.with("report.more", &[&format::whole(left as i64)])) } }
        }
    }
}

fn place(issue: &Issue, lang: Lang) -> Markup {
    html! {
        tr {
            td.nowrap { (issue.sheet.as_deref().unwrap_or("–")) }
            td.number data-label=(lang.say("report.row")) { @if let Some(row) = issue.row { (row) } @else { "–" } }
            td.nowrap { (issue.column.as_deref().unwrap_or("–")) }
            td data-label=(lang.say("report.value")) { @if let Some(value) = &issue.value { (short(value)) } @else { "–" } }
            td.sentence { (if lang == Lang::Zh { &issue.message_zh } else { &issue.message_en }) }
        }
    }
}

fn slices(slices: &[SliceReport], lang: Lang) -> Markup {
    let t = |key| lang.say(key);
    html! {
        div.scroll tabindex="0" {
            table {
                thead {
                    tr {
                        th { (t("form")) }
                        th { (t("school")) }
                        th { (t("period")) }
                        th { (t("sent.state")) }
                        th.number { (t("sent.rows")) }
                        th { (t("sent.receipt")) }
                    }
                }
                tbody {
                    @for slice in slices.iter().take(SLICES) {
                        tr {
                            th scope="row" { (form_title(&slice.form, lang)) }
                            td { (slice.school_id) }
                            td.nowrap { (format::period(&slice.period, lang)) }
                            td.nowrap { (state(slice.state, lang)) }
                            td.number { (format::whole(slice.rows as i64)) }
                            td.nowrap { (slice.receipt.as_deref().unwrap_or("–")) }
                        }
                        @if let Some(changes) = &slice.changes {
                            tr.issues { td colspan="6" { (changes.sentence(lang == Lang::En)) } }
                        }
                    }
                }
            }
        }
        @if slices.len() > SLICES {
            p.small { (lang.with("report.more_slices", &[&format::whole((slices.len() - SLICES) as i64)])) }
        }
    }
}

fn state(state: SliceOutcome, lang: Lang) -> Markup {
    let (class, sign, key) = match state {
        SliceOutcome::Accepted => ("reported", "●", "sent.accepted"),
        SliceOutcome::Zero => ("zero", "○", "sent.zero"),
        SliceOutcome::Rejected => ("rejected", "✕", "sent.rejected"),
        SliceOutcome::Replaced => ("not_due", "↺", "sent.replaced"),
        SliceOutcome::Unchanged => ("not_due", "=", "sent.unchanged"),
    };
    html! { span class={ "slice " (class) } aria-hidden="true" { (sign) } " " (lang.say(key)) }
}

fn language(lang: Lang) -> Language {
    match lang {
        Lang::Zh => Language::Zh,
        Lang::En => Language::En,
    }
}
