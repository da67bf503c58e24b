-- A slice's newest attempt that was not rejected: accepted, reported as nothing (zero), or withdrawn and so missing again.
-- stored: table
-- key: school_id
with attempt as (
    select * from facts.submission where state in ('accepted', 'zero', 'withdrawn')
),

newest as (
    select *
    from attempt
    qualify row_number() over (
        partition by form, school_id, period order by received_at desc nulls last, submission_id desc nulls last
    ) = 1
)

select
    cast(form as varchar) as form,
    cast(school_id as varchar) as school_id,
    cast(period as varchar) as period,
    cast(state as varchar) as state,
    cast(submission_id as varchar) as submission_id,
    cast(received_on as date) as received_on
from newest
where state <> 'withdrawn'
