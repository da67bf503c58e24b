-- A share's numerator is at most its denominator, and neither is negative. Of attendance another test warns.
-- periods: period
select indicator, level, unit_id, period, dimension, numerator, denominator
from marts.indicator_value
where indicator in ('C01', 'C02', 'C03', 'C04', 'C05', 'C07', 'C09', 'C10', 'S01', 'S04', 'F03', 'F04', 'F06', 'F07',
        'F09', 'F10', 'K03', 'K04', 'K05')
    and (numerator > denominator or numerator < 0)
