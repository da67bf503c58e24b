-- A response to the survey, with what it adds to S04 of its school.
with part as (
    select
        response.school_id, period.period_type, period.period, '' as dimension,
        'survey' as form, response.period as slice_period, response.submission_id, response.row_no,
        case when response.voluntary then 1 else 0 end as numerator,
        1 as denominator
    from staging.survey as response
    inner join staging.period as period on period.period_type = 'term' and period.period = response.period
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
