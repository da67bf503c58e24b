-- More pupils attended than are enrolled: nobody's slice is wrong by that alone, so it only warns.
-- warns: true
select unit_id, period, numerator, denominator
from marts.indicator_value
where indicator = 'C06' and level = 'school' and numerator > denominator
