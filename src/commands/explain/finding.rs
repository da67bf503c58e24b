//! A finding explained in words.

use dashboard::explain::evidence::EvidenceOfForm;
use dashboard::explain::finding::{FindingExplained, StandardTold};
use dashboard::explain::proof::form_title;
use dashboard::format;
use dashboard::words::Lang;

use super::told::Text;

/// The explanation for reading.
pub fn text(explained: &FindingExplained, warehouse: &str, lang: Lang) -> String {
    let mut text = Text::new(lang, warehouse, explained.release.release);
    head(&mut text, explained);
    history(&mut text, explained);
    text.slices(&explained.slices);
    evidence(&mut text, explained);
    standards(&mut text, &explained.standards);
    text.policy(&explained.policy);
    rule(&mut text, explained);
    if let Some(sql) = &explained.sql {
        text.sql(sql);
    }
    text.done()
}

fn head(text: &mut Text, explained: &FindingExplained) {
    let (lang, rule) = (text.lang, &explained.rule);
    let zh = lang == Lang::Zh;
    text.line(if zh { &explained.message_zh } else { &explained.message_en });
    let title = if zh { &rule.title_zh } else { &rule.title_en };
    let severity = lang.say(&format!("severity.{}", explained.severity));
    text.named("规则", "Rule", format!("{} {title} ({severity})", rule.code));
    text.clause(&explained.clause, &explained.clauses);
    text.named("编号", "Id", &explained.finding_id);
    text.release(&explained.release);
    text.erased(&explained.period);
    text.named("学校", "School", format!("{} {}", explained.school_id, explained.school_name).trim());
    let district = if zh || explained.district_en.is_empty() { &explained.district_zh } else { &explained.district_en };
    text.named("区（市）", "District", format!("{} {district}", explained.district_code));
    text.named("统计期", "Period", format::period(&explained.period.period, lang));
    let hash = if explained.subject_is_pupil { lang.say("finding.hash") } else { "" };
    text.named("对象", "Subject", format!("{}{hash}", explained.subject));
    text.named("涉及金额", "Amount", explained.amount.map(yuan).unwrap_or_default());
    if explained.amount.is_some() {
        let made = if zh { rule.get("amount_zh") } else { rule.get("amount") };
        text.named("金额怎么算", "How the amount is made up", made);
    }
}

fn yuan(value: f64) -> String {
    format::yuan((value * 100.0).round() as i128)
}

fn history(text: &mut Text, explained: &FindingExplained) {
    text.heading("经过", "What became of it");
    text.named("首次发现", "First seen", explained.first_seen.map(|day| day.to_string()).unwrap_or_default());
    let state = match explained.ended {
        Some(day) if text.lang == Lang::Zh => format!("{day} 消除"),
        Some(day) => format!("ended {day}"),
        None => text.say("未消除", "open").to_owned(),
    };
    text.named("状态", "State", state);
    for event in &explained.events {
        let word = match event.event.as_str() {
            "seen" => text.say("发现", "seen"),
            "ended" => text.say("消除", "ended"),
            "returned" => text.say("再次出现", "seen again"),
            _ => "",
        };
        let (day, amount) = (event.on_date.map(|day| day.to_string()), event.amount.map(yuan));
        text.line(format!("  {} {word} {}", day.unwrap_or_default(), amount.unwrap_or_default()));
    }
    for step in &explained.steps {
        let at = step.at.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
        let due = match (step.due_on, text.lang) {
            (Some(day), Lang::Zh) => format!("（限 {day} 前）"),
            (Some(day), Lang::En) => format!(" (by {day})"),
            (None, _) => String::new(),
        };
        text.line(format!("  {at} {}{due} {} {}", word_of_step(&step.step, text), step.by_whom, step.note));
    }
}

fn word_of_step<'a>(step: &'a str, text: &Text) -> &'a str {
    match step {
        "opened" | "open" => text.say("立案", "opened"),
        "notified" => text.say("已通知", "notified"),
        "answered" => text.say("已答复", "answered"),
        "rectified" => text.say("已整改", "rectified"),
        "dismissed" => text.say("撤销", "dismissed"),
        "closed" => text.say("结案", "closed"),
        other => other,
    }
}

fn evidence(text: &mut Text, explained: &FindingExplained) {
    text.heading("证据", "Proof");
    if explained.evidence.is_empty() && explained.standards.is_empty() {
        let line = text.lang.say("finding.absence");
        text.line(line);
    }
    for one in &explained.evidence {
        counted(text, one, explained);
    }
    text.proofs(&explained.proofs);
}

fn counted(text: &mut Text, one: &EvidenceOfForm, explained: &FindingExplained) {
    let title = form_title(&one.form, text.lang).to_owned();
    let shown: usize =
        explained.proofs.iter().filter(|proof| proof.form == one.form).map(|proof| proof.rows.len()).sum();
    let line = match text.lang {
        Lang::Zh => format!("  {title}：共 {} 行，列出 {shown} 行", one.rows),
        Lang::En => format!("  {title}: {} rows, {shown} of them shown", one.rows),
    };
    text.line(line);
    for money in &one.sums {
        let form = ingest::form::form(&one.form);
        let column = form.and_then(|form| form.column(&money.column));
        let heading = column.map_or(money.column.as_str(), |column| text.say(&column.heading, &column.title_en));
        let label = money.label(&one.form, text.lang);
        let line = match text.lang {
            Lang::Zh => format!("    {label} {} 行，{heading}合计 {}", money.rows, yuan(money.sum)),
            Lang::En => format!("    {label} {} rows, {heading} in sum {}", money.rows, yuan(money.sum)),
        };
        text.line(line);
    }
    text.query(&one.query);
}

fn standards(text: &mut Text, standards: &[StandardTold]) {
    if standards.is_empty() {
        return;
    }
    text.heading("本区（市）收费标准", "Fee standards of the district");
    let headings = [
        "standard.area",
        "standard.from",
        "standard.to",
        "standard.session",
        "standard.cap",
        "standard.doc",
        "standard.by",
    ]
    .map(|key| text.lang.say(key));
    let open = text.lang.say("standard.open");
    let rows = standards.iter().map(|one| {
        vec![
            one.urban_rural.clone(),
            one.valid_from.map(|day| day.to_string()).unwrap_or_default(),
            one.valid_to.map_or_else(|| open.to_owned(), |day| day.to_string()),
            one.yuan_per_session.map(yuan).unwrap_or_default(),
            one.yuan_per_month_cap.map(yuan).unwrap_or_default(),
            one.doc_no.clone(),
            one.approved_by.clone(),
        ]
    });
    text.table(&headings, rows);
}

fn rule(text: &mut Text, explained: &FindingExplained) {
    let rule = &explained.rule;
    text.heading("规则", "The rule");
    text.named("一条线索是（英文）", "A finding is", &rule.sentence);
    let zh = text.lang == Lang::Zh;
    text.named("公式", "Formula", rule.get(if zh { "formula_zh" } else { "formula" }));
    text.named("说明", "Note", rule.get(if zh { "note_zh" } else { "note_en" }));
    text.named("看不到的", "What it can't see", rule.get(if zh { "blind_zh" } else { "blind" }));
}
