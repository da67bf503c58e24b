//! A figure explained in words.

use dashboard::catalog::{Catalogue, Unit};
use dashboard::explain::counting::Counting;
use dashboard::explain::coverage::{Coverage, SchoolTold};
use dashboard::explain::figure::FigureExplained;
use dashboard::explain::parts::{PartTold, RowsTold, ScorePart, Sum};
use dashboard::explain::proof::form_title;
use dashboard::format;
use dashboard::words::Lang;
use transform::project::Project;

use super::told::Text;

/// Schools named in a line; the JSON has all.
const NAMED: usize = 20;

/// The explanation for reading.
pub fn text(explained: &FigureExplained, project: &Project, warehouse: &str, lang: Lang) -> String {
    let catalogue = Catalogue::of(project);
    let mut text = Text::new(lang, warehouse, explained.release.release);
    head(&mut text, explained, catalogue.unit(&explained.indicator.code));
    if let Some(coverage) = &explained.coverage {
        covered(&mut text, coverage);
    }
    parts(&mut text, explained, catalogue.unit(&explained.indicator.code));
    score(&mut text, &explained.score, &catalogue);
    if let Some(counting) = &explained.counting {
        counted(&mut text, counting, &catalogue);
    }
    text.slices(&explained.slices);
    if let Some(rows) = &explained.rows {
        rows_of(&mut text, rows, explained);
    }
    text.policy(&explained.policy);
    text.sql(&explained.sql);
    text.done()
}

fn head(text: &mut Text, explained: &FigureExplained, unit: Unit) {
    let (lang, about, figure) = (text.lang, &explained.indicator, &explained.figure);
    let title = if lang == Lang::Zh { &about.title_zh } else { &about.title_en };
    let name = unit_name(&explained.unit.name_zh, &explained.unit.name_en, lang);
    let of = if explained.unit.level == "city" { name } else { format!("{name} ({})", explained.unit.unit_id) };
    let dimension = if explained.dimension.is_empty() { String::new() } else { format!(" · {}", explained.dimension) };
    text.line(format!("{} {title} · {of} · {}{dimension}", about.code, format::period(&figure.period, lang)));
    text.release(&explained.release);
    text.erased(&explained.period);
    let status = lang.say(&format!("status.{}", figure.status.key()));
    let value = figure.value.map_or_else(|| lang.say("figure.none").to_owned(), |value| unit.write(value));
    text.named("数值", "Value", format!("{value}  {status}"));
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), format::number);
    text.named(
        "分子 ÷ 分母",
        "Numerator ÷ denominator",
        format!("{} ÷ {}", number(figure.numerator), number(figure.denominator)),
    );
    if let (Some(lower), Some(upper)) = (figure.lower, figure.upper) {
        text.named("95% 区间", "95% interval", format!("{} – {}", unit.write(lower), unit.write(upper)));
    }
    text.named("目标", "Target", figure.target.map(|target| unit.write(target)).unwrap_or_default());
    let said = |key: &str| match (lang, about.get(&format!("{key}_zh"))) {
        (Lang::Zh, chinese) if !chinese.is_empty() => chinese.to_owned(),
        _ => about.get(key).to_owned(),
    };
    text.named("公式", "Formula", said("formula"));
    text.clause(about.get("clause"), &explained.clauses);
    let note = if lang == Lang::Zh { about.get("note_zh") } else { about.get("note_en") };
    text.named("说明", "Note", note);
    text.named("模型的一行（英文）", "A row of the model", &about.sentence);
    let bounds = format!("{} – {}", explained.period.first_day, explained.period.last_day);
    text.named("统计期起止", "The period's days", bounds);
    text.named("其他维度（--dimension）", "Other dimensions (--dimension)", explained.dimensions.join(" "));
}

fn unit_name(zh: &str, en: &str, lang: Lang) -> String {
    if lang == Lang::En && !en.is_empty() { en.to_owned() } else { zh.to_owned() }
}

