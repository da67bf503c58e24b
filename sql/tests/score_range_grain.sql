-- A unit's range of ranks stands once and holds the rank that it has.
-- periods: period
select level, unit_id, period_type, period, count(*) as rows
from marts.score_range
group by level, unit_id, period_type, period
having count(*) > 1
    or max(case when best_rank <= rank and rank <= worst_rank and lowest_total <= total and total <= highest_total then 0 else 1 end) = 1
