//! The districts and schools in sight.

use futures::future::BoxFuture;
use serde_json::Value;

use super::{BEGIN, OF_DISTRICT, as_it_is, code};
use crate::api::door::Needs;
use crate::api::listing::{Filter, Page, Select};
use crate::api::parameter::{Kind, PLACE, Parameter};
use crate::api::problem::Problem;
use crate::api::shape::{Field, Of, Shape};
use crate::api::{Answer, Ask, Resource};

const KINDS: [&str; 8] =
    ["district", "county_city", "zone", "municipal", "primary", "teaching_point", "nine_year", "junior"];

/// A unit.
pub static UNIT: Shape = Shape {
    name: "Unit",
    fields: &[
        Field::new("level", Of::Choice(&["district", "school"]), "层级", "Level"),
        Field::new("unit_id", Of::Text, "区划代码或学校标识码", "District code or school code"),
        Field::new("name_zh", Of::Text, "名称", "Name"),
        Field::maybe("name_en", Of::Text, "英文名称", "Name in English"),
        Field::maybe("district_code", Of::Text, "所在区（市）", "The district that it is or lies in"),
        Field::maybe("kind", Of::Choice(&KINDS), "区（市）类型或办学类型", "Kind of district or school"),
        Field::maybe("urban_rural", Of::Choice(&["urban", "town", "rural"]), "城乡类型", "Urban, town or rural"),
        Field::maybe("opened_on", Of::Date, "开办日期", "Opened on"),
        Field::maybe("closed_on", Of::Date, "撤并日期", "Closed on"),
        Field::maybe("started_on", Of::Date, "课后服务开始日期", "Since when it offers the service"),
        Field::maybe("pupils", Of::Whole, "最近一份汇总表的在籍人数", "Pupils, by its latest roster"),
        Field::maybe("enrolled", Of::Whole, "最近一份汇总表的参加人数", "Pupils in the service, by its latest roster"),
    ],
};

static SELECT: Select = Select {
    columns: "level, unit_id, name_zh, name_en, district_code, kind, urban_rural, opened_on, closed_on, started_on, pupils, enrolled",
    from: "(select 'district' as level, district_code as unit_id, name_zh, name_en, district_code, kind, cast(null as varchar) as urban_rural,
            cast(null as date) as opened_on, cast(null as date) as closed_on, cast(null as date) as started_on,
            cast(null as bigint) as pupils, cast(null as bigint) as enrolled
        from marts.district
        union all
        select 'school' as level, school_id as unit_id, school_name as name_zh, '' as name_en, district_code, school_kind as kind, urban_rural,
            cast(opened_on as date) as opened_on, cast(closed_on as date) as closed_on, cast(started_on as date) as started_on,
            cast(pupils as bigint) as pupils, cast(enrolled as bigint) as enrolled
        from marts.school) as unit",
    key: &["level", "unit_id"],
    filters: &[("level", Filter::Is("level")), ("district", Filter::Is("district_code")), ("unit", Filter::Is("unit_id"))],
    mend: as_it_is,
};

/// Units.
pub static UNITS: Resource = Resource {
    name: "listUnits",
    group: &BEGIN,
    needs: Needs::Data,
    path: &[],
    query: &[
        Parameter { name: "level", kind: Kind::Choice(&["district", "school"]), zh: "层级", en: "Level" },
        OF_DISTRICT,
    ],
    answer: Answer::List(&UNIT, list),
    zh: "令牌范围内的区（市）和学校",
    en: "The districts and schools within the token's scope",
};

/// A unit.
pub static ONE: Resource = Resource {
    name: "getUnit",
    group: &BEGIN,
    needs: Needs::Data,
    path: &[code("unit", &PLACE, "区划代码或学校标识码", "District code or school code")],
    query: &[],
    answer: Answer::One(&UNIT, one),
    zh: "一个区（市）或一所学校",
    en: "A district or a school",
};

fn list(ask: &Ask) -> BoxFuture<'_, Result<Page, Problem>> {
    Box::pin(async move {
        in_sight(ask).await?;
        SELECT.page(&UNIT, ask).await
    })
}

fn one(ask: &Ask) -> BoxFuture<'_, Result<Value, Problem>> {
    Box::pin(SELECT.one(&UNIT, ask))
}

/// Makes sure that the units that a request names are in sight: another's unit is answered as one that there is not.
pub async fn in_sight(ask: &Ask) -> Result<(), Problem> {
    for name in ["unit", "district", "school"] {
        let Some(code) = ask.path.get(name).or_else(|| ask.query.get(name)) else { continue };
        let sql = match code.len() {
            6 => "select district_code from marts.district where district_code = $1",
            10 => "select school_id from marts.school where school_id = $1",
            _ if ask.caller.scope().sees_figures() => continue,
            _ => return Err(Problem::not_here()),
        };
        if ask.scoped.read(sql, &[code]).await?.is_empty() {
            return Err(Problem::not_here());
        }
    }
    Ok(())
}
