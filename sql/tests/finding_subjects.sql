-- Two breaches that by their names are one finding have two amounts: it stands with the larger one.
-- warns: true
select md5(concat_ws('|', rule, district_code, school_id, period, subject)) as finding_id, count(distinct amount) as amounts
from rules.all
group by rule, district_code, school_id, period, subject
having count(distinct amount) > 1
