-- A school and a period on some school day of which it was open.
-- stored: table
-- key: school_id
with school as (
    select * from staging.school
),

day as (
    select day.day, day.month, day.term, day.year
    from staging.day as day
    inner join staging.month as month on month.month = day.month
    where day.is_school_day and month.has_begun
),

taught as (
    select distinct school.school_id, day.month, day.term, day.year
    from day
    inner join school on school.opened_on <= day.day and day.day < school.closed_on
),

owing as (
    select distinct 'month' as period_type, month as period, school_id from taught
    union all
    select distinct 'term' as period_type, term as period, school_id from taught
    union all
    select distinct 'year' as period_type, year as period, school_id from taught
),

period as (
    select * from staging.period
)

select
    cast(owing.period_type as varchar) as period_type,
    cast(owing.period as varchar) as period,
    cast(school.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(school.is_primary as boolean) as is_primary,
    cast(period.last_day < school.closed_on as boolean) as is_open_at_end
from owing
inner join period on period.period = owing.period
inner join school on school.school_id = owing.school_id
