-- What the public was shown of the figures about people, in the order in which it was shown: nothing here is ever changed. No door
-- leads here; marts.public_figure is made of it.
--
-- What is published. A *table* is a family of indicators and a month (or term). A family holds the indicators that share people:
-- participation C03 C04, poor pupils C05, survey S01 S04; all of a family rest on the same slices, so on the same schools. Other
-- indicators of people (C06, S02, S03, F05, F06, F07, K01, E01) are not public, because they tell the same people once more, of other
-- schools: C05 and F07 together would tell the poor pupils of those whose charges did not come. Of a table the public gets sums over *blocks* of schools, and sums of
-- those: the city is the sum of all blocks, a term or year the sum of its months. A block is a district, or the *pool*: the
-- districts that are withheld. Nothing finer than a block, and nothing across blocks but their sums, is ever told.
--
-- Who is withheld. Where a district has a share on 1 to min_cell − 1 people the pool is made: all such districts, and as
-- many of the next smallest as it takes until each share in it rests on two districts and on min_cell people, every numerator is
-- above nothing, and below its denominator unless the whole city's equals its own. Where all districts together don't
-- reach that, the table is not published until they do.
--
-- What time changes. A table's blocks are fixed when it is published: a school stays in the block in which it first counted,
-- wherever the register moves it, and who was pooled stays so. The pool is told once. A district has two editions at most: the
-- first when reports were due, the second after the term's were due, and only if every sum is the same or differs by min_cell
-- people or more, and none is on fewer. Until then the first one stays shown: a change of fewer people is never seen.
--
-- Why nothing withheld can be computed. Blocks are disjoint sets of schools, so what the public knows of a table is, for each block
-- by itself, one sum or two; all else that is shown is made of these. (1) A pooled district stands in one equation, beside another
-- district with people, so it may be anything from nothing to the pool's sum; and what became of its schools later is told nowhere.
-- (2) A set of schools whose sum follows from a district's two editions, even for who knows which schools' slices changed, is the
-- district in one of them, those that came (where none went) or those that went (where none came): nobody, or min_cell people
-- or more. A third edition could break that: A+B, then B+C, then A+B+C tell A, B and C. (3) Shared numbers, such as enrolled
-- in C03 and C04, are of the same schools in the same editions, so they tell nothing twice. (4) The city, terms and years are sums of blocks that
-- are shown or pooled; a district's term is shown only where all its months are. (5) An interval and a rounded value tell no more
-- than their numerator and denominator, and stand only beside them.
--
-- What this leaves: who is in the pool with one other district may, knowing its own pupils, reckon the other's. And where the whole
-- city's share is one, it is one in each district.
-- stored: table
-- carries: part varchar, family varchar, period_type varchar, period varchar, district_code varchar, school_id varchar,
--   edition bigint, published_on date, indicator varchar, numerator decimal(18,2), denominator decimal(18,2), reported bigint,
--   expected bigint
with before as (
    select * from previous.public_edition
),

member as (
    select family, period, school_id, district_code from before where part = 'school'
),

published as (
    select distinct family, period from before where part = 'shown'
),

measure as (
    select 'participation' as family, 'C03' as indicator, 'month' as period_type
    union all
    select 'participation' as family, 'C04' as indicator, 'month' as period_type
    union all
    select 'poor' as family, 'C05' as indicator, 'month' as period_type
    union all
    select 'survey' as family, 'S01' as indicator, 'term' as period_type
    union all
    select 'survey' as family, 'S04' as indicator, 'term' as period_type
),

number as (
    select cast(value as bigint) as min_cell from marts.policy_now where key = 'min_cell'
),

-- A school counts where it first counted.
placed as (
    select
        measure.family, figure.period_type, figure.period, coalesce(member.district_code, figure.district_code) as district_code,
        figure.unit_id as school_id, figure.indicator, figure.numerator, figure.denominator, figure.reported, figure.expected
    from marts.figure as figure
    inner join measure on measure.indicator = figure.indicator and measure.period_type = figure.period_type
    inner join staging.public_period as open_period on open_period.period = figure.period and open_period.is_public
    left join member
        on member.family = measure.family and member.period = figure.period and member.school_id = figure.unit_id
    where figure.level = 'school' and figure.dimension = ''
),

