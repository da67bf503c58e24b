-- How many pupils a school has in a period: those of the period's last month whose roster is accepted, of all grades.
-- stored: table
-- key: school_id
-- periods: period
with roster as (
    select school_id, month, sum(pupils) as pupils from staging.roster_month group by school_id, month
),

latest as (
    select period.period_type, period.period, roster.school_id, roster.pupils
    from roster
    inner join staging.period_month as period on period.month = roster.month
    qualify row_number() over (
        partition by period.period_type, period.period, roster.school_id order by roster.month desc nulls last
    ) = 1
)

select
    cast(school_id as varchar) as school_id,
    cast(period_type as varchar) as period_type,
    cast(period as varchar) as period,
    cast(pupils as bigint) as pupils
from latest
