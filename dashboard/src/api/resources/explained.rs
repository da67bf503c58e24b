//! Where a figure or a finding comes from: what `kehou explain` tells, within the scope.

use futures::future::BoxFuture;
use serde_json::Value;

use super::units::in_sight;
use super::{FIGURES, FINDINGS, LANG, code};
use crate::api::door::Needs;
use crate::api::parameter::{DIMENSION, FINDING, INDICATOR, Kind, PERIOD, Parameter, UNIT};
use crate::api::problem::Problem;
use crate::api::{Answer, Ask, Resource};
use crate::explain::Explainer;
use crate::explain::figure::Question;
use crate::words::Lang;

const SKIP: Parameter = Parameter {
    name: "skip",
    kind: Kind::Whole { least: 0, most: 10_000_000, default: Some(0) },
    zh: "证据从第几行之后给出",
    en: "After how many rows of proof to begin",
};
const TAKE: Parameter = Parameter {
    name: "take",
    kind: Kind::Whole { least: 1, most: 500, default: Some(100) },
    zh: "给出多少行证据",
    en: "How many rows of proof to give",
};

/// A figure explained.
pub static FIGURE: Resource = Resource {
    name: "explainFigure",
    group: &FIGURES,
    needs: Needs::Figures,
    path: &[
        code("indicator", &INDICATOR, "指标代码", "The indicator's code"),
        code("unit", &UNIT, "city、区划代码或学校标识码", "city, a district's code or a school's"),
        code("period", &PERIOD, "统计期", "Period"),
    ],
    query: &[
        code("dimension", &DIMENSION, "维度 名称=取值；默认总数", "name=value; the headline where it is not given"),
        LANG,
    ],
    answer: Answer::Explained("FigureExplained", figure),
    zh: "一个数值的来历：算式、条款、政策数值、报送覆盖、构成、文件和行、SQL",
    en: "Where a figure comes from: formula, clause, policy, who reported, its parts, files and rows, SQL",
};

/// A finding explained.
pub static OF_FINDING: Resource = Resource {
    name: "explainFinding",
    group: &FINDINGS,
    needs: Needs::Findings,
    path: &[code("finding", &FINDING, "问题线索编号", "The finding's id")],
    query: &[SKIP, TAKE, LANG],
    answer: Answer::Explained("FindingExplained", finding),
    zh: "一条问题线索的来历：规则、条款、金额构成、证据行的内容、变化",
    en: "Where a finding comes from: rule, clause, how the amount is made up, the cells of its rows, what became of it",
};

fn lang(ask: &Ask) -> Lang {
    ask.query.get(LANG.name).and_then(Lang::parse).unwrap_or(Lang::Zh)
}

fn figure(ask: &Ask) -> BoxFuture<'_, Result<Value, Problem>> {
    Box::pin(async move {
        in_sight(ask).await?;
        let text = |name: &str| ask.path.get(name).unwrap_or_default().to_owned();
        let question = Question {
            indicator: text("indicator"),
            unit: text("unit"),
            period: text("period"),
            dimension: ask.query.get("dimension").unwrap_or_default().to_owned(),
        };
        let mut told = Explainer::scoped(&ask.scoped, &ask.project, lang(ask)).figure(&question).await?;
        told.leave_to(&ask.scoped.scope);
        if !ask.caller.may(Needs::Findings) {
            told.counting = None;
        }
        told.release = ask.release.clone();
        Ok(serde_json::to_value(told).map_err(std::io::Error::from)?)
    })
}

fn finding(ask: &Ask) -> BoxFuture<'_, Result<Value, Problem>> {
    Box::pin(async move {
        let id = ask.path.get("finding").unwrap_or_default();
        let (skip, take) = (ask.query.whole(&SKIP) as i64, ask.query.whole(&TAKE) as i64);
        let mut told = Explainer::scoped(&ask.scoped, &ask.project, lang(ask)).finding(id, skip, take).await?;
        told.release = ask.release.clone();
        Ok(serde_json::to_value(told).map_err(std::io::Error::from)?)
    })
}
