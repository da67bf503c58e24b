-- A row of the form attendance (学生考勤) in a slice that counts.
-- key: school_id
select
    cast(entry.school_id as varchar) as school_id,
    cast(entry.period as varchar) as period,
    cast(entry.held_on as date) as held_on,
    cast(entry.pupil_id as varchar) as pupil_id,
    cast(entry.class_id as varchar) as class_id,
    cast(entry.group_id as varchar) as group_id,
    cast(entry.sessions as bigint) as sessions,
    cast(entry.submission_id as varchar) as submission_id,
    cast(entry.row_no as bigint) as row_no
from facts.raw_attendance as entry
where entry.submission_id in (
    select submission_id from staging.slice where form = 'attendance' and state = 'accepted'
)
