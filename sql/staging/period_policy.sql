-- A number of the policy as it is in force on the last day of a period (the earliest one before it came into force).
-- stored: table
with period as (
    select period_type, period, last_day from staging.period
),

candidate as (
    select
        period.period_type,
        period.period,
        policy.key,
        policy.value,
        row_number() over (
            partition by period.period_type, period.period, policy.key
            order by
                case when policy.valid_from <= period.last_day then 0 else 1 end asc nulls last,
                case when policy.valid_from <= period.last_day then period.last_day - policy.valid_from
                    else policy.valid_from - period.last_day end asc nulls last
        ) as place
    from reference.policy as policy
    cross join period
)

select
    cast(period_type as varchar) as period_type,
    cast(period as varchar) as period,
    cast(key as varchar) as key,
    cast(value as varchar) as value
from candidate
where place = 1
