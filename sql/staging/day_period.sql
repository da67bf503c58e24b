-- A day and a period that it lies in; for what belongs to the period of its last day.
-- stored: table
with day as (
    select distinct day from (
        select day from staging.day
        union all
        -- Last days may lie up to a year behind the calendar's end.
        select day + 366 as day from staging.day
    ) as days
),

period as (
    select * from staging.period
)

select
    cast(day.day as date) as day,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period
from day
inner join period on day.day >= period.first_day and day.day <= period.last_day
