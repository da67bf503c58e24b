-- A parent's response, or a class of the term's last roster with its enrolled pupils: what S03 of a school is the sum of.
with survey as (
    select school_id, period from staging.intake where form = 'survey' and period_type = 'term' and reported = 1
),

roster as (
    select
        slice.school_id,
        period_month.period,
        slice.submission_id,
        row_number() over (
            partition by slice.school_id, period_month.period order by slice.period desc nulls last
        ) as place
    from staging.slice as slice
    inner join staging.period_month as period_month
        on period_month.month = slice.period and period_month.period_type = 'term'
    where slice.form = 'class_roster' and slice.state = 'accepted'
),

entered as (
    select survey.school_id, survey.period, roster.submission_id
    from survey
    inner join roster on roster.school_id = survey.school_id and roster.period = survey.period
    where roster.place = 1
),

part as (
    select
        entered.school_id, 'term' as period_type, entered.period, '' as dimension,
        'survey' as form, response.period as slice_period, response.submission_id, response.row_no,
        1 as numerator, 0 as denominator
    from entered
    inner join staging.survey as response on response.school_id = entered.school_id and response.period = entered.period
    where response.respondent = 'parent'
    union all
    select
        entered.school_id, 'term' as period_type, entered.period, '' as dimension,
        'class_roster' as form, class.period as slice_period, class.submission_id, class.row_no,
        0 as numerator, class.enrolled as denominator
    from entered
    inner join staging.class_roster as class on class.submission_id = entered.submission_id
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
