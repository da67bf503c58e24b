-- A finding has one case, in one of six states; a notice has a day, a dismissal a reason, and every finding that stands has a case.
with cases as (
    select
        finding_id,
        count(*) as rows,
        max(case
            when state in ('open', 'notified', 'answered', 'rectified', 'dismissed', 'closed') and since is not null
                and (state <> 'notified' or due_on is not null) and (state <> 'dismissed' or note is not null) then 0
            else 1
        end) as wrong
    from marts.case_now
    group by finding_id
)

select coalesce(cases.finding_id, finding.finding_id) as finding_id, cases.rows, cases.wrong
from cases
full outer join (select finding_id from marts.finding where ended is null) as finding on finding.finding_id = cases.finding_id
where cases.finding_id is null or cases.rows > 1 or cases.wrong = 1
