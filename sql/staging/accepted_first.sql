-- When a slice that counts was first accepted (or reported as nothing): what came on time stays so when it is corrected.
-- What was withdrawn never came: a slice that was sent again after it is as late as it came then.
-- stored: table
with slice as (
    select form, school_id, period from staging.slice
),

withdrawal as (
    select form, school_id, period, max(received_at) as received_at
    from facts.submission
    where state = 'withdrawn'
    group by form, school_id, period
),

attempt as (
    select sent.form, sent.school_id, sent.period, sent.received_on
    from facts.submission as sent
    left join withdrawal
        on withdrawal.form = sent.form
        and withdrawal.school_id = sent.school_id
        and withdrawal.period = sent.period
    where sent.state in ('accepted', 'zero')
        and (withdrawal.form is null or sent.received_at > withdrawal.received_at)
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
