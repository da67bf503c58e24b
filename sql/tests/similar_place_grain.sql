-- A school's place stands once for an indicator and a period, and lies among as many schools as there are.
-- periods: period
select indicator, school_id, period_type, period, count(*) as rows
from marts.similar_place
group by indicator, school_id, period_type, period
having count(*) > 1
    or max(case when place between 1 and schools + 1 and lowest <= median and median <= highest then 0 else 1 end) = 1
