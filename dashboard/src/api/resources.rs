//! What can be asked for: one constant each, with its parameters, its shape and what makes it. Its address stands in `routes`.

pub mod catalogue;
pub mod explained;
pub mod figures;
pub mod findings;
pub mod releases;
pub mod sent;
pub mod units;

use crate::api::door::Needs;
use crate::api::parameter::{Code, DISTRICT, Kind, PERIOD, Parameter, SCHOOL};
use crate::api::{Answer, Group, Resource};

/// What there is to know before one asks.
pub const BEGIN: Group =
    Group { name: "begin", zh: "版本、单位和说明", en: "Releases, units and the description itself" };
/// Figures and scores.
pub const FIGURES: Group = Group { name: "figures", zh: "指标和评分", en: "Figures and scores" };
/// Findings with proof and cases.
pub const FINDINGS: Group = Group { name: "findings", zh: "问题线索", en: "Findings" };
/// What was sent and what is owed.
pub const SENT: Group = Group { name: "sent", zh: "报送情况", en: "What was sent and what is owed" };
/// What indicators, rules and forms are.
pub const CATALOGUE: Group =
    Group { name: "catalogue", zh: "指标、规则和表单目录", en: "What indicators, rules and forms are" };

/// All headings, in the order in which they are told.
pub const GROUPS: [&Group; 5] = [&BEGIN, &FIGURES, &FINDINGS, &SENT, &CATALOGUE];

/// This description.
pub static DESCRIPTION: Resource = Resource {
    name: "description",
    group: &BEGIN,
    needs: Needs::Nothing,
    path: &[],
    query: &[LANG],
    answer: Answer::Description,
    zh: "本说明（OpenAPI 3.1）；不需要令牌",
    en: "This description (OpenAPI 3.1); it needs no token",
};

/// The language of an explanation or of the description.
pub const LANG: Parameter = Parameter {
    name: "lang",
    kind: Kind::Choice(&["zh", "en"]),
    zh: "语言，默认中文",
    en: "Language, Chinese where none is given",
};

const fn code(name: &'static str, code: &'static Code, zh: &'static str, en: &'static str) -> Parameter {
    Parameter { name, kind: Kind::Code(code), zh, en }
}

const OF_DISTRICT: Parameter = code("district", &DISTRICT, "区划代码", "District code");
const OF_SCHOOL: Parameter = code("school", &SCHOOL, "学校标识码", "School code");
const OF_PERIOD: Parameter = code(
    "period",
    &PERIOD,
    "统计期：月 2019-10、学期 2019-2020-1、年 2019",
    "Period: month 2019-10, term 2019-2020-1, year 2019",
);

/// Does nothing to an entry.
fn as_it_is(_: &mut serde_json::Value) {}
