-- A month, term or calendar year that had begun by the run's date, with its bounds (both included).
-- stored: table
with day as (
    select * from staging.day
),

month as (
    select 'month' as period_type, month as period, min(day) as any_day from day group by month
),

-- A month and a year have all their days, whether the calendar holds them or not; the 31st day after a month's first lies
-- in the next month or is its last but for the longest, so the first of the next month less one is the last.
bound as (
    select
        period_type,
        period,
        cast(date_trunc('month', any_day) as date) as first_day,
        cast(date_trunc('month', cast(date_trunc('month', any_day) as date) + 31) as date) - 1 as last_day
    from month
    union all
    select 'term' as period_type, term as period, min(day) as first_day, max(day) as last_day from day group by term
    union all
    select
        'year' as period_type,
        year as period,
        cast(year || '-01-01' as date) as first_day,
        cast(year || '-12-31' as date) as last_day
    from (select distinct year from day) as years
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
