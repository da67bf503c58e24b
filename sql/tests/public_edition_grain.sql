-- What the public was shown stands once; a district has two editions of a figure at most, a pool one, and a school lies in one block.
select family, period, part, district_code, school_id, indicator, count(*) as rows
from marts.public_edition
group by family, period, part, district_code, school_id, indicator
having count(*) <> count(distinct edition)
    or max(edition) > 2
    or max(edition) > 1 and (district_code = '' or part <> 'shown')
union all
select family, period, part, '' as district_code, school_id, '' as indicator, count(*) as rows
from marts.public_edition
where part = 'school'
group by family, period, part, school_id
having count(*) > 1
