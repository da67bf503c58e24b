-- A slice that is owed or was sent, in one of five states: reported, zero, rejected, missing, not_due.
-- stored: table
-- key: school_id
with owed as (
    select form, school_id, period, due_on from staging.owed
),

counted as (
    select form, school_id, period, state, submission_id from staging.slice
),

first_accepted as (
    select form, school_id, period, received_on from staging.accepted_first
),

newest as (
    select form, school_id, period, state, submission_id, received_on
    from facts.submission
    qualify row_number() over (
        partition by form, school_id, period order by received_at desc nulls last, submission_id desc nulls last
    ) = 1
),

-- Rejected is what was last sent: a slice that was withdrawn after an earlier rejection is missing.
attempt as (
    select form, school_id, period, submission_id, received_on from newest where state = 'rejected'
),

known as (
    select form, school_id, period from owed
    union
    select form, school_id, period from counted
    union
    select form, school_id, period from attempt
)

select
    cast(known.form as varchar) as form,
    cast(known.school_id as varchar) as school_id,
    cast(coalesce(school.district_code, '') as varchar) as district_code,
    cast(known.period as varchar) as period,
    cast(
        case
            when counted.state = 'zero' then 'zero'
            when counted.state = 'accepted' then 'reported'
            when attempt.form is not null then 'rejected'
            when owed.due_on < run.today then 'missing'
            else 'not_due'
        end as varchar
    ) as state,
    cast(owed.due_on as date) as due_on,
    cast(coalesce(first_accepted.received_on, attempt.received_on) as date) as received_on,
    cast(coalesce(first_accepted.received_on, run.today) > owed.due_on as boolean) as is_late,
    cast(coalesce(counted.submission_id, attempt.submission_id) as varchar) as submission_id
from known
cross join run
left join owed on owed.form = known.form and owed.school_id = known.school_id and owed.period = known.period
left join counted
    on counted.form = known.form and counted.school_id = known.school_id and counted.period = known.period
left join first_accepted
    on first_accepted.form = known.form
    and first_accepted.school_id = known.school_id
    and first_accepted.period = known.period
left join attempt
    on attempt.form = known.form and attempt.school_id = known.school_id and attempt.period = known.period
left join staging.school as school on school.school_id = known.school_id
