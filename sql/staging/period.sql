-- A month, term or calendar year that had begun by the run's date, with its bounds (both included).
-- Months follow each other without a gap from the calendar's first one on: a month between two terms, or after the calendar's
-- end, is a month like any other.
-- stored: table
with day as (
    select * from staging.day
),

month as (
    select * from staging.month
),

start as (
    select min(month) as month from day
),

bound as (
    select 'month' as period_type, month.month as period, month.first_day, month.last_day
    from month
    inner join start on month.month >= start.month
    union all
    select 'term' as period_type, term as period, min(day) as first_day, max(day) as last_day from day group by term
    union all
    select 'year' as period_type, year as period, min(first_day) as first_day, max(last_day) as last_day from month group by year
)

select
    cast(bound.period_type as varchar) as period_type,
    cast(bound.period as varchar) as period,
    cast(bound.first_day as date) as first_day,
    cast(bound.last_day as date) as last_day,
    cast(bound.last_day < run.today as boolean) as is_over
from bound
cross join run
where bound.first_day <= run.today
