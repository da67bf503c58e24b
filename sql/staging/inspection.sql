-- A row of the form inspection (督导与投诉) in a slice that counts.
-- key: school_id
select
    cast(entry.school_id as varchar) as school_id,
    cast(entry.period as varchar) as period,
    cast(entry.case_no as varchar) as case_no,
    cast(entry.found_on as date) as found_on,
    cast(entry.source as varchar) as source,
    cast(entry.issue as varchar) as issue,
    cast(entry.substantiated as boolean) as substantiated,
    cast(entry.amount as decimal(18,2)) as amount,
    cast(entry.closed_on as date) as closed_on,
    cast(entry.note as varchar) as note,
    cast(entry.submission_id as varchar) as submission_id,
    cast(entry.row_no as bigint) as row_no
from facts.raw_inspection as entry
where entry.submission_id in (
    select submission_id from staging.slice where form = 'inspection' and state = 'accepted'
)
