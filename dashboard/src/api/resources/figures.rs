//! Values of indicators, and the evaluation's scores.

use futures::future::BoxFuture;

use super::units::in_sight;
use super::{FIGURES, OF_DISTRICT, OF_PERIOD, as_it_is, code};
use crate::api::door::Needs;
use crate::api::listing::{Filter, Page, Select};
use crate::api::parameter::{DIMENSION, INDICATOR, Kind, Parameter, UNIT};
use crate::api::problem::Problem;
use crate::api::shape::{Field, Of, Shape};
use crate::api::{Answer, Ask, Resource};

const LEVELS: [&str; 3] = ["city", "district", "school"];
const STATUSES: [&str; 4] = ["met", "near", "missed", "none"];

/// A value of an indicator.
pub static VALUE: Shape = Shape {
    name: "IndicatorValue",
    fields: &[
        Field::new("indicator", Of::Text, "指标代码", "The indicator's code"),
        Field::new("level", Of::Choice(&LEVELS), "层级", "Level"),
        Field::new("unit_id", Of::Text, "city、区划代码或学校标识码", "city, a district's code or a school's"),
        Field::maybe("unit_name", Of::Text, "单位名称", "The unit's name"),
        Field::maybe("district_code", Of::Text, "所在区（市）", "The district that it is or lies in"),
        Field::new("period_type", Of::Text, "统计期类型", "Kind of period"),
        Field::new("period", Of::Text, "统计期", "Period"),
        Field::new("dimension", Of::Text, "维度 名称=取值；总数为空", "name=value; empty for the headline"),
        Field::maybe(
            "numerator",
            Of::Decimal,
            "分子：人数、学校数，或金额（元）",
            "The number above: people, schools, or money in yuan",
        ),
        Field::maybe("denominator", Of::Decimal, "分母", "The number below"),
        Field::maybe(
            "value",
            Of::Real,
            "数值；没有可除的数或没有报送时为 null，不是 0",
            "The value; null, not 0, where there is nothing to divide by or nothing was reported",
        ),
        Field::maybe("lower", Of::Real, "95% 区间下限", "Lower end of the 95 % interval"),
        Field::maybe("upper", Of::Real, "95% 区间上限", "Upper end of the 95 % interval"),
        Field::maybe("target", Of::Real, "目标", "Target"),
        Field::new(
            "status",
            Of::Choice(&STATUSES),
            "达标、接近、未达标、无目标或无数值",
            "How it stands to the target",
        ),
        Field::maybe("reported", Of::Whole, "依据的报送数", "On how many schools' slices it rests"),
        Field::maybe("expected", Of::Whole, "应报送数", "How many owed one"),
    ],
};

/// What an indicator adds to a score.
pub static SCORE: Shape = Shape {
    name: "Score",
    fields: &[
        Field::new("level", Of::Choice(&LEVELS), "层级", "Level"),
        Field::new("unit_id", Of::Text, "city、区划代码或学校标识码", "city, a district's code or a school's"),
        Field::maybe("unit_name", Of::Text, "单位名称", "The unit's name"),
        Field::maybe("district_code", Of::Text, "所在区（市）", "The district that it is or lies in"),
        Field::new("period_type", Of::Text, "统计期类型", "Kind of period"),
        Field::new("period", Of::Text, "统计期", "Period"),
        Field::new("indicator", Of::Text, "指标代码", "The indicator's code"),
        Field::maybe("value", Of::Real, "指标数值", "The indicator's value"),
        Field::maybe("given_weight", Of::Real, "原定权重", "The weight that the city gave it"),
        Field::maybe(
            "weight",
            Of::Real,
            "缺失指标的权重分出后的权重",
            "The weight after those of missing indicators were shared out",
        ),
        Field::maybe(
            "fulfilled",
            Of::Real,
            "从底线到目标走了多少，0 到 1",
            "How much of the way from floor to target it is, 0 to 1",
        ),
        Field::maybe("points", Of::Real, "得分", "What it adds"),
        Field::maybe("total", Of::Real, "综合评分", "The whole score"),
        Field::maybe("rank", Of::Whole, "同级名次", "Rank among units of its level"),
    ],
};

