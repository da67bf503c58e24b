-- When a slice that counts was first accepted (or reported as nothing): what came on time stays so when it is corrected. What
-- was withdrawn is missing, so only what came after it counts.
-- stored: table
-- key: school_id
with slice as (
    select form, school_id, period from staging.slice
),

attempt as (
    select form, school_id, period, state, received_on, received_at, submission_id from facts.submission
),

withdrawn as (
    select form, school_id, period, received_at, submission_id
    from attempt
    where state = 'withdrawn'
    qualify row_number() over (
        partition by form, school_id, period order by received_at desc nulls last, submission_id desc nulls last
    ) = 1
)

select
    cast(slice.form as varchar) as form,
    cast(slice.school_id as varchar) as school_id,
    cast(slice.period as varchar) as period,
    cast(min(attempt.received_on) as date) as received_on
from slice
inner join attempt
    on attempt.form = slice.form and attempt.school_id = slice.school_id and attempt.period = slice.period
left join withdrawn
    on withdrawn.form = slice.form and withdrawn.school_id = slice.school_id and withdrawn.period = slice.period
where attempt.state in ('accepted', 'zero')
    and (
        withdrawn.form is null
        or attempt.received_at > withdrawn.received_at
        or (attempt.received_at = withdrawn.received_at and attempt.submission_id > withdrawn.submission_id)
    )
group by slice.form, slice.school_id, slice.period