place as (
    select distinct family, period_type, period, district_code from placed
),

-- Every district has each of its family's sums, zero where there is nothing.
district as (
    select
        place.family, place.period_type, place.period, place.district_code, measure.indicator,
        coalesce(sum(placed.numerator), 0) as numerator, coalesce(sum(placed.denominator), 0) as denominator,
        coalesce(sum(placed.reported), 0) as reported, coalesce(sum(placed.expected), 0) as expected
    from place
    inner join measure on measure.family = place.family
    left join placed
        on placed.family = place.family
        and placed.period = place.period
        and placed.district_code = place.district_code
        and placed.indicator = measure.indicator
    group by place.family, place.period_type, place.period, place.district_code, measure.indicator
),

city as (
    select family, period, indicator, sum(numerator) as numerator, sum(denominator) as denominator
    from district
    group by family, period, indicator
),

peopled as (
    select
        district.family, district.period, district.district_code,
        max(case when district.denominator > 0 and district.denominator < number.min_cell then 1 else 0 end) as small,
        min(case when district.denominator > 0 then district.denominator end) as people
    from district
    cross join number
    group by district.family, district.period, district.district_code
    having max(district.denominator) > 0
),

-- Tables that were not published yet: the small ones first, then by size.
ranked as (
    select
        peopled.family, peopled.period, peopled.district_code, peopled.small,
        row_number() over (
            partition by peopled.family, peopled.period
            order by peopled.small desc nulls last, peopled.people asc nulls last, peopled.district_code asc nulls last
        ) as place
    from peopled
    left join published on published.family = peopled.family and published.period = peopled.period
    where published.family is null
),

smalls as (
    select family, period, sum(small) as smalls from ranked group by family, period
),

-- What the first districts of that order would be together, as a pool.
together as (
    select
        ranked.family, ranked.period, ranked.place, district.indicator,
        sum(district.numerator) over (
            partition by ranked.family, ranked.period, district.indicator
            order by ranked.place asc nulls last rows between unbounded preceding and current row
        ) as numerator,
        sum(district.denominator) over (
            partition by ranked.family, ranked.period, district.indicator
            order by ranked.place asc nulls last rows between unbounded preceding and current row
        ) as denominator,
        sum(case when district.denominator > 0 then 1 else 0 end) over (
            partition by ranked.family, ranked.period, district.indicator
            order by ranked.place asc nulls last rows between unbounded preceding and current row
        ) as districts
    from ranked
    inner join district
        on district.family = ranked.family
        and district.period = ranked.period
        and district.district_code = ranked.district_code
),

fit as (
    select together.family, together.period, together.place
    from together
    cross join number
    inner join smalls on smalls.family = together.family and smalls.period = together.period
    inner join city
        on city.family = together.family and city.period = together.period and city.indicator = together.indicator
    where together.place >= smalls.smalls
    group by together.family, together.period, together.place
    having min(case
        when city.denominator = 0 then 1
        when together.districts >= 2
            and together.denominator >= number.min_cell
            and together.numerator > 0
            and (together.numerator < together.denominator or city.numerator = city.denominator)
            then 1
        else 0
    end) = 1
),

pool_size as (
    select
        smalls.family, smalls.period,
        case when smalls.smalls = 0 then 0 else min(fit.place) end as districts
    from smalls
    left join fit on fit.family = smalls.family and fit.period = smalls.period
    group by smalls.family, smalls.period, smalls.smalls
),

pooled_now as (
    select ranked.family, ranked.period, ranked.district_code
    from ranked
    inner join pool_size on pool_size.family = ranked.family and pool_size.period = ranked.period
    where ranked.place <= pool_size.districts
),

pooled as (
    select family, period, district_code from before where part = 'pooled'
    union all
    select family, period, district_code from pooled_now
),

opened as (
    select family, period, 1 as is_new from pool_size where districts is not null
    union all
    select family, period, 0 as is_new from published
),

