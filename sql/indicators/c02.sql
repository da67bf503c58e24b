-- Whether a primary school offered the service by the deadline; of the deadline's month alone.
-- key: school_id
-- code: C02
-- title_zh: 按期开办率
-- title_en: Offering by the deadline
-- formula: primary schools started on or before the deadline ÷ primary schools open at the deadline
-- formula_zh: 截止日前已开办的小学 ÷ 截止日在办的小学
-- unit: share
-- clause: 二
-- better: higher
with deadline as (
    select policy.period_type, policy.period, cast(policy.value as date) as day
    from staging.period_policy as policy
    inner join staging.period as period on period.period = policy.period
    where policy.key = 'rollout_deadline' and substr(policy.value, 1, 7) = policy.period
),

open_school as (
    select deadline.period_type, deadline.period, deadline.day, school.school_id
    from staging.school as school
    inner join deadline on school.opened_on <= deadline.day and deadline.day < school.closed_on
    where school.is_primary
),

-- A plan of a later term tells too when the school started.
plan as (
    select plan.school_id, min(plan.started_on) as started_on
    from staging.service_plan as plan
    cross join run
    where plan.started_on <= run.today
    group by plan.school_id
),

said as (
    select distinct school_id from staging.slice where form = 'service_plan'
)

select
    cast('C02' as varchar) as indicator,
    cast(open_school.school_id as varchar) as school_id,
    cast(open_school.period_type as varchar) as period_type,
    cast(open_school.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(case when plan.started_on <= open_school.day then 1 else 0 end as decimal(18,2)) as numerator,
    cast(1 as decimal(18,2)) as denominator,
    cast(case when said.school_id is null then 0 else 1 end as bigint) as reported,
    cast(1 as bigint) as expected
from open_school
left join plan on plan.school_id = open_school.school_id
left join said on said.school_id = open_school.school_id
