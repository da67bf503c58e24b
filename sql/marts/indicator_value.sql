-- A figure: an indicator of a unit and a period, with what it rests on, its target and whether that is met.
-- stored: table
-- collects: indicators.*
with figure as (
    select
        figure.indicator,
        figure.school_id,
        school.school_name,
        school.district_code,
        school.urban_rural,
        figure.period_type,
        figure.period,
        figure.dimension,
        figure.numerator,
        figure.denominator,
        figure.reported,
        figure.expected
    from indicators.all as figure
    inner join staging.school as school on school.school_id = figure.school_id
),

-- A headline is told apart by town and country too; schools lie in one of them.
split as (
    select *, dimension as cut from figure
    union all
    select *, 'urban_rural=' || urban_rural as cut from figure where dimension = ''
),

summed as (
    select
        indicator, 'school' as level, school_id as unit_id, school_name as unit_name, district_code,
        period_type, period, dimension, numerator, denominator, reported, expected
    from figure
    union all
    select
        split.indicator, 'district' as level, split.district_code as unit_id, district.name_zh as unit_name,
        split.district_code, split.period_type, split.period, split.cut as dimension,
        sum(split.numerator) as numerator, sum(split.denominator) as denominator,
        sum(split.reported) as reported, sum(split.expected) as expected
    from split
    inner join reference.district as district on district.district_code = split.district_code
    group by split.indicator, split.district_code, district.name_zh, split.period_type, split.period, split.cut
    union all
    select
        indicator, 'city' as level, 'city' as unit_id, '' as unit_name, '' as district_code,
        period_type, period, cut as dimension,
        sum(numerator) as numerator, sum(denominator) as denominator,
        sum(reported) as reported, sum(expected) as expected
    from split
    group by indicator, period_type, period, cut
),

target as (
    select period_type, period, substr(key, 8) as indicator, cast(value as double) as target
    from staging.period_policy
    where key like 'target_%'
),

near as (
    select period_type, period, cast(value as double) as near_share from staging.period_policy where key = 'near_share'
),

-- A response rate above one says that more answered than are enrolled: it is shown as one, with the interval of one, and a data
-- test warns. Its numerator and denominator stay what they are.
valued as (
    select
        summed.*,
        case
            when indicator = 'S03' and numerator > denominator and denominator > 0 then cast(1 as double)
            else cast(numerator as double) / cast(nullif(denominator, 0) as double)
        end as value,
        cast(nullif(summed.denominator, 0) as double) as people,
        cast('1.959963984540054' as double) as z
    from summed
),

shared as (
    select
        *,
        case when indicator in ('C03', 'C04', 'C05', 'S01', 'S03', 'S04', 'F07') then value end as share
    from valued
),

-- Wilson, E. B. (1927): (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) ÷ (1 + z²/n).
wilson as (
    select
        *,
        share + z * z / cast(2 * people as double) as centre,
        z * sqrt(
            greatest(share * (cast(1 as double) - share), cast(0 as double)) / cast(people as double)
            + z * z / cast(4 * people * people as double)
        ) as reach,
        cast(1 as double) + z * z / cast(people as double) as scale
    from shared
)

select
    cast(wilson.indicator as varchar) as indicator,
    cast(wilson.level as varchar) as level,
    cast(wilson.unit_id as varchar) as unit_id,
    cast(wilson.unit_name as varchar) as unit_name,
    cast(wilson.district_code as varchar) as district_code,
    cast(wilson.period_type as varchar) as period_type,
    cast(wilson.period as varchar) as period,
    cast(wilson.dimension as varchar) as dimension,
    cast(wilson.numerator as decimal(18,2)) as numerator,
    cast(wilson.denominator as decimal(18,2)) as denominator,
    cast(wilson.value as double) as value,
    cast(
        case when wilson.share is not null then greatest((wilson.centre - wilson.reach) / cast(wilson.scale as double), cast(0 as double)) end
        as double
    ) as lower,
    cast(
        case when wilson.share is not null then least((wilson.centre + wilson.reach) / cast(wilson.scale as double), cast(1 as double)) end
        as double
    ) as upper,
    cast(target.target as double) as target,
    cast(
        case
            when target.target is null or wilson.value is null then 'none'
            when wilson.indicator = 'F09' and wilson.value <= target.target then 'met'
            when wilson.indicator = 'F09' and wilson.value <= near.near_share then 'near'
            when wilson.indicator = 'F09' then 'missed'
            when wilson.value >= target.target then 'met'
            when wilson.value >= target.target * (cast(1 as double) - near.near_share) then 'near'
            else 'missed'
        end as varchar
    ) as status,
    cast(wilson.reported as bigint) as reported,
    cast(wilson.expected as bigint) as expected
from wilson
left join target
    on target.indicator = wilson.indicator
    and target.period_type = wilson.period_type
    and target.period = wilson.period
left join near on near.period_type = wilson.period_type and near.period = wilson.period
