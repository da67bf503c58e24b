-- A month that counts in the year to date of a month or of its whole year: from January to the period's end.
-- stored: table
with month as (
    select period as month, last_day, is_over from staging.period where period_type = 'month'
),

period as (
    select period_type, period, last_day from staging.period where period_type in ('month', 'year')
)

select
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast(month.month as varchar) as month,
    cast(month.is_over as boolean) as month_is_over
from period
inner join month on substr(month.month, 1, 4) = substr(period.period, 1, 4) and month.last_day <= period.last_day
