-- When a slice that counts was first accepted (or reported as nothing): what came on time stays so when it is corrected.
-- stored: table
with slice as (
    select form, school_id, period from staging.slice
),

attempt as (
    select form, school_id, period, received_on from facts.submission where state in ('accepted', 'zero')
)

select
    cast(slice.form as varchar) as form,
    cast(slice.school_id as varchar) as school_id,
    cast(slice.period as varchar) as period,
    cast(min(attempt.received_on) as date) as received_on
from slice
inner join attempt
    on attempt.form = slice.form and attempt.school_id = slice.school_id and attempt.period = slice.period
group by slice.form, slice.school_id, slice.period
