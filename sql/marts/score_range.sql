-- Between which ranks and scores a unit moves as each weight of the evaluation score moves by a fifth.
-- stored: table
-- periods: period
-- title_zh: 综合评分名次区间
-- title_en: Range of the rank
-- formula: the best and the worst rank, the lowest and the highest total, over the weights as given and each one a fifth up and down
-- formula_zh: 原定权重及各权重上下浮动五分之一时，最好与最差名次、最低与最高得分
-- clause: 八(三)
select
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(district_code as varchar) as district_code,
    cast(period_type as varchar) as period_type,
    cast(period as varchar) as period,
    cast(max(total_base) as double) as total,
    cast(max(rank_base) as bigint) as rank,
    cast(least(min(rank), max(rank_base)) as bigint) as best_rank,
    cast(greatest(max(rank), max(rank_base)) as bigint) as worst_rank,
    cast(least(min(total), max(total_base)) as double) as lowest_total,
    cast(greatest(max(total), max(total_base)) as double) as highest_total
from marts.score_sensitivity
group by level, unit_id, district_code, period_type, period
