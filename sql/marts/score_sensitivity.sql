-- The evaluation score and rank of a unit had one indicator's weight been a fifth more or a fifth less.
-- stored: table
-- periods: period
-- title_zh: 综合评分的权重敏感性
-- title_en: Evaluation score under other weights
-- formula: one weight × 1.2 (up) or × 0.8 (down), the others rescaled so that all sum to what they summed to, then as E01
-- formula_zh: 某一权重 × 1.2（up）或 × 0.8（down），其余按比例调整使总和不变，再按综合评分计算
-- clause: 八(三)
-- note_zh: 先对全市统一调整权重，再将各单位缺失指标的权重按比例分给其余指标。某单位没有该指标的数值时，其得分不变，名次仍可能因他人而变。
-- note_en: Weights are moved for all alike first; then a unit's missing ones are shared out among its others. A unit without a value of that
--   indicator keeps its score; its rank may still move, for others do.
with part as (
    select
        level, unit_id, district_code, period_type, period, indicator, total, rank, fulfilled,
        cast(given_weight as double) as given,
        case when fulfilled is null then cast(0 as double) else cast(given_weight as double) end as counting
    from marts.score
),

whole as (
    select
        *,
        sum(given) over (partition by level, unit_id, period_type, period) as all_given,
        sum(counting) over (partition by level, unit_id, period_type, period) as all_counting,
        sum(counting * fulfilled) over (partition by level, unit_id, period_type, period) as all_fulfilled
    from part
),

step as (
    select 'up' as direction, cast('1.2' as double) as factor
    union all
    select 'down' as direction, cast('0.8' as double) as factor
),

-- No weight grows beyond the whole, and one that is the whole stays it.
moved as (
    select
        whole.*, step.direction,
        least(whole.given * step.factor, whole.all_given) as own,
        (whole.all_given - least(whole.given * step.factor, whole.all_given))
            / cast(nullif(whole.all_given - whole.given, cast(0 as double)) as double) as others
    from whole
    cross join step
),

-- To the millionth, as the score itself.
scored as (
    select
        *,
        case
            when fulfilled is null or others is null then total
            else
                cast(
                    cast(
                        cast(100 as double) * (own * fulfilled + others * (all_fulfilled - counting * fulfilled))
                            / cast(nullif(own + others * (all_counting - counting), cast(0 as double)) as double)
                        as decimal(18,6)
                    ) as double
                )
        end as moved_total
    from moved
)

select
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(district_code as varchar) as district_code,
    cast(period_type as varchar) as period_type,
    cast(period as varchar) as period,
    cast(indicator as varchar) as indicator,
    cast(direction as varchar) as direction,
    cast(moved_total as double) as total,
    cast(
        rank() over (
            partition by level, period_type, period, indicator, direction order by moved_total desc nulls last
        ) as bigint
    ) as rank,
    cast(total as double) as total_base,
    cast(rank as bigint) as rank_base
from scored
