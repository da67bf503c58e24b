-- No figure rests on more schools than owe it, but for schools that sent what they do not owe.
-- warns: true
select indicator, level, unit_id, period, dimension, reported, expected
from marts.indicator_value
where level = 'city' and reported > expected and period_type <> 'month'
