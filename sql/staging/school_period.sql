-- A school and a period on some school day of which it was open.
-- stored: table
with school as (
    select * from staging.school
),

-- Per period its school days' bounds; a school that opened and closed between two school days is beyond this.
taught as (
    select period_month.period_type, period_month.period, min(day.day) as first_day, max(day.day) as last_day
    from staging.period_month as period_month
    inner join staging.day as day on day.month = period_month.month
    where day.is_school_day
        and (period_month.period_type <> 'term' or day.term = period_month.period)
    group by period_month.period_type, period_month.period
),

period as (
    select * from staging.period
)

select
    cast(taught.period_type as varchar) as period_type,
    cast(taught.period as varchar) as period,
    cast(school.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(school.is_primary as boolean) as is_primary,
    cast(school.opened_on <= period.last_day and period.last_day < school.closed_on as boolean) as is_open_at_end
from taught
inner join period on period.period_type = taught.period_type and period.period = taught.period
inner join school on school.opened_on <= taught.last_day and taught.first_day < school.closed_on
