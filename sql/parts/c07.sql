-- A group session, with whether it is as laid down: what C07 of a school is the sum of.
with rule as (
    select
        period as month,
        max(case when key = 'session_minutes' then cast(value as bigint) end) as minutes,
        max(case when key = 'max_sessions_per_day' then cast(value as bigint) end) as most
    from staging.period_policy
    where period_type = 'month'
    group by period
),

part as (
    select
        activity.school_id, period.period_type, period.period, '' as dimension,
        'group_session' as form, activity.period as slice_period, activity.submission_id, activity.row_no,
        case
            when activity.minutes = activity.sessions * rule.minutes and activity.sessions <= rule.most and day.is_school_day then 1
            else 0
        end as numerator,
        1 as denominator
    from staging.group_session as activity
    inner join staging.period_month as period on period.month = activity.period
    inner join rule on rule.month = activity.period
    left join staging.day as day on day.day = activity.held_on
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
