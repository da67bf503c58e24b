-- A plan that started, with whether it was made public on both boards before: what C10 of a school is the sum of.
with part as (
    select
        plan.school_id, period.period_type, period.period, '' as dimension,
        'service_plan' as form, plan.period as slice_period, plan.submission_id, plan.row_no,
        case when plan.board_notice_on <= plan.started_on and plan.web_notice_on <= plan.started_on then 1 else 0 end as numerator,
        1 as denominator
    from staging.service_plan as plan
    inner join staging.period as period on period.period_type = 'term' and period.period = plan.period
    cross join run
    where plan.started_on <= run.today
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
