-- A slice that is due, with whether it was accepted in time: what K04 of a school is the sum of. It is no row of a file.
with due as (
    select owed.form, owed.school_id, owed.period, owed.due_on
    from staging.owed as owed
    cross join run
    where owed.due_on < run.today
),

part as (
    select
        due.school_id, period.period_type, period.period, '' as dimension,
        due.form, due.period as slice_period, slice.submission_id, cast(null as bigint) as row_no,
        case when accepted.received_on <= due.due_on then 1 else 0 end as numerator,
        1 as denominator
    from due
    inner join staging.period as period on due.due_on >= period.first_day and due.due_on <= period.last_day
    left join staging.accepted_first as accepted
        on accepted.form = due.form and accepted.school_id = due.school_id and accepted.period = due.period
    left join staging.slice as slice
        on slice.form = due.form and slice.school_id = due.school_id and slice.period = due.period
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
