-- What happened to a finding over releases: seen for the first time, ended, or seen again; with the words of that time.
-- stored: table
-- carries: finding_id varchar, event varchar, on_date date, rule varchar, severity varchar, school_id varchar,
--   district_code varchar, period varchar, subject varchar, amount decimal(18,2), message_zh varchar, message_en varchar,
--   clause varchar
with before as (
    select * from previous.finding_event
),

-- Several runs may fall on one date, so the dates don't tell which event was the last: a finding is open when it was seen or
-- returned once more than it ended.
standing as (
    select
        finding_id,
        sum(case when event = 'ended' then -1 else 1 end) > 0 as is_open
    from before
    group by finding_id
),

-- Its words are those of the last time that it was found.
last_event as (
    select before.*, standing.is_open
    from before
    inner join standing on standing.finding_id = before.finding_id
    where before.event <> 'ended'
    qualify row_number() over (
        partition by before.finding_id
        order by
            before.on_date desc nulls last,
            before.event asc nulls last,
            before.message_zh asc nulls last,
            before.amount asc nulls last
    ) = 1
),

breach as (
    select * from marts.finding_now
),

fresh as (
    select
        breach.finding_id,
        case when last_event.finding_id is null then 'seen' else 'returned' end as event,
        run.today as on_date,
        breach.rule, breach.severity, breach.school_id, breach.district_code, breach.period, breach.subject, breach.amount,
        breach.message_zh, breach.message_en, breach.clause
    from breach
    cross join run
    left join last_event on last_event.finding_id = breach.finding_id
    where last_event.finding_id is null or not last_event.is_open
    union all
    select
        last_event.finding_id,
        'ended' as event,
        run.today as on_date,
        last_event.rule, last_event.severity, last_event.school_id, last_event.district_code, last_event.period,
        last_event.subject, last_event.amount, last_event.message_zh, last_event.message_en, last_event.clause
    from last_event
    cross join run
    left join breach on breach.finding_id = last_event.finding_id
    where last_event.is_open and breach.finding_id is null
)

select
    cast(finding_id as varchar) as finding_id,
    cast(event as varchar) as event,
    cast(on_date as date) as on_date,
    cast(rule as varchar) as rule,
    cast(severity as varchar) as severity,
    cast(school_id as varchar) as school_id,
    cast(district_code as varchar) as district_code,
    cast(period as varchar) as period,
    cast(subject as varchar) as subject,
    cast(amount as decimal(18,2)) as amount,
    cast(message_zh as varchar) as message_zh,
    cast(message_en as varchar) as message_en,
    cast(clause as varchar) as clause
from (select * from before union all select * from fresh) as events
