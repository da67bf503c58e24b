//! Pieces of an explanation that the pages of a finding and of an indicator share.

use maud::{Markup, html};

use crate::explain::coverage::{Coverage, SchoolTold};
use crate::explain::model::{PolicyTold, SqlTold};
use crate::explain::needs::PeriodTold;
use crate::explain::proof::{Proof, form_title};
use crate::explain::slices::SliceTold;
use crate::format;
use crate::pages::slices::State;
use crate::routes;
use crate::words::Lang;

/// Stored rows, a table a file and sheet.
pub fn proof(proof: &Proof, lang: Lang) -> Markup {
    let adds = proof.rows.iter().any(|row| row.numerator.is_some() || row.denominator.is_some());
    html! {
        div.scroll tabindex="0" {
            table.proof {
                caption {
                    strong { (form_title(&proof.form, lang)) } " "
                    span.file { (proof.file_name) }
                    @if !proof.sheet.is_empty() { " · " (lang.with("proof.sheet", &[&proof.sheet])) }
                    @if let Some(day) = proof.received_on {
                        " · "
                        (lang.with("slice.received", &[&format::date(day, lang)]))
                    }
                }
                thead {
                    tr {
                        th.number { (lang.say("proof.row")) }
                        @if adds { th.number { (lang.say("numerator")) } th.number { (lang.say("denominator")) } }
                        @for column in &proof.columns {
                            th { (if lang == Lang::Zh { &column.heading } else { &column.title_en }) }
                        }
                    }
                }
                tbody { @for row in &proof.rows { tr {
                    th.number scope="row" { (row.row_no) }
                    @if adds {
                        td.number { (row.numerator.map(format::number).unwrap_or_default()) }
                        td.number { (row.denominator.map(format::number).unwrap_or_default()) }
                    }
                    @match &row.cells {
                        Some(cells) => @for (cell, column) in cells.iter().zip(&proof.columns) { td class=[column.is_number.then_some("number")] { (cell) } },
                        None => td colspan=(proof.columns.len().max(1)) { (lang.say("proof.not_stored")) },
                    }
                } } }
            }
        }
    }
}

/// That the period is closed, because rows of persons were erased.
pub fn erased(period: &PeriodTold, lang: Lang) -> Markup {
    html! {
        @if let Some(day) = period.erased_before { p.empty { (lang.with("explain.erased", &[&format::date(day, lang)])) } }
    }
}

/// A school's slices with their files.
pub fn slices(slices: &[SliceTold], lang: Lang) -> Markup {
    let t = |key| lang.say(key);
    html! {
        @if !slices.is_empty() {
            div.scroll tabindex="0" {
                table {
                    thead {
                        tr {
                            th { (t("form")) }
                            th { (t("period")) }
                            th { (t("sent.state")) }
                            th { (t("sent.file")) }
                            th { (t("sent.receipt")) }
                            th.number { (t("sent.received")) }
                            th.number { (t("explain.version")) }
                            th.number { (t("sent.rows")) }
                        }
                    }
                    tbody { @for slice in slices { tr {
                        th scope="row" { (form_title(&slice.form, lang)) }
                        td.nowrap { (format::period(&slice.period, lang)) }
                        td.nowrap { (state(slice, lang)) }
                        td.file { (slice.file_name) @if !slice.sheet.is_empty() { " · " (slice.sheet) } }
                        td.nowrap { @if let Some(receipt) = &slice.receipt { (receipt) } }
                        td.number { @if let Some(day) = slice.received_on { (day) } }
                        td.number { @if slice.version > 0 { (slice.version) } }
                        td.number { @if !slice.file_name.is_empty() { (format::whole(slice.rows)) } }
                    } } }
                }
            }
        }
    }
}

fn state(slice: &SliceTold, lang: Lang) -> Markup {
    let state = State::read(&slice.state);
    html! {
        span class={ "slice " (state.code()) @if slice.is_late { " late" } } aria-hidden="true" { (state.sign()) }
        " " (state.word(lang))
        @if slice.is_late { " " (lang.say("slice.late")) }
    }
}

/// Who reported, and who didn't.
pub fn coverage(coverage: &Coverage, lang: Lang) -> Markup {
    let (reported, expected) = (format::whole(coverage.reported), format::whole(coverage.expected));
    let count = |schools: &[SchoolTold]| format::whole(schools.len() as i64);
    html! {
        p.dek { (lang.with("explain.coverage.dek", &[&reported, &expected])) }
        @if coverage.lacking.is_empty() { p { (lang.say("explain.coverage.all")) } }
        @else {
            div.scroll tabindex="0" {
                table {
                    caption { (lang.with("explain.coverage.lacking", &[&count(&coverage.lacking)])) }
                    thead {
                        tr {
                            th { (lang.say("school")) }
                            th.number { (lang.say("coverage.head")) }
                            th { (lang.say("explain.lacking")) }
                        }
                    }
                    tbody { @for one in &coverage.lacking { tr {
                        th scope="row" { a href=(routes::school(&one.school_id)) { (one.school_name) } }
                        td.number { (one.reported) "/" (one.expected) }
                        td {
                            @for slice in &one.slices {
                                div { (form_title(&slice.form, lang)) " " (format::period(&slice.period, lang)) " " (state(slice, lang)) }
                            }
                        }
                    } } }
                }
            }
        }
        @if !coverage.reporting.is_empty() {
            details {
                summary { (lang.with("explain.coverage.reporting", &[&count(&coverage.reporting)])) }
                p {
                    @for (at, one) in coverage.reporting.iter().enumerate() {
                        @if at > 0 { "、" }
                        a href=(routes::school(&one.school_id)) { (one.school_name) }
                    }
                }
            }
        }
    }
}

/// The numbers of the policy that went in.
pub fn policy(policy: &[PolicyTold], lang: Lang) -> Markup {
    html! {
        @if !policy.is_empty() {
            div.scroll tabindex="0" {
                table {
                    caption { (lang.say("explain.policy")) }
                    tbody { @for one in policy { tr {
                        th scope="row" { (one.key) }
                        td.number { (one.value) }
                        td { (one.clause) }
                        td.number { @if let Some(day) = one.valid_from { (day) } }
                    } } }
                }
            }
        }
    }
}

/// The SQL that made it, folded away.
pub fn sql(sql: &SqlTold, lang: Lang) -> Markup {
    html! {
        details.sql {
            summary { "SQL · sql/" (sql.path) }
            @if !sql.same_as_release { p.small { (lang.say("explain.sql.other")) } }
            pre { code { (sql.text) } }
        }
    }
}
