-- A figure stands once, and its key has no gap.
-- periods: period
select indicator, level, unit_id, period_type, period, dimension, count(*) as rows
from marts.indicator_value
group by indicator, level, unit_id, period_type, period, dimension
having count(*) > 1
    or indicator is null or level is null or unit_id is null or period_type is null or period is null or dimension is null
