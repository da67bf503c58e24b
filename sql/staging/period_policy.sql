-- A number of the policy as it is in force on the last day of a month, quarter, term or year; none where it came into force
-- after that day. Months and quarters that have not begun are here too: what is asked for or posted in them has its number.
-- stored: table
with period as (
    select 'month' as period_type, month as period, last_day from staging.month
    union all
    select 'quarter' as period_type, quarter as period, max(last_day) as last_day from staging.month group by quarter
    union all
    select period_type, period, last_day from staging.period where period_type in ('term', 'year')
),

candidate as (
    select
        period.period_type,
        period.period,
        policy.key,
        policy.value,
        row_number() over (
            partition by period.period, policy.key order by policy.valid_from desc nulls last
        ) as place
    from reference.policy as policy
    inner join period on policy.valid_from <= period.last_day
)

select
    cast(period_type as varchar) as period_type,
    cast(period as varchar) as period,
    cast(key as varchar) as key,
    cast(value as varchar) as value
from candidate
where place = 1
