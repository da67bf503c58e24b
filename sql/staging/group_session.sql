-- A row of the form group_session (活动登记表) in a slice that counts.
-- key: school_id
select
    cast(entry.school_id as varchar) as school_id,
    cast(entry.period as varchar) as period,
    cast(entry.held_on as date) as held_on,
    cast(entry.group_id as varchar) as group_id,
    cast(entry.activity as varchar) as activity,
    cast(entry.started_at as varchar) as started_at,
    cast(entry.sessions as bigint) as sessions,
    cast(entry.minutes as bigint) as minutes,
    cast(entry.pupils_present as bigint) as pupils_present,
    cast(entry.staff_id as varchar) as staff_id,
    cast(entry.staff_kind as varchar) as staff_kind,
    cast(entry.provider_id as varchar) as provider_id,
    cast(entry.submission_id as varchar) as submission_id,
    cast(entry.row_no as bigint) as row_no
from facts.raw_group_session as entry
where entry.submission_id in (
    select submission_id from staging.slice where form = 'group_session' and state = 'accepted'
)
