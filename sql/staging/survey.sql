-- A row of the form survey (满意度问卷) in a slice that counts.
-- key: school_id
select
    cast(entry.school_id as varchar) as school_id,
    cast(entry.period as varchar) as period,
    cast(entry.response_id as varchar) as response_id,
    cast(entry.answered_on as date) as answered_on,
    cast(entry.respondent as varchar) as respondent,
    cast(entry.grade as bigint) as grade,
    cast(entry.overall as bigint) as overall,
    cast(entry.content as bigint) as content,
    cast(entry.safety as bigint) as safety,
    cast(entry.staff as bigint) as staff,
    cast(entry.fee as bigint) as fee,
    cast(entry.time as bigint) as time,
    cast(entry.voluntary as boolean) as voluntary,
    cast(entry.comment as varchar) as comment,
    cast(entry.submission_id as varchar) as submission_id,
    cast(entry.row_no as bigint) as row_no
from facts.raw_survey as entry
where entry.submission_id in (
    select submission_id from staging.slice where form = 'survey' and state = 'accepted'
)
