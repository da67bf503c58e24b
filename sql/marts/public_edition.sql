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

number as (
    select cast(value as bigint) as min_cell from marts.policy_now where key = 'min_cell'
),

-- A school counts where it first counted.
placed as (
    select
        own.family, own.period_type, own.period, coalesce(member.district_code, own.district_code) as district_code,
        own.school_id, own.indicator, own.numerator, own.denominator, own.reported, own.expected
    from marts.public_sum as own
    left join member
        on member.family = own.family and member.period = own.period and member.school_id = own.school_id
),

-- Every district has each of its family's sums, zero where there is nothing.
district as (
    select
        placed.family, placed.period_type, placed.period, placed.district_code, measure.indicator,
        coalesce(sum(case when placed.indicator = measure.indicator then placed.numerator end), 0) as numerator,
        coalesce(sum(case when placed.indicator = measure.indicator then placed.denominator end), 0) as denominator,
        coalesce(sum(case when placed.indicator = measure.indicator then placed.reported end), 0) as reported,
        coalesce(sum(case when placed.indicator = measure.indicator then placed.expected end), 0) as expected
    from placed
    inner join staging.public_measure as measure on measure.family = placed.family
    group by placed.family, placed.period_type, placed.period, placed.district_code, measure.indicator
),

-- Beside each sum: the whole city's, whether a share of the district is on too few, and the least people that one of its shares is on.
beside as (
    select
        district.*, number.min_cell,
        case when published.family is null then 1 else 0 end as is_new,
        case when pooled.family is null then 0 else 1 end as was_pooled,
        sum(district.numerator) over (partition by district.family, district.period, district.indicator) as city_numerator,
        sum(district.denominator) over (partition by district.family, district.period, district.indicator) as city_denominator,
        max(case when district.denominator > 0 and district.denominator < number.min_cell then 1 else 0 end)
            over (partition by district.family, district.period, district.district_code) as small,
        min(case when district.denominator > 0 then district.denominator end)
            over (partition by district.family, district.period, district.district_code) as people
    from district
    cross join number
    left join published on published.family = district.family and published.period = district.period
    left join (select family, period, district_code from before where part = 'pooled') as pooled
        on pooled.family = district.family
        and pooled.period = district.period
        and pooled.district_code = district.district_code
),

-- Of tables that were not published yet, the districts with people: the small ones first, then by size.
ranked as (
    select
        beside.*,
        case
            when is_new = 1 and people is not null
                then cast(dense_rank() over (
                    partition by family, period
                    order by small desc nulls last, people asc nulls last, district_code asc nulls last
                ) as bigint)
        end as place
    from beside
),

-- What the first districts of that order would be together, as a pool.
together as (
    select
        ranked.*,
        max(case when small = 1 then place else 0 end) over (partition by family, period) as smalls,
        sum(numerator) over (
            partition by family, period, indicator order by place asc nulls last rows between unbounded preceding and current row
        ) as pool_numerator,
        sum(denominator) over (
            partition by family, period, indicator order by place asc nulls last rows between unbounded preceding and current row
        ) as pool_denominator,
        sum(case when denominator > 0 then 1 else 0 end) over (
            partition by family, period, indicator order by place asc nulls last rows between unbounded preceding and current row
        ) as pool_districts
    from ranked
),

fit as (
    select
        together.*,
        min(case
            when place is null or place < smalls then 0
            when city_denominator = 0 then 1
            when pool_districts >= 2
                and pool_denominator >= min_cell
                and pool_numerator > 0
                and (pool_numerator < pool_denominator or city_numerator = city_denominator)
                then 1
            else 0
        end) over (partition by family, period, place) as fits
    from together
),

-- How many districts the pool takes: none where none is small, and no number where all together don't reach, or there are no people.
sized as (
    select
        fit.*,
        min(case
            when smalls = 0 and place is not null then 0
            when fits = 1 then place
        end) over (partition by family, period) as pool_size
    from fit
),

-- Tables that are published, or are now, each district in its block: itself, or the pool.
opened as (
    select
        sized.*,
        case when place <= pool_size then 1 else 0 end as is_pooled_now,
        case when was_pooled = 1 or place <= pool_size then '' else district_code end as block
    from sized
    where is_new = 0 or pool_size is not null
),

-- A block's sums, and how they stand to what was shown of it.
block as (
    select
        family, period_type, period, block as district_code, indicator, is_new, min_cell,
        sum(numerator) as numerator, sum(denominator) as denominator, sum(reported) as reported, sum(expected) as expected
    from opened
    group by family, period_type, period, block, indicator, is_new, min_cell
),

-- `tells`: what would be shown is a sum of too few people, or differs by too few.
compared as (
    select
        block.family, block.period_type, block.period, block.district_code, block.indicator, block.is_new,
        block.numerator, block.denominator, block.reported, block.expected,
        max(shown.edition) as edition,
        max(case when shown.numerator <> block.numerator or shown.denominator <> block.denominator then 1 else 0 end) as differs,
        max(case
            when block.denominator > 0 and block.denominator < block.min_cell then 1
            when shown.numerator <> block.numerator and abs(block.numerator - shown.numerator) < block.min_cell then 1
            when shown.denominator <> block.denominator and abs(block.denominator - shown.denominator) < block.min_cell then 1
            else 0
        end) as tells
    from block
    left join before as shown
        on shown.part = 'shown'
        and shown.family = block.family
        and shown.period = block.period
        and shown.district_code = block.district_code
        and shown.indicator = block.indicator
    group by
        block.family, block.period_type, block.period, block.district_code, block.indicator, block.is_new,
        block.numerator, block.denominator, block.reported, block.expected
),

-- The same of all sums of a block, which are shown together or not at all.
blockwise as (
    select
        family, period_type, period, district_code, indicator, is_new, numerator, denominator, reported, expected,
        max(edition) over (partition by family, period, district_code) as edition,
        max(differs) over (partition by family, period, district_code) as differs,
        max(tells) over (partition by family, period, district_code) as tells
    from compared
),

-- A new table as a whole; of one that was published a district of which nothing was told yet, and a second edition.
fresh as (
    select blockwise.*
    from blockwise
    inner join staging.public_period as open_period on open_period.period = blockwise.period
    where blockwise.is_new = 1
        or blockwise.district_code <> ''
        and blockwise.tells = 0
        and (blockwise.edition is null or blockwise.edition = 1 and blockwise.differs = 1 and open_period.is_final)
),

-- A school belongs to its block from when it has people in it.
joined as (
    select distinct placed.family, placed.period_type, placed.period, placed.district_code, placed.school_id
    from placed
    inner join opened
        on opened.family = placed.family
        and opened.period = placed.period
        and opened.district_code = placed.district_code
        and opened.indicator = placed.indicator
    left join member
        on member.family = placed.family and member.period = placed.period and member.school_id = placed.school_id
    where member.family is null and placed.denominator > 0
),

added as (
    select
        'shown' as part, family, period_type, period, district_code, '' as school_id, coalesce(edition, 0) + 1 as edition,
        indicator, numerator, denominator, reported, expected
    from fresh
    union all
    select distinct
        'pooled' as part, family, period_type, period, district_code, '' as school_id, 1 as edition,
        '' as indicator, null as numerator, null as denominator, null as reported, null as expected
    from opened
    where is_pooled_now = 1
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
