-- A unit's score under a moved weight stands once, up and down for each weight, and lies between nothing and a hundred.
with moved as (
    select
        level, unit_id, period_type, period, count(*) as rows, count(distinct indicator) as indicators,
        count(distinct concat_ws('|', indicator, direction)) as moves, min(total) as lowest, max(total) as highest
    from marts.score_sensitivity
    group by level, unit_id, period_type, period
),

scored as (
    select level, unit_id, period_type, period, count(*) as indicators
    from marts.score
    group by level, unit_id, period_type, period
)

select scored.level, scored.unit_id, scored.period, moved.rows
from scored
left join moved
    on moved.level = scored.level
    and moved.unit_id = scored.unit_id
    and moved.period_type = scored.period_type
    and moved.period = scored.period
where moved.rows is null or moved.rows <> 2 * scored.indicators or moved.moves <> moved.rows
    or moved.indicators <> scored.indicators or moved.lowest < 0 or moved.highest > 100
