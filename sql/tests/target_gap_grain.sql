-- Every figure that misses its target has one distance to it, above nothing, and no other has one.
-- periods: period
with missed as (
    select indicator, level, unit_id, period_type, period, dimension
    from marts.indicator_value
    where status in ('near', 'missed')
),

gap as (
    select indicator, level, unit_id, period_type, period, dimension, count(*) as rows, min(gap) as smallest
    from marts.target_gap
    group by indicator, level, unit_id, period_type, period, dimension
)

select
    coalesce(missed.indicator, gap.indicator) as indicator,
    coalesce(missed.unit_id, gap.unit_id) as unit_id,
    coalesce(missed.period, gap.period) as period
from missed
full outer join gap
    on gap.indicator = missed.indicator
    and gap.level = missed.level
    and gap.unit_id = missed.unit_id
    and gap.period_type = missed.period_type
    and gap.period = missed.period
    and gap.dimension = missed.dimension
where missed.indicator is null or gap.indicator is null or gap.rows > 1 or gap.smallest <= 0
