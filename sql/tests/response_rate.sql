-- More parents answered than pupils are enrolled: the response rate is shown as one.
-- warns: true
select unit_id, period, numerator, denominator
from marts.indicator_value
where indicator = 'S03' and level = 'school' and numerator > denominator and denominator > 0