const OF_INDICATOR: Parameter = code("indicator", &INDICATOR, "指标代码", "The indicator's code");
const OF_LEVEL: Parameter = Parameter { name: "level", kind: Kind::Choice(&LEVELS), zh: "层级", en: "Level" };
const OF_UNIT: Parameter = code("unit", &UNIT, "city、区划代码或学校标识码", "city, a district's code or a school's");
const OF_KIND: Parameter = Parameter {
    name: "period_type",
    kind: Kind::Choice(&["month", "quarter", "term", "school_year", "year"]),
    zh: "统计期类型",
    en: "Kind of period",
};

static VALUES_SELECT: Select = Select {
    columns: "indicator, level, unit_id, unit_name, district_code, period_type, period, dimension, numerator, denominator, value, lower,
        upper, target, status, reported, expected",
    from: "marts.indicator_value as figure",
    key: &["indicator", "level", "unit_id", "period_type", "period", "dimension"],
    filters: &[
        ("indicator", Filter::Is("indicator")),
        ("level", Filter::Is("level")),
        ("unit", Filter::Is("unit_id")),
        ("district", Filter::Is("district_code")),
        ("period_type", Filter::Is("period_type")),
        ("period", Filter::Is("period")),
        ("dimension", Filter::Is("dimension")),
        ("status", Filter::Is("status")),
    ],
    mend: as_it_is,
};

static SCORES_SELECT: Select = Select {
    columns: "level, unit_id, unit_name, district_code, period_type, period, indicator, value, given_weight, weight, fulfilled, points,
        total, rank",
    from: "marts.score as score",
    key: &["level", "unit_id", "period_type", "period", "indicator"],
    filters: &[
        ("indicator", Filter::Is("indicator")),
        ("level", Filter::Is("level")),
        ("unit", Filter::Is("unit_id")),
        ("district", Filter::Is("district_code")),
        ("period_type", Filter::Is("period_type")),
        ("period", Filter::Is("period")),
    ],
    mend: as_it_is,
};

/// Values of indicators.
pub static VALUES: Resource = Resource {
    name: "listValues",
    group: &FIGURES,
    needs: Needs::Figures,
    path: &[],
    query: &[
        OF_INDICATOR,
        OF_LEVEL,
        OF_UNIT,
        OF_DISTRICT,
        OF_KIND,
        OF_PERIOD,
        code(
            "dimension",
            &DIMENSION,
            "维度 名称=取值；空值只要总数，不给则全部",
            "name=value; empty for headlines alone, all where it is not given",
        ),
        Parameter {
            name: "status", kind: Kind::Choice(&STATUSES), zh: "达标情况", en: "How it stands to the target"
        },
    ],
    answer: Answer::List(&VALUE, values),
    zh: "指标数值，附分子、分母、区间、目标和报送覆盖",
    en: "Values of indicators, with numerator, denominator, interval, target and how many reported",
};

/// Scores.
pub static SCORES: Resource = Resource {
    name: "listScores",
    group: &FIGURES,
    needs: Needs::Figures,
    path: &[],
    query: &[OF_INDICATOR, OF_LEVEL, OF_UNIT, OF_DISTRICT, OF_KIND, OF_PERIOD],
    answer: Answer::List(&SCORE, scores),
    zh: "综合评分的构成：每个指标一条，附总分和名次",
    en: "What evaluation scores are made of: an entry an indicator, with total and rank",
};

fn values(ask: &Ask) -> BoxFuture<'_, Result<Page, Problem>> {
    Box::pin(async move {
        in_sight(ask).await?;
        VALUES_SELECT.page(&VALUE, ask).await
    })
}

fn scores(ask: &Ask) -> BoxFuture<'_, Result<Page, Problem>> {
    Box::pin(async move {
        in_sight(ask).await?;
        SCORES_SELECT.page(&SCORE, ask).await
    })
}
