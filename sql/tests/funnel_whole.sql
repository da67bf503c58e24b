-- Every school with a share of its people stands in its district's funnel and in the city's, and no other.
-- periods: period
with figure as (
    select indicator, unit_id as school_id, district_code, period_type, period
    from marts.figure
    where level = 'school' and dimension = '' and lower is not null
),

expected as (
    select indicator, 'city' as group_level, 'city' as group_id, school_id, period_type, period from figure
    union all
    select indicator, 'district' as group_level, district_code as group_id, school_id, period_type, period from figure
)

select
    coalesce(expected.indicator, funnel.indicator) as indicator,
    coalesce(expected.school_id, funnel.school_id) as school_id,
    coalesce(expected.period, funnel.period) as period
from expected
full outer join marts.funnel as funnel
    on funnel.indicator = expected.indicator
    and funnel.group_level = expected.group_level
    and funnel.group_id = expected.group_id
    and funnel.school_id = expected.school_id
    and funnel.period_type = expected.period_type
    and funnel.period = expected.period
where funnel.school_id is null or expected.school_id is null