block as (
    select
        district.family, district.period_type, district.period, opened.is_new,
        case when pooled.family is null then district.district_code else '' end as district_code,
        district.indicator,
        sum(district.numerator) as numerator, sum(district.denominator) as denominator,
        sum(district.reported) as reported, sum(district.expected) as expected
    from district
    inner join opened on opened.family = district.family and opened.period = district.period
    left join pooled
        on pooled.family = district.family
        and pooled.period = district.period
        and pooled.district_code = district.district_code
    group by
        district.family, district.period_type, district.period, opened.is_new, district.indicator,
        case when pooled.family is null then district.district_code else '' end
),

-- How a block stands to what was shown of it. `tells`: what would be shown is a sum of too few people, or differs by too few.
compared as (
    select
        block.family, block.period, block.district_code, block.is_new,
        max(shown.edition) as edition,
        max(case when shown.numerator <> block.numerator or shown.denominator <> block.denominator then 1 else 0 end) as differs,
        max(case
            when block.denominator > 0 and block.denominator < number.min_cell then 1
            when shown.numerator <> block.numerator and abs(block.numerator - shown.numerator) < number.min_cell then 1
            when shown.denominator <> block.denominator and abs(block.denominator - shown.denominator) < number.min_cell then 1
            else 0
        end) as tells
    from block
    cross join number
    left join before as shown
        on shown.part = 'shown'
        and shown.family = block.family
        and shown.period = block.period
        and shown.district_code = block.district_code
        and shown.indicator = block.indicator
    group by block.family, block.period, block.district_code, block.is_new
),

-- A new table as a whole; of one that was published a district of which nothing was told yet, and a second edition.
fresh as (
    select compared.family, compared.period, compared.district_code, coalesce(compared.edition, 0) + 1 as edition
    from compared
    inner join staging.public_period as open_period on open_period.period = compared.period
    where compared.is_new = 1
        or compared.district_code <> ''
        and compared.tells = 0
        and (compared.edition is null or compared.edition = 1 and compared.differs = 1 and open_period.is_final)
),

-- A school belongs to its block from when it has people in it.
joined as (
    select distinct placed.family, placed.period_type, placed.period, placed.district_code, placed.school_id
    from placed
    inner join opened on opened.family = placed.family and opened.period = placed.period
    left join member
        on member.family = placed.family and member.period = placed.period and member.school_id = placed.school_id
    where member.family is null and placed.denominator > 0
),

added as (
    select
        'shown' as part, block.family, block.period_type, block.period, block.district_code, '' as school_id, fresh.edition,
        block.indicator, block.numerator, block.denominator, block.reported, block.expected
    from block
    inner join fresh
        on fresh.family = block.family and fresh.period = block.period and fresh.district_code = block.district_code
    union all
    select
        'pooled' as part, place.family, place.period_type, place.period, place.district_code, '' as school_id, 1 as edition,
        '' as indicator, null as numerator, null as denominator, null as reported, null as expected
    from pooled_now
    inner join place
        on place.family = pooled_now.family
        and place.period = pooled_now.period
        and place.district_code = pooled_now.district_code
    union all
    select
        'school' as part, family, period_type, period, district_code, school_id, 1 as edition,
        '' as indicator, null as numerator, null as denominator, null as reported, null as expected
    from joined
),

whole as (
    select
        part, family, period_type, period, district_code, school_id, edition, published_on, indicator, numerator, denominator,
        reported, expected
    from before
    union all
    select
        added.part, added.family, added.period_type, added.period, added.district_code, added.school_id, added.edition,
        run.today as published_on, added.indicator, added.numerator, added.denominator, added.reported, added.expected
    from added
    cross join run
)

select
    cast(part as varchar) as part,
    cast(family as varchar) as family,
    cast(period_type as varchar) as period_type,
    cast(period as varchar) as period,
    cast(district_code as varchar) as district_code,
    cast(school_id as varchar) as school_id,
    cast(edition as bigint) as edition,
    cast(published_on as date) as published_on,
    cast(indicator as varchar) as indicator,
    cast(numerator as decimal(18,2)) as numerator,
    cast(denominator as decimal(18,2)) as denominator,
    cast(reported as bigint) as reported,
    cast(expected as bigint) as expected
from whole
