-- A figure as the public may see it, of the city or a district. What the public gets besides is in marts.public_school and
-- marts.public_spending; nothing else has a door for who is not logged in.
-- Figures of people (C03, C04, C05 by month, term and year; S01, S04 by term) are what marts.public_edition says that may be shown,
-- with the day on which it was. Its header says why nothing that is withheld here can be computed. A term and a year are there once all
-- their months are, and are withheld where one of these is. Figures of schools, sessions, slices and money that are no pupil's (C01, C02,
-- C07–C10, F04, F08, F09, K03, K04) are those of marts.indicator_value; of F01 and F02, which have the fees of a district's pupils in
-- them, only the city's. No town and country, no grades: each cut would make the cells smaller. No findings, no score.
-- stored: table
with edition as (
    select * from marts.public_edition
),

-- A block's newest edition.
block as (
    select family, period_type, period, district_code, indicator, numerator, denominator, reported, expected, published_on
    from edition
    where part = 'shown'
    qualify row_number() over (
        partition by family, period, district_code, indicator order by edition desc nulls last
    ) = 1
),

pooled as (
    select distinct family, period_type, period, district_code from edition where part = 'pooled'
),

-- Terms and years all of whose months with people are published.
month as (
    select period.period_type, period.period, period.month
    from staging.period_month as period
    where period.period_type in ('term', 'year')
),

peopled as (
    select distinct figure.indicator, figure.period as month
    from marts.figure as figure
    where figure.level = 'city' and figure.dimension = '' and figure.period_type = 'month' and figure.denominator > 0
),

published as (
    select distinct family, indicator, period as month from block where period_type = 'month'
),

complete as (
    select known.family, known.indicator, month.period_type, month.period
    from month
    inner join peopled on peopled.month = month.month
    inner join (select distinct family, indicator from published) as known on known.indicator = peopled.indicator
    left join published on published.indicator = peopled.indicator and published.month = peopled.month
    group by known.family, known.indicator, month.period_type, month.period
    having count(*) = count(published.month)
),

shown as (
    select indicator, period_type, period, district_code, numerator, denominator, reported, expected, published_on
    from block
    union all
    select
        block.indicator, complete.period_type, complete.period, block.district_code,
        sum(block.numerator) as numerator, sum(block.denominator) as denominator,
        sum(block.reported) as reported, sum(block.expected) as expected, max(block.published_on) as published_on
    from block
    inner join month on month.month = block.period
    inner join complete
        on complete.family = block.family
        and complete.indicator = block.indicator
        and complete.period = month.period
    group by block.indicator, complete.period_type, complete.period, block.district_code
),

held as (
    select block.indicator, pooled.period_type, pooled.period, pooled.district_code
    from pooled
    inner join (select distinct family, indicator from block) as block on block.family = pooled.family
    union
    select complete.indicator, complete.period_type, complete.period, pooled.district_code
    from pooled
    inner join month on month.month = pooled.period
    inner join complete on complete.family = pooled.family and complete.period = month.period
),

of_people as (
    select
        shown.indicator, 'city' as level, '' as district_code, shown.period_type, shown.period,
        sum(shown.numerator) as numerator, sum(shown.denominator) as denominator,
        sum(shown.reported) as reported, sum(shown.expected) as expected, max(shown.published_on) as published_on,
        0 as withheld
    from shown
    group by shown.indicator, shown.period_type, shown.period
    union all
    select
        shown.indicator, 'district' as level, shown.district_code, shown.period_type, shown.period,
        shown.numerator, shown.denominator, shown.reported, shown.expected, shown.published_on, 0 as withheld
    from shown
    left join held
        on held.indicator = shown.indicator
        and held.period = shown.period
        and held.district_code = shown.district_code
    where shown.district_code <> '' and held.indicator is null
    union all
    select
        indicator, 'district' as level, district_code, period_type, period, null as numerator, null as denominator,
        null as reported, null as expected, null as published_on, 1 as withheld
    from held
),

valued as (
    select
        of_people.*,
        cast(numerator as double) / cast(nullif(denominator, 0) as double) as value,
        cast(nullif(denominator, 0) as double) as people,
        cast('1.959963984540054' as double) as z
    from of_people
),

-- Wilson, as in marts.figure.
wilson as (
    select
        valued.*,
        value + z * z / cast(2 * people as double) as centre,
        z * sqrt(
            greatest(value * (cast(1 as double) - value), cast(0 as double)) / cast(people as double)
            + z * z / cast(4 * people * people as double)
        ) as reach,
        cast(1 as double) + z * z / cast(people as double) as scale
    from valued
),

target as (
    select period, substr(key, 8) as indicator, cast(value as double) as target
    from staging.period_policy
    where key like 'target_%'
),

near as (
    select period, cast(value as double) as near_share from staging.period_policy where key = 'near_share'
),

judged as (
    select
        wilson.indicator, wilson.level, wilson.district_code, wilson.period_type, wilson.period,
        wilson.numerator, wilson.denominator, wilson.value,
        case
            when wilson.value is not null
                then least(greatest((wilson.centre - wilson.reach) / cast(wilson.scale as double), cast(0 as double)), cast(1 as double))
        end as lower,
        case
            when wilson.value is not null
                then greatest(least((wilson.centre + wilson.reach) / cast(wilson.scale as double), cast(1 as double)), wilson.value)
        end as upper,
        target.target,
        case
            when target.target is null or wilson.value is null then 'none'
            when wilson.value >= target.target then 'met'
            when wilson.value >= target.target * (cast(1 as double) - near.near_share) then 'near'
            else 'missed'
        end as status,
        wilson.reported, wilson.expected, wilson.published_on, wilson.withheld
    from wilson
    left join target on target.indicator = wilson.indicator and target.period = wilson.period
    left join near on near.period = wilson.period
    union all
    select
        indicator, level, district_code, period_type, period, numerator, denominator, value, lower, upper, target, status,
        reported, expected, run.today as published_on, 0 as withheld
    from marts.indicator_value
    cross join run
    where dimension = '' and (
        level in ('city', 'district')
        and indicator in ('C01', 'C02', 'C07', 'C08', 'C09', 'C10', 'F04', 'F08', 'F09', 'K03', 'K04')
        or level = 'city' and indicator in ('F01', 'F02')
    )
)

select
    cast(judged.indicator as varchar) as indicator,
    cast(judged.level as varchar) as level,
    cast(case when judged.level = 'city' then 'city' else judged.district_code end as varchar) as unit_id,
    cast(coalesce(district.name_zh, judged.district_code) as varchar) as name_zh,
    cast(coalesce(district.name_en, judged.district_code) as varchar) as name_en,
    cast(judged.period_type as varchar) as period_type,
    cast(judged.period as varchar) as period,
    cast(judged.numerator as decimal(18,2)) as numerator,
    cast(judged.denominator as decimal(18,2)) as denominator,
    cast(judged.value as double) as value,
    cast(judged.lower as double) as lower,
    cast(judged.upper as double) as upper,
    cast(judged.target as double) as target,
    cast(judged.status as varchar) as status,
    cast(judged.reported as bigint) as reported,
    cast(judged.expected as bigint) as expected,
    cast(judged.withheld = 1 as boolean) as is_withheld,
    cast(judged.published_on as date) as published_on
from judged
left join reference.district as district on district.district_code = judged.district_code
