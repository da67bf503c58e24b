-- What an indicator adds to the evaluation score of a unit and a period, with the whole score and its rank among units of its level.
-- stored: table
-- periods: period
-- code: E01
-- title_zh: 综合评分
-- title_en: Evaluation score
-- formula: Σ weight × clamp((value − floor) ÷ (target − floor), 0, 1) × 100, weights of missing indicators shared out
-- formula_zh: Σ 权重 × 限于 0 至 1 的（数值 − 底线）÷（目标 − 底线）× 100，缺失指标的权重按比例分给其余指标
-- unit: points
-- clause: 八(三)
-- better: none
-- note_zh: 没有数值的指标不得分也不失分：其权重（weight）为 0、得分（points）为空，其原定权重（given_weight）按比例分给其余指标。
--   按月、学期、年分别计分：满意度只有学期值，教职工绩效占比只有月、年值。
-- note_en: An indicator without a value neither gains nor loses: its weight is 0 and its points are empty, and its given weight is shared
--   out among the others in proportion. Months, terms and years are scored apart: satisfaction has values of terms alone, the staff-pay
--   share of months and years.
with weight as (
    select indicator, weight, cast(floor as double) as floor, cast(target as double) as target from reference.weight
),

figure as (
    select figure.level, figure.unit_id, figure.unit_name, figure.district_code, figure.period_type, figure.period,
        figure.indicator, figure.value
    from marts.figure as figure
    inner join weight on weight.indicator = figure.indicator
    where figure.dimension = '' and figure.value is not null
),

unit as (
    select distinct level, unit_id, unit_name, district_code, period_type, period from figure
),

part as (
    select
        unit.level, unit.unit_id, unit.unit_name, unit.district_code, unit.period_type, unit.period,
        weight.indicator, weight.weight as given_weight, figure.value,
        case when figure.value is not null then weight.weight end as counting,
        case
            when figure.value is not null
                then least(
                    greatest((figure.value - weight.floor) / cast(weight.target - weight.floor as double), cast(0 as double)),
                    cast(1 as double)
                )
        end as fulfilled
    from unit
    cross join weight
    left join figure
        on figure.indicator = weight.indicator
        and figure.unit_id = unit.unit_id
        and figure.period = unit.period
),

-- Weights are summed as decimals: a double's last bit would depend on which comes first.
shared as (
    select
        *,
        coalesce(cast(counting as double), cast(0 as double)) * cast(100 as double)
            / cast(sum(counting) over (partition by unit_id, period) as double) as weight
    from part
),

-- To the millionth, so that two scores that differ by how they were added up are one.
summed as (
    select
        level, unit_id, period, cast(cast(sum(weight * fulfilled) as decimal(18,6)) as double) as total
    from shared
    group by level, unit_id, period
),

ranked as (
    select *, rank() over (partition by level, period order by total desc nulls last) as place from summed
)

select
    cast(shared.level as varchar) as level,
    cast(shared.unit_id as varchar) as unit_id,
    cast(shared.unit_name as varchar) as unit_name,
    cast(shared.district_code as varchar) as district_code,
    cast(shared.period_type as varchar) as period_type,
    cast(shared.period as varchar) as period,
    cast(shared.indicator as varchar) as indicator,
    cast(shared.value as double) as value,
    cast(shared.given_weight as decimal(18,6)) as given_weight,
    cast(shared.weight as double) as weight,
    cast(shared.fulfilled as double) as fulfilled,
    cast(shared.weight * shared.fulfilled as double) as points,
    cast(ranked.total as double) as total,
    cast(ranked.place as bigint) as rank
from shared
inner join ranked
    on ranked.unit_id = shared.unit_id
    and ranked.period = shared.period
