-- A school has its similar schools in places from 1 on without a gap, ten at most, none twice and never itself.
-- periods: period
select school_id, period_type, period, count(*) as rows
from marts.similar_school
group by school_id, period_type, period
having count(*) > 10
    or max(place) <> count(*) or count(distinct place) <> count(*) or count(distinct similar_id) <> count(*)
    or max(case when similar_id = school_id or difference <> abs(similar_pupils - pupils) then 1 else 0 end) = 1
