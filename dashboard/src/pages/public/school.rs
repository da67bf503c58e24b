//! A school's disclosure page: its plan, the fee standard in force for it, and its spending as it disclosed it.

use std::collections::BTreeMap;

use axum::extract::Path;
use chrono::NaiveDate;
use maud::{Markup, html};

use super::{PublicReader, label};
use crate::format;
use crate::pages::district::register_label;
use crate::pages::fault::Fault;
use crate::pages::layout::{Frame, page};
use crate::routes;
use crate::rows::Rows;
use crate::words::Lang;

/// What the page shows.
struct SchoolPage {
    frame: Frame,
    school: std::sync::Arc<Rows>,
    spent: Spent,
}

/// Fen by quarter and category.
type Spent = BTreeMap<String, BTreeMap<String, i128>>;

/// `/public/school/{id}`
pub async fn show(reader: PublicReader, Path(id): Path<String>) -> Result<Markup, Fault> {
    let school = reader.scoped.query("select * from marts.public_school where school_id = $1", &[&id]).await?;
    if school.is_empty() {
        return Err(Fault::NotHere);
    }
    let sql =
        "select quarter, category, amount from marts.public_spending where school_id = $1 order by quarter, category";
    let mut spent = Spent::new();
    for row in reader.scoped.query(sql, &[&id]).await?.iter() {
        let own = spent.entry(row.text("quarter").to_owned()).or_default();
        own.insert(row.text("category").to_owned(), row.fen("amount").unwrap_or_default());
    }
    Ok(SchoolPage { frame: reader.frame, school, spent }.template())
}

impl SchoolPage {
    fn text(&self, name: &str) -> &str {
        self.school.first().map_or("", |row| row.text(name))
    }

    fn date(&self, name: &str) -> Option<NaiveDate> {
        self.school.first().and_then(|row| row.date(name))
    }

    fn whole(&self, name: &str) -> Option<i64> {
        self.school.first().and_then(|row| row.whole(name))
    }

