-- Whether a primary school offers the service at the end of a period.
-- key: school_id
-- code: C01
-- title_zh: 开办率
-- title_en: Schools offering
-- formula: primary schools with a plan started on or before the period's end ÷ primary schools open then
-- formula_zh: 期末前已开办的小学 ÷ 期末在办的小学
-- unit: share
-- clause: 二
-- better: higher
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
    cast('C01' as varchar) as indicator,
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
where open_school.is_primary
