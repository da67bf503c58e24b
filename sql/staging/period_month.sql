-- A month that a month, term or year is made of: every period of a monthly form's figures is the sum of these.
-- stored: table
with day as (
    select distinct month, term, year from staging.day
),

part as (
    select 'month' as period_type, month as period, month from day
    union
    select 'term' as period_type, term as period, month from day
    union
    select 'year' as period_type, year as period, month from day
),

begun as (
    select period, is_over from staging.period where period_type = 'month'
),

known as (
    select period_type, period from staging.period
)

select
    cast(part.period_type as varchar) as period_type,
    cast(part.period as varchar) as period,
    cast(part.month as varchar) as month,
    cast(begun.is_over as boolean) as month_is_over
from part
inner join begun on begun.period = part.month
inner join known on known.period_type = part.period_type and known.period = part.period
