-- A finding stands once, whole: one id, with severity, clause and both sentences.
select finding_id, count(*) as rows
from marts.finding
group by finding_id
having count(*) > 1
    or max(case
        when rule is null or severity is null or school_id is null or district_code is null or period is null or subject is null
            or message_zh is null or message_en is null or clause is null or clause = '' or first_seen is null then 1
        else 0
    end) = 1
