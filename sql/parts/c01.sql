-- The line of the register that counts a primary school in C01, and the plan by which it offers the service.
with school as (
    select
        register.school_id, register.submission_id, register.row_no, period.period_type, period.period
    from staging.school as register
    inner join staging.period as period
        on register.opened_on <= period.last_day and period.last_day < register.closed_on
    where register.is_primary
),

part as (
    select
        school_id, period_type, period, '' as dimension, 'school' as form, cast(null as varchar) as slice_period,
        submission_id, row_no, 0 as numerator, 1 as denominator
    from school
    union all
    select
        school.school_id, school.period_type, school.period, '' as dimension, 'service_plan' as form, plan.term as slice_period,
        plan.submission_id, plan.row_no, 1 as numerator, 0 as denominator
    from school
    inner join staging.plan_at as plan
        on plan.school_id = school.school_id and plan.period_type = school.period_type and plan.period = school.period
    where plan.is_started
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
