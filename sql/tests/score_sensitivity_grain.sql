-- A unit's score under a moved weight stands once, up and down for each weight, and lies between nothing and a hundred.
-- periods: period
with moved as (
    select level, unit_id, period_type, period, indicator, direction, count(*) as rows, min(total) as lowest, max(total) as highest
    from marts.score_sensitivity
    group by level, unit_id, period_type, period, indicator, direction
),

given as (
    select score.level, score.unit_id, score.period_type, score.period, score.indicator, direction.direction
    from marts.score as score
    cross join (select 'up' as direction union all select 'down' as direction) as direction
)

select
    coalesce(given.level, moved.level) as level,
    coalesce(given.unit_id, moved.unit_id) as unit_id,
    coalesce(given.period, moved.period) as period,
    coalesce(given.indicator, moved.indicator) as indicator
from given
full outer join moved
    on moved.level = given.level
    and moved.unit_id = given.unit_id
    and moved.period_type = given.period_type
    and moved.period = given.period
    and moved.indicator = given.indicator
    and moved.direction = given.direction
where moved.level is null or given.level is null or moved.rows > 1 or moved.lowest is null or moved.lowest < 0 or moved.highest > 100
