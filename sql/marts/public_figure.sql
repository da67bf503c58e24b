-- A figure as the public may see it, of the city or a district. What the public gets besides is in marts.public_school and
-- marts.public_spending; nothing else has a door for who is not logged in.
-- Figures of people (C03, C04, C05 by month, term and year; S01, S04 by term) are what marts.public_edition says that may be shown,
-- with the day on which it was. Its header says why nothing that is withheld here can be computed. A term and a year are there once all
-- their months are, and are withheld where one of these is. Figures of schools, sessions, slices and money that are no pupil's (C01, C02,
-- C07–C10, F04, F08, F09, K03, K04) are those of marts.indicator_value; of F01 and F02, which have the fees of a district's pupils in
-- them, only the city's. No town and country, no grades: each cut would make the cells smaller. No findings, no score.
-- stored: table
with part as (
    -- Of which published periods a period is the sum: itself, and of a term or year its months.
    select period_type, period, month as part, case when period_type = 'month' then 1 else 0 end as is_own
    from staging.period_month
    where period_type in ('month', 'term', 'year')
    union all
    select distinct period_type, period, period as part, 1 as is_own
    from staging.period_month
    where period_type = 'term'
),

-- A block's newest edition.
block as (
    select period_type, period, district_code, indicator, numerator, denominator, reported, expected, published_on
    from marts.public_edition
    where part = 'shown'
    qualify row_number() over (
        partition by period, district_code, indicator order by edition desc nulls last
    ) = 1
),

-- The blocks, and the districts that are in the pool.
cell as (
    select period, district_code, indicator, numerator, denominator, reported, expected, published_on, 0 as is_held
    from block
    union all
    select
        pooled.period, pooled.district_code, shown.indicator, null as numerator, null as denominator, null as reported,
        null as expected, null as published_on, 1 as is_held
    from marts.public_edition as pooled
    inner join (select distinct family, indicator from marts.public_edition where part = 'shown') as shown
        on shown.family = pooled.family
    where pooled.part = 'pooled'
),

-- Terms and years all of whose months with people are published.
peopled as (
    select distinct indicator, period as month
    from marts.figure
    where level = 'city' and dimension = '' and period_type = 'month' and denominator > 0
),

published as (
    select distinct indicator, period as month from block where period_type = 'month'
),

complete as (
    select peopled.indicator, part.period
    from part
    inner join peopled on peopled.month = part.part
    left join published on published.indicator = peopled.indicator and published.month = peopled.month
    where part.period_type in ('term', 'year')
    group by peopled.indicator, part.period
    having count(*) = count(published.month)
),

spread as (
    select
        cell.indicator, part.period_type, part.period, cell.district_code, cell.numerator, cell.denominator, cell.reported,
        cell.expected, cell.published_on, cell.is_held
    from cell
    inner join part on part.part = cell.period
    left join complete on complete.indicator = cell.indicator and complete.period = part.period
    where part.is_own = 1 or complete.indicator is not null
),

-- The city is the sum of all blocks; a district is told where none of it is in the pool.
summed as (
    select
        spread.indicator, level.level, case when level.level = 'city' then '' else spread.district_code end as district_code,
        spread.period_type, spread.period,
        sum(spread.numerator) as numerator, sum(spread.denominator) as denominator,
        sum(spread.reported) as reported, sum(spread.expected) as expected, max(spread.published_on) as published_on,
        max(case when level.level = 'city' then 0 else spread.is_held end) as withheld
    from spread
    inner join (select 'city' as level union all select 'district' as level) as level
        on level.level = 'city' or spread.district_code <> ''
    group by
        spread.indicator, level.level, case when level.level = 'city' then '' else spread.district_code end,
        spread.period_type, spread.period
),

of_people as (
    select
        indicator, level, district_code, period_type, period,
        case when withheld = 0 then numerator end as numerator, case when withheld = 0 then denominator end as denominator,
        case when withheld = 0 then reported end as reported, case when withheld = 0 then expected end as expected,
        case when withheld = 0 then published_on end as published_on, withheld
    from summed
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
