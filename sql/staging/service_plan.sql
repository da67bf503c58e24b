-- A row of the form service_plan (课后服务方案) in a slice that counts.
-- key: school_id
select
    cast(entry.school_id as varchar) as school_id,
    cast(entry.period as varchar) as period,
    cast(entry.started_on as date) as started_on,
    cast(entry.weekdays as varchar) as weekdays,
    cast(entry.sessions_per_day as bigint) as sessions_per_day,
    cast(entry.minutes_per_session as bigint) as minutes_per_session,
    cast(entry.ends_at as varchar) as ends_at,
    cast(entry.consulted_on as date) as consulted_on,
    cast(entry.board_notice_on as date) as board_notice_on,
    cast(entry.web_notice_on as date) as web_notice_on,
    cast(entry.web_notice_url as varchar) as web_notice_url,
    cast(entry.safety_plan_on as date) as safety_plan_on,
    cast(entry.submission_id as varchar) as submission_id,
    cast(entry.row_no as bigint) as row_no
from facts.raw_service_plan as entry
where entry.submission_id in (
    select submission_id from staging.slice where form = 'service_plan' and state = 'accepted'
)