fn covered(text: &mut Text, coverage: &Coverage) {
    text.heading("谁报了，谁没报", "Who reported and who didn't");
    let (reported, expected) = (format::whole(coverage.reported), format::whole(coverage.expected));
    text.named("报送 / 应报", "Reported of expected", format!("{reported} / {expected}"));
    let named = |schools: &[SchoolTold]| {
        let names: Vec<String> =
            schools.iter().take(NAMED).map(|one| format!("{} {}", one.school_id, one.school_name)).collect();
        let more = schools.len().saturating_sub(NAMED);
        if more > 0 { format!("{} … +{more}", names.join(", ")) } else { names.join(", ") }
    };
    let line = |zh: &str, en: &str, schools: &[SchoolTold]| match text.lang {
        Lang::Zh => format!("{zh} {} 所：{}", schools.len(), named(schools)),
        Lang::En => format!("{en} {}: {}", schools.len(), named(schools)),
    };
    let (reporting, lacking) = (
        line("已报", "Reporting", &coverage.reporting),
        match text.lang {
            Lang::Zh => format!("未报或未报齐 {} 所", coverage.lacking.len()),
            Lang::En => format!("Lacking something: {}", coverage.lacking.len()),
        },
    );
    text.line(reporting);
    text.line(lacking);
    for one in &coverage.lacking {
        let slices: Vec<String> = one
            .slices
            .iter()
            .map(|slice| format!("{} {} {}", form_title(&slice.form, text.lang), slice.period, text.state(slice)))
            .collect();
        let ratio = format!("{}/{}", one.reported, one.expected);
        text.line(format!("  {} {}  {ratio}  {}", one.school_id, one.school_name, slices.join("; ")));
    }
}

fn parts(text: &mut Text, explained: &FigureExplained, unit: Unit) {
    let Some(sum) = &explained.parts_sum else { return };
    match explained.unit.level {
        "city" => text.heading("由各区（市）构成", "Made of the districts"),
        _ => text.heading("由各校构成", "Made of the schools"),
    }
    let headings = [
        text.say("单位", "unit"),
        text.say("名称", "name"),
        text.say("分子", "numerator"),
        text.say("分母", "denominator"),
        text.say("数值", "value"),
        text.say("报送/应报", "reported"),
    ];
    let lang = text.lang;
    let number = |value: Option<f64>| value.map(format::number).unwrap_or_default();
    let row = |part: &PartTold| {
        let coverage = part.reported.zip(part.expected).map(|(reported, expected)| format!("{reported}/{expected}"));
        vec![
            part.unit_id.clone(),
            unit_name(&part.name_zh, &part.name_en, lang),
            number(part.numerator),
            number(part.denominator),
            part.value.map(|value| unit.write(value)).unwrap_or_default(),
            coverage.unwrap_or_default(),
        ]
    };
    text.table(&headings, explained.parts.iter().map(row));
    summed(text, sum, explained);
}

/// What the parts sum to, and whether that is the figure.
fn summed(text: &mut Text, sum: &Sum, explained: &FigureExplained) {
    let line = |name: &str, sum: Option<f64>, fits: bool, whole: Option<f64>, lang: Lang| {
        let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), format::number);
        match (sum, fits, lang) {
            (None, false, Lang::Zh) => format!("  {name}不是各部分之和，见公式和说明"),
            (None, false, Lang::En) => format!("  the {name} is no sum of parts: see formula and note"),
            (_, true, Lang::Zh) => format!("  各部分之和 {} = {name} {} ✓", number(sum.or(Some(0.0))), number(whole)),
            (_, true, Lang::En) => {
                format!("  the parts sum to {} = the {name} {} ✓", number(sum.or(Some(0.0))), number(whole))
            }
            (_, false, Lang::Zh) => {
                format!("  各部分之和 {}，{name} {}：不是各部分之和，见公式和说明", number(sum), number(whole))
            }
            (_, false, Lang::En) => {
                format!(
                    "  the parts sum to {}, the {name} is {}: no sum of parts, see formula and note",
                    number(sum),
                    number(whole)
                )
            }
        }
    };
    let figure = &explained.figure;
    let above = line(text.say("分子", "numerator"), sum.numerator, sum.numerator_fits, figure.numerator, text.lang);
    let below =
        line(text.say("分母", "denominator"), sum.denominator, sum.denominator_fits, figure.denominator, text.lang);
    text.line(above);
    text.line(below);
}

