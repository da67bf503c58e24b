-- Whether a junior school follows the notice at the end of a period.
-- key: school_id
-- code: C09
-- title_zh: 初中参照率
-- title_en: Junior schools following
-- formula: junior schools offering ÷ junior schools
-- formula_zh: 已开办的初中 ÷ 初中
-- unit: share
-- clause: 二
-- better: none
with open_school as (
    select period.period_type, period.period, school.school_id, school.is_primary
    from staging.school as school
    inner join staging.period as period
        on school.opened_on <= period.last_day and period.last_day < school.closed_on
),

plan as (
    select period, school_id from staging.plan_at where is_started
),

said as (
    select distinct school_id from staging.slice where form = 'service_plan'
)

select
    cast('C09' as varchar) as indicator,
    cast(open_school.school_id as varchar) as school_id,
    cast(open_school.period_type as varchar) as period_type,
    cast(open_school.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(case when plan.school_id is null then 0 else 1 end as decimal(18,2)) as numerator,
    cast(1 as decimal(18,2)) as denominator,
    cast(case when said.school_id is null then 0 else 1 end as bigint) as reported,
    cast(1 as bigint) as expected
from open_school
left join plan
    on plan.period = open_school.period
    and plan.school_id = open_school.school_id
left join said on said.school_id = open_school.school_id
where not open_school.is_primary
