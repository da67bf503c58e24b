-- A figure of a unit and a period with its interval, before its target and the evaluation score are laid beside it.
-- stored: table
-- periods: period
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

-- What is counted in findings and their cases is summed by unit already: some findings are a district's, and no school's.
counted as (
    select
        indicator, level, unit_id, unit_name, district_code, period_type, period, dimension, numerator, denominator,
        reported, expected, cast(null as double) as exact
    from summed
    union all
    select
        indicator, level, unit_id, unit_name, district_code, period_type, period, dimension, numerator, denominator,
        reported, expected, value as exact
    from marts.finding_density
    union all
    select
        indicator, level, unit_id, unit_name, district_code, period_type, period, dimension, numerator, denominator,
        reported, expected, cast(null as double) as exact
    from marts.case_rectified
),

-- A response rate above one says that more answered than are enrolled: it stands as it is, its interval ends at one; pages show it
-- as one, and a data test warns. Hundredths are whole numbers, which a double holds exactly: who pays 80 % to the fen has a share of 0.8,
-- and not a little less.
hundredths as (
    select
        *, cast(cast(numerator as decimal(18,2)) * 100 as double) as part, cast(cast(denominator as decimal(18,2)) * 100 as double) as whole
    from counted
),

valued as (
    select
        *,
        coalesce(exact, part / cast(nullif(whole, cast(0 as double)) as double)) as value,
        cast(nullif(denominator, 0) as double) as people,
        cast('1.959963984540054' as double) as z
    from hundredths
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
    cast(indicator as varchar) as indicator,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(unit_name as varchar) as unit_name,
    cast(district_code as varchar) as district_code,
    cast(period_type as varchar) as period_type,
    cast(period as varchar) as period,
    cast(dimension as varchar) as dimension,
    cast(numerator as decimal(18,2)) as numerator,
    cast(denominator as decimal(18,2)) as denominator,
    cast(value as double) as value,
    -- Nothing reaches down to nothing and all up to all, which the floats may miss by a little.
    cast(
        case
            when share <= cast(0 as double) then cast(0 as double)
            when share is not null
                then least(greatest((centre - reach) / cast(scale as double), cast(0 as double)), cast(1 as double))
        end as double
    ) as lower,
    cast(
        case
            when share >= cast(1 as double) then cast(1 as double)
            when share is not null then least((centre + reach) / cast(scale as double), cast(1 as double))
        end as double
    ) as upper,
    cast(reported as bigint) as reported,
    cast(expected as bigint) as expected
from wilson
