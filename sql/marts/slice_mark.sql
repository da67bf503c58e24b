-- What a district said of a slice: more time, an excuse, or that it is confirmed. No figure changes by it or waits for it.
-- stored: table
-- key: school_id
with said as (
    select * from facts.slice_event
),

-- More time, an excuse, or that neither holds any more: the latest word counts.
relief as (
    select form, school_id, period, event, until_on, reason, by_whom, on_date
    from said
    where event in ('extended', 'excused', 'revoked')
    qualify row_number() over (
        partition by form, school_id, period order by "at" desc nulls last, event asc nulls last, reason asc nulls last
    ) = 1
),

confirmation as (
    select form, school_id, period, confirmed_submission, by_whom, on_date
    from said
    where event = 'confirmed'
    qualify row_number() over (
        partition by form, school_id, period order by "at" desc nulls last, confirmed_submission desc nulls last
    ) = 1
),

counted as (
    select form, school_id, period, submission_id from staging.slice
),

known as (
    select distinct form, school_id, period from said
)

select
    cast(known.form as varchar) as form,
    cast(known.school_id as varchar) as school_id,
    cast(coalesce(school.district_code, '') as varchar) as district_code,
    cast(known.period as varchar) as period,
    cast(case when relief.event = 'extended' then relief.until_on end as date) as extended_to,
    cast(coalesce(relief.event = 'excused', false) as boolean) as is_excused,
    cast(case when relief.event <> 'revoked' then relief.reason end as varchar) as reason,
    cast(case when relief.event <> 'revoked' then relief.by_whom end as varchar) as said_by,
    cast(case when relief.event <> 'revoked' then relief.on_date end as date) as said_on,
    -- What was corrected since is to be confirmed anew.
    cast(coalesce(confirmation.confirmed_submission = counted.submission_id, false) as boolean) as is_confirmed,
    cast(confirmation.by_whom as varchar) as confirmed_by,
    cast(confirmation.on_date as date) as confirmed_on
from known
left join relief
    on relief.form = known.form and relief.school_id = known.school_id and relief.period = known.period
left join confirmation
    on confirmation.form = known.form
    and confirmation.school_id = known.school_id
    and confirmation.period = known.period
left join counted
    on counted.form = known.form and counted.school_id = known.school_id and counted.period = known.period
left join staging.school as school on school.school_id = known.school_id
