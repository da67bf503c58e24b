-- A slice that is owed, was reported, or both: what an indicator's reported and expected count. A month is expected when it
-- is over, a year's form when the year is, a term's form as soon as it is owed.
-- stored: table
-- key: school_id
with owed as (
    select form, school_id, period_type, period, due_on, is_over from staging.owed
),

reported as (
    select slice.form, slice.school_id, period.period_type, slice.period, slice.received_on
    from staging.slice as slice
    inner join staging.period as period on period.period = slice.period
)

select
    cast(coalesce(owed.form, reported.form) as varchar) as form,
    cast(coalesce(owed.school_id, reported.school_id) as varchar) as school_id,
    cast(coalesce(owed.period_type, reported.period_type) as varchar) as period_type,
    cast(coalesce(owed.period, reported.period) as varchar) as period,
    cast(case when reported.form is null then 0 else 1 end as bigint) as reported,
    cast(case when owed.period_type = 'term' or owed.is_over then 1 else 0 end as bigint) as expected,
    cast(owed.due_on as date) as due_on,
    cast(reported.received_on as date) as received_on
from owed
full outer join reported
    on reported.form = owed.form
    and reported.school_id = owed.school_id
    and reported.period = owed.period
