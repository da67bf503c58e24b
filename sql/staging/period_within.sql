-- A month, quarter, term or year that lies in a month, term or year: all its months are that one's too.
-- stored: table
with part as (
    select 'month' as period_type, month as period, month from staging.month
    union all
    select 'quarter' as period_type, quarter as period, month from staging.month
    union all
    select 'term' as period_type, term as period, month from (select distinct term, month from staging.day) as term_month
    union all
    select 'year' as period_type, year as period, month from staging.month
),

size as (
    select period, count(*) as months from part group by period
),

shared as (
    select small.period, large.period_type as in_type, large.period as in_period, count(*) as months
    from part as small
    inner join part as large on large.month = small.month
    group by small.period, large.period_type, large.period
)

select
    cast(shared.period as varchar) as period,
    cast(shared.in_type as varchar) as in_type,
    cast(shared.in_period as varchar) as in_period
from shared
inner join size on size.period = shared.period and size.months = shared.months
inner join staging.period as begun on begun.period = shared.in_period
