-- The plan in force at the end of a period: of a school's accepted plans the one of the latest term that had begun by then.
-- A plan that says that the school doesn't offer the service (a zero report) is none: it has no row.
-- stored: table
-- key: school_id
with plan as (
    select slice.school_id, slice.period as term, slice.submission_id, term.first_day
    from staging.slice as slice
    inner join staging.period as term on term.period = slice.period
    where slice.form = 'service_plan'
),

in_force as (
    select period.period_type, period.period, period.last_day, plan.*
    from staging.period as period
    inner join plan on plan.first_day <= period.last_day
    qualify row_number() over (
        partition by period.period, plan.school_id order by plan.first_day desc nulls last
    ) = 1
),

content as (
    select * from staging.service_plan
)

select
    cast(in_force.period_type as varchar) as period_type,
    cast(in_force.period as varchar) as period,
    cast(in_force.school_id as varchar) as school_id,
    cast(in_force.term as varchar) as term,
    cast(content.started_on as date) as started_on,
    cast(
        content.started_on is not null and content.started_on <= in_force.last_day and content.started_on <= run.today
        as boolean
    ) as is_started,
    cast(content.submission_id as varchar) as submission_id,
    cast(content.row_no as bigint) as row_no
from in_force
inner join content on content.submission_id = in_force.submission_id
cross join run
