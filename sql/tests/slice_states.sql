-- A slice stands once and is in one of five states; what was reported as nothing is never missing.
select slice.form, slice.school_id, slice.period, count(*) as rows
from marts.slice as slice
left join staging.slice as counted
    on counted.form = slice.form and counted.school_id = slice.school_id and counted.period = slice.period
group by slice.form, slice.school_id, slice.period
having count(*) > 1
    or max(case when slice.state in ('reported', 'zero', 'rejected', 'missing', 'not_due') then 0 else 1 end) = 1
    or max(case when counted.state = 'zero' and slice.state <> 'zero' then 1 else 0 end) = 1