fn score(text: &mut Text, score: &[ScorePart], catalogue: &Catalogue) {
    if score.is_empty() {
        return;
    }
    text.heading("由各指标得分构成", "Made of the indicators' points");
    let headings = [
        text.say("指标", "indicator"),
        text.say("数值", "value"),
        text.say("底线", "floor"),
        text.say("满分线", "full at"),
        text.say("原定权重", "given weight"),
        text.say("权重", "weight"),
        text.say("完成", "fulfilled"),
        text.say("得分", "points"),
    ];
    let lang = text.lang;
    let rows: Vec<Vec<String>> = score
        .iter()
        .map(|part| {
            let unit = catalogue.unit(&part.indicator);
            let written = |value: Option<f64>| value.map(|value| unit.write(value)).unwrap_or_default();
            let number = |value: Option<f64>| value.map(format::number).unwrap_or_default();
            vec![
                format!("{} {}", part.indicator, catalogue.indicator_title(&part.indicator, lang)),
                part.value.map_or_else(|| lang.say("figure.none").to_owned(), |value| unit.write(value)),
                written(part.floor),
                written(part.target),
                number(part.given_weight),
                number(part.weight),
                part.fulfilled.map(format::share).unwrap_or_default(),
                number(part.points),
            ]
        })
        .collect();
    text.table(&headings, rows);
    let total: f64 = score.iter().filter_map(|part| part.points).sum();
    text.named("  得分合计", "  Points in all", format::number(total));
}

fn counted(text: &mut Text, counting: &Counting, catalogue: &Catalogue) {
    match counting.of {
        "findings" => text.heading("计入的问题线索", "The findings that were counted"),
        _ => text.heading("计入的案件", "The cases that were counted"),
    }
    text.named("合计", "In all", format::whole(counting.total));
    text.named("已整改", "Rectified", counting.rectified.map(format::whole).unwrap_or_default());
    let by_rule: Vec<String> = counting
        .by_rule
        .iter()
        .map(|(rule, count)| format!("{rule} {} {count}", catalogue.rule_title(rule, text.lang)))
        .collect();
    text.named("按规则", "By rule", by_rule.join(", "));
    for one in &counting.listed {
        let message = if text.lang == Lang::Zh { &one.message_zh } else { &one.message_en };
        let step = one.step.as_ref().map(|step| format!(" [{step}]")).unwrap_or_default();
        text.line(format!("  {} {} {}{step} {message}", one.finding_id, one.rule, one.period));
    }
    if (counting.listed.len() as i64) < counting.total {
        let line = text.say("  其余用 kehou query 查询 finding 表", "  the others: kehou query on the table finding");
        text.line(line);
    }
}

fn rows_of(text: &mut Text, rows: &RowsTold, explained: &FigureExplained) {
    text.heading("计入的行", "The rows that were counted");
    summed(text, &rows.sum, explained);
    for form in &rows.forms {
        let title = form.form.as_deref().map(|form| form_title(form, text.lang));
        let line = match (text.lang, title, form.shown) {
            (Lang::Zh, None, _) => format!("  按报送单元计，共 {} 个", form.rows),
            (Lang::En, None, _) => format!("  counted as whole slices, {}", form.rows),
            (Lang::Zh, Some(title), shown) => format!("  {title}：共 {} 行，列出 {shown} 行", form.rows),
            (Lang::En, Some(title), shown) => format!("  {title}: {} rows, {shown} of them shown", form.rows),
        };
        text.line(line);
        text.query(&form.query);
    }
    text.proofs(&explained.proofs);
}
