-- A group session; the first one of each permitted kind in the month adds one to C08 of its school. The denominator is the
-- number of schools and no sum of rows.
with activity as (
    select
        *,
        row_number() over (
            partition by school_id, period, activity order by held_on asc nulls last, row_no asc nulls last
        ) as place
    from staging.group_session
),

part as (
    select
        activity.school_id, period.period_type, period.period, '' as dimension,
        'group_session' as form, activity.period as slice_period, activity.submission_id, activity.row_no,
        case when activity.place = 1 and activity.activity <> 'collective_teaching' then 1 else 0 end as numerator,
        cast(null as bigint) as denominator
    from activity
    inner join staging.period as period on period.period_type = 'month' and period.period = activity.period
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
