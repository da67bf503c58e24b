-- A month that a month, term or year is made of: every period of a monthly form's figures is the sum of these. A year is made
-- of all its months, those before the calendar's first one too.
-- stored: table
with month as (
    select * from staging.month where has_begun
),

known as (
    select period from staging.period
),

part as (
    select 'month' as period_type, month as period, month from month
    union all
    select 'term' as period_type, term as period, month from (select distinct term, month from staging.day) as term_month
    union all
    select 'year' as period_type, year as period, month from month
)

select
    cast(part.period_type as varchar) as period_type,
    cast(part.period as varchar) as period,
    cast(part.month as varchar) as month
from part
inner join month on month.month = part.month
inner join known on known.period = part.period
