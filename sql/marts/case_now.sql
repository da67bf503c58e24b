-- Where the case of each finding that stands, or that was worked on, has come to: its latest step, and what was decided before.
-- stored: table
with began as (
    select
        finding_id,
        cast(sum(case when event = 'ended' then 0 else 1 end) as bigint) as times,
        max(case when event = 'ended' then null else on_date end) as last_on
    from marts.finding_event
    group by finding_id
),

-- Steps belong to an occurrence of the finding: one that ended and came back begins with an open case.
step as (
    select
        event.finding_id,
        coalesce(event.occurrence, 1) as occurrence,
        event.step, event."at", event.on_date, event.by_whom, event.due_on, event.note,
        began.times
    from facts.case_event as event
    inner join began on began.finding_id = event.finding_id
),

latest as (
    select *
    from step
    where occurrence = times
    qualify row_number() over (partition by finding_id order by "at" desc nulls last, step asc nulls last) = 1
),

notice as (
    select finding_id, due_on
    from step
    where occurrence = times and step = 'notified'
    qualify row_number() over (partition by finding_id order by "at" desc nulls last, due_on asc nulls last) = 1
),

decision as (
    select *
    from step
    where occurrence < times and step in ('rectified', 'dismissed')
    qualify row_number() over (
        partition by finding_id order by occurrence desc nulls last, "at" desc nulls last, step asc nulls last
    ) = 1
),

-- A day by which to put it right is overdue when it has passed and nothing was decided, as long as the finding stands.
stands as (
    select
        finding.finding_id, finding.rule, finding.school_id, finding.district_code, finding.period, finding.ended,
        coalesce(latest.step, 'open') as state,
        coalesce(latest.on_date, began.last_on) as since,
        latest.by_whom, notice.due_on, latest.note,
        began.times - 1 as times_returned,
        decision.step as decided_before, decision.on_date as decided_on, decision.by_whom as decided_by,
        decision.note as decided_note
    from marts.finding as finding
    inner join began on began.finding_id = finding.finding_id
    left join latest on latest.finding_id = finding.finding_id
    left join notice on notice.finding_id = finding.finding_id
    left join decision on decision.finding_id = finding.finding_id
    where finding.ended is null or latest.finding_id is not null
)

select
    cast(stands.finding_id as varchar) as finding_id,
    cast(stands.rule as varchar) as rule,
    cast(stands.school_id as varchar) as school_id,
    cast(stands.district_code as varchar) as district_code,
    cast(stands.period as varchar) as period,
    cast(stands.state as varchar) as state,
    cast(stands.since as date) as since,
    cast(stands.by_whom as varchar) as by_whom,
    cast(stands.due_on as date) as due_on,
    cast(
        coalesce(stands.state in ('notified', 'answered') and stands.ended is null and stands.due_on < run.today, false)
        as boolean
    ) as is_overdue,
    cast(stands.note as varchar) as note,
    cast(stands.times_returned as bigint) as times_returned,
    cast(stands.decided_before as varchar) as decided_before,
    cast(stands.decided_on as date) as decided_on,
    cast(stands.decided_by as varchar) as decided_by,
    cast(stands.decided_note as varchar) as decided_note
from stands
cross join run
