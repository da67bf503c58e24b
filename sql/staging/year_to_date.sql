-- A month that counts in the year to date of a month or of its whole year: from January to the period's end.
-- stored: table
with month as (
    select month, year, last_day from staging.month where has_begun
),

period as (
    select period_type, period, last_day from staging.period where period_type in ('month', 'year')
)

select
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast(month.month as varchar) as month
from period
inner join month on month.year = substr(period.period, 1, 4) and month.last_day <= period.last_day
