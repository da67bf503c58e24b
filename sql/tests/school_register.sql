-- Each school stands once in the register in force, in a district that the city has.
select school.school_id, count(*) as rows
from staging.school as school
left join reference.district as district on district.district_code = school.district_code
group by school.school_id
having count(*) > 1 or max(case when district.district_code is null then 1 else 0 end) = 1
