-- A figure: an indicator of a unit and a period, with what it rests on, its target and whether that is met.
-- stored: table
-- periods: period
with figure as (
    select
        indicator, level, unit_id, unit_name, district_code, period_type, period, dimension, numerator, denominator,
        value, lower, upper, reported, expected
    from marts.figure
    union all
    select
        'E01' as indicator, level, unit_id, unit_name, district_code, period_type, period, '' as dimension,
        sum(cast(given_weight as double) * fulfilled) * 100 as numerator, sum(case when fulfilled is null then 0 else given_weight end) as denominator,
        max(total) as value, cast(null as double) as lower, cast(null as double) as upper,
        cast(null as bigint) as reported, cast(null as bigint) as expected
    from marts.score
    group by level, unit_id, unit_name, district_code, period_type, period
),

target as (
    select period, substr(key, 8) as indicator, cast(value as double) as target
    from staging.period_policy
    where key like 'target_%'
),

near as (
    select period, cast(value as double) as near_share from staging.period_policy where key = 'near_share'
)

select
    cast(figure.indicator as varchar) as indicator,
    cast(figure.level as varchar) as level,
    cast(figure.unit_id as varchar) as unit_id,
    cast(figure.unit_name as varchar) as unit_name,
    cast(figure.district_code as varchar) as district_code,
    cast(figure.period_type as varchar) as period_type,
    cast(figure.period as varchar) as period,
    cast(figure.dimension as varchar) as dimension,
    cast(figure.numerator as decimal(18,2)) as numerator,
    cast(figure.denominator as decimal(18,2)) as denominator,
    cast(figure.value as double) as value,
    cast(figure.lower as double) as lower,
    cast(figure.upper as double) as upper,
    cast(target.target as double) as target,
    cast(
        case
            when target.target is null or figure.value is null then 'none'
            when figure.indicator = 'F09' and figure.value <= target.target then 'met'
            when figure.indicator = 'F09' and figure.value <= near.near_share then 'near'
            when figure.indicator = 'F09' then 'missed'
            when figure.value >= target.target then 'met'
            when figure.value >= target.target * (cast(1 as double) - near.near_share) then 'near'
            else 'missed'
        end as varchar
    ) as status,
    cast(figure.reported as bigint) as reported,
    cast(figure.expected as bigint) as expected
from figure
left join target
    on target.indicator = figure.indicator
    and target.period = figure.period
left join near on near.period = figure.period
