-- The line of the register that counts a primary school in C02, and its first plan, with whether that started by the deadline.
with deadline as (
    select policy.period_type, policy.period, cast(policy.value as date) as day
    from staging.period_policy as policy
    inner join staging.period as period on period.period_type = policy.period_type and period.period = policy.period
    where policy.period_type = 'month' and policy.key = 'rollout_deadline' and substr(policy.value, 1, 7) = policy.period
),

school as (
    select register.school_id, register.submission_id, register.row_no, deadline.period_type, deadline.period, deadline.day
    from staging.school as register
    inner join deadline on register.opened_on <= deadline.day and deadline.day < register.closed_on
    where register.is_primary
),

plan as (
    select plan.*
    from staging.service_plan as plan
    cross join run
    where plan.started_on <= run.today
    qualify row_number() over (
        partition by plan.school_id order by plan.started_on asc nulls last, plan.period asc nulls last
    ) = 1
),

part as (
    select
        school_id, period_type, period, '' as dimension, 'school' as form, cast(null as varchar) as slice_period,
        submission_id, row_no, 0 as numerator, 1 as denominator
    from school
    union all
    select
        school.school_id, school.period_type, school.period, '' as dimension, 'service_plan' as form, plan.period as slice_period,
        plan.submission_id, plan.row_no, case when plan.started_on <= school.day then 1 else 0 end as numerator, 0 as denominator
    from school
    inner join plan on plan.school_id = school.school_id
)

select
    cast(part.school_id as varchar) as school_id,
    cast(part.period_type as varchar) as period_type,
    cast(part.period as varchar) as period,
    cast(part.dimension as varchar) as dimension,
    cast(part.form as varchar) as form,
    cast(part.slice_period as varchar) as slice_period,
    cast(part.submission_id as varchar) as submission_id,
    cast(part.row_no as bigint) as row_no,
    cast(part.numerator as decimal(18,2)) as numerator,
    cast(part.denominator as decimal(18,2)) as denominator
from part
