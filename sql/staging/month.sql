-- A month of the calendar's years and of the run's, whether it has begun or not, and whether the calendar has a day in it.
-- stored: table
with year as (
    select year from staging.day
    union
    select substr(cast(run.today as varchar), 1, 4) as year
    from run
),

start as (
    select min(year) as year from staging.day
),

part as (
    select '01' as month, 'Q1' as quarter
    union all
    select '02' as month, 'Q1' as quarter
    union all
    select '03' as month, 'Q1' as quarter
    union all
    select '04' as month, 'Q2' as quarter
    union all
    select '05' as month, 'Q2' as quarter
    union all
    select '06' as month, 'Q2' as quarter
    union all
    select '07' as month, 'Q3' as quarter
    union all
    select '08' as month, 'Q3' as quarter
    union all
    select '09' as month, 'Q3' as quarter
    union all
    select '10' as month, 'Q4' as quarter
    union all
    select '11' as month, 'Q4' as quarter
    union all
    select '12' as month, 'Q4' as quarter
),

month as (
    select
        year.year || '-' || part.month as month,
        year.year || '-' || part.quarter as quarter,
        year.year,
        cast(year.year || '-' || part.month || '-01' as date) as first_day
    from year
    inner join start on year.year >= start.year
    cross join part
),

-- The 31st day after a month's first lies in the next month, so the first of the next month less one is the last.
bound as (
    select *, cast(date_trunc('month', first_day + 31) as date) - 1 as last_day from month
)

select
    cast(bound.month as varchar) as month,
    cast(bound.quarter as varchar) as quarter,
    cast(bound.year as varchar) as year,
    cast(bound.first_day as date) as first_day,
    cast(bound.last_day as date) as last_day,
    cast(bound.first_day <= run.today as boolean) as has_begun,
    cast(bound.last_day < run.today as boolean) as is_over
from bound
cross join run