    fn fen(&self, name: &str) -> Option<i128> {
        self.school.first().and_then(|row| row.fen(name))
    }

    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let name = self.text("school_name");
        let code = self.text("district_code");
        let district = if lang == Lang::En { self.text("district_name_en") } else { self.text("district_name_zh") };
        page(
            &self.frame,
            name,
            html! {
                header.head {
                    p.crumb {
                        a href=(routes::PUBLIC) { (lang.say("public.title")) }
                        " › "
                        a href=(routes::public_district(code)) { (district) }
                    }
                    h1 { (name) }
                    p.dek {
                        (register_label("school_kind", self.text("school_kind"), lang))
                        " · "
                        (register_label("urban_rural", self.text("urban_rural"), lang))
                        " · "
                        (lang.say("school.id")) " " (self.text("school_id"))
                    }
                }
                (self.plan())
                (self.fee())
                (self.spending())
            },
        )
    }

    fn plan(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let days = [
            ("public.starts_on", "started_on"),
            ("public.plan.consulted", "consulted_on"),
            ("public.plan.board", "board_notice_on"),
            ("public.plan.web", "web_notice_on"),
            ("public.plan.safety", "safety_plan_on"),
        ];
        html! {
            section #plan {
                h2 { (t("public.plan")) }
                @if self.text("term").is_empty() { p.empty { (t("public.plan.none")) } }
                @else {
                    dl.case {
                        (said(t("public.plan.term"), &format::period(self.text("term"), lang)))
                        (said(t("public.plan.weekdays"), &weekdays(self.text("weekdays"), lang)))
                        (said(t("public.plan.sessions"), &number(self.whole("sessions_per_day"))))
                        (said(t("public.plan.minutes"), &number(self.whole("minutes_per_session"))))
                        (said(t("public.plan.ends_at"), self.text("ends_at")))
                        @for (key, column) in days {
                            (said(t(key), &self.date(column).map_or_else(|| t("public.plan.not_told").to_owned(), |day| format::date(day, lang))))
                        }
                        @if !self.text("web_notice_url").is_empty() {
                            div { dt { (t("public.plan.address")) } dd { (link(self.text("web_notice_url"))) } }
                        }
                    }
                }
            }
        }
    }

    fn fee(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        html! {
            section #fee {
                h2 { (t("public.fee")) }
                @match self.fen("yuan_per_session") {
                    None => p.empty { (t("public.fee.none.dek")) },
                    Some(fen) => {
                        dl.case {
                            (said(t("public.fee.session"), &format::yuan(fen)))
                            (said(t("public.fee.month"), &self.fen("yuan_per_month_cap").map_or_else(|| t("public.fee.no_cap").to_owned(), format::yuan)))
                            (said(t("public.fee.document"), self.text("fee_doc_no")))
                            (said(t("public.fee.approved"), self.text("fee_approved_by")))
                            (said(t("public.fee.from"), &self.date("fee_from").map(|day| format::date(day, lang)).unwrap_or_default()))
                        }
                        p.small { (t("public.fee.poor")) }
                    }
                }
            }
        }
    }

    /// Categories × quarters, with their sums.
    fn spending(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let column = ingest::form::form("fund_ledger").and_then(|form| form.column("category"));
        let order: Vec<&str> = match column.map(|column| &column.kind) {
            Some(ingest::form::Kind::Choice(choices)) => choices.iter().map(|choice| choice.code.as_str()).collect(),
            _ => Vec::new(),
        };
        let mut categories: Vec<&str> = self.spent.values().flat_map(|own| own.keys().map(String::as_str)).collect();
        categories.sort_by_key(|code| (order.iter().position(|one| one == code).unwrap_or(order.len()), *code));
        categories.dedup();
        html! {
            section #spending {
                h2 { (t("public.spending")) }
                p.dek { (t("public.spending.dek")) }
                @if self.spent.is_empty() { p.empty { (t("public.spending.none")) } }
                @else {
                    div.scroll tabindex="0" { table.heat.public {
                        thead {
                            tr {
                                th { (t("public.spending.category")) }
                                @for quarter in self.spent.keys() { th.number scope="col" { (format::period(quarter, lang)) } }
                            }
                        }
                        tbody { @for code in &categories { tr {
                            th scope="row" { (label("fund_ledger", "category", code, lang)) }
                            @for own in self.spent.values() {
                                td.number { (own.get(*code).map_or_else(|| "–".to_owned(), |fen| format::yuan(*fen))) }
                            }
                        } } }
                        tfoot { tr {
                            th scope="row" { (t("public.spending.sum")) }
                            @for own in self.spent.values() { td.number { (format::yuan(own.values().sum())) } }
                        } }
                    } }
                    p { a href=(routes::public_spending(self.text("school_id"))) download { (t("public.file.spending")) } }
                }
            }
        }
    }
}

fn said(term: &str, value: &str) -> Markup {
    html! { div { dt { (term) } dd { @if value.is_empty() { "–" } @else { (value) } } } }
}

fn number(value: Option<i64>) -> String {
    value.map(format::whole).unwrap_or_default()
}

/// A school typed it: it is a link only where it is an address of the web.
fn link(address: &str) -> Markup {
    html! {
        @if address.starts_with("https://") || address.starts_with("http://") {
            a href=(address) rel="nofollow noopener noreferrer" { (address) }
        } @else { (address) }
    }
}

/// `1,2,3` as 周一、周二、周三.
fn weekdays(stored: &str, lang: Lang) -> String {
    const DAYS: [&str; 7] = ["weekday.1", "weekday.2", "weekday.3", "weekday.4", "weekday.5", "weekday.6", "weekday.7"];
    let day = |number: &str| {
        let at = number.trim().parse::<usize>().ok()?.checked_sub(1)?;
        DAYS.get(at).map(|key| lang.say(key))
    };
    stored.split(',').filter_map(day).collect::<Vec<_>>().join(lang.say("list.comma"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_named_and_addresses_of_the_web_alone_are_links() {
        assert_eq!(weekdays("1,3,5", Lang::Zh), "周一、周三、周五");
        assert_eq!(weekdays("5,9,0,x", Lang::En), "Fri");
        assert!(
            link("https://a.example/x").into_string().starts_with("<a href=\"https://a.example/x\" rel=\"nofollow")
        );
        for typed in ["javascript:alert(1)", "公示栏", " https://x", "data:text/html,x"] {
            assert!(!link(typed).into_string().contains("<a"), "{typed}");
        }
    }
}
