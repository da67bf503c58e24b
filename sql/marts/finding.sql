-- A finding, open or ended, with the words of the last run that found it.
-- stored: table
with event as (
    select * from marts.finding_event
),

first_event as (
    select finding_id, min(on_date) as first_seen from event group by finding_id
),

breach as (
    select * from marts.finding_now
),

gone as (
    select event.*
    from event
    left join breach on breach.finding_id = event.finding_id
    where event.event = 'ended' and breach.finding_id is null
    qualify row_number() over (
        partition by event.finding_id
        order by event.on_date desc nulls last, event.message_zh asc nulls last, event.amount asc nulls last
    ) = 1
)

select
    cast(breach.finding_id as varchar) as finding_id,
    cast(breach.rule as varchar) as rule,
    cast(breach.severity as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(breach.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(breach.message_zh as varchar) as message_zh,
    cast(breach.message_en as varchar) as message_en,
    cast(breach.clause as varchar) as clause,
    cast(first_event.first_seen as date) as first_seen,
    cast(null as date) as ended
from breach
inner join first_event on first_event.finding_id = breach.finding_id
union all
select
    cast(gone.finding_id as varchar) as finding_id,
    cast(gone.rule as varchar) as rule,
    cast(gone.severity as varchar) as severity,
    cast(gone.school_id as varchar) as school_id,
    cast(gone.district_code as varchar) as district_code,
    cast(gone.period as varchar) as period,
    cast(gone.subject as varchar) as subject,
    cast(gone.amount as decimal(18,2)) as amount,
    cast(gone.message_zh as varchar) as message_zh,
    cast(gone.message_en as varchar) as message_en,
    cast(gone.clause as varchar) as clause,
    cast(first_event.first_seen as date) as first_seen,
    cast(gone.on_date as date) as ended
from gone
inner join first_event on first_event.finding_id = gone.finding_id
